"""Draws gloved hands with their arms."""

import numpy as np

from resus_doc.tools.simulate.canvas import Canvas, capsule, ellipse, rotation, shade
from resus_doc.tools.simulate.look import Look
from resus_doc.tools.simulate.motion import Place
from resus_doc.tools.simulate.things import Thing


def draw_hand(
    canvas: Canvas,
    look: Look,
    at: Place,
    angle: float,
    shoulder: Place,
    *,
    curl: float,
    spread: float = 1.0,
    index: bool = False,
) -> None:
    """A gloved hand whose fingers point along `angle`; `curl` 0 is flat, 1 a fist; the arm comes from outside."""
    glove, dark = look.glove, shade(look.glove, 0.66)
    rot = rotation(angle)
    wrist = np.array([-4.2, 0.0]) @ rot + at
    arm = capsule(*shoulder, float(wrist[0]), float(wrist[1]), 5.4, 3.2)
    canvas.fill(arm, look.sleeve, Thing.ARM)
    canvas.outline(arm, shade(look.sleeve, 0.7))
    shapes = [capsule(-4.6, 0, -2.0, 0, 2.7, 3.0), ellipse(0, 0, 4.0, 3.5)]
    for i, offset in enumerate((-2.5, -0.85, 0.85, 2.5)):
        long = (8.6 if i in (1, 2) else 7.6) * (1 - 0.5 * curl)
        if index and i == 2:
            long = 8.8
        shapes.append(capsule(2.2, offset, long, offset * (1 + 0.5 * (spread - 0.6)), 1.05, 0.85))
    shapes.append(capsule(-1.2, 2.8, 3.2 - curl, 5.2 - 1.2 * curl, 1.2, 0.95))
    for shape in shapes:
        placed = shape @ rot + at
        canvas.fill(placed, glove, Thing.HAND)
        canvas.outline(placed, dark)
    canvas.fill(ellipse(0, 0, 3.2, 2.7) @ rot + at, shade(glove, 1.12), Thing.HAND)


def draw_thumb(canvas: Canvas, look: Look, at: Place, tip: Place) -> None:
    """The thumb of a hand at `at` that reaches to `tip`."""
    thumb = capsule(*at, *tip, 1.7, 1.35)
    canvas.fill(thumb, look.glove, Thing.HAND)
    canvas.outline(thumb, shade(look.glove, 0.6))

"""The room with its table and furniture, drawn once for a whole video: nothing of it moves."""

import numpy as np

from resus_doc.tools.simulate.canvas import Canvas, box, capsule, curve, ellipse, ribbon, rotation, shade
from resus_doc.tools.simulate.look import Look
from resus_doc.tools.simulate.things import Thing


def draw_room(canvas: Canvas, look: Look) -> None:
    """All that stands still."""
    _draw_behind(canvas, look)
    draw_table(canvas, look)
    _draw_upon(canvas, look)


def draw_table(canvas: Canvas, look: Look) -> None:
    """Table, towel and what lies about."""
    canvas.fill(box(-37, -27, 37, 27), shade(look.table, 0.72), Thing.TABLE)
    canvas.fill(box(-35, -25, 35, 25), look.table, Thing.TABLE)
    canvas.fill(box(-23, -17, 27, 17), shade(look.towel, 0.86), Thing.TOWEL)
    canvas.fill(box(-22.4, -16.4, 26.4, 16.4), look.towel, Thing.TOWEL)
    for y in (-9.0, 2.0, 10.0):
        canvas.fill(ribbon(curve((-20, y), (0, y + 4), (25, y - 1)), 0.5), shade(look.towel, 0.93), Thing.TOWEL)
    rng = np.random.default_rng(look.clutter_seed)
    for _ in range(look.clutter):
        x, y = rng.uniform(-34, 34), rng.choice([-1, 1]) * rng.uniform(21, 26)
        if rng.random() < 0.5:
            turn = rng.uniform(0, 3)
            cloth = box(-4, -3, 4, 3) @ rotation(turn) + (x, y)
            canvas.fill(cloth, shade(look.towel, rng.uniform(0.7, 1.0)), Thing.TABLE)
        else:
            cable = curve((x - 12, y), (x, y + rng.uniform(-8, 8)), (x + 12, y + 9))
            canvas.fill(ribbon(cable, 0.6), (60, 60, 66), Thing.TABLE)


def _draw_behind(canvas: Canvas, look: Look) -> None:
    """What the table stands in front of."""
    rng = np.random.default_rng([look.clutter_seed, 1])
    if "wall" in look.furniture:
        y = rng.uniform(-33, -30)
        canvas.fill(box(-90, -90, 90, y), shade(look.floor, 1.35), Thing.ROOM)
        canvas.fill(box(-90, y, 90, y + 1.2), shade(look.floor, 0.6), Thing.ROOM)
    if "trolley" in look.furniture:
        x, y = rng.uniform(36, 42), rng.uniform(-20, 4)
        canvas.fill(box(x, y, x + 26, y + 30), (150, 152, 160), Thing.ROOM)
        canvas.fill(box(x + 1.5, y + 1.5, x + 24.5, y + 28.5), (196, 200, 206), Thing.ROOM)
        for row in range(3):
            canvas.fill(box(x + 3, y + 4 + 8 * row, x + 20, y + 9 + 8 * row), (120, 140, 170), Thing.ROOM)
    if "pole" in look.furniture:
        x, y = rng.uniform(-46, -40), rng.uniform(-24, -16)
        for angle in np.linspace(0, 2 * np.pi, 5, endpoint=False):
            canvas.fill(capsule(x, y, x + 9 * np.cos(angle), y + 9 * np.sin(angle), 1.2, 0.8), (60, 60, 66), Thing.ROOM)
        canvas.fill(ellipse(x, y, 2, 2), (200, 204, 208), Thing.ROOM)


def _draw_upon(canvas: Canvas, look: Look) -> None:
    """What is fixed to the table's edge or lies upon it, away from the baby."""
    rng = np.random.default_rng([look.clutter_seed, 2])
    if "rail" in look.furniture:
        for y in (-26.5, 26.5):
            canvas.fill(box(-37, y - 0.9, 37, y + 0.9), shade(look.table, 0.55), Thing.TABLE)
            canvas.fill(box(-37, y - 0.5, 37, y + 0.1), shade(look.table, 1.15), Thing.TABLE)
    if "tray" in look.furniture:
        x, y = rng.uniform(22, 27), rng.uniform(17, 20)
        canvas.fill(box(x - 7, y - 3.5, x + 7, y + 3.5), (176, 182, 190), Thing.TABLE)
        canvas.fill(box(x - 6.2, y - 2.8, x + 6.2, y + 2.8), (214, 218, 224), Thing.TABLE)
        for i in range(int(rng.integers(2, 5))):
            thing = capsule(-2.2, 0, 2.2, 0, 0.5, 0.35) @ rotation(rng.uniform(0, 3)) + (x - 4 + 2.6 * i, y)
            canvas.fill(thing, (240, 240, 244) if i % 2 else (90, 150, 210), Thing.TABLE)
    if "monitor" in look.furniture:
        x, y = rng.uniform(-36, -26), rng.uniform(-34, -29)
        canvas.fill(box(x, y, x + 20, y + 12), (40, 42, 48), Thing.ROOM)
        canvas.fill(box(x + 1, y + 1, x + 19, y + 11), (14, 20, 26), Thing.ROOM)
        for row, colour in enumerate(((70, 220, 90), (80, 190, 240), (240, 220, 80))):
            at = y + 3 + 3 * row
            path = np.concatenate(
                [curve((x + 2 + 4 * i, at), (x + 4 + 4 * i, at - 2.5), (x + 6 + 4 * i, at), 5) for i in range(4)]
            )
            canvas.fill(ribbon(path, 0.35), colour, Thing.ROOM)

"""Draws the baby: pose, limbs that may move, and a chest that gives way or swells."""

import math
from itertools import pairwise

import numpy as np

from resus_doc.tools.simulate.canvas import Canvas, Points, capsule, ellipse, rotation, shade
from resus_doc.tools.simulate.look import Colour, Look
from resus_doc.tools.simulate.motion import Place, between
from resus_doc.tools.simulate.things import Thing

_FACE_CM = 2.4
"""How far mouth and nose lie from the head's middle when the face is turned wholly to one side."""


class Baby:
    """The baby of one video at one moment; `nudge_cm` is how far hands have moved it."""

    def __init__(self, look: Look, t_s: float, away: float, nudge_cm: float, squeeze: float, press: float) -> None:
        self.look, self.t, self._swell = look, t_s, 1 + 0.05 * squeeze - 0.06 * press
        self._rot = rotation(math.radians(look.baby_turn_deg)) * look.baby_scale
        x, y = look.baby_at_cm
        self._origin = (x + 0.7 * nudge_cm, y + 48 * away + nudge_cm)

    def spot(self, x: float, y: float) -> Place:
        """A place on the baby, as if it lay still, in table centimetres."""
        px, py = np.array([x, y]) @ self._rot
        return float(px) + self.look.baby_at_cm[0], float(py) + self.look.baby_at_cm[1]

    def face(self, x: float, y: float) -> Place:
        """A place on the face, which may be turned to one side."""
        return self.spot(x, y + _FACE_CM * self.look.pose.head_turn)

    def _on_baby(self, points: Points) -> Points:
        return np.asarray(points @ self._rot + self._origin)

    def draw(self, canvas: Canvas) -> None:
        """Limbs, trunk and head."""
        skin, dark = self.look.skin, shade(self.look.skin, 0.82)
        self._limbs(canvas, shade(skin, 0.94), dark)
        trunk = self._on_baby(ellipse(1, 0, 11.5, 7.4 * self._swell))
        canvas.fill(trunk, skin, Thing.TRUNK)
        canvas.outline(trunk, dark)
        canvas.fill(self._on_baby(ellipse(0, 0, 8, 4.6 * self._swell)), shade(skin, 1.05), Thing.TRUNK)
        canvas.fill(self._on_baby(ellipse(10.5, 0, 4.2, 6.0)), (236, 240, 242), Thing.TRUNK)
        canvas.fill(self._on_baby(ellipse(5.2, 0, 0.8, 0.8)), shade(skin, 0.6), Thing.TRUNK)
        self._head(canvas, skin, dark)

    def _limbs(self, canvas: Canvas, colour: Colour, dark: Colour) -> None:
        kick = self.look.limb_motion * math.sin(1.7 * self.t + 1)
        up, bent = self.look.pose.arms_up, self.look.pose.legs_bent
        for side in (-1, 1):
            wave = kick * side
            elbow = between((0.0, 10.4 * side), (-3.0, 11.5 * side), up)
            palm = between((6.2, 11.8 * side), (-10.5, 13.0 * side), up)
            knee = between((17.4, 5.2 * side), (17.5, 8.4 * side), bent)
            foot = between((24.4, 5.6 * side), (21.6, 4.4 * side), bent)
            arm = [(-6.5, 6.0 * side), (elbow[0], elbow[1] + wave), (palm[0], palm[1] + 1.5 * wave)]
            leg = [(10.5, 4.2 * side), (knee[0], knee[1] - wave), (foot[0], foot[1] - 1.5 * wave)]
            for joints, thick in ((arm, 2.0), (leg, 2.5)):
                for (x0, y0), (x1, y1) in pairwise(joints):
                    part = self._on_baby(capsule(x0, y0, x1, y1, thick, thick * 0.86))
                    canvas.fill(part, colour, Thing.LIMB)
                    canvas.outline(part, dark)

    def _head(self, canvas: Canvas, skin: Colour, dark: Colour) -> None:
        aside = _FACE_CM * self.look.pose.head_turn
        for side in (-1, 1):
            canvas.fill(self._on_baby(ellipse(-15, 6.6 * side, 1.6, 1.0)), dark, Thing.HEAD)
        head = self._on_baby(ellipse(-15.5, 0, 7.4, 6.6))
        canvas.fill(head, shade(skin, 1.03), Thing.HEAD)
        canvas.outline(head, dark)
        if self.look.cap is None:
            canvas.fill(self._on_baby(ellipse(-19.8, 0, 2.6, 5.0)), shade(skin, 0.55), Thing.HEAD)
        else:
            canvas.fill(self._on_baby(ellipse(-20.4, 0, 3.6, 6.4)), self.look.cap, Thing.HEAD)
            canvas.fill(self._on_baby(ellipse(-17.6, 0, 1.0, 6.3)), shade(self.look.cap, 0.85), Thing.HEAD)
        for side in (-1, 1):
            canvas.fill(self._on_baby(ellipse(-15.6, 2.6 * side + aside, 0.7, 1.0)), (40, 30, 30), Thing.HEAD)
        canvas.fill(self._on_baby(ellipse(-13.2, 1.2 * aside, 0.9, 0.8)), shade(skin, 0.85), Thing.HEAD)
        canvas.fill(self._on_baby(ellipse(-10.9, aside, 0.7, 1.5)), (176, 70, 70), Thing.HEAD)

"""All that moves in a simulated recording, drawn at one moment in the order of its height over the table."""

import math

from resus_doc.tools.simulate.acts import Act
from resus_doc.tools.simulate.baby import Baby
from resus_doc.tools.simulate.canvas import Canvas, capsule, curve, ellipse, ribbon, shade
from resus_doc.tools.simulate.hands import draw_hand, draw_thumb
from resus_doc.tools.simulate.motion import (
    MaskPose,
    Place,
    active,
    baby_offset,
    beat,
    between,
    drift,
    mask_pose,
    mix,
    swing,
    wander,
)
from resus_doc.tools.simulate.scenario import Scenario
from resus_doc.tools.simulate.things import Thing


class Scene:
    """All that moves, at one moment."""

    def __init__(self, scenario: Scenario, t_s: float) -> None:
        self.scenario, self.look, self.t = scenario, scenario.look, t_s
        self.away, self.carried = baby_offset(scenario, t_s)
        self.mask: MaskPose = mask_pose(scenario, t_s)
        self.press = self._rhythm("chest_compressions")
        self.rub = self._swing("stimulation")
        self._turn = math.radians(self.look.baby_turn_deg)
        self.baby = Baby(self.look, t_s, self.away, 0.5 * self.rub, self.mask.squeeze, self.press)

    def draw(self, canvas: Canvas) -> None:
        """Draw in the order of height over the table."""
        self._resting_catheter(canvas)
        if self.away < 1:
            self.baby.draw(canvas)
        with canvas.raised(self.look.shadow_cm, self.look.shadow):
            self._mask_and_device(canvas)
            self._steadying(canvas)
            self._airway_hands(canvas)
            self._suction(canvas)
            self._assistant(canvas)
            self._compressions(canvas)
            self._arranging(canvas)
            self._carrying(canvas)
            self._leaning(canvas)

    def _rhythm(self, kind: str) -> float:
        return max((beat(a, self.t) for a, _ in active(self.scenario, kind, self.t)), default=0.0)

    def _swing(self, kind: str) -> float:
        return sum(swing(a, self.t) for a, _ in active(self.scenario, kind, self.t))

    # the airway -------------------------------------------------------------------------------------------------

    def _mask_place(self) -> tuple[Place, float]:
        """The mask's centre and the direction (radians) in which its bag or tube points."""
        look, held = self.look, self.mask.held
        face = self.baby.face(-12.2, 0)
        if self.mask.near > 0 and self.mask.active is not None:
            face = between(face, self._held_in_the_air(self.mask.active), self.mask.near)
        if self.mask.active is not None:
            dx, dy = drift(self.mask.active, self.t)
            face = (face[0] + 0.4 * dx, face[1] + 0.4 * dy)
        lift = math.sin(math.pi * held) * 4
        x, y = between(look.park_cm, face, held)
        turn = mix(math.radians(look.park_turn_deg), math.radians(218) + self._turn, held)
        return (x - lift, y), turn

    def _held_in_the_air(self, act: Act) -> Place:
        """Where a mask is that is not on the face: over it or up to a head's length beside it, and never quite still."""
        dx, dy = wander(act, self.t)
        far = 9.0 * act.variant**2
        return self.baby.face(-12.2 - 0.5 * far + dx, 0.9 * far + dy)

    def _mask_and_device(self, canvas: Canvas) -> None:
        look = self.look
        (x, y), turn = self._mask_place()
        rim = ellipse(x, y, 4.6, 4.2, self._turn)
        canvas.fill(rim, look.mask, Thing.MASK)
        canvas.outline(rim, shade(look.mask, 0.6))
        canvas.fill(ellipse(x, y, 3.2, 2.9, self._turn), shade(look.mask, 1.25), Thing.MASK)
        c, s = math.cos(turn), math.sin(turn)
        if look.device == "bag":
            self._bag(canvas, x, y, c, s, turn)
        else:
            self._t_piece(canvas, x, y, c, s)

    def _bag(self, canvas: Canvas, x: float, y: float, c: float, s: float, turn: float) -> None:
        look, squeeze = self.look, self.mask.squeeze
        canvas.fill(capsule(x, y, x + 7 * c, y + 7 * s, 1.5, 1.7), (222, 226, 230), Thing.DEVICE)
        tail = curve((x + 18 * c, y + 18 * s), (x + 30 * c, y + 24 * s), (x + 60 * c, y + 20 * s))
        canvas.fill(ribbon(tail, 1.0), (200, 208, 214), Thing.DEVICE)
        bag = ellipse(x + 13 * c, y + 13 * s, 7.6 + 0.8 * squeeze, 5.2 * (1 - 0.5 * squeeze), turn)
        canvas.fill(bag, look.bag, Thing.DEVICE)
        canvas.outline(bag, shade(look.bag, 0.6))
        shine = ellipse(x + 13 * c, y + 13 * s, 4.6, 1.6 * (1 - 0.5 * squeeze), turn)
        canvas.fill(shine, shade(look.bag, 1.35), Thing.DEVICE)

    def _t_piece(self, canvas: Canvas, x: float, y: float, c: float, s: float) -> None:
        tube = curve((x, y), (x + 16 * c, y + 16 * s), (x + 60 * c - 10, y + 20 * s))
        canvas.fill(ribbon(tube, 1.9), (216, 222, 230), Thing.DEVICE)
        canvas.fill(
            capsule(x - 2.2 * c, y - 2.2 * s, x + 4.2 * c, y + 4.2 * s, 1.5, 1.5), (240, 244, 248), Thing.DEVICE
        )
        canvas.fill(ellipse(x, y, 1.3, 1.3), (40, 60, 130), Thing.DEVICE)

    def _airway_hands(self, canvas: Canvas) -> None:
        held, squeeze = self.mask.held, self.mask.squeeze
        if held <= 0:
            return
        (x, y), turn = self._mask_place()
        wrist = between((-62, 26), (x - 5.4, y + 5.4), min(1.0, held * 1.2))
        draw_hand(canvas, self.look, wrist, math.radians(-38), (-66, 30), curl=0.45)
        right = self.mask.right_hand
        if right <= 0:
            return
        c, s = math.cos(turn), math.sin(turn)
        if self.look.device == "bag":
            grip = (x + (17.5 - 1.8 * squeeze) * c, y + 17.5 * s)
            at = between((-66, -30), grip, right)
            draw_hand(
                canvas,
                self.look,
                at,
                turn + math.pi,
                (-66, -34),
                curl=0.25 + 0.6 * squeeze,
                spread=1.25 - 0.5 * squeeze,
            )
        else:
            lifted = 3.6 * (1 - squeeze)
            at = between((-66, -30), (x - 5.0 - lifted, y - 4.4 - lifted), right)
            draw_hand(canvas, self.look, at, math.radians(42), (-66, -34), curl=0.8, index=True)

    # the assistant ----------------------------------------------------------------------------------------------

    def _resting_catheter(self, canvas: Canvas) -> None:
        if any(active(self.scenario, kind, self.t) for kind in ("suction", "poise")):
            return
        x, y = self.look.catheter_rest_cm
        self._catheter(canvas, (x, y), (x + 11, y + 0.8), (60, -34))

    def _catheter(self, canvas: Canvas, tip: Place, end: Place, away: Place) -> None:
        look, kind = self.look, self.look.catheter_kind
        width, colour = look.catheter_width_cm, look.catheter
        if kind == "bulb":
            canvas.fill(capsule(*tip, *end, width * 0.45, width * 0.7), colour, Thing.CATHETER)
            bulb = ellipse(end[0], end[1], 3.6, 3.0, math.atan2(end[1] - tip[1], end[0] - tip[0]))
            canvas.fill(bulb, colour, Thing.CATHETER)
            canvas.outline(bulb, shade(colour, 0.6))
            return
        tube = curve(end, ((end[0] + away[0]) / 2, end[1] + 3), away)
        canvas.fill(ribbon(tube, width * 0.8), shade(colour, 0.92), Thing.CATHETER)
        thick = width * (0.75 if kind == "penguin" else 0.5)
        shaft = capsule(*tip, *end, width * 0.5, thick)
        canvas.fill(shaft, colour, Thing.CATHETER)
        canvas.outline(shaft, shade(colour, 0.6))

    def _suction(self, canvas: Canvas) -> None:
        for act, far in active(self.scenario, "suction", self.t):
            self._hand_with_catheter(canvas, act, far, swing(act, self.t))
        for act, far in active(self.scenario, "poise", self.t):
            self._hand_with_catheter(canvas, act, far, math.sin(2 * math.pi * act.phase))

    def _hand_with_catheter(self, canvas: Canvas, act: Act, far: float, phase: float) -> None:
        """A catheter's tip at the mouth; `phase`, from -1 to 1, says where in its to and fro it stands."""
        mouth, move, rest = self.baby.face(-11.2, 0), act.amplitude_cm * phase, self.look.catheter_rest_cm
        tip = between(rest, (mouth[0] + 0.25 * move, mouth[1] - 0.5 + 0.8 * move), far)
        lean = 5.0 + 4.0 * act.variant + 0.5 * move
        held = between((rest[0] + 11, rest[1] + 1), (mouth[0] - lean, mouth[1] + 11.5 + 0.8 * move), far)
        self._catheter(canvas, tip, held, (-8, 60))
        draw_hand(canvas, self.look, (held[0] - 1.5, held[1] + 3.2), math.radians(-66), (-20, 66), curl=0.7)

    def _assistant(self, canvas: Canvas) -> None:
        for act, far in active(self.scenario, "stimulation", self.t):
            self._hand_on_trunk(canvas, act, far, act.amplitude_cm * swing(act, self.t))
        for act, far in active(self.scenario, "rest", self.t):
            self._hand_on_trunk(canvas, act, far, 0.0)
        for act, far in active(self.scenario, "listen", self.t):
            self._stethoscope(canvas, act, far)

    def _hand_on_trunk(self, canvas: Canvas, act: Act, far: float, move: float) -> None:
        """A hand from the side of the table: across the trunk, or at the flank when it is the back."""
        x = mix(0.0, 7.0, act.variant)
        y = 3.5 if act.site == "trunk" else 7.5
        along = act.phase > 0.5
        px, py = self.baby.spot(x + (move if along else 0.25 * move), y + (0.25 * move if along else move))
        dx, dy = drift(act, self.t)
        at = between((22, 56), (px + dx, py + 2.5 + dy), far)
        draw_hand(canvas, self.look, at, math.radians(-104), (26, 70), curl=0.15, spread=1.1)

    def _steadying(self, canvas: Canvas) -> None:
        """A further helper's hands from the table's far side, at head and hips."""
        for act, far in active(self.scenario, "steady", self.t):
            dx, dy = drift(act, self.t)
            for x, y, angle, from_x in ((-17.0, -7.6, 96, -20.0), (9.0 + 3 * act.variant, -7.4, 84, 20.0)):
                px, py = self.baby.spot(x, y)
                at = between((from_x, -56.0), (px + dx, py - 1.5 + dy), far)
                draw_hand(canvas, self.look, at, math.radians(angle), (from_x * 1.2, -72.0), curl=0.2)

    def _stethoscope(self, canvas: Canvas, act: Act, far: float) -> None:
        dx, dy = drift(act, self.t)
        x, y = self.baby.spot(-3.5, -1.0 + 4 * (act.variant - 0.5))
        x, y = between((22, 56), (x + dx, y + dy), far)
        tube = curve((x, y), (x + 12, y + 14), (x + 4, 70))
        canvas.fill(ribbon(tube, 1.0), (50, 50, 60), Thing.DEVICE)
        canvas.fill(ellipse(x, y, 2.4, 2.4), (170, 176, 184), Thing.DEVICE)
        draw_hand(canvas, self.look, (x + 2.2, y + 6.0), math.radians(-106), (26, 70), curl=0.6)

    def _leaning(self, canvas: Canvas) -> None:
        """A head and shoulder that come into the picture from an edge now and then, over the table's rim."""
        every = self.look.lean_every_s
        if every <= 0:
            return
        turn, since = divmod(self.t + (self.look.clutter_seed % 97) / 97 * every, every)
        far = min(1.0, since / 0.8, max(0.0, (4.0 - since) / 0.8))
        if far <= 0:
            return
        side = 1 if (self.look.clutter_seed >> int(turn) % 20) & 1 else -1
        x, y = 14 + 10 * math.sin(turn * 2.3), side * (46 - 17 * far)
        canvas.fill(ellipse(x, y + 8 * side, 17, 9), shade(self.look.sleeve, 0.9), Thing.ARM)
        canvas.fill(ellipse(x, y, 8.5, 8.0), (70, 110, 150), Thing.ARM)
        canvas.outline(ellipse(x, y, 8.5, 8.0), (40, 70, 100))

    def _compressions(self, canvas: Canvas) -> None:
        for act, far in active(self.scenario, "chest_compressions", self.t):
            press = act.amplitude_cm * beat(act, self.t)
            sternum = self.baby.spot(-3.4, 0)
            if far == 1:
                spot = ellipse(*sternum, 2.2 + 0.5 * press, 1.6 + 0.5 * press)
                canvas.fill(spot, shade(self.look.skin, 0.9 - 0.06 * press), Thing.TRUNK)
            for side in (-1, 1):
                place = self.baby.spot(-1 + 0.9 * press, (10.4 - 1.3 * press) * side)
                at = between((14, 60.0 * side), place, far)
                draw_hand(canvas, self.look, at, math.radians(-106 if side > 0 else 106), (18, 72.0 * side), curl=0.6)
                tip = between((12, 50.0 * side), (sternum[0] + 0.9 * press, sternum[1] + 1.4 * side), far)
                draw_thumb(canvas, self.look, at, tip)

    def _arranging(self, canvas: Canvas) -> None:
        for act, far in active(self.scenario, "arrange", self.t):
            angle = self.t * 1.4 + 6 * act.phase
            x, y = 6 + 10 * math.cos(angle) * act.variant, 4 + 5 * math.sin(1.3 * angle)
            draw_hand(canvas, self.look, between((10, 58), (x, y), far), math.radians(-95), (16, 70), curl=0.2)

    def _carrying(self, canvas: Canvas) -> None:
        if self.carried <= 0:
            return
        back = 48 * self.away + 34 * (1 - self.carried)
        for x, angle in ((-9.0, -70), (9.0, -110)):
            px, py = self.baby.spot(x, 7.5)
            draw_hand(canvas, self.look, (px, py + back), math.radians(angle), (px * 2, 76 + back), curl=0.2)

"""Draws a scenario as seen by a camera above the resuscitation table: same scenario, same moment, same pixels.

The picture knows nothing of the labels; only motion tells most acts from their look-alikes.
"""

import math
from enum import IntEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from resus_doc.tools.simulate.acts import Act
from resus_doc.tools.simulate.canvas import Canvas, Points, camera, capsule, curve, ellipse, ribbon, rotation, shade
from resus_doc.tools.simulate.look import Colour, Look
from resus_doc.tools.simulate.motion import MaskPose, active, baby_offset, beat, drift, mask_pose, reach, swing, wander
from resus_doc.tools.simulate.scenario import Scenario

Image = npt.NDArray[np.uint8]
Place = tuple[float, float]


class Thing(IntEnum):
    """What a patch of the picture shows."""

    ROOM = 0
    TABLE = 1
    TOWEL = 2
    HEAD = 3
    TRUNK = 4
    LIMB = 5
    MASK = 6
    DEVICE = 7
    CATHETER = 8
    HAND = 9
    ARM = 10


_WORTH = np.array([1.0, 1.0, 1.0, 1.5, 1.2, 1.5, 2.5, 2.5, 4.0, 2.0, 1.2])
"""How much a pixel of each thing counts towards its patch: small things would be lost in a plain vote."""

_FINE = 8
"""Label pixels along one side of a patch."""


class Renderer:
    """Renders one scenario at one size. Cheap to make; keep it for all frames of a video."""

    def __init__(self, scenario: Scenario, width: int, height: int) -> None:
        self.scenario = scenario
        self.width, self.height = width, height
        self._scale = 2 if min(width, height) < 200 else 1
        w, h = width * self._scale, height * self._scale
        self._matrix = camera(scenario.look, w, h)
        self._background = _background(scenario.look, w, h, self._matrix)
        self._gain = _gain(scenario.look, width, height)
        self._noise = _noise(scenario, width, height)

    def frame(self, t_s: float) -> Image:
        """The picture at this moment, RGB, [height, width, 3]."""
        import cv2

        image = self._exposed(t_s)
        if self._scale > 1:
            image = cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_AREA)
        image = cv2.multiply(image, self._gain, scale=1 / 128)
        bright, dark = self._grain(t_s)
        return np.asarray(cv2.subtract(cv2.add(image, bright), dark), dtype=np.uint8)

    def _exposed(self, t_s: float) -> Image:
        """The scene, smeared over the time the shutter is open."""
        import cv2

        open_s = self.scenario.look.exposure_s
        image = self._drawn(t_s)
        if open_s < 0.01:
            return image
        for i, share in ((1, 1 / 2), (2, 1 / 3)):
            image = cv2.addWeighted(image, 1 - share, self._drawn(t_s - open_s * i / 2), share, 0)
        return np.asarray(image, dtype=np.uint8)

    def _drawn(self, t_s: float) -> Image:
        canvas = Canvas(self._background.copy(), self._sway(t_s))
        _Scene(self.scenario, t_s).draw(canvas)
        return canvas.image

    def dense_targets(self, t_s: float, grid: int) -> npt.NDArray[np.int64]:
        """What each patch shows, as `Thing` numbers, [grid, grid]; small things win over what lies under them."""
        side = grid * _FINE
        look = self.scenario.look
        matrix = camera(look, side, side)
        labels = np.zeros((side, side), np.uint8)
        canvas = Canvas(labels, matrix, labels=True)
        _draw_table(canvas, look)
        _Scene(self.scenario, t_s).draw(canvas)
        patches = labels.reshape(grid, _FINE, grid, _FINE).transpose(0, 2, 1, 3).reshape(grid, grid, -1)
        votes = np.stack([(patches == thing).sum(-1) for thing in Thing], -1) * _WORTH
        return np.asarray(votes.argmax(-1), dtype=np.int64)

    def _sway(self, t_s: float) -> Points:
        """The camera's matrix at this moment. Furniture does not sway: it is drawn once."""
        sway = self.scenario.look.sway_cm
        if sway == 0:
            return self._matrix
        dx, dy = sway * math.sin(0.9 * t_s), sway * math.sin(1.3 * t_s + 1)
        return np.asarray(self._matrix @ np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1.0]]))

    def _grain(self, t_s: float) -> tuple[Image, Image]:
        rng = (round(t_s * 1000) * 2654435761 + self.scenario.seed * 40503) & 0xFFFFFFFF
        y, x = (rng >> 8) % 48, (rng >> 16) % 48
        bright, dark = self._noise
        return bright[y : y + self.height, x : x + self.width], dark[y : y + self.height, x : x + self.width]


def dense_targets(scenario: Scenario, t_s: float, grid: int) -> npt.NDArray[np.int64]:
    """What each patch of the picture shows at this moment, as `Thing` numbers, [grid, grid]."""
    return Renderer(scenario, 32, 32).dense_targets(t_s, grid)


def _background(look: Look, width: int, height: int, matrix: Points) -> Image:
    image = np.full((height, width, 3), look.floor, np.uint8)
    canvas = Canvas(image, matrix)
    _draw_table(canvas, look)
    return image


def _box(x0: float, y0: float, x1: float, y1: float) -> Points:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float)


def _draw_table(canvas: Canvas, look: Look) -> None:
    """Table, towel and what lies about; on a label map all of the room is 0."""
    canvas.fill(_box(-37, -27, 37, 27), shade(look.table, 0.72), Thing.TABLE)
    canvas.fill(_box(-35, -25, 35, 25), look.table, Thing.TABLE)
    canvas.fill(_box(-23, -17, 27, 17), shade(look.towel, 0.86), Thing.TOWEL)
    canvas.fill(_box(-22.4, -16.4, 26.4, 16.4), look.towel, Thing.TOWEL)
    for y in (-9.0, 2.0, 10.0):
        canvas.fill(ribbon(curve((-20, y), (0, y + 4), (25, y - 1)), 0.5), shade(look.towel, 0.93), Thing.TOWEL)
    rng = np.random.default_rng(look.clutter_seed)
    for _ in range(look.clutter):
        x, y = rng.uniform(-34, 34), rng.choice([-1, 1]) * rng.uniform(21, 26)
        if rng.random() < 0.5:
            turn = rng.uniform(0, 3)
            cloth = _box(-4, -3, 4, 3) @ rotation(turn) + (x, y)
            canvas.fill(cloth, shade(look.towel, rng.uniform(0.7, 1.0)), Thing.TABLE)
        else:
            cable = curve((x - 12, y), (x, y + rng.uniform(-8, 8)), (x + 12, y + 9))
            canvas.fill(ribbon(cable, 0.6), (60, 60, 66), Thing.TABLE)


def _gain(look: Look, width: int, height: int) -> Image:
    """Light and white balance as a picture of factors, 128 = unchanged."""
    y, x = np.mgrid[0:height, 0:width]
    slope = 1 + look.light_slope[0] * (x / width - 0.5) * 2 + look.light_slope[1] * (y / height - 0.5) * 2
    gain = look.brightness * slope[..., None] * np.array(look.white_balance)
    return np.asarray(np.clip(gain * 128, 0, 255), dtype=np.uint8)


def _noise(scenario: Scenario, width: int, height: int) -> tuple[Image, Image]:
    rng = np.random.default_rng([scenario.seed, 3])
    noise = rng.normal(0, scenario.look.noise, (height + 48, width + 48, 1)).repeat(3, 2)
    return np.clip(np.rint(noise), 0, 255).astype(np.uint8), np.clip(np.rint(-noise), 0, 255).astype(np.uint8)


def _mix(a: float, b: float, w: float) -> float:
    return a + (b - a) * w


def _between(a: Place, b: Place, w: float) -> Place:
    return _mix(a[0], b[0], w), _mix(a[1], b[1], w)


class _Scene:
    """All that moves, at one moment."""

    def __init__(self, scenario: Scenario, t_s: float) -> None:
        self.scenario, self.look, self.t = scenario, scenario.look, t_s
        self.away, self.carried = baby_offset(scenario, t_s)
        self.mask: MaskPose = mask_pose(scenario, t_s)
        self.press = self._rhythm("chest_compressions")
        self.rub = self._swing("stimulation")
        turn = math.radians(self.look.baby_turn_deg)
        self._rot = rotation(turn) * self.look.baby_scale
        self._turn = turn
        x, y = self.look.baby_at_cm
        self._origin = (x + 0.35 * self.rub, y + 48 * self.away + 0.5 * self.rub)

    def draw(self, canvas: Canvas) -> None:
        """Draw in the order of height over the table."""
        self._resting_catheter(canvas)
        if self.away < 1:
            self._baby(canvas)
        self._mask_and_device(canvas)
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

    def _on_baby(self, points: Points) -> Points:
        return np.asarray(points @ self._rot + self._origin)

    def _spot(self, x: float, y: float) -> Place:
        """A place on the baby, as if it lay still, in table centimetres."""
        px, py = np.array([x, y]) @ self._rot
        return float(px) + self.look.baby_at_cm[0], float(py) + self.look.baby_at_cm[1]

    # the baby ---------------------------------------------------------------------------------------------------

    def _baby(self, canvas: Canvas) -> None:
        skin, dark = self.look.skin, shade(self.look.skin, 0.82)
        self._limbs(canvas, shade(skin, 0.94), dark)
        swell = 1 + 0.05 * self.mask.squeeze - 0.06 * self.press
        trunk = self._on_baby(ellipse(1, 0, 11.5, 7.4 * swell))
        canvas.fill(trunk, skin, Thing.TRUNK)
        canvas.outline(trunk, dark)
        canvas.fill(self._on_baby(ellipse(0, 0, 8, 4.6 * swell)), shade(skin, 1.05), Thing.TRUNK)
        canvas.fill(self._on_baby(ellipse(10.5, 0, 4.2, 6.0)), (236, 240, 242), Thing.TRUNK)
        canvas.fill(self._on_baby(ellipse(5.2, 0, 0.8, 0.8)), shade(skin, 0.6), Thing.TRUNK)
        self._head(canvas, skin, dark)

    def _limbs(self, canvas: Canvas, colour: Colour, dark: Colour) -> None:
        kick = self.look.limb_motion * math.sin(1.7 * self.t + 1)
        for side in (-1, 1):
            wave = kick * side
            arm = [(-6.5, 6.0 * side), (-3.0, 11.5 * side + wave), (-9.5, 13.5 * side + 1.5 * wave)]
            leg = [(10.5, 4.2 * side), (17.5, 8.2 * side - wave), (22.0, 4.6 * side - 1.5 * wave)]
            for joints, thick in ((arm, 2.0), (leg, 2.5)):
                for (x0, y0), (x1, y1) in pairwise(joints):
                    part = self._on_baby(capsule(x0, y0, x1, y1, thick, thick * 0.86))
                    canvas.fill(part, colour, Thing.LIMB)
                    canvas.outline(part, dark)

    def _head(self, canvas: Canvas, skin: Colour, dark: Colour) -> None:
        for side in (-1, 1):
            canvas.fill(self._on_baby(ellipse(-15, 6.6 * side, 1.6, 1.0)), dark, Thing.HEAD)
        head = self._on_baby(ellipse(-15.5, 0, 7.4, 6.6))
        canvas.fill(head, shade(skin, 1.03), Thing.HEAD)
        canvas.outline(head, dark)
        canvas.fill(self._on_baby(ellipse(-19.8, 0, 2.6, 5.0)), shade(skin, 0.55), Thing.HEAD)
        for side in (-1, 1):
            canvas.fill(self._on_baby(ellipse(-15.6, 2.6 * side, 0.7, 1.0)), (40, 30, 30), Thing.HEAD)
        canvas.fill(self._on_baby(ellipse(-13.2, 0, 0.9, 0.8)), shade(skin, 0.85), Thing.HEAD)
        canvas.fill(self._on_baby(ellipse(-10.9, 0, 0.7, 1.5)), (176, 70, 70), Thing.HEAD)

    # the airway -------------------------------------------------------------------------------------------------

    def _mask_place(self) -> tuple[Place, float]:
        """The mask's centre and the direction (radians) in which its bag or tube points."""
        look, held = self.look, self.mask.held
        face = self._spot(-12.2, 0)
        if self.mask.near > 0 and self.mask.active is not None:
            face = _between(face, self._held_in_the_air(self.mask.active), self.mask.near)
        if self.mask.active is not None:
            dx, dy = drift(self.mask.active, self.t)
            face = (face[0] + 0.4 * dx, face[1] + 0.4 * dy)
        lift = math.sin(math.pi * held) * 4
        x, y = _between(look.park_cm, face, held)
        turn = _mix(math.radians(look.park_turn_deg), math.radians(218) + self._turn, held)
        return (x - lift, y), turn

    def _held_in_the_air(self, act: Act) -> Place:
        """Where a mask is that is not on the face: over it or up to a head's length beside it, and never quite still."""
        dx, dy = wander(act, self.t)
        far = 9.0 * act.variant**2
        return self._spot(-12.2 - 0.5 * far + dx, 0.9 * far + dy)

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
        wrist = _between((-62, 26), (x - 5.4, y + 5.4), min(1.0, held * 1.2))
        self._hand(canvas, wrist, math.radians(-38), (-66, 30), curl=0.45)
        right = self.mask.right_hand
        if right <= 0:
            return
        c, s = math.cos(turn), math.sin(turn)
        if self.look.device == "bag":
            grip = (x + (17.5 - 1.8 * squeeze) * c, y + 17.5 * s)
            at = _between((-66, -30), grip, right)
            self._hand(canvas, at, turn + math.pi, (-66, -34), curl=0.25 + 0.6 * squeeze, spread=1.25 - 0.5 * squeeze)
        else:
            lifted = 3.6 * (1 - squeeze)
            at = _between((-66, -30), (x - 5.0 - lifted, y - 4.4 - lifted), right)
            self._hand(canvas, at, math.radians(42), (-66, -34), curl=0.8, index=True)

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
        mouth, move, rest = self._spot(-11.2, 0), act.amplitude_cm * phase, self.look.catheter_rest_cm
        tip = _between(rest, (mouth[0] + 0.25 * move, mouth[1] - 0.5 + 0.8 * move), far)
        lean = 5.0 + 4.0 * act.variant + 0.5 * move
        held = _between((rest[0] + 11, rest[1] + 1), (mouth[0] - lean, mouth[1] + 11.5 + 0.8 * move), far)
        self._catheter(canvas, tip, held, (-8, 60))
        self._hand(canvas, (held[0] - 1.5, held[1] + 3.2), math.radians(-66), (-20, 66), curl=0.7)

    def _assistant(self, canvas: Canvas) -> None:
        for act, far in active(self.scenario, "stimulation", self.t):
            self._hand_on_trunk(canvas, act, far, act.amplitude_cm * swing(act, self.t))
        for act, far in active(self.scenario, "rest", self.t):
            self._hand_on_trunk(canvas, act, far, 0.0)
        for act, far in active(self.scenario, "listen", self.t):
            self._stethoscope(canvas, act, far)

    def _hand_on_trunk(self, canvas: Canvas, act: Act, far: float, move: float) -> None:
        """A hand from the side of the table: across the trunk, or at the flank when it is the back."""
        x = _mix(0.0, 7.0, act.variant)
        y = 3.5 if act.site == "trunk" else 7.5
        along = act.phase > 0.5
        px, py = self._spot(x + (move if along else 0.25 * move), y + (0.25 * move if along else move))
        dx, dy = drift(act, self.t)
        at = _between((22, 56), (px + dx, py + 2.5 + dy), far)
        self._hand(canvas, at, math.radians(-104), (26, 70), curl=0.15, spread=1.1)

    def _stethoscope(self, canvas: Canvas, act: Act, far: float) -> None:
        dx, dy = drift(act, self.t)
        x, y = self._spot(-3.5, -1.0 + 4 * (act.variant - 0.5))
        x, y = _between((22, 56), (x + dx, y + dy), far)
        tube = curve((x, y), (x + 12, y + 14), (x + 4, 70))
        canvas.fill(ribbon(tube, 1.0), (50, 50, 60), Thing.DEVICE)
        canvas.fill(ellipse(x, y, 2.4, 2.4), (170, 176, 184), Thing.DEVICE)
        self._hand(canvas, (x + 2.2, y + 6.0), math.radians(-106), (26, 70), curl=0.6)

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
            sternum = self._spot(-3.4, 0)
            if far == 1:
                spot = ellipse(*sternum, 2.2 + 0.5 * press, 1.6 + 0.5 * press)
                canvas.fill(spot, shade(self.look.skin, 0.9 - 0.06 * press), Thing.TRUNK)
            for side in (-1, 1):
                place = self._spot(-1 + 0.9 * press, (10.4 - 1.3 * press) * side)
                at = _between((14, 60.0 * side), place, far)
                self._hand(canvas, at, math.radians(-106 if side > 0 else 106), (18, 72.0 * side), curl=0.6)
                tip = _between((12, 50.0 * side), (sternum[0] + 0.9 * press, sternum[1] + 1.4 * side), far)
                self._thumb(canvas, at, tip)

    def _arranging(self, canvas: Canvas) -> None:
        for act, far in active(self.scenario, "arrange", self.t):
            far = reach(act, self.t)
            angle = self.t * 1.4 + 6 * act.phase
            x, y = 6 + 10 * math.cos(angle) * act.variant, 4 + 5 * math.sin(1.3 * angle)
            self._hand(canvas, _between((10, 58), (x, y), far), math.radians(-95), (16, 70), curl=0.2)

    def _carrying(self, canvas: Canvas) -> None:
        if self.carried <= 0:
            return
        back = 48 * self.away + 34 * (1 - self.carried)
        for x, angle in ((-9.0, -70), (9.0, -110)):
            px, py = self._spot(x, 7.5)
            self._hand(canvas, (px, py + back), math.radians(angle), (px * 2, 76 + back), curl=0.2)

    # a hand -----------------------------------------------------------------------------------------------------

    def _hand(
        self,
        canvas: Canvas,
        at: Place,
        angle: float,
        shoulder: Place,
        *,
        curl: float,
        spread: float = 1.0,
        index: bool = False,
    ) -> None:
        """A gloved hand whose fingers point along `angle`; `curl` 0 is flat, 1 a fist; the arm comes from outside."""
        look = self.look
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

    def _thumb(self, canvas: Canvas, at: Place, tip: Place) -> None:
        thumb = capsule(*at, *tip, 1.7, 1.35)
        canvas.fill(thumb, self.look.glove, Thing.HAND)
        canvas.outline(thumb, shade(self.look.glove, 0.6))

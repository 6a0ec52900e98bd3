"""How a simulated room looks: camera, light, colours and equipment. Nothing here knows what happens in the room."""

from typing import Literal

import numpy as np
from pydantic import Field

from resus_doc.errors import UsageError
from resus_doc.schema import Value

Colour = tuple[int, int, int]
"""Red, green, blue; 0 to 255."""

Device = Literal["bag", "t_piece"]
CatheterKind = Literal["penguin", "bulb", "tube"]
ASPECT = 4 / 3
"""Width to height of what the camera sees; a picture of another shape is a squeezed copy, as a plain resize gives."""


Furniture = Literal["monitor", "tray", "rail", "trolley", "pole", "wall"]
Range = tuple[float, float]


class Family(Value):
    """One family of rooms: its camera, furniture, colours, equipment and habits."""

    floor: Colour
    table: Colour
    towels: tuple[Colour, ...]
    sleeves: tuple[Colour, ...]
    gloves: tuple[Colour, ...]
    bags: tuple[Colour, ...]
    t_piece_share: float
    catheters: tuple[CatheterKind, ...]
    turn_deg: float
    """Where the head points in this room's camera: 0 is left, 90 up."""
    height_cm: Range
    """How much of the table's plane the picture shows from top to bottom."""
    tilt: float
    """How far the camera hangs off the vertical, as a change of scale over one picture height."""
    furniture: tuple[Furniture, ...]
    other_side_share: float
    """In how many recordings the helper stands on the table's other side."""
    park_off_table_share: float
    """In how many the mask waits out of the picture, not on the table."""
    catheter_at_foot: bool
    """Whether the catheter waits at the foot end, not beside the trunk."""
    cap_share: float
    """In how many the baby wears a cap."""
    off_cm: tuple[float, float] = (3.0, 2.0)
    """How far, along the baby and across it, its camera may hang off the middle."""


FAMILIES: dict[str, Family] = {
    "aurora": Family(
        floor=(92, 98, 104),
        table=(206, 212, 216),
        towels=((238, 236, 226), (188, 214, 190), (240, 214, 160)),
        sleeves=((32, 84, 96), (40, 58, 110)),
        gloves=((70, 120, 226), (112, 84, 214)),
        bags=((30, 150, 90), (36, 44, 52)),
        t_piece_share=0.3,
        catheters=("penguin", "tube"),
        turn_deg=0,
        height_cm=(51, 58),
        tilt=0.0,
        furniture=("monitor", "rail"),
        other_side_share=0.1,
        park_off_table_share=0.5,
        catheter_at_foot=False,
        cap_share=0.2,
    ),
    "birch": Family(
        floor=(120, 104, 88),
        table=(224, 222, 208),
        towels=((246, 244, 240), (236, 196, 190), (200, 206, 160)),
        sleeves=((70, 110, 70), (96, 40, 70)),
        gloves=((60, 150, 232), (90, 110, 220)),
        bags=((40, 130, 70), (60, 50, 40)),
        t_piece_share=0.5,
        catheters=("tube", "bulb"),
        turn_deg=180,
        height_cm=(54, 62),
        tilt=0.06,
        furniture=("trolley", "tray"),
        other_side_share=0.8,
        park_off_table_share=0.2,
        catheter_at_foot=True,
        cap_share=0.5,
    ),
    "cove": Family(
        floor=(70, 84, 92),
        table=(186, 200, 206),
        towels=((228, 234, 240), (250, 226, 140), (170, 200, 200)),
        sleeves=((30, 44, 70), (110, 110, 120)),
        gloves=((130, 80, 220), (80, 100, 230)),
        bags=((46, 140, 60), (30, 36, 50)),
        t_piece_share=0.4,
        catheters=("penguin", "bulb"),
        turn_deg=90,
        height_cm=(56, 64),
        tilt=-0.05,
        furniture=("rail", "pole", "tray"),
        other_side_share=0.4,
        park_off_table_share=0.35,
        catheter_at_foot=False,
        cap_share=0.0,
    ),
    "dune": Family(
        floor=(134, 126, 112),
        table=(236, 230, 216),
        towels=((255, 250, 240), (214, 184, 150), (190, 196, 214)),
        sleeves=((120, 60, 40), (54, 74, 92)),
        gloves=((36, 130, 180), (96, 70, 170)),
        bags=((90, 120, 40), (70, 70, 78)),
        t_piece_share=0.6,
        catheters=("tube", "penguin", "bulb"),
        turn_deg=270,
        height_cm=(53, 61),
        tilt=0.03,
        furniture=("wall", "monitor", "trolley"),
        other_side_share=0.3,
        park_off_table_share=0.35,
        catheter_at_foot=True,
        cap_share=0.35,
    ),
}
HELD_OUT = "dune"
"""The family that no default draw takes: for figures on a hospital never trained on."""
MIXED = "mixed"
"""A room of no family, each of its traits drawn by itself: for training clips, which are to look like no few hospitals."""

_SKINS: tuple[Colour, ...] = (
    (240, 196, 172),
    (226, 172, 142),
    (204, 148, 116),
    (168, 114, 84),
    (126, 84, 62),
    (96, 64, 48),
)
_CAPS: tuple[Colour, ...] = ((240, 236, 230), (240, 170, 180), (150, 190, 230), (250, 220, 120))


class Pose(Value):
    """How the baby lies, the same through one video."""

    arms_up: float = Field(default=0.8, ge=0, le=1)
    """0: the arms lie along the trunk; 1: they are bent up beside the head."""
    legs_bent: float = Field(default=1.0, ge=0, le=1)
    head_turn: float = Field(default=0.0, ge=-1, le=1)
    """Where the face points: 0 straight up, -1 and 1 to one side."""


class Gloss(Value):
    """The reflection of a lamp: where in the picture (0 to 1), how wide (of its height), how much brighter."""

    x: float
    y: float
    size: float
    strength: float


class Look(Value):
    """Everything that stays the same through one video. Lengths in centimetres on the table, angles in degrees."""

    floor: Colour
    table: Colour
    towel: Colour
    sleeve: Colour
    glove: Colour
    skin: Colour
    bag: Colour
    mask: Colour
    catheter: Colour
    device: Device
    catheter_kind: CatheterKind
    view_height_cm: float = Field(gt=0)
    turn_deg: float
    tilt: float
    """Perspective: change of scale from one edge of the picture to the other."""
    shift_cm: tuple[float, float]
    baby_scale: float
    baby_at_cm: tuple[float, float]
    baby_turn_deg: float
    park_cm: tuple[float, float]
    """Where the mask lies when no one holds it."""
    park_turn_deg: float
    catheter_rest_cm: tuple[float, float]
    catheter_width_cm: float
    brightness: float
    light_slope: tuple[float, float]
    white_balance: tuple[float, float, float]
    noise: float
    """Standard deviation of the sensor noise, in grey levels."""
    sway_cm: float
    """How far the camera moves about its place."""
    limb_motion: float
    clutter: int
    """Cloths and cables lying about."""
    clutter_seed: int
    exposure_s: float = 0.0
    """How long the shutter is open: what moves is smeared over this time."""
    lean_every_s: float = 0.0
    """About how often someone leans into the picture; 0 is never."""
    lens: float = 0.0
    """Distortion: how much nearer (below 0: a barrel) or farther what lies a picture height from the middle is drawn."""
    shadow_cm: tuple[float, float] = (0.0, 0.0)
    """Where the shadow of a hand falls beside it."""
    shadow: float = Field(default=0.0, ge=0, le=1)
    """How much light a shadow takes away."""
    gloss: Gloss | None = None
    pose: Pose = Pose()
    cap: Colour | None = None
    mirrored: bool = False
    """Whether the helper stands on the table's other side."""
    furniture: tuple[Furniture, ...] = ()


def draw_look(rng: np.random.Generator, hospital: str, difficulty: float) -> Look:
    """Draw the look of one room of this family.

    Raises:
        UsageError: there is no such family.
    """
    if hospital not in (*FAMILIES, MIXED):
        raise UsageError(f"There is no hospital '{hospital}'.", f"Choose one of {', '.join(FAMILIES)}.")
    family, d = mixed(rng) if hospital == MIXED else FAMILIES[hospital], difficulty
    along, across = family.off_cm
    off_table = rng.random() < family.park_off_table_share
    park = (-62.0, -8.0) if off_table else (rng.uniform(-27, -24), rng.uniform(13, 17))
    at_foot = (rng.uniform(17, 21), rng.uniform(-16, -13)) if family.catheter_at_foot else None
    return Look(
        floor=_jitter(rng, family.floor, 10),
        table=_jitter(rng, family.table, 8),
        towel=_jitter(rng, _pick(rng, family.towels), 6),
        sleeve=_jitter(rng, _pick(rng, family.sleeves), 10),
        glove=_jitter(rng, _pick(rng, family.gloves), 10),
        skin=_jitter(rng, _pick(rng, _SKINS), 6),
        bag=_jitter(rng, _pick(rng, family.bags), 8),
        mask=_jitter(rng, (250, 120, 60) if d < 0.5 else (150, 210, 220), 12),
        catheter=_jitter(rng, (190, 235, 40) if d < 0.5 else (200, 220, 200), 12),
        device="t_piece" if rng.random() < family.t_piece_share else "bag",
        catheter_kind=family.catheters[int(rng.integers(len(family.catheters)))],
        view_height_cm=float(rng.uniform(*family.height_cm) * (1 + 0.3 * d * rng.random())),
        turn_deg=float(family.turn_deg + rng.uniform(-8, 8) * (1 + 2 * d)),
        tilt=float(family.tilt + rng.uniform(-0.15, 0.15) * d),
        shift_cm=(float(rng.uniform(-along, along) * (1 + d)), float(rng.uniform(-across, across) * (1 + d))),
        baby_scale=float(rng.uniform(0.92, 1.1) * (1 - 0.15 * d * rng.random())),
        baby_at_cm=(float(rng.uniform(0, 3)), float(rng.uniform(-1.5, 1.5))),
        baby_turn_deg=float(rng.uniform(-6, 6) * (1 + d)),
        park_cm=(float(park[0]), float(park[1])),
        park_turn_deg=float(rng.uniform(50, 110)),
        catheter_rest_cm=at_foot or (float(rng.uniform(12, 20)), float(rng.uniform(-22, -19))),
        catheter_width_cm=float(1.7 * (1 - 0.6 * d * rng.random())),
        brightness=float(rng.uniform(0.9, 1.08) * (1 - 0.3 * d * rng.random())),
        light_slope=(float(rng.uniform(-0.1, 0.1) * (1 + 2 * d)), float(rng.uniform(-0.1, 0.1) * (1 + 2 * d))),
        white_balance=_white_balance(rng, d),
        noise=float(rng.uniform(1.5, 4) * (1 + 2 * d)),
        sway_cm=float(d * rng.uniform(0, 0.6)),
        limb_motion=float(rng.uniform(0, 0.5) + d * rng.random()),
        clutter=int(rng.integers(0, 2) + round(5 * d * rng.random())),
        clutter_seed=int(rng.integers(2**31)),
        exposure_s=float(rng.uniform(0, 0.06) * d) if d > 0 else 0.0,
        lean_every_s=float(rng.uniform(12, 40)) if d > 0 and rng.random() < d else 0.0,
        lens=float(rng.uniform(-0.3, 0.1) * d),
        shadow_cm=_shadow_at(rng),
        shadow=float(min(1.0, rng.uniform(0, 0.25) + 0.4 * d * rng.random())),
        gloss=_gloss(rng, d),
        pose=_pose(rng, d),
        cap=_jitter(rng, _pick(rng, _CAPS), 8) if rng.random() < family.cap_share else None,
        mirrored=bool(rng.random() < family.other_side_share),
        furniture=family.furniture,
    )


def mixed(rng: np.random.Generator) -> Family:
    """A family that there is not: its traits come from all families but the held-out one, each by itself and wider."""
    known = [family for name, family in FAMILIES.items() if name != HELD_OUT]
    furniture = sorted({piece for family in known for piece in family.furniture})

    def one() -> Family:
        return known[int(rng.integers(len(known)))]

    return Family(
        floor=_jitter(rng, one().floor, 40),
        table=_jitter(rng, one().table, 24),
        towels=tuple(_jitter(rng, colour, 30) for colour in one().towels),
        sleeves=tuple(_jitter(rng, colour, 40) for colour in one().sleeves),
        gloves=tuple(_jitter(rng, colour, 20) for colour in one().gloves),
        bags=tuple(_jitter(rng, colour, 30) for colour in one().bags),
        t_piece_share=0.4,
        catheters=("penguin", "bulb", "tube"),
        turn_deg=90.0 * int(rng.integers(4)),
        height_cm=(52, 66),
        tilt=float(rng.uniform(-0.07, 0.07)),
        furniture=tuple(piece for piece in furniture if rng.random() < 0.45),
        other_side_share=0.5,
        park_off_table_share=0.35,
        catheter_at_foot=bool(rng.random() < 0.5),
        cap_share=0.3,
        off_cm=(4.0, 3.0),
    )


def _shadow_at(rng: np.random.Generator) -> tuple[float, float]:
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(1.0, 3.5)
    return float(far * np.cos(angle)), float(far * np.sin(angle))


def _gloss(rng: np.random.Generator, difficulty: float) -> Gloss | None:
    x, y, size, strength = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.08, 0.3), rng.uniform(0.1, 0.4)
    if rng.random() >= 0.2 + difficulty:
        return None
    return Gloss(x=float(x), y=float(y), size=float(size), strength=float(strength))


def _pose(rng: np.random.Generator, difficulty: float) -> Pose:
    turned = rng.uniform(-1, 1) * min(1.0, 0.3 + 1.2 * difficulty)
    return Pose(arms_up=float(rng.uniform(0, 1)), legs_bent=float(rng.uniform(0, 1)), head_turn=float(turned))


def _pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def _jitter(rng: np.random.Generator, colour: Colour, amount: int) -> Colour:
    red, green, blue = (int(np.clip(c + rng.integers(-amount, amount + 1), 0, 255)) for c in colour)
    return (red, green, blue)


def _white_balance(rng: np.random.Generator, difficulty: float) -> tuple[float, float, float]:
    red, green, blue = rng.uniform(0.97, 1.03, 3) + difficulty * rng.uniform(-0.06, 0.06, 3)
    return (float(red), float(green), float(blue))

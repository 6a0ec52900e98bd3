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


class Family(Value):
    """One family of rooms: its colours, habits and equipment."""

    floor: Colour
    table: Colour
    towels: tuple[Colour, ...]
    sleeves: tuple[Colour, ...]
    gloves: tuple[Colour, ...]
    bags: tuple[Colour, ...]
    t_piece_share: float
    catheters: tuple[CatheterKind, ...]
    turn_deg: float
    """Where the head points in this room's camera, used from difficulty 0.3 on."""


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
    ),
}
HELD_OUT = "dune"
"""The family that no default draw takes: for figures on a hospital never trained on."""

_SKINS: tuple[Colour, ...] = ((240, 196, 172), (226, 172, 142), (204, 148, 116), (168, 114, 84), (126, 84, 62))


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


def draw_look(rng: np.random.Generator, hospital: str, difficulty: float) -> Look:
    """Draw the look of one room of this family.

    Raises:
        UsageError: there is no such family.
    """
    if hospital not in FAMILIES:
        raise UsageError(f"There is no hospital '{hospital}'.", f"Choose one of {', '.join(FAMILIES)}.")
    family, d = FAMILIES[hospital], difficulty
    turn = rng.uniform(-8, 8) * (1 + 2 * d) + (family.turn_deg if d >= 0.3 else 0)
    off_table = rng.random() < 0.35
    park = (-62.0, -8.0) if off_table else (rng.uniform(-27, -24), rng.uniform(13, 17))
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
        view_height_cm=float(rng.uniform(51, 58) * (1 + 0.5 * d * rng.random())),
        turn_deg=float(turn),
        tilt=float(rng.uniform(-0.15, 0.15) * d),
        shift_cm=(float(rng.uniform(-3, 3) * (1 + d)), float(rng.uniform(-2, 2) * (1 + d))),
        baby_scale=float(rng.uniform(0.97, 1.1) * (1 - 0.15 * d * rng.random())),
        baby_at_cm=(float(rng.uniform(0, 3)), float(rng.uniform(-1.5, 1.5))),
        baby_turn_deg=float(rng.uniform(-6, 6) * (1 + d)),
        park_cm=(float(park[0]), float(park[1])),
        park_turn_deg=float(rng.uniform(50, 110)),
        catheter_rest_cm=(float(rng.uniform(12, 20)), float(rng.uniform(-22, -19))),
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
    )


def _pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def _jitter(rng: np.random.Generator, colour: Colour, amount: int) -> Colour:
    red, green, blue = (int(np.clip(c + rng.integers(-amount, amount + 1), 0, 255)) for c in colour)
    return (red, green, blue)


def _white_balance(rng: np.random.Generator, difficulty: float) -> tuple[float, float, float]:
    red, green, blue = rng.uniform(0.97, 1.03, 3) + difficulty * rng.uniform(-0.06, 0.06, 3)
    return (float(red), float(green), float(blue))

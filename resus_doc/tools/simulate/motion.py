"""Where everything is at a moment: how far each act has been reached, and its rhythm. Pure arithmetic."""

import math
from typing import NamedTuple

from resus_doc.tools.simulate.acts import REACH_S, Act
from resus_doc.tools.simulate.scenario import Scenario

Place = tuple[float, float]
"""A place in table centimetres."""


class MaskPose(NamedTuple):
    """`held` is 0 for a mask that lies parked and 1 for one in the hand; `squeeze` is 0 to 1.

    `near` says how much of the way the held mask is only over or near the face, not on it.
    """

    held: float
    squeeze: float
    active: Act | None
    right_hand: float
    near: float = 0.0


def reach(act: Act, t_s: float, reach_s: float = REACH_S) -> float:
    """How far the hands have come to the place of an act: 0 away, 1 there for as long as the act lasts."""
    before = (t_s - (act.start_s - reach_s)) / reach_s
    after = (act.end_s + reach_s - t_s) / reach_s
    x = min(max(min(before, after), 0.0), 1.0)
    return x * x * (3 - 2 * x)


def beat(act: Act, t_s: float) -> float:
    """The rhythm of an act, from 0 to 1 and back, 0 at its start and outside of it."""
    if not act.start_s <= t_s <= act.end_s:
        return 0.0
    fade = min(1.0, (act.end_s - t_s) / 0.2)
    cycles = act.rate_hz * (t_s - act.start_s)
    if act.breath_every and cycles % (act.breath_every + 1) >= act.breath_every:
        return 0.0
    return (0.5 - 0.5 * math.cos(2 * math.pi * cycles)) * fade


def swing(act: Act, t_s: float) -> float:
    """The rhythm of an act from -1 to 1, with a second harmonic so that no two look alike."""
    if not act.start_s <= t_s <= act.end_s:
        return 0.0
    angle = 2 * math.pi * (act.rate_hz * (t_s - act.start_s))
    return 0.85 * math.sin(angle) + 0.15 * math.sin(2 * angle + 6 * act.phase)


def drift(act: Act, t_s: float) -> tuple[float, float]:
    """Where a hand that does nothing has wandered to, in centimetres: slow, and never the same way twice."""
    a, size = 6.3 * act.phase, act.drift_cm
    x = math.sin(0.7 * t_s + a) + 0.6 * math.sin(1.9 * t_s + 2 * a)
    y = math.sin(0.9 * t_s + 3 * a) + 0.6 * math.sin(2.3 * t_s + a)
    return size * x / 1.6, size * y / 1.6


def wander(act: Act, t_s: float) -> tuple[float, float]:
    """Where a hand that holds something in the air has wandered to, in centimetres: without rest, and not in one rhythm."""
    angle = 2 * math.pi * (act.rate_hz * t_s + act.phase)
    x = math.sin(angle) + 0.5 * math.sin(1.7 * angle + 1)
    y = math.cos(0.8 * angle) + 0.5 * math.sin(1.3 * angle + 2)
    return act.amplitude_cm * x / 1.3, act.amplitude_cm * y / 1.3


def active(scenario: Scenario, kind: str, t_s: float) -> list[tuple[Act, float]]:
    """The acts of a kind that hands are at or on the way to, each with how far they have come."""
    found = ((act, reach(act, t_s)) for act in scenario.acts if act.kind == kind)
    return [(act, far) for act, far in found if far > 0]


def mask_pose(scenario: Scenario, t_s: float) -> MaskPose:
    """Where the mask is and how far the bag is squeezed (or the T-piece occluded)."""
    held, right, squeeze, current = 0.0, 0.0, 0.0, None
    for kind in ("ppv", "cpap"):
        for act, far in active(scenario, kind, t_s):
            if far >= held:
                held, current = far, act
            if kind == "ppv" or act.variant > 0.5:
                right = max(right, far)
            if kind == "ppv":
                squeeze = max(squeeze, beat(act, t_s))
    near = 0.0
    for act, far in active(scenario, "hover", t_s):
        right = max(right, far if act.variant > 0.5 else 0.0)
        near = max(0.0, far - held)
        held, current = (far, act) if far >= held else (held, current)
    return MaskPose(held, squeeze, current, right, near)


def baby_offset(scenario: Scenario, t_s: float) -> tuple[float, float]:
    """Where the baby is: (0 to 1 in place, 1 = off the picture; how far carrying hands are on it).

    A stay begins and ends half way, when the baby comes into view or leaves it.
    """
    away, carried = 1.0, 0.0
    for stay in scenario.stays:
        coming = _ease((t_s - stay.start_s + 0.5) / 1.0)
        going = _ease((stay.end_s + 0.5 - t_s) / 1.0)
        away = min(away, 1 - min(coming, going))
        after = min(abs(t_s - stay.start_s), abs(t_s - stay.end_s))
        carried = max(carried, _ease((1.5 - after) / 0.6))
    return away, carried


def _ease(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def mix(a: float, b: float, w: float) -> float:
    """The number the share `w` of the way from a to b."""
    return a + (b - a) * w


def between(a: Place, b: Place, w: float) -> Place:
    """The place the share `w` of the way from a to b."""
    return mix(a[0], b[0], w), mix(a[1], b[1], w)

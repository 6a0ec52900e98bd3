"""What hands do over the table, each act with a rhythm that is usual for its kind, and which acts are truth. No pixels.

Five kinds are activities. The others are none: a hand at rest, a stethoscope on the chest, a mask held over or near the
face, a catheter held still at the mouth, hands busy where no baby is, and a helper's two hands that hold the baby still.
"""

from typing import Literal

import numpy as np

from resus_doc.schema import Activity, Value

ActKind = Literal[
    "ppv",
    "cpap",
    "stimulation",
    "suction",
    "chest_compressions",
    "rest",
    "listen",
    "hover",
    "poise",
    "arrange",
    "steady",
]
"""The five that are activities, then: a hand at rest, a stethoscope on the chest, a mask held over or near the face,
a catheter held still at the mouth, hands busy where no baby is, and a further helper's hands at head and hips."""

Site = Literal["trunk", "back/nates"]
TRUTH_KINDS: tuple[ActKind, ...] = ("ppv", "cpap", "stimulation", "suction", "chest_compressions")

REACH_S = 0.6
"""How long a hand takes to reach its place before an act, and to leave it after."""

STEADY_PER_DIFFICULTY = 0.6
"""How often a helper holds the baby still while others work, for each unit of difficulty: 15 % at difficulty 0.25."""

_RHYTHMS: dict[ActKind, tuple[float, float, float]] = {
    "ppv": (0.7, 1.05, 1.0),
    "stimulation": (1.3, 2.2, 3.6),
    "suction": (0.7, 1.2, 1.6),
    "poise": (0.0, 0.0, 1.6),
    "hover": (0.4, 0.75, 1.9),
    "chest_compressions": (1.5, 1.85, 2.0),
}
"""Slowest and fastest rate in Hz, and the usual amplitude in cm (PPV 40-60 a minute, compressions about 100-120)."""


class Act(Value):
    """Something the hands do. `rate_hz` and `amplitude_cm` give its rhythm; `variant` picks among ways to do it."""

    kind: ActKind
    start_s: float
    end_s: float
    rate_hz: float = 0
    amplitude_cm: float = 0
    phase: float = 0
    variant: float = 0
    drift_cm: float = 0
    """How far a hand at rest wanders, without rhythm."""
    breath_every: int = 0
    """Compressions before a pause for one breath (3 in the 3:1 rhythm); 0 is without pauses."""
    site: Site = "trunk"


class TruthEvent(Value):
    """One stretch in which an activity truly takes place. `site` is where a stimulation happens."""

    activity: Activity
    start_s: float
    end_s: float
    site: Site | None = None


def truth_of(act: Act, duration_s: float) -> TruthEvent:
    """What of an act that is an activity lies inside a recording of this length; empty when it lies outside."""
    start, end = max(0.0, act.start_s), min(duration_s, act.end_s)
    site = act.site if act.kind == "stimulation" else None
    return TruthEvent.model_validate(
        {"activity": act.kind, "start_s": start, "end_s": max(start, end), "site": site},
    )


def make_act(rng: np.random.Generator, kind: ActKind, start_s: float, end_s: float, difficulty: float = 0.0) -> Act:
    """An act with a rhythm drawn from what is usual for its kind."""
    low, high, amplitude = _RHYTHMS.get(kind, (0.0, 0.0, 0.0))
    return Act(
        kind=kind,
        start_s=round(float(start_s), 3),
        end_s=round(float(end_s), 3),
        rate_hz=float(rng.uniform(low, high)),
        amplitude_cm=float(amplitude * rng.uniform(0.85, 1.2) * (1 - 0.4 * difficulty * rng.random())),
        phase=float(rng.uniform(0, 1)),
        variant=float(rng.random()),
        site="back/nates" if rng.random() < 0.4 else "trunk",
        drift_cm=float(difficulty * rng.uniform(0, 1.2)) if difficulty > 0 else 0.0,
        breath_every=3 if difficulty > 0 and kind == "chest_compressions" and rng.random() < difficulty else 0,
    )

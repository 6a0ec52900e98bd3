"""What happens in one simulated resuscitation, drawn from a seed. No pixels here.

A scenario holds the truth (`events`) and the acts that the renderer draws, among them as many look-alikes, which are no
activity: a hand that rests, a mask held over or near the face, a catheter held ready at the mouth, hands busy at an
empty table. In a single frame a look-alike is not to be told from its activity; its motion, or its stillness, tells.
"""

from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import Field

from resus_doc.errors import UsageError
from resus_doc.schema import MASK_SUPPORT, Activity, Event, Span, Value
from resus_doc.tools.simulate.look import FAMILIES, HELD_OUT, Look, draw_look

ActKind = Literal[
    "ppv", "cpap", "stimulation", "suction", "chest_compressions", "rest", "listen", "hover", "poise", "arrange"
]
"""The five that are activities, then: a hand at rest, a stethoscope on the chest, a mask held over or near the face,
a catheter held still at the mouth, and hands busy where no baby is."""

STANDARD = 0.25
"""The difficulty of a recording where none is asked for, and of the detector's figures."""

Site = Literal["trunk", "back/nates"]
_TRUTH_KINDS = ("ppv", "cpap", "stimulation", "suction", "chest_compressions")
REACH_S = 0.6
"""How long a hand takes to reach its place before an act, and to leave it after."""


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


class Scenario(Value):
    """One simulated recording: its truth, and everything the renderer needs."""

    seed: int
    duration_s: float = Field(gt=0)
    hospital: str
    difficulty: float = Field(ge=0, le=1)
    table_arrival_s: float | None
    """When the baby comes into view on the table; None if the recording starts later or shows no baby."""
    stays: tuple[Span, ...]
    """Stretches with the baby in view."""
    events: tuple[TruthEvent, ...]
    acts: tuple[Act, ...]
    look: Look

    def truth(self, activity: Activity) -> list[Span]:
        """The stretches of an activity, in order; `ventilation` is the union of ppv and cpap."""
        wanted = MASK_SUPPORT if activity == "ventilation" else (activity,)
        return union([Span(e.start_s, e.end_s) for e in self.events if e.activity in wanted])

    def annotations(self) -> tuple[Event, ...]:
        """The truth as a person would annotate it who sees everything to the moment."""
        return tuple(
            Event(
                id=f"E{number}",
                activity=event.activity,
                start_s=event.start_s,
                end_s=event.end_s,
                confidence=1.0,
                start_range_s=(event.start_s, event.start_s),
                end_range_s=(event.end_s, event.end_s),
                source="annotation",
            )
            for number, event in enumerate(self.events, 1)
        )

    def label_at(self, t_s: float) -> set[Activity]:
        """The activities that take place at this moment (the drawn ones: ppv and cpap, never their union)."""
        return {e.activity for e in self.events if e.start_s <= t_s < e.end_s}


def union(spans: list[Span]) -> list[Span]:
    """Merge spans that overlap or touch."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start_s <= merged[-1].end_s:
            merged[-1] = Span(merged[-1].start_s, max(merged[-1].end_s, span.end_s))
        else:
            merged.append(span)
    return merged


def compose(
    seed: int,
    acts: list[Act],
    stays: list[Span],
    *,
    duration_s: float,
    difficulty: float,
    hospital: str,
) -> Scenario:
    """A scenario with a given course; its look is drawn from the seed. Truth is what lies inside the recording.

    Raises:
        UsageError: there is no such hospital, or the difficulty is not between 0 and 1.
    """
    if not 0 <= difficulty <= 1:
        raise UsageError(f"The difficulty {difficulty} is not between 0 and 1.", "Give a number from 0 to 1.")
    rng = np.random.default_rng([seed, 1])
    inside = [Span(max(0.0, s.start_s), min(duration_s, s.end_s)) for s in stays]
    events = [TruthEvent(activity="baby_visible", start_s=s.start_s, end_s=s.end_s) for s in inside]
    events += [_truth(act, duration_s) for act in acts if act.kind in _TRUTH_KINDS]
    events = [e for e in events if e.end_s - e.start_s > 0.02]
    arrivals = [s.start_s for s in stays if s.start_s > 0]
    return Scenario(
        seed=seed,
        duration_s=round(duration_s, 3),
        hospital=hospital,
        difficulty=difficulty,
        table_arrival_s=arrivals[0] if arrivals else None,
        stays=tuple(stays),
        events=tuple(sorted(events, key=lambda e: (e.start_s, e.end_s, e.activity))),
        acts=tuple(sorted(acts, key=lambda a: (a.start_s, a.end_s, a.kind))),
        look=draw_look(rng, hospital, difficulty),
    )


def _truth(act: Act, duration_s: float) -> TruthEvent:
    start, end = max(0.0, act.start_s), min(duration_s, act.end_s)
    site = act.site if act.kind == "stimulation" else None
    return TruthEvent.model_validate(
        {"activity": act.kind, "start_s": start, "end_s": max(start, end), "site": site},
    )


def make_act(rng: np.random.Generator, kind: ActKind, start_s: float, end_s: float, difficulty: float = 0.0) -> Act:
    """An act with a rhythm drawn from what is usual for its kind (PPV 40-60 a minute, compressions about 100-120)."""
    low, high, amplitude = {
        "ppv": (0.7, 1.05, 1.0),
        "stimulation": (1.3, 2.2, 3.6),
        "suction": (0.7, 1.2, 1.6),
        "poise": (0.0, 0.0, 1.6),
        "hover": (0.4, 0.75, 1.9),
        "chest_compressions": (1.5, 1.85, 2.0),
    }.get(kind, (0.0, 0.0, 0.0))
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


def draw(
    seed: int, *, duration_s: float | None = None, difficulty: float = STANDARD, hospital: str | None = None
) -> Scenario:
    """Draw a whole recording with a plausible clinical course, the same for the same arguments.

    Without a duration it lasts 75 to 150 s; without a hospital any family but the held-out one is taken.

    Raises:
        UsageError: there is no such hospital, or the difficulty is not between 0 and 1.
    """
    rng = np.random.default_rng([seed, 0])
    hospital = hospital or _any_hospital(rng)
    length = float(duration_s if duration_s is not None else round(rng.uniform(75, 150), 1))
    arrival = float(round(rng.uniform(8, 15), 2)) if rng.random() < 0.7 and length > 30 else -5.0
    departure = float(round(length - rng.uniform(3, 9), 2)) if rng.random() < 0.35 and length > 60 else length + 5.0
    acts = _course(rng, arrival, min(departure - 1.6, length + 2), difficulty)
    acts += _busy_hands(rng, acts, Span(arrival, departure), length, difficulty)
    stays = [Span(arrival, departure)]
    return compose(seed, acts, stays, duration_s=length, difficulty=difficulty, hospital=hospital)


def _any_hospital(rng: np.random.Generator) -> str:
    names = [name for name in FAMILIES if name != HELD_OUT]
    return names[int(rng.integers(len(names)))]


def _course(rng: np.random.Generator, arrival_s: float, end_s: float, difficulty: float) -> list[Act]:
    """Drying first, then suction in some, then mask support in stretches with pauses, compressions in a few.

    Between them hands rest, hold the mask over the face or keep a catheter ready, about as long as they act.
    """
    acts: list[Act] = []
    t = arrival_s + rng.uniform(2.0, 5.0) if arrival_s > 0 else rng.uniform(-4, 3)
    plan: list[tuple[ActKind, ...]] = [("rest",)] if rng.random() < 0.3 else []
    plan.append(("stimulation",))
    if rng.random() < 0.8:
        plan.append(("poise",) if rng.random() < 0.4 else ("suction",))
    steps: list[tuple[ActKind, ...]] = [
        ("ppv",),
        ("cpap",),
        ("ppv", "stimulation"),
        ("cpap", "stimulation"),
        ("stimulation",),
        ("suction",),
        ("ppv", "chest_compressions"),
        ("rest",),
        ("poise",),
        ("hover",),
        ("listen",),
        (),
    ]
    weights = np.array([0.14, 0.1, 0.03, 0.03, 0.05, 0.08, 0.08, 0.11, 0.17, 0.17, 0.02, 0.02])
    while t < end_s:
        kinds = plan.pop(0) if plan else steps[int(rng.choice(len(steps), p=weights / weights.sum()))]
        stop = min(t + _length(rng, kinds), end_s)
        if stop - t >= 3:
            acts += _together(rng, kinds, t, stop, difficulty)
        t = stop + rng.uniform(1.6, 4.5)
    return acts


def _length(rng: np.random.Generator, kinds: tuple[ActKind, ...]) -> float:
    if not kinds:
        return float(rng.uniform(3, 8))
    longest = 9 if {"suction", "poise", "listen"} & set(kinds) else 24
    return float(rng.uniform(4.5, longest))


def _together(rng: np.random.Generator, kinds: tuple[ActKind, ...], start: float, stop: float, d: float) -> list[Act]:
    """The first act fills the stretch, further ones lie inside it."""
    acts = []
    for i, kind in enumerate(kinds):
        low, high = start, stop
        if i > 0 and stop - start > 7:
            low = start + rng.uniform(0, (stop - start) * 0.3)
            high = stop - rng.uniform(0, (stop - start) * 0.3)
        acts.append(make_act(rng, kind, low, high, d))
    return acts


def _busy_hands(rng: np.random.Generator, acts: list[Act], stay: Span, length_s: float, difficulty: float) -> list[Act]:
    """Acts that are no activity: hands resting on the baby in gaps, hands at the empty table, a mask held near."""
    found: list[Act] = []
    if stay.start_s > 6 and rng.random() < 0.3 + 0.5 * difficulty:
        start = rng.uniform(1, stay.start_s - 5)
        found.append(make_act(rng, "arrange", start, min(start + rng.uniform(2, 6), stay.start_s - 2)))
    busy = union([Span(a.start_s, a.end_s) for a in acts])
    for before, after in pairwise(busy):
        gap = Span(before.end_s + 1.3, after.start_s - 1.3)
        if gap.end_s - gap.start_s > 0.8 and rng.random() < 0.3 + 0.5 * difficulty:
            found.append(make_act(rng, _decoy(rng), gap.start_s, gap.end_s, difficulty))
    for act in acts:
        if act.kind in ("ppv", "cpap", "hover") and rng.random() < 0.6 and not _used(acts, act):
            found.append(make_act(rng, "rest", act.start_s + 1, act.end_s - 1, difficulty))
    return [a for a in found if a.end_s - a.start_s > 0.5 and a.start_s < length_s]


def _decoy(rng: np.random.Generator) -> ActKind:
    """What hands do in a gap."""
    kinds: tuple[ActKind, ...] = ("rest", "listen", "hover", "poise")
    return kinds[int(rng.choice(4, p=[0.35, 0.1, 0.25, 0.3]))]


def _used(acts: list[Act], act: Act) -> bool:
    """Whether the assistant's hand is taken while this act lasts."""
    others = (a for a in acts if a.kind not in ("ppv", "cpap", "hover"))
    return any(a.start_s < act.end_s and act.start_s < a.end_s for a in others)


_CLIP_SETS: tuple[tuple[tuple[ActKind, ...], float], ...] = (
    ((), 0.05),
    (("ppv",), 0.13),
    (("cpap",), 0.13),
    (("stimulation",), 0.11),
    (("suction",), 0.11),
    (("chest_compressions",), 0.04),
    (("ppv", "chest_compressions"), 0.07),
    (("ppv", "stimulation"), 0.04),
    (("cpap", "stimulation"), 0.04),
    (("suction", "stimulation"), 0.02),
    (("rest",), 0.07),
    (("poise",), 0.09),
    (("hover",), 0.08),
    (("listen",), 0.02),
)


def draw_clip(
    seed: int, difficulty: float = STANDARD, *, duration_s: float | None = None, hospital: str | None = None
) -> Scenario:
    """Draw a short clip for training (2 to 4 s): the activities far more even than in a course, the empty table too.

    Half the clips change from one set of activities to another inside; one in seven shows no baby, or its arrival or
    departure.
    """
    rng = np.random.default_rng([seed, 2])
    hospital = hospital or _any_hospital(rng)
    length = float(duration_s if duration_s is not None else round(rng.uniform(2, 4), 2))
    if rng.random() < 0.14:
        acts, stays = _clip_without(rng, length)
    else:
        acts, stays = _clip_with(rng, length, difficulty), [Span(-5.0, length + 5.0)]
    return compose(seed, acts, stays, duration_s=length, difficulty=difficulty, hospital=hospital)


def _clip_without(rng: np.random.Generator, length_s: float) -> tuple[list[Act], list[Span]]:
    chance = rng.random()
    moment = round(float(rng.uniform(0.2, length_s - 0.2)), 3)
    if chance < 0.2:
        return [], [Span(moment, length_s + 5.0)]
    if chance < 0.4:
        return [], [Span(-5.0, moment)]
    busy = rng.random() < 0.4
    return [make_act(rng, "arrange", -1, length_s + 1)] if busy else [], []


def _clip_with(rng: np.random.Generator, length_s: float, difficulty: float) -> list[Act]:
    weights = np.array([w for _, w in _CLIP_SETS])
    chosen = rng.choice(len(_CLIP_SETS), size=2, p=weights / weights.sum())
    if rng.random() < 0.5:
        parts = [(chosen[0], -2.0, length_s + 2.0)]
    else:
        change, gap = rng.uniform(0.2, length_s - 0.2), rng.uniform(0.7, 1.5)
        parts = [(chosen[0], -2.0, change - gap / 2), (chosen[1], change + gap / 2, length_s + 2.0)]
    acts: list[Act] = []
    for index, start, end in parts:
        kinds = _CLIP_SETS[int(index)][0]
        acts += [make_act(rng, kind, start, end, difficulty) for kind in kinds]
        if set(kinds) <= {"ppv", "cpap", "hover"} and rng.random() < 0.4:
            acts.append(make_act(rng, "rest", start, end, difficulty))
    return acts

"""What happens in one simulated resuscitation, drawn from a seed. No pixels here.

A scenario holds the truth (`events`) and the acts that the renderer draws, among them as many look-alikes, which are no
activity: a hand that rests, a mask held over or near the face, a catheter held ready at the mouth, hands busy at an
empty table. In a single frame a look-alike is not to be told from its activity; its motion, or its stillness, tells.
What of the truth deviates from the guidelines is told too (`deviations`).
"""

from typing import NamedTuple

import numpy as np
from pydantic import Field

from resus_doc.errors import UsageError
from resus_doc.schema import MASK_SUPPORT, Activity, Event, Span, Value
from resus_doc.tools import intervals
from resus_doc.tools.simulate.acts import TRUTH_KINDS, Act, TruthEvent, truth_of
from resus_doc.tools.simulate.course import Wanted, busy_hands, course
from resus_doc.tools.simulate.deviations import KINDS, Deviation, deviations_of
from resus_doc.tools.simulate.look import FAMILIES, HELD_OUT, Look, draw_look

STANDARD = 0.25
"""The difficulty of a recording where none is asked for, and of the detector's figures."""

DEVIATION_SHARE = 0.12
"""In how many recordings each kind of deviation is brought about; others come by themselves."""

WAIT_SHARE, WAIT_S = 0.08, (60.0, 180.0)
"""How many recordings show the empty table for minutes before the baby comes, and for how many seconds."""

SHORTEST_COURSE_S = 60.0
"""A shorter recording has no room for a departure or for a deviation."""


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
    deviations: tuple[Deviation, ...] = ()
    """What the truth shows that deviates from the guidelines; a file written before there were any has none."""

    def truth(self, activity: Activity) -> list[Span]:
        """The stretches of an activity, in order; `ventilation` is the union of ppv and cpap."""
        wanted = MASK_SUPPORT if activity == "ventilation" else (activity,)
        return [*intervals.clean(Span(e.start_s, e.end_s) for e in self.events if e.activity in wanted)]

    def annotations(self) -> tuple[Event, ...]:
        """The truth as a person would annotate it who sees everything to the moment."""
        return tuple(
            Event.annotated(f"E{number}", event.activity, event.start_s, event.end_s)
            for number, event in enumerate(self.events, 1)
        )

    def label_at(self, t_s: float) -> set[Activity]:
        """The activities that take place at this moment (the drawn ones: ppv and cpap, never their union)."""
        return {e.activity for e in self.events if e.start_s <= t_s < e.end_s}


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
    events += [truth_of(act, duration_s) for act in acts if act.kind in TRUTH_KINDS]
    events = [e for e in events if e.end_s - e.start_s > 0.02]
    arrivals = [s.start_s for s in stays if s.start_s > 0]
    arrival_s = arrivals[0] if arrivals else None
    return Scenario(
        seed=seed,
        duration_s=round(duration_s, 3),
        hospital=hospital,
        difficulty=difficulty,
        table_arrival_s=arrival_s,
        stays=tuple(stays),
        events=tuple(sorted(events, key=lambda e: (e.start_s, e.end_s, e.activity))),
        acts=tuple(sorted(acts, key=lambda a: (a.start_s, a.end_s, a.kind))),
        deviations=deviations_of(events, arrival_s, duration_s),
        look=draw_look(rng, hospital, difficulty),
    )


class _Frame(NamedTuple):
    """How long a recording lasts, and when the baby comes and goes (outside the recording where it is not seen to)."""

    length_s: float
    arrival_s: float
    departure_s: float


def draw(
    seed: int, *, duration_s: float | None = None, difficulty: float = STANDARD, hospital: str | None = None
) -> Scenario:
    """Draw a whole recording with a plausible clinical course, the same for the same arguments.

    Without a duration it lasts 75 to 150 s, and up to 3 min more where the table is empty for long; without a hospital any
    family but the held-out one is taken.

    Raises:
        UsageError: there is no such hospital, or the difficulty is not between 0 and 1.
    """
    rng = np.random.default_rng([seed, 0])
    hospital = hospital or any_hospital(rng)
    wanted = _wanted(rng, duration_s)
    length, arrival, departure = _frame(rng, duration_s, wanted)
    acts = course(rng, arrival, min(departure - 1.6, length + 2), difficulty, wanted)
    acts += busy_hands(rng, acts, Span(arrival, departure), length, difficulty)
    stays = [Span(arrival, departure)]
    return compose(seed, acts, stays, duration_s=length, difficulty=difficulty, hospital=hospital)


def any_hospital(rng: np.random.Generator) -> str:
    """A family of rooms, never the held-out one."""
    names = [name for name in FAMILIES if name != HELD_OUT]
    return names[int(rng.integers(len(names)))]


def _wanted(rng: np.random.Generator, duration_s: float | None) -> Wanted:
    """The deviations to bring about; none where there is no room for them."""
    found = frozenset(kind for kind in KINDS if rng.random() < DEVIATION_SHARE)
    return found if duration_s is None or duration_s > SHORTEST_COURSE_S else frozenset()


def _frame(rng: np.random.Generator, duration_s: float | None, wanted: Wanted) -> _Frame:
    """Late mask support and early compressions need the arrival in the picture, and the former a longer recording."""
    late = "late_mask_support" in wanted
    length = duration_s if duration_s is not None else round(rng.uniform(120 if late else 75, 150), 1)
    waits = duration_s is None and rng.random() < WAIT_SHARE
    filmed = length > 30 and (waits or late or "early_compressions" in wanted or rng.random() < 0.7)
    arrival = round(rng.uniform(*(WAIT_S if waits else (8, 15))), 2) if filmed else -5.0
    if waits:
        length = round(length + arrival - 10, 1)
    leaves = rng.random() < 0.35 and length > SHORTEST_COURSE_S
    departure = round(length - rng.uniform(3, 9), 2) if leaves else length + 5.0
    return _Frame(float(length), float(arrival), float(departure))

"""What is done in a whole recording, and when: the acts of a plausible clinical course, drawn from a generator.

Drying first, then suction in some, then mask support in stretches with pauses, compressions in a few. Between them hands
rest, hold the mask over the face or keep a catheter ready, about as long as they act. Times are as in published series
where a recording of two minutes leaves room for them; each figure stands with its source, and what courses here have is counted
by `benchmarks/course_figures.py`.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from resus_doc.schema import Span
from resus_doc.tools import intervals
from resus_doc.tools.intervals import Spans
from resus_doc.tools.simulate.acts import STEADY_PER_DIFFICULTY, Act, ActKind, make_act
from resus_doc.tools.simulate.deviations import DeviationKind

Kinds = tuple[ActKind, ...]
Wanted = frozenset[DeviationKind]
"""The deviations that a course is to show."""

MASK_AFTER_S = (32.0, 0.8, 52.0)
"""First mask support after arrival, where it is not to be late: median, spread (of the logarithm) and most, in seconds.
The first PPV comes after 42 s (18-78) in Skåre 2016 (10.1016/j.resuscitation.2016.07.231), here after 51 s (28-64). In
McCarthy 2013 (10.1016/j.jpeds.2013.06.007) only 38 % had respiratory support within 60 s, here 83 %: as late as there, a
recording of two minutes would show little of it."""

LATE_MASK_AFTER_S = (66.0, 85.0)
"""First mask support after arrival where it is to be late: at least 6 s over the limit."""

FIRST_PPV_S, NEXT_PPV_S, PPV_SPREAD = 24.0, 18.0, 0.45
"""Median length of the first stretch of PPV and of later ones, in seconds, and the spread of the logarithm. Sequences of
18 s (BMJ Paediatr Open, n = 434); the first 30 s were ventilated for more than 90 % in 44 % (Skåre 2016), here in 34 %."""

SHORT_PAUSE_S, AGAIN = (2.2, 8.0), 0.4
"""A pause in which only the mask is set anew, and how often one follows a stretch of PPV: five sequences are usual in a
whole resuscitation (BMJ Paediatr Open, n = 434)."""

LONG_PAUSE_S = (12.0, 18.0)
"""What is done during a pause that is to be long; reaching for the mask adds seconds. The limit is 10 s."""

LONG_SUCTION_S = (18.5, 26.0)
"""A suction that is to be long; the limit is 15 s. Excess suction was seen in 14.7 % of 498 videos (Sukthong 2025,
10.1016/j.resplu.2025.101097)."""

EARLY_PPV_S = (14.0, 20.0)
"""The stretch of PPV in which compressions that are to be early begin: well before its end, the limit is 30 s."""

_BEFORE_MASK: dict[Kinds, float] = {
    ("stimulation",): 0.1,
    ("suction",): 0.14,
    ("rest",): 0.15,
    ("poise",): 0.32,
    ("hover",): 0.33,
    ("listen",): 0.05,
    (): 0.05,
}
_MASK: dict[Kinds, float] = {("ppv",): 0.4, ("cpap",): 0.4, ("ppv", "stimulation"): 0.1, ("cpap", "stimulation"): 0.1}
_STEPS: dict[Kinds, float] = {
    ("ppv",): 0.06,
    ("cpap",): 0.08,
    ("ppv", "stimulation"): 0.02,
    ("cpap", "stimulation"): 0.03,
    ("stimulation",): 0.07,
    ("suction",): 0.09,
    ("ppv", "chest_compressions"): 0.08,
    ("rest",): 0.1,
    ("poise",): 0.29,
    ("hover",): 0.36,
    ("listen",): 0.02,
    (): 0.02,
}
"""What comes after the first mask support. Suction then occurs in 57 % of recordings, compressions in 25 %: far more than
in delivery rooms, so that figures about them rest on enough of them. Look-alikes are about as usual as their activities."""
_IN_PAUSE: dict[Kinds, float] = {("rest",): 0.3, ("hover",): 0.3, ("stimulation",): 0.2, ("cpap",): 0.1, (): 0.1}


class _Step(NamedTuple):
    """Acts that go on together for a time, and the time that hands take for the next ones."""

    kinds: Kinds
    length_s: float
    then_s: float

    @property
    def whole_s(self) -> float:
        return self.length_s + self.then_s


def course(rng: np.random.Generator, arrival_s: float, end_s: float, difficulty: float, wanted: Wanted) -> list[Act]:
    """All acts on a baby that is there from `arrival_s` (negative: before the recording) and is left at `end_s`."""
    acts: list[Act] = []
    t = arrival_s + rng.uniform(2.0, 5.0) if arrival_s > 0 else rng.uniform(-4, 3)
    plan = _opening(rng, t - max(arrival_s, 0.0), wanted)
    while t < end_s:
        step = plan.pop(0)
        plan = plan or _goes_on(rng, _pick(rng, _STEPS))
        stop = min(t + step.length_s, end_s)
        if stop - t >= 3:
            acts += _together(rng, step.kinds, t, stop, difficulty)
        t = stop + step.then_s
    return acts


def _opening(rng: np.random.Generator, since_arrival_s: float, wanted: Wanted) -> list[_Step]:
    """All up to the first mask support, and it, with what belongs to the wanted deviations."""
    late = "late_mask_support" in wanted
    time_s = (float(rng.uniform(*LATE_MASK_AFTER_S)) if late else _first_mask_s(rng)) - since_arrival_s
    steps = _first_steps(rng, time_s, wanted)
    while (left_s := time_s - sum(step.whole_s for step in steps)) > 0:
        step = _step(rng, _pick(rng, _BEFORE_MASK))
        steps.append(step if late else _cut(step, left_s))
    return steps + _first_support(rng, wanted)


def _first_steps(rng: np.random.Generator, time_s: float, wanted: Wanted) -> list[_Step]:
    """Drying, whatever the time until mask support; where there is time, suction or its look-alike in most."""
    steps = [_step(rng, ("rest",), float(rng.uniform(4, 10)))] if time_s > 20 and rng.random() < 0.4 else []
    steps.append(_cut(_step(rng, ("stimulation",)), time_s - sum(step.whole_s for step in steps)))
    if "long_suction" in wanted:
        steps.append(_step(rng, ("suction",), float(rng.uniform(*LONG_SUCTION_S))))
    elif sum(step.whole_s for step in steps) < time_s - 4 and rng.random() < 0.8:
        steps.append(_step(rng, ("poise",) if rng.random() < 0.4 else ("suction",)))
    return steps


def _cut(step: _Step, left_s: float) -> _Step:
    """The step, not longer than the time that is left; an act of less than 4.5 s would hardly be one."""
    return step._replace(length_s=min(step.length_s, max(4.5, left_s - step.then_s)))


def _first_mask_s(rng: np.random.Generator) -> float:
    middle, spread, most = MASK_AFTER_S
    return min(float(rng.lognormal(math.log(middle), spread)), most)


def _first_support(rng: np.random.Generator, wanted: Wanted) -> list[_Step]:
    """The first mask support; PPV where a deviation needs it."""
    kinds = _pick(rng, _MASK)
    first = _step(rng, kinds, _ppv_s(rng, FIRST_PPV_S) if "ppv" in kinds else None)
    if "early_compressions" in wanted:
        first = _step(rng, ("ppv", "chest_compressions"), float(rng.uniform(*EARLY_PPV_S)))
    elif "long_pause" in wanted:
        first = _step(rng, ("ppv",))
    if "long_pause" in wanted:
        pause = _step(rng, _pick(rng, _IN_PAUSE), float(rng.uniform(*LONG_PAUSE_S)))
        return [first, pause, _step(rng, ("ppv",))]
    return [first, *_goes_on(rng, kinds)[1:]] if first.kinds == ("ppv",) else [first]


def _goes_on(rng: np.random.Generator, kinds: Kinds) -> list[_Step]:
    """A step; PPV often goes on after a short pause."""
    steps = [_step(rng, kinds)]
    while steps[-1].kinds == ("ppv",) and rng.random() < AGAIN:
        steps[-1] = steps[-1]._replace(then_s=float(rng.uniform(*SHORT_PAUSE_S)))
        steps.append(_step(rng, ("ppv",)))
    return steps


def _pick(rng: np.random.Generator, weights: dict[Kinds, float]) -> Kinds:
    shares = np.array([*weights.values()])
    return [*weights][int(rng.choice(len(shares), p=shares / shares.sum()))]


def _step(rng: np.random.Generator, kinds: Kinds, length_s: float | None = None) -> _Step:
    return _Step(kinds, _length(rng, kinds) if length_s is None else length_s, float(rng.uniform(1.6, 4.5)))


def _length(rng: np.random.Generator, kinds: Kinds) -> float:
    if not kinds:
        return float(rng.uniform(3, 8))
    if "ppv" in kinds:
        return _ppv_s(rng, NEXT_PPV_S)
    longest = 9 if {"suction", "poise", "listen"} & set(kinds) else 24
    return float(rng.uniform(4.5, longest))


def _ppv_s(rng: np.random.Generator, median_s: float) -> float:
    return float(np.clip(rng.lognormal(math.log(median_s), PPV_SPREAD), 5, 50))


def _together(rng: np.random.Generator, kinds: Kinds, start: float, stop: float, d: float) -> list[Act]:
    """The first act fills the stretch, further ones lie inside it."""
    acts = []
    for i, kind in enumerate(kinds):
        low, high = start, stop
        if i > 0 and stop - start > 7:
            low = start + rng.uniform(0, (stop - start) * 0.3)
            high = stop - rng.uniform(0, (stop - start) * 0.3)
        acts.append(make_act(rng, kind, low, high, d))
    return acts


def busy_hands(rng: np.random.Generator, acts: list[Act], stay: Span, length_s: float, difficulty: float) -> list[Act]:
    """Acts that are no activity: hands at the empty table, at the baby in gaps and beside the mask, and holding it still."""
    found = _at_the_empty_table(rng, stay.start_s, difficulty)
    busy = intervals.clean(Span(a.start_s, a.end_s) for a in acts)
    for before, after in pairwise(busy):
        gap = Span(before.end_s + 1.3, after.start_s - 1.3)
        if gap.end_s - gap.start_s > 0.8 and rng.random() < 0.3 + 0.5 * difficulty:
            found.append(make_act(rng, _decoy(rng), gap.start_s, gap.end_s, difficulty))
    found += _held_still(rng, acts, busy, difficulty)
    for act in acts:
        alone = not _used(acts + found, act)
        if act.kind in ("ppv", "cpap", "hover") and rng.random() < 0.7 and alone:
            found.append(make_act(rng, "rest", act.start_s + 1, act.end_s - 1, difficulty))
    return [a for a in found if a.end_s - a.start_s > 0.5 and a.start_s < length_s]


def _held_still(rng: np.random.Generator, acts: list[Act], busy: Spans, difficulty: float) -> list[Act]:
    """A helper's hands at head and hips while others work, never while the assistant's hand rests there."""
    resting = [act for act in acts if act.kind == "rest"]
    free = [span for span in busy if not _within(resting, span)]
    share = STEADY_PER_DIFFICULTY * difficulty
    return [make_act(rng, "steady", *span, difficulty) for span in free if rng.random() < share]


def _at_the_empty_table(rng: np.random.Generator, arrival_s: float, difficulty: float) -> list[Act]:
    """Hands that lay things ready, and again while a long wait lasts."""
    found: list[Act] = []
    latest = arrival_s - 5
    start = float(rng.uniform(1, latest)) if 1 < latest < 20 else float(rng.uniform(1, 20))
    while start < latest:
        if rng.random() < 0.3 + 0.5 * difficulty:
            found.append(make_act(rng, "arrange", start, min(start + rng.uniform(2, 6), arrival_s - 2)))
        start += float(rng.uniform(10, 40))
    return found


def _decoy(rng: np.random.Generator) -> ActKind:
    """What hands do in a gap."""
    kinds: Kinds = ("rest", "listen", "hover", "poise")
    return kinds[int(rng.choice(4, p=[0.35, 0.1, 0.25, 0.3]))]


def _used(acts: list[Act], act: Act) -> bool:
    """Whether the assistant's hand is taken while this act lasts."""
    others = [a for a in acts if a.kind not in ("ppv", "cpap", "hover")]
    return _within(others, Span(act.start_s, act.end_s))


def _within(acts: list[Act], span: Span) -> bool:
    """Whether any of the acts goes on in this time."""
    return any(a.start_s < span.end_s and span.start_s < a.end_s for a in acts)

"""Deviations from the guidelines that a scenario's truth shows: what a debrief of its recording should find.

They are read off the true events, never off what was meant when the course was drawn. Only what the recording shows whole
counts: nothing hangs on an event that runs at its edge, nor on what may have been done before it began.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from resus_doc.schema import MASK_SUPPORT, Activity, Span, Value
from resus_doc.tools import intervals
from resus_doc.tools.intervals import Spans
from resus_doc.tools.measures import PPV_BEFORE_COMPRESSIONS_S
from resus_doc.tools.simulate.acts import TruthEvent
from resus_doc.tools.timeline import EDGE_S

DeviationKind = Literal["late_mask_support", "long_pause", "long_suction", "early_compressions"]
KINDS: tuple[DeviationKind, ...] = get_args(DeviationKind)

MASK_SUPPORT_BY_S = 60.0
"""Mask support is late from then on, counted from arrival on the table. McCarthy 2013 (10.1016/j.jpeds.2013.06.007) counts
so; the guidelines give 60 s from birth (AHA/AAP 2025 for PPV), which is earlier."""

LONGEST_PAUSE_S = 10.0
"""The limit of `ppv-pause-longest` in the quality metrics; no guideline states one."""

LONGEST_SUCTION_S = 15.0
"""No profile states a limit for a suction; Helping Babies Breathe (2nd ed., 2016) only warns against suctioning for long.
This one is the simulator's own."""


class Deviation(Value):
    """One deviation and its stretch of the recording, in seconds.

    Late mask support lasts from arrival to the first mask support, a long pause from one PPV to the next; a long suction
    and early compressions last as long as that suction and those compressions.
    """

    kind: DeviationKind
    start_s: float
    end_s: float


def deviations_of(
    events: Sequence[TruthEvent], table_arrival_s: float | None, duration_s: float
) -> tuple[Deviation, ...]:
    """The deviations in a recording, in order of time, from its true events.

    Without an arrival in the recording nobody can tell what was done before it: mask support is then never late, and
    compressions never early.
    """
    ppv, compressions = _stretches(events, "ppv"), _stretches(events, "chest_compressions")
    found = [*_long_pauses(ppv), *_long_suctions(_stretches(events, "suction"), duration_s)]
    if table_arrival_s is not None:
        found += _late_mask_support(_stretches(events, *MASK_SUPPORT), table_arrival_s)
        found += _early_compressions(compressions, ppv)
    return tuple(sorted(found, key=lambda each: (each.start_s, each.end_s, each.kind)))


def _stretches(events: Sequence[TruthEvent], *activities: Activity) -> Spans:
    return intervals.clean(Span(e.start_s, e.end_s) for e in events if e.activity in activities)


def _ms(seconds: float) -> float:
    """Rounded to milliseconds, as measures are before they meet a limit."""
    return round(seconds, 3)


def _long_pauses(ppv: Spans) -> Iterator[Deviation]:
    for gap in intervals.gaps(ppv):
        if _ms(gap.end_s - gap.start_s) > LONGEST_PAUSE_S:
            yield Deviation(kind="long_pause", start_s=gap.start_s, end_s=gap.end_s)


def _long_suctions(suctions: Spans, duration_s: float) -> Iterator[Deviation]:
    for suction in suctions:
        whole = suction.start_s > EDGE_S and suction.end_s < duration_s - EDGE_S
        if whole and _ms(suction.end_s - suction.start_s) > LONGEST_SUCTION_S:
            yield Deviation(kind="long_suction", start_s=suction.start_s, end_s=suction.end_s)


def _late_mask_support(support: Spans, arrival_s: float) -> Iterator[Deviation]:
    if support and _ms(support[0].start_s - arrival_s) > MASK_SUPPORT_BY_S:
        yield Deviation(kind="late_mask_support", start_s=arrival_s, end_s=support[0].start_s)


def _early_compressions(compressions: Spans, ppv: Spans) -> Iterator[Deviation]:
    """Each stretch of compressions with too little PPV before it, in all."""
    for each in compressions:
        before_s = intervals.overlap_s(ppv, (Span(0.0, each.start_s),))
        if _ms(before_s) < PPV_BEFORE_COMPRESSIONS_S:
            yield Deviation(kind="early_compressions", start_s=each.start_s, end_s=each.end_s)

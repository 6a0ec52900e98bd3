"""The numbers of a case, computed from its events: times to the first, counts, totals, fractions, pauses, overlaps.

Every case has the same measures in the same order (`NAMES`). A value is None when the source could not have seen the
activity, when the baby was never in view, or when the number does not exist (the time to something that did not happen).
A value tells what was *seen*; the range tells what it may have been, given the ranges of the events' edges, of time zero,
and the stretches in which the baby was out of view. No measure knows what happened before the recording.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from resus_doc.schema import ACTIVITIES, Event, Measure, Range, Span, Timeline, TimeZero, Unit
from resus_doc.tools import intervals, ppv
from resus_doc.tools.extent import (
    BLINK_S,
    Bounds,
    Extent,
    events_of,
    extent,
    start_bounds,
    unknown,
    unseen,
)

SUBJECTS: tuple[str, ...] = (*ACTIVITIES, "mask_support")
"""What is counted and timed: each activity, and mask support of any kind."""

ACTED: tuple[str, ...] = ("ppv", "cpap", "ventilation", "stimulation", "suction", "chest_compressions")
"""The activities that somebody does: all but the view of the baby."""

PPV_BEFORE_COMPRESSIONS_S = 30.0
"""Compressions follow at least 30 s of PPV (AHA/AAP 2025, doi 10.1161/CIR.0000000000001367; not verified there)."""


class _Result(NamedTuple):
    """A measure's content; no value: not assessable."""

    value: float | None = None
    range: Range | None = None
    events: tuple[str, ...] = ()


class _Spec(NamedTuple):
    name: str
    unit: Unit
    result: Callable[[Timeline], _Result]


NOT_ASSESSABLE = _Result()


def compute(timeline: Timeline) -> tuple[Measure, ...]:
    """All measures of a timeline, ids M1, M2, ... in the order of `NAMES`; times in seconds, rounded to milliseconds."""
    return tuple(_measure(f"M{number}", spec, timeline) for number, spec in enumerate(_SPECS, start=1))


def _measure(measure_id: str, spec: _Spec, timeline: Timeline) -> Measure:
    value, bounds, events = spec.result(timeline)
    digits = 4 if spec.unit == "fraction" else 3
    return Measure(
        id=measure_id,
        name=spec.name,
        value=None if value is None else round(value, digits),
        unit=spec.unit,
        range=None if bounds is None else (round(bounds[0], digits), round(bounds[1], digits)),
        events=events,
    )


def _of(bounds: Bounds, events: tuple[Event, ...] = ()) -> _Result:
    return _Result(float(bounds.value), (float(bounds.low), float(bounds.high)), tuple(event.id for event in events))


def _assessable(timeline: Timeline, *subjects: str) -> bool:
    """Whether presence and absence of these mean something: covered, and the baby was in view or some were seen."""
    if not all(timeline.covers(subject) for subject in subjects):
        return False
    return timeline.observed_s > 0 or any(events_of(timeline, subject) for subject in subjects)


# --- time to the first


def _time_to_first(subject: str, timeline: Timeline) -> _Result:
    """From time zero to the first event seen; negative when it came before.

    The low end of the range reaches back to the first stretch in which the baby was out of view. An event that ran at the
    video's start began at some time before: the range then reaches back to time zero and only its high end is firm.
    """
    return _interval(subject, timeline, timeline.time_zero)


def _time_from_table(subject: str, timeline: Timeline) -> _Result:
    """From arrival on the table to the first event seen; not assessable unless an empty table was seen before."""
    arrival = timeline.table_arrival
    return NOT_ASSESSABLE if arrival is None else _interval(subject, timeline, arrival)


def _interval(subject: str, timeline: Timeline, zero: TimeZero) -> _Result:
    events = events_of(timeline, subject)
    if not events or not timeline.covers(subject):
        return NOT_ASSESSABLE
    first = events[0]
    if subject == "baby_visible" and zero.source == "table_arrival":
        return _Result(0.0, (0.0, 0.0), (first.id,))
    value = first.start_s - zero.t_s
    low_s, high_s = _first_onset(subject, events, timeline)
    low = low_s - max(zero.range_s[1], zero.t_s)
    high = high_s - min(zero.range_s[0], zero.t_s)
    if any(event.censored_start for event in events):
        low = min(low, 0.0)
    return _Result(value, (min(low, value), max(high, value)), (first.id,))


def _first_onset(subject: str, events: tuple[Event, ...], timeline: Timeline) -> Range:
    """The earliest and latest moment of the first onset in the recording."""
    starts = [start_bounds(event) for event in events]
    earliest = min(start.low for start in starts)
    latest = min(start.high for start in starts)
    if subject != "baby_visible":
        hidden = unseen(timeline, blink_s=BLINK_S)
        earliest = min([earliest, *(gap.start_s for gap in hidden if gap.start_s < earliest)])
    if subject in ("ppv", "cpap"):
        unknown_kind = [start_bounds(event).low for event in timeline.of("ventilation")]
        earliest = min([earliest, *unknown_kind])
    return earliest, latest


def _order(subject: str, timeline: Timeline) -> _Result:
    """Which place the activity's first event has among the first events of all activities; 1 is the first."""
    events = events_of(timeline, subject)
    if not events or not timeline.covers(subject):
        return NOT_ASSESSABLE
    own = first_onset(subject, timeline)
    others = [first_onset(name, timeline) for name in ACTED if name != subject and events_of(timeline, name)]
    value = 1 + sum(other.value < own.value for other in others)
    low = 1 + sum(other.high < own.low for other in others)
    high = 1 + sum(other.low <= own.high for other in others)
    return _of(Bounds(value, low, high), events[:1])


def first_onset(subject: str, timeline: Timeline) -> Bounds:
    """When the first event of a subject that has some began, in seconds of the video.

    It may have begun out of view before it was seen; without a low bound where an event ran at the recording's start.
    """
    events = events_of(timeline, subject)
    earliest, latest = _first_onset(subject, events, timeline)
    low = float("-inf") if any(event.censored_start for event in events) else earliest
    return Bounds(events[0].start_s, low, latest)


# --- counts and totals


def _count(subject: str, timeline: Timeline) -> _Result:
    """How many events were seen. The low end counts as one those that may be one, their edges' ranges touching."""
    if not _present_or_absent(subject, timeline):
        return NOT_ASSESSABLE
    events = events_of(timeline, subject)
    spans = [Span(start_bounds(e).low, max(e.end_range_s[1], e.end_s)) for e in events]
    apart = 0
    reached = float("-inf")
    for span in sorted(spans):
        apart += span.start_s > reached
        reached = max(reached, span.end_s)
    return _of(Bounds(len(events), apart, len(events)), events)


def _total(subject: str, timeline: Timeline) -> _Result:
    """Seconds in which it was seen; time covered by two events counts once."""
    if not _present_or_absent(subject, timeline):
        return NOT_ASSESSABLE
    events = events_of(timeline, subject)
    return _of(_lengths(extent(events)), events)


def _present_or_absent(subject: str, timeline: Timeline) -> bool:
    """The view of the baby can be absent in any readable video, an activity only while the baby is in view."""
    if subject == "baby_visible":
        return timeline.covers(subject) and timeline.duration_s > 0
    return _assessable(timeline, subject)


def _lengths(time: Extent) -> Bounds:
    return Bounds(*(intervals.length(spans) for spans in time))


def _overlap(one: str, other: str, timeline: Timeline) -> _Result:
    """Seconds in which both were seen."""
    if not _assessable(timeline, one, other):
        return NOT_ASSESSABLE
    first, second = events_of(timeline, one), events_of(timeline, other)
    pairs = zip(extent(first), extent(second), strict=True)
    bounds = Bounds(*(intervals.overlap_s(a, b) for a, b in pairs))
    together = [(a, b) for a in first for b in second if a.start_s < b.end_s and b.start_s < a.end_s]
    ids = {event.id for pair in together for event in pair}
    return _of(bounds, tuple(event for event in timeline.events if event.id in ids))


def _no_activity(timeline: Timeline) -> _Result:
    """Seconds with the baby in view in which none of the recognised activities was seen."""
    if not timeline.observed or not _acted(timeline):
        return NOT_ASSESSABLE
    return _of(_lengths(idle(timeline)))


def _acted(timeline: Timeline) -> tuple[str, ...]:
    return tuple(name for name in ACTED if name in timeline.covered)


def idle(timeline: Timeline) -> Extent:
    """When the baby was in view and none of the covered activities was seen."""
    view = _view(timeline)
    done = extent(event for event in timeline.events if event.activity in ACTED)
    return Extent(
        seen=intervals.subtract(view.seen, done.seen),
        sure=intervals.subtract(view.sure, done.possible),
        possible=intervals.subtract(view.possible, done.sure),
    )


def _view(timeline: Timeline) -> Extent:
    """When the baby was in view; without events of it, the observed time is taken as it is."""
    observed = intervals.clean(timeline.observed)
    visible = timeline.of("baby_visible")
    if not visible:
        return Extent(observed, observed, observed)
    edges = extent(visible)
    return Extent(
        seen=observed,
        sure=intervals.intersect(observed, edges.sure),
        possible=intervals.union(observed, edges.possible),
    )


def _out_of_view(timeline: Timeline) -> _Result:
    """Seconds of the video in which the baby was not in view, an empty table before its arrival included."""
    if not timeline.covers("baby_visible"):
        return NOT_ASSESSABLE
    whole = (Span(0.0, timeline.duration_s),)
    view = _view(timeline)
    seen, least, most = (
        intervals.length(intervals.subtract(whole, time)) for time in (view.seen, view.possible, view.sure)
    )
    return _of(Bounds(seen, least, most), timeline.of("baby_visible"))


# --- PPV


def _fraction(first_s: float, timeline: Timeline) -> _Result:
    if not timeline.covers("ppv"):
        return NOT_ASSESSABLE
    bounds = ppv.fraction_first(timeline, first_s)
    if bounds is None:
        return NOT_ASSESSABLE
    result = _of(bounds, tuple(e for e in timeline.of("ppv") if e.start_s < timeline.of("ppv")[0].start_s + first_s))
    return result if ppv.fraction_is_known(timeline, first_s) else result._replace(value=None)


def _of_pauses(number: Callable[[tuple[ppv.Pause, ...], Timeline], Bounds], timeline: Timeline) -> _Result:
    """A number of the PPV pauses; without PPV there is none to interrupt."""
    if not timeline.covers("ppv") or not extent(timeline.of("ppv")).seen:
        return NOT_ASSESSABLE
    found = ppv.pauses(timeline)
    ids = {event for pause in found if pause.counts.value for event in pause.events}
    return _of(number(found, timeline), tuple(event for event in timeline.of("ppv") if event.id in ids))


def _pause_with(name: str, timeline: Timeline) -> _Result:
    """Seconds of the PPV pauses in which the activity was seen."""
    if not timeline.covers(name):
        return NOT_ASSESSABLE
    return _of_pauses(lambda found, t: ppv.pause_time(found, extent(events_of(t, name))), timeline)


def _pause_idle(timeline: Timeline) -> _Result:
    return _of_pauses(lambda found, t: ppv.pause_time(found, idle(t)), timeline)


def _pause_unseen(found: tuple[ppv.Pause, ...], timeline: Timeline) -> Bounds:
    hidden_s = ppv.pause_unseen(found, timeline)
    return Bounds(hidden_s, hidden_s, hidden_s)


def _sequence_count(timeline: Timeline) -> _Result:
    """How many sequences of PPV there are: one more than the pauses."""
    result = _of_pauses(lambda found, _: Bounds(*(1 + n for n in ppv.pause_count(found))), timeline)
    return result if result.value is None else result._replace(events=tuple(e.id for e in timeline.of("ppv")))


def _sequence_median(timeline: Timeline) -> _Result:
    if not timeline.covers("ppv") or not extent(timeline.of("ppv")).seen:
        return NOT_ASSESSABLE
    return _of(ppv.sequence_median(timeline), timeline.of("ppv"))


# --- PPV before compressions


def _ppv_before(compressions: Event, timeline: Timeline) -> Bounds:
    """Seconds of PPV before the onset of compressions; unbounded when the recording began with the baby in view."""
    onset = start_bounds(compressions)
    time = extent(timeline.of("ppv"))

    def before(spans: tuple[Span, ...], until_s: float) -> float:
        return intervals.overlap_s(spans, (Span(0.0, until_s),)) if until_s > 0 else 0.0

    unrecorded = timeline.table_arrival is None
    possible = intervals.union(time.possible, unknown(timeline, "ppv", blink_s=BLINK_S).possible)
    return Bounds(
        before(time.seen, onset.value),
        before(time.sure, onset.low),
        float("inf") if unrecorded else before(possible, onset.high),
    )


def _ppv_before_first_compressions(timeline: Timeline) -> _Result:
    """Seconds of PPV seen before the first chest compressions. No range where PPV before the recording may add to it."""
    compressions = timeline.of("chest_compressions")
    if not compressions or not _assessable(timeline, "ppv", "chest_compressions") or compressions[0].censored_start:
        return NOT_ASSESSABLE
    first = compressions[0]
    bounds = _ppv_before(first, timeline)
    earlier = tuple(event for event in timeline.of("ppv") if event.start_s < first.start_s)
    result = _of(bounds, (*earlier, first))
    return result if bounds.high < float("inf") else result._replace(range=None)


def _compressions_without_ppv(timeline: Timeline) -> _Result:
    """How many chest compressions events had less than 30 s of PPV before them, as seen."""
    if not _assessable(timeline, "ppv", "chest_compressions"):
        return NOT_ASSESSABLE
    known = [event for event in timeline.of("chest_compressions") if not event.censored_start]
    before = [_ppv_before(event, timeline) for event in known]
    short = [bounds.value < PPV_BEFORE_COMPRESSIONS_S for bounds in before]
    low = sum(bounds.high < PPV_BEFORE_COMPRESSIONS_S for bounds in before)
    high = sum(bounds.low < PPV_BEFORE_COMPRESSIONS_S for bounds in before)
    high += len(timeline.of("chest_compressions")) - len(known)
    return _of(Bounds(sum(short), low, high), tuple(e for e, is_short in zip(known, short, strict=True) if is_short))


# --- the list


def _specs() -> Iterator[_Spec]:
    for subject in SUBJECTS:
        yield _Spec(f"time_to_first_{subject}", "s", _bind(_time_to_first, subject))
        if subject != "baby_visible":
            yield _Spec(f"time_to_first_{subject}_from_table", "s", _bind(_time_from_table, subject))
        yield _Spec(f"{subject}_count", "count", _bind(_count, subject))
        yield _Spec(f"{subject}_total", "s", _bind(_total, subject))
    for first_s in (30, 60):
        yield _Spec(f"ppv_fraction_first_{first_s}s", "fraction", _fraction_of(float(first_s)))
    yield _Spec("ppv_pause_count", "count", lambda t: _of_pauses(lambda found, _: ppv.pause_count(found), t))
    yield _Spec("ppv_pause_longest", "s", lambda t: _of_pauses(lambda found, _: ppv.pause_longest(found), t))
    yield _Spec("ppv_pause_total", "s", lambda t: _of_pauses(lambda found, _: ppv.pause_total(found), t))
    yield _Spec("no_activity_total", "s", _no_activity)
    yield _Spec("out_of_view_total", "s", _out_of_view)
    yield from _further_specs()


def _further_specs() -> Iterator[_Spec]:
    """What audits also compute."""
    yield _Spec("ventilation_sequence_count", "count", _sequence_count)
    yield _Spec("ventilation_sequence_median", "s", _sequence_median)
    for name in ("cpap", "stimulation", "suction", "chest_compressions"):
        yield _Spec(f"ppv_pause_{name}_total", "s", _bind(_pause_with, name))
    yield _Spec("ppv_pause_no_activity_total", "s", _pause_idle)
    yield _Spec("ppv_pause_out_of_view_total", "s", lambda t: _of_pauses(_pause_unseen, t))
    for name in ("stimulation", "suction"):
        yield _Spec(f"mask_support_{name}_overlap_total", "s", _overlap_of("mask_support", name))
    for name in ACTED:
        yield _Spec(f"order_of_first_{name}", "count", _bind(_order, name))
    yield _Spec("ppv_before_compressions", "s", _ppv_before_first_compressions)
    yield _Spec("chest_compressions_without_30s_ppv_count", "count", _compressions_without_ppv)


def _bind(function: Callable[[str, Timeline], _Result], subject: str) -> Callable[[Timeline], _Result]:
    return lambda timeline: function(subject, timeline)


def _fraction_of(first_s: float) -> Callable[[Timeline], _Result]:
    return lambda timeline: _fraction(first_s, timeline)


def _overlap_of(one: str, other: str) -> Callable[[Timeline], _Result]:
    return lambda timeline: _overlap(one, other, timeline)


_SPECS: tuple[_Spec, ...] = tuple(_specs())

NAMES: tuple[str, ...] = tuple(spec.name for spec in _SPECS)
"""The names of all measures, in order."""

"""Two activities: how long one first started after the other, and which came first, as far as that is certain."""

import math
from itertools import combinations

from resus_doc.schema import Activity, Event, Report
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold
from resus_doc.tools.cases import timeline_of
from resus_doc.tools.extent import Bounds
from resus_doc.tools.firsts import since_zero
from resus_doc.tools.measures import first_onset
from resus_doc.tools.queries import capital, events_of, name_of, not_found, spans_of
from resus_doc.tools.reckoning import time_to_first
from resus_doc.tools.reckoning_words import compared, ranged

_INTERVAL = "how long from suction to the first PPV"


def interval(
    report: Report, activity: Activity | None, *, other: Activity | None = None, threshold: Threshold | None = None
) -> Found:
    """The time from the first stretch of one activity, its start and its end, to the first start of another."""
    if activity is None or other is None:
        asked = Statement(text="Between which two activities? For example: [].", quotes=(_INTERVAL,))
        return Found(statements=(asked,))
    missing = next((name for name in (activity, other) if not events_of(report, name)), None)
    if missing is not None:
        return Found(statements=(not_found(report, missing),))
    first, second = events_of(report, activity)[0], events_of(report, other)[0]
    if first.id == second.id:  # as from PPV to ventilation where PPV is the first mask support
        return time_to_first(report, activity, threshold=threshold)
    cites, spans = (first.id, second.id), spans_of((first, second))
    apart = _apart(report, activity, other)
    names = (name_of(activity), name_of(other))
    if first.censored_start and second.censored_start:
        text = f"{capital(names[0])} and {names[1]} were already under way at the start of the video"
        text += ", so which came first is not known."
        return Found(statements=(Statement(text=text, cites=cites),), spans=spans)
    if threshold is not None and threshold.is_time and apart.value >= 0:
        subject = f"the time from the first start of {names[0]} to the first start of {names[1]}"
        said = compared(subject, apart.value, (apart.low, apart.high), threshold, cites)
        return Found(statements=(said, *_in_doubt(apart, cites)), spans=spans)
    head = _started_apart(apart, names, cites)
    if threshold is not None and threshold.is_time:
        return Found(statements=(head, *_in_doubt(apart, cites)), spans=spans)
    after_end = second.start_s - first.end_s
    tail = Statement(
        text=f"That is {{}} after the end of that stretch of {names[0]}."
        if after_end >= 0
        else f"It started while that stretch of {names[0]} was still under way.",
        numbers=(Quantity(value=after_end, unit="s"),) if after_end >= 0 else (),
        cites=cites,
    )
    tails = (tail,) if apart.value >= 0 else ()
    return Found(statements=(head, *_in_doubt(apart, cites), *tails), spans=spans)


def _apart(report: Report, activity: Activity, other: Activity) -> Bounds:
    """Seconds from the first start of one activity to that of the other; negative where the other came first."""
    one, two = _onset(report, activity), _onset(report, other)
    return Bounds(two.value - one.value, two.low - one.high, two.high - one.low)


def _onset(report: Report, activity: Activity) -> Bounds:
    """When it first began, in seconds of the video; unseen it may have begun before the recording, but not before birth."""
    onset = first_onset("mask_support" if activity == "ventilation" else activity, timeline_of(report))
    seen = since_zero(report, activity)
    if seen is None or seen.doubt is None:
        return onset
    return onset._replace(low=min(onset.low, seen.low + report.time_zero.t_s))


def _is_certain(apart: Bounds) -> bool:
    """Whether the order of the two is: equal starts have one."""
    return apart.low >= 0 or apart.high <= 0


def _in_doubt(apart: Bounds, cites: tuple[str, ...]) -> tuple[Statement, ...]:
    if _is_certain(apart):
        return ()
    text = "Which of the two came first is not certain: one may have begun earlier than it was seen."
    return (Statement(text=text, cites=cites),)


def _started_apart(apart: Bounds, names: tuple[str, str], cites: tuple[str, ...]) -> Statement:
    """How long one first started after or before the other; at least so long where the earlier ran at the start."""
    late = apart.value >= 0
    least = apart.low if late else -apart.high
    cut = math.isinf(apart.high if late else apart.low) and least > 0
    value = Quantity(value=least if cut else abs(apart.value), unit="s")
    edges = sorted((abs(apart.low), abs(apart.high)))
    more, numbers = ranged("", (value,), (edges[0], edges[1]) if _is_certain(apart) and not cut else None)
    when = f"{'at least ' if cut else ''}{{}} {'after' if late else 'before'} {names[0]} first started{more}"
    text = f"{capital(names[1])} first started {when}"
    if cut:
        text += f": {names[0] if late else names[1]} was already under way at the start of the video"
    return Statement(text=f"{text}.", numbers=numbers, cites=cites)


def order(report: Report, activity: Activity | None = None, *, other: Activity | None = None) -> Found:
    """Which of two activities started first, or the order in which all of them did; and whether that is certain."""
    if activity is not None and other is not None:
        found = interval(report, activity, other=other)
        first, second = events_of(report, activity)[:1], events_of(report, other)[:1]
        if not first or not second or first == second or (first[0].censored_start and second[0].censored_start):
            return found
        apart, names = _apart(report, activity, other), (name_of(activity), name_of(other))
        if abs(apart.value) < 0.001:
            text = f"{capital(names[0])} and {names[1]} first started at the same time."
        else:
            earlier, later = names if apart.value > 0 else names[::-1]
            text = f"{capital(earlier)} came first, then {later}{'' if _is_certain(apart) else ', as seen'}."
        head = Statement(text=text, cites=(first[0].id, second[0].id))
        return found._replace(statements=(head, found.statements[0], *_in_doubt(apart, head.cites)))
    firsts: dict[Activity, Event] = {}
    for event in events_of(report, None):
        firsts.setdefault(event.activity, event)
    if not firsts:
        return Found(statements=(not_found(report, None),))
    listed = ", then ".join(name_of(activity) for activity in firsts)
    onsets = [_onset(report, activity) for activity in firsts]
    certain = all(later.low >= earlier.high for earlier, later in combinations(onsets, 2))
    text = f"In order of their first start: {listed}."
    if not certain:
        text = f"In order of their first start, as seen: {listed}; some may have begun earlier than they were seen."
    said = Statement(text=text, cites=tuple(event.id for event in firsts.values()))
    return Found(events=tuple(firsts.values()), statements=(said,), spans=spans_of(tuple(firsts.values())))

"""Numbers that a question asks for: counts, totals, shares, pauses, intervals, order; each held against a limit if asked.

What the report has measured is taken from there, with its range; the rest is worked out from the events here.
"""

import math
from collections.abc import Sequence
from itertools import combinations

from resus_doc.schema import Activity, Event, Measure, Range, Report, Span, Unit
from resus_doc.tools import gaps, intervals, ppv
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold
from resus_doc.tools.cases import has_video, timeline_of
from resus_doc.tools.extent import Bounds, Extent, end_bounds, extent, start_bounds
from resus_doc.tools.firsts import since_zero
from resus_doc.tools.gaps import Gap
from resus_doc.tools.measures import first_onset
from resus_doc.tools.queries import (
    PLACES,
    WORTH_TELLING_S,
    Where,
    cannot_tell,
    capital,
    events_of,
    measure,
    name_of,
    not_found,
    out_of_sight,
    related,
    seen_part,
    spans_of,
    unseen_s,
    where_of,
)

_INTERVAL = "how long from suction to the first PPV"
TOLD = 6
"""Pauses or stretches told one by one."""
RANGE_FROM_S = 2.0
"""A range narrower than the detector's window is not told: it changes nothing for a debrief."""


def count_events(
    report: Report,
    activity: Activity | None = None,
    *,
    rel: str | None = None,
    other: Activity | None = None,
    that: Sequence[Span] | None = None,
    threshold: Threshold | None = None,
    number: float | None = None,
    to: float | None = None,
) -> Found:
    """How many stretches the activity has, in all or beside another one."""
    narrowed = rel is not None or number is not None
    events = related(report, activity, rel=rel, other=other, that=that, number=number, to=to)
    where = where_of(report, rel, other, that, number, to)
    measured = measure(report, activity, "{}_count")
    unknown = cannot_tell(report, activity, where)
    if not events and (unknown or not (narrowed or (measured and measured.value is not None))):
        return Found(statements=(unknown or not_found(report, activity),))
    cites = tuple(event.id for event in events) or ((measured.id,) if measured else ())
    name = name_of(activity)
    if threshold is not None and not threshold.is_time:
        near = events if activity is None or rel in ("before", "after") else events_of(report, activity)
        span = _count_range(report, activity, events, near, where) if narrowed else _range(measured)
        subject = f"the number of stretches of {name}{where.text}"
        said = compared(subject, len(events), span, threshold, cites, where.numbers)
    else:
        verb = "were" if activity == "chest_compressions" else "was"
        text = f"{capital(name)} {verb} seen {{}} {'time' if len(events) == 1 else 'times'}{where.text}."
        said = Statement(text=text, numbers=(Quantity(value=len(events), unit="count"), *where.numbers), cites=cites)
    return Found(
        statements=(said, *seen_part(report, activity, where)),
        measures=() if narrowed or measured is None else (measured,),
        spans=spans_of(events),
    )


def _count_range(
    report: Report, activity: Activity | None, found: Sequence[Event], near: Sequence[Event], where: Where
) -> Range:
    """How many stretches there may be where was looked: no end to them where not all of it could be seen."""
    spans = where.spans or ()
    surely = [event for event in found if _reaches(start_bounds(event).high, end_bounds(event).low, spans)]
    possibly = [event for event in near if _reaches(start_bounds(event).low, end_bounds(event).high, spans)]
    open_ended = unseen_s(report, activity, where) >= WORTH_TELLING_S
    return len(surely), float("inf") if open_ended else max(len(found), len(possibly))


def _reaches(start_s: float, end_s: float, spans: Sequence[Span]) -> bool:
    return any(start_s < span.end_s and span.start_s < end_s for span in spans)


def time_to_first(report: Report, activity: Activity | None = None, *, threshold: Threshold | None = None) -> Found:
    """The interval from time zero to the first event, with that event, and what leaves it open."""
    events = events_of(report, activity)[:1]
    since = since_zero(report, activity)
    if since is None:
        return Found(statements=(not_found(report, activity),))
    first, zero = events[0], report.time_zero
    measured = measure(report, activity, "time_to_first_{}")
    cites = (first.id, *((measured.id,) if measured else ()))
    value = first.start_s - zero.t_s
    name = capital(name_of(activity if activity != "ventilation" else first.activity))
    found = Found(events=events, measures=(measured,) if measured else (), spans=spans_of(events))
    doubt = (Statement(text=since.doubt, cites=cites),) if since.doubt else ()
    judged = threshold is not None and threshold.is_time
    if first.censored_start:
        text = f"{name} was already under way at the start of the video"
        text += ", so its true start was not seen." if judged else "."
        said = Statement(text=text, cites=cites)
        doubt = ()
    elif value < 0:
        said = _before_zero(report, activity, name, value, since.high, cites)
        doubt = ()
    elif threshold is not None and judged:
        subject = f"the time from {zero.name} to the first {name_of(activity)}"
        said = compared(subject, value, (since.low, since.high), threshold, cites)
        doubt = doubt if threshold.judge(value, (since.low, since.high)) is None else ()
    else:
        more, numbers = ranged("", (Quantity(value=value, unit="s"),), (since.low, since.high))
        text = f"{_began(name, activity)} {{}} after {zero.name}{more}."
        said = Statement(text=text, numbers=numbers, cites=cites)
    if judged:
        return found._replace(statements=(said, *doubt))
    further = (_from_table(report, activity), _first_ppv(report) if activity == "ventilation" else None)
    return found._replace(statements=(said, *doubt, *(each for each in further if each is not None)))


def _began(name: str, activity: Activity | None) -> str:
    return "The baby first came into view" if activity == "baby_visible" else f"{name} first started"


def _before_zero(
    report: Report, activity: Activity | None, name: str, value: float, high: float, cites: tuple[str, ...]
) -> Statement:
    """What came before time zero; nothing is done to a baby before birth, so then the given time of birth is in doubt."""
    zero = report.time_zero
    text = f"{_began(name, activity)} {{}} before {zero.name}"
    if zero.source == "given":
        text += f", so the given time of birth {'cannot be right' if high < 0 else 'is too uncertain'}"
    return Statement(text=f"{text}.", numbers=(Quantity(value=abs(value), unit="s"),), cites=cites)


def _from_table(report: Report, activity: Activity | None) -> Statement | None:
    """The same interval from arrival on the table, where that was seen and times count from birth."""
    measured = measure(report, activity, "time_to_first_{}_from_table")
    if measured is None or measured.value is None or report.time_zero.source == "table_arrival":
        return None
    text, numbers = ranged("", (Quantity(value=measured.value, unit="s"),), _range(measured))
    return Statement(text=f"That is {{}} after arrival on the table{text}.", numbers=numbers, cites=_cited(measured))


def _first_ppv(report: Report) -> Statement | None:
    """By "ventilation" some mean mask support of any kind, some PPV: where CPAP came first, PPV is told too."""
    first, ppv = events_of(report, "ventilation")[:1], events_of(report, "ppv")[:1]
    if not ppv or first[0].activity == "ppv":
        return None
    return time_to_first(report, "ppv").statements[0]


def total_time(
    report: Report,
    activity: Activity | None = None,
    *,
    rel: str | None = None,
    other: Activity | None = None,
    that: Sequence[Span] | None = None,
    threshold: Threshold | None = None,
    number: float | None = None,
    to: float | None = None,
) -> Found:
    """How long the activity lasted in all, or within, before, after or during something."""
    narrowed = rel is not None or number is not None
    events = related(report, activity, rel=rel, other=other, that=that, number=number, to=to)
    where = where_of(report, rel, other, that, number, to)
    measured = measure(report, activity, "{}_total")
    unknown = cannot_tell(report, activity, where)
    if not events and (unknown or not narrowed):
        return Found(statements=(unknown or not_found(report, activity),))
    whole = where.spans is None or where.is_moment  # a moment has no length: what is under way then counts whole
    time = extent(events)
    value = intervals.length(time.seen if whole or where.spans is None else intervals.intersect(time.seen, where.spans))
    cites = tuple(event.id for event in events) + ((measured.id,) if measured and not narrowed else ())
    cut = whole and any(event.censored_start or event.censored_end for event in events)
    name = name_of(activity)
    if threshold is not None and threshold.is_time:
        near = events if activity is None or rel in ("before", "after") else events_of(report, activity)
        within = extent(events_of(report, other)) if rel == "during" and other else None
        low, high = _lengths(time) if whole else _total_range(report, activity, time, extent(near), where, within)
        span = (low, float("inf")) if cut else (low, high)
        said = compared(f"the total time of {name}{where.text}", value, span, threshold, cites, where.numbers)
    else:
        numbers = (Quantity(value=value, unit="s"), *where.numbers)
        more, numbers = ranged("", numbers, None if narrowed else _range(measured))
        verb = "were" if activity == "chest_compressions" else "was"
        seen = "The baby was in view" if activity == "baby_visible" else f"{capital(name)} {verb} seen"
        text = f"{seen} for {'at least ' if cut else ''}{{}} in total{where.text}{more}."
        said = Statement(text=text, numbers=numbers, cites=cites or _cited(measured))
    return Found(
        statements=(said, *seen_part(report, activity, where)),
        measures=() if narrowed or measured is None else (measured,),
        spans=spans_of(events),
    )


def _lengths(time: Extent) -> Range:
    return intervals.length(time.sure), intervals.length(time.possible)


def _total_range(
    report: Report, activity: Activity | None, found: Extent, near: Extent, where: Where, within: Extent | None
) -> Range:
    """Seconds of the activity that there may be where was looked; what could not be seen of it may all have been filled."""
    spans = where.spans or ()
    least, most = (spans, spans) if within is None else (within.sure, within.possible)
    low = intervals.overlap_s(found.sure, least)
    return low, intervals.overlap_s(near.possible, most) + unseen_s(report, activity, where)


def fraction(
    report: Report,
    activity: Activity | None = None,
    *,
    number: float | None = None,
) -> Found:
    """Which part of the observed time, or of the first seconds after time zero, the activity took."""
    events = events_of(report, activity)
    if not events:
        return Found(statements=(not_found(report, activity),))
    observed = timeline_of(report).observed
    zero = report.time_zero
    numbers: tuple[Quantity, ...] = ()
    whole, took = "the time in which the baby was in view", f"{capital(name_of(activity))} took"
    if activity == "baby_visible":
        observed = report.recorded
        whole = "the recordings" if report.recordings else "the recording"
        whole = whole if has_video(report) else "the time up to the end of the last event"
        took = "The baby was in view for"
    if number is not None:
        where = where_of(report, "within", None, None, number, None)
        observed = where.spans or ()
        whole, numbers = f"the first {{}} after {zero.name}", where.numbers
        if (unknown := out_of_sight(report, activity, where)) is not None:
            return Found(statements=(unknown,))
        if seen_part(report, activity, where):
            return _part_of_seen(report, activity, events, where, whole)
    length_s = intervals.length(observed)
    if length_s <= 0:
        return Found(statements=(not_found(report, activity),))
    share = intervals.overlap_s((Span(e.start_s, e.end_s) for e in events), observed) / length_s
    cites = tuple(event.id for event in events)
    quantity = Quantity(value=share, unit="fraction")
    said = Statement(text=f"{took} {{}} of {whole}.", numbers=(quantity, *numbers), cites=cites)
    measured = measure(report, activity, f"{{}}_fraction_first_{number:g}s") if number else None
    return Found(statements=(said,), measures=(measured,) if measured else (), spans=spans_of(events))


def _part_of_seen(
    report: Report, activity: Activity | None, events: Sequence[Event], where: Where, whole: str
) -> Found:
    """The seconds that an activity took of those that could be seen: no share, which the others could change."""
    spans = where.spans or ()
    numbers = (
        Quantity(value=intervals.overlap_s((Span(e.start_s, e.end_s) for e in events), spans), unit="s"),
        Quantity(value=intervals.length(spans) - unseen_s(report, activity, where), unit="s"),
    )
    seen = "The baby was in view" if activity == "baby_visible" else f"{capital(name_of(activity))} was seen"
    said = Statement(
        text=f"{seen} for {{}} of the {{}} that could be seen of {whole}.",
        numbers=(*numbers, *where.numbers),
        cites=tuple(event.id for event in events),
    )
    return Found(statements=(said,), spans=spans_of(events))


def pauses(
    report: Report, activity: Activity | None = None, *, which: str | None = None, threshold: Threshold | None = None
) -> Found:
    """The pauses of PPV, as the report counts them; of another activity, the gaps between its stretches."""
    if activity in (None, "ppv", "ventilation"):
        return _ppv_pauses(report, which, threshold)
    events = events_of(report, activity)
    if not events:
        return Found(statements=(not_found(report, activity),))
    found = gaps.between(timeline_of(report), events)
    cites = tuple(event.id for event in events)
    return _stretches(report, "gap", f"between stretches of {name_of(activity)}", found, cites, which, threshold)


def _ppv_pauses(report: Report, which: str | None, threshold: Threshold | None) -> Found:
    timeline = timeline_of(report)
    names = ("ppv_pause_count", "ppv_pause_longest", "ppv_pause_total")
    measures = tuple(each for each in report.measures if each.name in names)
    if "ppv" not in timeline.covered or not timeline.of("ppv"):
        return Found(statements=(not_found(report, "ppv"),), measures=measures)
    surely = [pause for pause in ppv.pauses(timeline) if pause.counts.value]
    cites = tuple(dict.fromkeys(name for pause in surely for name in pause.events))
    cites = (*cites, *(each.id for each in measures))
    told = _stretches(report, "pause", "of PPV", gaps.ppv_pauses(timeline), cites, which, threshold)
    return told._replace(measures=measures)


def idle(report: Report, *, which: str | None = None, threshold: Threshold | None = None) -> Found:
    """The stretches with the baby in view in which none of the recognised activities was seen."""
    measures = tuple(each for each in report.measures if each.name == "no_activity_total")
    cites = tuple(each.id for each in measures)
    if (unknown := cannot_tell(report, None)) is not None:
        return Found(statements=(unknown,), measures=measures)
    stretches = gaps.idle(timeline_of(report))
    found = _stretches(report, "stretch", "without a recognised activity", stretches, cites, which, threshold)
    return found._replace(measures=measures)


def _stretches(
    report: Report,
    noun: str,
    of: str,
    found: Sequence[Gap],
    cites: tuple[str, ...],
    which: str | None,
    threshold: Threshold | None,
) -> Found:
    """How many stretches of time there are, the longest, and each; or one of them, or those beyond a limit.

    Those of `found` that may be none are not told one by one; they leave a comparison open.
    """
    surely = [gap for gap in found if gap.number.value]
    if not surely:
        return Found(statements=(_none(noun, of, found, cites),))
    if threshold is not None:
        return _judged(noun, of, found, cites, threshold)
    chosen = _picked(surely, which)
    if which and not chosen:
        text = f"There is no {which} {noun} {of}; there are {{}}."
        return Found(
            statements=(Statement(text=text, numbers=(Quantity(value=len(surely), unit="count"),), cites=cites),)
        )
    if which:
        gap = chosen[0]
        return Found(statements=(_told(report, f"the {which} {noun} {of}", gap, cites),), spans=(gap.span,))
    one = len(surely) == 1
    head = Statement(
        text=f"There {'was' if one else 'were'} {{}} {noun if one else _plural(noun)} {of}; "
        "the longest took {}, all together {}.",
        numbers=(
            Quantity(value=len(surely), unit="count"),
            Quantity(value=max(gap.longest.value for gap in surely), unit="s"),
            Quantity(value=sum(gap.total_s for gap in surely), unit="s"),
        ),
        cites=cites,
    )
    each = tuple(_told(report, f"the {PLACES[place]} {noun}", gap, cites) for place, gap in enumerate(surely[:TOLD]))
    return Found(statements=(head, *each), spans=tuple(gap.span for gap in surely))


def _plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith("ch") else f"{noun}s"


def _none(noun: str, of: str, found: Sequence[Gap], cites: tuple[str, ...]) -> Statement:
    """That there was none, if there can have been none."""
    most = max((gap.longest.high for gap in found), default=0.0)
    if most <= 0:
        return Statement(text=f"No {noun} {of} was seen.", cites=cites)
    open_because = "may lie in time out of view" if any(gap.unseen_s > 0 for gap in found) else "is possible"
    text = f"No {noun} {of} was seen for certain; one of up to {{}} {open_because}."
    return Statement(text=text, numbers=(Quantity(value=most, unit="s"),), cites=cites)


def _judged(noun: str, of: str, found: Sequence[Gap], cites: tuple[str, ...], threshold: Threshold) -> Found:
    """The longest stretch, or how many there are, against a limit; and how many keep it, where that is certain of each."""
    surely = [gap for gap in found if gap.number.value]
    if not threshold.is_time:
        number = Bounds(*(sum(column) for column in zip(*(gap.number for gap in found), strict=True)))
        subject = f"the number of {_plural(noun)} {of}"
        said = compared(subject, number.value, (number.low, number.high), threshold, cites)
        return Found(statements=(said,), spans=tuple(gap.span for gap in surely))
    longest = Bounds(*(max(column) for column in zip(*(gap.longest for gap in found), strict=True)))
    said = compared(f"the longest {noun} {of}", longest.value, (longest.low, longest.high), threshold, cites)
    held = {gap: threshold.judge(gap.longest.value, (gap.longest.low, gap.longest.high)) for gap in found}
    kept = [gap for gap in surely if held[gap]]
    spans = tuple(gap.span for gap in kept)
    if None in held.values():
        return Found(statements=(said,), spans=spans)
    text = f"{{}} of {{}} {_plural(noun)} {'were longer than' if threshold.sign == '>' else 'took at most'} {{}}."
    counts = tuple(Quantity(value=number, unit="count") for number in (len(kept), len(surely)))
    limit = Quantity(value=threshold.value, unit="s")
    return Found(statements=(said, Statement(text=text, numbers=(*counts, limit), cites=cites)), spans=spans)


def _picked(found: Sequence[Gap], which: str | None) -> tuple[Gap, ...]:
    if which in ("longest", "shortest"):
        return ((max if which == "longest" else min)(found, key=lambda gap: gap.longest.value),)
    if which == "last":
        return (found[-1],)
    return tuple(found) if which is None else tuple(found[PLACES.index(which) : PLACES.index(which) + 1])


def _told(report: Report, subject: str, gap: Gap, cites: tuple[str, ...]) -> Statement:
    zero, start_s = report.time_zero, gap.span.start_s
    side = "before" if start_s < zero.t_s else "after"
    text = f"{capital(subject)} started {{}} {side} {zero.name}"
    numbers = [abs(start_s - zero.t_s), gap.total_s]
    if gap.unseen_s >= WORTH_TELLING_S:
        several = len(gap.pieces) > 1
        text += f"; {{}} of it were seen{', at most {} at a stretch' if several else ''}"
        text += ", and for {} the baby was out of view."
        numbers += [*([gap.longest.value] if several else []), gap.unseen_s]
    else:
        text += " and lasted {}."
    return Statement(text=text, numbers=tuple(Quantity(value=number, unit="s") for number in numbers), cites=cites)


# --- two activities


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
    timeline = timeline_of(report)
    one, two = (first_onset("mask_support" if name == "ventilation" else name, timeline) for name in (activity, other))
    return Bounds(two.value - one.value, two.low - one.high, two.high - one.low)


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
    cut = math.isinf(apart.high if late else apart.low)
    value = Quantity(value=abs(apart.value), unit="s")
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
        if not first or not second or (first[0].censored_start and second[0].censored_start):
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
    timeline = timeline_of(report)
    onsets = [first_onset(activity, timeline) for activity in firsts]
    certain = all(later.low >= earlier.high for earlier, later in combinations(onsets, 2))
    text = f"In order of their first start: {listed}."
    if not certain:
        text = f"In order of their first start, as seen: {listed}; some may have begun earlier than they were seen."
    said = Statement(text=text, cites=tuple(event.id for event in firsts.values()))
    return Found(events=tuple(firsts.values()), statements=(said,), spans=spans_of(tuple(firsts.values())))


# --- wording that all share


def compared(
    subject: str,
    value: float,
    span: Range | None,
    threshold: Threshold,
    cites: tuple[str, ...],
    between: tuple[Quantity, ...] = (),
) -> Statement:
    """Whether a number is below or above a limit; too close to call where its range lies on both sides.

    A range may run to infinity where an edge was not seen. `between` are numbers in the subject's own words.
    """
    unit: Unit = "s" if threshold.is_time else "count"
    low, high = (min(span[0], value), max(span[1], value)) if span else (value, value)
    held = threshold.judge(value, (low, high))
    limit = Quantity(value=threshold.value, unit=unit)
    open_ended = math.isinf(high)
    told = Quantity(value=max(low, 0.0) if open_ended else value, unit=unit, limit=threshold.value)
    least = "at least " if open_ended else ""
    if held is None and open_ended:
        text = f"I cannot tell: {subject} was at least {{}}, and the limit asked for is {{}}."
        return Statement(text=text, numbers=(*between, told, limit), cites=cites)
    if held is None:
        edges = (Quantity(value=max(edge, 0.0), unit=unit) for edge in (low, high))
        text = (
            f"Too close to call: {subject} was {{}}, somewhere between {{}} and {{}}, and the limit asked for is {{}}."
        )
        return Statement(text=text, numbers=(*between, told, *edges, limit), cites=cites)
    more = (threshold.sign == ">") == held
    text = f"{'Yes' if held else 'No'}: {subject} was {least}{{}}, {'more than' if more else 'not more than'} {{}}."
    return Statement(text=text, numbers=(*between, told, limit), cites=cites)


def ranged(text: str, numbers: tuple[Quantity, ...], span: Range | None) -> tuple[str, tuple[Quantity, ...]]:
    """The words and numbers of a range that is worth telling."""
    if span is None or span[1] - span[0] < RANGE_FROM_S or span[0] < 0:
        return text, numbers
    edges = tuple(Quantity(value=edge, unit=numbers[0].unit) for edge in span)
    return f"{text} (somewhere between {{}} and {{}})", (*numbers, *edges)


def _cited(measured: Measure | None) -> tuple[str, ...]:
    return (measured.id,) if measured else ()


def _range(measured: Measure | None) -> Range | None:
    return measured.range if measured is not None else None

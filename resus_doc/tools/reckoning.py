"""Numbers of one activity that a question asks for: counts, times, totals, shares; each held against a limit if asked.

What the report has measured is taken from there, with its range; the rest is worked out from the events here.
"""

from collections.abc import Sequence

from resus_doc.schema import Activity, Event, Measure, Range, Report, Span
from resus_doc.tools import intervals
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold
from resus_doc.tools.cases import has_video, readable_of, timeline_of
from resus_doc.tools.extent import Extent, end_bounds, extent, start_bounds
from resus_doc.tools.firsts import since_zero
from resus_doc.tools.origins import Origin
from resus_doc.tools.queries import (
    WORTH_TELLING_S,
    Place,
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
    touching,
    unseen_in_all_s,
    unseen_s,
    where_of,
    zero_doubt,
)
from resus_doc.tools.reckoning_words import compared, ranged


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
    origin: Origin | None = None,
) -> Found:
    """How many stretches the activity has, in all or beside another one."""
    narrowed = rel is not None or number is not None
    place = Place(rel, other, that, number, to, origin)
    events, where = related(report, activity, place), where_of(report, place)
    measured = measure(report, activity, "{}_count")
    unknown = cannot_tell(report, activity, where)
    if not events and (unknown or not (narrowed or (measured and measured.value is not None))):
        return Found(statements=(unknown or not_found(report, activity),))
    cites = tuple(event.id for event in events) or ((measured.id,) if measured else ())
    name = name_of(activity)
    if threshold is not None and not threshold.is_time:
        near = events if activity is None else events_of(report, activity)
        span = (
            _count_range(report, activity, events, near, where)
            if narrowed
            else _count_in_all(report, activity, measured)
        )
        subject = f"the number of stretches of {name}{where.text}"
        said = compared(subject, len(events), span, threshold, cites, where.numbers)
    else:
        verb = "were" if activity == "chest_compressions" else "was"
        text = f"{capital(name)} {verb} seen {{}} {'time' if len(events) == 1 else 'times'}{where.text}."
        said = Statement(text=text, numbers=(Quantity(value=len(events), unit="count"), *where.numbers), cites=cites)
    return Found(
        statements=(said, *seen_part(report, activity, where), *zero_doubt(report, activity, where)),
        measures=() if narrowed or measured is None else (measured,),
        spans=spans_of(events),
    )


def _count_in_all(report: Report, activity: Activity | None, measured: Measure | None) -> Range:
    """How many stretches there may be: no end to them where the baby was out of view for a time."""
    count = float(len(events_of(report, activity)))
    low, high = (measured.range if measured else None) or (count, count)
    return low, float("inf") if unseen_in_all_s(report, activity) >= WORTH_TELLING_S else high


def _count_range(
    report: Report, activity: Activity | None, found: Sequence[Event], near: Sequence[Event], where: Where
) -> Range:
    """How many stretches there may be where was looked: no end to them where not all of it could be seen."""
    sure = [(start_bounds(event).high, end_bounds(event).low) for event in found]
    possible = [(start_bounds(event).low, end_bounds(event).high) for event in near]
    least = min(sum(_reaches(*edges, spans) for edges in sure) for spans in where.possible)
    most = max(sum(_reaches(*edges, spans) for edges in possible) for spans in where.possible)
    open_ended = unseen_s(report, activity, where) >= WORTH_TELLING_S
    return least, float("inf") if open_ended else max(len(found), most)


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
    origin: Origin | None = None,
) -> Found:
    """How long the activity lasted in all, or within, before, after or during something."""
    narrowed = rel is not None or number is not None
    place = Place(rel, other, that, number, to, origin)
    events, where = related(report, activity, place), where_of(report, place)
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
        near = events if activity is None else events_of(report, activity)
        within = extent(events_of(report, other)) if rel == "during" and other else None
        low, high = _lengths(time) if whole else _total_range(report, activity, time, extent(near), where, within)
        high += 0.0 if narrowed else unseen_in_all_s(report, activity)
        span = (low, float("inf")) if cut else (low, high)
        said = compared(f"the total time of {name}{where.text}", value, span, threshold, cites, where.numbers)
    else:
        least = min(value, _lengths(time)[0]) if cut else value
        numbers = (Quantity(value=least, unit="s"), *where.numbers)
        more, numbers = ranged("", numbers, None if narrowed or cut else _range(measured))
        verb = "were" if activity == "chest_compressions" else "was"
        seen = "The baby was in view" if activity == "baby_visible" else f"{capital(name)} {verb} seen"
        text = f"{seen} for {'at least ' if cut else ''}{{}} in total{where.text}{more}."
        said = Statement(text=text, numbers=numbers, cites=cites or _cited(measured))
    return Found(
        statements=(said, *seen_part(report, activity, where), *zero_doubt(report, activity, where)),
        measures=() if narrowed or measured is None else (measured,),
        spans=spans_of(events),
    )


def _lengths(time: Extent) -> Range:
    return intervals.length(time.sure), intervals.length(time.possible)


def _total_range(
    report: Report, activity: Activity | None, found: Extent, near: Extent, where: Where, within: Extent | None
) -> Range:
    """Seconds of the activity that there may be where was looked; what could not be seen of it may all have been filled."""
    least, most = (where.possible, where.possible) if within is None else ((within.sure,), (within.possible,))
    low = min(intervals.overlap_s(found.sure, spans) for spans in least)
    high = max(intervals.overlap_s(near.possible, spans) for spans in most)
    return low, high + unseen_s(report, activity, where)


def fraction(
    report: Report,
    activity: Activity | None = None,
    *,
    number: float | None = None,
    origin: Origin | None = None,
) -> Found:
    """Which part of the observed time, or of the first seconds after time zero or another origin, the activity took."""
    events = events_of(report, activity)
    if not events:
        return Found(statements=(not_found(report, activity),))
    observed = timeline_of(report).observed
    numbers: tuple[Quantity, ...] = ()
    whole, took = "the time in which the baby was in view", f"{capital(name_of(activity))} took"
    if activity == "baby_visible":
        observed = readable_of(report)
        whole = "the recordings" if report.recordings else "the recording"
        took = "The baby was in view for"
    if not has_video(report) and (activity == "baby_visible" or "baby_visible" not in report.activities_covered):
        whole = "the time up to the end of the last event"
    if number is not None:
        where = where_of(report, Place("within", number=number, origin=origin))
        observed = where.spans or ()
        whole, numbers = f"the first {{}} after {where.origin.name}", where.numbers
        if (unknown := out_of_sight(report, activity, where)) is not None:
            return Found(statements=(unknown,))
        if seen_part(report, activity, where):
            return _part_of_seen(report, activity, events, where, whole)
    length_s = intervals.length(observed)
    if length_s <= 0:
        return Found(statements=(not_found(report, activity),))
    share = intervals.overlap_s((Span(e.start_s, e.end_s) for e in events), observed) / length_s
    if number is not None:
        events = touching(events, observed)
    cites = tuple(event.id for event in events) or _cited(measure(report, activity, "{}_count"))
    quantity = Quantity(value=share, unit="fraction")
    said = Statement(text=f"{took} {{}} of {whole}.", numbers=(quantity, *numbers), cites=cites)
    doubt = zero_doubt(report, activity, where) if number is not None else ()
    measured = measure(report, activity, f"{{}}_fraction_first_{number:g}s") if number and origin is None else None
    return Found(statements=(said, *doubt), measures=(measured,) if measured else (), spans=spans_of(events))


def _part_of_seen(
    report: Report, activity: Activity | None, events: Sequence[Event], where: Where, whole: str
) -> Found:
    """The seconds that an activity took of those that could be seen: no share, which the others could change."""
    spans = where.spans or ()
    events = touching(events, spans)
    numbers = (
        Quantity(value=intervals.overlap_s((Span(e.start_s, e.end_s) for e in events), spans), unit="s"),
        Quantity(value=intervals.length(spans) - unseen_s(report, activity, where), unit="s"),
    )
    seen = "The baby was in view" if activity == "baby_visible" else f"{capital(name_of(activity))} was seen"
    said = Statement(
        text=f"{seen} for {{}} of the {{}} that could be seen of {whole}.",
        numbers=(*numbers, *where.numbers),
        cites=tuple(event.id for event in events) or _cited(measure(report, activity, "{}_count")),
    )
    return Found(statements=(said, *zero_doubt(report, activity, where)), spans=spans_of(events))


def _cited(measured: Measure | None) -> tuple[str, ...]:
    return (measured.id,) if measured else ()


def _range(measured: Measure | None) -> Range | None:
    return measured.range if measured is not None else None

"""Questions that a timeline answers, each a typed function on a report. Numbers come from events and measures alone.

Moments are seconds of the video. `that` is what an earlier answer spoke of. Absence is told only of what the source of
the events could have seen, and only for the time in which the baby was in view.
"""

from collections.abc import Sequence
from typing import NamedTuple

from resus_doc.schema import ACTIVITY_NAMES, MASK_SUPPORT, Activity, Event, Measure, Report, Span
from resus_doc.tools import intervals
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold
from resus_doc.tools.cases import timeline_of
from resus_doc.tools.extent import BLINK_S, end_bounds, start_bounds
from resus_doc.tools.intervals import Spans

PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
MOMENT_S = 0.001
"""A moment is looked at as a stretch of this length."""
WORTH_TELLING_S = 0.1
"""A shorter part that could not be seen is not told: it is two edges that were meant to meet."""


def events_of(report: Report, activity: Activity | None) -> tuple[Event, ...]:
    """Events of one activity in order of onset; `ventilation` means any mask support, None means all but the view."""
    if activity is None:
        wanted = {event.activity for event in report.events} - {"baby_visible"}
    else:
        wanted = set(MASK_SUPPORT) if activity == "ventilation" else {activity}
    chosen = [event for event in report.events if event.activity in wanted]
    return tuple(sorted(chosen, key=lambda event: (event.start_s, event.end_s)))


def name_of(activity: Activity | None) -> str:
    """How a sentence names the activity, or all of them."""
    return "any activity" if activity is None else ACTIVITY_NAMES[activity]


# --- which events


class Place(NamedTuple):
    """Where a question looks: before, after or during another activity, `that`, or a stretch of the video; all of it without any.

    `within` is the first `number` seconds after time zero. Without a relation, `number` is a moment, and `number` to `to` a
    stretch, in seconds of the video.
    """

    rel: str | None = None
    other: Activity | None = None
    that: Sequence[Span] | None = None
    number: float | None = None
    to: float | None = None


def related(report: Report, activity: Activity | None, place: Place) -> tuple[Event, ...]:
    """The events of an activity that lie in a place, or were under way there."""
    events, (rel, other, that, number, to) = events_of(report, activity), place
    if rel == "within" and number is not None:
        return _touching(events, (Span(report.time_zero.t_s, report.time_zero.t_s + number),))
    if other is not None or that is not None:
        spans = tuple(that or (Span(e.start_s, e.end_s) for e in events_of(report, other)))
        if activity is None and other is not None:
            events = tuple(event for event in events if event not in events_of(report, other))
    elif number is None:
        return events
    elif rel is None:
        return _touching(events, (_stretch(number, to),))
    else:
        spans = (_stretch(number, to),)
    if not spans:
        return ()
    if rel == "before":
        return tuple(event for event in events if event.start_s < spans[0].start_s)
    if rel == "after":
        spans_after = (Span(spans[0].start_s, report.video.duration_s),)
        return tuple(event for event in _touching(events, spans_after) if not _is_in(event, spans))
    return _touching(events, spans)


def _stretch(number: float, to: float | None) -> Span:
    return Span(number, number + MOMENT_S) if to is None else Span(min(number, to), max(number, to))


def _is_in(event: Event, spans: Sequence[Span]) -> bool:
    return any(abs(event.start_s - span.start_s) < 0.001 and abs(event.end_s - span.end_s) < 0.001 for span in spans)


def _touching(events: Sequence[Event], spans: Sequence[Span]) -> tuple[Event, ...]:
    return tuple(
        event for event in events if any(event.start_s < span.end_s and span.start_s < event.end_s for span in spans)
    )


def picked(events: Sequence[Event], which: str | None) -> tuple[Event, ...]:
    """One of the events by its place or length; all of them without `which`, none where there are too few."""
    if which is None or not events:
        return tuple(events)
    if which in ("longest", "shortest"):
        return ((max if which == "longest" else min)(events, key=lambda event: event.duration_s),)
    place = len(events) - 1 if which == "last" else PLACES.index(which)
    return tuple(events[place : place + 1])


# --- what was seen, or not


class Where(NamedTuple):
    """Words for where was looked, the numbers in them, and those stretches of the video; None for all of it.

    They may begin before the video and end after it. `others` are those stretches for other moments that time zero may have been.
    """

    text: str = ""
    numbers: tuple[Quantity, ...] = ()
    spans: Spans | None = None
    others: tuple[Spans, ...] = ()

    @property
    def possible(self) -> tuple[Spans, ...]:
        """All that may have been looked at: these stretches, or each of the others."""
        return (self.spans or (), *self.others)

    @property
    def is_moment(self) -> bool:
        return self.spans is not None and intervals.length(self.spans) <= 1.5 * MOMENT_S


EVERYWHERE = Where()


def where_of(report: Report, place: Place) -> Where:
    """How a sentence says where was looked, as in " during PPV" or " in the first 60 s after birth"."""
    rel, other, that, number, to = place
    moment = () if number is None else (Quantity(value=number, unit="s"),)
    spans = _asked(report, place)
    if rel == "within" and number is not None:
        return Where(f" in the first {{}} after {report.time_zero.name}", moment, spans, _other_zeros(report, number))
    if that is not None:
        return Where(f" {rel or 'during'} that", (), spans)
    if other is not None:
        return Where(f" {rel or 'during'} {'the first ' if rel != 'during' else ''}{name_of(other)}", (), spans)
    if number is not None and to is not None:
        return Where(" from {} to {} of the video", (*moment, Quantity(value=to, unit="s")), spans)
    if number is not None:
        return Where(f" {rel or 'at'} {{}} of the video", moment, spans)
    return EVERYWHERE


def _other_zeros(report: Report, number: float) -> tuple[Spans, ...]:
    """The first `number` seconds after other moments of time zero: the ends of its range, and where such a stretch meets an edge.

    Between these nothing that is counted or added up in it can be smaller or larger.
    """
    low_s, high_s = report.time_zero.range_s
    bounds = [edge for event in report.events for edge in (*start_bounds(event), *end_bounds(event))]
    turns = {at_s for edge in bounds for at_s in (edge, edge - number) if low_s < at_s < high_s}
    return tuple((Span(at_s, at_s + number),) for at_s in sorted({low_s, high_s} | turns))


def _asked(report: Report, place: Place) -> Spans | None:
    """The time that a question is about; None for all of it. What was before a stretch may go back to a given birth."""
    zero, (rel, other, that, number, to) = report.time_zero, place
    if rel == "within" and number is not None:
        return (Span(zero.t_s, zero.t_s + number),)
    spans = tuple(that or (Span(e.start_s, e.end_s) for e in events_of(report, other))) if that or other else ()
    if number is not None and not spans:
        spans = (_stretch(number, to),)
    if not spans:
        return None
    if rel == "before":
        return (Span(min(0.0, zero.t_s) if zero.source == "given" else 0.0, spans[0].start_s),)
    return (Span(spans[0].start_s, report.video.duration_s),) if rel == "after" else intervals.clean(spans)


def unseen_s(report: Report, activity: Activity | None, where: Where) -> float:
    """Seconds of where was looked that were not recorded, or in which the baby was out of view; 0 for all of the video.

    What was found was seen, and on an empty table nothing happens.
    """
    return 0.0 if where.spans is None else _unseen_s(report, activity, where.spans)


def unseen_in_all_s(report: Report, activity: Activity | None) -> float:
    """The same of the whole video, up to the last view of the baby: after it the case went on elsewhere, if it did."""
    timeline = timeline_of(report)
    ends = timeline.duration_s if activity == "baby_visible" else max((s.end_s for s in timeline.observed), default=0.0)
    return _unseen_s(report, activity, (Span(0.0, ends),))


def _unseen_s(report: Report, activity: Activity | None, spans: Spans) -> float:
    found = (Span(event.start_s, event.end_s) for event in events_of(report, activity))
    return intervals.length(intervals.subtract(spans, intervals.union(_watched(report, activity), found)))


def _watched(report: Report, activity: Activity | None) -> Spans:
    """The stretches of the video in which the activity would have been seen."""
    timeline = timeline_of(report)
    readable = intervals.complement(timeline.missing, Span(0.0, timeline.duration_s))
    if activity == "baby_visible":
        return readable
    arrival = timeline.table_arrival
    empty = () if arrival is None else intervals.intersect((Span(0.0, arrival.range_s[0]),), readable)
    return intervals.clean((*timeline.observed, *empty), bridge_s=BLINK_S)


def seen_part(report: Report, activity: Activity | None, where: Where) -> tuple[Statement, ...]:
    """How much of where was looked could be seen, if that was not all."""
    hidden_s, whole_s = unseen_s(report, activity, where), intervals.length(where.spans or ())
    if where.is_moment or hidden_s < WORTH_TELLING_S or hidden_s >= whole_s:
        return ()
    return (
        Statement(text="Only {} of that time could be seen.", numbers=(Quantity(value=whole_s - hidden_s, unit="s"),)),
    )


def zero_doubt(report: Report, activity: Activity | None, where: Where) -> tuple[Statement, ...]:
    """That another moment of birth within its range would change what was seen in the seconds after it."""
    found = [Span(event.start_s, event.end_s) for event in events_of(report, activity)]
    seen_s = [intervals.overlap_s(found, spans) for spans in where.possible]
    if max(seen_s) - min(seen_s) < WORTH_TELLING_S:
        return ()
    zero = report.time_zero
    numbers = tuple(Quantity(value=abs(edge - zero.t_s), unit="s") for edge in zero.range_s)
    text = f"{capital(zero.name)} may have been up to {{}} earlier or {{}} later, which would change this."
    return (Statement(text=text, numbers=numbers),)


def not_found(report: Report, activity: Activity | None, where: Where = EVERYWHERE) -> Statement:
    """That nothing of it was seen, or that it could not have been."""
    unknown = cannot_tell(report, activity, where)
    if unknown is not None:
        return unknown
    cites = _count_of(report, activity)
    if activity is None:
        text = f"None of the recognised activities was seen{where.text}."
        return Statement(text=text, numbers=where.numbers, cites=cites)
    verb = "were" if activity == "chest_compressions" else "was"
    text = f"{capital(name_of(activity))} {verb} not seen{where.text or ' while the baby was in view'}."
    return Statement(text=text, numbers=where.numbers, cites=cites)


def cannot_tell(report: Report, activity: Activity | None, where: Where = EVERYWHERE) -> Statement | None:
    """Why nothing follows from its absence in the record; None where something does."""
    if report.is_withheld:
        text = "I cannot tell: the video is unlike the detector's training data, so its events are withheld."
        return Statement(text=text)
    name, cites = name_of(activity), _count_of(report, activity)
    subject = "mask_support" if activity == "ventilation" else activity
    if subject is not None and not timeline_of(report).covers(subject):
        return Statement(text=f"I cannot tell: the source of this record does not recognise {name}.", cites=cites)
    if report.observed_s <= 0 and activity != "baby_visible":
        return Statement(text=f"I cannot tell about {name}: the baby was not recognised in view.", cites=cites)
    return out_of_sight(report, activity, where)


def out_of_sight(report: Report, activity: Activity | None, where: Where) -> Statement | None:
    """That nothing of where was looked could be seen; None where some of it could."""
    if where.spans is None or unseen_s(report, activity, where) < intervals.length(where.spans) - MOMENT_S / 10:
        return None
    about = "what was done" if activity is None else f"about {name_of(activity)}"
    reason = "nothing of that time was recorded" + (
        "" if activity == "baby_visible" else ", or the baby was out of view"
    )
    text = f"I cannot tell {about}{where.text}: {reason}."
    return Statement(text=text, numbers=where.numbers, cites=_count_of(report, activity))


def _count_of(report: Report, activity: Activity | None) -> tuple[str, ...]:
    measured = measure(report, activity, "{}_count")
    return (measured.id,) if measured else ()


def capital(text: str) -> str:
    """The text as a sentence begins with it."""
    return text[0].upper() + text[1:]


def measure(report: Report, activity: Activity | None, pattern: str) -> Measure | None:
    """The measure of an activity, None where the report has none."""
    key = "mask_support" if activity == "ventilation" else activity
    wanted = pattern.format(key)
    return next((each for each in report.measures if each.name == wanted), None)


def list_events(
    report: Report,
    activity: Activity | None = None,
    *,
    which: str | None = None,
    rel: str | None = None,
    other: Activity | None = None,
    that: Sequence[Span] | None = None,
    threshold: Threshold | None = None,
    number: float | None = None,
    to: float | None = None,
) -> Found:
    """The events themselves: all, one by its place or length, those beside another, those of some length."""
    place = Place(rel, other, that, number, to)
    events = related(report, activity, place)
    where, doubtful = where_of(report, place), 0
    if (
        rel == "after" and activity is None and where.spans
    ):  # what happened next began there, or else was still under way
        events = tuple(event for event in events if event.start_s >= where.spans[0].start_s) or events
    if rel == "before" and activity is None and which is None and that:
        events = events[-1:]
    if rel == "after" and activity is None and which is None and that:
        events = events[:1]
    narrowed = events
    if threshold is not None and threshold.is_time:
        judged = [threshold.judge(event.duration_s, _duration_range(event)) for event in events]
        doubtful = judged.count(None)
        events = tuple(event for event, held in zip(events, judged, strict=True) if held)
    chosen = picked(events, which)
    if chosen:
        told = _further(activity, threshold, doubtful) if threshold is not None and doubtful and which is None else ()
        part = seen_part(report, activity, where) if rel == "within" or to is not None else ()
        part += zero_doubt(report, activity, where)
        return Found(events=chosen, statements=(*told, *part), spans=spans_of(chosen))
    if which and events:
        some = Statement(
            text=f"There is no {which} one: {name_of(activity)} was seen {{}} {'time' if len(events) == 1 else 'times'}.",
            numbers=(Quantity(value=len(events), unit="count"),),
            cites=tuple(event.id for event in events),
        )
        return Found(statements=(some,), spans=spans_of(events))
    if threshold is not None and narrowed:
        return Found(statements=(_none_of_length(activity, threshold, doubtful, where),))
    found = not_found(report, activity, where)
    part = seen_part(report, activity, where) if cannot_tell(report, activity, where) is None else ()
    return Found(statements=(found, *part, *zero_doubt(report, activity, where)))


def _duration_range(event: Event) -> tuple[float, float]:
    """How short and how long the event may be; without bound where an edge was cut off."""
    start, end = start_bounds(event), end_bounds(event)
    cut = event.censored_start or event.censored_end
    return max(0.0, end.low - start.high), float("inf") if cut else end.high - start.low


def _limit_words(threshold: Threshold) -> str:
    return "longer than {}" if threshold.sign == ">" else "at most {} long"


def _further(activity: Activity | None, threshold: Threshold, doubtful: int) -> tuple[Statement, ...]:
    """That others may be of the length asked for as well."""
    stretches = "stretch" if doubtful == 1 else "stretches"
    text = f"{{}} more {stretches} of {name_of(activity)} may have been {_limit_words(threshold)}."
    numbers = (Quantity(value=doubtful, unit="count"), Quantity(value=threshold.value, unit="s"))
    return (Statement(text=text, numbers=numbers),)


def _none_of_length(activity: Activity | None, threshold: Threshold, doubtful: int, where: Where) -> Statement:
    text = f"No stretch of {name_of(activity)}{where.text} was {_limit_words(threshold)}"
    numbers = (*where.numbers, Quantity(value=threshold.value, unit="s"))
    if not doubtful:
        return Statement(text=f"{text}.", numbers=numbers)
    return Statement(
        text=f"{text} for certain, but {{}} may have been.",
        numbers=(*numbers, Quantity(value=doubtful, unit="count")),
    )


def spans_of(events: Sequence[Event]) -> tuple[tuple[float, float], ...]:
    """Start and end of each event, in seconds from the start of the video."""
    return tuple((event.start_s, event.end_s) for event in events)

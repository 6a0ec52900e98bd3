"""Questions that a timeline answers, each a typed function on a report. Numbers come from events and measures alone.

Moments are seconds of the video, unless a place names another origin for them. `that` is what an earlier answer spoke of.
Absence is told only of what the source of the events could have seen, and only for the time in which the baby was in view.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from resus_doc.schema import ACTIVITY_NAMES, MASK_SUPPORT, Activity, Event, Measure, Report, Span
from resus_doc.tools import intervals
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold
from resus_doc.tools.cases import timeline_of
from resus_doc.tools.extent import BLINK_S, end_bounds, start_bounds
from resus_doc.tools.intervals import Spans
from resus_doc.tools.origins import VIDEO, Origin, zero_of

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

    `within` is the first `number` seconds after the origin. Without a relation, `number` is a moment, and `number` to `to` a
    stretch, in seconds after the origin. Where none is named, that is time zero for `within`, else the start of the video.
    """

    rel: str | None = None
    other: Activity | None = None
    that: Sequence[Span] | None = None
    number: float | None = None
    to: float | None = None
    origin: Origin | None = None

    def counted_from(self, report: Report) -> Origin:
        """What its numbers count from."""
        return self.origin or (zero_of(report) if self.rel == "within" else VIDEO)

    def stretch(self, origin_s: float) -> Span | None:
        """The stretch that its numbers name, in seconds of the video, with the origin at `origin_s`; None without a number."""
        if self.number is None:
            return None
        if self.rel == "within":
            return Span(origin_s, origin_s + self.number)
        return _stretch(origin_s + self.number, None if self.to is None else origin_s + self.to)


def related(report: Report, activity: Activity | None, place: Place) -> tuple[Event, ...]:
    """The events of an activity that lie in a place, or were under way there."""
    events, named = events_of(report, activity), place.stretch(place.counted_from(report).t_s)
    if named is not None and place.rel == "within":
        return touching(events, (named,))
    if place.other is not None or place.that is not None:
        spans = tuple(place.that or (Span(e.start_s, e.end_s) for e in events_of(report, place.other)))
        if activity is None and place.other is not None:
            events = tuple(event for event in events if event not in events_of(report, place.other))
    elif named is None:
        return events
    else:
        spans = (named,)
    if not spans:
        return ()
    if place.rel == "before":
        return tuple(event for event in events if event.start_s < spans[0].start_s)
    if place.rel == "after":
        spans_after = (Span(spans[0].start_s, report.video.duration_s),)
        return tuple(event for event in touching(events, spans_after) if not _is_in(event, spans))
    return touching(events, spans)


def _stretch(number: float, to: float | None) -> Span:
    return Span(number, number + MOMENT_S) if to is None else Span(min(number, to), max(number, to))


def _is_in(event: Event, spans: Sequence[Span]) -> bool:
    return any(abs(event.start_s - span.start_s) < 0.001 and abs(event.end_s - span.end_s) < 0.001 for span in spans)


def touching(events: Sequence[Event], spans: Sequence[Span]) -> tuple[Event, ...]:
    """The events that were under way at some time of the spans."""
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

    They may begin before the video and end after it. `others` are those stretches for other moments that `origin` may have been,
    from which the numbers count.
    """

    text: str = ""
    numbers: tuple[Quantity, ...] = ()
    spans: Spans | None = None
    others: tuple[Spans, ...] = ()
    origin: Origin = VIDEO

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
    rel, origin = place.rel, place.counted_from(report)
    spans = _asked(report, place, origin.t_s)
    if place.that is not None:
        return Where(f" {rel or 'during'} that", (), spans)
    if place.other is not None:
        name = name_of(place.other)
        return Where(f" {rel or 'during'} {'the first ' if rel != 'during' else ''}{name}", (), spans)
    if place.number is None:
        return EVERYWHERE
    text, numbers = origin.named(place.number, place.to)
    if rel == "within":
        text, numbers = f"in the first {{}} after {origin.name}", numbers[:1]
    elif rel is not None and place.number == 0:
        text, numbers = f"{rel} {origin.name}", ()
    else:
        text = f"{rel or 'at'} {text}" if place.to is None else f"from {text}"
    return Where(f" {text}", numbers, spans, tuple(_others(report, place, origin)), origin)


def _others(report: Report, place: Place, origin: Origin) -> Iterator[Spans]:
    """What a question is about for other moments of its origin: the ends of its range, where an edge is met, and between these.

    Nothing that is counted or added up can be smaller or larger elsewhere.
    """
    (low_s, high_s), number = origin.range_s, place.number
    if number is None or (low_s == high_s and place.rel != "within"):
        return
    bounds = [edge for event in report.events for edge in (*start_bounds(event), *end_bounds(event))]
    offsets = (0.0 if place.rel == "within" else number, number if place.to is None else place.to)
    turns = {at_s for edge in bounds for offset in offsets if low_s < (at_s := edge - offset) < high_s}
    moments = sorted({low_s, high_s} | turns)
    for at_s in (*moments, *((one + other) / 2 for one, other in pairwise(moments))):
        yield _asked(report, place, at_s) or ()


def _asked(report: Report, place: Place, origin_s: float) -> Spans | None:
    """The time that a question is about; None for all of it. What was before a stretch may go back to a given birth."""
    zero, rel, named = report.time_zero, place.rel, place.stretch(origin_s)
    if named is not None and rel == "within":
        return (named,)
    beside = place.that or place.other
    spans = tuple(place.that or (Span(e.start_s, e.end_s) for e in events_of(report, place.other))) if beside else ()
    if named is not None and not spans:
        spans = (named,)
    if not spans:
        return None
    if rel == "before":
        return (Span(min(0.0, zero.t_s) if zero.source == "given" else 0.0, spans[0].start_s),)
    return (Span(spans[0].start_s, report.video.duration_s),) if rel == "after" else intervals.clean(spans)


def where_looked(report: Report, place: Place) -> tuple[Statement, ...]:
    """Beside what was looked; on which clock numbers were read, and where that clock starts on the one of the report."""
    if place.number is None and place.other is None:
        return ()
    where, zero = where_of(report, place), zero_of(report)
    if where.origin == zero or place.number is None:
        return (Statement(text=f"I looked{where.text}.", numbers=where.numbers),)
    at, numbers = zero.named(where.origin.t_s - zero.t_s)
    verb = "starts" if where.text.endswith("of the video") else "was"
    return (Statement(text=f"I looked{where.text}, which {verb} {at}.", numbers=(*where.numbers, *numbers)),)


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
    """That another moment of birth within its range would change what was seen at the time that counts from it."""
    events = events_of(report, activity)
    if where.is_moment:
        changes = len({touching(events, spans) for spans in where.possible}) > 1
    else:
        seen_s = [intervals.overlap_s((Span(e.start_s, e.end_s) for e in events), spans) for spans in where.possible]
        changes = max(seen_s) - min(seen_s) >= WORTH_TELLING_S
    if not changes:
        return ()
    origin = where.origin
    numbers = tuple(Quantity(value=abs(edge - origin.t_s), unit="s") for edge in origin.range_s)
    text = f"{capital(origin.name)} may have been up to {{}} earlier or {{}} later, which would change this."
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
    origin: Origin | None = None,
) -> Found:
    """The events themselves: all, one by its place or length, those beside another, those of some length."""
    place = Place(rel, other, that, number, to, origin)
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
        looked = where_looked(report, place)
        return Found(events=chosen, statements=(*looked, *told, *part), spans=spans_of(chosen))
    if which and events:
        some = Statement(
            text=f"There is no {which} one: {name_of(activity)} was seen {{}} "
            f"{'time' if len(events) == 1 else 'times'}{where.text}.",
            numbers=(Quantity(value=len(events), unit="count"), *where.numbers),
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

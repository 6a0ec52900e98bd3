"""Questions that a timeline answers, each a typed function on a report. Numbers come from events and measures alone.

Moments are seconds of the video. `that` is what an earlier answer spoke of. Absence is told only of what the source of
the events could have seen, and only for the time in which the baby was in view.
"""

from collections.abc import Sequence
from typing import NamedTuple

from resus_doc.schema import ACTIVITY_NAMES, MASK_SUPPORT, Activity, Event, Measure, Report, Span
from resus_doc.tools.answers import Found, Quantity, Statement, Threshold

PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


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


def related(
    report: Report,
    activity: Activity | None,
    *,
    rel: str | None = None,
    other: Activity | None = None,
    that: Sequence[Span] | None = None,
    number: float | None = None,
    to: float | None = None,
) -> tuple[Event, ...]:
    """The events of an activity before, after or during another one, `that`, or a stretch of the video.

    `within` is the first `number` seconds after time zero. Without a relation, `number` is a moment, and `number` to `to` a
    stretch, at which they were under way.
    """
    events = events_of(report, activity)
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
        return tuple(event for event in events if event.start_s >= spans[0].start_s and not _is_in(event, spans))
    return _touching(events, spans)


def _stretch(number: float, to: float | None) -> Span:
    return Span(number, number + 0.001) if to is None else Span(min(number, to), max(number, to))


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
    """Words for where was looked, and the numbers in them."""

    text: str = ""
    numbers: tuple[Quantity, ...] = ()


EVERYWHERE = Where()


def where_of(
    report: Report,
    rel: str | None,
    other: Activity | None,
    that: Sequence[Span] | None,
    number: float | None,
    to: float | None,
) -> Where:
    """How a sentence says where was looked, as in " during PPV" or " in the first 60 s after birth"."""
    moment = () if number is None else (Quantity(value=number, unit="s"),)
    if rel == "within" and number is not None:
        return Where(f" in the first {{}} after {report.time_zero.name}", moment)
    if that is not None:
        return Where(f" {rel or 'during'} that")
    if other is not None:
        return Where(f" {rel or 'during'} {'the first ' if rel != 'during' else ''}{name_of(other)}")
    if number is not None and to is not None:
        return Where(" from {} to {} of the video", (*moment, Quantity(value=to, unit="s")))
    if number is not None:
        return Where(f" {rel or 'at'} {{}} of the video", moment)
    return EVERYWHERE


def not_found(report: Report, activity: Activity | None, where: Where = EVERYWHERE) -> Statement:
    """That nothing of it was seen, or that it could not have been."""
    unknown = cannot_tell(report, activity)
    if unknown is not None:
        return unknown
    cites = _count_of(report, activity)
    if activity is None:
        text = f"None of the recognised activities was seen{where.text}."
        return Statement(text=text, numbers=where.numbers, cites=cites)
    verb = "were" if activity == "chest_compressions" else "was"
    text = f"{capital(name_of(activity))} {verb} not seen{where.text or ' while the baby was in view'}."
    return Statement(text=text, numbers=where.numbers, cites=cites)


def cannot_tell(report: Report, activity: Activity | None) -> Statement | None:
    """Why nothing follows from its absence in the record; None where something does."""
    if report.is_withheld:
        text = "I cannot tell: the video is unlike the detector's training data, so its events are withheld."
        return Statement(text=text)
    if activity is None:
        return None
    name, cites = name_of(activity), _count_of(report, activity)
    covered = set(report.activities_covered)
    known = activity in covered or (activity == "ventilation" and {"ppv", "cpap"} <= covered)
    if not known:
        return Statement(text=f"I cannot tell: the source of this record does not recognise {name}.", cites=cites)
    if report.observed_s <= 0:
        return Statement(text=f"I cannot tell about {name}: the baby was not recognised in view.", cites=cites)
    return None


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
    events = related(report, activity, rel=rel, other=other, that=that, number=number, to=to)
    if rel == "before" and activity is None and which is None and that:
        events = events[-1:]
    if rel == "after" and activity is None and which is None and that:
        events = events[:1]
    if threshold is not None and threshold.is_time:
        events = tuple(event for event in events if threshold.holds(event.duration_s))
    chosen = picked(events, which)
    if chosen:
        return Found(events=chosen, spans=spans_of(chosen))
    if which and events:
        some = Statement(
            text=f"There is no {which} one: {name_of(activity)} was seen {{}} {'time' if len(events) == 1 else 'times'}.",
            numbers=(Quantity(value=len(events), unit="count"),),
            cites=tuple(event.id for event in events),
        )
        return Found(statements=(some,), spans=spans_of(events))
    if threshold is not None and events_of(report, activity):
        limit = "longer than {}" if threshold.sign == ">" else "at most {} long"
        text = f"No stretch of {name_of(activity)} was {limit}."
        return Found(statements=(Statement(text=text, numbers=(Quantity(value=threshold.value, unit="s"),)),))
    return Found(statements=(not_found(report, activity, where_of(report, rel, other, that, number, to)),))


def spans_of(events: Sequence[Event]) -> tuple[tuple[float, float], ...]:
    """Start and end of each event, in seconds from the start of the video."""
    return tuple((event.start_s, event.end_s) for event in events)

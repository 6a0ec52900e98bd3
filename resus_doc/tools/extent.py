"""How far events extend: as seen, surely, and possibly; and when nothing could be seen.

The onset and offset ranges of events are taken as bounds, all of them at once: a sum of many events has a wider range than
chance would give it, never a narrower one. What is unknown is never counted as absence.
"""

from collections.abc import Iterable
from typing import NamedTuple

from resus_doc.schema import MASK_SUPPORT, Activity, Event, Span, Timeline
from resus_doc.tools import intervals
from resus_doc.tools.intervals import Spans

BLINK_S = 2.0
"""A shorter stretch out of view cannot be told from a blink of the detector, whose windows are 2 s long (contract)."""


class Extent(NamedTuple):
    """Time filled by some events: `sure` lies within `seen`, and `seen` within `possible`."""

    seen: Spans
    sure: Spans
    possible: Spans


class Bounds(NamedTuple):
    """A number and the range it lies in."""

    value: float
    low: float
    high: float


def start_bounds(event: Event) -> Bounds:
    """The onset and its range, which holds it."""
    return Bounds(event.start_s, min(event.start_range_s[0], event.start_s), max(event.start_range_s[1], event.start_s))


def end_bounds(event: Event) -> Bounds:
    """The end and its range, which holds it."""
    return Bounds(event.end_s, min(event.end_range_s[0], event.end_s), max(event.end_range_s[1], event.end_s))


def extent(events: Iterable[Event]) -> Extent:
    """The time that the events fill together."""
    edges = [(start_bounds(event), end_bounds(event)) for event in events]
    return Extent(
        seen=intervals.clean(Span(start.value, end.value) for start, end in edges),
        sure=intervals.clean(Span(start.high, end.low) for start, end in edges),
        possible=intervals.clean(Span(start.low, end.high) for start, end in edges),
    )


def events_of(timeline: Timeline, subject: str) -> tuple[Event, ...]:
    """The events of an activity, or of `mask_support`, in order of onset."""
    return timeline.of(*activities_of(subject))


def activities_of(subject: str) -> tuple[Activity, ...]:
    """The activities that a measure's subject stands for."""
    return MASK_SUPPORT if subject == "mask_support" else (subject,)  # type: ignore[return-value]


def unseen(timeline: Timeline, *, blink_s: float = 0.0) -> Spans:
    """The stretches of the video, after the baby first came into view, in which it was not in view; longer than `blink_s`.

    Before that the table was empty, or the camera saw none: nothing on the table is missed, unless the baby may have come while
    nothing was recorded. A baby that was never in view leaves all of the video unseen.
    """
    observed = intervals.clean(timeline.observed, bridge_s=blink_s)
    start_s = observed[0].start_s if observed else 0.0
    for first in timeline.of("baby_visible")[:1]:
        low_s = first.start_range_s[0]
        start_s = min([start_s, *(max(span.start_s, low_s) for span in timeline.missing if span.end_s > low_s)])
    if timeline.duration_s <= start_s:
        return ()
    hidden = intervals.complement(observed, Span(start_s, timeline.duration_s))
    return tuple(span for span in hidden if span.end_s - span.start_s > blink_s)


def unknown(timeline: Timeline, subject: str, *, blink_s: float = 0.0) -> Extent:
    """When the activity may have gone on unrecognised: out of view, or (PPV, CPAP) as mask support of unknown kind."""
    hidden = unseen(timeline, blink_s=blink_s)
    if subject not in ("ppv", "cpap"):
        return Extent(hidden, hidden, hidden)
    unknown_kind = extent(timeline.of("ventilation"))
    return Extent(*(intervals.union(hidden, spans) for spans in unknown_kind))

"""Stretches of one label, before they have a name and a number: what both decoders make of windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from resus_doc.schema import Activity, Event, Range, Span
from resus_doc.tools import intervals
from resus_doc.tools.extent import BLINK_S
from resus_doc.tools.intervals import Spans

HIDDEN_EDGE_S = 2.0
"""An edge this near (one window) to a stretch in which the baby was out of view may lie anywhere in that stretch."""

MIN_DURATION_S: dict[Activity, float] = {
    "baby_visible": 2.0,
    "ppv": 1.5,
    "cpap": 1.5,
    "ventilation": 1.5,
    "stimulation": 1.5,
    "suction": 1.5,
    "chest_compressions": 1.5,
}
"""Shorter events are flicker. One lone window over its threshold makes about 1 s with hysteresis, two in a row about 2 s."""

LOST_S = 0.5
"""Lost pictures count as unobserved from this length on. The picture before stands in for them, and from a quarter of a window (2 s)
on that can decide what the windows say; a shorter loss cannot hide an event, none of which is that short."""


@dataclass(frozen=True)
class Stretch:
    """An event of one label before it has a name; times in seconds."""

    start_s: float
    end_s: float
    start_range_s: Range
    end_range_s: Range
    confidence: float
    censored_start: bool
    censored_end: bool

    @property
    def span(self) -> Span:
        return Span(self.start_s, self.end_s)

    def event(self, activity: Activity, duration_s: float) -> Event:
        """The event, its times in whole milliseconds within the video."""

        def ms(t_s: float) -> float:
            return duration_s if t_s >= duration_s else min(round(max(t_s, 0.0), 3), duration_s)

        return Event(
            id="E0",
            activity=activity,
            start_s=ms(self.start_s),
            end_s=ms(self.end_s),
            confidence=round(min(max(self.confidence, 0.0), 1.0), 4),
            start_range_s=(ms(self.start_range_s[0]), ms(self.start_range_s[1])),
            end_range_s=(ms(self.end_range_s[0]), ms(self.end_range_s[1])),
            censored_start=self.censored_start,
            censored_end=self.censored_end,
            source="detector",
        )


def only_unknown_kind(track: Iterable[Stretch], known: Sequence[Stretch]) -> list[Stretch]:
    """Mask support that is neither PPV nor CPAP; shorter leftovers at the edges of those are not events of their own."""
    pieces = [
        _cut(stretch, piece, known)
        for stretch in track
        for piece in intervals.subtract((stretch.span,), (other.span for other in known))
    ]
    return [piece for piece in pieces if piece.end_s - piece.start_s >= MIN_DURATION_S["ventilation"]]


def _cut(stretch: Stretch, piece: Span, known: Sequence[Stretch]) -> Stretch:
    """A piece of a stretch; where PPV or CPAP cut it off, the edge is as uncertain as theirs."""
    start_range_s, end_range_s = stretch.start_range_s, stretch.end_range_s
    if piece.start_s > stretch.start_s:
        start_range_s = next(other.end_range_s for other in known if other.end_s == piece.start_s)
    if piece.end_s < stretch.end_s:
        end_range_s = next(other.start_range_s for other in known if other.start_s == piece.end_s)
    return replace(
        stretch,
        start_s=piece.start_s,
        end_s=piece.end_s,
        start_range_s=start_range_s,
        end_range_s=end_range_s,
        censored_start=stretch.censored_start and piece.start_s == stretch.start_s,
        censored_end=stretch.censored_end and piece.end_s == stretch.end_s,
    )


def lost(unreadable: Iterable[Span]) -> Spans:
    """The damaged stretches of a video that are long enough to count as unobserved."""
    return tuple(span for span in intervals.clean(unreadable) if span.end_s - span.start_s >= LOST_S)


def without_lost(gaps: Spans, activity: Activity, track: Iterable[Stretch]) -> list[Stretch]:
    """The stretches of a label without what was seen in lost pictures only.

    As between two recordings, an edge beside them is not censored but may lie anywhere in them; unless nothing is left of what ran at
    the recording's start or end but what lies beyond them. What goes on over a gap no longer than a blink is one event; a leftover
    too short for an event is flicker.
    """
    pieces: list[Stretch] = []
    for stretch in track:
        shown = intervals.clean(intervals.subtract((stretch.span,), gaps), bridge_s=BLINK_S)
        long = [each for each in shown if each == stretch.span or each.end_s - each.start_s >= MIN_DURATION_S[activity]]
        for place, piece in enumerate(long):
            pieces.append(
                replace(
                    stretch,
                    start_s=piece.start_s,
                    end_s=piece.end_s,
                    start_range_s=_kept(stretch.start_range_s, stretch.start_s, piece.start_s),
                    end_range_s=_kept(stretch.end_range_s, stretch.end_s, piece.end_s),
                    censored_start=stretch.censored_start and place == 0,
                    censored_end=stretch.censored_end and place == len(long) - 1,
                )
            )
    return widen_into(gaps, pieces)


def _kept(range_s: Range, was_s: float, at_s: float) -> Range:
    """The range of an edge that stays; one of no width for an edge that moved."""
    return range_s if at_s == was_s else (at_s, at_s)


def widen_into(hidden: Iterable[Span], track: Sequence[Stretch]) -> list[Stretch]:
    """Stretches whose edge lies next to a time out of view: that edge may lie anywhere in it."""
    widened = list(track)
    for gap in hidden:
        for number, stretch in enumerate(widened):
            if gap.start_s < stretch.start_s <= gap.end_s + HIDDEN_EDGE_S:
                floor_s = widened[number - 1].end_s if number else gap.start_s
                lo = min(stretch.start_range_s[0], max(gap.start_s, floor_s))
                widened[number] = replace(widened[number], start_range_s=(lo, stretch.start_range_s[1]))
            if gap.start_s - HIDDEN_EDGE_S <= stretch.end_s < gap.end_s:
                ceiling_s = widened[number + 1].start_s if number + 1 < len(widened) else gap.end_s
                hi = max(stretch.end_range_s[1], min(gap.end_s, ceiling_s))
                widened[number] = replace(widened[number], end_range_s=(stretch.end_range_s[0], hi))
    return widened

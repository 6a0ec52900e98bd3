"""Stretches of time without an activity: pauses of PPV, gaps between other stretches, time without any activity.

What counts of a stretch are the pieces of it in which the baby was in view. A stretch that may be none, because the baby was out
of view or an edge is uncertain, is kept with a length of 0 and the length that it may have.
"""

from collections.abc import Sequence
from typing import NamedTuple

from resus_doc.schema import Event, Span, Timeline
from resus_doc.tools import intervals, measures, ppv
from resus_doc.tools.extent import BLINK_S, Bounds, Extent, extent, unknown, unseen
from resus_doc.tools.intervals import Spans

SHORTEST_S = 0.1
"""A shorter stretch is two edges that were meant to meet."""


class Gap(NamedTuple):
    """One stretch. `longest` are the seconds of its longest piece, `number` how many stretches it may be, each with its range."""

    span: Span
    pieces: Spans
    unseen_s: float
    """Seconds of it in which the baby was out of view, or nothing was recorded."""
    missing: bool
    """Whether nothing was recorded in a part of it."""
    longest: Bounds
    number: Bounds

    @property
    def total_s(self) -> float:
        """Seconds of all its pieces."""
        return intervals.length(self.pieces)


def ppv_pauses(timeline: Timeline) -> tuple[Gap, ...]:
    """The pauses of PPV, as the measures count them."""
    out_of_view = unseen(timeline, blink_s=BLINK_S)
    found = []
    for pause in ppv.pauses(timeline):
        whole = (pause.seen if _s(pause.seen) else pause.possibly,)
        unseen_s, missing = intervals.overlap_s(whole, out_of_view), intervals.overlap_s(whole, timeline.missing) > 0
        found.append(Gap(pause.seen, pause.observed, unseen_s, missing, ppv.pause_longest((pause,)), pause.counts))
    return tuple(found)


def between(timeline: Timeline, events: Sequence[Event]) -> tuple[Gap, ...]:
    """The gaps between events of one activity, the first start to the last end; mask support of unknown kind may fill them."""
    edges, out_of_view = extent(events), unseen(timeline, blink_s=BLINK_S)
    if not edges.seen:
        return ()
    hidden = unknown(timeline, events[0].activity, blink_s=BLINK_S)
    if len({event.activity for event in events}) > 1:
        hidden = Extent(out_of_view, out_of_view, out_of_view)
    whole = Span(edges.possible[0].start_s, edges.possible[-1].end_s)
    widest = intervals.complement(edges.sure, whole)
    covered = intervals.union(hidden.possible, edges.possible)
    found = []
    for gap in intervals.gaps(edges.seen):
        pieces = intervals.subtract((gap,), hidden.seen)
        high = max(_s(piece) for piece in widest if intervals.overlap_s((piece,), (gap,)) > 0)
        longest = Bounds(_longest(pieces), _longest(intervals.subtract((gap,), covered)), high)
        unseen_s, missing = intervals.overlap_s((gap,), out_of_view), intervals.overlap_s((gap,), timeline.missing) > 0
        found.append(_gap(gap, pieces, unseen_s, missing, longest))
    return tuple(found)


def idle(timeline: Timeline) -> tuple[Gap, ...]:
    """The stretches with the baby in view in which none of the recognised activities was seen."""
    time = measures.idle(timeline)
    seen = [span for span in time.seen if _s(span) >= SHORTEST_S]
    found = [_gap(span, (span,), 0.0, False, _idle_s(span, time.sure, time.possible)) for span in seen]
    others = [span for span in time.possible if not intervals.overlap_s((span,), seen)]
    return (*found, *(_gap(span, (), 0.0, False, Bounds(0.0, 0.0, _s(span))) for span in others))


def _idle_s(span: Span, sure: Spans, possible: Spans) -> Bounds:
    high = max(_s(piece) for piece in possible if intervals.overlap_s((piece,), (span,)) > 0)
    return Bounds(_s(span), _longest(intervals.intersect((span,), sure)), max(high, _s(span)))


def _gap(span: Span, pieces: Spans, unseen_s: float, missing: bool, longest: Bounds) -> Gap:
    return Gap(span, pieces, unseen_s, missing, longest, Bounds(longest.value > 0, longest.low > 0, 1))


def _longest(spans: Spans) -> float:
    return max((_s(span) for span in spans), default=0.0)


def _s(span: Span) -> float:
    return span.end_s - span.start_s

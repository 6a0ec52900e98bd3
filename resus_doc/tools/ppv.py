"""PPV in detail: the fraction of the first seconds, pauses and what was seen in them, sequences.

All of it is decided on `ppv` alone: CPAP counts among the interruptions (Skåre 2016, 10.1016/j.resuscitation.2016.07.231),
and mask support of unknown kind is neither PPV nor a pause. An unobserved stretch is no pause. No guideline states how long
a pause may be: everything here is a quality metric.
"""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import NamedTuple

from resus_doc.schema import Event, Span, Timeline
from resus_doc.tools import intervals
from resus_doc.tools.extent import BLINK_S, Bounds, Extent, end_bounds, extent, start_bounds, unknown, unseen
from resus_doc.tools.intervals import Spans

PAUSE_MIN_S = 2.0
"""A gap is a pause when longer. A quality metric, no guideline's limit: at 30 breaths a minute, the slowest rate a guideline
of ours states, one breath follows the other after 2 s, so a shorter gap lies within ordinary ventilation."""

LARGEST_UNKNOWN_PART = 0.5
"""A fraction has no value, only a range, when more than this part of its seconds could not be seen."""


class Pause(NamedTuple):
    """A gap between two stretches of PPV, of which one may not have been seen: as seen, at its shortest and at its longest.

    The `observed` pieces are those in which the baby was in view and no PPV was seen.
    """

    before: Event
    after: Event
    seen: Span
    observed: Spans
    surely: Spans
    possibly: Span
    possible_pieces: Spans

    @property
    def counts(self) -> Bounds:
        """How many pauses it is: value, least, most. Around an unseen stretch it may have been two."""
        pieces = sum(piece.end_s - piece.start_s > PAUSE_MIN_S for piece in self.possible_pieces)
        most = max(pieces, int(_duration(self.possibly) > PAUSE_MIN_S))
        return Bounds(_longest(self.observed) > PAUSE_MIN_S, _longest(self.surely) > PAUSE_MIN_S, most)

    @property
    def events(self) -> tuple[str, str]:
        return (self.before.id, self.after.id)


def fraction_first(timeline: Timeline, first_s: float) -> Bounds | None:
    """The part of the first `first_s` seconds after PPV was first seen to begin in which PPV was seen.

    Seconds that could not be seen count as without PPV in the value and the low bound, as PPV in the high bound. None when
    there is no PPV, or when its beginning was not seen because it ran at the video's start.
    """
    ppv = timeline.of("ppv")
    if not ppv or ppv[0].censored_start:
        return None
    first, others = ppv[0], extent(ppv[1:])
    start, end = start_bounds(first), end_bounds(first)
    beyond = Span(timeline.duration_s, max(timeline.duration_s, start.high) + first_s)
    possible = intervals.union(others.possible, unknown(timeline, "ppv").possible, (beyond,))

    def part(start_s: float, end_s: float, rest: Spans) -> float:
        window = Span(start_s, start_s + first_s)
        return intervals.overlap_s(intervals.union((Span(start_s, end_s),), rest), (window,)) / first_s

    value = part(start.value, end.value, others.seen)
    lows = [part(at_s, end.low, others.sure) for at_s in _turning_points(start, first_s, end.low, others.sure)]
    highs = [part(at_s, end.high, possible) for at_s in _turning_points(start, first_s, end.high, possible)]
    return Bounds(value, min(value, *lows), max(value, *highs))


def fraction_is_known(timeline: Timeline, first_s: float) -> bool:
    """Whether enough of those seconds could be seen for the fraction to have a value."""
    ppv = timeline.of("ppv")
    window = (Span(ppv[0].start_s, ppv[0].start_s + first_s),)
    beyond = Span(timeline.duration_s, max(timeline.duration_s, window[0].end_s))
    hidden = intervals.subtract(intervals.union(unknown(timeline, "ppv").seen, (beyond,)), extent(ppv).seen)
    return intervals.overlap_s(window, hidden) <= LARGEST_UNKNOWN_PART * first_s


def _turning_points(start: Bounds, first_s: float, end_s: float, rest: Spans) -> set[float]:
    """The onsets at which the fraction, piecewise linear in the onset, can be smallest or largest."""
    edges = {end_s, *(edge for span in rest for edge in span)}
    turns = edges | {edge - first_s for edge in edges}
    return {start.low, start.value, start.high} | {turn for turn in turns if start.low < turn < start.high}


def pauses(timeline: Timeline) -> tuple[Pause, ...]:
    """The gaps between two stretches of PPV that are, or may be, pauses.

    Before the first and after the last stretch that was seen there may have been further PPV: as mask support of unknown kind, or
    while the baby was out of view for a time. What lies between is a pause of no length as seen, and possibly one.
    """
    ppv = timeline.of("ppv")
    hidden = unknown(timeline, "ppv", blink_s=BLINK_S)
    gaps = intervals.gaps(Span(e.start_s, e.end_s) for e in ppv)
    found = (
        *_before_first(timeline, hidden),
        *(_pause(gap, ppv, hidden) for gap in gaps),
        *_after_last(timeline, hidden),
    )
    return tuple(pause for pause in found if pause.counts.high)


def _before_first(timeline: Timeline, hidden: Extent) -> Iterator[Pause]:
    ppv = timeline.of("ppv")
    first = next((event for event in ppv if event.duration_s > 0), None)
    if first is None or first.censored_start:
        return
    starts = [span.start_s for span in _within_view(timeline, hidden) if span.start_s < start_bounds(first).high]
    if starts:
        yield _unseen_pause(first, first.start_s, Span(min(starts), start_bounds(first).high), hidden)


def _after_last(timeline: Timeline, hidden: Extent) -> Iterator[Pause]:
    last = max((event for event in timeline.of("ppv") if event.duration_s > 0), key=lambda e: e.end_s, default=None)
    if last is None or last.censored_end:
        return
    ends = [span.end_s for span in _within_view(timeline, hidden) if span.end_s > end_bounds(last).low]
    if ends:
        yield _unseen_pause(last, last.end_s, Span(end_bounds(last).low, max(ends)), hidden)


def _within_view(timeline: Timeline, hidden: Extent) -> Spans:
    """What is hidden up to the last view of the baby: after it the case went on elsewhere, if it did."""
    last_view_s = max((span.end_s for span in timeline.observed), default=0.0)
    return intervals.intersect(hidden.possible, (Span(0.0, last_view_s),))


def _unseen_pause(beside: Event, at_s: float, possibly: Span, hidden: Extent) -> Pause:
    """A pause between PPV that was seen and PPV that may have been given unrecognised."""
    return Pause(
        before=beside,
        after=beside,
        seen=Span(at_s, at_s),
        observed=(),
        surely=(),
        possibly=possibly,
        possible_pieces=intervals.subtract((possibly,), hidden.sure),
    )


def _pause(gap: Span, events: Sequence[Event], hidden: Extent) -> Pause:
    ends = [e for e in events if e.end_s == gap.start_s and e.duration_s > 0]
    starts = [e for e in events if e.start_s == gap.end_s and e.duration_s > 0]
    widest = Span(min(end_bounds(e).low for e in ends), max(start_bounds(e).high for e in starts))
    return Pause(
        before=ends[0],
        after=starts[0],
        seen=gap,
        observed=intervals.subtract((gap,), hidden.seen),
        surely=intervals.subtract((gap,), intervals.union(hidden.possible, extent(events).possible)),
        possibly=widest,
        possible_pieces=intervals.subtract((widest,), hidden.sure),
    )


def pause_count(found: Iterable[Pause]) -> Bounds:
    """How many pauses there are."""
    counts = [pause.counts for pause in found]
    return Bounds(*(sum(column) for column in zip(*counts, strict=True))) if counts else Bounds(0, 0, 0)


def pause_longest(found: Iterable[Pause]) -> Bounds:
    """Seconds of the longest stretch without PPV that is a pause; 0 when there is none."""
    longest = [
        Bounds(_pause_s(_longest(p.observed)), _pause_s(_longest(p.surely)), _pause_s(_duration(p.possibly)))
        for p in found
    ]
    return Bounds(*(max(column) for column in zip(*longest, strict=True))) if longest else Bounds(0, 0, 0)


def pause_total(found: Iterable[Pause]) -> Bounds:
    """Seconds of all pauses together in which the baby was in view."""
    return pause_time(found, None)


def pause_time(found: Iterable[Pause], during: Extent | None) -> Bounds:
    """Seconds of the pauses, or of what in them overlaps with `during`. The high bound counts unseen time as pause."""
    value = low = high = 0.0
    for pause in found:
        counts = pause.counts
        value += _time(pause.observed, during and during.seen) if counts.value else 0.0
        low += _time(pause.surely, during and during.sure) if counts.low else 0.0
        high += _time((pause.possibly,), during and during.possible)
    return Bounds(value, min(low, value), max(high, value))


def pause_unseen(found: Iterable[Pause], timeline: Timeline) -> float:
    """Seconds between stretches of PPV in which the baby was out of view."""
    hidden = unseen(timeline, blink_s=BLINK_S)
    return sum(intervals.overlap_s((pause.seen,), hidden) for pause in found)


def sequences(timeline: Timeline) -> tuple[Spans, ...]:
    """The sequences of PPV: each the stretches of PPV between which there is no pause."""
    stretches = extent(timeline.of("ppv")).seen
    breaks = [pause.seen for pause in pauses(timeline) if pause.counts.value]
    groups: list[list[Span]] = []
    for stretch in stretches:
        if groups and not any(gap.end_s == stretch.start_s for gap in breaks):
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    return tuple(tuple(group) for group in groups)


def sequence_median(timeline: Timeline) -> Bounds:
    """The median length in seconds of a sequence; gaps too short to be a pause belong to it, unseen stretches do not.

    Where it is not sure which gaps are pauses, or PPV may have gone on unrecognised in one, the range runs from the shortest surely
    seen stretch to the longest that all of them together may form.
    """
    ppv = timeline.of("ppv")
    hidden = unknown(timeline, "ppv", blink_s=BLINK_S)
    groups = sequences(timeline)
    lengths = [_sequence_s(group, hidden.seen) for group in groups]
    found = pauses(timeline)
    count = pause_count(found)
    if count.low == count.high and not intervals.overlap_s((pause.possibly for pause in found), hidden.possible):
        members = [[e for e in ppv if group[0].start_s <= e.start_s <= group[-1].end_s] for group in groups]
        lows = [_surely_s(group) for group in members]
        highs = [_possibly_s(group) for group in members]
    else:
        lows = [min(_surely_s([e]) for e in ppv)]
        ends = [(start_bounds(e).low, end_bounds(e).high) for e in ppv] + [pause.possibly for pause in found]
        highs = [max(end_s for _, end_s in ends) - min(start_s for start_s, _ in ends)]
    value = median(lengths)
    return Bounds(value, min(median(lows), value), max(median(highs), value))


def _sequence_s(group: Spans, hidden: Spans) -> float:
    whole = (Span(group[0].start_s, group[-1].end_s),)
    without = intervals.subtract(hidden, group)
    return intervals.length(intervals.subtract(whole, without))


def _surely_s(events: Sequence[Event]) -> float:
    return max(0.0, max(end_bounds(e).low for e in events) - min(start_bounds(e).high for e in events))


def _possibly_s(events: Sequence[Event]) -> float:
    return max(end_bounds(e).high for e in events) - min(start_bounds(e).low for e in events)


def _duration(span: Span) -> float:
    return span.end_s - span.start_s


def _longest(spans: Spans) -> float:
    return max((_duration(span) for span in spans), default=0.0)


def _pause_s(length_s: float) -> float:
    return length_s if length_s > PAUSE_MIN_S else 0.0


def _time(spans: Spans, during: Spans | None) -> float:
    return intervals.length(spans) if during is None else intervals.overlap_s(spans, during)

"""Which events of one timeline are those of another, and how well the two agree.

Pure arithmetic on the spans of one activity. Events match one to one; the matching has as many pairs as can be, and of those
the largest total overlap. It knows nothing of activities, videos, or which of the two timelines is right.
"""

from collections.abc import Sequence
from typing import NamedTuple

from resus_doc.schema import Span

IOU_LEVELS = (0.10, 0.25, 0.50)
"""Overlaps at which events are counted as the same: from *it was noticed* to *most of it was found*."""


class Match(NamedTuple):
    """The places of two matched events in their lists, and their intersection over union."""

    one: int
    other: int
    iou: float


class EventCounts(NamedTuple):
    """Events matched, and events in each of the two lists; counts of several videos may be added up with `plus`."""

    matched: int
    one: int
    other: int

    def plus(self, more: "EventCounts") -> "EventCounts":
        """The counts of both together."""
        return EventCounts(self.matched + more.matched, self.one + more.one, self.other + more.other)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; the same whichever list is called true. None without any event."""
        events = self.one + self.other
        return 2 * self.matched / events if events else None


def iou(one: Span, other: Span) -> float:
    """Intersection over union in seconds, 0 to 1; two empty spans at one moment are the same (1)."""
    shared = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    if shared < 0:
        return 0.0
    whole = max(one.end_s, other.end_s) - min(one.start_s, other.start_s)
    return shared / whole if whole else 1.0


def match(one: Sequence[Span], other: Sequence[Span], least_iou: float) -> list[Match]:
    """One-to-one pairs of at least this overlap, in order of time.

    Both lists may stand in any order. Within a list of spans that do not overlap one another no two pairs can cross, so
    the best order-preserving matching found here is the best of all.
    """
    left = sorted(range(len(one)), key=lambda i: one[i])
    right = sorted(range(len(other)), key=lambda j: other[j])
    overlaps = [[iou(one[i], other[j]) for j in right] for i in left]
    best = _best_scores(overlaps, least_iou)
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs.append(Match(left[i], right[j], overlaps[i][j]))
            i, j = i + 1, j + 1
    return pairs


def _best_scores(overlaps: list[list[float]], least_iou: float) -> list[list[tuple[int, float]]]:
    """For the rest of both lists from (i, j) on: the most pairs, and their largest total overlap."""
    rows, columns = len(overlaps), len(overlaps[0]) if overlaps else 0
    best = [[(0, 0.0)] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            choices = [best[i + 1][j], best[i][j + 1]]
            if overlaps[i][j] >= least_iou and overlaps[i][j] > 0:
                pairs, total = best[i + 1][j + 1]
                choices.append((pairs + 1, total + overlaps[i][j]))
            best[i][j] = max(choices)
    return best


def count(one: Sequence[Span], other: Sequence[Span], least_iou: float) -> EventCounts:
    """How many events match at this overlap, and how many there are."""
    return EventCounts(len(match(one, other, least_iou)), len(one), len(other))


def onset_differences_s(one: Sequence[Span], other: Sequence[Span], least_iou: float = IOU_LEVELS[0]) -> list[float]:
    """For each matched pair, how much later the event begins in `other` than in `one`."""
    return [other[pair.other].start_s - one[pair.one].start_s for pair in match(one, other, least_iou)]


def offset_differences_s(one: Sequence[Span], other: Sequence[Span], least_iou: float = IOU_LEVELS[0]) -> list[float]:
    """For each matched pair, how much later the event ends in `other` than in `one`."""
    return [other[pair.other].end_s - one[pair.one].end_s for pair in match(one, other, least_iou)]

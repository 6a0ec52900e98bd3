"""Arithmetic on stretches of time: union, intersection, difference, gaps, length.

Every function takes spans in any order, overlapping or empty, and gives *clean* spans: sorted, disjoint, not touching,
none empty. A span is the half-open stretch from its start to its end. Pure: knows nothing of activities or videos.
"""

from collections.abc import Iterable
from itertools import pairwise

from resus_doc.schema import Span

Spans = tuple[Span, ...]


def clean(spans: Iterable[Span], *, bridge_s: float = 0.0) -> Spans:
    """The union of the spans; gaps of at most `bridge_s` seconds are bridged."""
    merged: list[Span] = []
    for span in sorted(Span(*span) for span in spans if span[1] > span[0]):
        if merged and span.start_s - merged[-1].end_s <= bridge_s:
            merged[-1] = Span(merged[-1].start_s, max(merged[-1].end_s, span.end_s))
        else:
            merged.append(span)
    return tuple(merged)


def union(*groups: Iterable[Span]) -> Spans:
    """What lies in any of the groups."""
    return clean(span for group in groups for span in group)


def intersect(one: Iterable[Span], other: Iterable[Span]) -> Spans:
    """What lies in both."""
    left, right = clean(one), clean(other)
    found: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start_s, end_s = max(left[i].start_s, right[j].start_s), min(left[i].end_s, right[j].end_s)
        if start_s < end_s:
            found.append(Span(start_s, end_s))
        if left[i].end_s <= right[j].end_s:
            i += 1
        else:
            j += 1
    return tuple(found)


def subtract(one: Iterable[Span], other: Iterable[Span]) -> Spans:
    """What lies in `one` but not in `other`."""
    holes = clean(other)
    left: list[Span] = []
    for span in clean(one):
        at_s = span.start_s
        for hole in holes:
            if hole.end_s <= at_s or hole.start_s >= span.end_s:
                continue
            left.append(Span(at_s, hole.start_s))
            at_s = hole.end_s
        left.append(Span(at_s, span.end_s))
    return tuple(piece for piece in left if piece.end_s > piece.start_s)


def complement(spans: Iterable[Span], within: Span) -> Spans:
    """What of `within` lies in none of the spans."""
    return subtract((within,), spans)


def gaps(spans: Iterable[Span]) -> Spans:
    """The stretches between the first start and the last end that lie in no span."""
    whole = clean(spans)
    return tuple(Span(a.end_s, b.start_s) for a, b in pairwise(whole))


def length(spans: Iterable[Span]) -> float:
    """Seconds that lie in any of the spans; overlapping time counts once."""
    return sum(span.end_s - span.start_s for span in clean(spans))


def overlap_s(one: Iterable[Span], other: Iterable[Span]) -> float:
    """Seconds that lie in both."""
    return length(intersect(one, other))

"""Interval arithmetic against sets of whole seconds: an oracle that knows nothing of spans."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from resus_doc.schema import Span
from resus_doc.tools import intervals

EDGES = st.integers(-5, 30)
SPANS = st.lists(st.builds(lambda a, b: Span(min(a, b), max(a, b)), EDGES, EDGES), max_size=6)


def cells(spans):
    """The whole seconds that the spans fill."""
    return {second for span in spans for second in range(int(span.start_s), int(span.end_s))}


def is_clean(spans):
    apart = all(a.end_s < b.start_s for a, b in pairwise(spans))
    return apart and all(span.start_s < span.end_s for span in spans)


@given(SPANS)
def test_clean_keeps_the_time_and_nothing_else(spans):
    result = intervals.clean(spans)
    assert is_clean(result)
    assert cells(result) == cells(spans)
    assert intervals.clean(result) == result


@given(SPANS, SPANS)
def test_set_operations(one, other):
    for operation, expected in (
        (intervals.union, cells(one) | cells(other)),
        (intervals.intersect, cells(one) & cells(other)),
        (intervals.subtract, cells(one) - cells(other)),
    ):
        result = operation(one, other)
        assert cells(result) == expected
        assert is_clean(result)


@given(SPANS)
def test_length_counts_each_second_once(spans):
    assert intervals.length(spans) == len(cells(spans))


@given(SPANS, SPANS)
def test_overlap(one, other):
    assert intervals.overlap_s(one, other) == len(cells(one) & cells(other))


@given(SPANS)
def test_gaps_fill_the_hull(spans):
    clean = intervals.clean(spans)
    expected = set(range(int(clean[0].start_s), int(clean[-1].end_s))) - cells(spans) if clean else set()
    assert cells(intervals.gaps(spans)) == expected


@given(SPANS, EDGES, EDGES)
def test_complement(spans, a, b):
    within = Span(min(a, b), max(a, b))
    assert cells(intervals.complement(spans, within)) == cells([within]) - cells(spans)


def test_bridge_closes_gaps_up_to_its_length():
    spans = [Span(0, 1), Span(2, 3), Span(5, 6)]
    assert intervals.clean(spans, bridge_s=1.0) == (Span(0, 3), Span(5, 6))
    assert intervals.clean(spans, bridge_s=2.0) == (Span(0, 6),)

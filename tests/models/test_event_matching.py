"""Events match one to one, as many as can be, and agreement does not depend on who is called right."""

from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resus_doc.models.event_matching import EventCounts, count, iou, match, offset_differences_s, onset_differences_s
from resus_doc.schema import Span

cuts = st.lists(st.integers(0, 40), max_size=8, unique=True).map(sorted)
disjoint = cuts.map(lambda at: [Span(float(a), float(b)) for a, b in list(pairwise(at))[::2]])


def most_pairs(one: list[Span], other: list[Span], least_iou: float) -> int:
    """By trying everything."""
    for size in range(min(len(one), len(other)), 0, -1):
        for chosen in combinations(one, size):
            for partners in permutations(other, size):
                if all(iou(a, b) >= least_iou for a, b in zip(chosen, partners, strict=True)):
                    return size
    return 0


@given(disjoint, disjoint, st.sampled_from([0.1, 0.25, 0.5]))
def test_there_are_as_many_pairs_as_can_be_and_none_is_used_twice(one, other, least_iou):
    pairs = match(one, other, least_iou)
    assert len(pairs) == most_pairs(one, other, least_iou)
    assert len({pair.one for pair in pairs}) == len({pair.other for pair in pairs}) == len(pairs)
    assert all(pair.iou == iou(one[pair.one], other[pair.other]) >= least_iou for pair in pairs)


@given(disjoint, disjoint)
def test_agreement_is_the_same_from_both_sides(one, other):
    assert count(one, other, 0.25).f1 == count(other, one, 0.25).f1
    assert sorted(onset_differences_s(one, other)) == pytest.approx(
        sorted(-each for each in onset_differences_s(other, one))
    )


@given(disjoint)
def test_a_timeline_agrees_with_itself(spans):
    assert count(spans, spans, 0.5) == EventCounts(len(spans), len(spans), len(spans))
    assert set(onset_differences_s(spans, spans)) <= {0.0}


def test_the_best_single_overlap_must_not_cost_a_pair():
    one = [Span(0, 10), Span(16, 20)]
    other = [Span(0, 4), Span(5, 20)]
    assert [(pair.one, pair.other) for pair in match(one, other, 0.2)] == [(0, 0), (1, 1)]


def test_overlap_is_intersection_over_union():
    assert iou(Span(0, 10), Span(5, 15)) == pytest.approx(1 / 3)
    assert iou(Span(0, 10), Span(10, 20)) == 0
    assert iou(Span(3, 3), Span(3, 3)) == 1


def test_differences_say_how_much_later_the_other_is():
    assert onset_differences_s([Span(10, 20)], [Span(12, 21)]) == [2]
    assert offset_differences_s([Span(10, 20)], [Span(12, 21)]) == [1]


def test_without_events_there_is_nothing_to_agree_on():
    assert count([], [], 0.1).f1 is None
    assert count([Span(0, 1)], [], 0.1).f1 == 0
    assert EventCounts(1, 2, 3).plus(EventCounts(1, 1, 1)) == EventCounts(2, 3, 4)

"""Signals by the published rules, and none from what varies as by chance."""

from math import comb
from random import Random

import pytest

from resus_doc.tools.run_chart import chart, fewest_crossings, shift_points

CHANCE = [5, 1, 6, 2, 2.5, 7, 1.5, 8, 9, 3, 7.5, 0]


def kinds(values):
    return [signal.split(":")[0] for signal in chart(values).signals]


def test_what_varies_as_by_chance_gives_no_signal():
    assert chart(CHANCE) == (4.0, (), True)


def test_six_in_a_row_on_one_side_are_a_shift_and_five_are_not():
    assert "Shift" in kinds([1, 9, 8, 9, 8, 9, 8, 1, 2, 1, 2, 1])
    assert "Shift" not in kinds([1, 9, 8, 9, 8, 9, 1, 9, 2, 1, 2, 1])


def test_points_on_the_median_neither_count_nor_break_a_shift():
    values = [1, 9, 8, 5, 9, 8, 9, 5, 8, 1, 2, 1, 2, 1]
    assert chart(values).median == 5
    assert "Shift" in kinds(values)


def test_with_more_points_a_shift_needs_to_be_longer():
    """The limits of Anhøj and Olesen's table: one more than 7 for 20 points, 8 for 24, 10 for 100, 11 for 200."""
    assert [shift_points(n) for n in (10, 19, 20, 24, 100, 200)] == [6, 6, 8, 9, 11, 12]
    alternating = [1, 9] * 12
    assert "Shift" not in kinds([*alternating, *[8] * 7, 1, *[1] * 6, *alternating])
    assert "Shift" in kinds([*alternating, *[8] * 12, *[1] * 12, *alternating])


def test_chance_rarely_gives_a_signal_however_many_cases_there_are():
    random = Random(7)
    for points in (12, 24, 100, 200):
        charts = [chart([random.gauss(0, 1) for _ in range(points)]) for _ in range(200)]
        assert sum(bool(each.signals) for each in charts) <= 0.12 * 200


def test_a_line_that_hardly_crosses_the_median_is_told():
    assert "Few crossings" in kinds([1, 2] * 6 + [8, 9] * 6)


@pytest.mark.parametrize("points", [10, 11, 20, 24, 40])
def test_the_limit_of_crossings_is_the_binomial_quantile(points):
    least = fewest_crossings(points)
    chances = points - 1
    assert sum(comb(chances, k) for k in range(least)) < 0.05 * 2**chances
    assert sum(comb(chances, k) for k in range(least + 1)) >= 0.05 * 2**chances


def test_few_points_give_a_median_and_no_signal():
    assert chart([1, 2, 3, 4, 5, 6]) == (3.5, (), False)
    assert chart([]) is None

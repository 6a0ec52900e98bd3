"""Scores and thresholds, on numbers small enough to check by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resus_doc.models import evaluation
from resus_doc.schema import Span

STARTS = np.arange(5, dtype=float)
spans = st.lists(st.tuples(st.floats(0, 9), st.floats(0, 3)).map(lambda p: Span(p[0], p[0] + p[1])), max_size=6)


def test_a_window_is_positive_when_covered_more_than_half():
    truth = evaluation.truth_of({"suction": [Span(1.0, 2.0), Span(3.0, 4.2)]}, STARTS, 2.0)
    assert truth.columns["suction"].tolist() == [False, False, False, True, False]


def test_ventilation_is_the_union_of_mask_support():
    truth = evaluation.truth_of({"ppv": [Span(0, 0.7)], "cpap": [Span(0.7, 1.4)]}, STARTS, 2.0)
    assert not truth.columns["ppv"][0] and not truth.columns["cpap"][0]
    assert truth.columns["ventilation"].tolist() == [True, False, False, False, False]


@given(spans)
def test_coverage_stays_within_the_window_and_ignores_order(found):
    seconds = evaluation.covered(found, STARTS, 2.0)
    assert (seconds >= 0).all() and (seconds <= 2 + 1e-9).all()
    np.testing.assert_allclose(seconds, evaluation.covered(found[::-1], STARTS, 2.0))


def test_scores_by_hand():
    truth = np.array([True, True, False, False])
    result = evaluation.score(truth, np.array([True, False, True, False]))
    assert result == (0.5, 0.5, 0.5, 2, 2)
    assert evaluation.score(truth, np.zeros(4, bool)).f1 == 0


def test_predicted_ventilation_is_any_mask_label():
    truth = evaluation.truth_of({"ppv": [Span(0, 2)], "cpap": [Span(3, 5)]}, STARTS, 2.0)
    predicted = np.array([[0, 1], [0, 0], [0, 0], [0, 1], [0, 0]], bool)
    scores = evaluation.per_class(truth, predicted, ["ppv", "cpap"])
    assert scores["ppv"].f1 == 0
    assert scores["ventilation"].f1 == 1


def test_always_yes_has_the_prior_as_precision():
    truth = evaluation.truth_of({"stimulation": [Span(0, 2)]}, STARTS, 2.0)
    assert evaluation.always_yes(truth)["stimulation"] == pytest.approx((0.2, 1.0, 1 / 3, 1, 5))


def test_thresholds_lie_where_f1_is_best():
    probabilities = np.array([[0.1], [0.2], [0.6], [0.7]])
    chosen = evaluation.best_thresholds(probabilities, np.array([[False], [False], [True], [True]]), ["suction"])
    assert 0.2 < chosen["suction"] <= 0.6


def test_an_overconfident_label_gets_a_higher_temperature():
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, 4000)
    truth = rng.random(4000) < 1 / (1 + np.exp(-honest))
    chosen = evaluation.best_temperatures((honest * 3)[:, None], truth[:, None], ["ppv"])
    assert chosen["ppv"] == pytest.approx(3, rel=0.15)


def test_area_under_the_curve():
    assert evaluation.area_under_curve(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1
    assert evaluation.area_under_curve(np.array([1.0]), np.array([1.0])) == 0.5

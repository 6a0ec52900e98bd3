"""Heart-rate rules: decided only where readings agree around the moment that counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resus_doc.guidelines.logic import Known
from resus_doc.guidelines.rules import evaluate
from resus_doc.guidelines.vital_signs import heart_rate_below_100
from resus_doc.schema import Vitals, VitalSeries
from tests.guidelines.test_rules import PPV_RULE, event, finding, timeline, wider

RATE_RULE = "aha-2025.compressions-heart-rate"


def heart_rate(*points):
    series = (VitalSeries(sign="hr_bpm", points=points),)
    return Vitals(source="m.csv", sha256="0", offset_s=0.0, gap_s=5.0, series=series)


def steady(rate, start_s=0, end_s=200):
    return heart_rate(*((float(t), float(rate)) for t in range(start_s, end_s)))


def with_compressions(spread=0.0, **named):
    return timeline(event(1, "ppv", 20, 80), event(2, "chest_compressions", 80, 120, spread, **named))


@pytest.mark.parametrize(("rate", "verdict"), [(59, "met"), (60, "not_met"), (61, "not_met"), (40, "met")])
def test_the_heart_rate_before_compressions_is_held_against_the_limit(rate, verdict):
    found = finding(with_compressions(), RATE_RULE, Known(vitals=steady(rate)))
    assert (found.verdict, found.observed_value, found.threshold, found.unit) == (verdict, rate, 60, "bpm")
    assert found.events == ("E2",)


def test_a_rate_is_told_on_its_side_of_the_limit():
    found = finding(with_compressions(), RATE_RULE, Known(vitals=steady(59.6)))
    assert (found.verdict, found.observed_value) == ("met", 59.6)
    assert "59.6 per minute" in found.observed


def test_readings_that_differ_leave_it_open():
    vitals = heart_rate((72.0, 70.0), (75.0, 65.0), (78.0, 55.0))
    found = finding(with_compressions(), RATE_RULE, Known(vitals=vitals))
    assert found.verdict == "indeterminate"
    assert found.observed_value == 55


@pytest.mark.parametrize(("zero", "view"), [("video_start", ((0, 200),)), ("given", ((10, 40), (50, 200)))])
def test_compressions_that_may_have_begun_unseen_have_no_heart_rate_at_their_beginning(zero, view):
    case = timeline(event(2, "chest_compressions", 80, 120), zero=zero, observed=view)
    found = finding(case, RATE_RULE, Known(vitals=steady(55)))
    assert found.verdict == "not_assessable"
    assert "may have begun earlier" in found.reason
    assert found.observed_value == 55


@pytest.mark.parametrize(
    ("vitals", "case"),
    [
        (None, with_compressions()),
        (heart_rate((78.0, 55.0)), with_compressions()),
        (steady(55, 0, 60), with_compressions()),
        (steady(55, 81, 200), with_compressions()),
        (steady(55), with_compressions(spread=8.0)),
        (steady(55), with_compressions(censored_start=True)),
    ],
)
def test_without_close_readings_it_is_not_assessable(vitals, case):
    found = finding(case, RATE_RULE, Known(vitals=vitals))
    assert found.verdict == "not_assessable"
    assert found.reason


@pytest.mark.parametrize(
    ("rate", "ppv_s", "verdict"), [(80, 40, "met"), (80, 90, "not_met"), (100, 40, "not_assessable")]
)
def test_a_heart_rate_below_100_makes_the_first_minute_assessable(rate, ppv_s, verdict):
    case = timeline(event(1, "ppv", ppv_s, 150))
    found = finding(case, PPV_RULE, Known(vitals=steady(rate)))
    assert found.verdict == verdict
    if verdict == "not_assessable":
        assert "Neither the video nor the vital signs show" in found.reason


def test_the_first_minute_needs_the_time_of_birth_and_readings_that_agree():
    vitals = steady(80)
    assert heart_rate_below_100(timeline(zero="given"), vitals) is True
    assert heart_rate_below_100(timeline(zero="video_start"), vitals) is None
    assert heart_rate_below_100(timeline(), heart_rate((52.0, 90.0), (55.0, 110.0), (58.0, 90.0))) is None
    assert heart_rate_below_100(timeline(), heart_rate((55.0, 90.0))) is None
    assert heart_rate_below_100(timeline(event(1, "ppv", 0, 30, censored_start=True)), vitals) is None


def test_what_a_user_knows_stands_beside_the_readings():
    case = timeline(event(1, "ppv", 40, 150))
    assert finding(case, PPV_RULE, Known({"heart_rate_below_100": True}, vitals=steady(120))).verdict == "met"


@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(40, 120)), max_size=40, unique_by=lambda p: p[0]),
    st.floats(0, 8),
    st.floats(0.1, 20),
)
def test_wider_ranges_never_make_a_heart_rate_verdict_firmer(points, spread, by_s):
    known = Known(vitals=heart_rate(*((float(t), float(v)) for t, v in sorted(points))))
    case = with_compressions(spread=spread)
    wide = {found.rule_id: found.verdict for found in evaluate_aha(wider(case, by_s), known)}
    for found in evaluate_aha(case, known):
        assert wide[found.rule_id] in (found.verdict, "indeterminate", "not_assessable")


def evaluate_aha(case, known):
    from resus_doc.guidelines.profile import load

    return evaluate(load("aha-2025"), case, (), known=known).findings

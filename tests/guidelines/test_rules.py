"""Verdicts: three-valued, with reasons, never firmer for a wider range."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resus_doc.guidelines.logic import Condition, Known, conjunction, disjunction, negation, truth, unknowns, was_seen
from resus_doc.guidelines.observables import observe
from resus_doc.guidelines.profile import Limit, load
from resus_doc.guidelines.rules import compare, evaluate, withhold
from resus_doc.schema import ACTIVITIES, Event, Measure, Span, Timeline, TimeZero
from resus_doc.tools.measures import compute

AHA = load("aha-2025")
NOT_BREATHING = Known({"not_breathing_or_gasping": True})


def event(number, activity, start_s, end_s, spread=0.0, **named):
    return Event(
        id=f"E{number}",
        activity=activity,
        start_s=start_s,
        end_s=end_s,
        confidence=0.9,
        start_range_s=(start_s - spread, start_s + spread),
        end_range_s=(end_s - spread, end_s + spread),
        source="detector",
        **named,
    )


def timeline(*events, zero="given", zero_s=0.0, zero_spread=0.0, observed=((10.0, 200.0),), covered=ACTIVITIES):
    views = () if any(each.activity == "baby_visible" for each in events) else in_view(*observed)
    return Timeline(
        events=(*events, *views),
        covered=covered,
        observed=tuple(Span(*span) for span in observed),
        duration_s=200.0,
        time_zero=TimeZero(t_s=zero_s, range_s=(zero_s - zero_spread, zero_s + zero_spread), source=zero),
    )


def in_view(*spans):
    return tuple(
        event(f"V{number}", "baby_visible", *span, censored_start=span[0] == 0) for number, span in enumerate(spans, 1)
    )


def finding(case, rule_id, known=NOT_BREATHING, measures=(), profile=AHA):
    found = {found.rule_id: found for found in evaluate(profile, case, measures, known=known).findings}
    return found.get(rule_id)


PPV_RULE = "aha-2025.ppv-within-60s"
CPR_RULE = "aha-2025.compressions-after-ppv"
PAUSE_RULE = "quality-metrics.ppv-pause-longest"

# --- logic


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (True, True, True, True),
        (True, False, False, True),
        (True, None, None, True),
        (False, False, False, False),
        (False, None, False, None),
        (None, None, None, None),
    ],
)
def test_kleene_tables(left, right, both, either):
    assert conjunction([left, right]) is conjunction([right, left]) is both
    assert disjunction([left, right]) is disjunction([right, left]) is either
    assert negation(left) is (None if left is None else not left)


def test_absence_counts_only_where_it_could_have_been_seen():
    assert was_seen("suction", timeline()) is False
    assert was_seen("suction", timeline(covered=("ppv",))) is None
    assert was_seen("suction", timeline(observed=())) is None
    assert was_seen("suction", timeline(observed=((10, 50), (80, 200)))) is None
    assert was_seen("suction", timeline(observed=((10, 50), (51, 200)))) is False
    assert was_seen("suction", timeline(event(1, "suction", 20, 25), observed=((10, 50), (80, 200)))) is True
    assert was_seen("ppv", timeline(event(1, "ventilation", 20, 25))) is None


@pytest.mark.parametrize(("weeks", "expected"), [(None, None), (31.9, True), (32.0, False)])
def test_gestation(weeks, expected):
    condition = Condition(gestation_under_weeks=32)
    assert truth(condition, timeline(), Known(gestation_weeks=weeks)) is expected
    assert truth(Condition(gestation_from_weeks=32), timeline(), Known(gestation_weeks=weeks)) is negation(expected)


def test_unknown_parts_are_named_and_known_ones_are_not():
    condition = Condition.model_validate({"all": [{"known": "breathing"}, {"gestation_under_weeks": 32}]})
    assert unknowns(condition, timeline(), Known({"breathing": True})) == ("the gestational age",)
    assert unknowns(condition, timeline(), Known({"breathing": False})) == ()


# --- conditions


def test_a_rule_whose_condition_is_false_is_silent():
    known = Known({"not_breathing_or_gasping": False, "heart_rate_below_100": False})
    assert finding(timeline(event(1, "ppv", 90, 120)), PPV_RULE, known) is None
    assert finding(timeline(event(1, "ppv", 90, 120)), CPR_RULE) is None


def test_a_rule_whose_condition_is_unknown_gives_the_interval_and_no_verdict():
    found = finding(timeline(event(1, "ppv", 90, 120)), PPV_RULE, Known())
    assert found.verdict == "not_assessable"
    assert found.observed_value == 90
    assert "90.0 s after birth" in found.observed
    assert "apnoeic or gasping" in found.reason
    assert "heart rate was below 100" in found.reason


def test_one_true_part_of_an_either_or_decides():
    known = Known({"heart_rate_below_100": True})
    assert finding(timeline(event(1, "ppv", 30, 120)), PPV_RULE, known).verdict == "met"


def test_suction_seen_is_never_not_met():
    case = timeline(event(1, "suction", 12, 90))
    for profile_id in ("aha-2025", "erc-2025", "hbb-2"):
        adherence = evaluate(load(profile_id), case, ())
        about_suction = [found for found in adherence.findings if "suction" in found.rule_id]
        assert about_suction
        assert all(found.verdict == "not_assessable" for found in about_suction)


# --- limits


@pytest.mark.parametrize(
    ("onset_s", "spread", "verdict"),
    [
        (60.0, 0.0, "met"),
        (60.1, 0.0, "not_met"),
        (58.0, 1.9, "met"),
        (58.0, 2.1, "indeterminate"),
        (62.0, 1.9, "not_met"),
        (62.0, 2.1, "indeterminate"),
    ],
)
def test_ppv_within_60_s_of_birth(onset_s, spread, verdict):
    found = finding(timeline(event(1, "ppv", onset_s, 120, spread)), PPV_RULE)
    assert found.verdict == verdict
    assert (found.reason is None) == (verdict in ("met", "not_met"))
    assert found.threshold == 60
    assert found.events == ("E1",)
    assert not found.verified


@pytest.mark.parametrize(
    ("birth_s", "onset_s", "verdict", "told"),
    [(0.0, 60.04, "not_met", "60.04 s"), (0.0, 59.96, "met", "59.96 s"), (4.4, 64.4, "met", "60.0 s")],
)
def test_what_is_told_lies_on_its_side_of_the_limit(birth_s, onset_s, verdict, told):
    """64.4 - 4.4 is a little more than 60 in binary."""
    found = finding(timeline(event(1, "ppv", onset_s, 120), zero_s=birth_s), PPV_RULE)
    assert (found.verdict, found.observed) == (verdict, f"PPV was first seen {told} after birth.")
    assert found.observed_value == round(onset_s - birth_s, 3)


def test_ppv_before_birth_makes_the_time_of_birth_wrong_and_no_rule_met():
    found = finding(timeline(event(1, "ppv", 12, 90), zero_s=20), PPV_RULE)
    assert found.verdict == "not_assessable"
    assert "cannot be right" in found.reason
    assert found.observed == "PPV was first seen 8.0 s before birth."
    unsure = finding(timeline(event(1, "ppv", 12, 90), zero_s=20, zero_spread=10), PPV_RULE)
    assert unsure.verdict == "not_assessable" and "known more exactly" in unsure.reason
    assert unsure.observed == "PPV was first seen 8.0 s before birth (range 18.0 s before to 2.0 s after)."
    before = finding(timeline(event(1, "ppv", 12, 90, 1), zero_s=20), PPV_RULE)
    assert before.observed == "PPV was first seen 8.0 s before birth (range 7.0 s to 9.0 s)."


def test_uncertainty_of_the_time_of_birth_counts():
    case = timeline(event(1, "ppv", 55, 120), zero_spread=10)
    assert finding(case, PPV_RULE).verdict == "indeterminate"


def test_a_measure_that_is_less_sure_than_the_event_widens_the_range():
    measure = Measure(id="M4", name="time_to_first_ppv", value=55, unit="s", range=(50, 65), events=("E1",))
    found = finding(timeline(event(1, "ppv", 55, 120)), PPV_RULE, measures=(measure,))
    assert found.verdict == "indeterminate"
    assert found.measures == ("M4",)


def test_birth_rules_are_not_assessable_from_another_zero_and_say_which():
    case = timeline(event(1, "ppv", 55, 120), zero="table_arrival", zero_s=10)
    found = finding(case, PPV_RULE)
    assert found.verdict == "not_assessable"
    assert "arrival on the table" in found.reason
    assert "45.0 s after arrival on the table" in found.observed


def test_no_verdict_hangs_on_a_censored_edge():
    case = timeline(event(1, "ppv", 0, 120, censored_start=True), zero_s=-10, observed=((0, 200),))
    found = finding(case, PPV_RULE)
    assert found.verdict == "not_assessable"
    assert "start of the recording" in found.reason


def test_late_ppv_is_indeterminate_when_earlier_ppv_could_be_out_of_view():
    late = event(1, "ppv", 90, 120)
    assert finding(timeline(late), PPV_RULE).verdict == "not_met"
    assert finding(timeline(late, observed=((10, 30), (50, 200))), PPV_RULE).verdict == "indeterminate"
    assert finding(timeline(late, observed=((10, 70), (80, 200))), PPV_RULE).verdict == "not_met"
    before_the_recording = timeline(late, zero_s=-20, observed=((0, 200),))
    assert finding(before_the_recording, PPV_RULE).verdict == "indeterminate"


def test_ppv_never_seen():
    assert finding(timeline(), PPV_RULE).verdict == "not_met"
    assert finding(timeline(observed=((10, 50),)), PPV_RULE).verdict == "indeterminate"
    assert finding(timeline(observed=()), PPV_RULE).verdict == "not_assessable"


def test_mask_support_of_unknown_kind_gives_its_interval_and_no_verdict():
    covered = ("baby_visible", "ventilation", "stimulation", "suction")
    case = timeline(event(1, "ventilation", 80, 120), covered=covered)
    found = finding(case, PPV_RULE)
    assert found.verdict == "not_assessable"
    assert "PPV" in found.reason
    assert "80.0 s after birth" in found.observed
    assert found.observed_value == 80
    assert finding(case, PAUSE_RULE).verdict == "not_assessable"


@pytest.mark.parametrize(
    ("ppv", "compressions_s", "verdict"),
    [
        ([(20, 90)], 60, "met"),
        ([(20, 90)], 50, "met"),
        ([(20, 90)], 49, "not_met"),
        ([(20, 30), (40, 90)], 75, "met"),
        ([(20, 30), (40, 90)], 55, "indeterminate"),
        ([(70, 90)], 60, "not_met"),
        ([], 60, "not_met"),
    ],
)
def test_ppv_before_compressions(ppv, compressions_s, verdict):
    events = [event(number, "ppv", *span) for number, span in enumerate(ppv, 1)]
    case = timeline(*events, event(9, "chest_compressions", compressions_s, 150), zero="table_arrival", zero_s=10)
    found = finding(case, CPR_RULE, Known())
    assert found.verdict == verdict
    assert "E9" in found.events


def test_ppv_before_compressions_that_could_be_before_the_recording():
    compressions = event(2, "chest_compressions", 25, 150)
    running = event(1, "ppv", 0, 100, censored_start=True)
    case = timeline(running, compressions, zero="video_start", observed=((0, 200),))
    assert finding(case, CPR_RULE).verdict == "indeterminate"
    enough = timeline(running, event(2, "chest_compressions", 45, 150), zero="video_start", observed=((0, 200),))
    found = finding(enough, CPR_RULE)
    assert found.verdict == "indeterminate"
    assert "compressions before these, may have been given" in found.reason
    cut = event(2, "chest_compressions", 0, 150, censored_start=True)
    assert finding(timeline(cut, zero="video_start", observed=((0, 200),)), CPR_RULE).verdict == "not_assessable"


BEFORE = (("video_start", 0, 0), ("given", -20, 0), ("given", -2, 0), ("given", 0, 8))
"""What bounds the time before a recording that begins with the baby in view: nothing, or birth give or take seconds."""


@pytest.mark.parametrize(
    ("bound", "verdict"), zip(BEFORE, ["indeterminate", "indeterminate", "not_met", "indeterminate"], strict=True)
)
@pytest.mark.parametrize("ppv", [(), (event(1, "ppv", 10, 20),), (event(1, "ppv", 0, 20, censored_start=True),)])
def test_too_little_ppv_is_not_met_only_if_none_before_the_recording_could_make_it_enough(ppv, bound, verdict):
    zero, zero_s, spread = bound
    case = timeline(
        *ppv,
        event(2, "chest_compressions", 25, 150),
        zero=zero,
        zero_s=zero_s,
        zero_spread=spread,
        observed=((0, 200),),
    )
    found = finding(case, CPR_RULE)
    assert found.verdict == verdict
    assert verdict == "not_met" or "not recorded" in found.reason


def test_mask_support_of_unknown_kind_at_the_start_of_the_recording_may_be_ppv_from_before():
    unknown_kind = event(1, "ventilation", 0, 20, censored_start=True)
    case = timeline(unknown_kind, event(2, "chest_compressions", 25, 150), zero="table_arrival", zero_s=10)
    assert finding(case, CPR_RULE).verdict == "indeterminate"


@pytest.mark.parametrize(
    "view",
    [
        event("V1", "baby_visible", 2.5, 200),
        event("V1", "baby_visible", 12, 200, censored_start=True),
    ],
    ids=["an empty table for too short a time", "the first seconds cannot be read"],
)
def test_a_view_that_begins_a_little_late_is_no_arrival(view):
    compressions = event(2, "chest_compressions", view.start_s + 5, 150)
    case = timeline(view, compressions, zero_s=-40, observed=((view.start_s, 200),))
    assert finding(case, CPR_RULE).verdict == "indeterminate"
    late = timeline(view, event(1, "ppv", 90, 120), zero_s=-20, observed=((view.start_s, 200),))
    assert finding(late, PPV_RULE).verdict == "indeterminate"


def test_an_arrival_between_two_recordings_leaves_the_time_between_them_open():
    view = event("V1", "baby_visible", 120, 200).model_copy(update={"start_range_s": (60.0, 120.0)})
    compressions = event(2, "chest_compressions", 125, 150)
    between = timeline(view, compressions, zero="table_arrival", zero_s=120, observed=((120, 200),))
    assert finding(between, CPR_RULE).verdict == "indeterminate"
    filmed = timeline(compressions, zero="table_arrival", zero_s=120, observed=((120, 200),))
    assert finding(filmed, CPR_RULE).verdict == "not_met"


@pytest.mark.parametrize(
    ("ppv", "view", "verdict"),
    [
        ([(12, 18), (42, 78)], [(10, 200)], "met"),
        ([(12, 18), (42, 78)], [(10, 20), (40, 200)], "indeterminate"),
        ([(12, 43), (60, 78)], [(10, 45), (55, 200)], "met"),
        ([(60, 78)], [(10, 15), (55, 200)], "indeterminate"),
        ([(70, 78)], [(10, 60), (65, 200)], "not_met"),
    ],
)
def test_compressions_may_have_begun_out_of_view_before_there_was_enough_ppv(ppv, view, verdict):
    events = [event(number, "ppv", *span) for number, span in enumerate(ppv, 1)]
    case = timeline(
        *events, event(9, "chest_compressions", 80, 150), zero="table_arrival", zero_s=10, observed=tuple(view)
    )
    assert finding(case, CPR_RULE, Known()).verdict == verdict


def test_a_time_from_the_start_of_the_video_is_open_to_what_came_before_it():
    late = event(1, "ppv", 90, 120)
    assert observe("time_to_first_ppv", "s", timeline(late, zero="video_start", observed=((0, 200),)), ()).low == 0
    assert observe("time_to_first_ppv", "s", timeline(late, zero="table_arrival", zero_s=10), ()).low == 80


def test_a_fraction_from_the_beginning_of_ppv_needs_that_beginning():
    case = timeline(event(1, "ppv", 20, 90), zero="video_start", observed=((0, 200),))
    open_start = observe("ppv_fraction_first_30s", "fraction", case, compute(case))
    assert open_start.value == 1
    assert "may have begun earlier" in open_start.reason
    filmed = timeline(event(1, "ppv", 20, 90), zero="table_arrival", zero_s=10)
    assert observe("ppv_fraction_first_30s", "fraction", filmed, compute(filmed)).reason is None


@pytest.mark.parametrize(
    ("value", "span", "verdict"),
    [(9, None, "met"), (10, None, "met"), (11, None, "not_met"), (9, (8, 12), "indeterminate"), (None, None, None)],
)
def test_pause_limit_is_a_quality_metric(value, span, verdict):
    measure = Measure(id="M1", name="ppv_pause_longest", value=value, unit="s", range=span, events=("E1",))
    found = finding(timeline(event(1, "ppv", 20, 90)), PAUSE_RULE, measures=(measure,))
    assert found.kind == "quality_metric"
    assert found.verdict == (verdict or "not_assessable")


def test_a_pause_of_ppv_says_how_much_of_it_was_cpap():
    case = timeline(event(1, "ppv", 20, 40), event(2, "cpap", 42, 58), event(3, "ppv", 61, 90))
    found = finding(case, PAUSE_RULE, measures=compute(case))
    assert found.verdict == "not_met"
    assert found.observed.endswith(" CPAP was seen for 16.0 s of all pauses of PPV.")
    plain = timeline(event(1, "ppv", 20, 40), event(3, "ppv", 61, 90))
    assert "CPAP" not in finding(plain, PAUSE_RULE, measures=compute(plain)).observed


def test_a_range_that_reaches_over_the_limit_is_told_so():
    for span, told in (((9.956, 10.851), "9.9 s to 10.9 s"), ((9.996, 10.04), "9.9 s to 10.1 s")):
        measure = Measure(id="M1", name="ppv_pause_longest", value=10.02, unit="s", range=span, events=("E1",))
        assert (
            f"(range {told})." in finding(timeline(event(1, "ppv", 20, 90)), PAUSE_RULE, measures=(measure,)).observed
        )


def test_a_range_on_one_side_of_the_limit_is_told_there():
    for span, told in (((9.2, 9.96), "9.2 s to 9.96 s"), ((10.04, 10.5), "10.04 s to 10.5 s")):
        measure = Measure(id="M1", name="ppv_pause_longest", value=span[0], unit="s", range=span, events=("E1",))
        observed = finding(timeline(event(1, "ppv", 20, 90)), PAUSE_RULE, measures=(measure,)).observed
        assert f"(range {told})." in observed


def test_a_share_is_told_in_per_cent():
    measure = Measure(id="M1", name="ppv_fraction_first_30s", value=0.6527, unit="fraction", range=(0.6383, 0.6681))
    found = finding(timeline(event(1, "ppv", 20, 90)), "quality-metrics.ppv-fraction-30s", measures=(measure,))
    assert found.observed == "PPV filled 65 % of the first 30 s after it began (range 63 % to 67 %)."


def test_a_pause_that_was_not_there_has_no_length():
    measure = Measure(id="M1", name="ppv_pause_longest", value=0, unit="s", range=None)
    assert finding(timeline(event(1, "ppv", 20, 90)), PAUSE_RULE, measures=(measure,)).observed == (
        "No pause of PPV was seen."
    )


def test_a_pause_that_may_have_been_is_not_said_to_have_lasted_no_time():
    measure = Measure(id="M1", name="ppv_pause_longest", value=0, unit="s", range=(0, 2.3))
    assert finding(timeline(event(1, "ppv", 20, 90)), PAUSE_RULE, measures=(measure,)).observed == (
        "No pause of PPV was seen for certain (range 0.0 s to 2.3 s)."
    )


def test_metrics_without_a_limit_are_information():
    measure = Measure(id="M1", name="no_activity_total", value=31.5, unit="s", range=None)
    found = finding(timeline(), "quality-metrics.no-activity", measures=(measure,))
    assert found.verdict == "not_assessable"
    assert found.observed_value == 31.5
    assert "No limit" in found.reason


def test_one_kind_of_mask_support_does_not_tell_when_any_began():
    found = finding(timeline(event(1, "ppv", 80, 120), covered=("ppv",)), "quality-metrics.time-to-mask-support")
    assert found.observed_value is None
    assert "does not cover all kinds" in found.observed and "may have begun earlier" in found.reason


def test_nothing_seen_is_not_nothing_done():
    never_seen = finding(timeline(observed=()), "quality-metrics.time-to-mask-support")
    assert never_seen.observed == "The baby was never in view."
    not_covered = finding(timeline(covered=("suction",)), "quality-metrics.time-to-mask-support")
    assert "does not cover" in not_covered.observed
    covered_in_part = finding(timeline(covered=("ppv",)), "quality-metrics.time-to-mask-support")
    assert "does not cover" in covered_in_part.observed
    none = finding(timeline(), "quality-metrics.time-to-mask-support")
    assert none.observed == "No mask support was seen while the baby was in view."
    assert none.observed_value is None


# --- what comes out


def test_ids_and_passages_are_numbered_in_order():
    adherence = evaluate(AHA, timeline(event(1, "ppv", 20, 90), event(2, "chest_compressions", 60, 90)), (), 5)
    assert [found.id for found in adherence.findings] == [f"F{5 + n}" for n in range(len(adherence.findings))]
    cited = list(dict.fromkeys(passage for found in adherence.findings for passage in found.passages))
    assert [passage.id for passage in adherence.passages] == cited == [f"P{n + 1}" for n in range(len(cited))]


def test_quality_metrics_ride_along_once():
    with_guideline = evaluate(AHA, timeline(), ()).findings
    alone = evaluate(load("quality-metrics"), timeline(), ()).findings
    metrics = [found.rule_id for found in with_guideline if found.kind == "quality_metric"]
    assert metrics == [found.rule_id for found in alone]
    assert metrics


def test_withheld_findings_are_all_not_assessable():
    adherence = withhold(AHA, "The video is unlike the training data.")
    assert len(adherence.findings) == len(AHA.rules) + len(load("quality-metrics").rules)
    for found in adherence.findings:
        assert found.verdict == "not_assessable"
        assert found.reason == "The video is unlike the training data."
        assert found.observed_value is None
        assert not found.events


def test_a_rule_that_is_not_verified_says_so():
    found = {found.rule_id: found.verified for found in evaluate(AHA, timeline(), ()).findings}
    assert found["aha-2025.cord-clamping-deferred"]
    assert not found[PPV_RULE]


# --- properties

edge = st.floats(0, 200, allow_nan=False).map(lambda value: round(value, 1))
spread = st.floats(0, 15, allow_nan=False).map(lambda value: round(value, 1))
acts = st.sampled_from(["ppv", "cpap", "ventilation", "suction", "stimulation", "chest_compressions"])


@st.composite
def cases(draw):
    events = []
    for number in range(draw(st.integers(0, 6))):
        start_s = draw(edge)
        end_s = start_s + draw(st.integers(1, 600)) / 10
        events.append(event(number, draw(acts), start_s, end_s, draw(spread), censored_start=start_s == 0))
    edges = sorted(draw(st.lists(edge, min_size=0, max_size=6)))
    observed = tuple(zip(edges[::2], edges[1::2], strict=False))
    zero = draw(st.sampled_from(["given", "table_arrival", "video_start"]))
    zero_s = draw(st.floats(-90, 60).map(lambda value: round(value, 1))) if zero == "given" else 0.0
    return timeline(*events, zero=zero, zero_s=zero_s, zero_spread=draw(spread), observed=observed)


def wider(case, by_s):
    def widen(span):
        return (span[0] - by_s, span[1] + by_s)

    events = tuple(
        found.model_copy(update={"start_range_s": widen(found.start_range_s), "end_range_s": widen(found.end_range_s)})
        for found in case.events
    )
    zero = case.time_zero.model_copy(update={"range_s": widen(case.time_zero.range_s)})
    return case.model_copy(update={"events": events, "time_zero": zero})


def verdicts(case, known=NOT_BREATHING):
    return {found.rule_id: found.verdict for found in evaluate(AHA, case, (), known=known).findings}


@given(cases(), st.floats(0.1, 60))
def test_widening_ranges_never_makes_a_verdict_firmer(case, by_s):
    firm, wide = verdicts(case), verdicts(wider(case, by_s))
    assert firm.keys() == wide.keys()
    for rule_id, verdict in wide.items():
        assert verdict in (firm[rule_id], "indeterminate")
        assert not (firm[rule_id] == "not_assessable" and verdict != "not_assessable")


@given(cases(), st.floats(0.1, 60))
def test_widening_ranges_never_makes_a_verdict_of_the_measures_firmer(case, by_s):
    wide_case = wider(case, by_s)
    firm = {found.rule_id: found for found in evaluate(AHA, case, compute(case), known=NOT_BREATHING).findings}
    wide = evaluate(AHA, wide_case, compute(wide_case), known=NOT_BREATHING).findings
    for found in wide:
        assert found.verdict in (firm[found.rule_id].verdict, "indeterminate", "not_assessable")


@given(cases())
def test_values_are_those_of_the_measures_they_cite(case):
    measures = {measure.id: measure for measure in compute(case)}
    for found in evaluate(AHA, case, tuple(measures.values()), known=NOT_BREATHING).findings:
        for cited in found.measures:
            value = measures[cited].value
            assert (
                found.observed_value is None or value is None or math.isclose(found.observed_value, value, abs_tol=2e-3)
            )


@given(cases(), st.integers(-270, 600))
def test_shifting_all_times_changes_nothing_that_counts_from_birth(case, by_ds):
    """The same course on another clock, the empty table still filmed first: every verdict and every interval stays."""
    known = known_birth(case, 0.0)
    moved = known_birth(case, by_ds / 10)
    first = evaluate(AHA, known, (), known=NOT_BREATHING).findings
    second = evaluate(AHA, moved, (), known=NOT_BREATHING).findings
    decided = [found for found in first if found.rule_id in (PPV_RULE, CPR_RULE)]
    for found, other in zip(decided, [f for f in second if f.rule_id in (PPV_RULE, CPR_RULE)], strict=True):
        assert found.verdict == other.verdict
        assert (found.observed_value is None) == (other.observed_value is None)
        if found.observed_value is not None:
            assert math.isclose(found.observed_value, other.observed_value, abs_tol=1e-6)


def known_birth(case, by_s):
    """The case with the baby in view from 30 s on and no event at an edge, all times moved."""

    def at(span):
        return (span[0] + by_s, span[1] + by_s)

    events = tuple(
        each.model_copy(
            update={
                "start_s": each.start_s + by_s,
                "end_s": each.end_s + by_s,
                "start_range_s": at(each.start_range_s),
                "end_range_s": at(each.end_range_s),
                "censored_start": False,
            }
        )
        for each in case.events
        if each.activity != "baby_visible"
    )
    zero = TimeZero(t_s=by_s - 20, range_s=(by_s - 20, by_s - 20), source="given")
    view = Span(30 + by_s, 260 + by_s)
    return case.model_copy(update={"events": (*events, *in_view(view)), "time_zero": zero, "observed": (view,)})


@given(cases())
def test_knowing_less_never_makes_a_verdict_firmer(case):
    more, less = verdicts(case), verdicts(case, Known())
    assert all(verdict in (more[rule_id], "not_assessable") for rule_id, verdict in less.items())


@given(cases())
def test_every_finding_that_is_not_decided_has_a_reason(case):
    for found in evaluate(AHA, case, ()).findings:
        assert bool(found.reason) == (found.verdict in ("indeterminate", "not_assessable"))
        assert set(found.events) <= {known.id for known in case.events}
        assert found.observed_value is None or math.isfinite(found.observed_value)
        assert "inf" not in found.observed.split()


@given(st.floats(-1e3, 1e3), st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.booleans())
def test_compare_is_three_valued(limit, low, width, more, most):
    check = Limit(kind="limit", of="x", unit="s", basis=None, **{"at_most" if most else "at_least": limit})
    verdict, wide = compare(check, low, low + width), compare(check, low - more, low + width + more)
    assert wide in (verdict, "indeterminate")
    assert {compare(check, limit - 2, limit - 1), compare(check, limit + 1, limit + 2)} == {"met", "not_met"}

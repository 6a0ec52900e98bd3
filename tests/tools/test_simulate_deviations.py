"""Deviations: each kind is drawn often enough, and what a debrief finds in the truth is what is listed."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from resus_doc.guidelines.profile import QUALITY_METRICS, load
from resus_doc.guidelines.rules import evaluate
from resus_doc.schema import ACTIVITIES, Span, Timeline
from resus_doc.tools.measures import compute
from resus_doc.tools.simulate.acts import TruthEvent
from resus_doc.tools.simulate.course import course
from resus_doc.tools.simulate.deviations import (
    KINDS,
    LONGEST_PAUSE_S,
    LONGEST_SUCTION_S,
    MASK_SUPPORT_BY_S,
    DeviationKind,
    deviations_of,
)
from resus_doc.tools.simulate.scenario import Scenario, compose, draw
from resus_doc.tools.timeline import timeline_from_annotations

SCENARIOS = 300


class Case(NamedTuple):
    """A scenario with what the program makes of a person's annotations of it."""

    scenario: Scenario
    timeline: Timeline
    values: dict[str, float | None]
    verdicts: dict[str, str]

    def count(self, kind: DeviationKind) -> int:
        """How often a deviation is listed."""
        return sum(each.kind == kind for each in self.scenario.deviations)


@cache
def cases() -> tuple[Case, ...]:
    return tuple(_case(draw(seed, difficulty=seed % 3 / 2)) for seed in range(SCENARIOS))


def _case(scenario: Scenario) -> Case:
    timeline = timeline_from_annotations(scenario.annotations(), scenario.duration_s, covered=ACTIVITIES)
    measures = compute(timeline)
    findings = evaluate(load("aha-2025"), timeline, measures).findings
    values = {measure.name: measure.value for measure in measures}
    return Case(scenario, timeline, values, {finding.rule_id: finding.verdict for finding in findings})


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_occurs_and_none_in_most(kind: DeviationKind) -> None:
    share = sum(case.count(kind) > 0 for case in cases()) / SCENARIOS
    assert 0.05 <= share <= 0.4


@pytest.mark.parametrize(
    ("kind", "least_s"),
    [("late_mask_support", 66), ("long_pause", 13.5), ("long_suction", 18.5), ("early_compressions", 5)],
)
def test_what_is_brought_about_lies_clear_of_its_limit(kind: DeviationKind, least_s: float) -> None:
    for seed in range(60):
        acts = course(np.random.default_rng(seed), 10.0, 200.0, 0.25, frozenset({kind}))
        scenario = compose(seed, acts, [Span(10, 205)], duration_s=200, difficulty=0.25, hospital="aurora")
        found = [each for each in scenario.deviations if each.kind == kind]
        assert max(each.end_s - each.start_s for each in found) >= least_s, seed
        if kind == "early_compressions":
            assert found[0].start_s - scenario.truth("ppv")[0].start_s < 20, seed


def test_late_mask_support_is_listed_where_the_measure_is_over_the_limit() -> None:
    for case in cases():
        value = case.values["time_to_first_mask_support_from_table"]
        assert case.count("late_mask_support") == (value is not None and value > MASK_SUPPORT_BY_S), case.scenario.seed


def test_a_long_pause_is_listed_where_the_rule_is_not_met() -> None:
    for case in cases():
        verdict = case.verdicts.get("quality-metrics.ppv-pause-longest")
        assert (case.count("long_pause") > 0) == (verdict == "not_met"), case.scenario.seed


def test_a_long_suction_is_listed_where_an_event_is_over_the_limit() -> None:
    for case in cases():
        suctions = [event for event in case.timeline.of("suction") if not (event.censored_start or event.censored_end)]
        long = sum(event.duration_s > LONGEST_SUCTION_S for event in suctions)
        assert case.count("long_suction") == long, case.scenario.seed


def test_early_compressions_are_listed_where_the_rule_is_not_met_and_counted_where_ppv_was_interrupted() -> None:
    """Where other things were done between stretches of PPV, or before the recording, the rule leaves open what the measure
    counts as seen."""
    decided = []
    for case in cases():
        listed = case.count("early_compressions")
        seen = case.values["chest_compressions_without_30s_ppv_count"]
        assert listed == (0 if case.scenario.table_arrival_s is None else seen), case.scenario.seed
        verdict = case.verdicts.get("aha-2025.compressions-after-ppv")
        if verdict in ("met", "not_met"):
            decided.append(verdict)
            assert (listed > 0) == (verdict == "not_met"), case.scenario.seed
    assert {"met", "not_met"} <= set(decided)


def test_the_pause_s_limit_is_the_profile_s() -> None:
    (rule,) = [rule for rule in load(QUALITY_METRICS).rules if rule.id == "ppv-pause-longest"]
    assert rule.check.threshold == LONGEST_PAUSE_S


def event(activity: str, start_s: float, end_s: float) -> TruthEvent:
    return TruthEvent.model_validate({"activity": activity, "start_s": start_s, "end_s": end_s})


def kinds(
    *events: TruthEvent, arrival_s: float | None = 10.0, duration_s: float = 200.0
) -> list[tuple[str, float, float]]:
    return [(d.kind, d.start_s, d.end_s) for d in deviations_of(events, arrival_s, duration_s)]


def test_limits_themselves_are_kept() -> None:
    assert kinds(event("cpap", 70, 80)) == []
    assert kinds(event("cpap", 70.001, 80)) == [("late_mask_support", 10, 70.001)]
    assert kinds(event("ppv", 20, 30), event("ppv", 40, 50)) == []
    assert kinds(event("ppv", 20, 30), event("cpap", 31, 39), event("ppv", 40.001, 50)) == [("long_pause", 30, 40.001)]
    assert kinds(event("suction", 20, 35)) == []
    assert kinds(event("suction", 20, 35.001)) == [("long_suction", 20, 35.001)]
    assert kinds(event("ppv", 20, 60), event("chest_compressions", 50, 70)) == []
    assert kinds(event("ppv", 20, 60), event("chest_compressions", 49.999, 70)) == [("early_compressions", 49.999, 70)]


def test_what_the_recording_does_not_show_whole_is_not_listed() -> None:
    assert kinds(event("suction", 0, 20)) == []
    assert kinds(event("suction", 180, 200)) == []
    assert kinds(event("ppv", 80, 200), event("chest_compressions", 85, 99), arrival_s=None) == []
    assert kinds(event("ppv", 0, 5), event("chest_compressions", 0, 5), arrival_s=None) == []
    assert kinds() == []

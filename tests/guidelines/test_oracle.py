"""Verdicts from the true events of simulated courses equal those of an oracle that shares no code with the engine.

The oracle reads the rules' wording, not the profile's data, and counts in hundredths of a second on a raster.
"""

import random
from functools import cache

import pytest

from resus_doc.guidelines.logic import Known
from resus_doc.guidelines.profile import load
from resus_doc.guidelines.rules import evaluate
from resus_doc.schema import ACTIVITIES
from resus_doc.tools.measures import compute
from resus_doc.tools.simulate.scenario import Scenario, draw
from resus_doc.tools.timeline import timeline_from_annotations

SCENARIOS = 500
NOT_BREATHING = Known({"not_breathing_or_gasping": True})
AHA = load("aha-2025")
PPV_RULE = "aha-2025.ppv-within-60s"
CPR_RULE = "aha-2025.compressions-after-ppv"
PAUSE_RULE = "quality-metrics.ppv-pause-longest"


def birth_of(scenario: Scenario) -> float:
    """Some whole second up to a minute before the baby comes into view."""
    arrival = scenario.table_arrival_s or 0.0
    return arrival - random.Random(scenario.seed).randrange(2, 60)


def ticks(scenario: Scenario, activity: str) -> set[int]:
    """The hundredths of a second in which an activity goes on."""
    found: set[int] = set()
    for event in scenario.events:
        if event.activity == activity:
            found.update(range(round(event.start_s * 100), round(event.end_s * 100)))
    return found


def oracle(scenario: Scenario) -> dict[str, str]:
    """The verdicts by plain counting; a rule that does not apply is not in it."""
    ppv, compressions = ticks(scenario, "ppv"), ticks(scenario, "chest_compressions")
    birth = round(birth_of(scenario) * 100)
    filmed_from_arrival = scenario.table_arrival_s is not None
    verdicts = {PPV_RULE: first_minute(ppv, birth, filmed_from_arrival, last_view=max(ticks(scenario, "baby_visible")))}
    if compressions:
        before = {tick for tick in ppv if tick < min(compressions)}
        earliest = min(before, default=min(compressions)) if filmed_from_arrival else birth
        could_be = min(compressions) - earliest
        verdicts[CPR_RULE] = "met" if len(before) >= 3000 else "not_met" if could_be < 3000 else "indeterminate"
    if ppv:
        verdicts[PAUSE_RULE] = "not_met" if longest_gap(ppv) > 1000 else "met"
    return verdicts


def first_minute(ppv: set[int], birth: int, filmed_from_arrival: bool, last_view: int) -> str:
    """PPV seen in time is met; late or none is not met only if the camera ran before the baby came into view."""
    if ppv and min(ppv) - birth <= 6000:
        return "met"
    hidden = not filmed_from_arrival or (not ppv and last_view + 1 - birth <= 6000)
    return "indeterminate" if hidden else "not_met"


def longest_gap(busy: set[int]) -> int:
    longest = length = 0
    for tick in range(min(busy), max(busy)):
        length = 0 if tick in busy else length + 1
        longest = max(longest, length)
    return longest


@cache
def cases():
    """Each scenario, its timeline and measures as the program builds them from a person's annotations, the oracle's verdicts."""
    found = []
    for seed in range(SCENARIOS):
        scenario = draw(seed, difficulty=seed % 3 / 2)
        timeline = timeline_from_annotations(
            scenario.annotations(), scenario.duration_s, birth_time_s=birth_of(scenario), covered=ACTIVITIES
        )
        found.append((scenario, timeline, compute(timeline), oracle(scenario)))
    return found


def disagreements(profile=AHA):
    wrong, seen = [], {}
    for scenario, timeline, measures, expected in cases():
        found = evaluate(profile, timeline, measures, known=NOT_BREATHING).findings
        verdicts = {finding.rule_id: finding.verdict for finding in found}
        for rule_id in (PPV_RULE, CPR_RULE, PAUSE_RULE):
            seen.setdefault(rule_id, []).append(expected.get(rule_id))
            if verdicts.get(rule_id) != expected.get(rule_id):
                wrong.append((scenario.seed, rule_id, verdicts.get(rule_id), expected.get(rule_id)))
    return wrong, seen


def test_verdicts_of_true_events_equal_the_oracle_s():
    wrong, seen = disagreements()
    assert not wrong, wrong[:5]
    decided = [verdict for verdicts in seen.values() for verdict in verdicts]
    assert decided.count("met") >= 100
    assert decided.count("not_met") >= 100
    for rule_id, verdicts in seen.items():
        assert {"met", "not_met"} <= set(verdicts), rule_id


@pytest.mark.parametrize("rule", ["ppv-within-60s", "compressions-after-ppv"])
@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_the_oracle_notices_a_limit_that_was_changed(rule, factor):
    def changed(each):
        name = "at_most" if each.check.at_most is not None else "at_least"
        return each.model_copy(
            update={"check": each.check.model_copy(update={name: getattr(each.check, name) * factor})}
        )

    rules = tuple(changed(each) if each.id == rule else each for each in AHA.rules)
    wrong, _ = disagreements(AHA.model_copy(update={"rules": rules}))
    assert {rule_id for _, rule_id, _, _ in wrong} == {f"aha-2025.{rule}"}

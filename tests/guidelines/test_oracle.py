"""Verdicts from the true events of simulated courses equal those of an oracle that shares no code with the engine.

The oracle reads the rules' wording, not the profile's data, and counts in hundredths of a second on a raster.
"""

import random
from functools import cache

import pytest

from resus_doc.guidelines.logic import Known
from resus_doc.guidelines.profile import load
from resus_doc.guidelines.rules import evaluate
from resus_doc.schema import ACTIVITIES, Event
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


def oracle(scenario: Scenario, birth_known: bool) -> dict[str, str]:
    """The verdicts by plain counting; a rule that does not apply is not in it."""
    ppv, compressions = ticks(scenario, "ppv"), ticks(scenario, "chest_compressions")
    birth = round(birth_of(scenario) * 100)
    filmed_from_arrival = scenario.table_arrival_s is not None
    verdicts = {PPV_RULE: "not_assessable"}
    if birth_known:
        last_view = max(ticks(scenario, "baby_visible"))
        verdicts[PPV_RULE] = first_minute(ppv, birth, filmed_from_arrival, last_view)
    if compressions and filmed_from_arrival:
        verdicts[CPR_RULE] = thirty_seconds(ppv, min(compressions))
    elif compressions:
        verdicts[CPR_RULE] = thirty_seconds_unfilmed(min(compressions), birth if birth_known else None)
    if ppv:
        verdicts[PAUSE_RULE] = "not_met" if longest_gap(ppv) > 1000 else "met"
    return verdicts


def thirty_seconds(ppv: set[int], compressed: int) -> str:
    """All that was done before the compressions is in the recording; what interrupted the PPV leaves it open."""
    before = {tick for tick in ppv if tick < compressed}
    could_be = compressed - min(before, default=compressed)
    return "met" if len(before) >= 3000 else "not_met" if could_be < 3000 else "indeterminate"


def thirty_seconds_unfilmed(compressed: int, birth: int | None) -> str:
    """The recording began with the baby in view. Of all that may have happened before, one case is never met: compressions
    came first of all. Another one is met if there was time for it: PPV from birth on until the compressions that were seen."""
    possible = {"not_met"}
    if birth is None or compressed - birth >= 3000:
        possible.add("met")
    return possible.pop() if len(possible) == 1 else "indeterminate"


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
    """Each scenario, its timeline and measures as the program builds them from a person's annotations, the oracle's verdicts:
    with the time of birth, and without it."""
    found = []
    for seed in range(SCENARIOS):
        scenario = draw(seed, difficulty=seed % 3 / 2)
        for birth_s in (birth_of(scenario), None):
            timeline = timeline_from_annotations(
                scenario.annotations(), scenario.duration_s, birth_time_s=birth_s, covered=ACTIVITIES
            )
            found.append((scenario, timeline, compute(timeline), oracle(scenario, birth_s is not None)))
    return found


def verdicts_of(timeline, measures, profile=AHA):
    found = evaluate(profile, timeline, measures, known=NOT_BREATHING).findings
    return {finding.rule_id: finding.verdict for finding in found}


def disagreements(profile=AHA):
    wrong, seen = [], {}
    for scenario, timeline, measures, expected in cases():
        verdicts = verdicts_of(timeline, measures, profile)
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
    assert "indeterminate" in seen[CPR_RULE]


def started_later(scenario: Scenario, by_s: float) -> tuple[Event, ...]:
    """The annotations of the same course if the camera had been switched on that much later."""
    return tuple(
        event.model_copy(
            update={
                "start_s": (start_s := max(event.start_s - by_s, 0.0)),
                "end_s": (end_s := event.end_s - by_s),
                "start_range_s": (start_s, start_s),
                "end_range_s": (end_s, end_s),
            }
        )
        for event in scenario.annotations()
        if event.end_s > by_s
    )


@pytest.mark.parametrize("birth_known", [True, False])
def test_a_recording_that_started_later_never_turns_a_verdict_over(birth_known):
    turned, still_decided = [], 0
    with_birth = cases()[::2]
    for scenario, timeline, measures, expected in with_birth:
        if CPR_RULE not in expected:
            continue
        full = verdicts_of(timeline, measures)
        for by_s in range(5, int(scenario.duration_s) - 5, 10):
            birth_s = birth_of(scenario) - by_s if birth_known else None
            later = timeline_from_annotations(
                started_later(scenario, by_s), scenario.duration_s - by_s, birth_time_s=birth_s, covered=ACTIVITIES
            )
            found = verdicts_of(later, compute(later))
            for rule_id in (PPV_RULE, CPR_RULE):
                pair = {full.get(rule_id), found.get(rule_id)}
                still_decided += pair in ({"met"}, {"not_met"})
                if pair == {"met", "not_met"}:
                    turned.append((scenario.seed, by_s, rule_id, found[rule_id]))
    assert not turned, turned[:5]
    assert still_decided


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

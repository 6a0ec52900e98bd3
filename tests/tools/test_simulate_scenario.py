"""Scenarios: deterministic, plausible, and their truth is consistent."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resus_doc.errors import UsageError
from resus_doc.schema import Span
from resus_doc.tools.simulate.acts import Act
from resus_doc.tools.simulate.look import FAMILIES, HELD_OUT
from resus_doc.tools.simulate.scenario import Scenario, compose, draw
from resus_doc.tools.simulate.training_clips import draw_clip

SEEDS = st.integers(0, 2**32 - 1)
MASKED_OUT = ("suction",)


def test_same_seed_same_scenario_and_json_round_trip() -> None:
    first, second = draw(7), draw(7)
    assert first == second
    assert Scenario.model_validate_json(first.model_dump_json()) == first
    assert draw(8) != first


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, difficulty=st.sampled_from([0.0, 0.5, 1.0]))
def test_course_is_plausible(seed: int, difficulty: float) -> None:
    scenario = draw(seed, difficulty=difficulty)
    assert scenario.hospital != HELD_OUT
    (stay,) = scenario.truth("baby_visible")
    arrival_s = scenario.table_arrival_s
    waits = arrival_s is not None and arrival_s > 15
    assert arrival_s in (None, stay.start_s)
    assert arrival_s is None or 60 <= arrival_s <= 180 or 8 <= arrival_s <= 15
    assert 75 <= scenario.duration_s <= (320 if waits else 150)
    for event in scenario.events:
        assert 0 <= event.start_s < event.end_s <= scenario.duration_s
        if event.activity != "baby_visible":
            assert round(1000 * event.end_s) - round(1000 * event.start_s) <= 50_000  # times are whole milliseconds
            assert stay.start_s <= event.start_s and event.end_s <= stay.end_s
    assert scenario.truth("stimulation")


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_one_airway_act_at_a_time(seed: int) -> None:
    for scenario in (draw(seed), draw_clip(seed)):
        airway = [e for e in scenario.events if e.activity in ("ppv", "cpap", "suction")]
        for before, after in itertools.pairwise(airway):
            assert before.end_s <= after.start_s


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_hands_never_do_two_things(seed: int) -> None:
    """The assistant's resting hand is never a second hand at the trunk while it rubs."""
    scenario = draw(seed, difficulty=1.0)
    trunk = [a for a in scenario.acts if a.kind in ("rest", "chest_compressions")]
    rubbing = [a for a in scenario.acts if a.kind == "stimulation"]
    assert not [(a, b) for a in trunk for b in rubbing if a.start_s < b.end_s and b.start_s < a.end_s]


def _working(acts: tuple[Act, ...]) -> list[Act]:
    return [a for a in acts if a.kind not in ("steady", "rest", "arrange")]


def _at_once(one: Act, other: Act) -> bool:
    return one.start_s < other.end_s and other.start_s < one.end_s


@pytest.mark.parametrize(("difficulty", "low", "high"), [(0.0, 0.0, 0.0), (0.25, 0.1, 0.2), (1.0, 0.5, 0.7)])
def test_a_helper_holds_the_baby_still_beside_others_and_never_beside_a_resting_hand(
    difficulty: float, low: float, high: float
) -> None:
    for drawn in (
        [draw(seed, difficulty=difficulty) for seed in range(200)],
        [draw_clip(seed, difficulty) for seed in range(1500)],
    ):
        beside = total = 0
        for scenario in drawn:
            still = [a for a in scenario.acts if a.kind == "steady"]
            working = _working(scenario.acts)
            assert all(any(_at_once(a, b) for b in working) for a in still)
            assert not [
                a for a in still for b in scenario.acts if b.kind in ("steady", "rest") and b != a and _at_once(a, b)
            ]
            beside += sum(any(_at_once(a, b) for b in still) for a in working)
            total += len(working)
        assert low <= beside / total <= high


def test_some_recordings_wait_for_the_baby_and_some_end_without_it() -> None:
    drawn = [draw(seed) for seed in range(400)]
    waiting = [s for s in drawn if s.table_arrival_s is not None and s.table_arrival_s >= 60]
    assert 0.05 <= len(waiting) / len(drawn) <= 0.12
    assert max(sum(a.kind == "arrange" for a in s.acts) for s in waiting) > 1
    assert all(a.end_s < (s.table_arrival_s or 0) for s in drawn for a in s.acts if a.kind == "arrange")
    assert 0.15 <= sum(s.table_arrival_s is None for s in drawn) / len(drawn) <= 0.35
    assert 0.25 <= sum(s.stays[0].end_s < s.duration_s for s in drawn) / len(drawn) <= 0.45
    assert all((draw(seed, duration_s=100).table_arrival_s or 0) <= 15 for seed in range(100))


def test_times_are_spread_as_in_published_series() -> None:
    """Skåre 2016: PPV 42 s (18-78) after the table; BMJ Paediatr Open, n = 434: sequences of 18 s (medians)."""
    drawn = [draw(seed) for seed in range(400)]
    first = [s.truth("ppv")[0].start_s - s.table_arrival_s for s in drawn if s.table_arrival_s and s.truth("ppv")]
    quarter, half, three_quarters = np.percentile(first, [25, 50, 75])
    assert 18 <= quarter <= 36 and 36 <= half <= 54 and 54 <= three_quarters <= 78
    lengths = [e.end_s - e.start_s for s in drawn for e in s.truth("ppv") if e.start_s > 0 and e.end_s < s.duration_s]
    assert 15 <= np.median(lengths) <= 21


def test_clips_are_balanced() -> None:
    clips = [draw_clip(seed) for seed in range(600)]
    assert all(2 <= clip.duration_s <= 4 for clip in clips)
    present = {
        label: sum(label in clip.label_at(clip.duration_s / 2) for clip in clips) / len(clips)
        for label in ("baby_visible", "ppv", "cpap", "stimulation", "suction", "chest_compressions")
    }
    assert 0.8 < present.pop("baby_visible") < 0.95
    assert all(0.05 < share < 0.4 for share in present.values()), present
    nothing = sum(clip.label_at(1.0) == {"baby_visible"} for clip in clips) / len(clips)
    assert nothing > 0.1
    starts = sum(any(e.start_s > 0 for e in clip.events) for clip in clips) / len(clips)
    assert starts > 0.2


def test_truth_of_ventilation_is_the_union() -> None:
    acts = [
        Act(kind="ppv", start_s=2, end_s=5),
        Act(kind="cpap", start_s=5, end_s=8),
        Act(kind="rest", start_s=9, end_s=10),
        Act(kind="steady", start_s=2, end_s=8),
    ]
    scenario = compose(1, acts, [Span(-5, 20)], duration_s=12, difficulty=0, hospital="aurora")
    assert scenario.truth("ventilation") == [Span(2, 8)]
    assert scenario.truth("baby_visible") == [Span(0, 12)]
    assert scenario.label_at(5.0) == {"baby_visible", "cpap"}
    assert scenario.label_at(9.5) == {"baby_visible"}
    assert scenario.table_arrival_s is None


def test_wrong_arguments_are_refused_in_words() -> None:
    with pytest.raises(UsageError, match="aurora"):
        draw(1, hospital="nowhere")
    with pytest.raises(UsageError, match="difficulty"):
        draw(1, difficulty=2)
    assert draw(1, hospital=HELD_OUT).hospital in FAMILIES

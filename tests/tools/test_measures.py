"""The measures against worked cases, against an oracle of whole seconds, and what holds for any timeline."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from resus_doc.schema import ACTIVITIES, MASK_SUPPORT, Event, Span, Timeline, TimeZero
from resus_doc.tools import ppv
from resus_doc.tools.measures import ACTED, NAMES, compute
from resus_doc.tools.timeline import timeline_from_annotations

EVERYTHING = ACTIVITIES


def event(activity, start_s, end_s, width_s=0.0, **more):
    ranges = {
        "start_range_s": (start_s - width_s, start_s + width_s),
        "end_range_s": (end_s - width_s, end_s + width_s),
    }
    base = {"id": "E0", "confidence": 1.0, "source": "annotation", **ranges}
    return Event(activity=activity, start_s=start_s, end_s=end_s, **{**base, **more})


def case(*events, duration_s=200.0, covered=EVERYTHING, **birth):
    return timeline_from_annotations(events, duration_s, covered=covered, **birth)


def measured(timeline):
    return {measure.name: measure for measure in compute(timeline)}


def value(timeline, name):
    return measured(timeline)[name].value


VIEW = event("baby_visible", 10, 200)
TYPICAL = (
    VIEW,
    event("stimulation", 15, 25, 0.5),
    event("suction", 30, 36, 0.5),
    event("ppv", 40, 60, 0.5),
    event("suction", 62, 66, 0.5),
    event("ppv", 70, 100, 0.5),
    event("ppv", 101, 121, 0.5),
    event("cpap", 140, 180, 0.5),
)


# --- names


def test_every_case_has_the_same_measures_in_the_same_order():
    for timeline in (case(*TYPICAL), case(covered=()), case(duration_s=0.0)):
        found = compute(timeline)
        assert tuple(measure.name for measure in found) == NAMES
        assert [measure.id for measure in found] == [f"M{n}" for n in range(1, len(NAMES) + 1)]
    assert len(set(NAMES)) == len(NAMES)


def test_the_contracts_names_are_there():
    names = {f"time_to_first_{activity}" for activity in (*ACTIVITIES, "mask_support")}
    names |= {f"time_to_first_{activity}_from_table" for activity in (*ACTED, "mask_support")}
    names |= {f"{activity}_{what}" for activity in (*ACTIVITIES, "mask_support") for what in ("count", "total")}
    names |= {"ppv_fraction_first_30s", "ppv_fraction_first_60s", "ppv_pause_count", "ppv_pause_longest"}
    names |= {"ppv_pause_total", "no_activity_total", "out_of_view_total"}
    assert names <= set(NAMES)


# --- a worked case


@pytest.mark.parametrize(
    ("name", "expected", "low", "high"),
    [
        ("time_to_first_ppv", 30.0, 29.5, 30.5),
        ("time_to_first_ppv_from_table", 30.0, 29.5, 30.5),
        ("time_to_first_mask_support", 30.0, 29.5, 30.5),
        ("time_to_first_stimulation", 5.0, 4.5, 5.5),
        ("ppv_count", 3, 2, 3),  # 100 ± 0.5 and 101 ± 0.5 may touch
        ("ppv_total", 70.0, 67.0, 73.0),  # at most 39.5 to 60.5 and, without the gap, 69.5 to 121.5
        ("suction_total", 10.0, 8.0, 12.0),
        ("mask_support_total", 110.0, 106.0, 114.0),
        ("ppv_fraction_first_30s", 20 / 30, 19.0 / 30, 21.0 / 30),
        ("ppv_pause_count", 1, 1, 1),  # 1 s is no pause, 2 s at most neither
        ("ppv_pause_longest", 10.0, 9.0, 11.0),
        ("ppv_pause_total", 10.0, 9.0, 11.0),
        ("ppv_pause_suction_total", 4.0, 3.0, 5.0),
        ("ppv_pause_no_activity_total", 6.0, 4.0, 8.0),
        ("ppv_pause_out_of_view_total", 0.0, 0.0, 0.0),
        ("no_activity_total", 190 - 10 - 6 - 20 - 4 - 30 - 20 - 40, 53.0, 67.0),
        ("out_of_view_total", 10.0, 10.0, 10.0),
        ("ventilation_sequence_count", 2, 2, 2),
        ("ventilation_sequence_median", (20 + 51) / 2, (19 + 50) / 2, (21 + 52) / 2),
        ("order_of_first_ppv", 3, 3, 3),
        ("order_of_first_cpap", 4, 4, 4),
        ("mask_support_suction_overlap_total", 0.0, 0.0, 0.0),
    ],
)
def test_a_worked_case(name, expected, low, high):
    measure = measured(case(*TYPICAL))[name]
    assert measure.value == pytest.approx(expected, abs=1e-3)
    assert measure.range == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))


def test_a_measure_names_its_events():
    timeline = case(*TYPICAL)
    first_ppv = timeline.of("ppv")[0].id
    assert measured(timeline)["time_to_first_ppv"].events == (first_ppv,)
    assert measured(timeline)["ppv_pause_longest"].events == (first_ppv, timeline.of("ppv")[1].id)


# --- what is not assessable


def test_what_is_not_covered_has_no_value():
    timeline = case(
        event("baby_visible", 0, 200), event("ventilation", 20, 60), covered=("baby_visible", "ventilation")
    )
    found = measured(timeline)
    for name in NAMES:
        if name.startswith(("ppv", "time_to_first_ppv", "suction", "cpap", "time_to_first_suction", "ventilation_seq")):
            assert (found[name].value, found[name].range) == (None, None)
    assert found["time_to_first_mask_support"].value == 20
    assert found["mask_support_total"].value == 40


def test_mask_support_needs_both_kinds_to_be_covered():
    assert value(case(VIEW, event("ppv", 20, 30), covered=("baby_visible", "ppv")), "mask_support_total") is None
    assert value(case(VIEW, event("ppv", 20, 30), covered=("baby_visible", "ppv", "cpap")), "mask_support_total") == 10


def test_a_baby_never_seen_leaves_nothing_to_assess():
    found = measured(case(covered=EVERYTHING, duration_s=60.0))
    assert found["baby_visible_count"].value == 0
    assert found["out_of_view_total"].value == 60
    named = {"baby_visible_count", "baby_visible_total", "out_of_view_total"}
    assert {name for name, measure in found.items() if measure.value is not None} == named


def test_covered_and_never_seen_is_a_count_of_zero():
    found = measured(case(VIEW))
    assert found["suction_count"].value == 0
    assert found["suction_total"].value == 0
    assert found["time_to_first_suction"].value is None
    assert found["ppv_pause_count"].value is None


def test_the_interval_from_the_table_needs_an_empty_table():
    seen_from_start = case(event("baby_visible", 0, 200), event("ppv", 40, 60))
    assert value(seen_from_start, "time_to_first_ppv_from_table") is None
    assert value(seen_from_start, "time_to_first_ppv") == 40


# --- time zero


def test_birth_and_its_uncertainty_go_into_the_interval():
    found = measured(case(*TYPICAL, birth_time_s=-48.0, birth_uncertainty_s=5.0))
    assert found["time_to_first_ppv"].value == 88.0
    assert found["time_to_first_ppv"].range == (82.5, 93.5)
    assert found["time_to_first_ppv_from_table"].value == 30.0
    assert found["time_to_first_baby_visible"].range == (53.0, 63.0)


def test_a_start_before_the_video_opens_the_range_down_to_time_zero():
    running = event("ppv", 0, 20, start_range_s=(0.0, 1.0))
    found = measured(case(event("baby_visible", 0, 200), running, birth_time_s=-60.0))
    assert found["time_to_first_ppv"].value == 60.0
    assert found["time_to_first_ppv"].range == (0.0, 61.0)
    assert found["ppv_fraction_first_30s"] == found["ppv_fraction_first_30s"].model_copy(
        update={"value": None, "range": None}
    )


# --- out of view


def test_out_of_view_opens_the_time_to_first():
    timeline = case(event("baby_visible", 10, 40), event("baby_visible", 55, 200), event("ppv", 80, 90, 0.5))
    measure = measured(timeline)["time_to_first_ppv"]
    assert (measure.value, measure.range) == (70.0, (30.0, 70.5))


def test_out_of_view_opens_the_order_of_the_first():
    """Beside the time to the first PPV, which may have been as early as when the baby went out of view."""
    view = (event("baby_visible", 0, 10), event("baby_visible", 40, 200))
    found = measured(case(*view, event("suction", 50, 55), event("ppv", 60, 80)))
    assert found["time_to_first_ppv"].range == (10.0, 60.0)
    for name, value in (("suction", 1), ("ppv", 2)):
        assert (found[f"order_of_first_{name}"].value, found[f"order_of_first_{name}"].range) == (value, (1, 2))


def test_an_unseen_stretch_is_no_pause():
    view = (event("baby_visible", 10, 60), event("baby_visible", 80, 200))
    found = measured(case(*view, event("ppv", 40, 60), event("ppv", 80, 90)))
    assert (found["ppv_pause_count"].value, found["ppv_pause_count"].range) == (0, (0, 1))
    assert (found["ppv_pause_total"].value, found["ppv_pause_total"].range) == (0, (0, 20))
    assert found["ppv_pause_out_of_view_total"].value == 20
    assert found["ventilation_sequence_count"].range == (1, 2)
    assert found["ventilation_sequence_median"].value == 30
    assert found["ventilation_sequence_median"].range == (10, 50)


def test_a_pause_partly_out_of_view_counts_what_was_seen():
    view = (event("baby_visible", 10, 65), event("baby_visible", 75, 200))
    found = measured(case(*view, event("ppv", 40, 60), event("ppv", 80, 90)))
    assert (found["ppv_pause_count"].value, found["ppv_pause_count"].range) == (1, (1, 2))
    assert (found["ppv_pause_longest"].value, found["ppv_pause_longest"].range) == (5, (5, 20))
    assert (found["ppv_pause_total"].value, found["ppv_pause_total"].range) == (10, (10, 20))


def test_mask_support_of_unknown_kind_is_no_pause_and_may_be_the_first_ppv():
    found = measured(
        case(
            VIEW, event("ventilation", 20, 30), event("ppv", 40, 60), event("ventilation", 60, 80), event("ppv", 80, 90)
        )
    )
    assert found["time_to_first_ppv"].range == (10, 30)
    assert found["ppv_pause_count"].range == (0, 2)
    assert found["ppv_pause_count"].value == 0
    assert found["ppv_fraction_first_30s"].value == pytest.approx(20 / 30, abs=1e-4)
    assert found["ppv_fraction_first_30s"].range == (pytest.approx(20 / 30, abs=1e-4), 1.0)


def test_a_fraction_over_unseen_time_is_a_range():
    view = (event("baby_visible", 10, 50), event("baby_visible", 60, 200))
    found = measured(case(*view, event("ppv", 40, 50), event("ppv", 60, 80)))
    measure = found["ppv_fraction_first_30s"]
    assert (measure.value, measure.range) == (pytest.approx(20 / 30, abs=1e-4), (pytest.approx(20 / 30, abs=1e-4), 1.0))


def test_a_fraction_mostly_unseen_has_no_value():
    found = measured(case(event("baby_visible", 10, 50), event("ppv", 40, 50)))
    measure = found["ppv_fraction_first_30s"]
    assert (measure.value, measure.range) == (None, (pytest.approx(10 / 30, abs=1e-4), 1.0))


def test_a_fraction_that_runs_past_the_video_is_a_range():
    measure = measured(case(VIEW, event("ppv", 180, 200)))["ppv_fraction_first_30s"]
    assert (measure.value, measure.range) == (pytest.approx(20 / 30, abs=1e-4), (pytest.approx(20 / 30, abs=1e-4), 1.0))


# --- compressions


def test_compressions_after_too_little_ppv():
    events = (VIEW, event("ppv", 20, 40), event("chest_compressions", 41, 50), event("chest_compressions", 90, 99))
    found = measured(case(*events, event("ppv", 50, 70)))
    assert (found["ppv_before_compressions"].value, found["ppv_before_compressions"].range) == (20, (20, 20))
    measure = found["chest_compressions_without_30s_ppv_count"]
    assert (measure.value, measure.range) == (1, (1, 1))


def test_ppv_before_the_recording_may_have_been_enough():
    view = event("baby_visible", 0, 200)
    found = measured(case(view, event("ppv", 20, 40), event("chest_compressions", 41, 50)))
    assert (found["ppv_before_compressions"].value, found["ppv_before_compressions"].range) == (20, None)
    assert found["chest_compressions_without_30s_ppv_count"].range == (0, 1)


# --- an oracle of whole seconds


SECONDS = 60


@st.composite
def whole_second_cases(draw):
    """Events on whole seconds, all edges exact; the baby in view from the start to the end."""
    events = [event("baby_visible", 0, SECONDS)]
    for activity in ACTED:
        edges = sorted(draw(st.sets(st.integers(1, SECONDS - 1), max_size=6)))
        events += [event(activity, a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return case(*events, duration_s=float(SECONDS))


def filled(timeline, *activities):
    return {s for e in timeline.of(*activities) for s in range(int(e.start_s), int(e.end_s))}


@settings(max_examples=60, deadline=None)
@given(whole_second_cases())
def test_totals_against_counting_seconds(timeline):
    found = measured(timeline)
    for activity in ACTED:
        seconds = filled(timeline, activity)
        assert found[f"{activity}_total"].value == len(seconds)
        assert found[f"{activity}_count"].value == sum(s - 1 not in seconds for s in seconds)
        expected = min(seconds, default=None)
        assert found[f"time_to_first_{activity}"].value == expected
    mask, done = filled(timeline, *MASK_SUPPORT), filled(timeline, *ACTED)
    assert found["mask_support_total"].value == len(mask)
    assert found["mask_support_suction_overlap_total"].value == len(mask & filled(timeline, "suction"))
    assert found["no_activity_total"].value == SECONDS - len(done)


@settings(max_examples=60, deadline=None)
@given(whole_second_cases())
def test_ppv_against_counting_seconds(timeline):
    assume(timeline.of("ppv"))
    found = measured(timeline)
    given, unsure = filled(timeline, "ppv"), filled(timeline, "ventilation")
    first, last = min(given), max(given)
    for length in (30, 60):
        window = range(first, first + length)
        hidden = {s for s in window if (s in unsure or s >= SECONDS) and s not in given}
        measure = found[f"ppv_fraction_first_{length}s"]
        expected = sum(s in given for s in window) / length
        assert measure.range == pytest.approx((expected, expected + len(hidden) / length), abs=1e-4)
        known = None if 2 * len(hidden) > length else pytest.approx(expected, abs=1e-4)
        assert measure.value == known
    pauses, run = [], []
    for s in range(first, last + 1):
        if s in given:
            pauses.append(run)
            run = []
        else:
            run.append(s)
    pieces = [runs_of([s for s in gap if s not in unsure]) for gap in pauses]
    counted = [gap for gap in pieces if max((len(piece) for piece in gap), default=0) > ppv.PAUSE_MIN_S]
    assert found["ppv_pause_count"].value == len(counted)
    assert found["ppv_pause_total"].value == sum(len(piece) for gap in counted for piece in gap)
    assert found["ppv_pause_longest"].value == max((len(piece) for gap in counted for piece in gap), default=0)
    assert found["ventilation_sequence_count"].value == len(counted) + 1


def runs_of(seconds):
    runs = []
    for s in seconds:
        if runs and runs[-1][-1] == s - 1:
            runs[-1].append(s)
        else:
            runs.append([s])
    return runs


# --- what holds for any timeline


TIMES = st.floats(-5.0, 65.0).map(lambda t: round(t, 3))
WIDTHS = st.floats(0.0, 8.0).map(lambda t: round(t, 3))


@st.composite
def any_timelines(draw):
    """Any timeline the schema allows: overlaps, wild ranges, events outside the video, no view at all."""
    events = []
    for number in range(draw(st.integers(0, 10))):
        a, b = sorted((draw(TIMES), draw(TIMES)))
        events.append(
            event(
                draw(st.sampled_from(ACTIVITIES)),
                a,
                b,
                id=f"E{number + 1}",
                start_range_s=(a - draw(WIDTHS), a + draw(WIDTHS)),
                end_range_s=(b - draw(WIDTHS), b + draw(WIDTHS)),
                censored_start=draw(st.booleans()),
                censored_end=draw(st.booleans()),
            )
        )
    spans = [Span(*sorted((draw(TIMES), draw(TIMES)))) for _ in range(draw(st.integers(0, 3)))]
    zero_s = draw(st.floats(-100, 60))
    width_s = draw(WIDTHS)
    return Timeline(
        events=tuple(events),
        covered=tuple(draw(st.sets(st.sampled_from(ACTIVITIES)))),
        observed=tuple(spans),
        duration_s=60.0,
        time_zero=TimeZero(t_s=zero_s, range_s=(zero_s - width_s, zero_s + width_s), source="given"),
    )


@settings(max_examples=100, deadline=None)
@given(any_timelines())
def test_any_timeline_gives_sound_measures(timeline):
    for measure in compute(timeline):
        low, high = measure.range or (-math.inf, math.inf)
        assert low <= high
        if measure.value is not None:
            assert low - 1e-9 <= measure.value <= high + 1e-9, measure
        if not measure.name.startswith("time_to_first") and measure.value is not None:
            assert measure.value >= 0
            assert low >= 0 or measure.range is None
        if measure.unit == "fraction" and measure.range is not None:
            assert low >= 0
            assert high <= 1
        assert set(measure.events) <= {event.id for event in timeline.events}


@settings(max_examples=60, deadline=None)
@given(any_timelines(), st.floats(0.0, 5.0))
def test_wider_ranges_never_make_a_measure_firmer(timeline, more_s):
    def wider(range_s):
        return (range_s[0] - more_s, range_s[1] + more_s)

    widened = timeline.model_copy(
        update={
            "events": tuple(
                e.model_copy(
                    update={"start_range_s": wider(e.start_range_s), "end_range_s": wider(e.end_range_s)},
                )
                for e in timeline.events
            ),
            "time_zero": timeline.time_zero.model_copy(update={"range_s": wider(timeline.time_zero.range_s)}),
        }
    )
    for before, after in zip(compute(timeline), compute(widened), strict=True):
        assert after.value == before.value
        if before.range is not None and after.range is not None:
            assert after.range[0] <= before.range[0] + 1e-9, before
            assert after.range[1] >= before.range[1] - 1e-9, before


@settings(max_examples=60, deadline=None)
@given(any_timelines(), st.floats(-50.0, 50.0))
def test_shifting_time_zero_shifts_the_times_and_nothing_else(timeline, by_s):
    zero = timeline.time_zero
    moved = zero.model_copy(update={"t_s": zero.t_s + by_s, "range_s": tuple(t + by_s for t in zero.range_s)})
    shifted = timeline.model_copy(update={"time_zero": moved})
    for before, after in zip(compute(timeline), compute(shifted), strict=True):
        if not before.name.startswith("time_to_first") or before.name.endswith("_from_table") or before.value is None:
            assert after == before
        else:
            assert after.value == pytest.approx(before.value - by_s, abs=2e-3)
            assert after.range[1] == pytest.approx(before.range[1] - by_s, abs=2e-3)


@settings(max_examples=40, deadline=None)
@given(any_timelines(), st.integers(0, 5))
def test_order_of_events_does_not_matter(timeline, turn):
    events = timeline.events[turn:] + timeline.events[:turn]
    numbers = [(m.name, m.value, m.range) for m in compute(timeline)]
    turned = [(m.name, m.value, m.range) for m in compute(timeline.model_copy(update={"events": events}))]
    assert turned == numbers


# --- PPV that may have been given unrecognised, before or after all that was seen

TWO_VIEWS = (event("baby_visible", 0, 60), event("baby_visible", 150, 200))


@pytest.mark.parametrize(
    ("events", "longest"),
    [
        pytest.param((*TWO_VIEWS, event("ppv", 10, 40)), (0, 110), id="out of view after it"),
        pytest.param((*TWO_VIEWS, event("ppv", 160, 190)), (0, 100), id="out of view before it"),
        pytest.param((VIEW, event("ppv", 20, 40), event("ventilation", 55, 80)), (0, 40), id="unknown kind after it"),
        pytest.param((event("baby_visible", 0, 60), event("ppv", 10, 40)), (0, 0), id="left the table"),
        pytest.param((event("baby_visible", 0, 100), event("ppv", 10, 40)), (0, 0), id="in view up to the end"),
    ],
)
def test_what_may_have_been_ppv_beside_the_ppv_that_was_seen_leaves_a_pause_open(events, longest):
    found = measured(case(*events))
    assert (found["ppv_pause_longest"].value, found["ppv_pause_longest"].range) == (0, longest)
    assert found["ppv_pause_count"].range == (0, int(longest[1] > 0))


def test_a_sequence_may_have_gone_on_out_of_view():
    events = (
        event("baby_visible", 0, 45),
        event("baby_visible", 150, 200),
        event("ppv", 10, 40),
        event("ppv", 150, 170),
    )
    found = measured(case(*events))
    assert found["ppv_pause_count"].range == (1, 1)
    assert found["ventilation_sequence_median"].value == 25
    assert found["ventilation_sequence_median"].range == (20, 160)

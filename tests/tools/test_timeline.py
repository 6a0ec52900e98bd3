"""Decoding windows and annotations: what a known truth must give, and what holds for any input."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resus_doc.errors import BundleBroken, InputRefused, UsageError
from resus_doc.schema import Event, Span
from resus_doc.tools import intervals
from resus_doc.tools.measures import compute
from resus_doc.tools.timeline import build_timeline, renumber, timeline_from_annotations
from resus_doc.tools.windows import Windows

LABELS = ("baby_visible", "ppv", "cpap", "stimulation", "suction", "chest_compressions")
HALF = dict.fromkeys((*LABELS, "ventilation"), 0.5)


def windows_of(probabilities, labels):
    count = len(probabilities)
    return Windows(
        start_s=np.arange(count, dtype=np.float64),
        window_s=2.0,
        stride_s=1.0,
        labels=tuple(labels),
        probabilities=np.asarray(probabilities, dtype=np.float32).reshape(count, len(labels)),
        domain_score=None,
        grid_fps=4.0,
        frames_decoded=count,
    )


def ideal(truth, duration_s, sharpness=8.0, noise=0.0, seed=0):
    """Windows of a detector that sees how much of each window an activity covers; the less sure the softer."""
    labels = tuple(truth)
    starts = np.arange(0.0, duration_s - 2.0 + 1e-9, 1.0)
    rng = np.random.default_rng(seed)
    rows = []
    for start in starts:
        covered = [intervals.overlap_s(truth[name], (Span(start, start + 2.0),)) / 2.0 for name in labels]
        logits = sharpness * (np.array(covered) - 0.5) + noise * rng.standard_normal(len(labels))
        rows.append(1 / (1 + np.exp(-logits)))
    return windows_of(rows, labels)


def event(activity, start_s, end_s, **more):
    base = {"id": "E9", "confidence": 1.0, "source": "annotation"}
    ranges = {"start_range_s": (start_s, start_s), "end_range_s": (end_s, end_s)}
    return Event(activity=activity, start_s=start_s, end_s=end_s, **{**base, **ranges, **more})


def only(timeline, activity):
    (found,) = timeline.of(activity)
    return found


# --- decoding a known truth


@pytest.mark.parametrize("onset", [10.0, 10.25, 10.5, 10.9])
@pytest.mark.parametrize("sharpness", [4.0, 12.0, 100.0])
def test_edges_are_found_between_window_centres(onset, sharpness):
    truth = {"ppv": [Span(onset, onset + 20.3)]}
    found = only(build_timeline(ideal(truth, 60.0, sharpness), HALF, 60.0), "ppv")
    tolerance_s = 0.05 if sharpness < 5 else 0.51  # a step shows only between which centres the onset lies
    assert found.start_s == pytest.approx(onset, abs=tolerance_s)
    assert found.end_s == pytest.approx(onset + 20.3, abs=tolerance_s)
    assert found.start_range_s[0] <= onset <= found.start_range_s[1]
    assert found.end_range_s[0] <= onset + 20.3 <= found.end_range_s[1]


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.floats(4.0, 25.0), min_size=2, max_size=9).filter(lambda x: len(x) % 2 == 0),
    noise=st.floats(0.0, 0.6),
    seed=st.integers(0, 1000),
)
def test_a_good_detectors_events_are_found_within_a_second(lengths, noise, seed):
    edges = 5.0 + np.cumsum(lengths)
    duration_s = float(edges[-1]) + 10.0
    truth = [Span(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    timeline = build_timeline(ideal({"ppv": truth}, duration_s, 10.0, noise, seed), HALF, duration_s)
    found = timeline.of("ppv")
    assert len(found) == len(truth)
    for seen, true in zip(found, truth, strict=True):
        assert seen.start_s == pytest.approx(true.start_s, abs=1.0)
        assert seen.end_s == pytest.approx(true.end_s, abs=1.0)


def test_flicker_is_dropped_and_bridged():
    p = np.full((40, 1), 0.02)
    p[5] = 0.9  # one lone window
    p[15:30] = 0.95
    p[20] = 0.1  # one window's hole
    found = only(build_timeline(windows_of(p, ["suction"]), HALF, 41.0), "suction")
    assert (found.start_s, found.end_s) == (pytest.approx(15.5, abs=0.1), pytest.approx(30.5, abs=0.1))


def test_a_real_pause_is_not_bridged():
    truth = {"ppv": [Span(5, 20), Span(24, 40)]}
    assert len(build_timeline(ideal(truth, 60.0, 50.0), HALF, 60.0).of("ppv")) == 2


def test_events_at_the_videos_edges_are_censored():
    truth = {"ppv": [Span(0, 10), Span(20, 30), Span(50, 60.4)]}
    first, middle, last = build_timeline(ideal(truth, 60.4), HALF, 60.4).of("ppv")
    assert (first.start_s, first.censored_start, first.censored_end) == (0.0, True, False)
    assert (middle.censored_start, middle.censored_end) == (False, False)
    assert (last.end_s, last.censored_start, last.censored_end) == (60.4, False, True)


def test_no_window_no_event_and_nothing_observed():
    timeline = build_timeline(windows_of(np.zeros((0, 2)), ["baby_visible", "ppv"]), HALF, 0.2)
    assert (timeline.events, timeline.observed) == ((), ())
    assert timeline.covered == ("baby_visible", "ppv")


def test_one_window_longer_than_the_video():
    timeline = build_timeline(windows_of([[0.9, 0.9]], ["baby_visible", "ppv"]), HALF, 0.7)
    assert only(timeline, "ppv").end_s == 0.7
    assert timeline.observed == (Span(0.0, 0.7),)


def test_what_no_window_saw_is_not_observed():
    timeline = build_timeline(windows_of(np.full((20, 1), 0.9), ["baby_visible"]), HALF, 60.0)
    assert timeline.observed == (Span(0.0, 21.0),)


def test_a_detector_without_the_view_observes_nothing():
    assert build_timeline(ideal({"ppv": [Span(5, 20)]}, 30.0), HALF, 30.0).observed == ()


def test_mask_support_of_unknown_kind_is_what_ppv_and_cpap_leave():
    truth = {"ppv": [Span(10, 20)], "cpap": [Span(30, 40)], "ventilation": [Span(10, 40), Span(50, 55)]}
    found = build_timeline(ideal(truth, 60.0, 4.0), HALF, 60.0).of("ventilation")
    assert [(e.start_s, e.end_s) for e in found] == [pytest.approx((20, 30), abs=0.1), pytest.approx((50, 55), abs=0.1)]


def test_an_edge_beside_a_time_out_of_view_may_lie_in_it():
    truth = {"baby_visible": [Span(0, 20), Span(30, 60)], "ppv": [Span(5, 20), Span(30, 50)]}
    first, second = build_timeline(ideal(truth, 60.0), HALF, 60.0).of("ppv")
    assert first.end_range_s[1] == pytest.approx(30, abs=0.5)
    assert second.start_range_s[0] == pytest.approx(20, abs=0.5)
    assert first.start_range_s[0] > 3.0
    assert second.end_range_s[1] < 52.0


# --- lost pictures


def damaged(truth, *unreadable, duration_s=60.0):
    windows = replace(ideal(truth, duration_s), unreadable=tuple(Span(*span) for span in unreadable))
    return build_timeline(windows, HALF, duration_s)


def test_lost_pictures_are_not_observed_and_an_edge_beside_them_may_lie_anywhere_in_them():
    timeline = damaged({"baby_visible": [Span(0, 60)], "ppv": [Span(5, 50)]}, (20, 30))
    assert timeline.observed == (Span(0.0, 20.0), Span(30.0, 60.0))
    first, second = timeline.of("ppv")
    assert (first.end_s, first.end_range_s, first.censored_end) == (20.0, (20.0, 30.0), False)
    assert (second.start_s, second.start_range_s, second.censored_start) == (30.0, (20.0, 30.0), False)
    assert (first.start_s, second.end_s) == (pytest.approx(5, abs=0.1), pytest.approx(50, abs=0.1))
    assert {m.name: m for m in compute(timeline)}["ppv_pause_count"].value == 0


def test_what_was_seen_in_lost_pictures_only_is_no_event():
    truth = {"baby_visible": [Span(0, 60)], "ppv": [Span(21, 29)], "suction": [Span(19, 31)]}
    timeline = damaged(truth, (20, 30))
    assert timeline.of("ppv", "suction") == ()


def test_a_loss_no_longer_than_a_blink_does_not_part_an_event():
    timeline = damaged({"baby_visible": [Span(0, 60)], "ppv": [Span(5, 50)]}, (20, 21.5))
    assert only(timeline, "ppv").duration_s == pytest.approx(45, abs=0.2)
    assert timeline.observed_s == 58.5


def test_a_loss_too_short_to_hide_anything_changes_nothing():
    truth = {"baby_visible": [Span(0, 60)], "ppv": [Span(5, 50)]}
    assert damaged(truth, (20, 20.4), (30, 30.4)) == damaged(truth)


def test_an_arrival_in_lost_pictures_is_as_uncertain_as_they_are_long():
    zero = damaged({"baby_visible": [Span(8, 60)]}, (4, 12)).time_zero
    assert (zero.source, zero.t_s, zero.range_s) == ("table_arrival", 12.0, (4.0, 12.0))


@pytest.mark.parametrize("unreadable", [((0.0, 5.0),), ((0.04, 5.0),), ((1.5, 4.2),), ((0.5, 3.4), (5.0, 7.5))])
def test_a_loss_soon_after_the_start_makes_no_arrival(unreadable):
    """What is left of the view before the loss is too short for an event, yet the table was never seen empty."""
    timeline = damaged({"baby_visible": [Span(0, 60)]}, *unreadable)
    assert (timeline.time_zero.source, timeline.table_arrival) == ("video_start", None)
    view = only(timeline, "baby_visible")
    assert (view.start_s, view.censored_start) == (unreadable[-1][1], True)


# --- time zero


@pytest.mark.parametrize(
    ("unreadable", "source"),
    [((0.0, 10.0), "video_start"), ((1.0, 15.0), "video_start"), ((4.0, 15.0), "table_arrival")],
)
def test_lost_pictures_are_no_empty_table(unreadable, source):
    assert damaged({"baby_visible": [Span(unreadable[1], 60)]}, unreadable).time_zero.source == source


def test_time_zero_is_arrival_only_after_an_empty_table():
    arrived = build_timeline(ideal({"baby_visible": [Span(8.5, 60)]}, 60.0), HALF, 60.0).time_zero
    assert (arrived.source, arrived.t_s) == ("table_arrival", pytest.approx(8.5, abs=0.1))
    assert arrived.range_s[0] < 8.5 < arrived.range_s[1]
    for start_s in (0.0, 2.0):
        timeline = build_timeline(ideal({"baby_visible": [Span(start_s, 60)]}, 60.0), HALF, 60.0)
        assert timeline.time_zero.source == "video_start"
        assert timeline.table_arrival is None


def test_a_given_birth_goes_before_arrival():
    windows = ideal({"baby_visible": [Span(8.5, 60)]}, 60.0)
    timeline = build_timeline(windows, HALF, 60.0, birth_time_s=-75.0, birth_uncertainty_s=10.0)
    assert (timeline.time_zero.source, timeline.time_zero.t_s) == ("given", -75.0)
    assert timeline.time_zero.range_s == (-85.0, -65.0)
    assert timeline.table_arrival.t_s == pytest.approx(8.5, abs=0.1)


@pytest.mark.parametrize(("birth", "uncertainty"), [(float("nan"), 0.0), (-5.0, -1.0), (61.0, 0.0)])
def test_a_birth_that_cannot_be_is_refused(birth, uncertainty):
    with pytest.raises(UsageError):
        timeline_from_annotations([], 60.0, birth, uncertainty)


# --- broken detectors


def test_labels_and_thresholds_must_fit():
    with pytest.raises(BundleBroken, match="juggling"):
        build_timeline(windows_of([[0.1]], ["juggling"]), {"juggling": 0.5}, 2.0)
    with pytest.raises(BundleBroken, match="no threshold"):
        build_timeline(windows_of([[0.1]], ["ppv"]), {}, 2.0)
    with pytest.raises(BundleBroken, match="no number"):
        build_timeline(windows_of([[float("nan")]], ["ppv"]), HALF, 2.0)


# --- annotations


def test_annotations_cover_what_occurs_and_observe_what_was_in_view():
    timeline = timeline_from_annotations([event("baby_visible", 5, 50), event("ppv", 10, 20)], 60.0)
    assert timeline.covered == ("baby_visible", "ppv")
    assert timeline.observed == (Span(5, 50),)
    assert timeline.time_zero.source == "table_arrival"
    without = timeline_from_annotations([event("ppv", 10, 20)], 60.0, covered=("suction",))
    assert without.covered == ("ppv", "suction")
    assert without.observed == (Span(0, 60),)


def test_overlapping_annotations_become_one_event():
    events = [event("stimulation", 10, 14, confidence=1.0), event("stimulation", 12, 20, confidence=0.5)]
    found = only(timeline_from_annotations(events, 60.0), "stimulation")
    assert (found.start_s, found.end_s) == (10, 20)
    assert found.confidence == pytest.approx((4 * 1.0 + 8 * 0.5) / 12)


def test_annotations_at_the_edges_are_censored_and_clipped():
    found = only(timeline_from_annotations([event("ppv", 0.0, 60.7)], 60.0), "ppv")
    assert (found.start_s, found.end_s) == (0.0, 60.0)
    assert found.censored_start
    assert found.censored_end


@pytest.mark.parametrize("span", [(-5, 10), (50, 65), (70, 80)])
def test_annotations_outside_the_video_are_refused(span):
    with pytest.raises(InputRefused, match="does not lie within the video"):
        timeline_from_annotations([event("ppv", *span)], 60.0)


def test_ids_follow_onset_then_end_then_activity():
    events = [event("suction", 5, 9), event("ppv", 5, 9), event("cpap", 5, 7), event("baby_visible", 0, 60)]
    assert [e.activity for e in renumber(events)] == ["baby_visible", "cpap", "ppv", "suction"]
    assert [e.id for e in renumber(events)] == ["E1", "E2", "E3", "E4"]


# --- what holds for any probabilities


@st.composite
def any_windows(draw):
    count = draw(st.integers(0, 40))
    levels = st.sampled_from([0.0, 0.05, 0.2, 0.35, 0.5, 0.65, 0.9, 1.0])
    labels = draw(st.lists(st.sampled_from((*LABELS, "ventilation")), min_size=1, max_size=4, unique=True))
    flat = draw(st.lists(levels, min_size=count * len(labels), max_size=count * len(labels)))
    leftover_s = draw(st.floats(0.0, 0.99))
    return windows_of(np.array(flat).reshape(count, len(labels)), labels), (count + 1 if count else 0) + leftover_s


@settings(max_examples=150, deadline=None)
@given(any_windows())
def test_any_windows_give_a_sound_timeline(case):
    windows, duration_s = case
    timeline = build_timeline(windows, HALF, duration_s)
    assert [e.id for e in timeline.events] == [f"E{n}" for n in range(1, len(timeline.events) + 1)]
    assert intervals.clean(timeline.observed) == timeline.observed
    assert timeline.observed_s <= duration_s + 1e-9
    for e in timeline.events:
        assert 0 <= e.start_range_s[0] <= e.start_s <= e.start_range_s[1] <= duration_s
        assert 0 <= e.end_range_s[0] <= e.end_s <= e.end_range_s[1] <= duration_s
        assert e.start_s < e.end_s
        assert e.activity in timeline.covered
        assert e.censored_start == (e.start_s == 0.0)
        assert e.censored_end == (e.end_s == duration_s)
    for name in timeline.covered:
        found = timeline.of(name)
        assert all(a.end_s < b.start_s for a, b in pairwise(found))


@settings(max_examples=50, deadline=None)
@given(any_windows())
def test_a_saved_video_gives_the_same_timeline(tmp_path_factory, case):
    windows, duration_s = case
    path = tmp_path_factory.mktemp("windows") / "windows.npz"
    windows.save(path)
    assert build_timeline(Windows.load(path), HALF, duration_s) == build_timeline(windows, HALF, duration_s)


def test_a_damaged_windows_file_is_refused(tmp_path):
    path = tmp_path / "windows.npz"
    windows_of([[0.1]], ["ppv"]).save(path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputRefused, match="--resume"):
        Windows.load(path)

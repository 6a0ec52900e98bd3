"""The figures of an evaluation, on videos small enough to check by hand."""

import numpy as np
import pytest

from resus_doc.models import evaluation, reliability
from resus_doc.models.event_matching import EventCounts
from resus_doc.models.event_metrics import VideoEvents, counts, event_activities, false_per_hour, first_events
from resus_doc.models.judgement import JudgedVideo, judge
from resus_doc.schema import Span
from resus_doc.tools.evaluate import lacks_range

LABELS = ("baby_visible", "ppv", "cpap", "stimulation", "suction")


def video(true, found, windows=20):
    """A video of as many seconds as windows and one more, whose windows say just what its events say."""
    starts = np.arange(windows, dtype=float)
    truth = evaluation.truth_of({name: true.get(name, ()) for name in (*LABELS, "ventilation")}, starts, 2.0)
    said = evaluation.truth_of({name: found.get(name, ()) for name in LABELS}, starts, 2.0).of(LABELS)
    return JudgedVideo(VideoEvents(windows + 1.0, true, found), truth, said.astype(float), said)


ALL = {
    "baby_visible": [Span(0, 21)],
    "ppv": [Span(2, 8)],
    "cpap": [Span(10, 14)],
    "stimulation": [Span(3, 9)],
    "suction": [Span(15, 20)],
}


def test_a_perfect_detector_is_perfect_in_every_figure():
    figures = judge([video(ALL, ALL), video(ALL, ALL)], LABELS)
    assert figures.windows.macro_f1 == figures.windows.macro_f1_activities == 1
    assert set(figures.events.f1_at_iou.values()) == {1}
    assert figures.events.onset_error_s.p90 == figures.events.offset_error_s.median == 0
    assert set(figures.events.false_events_per_hour.values()) == {0}
    assert all(
        first == (1, 0, 2) for first in ((f.within_2s, f.p90_error_s, f.n) for f in figures.time_to_first.values())
    )
    assert set(figures.ranges_90.values()) == {(1, 1)}
    assert set(figures.calibration_error.values()) == {0}
    assert (figures.n_videos, figures.n_windows) == (2, 40)


def test_always_yes_by_hand():
    figures = judge([video(ALL, {})], LABELS)
    share = {name: figures.windows.per_class[name].support / 20 for name in ("ventilation", "stimulation", "suction")}
    assert figures.windows.always_yes_macro_f1_activities == pytest.approx(
        np.mean([2 * s / (1 + s) for s in share.values()]), abs=1e-4
    )
    assert figures.windows.macro_f1_activities == 0
    assert figures.events.onset_error_s.median is None


def test_a_class_that_never_occurs_has_no_f1_and_spoils_the_mean():
    without = {name: spans for name, spans in ALL.items() if name != "suction"}
    figures = judge([video(without, ALL)], LABELS)
    assert figures.windows.per_class["suction"].f1 is None
    assert figures.windows.macro_f1 is None and figures.windows.macro_f1_activities is None
    assert figures.windows.per_class["ventilation"].f1 == 1


def test_a_class_neither_there_nor_called_has_no_precision_and_a_false_call_has_zero():
    without = {name: spans for name, spans in ALL.items() if name != "suction"}
    scored = judge([video(without, without)], LABELS).windows.per_class["suction"]
    assert (scored.precision, scored.recall, scored.f1, scored.support) == (None, None, None, 0)
    assert judge([video(without, ALL)], LABELS).windows.per_class["suction"].precision == 0


def test_late_and_false_and_missed_events():
    found = {**ALL, "ppv": [Span(5, 8), Span(17, 19)], "suction": []}
    figures = judge([video(ALL, found)], LABELS)
    assert figures.events.false_events_per_hour["ppv"] == pytest.approx(3600 / 21, abs=1e-3)
    assert figures.events.onset_error_s.median == 0 and figures.events.onset_error_s.p90 == pytest.approx(2.4)
    assert figures.time_to_first["ppv"].p90_error_s == 3
    assert figures.time_to_first["suction"].p90_error_s == 21
    # matched at 0.50: ppv (3 of 6 s), cpap, stimulation; of 4 true and 4 found
    assert figures.events.f1_at_iou["0.50"] == pytest.approx(2 * 3 / 8)


def test_a_video_rightly_without_an_activity_counts_as_no_error():
    nothing = VideoEvents(100, {}, {})
    false = VideoEvents(100, {}, {"suction": [Span(1, 2)]})
    assert first_events([nothing, false], "suction").within == 0.5
    assert false_per_hour([nothing, false], "suction") == pytest.approx(18)


def test_mask_support_of_unknown_kind_is_compared_as_one():
    true, found = {"ventilation": [Span(0, 10)]}, {"ppv": [Span(0, 5)], "cpap": [Span(5, 10)]}
    assert event_activities([VideoEvents(20, true, found)], LABELS) == ("stimulation", "suction", "ventilation")
    assert judge([video(true, found)], LABELS).events.f1_at_iou["0.50"] == 1


def test_ranges_hold_the_figure_and_narrow_with_more_videos():
    good, bad = video(ALL, ALL), video(ALL, {**ALL, "suction": []})
    few, many = judge([good, bad] * 2, LABELS), judge([good, bad] * 20, LABELS)
    for figures in (few, many):
        low, high = figures.ranges_90["macro_f1"]
        assert low <= figures.windows.macro_f1 <= high
    widths = [f.ranges_90["macro_f1"][1] - f.ranges_90["macro_f1"][0] for f in (few, many)]
    assert widths[1] < widths[0]
    assert judge([good], LABELS).ranges_90["macro_f1"] is None


def test_no_range_is_told_where_draws_of_videos_often_lack_a_class():
    base = {"baby_visible": [Span(0, 21)], "ppv": [Span(2, 8)]}
    one, other = ({**base, name: [Span(10, 15)]} for name in ("stimulation", "suction"))
    figures = judge([video(one, ALL), video(other, ALL)], LABELS)
    assert figures.windows.macro_f1 is not None and figures.ranges_90["macro_f1"] is None
    assert lacks_range(figures) and not lacks_range(judge([video(ALL, ALL)] * 2, LABELS))
    assert not lacks_range(judge([video(ALL, ALL)], LABELS)), "one video has no range for another reason"


def test_kinds_of_mask_support_have_no_figures_where_annotations_do_not_tell_the_kind():
    true = {**ALL, "ventilation": [Span(16, 20)]}
    figures = judge([video(true, {**ALL, "ppv": [Span(2, 8), Span(16, 20)]})], LABELS)
    scored = figures.windows.per_class
    assert (scored["ppv"].precision, scored["ppv"].f1, scored["cpap"].f1) == (None, None, None)
    assert scored["ventilation"].f1 == 1 and scored["ppv"].support == 5
    assert set(figures.calibration_error) == set(LABELS) - {"ppv", "cpap"}


def test_events_of_a_detector_that_knows_kinds_and_no_kind_count_once():
    labels = (*LABELS, "ventilation")
    videos = [VideoEvents(100, {"ppv": [Span(10, 20)]}, {"ppv": [Span(11, 21)]})]
    activities = event_activities(videos, labels)
    assert activities == ("stimulation", "suction", "ventilation")
    assert counts(videos[0], activities, 0.5) == EventCounts(matched=1, one=1, other=1)


def test_reliability_tells_what_was_said_and_what_was_true():
    bins = reliability.curve(np.array([0.05, 0.05, 0.95, 1.0]), np.array([False, True, True, True]))
    assert [each.windows for each in bins] == [2, 2]
    assert bins[0].said == pytest.approx(0.05) and bins[0].true == 0.5
    assert reliability.calibration_error(bins) == pytest.approx((0.45 * 2 + 0.025 * 2) / 4)

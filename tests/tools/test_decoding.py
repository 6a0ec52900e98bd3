"""Timelines by a fitted decoder: what holds for any windows, and what a closer look changes."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import decoder_cases

from resus_doc.errors import BundleBroken
from resus_doc.models import decoder
from resus_doc.models.bundle import CONFIG_FILE, DetectorConfig
from resus_doc.settings import DEFAULT_DETECTOR
from resus_doc.tools.timeline import build_timeline
from resus_doc.tools.windows import Windows

HALF = {"ppv": 0.5, "suction": 0.5, "stimulation": 0.5}


def windows_of(probabilities, start_s=None, stride_s=1.0, labels=decoder_cases.LABELS):
    probabilities = np.asarray(probabilities, dtype=np.float32)
    return Windows(
        start_s=np.arange(len(probabilities)) * stride_s if start_s is None else np.asarray(start_s),
        window_s=2.0,
        stride_s=stride_s,
        labels=labels,
        probabilities=probabilities,
        domain_score=None,
        grid_fps=8.0,
        frames_decoded=0,
    )


def built(probabilities, duration_s, closer=None):
    return build_timeline(windows_of(probabilities), HALF, duration_s, decoder=decoder_cases.fitted(), closer=closer)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), rest_s=st.floats(0, 0.99), sharp=st.floats(0.1, 12))
def test_any_windows_give_a_valid_timeline(seed, count, rest_s, sharp):
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-sharp * rng.standard_normal((count, 2))))
    duration_s = count + 1 + rest_s
    timeline = built(p, duration_s)
    for activity in decoder_cases.LABELS:
        events = timeline.of(activity)
        for event in events:
            assert 0 <= event.start_s < event.end_s <= duration_s
            assert event.start_range_s[0] <= event.start_s <= event.start_range_s[1]
            assert event.end_range_s[0] <= event.end_s <= event.end_range_s[1]
            assert event.start_range_s[1] <= event.end_s + 1e-3 and event.end_range_s[0] >= event.start_s - 1e-3
            assert 0 <= event.confidence <= 1
        assert all(before.end_s <= after.start_s for before, after in pairwise(events))


def test_edges_are_known_to_a_quarter_of_a_second():
    video = decoder_cases.example(decoder_cases.recording(31), 31, noise=0.2)
    timeline = built(video.probabilities[::4], video.recording.duration_s)
    for event, true in zip(timeline.of("ppv"), video.recording.spans["ppv"], strict=True):
        assert event.start_s == pytest.approx(true.start_s, abs=0.4)
        assert event.end_s == pytest.approx(true.end_s, abs=0.4)
        assert event.start_range_s[1] - event.start_range_s[0] < 1.0


def test_a_closer_look_counts_where_it_was_taken():
    """Windows at every cell say that the pause was none; the rest of the video stays as it was."""
    p = np.full((40, 2), 0.02)
    p[5:10, 0], p[13:17, 0] = 0.97, 0.97
    assert len(built(p, 41.0).of("ppv")) == 2
    starts = np.arange(8.0, 15.0, 0.25)
    closer = windows_of(np.column_stack([np.full(28, 0.97), np.full(28, 0.02)]), starts, 0.25)
    (event,) = built(p, 41.0, closer).of("ppv")
    assert (event.start_s, event.end_s) == (pytest.approx(5.5, abs=0.6), pytest.approx(17.5, abs=0.6))


@pytest.mark.parametrize("probability", [0.7, 0.9, 0.97, 0.99])
def test_what_the_shipped_detector_is_less_sure_of_is_not_taken_for_coming_and_going(probability):
    config = DetectorConfig.model_validate_json((DEFAULT_DETECTOR / CONFIG_FILE).read_text("utf-8"))
    p = np.full((99, len(config.labels)), 0.005)
    p[:, config.labels.index("baby_visible")] = probability
    p[10:29, config.labels.index("ppv")] = probability
    windows = windows_of(p, labels=config.labels)
    timeline = build_timeline(windows, dict.fromkeys(config.labels, 0.5), 100.0, decoder=decoder.read(DEFAULT_DETECTOR))
    (view,), (ppv,) = timeline.of("baby_visible"), timeline.of("ppv")
    assert (view.start_s, view.end_s, timeline.time_zero.source) == (0.0, 100.0, "video_start")
    assert (ppv.start_s, ppv.end_s) == (pytest.approx(10.5, abs=1.0), pytest.approx(29.5, abs=1.0))


def test_a_decoder_of_other_labels_is_refused():
    other = windows_of(np.full((5, 2), 0.5), labels=("ppv", "stimulation"))
    with pytest.raises(BundleBroken, match="other labels"):
        build_timeline(other, HALF, 6.0, decoder=decoder_cases.fitted())

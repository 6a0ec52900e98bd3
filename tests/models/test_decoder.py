"""The fitted decoder: what its fit learns from known courses, and what holds for its probabilities."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import decoder_cases
from decoder_cases import example, recording

from resus_doc.errors import BundleBroken
from resus_doc.models import decoder as decoding
from resus_doc.models import decoder_fit as fitting
from resus_doc.models import semi_markov
from resus_doc.settings import DEFAULT_DETECTOR


@pytest.fixture(scope="module")
def fitted():
    return decoder_cases.fitted()


def decoded(fitted, video, step=4, fine=None):
    cells = round(video.start_s[-1] / 0.25) + 8
    coarse = (video.start_s[::step].tolist(), video.probabilities[::step])
    seen = decoding.seen_windows(fitted, coarse, fine)
    return semi_markov.posterior(fitted, seen, cells)


def test_courses_follow_the_training_recordings(fitted):
    ends, begins = fitted.courses["ppv"].ends, fitted.courses["ppv"].begins
    assert np.mean(ends[28:44]) > 5 * np.mean(ends[:12])
    assert max(begins[12:24]) > 3 * begins[1]


def test_what_rarely_happens_together_is_less_likely_but_never_excluded(fitted):
    assert fitted.coupling["suction"]["ppv"] < -0.5
    assert fitted.coupling["suction"]["ppv"] >= -fitting.LARGEST_COUPLING
    starts = np.arange(0.0, 38.0, 1.0)
    both = np.full((len(starts), 2), 0.02)
    both[5:30, 0], both[12:22, 1] = 0.97, 0.97
    seen = decoding.seen_windows(fitted, (starts.tolist(), both))
    found = semi_markov.posterior(fitted.model_copy(update={"coupling_weight": 1.0}), seen, 160)
    (suction,) = semi_markov.stays(found, 1, 0.25)
    assert suction.start.middle_s == pytest.approx(12.5, abs=1.0)


def test_probabilities_are_probabilities(fitted):
    found = decoded(fitted, example(recording(7), 7))
    for table in found:
        assert np.isfinite(table).all() and (table >= 0).all() and (table <= 1 + 1e-9).all()
    assert (found.begins <= found.on + 1e-9).all()


def test_runs_are_found_and_most_edges_lie_in_their_range(fitted):
    held, errors = [], []
    for seed in range(20, 26):
        video = example(recording(seed), seed)
        found = semi_markov.stays(decoded(fitted, video), 0, 0.25)
        true = video.recording.spans["ppv"]
        assert len(found) == len(true)
        for stay, span in zip(found, true, strict=True):
            for edge, at_s in ((stay.start, span.start_s), (stay.end, span.end_s)):
                low_s, high_s = edge.stretched(fitted.coarse.stretch, semi_markov.EDGE_SLACK * 0.25)
                held.append(low_s <= at_s <= high_s)
                errors.append(abs(edge.middle_s - at_s))
    assert np.median(errors) < 0.3
    assert 0.8 <= np.mean(held) <= 0.99


def test_a_closer_look_replaces_the_windows_it_repeats(fitted):
    starts = [0.0, 1.0, 2.0]
    coarse = np.full((3, 2), 0.1)
    seen = decoding.seen_windows(fitted, (starts, coarse), ([1.0, 1.25], np.full((2, 2), 0.8)))
    assert seen.first_cell.tolist() == [0, 4, 5, 8]
    assert seen.fine.tolist() == [False, True, True, False]
    assert seen.logits[1, 0] == pytest.approx(np.log(4.0))


def test_a_run_at_the_videos_edge_has_no_edge_there(fitted):
    p = np.full((30, 2), 0.02)
    p[:10, 0], p[22:, 0] = 0.98, 0.98
    seen = decoding.seen_windows(fitted, (np.arange(30.0).tolist(), p))
    first, last = semi_markov.stays(semi_markov.posterior(fitted, seen, 124), 0, 0.25)
    assert (first.start, last.end) == (None, None)
    assert first.end.middle_s == pytest.approx(10.5, abs=0.6)


def test_one_window_is_enough_to_decode(fitted):
    seen = decoding.seen_windows(fitted, ([0.0], np.array([[0.99, 0.01]])))
    found = semi_markov.posterior(fitted, seen, 8)
    assert (found.on[:, 0] > 0.5).all() and (found.on[:, 1] < 0.5).all()


def test_windows_know_their_class():
    """Every pattern of a window of four cells with one edge has a class of its own."""
    classes = {decoding.window_class(n, 4, on_at_end=side) for n in range(1, 4) for side in (False, True)}
    assert classes == set(range(2, 8))
    assert decoding.window_class(0, 4, on_at_end=False) == 0 and decoding.window_class(4, 4, on_at_end=True) == 1


def test_a_decoder_is_read_as_it_was_written(fitted, tmp_path):
    assert decoding.read(tmp_path) is None
    (tmp_path / decoding.DECODER_FILE).write_text(fitted.model_dump_json())
    assert decoding.read(tmp_path) == fitted


@pytest.mark.parametrize(
    "change", [{"labels": ["ppv"]}, {"shortest_cells": 2}, {"cell_s": 0}, {"extra": 1}, {"emission": {}}]
)
def test_a_decoder_that_does_not_fit_together_is_refused(fitted, tmp_path, change):
    stored = json.loads(fitted.model_dump_json()) | change
    (tmp_path / decoding.DECODER_FILE).write_text(json.dumps(stored))
    with pytest.raises(BundleBroken, match=r"decoder\.json"):
        decoding.read(tmp_path)


def test_the_shipped_detector_has_a_decoder():
    """`train_detector.py ship` writes a bundle without one; then run scripts/fit_decoder.py."""
    assert decoding.read(DEFAULT_DETECTOR) is not None


def test_only_one_run_is_cut_by_each_edge_of_the_video():
    """Two short runs near the start: the second begins in view, however near."""
    on = np.zeros((40, 1))
    for first, after in ((0, 3), (6, 12), (28, 34), (37, 40)):
        on[first:after] = 1.0
    before = np.concatenate([np.zeros((1, 1)), on[:-1]])
    found = semi_markov.Posterior(on, np.clip(on - before, 0, 1), np.clip(before - on, 0, 1))
    runs = semi_markov.stays(found, 0, cell_s=0.25)
    assert [run.start is None for run in runs] == [True, False, False, False]
    assert [run.end is None for run in runs] == [False, False, False, True]

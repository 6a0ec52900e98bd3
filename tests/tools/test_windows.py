from dataclasses import replace

import numpy as np
import pytest

from resus_doc.schema import Span
from resus_doc.tools.windows import Windows, joined


def some_windows(score: float | None, broken: float | None) -> Windows:
    return Windows(
        start_s=np.arange(3.0),
        window_s=2.0,
        stride_s=1.0,
        labels=("ppv", "suction"),
        probabilities=np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], np.float32),
        domain_score=score,
        grid_fps=8.0,
        frames_decoded=32,
        broken_off_at_s=broken,
    )


@pytest.mark.parametrize(("score", "broken"), [(None, None), (0.25, 3.5)])
def test_saved_windows_are_read_back(tmp_path, score, broken):
    windows = some_windows(score, broken)
    windows.save(tmp_path / "windows.npz")
    back = Windows.load(tmp_path / "windows.npz")
    assert (back.labels, back.domain_score, back.broken_off_at_s) == (windows.labels, score, broken)
    np.testing.assert_array_equal(back.probabilities, windows.probabilities)
    assert len(back) == 3


def test_joined_windows_have_their_damage_on_the_common_clock():
    part = replace(some_windows(None, None), unreadable=(Span(1.0, 2.0),))
    assert joined([part, part], [0.0, 40.0]).unreadable == (Span(1.0, 2.0), Span(41.0, 42.0))


def test_probabilities_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="3 windows"):
        Windows(np.arange(3.0), 2.0, 1.0, ("ppv",), np.zeros((2, 1), np.float32), None, 8.0, 32)

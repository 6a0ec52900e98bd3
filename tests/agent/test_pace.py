"""Time left follows from bytes done."""

import pytest

from resus_doc.agent.pace import Pace


def test_nothing_is_said_before_anything_is_done():
    pace = Pace({"a": 10, "b": 10})
    assert pace.left_s(5) is None
    pace.start("a", 5)
    assert pace.left_s(6) is None
    assert pace.left_of_s("a", 6) is None


def test_time_left_counts_what_is_partly_done_and_leaves_out_what_needs_no_work():
    pace = Pace({"a": 10, "b": 30, "done before": 1000})
    pace.leave_out("done before")
    pace.start("a", 0)
    pace.advance("a", 0.5)
    assert pace.left_s(10) == pytest.approx(10 / 5 * 35)
    assert pace.left_of_s("a", 10) == pytest.approx(10)
    pace.finish("a")
    pace.start("b", 20)
    assert pace.left_s(20) == pytest.approx(60)
    pace.advance("b", 1)
    pace.finish("b")
    assert pace.left_s(80) == 0

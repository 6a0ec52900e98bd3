"""Where to look closer: only where a verdict hangs on it, and never without end."""

import pytest

from resus_doc.agent import closer
from resus_doc.guidelines.profile import load
from resus_doc.guidelines.rules import evaluate
from resus_doc.schema import Event, Span, Timeline, TimeZero
from resus_doc.tools.measures import compute

PROFILE = load("aha-2025")
CPR = "aha-2025.compressions-after-ppv"
PAUSE = "quality-metrics.ppv-pause-longest"


def event(number, activity, start_s, end_s, spread_s=0.1):
    return Event(
        id=f"E{number}",
        activity=activity,
        start_s=start_s,
        end_s=end_s,
        confidence=0.9,
        start_range_s=(start_s - spread_s, start_s + spread_s),
        end_range_s=(end_s - spread_s, end_s + spread_s),
        source="detector",
    )


def timeline(*events, duration_s=120.0):
    return Timeline(
        events=events,
        covered=("baby_visible", "ppv", "cpap", "stimulation", "suction", "chest_compressions"),
        observed=(Span(0.0, duration_s),),
        duration_s=duration_s,
        time_zero=TimeZero(t_s=-20.0, range_s=(-20.0, -20.0), source="given"),
    )


def judge(changed):
    return evaluate(PROFILE, changed, compute(changed)).findings


def doubts(given):
    return closer.doubts(given, judge(given), judge)


def test_a_clear_case_needs_no_second_look():
    assert doubts(timeline(event(1, "ppv", 10, 50), event(2, "ppv", 53.5, 90))) == ()


def test_an_undecided_rule_sends_to_the_uncertain_edges():
    case = timeline(event(1, "ppv", 10, 30, 1.0), event(2, "ppv", 40, 70))
    assert {f.verdict for f in judge(case) if f.rule_id == PAUSE} == {"indeterminate"}
    found = [doubt for doubt in doubts(case) if doubt.rule_id == PAUSE]
    assert {doubt.reason for doubt in found} == {"uncertain_edge"}
    assert any(doubt.span.start_s <= 27.0 and doubt.span.end_s >= 33.0 for doubt in found)


def test_a_lone_short_event_that_decides_is_looked_at():
    case = timeline(event(1, "ppv", 10, 30), event(2, "ppv", 37, 38.5), event(3, "ppv", 45, 70))
    assert {f.verdict for f in judge(case) if f.rule_id == PAUSE} == {"met"}
    assert [(d.rule_id, d.reason) for d in doubts(case)] == [(PAUSE, "short_event")]


def test_a_short_gap_that_decides_nothing_is_left_alone():
    case = timeline(event(1, "ppv", 10, 30), event(2, "ppv", 31.5, 60))
    assert doubts(case) == ()


def test_an_edge_out_of_view_is_not_looked_at_again():
    case = timeline(event(1, "ppv", 20, 30, 6.0), event(2, "ppv", 40, 70))
    assert {f.verdict for f in judge(case) if f.rule_id == PAUSE} == {"indeterminate"}
    assert doubts(case) == ()


def test_looks_come_to_an_end():
    many = [event(n, "ppv", 30.0 * n, 30.0 * n + 20, 1.5) for n in range(40)]
    found = doubts(timeline(*many, duration_s=1400.0))
    assert sum(d.span.end_s - d.span.start_s for d in found) <= closer.MOST_S


def test_stretches_do_not_overlap_and_lie_in_the_video():
    case = timeline(event(1, "ppv", 1.0, 30, 1.5), event(2, "ppv", 40, 119.0, 1.5))
    spans = closer.stretches(doubts(case))
    assert all(0 <= span.start_s < span.end_s <= 120 for span in spans)
    assert list(spans) == sorted(spans)


@pytest.mark.parametrize("verdict", ["met", "not_met", "indeterminate"])
def test_verdicts_that_no_number_decides_send_nowhere(verdict):
    case = timeline(event(1, "ppv", 10, 30, 1.0), event(2, "ppv", 40, 70))
    findings = [f.model_copy(update={"threshold": None, "verdict": verdict}) for f in judge(case)]
    assert closer.doubts(case, findings, judge) == ()

"""What the chat's arithmetic must not say: an absence nobody could see, a time of nothing, a birth nobody named."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import EVENTS, sample_report

from resus_doc.tools import reckoning, what_if


def test_what_the_source_cannot_see_is_not_counted_as_none():
    report = sample_report(
        activities_covered=("baby_visible", "ppv"), events=tuple(e for e in EVENTS if e.activity == "ppv")
    )
    for tool in (reckoning.count_events, reckoning.total_time):
        text = tool(report, "suction", rel="during", other="ppv").statements[0].text
        assert text == "I cannot tell: the source of this record does not recognise suction."


def test_what_is_under_way_at_a_moment_counts_whole():
    event = next(e for e in sample_report().events if e.activity == "ppv")
    told = reckoning.total_time(sample_report(), "ppv", number=(event.start_s + event.end_s) / 2).statements[0]
    assert told.numbers[0].value == pytest.approx(event.duration_s)


def test_another_look_at_the_same_guideline_moves_no_birth():
    report = sample_report()
    told = what_if.what_if(report, profile_id=report.guideline.id).statements
    assert told and not any("With birth at" in each.text for each in told)

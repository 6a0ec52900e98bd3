"""The Markdown form: the same facts, and no text that turns into markup."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import EVENTS, empty_report, hostile_report, long_report, sample_report, withheld_report

from resus_doc.schema import Recording, Report, TimeZero
from resus_doc.tools import report_words as words
from resus_doc.tools.report_md import escape, render


def test_the_whole_report_is_there() -> None:
    text = render(sample_report())
    for heading in ("What happened", "Findings", "Debrief", "Measures", "Events", "Sources"):
        assert f"\n## {heading}\n" in text
    assert "- **PPV** first 1:02 after birth, twice, 40.5 s in all" in text
    assert "| M3 | Time to first PPV | 62 s | 59.6–64.4 s |" in text
    assert "| E4 | PPV | 1:02 (± 1.2 s) to 1:28 (± 1.2 s) | 0:36–1:02 | 93 % | detector |" in text
    assert "6 of 8 sentences (75 %) were written by a language model" in text
    assert text.endswith("\n") and not text.endswith("\n\n")


def test_intended_use_and_validation_come_first() -> None:
    text = render(sample_report())
    assert (
        text.index("Intended use.") < text.index("validated on simulated videos only") < text.index("## What happened")
    )


def test_findings_name_observed_expected_source_and_what_is_unverified() -> None:
    text = render(sample_report())
    start = text.index("- **F1**")
    finding = text[start : text.index("\n\n", start)].splitlines()
    assert finding[0].endswith("(unverified)")
    assert finding[1] == "  - Observed: PPV began 62 s after birth (60–64 s)"
    assert finding[4] == "  - Rests on: E4, M3, P1"
    assert finding[5].startswith("  - Source: AHA/AAP 2025 Part 5") and finding[5].endswith(
        "10.1161/CIR.0000000000001367"
    )
    verified = text[text.index("- **F6**") :].splitlines()[0]
    assert "unverified" not in verified
    metric = text[text.index("- **F3**") :].splitlines()[0]
    assert metric.endswith("(quality metric, no guideline limit)")


def test_out_of_domain_is_said_at_the_top() -> None:
    text = render(withheld_report())
    assert text.index("Findings are withheld.") < text.index("## Findings")
    assert "## Withheld candidate events" in text and "## Events" not in text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"score": 0.60}, True),
        ({"score": 0.70}, False),
        ({"score": 0.60, "validated_from": None}, False),
        ({"score": 0.40, "in_domain": False}, False),
    ],
)
def test_a_video_at_the_edge_of_what_the_detector_was_validated_on_is_told(changes: dict, told: bool) -> None:
    check = {"in_domain": True, "threshold": 0.5, "validated_on": "simulated", "validated_from": 0.65, **changes}
    report = sample_report(domain_check=check)
    assert report.is_unusual == told
    assert ("less than any video on which the detector was validated (0.65 or more)" in render(report)) == told


def test_nothing_seen_is_worded_with_care() -> None:
    assert "None of the recognised activities was seen." in render(empty_report())


def test_hostile_text_makes_no_markup() -> None:
    text = render(hostile_report())
    assert "<" not in text and "\u202e" not in text and "\x07" not in text
    assert "alert(1)" in text
    assert not re.search(r"(?<!\\)`", text)
    rows = [line for line in text.splitlines() if line.startswith("| E")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# heading\n- list", "\\# heading - list"),
        ("## two", "\\## two"),
        ("+ item", "\\+ item"),
        ("- item", "\\- item"),
        ("12. item", "12\\. item"),
        ("a_b *c* [d](e)", "a\\_b \\*c\\* \\[d\\](e)"),
        ("&lt;b>", "&amp;lt;b&gt;"),
        ("--- rule", "\\--- rule"),
        ("59.6–64.4 s", "59.6–64.4 s"),
        ("-0:20", "-0:20"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


@pytest.mark.parametrize(
    "report", [sample_report(), withheld_report(), empty_report(), long_report(), hostile_report()]
)
def test_equal_reports_give_equal_text(report: Report) -> None:
    assert render(report) == render(report.model_copy())


def test_a_time_far_from_the_middle_of_its_range_is_told_with_the_range() -> None:
    after_a_gap = EVENTS[1].model_copy(
        update={"start_s": 100.0, "start_range_s": (60.0, 100.0), "end_s": 130.0, "end_range_s": (129.0, 131.0)}
    )
    zero = TimeZero(t_s=-20.0, range_s=(-20.0, -20.0), source="given")
    assert words.event_times(after_a_gap, zero) == "2:00 (1:20–2:00) to 2:30 (± 1 s)"
    arrival = TimeZero(t_s=8.0, range_s=(4.0, 8.0), source="table_arrival")
    assert words.time_zero_sentence(arrival).endswith("as seen: 0:08 in the video (0:04–0:08).")


@pytest.mark.parametrize(
    ("at_s", "told"), [(9.5, "0:01 before birth"), (10.0, "0:00 after birth"), (10.5, "0:01 after birth")]
)
def test_half_a_second_stands_on_its_side_of_birth(at_s: float, told: str) -> None:
    assert words.moment(at_s, TimeZero(t_s=10.0, range_s=(10.0, 10.0), source="given")) == told


def test_the_view_is_a_part_of_what_was_recorded() -> None:
    recordings = tuple(
        Recording(name=name, sha256="0", start_s=at, duration_s=60.0) for name, at in (("a", 0.0), ("b", 100.0))
    )
    report = sample_report(recordings=recordings, observed_s=90.0)
    assert any("1:30 min of 2:00 min recorded (75 %)" in line.text for line in words.glance(report))

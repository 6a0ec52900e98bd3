"""What the report says about stretches that were examined again."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import sample_report

from resus_doc.schema import CloserLook
from resus_doc.tools import report_html, report_looks, report_md


def with_looks():
    report = sample_report()
    rule = report.findings[0].rule_id
    look = {"rule_id": rule, "before": "indeterminate", "after": "met"}
    looks = (
        CloserLook(start_s=34.0, end_s=38.5, reason="uncertain_edge", **look),
        CloserLook(start_s=60.0, end_s=64.0, reason="short_gap", **look),
    )
    return report.model_copy(update={"closer_looks": looks})


def test_one_line_a_rule_says_where_why_and_what_came_of_it():
    report = with_looks()
    (line,) = report_looks.lines(report)
    assert line == (
        f"0:34–0:39, 1:00–1:04 of the video, for finding {report.findings[0].id}: an edge there was uncertain and a short "
        "gap there decides it; too close to call before, met after it."
    )


def test_the_pages_hold_the_line():
    report = with_looks()
    for page in (report_html.render(report), report_md.render(report)):
        assert "Looked closer" in page
        assert "too close to call before, met after it" in page
    assert "Looked closer" not in report_html.render(sample_report())

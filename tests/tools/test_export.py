"""What is exported comes back in, and a hostile cell is no formula."""

import csv
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import FINDINGS, sample_report

from resus_doc.errors import InputRefused, UsageError
from resus_doc.tools.casefolder import read_report, report_json
from resus_doc.tools.export import export_case
from resus_doc.tools.formats import read_annotations


@pytest.fixture
def case(tmp_path: Path) -> Path:
    odd = FINDINGS[0].model_copy(update={"statement": "=HYPERLINK(1)"})
    (tmp_path / "report.json").write_text(report_json(sample_report(findings=(odd, *FINDINGS[1:]))))
    return tmp_path


@pytest.mark.parametrize("name", ["timeline.csv", "timeline.eaf"])
def test_events_come_back(case: Path, name: str) -> None:
    export_case(case, "all", case / "out")
    back = {event.id: event for event in read_annotations(case / "out" / name)}
    sent = {event.id: event for event in sample_report().events}
    assert back.keys() == sent.keys()
    for key, event in sent.items():
        assert back[key].activity == event.activity
        assert (back[key].start_s, back[key].end_s) == pytest.approx((event.start_s, event.end_s), abs=0.001)


def test_all_writes_each_format_and_the_report_comes_back(case: Path) -> None:
    written = export_case(case, "all")
    names = ["timeline.csv", "findings.csv", "timeline.vtt", "timeline.eaf", "report.md", "report.json"]
    assert [path.name for path in written] == names and all(path.stat().st_size for path in written)
    assert read_report(case / "export") == read_report(case)


def test_findings_as_csv_hold_no_formula(case: Path) -> None:
    export_case(case, "csv", case / "out")
    with (case / "out" / "findings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == [finding.verdict for finding in FINDINGS]
    assert rows[0]["statement"] == "'=HYPERLINK(1)"


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="csv, vtt"):
        export_case(tmp_path, "exe")
    with pytest.raises(InputRefused, match=r"report\.json"):
        export_case(tmp_path, "csv")

"""What is exported comes back in, and a hostile cell is no formula."""

import csv
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import FINDINGS, hostile_report, sample_report

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
    names = ["timeline.csv", "findings.csv", "timeline.vtt", "timeline.eaf", "report.md", "report.docx", "report.json"]
    assert [path.name for path in written] == names and all(path.stat().st_size for path in written)
    assert read_report(case / "export") == read_report(case)


def test_findings_as_csv_hold_no_formula(case: Path) -> None:
    export_case(case, "csv", case / "out")
    with (case / "out" / "findings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == [finding.verdict for finding in FINDINGS]
    assert rows[0]["statement"] == "'=HYPERLINK(1)"


def test_the_word_document_holds_every_fact(case: Path) -> None:
    from docx import Document

    (path,) = export_case(case, "docx")
    document = Document(str(path))
    report = read_report(case)
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for finding in report.findings:
        assert f"{finding.id} {finding.statement}" in text and finding.observed in text
    for section in report.narrative:
        assert all(sentence.text in text for sentence in section.sentences)
    assert report.intended_use in text and all(passage.text in text for passage in report.passages)
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    assert [[row[0] for row in table[1:]] for table in tables] == [
        [measure.id for measure in report.measures],
        [event.id for event in report.events],
    ]
    heads = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert heads == ["What happened", "Findings", "Debrief", "Measures", "Events", "Sources"]


def test_hostile_text_is_text_in_word_too(tmp_path: Path) -> None:
    from docx import Document

    (tmp_path / "report.json").write_text(report_json(hostile_report()))
    (path,) = export_case(tmp_path, "docx")
    text = "\n".join(paragraph.text for paragraph in Document(str(path)).paragraphs)
    assert "<script>alert(1)</script>" in text and "\u202e" not in text and "\x07" not in text


def test_elan_files_keep_to_the_structure_of_eaf_3(case: Path) -> None:
    """Every reference in the file arrives, ids are unique, times are whole milliseconds in order."""
    from defusedxml.ElementTree import parse

    (path,) = export_case(case, "eaf")
    root = parse(path).getroot()
    assert root.tag == "ANNOTATION_DOCUMENT" and root.get("FORMAT") == "3.0" and root.get("VERSION") == "3.0"
    assert {"AUTHOR", "DATE", "VERSION", "FORMAT"} <= set(root.keys())
    order = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "CONTROLLED_VOCABULARY"]
    places = [order.index(child.tag) for child in root if child.tag in order]
    assert places == sorted(places)
    slots = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE", "")) for slot in root.iter("TIME_SLOT")}
    assert list(slots.values()) == sorted(slots.values()) and len(slots) == len(list(root.iter("TIME_SLOT")))
    kinds = {kind.get("LINGUISTIC_TYPE_ID") for kind in root.iter("LINGUISTIC_TYPE")}
    assert {tier.get("LINGUISTIC_TYPE_REF") for tier in root.iter("TIER")} <= kinds
    marks = list(root.iter("ALIGNABLE_ANNOTATION"))
    assert len({mark.get("ANNOTATION_ID") for mark in marks}) == len(marks)
    assert all(slots[mark.get("TIME_SLOT_REF1")] < slots[mark.get("TIME_SLOT_REF2")] for mark in marks)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="csv, vtt"):
        export_case(tmp_path, "exe")
    with pytest.raises(InputRefused, match=r"report\.json"):
        export_case(tmp_path, "csv")

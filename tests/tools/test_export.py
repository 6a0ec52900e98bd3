"""What is exported comes back in, and a hostile cell is no formula."""

import csv
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import FINDINGS, empty_report, hostile_report, long_report, sample_report

sys.path.pop(0)

from lxml import etree

from resus_doc.errors import InputRefused, UsageError
from resus_doc.schema import Report
from resus_doc.tools.casefolder import read_report, report_json
from resus_doc.tools.export import export_case
from resus_doc.tools.formats import read_annotations

EAF = etree.XMLSchema(file=str(Path(__file__).parent / "eaf-3.0-written.xsd"))


@pytest.fixture
def case(tmp_path: Path) -> Path:
    odd = FINDINGS[0].model_copy(update={"statement": "=HYPERLINK(1)"})
    (tmp_path / "report.json").write_text(report_json(sample_report(findings=(odd, *FINDINGS[1:]))))
    return tmp_path


@pytest.mark.parametrize("name", ["timeline.csv", "timeline.eaf", "timeline.vtt"])
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
    names = [
        "timeline.csv",
        "findings.csv",
        "timeline.vtt",
        "chapters.vtt",
        "timeline.eaf",
        "report.md",
        "report.docx",
        "report.json",
    ]
    assert [path.name for path in written] == names and all(path.stat().st_size for path in written)
    assert read_report(case / "export") == read_report(case)


def test_a_linked_export_folder_of_a_received_case_is_refused(
    case: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (case / "export").symlink_to(elsewhere)
    with pytest.raises(InputRefused, match=r"export is a link.*-o"):
        export_case(case, "md")
    assert not list(elsewhere.iterdir())
    assert [path.parent for path in export_case(case, "md", case / "export")] == [case / "export"]


def test_a_link_in_the_export_folder_is_replaced_and_its_target_untouched(case: Path, tmp_path: Path) -> None:
    settings_file = tmp_path / "bashrc"
    settings_file.write_text("alias ll='ls -l'")
    (case / "export").mkdir()
    for name in [path.name for path in export_case(case, "all", tmp_path / "names")]:
        (case / "export" / name).symlink_to(settings_file)
    written = export_case(case, "all")
    assert settings_file.read_text() == "alias ll='ls -l'" and not any(path.is_symlink() for path in written)
    assert sorted((case / "export").iterdir()) == sorted(written)


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


@pytest.mark.parametrize("report", [sample_report(), empty_report(), hostile_report(), long_report()])
def test_elan_files_are_valid(tmp_path: Path, report: Report) -> None:
    """By the rules of EAF 3.0 in eaf-3.0-written.xsd; beyond those, slots lie in order of time and no event is empty."""
    (tmp_path / "report.json").write_text(report_json(report))
    (path,) = export_case(tmp_path, "eaf")
    EAF.assertValid(etree.parse(path))
    root = etree.parse(path).getroot()
    slots = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE", "")) for slot in root.iter("TIME_SLOT")}
    assert list(slots.values()) == sorted(slots.values())
    marks = list(root.iter("ALIGNABLE_ANNOTATION"))
    assert len(marks) == len(report.events)
    assert all(slots[mark.get("TIME_SLOT_REF1")] < slots[mark.get("TIME_SLOT_REF2")] for mark in marks)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('TIME_SLOT_REF1="ts1"', 'TIME_SLOT_REF1="ts99"'),
        ('TIME_SLOT_ID="ts2"', 'TIME_SLOT_ID="ts1"'),
        ('LINGUISTIC_TYPE_ID="activity"', 'LINGUISTIC_TYPE_ID="other"'),
        ('TIME_VALUE="', 'TIME_VALUE="-'),
        ('TIME_UNITS="milliseconds"', 'TIME_UNITS="seconds"'),
        (' AUTHOR="resus-doc"', ""),
        (' DATE="1970-01-01T', ' DATE="yesterday'),
        ("<TIME_ORDER>", "<TIME_ORDER/><TIME_ORDER>"),
        ("MEDIA_URL=", "MEDIA="),
    ],
)
def test_the_rules_of_eaf_would_find_a_fault(case: Path, right: str, wrong: str) -> None:
    (path,) = export_case(case, "eaf")
    text = path.read_text(encoding="utf-8")
    assert right in text
    assert not EAF.validate(etree.fromstring(text.replace(right, wrong, 1).encode()))


def test_chapters_follow_each_other_and_start_where_something_begins(case: Path) -> None:
    export_case(case, "vtt")
    blocks = (case / "export" / "chapters.vtt").read_text().strip().split("\n\n")
    cues = [block.split("\n") for block in blocks[1:]]
    starts, ends = zip(*(cue[1].split(" --> ") for cue in cues), strict=True)
    assert ends[:-1] == starts[1:] and starts[0] == "00:00:09.500" and ends[-1] == "00:01:58.000"
    assert [cue[2] for cue in cues][:3] == ["0:36 stimulation", "0:52 suction", "1:02 PPV"]
    assert not any("baby in view" in cue[2] for cue in cues)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="csv, vtt"):
        export_case(tmp_path, "exe")
    with pytest.raises(InputRefused, match=r"report\.json"):
        export_case(tmp_path, "csv")

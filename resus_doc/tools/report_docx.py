"""The report as a Word document, for those who paste it into their own. Headings, lists and tables are Word's own.

Nothing here judges: wording and numbers are those of `report_words`, as in the page and in Markdown.
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resus_doc.schema import Event, Finding, Report
from resus_doc.tools import report_words as words
from resus_doc.tools.clock import clock

if TYPE_CHECKING:
    from docx.document import Document

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
"""What XML forbids, and what turns the direction of the text around it."""


def write(report: Report, path: Path) -> None:
    """Write the document.

    Raises:
        OSError: the file cannot be written.
    """
    from docx import Document

    document = Document()
    properties = document.core_properties
    properties.title = properties.subject = clean(f"Resuscitation debrief: {report.case_id}")[:255]
    properties.author, properties.comments = "resus-doc", ""
    properties.created = properties.modified = datetime.datetime.now(datetime.UTC)
    for part in (_top, _glance, _findings, _narrative, _measures, _events, _sources):
        part(document, report)
    document.save(str(path))


def clean(text: str) -> str:
    """The text without characters that a document cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _labelled(document: "Document", label: str, text: str, style: str | None = None) -> None:
    paragraph = document.add_paragraph(style=style)
    paragraph.add_run(clean(label)).bold = True
    paragraph.add_run(clean(f" {text}"))


def _top(document: "Document", report: Report) -> None:
    document.add_heading(clean(f"Resuscitation debrief: {report.case_id}"), 0)
    _labelled(document, "Intended use.", report.intended_use)
    rests_on = f"{words.validation_sentence(report)} {words.domain_sentence(report)}".strip()
    _labelled(document, "What it rests on.", rests_on)
    for notice in words.notices(report):
        _labelled(document, "Note.", notice)
    if words.withheld(report):
        _labelled(document, "Findings are withheld.", "This video is unlike the detector's training data.")
    guideline = f"{report.guideline.title}, {report.guideline.edition}"
    for text in (
        f"Recording: {words.amount(report.video.duration_s, 's')}",
        f"Compared with: {guideline}",
        words.time_zero_sentence(report.time_zero),
    ):
        document.add_paragraph(clean(text), style="List Bullet")


def _glance(document: "Document", report: Report) -> None:
    document.add_heading("What happened", 1)
    if not report.events and not words.withheld(report):
        document.add_paragraph("None of the recognised activities was seen.")
    for line in words.glance(report):
        _labelled(document, line.lead, line.text, "List Bullet")


def _findings(document: "Document", report: Report) -> None:
    document.add_heading("Findings", 1)
    passages = {passage.id: passage for passage in report.passages}
    for verdict, findings in words.by_verdict(report.findings).items():
        document.add_heading(f"{words.VERDICT_NAMES[verdict]} ({len(findings)})", 2)
        for finding in findings:
            sources = [words.source_line(passages[each]) for each in finding.passages if each in passages]
            _finding(document, finding, sources)


def _finding(document: "Document", finding: Finding, sources: Iterable[str]) -> None:
    kind = " (quality metric, no guideline limit)" if finding.kind == "quality_metric" else ""
    mark = " (unverified)" if finding.is_unverified else ""
    _labelled(document, finding.id, f"{finding.statement}{kind}{mark}")
    evidence = ", ".join((*finding.events, *finding.measures, *finding.passages))
    lines = [("Observed:", finding.observed), ("Expected:", finding.expected), ("Reason:", finding.reason or "")]
    lines += [("Rests on:", evidence), *(("Source:", source) for source in sources)]
    for label, text in lines:
        if text:
            _labelled(document, label, text, "List Bullet")


def _narrative(document: "Document", report: Report) -> None:
    document.add_heading("Debrief", 1)
    document.add_paragraph(words.authorship(report))
    for section in report.narrative:
        if section.sentences:
            document.add_heading(words.SECTION_NAMES[section.section], 2)
            cited = [f"{s.text} [{', '.join(s.cites)}]" if s.cites else s.text for s in section.sentences]
            document.add_paragraph(clean(" ".join(cited)))


def _measures(document: "Document", report: Report) -> None:
    rows = []
    for measure in report.measures:
        spread = "" if measure.range is None else words.amount_range(measure.range, measure.unit)
        rows.append((measure.id, words.measure_name(measure.name), words.measured(measure), spread))
    _table(document, "Measures", ("Id", "Measure", "Value", "90 % range"), rows)


def _events(document: "Document", report: Report) -> None:
    header = ("Id", "Activity", f"From {report.time_zero.name}", "In the video", "Confidence", "Source")
    for title, events in (("Events", report.events), ("Withheld candidate events", report.withheld_events)):
        _table(document, title, header, [_event(event, report) for event in events])


def _event(event: Event, report: Report) -> tuple[str, ...]:
    return (
        event.id,
        words.activity_name(event.activity, capital=True),
        words.event_times(event, report.time_zero),
        f"{clock(event.start_s)}–{clock(event.end_s)}",
        words.sureness(event),
        event.source + (f", confirmed by {event.confirmed_by}" if event.confirmed_by else ""),
    )


def _sources(document: "Document", report: Report) -> None:
    if report.passages:
        document.add_heading("Sources", 1)
    for passage in report.passages:
        mark = "" if passage.verified else " (unverified)"
        _labelled(document, passage.id, f"{passage.title}{mark}: {passage.text} {words.source_line(passage)}")


def _table(document: "Document", title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A heading and a table; neither where there are no rows."""
    if not rows:
        return
    document.add_heading(title, 1)
    table = document.add_table(rows=1 + len(rows), cols=len(header), style="Light Grid Accent 1")
    cells = table._cells  # one look-up: python-docx walks the whole table at each `cell()`
    for place, text in enumerate([*header, *(cell for row in rows for cell in row)]):
        cells[place].text = clean(text)

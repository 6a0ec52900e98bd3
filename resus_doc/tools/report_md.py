"""The report as Markdown, for those who paste it into a document or a mail. Hostile text is shown as text."""

import re
from collections.abc import Iterable, Sequence

from resus_doc.schema import Event, Finding, Measure, Report
from resus_doc.tools import report_looks, report_pauses
from resus_doc.tools import report_words as words
from resus_doc.tools.clock import clock
from resus_doc.tools.pages import printable

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_LIST_START = re.compile(r"^(\d*)([.=+#-])(?=\s|$|[-=#])", re.ASCII)


def render(report: Report) -> str:
    """The Markdown of a report, ending with a newline. Equal reports give equal text."""
    blocks = [
        f"# Resuscitation debrief: {escape(report.case_id)}",
        *_top(report),
        *_glance(report),
        *_findings(report),
        *_narrative(report),
        *_measures(report),
        *_events(report),
        *_sources(report),
    ]
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """The text on one line, with no character that Markdown or HTML would take for its own."""
    line = " ".join(printable(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LIST_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", line))


def _top(report: Report) -> list[str]:
    guideline = report.guideline
    blocks = [
        f"**Intended use.** {escape(report.intended_use)}",
        f"**What it rests on.** {words.validation_sentence(report)} {words.domain_sentence(report)}".strip(),
        *([f"**Reviewed.** {escape(words.review_sentence(report))}"] if report.review else []),
        *(f"**Note.** {escape(notice)}" for notice in words.notices(report)),
    ]
    if words.withheld(report):
        blocks.append(
            f"**Findings are withheld.** This video is unlike the detector's training data: "
            f"{len(report.withheld_events)} candidate events are set apart and no finding is drawn from them."
        )
    facts = [
        f"Recording: {words.amount(report.video.duration_s, 's')}",
        f"Compared with: {escape(guideline.title)}, {escape(guideline.edition)}",
        words.time_zero_sentence(report.time_zero),
    ]
    return [*blocks, _bullets(facts)]


def _glance(report: Report) -> list[str]:
    lines = [f"**{line.lead}** {line.text}" for line in words.glance(report)]
    if not report.events and not words.withheld(report):
        lines.insert(0, "None of the recognised activities was seen.")
    return ["## What happened", _bullets(lines)] if lines else []


def _findings(report: Report) -> list[str]:
    blocks = ["## Findings"]
    titles = {passage.id: passage for passage in report.passages}
    for verdict, findings in words.by_verdict(report.findings).items():
        blocks.append(f"### {words.VERDICT_NAMES[verdict]} ({len(findings)})")
        for finding in findings:
            blocks.append(_finding(finding, [words.source_line(titles[p]) for p in finding.passages if p in titles]))
    looks = report_looks.lines(report)
    return [*blocks, "**Looked closer**", _bullets(map(escape, looks))] if looks else blocks


def _finding(finding: Finding, sources: Iterable[str]) -> str:
    mark = " (unverified)" if finding.is_unverified else ""
    kind = " (quality metric, no guideline limit)" if finding.kind == "quality_metric" else ""
    lines = [f"**{finding.id}** {escape(finding.statement)}{kind}{mark}"]
    for name, text in (("Observed", finding.observed), ("Expected", finding.expected), ("Reason", finding.reason)):
        if text:
            lines.append(f"  - {name}: {escape(text)}")
    evidence = ", ".join((*finding.events, *finding.measures, *finding.passages))
    if evidence:
        lines.append(f"  - Rests on: {escape(evidence)}")
    lines += [f"  - Source: {escape(source)}" for source in sources]
    return "- " + "\n".join(lines)


def _narrative(report: Report) -> list[str]:
    blocks = ["## Debrief", words.authorship(report)]
    for section in report.narrative:
        if section.sentences:
            blocks.append(f"### {words.SECTION_NAMES[section.section]}")
            blocks.append(" ".join(f"{escape(s.text)}{_cites(s.cites)}" for s in section.sentences))
    return blocks


def _cites(ids: Sequence[str]) -> str:
    return f" \\[{escape(', '.join(ids))}\\]" if ids else ""


def _measures(report: Report) -> list[str]:
    if not report.measures:
        return []
    blocks = ["## Measures", _table(("Id", "Measure", "Value", "90 % range"), map(_measure_row, report.measures))]
    pauses = report_pauses.rows(report)
    if pauses:
        cells = [(*row[:-2], f"{row.seen} [{', '.join(row.events)}]") for row in pauses]
        blocks += ["### Pauses of PPV (quality metric, no guideline limit)", _table(report_pauses.HEADER, cells)]
    return blocks


def _measure_row(measure: Measure) -> tuple[str, ...]:
    spread = "" if measure.range is None else words.amount_range(measure.range, measure.unit)
    return measure.id, words.measure_name(measure.name), words.measured(measure), spread


def _events(report: Report) -> list[str]:
    header = ("Id", "Activity", f"From {report.time_zero.name}", "In the video", "Confidence", "Source")
    blocks = []
    for title, events in (("Events", report.events), ("Withheld candidate events", report.withheld_events)):
        if events:
            blocks += [f"## {title}", _table(header, (_event_row(event, report) for event in events))]
    return blocks


def _event_row(event: Event, report: Report) -> tuple[str, ...]:
    source = event.source + (f", confirmed by {event.confirmed_by}" if event.confirmed_by else "")
    return (
        event.id,
        words.activity_name(event.activity, capital=True),
        words.event_times(event, report.time_zero),
        f"{clock(event.start_s)}–{clock(event.end_s)}",
        words.sureness(event),
        source,
    )


def _sources(report: Report) -> list[str]:
    if not report.passages:
        return []
    lines = [
        f"**{passage.id}** {escape(passage.title)}{'' if passage.verified else ' (unverified)'}: {escape(passage.text)} "
        f"{escape(words.source_line(passage))}"
        for passage in report.passages
    ]
    return ["## Sources", _bullets(lines)]


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    body = [line(map(escape, row)) for row in rows]
    return "\n".join([line(header), line("---" for _ in header), *body])

"""A case's timeline and findings in formats that other programs read."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from resus_doc.errors import ResourceMissing, UsageError
from resus_doc.schema import Finding, Report
from resus_doc.tools import casefolder, formats, report_docx, report_md
from resus_doc.tools.spreadsheet import cell

FINDING_HEADER = ("id", "rule_id", "kind", "verdict", "statement", "observed", "expected", "reason", "verified")


def export_case(case: Path, kind: str, out: Path | None = None) -> tuple[Path, ...]:
    """Write a case folder's content in one format, or in all of them.

    Args:
        case: the case folder.
        kind: one of `FORMATS`, or `all`.
        out: the folder to write to; the case folder's `export` without it.

    Raises:
        InputRefused: the folder holds no readable case, or its `export` is a link.
        ResourceMissing: the files cannot be written.
        UsageError: the format is not known.
    """
    if kind != "all" and kind not in FORMATS:
        raise UsageError(f"The format '{kind}' is not known.", f"Choose one of: {', '.join(FORMATS)}, all.")
    report = casefolder.read_report(case)
    remedy = "Remove the link, or name the folder with -o."
    folder = casefolder.own_place(case, casefolder.EXPORT, remedy) if out is None else out
    chosen = FORMATS if kind == "all" else {kind: FORMATS[kind]}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".export-", dir=folder) as fresh:
            written = [path for write in chosen.values() for path in write(report, Path(fresh))]
            return tuple(path.replace(folder / path.name) for path in written)  # a link there is not written through
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResourceMissing(f"{folder} cannot be written ({reason}).", "Choose another place with -o.") from error


def _csv(report: Report, folder: Path) -> tuple[Path, ...]:
    events, findings = folder / "timeline.csv", folder / "findings.csv"
    formats.write_csv(report.events, events)
    with findings.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(FINDING_HEADER)
        table.writerows([_text_of(finding, name) for name in FINDING_HEADER] for finding in report.findings)
    return events, findings


def _text_of(finding: Finding, name: str) -> str:
    value = getattr(finding, name)
    return "" if value is None else cell(str(value))


def _vtt(report: Report, folder: Path) -> tuple[Path, ...]:
    captions, chapters = folder / "timeline.vtt", folder / "chapters.vtt"
    formats.write_vtt(report.events, captions)
    formats.write_chapters(report.events, report.time_zero, chapters)
    return captions, chapters


def _eaf(report: Report, folder: Path) -> tuple[Path, ...]:
    path = folder / "timeline.eaf"
    formats.write_eaf(report.events, path, media_name=report.video.name)
    return (path,)


def _md(report: Report, folder: Path) -> tuple[Path, ...]:
    return (_text(folder / "report.md", report_md.render(report)),)


def _docx(report: Report, folder: Path) -> tuple[Path, ...]:
    path = folder / "report.docx"
    report_docx.write(report, path)
    return (path,)


def _json(report: Report, folder: Path) -> tuple[Path, ...]:
    return (_text(folder / "report.json", casefolder.report_json(report)),)


def _text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


FORMATS: Mapping[str, Callable[[Report, Path], tuple[Path, ...]]] = {
    "csv": _csv,
    "vtt": _vtt,
    "eaf": _eaf,
    "md": _md,
    "docx": _docx,
    "json": _json,
}

"""Annotation files: read and write the study's text format, CSV, ELAN and WebVTT.

Whatever a file says is only text: labels outside the vocabulary are refused, XML is read without entities, and a line that
cannot be trusted is named instead of guessed at. What was guessed (a misspelt label) or left out (an event without length) is
told in `Annotations.notes`, the unit of the times in `Annotations.units`; both are logged.

What it does not know: whether a file belongs to the video, beyond its events lying within the video.
"""

import csv
import io
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from resus_doc.schema import Activity, Event
from resus_doc.tools.formats_eaf import eaf_rows, write_eaf
from resus_doc.tools.formats_source import LABELS, Row, Source, by_onset, events_of, number, quoted, text_of
from resus_doc.tools.formats_study import USUAL, study_rows, write_study
from resus_doc.tools.formats_vtt import vtt_rows, write_chapters, write_vtt
from resus_doc.tools.spreadsheet import cell

__all__ = [
    "CSV_HEADER",
    "LABELS",
    "Annotations",
    "read_annotation_file",
    "read_annotations",
    "write_chapters",
    "write_csv",
    "write_eaf",
    "write_study",
    "write_vtt",
]

CSV_HEADER = (
    "id",
    "activity",
    "start_s",
    "end_s",
    "confidence",
    "start_lo_s",
    "start_hi_s",
    "end_lo_s",
    "end_hi_s",
    "source",
)

_CELL = re.compile(r"[+-]?[0-9]{1,12}(?:[.,][0-9]{0,20})?(?:[eE][+-]?[0-9]{1,2})?")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Annotations:
    """The events of one file, by onset, and what had to be decided to read them."""

    events: tuple[Event, ...]
    notes: tuple[str, ...]
    units: tuple[str, ...]
    """How the times were read, a sentence for each way of writing them in the study's text; other formats leave no choice."""


def read_annotations(path: Path, duration_s: float | None = None) -> list[Event]:
    """The events of an annotation file (study text, CSV, ELAN or WebVTT), by onset.

    Args:
        path: the file; its content, not its name, decides how it is read.
        duration_s: length of the video; events outside it are refused.

    Raises:
        InputRefused: the file cannot be read, or a line of it cannot be trusted. The message names file and line.
    """
    annotations = read_annotation_file(path, duration_s)
    for note in (*annotations.notes, *(unit for unit in annotations.units if unit != USUAL)):
        _LOG.warning("%s: %s", Path(path).name, note)
    return list(annotations.events)


def read_annotation_file(
    path: Path, duration_s: float | None = None, labels: Mapping[str, Activity] = LABELS
) -> Annotations:
    """Like `read_annotations`, with the notes and with a label map of one's own."""
    source = Source(Path(path), duration_s, labels)
    text = text_of(source.path)
    start = text.lstrip()[:200]
    if start.startswith("<"):
        rows = eaf_rows(source, text)
    elif re.match(r"WEBVTT(?:\s|$)", start):
        rows = vtt_rows(source, text)
    elif _looks_like_csv(start):
        rows = _csv_rows(source, text)
    else:
        rows = study_rows(source, text)
    return Annotations(events_of(source, rows), tuple(source.notes), tuple(source.units))


# --- CSV with the header of timeline.csv


def _looks_like_csv(start: str) -> bool:
    header = start.splitlines()[0].casefold()
    return "activity" in header and "start_s" in header


def _csv_rows(source: Source, text: str) -> list[Row]:
    header = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True)
    skipped = len(text[: len(text) - len(text.lstrip())].splitlines())
    try:
        names = [(name or "").strip().casefold() for name in reader.fieldnames or ()]
        missing = {"activity", "start_s", "end_s"} - set(names)
        if missing:
            raise source.refuse(
                1, f"the column {sorted(missing)[0]} is missing", f"The header is {','.join(CSV_HEADER)}."
            )
        reader.fieldnames = names
        return [_csv_row(source, record, reader.line_num + skipped) for record in reader]
    except csv.Error as error:
        raise source.refuse(reader.reader.line_num + skipped, f"not a line of CSV ({error})") from error


def _csv_row(source: Source, record: Mapping[str | None, object], line: int) -> Row:
    if None in record:
        raise source.refuse(line, "there are more cells than the header names")
    cells = {str(name): str(cell or "").strip() for name, cell in record.items()}

    def seconds(name: str, default: float | None = None) -> float:
        if not cells.get(name) and default is not None:
            return default
        if not _CELL.fullmatch(cells[name]):
            raise source.refuse(line, f"{name} is '{quoted(cells[name])}', not a number")
        return number(cells[name])

    start_s, end_s = seconds("start_s"), seconds("end_s")
    return Row(
        line,
        source.activity(cells["activity"], line),
        start_s,
        end_s,
        cells.get("id", ""),
        seconds("confidence", 1.0),
        (seconds("start_lo_s", start_s), seconds("start_hi_s", start_s)),
        (seconds("end_lo_s", end_s), seconds("end_hi_s", end_s)),
        cells.get("source") or "annotation",
    )


def write_csv(events: Iterable[Event], path: Path) -> None:
    """`timeline.csv`: one line per event, by onset, times to the microsecond."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CSV_HEADER)
        for event in by_onset(events):
            times = (event.start_s, event.end_s, event.confidence, *event.start_range_s, *event.end_range_s)
            numbers = [repr(round(time, 6) + 0.0) for time in times]
            writer.writerow([cell(event.id), event.activity, *numbers, event.source])

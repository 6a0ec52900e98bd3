"""The revisions of a case: who changed what, when. They are only ever added to.

    revisions/0000-report.json   the report as it was made first, byte for byte
    revisions/0001.json          the first revision: name, time, note, changes
    revisions/0001-report.json   the report as that revision left it

A revision and the case it makes are put in place by one rename (`case_writer.write_revision`): never one without the other.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from resus_doc.errors import InputRefused
from resus_doc.schema import Activity, Event, Report, Value
from resus_doc.tools.casefolder import REPORT, REVISIONS

Action = Literal[
    "added",
    "deleted",
    "restored",
    "moved",
    "relabelled",
    "confirmed",
    "confirmation withdrawn",
    "birth set",
    "whole recording watched",
]


class Form(Value):
    """What a person can change of an event."""

    activity: Activity
    start_s: float
    end_s: float


class Change(Value):
    """One thing that a revision changed. `event` and the forms are those of an event; of a birth time `before_s` and `after_s`."""

    action: Action
    event: str | None = None
    before: Form | None = None
    after: Form | None = None
    before_s: float | None = None
    after_s: float | None = None
    uncertainty_s: float | None = None


class Revision(Value):
    """One saved review. Hashes are SHA-256 of `report.json` before and after it."""

    number: int
    by: str
    at: str
    note: str
    changes: tuple[Change, ...]
    sentences_kept: int
    sentences_written: int
    language_model: str | None
    resus_doc: str
    sha256_before: str
    sha256_after: str


def history(case: Path) -> tuple[Revision, ...]:
    """All revisions of a case, the first one first.

    Raises:
        InputRefused: a revision is missing or damaged.
    """
    folder = case / REVISIONS
    if not folder.is_dir():
        return ()
    paths = sorted(path for path in folder.glob("[0-9]*.json") if not path.name.endswith(f"-{REPORT}"))
    found = tuple(_read(path) for path in paths)
    if [each.number for each in found] != list(range(1, len(found) + 1)):
        raise InputRefused(f"A revision is missing in {folder}.", "Fetch the case folder anew from where it came.")
    return found


def report_at(case: Path, number: int) -> Report:
    """The report as a revision left it; number 0 is the report as it was made first.

    Raises:
        InputRefused: there is no such revision, or it is damaged.
    """
    path = case / REVISIONS / _report_name(number)
    if number == 0 and not path.exists():
        path = case / REPORT
    try:
        return Report.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise InputRefused(
            f"{path} is missing or damaged.", "Fetch the case folder anew from where it came."
        ) from error


def versions(case: Path, current: Report) -> dict[str, tuple[Event, ...]]:
    """Every event that any revision of the case holds, by id, each with its versions, the present one first."""
    reports = [current, *(report_at(case, number) for number in range(len(history(case)), -1, -1))]
    found: dict[str, dict[Event, None]] = {}
    for report in reports:
        for event in (*report.events, *report.withheld_events):
            found.setdefault(event.id, {})[event] = None
    return {name: tuple(events) for name, events in found.items()}


def files_of(revision: Revision, before: str, after: str) -> Mapping[str, str]:
    """What a revision adds to the folder, by name; `before` and `after` are the texts of `report.json`."""
    added = {
        f"{revision.number:04d}.json": revision.model_dump_json(indent=2) + "\n",
        _report_name(revision.number): after,
    }
    return {_report_name(0): before, **added} if revision.number == 1 else added


def _report_name(number: int) -> str:
    return f"{number:04d}-{REPORT}"


def _read(path: Path) -> Revision:
    try:
        return Revision.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise InputRefused(f"{path} is damaged.", "Fetch the case folder anew from where it came.") from error

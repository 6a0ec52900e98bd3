"""The case folder: what lies in it, and what it says, read with care. `case_writer` writes it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resus_doc.errors import InputRefused
from resus_doc.schema import SCHEMA_VERSION, Report

REPORT = "report.json"
PAGE = "report.html"
RUN = "run.json"
FILES = (
    REPORT,
    PAGE,
    "report.md",
    "timeline.csv",
    "timeline.vtt",
    "timeline.eaf",
    "windows.csv",
    RUN,
)
"""What a case folder holds; windows.csv only where a detector looked at the video."""

REVISIONS = "revisions"
CHAT = "chat.sqlite"
"""The conversation about a case; it moves along into a case that replaces this one."""
CLIPS = "clips"
EXPORT = "export"
OURS = frozenset({*FILES, CLIPS, EXPORT, REVISIONS})
"""Names that a new case does not take over from the one it replaces."""


def read_report(case: Path) -> Report:
    """The report of a case folder.

    Raises:
        InputRefused: there is no report, or not one that this version can read.
    """
    path = case / REPORT
    remedy = "Name the folder of a case, or make the report again."
    try:
        return Report.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputRefused(f"There is no {REPORT} in {case}.", remedy) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(f"{path} cannot be read ({error}).", remedy) from error
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] == ("schema_version",) and isinstance(first["input"], str):
            raise InputRefused(
                f"{path} was written by another version of resus-doc (form {first['input'][:20]}; this one reads "
                f"{SCHEMA_VERSION}).",
                "Install the newer version, or make the report again with this one.",
            ) from error
        where = ".".join(str(part) for part in first["loc"]) or "its beginning"
        raise InputRefused(f"{path} is not a report of this version ({where}: {first['msg']}).", remedy) from error


def own_place(case: Path, name: str, remedy: str = "Remove the link.") -> Path:
    """A file or folder of a case that is written to; it need not be there.

    Raises:
        InputRefused: it is a link: a case that somebody sent would have something written elsewhere.
    """
    place = case / name
    if place.is_symlink():
        raise InputRefused(f"{place} is a link to another place.", remedy)
    return place


def report_json(report: Report) -> str:
    """The content of `report.json`: fields in the schema's order, provenance sorted by name, a newline at the end."""
    return canonical(report).model_dump_json(indent=2) + "\n"


def canonical(report: Report) -> Report:
    return report.model_copy(update={"provenance": _sorted(report.provenance)})


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _sorted(value[key]) for key in sorted(value, key=str)}
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value


def sha256_of(case: Path) -> str:
    """The hash of a case's `report.json`; empty when there is none."""
    try:
        return hashlib.sha256((case / REPORT).read_bytes()).hexdigest()
    except OSError:
        return ""


def is_revised(case: Path) -> bool:
    """Whether a person revised or confirmed something in this case.

    A report that cannot be read counts as revised when in doubt: it names a `confirmed_by`, or holds no JSON at all.
    """
    if (case / REVISIONS).exists():
        return True
    if not (case / REPORT).exists():
        return False
    try:
        content = json.loads((case / REPORT).read_text(encoding="utf-8"))
        events = [*content.get("events", ()), *content.get("withheld_events", ())]
        return any(event.get("confirmed_by") is not None or event.get("source") == "reviewer" for event in events)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return b"confirmed_by" in (case / REPORT).read_bytes()


def has_pictures(case: Path) -> bool:
    """Whether the page of a case holds small pictures of the recording."""
    from resus_doc.tools.report_html import PICTURE

    try:
        return f'src="{PICTURE}' in (case / PAGE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def refuse_several_recordings(report: Report) -> None:
    """For what plays, cuts or copies the recording of a case.

    Raises:
        InputRefused: the case has several.
    """
    if report.recordings:
        raise InputRefused(
            "This case has several recordings, and only that of a case of one recording can be shown or copied.",
            "Open the recordings themselves; the report gives the times.",
        )


def video_of(case: Path) -> Path:
    """Where the recording of a case lay when the case was written; whether it is still there is not looked at.

    Raises:
        InputRefused: the case does not say.
    """
    place = video_place(case)
    if not place:
        raise InputRefused(f"{case / RUN} does not say where the recording lies.", "Name it with --video FILE.")
    return resolved(case) / place


def video_place(case: Path) -> str | None:
    """Where the video lay, seen from the case, as the case says; not checked. None for a case of several recordings."""
    place = _run(case).get("video_file")
    return place if isinstance(place, str) and "\0" not in place else None


def recording_places(case: Path) -> tuple[str, ...]:
    """Where the several recordings of a case lay, in order of time, as the case says; not checked."""
    places = _run(case).get("video_files")
    if not isinstance(places, list) or not all(isinstance(each, str) and "\0" not in each for each in places):
        return ()
    return tuple(places)


def case_id_of(case: Path) -> str | None:
    """The case's id as its provenance has it, which can be read where the report is broken; None when it does not say."""
    case_id = _run(case).get("case_id")
    return case_id if isinstance(case_id, str) else None


def _run(case: Path) -> dict[str, Any]:
    try:
        found = json.loads((case / RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def resolved(out: Path) -> Path:
    """The true place, so that a link to a case is kept and its target replaced."""
    return out.expanduser().resolve()

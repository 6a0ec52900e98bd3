"""The case folder: written as a whole or not at all, replaced only when asked, read back with care.

A case is built in a hidden folder beside its place, flushed to the disk, and renamed into place. Replacing moves the old case
aside by one rename and takes it back if the new one cannot take its place; a crash between both renames is mended by the next
call. Files that resus-doc did not write (somebody's notes) move along into the new case.
"""

import csv
import errno
import glob
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import ValidationError

from resus_doc.errors import InputRefused, ResourceMissing, UsageError
from resus_doc.schema import Report

if TYPE_CHECKING:
    from resus_doc.tools.windows import Windows

REPORT = "report.json"
FILES = (
    REPORT,
    "report.html",
    "report.md",
    "timeline.csv",
    "timeline.vtt",
    "timeline.eaf",
    "windows.csv",
    "run.json",
)
"""What a case folder holds; windows.csv only where a detector looked at the video."""

REVISIONS = "revisions"
CHAT = "chat.sqlite"
"""The conversation about a case; its answers are about the record that it was held over."""
OURS = frozenset({*FILES, "clips", "export", REVISIONS, CHAT})
"""Names that a new case does not take over from the one it replaces."""

_ABANDONED_S = 600
"""A case is built in well under a second; a folder that has lain unfinished for so long is nobody's work any more."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def check_place(out: Path, *, replace: bool, discard_revisions: bool = False) -> None:
    """Make sure that a case can be written to this folder, before hours of work are spent on it.

    Args:
        out: the case folder.
        replace: an existing case there may be replaced.
        discard_revisions: so may one that a person revised.

    Raises:
        UsageError: a case, or something that is no case, is in the way.
        ResourceMissing: the folder around it cannot be written to.
    """
    out = _resolved(out)
    with _disk_trouble(out):
        _mend(out)
        _check_existing(out, replace, discard_revisions)
        with _new_folder(out):
            pass


def write_case(
    report: Report,
    windows: "Windows | None",
    out: Path,
    *,
    replace: bool,
    discard_revisions: bool = False,
    video: Path | None = None,
    confidentiality: str = "",
) -> None:
    """Write the whole case folder, or leave everything as it was. A folder that holds this very report is left as it is.

    Args:
        report: the content.
        windows: the detector's probabilities; None for a person's annotations.
        out: the case folder.
        replace: an existing case there may be replaced.
        discard_revisions: so may one that a person revised.
        video: the video file, which the page links to by its place relative to the case; it is not copied.
        confidentiality: a line for the page.

    Raises:
        UsageError: a case, or something that is no case, is in the way.
        ResourceMissing: the disk is full or the place cannot be written to; an earlier case there is untouched.
    """
    out = _resolved(out)
    with _disk_trouble(out):
        _mend(out)
        if _holds(out, report):
            return
        _check_existing(out, replace, discard_revisions)
        with _new_folder(out) as folder:
            _fill(folder, report, windows, None if video is None else _link(video, out), confidentiality)
            _carry_over(out, folder)
            _flush(folder)
            _put_in_place(folder, out)


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
        where = ".".join(str(part) for part in first["loc"]) or "its beginning"
        raise InputRefused(f"{path} is not a report of this version ({where}: {first['msg']}).", remedy) from error


def report_json(report: Report) -> str:
    """The content of `report.json`: fields in the schema's order, provenance sorted by name, a newline at the end."""
    return _canonical(report).model_dump_json(indent=2) + "\n"


def _holds(out: Path, report: Report) -> bool:
    """Whether a run that was killed right after its last step already put this report there."""
    path = out / REPORT
    return path.is_file() and path.read_bytes() == report_json(report).encode()


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
    except (ValueError, AttributeError, TypeError):
        return b"confirmed_by" in (case / REPORT).read_bytes()


def _resolved(out: Path) -> Path:
    """The true place, so that a link to a case is kept and its target replaced."""
    return out.expanduser().resolve()


def _canonical(report: Report) -> Report:
    return report.model_copy(update={"provenance": _sorted(report.provenance)})


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _sorted(value[key]) for key in sorted(value, key=str)}
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value


def _check_existing(out: Path, replace: bool, discard_revisions: bool) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError(f"{out} is a file, not a folder.", "Choose another place with -o.")
    names = {entry.name for entry in out.iterdir()}
    if not names:
        return
    if REPORT not in names and REVISIONS not in names:
        raise UsageError(
            f"The folder {out} holds other things and no case, so it is left alone.", "Choose a new folder with -o."
        )
    if not replace:
        raise UsageError(f"There is a case in {out} already.", "Add --replace to replace it, or choose another place.")
    if is_revised(out) and not discard_revisions:
        raise UsageError(
            f"A person has revised the case in {out}, and --replace does not discard a person's work.",
            "Choose another place with -o, or move that folder away first.",
        )


def _beside(out: Path, ending: str) -> Path:
    return out.parent / f".{out.name}.{ending}"


def _mend(out: Path) -> None:
    """Finish what a crash of an earlier call left behind: a case half built, or one moved aside and not replaced."""
    for folder in out.parent.glob(f".{glob.escape(out.name)}.*.new"):
        if time.time() - folder.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(folder, ignore_errors=True)
    aside = _beside(out, "before")
    if not aside.exists():
        return
    if (out / REPORT).exists():
        shutil.rmtree(aside)
    elif not out.exists():
        aside.rename(out)


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """An empty folder beside the case's place, gone at the end unless it was renamed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = _beside(out, f"{os.getpid()}.new")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _link(video: Path, out: Path) -> str:
    """The video's place relative to the case."""
    return os.path.relpath(video.expanduser().resolve(), out)


def _fill(folder: Path, report: Report, windows: "Windows | None", video: str | None, confidentiality: str) -> None:
    from resus_doc.tools import formats, report_html, report_md

    report = _canonical(report)
    _write(folder / REPORT, report_json(report))
    around = report_html.Surroundings(None if video is None else quote(video), windows, confidentiality)
    _write(folder / "report.html", report_html.render(report, around))
    _write(folder / "report.md", report_md.render(report))
    formats.write_csv(report.events, folder / "timeline.csv")
    formats.write_vtt(report.events, folder / "timeline.vtt")
    formats.write_eaf(report.events, folder / "timeline.eaf", media_name=report.video.name)
    if windows is not None:
        _write_windows(windows, folder / "windows.csv")
    _write(folder / "run.json", _run_json(report, video))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_windows(windows: "Windows", path: Path) -> None:
    """Start and end of each window in seconds of the video, and the probability of each label."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["start_s", "end_s", *windows.labels])
        for start, row in zip(windows.start_s, windows.probabilities, strict=True):
            times = [f"{float(start):.3f}", f"{float(start) + windows.window_s:.3f}"]
            table.writerow([*times, *(f"{float(value):.4f}" for value in row)])


def _run_json(report: Report, video: str | None) -> str:
    """What made the report: the provenance, what it was made of, and where the video lay, seen from the case."""
    run = {
        "schema_version": report.schema_version,
        "case_id": report.case_id,
        "video_sha256": report.video.sha256,
        "video_file": video,
        "guideline": report.guideline.model_dump(mode="json"),
        **report.model_dump(mode="json")["provenance"],
    }
    return json.dumps(run, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _carry_over(old: Path, folder: Path) -> None:
    if not old.is_dir():
        return
    for entry in old.iterdir():
        if entry.name in OURS:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, folder / entry.name, symlinks=True)
        else:
            shutil.copy2(entry, folder / entry.name, follow_symlinks=False)


def _flush(folder: Path) -> None:
    """Onto the disk, because some disks say only now that they are full."""
    for name in FILES:
        if (folder / name).exists():
            with (folder / name).open("rb+") as file:
                os.fsync(file.fileno())


def _put_in_place(folder: Path, out: Path) -> None:
    if not out.exists() or not any(out.iterdir()):
        folder.rename(out)
        return
    aside = _beside(out, "before")
    out.rename(aside)
    try:
        folder.rename(out)
    except OSError:
        aside.rename(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _disk_trouble(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _as_missing(error, out) from error


def _as_missing(error: OSError, out: Path) -> ResourceMissing:
    if error.errno in _FULL:
        return ResourceMissing(
            f"The disk that holds {out} is full, so the case was not written.",
            "Free some space or choose another place with -o, then run the same command with --resume.",
        )
    reason = error.strerror or str(error)
    return ResourceMissing(
        f"The case folder {out} cannot be written ({reason}).",
        "Choose another place with -o, or ask whoever looks after that folder for the right to write there.",
    )

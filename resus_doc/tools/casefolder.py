"""The case folder: written as a whole or not at all, replaced only when asked, read back with care.

A case is built in a hidden folder beside its place, flushed to the disk, and renamed into place. Replacing moves the old case
aside by one rename and takes it back if the new one cannot take its place; a crash between both renames is mended by the next
call. Files that resus-doc did not write (somebody's notes) move along into the new case.
"""

import errno
import glob
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from pydantic import ValidationError

from resus_doc.errors import CaseChanged, InputRefused, ResourceMissing, UsageError
from resus_doc.schema import SCHEMA_VERSION, Report
from resus_doc.tools.case_lock import reviewer_of

if TYPE_CHECKING:
    from resus_doc.tools.report_html import Surroundings
    from resus_doc.tools.windows import Windows

REPORT = "report.json"
RUN = "run.json"
FILES = (
    REPORT,
    "report.html",
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

_ABANDONED_S = 600
"""A case is built in well under a second; a folder that has lain unfinished for so long is nobody's work any more."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def check_place(out: Path, *, replace: bool) -> None:
    """Make sure that a case can be written to this folder, before hours of work are spent on it.

    Args:
        out: the case folder.
        replace: an existing case there may be replaced, but not one that a person revised.

    Raises:
        UsageError: a case, or something that is no case, is in the way.
        ResourceMissing: the folder around it cannot be written to.
    """
    out = _resolved(out)
    with _disk_trouble(out):
        _mend(out)
        _check_existing(out, replace)
        with _new_folder(out):
            pass


def write_case(
    report: Report,
    windows: "Windows | None",
    out: Path,
    *,
    replace: bool,
    video: Path | None = None,
    confidentiality: str = "",
    recordings: Sequence[Path] = (),
    thumbnails: Mapping[str, bytes] = MappingProxyType({}),
    clips: Path | None = None,
) -> None:
    """Write the whole case folder, or leave everything as it was. A folder that holds this very report is left as it is.

    Args:
        report: the content.
        windows: the detector's probabilities; None for a person's annotations.
        out: the case folder.
        replace: an existing case there may be replaced, but not one that a person revised.
        video: the video file, which the page links to by its place relative to the case; it is not copied.
        confidentiality: a line for the page.
        recordings: the files of a case of several recordings, in the report's order; `video` is then None.
        thumbnails: JPEG pictures for the page, by the id of their event.
        clips: a folder of films, which are copied into the case; it need not exist.

    Raises:
        UsageError: a case, or something that is no case, is in the way.
        ResourceMissing: the disk is full or the place cannot be written to; an earlier case there is untouched.
    """
    from resus_doc.tools.report_html import Surroundings

    out = _resolved(out)
    with _disk_trouble(out):
        _mend(out)
        if _holds(out, report):
            return
        _check_existing(out, replace)
        with _new_folder(out) as folder:
            films = _copy_clips(clips, folder)
            addresses = tuple(quote(_link(path, out)) for path in recordings)
            address = quote(_link(video, out)) if video is not None else addresses[0] if addresses else None
            around = Surroundings(address, windows, confidentiality, thumbnails, films, addresses)
            _fill(folder, report, around)
            _carry_over(out, folder)
            _flush(folder)
            _put_in_place(folder, out)


def write_revision(
    report: Report,
    windows: "Windows | None",
    case: Path,
    added: Mapping[str, str],
    *,
    sha256_before: str,
    confidentiality: str = "",
    thumbnails: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Put a revised report in a case's place, with all files that derive from it, and add to its revisions; or change nothing.

    Args:
        report: the case as revised.
        windows: the detector's probabilities, which stay as they were.
        case: the case folder.
        added: files for the folder of revisions, by name; what lies there stays.
        sha256_before: hash of the `report.json` that the revision was made from.
        confidentiality: a line for the page.
        thumbnails: JPEG pictures for the page, by the id of their event.

    Raises:
        CaseChanged: the case is not what the revision was made from.
        ResourceMissing: the disk is full or the place cannot be written to; the case is untouched.

    Films of the case as it was before are not taken along: they may show what the person took back.
    """
    case = _resolved(case)
    with _disk_trouble(case, "Free some space or ask for the right to write there, then save again."):
        _mend(case)
        with _new_folder(case) as folder:
            _fill(folder, report, _as_before(case, windows, confidentiality, thumbnails))
            _carry_over(case, folder)
            if (case / REVISIONS).is_dir():
                shutil.copytree(case / REVISIONS, folder / REVISIONS)
            (folder / REVISIONS).mkdir(exist_ok=True)
            for name, text in added.items():
                with (folder / REVISIONS / name).open("x", encoding="utf-8", newline="\n") as file:
                    file.write(text)
            _flush(folder)
            if sha256_of(case) != sha256_before:
                raise CaseChanged(f"{case} was changed by somebody else meanwhile.", "Reload the page.")
            _put_in_place(folder, case)


def put_films(
    case: Path,
    windows: "Windows | None",
    films: Path,
    *,
    confidentiality: str = "",
    thumbnails: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Copy the films of a folder into a case, and make its page anew so that it links to them.

    Raises:
        InputRefused: there is no case.
        ResourceMissing: the disk is full or the place cannot be written to.
    """
    from resus_doc.tools.report_html import render

    case = _resolved(case)
    report = read_report(case)
    with _disk_trouble(case):
        names = _copy_clips(films, case)
        around = _as_before(case, windows, confidentiality, thumbnails, names)
        partial = case / ".report.html.part"
        _write(partial, render(_canonical(report), around))
        partial.replace(case / "report.html")


def _as_before(
    case: Path,
    windows: "Windows | None",
    confidentiality: str,
    thumbnails: Mapping[str, bytes],
    films: frozenset[str] = frozenset(),
) -> "Surroundings":
    """What the page of a case shows beside the report when it is made anew; its recordings stay where they lay."""
    from resus_doc.tools.report_html import Surroundings

    return Surroundings(_address(case), windows, confidentiality, thumbnails, films, _addresses(case))


def has_pictures(case: Path) -> bool:
    """Whether the page of a case holds small pictures of the recording."""
    from resus_doc.tools.report_html import PICTURE

    try:
        return f'src="{PICTURE}' in (case / "report.html").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _address(case: Path) -> str | None:
    """Of the recording that the page begins with."""
    place = video_place(case)
    if place is not None:
        return quote(place)
    return next(iter(_addresses(case)), None)


def _addresses(case: Path) -> tuple[str, ...]:
    """Of all recordings of a case that has several."""
    return tuple(quote(place) for place in recording_places(case))


def sha256_of(case: Path) -> str:
    """The hash of a case's `report.json`; empty when there is none."""
    try:
        return hashlib.sha256((case / REPORT).read_bytes()).hexdigest()
    except OSError:
        return ""


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


def mend(case: Path) -> None:
    """Finish what a crash between the two renames of a replacement left behind."""
    case = _resolved(case)
    with _disk_trouble(case):
        _mend(case)


def clear_unfinished(out: Path) -> None:
    """Remove what a process that is known to be dead had half built for this place."""
    out = _resolved(out)
    for folder in unfinished(out):
        shutil.rmtree(folder, ignore_errors=True)


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
    return _resolved(case) / place


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
    except (ValueError, AttributeError, TypeError, RecursionError):
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


def _check_existing(out: Path, replace: bool) -> None:
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
    if (who := reviewer_of(out)) is not None:
        raise UsageError(f"The case in {out} is being reviewed ({who}).", "Wait until that review has ended.")
    if is_revised(out):
        raise UsageError(
            f"A person has revised the case in {out}, and --replace does not discard a person's work.",
            "Choose another place with -o, or move that folder away first.",
        )


def _beside(out: Path, ending: str) -> Path:
    return out.parent / f".{out.name}.{ending}"


def _mend(out: Path) -> None:
    """Finish what a crash of an earlier call left behind: a case half built, or one moved aside and not replaced."""
    for folder in unfinished(out):
        if time.time() - folder.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(folder, ignore_errors=True)
    aside = _beside(out, "before")
    if not aside.exists():
        return
    if (out / REPORT).exists():
        shutil.rmtree(aside)
    elif not out.exists():
        aside.rename(out)


def unfinished(out: Path) -> list[Path]:
    """The folders `.NAME.<process>.new` in which this case was being built."""
    found = out.parent.glob(f".{glob.escape(out.name)}.*.new")
    return [path for path in found if path.name[len(out.name) + 2 : -len(".new")].isdecimal()]


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


def _copy_clips(clips: Path | None, folder: Path) -> frozenset[str]:
    """The names of the films, without ending."""
    films = sorted(clips.glob("*.mp4")) if clips is not None else []
    if films:
        (folder / CLIPS).mkdir(exist_ok=True)
    for film in films:
        shutil.copyfile(film, folder / CLIPS / film.name)
    return frozenset(film.stem for film in films)


def _fill(folder: Path, report: Report, around: "Surroundings") -> None:
    from resus_doc.tools import formats, report_html, report_md, windows_table

    report = _canonical(report)
    _write(folder / REPORT, report_json(report))
    _write(folder / "report.html", report_html.render(report, around))
    _write(folder / "report.md", report_md.render(report))
    formats.write_csv(report.events, folder / "timeline.csv")
    formats.write_vtt(report.events, folder / "timeline.vtt")
    formats.write_eaf(report.events, folder / "timeline.eaf", media_name=report.video.name)
    if around.windows is not None:
        windows_table.write_windows(around.windows, folder / windows_table.NAME)
    _write(folder / RUN, _run_json(report, around))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _run_json(report: Report, around: "Surroundings") -> str:
    """What made the report: the provenance, what it was made of, and where the video lay, seen from the case."""
    run = {
        "schema_version": report.schema_version,
        "case_id": report.case_id,
        "video_sha256": report.video.sha256,
        "video_file": None if around.recordings else around.video_name or None,
        **({"video_files": [unquote(each) for each in around.recordings]} if around.recordings else {}),
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
    for path in [*(folder / name for name in FILES), *(folder / REVISIONS).glob("*.json")]:
        if path.exists():
            with path.open("rb+") as file:
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


_ELSEWHERE = "Choose another place with -o, or ask whoever looks after that folder for the right to write there."


@contextmanager
def _disk_trouble(out: Path, remedy: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _as_missing(error, out, remedy) from error


def _as_missing(error: OSError, out: Path, remedy: str = "") -> ResourceMissing:
    if error.errno in _FULL:
        return ResourceMissing(
            f"The disk that holds {out} is full, so the case was not written.",
            remedy or "Free some space or choose another place with -o, then run the same command with --resume.",
        )
    reason = error.strerror or str(error)
    return ResourceMissing(f"The case folder {out} cannot be written ({reason}).", remedy or _ELSEWHERE)

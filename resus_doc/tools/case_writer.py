"""Writes a case folder: as a whole or not at all, replaced only when asked.

A case is built in a hidden folder beside its place, flushed to the disk, and renamed into place. Replacing moves the old case
aside by one rename and takes it back if the new one cannot take its place; a crash between both renames is mended by the next
call. Files that resus-doc did not write (somebody's notes) move along into the new case.
"""

import errno
import glob
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from resus_doc.errors import CaseChanged, ResourceMissing, UsageError
from resus_doc.schema import Report
from resus_doc.tools.case_lock import reviewer_of
from resus_doc.tools.casefolder import (
    CLIPS,
    FILES,
    OURS,
    PAGE,
    REPORT,
    REVISIONS,
    RUN,
    canonical,
    is_revised,
    own_place,
    read_report,
    recording_places,
    report_json,
    resolved,
    sha256_of,
    video_place,
)

if TYPE_CHECKING:
    from resus_doc.tools.report_html import Surroundings
    from resus_doc.tools.windows import Windows

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
    out = resolved(out)
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

    out = resolved(out)
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
    case = resolved(case)
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

    case = resolved(case)
    report = read_report(case)
    clips = own_place(case, CLIPS)
    with _disk_trouble(case), TemporaryDirectory(prefix=".films-", dir=case) as fresh:
        names = _copy_clips(films, Path(fresh))
        page = Path(fresh) / PAGE
        _write(page, render(canonical(report), _as_before(case, windows, confidentiality, thumbnails, names)))
        clips.mkdir(exist_ok=True)
        for name in names:
            film = f"{name}.mp4"
            (Path(fresh) / CLIPS / film).replace(clips / film)
        page.replace(case / PAGE)


def mend(case: Path) -> None:
    """Finish what a crash between the two renames of a replacement left behind."""
    case = resolved(case)
    with _disk_trouble(case):
        _mend(case)


def clear_unfinished(out: Path) -> None:
    """Remove what a process that is known to be dead had half built for this place."""
    out = resolved(out)
    for folder in unfinished(out):
        shutil.rmtree(folder, ignore_errors=True)


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


def _address(case: Path) -> str | None:
    """Of the recording that the page begins with."""
    place = video_place(case)
    if place is not None:
        return quote(place)
    return next(iter(_addresses(case)), None)


def _addresses(case: Path) -> tuple[str, ...]:
    """Of all recordings of a case that has several."""
    return tuple(quote(place) for place in recording_places(case))


def _holds(out: Path, report: Report) -> bool:
    """Whether a run that was killed right after its last step already put this report there."""
    path = out / REPORT
    return path.is_file() and path.read_bytes() == report_json(report).encode()


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

    report = canonical(report)
    _write(folder / REPORT, report_json(report))
    _write(folder / PAGE, report_html.render(report, around))
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

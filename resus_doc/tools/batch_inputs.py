"""What a batch is given: files, folders, patterns and manifests become a list of videos, each once.

A manifest is a CSV file with a line per video. It is refused as a whole when a line cannot be understood, before a night is
spent on it; a video it names that is missing costs only itself, later.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from resus_doc.errors import InputRefused, UsageError
from resus_doc.tools.clock import parse_signed_time
from resus_doc.tools.gestation import parse_gestation

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv"})

MANIFEST_COLUMNS = (
    "video",
    "case_id",
    "birth_time",
    "gestation",
    "annotations",
    "vitals",
    "vitals_offset",
    "guideline",
    "date",
)
"""Only `video` is required; `date` (YYYY-MM-DD) orders the run charts of the dashboard."""

T = TypeVar("T")

_CASE_ID = re.compile(r"\w[\w.-]{0,63}")
_PATTERN = re.compile(r"[*?\[]")
_MOST_PROBLEMS = 5


@dataclass(frozen=True)
class GivenVideo:
    """A video to debrief and what is known of it. Times in seconds from the start of the video."""

    video: Path
    case_id: str | None = None
    birth_time_s: float | None = None
    gestation_weeks: float | None = None
    annotations: Path | None = None
    vitals: Path | None = None
    vitals_offset_s: float | None = None
    guideline: str | None = None
    date: str | None = None


def find_videos(inputs: Sequence[Path], out: Path | None = None) -> list[GivenVideo]:
    """The videos of files, folders (all below them), quoted patterns and manifests (.csv), in that order, each path once.

    Below a folder, hidden files, case folders, and everything in `out` are left out: clips are no new videos.

    Raises:
        InputRefused: there is no video, a pattern matches nothing, or a line of a manifest cannot be understood.
    """
    found: dict[Path, GivenVideo] = {}
    for given in inputs:
        for video in _expand(given, out):
            found.setdefault(video.video.resolve(), video)
    if not found:
        suffixes = ", ".join(sorted(VIDEO_SUFFIXES))
        raise InputRefused("No video was found in the inputs.", f"Looked for {suffixes} files.")
    _refuse_shared_names(found.values())
    return list(found.values())


def _expand(given: Path, out: Path | None) -> Iterator[GivenVideo]:
    if given.is_dir():
        yield from (GivenVideo(path) for path in _below(given, out))
    elif given.suffix.lower() == ".csv" and given.exists():
        yield from read_manifest(given)
    elif not given.exists() and _PATTERN.search(str(given)):
        yield from _matching(given, out)
    else:
        yield GivenVideo(given)


def _below(folder: Path, out: Path | None) -> Iterator[Path]:
    skipped = None if out is None else out.resolve()
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if path.resolve() != skipped and not (path / "report.json").exists():
                yield from _below(path, out)
        elif path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
            yield path


def _matching(pattern: Path, out: Path | None) -> Iterator[GivenVideo]:
    root = Path(pattern.anchor) if pattern.is_absolute() else Path()
    matches = sorted(root.glob(str(pattern.relative_to(pattern.anchor) if pattern.is_absolute() else pattern)))
    if not matches:
        raise InputRefused(f"Nothing matches {pattern}.", "Check the pattern, and that it is in quotes.")
    for match in matches:
        if match.is_dir() or match.suffix.lower() in VIDEO_SUFFIXES:
            yield from _expand(match, out)


def read_manifest(path: Path) -> list[GivenVideo]:
    """The videos of a manifest. Relative paths start at the manifest's folder.

    Raises:
        InputRefused: the file cannot be read, or lines of it cannot be understood; names file, lines and columns.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        names = [(name or "").strip().casefold() for name in table.fieldnames or ()]
        _check_header(path, names)
        table.fieldnames = names
        records = [(table.line_num, record) for record in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputRefused(f"The manifest {path} cannot be read ({error}).", "Save it as CSV in UTF-8.") from error
    videos: list[GivenVideo] = []
    problems: list[str] = []
    for line, record in records:
        try:
            videos.append(_row(path, record))
        except (UsageError, ValueError) as error:
            problems.append(f"line {line}: {error}")
    if problems:
        more = f" and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
        shown = "; ".join(problems[:_MOST_PROBLEMS])
        raise InputRefused(f"The manifest {path} cannot be used: {shown}{more}.", "Mend these lines; nothing was done.")
    return videos


def _delimiter(text: str) -> str:
    header = text.splitlines()[0] if text.strip() else ""
    return max(",;\t", key=header.count)


def _check_header(path: Path, names: Sequence[str]) -> None:
    known = f"The columns are {','.join(MANIFEST_COLUMNS)}."
    if "video" not in names:
        raise InputRefused(f"The manifest {path} has no column 'video'.", known)
    if unknown := [name for name in names if name not in MANIFEST_COLUMNS]:
        raise InputRefused(f"The manifest {path} has the unknown column '{unknown[0][:40]}'.", known)
    if len(set(names)) != len(names):
        raise InputRefused(f"The manifest {path} has a column twice.", known)


def _row(manifest: Path, record: dict[str | None, object]) -> GivenVideo:
    if None in record:
        raise ValueError("there are more cells than the header names")
    cells = {str(name): str(cell or "").strip() for name, cell in record.items()}
    if not cells["video"]:
        raise ValueError("the cell 'video' is empty")

    if cells.get("vitals_offset") and not cells.get("vitals"):
        raise ValueError("'vitals_offset' shifts a vitals file, and the cell 'vitals' is empty")

    def read(name: str, as_what: Callable[[str], T]) -> T | None:
        return as_what(cells[name]) if cells.get(name) else None

    def path(text: str) -> Path:
        return manifest.parent / Path(text).expanduser()

    return GivenVideo(
        video=path(cells["video"]),
        case_id=read("case_id", check_case_id),
        birth_time_s=read("birth_time", parse_signed_time),
        gestation_weeks=read("gestation", parse_gestation),
        annotations=read("annotations", path),
        vitals=read("vitals", path),
        vitals_offset_s=read("vitals_offset", parse_signed_time),
        guideline=read("guideline", lambda text: str(path(text)) if path(text).is_file() else text),
        date=read("date", lambda text: date.fromisoformat(text).isoformat()),
    )


def check_case_id(text: str) -> str:
    """The case id as it stands, if a folder can bear it as its name.

    Raises:
        ValueError: it is empty, too long, or holds other signs than letters, digits, dot, dash and underscore.
    """
    if not _CASE_ID.fullmatch(text):
        raise ValueError(f"the case id '{text[:40]}' may hold letters, digits, '.', '-' and '_' only, 64 at most")
    return text


def _refuse_shared_names(videos: Iterable[GivenVideo]) -> None:
    seen: dict[str, Path] = {}
    for video in videos:
        if video.case_id is None:
            continue
        folded = video.case_id.casefold()
        if folded in seen:
            raise InputRefused(
                f"The case id '{video.case_id}' stands for two videos, {seen[folded]} and {video.video}.",
                "Give each video a case id of its own, or none.",
            )
        seen[folded] = video.video

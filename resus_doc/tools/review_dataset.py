"""Corrected cases as a dataset for `train`: only those whose every event a person stands for.

A video becomes a hard link where the disk allows it, else a copy, so a dataset lives on when the recording is moved. What it does
not know: whether the reviewer looked for what no event tells; an activity that a file does not hold was not seen by anybody.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from resus_doc.checksum import sha256_of
from resus_doc.errors import InputRefused, ResourceMissing
from resus_doc.schema import Report
from resus_doc.tools import casefolder, formats
from resus_doc.tools.batch_inputs import VIDEO_SUFFIXES
from resus_doc.tools.dataset import ANNOTATION_ENDINGS, SPLITS, Split, open_dataset

_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

_SHARES: tuple[tuple[Split, int], ...] = (("test", 3), ("validation", 6), ("train", 17))
"""Of 17, as the study divided its cases: 3 to test, 3 to validation, 11 to train."""


class Exported(NamedTuple):
    """The cases that the dataset holds now, and those left out with the reason."""

    written: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


def export_dataset(cases: Sequence[Path], folder: Path, split: Literal["all"] | Split = "all") -> Exported:
    """Add corrected cases to a dataset, which is made if it is not there; a case that it holds already is brought up to date.

    Args:
        cases: case folders.
        folder: the dataset.
        split: where the cases go; `all` divides them by the content of their recording, always alike.

    Raises:
        InputRefused: none of the cases can be used, or the dataset would not be one.
        ResourceMissing: the dataset cannot be written.
    """
    written: list[str] = []
    skipped: list[tuple[str, str]] = []
    for case in cases:
        try:
            written.append(_export(case, folder, split, written))
        except InputRefused as error:
            skipped.append((case.name, str(error)))
        except OSError as error:
            raise ResourceMissing(
                f"{folder} cannot be written to ({error.strerror}).", "Choose another place."
            ) from error
    if not written:
        reasons = " ".join(f"{name}: {reason}" for name, reason in skipped)
        raise InputRefused(f"None of these cases can go into a dataset. {reasons}")
    open_dataset(folder)
    return Exported(tuple(written), tuple(skipped))


def split_of(sha256: str) -> Split:
    """The split of a recording, by its content alone."""
    place = int(hashlib.sha256(sha256.encode()).hexdigest(), 16) % _SHARES[-1][1]
    return next(name for name, below in _SHARES if place < below)


def _export(case: Path, folder: Path, split: Literal["all"] | Split, taken: Sequence[str]) -> str:
    report = casefolder.read_report(case)
    stem = report.case_id
    if not _STEM.fullmatch(stem) or stem in taken:
        why = "is given twice" if stem in taken else "cannot be the name of a file"
        raise InputRefused(f"The case id '{stem}' {why}.", "Give each case an id of its own.")
    _check_confirmed(report)
    video = _video(case, report)
    part = split_of(report.video.sha256) if split == "all" else split
    _refuse_other_split(folder, stem, part)
    for kind in ("videos", "annotations"):
        (folder / kind / part).mkdir(parents=True, exist_ok=True)
    _link(video, folder / "videos" / part / f"{stem}{video.suffix.lower()}")
    annotation = folder / "annotations" / part / f"{stem}.csv"
    fresh = annotation.with_name(f".{annotation.name}.new")
    formats.write_csv(report.events, fresh)
    fresh.replace(annotation)
    return stem


def _check_confirmed(report: Report) -> None:
    if report.is_withheld or not report.events:
        raise InputRefused("It has no events that count.", "Review it first.")
    open_ones = [event.id for event in report.events if event.confirmed_by is None]
    if open_ones:
        raise InputRefused(
            f"{len(open_ones)} of its {len(report.events)} events are confirmed by nobody ({', '.join(open_ones[:8])}).",
            "Review it first.",
        )


def _video(case: Path, report: Report) -> Path:
    casefolder.refuse_several_recordings(report)
    place = casefolder.video_place(case)
    path = None if place is None else (case.resolve() / place).resolve()
    if path is None or not path.is_file() or path.suffix.lower() not in VIDEO_SUFFIXES:
        raise InputRefused(f"Its recording is not at {place}.", "Put the recording back there.")
    if sha256_of(path) != report.video.sha256:
        raise InputRefused(f"The file at {place} is not its recording.", "Put the recording back there.")
    return path


def _refuse_other_split(folder: Path, stem: str, part: Split) -> None:
    for other in SPLITS:
        held = [path for path in (folder / "annotations" / other).glob("*") if path.stem == stem]
        held = [path for path in held if path.suffix in ANNOTATION_ENDINGS]
        if held and (other != part or held[0].suffix != ".csv"):
            raise InputRefused(f"The dataset holds it already, as {held[0]}.", "Take it out there first.")


def _link(video: Path, place: Path) -> None:
    """The recording under its name in the dataset; what stands there stays until the new file is whole."""
    if place.exists() and place.samefile(video):
        return
    fresh = place.with_name(f".{place.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        os.link(video, fresh)
    except OSError:
        shutil.copyfile(video, fresh)
    fresh.replace(place)

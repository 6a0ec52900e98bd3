"""Remove cases for good: the folder with clips, revisions and checkpoints, what a broken-off run left beside it, and the ledger's rows.

The video itself is not touched, and a folder that holds one is refused. Copies made elsewhere (exports, backups) are not known here.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from resus_doc.errors import InputRefused, ResourceMissing, UsageError
from resus_doc.tools.batch_inputs import VIDEO_SUFFIXES
from resus_doc.tools.case_lock import lock_files, maker_of, reviewer_of
from resus_doc.tools.case_writer import unfinished
from resus_doc.tools.casefolder import (
    CLIPS,
    EXPORT,
    FILES,
    REPORT,
    REVISIONS,
    RUN,
    recording_places,
    video_place,
)
from resus_doc.tools.dashboard import PAGE, write_dashboard
from resus_doc.tools.ledger import LEDGER, open_ledger


def check_cases(cases: Sequence[Path]) -> list[Path]:
    """The true places of the case folders.

    Raises:
        InputRefused: one of them is no case folder, or holds more than a case; then none is to be removed.
        UsageError: somebody reviews one of them, or makes its report.
    """
    for case in cases:
        if (who := reviewer_of(case.resolve())) is not None:
            raise UsageError(f"{case} is being reviewed ({who}).", "Wait until that review has ended.")
        if (who := maker_of(case.resolve())) is not None:
            raise UsageError(f"A report is being made in {case} ({who}).", "Wait until it is done.")
        if not _is_case(case):
            raise InputRefused(f"{case} is no case folder, so nothing was removed.", "Name case folders only.")
        for path in _not_of_the_case(case.resolve()):
            raise InputRefused(
                f"{case} holds {path}, which is no part of a case, so nothing was removed.",
                "Move it to another folder and purge again; of a batch, name the case folders.",
            )
    return [case.resolve() for case in cases]


def _is_case(folder: Path) -> bool:
    """Whether it holds two of the names that a case has, readable or not: `report.json` alone is any program's."""
    return folder.is_dir() and sum((folder / name).exists() for name in (REPORT, RUN, REVISIONS)) > 1


def _not_of_the_case(case: Path) -> Iterator[Path]:
    """Places within the case of recordings, of a batch's ledger, and of other cases; a link counts for nothing."""
    places = (video_place(case), *recording_places(case))
    recordings = {(case / place).resolve() for place in places if place} - {case / name for name in FILES}
    for path in sorted(case.rglob("*")):
        inside = path.relative_to(case)
        if path.is_symlink() or inside.parts[0] == CLIPS:
            continue
        is_video = path.suffix.lower() in VIDEO_SUFFIXES or path in recordings
        is_other_case = path.name == REPORT and str(inside.parent) not in (".", EXPORT)
        if is_video or is_other_case or path.name == LEDGER:
            yield inside


def purge(cases: Sequence[Path]) -> None:
    """Remove these cases; tables and dashboard of their batch are made anew without them.

    Raises:
        InputRefused: one of them is no case folder, or holds more than a case; nothing was removed.
        UsageError: a batch is at work in the folder around them, or somebody reviews one of them or makes its report.
        ResourceMissing: something cannot be removed.
    """
    places = check_cases(cases)
    for around in sorted({place.parent for place in places}):
        inside = [place for place in places if place.parent == around]
        if not (around / LEDGER).exists():
            _remove_all(inside)
            continue
        with open_ledger(around) as ledger:
            _remove_all(inside)
            ledger.forget(place.name for place in inside)
            if (around / PAGE).exists():
                write_dashboard(around, ledger.rows())


def _remove_all(places: Sequence[Path]) -> None:
    for place in places:
        for lock in lock_files(place):
            lock.unlink(missing_ok=True)
        for path in (place, *_beside(place)):
            try:
                shutil.rmtree(path)
            except OSError as error:
                raise ResourceMissing(
                    f"{path} cannot be removed ({error.strerror}).",
                    "Ask for the right to write there, then purge again.",
                ) from error


def _beside(place: Path) -> list[Path]:
    """Working folders and halves of this case: `.NAME.work`, `.NAME.before`, `.NAME.<process>.new`."""
    named = [place.parent / f".{place.name}.{ending}" for ending in ("work", "before")]
    return [path for path in (*named, *unfinished(place)) if path.is_dir()]

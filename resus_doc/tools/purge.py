"""Remove cases for good: the folder with clips, revisions and checkpoints, what a broken-off run left beside it, and the ledger's rows.

The video itself is not touched. Copies made elsewhere (exports, backups) are not known here.
"""

import glob
import shutil
from collections.abc import Sequence
from pathlib import Path

from resus_doc.errors import InputRefused, ResourceMissing, UsageError
from resus_doc.tools.case_lock import lock_file, reviewer_of
from resus_doc.tools.casefolder import REPORT, REVISIONS
from resus_doc.tools.dashboard import PAGE, write_dashboard
from resus_doc.tools.ledger import LEDGER, open_ledger


def check_cases(cases: Sequence[Path]) -> list[Path]:
    """The true places of the case folders.

    Raises:
        InputRefused: one of them is no case folder; then none is to be removed.
        UsageError: somebody reviews one of them.
    """
    for case in cases:
        if (who := reviewer_of(case.resolve())) is not None:
            raise UsageError(f"{case} is being reviewed ({who}).", "Wait until that review has ended.")
        if not case.is_dir() or not ((case / REPORT).exists() or (case / REVISIONS).exists()):
            raise InputRefused(f"{case} is no case folder, so nothing was removed.", "Name case folders only.")
    return [case.resolve() for case in cases]


def purge(cases: Sequence[Path]) -> None:
    """Remove these cases; tables and dashboard of their batch are made anew without them.

    Raises:
        InputRefused: one of them is no case folder; nothing was removed.
        UsageError: a batch is at work in the folder around them, or somebody reviews one of them.
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
        lock_file(place).unlink(missing_ok=True)
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
    name = glob.escape(place.name)
    patterns = (f".{name}.work", f".{name}.before", f".{name}.*.new")
    return [path for pattern in patterns for path in place.parent.glob(pattern) if path.is_dir()]

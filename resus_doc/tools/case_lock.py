"""One reviewer at a time: a lock beside the case folder, which itself is replaced by each revision.

The lock belongs to the open file, so it goes when its process ends, however it ends. What it does not know: whether a network
drive honours locks; the comparison of revision numbers at every save holds there too.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from resus_doc.errors import ResourceMissing, UsageError


def lock_file(case: Path) -> Path:
    """Where the lock of a case lies while somebody reviews it."""
    return case.parent / f".{case.name}.review"


@contextmanager
def reviewing(case: Path) -> Iterator[None]:
    """Hold the case for one reviewer.

    Raises:
        UsageError: somebody else reviews it; the message says since when and on which machine.
        ResourceMissing: the folder around the case cannot be written to.
    """
    path = lock_file(case)
    try:
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise ResourceMissing(
            f"The folder {case.parent} cannot be written to ({error.strerror}), so {case.name} cannot be reviewed.",
            "Ask for the right to write there, or copy the case to a folder of your own.",
        ) from error
    with file:
        if not _taken(file, path):
            raise UsageError(
                f"{case} is being reviewed already ({_holder(file)}).", "Wait until that review has ended."
            )
        file.truncate(0)
        json.dump(
            {"machine": socket.gethostname(), "process": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M")}, file
        )
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def reviewer_of(case: Path) -> str | None:
    """Who reviews the case at this moment, in words; None when nobody does."""
    try:
        with lock_file(case).open("r+", encoding="utf-8") as file:
            return None if _taken(file, lock_file(case)) else _holder(file)
    except OSError:
        return None


def _taken(file: IO[str], path: Path) -> bool:
    """Whether the lock is ours now; a file that was removed meanwhile is no lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        held = json.loads(file.read(1000))
        return f"since {held['since']}, on {held['machine']}, process {held['process']}"
    except (ValueError, KeyError, TypeError):
        return "since just now"

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
        if (who := reviewer_of(case)) is not None:  # another user's lock cannot be opened for writing
            raise _held(case, who) from error
        raise ResourceMissing(
            f"The folder {case.parent} cannot be written to ({error.strerror}), so {case.name} cannot be reviewed.",
            "Ask for the right to write there, or copy the case to a folder of your own.",
        ) from error
    with file:
        if not _taken(file, path):
            raise _held(case, _holder(file))
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
    """Who reviews the case at this moment, in words; None when nobody does.

    The lock is looked at by reading alone, as other users may; one that cannot be read counts as held.
    """
    path = lock_file(case)
    try:
        with path.open(encoding="utf-8") as file:
            return None if _taken(file, path, fcntl.LOCK_SH) else _holder(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return f"its lock {path} cannot be read: {error.strerror}"


def _held(case: Path, who: str) -> UsageError:
    return UsageError(f"{case} is being reviewed already ({who}).", "Wait until that review has ended.")


def _taken(file: IO[str], path: Path, kind: int = fcntl.LOCK_EX) -> bool:
    """Whether the lock is ours now; a file that was removed meanwhile is no lock."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
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

"""One reviewer of a case and one report in the making at a time: a lock beside the case folder, which itself is replaced.

The lock belongs to the open file, so it goes when its process ends, however it ends. What it does not know: whether a network
drive honours locks; the comparison of revision numbers at every save holds there too.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from resus_doc.errors import ResourceMissing, UsageError


class _Lock(NamedTuple):
    """What a case is held for: the ending of the lock's name, and what is said where it cannot be held."""

    ending: str
    held: str
    wait: str
    unwritable: str
    remedy: str


_REVIEW = _Lock(
    "review",
    "{case} is being reviewed already ({who}).",
    "Wait until that review has ended.",
    "The folder {case.parent} cannot be written to ({reason}), so {case.name} cannot be reviewed.",
    "Ask for the right to write there, or copy the case to a folder of your own.",
)
_REPORT = _Lock(
    "making",
    "A report is being made in {case} already ({who}).",
    "Wait until it is done, or choose another place with -o.",
    "The folder {case.parent} cannot be written to ({reason}).",
    "Choose another place with -o, or free some space.",
)


def lock_file(case: Path, lock: _Lock = _REVIEW) -> Path:
    """Where the lock of a case lies while somebody reviews it, or while its report is being made."""
    return case.parent / f".{case.name}.{lock.ending}"


def lock_files(case: Path) -> tuple[Path, ...]:
    """Where all locks of a case lie."""
    return tuple(lock_file(case, lock) for lock in (_REVIEW, _REPORT))


def reviewing(case: Path) -> AbstractContextManager[None]:
    """Hold the case for one reviewer.

    Raises:
        UsageError: somebody else reviews it; the message says since when and on which machine.
        ResourceMissing: the folder around the case cannot be written to.
    """
    return _holding(case, _REVIEW)


def making_report(case: Path) -> AbstractContextManager[None]:
    """Hold the place of a case for one run that makes its report.

    Raises:
        UsageError: another run makes a report there; the message says since when and on which machine.
        ResourceMissing: the folder around the case cannot be written to.
    """
    return _holding(case, _REPORT)


@contextmanager
def _holding(case: Path, lock: _Lock) -> Iterator[None]:
    path = lock_file(case, lock)

    def held(who: str) -> UsageError:
        return UsageError(lock.held.format(case=case, who=who), lock.wait)

    def unwritable(error: OSError) -> ResourceMissing:
        return ResourceMissing(lock.unwritable.format(case=case, reason=error.strerror or error), lock.remedy)

    try:
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        if (who := _holder_of(path)) is not None:  # another user's lock cannot be opened for writing
            raise held(who) from error
        raise unwritable(error) from error
    with file:
        if not _taken(file, path):
            raise held(_holder(file))
        try:
            try:
                _sign(file)
            except OSError as error:
                raise unwritable(error) from error
            yield
        finally:
            path.unlink(missing_ok=True)


def reviewer_of(case: Path) -> str | None:
    """Who reviews the case at this moment, in words; None when nobody does."""
    return _holder_of(lock_file(case))


def maker_of(case: Path) -> str | None:
    """Who makes the report of the case at this moment, in words; None when nobody does."""
    return _holder_of(lock_file(case, _REPORT))


def _holder_of(path: Path) -> str | None:
    """Who holds a lock; None when nobody does.

    It is looked at by reading alone, as other users may; a lock that cannot be read counts as held.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return None if _taken(file, path, fcntl.LOCK_SH) else _holder(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return f"its lock {path} cannot be read: {error.strerror}"


def _taken(file: IO[str], path: Path, kind: int = fcntl.LOCK_EX) -> bool:
    """Whether the lock is ours now; a file that was removed meanwhile is no lock."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _sign(file: IO[str]) -> None:
    """Write into a lock who holds it."""
    holder = {"machine": socket.gethostname(), "process": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M")}
    file.truncate(0)
    os.write(file.fileno(), json.dumps(holder).encode())


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        held = json.loads(file.read(1000))
        return f"since {held['since']}, on {held['machine']}, process {held['process']}"
    except (ValueError, KeyError, TypeError):
        return "since just now"

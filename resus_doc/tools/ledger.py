"""The ledger of a batch: what was done to which video, in SQLite beside the case folders.

One process writes it at a time (a lock file sees to that); each change is on the disk before the next step. It also keeps the
hash of each file, trusted as long as the file's size, times and inode are those it had when it was read. Reasons hold no file
names; places do, because a video must be found again, and `forget` removes them for good.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from resus_doc.checksum import RENAME, is_text, sha256_of
from resus_doc.errors import InputRefused, ResourceMissing, UsageError

LEDGER = "ledger.sqlite"
LOCK = ".batch.lock"
_VERSION = 2

State = Literal["running", "done", "failed", "blocked", "kept", "duplicate", "replaced"]
"""`blocked`: the machine lacked something (disk space, a model), so the video is tried again at the next run. `kept`: a case that a
person revised and that was made with other settings. `running` after the end: interrupted. `replaced`: no video's row, but a case
whose video's place holds another video by now, which has a case of its own."""

_TABLES = """
CREATE TABLE IF NOT EXISTS videos (
    place TEXT PRIMARY KEY, key TEXT NOT NULL, case_id TEXT NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL,
    reason TEXT NOT NULL, attempts INTEGER NOT NULL, seconds REAL NOT NULL, position INTEGER NOT NULL, date TEXT
);
CREATE TABLE IF NOT EXISTS earlier (case_id TEXT NOT NULL, place TEXT NOT NULL, PRIMARY KEY (case_id, place));
CREATE INDEX IF NOT EXISTS by_key ON videos (key);
CREATE TABLE IF NOT EXISTS files (
    place TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, sha256 TEXT NOT NULL
);
"""


class Row(NamedTuple):
    """What is known of one video. `seconds` is the work of the last attempt; `position` its place in the inputs."""

    place: str
    key: str
    case_id: str
    sha256: str
    state: State
    reason: str = ""
    attempts: int = 0
    seconds: float = 0.0
    position: int = 0
    date: str | None = None


class Signature(NamedTuple):
    """How a file lies on the disk; while it stays the same, its content is taken to be the same."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> "Signature":
        """Raises OSError when there is no such file."""
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def place_of(path: Path) -> str:
    """A file's true place as the ledger keeps it; bytes of it that are no text stand as `\\xfc`."""
    return os.fsencode(path.resolve()).decode("utf-8", "backslashreplace")


class Ledger:
    """An open ledger. Make one with `open_ledger` or `copy_of_ledger`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def row(self, place: Path) -> Row | None:
        """The row of the video at this place."""
        return self._one("place = ?", place_of(place))

    def done(self, key: str) -> Row | None:
        """A row that is done with this very content and these settings."""
        return self._one("key = ? AND state = 'done'", key)

    def rows(self) -> list[Row]:
        """All rows, in the order in which the videos were given; then the cases that others replaced."""
        videos = [Row(*each) for each in self._connection.execute("SELECT * FROM videos ORDER BY position, place")]
        present = {row.case_id for row in videos}
        cases = {row.place: row.case_id for row in videos if row.state in ("done", "kept", "duplicate")}
        earlier = self._connection.execute("SELECT case_id, place FROM earlier ORDER BY case_id, place").fetchall()
        return videos + [
            Row("", "", case_id, "", "replaced", f"Its video was replaced by that of {cases[place]}.")
            for case_id, place in earlier
            if case_id not in present and place in cases
        ]

    def note_earlier(self, case_id: str, place: str) -> None:
        """The video at this place was another one before, which has this case."""
        with self._connection:
            self._connection.execute("INSERT OR IGNORE INTO earlier VALUES (?, ?)", (case_id, place))

    def put(self, row: Row) -> None:
        """Write a row in place of the one that its place had."""
        with self._connection:
            self._connection.execute(f"INSERT OR REPLACE INTO videos VALUES ({','.join('?' * len(row))})", row)  # noqa: S608

    def move(self, old: str, new: str) -> None:
        """A video lies at another place now."""
        with self._connection:
            self._connection.execute("UPDATE OR REPLACE earlier SET place = ? WHERE place = ?", (new, old))
        self._remove(old)

    def _remove(self, place: str) -> None:
        with self._connection:
            self._connection.execute("DELETE FROM videos WHERE place = ?", (place,))
            self._connection.execute("DELETE FROM files WHERE place = ?", (place,))

    def forget(self, case_ids: Iterable[str]) -> int:
        """Remove all rows of these cases, and what the disk still holds of them; returns how many there were."""
        self._connection.execute("PRAGMA secure_delete=ON")
        wanted = set(case_ids)
        places = [row.place for row in self.rows() if row.case_id in wanted and row.place]
        for place in places:
            self._remove(place)
        with self._connection:
            self._connection.executemany("DELETE FROM earlier WHERE case_id = ?", [(each,) for each in wanted])
        self._connection.execute("VACUUM")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(places)

    def sha256(self, path: Path, *, rehash: bool = False) -> str:
        """The SHA-256 of a file's content; read anew only when the file lies there differently, or with `rehash`.

        Raises:
            InputRefused: the file cannot be read, or its name is no text.
        """
        try:
            place, signature = place_of(path), Signature.of(path)
            if not is_text(path):
                raise InputRefused(f"The place of the file {path} holds bytes that are no UTF-8.", RENAME)
            known = self._connection.execute("SELECT * FROM files WHERE place = ?", (place,)).fetchone()
            if known is not None and known[1:5] == tuple(signature) and not rehash:
                return str(known[5])
            found = sha256_of(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputRefused(
                f"The file {path} cannot be read ({reason}).", "Check the place and its rights."
            ) from error
        with self._connection:
            self._connection.execute("INSERT OR REPLACE INTO files VALUES (?,?,?,?,?,?)", (place, *signature, found))
        return found

    def _one(self, where: str, value: str) -> Row | None:
        found = self._connection.execute(f"SELECT * FROM videos WHERE {where} LIMIT 1", (value,)).fetchone()  # noqa: S608
        return None if found is None else Row(*found)


@contextmanager
def open_ledger(folder: Path) -> Iterator[Ledger]:
    """The ledger of a batch's folder, for the one process that writes it.

    Raises:
        UsageError: another batch is at work there.
        ResourceMissing: the folder cannot be written to, the disk is full, or the ledger is damaged.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            f"Another batch is at work in {folder}.", "Wait until it has ended, or choose another folder with -o."
        ) from error
    except OSError as error:
        raise _unwritable(folder, error.strerror or str(error)) from error
    try:
        with closing(sqlite3.connect(folder / LEDGER)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            _prepare(connection)
            yield Ledger(connection)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise _unwritable(folder, str(error)) from error
        raise ResourceMissing(
            f"The ledger {folder / LEDGER} is damaged ({error}).",
            "Move it away; the cases stay, and the next run makes a new ledger.",
        ) from error
    finally:
        lock.release()


@contextmanager
def copy_of_ledger(folder: Path | None) -> Iterator[Ledger]:
    """A copy in memory, for looking only: nothing is written to the folder, which need not exist. None: an empty ledger."""
    with closing(sqlite3.connect(":memory:")) as connection:
        if folder is not None and (folder / LEDGER).is_file():
            with closing(sqlite3.connect(f"{(folder / LEDGER).resolve().as_uri()}?mode=ro", uri=True)) as source:
                source.backup(connection)
        _prepare(connection)
        yield Ledger(connection)


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables; those of another version are dropped, since the case folders hold what matters."""
    if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
        connection.executescript("DROP TABLE IF EXISTS videos; DROP TABLE IF EXISTS files;")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.executescript(_TABLES)
    connection.commit()


def _unwritable(folder: Path, reason: str) -> ResourceMissing:
    return ResourceMissing(
        f"The folder {folder} cannot be written to ({reason}).", "Free some space, or choose another place with -o."
    )

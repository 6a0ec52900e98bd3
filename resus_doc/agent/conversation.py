"""Where a conversation is kept: a SQLite file of the graph's checkpoints in the case folder, or beside the user's data.

Only the newest checkpoint stays; it holds all turns. Removing the case removes its conversation.
"""

import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from resus_doc.errors import ResourceMissing
from resus_doc.schema import Report
from resus_doc.settings import Settings
from resus_doc.tools.casefolder import CHAT, own_place

FOLDER = "chats"


class Conversation:
    """The checkpoints of one chat. `place` is None for a conversation that is not kept."""

    def __init__(self, connection: sqlite3.Connection, place: Path | None) -> None:
        self._connection = connection
        self.place = place
        self._file = file_at(place)

    @classmethod
    def in_memory(cls) -> Self:
        """A conversation that ends with the process."""
        return cls(sqlite3.connect(":memory:", check_same_thread=False), None)

    @classmethod
    def of_case(cls, case: Path, report: Report, settings: Settings) -> Self:
        """The conversation about this case, kept in its folder where that can be written to.

        Raises:
            InputRefused: the case has a link in its place.
            ResourceMissing: neither the case folder nor the data folder can be written to.
        """
        place = (
            own_place(case, CHAT) if case.is_dir() and os.access(case, os.W_OK) else _elsewhere(case, report, settings)
        )
        with _kept_in(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            return cls(_opened(place), place)

    def follow(self) -> bool:
        """Open the file anew if another one took its place, as when its case is revised; returns whether that was so.

        Raises:
            ResourceMissing: the case is gone, or the file there cannot be used.
        """
        found = file_at(self.place)
        if self.place is None or (found is not None and found == self._file):
            return False
        with _kept_in(self.place):
            connection = _opened(self.place)
        self._connection.close()
        self._connection, self._file = connection, file_at(self.place)
        return True

    def checkpointer(self) -> Any:
        """For the graph to keep its state."""
        from langgraph.checkpoint.sqlite import SqliteSaver

        return SqliteSaver(self._connection)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What the disk refuses, in words the user can act on."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise ResourceMissing(
                f"The conversation cannot be written to {self.place} ({error}).",
                "The disk may be full: free some space and ask again.",
            ) from error

    def questions(self) -> list[str]:
        """The questions asked so far, without the graph: they are under the arrow keys before it is loaded."""
        rows = self._connection.execute("SELECT name FROM sqlite_master WHERE name = 'asked'").fetchall()
        if not rows:
            return []
        return [text for (text,) in self._connection.execute("SELECT text FROM asked ORDER BY rowid")]

    def asked(self, question: str) -> None:
        """Keep a question for the arrow keys."""
        line = " ".join("".join(sign if sign.isprintable() else " " for sign in question).split())
        with self._connection:
            self._connection.execute("CREATE TABLE IF NOT EXISTS asked (text TEXT NOT NULL)")
            self._connection.execute("INSERT INTO asked VALUES (?)", (line,))

    def prune(self) -> None:
        """Keep the newest checkpoint only."""
        newest = "SELECT MAX(checkpoint_id) FROM checkpoints"
        with self._connection:
            self._connection.execute(f"DELETE FROM writes WHERE checkpoint_id < ({newest})")  # noqa: S608
            self._connection.execute(f"DELETE FROM checkpoints WHERE checkpoint_id < ({newest})")  # noqa: S608

    def clear(self) -> None:
        """Forget all turns, and leave nothing of them on the disk.

        Raises:
            ResourceMissing: the disk is full, or another process writes to the file.
        """
        tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
        with self.writing():
            present = {name for (name,) in self._connection.execute(tables)}
            with self._connection:
                for name in {"checkpoints", "writes", "asked"} & present:
                    self._connection.execute(f"DELETE FROM {name}")  # noqa: S608
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what was written last lies beside the file

    def close(self) -> None:
        self._connection.close()


def _elsewhere(case: Path, report: Report, settings: Settings) -> Path:
    """For a bare file, or a folder that cannot be written to: a file of its own in the data folder."""
    return _place_in_data(case, report.case_id, settings)


def _place_in_data(case: Path, case_id: str, settings: Settings) -> Path:
    name = hashlib.sha256(f"{case.resolve()} {case_id}".encode()).hexdigest()[:16]
    return settings.data / FOLDER / f"{name}.sqlite"


def forget_elsewhere(case: Path, case_id: str, settings: Settings) -> None:
    """Remove what the data folder holds of a conversation about this case; the case itself may be gone already.

    Raises:
        ResourceMissing: it cannot be removed.
    """
    place = _place_in_data(case, case_id, settings)
    for path in place.parent.glob(f"{place.stem}.*"):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ResourceMissing(
                f"The conversation {path} cannot be removed ({error.strerror}).",
                "Ask for the right to write there, then remove that file.",
            ) from error


def file_at(place: Path | None) -> tuple[int, int] | None:
    """Which file lies at a place, whatever its content; None where none can be seen."""
    try:
        return None if place is None else ((found := place.stat()).st_dev, found.st_ino)
    except OSError:
        return None


@contextmanager
def _kept_in(place: Path) -> Iterator[None]:
    """Why a conversation's file cannot be opened, in words the user can act on."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise ResourceMissing(
            f"The conversation cannot be kept in {place} ({error}).",
            "Free some space, or ask for the right to write there; --ask answers without keeping anything.",
        ) from error


def _opened(place: Path) -> sqlite3.Connection:
    """Opened for this user only; a file that is no conversation any more is set aside, not lost."""
    for attempt in (1, 2):
        connection = sqlite3.connect(place, check_same_thread=False)
        try:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            place.chmod(0o600)
            return connection
        except sqlite3.OperationalError:  # locked, or a full disk: the file itself is sound
            connection.close()
            raise
        except sqlite3.DatabaseError:
            connection.close()
            if attempt == 2:
                raise
            place.replace(place.with_suffix(".damaged"))
    raise AssertionError("unreachable")


def write_markdown(turns: Sequence[dict[str, Any]], report: Report, place: Path) -> None:
    """Write a conversation as Markdown; an existing file is replaced as a whole.

    Raises:
        ResourceMissing: the place cannot be written to.
    """
    lines = [f"# Questions about {_shown(report.case_id)}", "", report.intended_use, ""]
    for turn in turns:
        lines += [f"**{_shown(turn['question'])}**", "", _shown(turn["answer"])]
        lines += ["", f"Rests on: {', '.join(turn['cites'])}", ""] if turn["cites"] else [""]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.part")
        part.write_text("\n".join(lines), encoding="utf-8", newline="\n")
        part.replace(place)
    except OSError as error:
        raise ResourceMissing(
            f"The conversation cannot be written to {place} ({error.strerror}).", "Name another file: /export FILE"
        ) from error


_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def _shown(text: str) -> str:
    """Text as it is, whatever signs of Markdown or control characters it holds."""
    kept = "".join(sign if sign.isprintable() else " " for sign in text)
    return _MARKS.sub(r"\\\1", " ".join(kept.split()))

"""What the readers of annotation files share: labels, limits, notes, and events made from rows.

A label outside the vocabulary is refused, an event outside the video too, with the file and the line. Text from a file is shown
only after `quoted`.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from resus_doc.errors import InputRefused
from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES, Activity, Event

LABELS: Mapping[str, Activity] = {
    "Baby visible": "baby_visible",
    "PPV": "ppv",
    "CPAP": "cpap",
    "Ventilation": "ventilation",
    "Stimulation": "stimulation",
    "Stimulation back/nates": "stimulation",
    "Stimulation trunk": "stimulation",
    "Stimulation extremities": "stimulation",
    "Suction": "suction",
    "Chest compressions": "chest_compressions",
    **{activity: activity for activity in ACTIVITIES},
    **{name: activity for activity, name in ACTIVITY_NAMES.items()},
}
"""What files call the activities. Case, spaces, dashes and underscores do not count; a `P-` before the name is dropped."""

CLOSE = 0.8
"""How alike a misspelt label must be (difflib's ratio): one or two wrong letters in ten."""

SHORTEST_GUESSED = 5
"""Shorter labels are never guessed: abbreviations lie a letter apart from each other."""

LARGEST_BYTES = 32_000_000
"""An annotation file is a few kilobytes; a larger file is something else."""

PAST_END_S = 1.0
"""Events may end this much after the video (annotation tools count sound, clock times are rounded); they are cut to it."""

KNOWN = "Known labels: " + ", ".join(name for name in LABELS if name[0].isupper()) + "."
"""The remedy for a label that is not known."""

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")


class Row(NamedTuple):
    """One event as a file has it. Times in seconds."""

    line: int
    activity: Activity
    start_s: float
    end_s: float
    id: str = ""
    confidence: float = 1.0
    start_range_s: tuple[float, float] | None = None
    end_range_s: tuple[float, float] | None = None
    source: str = "annotation"


class Source:
    """The file being read: its labels, its limits, its notes."""

    def __init__(self, path: Path, duration_s: float | None, labels: Mapping[str, Activity]) -> None:
        self.path = path
        self.duration_s = duration_s
        self.notes: list[str] = []
        self.units: list[str] = []
        """How its times were read, where the format leaves that open: one sentence a way of writing them."""
        self._labels = {plain(label): activity for label, activity in labels.items()}

    def refuse(self, line: int, what: str, remedy: str = "Mend that line.") -> InputRefused:
        return InputRefused(f"{self.path}, line {line}: {what}.", remedy)

    def activity(self, label: str, line: int) -> Activity:
        """The activity that a label names, exactly or nearly."""
        found = self.known(label)
        if found is not None:
            return found
        nearest = self._nearest(plain(label))
        if nearest is None:
            raise self.refuse(line, f"the label '{quoted(label)}' is not known", KNOWN)
        self.notes.append(f"line {line}: the label '{quoted(label)}' was read as '{self._labels[nearest]}'")
        return self._labels[nearest]

    def known(self, label: str) -> Activity | None:
        """The activity of an exactly written label."""
        return self._labels.get(plain(label))

    def resembles(self, label: str) -> bool:
        """Whether the label names an activity, exactly or nearly."""
        return self.known(label) is not None or self._nearest(plain(label)) is not None

    def _nearest(self, written: str) -> str | None:
        if not SHORTEST_GUESSED <= len(written) <= 100:
            return None
        candidates = [label for label in self._labels if len(label) >= SHORTEST_GUESSED]
        close = difflib.get_close_matches(written, candidates, n=5, cutoff=CLOSE)
        return close[0] if len({self._labels[label] for label in close}) == 1 else None


def quoted(text: str) -> str:
    """A piece of a stranger's text, safe to show: printable, on one line, at most 60 characters."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text[:61])
    return shown if len(text) <= 60 else shown[:59] + "…"


def plain(label: str) -> str:
    """A label without what people write differently."""
    words = re.sub(r"[\s_-]+", " ", label.strip()[:200]).strip().casefold()
    return words.removeprefix("p ") if re.match(r"(?i)\s*p-", label) else words


def text_of(path: Path) -> str:
    try:
        if path.is_dir():
            raise InputRefused(f"{path} is a folder, not an annotation file.", "Name one file.")
        if path.stat().st_size > LARGEST_BYTES:
            raise InputRefused(f"{path} is too large for an annotation file.", "Name the annotation file.")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputRefused(f"There is no annotation file {path}.", "Check the name and the folder.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputRefused(
            f"The annotation file {path} cannot be read ({reason}).", "Check its access rights."
        ) from error
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputRefused(f"{path} is not a text file in UTF-8.", "Save it as UTF-8 text and try again.") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise InputRefused(f"{path} is not a text file.", "Name an annotation file: text, CSV or ELAN.")
    if not text.strip():
        raise InputRefused(f"The annotation file {path} is empty.", "Export it again.")
    return text


def events_of(source: Source, rows: Sequence[Row]) -> tuple[Event, ...]:
    placed = [row for row in (_within(source, row) for row in rows) if _lasts(source, row)]
    placed.sort(key=lambda row: (row.start_s, row.end_s, ACTIVITIES.index(row.activity), row.line))
    ids = [row.id for row in placed]
    if len(set(ids)) < len(ids) or not all(_ID.fullmatch(name) for name in ids):
        if any(ids):
            source.notes.append("the events were numbered anew, because ids were missing, double or not plain")
        ids = [f"E{number}" for number in range(1, len(placed) + 1)]
    return tuple(_event(source, row, name) for row, name in zip(placed, ids, strict=True))


def _within(source: Source, row: Row) -> Row:
    """The row, cut to the video; refused when it lies outside."""
    if row.start_s < 0 or row.end_s < row.start_s:
        what = "ends before it starts" if row.start_s >= 0 else "starts before the video"
        raise source.refuse(row.line, f"the event {what} ({row.start_s:g} s to {row.end_s:g} s)")
    if source.duration_s is None:
        return row
    if row.start_s > source.duration_s or row.end_s > source.duration_s + PAST_END_S:
        raise source.refuse(
            row.line,
            f"the event ({row.start_s:g} s to {row.end_s:g} s) lies outside the video, which lasts {source.duration_s:g} s",
            "Check that the annotations belong to this video.",
        )
    return row._replace(end_s=min(row.end_s, source.duration_s))


def _lasts(source: Source, row: Row) -> bool:
    """Whether the event has a length; a point, as rounding or a slip of the hand leaves it, is told and left out."""
    if row.end_s > row.start_s:
        return True
    source.notes.append(f"line {row.line}: the event at {row.start_s:g} s has no length and was left out")
    return False


def _event(source: Source, row: Row, name: str) -> Event:
    try:
        return Event.model_validate(
            {
                "id": name,
                "activity": row.activity,
                "start_s": row.start_s,
                "end_s": row.end_s,
                "confidence": row.confidence,
                "start_range_s": row.start_range_s or (row.start_s, row.start_s),
                "end_range_s": row.end_range_s or (row.end_s, row.end_s),
                "source": row.source,
            }
        )
    except ValueError as error:
        first = error.errors()[0] if hasattr(error, "errors") else {"loc": (), "msg": str(error)}
        field = ".".join(str(part) for part in first["loc"])
        raise source.refuse(row.line, f"{field}: {quoted(str(first['msg']))}") from error


def number(text: str) -> float:
    return float(text.replace(",", "."))


def by_onset(events: Iterable[Event]) -> list[Event]:
    return sorted(
        events,
        key=lambda event: (event.start_s, event.end_s, ACTIVITIES.index(event.activity), len(event.id), event.id),
    )


def in_ms(seconds: float) -> int:
    return round(seconds * 1000)

"""Vital signs from a monitor's export: a CSV with `time_s` and any of hr_bpm, spo2_pct, fio2_pct, temp_c.

Times are brought to the video's clock by an offset. What cannot be a reading is left out and told; an empty cell is a gap
and stays one: nothing is filled in. A file on another clock is refused, because a shifted curve looks like a right one.

What it does not know: whether the monitor's clock and the camera's agree to the second. The offset is the user's word.
"""

import csv
import hashlib
import io
import math
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

from resus_doc.errors import InputRefused, UsageError
from resus_doc.schema import VITAL_SIGNS, Vitals, VitalSeries, VitalSign

PLAUSIBLE: dict[VitalSign, tuple[float, float]] = {
    "hr_bpm": (1.0, 320.0),
    "spo2_pct": (1.0, 100.0),
    "fio2_pct": (20.0, 100.0),
    "temp_c": (20.0, 45.0),
}
"""What a monitor can have read; anything else is noise, a code or another unit. Zero is a probe that is off as well as a
heart that stands still, and the file does not say which."""

MOST_BYTES = 50_000_000
"""A day at ten readings a second; a larger file is no export of vital signs."""

LEAST_GAP_S = 5.0
GAP_FACTOR = 3.0
"""A curve is broken where readings are missing for more than this many usual intervals, and for at least LEAST_GAP_S."""

DELIMITERS = (",", ";", "\t")
_CLOCK = re.compile(r"\d{1,4}[:/.-]\d{1,2}[:/.-]\d{1,4}.*")


class Read(NamedTuple):
    """The vital signs on the video's clock, and what had to be left out or decided, as sentences for the report."""

    vitals: Vitals
    notes: tuple[str, ...]


class _Row(NamedTuple):
    line: int
    cells: dict[str, str]


def read_vitals(path: Path, duration_s: float, offset_s: float = 0.0, birth_time_s: float | None = None) -> Read:
    """Read a vitals file. Readings from birth (or the video's start) to the video's end are kept.

    Args:
        path: the CSV file; comma, semicolon or tab between cells.
        duration_s: length of the video.
        offset_s: added to `time_s` to reach seconds from the start of the video.
        birth_time_s: birth in seconds from the start of the video; None when unknown.

    Raises:
        InputRefused: the file cannot be read, lacks its columns, holds no reading, or runs on another clock.
        UsageError: the offset is no number.
    """
    if not math.isfinite(offset_s):
        raise UsageError(f"A vitals offset of {offset_s} s cannot be used.", "Give signed seconds, such as -12.5.")
    raw = _bytes(path)
    rows, delimiter = _table(_text(raw, path), path)
    notes: list[str] = []
    times = _times(rows, delimiter, offset_s, path, notes)
    _check_clock([t_s for t_s, _ in times], duration_s, offset_s, path)
    span = (min(0.0, birth_time_s or 0.0), duration_s)
    kept = [(t_s, row) for t_s, row in times if span[0] <= t_s <= span[1]]
    if len(kept) < len(times):
        notes.append(f"Vital signs: rows outside the case that are not shown: {len(times) - len(kept)}.")
    found = [_series(sign, kept, delimiter, notes) for sign in VITAL_SIGNS if any(sign in row.cells for row in rows)]
    series = tuple(each for each in found if each.points)
    if not series:
        raise InputRefused(f"{path} holds no usable reading within the video.", " ".join(notes))
    gap_s = _gap_s([t_s for t_s, _ in kept])
    notes += _gap_notes(series, duration_s)
    digest = hashlib.sha256(raw).hexdigest()
    return Read(Vitals(source=path.name, sha256=digest, offset_s=offset_s, gap_s=gap_s, series=series), tuple(notes))


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputRefused(f"{path} is too large for a vitals file.", "Export only the time of the resuscitation.")
        return path.read_bytes()
    except OSError as error:
        raise InputRefused(f"The vitals file {path} cannot be read ({error.strerror}).", "Check --vitals.") from error


def _text(raw: bytes, path: Path) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRefused(f"The vitals file {path} is not UTF-8 text.", "Export it as CSV in UTF-8.") from error


def _table(text: str, path: Path) -> tuple[list[_Row], str]:
    """The rows by column name, and the delimiter."""
    expected = f"The first line must name time_s and any of {', '.join(VITAL_SIGNS)}."
    header_line = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header_line.count)
    lines = csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter)
    try:
        table = [(lines.line_num, cells) for cells in lines]
    except csv.Error as error:
        raise InputRefused(f"The vitals file {path} is not a CSV file ({error}).", expected) from error
    header = [cell.strip().lower() for cell in table[0][1]] if table else []
    if "time_s" not in header or not set(VITAL_SIGNS) & set(header):
        raise InputRefused(f"The vitals file {path} has no column time_s, or no vital sign beside it.", expected)
    if twice := [name for name in ("time_s", *VITAL_SIGNS) if header.count(name) > 1]:
        raise InputRefused(f"The vitals file {path} has the column {twice[0]} twice.", "Leave one of them out.")
    rows = [
        _Row(line, dict(zip(header, (c.strip() for c in cells), strict=False))) for line, cells in table[1:] if cells
    ]
    if not rows:
        raise InputRefused(f"The vitals file {path} holds no reading.", "Export it again, or leave --vitals out.")
    return rows, delimiter


def _times(
    rows: list[_Row], delimiter: str, offset_s: float, path: Path, notes: list[str]
) -> list[tuple[float, dict[str, str]]]:
    """Each row with its time on the video's clock, in order of time."""
    timed = [(_number(row.cells.get("time_s", ""), delimiter), row) for row in rows]
    if clocks := [row for t_s, row in timed if t_s is None and _CLOCK.fullmatch(row.cells.get("time_s", ""))]:
        raise InputRefused(
            f"{path}, line {clocks[0].line}: '{clocks[0].cells['time_s'][:40]}' is a time of day, not seconds.",
            "Write time_s as seconds, and give --vitals-offset if they do not count from the start of the video.",
        )
    if lost := [row.line for t_s, row in timed if t_s is None]:
        notes.append(f"Vital signs: rows left out for want of a time: {len(lost)}, the first in line {lost[0]}.")
    known = [(t_s + offset_s, row.cells) for t_s, row in timed if t_s is not None]
    if any(later[0] < earlier[0] for earlier, later in pairwise(known)):
        notes.append("Vital signs: the rows were not in order of time and were sorted.")
    return sorted(known, key=lambda pair: pair[0])


def _check_clock(times: list[float], duration_s: float, offset_s: float, path: Path) -> None:
    if any(0 <= t_s <= duration_s for t_s in times):
        return
    found = f"from {times[0]:.0f} s to {times[-1]:.0f} s" if times else "without any time"
    shifted = f" after the offset of {offset_s:g} s" if offset_s else ""
    raise InputRefused(
        f"The vital signs in {path} run {found}{shifted}, the video from 0 to {duration_s:.0f} s: "
        "they count on another clock.",
        "Give --vitals-offset S, the seconds to add to time_s so that 0 is the start of the video.",
    )


def _series(
    sign: VitalSign, rows: Iterable[tuple[float, dict[str, str]]], delimiter: str, notes: list[str]
) -> VitalSeries:
    """The plausible readings of one vital sign; of two at one moment that differ, neither."""
    low, high = PLAUSIBLE[sign]
    at: dict[float, set[float]] = {}
    strange: list[str] = []
    for t_s, cells in rows:
        text = cells.get(sign, "")
        value = _number(text, delimiter)
        if value is not None and low <= value <= high:
            at.setdefault(round(t_s, 3), set()).add(value)
        elif text.strip(" -–—") and text.lower() not in ("nan", "na", "n/a", "null", "none"):
            strange.append(text[:20])
    if strange:
        hint = " FiO2 is expected in percent, not as a fraction." if sign == "fio2_pct" and _fractions(strange) else ""
        notes.append(
            f"Vital signs: cells of {sign} left out, being no reading between {low:g} and {high:g}: {len(strange)}, "
            f"such as '{strange[0]}'.{hint}"
        )
    if unclear := sum(len(values) > 1 for values in at.values()):
        notes.append(f"Vital signs: at {unclear} moments {sign} has two values that differ; neither is used.")
    points = tuple((t, v.copy().pop()) for t, v in sorted(at.items()) if len(v) == 1)
    return VitalSeries(sign=sign, points=points, gap_s=_gap_s(sorted(at)))


def _fractions(strange: list[str]) -> bool:
    return all(text.replace(",", ".").startswith(("0.", "1.0")) or text == "1" for text in strange)


def _number(text: str, delimiter: str) -> float | None:
    """A finite number; a decimal comma is one where the comma does not part cells."""
    try:
        value = float(text.replace(",", ".") if delimiter != "," else text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def _gap_s(times: list[float]) -> float:
    steps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    return round(max(LEAST_GAP_S, GAP_FACTOR * median(steps)), 3) if steps else LEAST_GAP_S


def _gap_notes(series: Iterable[VitalSeries], duration_s: float) -> list[str]:
    """For each vital sign, how much of the video lies further than a gap from any reading."""
    found = []
    for each in series:
        edges = [0.0, *(t for t, _ in each.points if 0 <= t <= duration_s), duration_s]
        missing = sum(b - a for a, b in pairwise(edges) if b - a > (each.gap_s or 0.0))
        if missing:
            found.append(f"Vital signs: for {missing:.0f} s of the video there is no reading of {each.sign}.")
    return found

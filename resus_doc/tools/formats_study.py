"""The study's text format: `label start_ms end_ms duration_ms`, one event a line.

Files in the wild hold whole milliseconds, decimal seconds or HH:MM:SS, and some mix them. The unit is decided for a whole file:
by how times are written, by the durations and by what fits the video. Where two readings remain, the line is refused. What was
found is told in `Source.units`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from resus_doc.schema import Activity, Event
from resus_doc.tools.formats_source import PAST_END_S, Row, Source, by_onset, in_ms, number, quoted

STUDY_NAMES: Mapping[Activity, str] = {
    "baby_visible": "Baby visible",
    "ppv": "PPV",
    "cpap": "CPAP",
    "ventilation": "Ventilation",
    "stimulation": "Stimulation trunk",
    "suction": "Suction",
    "chest_compressions": "Chest compressions",
}
"""How the study's files name them when they are written; its stimulation labels all name a place, the trunk being commonest."""

DURATION_OFF_S = 0.1
"""How far a stated duration may be from end - start."""

CLOCK_DURATION_OFF_S = 2.0
"""The same for clock times, which may be rounded to a second each."""

BLINK_S = 0.1
"""If no event of a file is as long as this, its whole numbers are not milliseconds."""

LONGEST_S = 6 * 3600.0
"""No recording of a resuscitation is longer: where the length is not known, larger numbers are milliseconds."""

ASTRAY = 2.0
"""Seconds may lie outside the video by mistake, but not beyond its length so many times: larger numbers are milliseconds."""

WRITTEN: Mapping[str, str] = {
    "clock": "times with colons",
    "decimal": "times with decimals",
    "whole": "times in whole numbers",
}
"""The ways of writing times, as they are told."""

SPANS = 0.9
"""Whole numbers that as seconds reach so far into the video are seconds: as milliseconds all would lie in its first instant."""

USUAL = "times in whole numbers were read as milliseconds"
"""What the format says, and so the only unit that nobody needs to be warned of."""

SECONDS_REMEDY = (
    "Write the times of that file as seconds with a decimal point (12.5) or as hours:minutes:seconds (0:00:12.5)."
)

_PLAIN = re.compile(r"-?[0-9]{1,12}(?:[.,][0-9]{1,9})?")
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5]?[0-9](?:[.,][0-9]{1,9})?)")


class _StudyLine(NamedTuple):
    line: int
    activity: Activity
    times: tuple[str, str, str]
    """Start, end and duration as written."""

    @property
    def kind(self) -> str:
        """How start and end are written: with colons, with decimals, or as whole numbers."""
        if any(":" in time for time in self.times[:2]):
            return "clock"
        return "decimal" if any(sign in time for time in self.times[:2] for sign in ".,") else "whole"

    @property
    def end(self) -> float:
        return number(self.times[1])

    @property
    def length(self) -> float:
        """End - start, in the unit of both."""
        return self.end - number(self.times[0])

    def unit_by_duration(self) -> float | None:
        """Seconds per unit of start and end, where the duration is given in another unit than theirs; else None."""
        length = self.length
        if length <= 0:
            return None
        if ":" in self.times[2]:
            stated_s = _seconds(self.times[2], 1.0)
            return next((unit for unit in (1.0, 0.001) if _near(stated_s, length * unit, CLOCK_DURATION_OFF_S)), None)
        stated = number(self.times[2])
        if any(_near(stated * unit, length * unit, DURATION_OFF_S) for unit in (1.0, 0.001)):
            return None
        if _near(stated / 1000, length, DURATION_OFF_S):
            return 1.0
        return 0.001 if _near(stated, length / 1000, DURATION_OFF_S) else None


def study_rows(source: Source, text: str) -> list[Row]:
    lines = [_study_line(source, number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    units = _units_of(source, lines)
    return [_study_row(source, line, units[line.kind]) for line in lines]


def _study_line(source: Source, number: int, line: str) -> _StudyLine:
    parts = line.rsplit(maxsplit=3)
    times = tuple(parts[1:])
    if len(parts) < 4 or not all(_PLAIN.fullmatch(time) or _CLOCK.fullmatch(time) for time in times):
        raise source.refuse(
            number,
            f"'{quoted(line.strip())}' is not a label followed by start, end and duration",
            "Write for example: Suction 12500 15000 2500",
        )
    return _StudyLine(number, source.activity(parts[0], number), (times[0], times[1], times[2]))


def _units_of(source: Source, lines: Sequence[_StudyLine]) -> dict[str, float]:
    """Seconds per unit of start and end, for each way of writing times that the file has."""
    units = {"clock": 1.0}
    for kind in ("decimal", "whole"):
        alike = [line for line in lines if line.kind == kind]
        if alike:
            units[kind] = _unit_of(source, alike, beside_seconds=units.get("decimal") == 1.0)
    for kind in WRITTEN:
        if any(line.kind == kind for line in lines):
            name = "hours:minutes:seconds" if kind == "clock" else "seconds" if units[kind] == 1.0 else "milliseconds"
            source.units.append(f"{WRITTEN[kind]} were read as {name}")
    return units


def _unit_of(source: Source, lines: Sequence[_StudyLine], *, beside_seconds: bool) -> float:
    """Seconds per unit of lines written alike; `beside_seconds` says that other lines of the file are seconds."""
    stated = _unit_by_durations(source, lines)
    if stated is not None:
        return stated
    unit = _unit_by_extent(source, lines, beside_seconds=beside_seconds)
    if unit == 0.001 and source.duration_s is not None:
        for line in lines:
            if line.length > 0 and line.end <= source.duration_s + PAST_END_S:
                _refuse_unclear(source, line, "the other times of the file are milliseconds")
    return unit


def _unit_by_durations(source: Source, lines: Sequence[_StudyLine]) -> float | None:
    """What the durations say that are given in another unit than start and end."""
    found: float | None = None
    for line in lines:
        unit = line.unit_by_duration()
        if unit is not None and found not in (None, unit):
            _refuse_unclear(source, line, "its duration says otherwise than those of earlier lines")
        found = found or unit
    return found


def _unit_by_extent(source: Source, lines: Sequence[_StudyLine], *, beside_seconds: bool) -> float:
    """What fits the video. Decimals that fit are seconds; whole numbers are milliseconds, if they cannot be seconds."""
    last = max(lines, key=lambda line: line.end)
    limit_s = LONGEST_S if source.duration_s is None else source.duration_s + PAST_END_S
    if last.end > limit_s * (1.0 if source.duration_s is None else ASTRAY):
        return 0.001
    decimal, are_blinks = last.kind == "decimal", max(line.length for line in lines) / 1000 < BLINK_S
    if are_blinks or (decimal and last.end <= limit_s):
        return 1.0
    if beside_seconds and not decimal:
        _refuse_unclear(source, lines[0], "the other times of the file are decimal seconds")
    if source.duration_s is None:
        return 0.001
    if source.duration_s * SPANS <= last.end <= limit_s:
        return 1.0
    _refuse_unclear(source, last, f"the video lasts {source.duration_s:g} s")


def _refuse_unclear(source: Source, line: _StudyLine, why: str) -> NoReturn:
    start, end, _ = line.times
    raise source.refuse(line.line, f"{start} and {end} may be seconds or milliseconds; {why}", SECONDS_REMEDY)


def _study_row(source: Source, line: _StudyLine, unit_s: float) -> Row:
    start_s, end_s = (_seconds(time, unit_s) for time in line.times[:2])
    if end_s >= start_s >= 0:
        _check_duration(source, line, end_s - start_s)
    return Row(line.line, line.activity, start_s, end_s)


def _check_duration(source: Source, line: _StudyLine, length_s: float) -> None:
    """One of three numbers is wrong if they disagree in every unit, and nobody can tell which."""
    start, end, stated = line.times
    off_s = CLOCK_DURATION_OFF_S if ":" in "".join(line.times) else DURATION_OFF_S
    if not any(_near(_seconds(stated, unit), length_s, off_s) for unit in (1.0, 0.001)):
        raise source.refuse(line.line, f"the duration {stated} does not fit the start {start} and the end {end}")


def _near(one_s: float, other_s: float, off_s: float) -> bool:
    return abs(one_s - other_s) <= off_s


def _seconds(text: str, unit_s: float) -> float:
    """Seconds from a plain number in units, or from [HH:]MM:SS."""
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return round(number(text) * unit_s, 9)
    hours, minutes, seconds = clock.groups()
    return 3600.0 * int(hours or 0) + 60.0 * int(minutes) + number(seconds)


def write_study(events: Iterable[Event], path: Path) -> None:
    """The study's text: `label start_ms end_ms duration_ms`, one line per event, by onset."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for event in by_onset(events):
            start_ms, end_ms = in_ms(event.start_s), in_ms(event.end_s)
            file.write(f"{STUDY_NAMES[event.activity]} {start_ms} {end_ms} {end_ms - start_ms}\n")

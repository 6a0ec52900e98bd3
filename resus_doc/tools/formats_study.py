"""The study's text format: `label start_ms end_ms duration_ms`, one event a line.

Files in the wild mix whole milliseconds, decimal seconds and HH:MM:SS. They are told apart by how they are written and by what
fits the video; where two readings fit, the line is refused.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

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

_PLAIN = re.compile(r"-?[0-9]{1,12}(?:[.,][0-9]{1,9})?")
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5]?[0-9](?:[.,][0-9]{1,9})?)")


class _StudyLine(NamedTuple):
    line: int
    activity: Activity
    times: tuple[str, str, str]
    """Start, end and duration as written."""

    @property
    def kind(self) -> str:
        """How the times are written: with colons, with decimals, or as whole numbers."""
        if any(":" in time for time in self.times):
            return "clock"
        return "decimal" if any(sign in time for time in self.times for sign in ".,") else "whole"

    @property
    def start(self) -> float:
        return number(self.times[0])

    @property
    def end(self) -> float:
        return number(self.times[1])


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
    """Seconds per unit of the plain numbers, for each way of writing times that the file has.

    The study writes whole milliseconds, other exports decimal seconds, and some files mix the two.
    """
    limit_s = LONGEST_S if source.duration_s is None else source.duration_s + PAST_END_S
    units = {"clock": 1.0}
    decimal = [line for line in lines if line.kind == "decimal"]
    whole = [line for line in lines if line.kind == "whole"]
    if decimal:
        units["decimal"] = 1.0 if max(line.end for line in decimal) <= limit_s else 0.001
    if whole:
        could_be_seconds = max(line.end for line in whole) <= limit_s
        are_blinks = max(line.end - line.start for line in whole) / 1000 < BLINK_S
        if could_be_seconds and not are_blinks and units.get("decimal") == 1.0:
            what = "the other times of the file are decimal seconds, and these may be seconds or milliseconds"
            raise source.refuse(whole[0].line, what, "Write them with a decimal point if they are seconds.")
        units["whole"] = 1.0 if could_be_seconds and are_blinks else 0.001
    _note_units(source, {line.kind: units[line.kind] for line in lines})
    return units


def _note_units(source: Source, units: Mapping[str, float]) -> None:
    """Milliseconds in whole numbers are what the format says; all else is told."""
    written = {"clock": "times with colons", "decimal": "times with decimals", "whole": "times in whole numbers"}
    for kind, unit_s in units.items():
        if (kind, unit_s) != ("whole", 0.001):
            name = "hours:minutes:seconds" if kind == "clock" else "seconds" if unit_s == 1.0 else "milliseconds"
            source.notes.append(f"{written[kind]} were read as {name}")


def _study_row(source: Source, line: _StudyLine, unit_s: float) -> Row:
    start_s, end_s = (_seconds(time, unit_s) for time in line.times[:2])
    if end_s >= start_s >= 0:
        _check_duration(source, line, unit_s, end_s - start_s)
    return Row(line.line, line.activity, start_s, end_s)


def _check_duration(source: Source, line: _StudyLine, unit_s: float, length_s: float) -> None:
    """One of three numbers is wrong if they disagree, and nobody can tell which."""
    start, end, stated = line.times
    clocks = line.kind == "clock"
    off_s = CLOCK_DURATION_OFF_S if clocks else DURATION_OFF_S
    units = (1.0, 0.001) if clocks else (unit_s,)
    if not any(abs(_seconds(stated, unit) - length_s) <= off_s for unit in units):
        raise source.refuse(line.line, f"the duration {stated} does not fit the start {start} and the end {end}")


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

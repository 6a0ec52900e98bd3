"""WebVTT: captions with a cue per event, which are read back too, and chapters that a player lists.

Format: https://www.w3.org/TR/webvtt1/
"""

import re
from collections.abc import Iterable
from pathlib import Path

from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES, Event, TimeZero
from resus_doc.tools.clock import clock
from resus_doc.tools.formats_source import Row, Source, by_onset, in_ms, quoted

_TIMES = re.compile(
    r"(?:(\d{1,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})[ \t]+-->[ \t]+(?:(\d{1,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})(?:[ \t].*)?",
    re.ASCII,
)
_ID = re.compile(r"[A-Z][0-9]{1,6}")
_TAG = re.compile(r"<[^<>]{0,100}>")
_NO_CUE = ("NOTE", "STYLE", "REGION")


def write_vtt(events: Iterable[Event], path: Path) -> None:
    """Captions for any player: one cue per event, named by its id."""
    cues = []
    for event in by_onset(events):
        start_ms = max(in_ms(event.start_s), 0)
        cues.append((quoted(event.id), start_ms, in_ms(event.end_s), ACTIVITY_NAMES[event.activity]))
    _write(cues, path)


def write_chapters(events: Iterable[Event], zero: TimeZero, path: Path) -> None:
    """Chapters: one from each onset of an activity to the next one, named by what begins there and when from time zero.

    That the baby is in view is no chapter. The last one ends with the last event.
    """
    shown = [event for event in by_onset(events) if event.activity != "baby_visible"]
    onsets = sorted({max(in_ms(event.start_s), 0) for event in shown})
    ends = [*onsets[1:], max((in_ms(event.end_s) for event in shown), default=0)]
    cues = []
    for number, (start_ms, end_ms) in enumerate(zip(onsets, ends, strict=True), start=1):
        begun = {event.activity for event in shown if max(in_ms(event.start_s), 0) == start_ms}
        names = " and ".join(ACTIVITY_NAMES[activity] for activity in ACTIVITIES if activity in begun)
        title = f"{clock(start_ms / 1000 - zero.t_s)} {names}"
        cues.append((f"chapter-{number}", start_ms, end_ms, title))
    _write(cues, path)


def _write(cues: Iterable[tuple[str, int, int, str]], path: Path) -> None:
    blocks = ["WEBVTT\n"]
    for name, start_ms, end_ms, text in cues:
        times = f"{_stamp(start_ms)} --> {_stamp(max(end_ms, start_ms + 1))}"
        blocks.append(f"{name.replace('-->', '→')}\n{times}\n{text}\n")
    path.write_text("\n".join(blocks), encoding="utf-8", newline="\n")


def _stamp(ms: int) -> str:
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def vtt_rows(source: Source, text: str) -> list[Row]:
    """The events of captions whose cues hold the name of an activity each.

    Raises:
        InputRefused: a cue has no times that can be read, or no known activity.
    """
    rows = []
    for line, block in _blocks(text):
        name = "" if "-->" in block[0] else block[0].strip()
        if name.split(" ")[0] in _NO_CUE:
            continue
        at = 1 if name else 0
        times = _TIMES.fullmatch(block[at].strip()) if at < len(block) else None
        if times is None:
            raise source.refuse(line + at, "there is no line of times such as 00:01:02.000 --> 00:01:05.500")
        label = _TAG.sub("", " ".join(block[at + 1 :])).strip()
        found = times.groups()
        rows.append(
            Row(
                line + at,
                source.activity(label, line + at + 1),
                _seconds(*found[:4]),
                _seconds(*found[4:]),
                name if _ID.fullmatch(name) else "",
            )
        )
    return rows


def _blocks(text: str) -> Iterable[tuple[int, list[str]]]:
    """The blocks after the header, each with the number of its first line."""
    block: list[str] = []
    begun, header = 1, True
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.strip():
            begun = begun if block else number
            block.append(line)
        elif block:
            if not header:
                yield begun, block
            block, header = [], False


def _seconds(hours: str | None, minutes: str, seconds: str, ms: str) -> float:
    return ((int(hours or 0) * 60 + int(minutes)) * 60_000 + int(seconds) * 1000 + int(ms)) / 1000

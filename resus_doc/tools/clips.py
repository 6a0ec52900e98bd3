"""Short films of what a report says: one per finding and per pause of PPV, each with a caption bar, and one reel of them all.

Which pictures are shown when is decided by PyAV's presentation timestamps alone (`tools.video`): picture k of a clip is the one
that the recording showed at the clip's beginning plus k / rate, upright, whatever the recording's frame rate does. moviepy
composes and encodes. Clips have no sound: voices tell who was there.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from resus_doc.errors import InputRefused, ResourceMissing
from resus_doc.schema import Event, Finding, Report, Span, Verdict
from resus_doc.tools import captions, ppv
from resus_doc.tools import report_words as words
from resus_doc.tools.cases import timeline_of
from resus_doc.tools.video import GridReader, Image

LEAD_S = 2.0
"""What went before an onset is shown too, so that the onset can be seen; as much is shown after an end."""

SHOWN_S = 8.0
"""So much of the last of a finding's events is shown: two breaths of the slowest rate would fit in half of it."""

LONGEST_S = 20.0
"""A clip is short. Of a longer pause its beginning is shown, of the events of a finding the last onset; the title says so."""

GRAVITY: Mapping[Verdict, int] = {"not_met": 0, "indeterminate": 1}
"""Which title stands first where findings share a stretch: only the first lines of a caption can be read."""

MOST_FPS = 30.0
SIDES = (640, 1280, 720)
"""Least and largest width and largest height of the picture in pixels; text under a smaller one could not be read."""

CARD_S = 3.0
"""How long the reel's opening card stands."""


class Clip(NamedTuple):
    """What one film shows, in seconds of the recording; `name` is that of its file, without ending."""

    name: str
    title: str
    start_s: float
    end_s: float
    gravity: int = len(GRAVITY)


def plan(report: Report) -> tuple[Clip, ...]:
    """The clips of a report: findings that rest on events in the report's order, then the pauses of PPV in order of time."""
    if words.withheld(report):
        return ()
    pauses = _pauses(report)
    events = {event.id: event for event in report.events}
    found = [_of_finding(finding, events, pauses, report) for finding in report.findings]
    clips = [clip for clip in found if clip is not None]
    clips += [_of_pause(number, pause, len(pauses), report) for number, pause in enumerate(pauses, start=1)]
    return tuple(clip for clip in clips if clip.end_s > clip.start_s)


def cut(
    report: Report,
    video: Path,
    folder: Path,
    *,
    progress: Callable[[float], None] = lambda _fraction: None,
) -> tuple[Path, ...]:
    """Write the clips of a report into a folder; one that is there already is not made again.

    Raises:
        VideoRefused: the recording is missing or cannot be read.
        ResourceMissing: the clips cannot be encoded or written.
    """
    clips, written = plan(report), []
    for number, clip in enumerate(clips):
        path = folder / f"{clip.name}.mp4"
        if not path.exists():
            _write(_Film(report, video, (clip,)), path)
        written.append(path)
        progress((number + 1) / len(clips))
    return tuple(written)


def write_reel(
    report: Report,
    video: Path,
    path: Path,
    *,
    confidentiality: str = "",
    progress: Callable[[float], None] = lambda _fraction: None,
) -> int:
    """Write one film of all clips in order of time, behind a card that says what it is. Returns how many stretches it shows.

    Findings that show the same stretch share it.

    Raises:
        InputRefused: there is nothing to show.
        VideoRefused: the recording is missing or cannot be read.
        ResourceMissing: the film cannot be encoded or written.
    """
    clips = in_order(plan(report))
    if not clips:
        raise InputRefused(
            f"There is nothing to show of {report.case_id}: no finding rests on an event, and PPV has no pause.",
            "Open report.html for what can be said of this recording.",
        )
    _write(_Film(report, video, clips, _opening(report, confidentiality)), path, progress)
    return len(clips)


def in_order(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """By time; clips of the very same stretch become one with the titles of all, what is not met first."""
    titles: dict[tuple[float, float], list[str]] = {}
    for clip in sorted(clips, key=lambda clip: clip.gravity):
        titles.setdefault((clip.start_s, clip.end_s), []).append(clip.title)
    return tuple(Clip("", " / ".join(titles[span]), *span) for span in sorted(titles))


# --- what is shown


def _pauses(report: Report) -> list[ppv.Pause]:
    return [pause for pause in ppv.pauses(timeline_of(report)) if pause.counts.value]


def _of_finding(finding: Finding, events: dict[str, Event], pauses: Sequence[ppv.Pause], report: Report) -> Clip | None:
    """Its longest pause where it is about pauses; else its events up to the last onset."""
    names = {measure.id: measure.name for measure in report.measures}
    head, gravity = f"{finding.id} · {words.VERDICT_NAMES[finding.verdict]}", GRAVITY.get(finding.verdict, len(GRAVITY))
    if pauses and any(names.get(measure, "").startswith("ppv_pause") for measure in finding.measures):
        longest = max(pauses, key=lambda pause: ppv.pause_longest((pause,)).value)
        found, cut = _shown(Span(longest.seen.start_s, longest.seen.end_s + LEAD_S), report)
        return _clip(finding.id, f"{head}{cut} · {finding.statement}", found, gravity)
    shown = [events[each] for each in finding.events if each in events]
    if not shown:
        return None
    last = max(event.start_s for event in shown)
    end_s = min(last + SHOWN_S, max(event.end_s for event in shown) + LEAD_S)
    found, cut = _shown(Span(min(event.start_s for event in shown), end_s), report, up_to_its_end=True)
    return _clip(finding.id, f"{head}{cut} · {finding.statement}", found, gravity)


def _of_pause(number: int, pause: ppv.Pause, total: int, report: Report) -> Clip:
    length = words.amount(ppv.pause_total((pause,)).value, "s")
    if unseen_s := ppv.pause_unseen((pause,), timeline_of(report)):
        length += f" in view and {words.amount(unseen_s, 's')} out of view"
    found, cut = _shown(Span(pause.seen.start_s, pause.seen.end_s + LEAD_S), report)
    title = f"Pause of PPV, {number} of {total}: {length}, between {pause.before.id} and {pause.after.id}{cut}"
    return _clip(f"pause-{number}", title, found)


def _shown(span: Span, report: Report, *, up_to_its_end: bool = False) -> tuple[Span, str]:
    """What a clip shows of a stretch, from shortly before it on; and where that is not all of it, which part, in brackets."""
    begin, end = max(0.0, span.start_s - LEAD_S), min(span.end_s, report.video.duration_s)
    if end - begin <= LONGEST_S:
        return Span(begin, end), ""
    if up_to_its_end:
        return Span(end - LONGEST_S, end), f" (the last {LONGEST_S:.0f} s)"
    return Span(begin, begin + LONGEST_S), f" (its first {LONGEST_S - LEAD_S:.0f} s)"


def _clip(name: str, title: str, span: Span, gravity: int = len(GRAVITY)) -> Clip:
    return Clip(re.sub(r"[^A-Za-z0-9-]", "_", name)[:40], title, span.start_s, span.end_s, gravity)


def _opening(report: Report, confidentiality: str) -> tuple[str, ...]:
    lines = (
        f"Resuscitation debrief: {report.case_id}",
        confidentiality,
        words.time_zero_sentence(report.time_zero),
        words.validation_sentence(report),
        report.intended_use,
    )
    return tuple(line for line in lines if line)


def caption(report: Report, t_s: float) -> tuple[str, str]:
    """What is under way at a time of the recording, and that time on the clock from time zero."""
    seen = [event for event in report.events if event.start_s <= t_s < event.end_s]
    names = dict.fromkeys(words.activity_name(e.activity, capital=True) for e in seen if e.activity != "baby_visible")
    hidden = any(gap.start_s <= t_s < gap.end_s for gap in words.unobserved(report)) if report.observed else False
    nothing = "Baby not in view" if hidden else "No recognised activity"
    return ", ".join(names) or nothing, words.moment(t_s, report.time_zero)


# --- making it


class _Film:
    """The pictures of a film one after the other. moviepy asks for them by time, and always forward."""

    def __init__(self, report: Report, video: Path, clips: Sequence[Clip], opening: tuple[str, ...] = ()) -> None:
        self.fps = round(min(MOST_FPS, report.video.frame_rate or 25.0), 2)
        self._report, self._video, self._clips, self._opening = report, video, clips, opening
        self._width, self._height = picture_size(report.video.width, report.video.height)
        self._card_count = round(CARD_S * self.fps) if opening else 0
        self._counts = [max(1, int((clip.end_s - clip.start_s) * self.fps + 1e-6)) for clip in clips]
        self.count = self._card_count + sum(self._counts)
        self._pictures = self._all()
        self._at, self._shown = 0, next(self._pictures)

    def picture(self, t_s: float) -> Image:
        """The picture at a time of the film."""
        while self._at < round(t_s * self.fps):
            self._at, self._shown = self._at + 1, next(self._pictures)
        return self._shown

    def _all(self) -> Iterator[Image]:
        whole = self._height + captions.bar_height(self._width)
        for _ in range(self._card_count):
            yield captions.card(self._width, whole, self._opening)
        for clip, count in zip(self._clips, self._counts, strict=True):
            yield from self._of(clip, count)

    def _of(self, clip: Clip, count: int) -> Iterator[Image]:
        reader = GridReader(self._video, self.fps, self._width, self._height, clip.start_s)
        number = 0
        for frame in reader:
            yield self._captioned(frame.image, clip, number)
            number += 1
            if number == count:
                return
        nothing = captions.card(self._width, self._height, ("The recording cannot be read from here on.",))
        for missing in range(number, count):
            yield self._captioned(nothing, clip, missing)

    def _captioned(self, picture: Image, clip: Clip, number: int) -> Image:
        under_way, when = caption(self._report, clip.start_s + number / self.fps)
        return np.vstack([picture, captions.bar(self._width, clip.title, under_way, when)])


def picture_size(width: int, height: int) -> tuple[int, int]:
    """The size in pixels at which a recording is shown: even, large enough for text, no larger than a screen needs."""
    least, widest, highest = SIDES
    scale = min(max(1.0, least / width), widest / width, highest / height)
    return max(2, 2 * round(width * scale / 2)), max(2, 2 * round(height * scale / 2))


def _write(film: _Film, path: Path, progress: Callable[[float], None] = lambda _fraction: None) -> None:
    """Encode under another name, look whether all pictures arrived, and only then give the file its name."""

    def picture(t_s: float) -> Image:
        progress(min(1.0, t_s * film.fps / film.count))
        return film.picture(t_s)

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".film-", dir=path.parent) as fresh:
            part = Path(fresh) / path.name
            _encode(picture, film, part)
            if _pictures_in(part) != film.count:
                raise OSError("not all pictures arrived in the file; the disk may be full")
            part.replace(path)
    except (OSError, RuntimeError) as error:
        raise ResourceMissing(
            f"The film {path.name} cannot be written to {path.parent} ({_first_line(error)}).",
            "Free some space or choose another place, then run the same command again.",
        ) from error


def _encode(picture: Callable[[float], Image], film: _Film, part: Path) -> None:
    moviepy: Any = _moviepy()
    half = 0.5  # moviepy cuts the number of pictures off to a whole one
    clip = moviepy.VideoClip(picture, duration=(film.count + half) / film.fps)
    options = ["-crf", "21", "-movflags", "+faststart", "-map_metadata", "-1"]
    clip.write_videofile(
        str(part), fps=film.fps, codec="libx264", audio=False, preset="superfast", ffmpeg_params=options, logger=None
    )


def _moviepy() -> Any:
    """The library; it brings its own ffmpeg."""
    try:
        import moviepy
    except (ImportError, OSError, RuntimeError) as error:
        raise ResourceMissing(
            f"Films cannot be made here: moviepy does not load ({_first_line(error)}).",
            "Install resus-doc again with its dependencies, or go on without clips.",
        ) from error
    return moviepy


def _pictures_in(path: Path) -> int:
    import av

    with av.open(str(path)) as container:
        return sum(packet.size > 0 for packet in container.demux(video=0))


def _first_line(error: BaseException) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return (reason.strip().splitlines() or [type(error).__name__])[0]

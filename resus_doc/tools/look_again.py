"""The detector once more on a stretch of the video, with windows that begin every quarter of a second instead of every one.

What it finds stands beside the record, which is not changed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from resus_doc.schema import ACTIVITY_NAMES, MASK_SUPPORT, Activity, Event, Report, Span
from resus_doc.tools.answers import Found, Quantity, Statement
from resus_doc.tools.show import video_of

if TYPE_CHECKING:
    from resus_doc.models.detector import Detector
    from resus_doc.tools.windows import Windows

STEPS = 4
"""Starts of windows in each of the detector's strides."""
LONGEST_S = 30.0
"""A longer stretch is cut: half a minute takes some seconds on two processor cores."""
MARGIN_S = 3.0
"""Looked at before and after, so that an event at the edge of the stretch is whole."""


def look(case: Path, report: Report, span: Span, detector: "Detector") -> tuple[Span, tuple[Event, ...]]:
    """The stretch that was looked at, and the events that the detector finds in it.

    Raises:
        InputRefused: there is no video.
    """
    from resus_doc.tools.timeline import build_timeline

    video = video_of(case, report)
    start_s = max(0.0, span.start_s - MARGIN_S)
    end_s = min(report.video.duration_s, max(span.end_s, span.start_s) + MARGIN_S, start_s + LONGEST_S)
    windows = _dense(video, Span(start_s, end_s), detector)
    thresholds = detector.provenance()["thresholds"]
    found = build_timeline(windows, thresholds, report.video.duration_s)
    return Span(start_s, end_s), tuple(
        event for event in found.events if event.start_s < end_s and start_s < event.end_s
    )


def _dense(video: Path, span: Span, detector: "Detector") -> "Windows":
    """Windows of the stretch, `STEPS` for each of the detector's strides, in order of their start."""
    import numpy as np

    from resus_doc.tools.video import GridReader
    from resus_doc.tools.windows import Windows

    config = detector.config
    step_s = config.stride_s / STEPS
    starts, rows, frames_decoded = [], [], 0
    for offset in range(STEPS):
        begin_s = span.start_s + offset * step_s
        reader = GridReader(
            video, config.grid_fps, config.frame_size, config.frame_size, start_s=begin_s, end_s=span.end_s
        )
        frames = [frame.image for frame in reader]
        if len(frames) < config.window_frames:
            frames += frames[-1:] * (config.window_frames - len(frames))
        even = np.stack(frames[: len(frames) // 2 * 2])
        probabilities = detector.windows(detector.encode(even))
        starts.append(begin_s + np.arange(len(probabilities)) * config.stride_s)
        rows.append(probabilities)
        frames_decoded += reader.frames_decoded
    order = np.argsort(np.concatenate(starts), kind="stable")
    return Windows(
        start_s=np.concatenate(starts)[order],
        window_s=config.window_s,
        stride_s=step_s,
        labels=config.labels,
        probabilities=np.concatenate(rows)[order],
        domain_score=None,
        grid_fps=config.grid_fps,
        frames_decoded=frames_decoded,
    )


def beside(report: Report, span: Span, events: tuple[Event, ...], activity: Activity | None) -> Found:
    """What was found at the second look, and what the record has there; times are those of the video."""
    steps = Quantity(value=STEPS, unit="count")
    head = Statement(
        text="I looked again from {} to {} of the video, with {} windows where the first look had one.",
        numbers=(Quantity(value=span.start_s, unit="s"), Quantity(value=span.end_s, unit="s"), steps),
    )
    there = tuple(event for event in report.events if event.start_s < span.end_s and span.start_s < event.end_s)
    told = [head]
    for title, group, cited in (("The second look found", events, False), ("The record has", there, True)):
        chosen = _wanted(group, activity)
        if not chosen:
            told.append(Statement(text=f"{title} {'no recognised activity' if activity is None else 'none'} there."))
        told += [_told(title, event, cited) for event in chosen]
    told.append(Statement(text="The record itself is not changed."))
    return Found(statements=tuple(told), spans=((span.start_s, span.end_s),))


def _wanted(events: tuple[Event, ...], activity: Activity | None) -> list[Event]:
    names = MASK_SUPPORT if activity == "ventilation" else (activity,)
    return [
        event for event in events if event.activity in names or (activity is None and event.activity != "baby_visible")
    ]


def _told(title: str, event: Event, cited: bool) -> Statement:
    edges = (Quantity(value=event.start_s, unit="s"), Quantity(value=event.end_s, unit="s"))
    cites = (event.id,) if cited else ()
    return Statement(text=f"{title} {ACTIVITY_NAMES[event.activity]} from {{}} to {{}}.", numbers=edges, cites=cites)

"""The detector once more on a stretch of the video, with windows that begin every quarter of a second instead of every one.

What it finds stands beside the record, which is not changed.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resus_doc.errors import InputRefused
from resus_doc.schema import ACTIVITY_NAMES, MASK_SUPPORT, Activity, Event, Report, Span
from resus_doc.tools.answers import Found, Quantity, Statement
from resus_doc.tools.show import video_of

if TYPE_CHECKING:
    from resus_doc.models.detector import Detector
    from resus_doc.tools.windows import Windows

LONGEST_S = 30.0
"""A longer stretch is cut: half a minute takes some seconds on two processor cores."""
MARGIN_S = 3.0
"""Looked at before and after, so that an event at the edge of the stretch is whole."""


def look(case: Path, report: Report, span: Span, detector: "Detector") -> tuple[Span, int, tuple[Event, ...]]:
    """The stretch that was looked at, how many windows stand for one of the first look, and the events found in it.

    Raises:
        InputRefused: there is no video, or it ends before the stretch.
    """
    from resus_doc.tools.detect import look_closer
    from resus_doc.tools.timeline import build_timeline

    video = video_of(case, report)
    start_s = max(0.0, span.start_s - MARGIN_S)
    end_s = min(report.video.duration_s, max(span.end_s, span.start_s) + MARGIN_S, start_s + LONGEST_S)
    if end_s <= start_s:
        raise InputRefused("The video has ended before that.", "Name a stretch within the video.")
    windows = look_closer(video, detector, (Span(start_s, end_s),))
    first = _first_look(case, report, detector)
    found = build_timeline(
        first or replace(windows, unreadable=report.video.lost),
        detector.provenance()["thresholds"],
        report.video.duration_s,
        decoder=detector.decoder if first else None,
        closer=windows,
    )
    inside = tuple(event for event in found.events if event.start_s < end_s and start_s < event.end_s)
    return Span(start_s, end_s), round(detector.config.stride_s / windows.stride_s), inside


def _first_look(case: Path, report: Report, detector: "Detector") -> "Windows | None":
    """The windows behind the record, if this detector gave them: its decoder weighs a stretch by what the whole recording shows.

    None where a person's annotations or another detector made the record; thresholds then decide on the stretch alone.
    """
    from resus_doc.tools.windows_table import NAME, read_windows

    made_by = report.provenance.get("detector")
    same = isinstance(made_by, dict) and made_by.get("weights_sha256") == detector.config.files
    return read_windows(case / NAME, report) if same and detector.decoder is not None else None


def beside(
    report: Report, span: Span, steps: int, events: tuple[Event, ...], activity: Activity | None = None
) -> Found:
    """What was found at the second look, and what the record has there; times are those of the video."""
    head = Statement(
        text="I looked again from {} to {} of the video, with {} windows where the first look had one.",
        numbers=(
            Quantity(value=span.start_s, unit="s"),
            Quantity(value=span.end_s, unit="s"),
            Quantity(value=steps, unit="count"),
        ),
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

"""How good found events are against true ones: F1 at overlaps, errors of onset and offset, false events, first events.

Pure arithmetic on the spans of several videos. Events match one to one per activity and video (`event_matching`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from resus_doc.models import event_matching
from resus_doc.models.event_matching import IOU_LEVELS, EventCounts
from resus_doc.schema import MASK_SUPPORT, Activity, Span

FIRST_WITHIN_S = 2.0
"""A first event found this near counts as found in time: one window."""

Spans = Mapping[Activity, Sequence[Span]]


class VideoEvents(NamedTuple):
    """The events of one video, true and found, by activity."""

    duration_s: float
    true: Spans
    found: Spans


class FirstEvents(NamedTuple):
    """How well the first event of an activity was placed, over `n` videos."""

    within: float
    p90_error_s: float
    n: int


def event_activities(videos: Sequence[VideoEvents], labels: Sequence[Activity]) -> tuple[Activity, ...]:
    """The activities whose events are compared: all labels without `baby_visible`.

    Where annotations or detector know mask support of unknown kind, PPV and CPAP cannot be told right or wrong: the three
    are compared as one.
    """
    together = unknown_kind(videos) or "ventilation" in labels
    kept = [name for name in labels if name != "baby_visible" and not (together and name in MASK_SUPPORT)]
    return (*kept, "ventilation") if together else tuple(kept)


def unknown_kind(videos: Sequence[VideoEvents]) -> bool:
    """Whether the annotations hold mask support of unknown kind."""
    return any(video.true.get("ventilation") for video in videos)


def spans_of(events: Spans, activity: Activity, together: bool) -> list[Span]:
    """The spans of an activity; with `together`, `ventilation` is the union of all mask support."""
    from resus_doc.models.evaluation import union

    names = MASK_SUPPORT if together and activity == "ventilation" else (activity,)
    found = union([span for name in names for span in events.get(name, ())])
    return [span for span in found if span.end_s > span.start_s]


def counts(video: VideoEvents, activities: Sequence[Activity], least_iou: float) -> EventCounts:
    """Matched, true and found events of all these activities together."""
    total = EventCounts(0, 0, 0)
    for name in activities:
        one, other = (spans_of(events, name, "ventilation" in activities) for events in (video.true, video.found))
        total = total.plus(event_matching.count(one, other, least_iou))
    return total


def edge_errors_s(videos: Sequence[VideoEvents], activities: Sequence[Activity]) -> tuple[list[float], list[float]]:
    """Absolute errors of the onsets and of the offsets of all events matched at the lowest overlap."""
    onsets: list[float] = []
    offsets: list[float] = []
    for video in videos:
        for name in activities:
            one, other = (spans_of(events, name, "ventilation" in activities) for events in (video.true, video.found))
            onsets += map(abs, event_matching.onset_differences_s(one, other))
            offsets += map(abs, event_matching.offset_differences_s(one, other))
    return onsets, offsets


def false_per_hour(videos: Sequence[VideoEvents], activity: Activity, together: bool = False) -> float:
    """Found events that match no true one at the lowest overlap, per hour of video."""
    false = 0
    for video in videos:
        one, other = (spans_of(events, activity, together) for events in (video.true, video.found))
        counted = event_matching.count(one, other, IOU_LEVELS[0])
        false += counted.other - counted.matched
    return false / max(sum(video.duration_s for video in videos) / 3600, 1e-9)


def first_events(videos: Sequence[VideoEvents], activity: Activity, together: bool = False) -> FirstEvents:
    """The error of an activity's first onset in every video; missed or false: the video's length; rightly none: zero."""
    errors = []
    for video in videos:
        one, other = (spans_of(events, activity, together) for events in (video.true, video.found))
        if one and other:
            errors.append(abs(one[0].start_s - other[0].start_s))
        else:
            errors.append(video.duration_s if one or other else 0.0)
    within = float(np.mean([error <= FIRST_WITHIN_S for error in errors]))
    return FirstEvents(within, float(np.percentile(errors, 90)), len(errors))

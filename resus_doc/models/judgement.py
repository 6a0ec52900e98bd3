"""The figures of a detector over annotated videos, as `resus-doc evaluate --json` prints them. Pure arithmetic.

A class that no annotation holds has no recall and no F1 (nor, where it was never called, a precision), and a mean over it has
none either: None, never zero. The figures do not know whether the videos are like those the detector will meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resus_doc.models import evaluation, event_metrics, reliability
from resus_doc.models.evaluation import STUDY_ACTIVITIES, STUDY_CLASSES, Flags, Numbers, Score, Truth
from resus_doc.models.event_matching import IOU_LEVELS, EventCounts
from resus_doc.models.event_metrics import VideoEvents
from resus_doc.schema import MASK_SUPPORT, Activity, Range, Value

KINDS = frozenset(MASK_SUPPORT) - {"ventilation"}
"""Mask support whose kind is told."""
DRAWS = 1000
"""Bootstrap draws of whole videos; enough for ranges with two digits."""
LEAST_KNOWN = 0.95
"""Share of the draws that must hold every class: a range over those alone that happen to would be too narrow."""


class JudgedVideo(NamedTuple):
    """What a detector said about one video, beside the truth."""

    events: VideoEvents
    truth: Truth
    probabilities: Numbers
    """[windows, labels]"""
    predicted: Flags
    """[windows, labels]"""


class ClassFigures(Value):
    """One class over windows; `support` counts the truly positive ones. No precision where nothing is or was called so."""

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


class WindowFigures(Value):
    per_class: dict[Activity, ClassFigures]
    macro_f1: float | None
    macro_f1_activities: float | None
    always_yes_macro_f1: float | None
    always_yes_macro_f1_activities: float | None


class ErrorFigures(Value):
    """Absolute errors in seconds; None without any matched event."""

    median: float | None
    p90: float | None


class EventFigures(Value):
    f1_at_iou: dict[str, float | None]
    onset_error_s: ErrorFigures
    offset_error_s: ErrorFigures
    false_events_per_hour: dict[Activity, float]


class FirstFigures(Value):
    """`within_2s` is the share of videos whose first event was placed within two seconds."""

    within_2s: float
    p90_error_s: float
    n: int


class Figures(Value):
    """All figures of one detector over one set of videos."""

    windows: WindowFigures
    events: EventFigures
    time_to_first: dict[Activity, FirstFigures]
    ranges_90: dict[str, Range | None]
    """90 % intervals by drawing whole videos; None for a single video, or where a class occurs in too few of them."""
    calibration_error: dict[Activity, float]
    n_videos: int
    n_windows: int


def judge(videos: Sequence[JudgedVideo], labels: Sequence[Activity], seed: int = 0) -> Figures:
    """The figures of all videos together."""
    truth = evaluation.join([video.truth for video in videos])
    predicted = np.concatenate([video.predicted for video in videos])
    probabilities = np.concatenate([video.probabilities for video in videos])
    events = [video.events for video in videos]
    activities = event_metrics.event_activities(events, labels)
    unknown = event_metrics.unknown_kind(events)
    return Figures(
        windows=window_figures(truth, predicted, labels, kinds_known=not unknown),
        events=event_figures(events, activities),
        time_to_first={name: _first(events, name, activities) for name in activities},
        ranges_90=ranges(videos, labels, activities, seed),
        calibration_error={
            name: _rounded(reliability.calibration_error(reliability.curve(probabilities[:, j], truth.columns[name])))
            for j, name in enumerate(labels)
            if not (unknown and name in KINDS)
        },
        n_videos=len(videos),
        n_windows=len(predicted),
    )


def window_figures(
    truth: Truth, predicted: Flags, labels: Sequence[Activity], *, kinds_known: bool = True
) -> WindowFigures:
    """Scores of each label and of the study's classes, beside those of saying yes always.

    Where annotations hold mask support of unknown kind (not `kinds_known`), PPV and CPAP cannot be told right or wrong and
    have none; their union has.
    """
    scores = evaluation.per_class(truth, predicted, labels)
    yes = {name: evaluation.always_yes(truth)[name] for name in scores}
    return WindowFigures(
        per_class={
            name: _class(score) if kinds_known or name not in KINDS else _untold(score)
            for name, score in scores.items()
        },
        macro_f1=_macro(scores, STUDY_CLASSES),
        macro_f1_activities=_macro(scores, STUDY_ACTIVITIES),
        always_yes_macro_f1=_macro(yes, STUDY_CLASSES),
        always_yes_macro_f1_activities=_macro(yes, STUDY_ACTIVITIES),
    )


def event_figures(videos: Sequence[VideoEvents], activities: Sequence[Activity]) -> EventFigures:
    """F1 over all events of these activities, and how far their edges are off."""
    onsets, offsets = event_metrics.edge_errors_s(videos, activities)
    return EventFigures(
        f1_at_iou={f"{level:.2f}": _event_f1(_event_counts(videos, activities, level)) for level in IOU_LEVELS},
        onset_error_s=_errors(onsets),
        offset_error_s=_errors(offsets),
        false_events_per_hour={
            name: _rounded(event_metrics.false_per_hour(videos, name, "ventilation" in activities))
            for name in activities
        },
    )


def ranges(
    videos: Sequence[JudgedVideo], labels: Sequence[Activity], activities: Sequence[Activity], seed: int
) -> dict[str, Range | None]:
    """90 % intervals of the mean figures over draws of whole videos, with replacement."""
    masks = set(labels) & set(MASK_SUPPORT) - {"ventilation"}
    classes: list[Activity] = [name for name in labels if not (masks and name == "ventilation")]
    classes += ["ventilation"] if masks else []
    windows = np.stack([_window_counts(video, labels, classes) for video in videos])
    found: dict[str, Range | None] = {}
    for name, chosen in (("macro_f1", STUDY_CLASSES), ("macro_f1_activities", STUDY_ACTIVITIES)):
        columns = [classes.index(each) for each in chosen if each in classes]
        whole = len(columns) == len(chosen)
        found[name] = _interval(windows[:, columns], _mean_f1, seed) if whole else None
    for level in IOU_LEVELS:
        table = np.array([event_metrics.counts(video.events, activities, level) for video in videos])
        found[f"event_f1_{level:.2f}"] = _interval(table[:, None], _mean_f1, seed)
    return found


def _window_counts(video: JudgedVideo, labels: Sequence[Activity], classes: Sequence[Activity]) -> NDArray[np.int64]:
    """[classes, 3]: windows rightly positive, truly positive, called positive."""
    masks = [j for j, name in enumerate(labels) if name in MASK_SUPPORT]
    rows = []
    for name in classes:
        called = video.predicted[:, masks].any(1) if name == "ventilation" else video.predicted[:, labels.index(name)]
        true = video.truth.columns[name]
        rows.append([int((called & true).sum()), int(true.sum()), int(called.sum())])
    return np.array(rows)


def _mean_f1(counted: NDArray[np.int64]) -> float | None:
    """[classes, 3] counts -> mean F1; None when a class does not occur."""
    hits, true, called = counted.T
    return float((2 * hits / (true + called)).mean()) if (true > 0).all() else None


def _interval(
    table: NDArray[np.int64], statistic: Callable[[NDArray[np.int64]], float | None], seed: int
) -> Range | None:
    if len(table) < 2:
        return None
    rng = np.random.default_rng(seed)
    drawn = (statistic(table[rng.integers(0, len(table), len(table))].sum(0)) for _ in range(DRAWS))
    known = [value for value in drawn if value is not None]
    if len(known) < LEAST_KNOWN * DRAWS:
        return None
    low, high = np.percentile(known, [5, 95])
    return (_rounded(float(low)), _rounded(float(high)))


def _event_counts(videos: Sequence[VideoEvents], activities: Sequence[Activity], level: float) -> EventCounts:
    total = EventCounts(0, 0, 0)
    for video in videos:
        total = total.plus(event_metrics.counts(video, activities, level))
    return total


def _event_f1(counted: EventCounts) -> float | None:
    return None if counted.f1 is None else _rounded(counted.f1)


def _class(score: Score) -> ClassFigures:
    known = score.support > 0
    return ClassFigures(
        precision=_rounded(score.precision) if known or score.called else None,
        recall=_rounded(score.recall) if known else None,
        f1=_rounded(score.f1) if known else None,
        support=score.support,
    )


def _untold(score: Score) -> ClassFigures:
    return ClassFigures(precision=None, recall=None, f1=None, support=score.support)


def _macro(scores: Mapping[Activity, Score], classes: Sequence[Activity]) -> float | None:
    """Mean F1 over classes that were all annotated and all looked for; else None: means over other classes do not compare."""
    if any(name not in scores or scores[name].support == 0 for name in classes):
        return None
    return _rounded(evaluation.macro_f1(scores, classes))


def _errors(errors: Sequence[float]) -> ErrorFigures:
    if not errors:
        return ErrorFigures(median=None, p90=None)
    return ErrorFigures(median=_rounded(float(np.median(errors))), p90=_rounded(float(np.percentile(errors, 90))))


def _first(videos: Sequence[VideoEvents], activity: Activity, activities: Sequence[Activity]) -> FirstFigures:
    found = event_metrics.first_events(videos, activity, "ventilation" in activities)
    return FirstFigures(within_2s=_rounded(found.within), p90_error_s=_rounded(found.p90_error_s), n=found.n)


def _rounded(value: float) -> float:
    return round(value, 4)

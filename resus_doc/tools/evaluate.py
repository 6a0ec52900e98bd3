"""Runs a detector over a split of a dataset, as `report` runs it over a video, and judges what it says.

Thresholds come with the bundle; nothing is tuned here. The domain check withholds nothing here: every video counts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from resus_doc.errors import BundleBroken
from resus_doc.models.judgement import Figures, JudgedVideo
from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES, MASK_SUPPORT, Activity, Event, Span
from resus_doc.tools.dataset import (
    AnnotatedVideo,
    Damage,
    Split,
    open_dataset,
    read_cases,
    told_of,
    told_of_damage,
)

if TYPE_CHECKING:
    from resus_doc.models.decoder import Decoder
    from resus_doc.models.detector import Detector
    from resus_doc.models.evaluation import Flags, Numbers
    from resus_doc.tools.windows import Windows

WINDOW_S, STRIDE_S = 2.0, 1.0
"""The windows in which figures are counted, for every detector: those of the study."""

Progress = Callable[[float], None]


class Evaluation(Figures):
    """What `evaluate` prints and writes."""

    split: Split
    validated_on: str
    out_of_domain: int | None = None
    """Videos that the detector's domain check would have flagged; None without a check."""
    seconds: float
    """Wall time of reading, detecting and judging."""
    notes: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """The figures, and what the pictures are drawn from."""

    evaluation: Evaluation
    videos: list[JudgedVideo]
    labels: tuple[Activity, ...]


def evaluate(folder: Path, detector: Detector, split: Split = "test", progress: Progress | None = None) -> Outcome:
    """Figures of a detector over one split of a dataset.

    Raises:
        InputRefused: the dataset or one of its cases cannot be used.
        BundleBroken: the detector's windows are not those in which figures are counted.
    """
    started = time.monotonic()
    config = detector.config
    if (config.window_s, config.stride_s) != (WINDOW_S, STRIDE_S):
        raise BundleBroken(
            f"This detector has windows of {config.window_s:g} s every {config.stride_s:g} s; figures are counted in "
            f"windows of {WINDOW_S:g} s every {STRIDE_S:g} s.",
            "Train one with the same windows to compare it.",
        )
    dataset = open_dataset(folder)
    annotated = read_cases(dataset.of(split), dataset.labels)
    looks = _look(annotated, detector, progress)
    videos, scores = [look.judged for look in looks], [look.domain_score for look in looks]
    figures = judge_videos(videos, config.labels)
    threshold = config.domain.threshold if config.domain else None
    return Outcome(
        Evaluation(
            **dict(figures),
            split=split,
            validated_on=config.validated_on,
            out_of_domain=None if threshold is None else sum(s is not None and s < threshold for s in scores),
            seconds=round(time.monotonic() - started, 2),
            notes=(
                *told_of(annotated),
                *(note for look in looks for note in look.damage),
                *_not_known(config.labels, annotated),
                *_kinds_unknown(annotated),
                *_absent(figures),
                *_without_range(figures),
            ),
        ),
        videos,
        config.labels,
    )


def judge_videos(videos: Sequence[JudgedVideo], labels: Sequence[Activity]) -> Figures:
    """The figures of videos that were looked at."""
    from resus_doc.models.judgement import judge

    return judge(videos, labels)


def judged(
    video: AnnotatedVideo,
    windows: Windows,
    thresholds: Mapping[Activity, float],
    predicted: Flags | None = None,
    decoder: Decoder | None = None,
) -> JudgedVideo:
    """One video's windows and events beside its truth; `predicted` replaces the windows' own comparison with thresholds.

    Without a `decoder` the thresholds make the events, as for a detector that brings none.
    """
    import numpy as np

    from resus_doc.models import evaluation
    from resus_doc.models.event_metrics import VideoEvents
    from resus_doc.tools.timeline import build_timeline

    labels: tuple[Activity, ...] = windows.labels  # type: ignore[assignment]  # build_timeline refuses other labels
    duration_s = windows.broken_off_at_s or video.video.duration_s
    limits = {str(name): at for name, at in thresholds.items()}
    found = build_timeline(windows, limits, duration_s, decoder=decoder).events
    spans = {name: video.spans.get(name, ()) for name in {*labels, *video.spans}}
    probabilities: Numbers = windows.probabilities.astype(np.float64)
    called = evaluation.decide(probabilities, labels, thresholds) if predicted is None else predicted
    truth = evaluation.truth_of(spans, windows.start_s, windows.window_s)
    kept = {name: truth.columns[name] for name in (*labels, "ventilation")}
    events = VideoEvents(video.video.duration_s, video.spans, _spans(found))
    return JudgedVideo(events, evaluation.Truth(kept), probabilities, called)


def _spans(events: Sequence[Event]) -> dict[Activity, list[Span]]:
    spans: dict[Activity, list[Span]] = {}
    for event in events:
        spans.setdefault(event.activity, []).append(Span(event.start_s, event.end_s))
    return spans


class _Look(NamedTuple):
    """What came of one video; `damage` tells what could not be read of it."""

    judged: JudgedVideo
    domain_score: float | None
    damage: tuple[str, ...]


def _look(annotated: Sequence[AnnotatedVideo], detector: Detector, progress: Progress | None) -> list[_Look]:
    """Every video through reader, detector and timeline; the share of video time done goes to `progress`."""
    from resus_doc.tools.detect import detect

    total_s = sum(video.video.duration_s for video in annotated)
    looks, done_s = [], 0.0
    with tempfile.TemporaryDirectory(prefix="resus-doc-") as work:
        for video in annotated:
            windows = detect(video.case.video, detector, Path(work))
            found = judged(video, windows, detector.config.thresholds, decoder=detector.decoder)
            damage = told_of_damage(video.case.video, Damage(windows.unreadable, windows.broken_off_at_s))
            looks.append(_Look(found, windows.domain_score, damage))
            done_s += video.video.duration_s
            if progress:
                progress(done_s / total_s)
    return looks


def unknown(labels: Sequence[Activity], videos: Sequence[AnnotatedVideo]) -> dict[Activity, int]:
    """The activities of the videos that a detector of these labels was never taught, and how many videos hold each.

    Mask support of unknown kind is counted for every detector that knows a kind of it, and every kind for one that knows it
    without its kind.
    """
    known = set(labels)
    if known & set(MASK_SUPPORT):
        known.add("ventilation")
    if "ventilation" in labels:
        known.update(MASK_SUPPORT)
    held = {name: sum(bool(video.spans.get(name)) for video in videos) for name in ACTIVITIES if name not in known}
    return {name: number for name, number in held.items() if number}


def _not_known(labels: Sequence[Activity], videos: Sequence[AnnotatedVideo]) -> tuple[str, ...]:
    counted = set(labels) & set(MASK_SUPPORT)
    return tuple(
        f"The detector does not know {ACTIVITY_NAMES[name]}, which {held} of {len(videos)} videos hold: "
        + (
            "it counts as missed in mask support alone."
            if counted and name in MASK_SUPPORT
            else "its events are in no figure, and none counts as missed."
        )
        for name, held in unknown(labels, videos).items()
    )


def _kinds_unknown(videos: Sequence[AnnotatedVideo]) -> tuple[str, ...]:
    held = sum(bool(video.spans.get("ventilation")) for video in videos)
    if not held:
        return ()
    return (
        f"Annotations of {held} of {len(videos)} videos hold mask support of unknown kind: PPV and CPAP cannot be told right "
        "or wrong and have no figures of their own.",
    )


def _without_range(figures: Figures) -> tuple[str, ...]:
    if not lacks_range(figures):
        return ()
    return ("Some activities are in too few videos for a 90 % range: draws of whole videos often hold none.",)


def lacks_range(figures: Figures) -> bool:
    """Whether there is a mean over several videos and no range for it."""
    means = {
        "macro_f1": figures.windows.macro_f1,
        "macro_f1_activities": figures.windows.macro_f1_activities,
        **{f"event_f1_{level}": f1 for level, f1 in figures.events.f1_at_iou.items()},
    }
    known = {name for name, value in means.items() if value is not None}
    return figures.n_videos > 1 and any(figures.ranges_90[name] is None for name in known)


def _absent(figures: Figures) -> tuple[str, ...]:
    absent = [name for name, scored in figures.windows.per_class.items() if scored.support == 0]
    if not absent:
        return ()
    return (f"No window of this split holds {', '.join(absent)}: there is no F1, nor a mean over it.",)

"""The study's table: a detector, the same without motion or adapter, a TimeSformer and others, on the same windows.

Each row's thresholds come from validation videos; the test videos tune nothing. `single frame` and `shuffled frames` are
detectors trained on such pictures (`resus-doc train --frames`), so they tell how far one gets without motion. Videos of a
hospital that no training video shows are counted apart (`tools.compare_groups`).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from resus_doc.errors import BundleBroken
from resus_doc.models.judgement import Figures, JudgedVideo, judge
from resus_doc.schema import ACTIVITY_NAMES, Activity
from resus_doc.settings import CACHE_GB
from resus_doc.tools.compare_groups import Tests, test_groups
from resus_doc.tools.dataset import open_dataset, read_cases, told_of
from resus_doc.tools.evaluate import STRIDE_S, WINDOW_S, judged, unknown
from resus_doc.tools.frame_cache import SHORT_LIVED, CachedVideo, Need, cache, check_room, told_of_damages
from resus_doc.tools.windows import of_whole

if TYPE_CHECKING:
    from resus_doc.models.bundle_writer import Labelled
    from resus_doc.models.detector import Detector
    from resus_doc.models.evaluation import Numbers
    from resus_doc.models.zero_shot import Asked, Judge

Progress = Callable[[float], None]

OWN_ROWS: Mapping[str, str] = {
    "single frame": "--method lora --frames single",
    "shuffled frames": "--method lora --frames shuffled",
    "head only": "--method head",
    "lora": "--method lora",
    "full": "--method full",
    "timesformer": "--method timesformer",
}
"""The rows that are bundles of their own, in the table's order, and how each is trained."""

WITHOUT_PRETRAINED = (
    "zero-shot: yes or no per class",
    "zero-shot: one list",
    "zero-shot: caption, then judged",
)
"""The study's strategies without training; the in-project base knows no language to ask in."""


class Learned(NamedTuple):
    """How long a detector was trained: optimiser steps, and clips shown in all of them; None where it is not known."""

    steps: int
    clips: int | None


class Row(NamedTuple):
    """One row of the table; `note` says why there are no figures, or what to know about them."""

    name: str
    figures: Mapping[str, Figures]
    """By group of test videos; empty where there are none."""
    note: str = ""
    judged: Mapping[str, Sequence[JudgedVideo]] = {}
    """What the figures were counted from, for pictures."""
    labels: tuple[Activity, ...] = ()
    learned: Learned | None = None
    """None where nothing was trained, or nothing is known of it."""


class Comparison(NamedTuple):
    """The table's rows, and what to tell of the files they were counted from and of the labels."""

    rows: list[Row]
    notes: tuple[str, ...]


class Contender(NamedTuple):
    """A detector and the name of its row; with `adapter_off` its base alone, tuned anew."""

    name: str
    detector: Detector
    adapter_off: bool = False
    note: str = ""


def compare(
    folder: Path,
    detector: Detector,
    others: Mapping[str, Detector],
    *,
    held_out: Path | None = None,
    asked: Asked | None = None,
    judge_of: Judge | None = None,
    cache_gb: float = CACHE_GB,
    progress: Progress | None = None,
) -> Comparison:
    """All rows over the test videos of a dataset. `others` are further detectors by the name of their row.

    `held_out` is a second dataset whose test videos come from a hospital that is in no training. `asked` is a pretrained
    model for the zero-shot rows, `judge_of` the language model that judges its captions.

    Raises:
        InputRefused: a dataset or one of its cases cannot be used, or what is held out was learned from.
        BundleBroken: a detector's windows are not those in which figures are counted.
        ResourceMissing: there is no room for the decoded frames.
    """
    dataset = open_dataset(folder)
    tests = test_groups(dataset, None if held_out is None else open_dataset(held_out))
    validation = read_cases(dataset.of("validation"), dataset.labels)
    contenders = contenders_of(detector, others)
    from resus_doc.tools.compare_missing import ZERO_SHOT, zero_shot_rows

    tested = [video for group in tests.values() for video in group]
    tuned = [*validation, *tested] if any(each.adapter_off for each in contenders) else tested
    needs = [Need(tuned, detector.config), *(Need(tested, other.config) for other in others.values())]
    with tempfile.TemporaryDirectory(prefix=SHORT_LIVED) as work:
        check_room([*needs, *([Need(tested, ZERO_SHOT)] if asked is not None else [])], Path(work), cache_gb)
        damaged = told_of_damages(cache(tuned, detector.config, Path(work)))
        rows = [always_yes(tests, detector, Path(work))]
        for done, contender in enumerate(contenders, 1):
            tuned_on = cache(validation, contender.detector.config, Path(work)) if contender.adapter_off else []
            rows.append(row(contender, tests, tuned_on, Path(work)))
            if progress:
                progress(done / len(contenders))
        if asked is not None:
            rows += zero_shot_rows(asked, judge_of, tests, Path(work), progress)
    notes = (*told_of([*validation, *tested]), *damaged, *_unknown_labels(contenders, tests))
    return Comparison(ordered([*rows, *absent([each.name for each in rows])]), notes)


def _unknown_labels(contenders: Sequence[Contender], tests: Tests) -> list[str]:
    """What the test videos hold and a detector was never taught, so that its row counts nothing of it."""
    notes = []
    for group, videos in tests.items():
        for contender in contenders:
            if contender.adapter_off:
                continue
            for activity, held in unknown(contender.detector.config.labels, videos).items():
                what = f"{contender.name}: its detector does not know {ACTIVITY_NAMES[activity]}"
                notes.append(f"Row {what}, which {held} of {len(videos)} test videos ({group}) hold.")
    return notes


def contenders_of(detector: Detector, others: Mapping[str, Detector]) -> list[Contender]:
    """The detector in question, its base alone where it has an adapter, and the others."""
    own = [Contender("adapter off", detector, adapter_off=True)] if detector.config.adapter else []
    own.append(Contender(row_name(detector), detector, note=told(detector)))
    return [*own, *(Contender(name, other, note=told(other)) for name, other in others.items())]


def row_name(detector: Detector) -> str:
    """The row of the table to which a bundle belongs by what it was trained on."""
    view, method = detector.config.view, str(detector.config.training.get("method", ""))
    if view != "all":
        return f"{view} frame" if view == "single" else f"{view} frames"
    if method in ("head", "full", "timesformer"):
        return "head only" if method == "head" else method
    return "lora" if detector.config.adapter else "head only"


def file_name(row: str) -> str:
    """A row's name as that of a file or folder."""
    return re.sub("[^a-z0-9]+", "-", row.lower()).strip("-")


def told(detector: Detector) -> str:
    """What the model is and what makes its events, for the last column."""
    from resus_doc.models import clips

    decoder = "" if detector.decoder is None else "; events by its own decoder"
    return clips.named(detector.model.get_base_model()) + decoder


def learned(training: Mapping[str, Any]) -> Learned | None:
    """How long a detector was trained, by what its bundle says of its training."""
    steps = training.get("last_step")
    if steps:
        return Learned(int(steps), training.get("clips_shown"))
    parts = _parts(training.get(str(training.get("method"))))
    if not parts:
        return None
    batches = [part.get("batch") for part in parts]
    clips = sum(part["steps"] * part["batch"] for part in parts) if all(batches) else None
    return Learned(sum(part["steps"] for part in parts), clips)


def _parts(training: object) -> list[dict[str, Any]]:
    """The parts of a training that say their steps, one before the other, as the project's scripts write them down."""
    if not isinstance(training, dict):
        return []
    own = [training] if isinstance(training.get("steps"), int) else []
    return [*own, *(part for each in training.values() for part in _parts(each))]


def ordered(rows: Sequence[Row]) -> list[Row]:
    """The rows in the table's order, `lora, more` behind `lora`; further ones after the known."""
    known = ["always yes", "single frame", "shuffled frames", "head only", "adapter off", "lora", "full", "timesformer"]

    def place(row: Row) -> int:
        name = row.name.partition(",")[0]
        return known.index(name) if name in known else len(known)

    return sorted(rows, key=place)


def absent(there: Sequence[str]) -> list[Row]:
    """The table's rows for which nothing was given."""
    lacking = [
        Row(name, {}, f"needs a bundle: resus-doc train {how}, then --bundle '{name}=DIR' (or --train)")
        for name, how in OWN_ROWS.items()
        if name not in there
    ]
    untold = (Row(name, {}, "needs a pretrained model") for name in WITHOUT_PRETRAINED if name not in there)
    return [*lacking, *untold]


def row(contender: Contender, tests: Tests, validation: Sequence[Labelled], work: Path) -> Row:
    """A contender's figures over the test videos. `validation` is needed with the adapter off only."""
    detector = contender.detector
    config = detector.config
    if (config.window_s, config.stride_s) != (WINDOW_S, STRIDE_S):
        raise BundleBroken(
            f"The detector of the row '{contender.name}' has windows of {config.window_s:g} s every "
            f"{config.stride_s:g} s; figures are counted in windows of {WINDOW_S:g} s every {STRIDE_S:g} s.",
            "Train one with the same windows to compare it.",
        )
    thresholds, temperatures = config.thresholds, config.temperatures
    if contender.adapter_off:
        thresholds, temperatures = _tuned(contender, validation)
    scale = np.array([temperatures[label] for label in config.labels])
    found: dict[str, list[JudgedVideo]] = {}
    for group, annotated in tests.items():
        found[group] = []
        for each in annotated:
            video = cache([each], config, work)[0]
            found[group].append(_judged(video, _logits(contender, video) / scale, contender, thresholds))
    figures = {group: judge(videos, config.labels) for group, videos in found.items()}
    known = None if contender.adapter_off else learned(config.training)
    return Row(contender.name, figures, contender.note, found, config.labels, known)


def always_yes(tests: Tests, detector: Detector, work: Path) -> Row:
    """What the same windows give to a detector that sees everything everywhere."""
    labels = detector.config.labels
    thresholds: dict[Activity, float] = dict.fromkeys(labels, 0.5)
    figures = {}
    for group, annotated in tests.items():
        videos = cache(annotated, detector.config, work)
        surely = [np.full((len(video.truth.columns["ventilation"]), len(labels)), 30.0) for video in videos]
        plain = Contender("always yes", detector, adapter_off=True)
        found = [_judged(video, yes, plain, thresholds) for video, yes in zip(videos, surely, strict=True)]
        figures[group] = judge(found, labels)
    return Row("always yes", figures)


def _tuned(contender: Contender, validation: Sequence[Labelled]) -> tuple[dict[Activity, float], dict[Activity, float]]:
    from resus_doc.models import bundle_writer, evaluation

    logits = np.concatenate([_logits(contender, video) for video in validation])
    truth = evaluation.join([video.truth for video in validation])
    tuning = bundle_writer.tune(logits, truth, contender.detector.config.labels)
    return tuning.thresholds, tuning.temperatures


def _logits(contender: Contender, video: Labelled) -> Numbers:
    detector = contender.detector
    if contender.adapter_off:
        with detector.adapter_off():
            return detector.video_logits(video.frames).astype(np.float64)
    return detector.video_logits(video.frames).astype(np.float64)


def _judged(
    video: CachedVideo, logits: Numbers, contender: Contender, thresholds: Mapping[Activity, float]
) -> JudgedVideo:
    """Windows and events; a decoder that was fitted to the detector does not fit its base alone."""
    from resus_doc.models import evaluation

    config = contender.detector.config
    decoder = None if contender.adapter_off else contender.detector.decoder
    windows = of_whole(config, evaluation.sigmoid(logits), video.damage)
    return judged(video.annotated, windows, thresholds, decoder=decoder)

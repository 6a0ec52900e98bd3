"""The study's table: a detector, the same without motion or adapter, a TimeSformer and others, on the same windows.

Each row's thresholds come from validation videos; the test videos tune nothing. `single frame` and `shuffled frames` are
detectors trained on such pictures (`resus-doc train --frames`), so they tell how far one gets without motion. Videos of a
hospital that no training video shows are counted apart.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from resus_doc.errors import BundleBroken, InputRefused
from resus_doc.models.judgement import Figures, JudgedVideo, judge
from resus_doc.schema import Activity
from resus_doc.settings import CACHE_GB
from resus_doc.tools.dataset import AnnotatedVideo, Case, Dataset, open_dataset, read_cases
from resus_doc.tools.evaluate import STRIDE_S, WINDOW_S, judged
from resus_doc.tools.frame_cache import SHORT_LIVED, CachedVideo, cache, check_room
from resus_doc.tools.windows import of_whole

if TYPE_CHECKING:
    from resus_doc.models.bundle_writer import Labelled
    from resus_doc.models.detector import Detector
    from resus_doc.models.evaluation import Numbers
    from resus_doc.models.zero_shot import Asked, Judge

Progress = Callable[[float], None]
Tests = Mapping[str, Sequence[AnnotatedVideo]]
"""The test videos by group: `FAMILIAR` and, where there are any, `HELD_OUT`."""

FAMILIAR, HELD_OUT = "familiar", "held out"

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


class Row(NamedTuple):
    """One row of the table; `note` says why there are no figures, or what to know about them."""

    name: str
    figures: Mapping[str, Figures]
    """By group of test videos; empty where there are none."""
    note: str = ""
    judged: Mapping[str, Sequence[JudgedVideo]] = {}
    """What the figures were counted from, for pictures."""
    labels: tuple[Activity, ...] = ()


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
) -> list[Row]:
    """All rows over the test videos of a dataset. `others` are further detectors by the name of their row.

    `held_out` is a second dataset whose test videos come from a hospital that is in no training. `asked` is a pretrained
    model for the zero-shot rows, `judge_of` the language model that judges its captions.

    Raises:
        InputRefused: a dataset or one of its cases cannot be used.
        BundleBroken: a detector's windows are not those in which figures are counted.
        ResourceMissing: there is no room for the decoded frames.
    """
    dataset = open_dataset(folder)
    tests = test_groups(dataset, None if held_out is None else open_dataset(held_out))
    validation = read_cases(dataset.of("validation"), dataset.labels)
    contenders = contenders_of(detector, others)
    from resus_doc.tools.compare_missing import zero_shot_rows

    with tempfile.TemporaryDirectory(prefix=SHORT_LIVED) as work:
        everything = [*validation, *(video for group in tests.values() for video in group)]
        for each in (detector, *others.values()):
            check_room(everything, each.config, Path(work), cache_gb)
        rows = [always_yes(tests, detector, Path(work))]
        for done, contender in enumerate(contenders, 1):
            tuned_on = cache(validation, contender.detector.config, Path(work)) if contender.adapter_off else []
            rows.append(row(contender, tests, tuned_on, Path(work)))
            if progress:
                progress(done / len(contenders))
        if asked is not None:
            rows += zero_shot_rows(asked, judge_of, tests, Path(work), progress)
    return ordered([*rows, *absent([each.name for each in rows])])


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


def told(detector: Detector) -> str:
    """What the model is and how long it was trained, for the last column."""
    from resus_doc.models import clips

    training = detector.config.training
    steps = training.get("last_step") or _steps(training.get(str(training.get("method"))))
    decoder = "" if detector.decoder is None else "; events by its own decoder"
    return clips.named(detector.model.get_base_model()) + (f"; {steps} steps" if steps else "") + decoder


def _steps(parts: object) -> int:
    """All steps of the parts of a training, as the project's scripts write them down."""
    if not isinstance(parts, dict):
        return 0
    own = parts.get("steps", 0)
    return (own if isinstance(own, int) else 0) + sum(_steps(part) for part in parts.values())


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


def test_groups(dataset: Dataset, held_out: Dataset | None) -> dict[str, list[AnnotatedVideo]]:
    """The test videos, those of a hospital that no training or validation video shows apart from the others.

    Raises:
        InputRefused: a case cannot be used.
    """
    learned = {hospital_of(dataset, case) for case in dataset.cases if case.split != "test"} - {None}
    cases = dataset.of("test")
    strange = {case for case in cases if learned and hospital_of(dataset, case) not in {None, *learned}}
    groups = {FAMILIAR: read_cases([case for case in cases if case not in strange], dataset.labels)}
    apart = read_cases([case for case in cases if case in strange], dataset.labels)
    if held_out is not None:
        apart += read_cases(held_out.of("test"), held_out.labels)
    return {name: group for name, group in {**groups, HELD_OUT: apart}.items() if group}


def hospital_of(dataset: Dataset, case: Case) -> str | None:
    """The hospital that a case's scenario names; None for a case without scenario.

    Raises:
        InputRefused: the scenario cannot be read.
    """
    path = dataset.folder / "scenarios" / case.split / f"{case.stem}.json"
    if not path.exists():
        return None
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["hospital"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputRefused(f"The scenario {path} names no hospital.", "Take it out of the dataset.") from error


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
    return Row(contender.name, figures, contender.note, found, config.labels)


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
    windows = of_whole(config, evaluation.sigmoid(logits))
    return judged(video.annotated, windows, thresholds, decoder=decoder)

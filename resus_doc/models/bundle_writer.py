"""From trained parts to a bundle: domain check, calibration, golden clip, and the folder that appears whole or not at all.

Serves `resus-doc train` and the scripts that make the shipped detector. It knows no videos: frames and truth come as arrays.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from resus_doc.models import base_files, bundle, evaluation
from resus_doc.models.bundle import DetectorConfig, DomainConfig
from resus_doc.models.detector import Detector
from resus_doc.models.domain import DomainModel, domain_embedding, domain_of
from resus_doc.schema import Activity

if TYPE_CHECKING:
    from resus_doc.models.evaluation import Numbers, Truth


class Parts(NamedTuple):
    """Where the trained parts lie; no adapter for a head on the bare base."""

    base: Path
    adapter: Path | None
    head: Path
    own_base: bool = False
    """Whether the base was trained here: it goes into the bundle whatever its size."""


class Labelled(Protocol):
    """A validation video."""

    @property
    def frames(self) -> NDArray[np.uint8]:
        """Its grid frames [n, S, S, 3], n even."""

    @property
    def truth(self) -> Truth:
        """What is true in each of its windows."""


class Tuning(NamedTuple):
    """What validation videos decide."""

    thresholds: dict[Activity, float]
    temperatures: dict[Activity, float]
    figures: dict[str, float]
    """F1 per class that they hold, and over the study's activities where all were looked for and seen."""


class Calibrated(NamedTuple):
    """A detector's configuration with all that validation videos decide."""

    config: DetectorConfig
    figures: dict[str, float]
    """As in `Tuning`."""
    untuned: tuple[Activity, ...]
    """Labels of which no validation window is positive: their thresholds mean nothing."""


def assembled(parts: Parts, config: DetectorConfig) -> Detector:
    """The trained parts as a detector on the CPU in float32, not yet tuned.

    Raises:
        BundleBroken: a part is missing or does not fit the others.
    """
    from resus_doc.models import detector

    return detector.assembled(config, parts.base, parts.adapter, parts.head)


def fit_domain(
    detector: Detector, clips: Iterable[NDArray[np.uint8]], strange: Iterable[NDArray[np.uint8]] = ()
) -> DomainModel | None:
    """What the domain check knows of clips [1 + frames, S, S, 3], each one frame before a window and the window.

    `strange` are frames [n, S, S, 3] of videos of other things, where there are any, which it learns to tell from these.
    None for a detector that has no domain check.
    """
    import torch

    if not detector.has_domain_check:
        return None

    rows = [domain_embedding(torch.from_numpy(detector.encode(clip[1:], clip[0]))[None]) for clip in clips]
    others = [domain_embedding(detector.whole_windows(torch.from_numpy(detector.encode(frames)))) for frames in strange]
    return domain_of(torch.cat(rows), torch.cat(others) if others else None)


def domain_threshold(similar: Sequence[float], strange: Sequence[float] = ()) -> float:
    """The score from which a video counts as like the training data.

    With videos of other things: where the mean of the shares told rightly is highest, in the middle between the scores that
    bound it. Without: below the lowest validation video by half its distance from their middle one (docs/design.md).
    """
    if not strange:
        low, middle = min(similar), float(np.median(similar))
        return round(low - (middle - low) / 2, 4)
    inside, outside = np.array(similar), np.array(strange)
    limits = np.unique(np.concatenate([inside, outside]))
    right = [(inside >= limit).mean() + (outside < limit).mean() for limit in limits]
    best = int(np.argmax(right))
    below = limits[best - 1] if best else limits[best]
    return round(float((below + limits[best]) / 2), 4)


def calibrated(detector: Detector, videos: Iterable[Labelled], strange: Iterable[NDArray[np.uint8]] = ()) -> Calibrated:
    """Temperatures, thresholds and the domain threshold, all from validation videos.

    `strange` are frames of other things than resuscitations, where there are any: they help to set the domain threshold.
    """
    labels = detector.config.labels
    logits, truths, similar = [], [], []
    for video in videos:
        found, score = _judged(detector, video.frames)
        logits.append(found)
        truths.append(video.truth)
        similar.append(score)
    truth = evaluation.join(truths)
    tuning = tune(np.concatenate(logits).astype(float), truth, labels)
    domain = None
    if detector.domain is not None:
        scores = [_judged(detector, frames)[1] for frames in strange]
        domain = DomainConfig(threshold=domain_threshold(similar, scores), figures=_domain_figures(similar, scores))
    config = detector.config.model_copy(
        update={"thresholds": tuning.thresholds, "temperatures": tuning.temperatures, "domain": domain}
    )
    return Calibrated(config, tuning.figures, tuple(name for name in labels if not truth.columns[name].any()))


def _judged(detector: Detector, frames: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    """Logits [windows, labels] of a video's frames and the middle of its windows' domain scores, in bounded memory."""
    parts = [(detector.logits(part), detector.domain_scores(part)) for part in detector.stretches(frames)]
    logits, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
    return logits, float(np.median(scores))


def _domain_figures(similar: Sequence[float], strange: Sequence[float]) -> dict[str, float]:
    figures = {"validation_lowest": min(similar), "validation_median": float(np.median(similar))}
    if strange:
        figures["other_pictures_highest"] = max(strange)
        figures["auroc"] = evaluation.area_under_curve(np.array(similar), np.array(strange))
    return {name: round(value, 4) for name, value in figures.items()}


def tune(logits: Numbers, truth: Truth, labels: Sequence[Activity]) -> Tuning:
    """Temperatures and thresholds from the windows of validation videos."""
    flags = truth.of(labels)
    temperatures = evaluation.best_temperatures(logits, flags, labels)
    probabilities = evaluation.sigmoid(logits / np.array([temperatures[label] for label in labels]))
    thresholds = evaluation.best_thresholds(probabilities, flags, labels)
    scores = evaluation.per_class(truth, evaluation.decide(probabilities, labels, thresholds), labels)
    figures = {str(name): round(scored.f1, 4) for name, scored in scores.items() if scored.support}
    if all(name in figures for name in evaluation.STUDY_ACTIVITIES):
        figures["macro_f1_activities"] = round(evaluation.macro_f1(scores), 4)
    return Tuning(thresholds, temperatures, figures)


def write(
    out: Path,
    parts: Parts,
    detector: Detector,
    config: DetectorConfig,
    clip: NDArray[np.uint8],
    beside: Mapping[str, str] | None = None,
) -> None:
    """Write a bundle beside its place, load it back, and put it there; one that stood there is replaced.

    A base larger than `base_files.COPY_LIMIT_BYTES` that was not trained here stays where it is: the bundle refers to it.

    `clip` [1 + frames, S, S, 3] becomes the golden clip; `beside` are text files to go with it, by name.

    Raises:
        BundleBroken: what was written does not load exactly.
        OSError: the folder cannot be written.
    """
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    referred = not parts.own_base and base_files.size_bytes(parts.base) > base_files.COPY_LIMIT_BYTES
    if not referred:
        _copy_base(parts.base, partial / bundle.BASE_FOLDER)
    if parts.adapter is not None:
        shutil.copytree(parts.adapter, partial / bundle.ADAPTER_FOLDER, ignore=shutil.ignore_patterns("*.md"))
        _clean_adapter_config(partial / bundle.ADAPTER_FOLDER / "adapter_config.json")
    shutil.copy(parts.head, partial / bundle.HEAD_FILE)
    _write_domain(detector.domain, partial / bundle.DOMAIN_FILE)
    for name, text in (beside or {}).items():
        (partial / name).write_text(text, encoding="utf-8")
    bundle.write_golden(partial, detector.golden(clip))
    where = base_files.reference(parts.base) if referred else None
    bundle.write_config(partial, config.model_copy(update={"base": where}))
    Detector.load(partial, "cpu")
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)


def put(folder: Path, texts: Mapping[str, str]) -> None:
    """Put text files into a bundle that stands, by name, or renew them: each appears whole, `detector.json` last.

    Where it was stopped half-way the bundle does not load; putting the same files again mends that.

    Raises:
        BundleBroken: another file of the bundle is missing or was changed; nothing was written.
        OSError: the folder cannot be written.
    """
    config = bundle.read_config(folder, unchecked=texts)
    for name, text in texts.items():
        bundle.write_text(folder / name, text)
    bundle.write_config(folder, config)


def _copy_base(base: Path, to: Path) -> None:
    """What makes the base what it is, and no other file of its folder."""
    to.mkdir()
    for name in base_files.files(base):
        shutil.copy(base / name, to / name)


def _write_domain(domain: DomainModel | None, path: Path) -> None:
    if domain is not None:
        from safetensors.torch import save_file

        parts = {"mean": domain.mean, "whitening": domain.whitening.half(), "known": domain.known.half()}
        if domain.against is not None:
            parts["against"] = domain.against
        save_file({name: part.contiguous() for name, part in parts.items()}, path)


def _clean_adapter_config(path: Path) -> None:
    """The adapter's base lies beside it: no path of the training machine stays in the file."""
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = "../base"
    path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")

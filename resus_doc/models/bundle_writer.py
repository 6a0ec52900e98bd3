"""From trained parts to a bundle: domain check, calibration, golden clip, and the folder that appears whole or not at all.

Serves `resus-doc train` and the scripts that make the shipped detector. It knows no videos: frames and truth come as arrays.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resus_doc.models import bundle, evaluation
from resus_doc.models.bundle import DetectorConfig
from resus_doc.models.detector import Detector, DomainModel, domain_embedding, new_head
from resus_doc.schema import Activity

if TYPE_CHECKING:
    from resus_doc.models.evaluation import Flags, Numbers

DIRECTIONS = 48
"""Principal directions of the training features that the domain check keeps; the rest is one summed distance."""

LEAST_SPREAD = 1e-9
"""Keeps the whitening finite when there are fewer clips than directions."""


class Parts(NamedTuple):
    """Where the trained parts lie; no adapter for a head on the bare base."""

    base: Path
    adapter: Path | None
    head: Path


class Tuning(NamedTuple):
    """What validation videos decide."""

    thresholds: dict[Activity, float]
    temperatures: dict[Activity, float]
    figures: dict[str, float]
    """F1 per label, and over the study's activities where all were looked for."""


def assembled(parts: Parts, config: DetectorConfig) -> Detector:
    """The trained parts as a detector on the CPU in float32, not yet tuned.

    Raises:
        BundleBroken: a part is missing or does not fit the others.
    """
    from resus_doc.models import detector as loading

    base = loading.load_base(parts.base)
    model = loading.bare(base) if parts.adapter is None else loading.load_adapter(parts.adapter, base)
    head = new_head(base.config.text_config.hidden_size, len(config.labels))
    loading.load_exactly(head, loading.tensors(parts.head), parts.head)
    return Detector(config, model.eval().requires_grad_(False), head.eval().requires_grad_(False), None)


def fit_domain(detector: Detector, clips: Iterable[NDArray[np.uint8]]) -> DomainModel:
    """Mean and whitening of the features of clips [1 + frames, S, S, 3], each one frame before a window and the window."""
    import torch

    rows = [domain_embedding(torch.from_numpy(detector.encode(clip[1:], clip[0]))[None]) for clip in clips]
    embedded = torch.cat(rows).double()
    mean = embedded.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov((embedded - mean).T))
    floor = float(values[-min(DIRECTIONS, len(values))])
    return DomainModel(mean.float(), (vectors / values.clamp_min(max(floor * 0.1, LEAST_SPREAD)).sqrt()).float())


def domain_threshold(similar: Sequence[float]) -> float:
    """Below the lowest score of the validation videos by half its distance from their middle one.

    Twice that distance let more plain-coloured pictures pass as a resuscitation (docs/design.md).
    """
    low, middle = min(similar), float(np.median(similar))
    return round(low - (middle - low) / 2, 4)


def tune(logits: Numbers, truth: Flags, labels: Sequence[Activity]) -> Tuning:
    """Temperatures and thresholds from the windows of validation videos."""
    temperatures = evaluation.best_temperatures(logits, truth, labels)
    probabilities = evaluation.sigmoid(logits / np.array([temperatures[label] for label in labels]))
    thresholds = evaluation.best_thresholds(probabilities, truth, labels)
    called = evaluation.decide(probabilities, labels, thresholds)
    figures = {
        str(label): round(evaluation.score(truth[:, j], called[:, j]).f1, 4)
        for j, label in enumerate(labels)
        if truth[:, j].any()
    }
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

    `clip` [1 + frames, S, S, 3] becomes the golden clip; `beside` are text files to go with it, by name.

    Raises:
        BundleBroken: what was written does not load exactly.
        OSError: the folder cannot be written.
    """
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copytree(parts.base, partial / bundle.BASE_FOLDER, ignore=shutil.ignore_patterns("generation_config*"))
    if parts.adapter is not None:
        shutil.copytree(parts.adapter, partial / bundle.ADAPTER_FOLDER, ignore=shutil.ignore_patterns("*.md"))
        _clean_adapter_config(partial / bundle.ADAPTER_FOLDER / "adapter_config.json")
    shutil.copy(parts.head, partial / bundle.HEAD_FILE)
    _write_domain(detector.domain, partial / bundle.DOMAIN_FILE)
    for name, text in (beside or {}).items():
        (partial / name).write_text(text, encoding="utf-8")
    bundle.write_golden(partial, detector.golden(clip))
    bundle.write_config(partial, config)
    Detector.load(partial, "cpu")
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)


def _write_domain(domain: DomainModel | None, path: Path) -> None:
    if domain is not None:
        from safetensors.torch import save_file

        save_file({"mean": domain.mean, "whitening": domain.whitening.contiguous().half()}, path)


def _clean_adapter_config(path: Path) -> None:
    """The adapter's base lies beside it: no path of the training machine stays in the file."""
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = "../base"
    path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")

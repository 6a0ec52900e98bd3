"""How good window probabilities are: precision, recall and F1 per class, thresholds, temperatures.

Pure arithmetic on arrays. Windows are positive when an activity covers more than half of them; none is left out. The
study's class *Ventilation* is the union of PPV, CPAP and mask support of unknown kind: true where together they cover more
than half, predicted where any of them is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resus_doc.schema import MASK_SUPPORT, Activity, Span

STUDY_ACTIVITIES: tuple[Activity, ...] = ("ventilation", "stimulation", "suction")
STUDY_CLASSES: tuple[Activity, ...] = ("baby_visible", *STUDY_ACTIVITIES)

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]


class Score(NamedTuple):
    """Precision, recall and F1 of one class over windows; `support` are truly positive, `called` were called so."""

    precision: float
    recall: float
    f1: float
    support: int
    called: int


class Truth(NamedTuple):
    """What is true in each window: a column of flags [n] for each label and for the union `ventilation`."""

    columns: dict[Activity, Flags]

    def of(self, labels: Sequence[Activity]) -> Flags:
        """Flags [n, labels]."""
        return np.stack([self.columns[label] for label in labels], axis=1)


def truth_of(spans: Mapping[Activity, Sequence[Span]], start_s: Numbers, window_s: float) -> Truth:
    """Truth of windows from an annotated video's spans; activities without spans count as absent."""
    merged: dict[Activity, Sequence[Span]] = dict(spans)
    merged["ventilation"] = [span for name in MASK_SUPPORT for span in spans.get(name, ())]
    return Truth({label: covered(found, start_s, window_s) > window_s / 2 for label, found in merged.items()})


def covered(spans: Sequence[Span], start_s: Numbers, window_s: float) -> Numbers:
    """Seconds of each window that the union of the spans covers."""
    seconds = np.zeros(len(start_s))
    for span in union(spans):
        overlap = np.minimum(span.end_s, start_s + window_s) - np.maximum(span.start_s, start_s)
        seconds += np.clip(overlap, 0, None)
    return seconds


def union(spans: Sequence[Span]) -> list[Span]:
    """The same stretches without overlaps, in order."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start_s <= joined[-1].end_s:
            joined[-1] = Span(joined[-1].start_s, max(joined[-1].end_s, span.end_s))
        else:
            joined.append(Span(*span))
    return joined


def join(parts: Sequence[Truth]) -> Truth:
    """The windows of several videos in one table."""
    return Truth({label: np.concatenate([part.columns[label] for part in parts]) for label in parts[0].columns})


def score(truth: Flags, predicted: Flags) -> Score:
    """Precision, recall and F1; 0 where a ratio has no denominator."""
    hits = int((truth & predicted).sum())
    precision = hits / max(1, int(predicted.sum()))
    recall = hits / max(1, int(truth.sum()))
    f1 = 2 * hits / max(1, int(truth.sum()) + int(predicted.sum()))
    return Score(precision, recall, f1, int(truth.sum()), int(predicted.sum()))


def per_class(truth: Truth, predicted: Flags, labels: Sequence[Activity]) -> dict[Activity, Score]:
    """Scores of every label and of the union `ventilation`."""
    scores = {label: score(truth.columns[label], predicted[:, j]) for j, label in enumerate(labels)}
    masks = [j for j, label in enumerate(labels) if label in MASK_SUPPORT]
    if masks:
        scores["ventilation"] = score(truth.columns["ventilation"], np.asarray(predicted[:, masks].any(axis=1)))
    return scores


def macro_f1(scores: Mapping[Activity, Score], classes: Sequence[Activity] = STUDY_ACTIVITIES) -> float:
    """Mean F1 over classes; by default the study's three activities."""
    return float(np.mean([scores[name].f1 for name in classes]))


def always_yes(truth: Truth) -> dict[Activity, Score]:
    """What a detector scores that sees everything everywhere."""
    return {label: score(flags, np.ones_like(flags)) for label, flags in truth.columns.items()}


def sigmoid(logits: Numbers) -> Numbers:
    """Logits to probabilities."""
    result: Numbers = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    return result


def decide(probabilities: Numbers, labels: Sequence[Activity], thresholds: Mapping[Activity, float]) -> Flags:
    """Which windows are positive for which label."""
    return probabilities >= np.array([thresholds[label] for label in labels])


def best_thresholds(
    probabilities: Numbers, truth: Flags, labels: Sequence[Activity], *, low: float = 0.1, high: float = 0.9
) -> dict[Activity, float]:
    """For each label the threshold of best F1, taken from the middle of the plateau; for validation videos only."""
    grid = np.round(np.arange(low, high + 1e-9, 0.02), 2)
    chosen: dict[Activity, float] = {}
    for j, label in enumerate(labels):
        predicted: list[Flags] = list(probabilities[:, j] >= grid[:, None])
        f1 = np.array([score(truth[:, j], flags).f1 for flags in predicted])
        plateau = grid[f1 >= f1.max() - 0.003]
        chosen[label] = float(plateau[len(plateau) // 2])
    return chosen


def best_temperatures(logits: Numbers, truth: Flags, labels: Sequence[Activity]) -> dict[Activity, float]:
    """For each label the temperature of least log loss; for validation videos only."""
    grid = np.round(np.geomspace(0.25, 6, 80), 3)
    return {
        label: float(min(grid, key=lambda t, j=j: log_loss(logits[:, j] / t, truth[:, j])))  # type: ignore[misc]
        for j, label in enumerate(labels)
    }


def log_loss(logits: Numbers, truth: Flags) -> float:
    """Mean binary cross-entropy in nats."""
    return float(np.logaddexp(0, np.where(truth, -logits, logits)).mean())


def area_under_curve(positive: Numbers, negative: Numbers) -> float:
    """AUROC: how often a positive scores above a negative, ties counted half."""
    higher = (positive[:, None] > negative[None]).mean()
    ties = (positive[:, None] == negative[None]).mean()
    return float(higher + ties / 2)

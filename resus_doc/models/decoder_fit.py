"""Fits a decoder: courses from the truth of training recordings, the rest from the windows of validation videos.

Emission and stretch of the ranges would look too good on the videos they were learned from. So the validation videos are
halved: what is chosen on one half is judged on the other. It reads no file and knows no detector.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resus_doc.models import semi_markov
from resus_doc.models.decoder import Course, Decoder, Evidence, seen_windows
from resus_doc.models.evaluation import covered, union
from resus_doc.models.event_matching import IOU_LEVELS, EventCounts, count, match
from resus_doc.models.semi_markov import Stay
from resus_doc.schema import Activity, Span

Numbers = NDArray[np.float64]

AGES = 40
"""Cells up to which hazards are told apart: 10 s of a quarter of a second each."""

SMOOTH_CELLS = 3.0
"""Width of the kernel over which hazards are smoothed: courses of a simulation have edges sharper than those of life."""

PRIOR_RUNS = 5.0
"""Each hazard is drawn towards the mean one as if so many runs more had been seen at each age."""

ANY_TIME = 0.3
"""Part of each hazard that does not depend on age: a length that no training recording had stays possible."""

LOGITS = np.linspace(-8.0, 8.0, 33)
LEAST_AT_START = 0.25
"""Recordings may be started late or cut: an activity may run at the start though it never did in training recordings."""

KERNEL_LOGITS = 0.6
KERNEL_CELLS = 0.7
POOL = 12.0
"""An activity's own emission is drawn towards that of all activities as if so many windows of them were its own."""

FLOOR = 2e-3
"""Share of an emission that is spread over all logits: no single window can rule anything out."""

UNSURE = 0.05
"""Share of the emission of windows with all cells on, or none, that is spread over their own side of logit 0. The validation windows of
those classes are nearly all sure; of a video of which the detector is less sure they would else pass for windows filled in part."""

COUPLING_PRIOR_S = 30.0
"""Rates of beginnings are drawn towards each other as if so many seconds had been seen besides."""

LARGEST_COUPLING = 2.5
WEIGHTS = (0.4, 0.7)
"""Of those that score alike, the smallest: overlapping windows err together."""
FINE_PARTS = (0.25, 0.5)
"""Weights of windows at every cell, as parts of the chosen weight at the detector's stride."""
COUPLING_WEIGHTS = (0.0, 1.0)
"""Of two that score alike to the second decimal, the larger one: what training recordings say holds beyond a few videos."""
CONFIDENCES = (0.5, 0.6, 0.7, 0.8)
COVERAGE = 0.92
"""Part of the edges that ranges are to hold, on videos that the emission was not learned from; other videos are a little harder."""
LEAST_VIDEOS = 4
LEAST_EDGES = 80
"""With fewer edges the 90 % point of how far ranges must reach is known to no better than ten hundredths."""


class Recording(NamedTuple):
    """The true courses of one recording."""

    duration_s: float
    spans: Mapping[Activity, Sequence[Span]]


class Example(NamedTuple):
    """One validation video: its truth, and its windows at every cell."""

    recording: Recording
    start_s: Numbers
    probabilities: Numbers
    """[windows, labels]"""


class Judged(NamedTuple):
    """How good a decoder is on videos: a score to compare by, the stretch that its ranges need, and figures."""

    score: float
    stretch: float
    figures: dict[str, float]


class Grid(NamedTuple):
    """How the detector's windows lie on the cells."""

    labels: tuple[Activity, ...]
    cell_s: float
    window_cells: int
    stride_cells: int

    @property
    def shortest_cells(self) -> int:
        """Half a window: it then holds two edges of an activity at most."""
        return -(-self.window_cells // 2)


def enough(validation: Sequence[Recording]) -> bool:
    """Whether the validation videos hold enough edges of activities for a fit; the view of the baby is none."""
    spans = [
        span for video in validation for name, found in video.spans.items() if name != "baby_visible" for span in found
    ]
    return len(validation) >= LEAST_VIDEOS and 2 * len(spans) >= LEAST_EDGES


def fit(training: Sequence[Recording], validation: Sequence[Example], grid: Grid, facts: dict[str, object]) -> Decoder:
    """The decoder of a detector, with `facts` on where the data came from written beside what the fit found."""
    courses = {label: course(training, label, grid.cell_s) for label in grid.labels}
    coupling = couplings(training, grid.labels)

    def with_emission(videos: Sequence[Example], coarse: float, fine: float, weight: float) -> Decoder:
        return Decoder(
            labels=grid.labels,
            cell_s=grid.cell_s,
            window_cells=grid.window_cells,
            shortest_cells=grid.shortest_cells,
            courses=courses,
            logits=tuple(float(x) for x in LOGITS),
            emission=emissions(videos, grid),
            coupling=coupling,
            coupling_weight=weight,
            least_confidence=CONFIDENCES[0],
            coarse=Evidence(weight=coarse, stretch=1.0),
            fine=Evidence(weight=fine, stretch=1.0),
        )

    halves = (validation[::2], validation[1::2])
    folds = [(with_emission(halves[1 - k], 1.0, 1.0, 0.0), halves[k]) for k in (0, 1)]

    def judged(step: int, **changes: object) -> Judged:
        """How good decoders with these changes are on the half that their emission was not learned from."""
        return _judged([(fold.model_copy(update=changes), videos) for fold, videos in folds], step)

    def evidence(weight: float) -> Evidence:
        return Evidence(weight=weight, stretch=1.0)

    tried = {
        (weight, coupled): judged(grid.stride_cells, coarse=evidence(weight), coupling_weight=coupled)
        for weight, coupled in product(WEIGHTS, COUPLING_WEIGHTS)
    }
    weight, coupled = max(tried, key=lambda key: (round(tried[key].score, 2), key[1], -key[0]))
    chosen: dict[str, object] = {"coarse": evidence(weight), "coupling_weight": coupled}
    parts = {part: judged(1, **chosen, fine=evidence(weight * part)) for part in FINE_PARTS}
    part = max(parts, key=lambda key: (round(parts[key].score, 2), -key))
    sure = {least: judged(grid.stride_cells, **chosen, least_confidence=least) for least in CONFIDENCES}
    plateau = [least for least in CONFIDENCES if sure[least].score >= max(s.score for s in sure.values()) - 0.005]
    least = plateau[len(plateau) // 2]
    final = with_emission(validation, weight, weight * part, coupled)
    figures = {"coarse": sure[least].figures, "fine": parts[part].figures, "no_coupling": tried[weight, 0.0].figures}
    return final.model_copy(
        update={
            "least_confidence": least,
            "coarse": Evidence(weight=weight, stretch=sure[least].stretch),
            "fine": Evidence(weight=round(weight * part, 4), stretch=parts[part].stretch),
            "fitted": {**facts, "validation": figures},
        }
    )


# --- courses


def course(recordings: Sequence[Recording], label: Activity, cell_s: float) -> Course:
    """Hazards of beginning and ending by age, from runs of which those cut by a recording's edge count up to there."""
    on: list[tuple[int, bool]] = []
    off: list[tuple[int, bool]] = []
    at_start = 0
    for recording in recordings:
        spans = union(recording.spans.get(label, ()))
        at_start += bool(spans) and spans[0].start_s <= cell_s / 2
        reached = 0.0
        for span in spans:
            if span.start_s > cell_s / 2:
                off.append((_cells(span.start_s - reached, cell_s), True))
            ended = span.end_s < recording.duration_s - cell_s / 2
            on.append((_cells(span.end_s - span.start_s, cell_s), ended))
            reached = span.end_s
        if reached < recording.duration_s - cell_s / 2:
            off.append((_cells(recording.duration_s - reached, cell_s), False))
    share = float(np.clip(at_start / len(recordings), LEAST_AT_START, 1 - LEAST_AT_START))
    return Course(begins=_hazards(off), ends=_hazards(on), on_at_start=round(share, 4))


def _cells(seconds: float, cell_s: float) -> int:
    return max(1, round(seconds / cell_s))


def _hazards(runs: Sequence[tuple[int, bool]]) -> tuple[float, ...]:
    """The chance to end at each age; ages beyond the last are told apart no more."""
    ended, at_risk = np.zeros(AGES), np.zeros(AGES)
    for cells, whole in runs:
        at_risk[: min(cells, AGES)] += 1
        if cells > AGES:
            at_risk[AGES - 1] += cells - AGES
        if whole:
            ended[min(cells, AGES) - 1] += 1
    mean = (ended.sum() + 1) / (at_risk.sum() + 100)
    apart = np.arange(AGES - 1)[:, None] - np.arange(AGES - 1)
    kernel = np.exp(-0.5 * (apart / SMOOTH_CELLS) ** 2)
    ended[:-1], at_risk[:-1] = kernel @ ended[:-1], kernel @ at_risk[:-1]
    hazards = (1 - ANY_TIME) * (ended + PRIOR_RUNS * mean) / (at_risk + PRIOR_RUNS) + ANY_TIME * mean
    return tuple(round(float(x), 6) for x in np.clip(hazards, 1e-5, 0.5))


def couplings(recordings: Sequence[Recording], labels: Sequence[Activity]) -> dict[Activity, dict[Activity, float]]:
    """For each pair, the log of how much more often the first begins while the second goes on than at other times."""
    return {one: {other: _coupling(recordings, one, other) for other in labels if other != one} for one in labels}


def _coupling(recordings: Sequence[Recording], one: Activity, other: Activity) -> float:
    during = beside = during_s = beside_s = 0.0
    for recording in recordings:
        others, own = union(recording.spans.get(other, ())), union(recording.spans.get(one, ()))
        starts = [span.start_s for span in own if span.start_s > 0]
        inside = sum(any(o.start_s <= start < o.end_s for o in others) for start in starts)
        off = _without(others, own)
        length = sum(span.end_s - span.start_s for span in off)
        during, during_s = during + inside, during_s + length
        beside += len(starts) - inside
        beside_s += recording.duration_s - sum(s.end_s - s.start_s for s in own) - length
    rate = (during + beside + 1) / (during_s + beside_s + COUPLING_PRIOR_S)
    rates = [
        (number + rate * COUPLING_PRIOR_S) / (max(seconds, 0.0) + COUPLING_PRIOR_S)
        for number, seconds in ((during, during_s), (beside, beside_s))
    ]
    return round(float(np.clip(math.log(rates[0] / rates[1]), -LARGEST_COUPLING, LARGEST_COUPLING)), 4)


def _without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What of the spans lies in no hole; both without overlaps and in order."""
    pieces = list(spans)
    for hole in holes:
        pieces = [
            piece
            for span in pieces
            for piece in (
                Span(span.start_s, min(span.end_s, hole.start_s)),
                Span(max(span.start_s, hole.end_s), span.end_s),
            )
            if piece.end_s > piece.start_s
        ]
    return pieces


# --- emission


def emissions(videos: Sequence[Example], grid: Grid) -> dict[Activity, tuple[tuple[float, ...], ...]]:
    """Log densities of the windows' logits, by activity and class of window."""
    masses = {label: _masses(videos, j, label, grid) for j, label in enumerate(grid.labels)}
    pooled = np.sum(list(masses.values()), axis=0) + 1e-3
    pooled /= pooled.sum(axis=1, keepdims=True)
    tables = {}
    for label, mass in masses.items():
        density = mass + POOL * pooled
        density /= density.sum(axis=1, keepdims=True)
        for kind, side in ((0, LOGITS < 0), (1, LOGITS > 0)):
            density[kind] = (1 - UNSURE) * density[kind] + UNSURE * side / side.sum()
        density = (1 - FLOOR) * density + FLOOR / len(LOGITS)
        tables[label] = tuple(tuple(round(float(x), 4) for x in row) for row in np.log(density))
    return tables


def _masses(videos: Sequence[Example], column: int, label: Activity, grid: Grid) -> Numbers:
    """How often each logit was seen in each class of window, smoothed over neighbouring logits and classes."""
    window_s = grid.window_cells * grid.cell_s
    mass = np.zeros((2 * grid.window_cells, len(LOGITS)))
    for video in videos:
        spans = union(video.recording.spans.get(label, ()))
        part = covered(spans, video.start_s, window_s) / window_s
        p = np.clip(video.probabilities[:, column], 1e-6, 1 - 1e-6)
        near = np.exp(-0.5 * ((np.clip(np.log(p / (1 - p)), -8, 8)[:, None] - LOGITS) / KERNEL_LOGITS) ** 2)
        near /= near.sum(axis=1, keepdims=True) * grid.stride_cells
        classes = _classes(spans, video.start_s, part, grid)
        for kind in range(len(mass)):
            mass[kind] += classes[:, kind] @ near
    return mass


def _classes(spans: Sequence[Span], start_s: Numbers, part: Numbers, grid: Grid) -> Numbers:
    """How much each window counts for each class: [windows, classes]. A window with two edges counts for none."""
    window = grid.window_cells
    ends = start_s + window * grid.cell_s
    edges = sum((((start_s < t) & (t < ends)).astype(int) for span in spans for t in span), np.zeros(len(start_s), int))
    on_at_end = np.any([(span.start_s < ends) & (ends <= span.end_s) for span in spans] or [ends < 0], axis=0)
    weights = np.zeros((len(start_s), 2 * window))
    weights[:, 0] = (edges == 0) & (part < 0.5)
    weights[:, 1] = (edges == 0) & (part >= 0.5)
    numbers = np.arange(1, window)
    near = np.exp(-0.5 * ((part[:, None] * window - numbers) / KERNEL_CELLS) ** 2)
    near /= np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
    one = (edges == 1)[:, None]
    weights[:, 2 : window + 1] = near * (one & on_at_end[:, None])
    weights[:, window + 1 :] = near * (one & ~on_at_end[:, None])
    return weights


# --- judging on validation videos


def _judged(folds: Sequence[tuple[Decoder, Sequence[Example]]], step: int) -> Judged:
    """Score, stretch, and figures of decoders on videos that their emission was not learned from."""
    counted = dict.fromkeys(IOU_LEVELS, EventCounts(0, 0, 0))
    errors: list[float] = []
    needed: list[float] = []
    for decoder, videos in folds:
        for video in videos:
            cells = round(video.start_s[-1] / decoder.cell_s) + decoder.window_cells
            chosen = (video.start_s[::step].tolist(), video.probabilities[::step])
            seen = seen_windows(decoder, *((((), ()), chosen) if step == 1 else (chosen,)))
            result = semi_markov.posterior(decoder, seen, cells)
            for column, label in enumerate(decoder.labels):
                if label == "baby_visible":
                    continue
                true = union(video.recording.spans.get(label, ()))
                found = semi_markov.stays(result, column, decoder.cell_s, decoder.least_confidence)
                spans = [_span(stay, cells * decoder.cell_s) for stay in found]
                for level in IOU_LEVELS:
                    counted[level] = counted[level].plus(count(true, spans, level))
                for pair in match(true, spans, IOU_LEVELS[0]):
                    _edges(true[pair.one], found[pair.other], video.recording, decoder.cell_s, errors, needed)
    f1 = {f"f1_{level:.2f}": counted[level].f1 or 0.0 for level in IOU_LEVELS}
    median, p90 = (float(x) for x in np.percentile(errors or [0.0], (50, 90)))
    rank = min(1.0, math.ceil((len(needed) + 1) * COVERAGE) / max(1, len(needed)))
    stretch = float(np.quantile(needed or [1.0], rank))
    score = sum(f1.values()) / len(f1) - 0.05 * median - 0.05 * p90
    figures = {**f1, "edge_error_median_s": median, "edge_error_p90_s": p90, "edges": float(len(needed))}
    rounded = {name: round(value, 4) for name, value in figures.items()}
    return Judged(score, round(max(stretch, 0.05), 4), rounded)


def _span(stay: Stay, end_s: float) -> Span:
    return Span(0.0 if stay.start is None else stay.start.middle_s, end_s if stay.end is None else stay.end.middle_s)


def _edges(
    true: Span, found: Stay, recording: Recording, cell_s: float, errors: list[float], needed: list[float]
) -> None:
    """Adds the errors of a matched run's edges, and how far their ranges would have to be stretched to reach the truth."""
    for true_s, seen in ((true.start_s, found.start), (true.end_s, found.end)):
        if seen is None or true_s <= 0 or true_s >= recording.duration_s:
            continue
        low_s, high_s = seen.stretched(1.0, semi_markov.EDGE_SLACK * cell_s)
        errors.append(abs(true_s - seen.middle_s))
        width_s = high_s - seen.middle_s if true_s > seen.middle_s else seen.middle_s - low_s
        needed.append(abs(true_s - seen.middle_s) / width_s)

"""Courses and windows of a detector that is good in a known way, and a decoder fitted to it."""

from functools import cache

import numpy as np

from resus_doc.models import decoder_fit as fitting
from resus_doc.models.evaluation import covered
from resus_doc.schema import Span

LABELS = ("ppv", "suction")
GRID = fitting.Grid(LABELS, 0.25, 8, 4)


def recording(seed):
    """PPV of 6 to 12 s with pauses of 3 to 6 s; suction only in some pauses, never with PPV."""
    rng = np.random.default_rng(seed)
    at, ppv, suction = 5.0, [], []
    while at < 70:
        end = at + rng.uniform(6, 12)
        ppv.append(Span(at, end))
        pause = rng.uniform(3, 6)
        if pause > 4.5:
            suction.append(Span(end + 0.5, end + pause - 0.5))
        at = end + pause
    return fitting.Recording(at + 5.0, {"ppv": ppv, "suction": suction})


def example(truth, seed, noise=0.8):
    """Windows at every cell, by a detector that sees how much of each an activity fills."""
    starts = np.arange(0.0, truth.duration_s - 2.0, 0.25)
    rng = np.random.default_rng(seed)
    columns = []
    for label in LABELS:
        logits = 9.0 * (covered(truth.spans[label], starts, 2.0) / 2.0 - 0.5)
        smooth = np.convolve(rng.standard_normal(len(starts) + 7), np.ones(8) / np.sqrt(8), "valid")
        columns.append(1 / (1 + np.exp(-logits - noise * smooth)))
    return fitting.Example(truth, starts, np.stack(columns, axis=1))


@cache
def fitted():
    """A decoder fitted to forty such courses and four such videos."""
    training = [recording(seed) for seed in range(40)]
    validation = [example(recording(100 + k), k) for k in range(4)]
    return fitting.fit(training, validation, GRID, {"script": "a test"})

"""Whether probabilities mean what they say: of the windows called 70 % sure, are 70 % positive? Pure arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from resus_doc.models.evaluation import Flags, Numbers

BINS = 10
"""Bins of equal width over 0 to 1."""


class Bin(NamedTuple):
    """The windows whose probability lies in one tenth: their mean probability, the share that is positive, how many."""

    said: float
    true: float
    windows: int


def curve(probabilities: Numbers, truth: Flags) -> list[Bin]:
    """The bins that hold windows, in order."""
    place = np.clip((probabilities * BINS).astype(int), 0, BINS - 1)
    rows = [np.flatnonzero(place == k) for k in range(BINS)]
    return [Bin(float(probabilities[row].mean()), float(truth[row].mean()), len(row)) for row in rows if len(row)]


def calibration_error(bins: list[Bin]) -> float:
    """Expected calibration error: the mean distance of said from true, weighted by windows."""
    windows = sum(each.windows for each in bins)
    return sum(abs(each.said - each.true) * each.windows for each in bins) / max(windows, 1)

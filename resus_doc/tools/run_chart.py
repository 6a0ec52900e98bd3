"""Run charts: values in order of time around their median, and the usual signals that something other than chance is at work.

Pure arithmetic on numbers. A signal says that the process is likely to have changed, not why, and not whether for the better.

Shift and few crossings are the rules of Anhøj and Olesen 2014 (PLoS ONE 9(11):e113825, doi 10.1371/journal.pone.0113825), whose limits
grow with the number of points, so that chance gives a signal in about one chart of twenty however many cases there are. The well-known
fixed limit of six points (Perla, Provost and Murray 2011, BMJ Quality & Safety 20:46-51, doi 10.1136/bmjqs.2009.037895) is used below
20 points only: with 200 points chance alone nearly always gives six in a row. Their trend of five points is left out for the same reason;
Anhøj and Olesen found it "virtually useless" for the drift it is meant to find. `benchmarks/dashboard_figures.py signals` counts both.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from math import comb, log2
from statistics import median
from typing import NamedTuple

SHORT_POINTS, SHORT_SHIFT = 20, 6
"""With fewer points than that, six in a row on one side of the median are a shift (Perla 2011)."""

LEAST_POINTS = 10
"""With fewer points off the median no signal is looked for (Perla 2011)."""

FEW_CROSSINGS = 0.05
"""Fewer crossings than this lower quantile of those that chance gives are too few (Anhøj and Olesen 2014)."""


class RunChart(NamedTuple):
    """The median of the values, and the signals found in words; `enough` is false when there are too few points to look for any."""

    median: float
    signals: tuple[str, ...]
    enough: bool


def chart(values: Sequence[float]) -> RunChart | None:
    """Median and signals of values in order of time; None without a value."""
    if not values:
        return None
    middle = median(values)
    sides = [value > middle for value in values if value != middle]
    if len(sides) < LEAST_POINTS:
        return RunChart(middle, (), False)
    found = (_shift(sides), _crossings(sides))
    return RunChart(middle, tuple(each for each in found if each), True)


def shift_points(points: int) -> int:
    """So many points in a row on one side are a shift among so many off the median: one more than log2(n) + 3, rounded."""
    return SHORT_SHIFT if points < SHORT_POINTS else round(log2(points) + 3) + 1


def _shift(sides: Sequence[bool]) -> str:
    longest, least = max(sum(1 for _ in run) for _, run in groupby(sides)), shift_points(len(sides))
    told = f"Shift: {longest} points in a row on one side of the median; {least} or more are unlikely by chance."
    return told if longest >= least else ""


def _crossings(sides: Sequence[bool]) -> str:
    crossings = sum(one != other for one, other in pairwise(sides))
    least = fewest_crossings(len(sides))
    return f"Few crossings: the line crosses the median {crossings} times, by chance at least {least}." * (
        crossings < least
    )


def fewest_crossings(points: int) -> int:
    """The lower 5 % quantile of the number of median crossings among so many points off the median: binomial, one half."""
    chances, below = points - 1, 0
    for crossings in range(points):
        below += comb(chances, crossings)
        if below >= FEW_CROSSINGS * 2**chances:
            return crossings
    return chances

"""Run charts: values in order of time around their median, and the usual signals that something other than chance is at work.

Pure arithmetic on numbers. A signal says that the process is likely to have changed, not why, and not whether for the better.

Sources: Perla, Provost and Murray 2011, BMJ Quality & Safety 20:46-51, doi 10.1136/bmjqs.2009.037895 (shift, trend); Anhøj and Olesen
2014, PLoS ONE 9(11):e113825, doi 10.1371/journal.pone.0113825 (crossings of the median).
"""

from collections.abc import Sequence
from itertools import groupby, pairwise
from math import comb
from statistics import median
from typing import NamedTuple

SHIFT_POINTS = 6
"""So many points in a row on one side of the median are a shift; points on the median neither count nor break it (Perla 2011)."""

TREND_POINTS = 5
"""So many points in a row that all rise or all fall are a trend; a repeated value counts once (Perla 2011)."""

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
    found = (_shift(sides), _trend(values), _crossings(sides))
    return RunChart(middle, tuple(each for each in found if each), True)


def _shift(sides: Sequence[bool]) -> str:
    longest = max(sum(1 for _ in run) for _, run in groupby(sides))
    return f"Shift: {longest} points in a row on one side of the median." if longest >= SHIFT_POINTS else ""


def _trend(values: Sequence[float]) -> str:
    different = [value for value, _ in groupby(values)]
    rises = [later > earlier for earlier, later in pairwise(different)]
    longest = 1 + max((sum(1 for _ in run) for _, run in groupby(rises)), default=0)
    return f"Trend: {longest} points in a row all rising or all falling." if longest >= TREND_POINTS else ""


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

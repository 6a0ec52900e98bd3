"""Rounding of numbers that are held against a limit: what is told lies on the same side of it as what was seen."""

import math
from collections.abc import Callable

MOST_PLACES = 3
"""Decimals of a number that is told: the video's clock has milliseconds."""


def half_up(value: float, places: int) -> float:
    """Rounded to so many decimals, halves away from zero; never minus zero."""
    scaled = math.floor(round(abs(value) * 10**places, 6) + 0.5) / 10**places
    return math.copysign(scaled, value) + 0.0


def down(value: float, places: int) -> float:
    """Rounded down, as the low end of a range is told: what is told holds all that was seen. Never minus zero."""
    return math.floor(round(value * 10**places, 6)) / 10**places + 0.0


def up(value: float, places: int) -> float:
    """Rounded up, as the high end of a range is told; never minus zero."""
    return math.ceil(round(value * 10**places, 6)) / 10**places + 0.0


def places_for(value: float, limit: float | None, fewest: int, rounded: Callable[[float, int], float] = half_up) -> int:
    """How many decimals tell the value without moving it onto the limit or over it; `fewest` without a limit."""
    if limit is None or half_up(value, MOST_PLACES) == limit:
        return fewest
    for places in range(fewest, MOST_PLACES):
        if (rounded(value, places) - limit) * (value - limit) > 0:
            return places
    return MOST_PLACES

"""Places of the dashboard's drawings: run charts and distributions, in units of their own viewBox. Holds no words."""

from itertools import pairwise
from statistics import quantiles
from typing import NamedTuple

from resus_doc.tools.dashboard_series import Followed, Point

WIDTH, HEIGHT = 640.0, 180.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 10.0, 18.0, 24.0
BARS = 12


class Dot(NamedTuple):
    """A point of a run chart, with its range from `high_y` to `low_y`."""

    point: Point
    x: float
    y: float
    low_y: float
    high_y: float


class Tick(NamedTuple):
    y: float
    value: float


class Bar(NamedTuple):
    """A bar of a distribution: so many `cases` from `start` up to `end`."""

    x: float
    y: float
    width: float
    height: float
    start: float
    end: float
    cases: int


class Quartiles(NamedTuple):
    low: float
    median: float
    high: float


class Band(NamedTuple):
    """Published quartiles on the scale of the distribution."""

    low_x: float
    median_x: float
    high_x: float


class Drawing(NamedTuple):
    """A run chart and a distribution of one series."""

    dots: tuple[Dot, ...]
    line: str
    """Points of the polyline through the sure values."""
    median_y: float | None
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    bands: tuple[Band, ...]


def draw(followed: Followed) -> Drawing:
    """Where everything stands; the scale holds all values and ranges, and zero."""
    ends = [end for point in followed.points for end in (point.value, *point.range)] or [0.0, 1.0]
    low, high = min(0.0, *ends), max(*ends, 1.0 if followed.series.unit == "fraction" else 10.0)
    steps = max(1, len(followed.points) - 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    def x(place: int) -> float:
        return round(LEFT + 8 + place / steps * (WIDTH - LEFT - RIGHT - 16), 1)

    dots = tuple(Dot(p, x(i), y(p.value), y(p.range[0]), y(p.range[1])) for i, p in enumerate(followed.points))
    values = [point.value for point in followed.points if point.sure]
    published = [each.quartiles for each in followed.series.published if each.quartiles is not None]
    scale = _Scale(min([0.0, *values]), max([*values, *(each[2] for each in published)], default=1.0))
    return Drawing(
        dots=dots,
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots if dot.point.sure),
        median_y=None if followed.run is None else y(followed.run.median),
        ticks=tuple(Tick(y(low + k / 4 * (high - low)), low + k / 4 * (high - low)) for k in range(5)),
        bars=_bars(values, scale),
        bands=tuple(Band(*(scale.x(value) for value in each)) for each in published),
    )


def quartiles(values: list[float]) -> Quartiles | None:
    """Lower quartile, median and upper quartile (inclusive method); None for fewer than two values."""
    return Quartiles(*quantiles(values, n=4, method="inclusive")) if len(values) > 1 else None


class _Scale(NamedTuple):
    """From values to places across a distribution; it reaches over what was published, too."""

    low: float
    high: float

    @property
    def step(self) -> float:
        return (self.high - self.low) / BARS or 1.0

    def x(self, value: float) -> float:
        return round(LEFT + (value - self.low) / (BARS * self.step) * (WIDTH - LEFT - RIGHT), 1)


def _bars(values: list[float], scale: _Scale) -> tuple[Bar, ...]:
    if not values:
        return ()
    edges = [scale.low + k * scale.step for k in range(BARS + 1)]
    counts = [0] * BARS
    for value in values:
        counts[min(int((value - scale.low) / scale.step), BARS - 1)] += 1
    wide, tallest = (WIDTH - LEFT - RIGHT) / BARS, HEIGHT - TOP - BOTTOM
    return tuple(
        Bar(
            round(LEFT + k * wide + 1, 1),
            round(HEIGHT - BOTTOM - count / max(counts) * tallest, 1),
            round(wide - 2, 1),
            round(count / max(counts) * tallest, 1),
            start,
            end,
            count,
        )
        for k, ((start, end), count) in enumerate(zip(pairwise(edges), counts, strict=True))
    )

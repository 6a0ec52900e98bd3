"""What the dashboard follows over time: which numbers, of which cases, and what others published.

A case gives a value only where the number means the same as in the others: times from birth need a known birth. A value whose
range is wide, or that counts from what may have begun unseen, is shown but neither enters the median nor the signals; the range of a
time from birth holds what was not recorded.
"""

from collections.abc import Sequence
from typing import NamedTuple

from resus_doc.schema import Range, Unit
from resus_doc.tools.batch_cases import Case
from resus_doc.tools.run_chart import RunChart, chart

WIDEST_S, WIDEST_FRACTION = 20.0, 0.2
"""A value is uncertain when its 90 % range is wider: more than a third of the 60 s that guidelines give for the first
ventilation, and a fifth of the whole."""

WIDEST_PAUSE_S = 3.3
"""For the longest pause, a third of the 10 s beyond which the metric of this project calls it long."""


class Published(NamedTuple):
    """A figure from the literature, for comparison and not as a target."""

    text: str
    reference: str
    quartiles: tuple[float, float, float] | None = None
    """Lower quartile, median and upper quartile, to be drawn beside the distribution."""


class Series(NamedTuple):
    """A measure to follow."""

    measure: str
    title: str
    unit: Unit
    needs_birth: bool = False
    published: tuple[Published, ...] = ()
    share_above: float | None = None
    """Also tell the share of cases above this."""
    share_within: float | None = None
    """Also tell the share of cases at or below this."""
    widest: float = WIDEST_S
    """A value whose range is wider is not counted, in the measure's unit."""
    zero_is_none: bool = False
    """Zero says that there was none of it, which is no value of its own: a pause that was not there has no length. A zero whose
    range reaches higher says neither: there may have been one."""


_STAVANGER = Published(
    "Median 78 s from birth, quartiles 42 and 118 s; 62 infants of at least 34 weeks.",
    "Bjorland and others: Compliance with Guidelines and Efficacy of Heart Rate Monitoring during Newborn Resuscitation. "
    "hdl.handle.net/11250/3025662",
    (42.0, 78.0, 118.0),
)
_SKAARE = Published(
    "44 % of infants were ventilated for more than 90 % of the first 30 s.",
    "Skåre and others 2016, Resuscitation, doi 10.1016/j.resuscitation.2016.07.231",
)

SERIES: tuple[Series, ...] = (
    Series("time_to_first_mask_support", "Birth to first mask support", "s", needs_birth=True, share_within=60.0),
    Series(
        "time_to_first_ppv", "Birth to first PPV", "s", needs_birth=True, published=(_STAVANGER,), share_within=60.0
    ),
    Series(
        "ppv_fraction_first_30s",
        "Part of the first 30 s of PPV with PPV",
        "fraction",
        published=(_SKAARE,),
        share_above=0.9,
        widest=WIDEST_FRACTION,
    ),
    Series("ppv_fraction_first_60s", "Part of the first 60 s of PPV with PPV", "fraction", widest=WIDEST_FRACTION),
    Series("ppv_pause_longest", "Longest pause of PPV", "s", zero_is_none=True, widest=WIDEST_PAUSE_S),
    Series("ppv_pause_total", "All pauses of PPV together", "s"),
)


class Point(NamedTuple):
    """One case's value; `sure` is false when its range is too wide to count, what it counts from may have begun unseen, or it cannot be
    right (before birth)."""

    case: Case
    value: float
    range: Range
    sure: bool


class Followed(NamedTuple):
    """A series over the cases: its points in order, how many cases have no value or none of it, and what the sure ones show."""

    series: Series
    points: tuple[Point, ...]
    without: int
    none: int
    run: RunChart | None


def follow(series: Series, cases: Sequence[Case]) -> Followed:
    """The values of a series in the cases that have a report, in the order of the cases."""
    reported = [case for case in cases if case.facts is not None]
    found = tuple(point for case in reported if (point := _point(series, case)) is not None)
    points = tuple(point for point in found if point.range[1] > 0 or not series.zero_is_none)
    run = chart([each.value for each in points if each.sure])
    return Followed(series, points, len(reported) - len(found), len(found) - len(points), run)


NO_LENGTH = frozenset(series.measure for series in SERIES if series.zero_is_none)
"""Measures of which zero says that there was none."""


def _point(series: Series, case: Case) -> Point | None:
    found = case.facts
    measure = None if found is None else found.measures.get(series.measure)
    if found is None or measure is None or measure.value is None:
        return None
    if series.needs_birth and found.time_zero_source != "given":
        return None
    bounds = found.since_zero.get(series.measure) or measure.range or (measure.value, measure.value)
    there = measure.value > 0 if series.zero_is_none else measure.value >= 0
    narrow = bounds[1] - bounds[0] <= series.widest
    return Point(case, measure.value, bounds, there and narrow and series.measure not in found.open_starts)

"""The curves of the vital signs under the timeline: points in per cent of its width, a gap where the monitor was silent.

Long series are thinned to the lowest and highest reading of each short stretch, so that no peak and no dip is lost.
"""

from collections.abc import Sequence
from typing import NamedTuple

from resus_doc.schema import Report, VitalSign
from resus_doc.tools.report_timeline import Axis, axis_of

HEIGHT = 40.0
STRETCHES = 500
"""Two points a stretch: finer than the pixels of a screen."""


class Scale(NamedTuple):
    """How a vital sign is named and drawn; `marks` are values with a line across, and the ends grow to hold all readings."""

    name: str
    unit: str
    low: float
    high: float
    marks: tuple[float, ...]


SCALES: dict[VitalSign, Scale] = {
    "hr_bpm": Scale("Heart rate", "/min", 0.0, 200.0, (60.0, 100.0)),
    "spo2_pct": Scale("Oxygen saturation", "%", 0.0, 100.0, ()),
    "fio2_pct": Scale("Inspired oxygen", "%", 0.0, 100.0, ()),
    "temp_c": Scale("Temperature", "°C", 34.0, 39.0, (36.5, 37.5)),
}
"""60 and 100 are the guidelines' limits of the heart rate, 36.5 and 37.5 °C those of the normal temperature."""


class Curve(NamedTuple):
    """`lines` are SVG point lists in a box of 100 by `HEIGHT`; `seen` says the lowest and highest reading shown."""

    sign: VitalSign
    name: str
    seen: str
    lines: tuple[str, ...]
    marks: tuple[float, ...]


def draw(report: Report) -> tuple[Curve, ...]:
    """The curves of a report's vital signs on its timeline's axis; none without vital signs."""
    if report.vitals is None:
        return ()
    axis, series = axis_of(report), report.vitals.series
    kept = [(each, [point for point in each.points if axis.holds(point[0])]) for each in series]
    return tuple(_curve(each.sign, points, axis, each.gap_s or report.vitals.gap_s) for each, points in kept if points)


def _curve(sign: VitalSign, points: list[tuple[float, float]], axis: Axis, gap_s: float) -> Curve:
    scale, values = SCALES[sign], [value for _, value in points]
    low, high = min(scale.low, *values), max(scale.high, *values)

    def y(value: float) -> float:
        return round(HEIGHT * (high - value) / (high - low), 2)

    runs = _runs(points, gap_s)
    lines = tuple(" ".join(f"{axis.at(t)},{y(value)}" for t, value in _doubled(_thinned(run, axis))) for run in runs)
    seen = f"{round(min(values), 1):g}–{round(max(values), 1):g} {scale.unit}"
    return Curve(sign, scale.name, seen, lines, tuple(y(mark) for mark in scale.marks))


def _runs(points: Sequence[tuple[float, float]], gap_s: float) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = []
    for point in points:
        if not runs or point[0] - runs[-1][-1][0] > gap_s:
            runs.append([])
        runs[-1].append(point)
    return runs


def _thinned(run: list[tuple[float, float]], axis: Axis) -> list[tuple[float, float]]:
    stretch_s = (axis.end_s - axis.start_s) / STRETCHES
    groups: dict[int, list[tuple[float, float]]] = {}
    for point in run:
        groups.setdefault(int(point[0] // stretch_s) if stretch_s > 0 else 0, []).append(point)
    return [p for g in groups.values() for p in sorted({min(g, key=_value), max(g, key=_value)})]


def _value(point: tuple[float, float]) -> float:
    return point[1]


def _doubled(run: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A lone reading as a line of no length, which round ends show as a dot."""
    return run * 2 if len(run) == 1 else run

"""The hysteresis decoder, for detectors that bring no fitted one: hand thresholds on neighbouring windows.

A stretch of windows is an event when one of them reaches the activity's threshold; it goes on through dips that stay above a
lower one. A window's probability speaks of *more than half* of it, so it passes through the threshold where the window's
centre passes the onset: onsets and offsets are interpolated between window centres. What it does not know: whether two
activities can go together, and how often an activity lasts how long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resus_doc.schema import Activity, Span
from resus_doc.tools.stretches import MIN_DURATION_S, Stretch

if TYPE_CHECKING:
    from resus_doc.tools.windows import Windows

KEEP_RATIO = 0.6
KEEP_S = 4.0
"""An event goes on through a dip of at most KEEP_S (two windows) that stays above this part of its threshold."""

BRIDGE_S = 1.5
"""Gaps up to this are flicker: under two windows' stride, and under the two seconds from one breath to the next at the
slowest ventilation rate that a guideline of ours states (30 a minute)."""

RANGE_REACH_S = 5.0
"""How far a range follows probabilities that are neither clearly on nor clearly off."""

DOUBT = 0.3
"""A probability is clearly off under this part of the threshold, and clearly on as near to one."""


def decode(windows: Windows, name: Activity, threshold: float, within: Span, duration_s: float) -> list[Stretch]:
    """The stretches of one label: runs over the threshold, flicker bridged or dropped. `within` was readable."""
    probability = [float(p) for p in windows.probabilities[:, windows.labels.index(name)]]
    centre = [float(start) + windows.window_s / 2 for start in windows.start_s]
    track = _Track(centre, probability, threshold, within)
    runs = _bridged(track)
    shortest_s = min(MIN_DURATION_S[name], duration_s / 2)
    runs = [run for run in runs if track.offset(run[1]) - track.onset(run[0]) >= shortest_s]
    return [track.stretch(runs, number) for number in range(len(runs))]


_Run = tuple[int, int]
"""First and last window of a run at or over the threshold."""


def _bridged(track: _Track) -> list[_Run]:
    """Runs of positive windows, joined over dips that stay above the lower threshold and over gaps too short to trust."""
    runs: list[_Run] = []
    for first, last in track.runs():
        if runs:
            before = runs[-1]
            dip = track.probability[before[1] + 1 : first]
            gap_s = track.onset(first) - track.offset(before[1])
            if gap_s <= BRIDGE_S or (gap_s <= KEEP_S and min(dip) >= KEEP_RATIO * track.threshold):
                runs[-1] = (before[0], last)
                continue
        runs.append((first, last))
    return runs


@dataclass(frozen=True)
class _Track:
    """One label's probabilities at the window centres; `within` is the readable part of the video."""

    centre: Sequence[float]
    probability: Sequence[float]
    threshold: float
    within: Span

    def runs(self) -> list[_Run]:
        """Maximal runs of windows at or over the threshold."""
        found: list[_Run] = []
        for i, p in enumerate(self.probability):
            if p < self.threshold:
                continue
            if found and found[-1][1] == i - 1:
                found[-1] = (found[-1][0], i)
            else:
                found.append((i, i))
        return found

    def crossing(self, off: int, on: int, level: float) -> float:
        """Where the probability passes the level between two neighbouring windows, the first under it."""
        low, high = self.probability[off], self.probability[on]
        part = (level - low) / (high - low) if high > low else 0.5
        return self.centre[off] + min(max(part, 0.0), 1.0) * (self.centre[on] - self.centre[off])

    def onset(self, first: int) -> float:
        return self.within.start_s if first == 0 else self.crossing(first - 1, first, self.threshold)

    def offset(self, last: int) -> float:
        return self.within.end_s if last == len(self.centre) - 1 else self.crossing(last + 1, last, self.threshold)

    def stretch(self, runs: Sequence[_Run], number: int) -> Stretch:
        """The stretch of one run, whose ranges stay clear of the runs beside it."""
        first, last = runs[number]
        start_s, end_s = self.onset(first), self.offset(last)
        floor_s = self.offset(runs[number - 1][1]) if number else self.within.start_s
        ceiling_s = self.onset(runs[number + 1][0]) if number + 1 < len(runs) else self.within.end_s
        inside = self.probability[first : last + 1]
        return Stretch(
            start_s=start_s,
            end_s=end_s,
            start_range_s=(
                max(floor_s, min(start_s, self._surely_off(first, -1, start_s))),
                min(end_s, max(start_s, self._surely_on(first, +1, start_s))),
            ),
            end_range_s=(
                max(start_s, min(end_s, self._surely_on(last, -1, end_s))),
                min(ceiling_s, max(end_s, self._surely_off(last, +1, end_s))),
            ),
            confidence=sum(inside) / len(inside),
            censored_start=first == 0,
            censored_end=last == len(self.centre) - 1,
        )

    def _surely_off(self, edge: int, step: int, from_s: float) -> float:
        """Going outward from the edge window, the first centre at which the activity is clearly off."""
        return self._walk(edge, step, from_s, lambda p: p <= DOUBT * self.threshold)

    def _surely_on(self, edge: int, step: int, from_s: float) -> float:
        """Going inward from the edge window, the first centre at which the activity is clearly on."""
        return self._walk(edge - step, step, from_s, lambda p: p >= 1 - DOUBT * (1 - self.threshold))

    def _walk(self, edge: int, step: int, from_s: float, reached: Callable[[float], bool]) -> float:
        at = edge + step
        while 0 <= at < len(self.centre):
            if reached(self.probability[at]) or abs(self.centre[at] - from_s) >= RANGE_REACH_S:
                return self.centre[at]
            at += step
        return self.within.start_s if step < 0 else self.within.end_s

"""Sums over a video by a fitted decoder: one hidden semi-Markov model an activity, all activities at once.

Forward and backward sums give the probability of every cell and edge; nothing is thresholded on the way. An activity runs
where it is more likely on than off. An edge's range has the 5 % and 95 % points of its probability, stretched as validation
videos asked for.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from resus_doc.models.decoder import Decoder, Seen, window_class

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

PASSES = 2
"""Sums over the whole video: the first without coupling, the second with the activities that the first one found."""

LARGEST_FACTOR = math.exp(3.0)
"""Coupling changes the rate of beginnings by this factor at most, either way."""

LARGEST_HAZARD = 0.9
MAY_BE_CUT = 0.05
NEAR_S = 2.0
"""A run that is first seen this near to the video's edge is cut by it when that is this likely: its 5 % point lies beyond."""

SURELY = 0.95
TINY = 1e-300
POINTS = (0.05, 0.5, 0.95)
EDGE_SLACK = 0.25
"""Half-width of a range, in cells, under which it is not taken for certain: edges fall anywhere in a cell."""


class Posterior(NamedTuple):
    """Probabilities by cell and label [cells, labels]."""

    on: Numbers
    begins: Numbers
    """That a run begins with this cell."""
    ends: Numbers
    """That the cell is the first one after a run."""


def posterior(decoder: Decoder, seen: Seen, cells: int) -> Posterior:
    """The probability of every cell and edge in a video of so many cells."""
    import numpy as np

    likelihood = _likelihood(decoder, seen)
    at_cell = np.full(cells, -1)
    at_cell[seen.first_cell + decoder.window_cells - 1] = np.arange(len(seen.first_cell))
    found = _sums(decoder, likelihood, at_cell, None)
    for _ in range(PASSES - 1 if decoder.coupling_weight else 0):
        found = _sums(decoder, likelihood, at_cell, _factors(decoder, found.on))
    return found


class Edge(NamedTuple):
    """Where a run begins or ends: the middle of its probability, and its 5 % and 95 % points, in seconds."""

    middle_s: float
    low_s: float
    high_s: float

    def stretched(self, factor: float, slack_s: float) -> tuple[float, float]:
        """The range, its sides this many times as long; a side is taken for no shorter than the slack."""
        low_s, high_s = max(self.middle_s - self.low_s, slack_s), max(self.high_s - self.middle_s, slack_s)
        return self.middle_s - factor * low_s, self.middle_s + factor * high_s


Run = tuple[int, int]
"""First and last cell."""


class Stay(NamedTuple):
    """One run of an activity; an edge is None where it runs at the video's edge."""

    cells: Run
    start: Edge | None
    end: Edge | None
    confidence: float
    """Mean probability of its cells."""


def stays(found: Posterior, column: int, cell_s: float, least_confidence: float = 0.5) -> list[Stay]:
    """The runs of cells in which an activity is more likely on than off, and likely enough, in order, with their edges."""
    import numpy as np

    on, cells, near = found.on[:, column], len(found.on), round(NEAR_S / cell_s)
    flags = np.concatenate([[False], on > 0.5, [False]]).astype(int)
    first, after = np.flatnonzero(np.diff(flags) == 1), np.flatnonzero(np.diff(flags) == -1)
    runs = [(int(a), int(b) - 1) for a, b in zip(first, after, strict=True) if on[a:b].mean() >= least_confidence]
    result = []
    for number, (first_on, last_on) in enumerate(runs):
        outer = runs[number - 1][1] if number else 0
        outer_end = runs[number + 1][0] if number + 1 < len(runs) else cells - 1
        rising = _between(on, outer, first_on, last_on)
        falling = _between(on[::-1], cells - 1 - outer_end, cells - 1 - last_on, cells - 1 - first_on)
        from_start = first_on == 0 or (number == 0 and first_on < near and on[0] > MAY_BE_CUT)
        last = number == len(runs) - 1
        to_end = last_on == cells - 1 or (last and last_on >= cells - near and on[-1] > MAY_BE_CUT)
        start = None if from_start else edge(found.begins[:, column], *rising, cell_s)
        end = None if to_end else edge(found.ends[:, column], cells - falling[1], cells - falling[0], cell_s)
        if start is None or end is None or start.middle_s < end.middle_s:
            result.append(Stay((first_on, last_on), start, end, float(on[first_on : last_on + 1].mean())))
    return result


def _between(on: Numbers, outer: int, first_on: int, last_on: int) -> Run:
    """Between which cells a run can begin that is first likely in cell `first_on`: from surely off up to surely on.

    A beginning after the run was surely on would be that of another run, after a gap.
    """
    import numpy as np

    surely_off = np.flatnonzero(on[outer:first_on] <= 1 - SURELY)
    inside = on[first_on : last_on + 1]
    surely_on = np.flatnonzero(inside >= SURELY)
    low = outer + int(surely_off[-1]) if len(surely_off) else outer
    return max(low, 1), first_on + int(surely_on[0] if len(surely_on) else np.argmax(inside))


def edge(mass: Numbers, first: int, last: int, cell_s: float) -> Edge:
    """The edge whose probability by cell [cells] is `mass`, known to lie between these cells."""
    import numpy as np

    total = np.concatenate([[0.0], np.cumsum(mass[first : last + 1] + TINY)])
    edges_s = (first - 0.5 + np.arange(len(total))) * cell_s
    low_s, middle_s, high_s = np.interp(np.array(POINTS) * total[-1], total, edges_s)
    return Edge(float(middle_s), float(low_s), float(high_s))


# --- the states of one activity


class _States(NamedTuple):
    """An activity's states: on or off, for how many cells, and, right after an edge, how long it was the other way before."""

    on: NDArray[np.bool_]
    age: NDArray[np.int64]
    classes: Numbers
    """[states, classes of window]: which class the window that ends in this state's cell has; rows add up to 1."""
    stay: NDArray[np.int64]
    """The state after one more cell without an edge."""
    leave: NDArray[np.int64]
    """The state after an edge."""
    stay_matrix: Numbers
    leave_matrix: Numbers


@lru_cache(maxsize=4)
def _states(window: int, shortest: int, ages: int) -> _States:
    import numpy as np

    keys: list[tuple[bool, int, int]] = []
    for on in (False, True):
        for age in range(1, ages + 1):
            keys += [(on, age, before) for before in range(*_befores(age, window, shortest))]
    place = {key: number for number, key in enumerate(keys)}

    def at(on: bool, age: int, before: int) -> int:
        low, high = _befores(age, window, shortest)
        return place[on, age, min(max(before, low), high - 1)]

    stay = np.array([at(on, min(age + 1, ages), before) for on, age, before in keys])
    leave = np.array([at(not on, 1, age) for on, age, _ in keys])
    classes = np.zeros((len(keys), 2 * window))
    for number, (on, age, before) in enumerate(keys):
        for kind in _classes_of(on, age, before, window):
            classes[number, kind] += 1
    one = np.eye(len(keys))
    return _States(
        np.array([on for on, _, _ in keys]),
        np.array([age for _, age, _ in keys]),
        classes / classes.sum(axis=1, keepdims=True),
        stay,
        leave,
        one[stay],
        one[leave],
    )


def _befores(age: int, window: int, shortest: int) -> tuple[int, int]:
    """Which lengths of the run before must be told apart while the window still reaches back to it: from, and up to below."""
    within = window - age
    return (shortest, within + 1) if within > shortest else (0, 1)


def _classes_of(on: bool, age: int, before: int, window: int) -> list[int]:
    """The classes of the window that ends with the last of `age` cells; a window with two edges is half of each kind."""
    own = min(age, window)
    other = min(before, window - own) if before else window - own
    third = window - own - other
    cells_on = own + third if on else other
    if third == 0:
        return [window_class(cells_on, window, on_at_end=on)]
    return [window_class(cells_on, window, on_at_end=side) for side in (False, True)]


# --- sums over the video


def _likelihood(decoder: Decoder, seen: Seen) -> Numbers:
    """Likelihood of each window's logits for every state, to its power: [windows, labels, states], largest 1."""
    import numpy as np

    states = _table(decoder)
    grid = np.array(decoder.logits)
    table = np.array([decoder.emission[label] for label in decoder.labels])
    place = np.clip((seen.logits - grid[0]) / (grid[1] - grid[0]), 0, len(grid) - 1)
    low = np.minimum(place.astype(int), len(grid) - 2)
    part = (place - low)[..., None]
    label = np.arange(len(decoder.labels))
    by_class = (1 - part) * table[label, :, low] + part * table[label, :, low + 1]
    weight = np.where(seen.fine, decoder.fine.weight, decoder.coarse.weight)[:, None, None]
    logs = weight * np.log(np.exp(by_class) @ states.classes.T + TINY)
    result: Numbers = np.exp(logs - logs.max(axis=2, keepdims=True))
    return result


def _table(decoder: Decoder) -> _States:
    ages = len(decoder.courses[decoder.labels[0]].ends)
    return _states(decoder.window_cells, decoder.shortest_cells, ages)


def _factors(decoder: Decoder, on: Numbers) -> Numbers:
    """By how much the rate of beginnings changes: [cells, labels], from the probability that the others are on."""
    import numpy as np

    table = np.array([[decoder.coupling[one].get(other, 0.0) for one in decoder.labels] for other in decoder.labels])
    result: Numbers = np.clip(np.exp(decoder.coupling_weight * (on @ table)), 1 / LARGEST_FACTOR, LARGEST_FACTOR)
    return result


def _sums(decoder: Decoder, likelihood: Numbers, at_cell: NDArray[np.int64], factors: Numbers | None) -> Posterior:
    """Forward and backward sums of all labels at once."""
    import numpy as np

    states = _table(decoder)
    hazard = _hazards(decoder, states)
    cells = len(at_cell)
    forward = np.empty((cells, *hazard.shape))
    now = _start(decoder, states)
    for cell in range(cells):
        if cell:
            leaving = now * _scaled(hazard, states, factors, cell)
            now = (now - leaving) @ states.stay_matrix + leaving @ states.leave_matrix
        if at_cell[cell] >= 0:
            now = now * likelihood[at_cell[cell]]
        now = now / np.maximum(now.sum(axis=1, keepdims=True), TINY)
        forward[cell] = now
    backward = np.ones_like(hazard)
    for cell in range(cells - 1, -1, -1):
        forward[cell] *= backward
        forward[cell] /= np.maximum(forward[cell].sum(axis=1, keepdims=True), TINY)
        if cell:
            ahead = backward if at_cell[cell] < 0 else backward * likelihood[at_cell[cell]]
            leaves = _scaled(hazard, states, factors, cell)
            backward = (1 - leaves) * ahead[:, states.stay] + leaves * ahead[:, states.leave]
            backward /= np.maximum(backward.max(axis=1, keepdims=True), TINY)
    fresh = states.age == 1
    return Posterior(
        forward[:, :, states.on].sum(axis=2),
        forward[:, :, states.on & fresh].sum(axis=2),
        forward[:, :, ~states.on & fresh].sum(axis=2),
    )


def _hazards(decoder: Decoder, states: _States) -> Numbers:
    """The chance to leave each state: [labels, states]; none before a run has its shortest length."""
    import numpy as np

    rows = []
    for label in decoder.labels:
        course = decoder.courses[label]
        begins, ends = np.array(course.begins), np.array(course.ends)
        row = np.where(states.on, ends[states.age - 1], begins[states.age - 1])
        rows.append(np.where(states.age < decoder.shortest_cells, 0.0, np.minimum(row, LARGEST_HAZARD)))
    return np.stack(rows)


def _scaled(hazard: Numbers, states: _States, factors: Numbers | None, cell: int) -> Numbers:
    import numpy as np

    if factors is None:
        return hazard
    changed: Numbers = np.where(states.on, hazard, np.minimum(hazard * factors[cell][:, None], LARGEST_HAZARD))
    return changed


def _start(decoder: Decoder, states: _States) -> Numbers:
    """Before the first cell nothing is known of how long a state has lasted."""
    import numpy as np

    old = states.age >= decoder.window_cells
    rows = []
    for label in decoder.labels:
        share = decoder.courses[label].on_at_start
        rows.append(np.where(old, np.where(states.on, share, 1 - share), 0.0) / max(1, int((old & states.on).sum())))
    return np.stack(rows)

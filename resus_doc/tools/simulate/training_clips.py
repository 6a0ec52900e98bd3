"""Short clips to train a detector on, drawn from a seed: what goes on in them is far more even than in a course."""

import numpy as np

from resus_doc.schema import Span
from resus_doc.tools.simulate.acts import STEADY_PER_DIFFICULTY, Act, ActKind, make_act
from resus_doc.tools.simulate.scenario import STANDARD, Scenario, any_hospital, compose

_CLIP_SETS: tuple[tuple[tuple[ActKind, ...], float], ...] = (
    ((), 0.05),
    (("ppv",), 0.13),
    (("cpap",), 0.13),
    (("stimulation",), 0.11),
    (("suction",), 0.11),
    (("chest_compressions",), 0.04),
    (("ppv", "chest_compressions"), 0.07),
    (("ppv", "stimulation"), 0.04),
    (("cpap", "stimulation"), 0.04),
    (("suction", "stimulation"), 0.02),
    (("rest",), 0.07),
    (("poise",), 0.09),
    (("hover",), 0.08),
    (("listen",), 0.02),
)


def draw_clip(
    seed: int, difficulty: float = STANDARD, *, duration_s: float | None = None, hospital: str | None = None
) -> Scenario:
    """Draw a short clip for training (2 to 4 s): the activities far more even than in a course, the empty table too.

    Half the clips change from one set of activities to another inside; one in seven shows no baby, or its arrival or
    departure.
    """
    rng = np.random.default_rng([seed, 2])
    hospital = hospital or any_hospital(rng)
    length = float(duration_s if duration_s is not None else round(rng.uniform(2, 4), 2))
    if rng.random() < 0.14:
        acts, stays = _clip_without(rng, length)
    else:
        acts, stays = _clip_with(rng, length, difficulty), [Span(-5.0, length + 5.0)]
    return compose(seed, acts, stays, duration_s=length, difficulty=difficulty, hospital=hospital)


def _clip_without(rng: np.random.Generator, length_s: float) -> tuple[list[Act], list[Span]]:
    chance = rng.random()
    moment = round(float(rng.uniform(0.2, length_s - 0.2)), 3)
    if chance < 0.2:
        return [], [Span(moment, length_s + 5.0)]
    if chance < 0.4:
        return [], [Span(-5.0, moment)]
    busy = rng.random() < 0.4
    return [make_act(rng, "arrange", -1, length_s + 1)] if busy else [], []


def _clip_with(rng: np.random.Generator, length_s: float, difficulty: float) -> list[Act]:
    weights = np.array([w for _, w in _CLIP_SETS])
    chosen = rng.choice(len(_CLIP_SETS), size=2, p=weights / weights.sum())
    if rng.random() < 0.5:
        parts = [(chosen[0], -2.0, length_s + 2.0)]
    else:
        change, gap = rng.uniform(0.2, length_s - 0.2), rng.uniform(0.7, 1.5)
        parts = [(chosen[0], -2.0, change - gap / 2), (chosen[1], change + gap / 2, length_s + 2.0)]
    acts: list[Act] = []
    for index, start, end in parts:
        kinds = _CLIP_SETS[int(index)][0]
        acts += [make_act(rng, kind, start, end, difficulty) for kind in kinds]
        if kinds and "rest" not in kinds and rng.random() < STEADY_PER_DIFFICULTY * difficulty:
            acts.append(make_act(rng, "steady", start, end, difficulty))
        elif set(kinds) <= {"ppv", "cpap", "hover"} and rng.random() < 0.4:
            acts.append(make_act(rng, "rest", start, end, difficulty))
    return acts

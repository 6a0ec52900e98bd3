"""Draws the pairs that only motion tells apart into docs/pairs, two seconds in 16 frames each: a person should look.

Three pairs a single frame tells apart: the empty table, where neither half has a baby and the hands of one are busy with things,
and a mask and a catheter that lie there unused.

Prints what a judge of single frames gets on 300 recordings who takes every look-alike for its activity: F1 by moment.

python scripts/look_alikes.py
"""

from pathlib import Path

import numpy as np

from resus_doc.schema import Span
from resus_doc.tools.simulate.acts import ActKind, make_act
from resus_doc.tools.simulate.render import Renderer
from resus_doc.tools.simulate.scenario import STANDARD, compose, draw

OUT = Path("docs/pairs")
PAIRS: dict[str, tuple[tuple[ActKind, ...], tuple[ActKind, ...]]] = {
    "stimulation-or-hand-at-rest": (("stimulation",), ("rest",)),
    "ppv-or-cpap": (("ppv",), ("cpap",)),
    "cpap-or-mask-held-over-the-face": (("cpap",), ("hover",)),
    "suction-or-catheter-held-ready": (("suction",), ("poise",)),
    "empty-table-still-or-with-busy-hands": ((), ("arrange",)),
    "cpap-or-mask-lying-by-the-face": (("rest", "cpap"), ("rest",)),
    "suction-or-catheter-lying-on-the-table": (("rest", "suction"), ("rest",)),
}
TWO_HANDED: tuple[ActKind, ...] = ("cpap", "hover")
"""Drawn with a second hand, as PPV always is: else the number of hands would tell a pair apart."""
FRAMES, FRAMES_PER_S, SIZE = 16, 8, (160, 120)


def sheet(kinds: tuple[ActKind, ...], seed: int) -> np.ndarray:
    """Two rows of eight frames; the same seed gives the same room, hands and places."""
    acts = [make_act(np.random.default_rng(seed), kind, -2, 6, STANDARD) for kind in kinds]
    acts = [
        act.model_copy(update={"variant": max(act.variant, 0.6)}) if act.kind in TWO_HANDED else act for act in acts
    ]
    stays = [] if set(kinds) <= {"arrange"} else [Span(-5, 10)]
    scenario = compose(seed, acts, stays, duration_s=4, difficulty=STANDARD, hospital="aurora")
    renderer = Renderer(scenario, *SIZE)
    frames = [renderer.frame(1 + k / FRAMES_PER_S) for k in range(FRAMES)]
    return np.concatenate([np.concatenate(frames[i : i + 8], axis=1) for i in (0, 8)], axis=0)


TAKEN_FOR: dict[str, tuple[tuple[ActKind, ...], ActKind]] = {
    "ventilation": (("ppv", "cpap"), "hover"),
    "stimulation": (("stimulation",), "rest"),
    "suction": (("suction",), "poise"),
}


def taken_for_the_activity(recordings: int = 300) -> dict[str, float]:
    """F1 of each activity over every second of recordings, where its look-alike counts as the activity."""
    real, alike = dict.fromkeys(TAKEN_FOR, 0), dict.fromkeys(TAKEN_FOR, 0)
    for seed in range(5000, 5000 + recordings):
        scenario = draw(seed)
        for t_s in np.arange(1, scenario.duration_s):
            kinds = {act.kind for act in scenario.acts if act.start_s <= t_s <= act.end_s}
            for name, (activity, look_alike) in TAKEN_FOR.items():
                real[name] += bool(kinds & set(activity))
                alike[name] += look_alike in kinds and not kinds & set(activity)
    return {name: 2 * real[name] / (2 * real[name] + alike[name]) for name in TAKEN_FOR}


def main() -> None:
    import cv2

    OUT.mkdir(parents=True, exist_ok=True)
    for number, (name, sides) in enumerate(PAIRS.items()):
        line = np.full((6, 8 * SIZE[0], 3), 255, np.uint8)
        both = np.concatenate([sheet(sides[0], 11 + number), line, sheet(sides[1], 11 + number)], axis=0)
        cv2.imwrite(str(OUT / f"{name}.jpg"), both[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])
    scores = taken_for_the_activity()
    print(
        {name: round(score, 3) for name, score in scores.items()}, "mean", round(float(np.mean([*scores.values()])), 3)
    )


if __name__ == "__main__":
    main()

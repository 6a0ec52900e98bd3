"""Fits the temporal decoder of the shipped detector and puts it into its bundle. Run it after every training.

    python scripts/fit_decoder.py [--videos 24] [--courses 400]

Courses come from scenarios of training seeds (no pixels), the rest from the detector's windows on validation videos, which
`decoder_data.py` renders once. Nothing here touches test seeds.
"""

import argparse
import json

import torch
from decoder_data import example, grid_of, looked, recording, scenarios
from detector_data import DIFFICULTIES

from resus_doc.models import bundle, bundle_writer
from resus_doc.models.decoder import DECODER_FILE
from resus_doc.models.decoder_fit import fit
from resus_doc.settings import DEFAULT_DETECTOR


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=24, help="validation videos")
    parser.add_argument("--courses", type=int, default=400, help="training recordings whose courses are counted")
    options = parser.parse_args()
    torch.set_num_threads(1)
    videos = looked("validation", options.videos)
    config = bundle.DetectorConfig.model_validate_json((DEFAULT_DETECTOR / bundle.CONFIG_FILE).read_text("utf-8"))
    facts = {
        "script": "scripts/fit_decoder.py",
        "training_recordings": options.courses,
        "validation_videos": options.videos,
        "difficulties": list(DIFFICULTIES),
    }
    training = [recording(scenario) for scenario in scenarios("train", options.courses)]
    grid = grid_of(videos[0].dense, config.stride_s)
    decoder = fit(training, [example(video) for video in videos], grid, facts)
    text = json.dumps(decoder.model_dump(mode="json"), indent=None, separators=(",", ":"))
    bundle_writer.put(DEFAULT_DETECTOR, {DECODER_FILE: text + "\n"})
    print(json.dumps(decoder.fitted, indent=1))
    print("coarse", decoder.coarse, "fine", decoder.fine, "coupling weight", decoder.coupling_weight)


if __name__ == "__main__":
    main()

"""Trains the rows that stand beside the shipped detector in `benchmarks/detector_figures.py`, each as a bundle of its own.

    python scripts/detector_baselines.py head          # the head alone on the frozen base
    python scripts/detector_baselines.py single        # as the shipped one, but one frame of each clip, standing still
    python scripts/detector_baselines.py shuffled      # as the shipped one, but the frames of each clip in an order of chance
    python scripts/detector_baselines.py full          # every weight of the base learns, without an adapter
    python scripts/detector_baselines.py equal         # as the shipped one, in as many steps as these are given
    python scripts/detector_baselines.py timesformer   # from nothing, or first as the base where its clips are there

They learn from the same rendered clips (`detector_data.py train`) for as many steps as the shipped one in all its stages, and are
tuned on the same validation videos. Bundles go to build/detector/bundles; each stage can be stopped and started again.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from detector_data import DATA, EASY, FRAME_SIZE, LABELS, load
from detector_ship import BUILD, VIDEOS, first_config, validation_videos
from safetensors.torch import save_file
from torch import nn
from train_detector import STAGES, load_base, log

from resus_doc.models import bundle_writer, clips, pretraining, timesformer, training
from resus_doc.models.bundle_writer import Parts
from resus_doc.models.detector import choose_device
from resus_doc.models.training import Clips, Recipe
from resus_doc.models.views import View
from resus_doc.models.weights import bare, new_head
from resus_doc.tools.simulate.things import Thing

BUNDLES = BUILD / "bundles"
VIEWS: dict[str, View] = {"single": "single", "shuffled": "shuffled"}
RATES = {"head": 2e-3, "single": 2e-3, "shuffled": 2e-3, "full": 5e-4, "equal": 2e-3, "timesformer": 5e-4}
ADAPTED = ("single", "shuffled", "equal")
HEAD_STEPS = 150
SIGHT_STEPS = 700
"""As long as the base learns to see."""


def train(stage: str, steps: int, first: int, clip_count: int | None, sight: int, videos: int, device: str) -> None:
    """Train one row and write its bundle."""
    root, view = BUILD / stage, VIEWS.get(stage, "all")
    model, facts = _start(stage, root, sight, device)
    torch.manual_seed(1)
    head = new_head(clips.hidden_size(model.get_base_model()), len(LABELS)).to(device)
    frames, flags = load("train", first, clip_count)
    recipe = Recipe(steps=steps, learning_rate=RATES[stage], weight_decay=0.01, seed=1, turned=True)
    training.train_adapter(model, head, Clips(frames, flags), recipe, root / "checkpoint.pt", log, view=view)
    facts |= {"steps": steps, "clips": len(frames), "batch": recipe.batch, "frames": view, "turned": True}
    finish(stage, _saved(stage, root, model, head), facts, videos)


def _start(stage: str, root: Path, sight: int, device: str) -> tuple[nn.Module, dict]:
    """The model before it meets an activity, and what is to be told of it."""
    torch.manual_seed(1)
    if stage == "head":
        return bare(load_base().requires_grad_(False)).to(device), {}
    if stage == "full":
        return bare(load_base()).to(device), {}
    if stage in ADAPTED:
        return training.add_adapter(load_base().requires_grad_(False)).to(device), {}
    model = timesformer.new(FRAME_SIZE).to(device)
    sight = sight if any((DATA / "base").glob("*.npz")) else 0
    if sight:
        seen, recipe = Clips(*load("base", limit=EASY["base"])), Recipe(steps=sight, learning_rate=5e-4)
        pretraining.pretrain_timesformer(model, seen, len(Thing), recipe, root / "sight.ckpt", log)
    return bare(model), {"architecture": timesformer.named(model.config), "sight_steps": sight}


def _saved(stage: str, root: Path, model: nn.Module, head: nn.Module) -> Parts:
    """The trained parts on disk, in half precision."""
    root.mkdir(parents=True, exist_ok=True)
    save_file({name: t.contiguous() for name, t in head.state_dict().items()}, root / "head.safetensors")
    if stage in ("full", "timesformer"):
        model.get_base_model().half().save_pretrained(root / "base")
        return Parts(root / "base", None, root / "head.safetensors")
    if stage in ADAPTED:
        model.half().save_pretrained(root / "adapter")
    return Parts(BUILD / "base", root / "adapter" if stage in ADAPTED else None, root / "head.safetensors")


def finish(stage: str, parts: Parts, facts: dict, videos: int) -> None:
    """Tune on the validation videos and write the bundle."""
    update = {"adapter": parts.adapter is not None, "view": VIEWS.get(stage, "all")}
    detector = bundle_writer.assembled(parts, first_config().model_copy(update=update))
    tuned = bundle_writer.calibrated(detector, validation_videos(videos))
    log(f"{stage}, validation videos: {tuned.figures}")
    method = "lora" if stage in ADAPTED else stage
    told = {
        "method": method,
        "made_for": "comparison on simulated video drawn by this package; not for patients",
        "script": "scripts/detector_baselines.py",
        method: facts,
        "validation_videos": videos,
        "validation_f1": tuned.figures,
    }
    frames, flags = load("calibration", limit=250)
    golden = np.array(frames[int(np.argmax(flags.sum(1)))])
    bundle_writer.write(BUNDLES / stage, parts, detector, tuned.config.model_copy(update={"training": told}), golden)
    log(f"{BUNDLES / stage} is written")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=tuple(RATES))
    parser.add_argument(
        "--steps", type=int, help="optimiser steps of 32 clips; usually those of all the shipped one's stages"
    )
    parser.add_argument("--first", type=int, default=0, help="the first of the rendered clips to learn from")
    parser.add_argument("--clips", type=int, help="how many of the rendered clips to learn from; usually all")
    parser.add_argument("--sight", type=int, default=SIGHT_STEPS, help="steps in which a TimeSformer learns to see")
    parser.add_argument("--videos", type=int, default=VIDEOS, help="validation videos to tune on")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda: what trains")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    steps = options.steps or usual_steps(options.stage)
    device = choose_device(options.device)
    train(options.stage, steps, options.first, options.clips, options.sight, options.videos, device)


def usual_steps(stage: str) -> int:
    """All steps of the adapter's training; the head alone, on a base that stays, needs no more than these."""
    if stage == "head":
        return HEAD_STEPS
    found = [BUILD / name / "training.json" for name in reversed(STAGES) if (BUILD / name / "training.json").exists()]
    if not found:
        raise SystemExit("Train the adapter first (scripts/train_detector.py), or give --steps.")
    return steps_in(json.loads(found[0].read_text(encoding="utf-8")))


def steps_in(facts: dict) -> int:
    """The steps of a stage and of those before it."""
    return facts["steps"] + sum(steps_in(part) for part in facts.values() if isinstance(part, dict))


if __name__ == "__main__":
    main()

"""Trains the shipped detector bundle from nothing, in stages that can be stopped and started again.

    python scripts/detector_data.py base 6000          # clips for each stage, once
    python scripts/detector_data.py train 12000
    python scripts/detector_data.py calibration 1000
    python scripts/train_detector.py base              # learns to see; no activity label
    python scripts/train_detector.py head              # head alone on the frozen base, for comparison
    python scripts/train_detector.py lora              # adapter and head, on easy clips
    python scripts/detector_data.py train 24000 --first 12000
    python scripts/train_detector.py wide              # goes on with them on clips of any difficulty
    python scripts/train_detector.py ship              # tunes on validation videos, writes the bundle

Checkpoints and logs lie in build/detector; the bundle goes to resus_doc/assets/detector.
"""

import argparse
import json
from pathlib import Path

import torch
from detector_data import DENSE_GRID, EASY, FRAME_SIZE, LABELS, load
from safetensors.torch import load_file, save_file
from torch import nn

from resus_doc.models import backbone, detector, evaluation, training
from resus_doc.models.detector import new_head
from resus_doc.models.training import Clips, Recipe, Vocabulary
from resus_doc.tools.simulate.render import Thing

BUILD = Path("build/detector")
WORDS = Vocabulary(len(Thing), DENSE_GRID)
HIDDEN, LAYERS = 160, 3
STEPS = {"head": 150, "lora": 320, "wide": 600}


def new_base() -> nn.Module:
    return backbone.new_base(image_size=FRAME_SIZE, hidden_size=HIDDEN, layers=LAYERS, vocabulary=WORDS.size)


def train_base(steps: int) -> None:
    frames, dense = load("base")
    base = new_base()
    recipe = Recipe(steps=steps, learning_rate=2e-3)
    training.pretrain(base, Clips(frames[:-256], dense[:-256]), WORDS, recipe, BUILD / "base.ckpt", log)
    gate = training.sight(base, Clips(frames[-256:], dense[-256:]), WORDS)
    log(f"gate: {gate}")
    if gate["caption_loss_shuffled"] < gate["caption_loss"] + 0.1:
        raise SystemExit(f"The base is blind: {gate}. Train it longer before any LoRA.")
    base.half().save_pretrained(BUILD / "base")
    (BUILD / "gate.json").write_text(json.dumps({**gate, "steps": steps, "clips": len(frames) - 256}))


def load_base() -> nn.Module:
    return detector.load_base(BUILD / "base").eval()


def train_top(method: str, steps: int) -> None:
    """`head`: the base stays frozen. `lora`: adapter and head. `wide`: those of `lora` go on, with harder clips."""
    torch.manual_seed(1)
    easy = method != "wide"
    frames, flags = load("train", limit=EASY["train"]) if easy else load("train", EASY["train"])
    model = load_base().requires_grad_(False)
    head = new_head(HIDDEN, len(LABELS))
    if method == "lora":
        model = training.add_adapter(model)
    elif method == "wide":
        model = load_adapter(model)
        head.load_state_dict(load_file(BUILD / "lora" / "head.safetensors"))
    recipe = Recipe(steps=steps, learning_rate=2e-3 if easy else 1.5e-3, weight_decay=0.01, seed=1)
    training.train_adapter(model, head, Clips(frames, flags), recipe, BUILD / f"{method}.ckpt", log)
    watch(model, head)
    facts = {"steps": steps, "clips": len(frames), "batch": recipe.batch}
    if not easy:
        facts["easy"] = json.loads((BUILD / "lora" / "training.json").read_text())
    save_top(method, model, head, facts)


def load_adapter(base: nn.Module) -> nn.Module:
    """The adapter of the `lora` stage on its base, able to learn on."""
    from peft import PeftModel

    return PeftModel.from_pretrained(base, str(BUILD / "lora" / "adapter"), is_trainable=True).float()


def save_top(method: str, model: nn.Module, head: nn.Module, facts: dict) -> None:
    folder = BUILD / method
    folder.mkdir(parents=True, exist_ok=True)
    if method in ("lora", "wide"):
        model.half().save_pretrained(folder / "adapter")
    save_file({name: t.contiguous() for name, t in head.state_dict().items()}, folder / "head.safetensors")
    (folder / "training.json").write_text(json.dumps(facts))


def watch(model: nn.Module, head: nn.Module) -> None:
    """F1 on single clips of other scenes; evenly drawn, so not the figures of whole videos."""
    frames, flags = load("calibration")
    flags = flags.astype(bool)
    logits = training.clip_logits(model, head, frames).astype(float)
    thresholds = evaluation.best_thresholds(evaluation.sigmoid(logits), flags, LABELS)
    for j, label in enumerate(LABELS):
        result = evaluation.score(flags[:, j], evaluation.sigmoid(logits[:, j]) >= thresholds[label])
        log(f"  clips {label}: F1 {result.f1:.3f}  precision {result.precision:.3f}  recall {result.recall:.3f}")


def log(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=("base", "head", "lora", "wide", "ship"))
    parser.add_argument("--steps", type=int, help="optimiser steps of 32 clips")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.stage == "base":
        train_base(options.steps or 700)
    elif options.stage in STEPS:
        train_top(options.stage, options.steps or STEPS[options.stage])
    else:
        from detector_ship import ship

        ship()


if __name__ == "__main__":
    main()

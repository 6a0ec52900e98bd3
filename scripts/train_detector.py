"""Trains the shipped detector bundle from nothing, in stages that can be stopped and started again.

    python scripts/detector_data.py base 6750          # clips for each stage, once; the last 750 ask whether the base sees
    python scripts/detector_data.py train 12000
    python scripts/detector_data.py calibration 1000
    python scripts/train_detector.py base              # learns to see; no activity label. `gate` asks again whether it does
    python scripts/train_detector.py head              # head alone on the frozen base, for comparison
    python scripts/train_detector.py lora              # adapter and head, on easy clips
    python scripts/detector_data.py train 24000 --first 12000
    python scripts/train_detector.py wide              # goes on with them on clips of any difficulty
    python scripts/detector_data.py train 33000 --first 24000
    python scripts/train_detector.py further           # and on further ones
    python scripts/detector_data.py train 45000 --first 33000
    python scripts/train_detector.py turned            # on clips seen turned by quarters, as cameras hang any way round
    python scripts/train_detector.py late              # and on more of them
    python scripts/detector_data.py train 55000 --first 45000
    python scripts/train_detector.py mixed             # and on clips of rooms that are of no family
    python scripts/train_detector.py ship              # tunes on validation videos, writes the bundle

Checkpoints and logs lie in build/detector; the bundle goes to resus_doc/assets/detector.
"""

import argparse
import json
from pathlib import Path
from typing import NamedTuple

import torch
from detector_data import DENSE_GRID, EASY, FRAME_SIZE, LABELS, MIXED_FROM, load
from safetensors.torch import load_file, save_file
from torch import nn

from resus_doc.models import evaluation, pretraining, sight, small_vlm, training, weights
from resus_doc.models.detector import choose_device
from resus_doc.models.pretraining import Vocabulary
from resus_doc.models.training import Clips, Recipe
from resus_doc.models.weights import new_head
from resus_doc.tools.simulate.things import Thing

BUILD = Path("build/detector")
WORDS = Vocabulary(len(Thing), DENSE_GRID)
HIDDEN, LAYERS = 160, 3
POINTED = (Thing.HEAD, Thing.MASK, Thing.HAND, Thing.CATHETER)
SEES = 10
"""How many times as often as by chance a linear probe of the base must point at each of them."""


class Stage(NamedTuple):
    """What one stage of the adapter's training learns from."""

    before: str | None
    """The stage whose adapter and head go on; None is a new one."""
    first: int
    """Its first clip."""
    clips: int
    steps: int
    learning_rate: float = 1.5e-3
    turned: bool = False
    """Whether its clips are seen turned by quarters."""


STAGES = {
    "head": Stage(None, 0, EASY["train"], 150, 2e-3),
    "lora": Stage(None, 0, EASY["train"], 320, 2e-3),
    "wide": Stage("lora", EASY["train"], 12000, 600),
    "further": Stage("wide", 24000, 9000, 450),
    "turned": Stage("further", 33000, 4000, 300, turned=True),
    "late": Stage("turned", 37000, 8000, 700, turned=True),
    "mixed": Stage("late", MIXED_FROM, 10000, 800, turned=True),
}
LAST = "mixed"
"""The stage that is shipped."""


def new_base() -> nn.Module:
    return small_vlm.new_base(image_size=FRAME_SIZE, hidden_size=HIDDEN, layers=LAYERS, vocabulary=WORDS.size)


def train_base(steps: int, device: str) -> None:
    frames, dense = load("base", limit=EASY["base"])
    base = new_base().to(device)
    recipe = Recipe(steps=steps, learning_rate=2e-3)
    pretraining.pretrain(base, Clips(frames, dense), WORDS, recipe, BUILD / "base.ckpt", log)
    base.half().save_pretrained(BUILD / "base")
    (BUILD / "base.json").write_text(json.dumps({"steps": steps, "clips": len(frames)}))
    gate(device)


def gate(device: str) -> None:
    """Whether the base sees, on clips it did not learn from; before that no adapter is trained."""
    base, (frames, dense) = load_base().to(device), load("base", EASY["base"])
    half = len(frames) // 2
    learned, asked = Clips(frames[:half], dense[:half]), Clips(frames[half:], dense[half:])
    found = sight.caption_gate(base, asked, WORDS)
    log(f"gate: {found}")
    pointed = sight.point(base, learned, asked, {thing.name.lower(): int(thing) for thing in POINTED})
    for name, each in pointed.items():
        log(f"  {name}: found in {each.share:.3f} of {each.clips} clips (by chance {each.by_chance:.3f})")
    blind = found["caption_loss_shuffled"] < found["caption_loss"] + 0.1
    if blind or any(each.share < SEES * each.by_chance for each in pointed.values()):
        raise SystemExit("The base does not see well enough. Train it longer before any LoRA.")
    facts = {
        **json.loads((BUILD / "base.json").read_text()),
        **found,
        "pointed": {name: each._asdict() for name, each in pointed.items()},
    }
    (BUILD / "gate.json").write_text(json.dumps(facts))


def load_base() -> nn.Module:
    return weights.load_base(BUILD / "base").eval()


def train_top(name: str, steps: int | None, device: str) -> None:
    """`head`: the base stays frozen. The other stages: adapter and head."""
    torch.manual_seed(1)
    stage = STAGES[name]
    frames, flags = load("train", stage.first, stage.clips)
    model = load_base().requires_grad_(False)
    head = new_head(HIDDEN, len(LABELS))
    if stage.before is not None:
        model = load_adapter(model, stage.before)
        head.load_state_dict(load_file(BUILD / stage.before / "head.safetensors"))
    elif name != "head":
        model = training.add_adapter(model)
    recipe = Recipe(
        steps=steps or stage.steps,
        learning_rate=stage.learning_rate,
        weight_decay=0.01,
        seed=1,
        turned=stage.turned,
    )
    model, head = model.to(device), head.to(device)
    training.train_adapter(model, head, Clips(frames, flags), recipe, BUILD / f"{name}.ckpt", log)
    watch(model, head)
    facts: dict = {"steps": recipe.steps, "clips": len(frames), "batch": recipe.batch}
    if stage.turned:
        facts["turned"] = True
    if stage.first >= MIXED_FROM:
        facts["mixed_rooms"] = True
    if stage.before is not None:
        facts["before"] = json.loads((BUILD / stage.before / "training.json").read_text())
    save_top(name, model, head, facts)


def load_adapter(base: nn.Module, stage: str) -> nn.Module:
    """The adapter of a stage on its base, able to learn on."""
    from peft import PeftModel

    return PeftModel.from_pretrained(base, str(BUILD / stage / "adapter"), is_trainable=True).float()


def save_top(name: str, model: nn.Module, head: nn.Module, facts: dict) -> None:
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    if name != "head":
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
    parser.add_argument("stage", choices=("base", "gate", *STAGES, "ship"))
    parser.add_argument("--steps", type=int, help="optimiser steps of 32 clips")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--device", default="auto", help="auto, cpu or cuda: what trains; the bundle is made on the CPU"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = choose_device(options.device)
    if options.stage == "base":
        train_base(options.steps or 700, device)
    elif options.stage == "gate":
        gate(device)
    elif options.stage in STAGES:
        train_top(options.stage, options.steps, device)
    else:
        from detector_ship import ship

        ship(LAST, STAGES[LAST].first)


if __name__ == "__main__":
    main()

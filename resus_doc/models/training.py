"""Trains the detector: a LoRA adapter, or the whole model, and a head on a base that sees (`pretraining` makes one).

Every training can be stopped and resumed: a checkpoint holds weights, optimiser and step, and the order of clips follows
from seed and step. It does not know videos or renderers: clips come as arrays.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resus_doc.errors import ResourceMissing
from resus_doc.models import backbones, views
from resus_doc.models import clips as windows
from resus_doc.models.backbones.own import OwnBase
from resus_doc.models.views import View

STUDY_TARGETS = r".*(q_proj|v_proj)"
"""What the study's adapter changes of the in-project base; of real families it is the decoder's (`backbones`)."""


class ClipSource(Protocol):
    """Clips that are put together when they are asked for."""

    def __len__(self) -> int:
        """How many clips there are."""

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The clips of these rows."""


class Clips(NamedTuple):
    """Clips of one window each, with what is to be learned of them."""

    frames: NDArray[np.uint8] | ClipSource
    """[n, 1 + window frames, S, S, 3]: one frame before the window, for its first difference."""
    targets: NDArray[np.uint8] | NDArray[np.bool_]
    """Base: [n, pairs, 2, grid, grid], what each patch shows now and a pair ago. Adapter: [n, labels] flags."""


@dataclass(frozen=True)
class Recipe:
    """How one stage is trained."""

    steps: int
    batch: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    seed: int = 0
    checkpoint_every: int = 100
    accumulate: int = 1
    """Batches whose gradients make one step."""
    grid_fps: float | None = None
    """Frames a second of the clips, for families whose positions count time; None is the family's usual rate."""
    turned: bool = False
    """Whether clips are seen turned by quarters: a camera over a table may hang any way round."""


@dataclass(frozen=True)
class Adapter:
    """Size and place of a LoRA adapter. `needs` are kinds of layers of which each must have got one.

    Place and needs are for the in-project base; in a real family it sits where that says.
    """

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: str = OwnBase.lora_targets
    needs: tuple[str, ...] = ("q_proj", "v_proj", "down_proj", "linear_1", "to_tokens", "stages")


STUDY_ADAPTER = Adapter(16, 32, 0.1, STUDY_TARGETS, ("q_proj", "v_proj"))


Log = Callable[[str], None]
After = Callable[[int, dict[str, float]], bool]
"""Called after each checkpoint with the steps done and the running losses; True ends the training."""


class Checkpoint:
    """What can learn, optimiser and step in one file, replaced whole. Frozen weights are not in it: the base has them."""

    def __init__(self, path: Path, modules: dict[str, nn.Module], optimiser: torch.optim.Optimizer) -> None:
        self.path, self.modules, self.optimiser = path, modules, optimiser

    def load(self) -> int:
        """Restore and give the step to go on from; 0 if there is no checkpoint.

        Raises:
            ResourceMissing: it is damaged, or of another model.
        """
        if not self.path.exists():
            return 0
        try:
            stored = torch.load(self.path, weights_only=True, map_location="cpu")
            for name, module in self.modules.items():
                state = stored["modules"][name]
                module.load_state_dict({key: state[key] for key in _learned(module)}, strict=False)
            self.optimiser.load_state_dict(stored["optimiser"])
            return int(stored["step"])
        except torch.OutOfMemoryError:  # a RuntimeError too, and not the checkpoint's fault
            raise
        except (OSError, EOFError, UnpicklingError, RuntimeError, ValueError, KeyError, TypeError) as error:
            raise ResourceMissing(
                f"The checkpoint {self.path} cannot be used ({type(error).__name__}).",
                "Remove it to train from the first step again.",
            ) from error

    def save(self, step: int) -> None:
        """Store after `step` steps; the one before stands until the new one is whole.

        Raises:
            OSError: it cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        modules = {name: _learned(module) for name, module in self.modules.items()}
        try:
            torch.save({"step": step, "modules": modules, "optimiser": self.optimiser.state_dict()}, partial)
            partial.replace(self.path)
        except RuntimeError as error:  # how torch reports a failed write depends on where it fails
            raise OSError(f"{self.path} could not be written: {error}") from error
        finally:
            partial.unlink(missing_ok=True)

    def told(self) -> str:
        """What a training that breaks down leaves."""
        if not self.path.exists():
            return "no checkpoint was stored yet"
        return f"the checkpoint {self.path} of an earlier step stands"


def _learned(module: nn.Module) -> dict[str, Tensor]:
    """The weights that can learn, and the statistics that go with them."""
    frozen = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    known = {name for name, _ in (*module.named_parameters(), *module.named_buffers())} - frozen
    return {name: value for name, value in module.state_dict().items() if name in known}


def add_adapter(base: Any, rank: int = 16, adapter: Adapter | None = None) -> Any:
    """A PEFT LoRA model around the base; only the adapter can learn. Without `adapter` the in-project one of this rank.

    Raises:
        RuntimeError: a layer that should get an adapter got none. A list of names skips silently what it does not find.
    """
    from peft import LoraConfig, get_peft_model

    chosen, family = adapter or Adapter(rank, 2 * rank), backbones.of(base.config)
    if family.adapted_layers is not None:
        chosen = replace(chosen, targets=family.lora_targets, needs=())
    config = LoraConfig(
        r=chosen.rank, lora_alpha=chosen.alpha, lora_dropout=chosen.dropout, target_modules=chosen.targets
    )
    try:
        model = get_peft_model(base, config)
    except ValueError as error:
        raise RuntimeError(f"LoRA found no layer to adapt: {error}") from error
    adapted = [name for name, _ in model.named_parameters() if "lora_A" in name]
    if family.adapted_layers is not None and len(adapted) != family.adapted_layers:
        raise RuntimeError(f"LoRA found {len(adapted)} layers in the base, not {family.adapted_layers}")
    for part in chosen.needs:
        if not any(part in name for name in adapted):
            raise RuntimeError(f"LoRA found no layer '{part}' in the base")
    return model


def clamped_weight(flags: Tensor) -> Tensor:
    """The project's weight [labels] of positives in the loss, from flags [n, labels]: at most four, at least a quarter."""
    share = flags.mean(0).clamp(0.02, 0.98)
    return ((1 - share) / share).clamp(0.25, 4.0)


def plain_weight(flags: Tensor) -> Tensor:
    """The study's weight [labels] of positives: negatives over positives; one for a label that never occurs."""
    positives = flags.sum(0)
    return torch.where(positives > 0, (len(flags) - positives) / positives.clamp_min(1), 1.0)


def train_adapter(
    model: Any,
    head: nn.Module,
    clips: Clips,
    recipe: Recipe,
    checkpoint: Path,
    log: Log = print,
    after: After | None = None,
    view: View = "all",
    pos_weight: Tensor | None = None,
) -> None:
    """Teach activities to what can learn in the model and to a head; with nothing trainable, to the head alone.

    `pos_weight` [labels] is the weight of positives in the loss; without it `clamped_weight`.
    """
    model.eval()  # the tower's batch statistics stay those of the base
    device = next(head.parameters()).device
    flags = torch.from_numpy(clips.targets.astype(np.float32)).to(device)
    weight = clamped_weight(flags) if pos_weight is None else pos_weight.to(device)
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    dropouts = [part for name, part in model.named_modules() if "lora_dropout" in name]

    def loss_of(rows: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        frames = torch.from_numpy(views.for_training(clips.frames[rows], view, rng))
        frames = _varied(_turned(frames, rng) if recipe.turned else frames, rng)
        _set_mode(dropouts, training=True)  # until the gradients are there: `learning.recompute` drops out once more
        states = windows.pooled(base, frames.to(device), still=view == "single", grid_fps=recipe.grid_fps)
        loss = functional.binary_cross_entropy_with_logits(head(states.float()), flags[rows], pos_weight=weight)
        return loss, {"bce": loss.item()}

    def look(step: int, losses: dict[str, float]) -> bool:
        _set_mode(dropouts, training=False)
        return after is not None and after(step, losses)

    try:
        optimise({"model": model, "head": head}, recipe, len(clips.frames), loss_of, checkpoint, log, look)
    finally:
        _set_mode(dropouts, training=False)


def _set_mode(parts: Sequence[nn.Module], *, training: bool) -> None:
    for part in parts:
        part.train(training)


def clip_logits(model: Any, head: nn.Module, frames: NDArray[np.uint8], view: View = "all") -> NDArray[np.float32]:
    """Logits [n, labels] of clips [n, 1 + frames, S, S, 3]; of several views the surest."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    device = next(head.parameters()).device
    with torch.inference_mode():
        shown = np.stack([views.shown(clip, view) for clip in frames])
        some = _split(shown.reshape(-1, *frames.shape[1:]))
        parts = [head(windows.pooled(base, part.to(device)).float()) for part in some]
        result: NDArray[np.float32] = torch.cat(parts).unflatten(0, shown.shape[:2]).amax(1).cpu().numpy()
    return result


def optimise(
    modules: dict[str, nn.Module],
    recipe: Recipe,
    clips: int,
    loss_of: Callable[[NDArray[np.int64], np.random.Generator], tuple[Tensor, dict[str, float]]],
    checkpoint: Path,
    log: Log,
    after: After | None = None,
) -> None:
    """AdamW with warm-up and cosine decay; bfloat16 on CUDA and where the processor has it.

    Raises:
        FloatingPointError: loss, gradients or weights became NaN or infinite; the last checkpoint stands.
    """
    weights = [p for module in modules.values() for p in module.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    store = Checkpoint(checkpoint, modules, optimiser)
    started = time.monotonic()
    averages: dict[str, float] = {}
    begun = store.load()
    if begun and after is not None and after(begun, averages):  # a kill may have come between checkpoint and look
        return
    for step in range(begun, recipe.steps):
        rng = np.random.default_rng([recipe.seed, step])
        torch.manual_seed(recipe.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * _schedule(step / recipe.steps)
        parts = _gradients(weights, recipe, _rows(recipe, clips, step), loss_of, rng)
        if not all(map(math.isfinite, parts.values())):
            raise FloatingPointError(f"The loss is {parts} at step {step}; {store.told()}.")
        if not math.isfinite(nn.utils.clip_grad_norm_(weights, 1.0)):
            raise FloatingPointError(f"A gradient is not finite at step {step}; {store.told()}.")
        optimiser.step()
        averages = {name: 0.95 * averages.get(name, value) + 0.05 * value for name, value in parts.items()}
        if (step + 1) % recipe.checkpoint_every == 0 or step + 1 == recipe.steps:
            if not all(bool(torch.isfinite(each).all()) for each in weights):
                raise FloatingPointError(f"A weight is NaN at step {step}; {store.told()}.")
            store.save(step + 1)
            told = "  ".join(f"{name} {value:.3f}" for name, value in averages.items())
            log(f"step {step + 1}/{recipe.steps}  {told}  {time.monotonic() - started:.0f} s")
            if after is not None and after(step + 1, averages):
                return


def _rows(recipe: Recipe, clips: int, step: int) -> NDArray[np.int64]:
    """The clips of one step: each once in an epoch, in an order that a resumed training finds again."""
    size = recipe.batch * recipe.accumulate
    epoch, at = divmod(step, max(1, clips // size))
    order: NDArray[np.int64] = np.random.default_rng([recipe.seed, 7, epoch]).permutation(clips)
    return order[at * size : (at + 1) * size]


def _gradients(
    weights: list[nn.Parameter],
    recipe: Recipe,
    rows: NDArray[np.int64],
    loss_of: Callable[[NDArray[np.int64], np.random.Generator], tuple[Tensor, dict[str, float]]],
    rng: np.random.Generator,
) -> dict[str, float]:
    """Leave the gradients of one step in the weights and give the mean parts of its loss."""
    for weight in weights:
        weight.grad = None
    kind = weights[0].device.type
    found: list[dict[str, float]] = []
    for some in np.split(rows, recipe.accumulate):
        with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" or _native_bfloat16()):
            loss, parts = loss_of(some, rng)
        (loss / recipe.accumulate).backward()
        found.append(parts)
    return {name: sum(parts[name] for parts in found) / len(found) for name in found[0]}


def _native_bfloat16() -> bool:
    """Whether this processor computes bfloat16 itself; emulated it is far slower than float32."""
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def _schedule(done: float) -> float:
    """Linear warm-up over the first 4 %, then half a cosine down to 2 %."""
    return min(done / 0.04 + 0.02, 0.02 + 0.49 * (1 + math.cos(math.pi * done)))


def _varied(frames: Tensor, rng: np.random.Generator) -> Tensor:
    """Another light, another white balance and some noise for each clip, and half of them in a mirror: left is as good as right."""
    clips = len(frames)
    gain = torch.from_numpy(rng.uniform(0.85, 1.15, (clips, 1, 1, 1, 1)) * rng.uniform(0.85, 1.15, (clips, 1, 1, 1, 3)))
    shift = torch.from_numpy(rng.uniform(-12, 12, (clips, 1, 1, 1, 1)))
    noise = torch.randn(frames.shape) * torch.from_numpy(rng.uniform(0, 3, (clips, 1, 1, 1, 1))).float()
    mirrored = torch.from_numpy(rng.random((clips, 1, 1, 1, 1)) < 0.5)
    frames = torch.where(mirrored, frames.flip(3), frames)
    return (frames.float() * gain.float() + shift.float() + noise).clamp(0, 255)


def _turned(frames: Tensor, rng: np.random.Generator) -> Tensor:
    """Each clip [b, t, S, S, 3] turned by no, one, two or three quarters."""
    quarters = rng.integers(0, 4, len(frames)).tolist()
    return torch.stack([clip.rot90(turns, (1, 2)) for clip, turns in zip(frames, quarters, strict=True)])


def _split(frames: NDArray[np.uint8], size: int = 32) -> list[Tensor]:
    return [torch.from_numpy(frames[i : i + size]) for i in range(0, len(frames), size)]

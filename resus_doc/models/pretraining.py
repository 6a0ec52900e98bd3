"""Teaches an untrained base to see, without any activity label: what stands where, which patches change, short captions of that."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resus_doc.models import clips as windows
from resus_doc.models import timesformer
from resus_doc.models.small_vlm import BOS, EOS, PAD
from resus_doc.models.training import Clips, Log, Recipe, optimise

MOVING = 0.34
"""Share of a clip's steps with a change in a thing's patches from which the caption calls it moving."""


class Vocabulary:
    """The words of the base's captions: names of things, places on a grid, and whether a thing moves."""

    def __init__(self, things: int, grid: int) -> None:
        self.things, self.grid = things, grid
        self.first_x = 4 + things
        self.first_y = self.first_x + grid
        self.still = self.first_y + grid
        self.size = self.still + 2

    def caption(self, dense: NDArray[np.uint8], background: int = 3) -> list[int]:
        """Dense targets of a clip [pairs, 2, grid, grid] -> words: `thing x y still|moving` for each thing in view.

        Things below `background` (room, table, towel) are not told. Places are those at the end of the clip.
        """
        words: list[int] = []
        last, changed = dense[-1, 0], (dense[:, 0] != dense[:, 1])
        for thing in range(background, self.things):
            ys, xs = np.nonzero(last == thing)
            if len(xs):
                touched = changed & ((dense[:, 0] == thing) | (dense[:, 1] == thing))
                moving = touched.any(axis=(1, 2)).mean() > MOVING
                place = [self.first_x + round(xs.mean()), self.first_y + round(ys.mean())]
                words += [4 + thing, *place, self.still + int(moving)]
        return [*words, EOS]


class DenseHeads(nn.Module):
    """Reads from each visual token what its patches show and whether they changed; used in pretraining only."""

    def __init__(self, hidden: int, things: int, cells: int) -> None:
        super().__init__()
        self.things, self.cells = things, cells
        self.what = nn.Linear(hidden, things * cells)
        self.change = nn.Linear(hidden, cells)

    def forward(self, tokens: Tensor, dense: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [n, tokens, hidden] and targets [n, 2, grid, grid] -> losses of things and of changes."""
        now, before = (patches(dense[:, i], tokens.shape[1]) for i in (0, 1))
        what = self.what(tokens).unflatten(-1, (self.cells, self.things)).float()
        weight = torch.ones(self.things, device=tokens.device)
        weight[3:] = 3.0
        seen = functional.cross_entropy(what.flatten(0, 2), now.flatten(), weight=weight)
        moved = functional.binary_cross_entropy_with_logits(self.change(tokens).float(), (now != before).float())
        return seen, moved


def patches(dense: Tensor, tokens: int) -> Tensor:
    """[n, grid, grid] -> [n, tokens, cells], the cells under each token."""
    side = math.isqrt(tokens)
    cell = dense.shape[-1] // side
    return dense.unflatten(2, (side, cell)).unflatten(1, (side, cell)).transpose(2, 3).flatten(3).flatten(1, 2)


def pretrain(base: Any, clips: Clips, words: Vocabulary, recipe: Recipe, checkpoint: Path, log: Log = print) -> None:
    """Teach an untrained base to see: patches, changes and captions of scenes. Ends with the base in `base`."""
    cells = clips.targets.shape[-1] ** 2 // base.model.vision_tower.config.tokens
    heads = DenseHeads(base.config.text_config.hidden_size, words.things, cells)
    captions = padded([words.caption(dense) for dense in clips.targets]).to(base.device)
    modules = {"base": base.train(), "heads": heads.train().to(base.device)}

    def loss_of(rows: NDArray[np.int64], _: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        tokens = windows.encode(base, torch.from_numpy(clips.frames[rows]).to(base.device))
        dense = torch.from_numpy(clips.targets[rows].astype(np.int64)).to(base.device)
        seen, moved = heads(tokens.flatten(0, 1), dense.flatten(0, 1))
        told = caption_loss(base, tokens, captions[rows])
        parts = {"patches": seen.item(), "changes": moved.item(), "captions": told.item()}
        return seen + moved + 0.5 * told, parts

    optimise(modules, recipe, len(clips.frames), loss_of, checkpoint, log)
    base.eval()


def pretrain_timesformer(
    model: Any, clips: Clips, things: int, recipe: Recipe, checkpoint: Path, log: Log = print
) -> None:
    """Teach an untrained TimeSformer what the base is taught of patches and changes; captions it cannot speak."""
    cells = clips.targets.shape[-1] ** 2 // (model.config.image_size // model.config.patch_size) ** 2
    heads = DenseHeads(model.config.hidden_size, things, cells).to(model.device)

    def loss_of(rows: NDArray[np.int64], _: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        pixels = windows.pixels(torch.from_numpy(clips.frames[rows]).to(model.device))
        dense = torch.from_numpy(clips.targets[rows].astype(np.int64)).to(model.device)
        seen, moved = heads(timesformer.tokens(model, pixels)[0].flatten(0, 1), dense.flatten(0, 1))
        return seen + moved, {"patches": seen.item(), "changes": moved.item()}

    optimise({"model": model.train(), "heads": heads.train()}, recipe, len(clips.frames), loss_of, checkpoint, log)
    model.eval()


def caption_loss(base: Any, tokens: Tensor, captions: Tensor) -> Tensor:
    """Cross-entropy of the captions' words after the visual tokens [b, pairs, tokens, hidden]."""
    embed = base.get_input_embeddings()
    batch = len(tokens)
    start = embed(torch.full((batch, 1), BOS, device=tokens.device))
    visual = tokens.flatten(1, 2)
    inputs = torch.cat([start.to(visual.dtype), visual, embed(captions[:, :-1]).to(visual.dtype)], dim=1)
    states = base.model.language_model(inputs_embeds=inputs, use_cache=False).last_hidden_state
    logits = base.lm_head(states[:, visual.shape[1] :]).float()
    return functional.cross_entropy(logits.flatten(0, 1), captions.flatten(), ignore_index=PAD)


def padded(rows: list[list[int]]) -> Tensor:
    """Words of captions as one tensor, the short ones filled up with PAD."""
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])

"""Whether a base sees: two measures that it has to pass before any adapter is trained on it.

A base may learn to speak likely captions without looking. One gate asks whether other pictures make its captions worse; the
other whether a linear map of its visual tokens finds a thing in scenes that neither base nor map has learned from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from resus_doc.models import clips as windows
from resus_doc.models.pretraining import Vocabulary, caption_loss, padded, patches
from resus_doc.models.training import Clips

RIDGE = 1e-3
"""Weight of the probe's penalty, as a share of the mean square of a token's values."""


class Pointing(NamedTuple):
    """How often the place where a thing is likeliest to be shows the thing, in clips that show it at their end."""

    share: float
    by_chance: float
    """The same of a place drawn by chance: the share of places that show the thing."""
    clips: int


def caption_gate(base: Any, clips: Clips, words: Vocabulary) -> dict[str, float]:
    """Caption loss on unseen scenes with the right pictures and with those of another scene."""
    captions = padded([words.caption(dense) for dense in clips.targets]).to(base.device).split(32)
    tokens = _tokens(base, clips)
    right, wrong = tokens.split(32), tokens.roll(1, 0).split(32)
    with torch.inference_mode():
        losses = [
            torch.stack([caption_loss(base, part, text) for part, text in zip(parts, captions, strict=True)]).mean()
            for parts in (right, wrong)
        ]
    return {"caption_loss": float(losses[0]), "caption_loss_shuffled": float(losses[1])}


def point(base: Any, learned: Clips, asked: Clips, things: Mapping[str, int]) -> dict[str, Pointing]:
    """A linear probe (ridge regression) for where each thing is at the end of a clip, fitted on one set and asked on another.

    `things` names the numbers by which dense targets [n, pairs, 2, grid, grid] tell the things. A thing that no asked clip
    shows is left out.
    """
    known, new = (_with_constant(_tokens(base, part)[:, -1]) for part in (learned, asked))
    square = known.flatten(0, 1)
    penalty = RIDGE * float(square.square().mean()) * len(square) * torch.eye(square.shape[1])
    found: dict[str, Pointing] = {}
    for name, number in things.items():
        here, there = (_places(part, number, known.shape[1]) for part in (learned, asked))
        weights = torch.linalg.solve(square.T @ square + penalty, square.T @ here.flatten(0, 1))
        shown = there.flatten(1).any(1)
        if shown.any():
            peaks = (new @ weights).flatten(1)[shown].argmax(1, keepdim=True)
            present = there.flatten(1)[shown]
            found[name] = Pointing(float(present.gather(1, peaks).mean()), float(present.mean()), int(shown.sum()))
    return found


def _tokens(base: Any, clips: Clips) -> Tensor:
    """Visual tokens [n, pairs, tokens, width]."""
    found = []
    with torch.inference_mode():
        for rows in np.split(np.arange(len(clips.frames)), range(32, len(clips.frames), 32)):
            found.append(windows.encode(base, torch.from_numpy(clips.frames[rows]).to(base.device)).float().cpu())
    return torch.cat(found)


def _with_constant(tokens: Tensor) -> Tensor:
    return torch.cat([tokens, torch.ones(*tokens.shape[:-1], 1)], -1)


def _places(clips: Clips, number: int, tokens: int) -> Tensor:
    """1.0 where a clip shows the thing at its end: [n, tokens, cells of a token]."""
    return patches(torch.from_numpy(clips.targets[:, -1, 0] == number), tokens).float()

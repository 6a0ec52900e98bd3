"""From the frames of single windows to the pooled states that a head reads, for every kind of base.

Training and the baselines look at windows one by one; the detector of `report` shares frames between them instead.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from resus_doc.models import backbones, small_vlm, timesformer


def hidden_size(base: Any) -> int:
    """Length of a base's states; the head reads twice as many numbers."""
    return int(base.config.get_text_config().hidden_size)


def named(base: Any) -> str:
    """What tables and bundles call the architecture of a base."""
    if timesformer.is_timesformer(base):
        return timesformer.named(base.config)
    text = base.config.get_text_config()
    return f"{base.config.model_type}, decoder {text.hidden_size}/{text.num_hidden_layers}"


def encode(base: Any, frames: Tensor) -> Tensor:
    """[b, 1 + n, S, S, 3] uint8 or float 0..255 -> visual tokens [b, steps, tokens, width]."""
    family = backbones.of(base.config)
    shown = torch.cat([family.pixels(clip[1:], clip[0]) for clip in frames])
    return family.encode(base, shown).unflatten(0, (len(frames), -1))


def pixels(frames: Tensor) -> Tensor:
    """[b, 1 + n, S, S, 3] -> pair pixels [b, n / 2, CHANNELS, S, S] of the in-project base and TimeSformer."""
    return torch.stack([small_vlm.pair_pixels(clip[1:], clip[0]) for clip in frames])


def pooled(base: Any, frames: Tensor, *, still: bool = False, grid_fps: float | None = None) -> Tensor:
    """[b, 1 + n, S, S, 3] -> [b, 2 * hidden]. `still` says that each clip is one frame over and over: it is encoded once."""
    if timesformer.is_timesformer(base):
        return timesformer.pooled(base, pixels(frames))
    family = backbones.of(base.config, grid_fps)
    if still:
        steps = (frames.shape[1] - 1) // family.step_frames
        tokens = encode(base, frames[:, : family.step_frames + 1]).expand(-1, steps, -1, -1)
    else:
        tokens = encode(base, frames)
    return backbones.pool(family.decode(base, tokens))

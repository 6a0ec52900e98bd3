"""From the frames of single windows to the pooled states that a head reads, for every kind of base.

Training and the baselines look at windows one by one; the detector of `report` shares frames between them instead.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from resus_doc.models import backbone, timesformer


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
    """[b, 1 + n, S, S, 3] uint8 or float 0..255 -> visual tokens [b, n / 2, tokens, hidden]."""
    return _encode(base, pixels(frames))


def pixels(frames: Tensor) -> Tensor:
    """[b, 1 + n, S, S, 3] -> pair pixels [b, n / 2, CHANNELS, S, S]."""
    return torch.stack([backbone.pair_pixels(clip[1:], clip[0]) for clip in frames])


def pooled(base: Any, frames: Tensor, *, still: bool = False) -> Tensor:
    """[b, 1 + n, S, S, 3] -> [b, 2 * hidden]. `still` says that each clip is one frame over and over: it is encoded once."""
    if timesformer.is_timesformer(base):
        return timesformer.pooled(base, pixels(frames))
    if still:
        pairs = (frames.shape[1] - 1) // backbone.PAIR
        tokens = _encode(base, pixels(frames[:, : backbone.PAIR + 1])).expand(-1, pairs, -1, -1)
    else:
        tokens = encode(base, frames)
    return backbone.pool(backbone.decode(base, tokens))


def _encode(base: Any, pairs: Tensor) -> Tensor:
    return backbone.encode(base, pairs.flatten(0, 1)).unflatten(0, (len(pairs), -1))

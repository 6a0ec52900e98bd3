"""What a detector asks of a vision-language base, whatever its family.

A *step* is the shortest stretch of grid frames that has visual tokens of its own: one frame, or a pair in families that merge
pairs. Each step passes the vision encoder once; a window takes the tokens of its steps, and the decoder reads them in order of
time. No text stands before them: the adapter and the head learn what is asked.

It does not know labels, files or bundles.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

DECODER_ATTENTION = r".*\.(language_model|text_model)\.layers\.\d+\.self_attn\.(q_proj|v_proj)"
"""Where the study puts its low-rank updates: queries and values of the decoder, not of the vision encoder."""


class Backbone(ABC):
    """One family of bases. It holds no weights: a model of the family is given to each call."""

    family: ClassVar[str]
    """As people call it."""
    model_types: ClassVar[tuple[str, ...]]
    """The `model_type` values of checkpoints that it reads."""
    step_frames: ClassVar[int] = 1
    usual_fps: ClassVar[float] = 4.0
    """Grid frames a second of a new training."""
    encode_batch: ClassVar[int] = 8
    """Steps an encoder call."""
    decode_batch: ClassVar[int] = 8
    """Windows a decoder call."""
    fills_batches: ClassVar[bool] = False
    """Whether the last batch is filled up with blanks, so that one shape serves all."""
    lora_targets: ClassVar[str] = DECODER_ATTENTION
    mean: Sequence[float] = (0.5, 0.5, 0.5)
    """Subtracted from pictures in 0..1; a base's own value stands in its `preprocessor_config.json`."""
    std: Sequence[float] = (0.5, 0.5, 0.5)

    def __init__(self, config: Any, grid_fps: float | None = None) -> None:
        self.config = config
        self.grid_fps = grid_fps or self.usual_fps
        self.mean = getattr(config, "image_mean", None) or self.mean
        self.std = getattr(config, "image_std", None) or self.std
        self.check()

    @staticmethod
    @abstractmethod
    def model_class(model_type: str) -> Any:
        """The transformers class of a checkpoint of that type."""

    @property
    def frame_size(self) -> int:
        """Side of the square frames for which the base was made, or that suit it."""
        return int(self.config.vision_config.image_size)

    @abstractmethod
    def token_shape(self, frame_size: int) -> tuple[int, int]:
        """Visual tokens a step, and the length of what is kept of each."""

    def pixels(self, frames: Tensor, previous: Tensor | None = None) -> Tensor:
        """Grid frames [n, S, S, 3] in 0..255, whole steps, to encoder input [n / step_frames, ...].

        `previous` [S, S, 3] is the grid frame before the first, None at the start of a video.
        """
        return self.normalised(frames)

    @abstractmethod
    def encode(self, model: Any, pixels: Tensor) -> Tensor:
        """Encoder input of steps to their visual tokens [steps, tokens, width]."""

    @abstractmethod
    def decode(self, model: Any, tokens: Tensor) -> Tensor:
        """Visual tokens of windows [b, steps, tokens, width] to decoder states of them [b, steps, tokens, hidden]."""

    def check(self) -> None:
        """Refuse a configuration that cannot work.

        Raises:
            ValueError: says what does not fit.
        """
        if self.frame_size <= 0 or self.hidden_size <= 0:
            raise ValueError(f"frames of {self.frame_size} and states of {self.hidden_size} make no sense")

    @property
    def hidden_size(self) -> int:
        """Length of a decoder state."""
        return int(self.config.text_config.hidden_size)

    @property
    def adapted_layers(self) -> int | None:
        """How many layers `lora_targets` must find; None if that does not follow from the configuration."""
        return 2 * int(self.config.text_config.num_hidden_layers)

    def normalised(self, frames: Tensor) -> Tensor:
        """Frames [n, S, S, 3] in 0..255 to [n, 3, S, S], as the base's own image processor has them."""
        mean, std = (torch.tensor(list(values), device=frames.device) for values in (self.mean, self.std))
        return ((frames.float() / 255 - mean) / std).permute(0, 3, 1, 2)


def pool(states: Tensor) -> Tensor:
    """Decoder states [b, steps, tokens, hidden] -> [b, 2 * hidden]: the mean over all visual tokens and over the last step's.

    The decoder is causal: only the last step's states have seen the whole window.
    """
    return torch.cat([states.mean((1, 2)), states[:, -1].mean(1)], dim=-1)


def embedded(model: Any, ids: Sequence[int], like: Tensor) -> Tensor:
    """The decoder's embeddings [len(ids), hidden] of special tokens, in the type of `like`."""
    found: Tensor = model.get_input_embeddings()(torch.tensor(list(ids), dtype=torch.long, device=like.device))
    return found.to(like.dtype)


def after_prefix(model: Any, ids: Sequence[int], tokens: Tensor) -> Tensor:
    """Special tokens, then the visual tokens [b, steps, tokens, hidden] in order: [b, len(ids) + steps * tokens, hidden]."""
    prefix = embedded(model, ids, tokens)[None].expand(len(tokens), -1, -1)
    return torch.cat([prefix, tokens.flatten(1, 2)], dim=1)


def bos(config: Any) -> list[int]:
    """The decoder's own first token, if it has one."""
    token = getattr(config.text_config, "bos_token_id", None)
    return [] if token is None else [int(token)]


def side(count: int) -> int:
    """The side of a square of so many tokens.

    Raises:
        ValueError: it is no square.
    """
    root = math.isqrt(count)
    if root * root != count:
        raise ValueError(f"{count} tokens are no square")
    return root

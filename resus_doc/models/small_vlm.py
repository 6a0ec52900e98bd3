"""The small vision-language model of this project: LLaVA's architecture with a convolutional vision tower.

Frames come in pairs on the grid (frames 2k and 2k+1). The tower sees the later frame in colour and two grey differences,
to the frame before it and to the one before that, so that motion up to half the grid rate is in its input while every
frame passes it once. It gives 16 tokens a pair; a Llama decoder reads the tokens of a window's pairs in order.

It does not know labels, windows or files: see `bundle` and `detector`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, LlavaConfig, LlavaForConditionalGeneration, PreTrainedConfig
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.modeling_utils import PreTrainedModel

PAIR = 2
"""Grid frames that share one set of tokens."""

CHANNELS = 5
"""Red, green, blue, and the grey differences to the two frames before."""

PAD, BOS, EOS, IMAGE = 0, 1, 2, 3
"""The special tokens of the base's vocabulary; words follow."""

_DIFFERENCE_GAIN = 3.0
"""Differences between neighbouring frames are small beside the picture itself; this brings both to one scale."""


class ConvTowerConfig(PreTrainedConfig):
    """A convolutional tower: one strided stage for each width, then `hidden_size` channels on a `side` x `side` map."""

    model_type = "resus_conv_tower"

    def __init__(
        self,
        image_size: int = 96,
        widths: Sequence[int] = (24, 48, 96),
        blocks: Sequence[int] = (0, 1, 2),
        hidden_size: int = 160,
        **kwargs: Any,
    ) -> None:
        self.image_size = image_size
        self.widths = list(widths)
        self.blocks = list(blocks)
        self.hidden_size = hidden_size
        super().__init__(**kwargs)

    @property
    def map_size(self) -> int:
        """Side of the feature map before the last, unpadded convolution (image size / 16)."""
        return int(self.image_size) // 2 ** (len(self.widths) + 1)

    @property
    def tokens(self) -> int:
        """Visual tokens a frame pair."""
        return (self.map_size - 2) ** 2


def _conv(inputs: int, outputs: int, *, stride: int = 1, padding: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=padding, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.second(self.first(x))))


class ConvTower(PreTrainedModel):
    """`pixel_values` [n, CHANNELS, S, S] -> tokens [n, tokens, hidden_size]; `map` gives the features before pooling."""

    config: ConvTowerConfig
    config_class = ConvTowerConfig
    base_model_prefix = "tower"
    main_input_name = "pixel_values"

    def __init__(self, config: ConvTowerConfig) -> None:
        super().__init__(config)
        stages: list[nn.Module] = []
        width = CHANNELS
        for out, blocks in zip(config.widths, config.blocks, strict=True):
            stages += [_conv(width, out, stride=2), *(_Residual(out) for _ in range(blocks))]
            width = out
        stages += [_conv(width, config.hidden_size, stride=2), _Residual(config.hidden_size)]
        self.stages = nn.Sequential(*stages)
        self.to_tokens = nn.Conv2d(config.hidden_size, config.hidden_size, 3)
        self.post_init()

    def map(self, pixel_values: Tensor) -> Tensor:
        """The feature map [n, hidden_size, m, m]."""
        x = pixel_values.to(self.to_tokens.weight.dtype).contiguous(memory_format=torch.channels_last)
        features: Tensor = self.stages(x)
        return features

    def forward(self, pixel_values: Tensor, **_: Any) -> BaseModelOutputWithPooling:
        tokens = self.to_tokens(self.map(pixel_values)).flatten(2).transpose(1, 2)
        return BaseModelOutputWithPooling(last_hidden_state=tokens, hidden_states=(tokens,))


def register() -> None:
    """Make the tower known to transformers, so that `from_pretrained` on a bundle's base folder finds it."""
    AutoConfig.register(ConvTowerConfig.model_type, ConvTowerConfig, exist_ok=True)
    AutoModel.register(ConvTowerConfig, ConvTower, exist_ok=True)


register()


def new_base(
    *, image_size: int = 96, hidden_size: int = 160, layers: int = 3, vocabulary: int = 64, seed: int = 0, **tower: Any
) -> LlavaForConditionalGeneration:
    """An untrained base. `vocabulary` counts the special tokens too."""
    torch.manual_seed(seed)
    vision = ConvTowerConfig(image_size=image_size, hidden_size=hidden_size, **tower)
    text = {
        "model_type": "llama",
        "vocab_size": vocabulary,
        "hidden_size": hidden_size,
        "intermediate_size": 3 * hidden_size,
        "num_hidden_layers": layers,
        "num_attention_heads": max(1, hidden_size // 32),
        "num_key_value_heads": max(1, hidden_size // 32),
        "max_position_embeddings": 1024,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
    }
    config = LlavaConfig(
        vision_config=vision,
        text_config=AutoConfig.for_model(**text),
        image_token_index=IMAGE,
        image_seq_length=vision.tokens,
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
    )
    return LlavaForConditionalGeneration(config)


def pair_pixels(frames: Tensor, previous: Tensor | None = None) -> Tensor:
    """Frames [n, S, S, 3] uint8, n even -> tower input [n / 2, CHANNELS, S, S] float.

    `previous` [S, S, 3] is the grid frame before the first; without it (the start of a video) the first stands still.
    """
    if len(frames) % PAIR:
        raise ValueError(f"{len(frames)} frames are not pairs")
    before = frames[:1] if previous is None else previous[None]
    pictures = torch.cat([before, frames]).float() / 255
    grey = pictures.mean(-1)
    change = (grey[1:] - grey[:-1]) * _DIFFERENCE_GAIN
    colour = pictures[2::2].permute(0, 3, 1, 2) * 2 - 1
    return torch.cat([colour, change[0::2, None], change[1::2, None]], dim=1)


def encode(model: LlavaForConditionalGeneration, pixels: Tensor) -> Tensor:
    """Tower input [n, CHANNELS, S, S] -> visual tokens [n, tokens, hidden] as the decoder takes them."""
    pixels = pixels.to(next(model.parameters()).dtype)
    return torch.stack(list(model.get_image_features(pixel_values=pixels).pooler_output))


def decode(model: LlavaForConditionalGeneration, tokens: Tensor) -> Tensor:
    """Visual tokens of windows [b, pairs, tokens, hidden] -> decoder states of these tokens [b, pairs, tokens, hidden].

    The decoder reads BOS and then the tokens in order of time, as it did in pretraining before the caption's words.
    """
    batch, pairs, count, hidden = tokens.shape
    embed = model.get_input_embeddings()
    start = embed(torch.full((batch, 1), BOS, device=tokens.device))
    inputs = torch.cat([start.to(tokens.dtype), tokens.reshape(batch, pairs * count, hidden)], dim=1)
    states: Tensor = model.model.language_model(inputs_embeds=inputs, use_cache=False).last_hidden_state
    return states[:, 1:].reshape(batch, pairs, count, hidden)

"""TimeSformer, the study's supervised baseline: divided attention over the space and time of a whole window.

A window's frame pairs are its frames. A model with `CHANNELS` input channels sees what the in-project base sees (the later
frame of each pair and two grey differences); one with three channels, such as a published checkpoint, the later frames in
colour only, which is the study's four a second. It cannot share work between windows that overlap.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from resus_doc.models import small_vlm

MODEL_TYPE = "timesformer"
SMALL: dict[str, int] = {
    "hidden_size": 144,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 432,
    "patch_size": 16,
    "num_frames": 8,
    "num_channels": small_vlm.CHANNELS,
}
"""Trained from nothing on two cores; about as large as the in-project base."""

_KINETICS_MEAN, _KINETICS_STD = 0.45, 0.225
"""How the published three-channel checkpoints had their pictures normalised."""


def new(image_size: int = 96, seed: int = 0, **changes: int) -> Any:
    """An untrained small TimeSformer."""
    import torch
    from transformers import TimesformerConfig, TimesformerModel

    torch.manual_seed(seed)
    return TimesformerModel(TimesformerConfig(**{**SMALL, **changes}, image_size=image_size))


def is_timesformer(model: Any) -> bool:
    """Whether a loaded base is one."""
    return str(model.config.model_type) == MODEL_TYPE


def named(config: Any) -> str:
    """What tables and bundles call a configuration."""
    return (
        f"TimeSformer {config.hidden_size}/{config.num_hidden_layers}, patch {config.patch_size}, "
        f"{config.num_frames} frames of {config.num_channels} channels"
    )


def tokens(model: Any, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Pair pixels [b, pairs, CHANNELS, S, S] -> states of the patches [b, pairs, patches, hidden], class token [b, hidden]."""
    states = model(pixel_values=_input(model, pixels)).last_hidden_state
    patches = (model.config.image_size // model.config.patch_size) ** 2
    return states[:, 1:].unflatten(1, (patches, -1)).transpose(1, 2), states[:, 0]


def pooled(model: Any, pixels: Tensor) -> Tensor:
    """Pair pixels [b, pairs, CHANNELS, S, S] -> [b, 2 * hidden]: mean of the patches' states, and the class token."""
    import torch

    patches, whole = tokens(model, pixels)
    return torch.cat([patches.mean((1, 2)), whole], dim=-1)


def load(folder: Path) -> tuple[Any, dict[str, Any]]:
    """The model of a folder and what did not load exactly; a published checkpoint's classifier is not needed.

    Raises:
        OSError, ValueError, RuntimeError: it cannot be loaded.
    """
    from transformers import TimesformerModel

    model, info = TimesformerModel.from_pretrained(
        str(folder), output_loading_info=True, local_files_only=True, use_safetensors=True
    )
    info["unexpected_keys"] = [key for key in info["unexpected_keys"] if not key.startswith("classifier.")]
    return model, info


def _input(model: Any, pixels: Tensor) -> Tensor:
    pixels = pixels.to(model.dtype)
    if model.config.num_channels == small_vlm.CHANNELS:
        return pixels
    return ((pixels[:, :, :3] + 1) / 2 - _KINETICS_MEAN) / _KINETICS_STD

"""A window through the plain forward of transformers: ids, pixels, attention, nothing shared. What our window path is held against."""

from typing import Any

import torch
from torch import Tensor

from resus_doc.models.backbones import Backbone


def plain(base: Any, family: Backbone, frames: Tensor) -> Tensor:
    """Last hidden states [steps, tokens, hidden] of the visual tokens of one window's frames [n, S, S, 3]."""
    pixels, config = family.pixels(frames).to(base.device), base.config
    steps, (count, _) = len(pixels), family.token_shape(frames.shape[1])
    if config.model_type.startswith("qwen"):
        return _qwen(base, pixels, steps, count, family.grid_fps)
    is_video = config.model_type == "llava_next_video"
    visual = config.video_token_id if is_video else config.image_token_id
    ids = torch.tensor([[config.text_config.bos_token_id] + [visual] * (steps * count)], device=base.device)
    shown = {"pixel_values_videos" if is_video else "pixel_values": pixels[None].to(base.dtype)}
    states = base.model(input_ids=ids, use_cache=False, **shown).last_hidden_state
    return states[ids == visual].unflatten(0, (steps, count))


def _qwen(base: Any, pixels: Tensor, steps: int, count: int, grid_fps: float) -> Tensor:
    config, side = base.config, int(pixels.shape[1] ** 0.5)
    start, end, visual = config.vision_start_token_id, config.vision_end_token_id, config.video_token_id
    if config.model_type == "qwen3_vl":
        ids, more = [start, *[visual] * count, end] * steps, {}
    else:
        ids = [start, *[visual] * (steps * count), end]
        more = {"second_per_grid_ts": torch.tensor([2 / grid_fps], device=base.device)}
    rows = torch.tensor([ids], device=base.device)
    states = base.model(
        input_ids=rows,
        pixel_values_videos=pixels.flatten(0, 1).to(base.dtype),
        video_grid_thw=torch.tensor([[steps, side, side]], device=base.device),
        mm_token_type_ids=(rows == visual).int() * 2,
        use_cache=False,
        **more,
    ).last_hidden_state
    return states[rows == visual].unflatten(0, (steps, count))

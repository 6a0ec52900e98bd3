"""Qwen2.5-VL: its encoder merges two frames into one step, and positions count time, height and width (MRoPE)."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from resus_doc.models.backbones.interface import Backbone, after_prefix, side
from resus_doc.models.backbones.llava_next_video import CLIP_MEAN, CLIP_STD

CELLS = 8
"""Merged cells a side of a new training's frames: 64 tokens a pair, as many as SmolVLM2 has a frame."""


class Qwen25VL(Backbone):
    """Attention of its encoder stays within a pair, so pairs can be encoded apart and shared by windows."""

    family = "Qwen2.5-VL"
    model_types: ClassVar[tuple[str, ...]] = ("qwen2_5_vl",)
    step_frames = 2
    mean, std = CLIP_MEAN, CLIP_STD

    @staticmethod
    def model_class(model_type: str) -> Any:
        from transformers import Qwen2_5_VLForConditionalGeneration

        return Qwen2_5_VLForConditionalGeneration

    def check(self) -> None:
        if int(self.config.vision_config.temporal_patch_size) != self.step_frames:
            raise ValueError(f"it merges {self.config.vision_config.temporal_patch_size} frames, not two")

    @property
    def _cell(self) -> int:
        """Side of the square of pixels that becomes one token."""
        return int(self.config.vision_config.patch_size) * int(self.config.vision_config.spatial_merge_size)

    @property
    def frame_size(self) -> int:
        return CELLS * self._cell

    def token_shape(self, frame_size: int) -> tuple[int, int]:
        return (frame_size // self._cell) ** 2, self.hidden_size

    def pixels(self, frames: Tensor, previous: Tensor | None = None) -> Tensor:
        """[n / 2, patches, 3 * 2 * patch * patch], patches in the order of the model's image processor."""
        patch = int(self.config.vision_config.patch_size)
        merge = int(self.config.vision_config.spatial_merge_size)
        cells = frames.shape[1] // self._cell
        pairs = self.normalised(frames).unflatten(0, (-1, self.step_frames))
        grid = pairs.unflatten(4, (cells, merge, patch)).unflatten(3, (cells, merge, patch))
        return grid.permute(0, 3, 6, 4, 7, 2, 1, 5, 8).flatten(5).flatten(1, 4)

    def encode(self, model: Any, pixels: Tensor) -> Tensor:
        return self._seen(model, pixels).pooler_output.unflatten(0, (len(pixels), -1))

    def _seen(self, model: Any, pixels: Tensor) -> Any:
        patches = side(pixels.shape[1])
        grid = torch.tensor([[1, patches, patches]], device=pixels.device).expand(len(pixels), 3)
        return model.model.visual(pixels.flatten(0, 1).to(model.dtype), grid_thw=grid, return_dict=True)

    def decode(self, model: Any, tokens: Tensor) -> Tensor:
        inputs = after_prefix(model, [self.config.vision_start_token_id], tokens)
        places = self._positions(*tokens.shape[1:3]).to(tokens.device)
        states: Tensor = model.model.language_model(
            inputs_embeds=inputs, position_ids=places[:, None].expand(3, len(tokens), -1), use_cache=False
        ).last_hidden_state
        return states[:, 1:].unflatten(1, tokens.shape[1:3])

    def _positions(self, steps: int, count: int) -> Tensor:
        """Time, height and width [3, 1 + steps * count] of the start token and of each visual token."""
        cells = side(count)
        interval = self.config.vision_config.tokens_per_second * self.step_frames / self.grid_fps
        axes = (torch.arange(steps) * interval).long(), torch.arange(cells), torch.arange(cells)
        visual = torch.stack(torch.meshgrid(*axes, indexing="ij")).flatten(1) + 1
        return torch.cat([torch.zeros(3, 1, dtype=torch.long), visual], dim=1)

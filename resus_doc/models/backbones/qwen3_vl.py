"""Qwen3-VL: pairs of frames as in Qwen2.5-VL, each between start and end tokens, and features of early encoder layers that
are added to the first decoder layers (DeepStack)."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from resus_doc.models.backbones.interface import embedded, side
from resus_doc.models.backbones.qwen2_5_vl import Qwen25VL


class Qwen3VL(Qwen25VL):
    """What is kept of a token is its embedding and, behind it, its DeepStack features.

    The text of seconds that its own processor writes before each pair is left out: windows are short and evenly spaced.
    """

    family = "Qwen3-VL"
    model_types: ClassVar[tuple[str, ...]] = ("qwen3_vl",)
    mean, std = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)

    @staticmethod
    def model_class(model_type: str) -> Any:
        from transformers import Qwen3VLForConditionalGeneration

        return Qwen3VLForConditionalGeneration

    def token_shape(self, frame_size: int) -> tuple[int, int]:
        tokens, hidden = super().token_shape(frame_size)
        return tokens, hidden * (1 + len(self.config.vision_config.deepstack_visual_indexes))

    def encode(self, model: Any, pixels: Tensor) -> Tensor:
        seen = self._seen(model, pixels)
        kept = torch.cat([seen.pooler_output, *seen.deepstack_features], dim=-1)
        return kept.unflatten(0, (len(pixels), -1))

    def decode(self, model: Any, tokens: Tensor) -> Tensor:
        batch, steps, count, _ = tokens.shape
        shown, *deep = tokens.split(self.hidden_size, dim=-1)
        marks = embedded(model, [self.config.vision_start_token_id, self.config.vision_end_token_id], tokens)
        start, end = (mark.expand(batch, steps, 1, -1) for mark in marks)
        inputs = torch.cat([start, shown, end], dim=2).flatten(1, 2)
        visual = torch.ones(count + 2, dtype=torch.bool, device=tokens.device)
        visual[[0, -1]] = False
        places = self._positions(steps, count).to(tokens.device)
        states: Tensor = model.model.language_model(
            inputs_embeds=inputs,
            position_ids=places[:, None].expand(3, batch, -1),
            visual_pos_masks=visual.repeat(steps).expand(batch, -1),
            deepstack_visual_embeds=[part.flatten(0, 2) for part in deep],
            use_cache=False,
        ).last_hidden_state
        return states.unflatten(1, (steps, count + 2))[:, :, 1:-1]

    def _positions(self, steps: int, count: int) -> Tensor:
        """Time, height and width [3, steps * (count + 2)] of each step's start token, visual tokens and end token."""
        cells = side(count)
        axes = torch.zeros(1, dtype=torch.long), torch.arange(cells), torch.arange(cells)
        visual = torch.stack(torch.meshgrid(*axes, indexing="ij")).flatten(1) + 1
        start, end = torch.zeros(3, 1, dtype=torch.long), torch.full((3, 1), cells + 1)
        step = torch.cat([start, visual, end], dim=1)
        return torch.cat([step + k * (cells + 2) for k in range(steps)], dim=1)

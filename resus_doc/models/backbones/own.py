"""This project's small base: LLaVA's architecture around a convolutional tower; see `models.small_vlm`."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from resus_doc.models import small_vlm
from resus_doc.models.backbones.interface import Backbone


class OwnBase(Backbone):
    """Pairs of frames whose input holds two differences, one of them to the frame before the pair."""

    family = "resus-doc's own base"
    model_types: ClassVar[tuple[str, ...]] = ("llava",)
    own_tower: ClassVar[str] = small_vlm.ConvTowerConfig.model_type
    step_frames = small_vlm.PAIR
    usual_fps = 8.0
    encode_batch = 32
    fills_batches = True
    lora_targets = (
        r".*(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj|linear_1|linear_2|to_tokens"
        r"|stages\.\d+\.(0|first\.0|second))"
    )
    """Decoder projections, projector and tower convolutions: so small a base learns in all its parts."""

    @staticmethod
    def model_class(model_type: str) -> Any:
        from transformers import LlavaForConditionalGeneration

        small_vlm.register()
        return LlavaForConditionalGeneration

    @staticmethod
    def tower(told: dict[str, Any]) -> Any:
        """The kind of vision tower that the content of a `config.json` names."""
        vision = told.get("vision_config")
        return vision.get("model_type") if isinstance(vision, dict) else vision

    def check(self) -> None:
        if (kind := self.config.vision_config.model_type) != self.own_tower:
            raise ValueError(f"it sees with '{kind}', not with '{self.own_tower}'")

    @property
    def adapted_layers(self) -> int | None:
        return None

    def token_shape(self, frame_size: int) -> tuple[int, int]:
        return self.config.vision_config.tokens, self.hidden_size

    def pixels(self, frames: Tensor, previous: Tensor | None = None) -> Tensor:
        return small_vlm.pair_pixels(frames, previous)

    def encode(self, model: Any, pixels: Tensor) -> Tensor:
        return small_vlm.encode(model, pixels)

    def decode(self, model: Any, tokens: Tensor) -> Tensor:
        return small_vlm.decode(model, tokens)

"""SmolVLM, SmolVLM2 and Idefics3: SigLIP, patches shuffled into fewer tokens, and a Llama decoder; one step is one frame."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from resus_doc.models.backbones.interface import Backbone, after_prefix, bos


class SmolVLM(Backbone):
    """The whole frame is one picture; nothing is split.

    The encoder is called past `get_image_features`, which drops pictures whose values are all zero as padding.
    """

    family = "SmolVLM / SmolVLM2 / Idefics3"
    model_types: ClassVar[tuple[str, ...]] = ("smolvlm", "idefics3")

    @staticmethod
    def model_class(model_type: str) -> Any:
        from transformers import Idefics3ForConditionalGeneration, SmolVLMForConditionalGeneration

        return {"smolvlm": SmolVLMForConditionalGeneration, "idefics3": Idefics3ForConditionalGeneration}[model_type]

    def check(self) -> None:
        size, patch = int(self.config.vision_config.image_size), int(self.config.vision_config.patch_size)
        if size // patch % int(self.config.scale_factor):
            raise ValueError(
                f"its {size // patch} patches a side cannot be shuffled by a scale_factor of {self.config.scale_factor}"
            )

    def token_shape(self, frame_size: int) -> tuple[int, int]:
        patches = frame_size // int(self.config.vision_config.patch_size)
        return (patches // int(self.config.scale_factor)) ** 2, self.hidden_size

    def encode(self, model: Any, pixels: Tensor) -> Tensor:
        seen = model.model.vision_model(pixel_values=pixels.to(model.dtype), return_dict=True).last_hidden_state
        tokens: Tensor = model.model.connector(seen)
        return tokens

    def decode(self, model: Any, tokens: Tensor) -> Tensor:
        prefix = bos(self.config)
        inputs = after_prefix(model, prefix, tokens)
        states: Tensor = model.model.text_model(inputs_embeds=inputs, use_cache=False).last_hidden_state
        return states[:, len(prefix) :].unflatten(1, tokens.shape[1:3])

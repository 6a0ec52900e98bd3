"""LLaVA-NeXT-Video: CLIP, pooled to a quarter of the patches, and a Llama decoder; one step is one frame."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from resus_doc.models.backbones.interface import Backbone, after_prefix, bos

CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class LlavaNextVideo(Backbone):
    """The base of the study. Its learned positions fix the size of frames."""

    family = "LLaVA-NeXT-Video"
    model_types: ClassVar[tuple[str, ...]] = ("llava_next_video",)
    mean, std = CLIP_MEAN, CLIP_STD

    @staticmethod
    def model_class(model_type: str) -> Any:
        from transformers import LlavaNextVideoForConditionalGeneration

        return LlavaNextVideoForConditionalGeneration

    def token_shape(self, frame_size: int) -> tuple[int, int]:
        patches = frame_size // int(self.config.vision_config.patch_size)
        return (patches // int(self.config.spatial_pool_stride)) ** 2, self.hidden_size

    def encode(self, model: Any, pixels: Tensor) -> Tensor:
        found = model.model.get_video_features(pixels.to(model.dtype)[None], return_dict=True)
        tokens: Tensor = found.pooler_output[0].unflatten(0, (len(pixels), -1))
        return tokens

    def decode(self, model: Any, tokens: Tensor) -> Tensor:
        prefix = bos(self.config)
        inputs = after_prefix(model, prefix, tokens)
        states: Tensor = model.model.language_model(inputs_embeds=inputs, use_cache=False).last_hidden_state
        return states[:, len(prefix) :].unflatten(1, tokens.shape[1:3])

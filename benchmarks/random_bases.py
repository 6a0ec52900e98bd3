"""Bases of random weights: right in architecture, wrong in what they see. For benchmarks and tests.

`SMALL` are as small as each architecture allows; `LARGE` have the sizes of published checkpoints. Written from the published
configurations' numbers of layers, heads and widths; no weight of anybody is used.
"""

from typing import Any

WORDS = {"vocab_size": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
SMALL_TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "initializer_range": 0.2,
}
SMALL_EYE: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "initializer_range": 0.2,
}
SMALL_QWEN_EYE: dict[str, Any] = {
    "depth": 3,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_heads": 2,
    "patch_size": 4,
    "spatial_merge_size": 2,
    "out_hidden_size": 32,
    "initializer_range": 0.2,
}
QWEN_TOKENS = {"image_token_id": 3, "video_token_id": 4, "vision_start_token_id": 5, "vision_end_token_id": 6}
MROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2]}

SMALL: dict[str, dict[str, Any]] = {
    "llava_next_video": {
        "vision_config": {**SMALL_EYE, "model_type": "clip_vision_model", "image_size": 28, "patch_size": 7},
        "text_config": {**SMALL_TEXT, **WORDS, "model_type": "llama"},
        "image_token_index": 3,
        "video_token_index": 4,
    },
    "smolvlm": {
        "vision_config": {**SMALL_EYE, "image_size": 32, "patch_size": 4},
        "text_config": {**SMALL_TEXT, **WORDS, "model_type": "llama"},
        "scale_factor": 2,
        "image_token_id": 3,
    },
    "idefics3": {
        "vision_config": {**SMALL_EYE, "image_size": 32, "patch_size": 4},
        "text_config": {**SMALL_TEXT, **WORDS, "model_type": "llama"},
        "scale_factor": 2,
        "image_token_id": 3,
    },
    "qwen2_5_vl": {
        "vision_config": {**SMALL_QWEN_EYE, "window_size": 32, "fullatt_block_indexes": [1], "tokens_per_second": 2},
        "text_config": {**SMALL_TEXT, **WORDS, "num_key_value_heads": 1, "rope_parameters": MROPE},
        **QWEN_TOKENS,
    },
    "qwen3_vl": {
        "vision_config": {**SMALL_QWEN_EYE, "deepstack_visual_indexes": [0, 1], "num_position_embeddings": 64},
        "text_config": {**SMALL_TEXT, **WORDS, "num_key_value_heads": 1, "head_dim": 16, "rope_parameters": MROPE},
        **QWEN_TOKENS,
    },
}
"""Configurations by `model_type`."""

LARGE: dict[str, tuple[str, dict[str, Any]]] = {
    "2B class (Qwen3-VL, sizes of 2B)": (
        "qwen3_vl",
        {
            "vision_config": {
                "depth": 24,
                "hidden_size": 1024,
                "intermediate_size": 4096,
                "num_heads": 16,
                "out_hidden_size": 2048,
                "deepstack_visual_indexes": [5, 11, 17],
            },
            "text_config": {
                "hidden_size": 2048,
                "intermediate_size": 6144,
                "num_hidden_layers": 28,
                "num_attention_heads": 16,
                "num_key_value_heads": 8,
                "head_dim": 128,
                "rope_parameters": {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [24, 20, 20]},
            },
        },
    ),
    "7B class (LLaVA-NeXT-Video, sizes of 7B)": (
        "llava_next_video",
        {
            "text_config": {
                "model_type": "llama",
                "hidden_size": 4096,
                "intermediate_size": 11008,
                "num_hidden_layers": 32,
                "num_attention_heads": 32,
                "num_key_value_heads": 32,
                "vocab_size": 32064,
            },
        },
    ),
}
"""`model_type` and configuration by what people would call it."""


def random_base(model_type: str, configuration: dict[str, Any], seed: int = 0, **settings: Any) -> Any:
    """A model of random weights; `settings` are a dtype or a device for it."""
    import contextlib

    import torch
    from transformers import AutoConfig

    from resus_doc.models import backbones

    config = AutoConfig.for_model(model_type, **configuration)
    torch.manual_seed(seed)
    family = backbones.of(config)
    device = settings.get("device")
    with torch.device(device) if device else contextlib.nullcontext():
        model = family.model_class(model_type)._from_config(config, dtype=settings.get("dtype", torch.float32))
    return model.eval().requires_grad_(False)


LABELS = ("baby_visible", "ppv", "cpap", "stimulation", "suction", "chest_compressions")


def detector_of(base: Any) -> Any:
    """A detector with a random head on a base, for windows of 2 s on the family's usual grid."""
    import torch

    from resus_doc.models import backbones
    from resus_doc.models.bundle import DetectorConfig
    from resus_doc.models.detector import Detector
    from resus_doc.models.weights import bare, new_head

    family = backbones.of(base.config)
    config = DetectorConfig.untuned(
        LABELS,
        window_s=2,
        stride_s=1,
        grid_fps=family.usual_fps,
        frame_size=family.frame_size,
        validated_on="simulated",
    )
    torch.manual_seed(2)
    return Detector(config, bare(base), new_head(family.hidden_size, len(LABELS)).eval().to(base.device), None)

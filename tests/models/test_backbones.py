"""Every family of bases: what our window path gives equals the plain transformers forward, each frame encoded once."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from resus_doc.errors import BundleBroken
from resus_doc.models import backbones, training
from resus_doc.models.backbones import pool
from resus_doc.models.detector import Detector
from resus_doc.models.weights import bare, load_adapter

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from plain_forward import plain
from random_bases import SMALL, detector_of, random_base

PLAIN_TOLERANCE = 1e-4
"""Largest difference to the plain forward of transformers, float32."""


@pytest.fixture(scope="module", params=sorted(SMALL))
def folder(request, tmp_path_factory):
    """A random checkpoint of each architecture, saved to disk."""
    place = tmp_path_factory.mktemp("bases") / request.param
    random_base(request.param, SMALL[request.param]).save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def base(folder):
    return backbones.load(folder).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def detector(base):
    return detector_of(base)


@pytest.fixture(scope="module")
def frames(detector):
    size = detector.config.frame_size
    return np.random.default_rng(0).integers(0, 256, (24, size, size, 3), dtype=np.uint8)


def test_each_window_equals_the_plain_forward(base, detector, frames):
    family, config = detector.backbone, detector.config
    tokens = detector.encode(frames)
    logits = detector.logits(tokens)
    assert len(logits) == 5
    size, step = (n // detector.step_frames for n in (config.window_frames, config.stride_frames))
    worst = 0.0
    with torch.inference_mode():
        for window in range(5):
            shown = frames[window * config.stride_frames :][: config.window_frames]
            want = plain(base, family, torch.from_numpy(shown))
            ours = family.decode(base, torch.from_numpy(tokens[window * step :][:size])[None])[0]
            worst = max(worst, (ours - want).abs().max().item())
            head = detector.head(pool(want[None]))[0]
            worst = max(worst, np.abs(logits[window] - head.numpy()).max())
        assert worst < PLAIN_TOLERANCE
        other = family.decode(base, torch.from_numpy(tokens[:size][::-1].copy())[None])[0].flip(0)
        assert (
            other - plain(base, family, torch.from_numpy(frames[: config.window_frames]))
        ).abs().max() > 100 * PLAIN_TOLERANCE


def test_frames_through_the_encoder_are_the_distinct_frames(base, detector, frames):
    conv = next(module for module in base.modules() if isinstance(module, nn.Conv2d | nn.Conv3d))
    values = []
    hook = conv.register_forward_pre_hook(lambda _, inputs: values.append(inputs[0].numel()))
    detector.windows(detector.encode(frames))
    hook.remove()
    assert sum(values) == frames.size


def test_cutting_the_frames_changes_nothing(detector, frames, monkeypatch):
    whole = detector.logits(detector.encode(frames))
    monkeypatch.setattr("resus_doc.models.detector.STRETCH", 10)
    np.testing.assert_allclose(detector.video_logits(frames), whole, atol=PLAIN_TOLERANCE)


def own_processor(config):
    """The model's own image processor in its PIL form, told to leave the size of frames as it is."""
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
    from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    vision = config.vision_config
    if config.model_type == "llava_next_video":
        edge = vision.image_size
        return LlavaNextImageProcessorPil(
            image_grid_pinpoints=[[edge, edge]], size={"shortest_edge": edge}, crop_size={"height": edge, "width": edge}
        )
    if config.model_type in ("smolvlm", "idefics3"):
        edge = {"longest_edge": vision.image_size}
        kind = {"smolvlm": SmolVLMImageProcessorPil, "idefics3": Idefics3ImageProcessorPil}[config.model_type]
        return kind(do_image_splitting=False, size=edge, max_image_size=edge)
    mean = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3} if config.model_type == "qwen3_vl" else {}
    return Qwen2VLImageProcessorPil(
        patch_size=vision.patch_size, size={"shortest_edge": 1, "longest_edge": 10**6}, **mean
    )


def test_pixel_values_are_those_of_the_models_own_image_processor(base, detector, frames):
    family = detector.backbone
    ours, found = family.pixels(torch.from_numpy(frames[:2])), []
    processor = own_processor(base.config)
    for frame in frames[:2]:
        found.append(torch.as_tensor(np.asarray(processor(frame, return_tensors="np")["pixel_values"])))
    if family.step_frames == 1:
        first = torch.stack([pictures.flatten(0, -4)[0] for pictures in found])
        torch.testing.assert_close(ours, first.float(), atol=1e-5, rtol=0)
        return
    patch = base.config.vision_config.patch_size
    (pair,) = ours.unflatten(2, (3, 2, patch, patch))
    for moment, pictures in enumerate(found):
        want = pictures.float().unflatten(1, (3, 2, patch, patch))[:, :, moment]
        torch.testing.assert_close(pair[:, :, moment], want, atol=1e-5, rtol=0)


def test_a_bases_own_normalisation_counts(folder, tmp_path):
    import shutil

    other = shutil.copytree(folder, tmp_path / "other")
    (other / "preprocessor_config.json").write_text(json.dumps({"image_mean": [0.0] * 3, "image_std": [1.0] * 3}))
    family = backbones.of_folder(other)
    size = family.frame_size
    pixels = family.pixels(torch.full((2, size, size, 3), 255, dtype=torch.uint8))
    assert torch.allclose(pixels, torch.ones(()))


def test_black_frames_keep_their_tokens(base, detector):
    """SmolVLM's own `get_image_features` drops pictures of zeros as padding."""
    family = backbones.of(base.config)
    family.mean, family.std = (0.0,) * 3, (1.0,) * 3
    size = detector.config.frame_size
    pixels = family.pixels(torch.zeros(4, size, size, 3, dtype=torch.uint8))
    with torch.inference_mode():
        tokens = family.encode(base, pixels)
    assert tokens.shape == (4 // family.step_frames, *family.token_shape(size))
    assert tokens.isfinite().all()


def test_the_adapter_sits_on_queries_and_values_of_the_decoder_alone(folder):
    base = backbones.load(folder).eval().requires_grad_(False)
    model = training.add_adapter(base, rank=2)
    learning = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert len(learning) == 2 * 2 * base.config.text_config.num_hidden_layers
    assert all("q_proj" in name or "v_proj" in name for name in learning)
    assert not any("vision" in name or "visual" in name for name in learning)


def test_a_decoder_that_calls_its_layers_otherwise_is_refused(folder):
    base = backbones.load(folder).eval().requires_grad_(False)
    decoder = base.model.text_model if hasattr(base.model, "text_model") else base.model.language_model
    attention = decoder.layers[1].self_attn
    attention.query = attention.q_proj
    del attention.q_proj
    with pytest.raises(RuntimeError, match="5 layers"):
        training.add_adapter(base)


def test_an_adapter_of_another_base_is_refused(folder, tmp_path):
    from peft import LoraConfig, get_peft_model

    other = random_base(
        "smolvlm", {**SMALL["smolvlm"], "text_config": {**SMALL["smolvlm"]["text_config"], "hidden_size": 48}}
    )
    config = LoraConfig(r=2, target_modules=backbones.of(other.config).lora_targets)
    get_peft_model(other, config).save_pretrained(tmp_path / "adapter")
    with pytest.raises(BundleBroken, match="fit"):
        load_adapter(tmp_path / "adapter", backbones.load(folder))


def test_a_missing_weight_of_a_base_is_fatal(folder, tmp_path):
    import shutil

    from safetensors.torch import load_file, save_file

    broken = shutil.copytree(folder, tmp_path / "broken")
    weights = load_file(broken / "model.safetensors")
    weights.pop(next(name for name in sorted(weights) if "self_attn.q_proj" in name or "qkv" in name))
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BundleBroken, match="does not load exactly"):
        backbones.load(broken)


def test_bfloat16_stays_near(folder, detector, frames):
    """What CUDA computes in; the golden clip of a large base is checked with this tolerance."""
    from resus_doc.models.detector import GOLDEN_TOLERANCE_BFLOAT16

    halved = backbones.load(folder, torch.bfloat16).eval().requires_grad_(False)
    rough = Detector(detector.config, bare(halved), detector.head, None)
    difference = np.abs(rough.logits(rough.encode(frames)) - detector.logits(detector.encode(frames))).max()
    assert 0 < difference < GOLDEN_TOLERANCE_BFLOAT16


def test_an_unknown_architecture_is_refused_and_those_that_work_are_named(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "mllama"}))
    with pytest.raises(BundleBroken, match=r"'mllama'.*LLaVA-NeXT-Video.*SmolVLM.*Qwen2\.5-VL.*Qwen3-VL"):
        backbones.of_folder(tmp_path)
    with pytest.raises(BundleBroken, match="no base model"):
        backbones.of_folder(tmp_path / "nothing")
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(BundleBroken, match="not the configuration"):
        backbones.of_folder(tmp_path)


def test_patches_that_cannot_be_shuffled_are_refused(tmp_path):
    shape = {**SMALL["smolvlm"], "scale_factor": 3}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "smolvlm", **shape}))
    with pytest.raises(BundleBroken, match="8 patches a side"):
        backbones.of_folder(tmp_path)

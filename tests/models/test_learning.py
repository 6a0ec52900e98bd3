"""What a large base changes in a training: its settings, layers that are computed again, and memory that is too small."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from resus_doc.errors import ResourceMissing
from resus_doc.models import backbones, learning, small_vlm, timesformer, training
from resus_doc.models.training import Clips, Recipe
from resus_doc.models.weights import new_head

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from random_bases import SMALL, random_base

GRADIENT_TOLERANCE = 1e-5
"""Largest difference of a gradient with layers computed again, float32."""

LABELS = 2


def clips_for(base):
    size = backbones.of(base.config).frame_size
    frames = np.random.default_rng(0).integers(0, 256, (4, 9, size, size, 3), dtype=np.uint8)
    return Clips(frames, np.arange(4)[:, None] % 2 == np.arange(LABELS))


def one_step(kind, tmp_path, *, recompute):
    """The gradients of one step of an adapter with dropout, and how often its first decoder layer was computed."""
    base = random_base(kind, SMALL[kind]).eval().requires_grad_(False)
    torch.manual_seed(1)
    model = training.add_adapter(base, adapter=training.STUDY_ADAPTER)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.3)
    head, computed = new_head(base.config.get_text_config().hidden_size, LABELS), []
    decoder = next(part for name, part in model.named_modules() if name.endswith(("language_model", "text_model")))
    decoder.layers[0].mlp.register_forward_pre_hook(lambda *_: computed.append(1))
    if recompute:
        learning.recompute(base)
    recipe, path = Recipe(steps=1, batch=2, accumulate=2), tmp_path / f"{recompute}.ckpt"
    training.train_adapter(model, head, clips_for(base), recipe, path, log=lambda _: None)
    found = {n: p.grad for n, p in (*model.named_parameters(), *head.named_parameters()) if p.requires_grad}
    return found, len(computed), model


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_computing_layers_again_leaves_the_gradients_as_they_are(kind, tmp_path):
    kept, once, _ = one_step(kind, tmp_path, recompute=False)
    again, twice, model = one_step(kind, tmp_path, recompute=True)
    assert (once, twice) == (2, 4)
    assert kept.keys() == again.keys() and all(grad.abs().max() > 0 for grad in kept.values())
    assert max((kept[name] - again[name]).abs().max().item() for name in kept) < GRADIENT_TOLERANCE
    assert not any(part.training for part in model.modules())


def test_what_is_computed_for_no_gradient_is_computed_once(tmp_path):
    base = random_base("smolvlm", SMALL["smolvlm"]).eval()
    computed = []
    base.model.text_model.layers[0].mlp.register_forward_pre_hook(lambda *_: computed.append(1))
    learning.recompute(base)
    before = training.clip_logits(base, new_head(32, LABELS), clips_for(base).frames)
    assert np.isfinite(before).all() and len(computed) == 1


def test_every_family_but_our_own_is_large(tmp_path):
    for kind in SMALL:
        assert learning.of_type(kind) == learning.LARGE
    small_vlm.new_base(image_size=64, hidden_size=32, layers=1).save_pretrained(tmp_path / "own")
    assert learning.of_folder(tmp_path / "own") == learning.of_type(timesformer.MODEL_TYPE) == learning.SMALL
    large = learning.LARGE
    assert (large.batch, large.accumulate, large.learning_rate, large.recompute) == (1, 32, 5e-5, True)


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore"), "cuda:1"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: not enough memory"), "this computer"),
        (MemoryError(), "this computer"),
    ],
)
def test_memory_that_is_too_small_is_told_with_what_to_do(error, place):
    told = pytest.raises(ResourceMissing, match=f"memory of {place} is too small.*a smaller --batch")
    with told, learning.memory_told("cuda:1", "Take a smaller --batch."):
        raise error


def test_other_faults_are_not_taken_for_a_lack_of_memory():
    with pytest.raises(RuntimeError, match="shapes"), learning.memory_told("cuda", ""):
        raise RuntimeError("shapes do not match")

"""Baselines: TimeSformer, and detectors that are shown stills or shuffled frames. Cutting a video changes nothing for them."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from resus_doc.errors import BundleBroken
from resus_doc.models import bundle, clips, small_vlm, timesformer, views
from resus_doc.models.bundle import DetectorConfig
from resus_doc.models.detector import Detector, assembled, of_parts
from resus_doc.models.weights import bare, load_base, new_head
from resus_doc.models.window_detector import WindowDetector

LABELS = ("ppv", "suction")
SIDE = 32
TINY = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "patch_size": 16}
CUT_TOLERANCE = 1e-5


def config(view="all"):
    return DetectorConfig.untuned(
        LABELS,
        window_s=2,
        stride_s=1,
        grid_fps=8,
        frame_size=SIDE,
        validated_on="simulated",
        adapter=False,
        view=view,
    )


def detector(kind, view="all"):
    if kind == "timesformer":
        base = timesformer.new(SIDE, **TINY)
    else:
        base = small_vlm.new_base(
            image_size=64, hidden_size=32, layers=1, vocabulary=24, widths=(8, 8, 8), blocks=(0, 0, 0), seed=4
        )
    torch.manual_seed(3)
    head = new_head(clips.hidden_size(base), len(LABELS))
    made = of_parts(config(view), bare(base.eval().requires_grad_(False)), head.eval().requires_grad_(False))
    return made


@pytest.fixture(scope="module")
def frames():
    return np.random.default_rng(0).integers(0, 256, (48, SIDE, SIDE, 3), dtype=np.uint8)


def test_a_still_is_one_of_three_frames_and_a_shuffle_holds_the_same_frames(frames):
    clip = frames[:17]
    stills = views.shown(clip, "single")
    assert stills.shape == (3, *clip.shape)
    for still, at in zip(stills, (5, 9, 12), strict=True):
        assert (still == clip[at]).all()
    (mixed,) = views.shown(clip, "shuffled")
    assert sorted(f.tobytes() for f in mixed[1:]) == sorted(f.tobytes() for f in clip[1:])
    assert (mixed != clip).any() and (mixed[0] == mixed[1]).all()
    np.testing.assert_array_equal(mixed, views.shown(clip, "shuffled")[0])
    assert views.shown(clip, "all").shape == (1, *clip.shape)


def test_training_sees_other_moments_and_orders_each_time(frames):
    batch = np.stack([frames[:17]] * 6)
    rng = np.random.default_rng(1)
    for view in ("single", "shuffled"):
        first, second = (views.for_training(batch, view, rng) for _ in range(2))
        assert first.shape == batch.shape and (first != second).any()
    assert views.for_training(batch, "all", rng) is batch


@pytest.mark.parametrize(("kind", "view"), [("timesformer", "all"), ("own", "single"), ("own", "shuffled")])
def test_cutting_the_frames_changes_nothing(kind, view, frames):
    if kind == "own":
        frames = frames.repeat(2, axis=1).repeat(2, axis=2)
    made = detector(kind, view)
    made.config = made.config.model_copy(update={"frame_size": frames.shape[1]})
    assert isinstance(made, WindowDetector)
    whole = made.windows(made.encode(frames))
    parts = np.concatenate([made.encode(frames[:20]), made.encode(frames[20:], frames[19])])
    np.testing.assert_allclose(made.windows(parts), whole, atol=CUT_TOLERANCE)
    later = np.concatenate([made.encode(frames[8:20], frames[7]), made.encode(frames[20:], frames[19])])
    np.testing.assert_allclose(made.windows(later), whole[1:], atol=CUT_TOLERANCE)
    assert whole.shape == (5, len(LABELS)) and np.isnan(made.domain_scores(parts)).all()
    assert made.windows(made.encode(frames[:14])).shape == (0, len(LABELS))


def test_a_still_is_judged_as_if_every_pair_were_encoded(frames):
    made = detector("own", "single")
    clip = torch.from_numpy(frames[:17].repeat(2, axis=1).repeat(2, axis=2))
    still = clip[5].repeat(17, 1, 1, 1)[None]
    base = made.model.get_base_model()
    with torch.inference_mode():
        torch.testing.assert_close(clips.pooled(base, still, still=True), clips.pooled(base, still), atol=1e-5, rtol=0)


def test_timesformer_is_the_plain_transformers_forward(frames):
    made = detector("timesformer")
    model = made.model.get_base_model()
    pixels = small_vlm.pair_pixels(torch.from_numpy(frames[8:24]), torch.from_numpy(frames[7]))
    with torch.inference_mode():
        states = model(pixel_values=pixels[None]).last_hidden_state
        plain = made.head(torch.cat([states[:, 1:].mean(1), states[:, 0]], -1))[0].numpy()
    np.testing.assert_allclose(made.logits(made.encode(frames))[1], plain, atol=1e-5)


def test_the_states_of_a_pair_follow_its_pictures():
    model = timesformer.new(SIDE, **TINY).eval()
    pixels = torch.rand(1, 8, small_vlm.CHANNELS, SIDE, SIDE)
    changed = pixels.clone()
    changed[:, 3, :, :16, 16:] += 1
    embed = model.embeddings
    with torch.inference_mode():
        difference = embed(changed) - embed(pixels)
    moved = difference[0, 1:].unflatten(0, (4, 8)).transpose(0, 1).abs().sum(-1)
    assert moved[3, 1] > 0 and moved.sum() == pytest.approx(moved[3, 1])
    with torch.inference_mode():
        patches, whole = timesformer.tokens(model, pixels)
    assert patches.shape == (1, 8, 4, 16) and whole.shape == (1, 16)


def test_a_published_checkpoint_with_three_channels_and_a_classifier_loads(tmp_path, frames):
    from transformers import TimesformerConfig, TimesformerForVideoClassification

    torch.manual_seed(0)
    published = TimesformerForVideoClassification(
        TimesformerConfig(**{**timesformer.SMALL, **TINY, "num_channels": 3}, image_size=SIDE, num_labels=7)
    ).eval()
    published.save_pretrained(tmp_path / "base")
    base = load_base(tmp_path / "base")
    pixels = small_vlm.pair_pixels(torch.from_numpy(frames[:16]))
    colour = torch.from_numpy(frames[1:16:2]).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        plain = published.timesformer(pixel_values=((colour - 0.45) / 0.225)[None]).last_hidden_state
        torch.testing.assert_close(timesformer.tokens(base.eval(), pixels[None])[1], plain[:, 0], atol=1e-4, rtol=0)
    assert timesformer.named(base.config) == "TimeSformer 16/1, patch 16, 8 frames of 3 channels"


def test_a_timesformer_bundle_loads_exactly_or_not_at_all(tmp_path, frames):
    made = detector("timesformer")
    made.model.get_base_model().save_pretrained(tmp_path / bundle.BASE_FOLDER)
    save_file(made.head.state_dict(), tmp_path / bundle.HEAD_FILE)
    bundle.write_golden(tmp_path, made.golden(frames[:17]))
    bundle.write_config(tmp_path, config())
    loaded = Detector.load(tmp_path, "cpu")
    np.testing.assert_allclose(loaded.windows(loaded.encode(frames)), made.windows(made.encode(frames)), atol=1e-6)
    weights = tmp_path / bundle.BASE_FOLDER / "model.safetensors"
    from safetensors.torch import load_file

    stored = load_file(weights)
    stored.pop("layernorm.weight")
    save_file(stored, weights, metadata={"format": "pt"})
    with pytest.raises(BundleBroken, match="does not load exactly"):
        assembled(config(), tmp_path / bundle.BASE_FOLDER, None, tmp_path / bundle.HEAD_FILE)

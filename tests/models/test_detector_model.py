"""The base and the detector: each frame once, the same numbers however a video is cut, equal to plain transformers."""

import cv2
import numpy as np
import pytest
import torch

from resus_doc.models import backbones, small_vlm
from resus_doc.models.detector import Detector
from resus_doc.tools.simulate.render import Renderer
from resus_doc.tools.simulate.scenario import draw

CUT_TOLERANCE = 1e-5
"""Largest difference of a probability between two ways to cut the same frames, float32."""


@pytest.fixture(scope="module")
def shipped():
    return Detector.load(device="cpu")


@pytest.fixture(scope="module")
def frames(shipped):
    config = shipped.config
    renderer, size = Renderer(draw(123, duration_s=12), 320, 240), (config.frame_size, config.frame_size)
    pictures = (renderer.frame(k / config.grid_fps) for k in range(96))
    return np.stack([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in pictures])


def test_pairs_hold_the_picture_and_two_differences():
    frames = torch.zeros(4, 8, 8, 3, dtype=torch.uint8)
    frames[2] = 255
    pixels = small_vlm.pair_pixels(frames)
    assert pixels.shape == (2, small_vlm.CHANNELS, 8, 8)
    assert pixels[0, 3:].abs().max() == 0
    assert (pixels[1, 3] > 0).all() and (pixels[1, 4] < 0).all()
    assert (pixels[1, :3] == -1).all()


def test_odd_frames_are_not_pairs():
    with pytest.raises(ValueError, match="pairs"):
        small_vlm.pair_pixels(torch.zeros(3, 8, 8, 3, dtype=torch.uint8))


def test_cutting_the_frames_changes_nothing(shipped, frames):
    whole = shipped.encode(frames)
    parts = [
        shipped.encode(frames[:38]),
        shipped.encode(frames[38:64], frames[37]),
        shipped.encode(frames[64:], frames[63]),
    ]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=CUT_TOLERANCE)


def test_each_frame_passes_the_tower_once(shipped, frames):
    before = shipped.frames_encoded
    probabilities = shipped.windows(shipped.encode(frames))
    assert shipped.frames_encoded - before == len(frames)
    assert probabilities.shape == (11, len(shipped.config.labels))


def test_windows_equal_the_plain_transformers_forward(shipped, frames):
    features = shipped.encode(frames)
    base = shipped.model.get_base_model()
    pixels = small_vlm.pair_pixels(torch.from_numpy(frames))
    config = base.config
    for window in (0, 5):
        pairs = pixels[window * 4 : window * 4 + 8]
        ids = torch.tensor([[small_vlm.BOS] + [small_vlm.IMAGE] * (8 * config.image_seq_length)])
        with torch.inference_mode():
            states = base.model(input_ids=ids, pixel_values=pairs).last_hidden_state[:, 1:]
            pooled = backbones.pool(states.unflatten(1, (8, config.image_seq_length)))
            plain = shipped.head(pooled)[0].numpy()
        np.testing.assert_allclose(shipped.logits(features)[window], plain, atol=1e-4)


def test_too_few_frames_give_no_window(shipped, frames):
    features = shipped.encode(frames[:14])
    assert shipped.windows(features).shape == (0, len(shipped.config.labels))
    assert shipped.domain_scores(features).shape == (0,)


def test_the_adapter_can_be_turned_off(shipped, frames):
    on = shipped.logits(shipped.encode(frames[:16]))
    with shipped.adapter_off():
        off = shipped.logits(shipped.encode(frames[:16]))
    assert np.abs(on - off).max() > 0.05
    np.testing.assert_array_equal(on, shipped.logits(shipped.encode(frames[:16])))


def test_noise_is_less_like_the_training_data_than_a_rendered_scene(shipped, frames):
    noise = np.random.default_rng(0).integers(0, 256, frames[:32].shape, dtype=np.uint8)
    scene = np.median(shipped.domain_scores(shipped.encode(frames)))
    strange = np.median(shipped.domain_scores(shipped.encode(noise)))
    assert strange < shipped.config.domain.threshold < scene

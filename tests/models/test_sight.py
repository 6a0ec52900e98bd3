"""The gates before any adapter: a base that shows where things are passes, one whose tokens tell nothing does not."""

import numpy as np
import pytest
import torch

from resus_doc.models import sight
from resus_doc.models.pretraining import Vocabulary
from resus_doc.models.sight import caption_gate, point
from resus_doc.models.training import Clips

GRID, TOKENS, THING = 4, 4, 3


class Base:
    device = torch.device("cpu")


@pytest.fixture
def scenes():
    """Clips of one pair each; the thing stands in one place, and the picture's first pixels say in which."""
    rng = np.random.default_rng(0)
    places = rng.integers(0, GRID, (200, 2))
    dense = np.zeros((200, 1, 2, GRID, GRID), np.uint8)
    frames = rng.integers(0, 256, (200, 3, 8, 8, 3), dtype=np.uint8)
    for clip, (y, x) in enumerate(places):
        dense[clip, :, :, y, x] = THING
        frames[clip, -1, 0, :2, 0] = y, x
    return Clips(frames[:120], dense[:120]), Clips(frames[120:], dense[120:])


def blind(base, frames):
    return torch.ones(len(frames), 1, TOKENS, 8)


def test_a_base_that_tells_the_place_is_pointed_right(scenes, monkeypatch):
    def by_token(base, frames):
        y, x = frames[:, -1, 0, 0, 0].long(), frames[:, -1, 0, 1, 0].long()
        token, cell = (y // 2) * 2 + x // 2, (y % 2) * 2 + x % 2
        told = torch.zeros(len(frames), 1, TOKENS, 4)
        told[torch.arange(len(frames)), 0, token, cell] = 1
        return told

    monkeypatch.setattr(sight.windows, "encode", by_token)
    found = point(Base(), *scenes, {"mask": THING, "catheter": THING + 1})
    assert set(found) == {"mask"}
    assert found["mask"].share == 1
    assert found["mask"].by_chance == pytest.approx(1 / GRID**2)
    assert found["mask"].clips == 80


def test_a_blind_base_points_as_if_by_chance(scenes, monkeypatch):
    monkeypatch.setattr(sight.windows, "encode", blind)
    assert point(Base(), *scenes, {"mask": THING})["mask"].share < 0.25


def test_the_captions_of_a_blind_base_do_not_mind_other_pictures(scenes, monkeypatch):
    def loss(base, tokens, captions):
        """Small where the token that the picture lights up is the caption's third word."""
        return (tokens.flatten(1).argmax(1) - captions[:, 2]).abs().float().mean()

    def looking(base, frames):
        return torch.nn.functional.one_hot(frames[:, -1, 0, 0, 0].long() + words.first_y, 32)[:, None, None].float()

    words = Vocabulary(THING + 1, GRID)
    monkeypatch.setattr(sight, "caption_loss", loss)
    monkeypatch.setattr(sight.windows, "encode", looking)
    found = caption_gate(Base(), scenes[1], words)
    assert found["caption_loss"] == 0 < found["caption_loss_shuffled"]
    monkeypatch.setattr(sight.windows, "encode", blind)
    found = caption_gate(Base(), scenes[1], words)
    assert found["caption_loss"] == pytest.approx(found["caption_loss_shuffled"], abs=0.01)

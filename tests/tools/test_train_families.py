"""`train` on every family of bases: a few steps, then a bundle that loads and judges a video."""

import sys
from pathlib import Path

import numpy as np
import pytest

from resus_doc.models import base_files, bundle, learning
from resus_doc.models.detector import Detector
from resus_doc.tools.detect import detect
from resus_doc.tools.train import train
from resus_doc.tools.train_plan import planned

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from random_bases import SMALL, random_base

PLAN = planned("lora", size=learning.LARGE, steps=2, accumulate=2, rank=2, check_every=2, learning_rate=0.05)


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_a_few_steps_give_a_bundle_that_loads_and_predicts(kind, small_dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(base_files, "COPY_LIMIT_BYTES", 10_000)
    base = tmp_path / "bases" / kind
    random_base(kind, SMALL[kind]).save_pretrained(base)
    out = tmp_path / "bundle"
    train(small_dataset, out, PLAN, base, say=lambda _: None)
    detector = Detector.load(out, "cpu")
    told = detector.config.training
    assert (told["batch"], told["accumulate"], told["recompute"]) == (1, 2, True)
    assert detector.config.adapter and detector.config.training["architecture"].startswith(kind)
    assert not (out / "base").exists() and detector.config.base.name == kind
    adapter = (out / "adapter" / "adapter_model.safetensors").stat().st_size
    assert adapter < 0.2 * base_files.size_bytes(base)
    (video,) = sorted((small_dataset / "videos" / "test").glob("*.mp4"))
    windows = detect(video, detector, tmp_path / "work")
    assert windows.probabilities.shape == (11, len(detector.config.labels))
    assert np.isfinite(windows.probabilities).all() and np.isfinite(windows.domain_score)
    assert detector.frames_encoded == 48


def test_a_whole_base_trained_here_goes_into_the_bundle(small_dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(base_files, "COPY_LIMIT_BYTES", 10_000)
    random_base("smolvlm", SMALL["smolvlm"]).save_pretrained(tmp_path / "base")
    plan = planned("full", size=learning.LARGE, steps=2, accumulate=2, check_every=2)
    assert plan.recompute and plan.learning_rate == pytest.approx(5e-6)
    train(small_dataset, tmp_path / "bundle", plan, tmp_path / "base", say=lambda _: None)
    config = bundle.read_config(tmp_path / "bundle")
    assert config.base is None and (tmp_path / "bundle/base/model.safetensors").exists()
    Detector.load(tmp_path / "bundle", "cpu")

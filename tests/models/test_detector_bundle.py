"""The shipped bundle loads exactly or not at all, and its adapter takes effect."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from resus_doc.errors import BundleBroken, ResourceMissing
from resus_doc.models import bundle
from resus_doc.models.detector import GOLDEN_ADAPTER_EFFECT, Detector
from resus_doc.settings import DEFAULT_DETECTOR


@pytest.fixture(scope="module")
def shipped():
    return Detector.load(device="cpu")


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(DEFAULT_DETECTOR, tmp_path / "bundle")


def rehash(folder):
    """Make the hashes fit again, so that only the content itself can give the damage away."""
    text = (folder / bundle.CONFIG_FILE).read_text()
    bundle.write_config(folder, bundle.DetectorConfig.model_validate_json(text))


def change_weights(path, change):
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata={"format": "pt"})


def test_the_shipped_bundle_is_small_and_has_no_pickle():
    files = [path for path in DEFAULT_DETECTOR.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 12e6
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".npz", ".md"}


def test_no_path_of_the_training_machine_is_inside():
    for path in DEFAULT_DETECTOR.rglob("*.json"):
        assert "/work" not in path.read_text() and "/tmp" not in path.read_text()


def test_the_adapter_changes_the_golden_logits(shipped):
    stored = bundle.read_golden(DEFAULT_DETECTOR)
    now = shipped.golden(stored.frames)
    np.testing.assert_allclose(now.logits, stored.logits, atol=2e-3)
    assert np.abs(now.logits - now.logits_adapter_off).max() > GOLDEN_ADAPTER_EFFECT


def test_a_changed_file_is_noticed(copy):
    path = copy / bundle.HEAD_FILE
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleBroken, match=r"head\.safetensors"):
        Detector.load(copy, "cpu")


@pytest.mark.parametrize("name", ["detector.json", "head.safetensors", "golden.npz", "base/model.safetensors"])
def test_a_missing_file_is_noticed(copy, name):
    (copy / name).unlink()
    with pytest.raises(BundleBroken):
        Detector.load(copy, "cpu")


@pytest.mark.parametrize("name", ["base/model.safetensors", "adapter/adapter_model.safetensors", "head.safetensors"])
def test_a_missing_weight_is_fatal(copy, name):
    change_weights(copy / name, lambda tensors: tensors.pop(sorted(tensors)[-1]))
    rehash(copy)
    with pytest.raises(BundleBroken):
        Detector.load(copy, "cpu")


@pytest.mark.parametrize("name", ["base/model.safetensors", "adapter/adapter_model.safetensors", "head.safetensors"])
def test_an_unexpected_weight_is_fatal(copy, name):
    change_weights(copy / name, lambda tensors: tensors.update(surplus=np.zeros(3, np.float32)))
    rehash(copy)
    with pytest.raises(BundleBroken):
        Detector.load(copy, "cpu")


def test_an_adapter_without_effect_is_fatal(copy):
    def silence(tensors):
        for name in tensors:
            if "lora_B" in name:
                tensors[name] = np.zeros_like(tensors[name])

    change_weights(copy / "adapter" / "adapter_model.safetensors", silence)
    rehash(copy)
    with pytest.raises(BundleBroken):
        Detector.load(copy, "cpu")


def test_other_weights_of_the_same_shape_are_fatal(copy):
    change_weights(copy / bundle.HEAD_FILE, lambda tensors: tensors.update({"1.bias": tensors["1.bias"] + 1}))
    rehash(copy)
    with pytest.raises(BundleBroken, match="golden"):
        Detector.load(copy, "cpu")


def test_thresholds_must_be_for_the_labels(copy):
    path = copy / bundle.CONFIG_FILE
    config = json.loads(path.read_text())
    config["thresholds"].pop("suction")
    path.write_text(json.dumps(config))
    with pytest.raises(BundleBroken, match="thresholds"):
        Detector.load(copy, "cpu")


def test_a_folder_without_bundle(tmp_path):
    with pytest.raises(BundleBroken, match=r"detector\.json"):
        Detector.load(tmp_path, "cpu")


def test_a_device_that_is_not_there():
    with pytest.raises(ResourceMissing, match="cuda:97"):
        Detector.load(device="cuda:97")


def test_provenance_is_json(shipped):
    told = json.loads(json.dumps(shipped.provenance(), allow_nan=False))
    assert told["validated_on"] == "simulated"
    assert set(told["thresholds"]) == set(told["labels"])

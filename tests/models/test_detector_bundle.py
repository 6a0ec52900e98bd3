"""The shipped bundle loads exactly or not at all, and its adapter takes effect."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from resus_doc.errors import BundleBroken, ResourceMissing
from resus_doc.models import bundle, bundle_writer
from resus_doc.models.bundle_writer import Parts
from resus_doc.models.decoder import DECODER_FILE
from resus_doc.models.detector import GOLDEN_ADAPTER_EFFECT, Detector
from resus_doc.settings import DEFAULT_DETECTOR

DOCS = Path(__file__).parents[2] / "docs"


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
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".npz", ".md", ".svg"}


def test_no_path_of_the_training_machine_is_inside():
    for path in (*DEFAULT_DETECTOR.rglob("*.json"), *DEFAULT_DETECTOR.rglob("*.md")):
        assert "/work" not in path.read_text() and "/tmp" not in path.read_text()


@pytest.mark.parametrize("page", ["detector-figures", "decoder-figures", "verdict-figures", "domain-check"])
def test_the_card_holds_the_figures_of_each_page_and_their_command(page):
    """If this fails, `python scripts/detector_card.py` was not run after the benchmark."""
    card = (DEFAULT_DETECTOR / bundle.CARD_FILE).read_text(encoding="utf-8").splitlines()
    lines = (DOCS / f"{page}.md").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line.startswith("Made by `")]
    figures = [line for line in lines if line.startswith("| ")]
    assert len(commands) == 1 and len(figures) > 2
    assert set(commands + figures) <= set(card)


def test_the_roc_lies_beside_the_card():
    card = (DEFAULT_DETECTOR / bundle.CARD_FILE).read_text(encoding="utf-8")
    assert "![ROC](domain-check.svg)" in card
    assert (DEFAULT_DETECTOR / "domain-check.svg").read_bytes() == (DOCS / "domain-check.svg").read_bytes()


def test_a_card_without_the_camera_recordings_is_not_written(repository, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "scripts"))
    from detector_card import check_footage

    page = (DOCS / "domain-check.md").read_text(encoding="utf-8")
    check_footage(page)
    without = re.sub(r"; AUROC against camera videos \d\.\d+ \(20 against 5\)", "", page)
    assert without != page
    with pytest.raises(SystemExit, match="--footage"):
        check_footage(without)


def test_files_are_put_into_a_bundle_and_renewed(copy):
    before = bundle.read_config(copy)
    bundle_writer.put(copy, {bundle.CARD_FILE: "another card\n", "picture.svg": "<svg/>\n"})
    after = bundle.read_config(copy)
    changed = {name for name in after.files if after.files[name] != before.files.get(name)}
    assert changed == {bundle.CARD_FILE, "picture.svg"}
    assert after.model_copy(update={"files": before.files}) == before
    assert not list(copy.rglob("*.partial"))


def test_what_was_stopped_half_way_is_mended_by_putting_it_again(copy):
    (copy / bundle.CARD_FILE).write_text("written, but not yet in detector.json")
    (copy / "picture.svg.partial").write_text("<s")
    with pytest.raises(BundleBroken, match=r"MODEL_CARD\.md"):
        bundle.read_config(copy)
    bundle_writer.put(copy, {bundle.CARD_FILE: "another card\n"})
    assert "picture.svg.partial" not in bundle.read_config(copy).files


def test_nothing_is_put_into_a_damaged_bundle(copy):
    (copy / bundle.HEAD_FILE).write_bytes(b"damaged")
    stored = (copy / bundle.CARD_FILE).read_bytes()
    with pytest.raises(BundleBroken, match=r"head\.safetensors"):
        bundle_writer.put(copy, {bundle.CARD_FILE: "another card\n"})
    assert (copy / bundle.CARD_FILE).read_bytes() == stored


def test_a_new_bundle_keeps_nothing_of_the_one_that_stood_there(random_bundle, tmp_path):
    out = shutil.copytree(random_bundle, tmp_path / "bundle")
    bundle_writer.put(out, {bundle.CARD_FILE: "of the old one\n", DECODER_FILE: "of the old one\n"})
    parts = Parts(random_bundle / "base", random_bundle / "adapter", random_bundle / "head.safetensors")
    detector = Detector.load(random_bundle, "cpu")
    bundle_writer.write(out, parts, detector, detector.config, bundle.read_golden(random_bundle).frames)
    assert not {bundle.CARD_FILE, DECODER_FILE} & {path.name for path in out.iterdir()}


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

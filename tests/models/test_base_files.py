"""A bundle on a large base refers to it: the base is found on this machine, or the bundle does not load."""

import json
import shutil

import numpy as np
import pytest

from resus_doc import settings
from resus_doc.checksum import sha256_of
from resus_doc.errors import BundleBroken, ResourceMissing
from resus_doc.models import base_files, bundle, bundle_writer
from resus_doc.models.bundle_writer import Parts
from resus_doc.models.detector import Detector


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder of this test's own."""
    monkeypatch.setenv("RESUS_DOC_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def referring(random_bundle, data, tmp_path, monkeypatch):
    """A bundle whose base was too large to be copied, and the base."""
    monkeypatch.setattr(base_files, "COPY_LIMIT_BYTES", 10_000)
    base = shutil.copytree(random_bundle / "base", tmp_path / "bases" / "big-base")
    parts = Parts(base, random_bundle / "adapter", random_bundle / "head.safetensors")
    detector = Detector.load(random_bundle, "cpu")
    out = tmp_path / "bundles" / "mine"
    clip = bundle.read_golden(random_bundle).frames
    bundle_writer.write(out, parts, detector, detector.config, clip)
    return out, base


def test_the_base_is_not_copied_and_is_found_again(referring, random_bundle, data):
    out, base = referring
    assert not (out / "base").exists()
    config = bundle.read_config(out)
    assert config.base.name == "big-base"
    assert config.base.files["model.safetensors"] == sha256_of(base / "model.safetensors")
    frames = np.random.default_rng(3).integers(0, 256, (16, 64, 64, 3), dtype=np.uint8)
    one, other = Detector.load(out, "cpu"), Detector.load(random_bundle, "cpu")
    np.testing.assert_allclose(one.logits(one.encode(frames)), other.logits(other.encode(frames)), atol=1e-3)


def test_no_place_of_this_machine_is_in_the_bundle(referring, tmp_path):
    out, _ = referring
    for path in out.rglob("*.json"):
        assert str(tmp_path) not in path.read_text()


def test_a_base_that_is_gone_is_named_with_what_to_do(referring):
    out, base = referring
    shutil.rmtree(base)
    with pytest.raises(ResourceMissing, match=r"'big-base'.*models add"):
        Detector.load(out, "cpu")


def test_a_base_that_was_changed_is_refused(referring):
    out, base = referring
    path = base / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ResourceMissing, match=r"differs in model\.safetensors"):
        Detector.load(out, "cpu")


@pytest.mark.parametrize("place", ["beside", "pulled", "pulled under another name"])
def test_a_base_that_was_carried_elsewhere_is_found(referring, data, place):
    out, base = referring
    to = {"beside": out.parent / "big-base", "pulled": data / "models" / "big-base"}.get(place, data / "models" / "b")
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(base, to)
    assert base_files.find(bundle.read_config(out).base, out) == to
    assert Detector.load(out, "cpu").config.base.name == "big-base"


def test_hashes_are_remembered_until_a_file_changes(referring, data, monkeypatch):
    out, base = referring
    wanted = bundle.read_config(out).base
    read = []
    monkeypatch.setattr(base_files, "sha256_of", lambda path: read.append(path.name) or "0")
    base_files.find(wanted, out)
    assert read == []
    (base / "config.json").touch()
    with pytest.raises(ResourceMissing, match=r"config\.json"):
        base_files.find(wanted, out)
    assert read == ["config.json"]


def test_a_damaged_memory_of_hashes_is_started_anew(referring, data):
    out, base = referring
    shutil.move(base, out.parent / "big-base")
    (data / base_files.KNOWN_FILE).write_text("{")
    assert base_files.find(bundle.read_config(out).base, out) == out.parent.resolve() / "big-base"


def test_a_base_in_parts_is_told_by_all_of_them(tmp_path, data):
    parts = {"a": "one.safetensors", "b": "two.safetensors"}
    (tmp_path / base_files.INDEX).write_text(json.dumps({"weight_map": parts}))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "one.safetensors").write_bytes(b"1")
    with pytest.raises(BundleBroken, match=r"lacks two\.safetensors"):
        base_files.files(tmp_path)
    (tmp_path / "two.safetensors").write_bytes(b"22")
    before = base_files.digest(tmp_path)
    (tmp_path / "two.safetensors").write_bytes(b"23 ")
    assert base_files.digest(tmp_path) != before
    assert base_files.reference(tmp_path).files.keys() == {"config.json", base_files.INDEX, *parts.values()}


def test_a_pulled_base_goes_by_its_name(data, tmp_path, monkeypatch):
    (data / "models" / "qwen3-vl-2b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    assert base_files.named(Path("qwen3-vl-2b")) == settings.load().data / "models" / "qwen3-vl-2b"
    assert base_files.named(Path("other")) == Path("other")

"""Training on a small simulated dataset: a bundle that loads and judges, that goes on after a kill, and clear refusals."""

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from resus_doc.errors import BundleBroken, PartlyDone, ResourceMissing, UsageError
from resus_doc.models import learning, timesformer, training
from resus_doc.models.bundle import read_config
from resus_doc.models.detector import Detector
from resus_doc.models.weights import load_base
from resus_doc.tools import frame_cache
from resus_doc.tools.compare import row_name
from resus_doc.tools.dataset import open_dataset, read_cases
from resus_doc.tools.evaluate import evaluate
from resus_doc.tools.frame_cache import WindowClips, cache
from resus_doc.tools.train import train
from resus_doc.tools.train_plan import DEFAULTS, Plan, fitted, planned
from resus_doc.tools.training_looks import Look, best_look

sys.path.insert(0, str(Path(__file__).parent))

from damaged_videos import lose_pictures

SHORT = {"steps": 4, "batch": 4, "rank": 2, "check_every": 2}


def quiet(_text):
    pass


def kill_at_a_step(text):
    """A `say` that interrupts a training once it has frames and a checkpoint."""
    if text.startswith("step"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("method", ["head", "lora", "full", "timesformer"])
def test_each_method_gives_a_bundle_that_loads_and_judges(
    method, small_dataset, random_bundle, tmp_path, tmp_path_factory
):
    out = tmp_path / "bundle"
    base = random_bundle
    if method == "timesformer":
        base = tmp_path_factory.mktemp("base")
        timesformer.new(64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2).save_pretrained(base)
    done = train(small_dataset, out, replace(DEFAULTS[method], **SHORT), base, say=quiet)
    detector = Detector.load(out, "cpu")
    assert (out / "adapter").exists() == detector.config.adapter == (method == "lora")
    same_base = (out / "base/model.safetensors").read_bytes() == (random_bundle / "base/model.safetensors").read_bytes()
    assert same_base == (method in ("head", "lora"))
    assert detector.config.training["method"] == method
    assert detector.config.validated_on == "simulated"
    assert ("TimeSformer 16/1" in detector.config.training["architecture"]) == (method == "timesformer")
    checked = detector.config.domain is not None and np.isfinite(detector.config.domain.threshold)
    assert checked == (method != "timesformer")
    assert 0 < done.best_step <= 4
    assert "<svg" in (out / "training.svg").read_text() and "step 4" in (out / "training.log").read_text()
    assert evaluate(small_dataset, detector).evaluation.n_windows == 11
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize("view", ["single", "shuffled"])
def test_a_baseline_is_shown_the_same_in_training_and_use(view, small_dataset, random_bundle, tmp_path):
    plan = planned("lora", **SHORT, view=view)
    train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=quiet)
    detector = Detector.load(tmp_path / "bundle", "cpu")
    assert detector.config.view == view and row_name(detector).startswith(view)
    assert evaluate(small_dataset, detector).evaluation.n_windows == 11


def test_the_recipe_of_the_study(small_dataset, random_bundle, tmp_path):
    plan = planned("lora", "study", steps=2, batch=4, check_every=2)
    assert planned("lora", "study").steps is None and fitted(planned("lora", "study"), 33).steps == 33
    assert (plan.learning_rate, plan.weight_decay, plan.rank) == (5e-5, 1e-4, 16)
    large = planned("lora", "study", learning.LARGE)
    assert (large.batch, large.accumulate, large.learning_rate, large.recompute) == (1, 1, 5e-5, True)
    with pytest.raises(UsageError, match="--rank 8"):
        planned("lora", "study", rank=8)
    train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=quiet)
    config = read_config(tmp_path / "bundle")
    told = config.training
    assert (told["recipe"], told["learning_rate"], told["batch"], told["adapter"]) == (
        ("study", 5e-5, 4, {"rank": 16, "alpha": 32, "dropout": 0.1})
    )
    videos = cache(read_cases(open_dataset(small_dataset).of("train")), config, tmp_path / "frames")
    for name in config.labels:
        positives = sum(int(video.truth.columns[name].sum()) for video in videos)
        assert told["pos_weight"][name] == pytest.approx((33 - positives) / positives if positives else 1.0)
    adapter = json.loads((tmp_path / "bundle/adapter/adapter_config.json").read_text())
    assert (adapter["r"], adapter["lora_alpha"], adapter["lora_dropout"]) == (16, 32, 0.1)
    assert adapter["target_modules"] == training.STUDY_TARGETS
    names = load_file(tmp_path / "bundle/adapter/adapter_model.safetensors")
    assert {name.split(".")[-3] for name in names} == {"q_proj", "v_proj"}


def test_a_label_that_no_or_every_window_holds_is_told(small_dataset, random_bundle, tmp_path):
    """The study's ratio says nothing there."""
    dataset = shutil.copytree(small_dataset, tmp_path / "set")
    for path in (dataset / "annotations" / "train").iterdir():
        path.write_text("Baby visible 0 12000 12000\nSuction 3000 3300 300\nPPV 4000 8000 4000\n")
    said, plan = [], planned("lora", "study", **{**SHORT, "rank": 16})
    done = train(dataset, tmp_path / "bundle", plan, random_bundle, say=said.append)
    never, always = "No training window holds suction", "Every training window holds baby_visible"
    for told in (said, done.notes, read_config(tmp_path / "bundle").training["notes"]):
        assert any(never in text for text in told) and any(always in text for text in told)
    weights = read_config(tmp_path / "bundle").training["pos_weight"]
    assert (weights["suction"], weights["baby_visible"]) == (1.0, 0.0) and weights["ppv"] > 1
    own = train(dataset, tmp_path / "own", planned("lora", **SHORT), random_bundle, say=quiet)
    clamped = read_config(own.out).training["pos_weight"]
    assert (clamped["suction"], clamped["baby_visible"]) == (4.0, 0.25)


def test_an_activity_that_only_validation_holds_is_told_before_the_training(small_dataset, random_bundle, tmp_path):
    dataset, said = shutil.copytree(small_dataset, tmp_path / "set"), []
    for split, text in (
        ("train", "PPV 4000 8000 4000\n"),
        ("validation", "Suction 1000 5000 4000\nPPV 6000 9000 3000\n"),
    ):
        for path in (dataset / "annotations" / split).iterdir():
            path.write_text(text)
    train(dataset, tmp_path / "bundle", replace(DEFAULTS["head"], **SHORT), random_bundle, say=said.append)
    told = "No training video holds suction, which 1 of 1 validation videos hold: the detector will not know it."
    assert [text for text in said if "will not know" in text] == [told]
    assert said.index(told) < next(place for place, text in enumerate(said) if text.startswith("step"))


def test_frames_that_nothing_used_for_two_weeks_are_removed_by_the_next_training(
    small_dataset, random_bundle, tmp_path
):
    plan = planned("head", **SHORT)
    for name in ("old", "young"):
        with pytest.raises(KeyboardInterrupt):
            train(small_dataset, tmp_path / name, plan, random_bundle, say=kill_at_a_step)
        assert len(list((tmp_path / f"{name}.training/frames").iterdir())) == 4
    for name, days in (("old", 15), ("young", 13)):
        for path in (tmp_path / f"{name}.training/frames").iterdir():
            os.utime(path, (time.time() - days * 86_400,) * 2)
    said = []
    train(small_dataset, tmp_path / "other", plan, random_bundle, say=said.append)
    assert list((tmp_path / "old.training/frames").iterdir()) == []
    assert len(list((tmp_path / "young.training/frames").iterdir())) == 4
    (told,) = [text for text in said if "frames" in text]
    assert "4 files" in told and "14 days" in told and str(tmp_path / "old.training/frames") in told
    assert (tmp_path / "old.training/checkpoint.pt").exists()
    train(small_dataset, tmp_path / "old", plan, random_bundle, say=said.append)
    said.clear()
    train(small_dataset, tmp_path / "third", plan, random_bundle, say=said.append, cache_days=12)
    assert any("12 days" in text and "young" in text for text in said)


def test_frames_of_a_comparison_that_was_killed_are_removed_too(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = Path(tempfile.mkdtemp(prefix=frame_cache.SHORT_LIVED))
    for name, age_s in (("old.npy", 86_401), ("half.partial", 86_401), ("new.npy", 86_399)):
        (folder / name).touch()
        os.utime(folder / name, (1e9 - age_s,) * 2)
    said = []
    frame_cache.forget([*frame_cache.places(tmp_path), tmp_path / "gone"], 1, 1e9, said.append)
    assert [path.name for path in folder.iterdir()] == ["new.npy"]
    assert len(said) == 1 and "1 days" in said[0] and str(folder) in said[0] and "2 files" in said[0]


def test_a_training_that_goes_on_keeps_its_own_old_frames(small_dataset, random_bundle, tmp_path):
    plan, said = planned("head", **SHORT), []
    with pytest.raises(KeyboardInterrupt):
        train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=kill_at_a_step)
    frames = sorted((tmp_path / "bundle.training/frames").iterdir())
    for path in frames:
        os.utime(path, (0, 0))
    before = [path.stat().st_ino for path in frames]

    def look(text):
        said.append(text)
        if text.startswith("  validation"):
            assert [path.stat().st_ino for path in frames] == before
            assert all(time.time() - path.stat().st_mtime < 600 for path in frames)

    train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=look)
    assert any(text.startswith("  validation") for text in said) and not any("removed" in text for text in said)


def test_memory_that_is_too_small_is_told_and_a_lighter_plan_takes_the_frames_over(
    small_dataset, random_bundle, tmp_path
):
    def full(step, _fraction):
        if step == "decode validation":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    plan = planned("lora", **SHORT)
    with pytest.raises(ResourceMissing, match=r"memory of cpu .*--batch.*--accumulate.*--recompute.*--four-bit"):
        train(small_dataset, tmp_path / "bundle", plan, random_bundle, progress=full, say=quiet)
    assert list((tmp_path / "bundle.training/frames").iterdir())
    lighter = replace(plan, batch=1, accumulate=4)
    assert train(small_dataset, tmp_path / "bundle", lighter, random_bundle, say=quiet).out.exists()


def test_a_damaged_checkpoint_is_named(small_dataset, random_bundle, tmp_path):
    plan = planned("head", **SHORT)
    with pytest.raises(KeyboardInterrupt):
        train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=kill_at_a_step)
    checkpoint = tmp_path / "bundle.training/checkpoint.pt"
    for damaged in (b"", checkpoint.read_bytes()[:900], b"not a checkpoint"):
        checkpoint.write_bytes(damaged)
        with pytest.raises(ResourceMissing, match=r"checkpoint\.pt cannot be used"):
            train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=quiet)
    checkpoint.unlink()
    other = replace(plan, learning_rate=0.5, seed=77, steps=2)
    assert train(small_dataset, tmp_path / "bundle", other, random_bundle, say=quiet).out.exists()
    assert train(small_dataset, tmp_path / "fresh", other, random_bundle, say=quiet).out.exists()
    heads = [(tmp_path / name / "head.safetensors").read_bytes() for name in ("bundle", "fresh")]
    assert heads[0] == heads[1], "nothing of the training before is taken over"


def test_a_base_that_the_method_cannot_use_is_refused(small_dataset, random_bundle, tmp_path):
    with pytest.raises(BundleBroken, match="needs a TimeSformer"):
        train(small_dataset, tmp_path / "b", planned("timesformer", **SHORT), random_bundle)
    with pytest.raises(UsageError, match="needs a base"):
        train(small_dataset, tmp_path / "b", planned("lora", **SHORT), None)


def test_four_bits_without_their_package_are_refused_before_anything_is_decoded(
    small_dataset, random_bundle, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ResourceMissing, match="bitsandbytes"):
        load_base(random_bundle / "base", four_bit=True)
    with pytest.raises(ResourceMissing, match="bitsandbytes"):
        train(small_dataset, tmp_path / "b", planned("lora", **SHORT, four_bit=True), random_bundle, say=quiet)
    assert not list(tmp_path.iterdir())


def test_a_place_where_nothing_can_be_made_is_no_lack_of_space(small_dataset, random_bundle, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ResourceMissing, match=r"cannot be stored in .*Name a folder in which you may write") as refused:
        train(small_dataset, tmp_path / "file" / "bundle", replace(DEFAULTS["head"], **SHORT), random_bundle, say=quiet)
    assert "space" not in str(refused.value)


@pytest.mark.parametrize(
    ("moment", "named", "step"),
    [
        ("decode train", "bundle.training/frames", None),
        ("step 2/", "bundle.training/best.partial", 2),
        ("  validation", "bundle.training/checkpoint.pt", 2),
        ("step 4/", "bundle.training/best.partial", 4),
        ("the last look", "bundle.partial", 4),
    ],
)
def test_a_full_disk_leaves_the_checkpoint_and_the_same_command_goes_on(
    moment, named, step, small_dataset, random_bundle, tmp_path
):
    plan, looks = planned("lora", **SHORT), []

    def fill(text, _fraction=None):
        looks.extend([text] if text.startswith("  validation") else [])
        if text.startswith(moment) or (moment == "the last look" and len(looks) == 2):
            resource.setrlimit(resource.RLIMIT_FSIZE, (500, most))

    usual, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(ResourceMissing, match=f"cannot be .*{named}"):
            train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=fill, progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (usual, most))
    checkpoint = tmp_path / "bundle.training/checkpoint.pt"
    assert (torch.load(checkpoint, weights_only=True)["step"] if checkpoint.exists() else None) == step
    assert not list((tmp_path / "bundle.training").glob("checkpoint.partial")) and not (tmp_path / "bundle").exists()
    assert train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=quiet).out.exists()


def test_no_name_of_a_video_or_machine_is_in_the_bundle(small_dataset, random_bundle, tmp_path):
    train(small_dataset, tmp_path / "bundle", replace(DEFAULTS["head"], **SHORT), random_bundle, say=quiet)
    for path in (tmp_path / "bundle").rglob("*.json"):
        assert "case_0" not in path.read_text() and str(tmp_path) not in path.read_text()


def test_a_killed_training_goes_on_and_ends_the_same(small_dataset, random_bundle, tmp_path):
    plan = replace(DEFAULTS["lora"], **SHORT)
    train(small_dataset, tmp_path / "straight", plan, random_bundle, say=quiet)

    def kill(text):
        if text.startswith("  validation"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(small_dataset, tmp_path / "killed", plan, random_bundle, say=kill)
    assert (tmp_path / "killed.training" / "checkpoint.pt").exists() and not (tmp_path / "killed").exists()
    said = []
    train(small_dataset, tmp_path / "killed", plan, random_bundle, say=said.append)
    assert not any("step 2/" in text for text in said)
    logits = [Detector.load(tmp_path / name, "cpu").config.thresholds for name in ("straight", "killed")]
    assert logits[0] == logits[1]
    heads = [(tmp_path / name / "head.safetensors").read_bytes() for name in ("straight", "killed")]
    assert heads[0] == heads[1]


def test_an_unfinished_training_of_another_kind_is_not_taken_over(small_dataset, random_bundle, tmp_path):
    def kill(text):
        if text.startswith("  validation"):
            raise KeyboardInterrupt

    plan = replace(DEFAULTS["head"], **SHORT)
    with pytest.raises(KeyboardInterrupt):
        train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=kill)
    with pytest.raises(UsageError, match="unfinished"):
        train(small_dataset, tmp_path / "bundle", replace(plan, seed=2), random_bundle, say=quiet)


def test_a_broken_loss_ends_the_training_and_the_checkpoint_stands(small_dataset, random_bundle, tmp_path):
    plan = replace(DEFAULTS["lora"], **{**SHORT, "steps": 60}, learning_rate=float("inf"))
    with pytest.raises(PartlyDone, match=r"at step \d+; no checkpoint was stored yet"):
        train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=quiet)
    assert not (tmp_path / "bundle").exists()

    def spoiled(optimiser):
        optimiser.param_groups[0]["params"][0].data.fill_(float("nan"))

    plan, path = planned("lora", **SHORT), tmp_path / "other.training/checkpoint.pt"
    with pytest.MonkeyPatch.context() as patch:

        def spoil(text):
            if text.startswith("  validation"):
                patch.setattr(torch.optim.AdamW, "step", spoiled)

        with pytest.raises(PartlyDone, match=rf"at step \d+; the checkpoint {path} of an earlier step stands"):
            train(small_dataset, tmp_path / "other", plan, random_bundle, say=spoil)
    assert torch.load(path, weights_only=True)["step"] == 2
    assert train(small_dataset, tmp_path / "other", plan, random_bundle, say=quiet).out.exists()


def test_training_ends_early_when_validation_gets_no_better(small_dataset, random_bundle, tmp_path):
    plan = Plan("head", steps=400, batch=4, learning_rate=0.0, check_every=1, patience=3)
    said = []
    done = train(small_dataset, tmp_path / "bundle", plan, random_bundle, say=said.append)
    assert done.best_step == 1
    assert sum(text.startswith("  validation") for text in said) == 4


def test_units_and_damage_are_told_and_the_bundle_counts_damaged_videos(small_dataset, random_bundle, tmp_path):
    folder = shutil.copytree(small_dataset, tmp_path / "set")
    video = lose_pictures(sorted((folder / "videos" / "train").iterdir())[0], 40, 16)
    said = []
    done = train(folder, tmp_path / "bundle", replace(DEFAULTS["head"], **SHORT), random_bundle, say=said.append)
    assert "Times in whole numbers were read as milliseconds (4 files)." in said
    assert f"The video {video.name} is damaged: 2.0 s of pictures are missing in 1 place." in said
    assert any("damaged, and lack a part: 1" in note for note in done.notes)
    facts = Detector.load(tmp_path / "bundle", "cpu").config.training
    assert facts["clips_shown"] == 4 * 4 and video.stem not in json.dumps(facts)


def test_frames_that_do_not_fit_are_refused_before_decoding(small_dataset, random_bundle, tmp_path):
    with pytest.raises(ResourceMissing, match="--cache-gb"):
        train(small_dataset, tmp_path / "b", replace(DEFAULTS["head"], **SHORT), random_bundle, cache_gb=1e-6)
    assert list(tmp_path.iterdir()) == []


def test_a_base_of_another_architecture_is_refused(small_dataset, random_bundle, tmp_path):
    base = shutil.copytree(random_bundle / "base", tmp_path / "base")
    config = json.loads((base / "config.json").read_text())
    config["vision_config"]["model_type"] = "clip_vision_model"
    (base / "config.json").write_text(json.dumps(config))
    with pytest.raises(BundleBroken, match="clip_vision_model"):
        train(small_dataset, tmp_path / "b", replace(DEFAULTS["head"], **SHORT), base)
    with pytest.raises(BundleBroken, match="no base model"):
        train(small_dataset, tmp_path / "b", replace(DEFAULTS["head"], **SHORT), tmp_path / "nothing")


def test_an_adapter_that_does_not_fit_its_base_is_refused(small_dataset, random_bundle, tmp_path):
    from safetensors.torch import save_file

    from resus_doc.models.bundle_writer import Parts, assembled

    adapter = shutil.copytree(random_bundle / "adapter", tmp_path / "adapter")
    weights = load_file(adapter / "adapter_model.safetensors")
    name = sorted(weights)[0]
    weights[name] = torch.zeros(3, *weights[name].shape[1:])
    save_file(weights, adapter / "adapter_model.safetensors")
    parts = Parts(random_bundle / "base", adapter, random_bundle / "head.safetensors")
    with pytest.raises(BundleBroken, match="do not fit"):
        assembled(parts, read_config(random_bundle))
    told = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps({**told, "peft_type": "OF_TOMORROW"}))
    with pytest.raises(BundleBroken, match=r"adapter does not fit the base: .*OF_TOMORROW"):
        assembled(parts, read_config(random_bundle))


def test_a_clip_holds_the_frame_before_its_window(small_dataset, random_bundle, tmp_path):
    config = read_config(random_bundle)
    videos = cache(read_cases(open_dataset(small_dataset).of("train")), config, tmp_path / "frames")
    clips = WindowClips(videos, config)
    assert len(clips) == sum(len(video.truth.columns["ventilation"]) for video in videos) == 33
    frames = videos[1].frames
    np.testing.assert_array_equal(clips.clip(11)[0], frames[0])
    np.testing.assert_array_equal(clips[np.array([13])][0], frames[15:32])
    whole = Detector.load(random_bundle, "cpu")
    clip = clips.clip(13)
    np.testing.assert_allclose(
        whole.logits(whole.encode(clip[1:], clip[0]))[0], whole.video_logits(frames)[2], atol=1e-4
    )


def test_the_best_look_has_the_highest_f1_then_the_lowest_loss():
    looks = [Look(1, 0, 0.5, 0.7), Look(2, 0, 0.4, 0.8), Look(3, 0, 0.3, 0.8), Look(4, 0, 0.3, 0.8)]
    assert best_look(looks).step == 3

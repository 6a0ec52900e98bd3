"""The comparison table on a small simulated dataset: every row is there, with figures or with what it lacks."""

import csv
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from resus_doc.errors import InputRefused, ResourceMissing, UsageError
from resus_doc.models.bundle import DetectorConfig
from resus_doc.models.detector import Detector
from resus_doc.tools.compare import OWN_ROWS, WITHOUT_PRETRAINED, Learned, compare, learned
from resus_doc.tools.compare_groups import FAMILIAR, HELD_OUT
from resus_doc.tools.compare_missing import HOW, STRATEGIES, plans_for, train_missing, zero_shot_rows
from resus_doc.tools.compare_pages import COLUMNS, comparison_table, explanation, write_comparison
from resus_doc.tools.dataset import open_dataset, read_cases
from resus_doc.tools.evaluate import evaluate

sys.path.insert(0, str(Path(__file__).parent))

from damaged_videos import lose_pictures


@pytest.fixture(scope="module")
def detector(random_bundle):
    return Detector.load(random_bundle, "cpu")


@pytest.fixture(scope="module")
def comparison(small_dataset, detector, tmp_path_factory):
    """Held out are the test videos themselves, of which no scenario says that their hospital is in the training."""
    apart = shutil.copytree(small_dataset, tmp_path_factory.mktemp("apart") / "set")
    shutil.rmtree(apart / "scenarios")
    return compare(small_dataset, detector, {"another": detector}, held_out=apart)


@pytest.fixture(scope="module")
def rows(comparison):
    return comparison.rows


def test_every_row_has_figures_or_says_what_it_needs(rows):
    names = [row.name for row in rows if row.figures]
    assert names == ["always yes", "adapter off", "lora", "another"]
    lacking = {row.name: row.note for row in rows if not row.figures}
    assert set(lacking) == {*OWN_ROWS, *WITHOUT_PRETRAINED} - {"lora"}
    assert all("pretrained model" in lacking[name] for name in WITHOUT_PRETRAINED)
    assert "--frames single" in lacking["single frame"]


def test_the_detectors_own_row_is_what_evaluate_says(rows, small_dataset, detector):
    own = next(row.figures[FAMILIAR] for row in rows if row.name == "lora")
    assert own.windows == evaluate(small_dataset, detector).evaluation.windows
    assert own == next(row.figures[FAMILIAR] for row in rows if row.name == "another")


def test_always_yes_is_the_one_of_evaluate(rows):
    yes, own = rows[0].figures[FAMILIAR], next(row.figures[FAMILIAR] for row in rows if row.name == "lora")
    for name, scored in yes.windows.per_class.items():
        assert scored.recall in (None, 1.0) and scored.support == own.windows.per_class[name].support


def test_the_table_is_written_for_people_and_programs(rows, tmp_path):
    write_comparison(rows, tmp_path / "out", ["One note."])
    table = list(csv.DictReader((tmp_path / "out" / "comparison.csv").open()))
    assert [line["row"] for line in table] == [row.name for row in rows]
    for name in ("comparison.md", "comparison.html"):
        text = (tmp_path / "out" / name).read_text()
        assert all(row.name in text for row in rows) and "One note." in text
    assert "<svg" in (tmp_path / "out" / "reliability-lora.svg").read_text()
    write_comparison(rows, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").touch()
    with pytest.raises(UsageError, match="something else"):
        write_comparison(rows, tmp_path / "mine")


def test_test_videos_of_another_hospital_stand_apart(small_dataset, detector, tmp_path):
    folder = shutil.copytree(small_dataset, tmp_path / "set")
    for kind, ending in (("videos", "mp4"), ("annotations", "txt"), ("scenarios", "json")):
        for part in ("train", "validation", "test"):
            for path in sorted((folder / kind / part).glob(f"*.{ending}")):
                if kind == "scenarios":
                    told = {**json.loads(path.read_text()), "hospital": "dune" if part == "test" else "oak"}
                    path.write_text(json.dumps(told))
    apart = compare(folder, detector, {}).rows
    own = next(row for row in apart if row.name == "lora")
    assert set(own.figures) == {HELD_OUT}
    assert any(name.startswith("held-out") for name in comparison_table(apart).header)
    scenario = next((folder / "scenarios" / "test").iterdir())
    scenario.write_text("{}")
    with pytest.raises(InputRefused, match="names no hospital"):
        compare(folder, detector, {})


def test_a_second_dataset_is_the_held_out_hospital(rows):
    own = next(row for row in rows if row.name == "lora")
    assert own.figures[FAMILIAR] == own.figures[HELD_OUT]
    table = comparison_table(rows)
    line = next(dict(zip(table.header, cells, strict=True)) for cells in table.rows if cells[0] == "lora")
    assert all(line[f"held-out: {name}"] == line[name] for name in COLUMNS)
    assert table.header[1] == "macro-F1 activities" and table.header[4] == "held-out: macro-F1 activities"


def test_missing_rows_are_trained_as_long_as_the_detector(detector, small_dataset, random_bundle, tmp_path):
    facts = {
        "made_by": "resus-doc train",
        "method": "lora",
        "last_step": 90,
        "batch": 8,
        "learning_rate": 1e-3,
        "seed": 5,
    }
    asked = Detector(detector.config.model_copy(update={"training": facts}), detector.model, detector.head, None)
    plans = plans_for(asked, {"lora", "full"})
    assert set(plans) == set(OWN_ROWS) - {"lora", "full"} and set(HOW) == set(OWN_ROWS)
    assert {(plan.steps, plan.batch, plan.seed) for plan in plans.values()} == {(90, 8, 5)}
    assert plans["single frame"].view == "single" and plans["single frame"].learning_rate == 1e-3
    assert plans["timesformer"].learning_rate != 1e-3
    short = {"head only": plans_for(asked, {}, steps=2)["head only"]}
    where = {"device": "cpu", "cache_gb": 1.0, "say": lambda _: None}
    made = train_missing(small_dataset, random_bundle, short, tmp_path / "bundles", **where)
    stored = (made["head only"] / "detector.json").read_bytes()
    assert made == train_missing(small_dataset, random_bundle, short, tmp_path / "bundles", **where)
    assert (made["head only"] / "detector.json").read_bytes() == stored
    assert learned(Detector.load(made["head only"], "cpu").config.training) == Learned(2, 16)
    longer = {"head only": plans_for(asked, {}, steps=3)["head only"]}
    with pytest.raises(UsageError, match="head-only was trained from other data"):
        train_missing(small_dataset, random_bundle, longer, tmp_path / "bundles", **where)
    split = shutil.copytree(small_dataset, tmp_path / "split")
    event = next((split / "annotations" / "train").iterdir())
    event.write_text(event.read_text() + "Suction 1000 4000 3000\n")
    with pytest.raises(UsageError, match="head-only was trained from other data"):
        train_missing(split, random_bundle, short, tmp_path / "bundles", **where)


def test_every_trained_row_has_the_same_steps_and_clips_and_the_table_tells_them(
    detector, small_dataset, random_bundle, tmp_path
):
    plans = {
        name: plan for name, plan in plans_for(detector, {}, steps=3).items() if name in ("head only", "single frame")
    }
    plans["head only"] = replace(plans["head only"], learning_rate=0.0, check_every=1)
    said = []
    where = {"device": "cpu", "cache_gb": 1.0, "say": said.append}
    made = train_missing(small_dataset, random_bundle, plans, tmp_path / "bundles", **where)
    assert sum("were read as milliseconds (4 files)" in text for text in said) == 1
    found = compare(small_dataset, detector, {name: Detector.load(place, "cpu") for name, place in made.items()}).rows
    assert [row.learned for row in found if row.name in made] == [Learned(3, 96), Learned(3, 96)]
    table = comparison_table(found)
    lines = {cells[0]: dict(zip(table.header, cells, strict=True)) for cells in table.rows if cells[0] in made}
    assert {(line["steps"], line["clips shown"]) for line in lines.values()} == {("3", "96")}
    assert not any("not all trained for as long" in text for text in explanation(found))
    other = [row._replace(learned=Learned(4, 96)) if row.name == "head only" else row for row in found]
    assert any("not all trained for as long" in text for text in explanation(other))


def test_without_a_number_of_steps_all_rows_are_trained_alike(detector):
    assert len({(plan.steps, plan.batch * plan.accumulate) for plan in plans_for(detector, {}).values()}) == 1
    facts = {"method": "lora", "lora": {"steps": 45, "batch": 8, "before": {"steps": 60, "batch": 16}}}
    assert learned(facts) == Learned(105, 45 * 8 + 60 * 16)
    asked = Detector(detector.config.model_copy(update={"training": facts}), detector.model, detector.head, None)
    plans = plans_for(asked, {}).values()
    assert all((plan.steps, plan.patience) == (105, 105) for plan in plans)


def test_the_limit_of_the_cache_holds_for_all_rows_together(detector, small_dataset):
    finer = Detector(detector.config.model_copy(update={"frame_size": 128}), detector.model, detector.head, None)
    one_gb = 2 * 12 * detector.config.grid_fps * detector.config.frame_size**2 * 3 / 1e9
    with pytest.raises(ResourceMissing, match="--cache-gb"):
        compare(small_dataset, detector, {"finer": finer}, cache_gb=2.9 * one_gb)


def test_what_was_guessed_what_is_damaged_and_what_is_not_known_are_told_and_evaluate_tells_it_too(
    detector, small_dataset, tmp_path
):
    folder = shutil.copytree(small_dataset, tmp_path / "set")
    video = lose_pictures(next((folder / "videos" / "test").iterdir()), 40, 16)
    next((folder / "annotations" / "test").iterdir()).write_text("PPV 1.5 4.5 3.0\nChest compresions 5.0 9.0 4.0\n")
    labels = ("baby_visible", "ppv")
    config = detector.config.model_copy(update={"labels": labels, "adapter": False})
    narrow = Detector(config, detector.model, torch.nn.Linear(64, len(labels)), None)
    notes = compare(folder, narrow, {}).notes
    assert any(f"{video.name} is damaged: 2.0 s of pictures are missing" in note for note in notes)
    assert "Times with decimals were read as seconds (1 file)." in notes
    assert any("'Chest compresions' was read as 'chest_compressions'" in note for note in notes)
    told = [note for note in notes if "does not know" in note]
    assert len(told) == 1 and "chest compressions, which 1 of 1 test videos" in told[0].lower()
    alone = [note for note in evaluate(folder, narrow).evaluation.notes if "does not know" in note]
    assert len(alone) == 1 and "chest compressions, which 1 of 1 videos hold" in alone[0]


def test_events_in_lost_pictures_count_in_no_row_as_in_evaluate(small_dataset, tmp_path, detector):
    folder = shutil.copytree(small_dataset, tmp_path / "set")
    lose_pictures(next((folder / "videos" / "test").iterdir()), 24, 56)
    seen = Detector(
        detector.config.model_copy(update={"thresholds": dict.fromkeys(detector.config.labels, 0.0)}),
        detector.model,
        detector.head,
        None,
    )
    row = next(row for row in compare(folder, seen, {}).rows if row.name == "lora")
    alone = evaluate(folder, seen)
    assert [each.events for each in row.judged[FAMILIAR]] == [each.events for each in alone.videos]
    assert row.figures[FAMILIAR].events == alone.evaluation.events


def test_mask_support_beside_its_kinds_is_not_told_as_unknown(detector, small_dataset, tmp_path):
    folder = shutil.copytree(small_dataset, tmp_path / "set")
    next((folder / "annotations" / "test").iterdir()).write_text("PPV 1.5 4.5 3.0\nCPAP 5.0 9.0 4.0\n")
    for label, told in (("ventilation", []), ("ppv", ["cpap"])):
        config = DetectorConfig.untuned(
            (label,),
            window_s=2.0,
            stride_s=1.0,
            grid_fps=detector.config.grid_fps,
            frame_size=detector.config.frame_size,
            validated_on="simulated",
            adapter=False,
        )
        notes = evaluate(folder, Detector(config, detector.model, torch.nn.Linear(64, 1), None)).evaluation.notes
        found = [note for note in notes if "does not know" in note]
        assert [name for name in ("ppv", "cpap") if any(name in note.lower() for note in found)] == told
        assert all("counts as missed in mask support alone" in note for note in found)


def test_rows_beside_a_detector_on_a_large_base_are_trained_like_it(detector):
    """The base's kind decides; what the detector's own training says goes before."""

    class Large:
        def get_base_model(self):
            return SimpleNamespace(config=SimpleNamespace(model_type="qwen3_vl"))

        def parameters(self):
            return detector.model.parameters()

    def plans(**facts):
        config = detector.config.model_copy(update={"training": facts})
        return plans_for(Detector(config, Large(), detector.head, None), set())

    memory = {name: (plan.batch, plan.accumulate, plan.learning_rate, plan.recompute) for name, plan in plans().items()}
    assert memory.pop("timesformer") == (32, 1, 5e-4, False)
    assert memory.pop("full") == (1, 32, pytest.approx(5e-6), True)
    assert memory.pop("head only") == (1, 32, 5e-5, False)
    assert set(memory) == {"single frame", "shuffled frames", "lora"} and set(memory.values()) == {(1, 32, 5e-5, True)}
    told = {"batch": 2, "accumulate": 8, "learning_rate": 1e-4, "recompute": False, "four_bit": True}
    given = plans(made_by="resus-doc train", method="lora", **told)
    assert {(plan.batch, plan.accumulate) for name, plan in given.items() if name != "timesformer"} == {(2, 8)}
    assert (given["timesformer"].batch, given["timesformer"].accumulate) == (16, 1)
    assert (given["lora"].learning_rate, given["full"].learning_rate) == (1e-4, pytest.approx(5e-6))
    assert [name for name, plan in given.items() if not plan.four_bit] == ["full", "timesformer"]
    assert not any(plan.recompute for plan in given.values())


def test_a_detector_of_the_studys_recipe_has_rows_of_it(detector):
    facts = {"made_by": "resus-doc train", "recipe": "study", "rank": 16, "batch": 1, "learning_rate": 5e-5}
    asked = Detector(detector.config.model_copy(update={"training": facts}), detector.model, detector.head, None)
    assert {plan.recipe for plan in plans_for(asked, {"lora"}).values()} == {"study"}


def test_zero_shot_answers_are_counted_like_any_other(small_dataset, tmp_path):
    class Always:
        def answer(self, frames, question, most_tokens):
            return "yes, baby visible" if "yes or no" in question else "baby visible, ventilation"

    group = {FAMILIAR: read_cases(open_dataset(small_dataset).of("test"))}
    rows = zero_shot_rows(Always(), None, group, tmp_path)
    assert [row.name for row in rows] == list(STRATEGIES)
    each, listing, caption = rows
    assert all(scored.recall in (None, 1.0) for scored in each.figures[FAMILIAR].windows.per_class.values())
    assert listing.figures[FAMILIAR].windows.per_class["stimulation"].recall == 0
    assert caption.figures == {} and "--judge" in caption.note
    judged = zero_shot_rows(Always(), lambda _: "no", group, tmp_path)[2]
    assert judged.figures[FAMILIAR].windows.per_class["baby_visible"].recall == 0


def test_the_folder_of_trained_rows_does_not_stand_in_the_way(rows, tmp_path):
    (tmp_path / "out" / "bundles").mkdir(parents=True)
    write_comparison(rows, tmp_path / "out")

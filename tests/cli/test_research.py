"""evaluate, as a user runs it, on a small simulated dataset and a bundle of random weights."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from resus_doc.cli.main import main

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from damaged_videos import lose_pictures
from random_bases import SMALL, random_base


def run(*arguments):
    command = [sys.executable, "-m", "resus_doc.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def test_evaluate_prints_the_contract_and_writes_pages(small_dataset, random_bundle, tmp_path):
    out = tmp_path / "figures"
    done = run("evaluate", small_dataset, "--detector", random_bundle, "-o", out, "--json", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"windows", "events", "time_to_first", "n_videos", "n_windows", "seconds"} <= set(told)
    assert {"per_class", "macro_f1", "macro_f1_activities", "always_yes_macro_f1"} <= set(told["windows"])
    assert set(told["windows"]["per_class"]["ventilation"]) == {"precision", "recall", "f1", "support"}
    assert list(told["events"]["f1_at_iou"]) == ["0.10", "0.25", "0.50"]
    assert {"onset_error_s", "offset_error_s", "false_events_per_hour"} <= set(told["events"])
    assert (told["n_videos"], told["n_windows"]) == (1, 11)
    assert json.loads((out / "evaluation.json").read_text()) == told
    assert {path.name for path in out.iterdir()} == {
        "evaluation.json", "evaluation.html", "evaluation.md", "reliability.svg"
    }  # fmt: skip
    assert "http" not in (out / "evaluation.html").read_text().replace("http://www.w3.org/2000/svg", "")


def test_evaluate_and_compare_tell_units_and_damage_in_print_and_on_the_page(small_dataset, random_bundle, tmp_path):
    dataset, out = shutil.copytree(small_dataset, tmp_path / "set"), tmp_path / "out"
    video = lose_pictures(next((dataset / "videos" / "test").iterdir()), 40, 16)
    for command, page in (("evaluate", "evaluation"), ("compare", "comparison")):
        place = out / command
        done = run(command, dataset, "--detector", random_bundle, "-o", place, "--device", "cpu")
        assert done.returncode == 0, done.stderr
        for text in (done.stderr, (place / f"{page}.html").read_text(), (place / f"{page}.md").read_text()):
            told = " ".join(text.split())
            assert "Times in whole numbers were read as milliseconds" in told
            assert f"The video {video.name} is damaged: 2.0 s of pictures are missing in 1 place." in told


@pytest.mark.parametrize("wrong", ["dataset", "annotation", "bundle", "folder"])
def test_what_evaluate_cannot_use_is_said_in_a_paragraph(wrong, small_dataset, random_bundle, tmp_path):
    dataset, out = shutil.copytree(small_dataset, tmp_path / "set"), tmp_path / "out"
    expected, named = 3, "set"
    if wrong == "dataset":
        shutil.rmtree(dataset / "annotations")
    elif wrong == "annotation":
        path = next((dataset / "annotations" / "test").iterdir())
        path.write_text("Suction 0 1000 1000\nSuction 9000 2000 7000\n")
        named = f"{path.name}, line 2"
    elif wrong == "bundle":
        random_bundle, expected, named = tmp_path / "no-bundle", 4, "no-bundle"
    else:
        out.mkdir()
        (out / "mine.txt").write_text("not to be touched")
        expected, named = 2, "out"
    done = run("evaluate", dataset, "--detector", random_bundle, "-o", out, "--device", "cpu")
    assert done.returncode == expected, done.stderr
    assert named in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr and done.stdout == ""


def test_compare_writes_its_table(small_dataset, random_bundle, tmp_path):
    out = tmp_path / "table"
    done = run("compare", small_dataset, "-o", out, "--detector", random_bundle, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    tables = {"comparison.csv", "comparison.html", "comparison.md"}
    assert {path.name for path in out.iterdir()} == {*tables, "reliability-lora.svg", "reliability-adapter-off.svg"}
    assert "always yes" in done.stdout


def test_a_comparison_on_a_held_out_hospital_alone_is_shown_and_drawn_too(small_dataset, random_bundle, tmp_path):
    dataset, out = shutil.copytree(small_dataset, tmp_path / "set"), tmp_path / "table"
    for path in (dataset / "scenarios").glob("*/*.json"):
        told = {**json.loads(path.read_text()), "hospital": "dune" if path.parent.name == "test" else "oak"}
        path.write_text(json.dumps(told))
    done = run("compare", dataset, "-o", out, "--detector", random_bundle, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "held-out: macro-F1" in done.stdout and "lora" in done.stdout
    assert "<svg" in (out / "reliability-lora.svg").read_text()


def test_a_row_without_a_name_is_wrong_use(small_dataset, tmp_path):
    done = run("compare", small_dataset, "-o", tmp_path / "table", "--bundle", "nonsense")
    assert done.returncode == 2
    assert "NAME=DIR" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("alone", "value", "needs"), [("--steps", "5", "--train"), ("--judge", "x.gguf", "--zero-shot")]
)
def test_an_option_that_would_change_nothing_is_wrong_use(alone, value, needs, small_dataset, tmp_path):
    done = run("compare", small_dataset, "-o", tmp_path / "table", alone, value)
    assert done.returncode == 2, done.stderr
    assert alone in done.stderr and needs in done.stderr and not (tmp_path / "table").exists()


def test_what_is_learned_from_is_not_held_out_and_that_is_said_before_any_training(
    small_dataset, random_bundle, tmp_path
):
    out = tmp_path / "table"
    asked = ("compare", small_dataset, "-o", out, "--detector", random_bundle, "--device", "cpu", "--train")
    done = run(*asked, "--held-out", small_dataset)
    assert done.returncode == 3, done.stderr
    assert "not held out" in " ".join(done.stderr.split()) and not out.exists()


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        *((name, wrong) for name in ("--steps", "--batch", "--accumulate", "--rank") for wrong in ("0", "-1", "nan")),
        *((name, wrong) for name in ("--check-every", "--patience") for wrong in ("0", "-1", "nan")),
        *(("--learning-rate", wrong) for wrong in ("0", "-0.1", "nan", "inf")),
        *((name, wrong) for name in ("--cache-gb", "--cache-days") for wrong in ("-1", "nan", "inf")),
        *(("--seed", wrong) for wrong in ("-1", "nan", str(2**32))),
    ],
)
def test_a_number_with_which_nothing_can_be_trained_is_wrong_use(option, wrong, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["resus-doc", "train", str(tmp_path), "-o", str(tmp_path / "b"), option, wrong])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 2 and told.out == ""
    assert option in told.err and "Traceback" not in told.err


def test_train_takes_the_settings_of_a_large_base_by_itself(small_dataset, tmp_path):
    random_base("smolvlm", SMALL["smolvlm"]).save_pretrained(tmp_path / "base")
    given = ("--base", tmp_path / "base", "--steps", "1", "--device", "cpu")
    done = run("train", small_dataset, "-o", tmp_path / "bundle", *given)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "bundle" / "detector.json").read_text())["training"]
    settings = {name: told[name] for name in ("batch", "accumulate", "learning_rate", "recompute", "four_bit")}
    assert settings == {"batch": 1, "accumulate": 32, "learning_rate": 5e-5, "recompute": True, "four_bit": False}


@pytest.mark.parametrize(("option", "wrong"), [("--steps", "0"), ("--cache-gb", "nan"), ("--cache-days", "-1")])
def test_so_it_is_for_compare(option, wrong, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["resus-doc", "compare", str(tmp_path), "-o", str(tmp_path / "t"), option, wrong])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2 and option in capsys.readouterr().err


def test_two_bundles_for_one_row_are_refused(small_dataset, tmp_path):
    done = run("compare", small_dataset, "-o", tmp_path / "t", "--bundle", "lora, more=A", "--bundle", "Lora more=B")
    assert done.returncode == 2 and "a row that another --bundle names" in done.stderr

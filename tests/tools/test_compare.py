"""The comparison table on a small simulated dataset: every row is there, with figures or with what it lacks."""

import csv

import numpy as np
import pytest

from resus_doc.errors import UsageError
from resus_doc.models.detector import Detector
from resus_doc.tools.compare import WITHOUT_PRETRAINED, compare, write_comparison
from resus_doc.tools.evaluate import evaluate


@pytest.fixture(scope="module")
def detector(random_bundle):
    return Detector.load(random_bundle, "cpu")


@pytest.fixture(scope="module")
def rows(small_dataset, detector):
    return compare(small_dataset, detector, {"another": detector})


def test_every_row_has_figures_or_says_what_it_needs(rows):
    names = [row.name for row in rows if row.figures is not None]
    assert names == ["always yes", "shuffled frames", "single frame", "adapter off", "lora", "another"]
    lacking = {row.name: row.note for row in rows if row.figures is None}
    assert set(lacking) == {"head", "full", "timesformer", *WITHOUT_PRETRAINED}
    assert all("pretrained model" in lacking[name] for name in WITHOUT_PRETRAINED)


def test_the_detectors_own_row_is_what_evaluate_says(rows, small_dataset, detector):
    own = next(row.figures for row in rows if row.name == "lora")
    assert own.windows == evaluate(small_dataset, detector).evaluation.windows
    assert own == next(row.figures for row in rows if row.name == "another")


def test_always_yes_is_the_one_of_evaluate(rows):
    yes, own = rows[0].figures, next(row.figures for row in rows if row.name == "lora")
    for name, scored in yes.windows.per_class.items():
        assert scored.recall in (None, 1.0) and scored.support == own.windows.per_class[name].support


def test_the_table_is_written_for_people_and_programs(rows, tmp_path):
    write_comparison(rows, tmp_path / "out")
    table = list(csv.DictReader((tmp_path / "out" / "comparison.csv").open()))
    assert [line["row"] for line in table] == [row.name for row in rows]
    for name in ("comparison.md", "comparison.html"):
        text = (tmp_path / "out" / name).read_text()
        assert all(row.name in text for row in rows)
    write_comparison(rows, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").touch()
    with pytest.raises(UsageError, match="something else"):
        write_comparison(rows, tmp_path / "mine")


def test_a_still_and_a_shuffled_window_are_other_pictures(small_dataset, detector, tmp_path):
    from resus_doc.tools.compare import _as_it_is, _shuffled, _single
    from resus_doc.tools.dataset import open_dataset, read_cases
    from resus_doc.tools.frame_cache import cache

    video = cache(read_cases(open_dataset(small_dataset).of("test")), detector.config, tmp_path)[0]
    whole = _as_it_is(detector, video)
    for other in (_shuffled(detector, video), _single(detector, video)):
        assert other.shape == whole.shape and np.abs(other - whole).max() > 1e-3

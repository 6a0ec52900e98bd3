"""What counts as held out: neither a case nor a hospital that is learned from, by name or by content."""

import json
import shutil

import pytest

from resus_doc.errors import InputRefused
from resus_doc.tools import compare_groups
from resus_doc.tools.compare_groups import FAMILIAR, HELD_OUT
from resus_doc.tools.dataset import open_dataset


@pytest.fixture
def main(small_dataset, tmp_path):
    """A dataset whose videos all come from the hospital 'oak'."""
    return in_hospital(shutil.copytree(small_dataset, tmp_path / "main"), "oak")


@pytest.fixture
def other(small_dataset, tmp_path):
    """A dataset with the test case of the first alone, without scenario and under a name of its own."""
    folder = shutil.copytree(small_dataset, tmp_path / "other")
    shutil.rmtree(folder / "scenarios")
    for kind in ("videos", "annotations"):
        for split in ("train", "validation"):
            shutil.rmtree(folder / kind / split)
    return renamed(folder, "elsewhere")


def renamed(folder, stem):
    for kind in ("videos", "annotations"):
        path = next((folder / kind / "test").iterdir())
        path.rename(path.with_stem(stem))
    return folder


def in_hospital(folder, hospital):
    for path in (folder / "videos").rglob("*.mp4"):
        scenario = folder / "scenarios" / path.parent.name / f"{path.stem}.json"
        scenario.parent.mkdir(parents=True, exist_ok=True)
        scenario.write_text(json.dumps({"hospital": hospital}))
    return folder


def groups(main, other):
    return compare_groups.test_groups(open_dataset(main), open_dataset(other))


def learned_stem(main, split):
    return sorted(path.stem for path in (main / "videos" / split).iterdir())[0]


def test_a_case_that_is_in_no_training_is_held_out(main, other):
    found = groups(main, other)
    assert [video.case.stem for video in found[HELD_OUT]] == ["elsewhere"]
    assert [video.case.split for video in found[FAMILIAR]] == ["test"]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_case_with_the_name_of_one_that_is_learned_from_is_refused(main, other, split):
    stem = learned_stem(main, split)
    with pytest.raises(InputRefused, match=rf"other/videos/test/{stem.upper()}.mp4.*has the name.*split {split}"):
        groups(main, renamed(other, stem.upper()))


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_case_with_the_content_of_one_that_is_learned_from_is_refused(main, other, split):
    video = main / "videos" / split / f"{learned_stem(main, split)}.mp4"
    shutil.copy(video, other / "videos" / "test" / "elsewhere.mp4")
    with pytest.raises(InputRefused, match=r"elsewhere.mp4 has the content"):
        groups(main, other)


def test_two_hospitals_may_number_their_cases_alike(main, other):
    in_hospital(renamed(other, learned_stem(main, "train")), "dune")
    assert len(groups(main, other)[HELD_OUT]) == 1


def test_a_hospital_that_is_learned_from_cannot_be_held_out(main, other):
    with pytest.raises(InputRefused, match=r"hospital 'oak', which is in the training or validation"):
        groups(main, in_hospital(other, "oak"))

"""Datasets are read as the contract lays them out, and refused with the file and line that is wrong."""

import shutil
import sys
from pathlib import Path

import pytest

from resus_doc.errors import InputRefused, VideoRefused
from resus_doc.tools.dataset import label_map, open_dataset, read_case, read_cases, told_of
from resus_doc.tools.simulate.dataset import write_dataset

sys.path.insert(0, str(Path(__file__).parent))

from damaged_videos import break_off


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Three simulated cases of eight seconds, one in each split."""
    folder = tmp_path_factory.mktemp("dataset") / "set"
    write_dataset(folder, videos=3, seed=5, duration_s=8, width=64, fps=8)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path / "set")


def annotation_of(folder, split="test"):
    return next((folder / "annotations" / split).iterdir())


def video_of(folder, split="test"):
    return next((folder / "videos" / split).iterdir())


def test_simulated_cases_are_paired_and_read(written):
    dataset = open_dataset(written)
    assert sorted(case.split for case in dataset.cases) == ["test", "train", "validation"]
    for case in dataset.cases:
        read = read_case(case, dataset.labels)
        assert case.video.stem == case.annotation.stem == case.stem
        assert read.video.duration_s == pytest.approx(8, abs=0.2)
        assert read.spans and all(
            0 <= a.start_s <= a.end_s <= read.video.duration_s for s in read.spans.values() for a in s
        )


def test_csv_and_elan_are_read_too(folder):
    from resus_doc.tools.formats import read_annotations, write_csv, write_eaf

    before = read_cases(open_dataset(folder).cases)
    for split, write, ending in (("train", write_csv, ".csv"), ("validation", write_eaf, ".eaf")):
        path = annotation_of(folder, split)
        write(read_annotations(path), path.with_suffix(ending))
        path.unlink()
    after = read_cases(open_dataset(folder).cases)
    assert [read.spans for read in after] == [read.spans for read in before]
    assert {read.case.annotation.suffix for read in after} == {".csv", ".eaf", ".txt"}


@pytest.mark.parametrize("kind", ["videos", "annotations"])
def test_a_file_without_its_partner_is_named(folder, kind):
    lone = video_of(folder) if kind == "annotations" else annotation_of(folder)
    next((folder / kind / "test").iterdir()).unlink()
    with pytest.raises(InputRefused, match=lone.name):
        open_dataset(folder)


@pytest.mark.parametrize("kinds", [("videos",), ("annotations",), ("videos", "annotations")])
def test_cases_in_a_folder_within_a_split_are_refused_and_the_folder_is_named(folder, kinds):
    for kind in kinds:
        path = next((folder / kind / "test").iterdir())
        (folder / kind / "test" / "ward" / "day2").mkdir(parents=True)
        path.rename(folder / kind / "test" / "ward" / "day2" / f"case_9{path.suffix}")
    with pytest.raises(InputRefused, match=f"{kinds[0]}/test/ward.*Move them up"):
        open_dataset(folder)


def test_a_folder_of_other_files_within_a_split_does_not_count(folder):
    for name in (".Trash/old.mp4", "thumbs/case.jpg", "thumbs/.old/case.mp4"):
        path = folder / "videos" / "test" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert len(open_dataset(folder).cases) == 3


def test_a_case_in_two_splits_is_refused(folder):
    for kind in ("videos", "annotations"):
        path = next((folder / kind / "test").iterdir())
        shutil.copy(path, folder / kind / "train" / path.name.upper().replace("MP4", "mp4").replace("TXT", "txt"))
    with pytest.raises(InputRefused, match="two splits"):
        open_dataset(folder)


def test_the_same_video_under_another_name_is_refused(folder):
    shutil.copy(video_of(folder), folder / "videos" / "train" / "renamed.mp4")
    shutil.copy(annotation_of(folder), folder / "annotations" / "train" / "renamed.txt")
    with pytest.raises(InputRefused, match=r"same content.*renamed"):
        open_dataset(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("id,activity,start_s,end_s\n", "no event"),
        ("Suction 1000 2000 1000\nSuction 5000 4000 1000\n", "line 2"),
        ("Suction 1000 2000 1000\nSuction 7000 99000 92000\n", "line 2"),
        ("Suction 1000 2000 1000\n\nKaffee 2000 3000 1000\n", "line 3.*Kaffee"),
    ],
)
def test_a_wrong_annotation_is_refused_with_file_and_line(folder, text, said):
    path = annotation_of(folder)
    path.write_text(text)
    dataset = open_dataset(folder)
    with pytest.raises(InputRefused, match=f"{path.name}.*{said}"):
        read_cases(dataset.of("test"), dataset.labels)


def test_all_wrong_cases_are_named_at_once(folder):
    paths = [annotation_of(folder, split) for split in ("train", "test")]
    for path in paths:
        path.write_text("")
    with pytest.raises(InputRefused) as refused:
        read_cases(open_dataset(folder).cases)
    assert all(path.name in str(refused.value) for path in paths)


def test_units_are_told_once_a_kind_and_notes_file_by_file(folder):
    annotation_of(folder, "train").write_text("Suctoin 1.5 2.5 1.0\n")
    annotation_of(folder, "validation").write_text("Suction 1.5 3.5 2.0\nPPV 4.0 4.0 0.0\n")
    name = annotation_of(folder, "train").name
    told = told_of(read_cases(open_dataset(folder).cases))
    assert told[:2] == (
        "Times in whole numbers were read as milliseconds (1 file).",
        "Times with decimals were read as seconds (2 files).",
    )
    assert told[2] == f"{name}: line 1: the label 'Suctoin' was read as 'suction'."
    assert "line 2: the event at 4 s has no length" in told[3]
    assert len(told) == 4


def test_all_unreadable_videos_are_named(folder):
    videos = [video_of(folder, split) for split in ("train", "test")]
    for video in videos:
        video.write_bytes(f"this is no video: {video}".encode() * 20)
    with pytest.raises(InputRefused) as refused:
        read_cases(open_dataset(folder).cases)
    assert all(str(video) in str(refused.value) for video in videos)
    with pytest.raises(VideoRefused, match=videos[0].name):
        read_case(open_dataset(folder).of("train")[0])


def test_events_behind_the_place_where_a_video_breaks_off_tell_of_the_damage(folder):
    video = break_off(video_of(folder), 0.4)
    annotation_of(folder).write_text("Suction 1000 2000 1000\nSuction 6000 7900 1900\n")
    with pytest.raises(
        InputRefused, match=rf"line 2: .*outside the video.*{video.name} is damaged and unreadable from"
    ):
        read_cases(open_dataset(folder).of("test"))


def test_a_site_names_its_own_labels(folder):
    annotation_of(folder).write_text("Beutelbeatmung 1000 3000 2000\n")
    (folder / "labels.yaml").write_text("Beutelbeatmung: ppv\n")
    dataset = open_dataset(folder)
    assert set(read_case(dataset.of("test")[0], dataset.labels).spans) == {"ppv"}
    (folder / "labels.yaml").write_text("Beutelbeatmung: bagging\n")
    with pytest.raises(InputRefused, match="bagging"):
        open_dataset(folder)


_ALIASES = "".join(f", &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 6))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"big: [&a0 [{','.join('x' * 10)}]{_ALIASES}]", "calls 'big'"),
        (f"{'x' * 400}: {'y' * 400}", "calls 'xxx"),
        ("a: " + "[" * 3000, "cannot be read"),
        ("a: 2024-99-99", "cannot be read"),
    ],
)
def test_a_hostile_label_map_is_refused_in_few_words(tmp_path, text, told):
    path = tmp_path / "labels.yaml"
    path.write_text(text)
    with pytest.raises(InputRefused, match=told) as caught:
        label_map(path)
    assert len(caught.value.what) < len(str(path)) + 250


@pytest.mark.parametrize(
    ("line", "label", "meant"),
    [
        ("PPV: ventilation", "PPV", "ventilation"),
        ("PPV: ventilation", "P-ppv", "ventilation"),
        ("Ventilation: ppv", "Ventilation", "ppv"),
        ("chest-compressions: stimulation", "Chest compressions", "stimulation"),
        ("PPV: ventilation", "CPAP", "cpap"),
    ],
)
def test_a_site_may_mean_something_else_by_a_known_label(folder, line, label, meant):
    annotation_of(folder).write_text(f"{label} 1000 3000 2000\n")
    (folder / "labels.yaml").write_text(f"{line}\n")
    dataset = open_dataset(folder)
    assert set(read_case(dataset.of("test")[0], dataset.labels).spans) == {meant}


def test_a_label_spelt_in_two_ways_means_one_activity(folder):
    (folder / "labels.yaml").write_text("CPAP: ppv\ncpap: ventilation\n")
    with pytest.raises(InputRefused, match="two activities"):
        open_dataset(folder)


def test_what_is_no_dataset_is_told_how_one_looks(tmp_path):
    with pytest.raises(InputRefused, match="videos"):
        open_dataset(tmp_path)
    for kind in ("videos", "annotations"):
        (tmp_path / kind).mkdir()
    with pytest.raises(InputRefused, match="no video"):
        open_dataset(tmp_path)


def test_an_empty_split_is_named(folder):
    shutil.rmtree(folder / "videos" / "test")
    shutil.rmtree(folder / "annotations" / "test")
    with pytest.raises(InputRefused, match="'test'"):
        open_dataset(folder).of("test")

"""Files, folders, patterns and manifests become videos, each once; a line that cannot be understood is named."""

import pytest

from resus_doc.errors import InputRefused
from resus_doc.tools.batch_inputs import find_videos, read_manifest


@pytest.fixture
def folder(tmp_path):
    for name in ("b.mp4", "a.MOV", "deep/c.mkv", ".hidden.mp4", "notes.txt", "out/case-1/clips/E1.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "out/case-1/report.json").write_text("{}")
    return tmp_path


def names(inputs, out=None):
    return [each.video.name for each in find_videos(inputs, out)]


def test_a_folder_is_searched_but_not_its_hidden_files_nor_the_batch_s_own_clips(folder):
    assert names([folder], folder / "out") == ["a.MOV", "b.mp4", "c.mkv"]
    assert names([folder]) == ["a.MOV", "b.mp4", "c.mkv"], "a case folder holds no new videos"


def test_a_pattern_in_quotes_is_expanded(folder):
    assert names([folder / "b*"]) == ["b.mp4"]
    assert names([folder / "d*"]) == ["c.mkv"], "a folder that matches is searched"
    with pytest.raises(InputRefused, match="Nothing matches"):
        find_videos([folder / "*.xyz"])


def test_each_path_counts_once_and_a_named_file_is_taken_as_it_is(folder):
    assert names([folder / "b.mp4", folder, folder / "deep"]) == ["b.mp4", "a.MOV", "c.mkv"]
    assert names([folder / "notes.txt"]) == ["notes.txt"]


def test_a_manifest_says_what_is_known_of_each_video(folder):
    manifest = folder / "m.csv"
    manifest.write_text(
        "\ufeffVideo;case_id;birth_time;gestation;annotations;guideline;date\n"
        "b.mp4;night-1;-1:15;31+4;b.csv;erc-2025;2026-03-01\na.MOV;;;;;;\n",
        encoding="utf-8",
    )
    first, second = read_manifest(manifest)
    assert first.video == folder / "b.mp4"
    assert (first.case_id, first.birth_time_s, first.date) == ("night-1", -75.0, "2026-03-01")
    assert first.gestation_weeks == pytest.approx(31 + 4 / 7)
    assert (first.annotations, first.guideline) == (folder / "b.csv", "erc-2025")
    assert (second.case_id, second.birth_time_s, second.annotations) == (None, None, None)


def test_a_manifest_may_shift_a_vitals_file(tmp_path):
    (tmp_path / "m.csv").write_text("video,vitals,vitals_offset\na.mp4,v.csv,-0:30\nb.mp4,v.csv,\n")
    first, second = read_manifest(tmp_path / "m.csv")
    assert (first.vitals_offset_s, second.vitals_offset_s) == (-30.0, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("case_id\nx\n", "no column 'video'"),
        ("video,birthtime\na.mp4,1\n", "unknown column 'birthtime'"),
        ("video,video\na.mp4,1\n", "twice"),
        ("video,birth_time\na.mp4,soon\n", "line 2: 'soon' is not a time"),
        ("video,gestation\na.mp4,31+9\n", "line 2"),
        ("video,case_id\na.mp4,../../etc\n", "line 2: the case id"),
        ("video,case_id\na.mp4,.hidden\n", "line 2: the case id"),
        ("video,date\na.mp4,1.3.2026\n", "line 2"),
        ("video,vitals,vitals_offset\na.mp4,v.csv,soon\n", "line 2: 'soon' is not a time"),
        ("video,vitals_offset\na.mp4,5\n", "line 2: 'vitals_offset' shifts a vitals file"),
        ("video,case_id\na.mp4\n,x\n", "line 3: the cell 'video' is empty"),
        ("video\na.mp4,too,many\n", "line 2: there are more cells"),
        ("", "no column 'video'"),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_refused_before_a_night_is_spent(tmp_path, text, told):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(InputRefused, match=r"m\.csv") as refused:
        read_manifest(tmp_path / "m.csv")
    assert told in str(refused.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "m.csv").write_bytes(b"video\n\xff\xfe\x00.mp4\n")
    with pytest.raises(InputRefused, match="cannot be read"):
        read_manifest(tmp_path / "m.csv")


def test_one_case_id_for_two_videos_is_refused(tmp_path):
    (tmp_path / "m.csv").write_text("video,case_id\na.mp4,One\nb.mp4,one\n")
    with pytest.raises(InputRefused, match="stands for two videos"):
        find_videos([tmp_path / "m.csv"])

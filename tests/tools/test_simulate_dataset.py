"""Files: the folder layout, the study's annotation format, H.264 with the right frames, the same bytes twice."""

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from resus_doc.errors import ResourceMissing, UsageError
from resus_doc.tools.simulate.dataset import annotation_text, plan, write_dataset, write_video
from resus_doc.tools.simulate.render import Renderer
from resus_doc.tools.simulate.scenario import Scenario, draw
from resus_doc.tools.simulate.training_clips import draw_clip

SAMPLE = Path(__file__).resolve().parents[2] / "resus_doc" / "assets" / "sample"


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_dataset_layout_and_determinism(tmp_path: Path) -> None:
    shares: list[float] = []
    made = write_dataset(tmp_path / "a", videos=3, seed=4, duration_s=2, width=128, fps=8, progress=shares.append)
    write_dataset(tmp_path / "b", videos=3, seed=4, duration_s=2, width=128, fps=8, jobs=2)
    files = _tree(tmp_path / "a")
    assert files == _tree(tmp_path / "b")
    assert made.videos == {"train": 1, "validation": 1, "test": 1}
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    videos = [Path(name) for name in files if name.startswith("videos")]
    assert len(videos) == 3 and len(files) == 9
    for video in videos:
        split, stem = video.parts[1], video.stem
        scenario = Scenario.model_validate_json(files[f"scenarios/{split}/{stem}.json"])
        assert files[f"annotations/{split}/{stem}.txt"].decode() == annotation_text(scenario)


def test_a_longer_video_has_the_same_bytes_whatever_lay_in_memory_before(tmp_path: Path) -> None:
    scenario = draw(50_006_001, duration_s=6)
    found = set()
    for k in range(3):
        _ = [bytes([37 * k + i]) * (700_000 * (i + 1)) for i in range(4)]
        write_video(scenario, tmp_path / "video.mp4", 320, 240, 12)
        found.add((tmp_path / "video.mp4").read_bytes())
    assert len(found) == 1


def test_one_split_takes_all_and_hours_add_up(tmp_path: Path) -> None:
    made = write_dataset(tmp_path / "d", hours=5 / 3600, seed=1, split="test", duration_s=2, width=64, fps=5)
    assert made.videos == {"train": 0, "validation": 0, "test": 3}
    assert len(list((tmp_path / "d/videos/test").iterdir())) == 3


def test_splits_follow_the_study() -> None:
    recordings = plan([draw(i, duration_s=3) for i in range(17)], 0)
    counts = {s: sum(r.split == s for r in recordings) for s in ("train", "validation", "test")}
    assert counts == {"train": 11, "validation": 3, "test": 3}
    assert len({r.stem for r in recordings}) == 17


def test_video_file_shows_the_scenario(tmp_path: Path) -> None:
    scenario = draw_clip(9, duration_s=2.0)
    path = tmp_path / "clip.mp4"
    assert write_video(scenario, path, 320, 240, Fraction(30000, 1001)) == 60
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == Fraction(30000, 1001)
        frames = [(f.time, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
    assert len(frames) == 60
    renderer = Renderer(scenario, 320, 240)
    for time_s, image in (frames[0], frames[31], frames[59]):
        assert np.abs(image.astype(float) - renderer.frame(time_s)).mean() < 6


def test_annotation_lines_are_the_studys() -> None:
    scenario = draw(2)
    labels = set()
    for line, event in zip(annotation_text(scenario).splitlines(), scenario.events, strict=True):
        label, start, end, length = line.rsplit(" ", 3)
        labels.add(label)
        assert int(end) - int(start) == int(length) > 0
        assert int(start) == round(event.start_s * 1000)
    known = {"Baby visible", "PPV", "CPAP", "Suction", "Chest compressions"}
    assert labels <= known | {"Stimulation trunk", "Stimulation back/nates"}


def test_bad_requests_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        write_dataset(tmp_path / "full", videos=1)
    with pytest.raises(UsageError, match="videos"):
        write_dataset(tmp_path / "new", videos=0)
    with pytest.raises(UsageError, match="hospital"):
        write_dataset(tmp_path / "new", videos=1, hospital="nowhere")
    for wrong, said in (
        ({"videos": 1, "seed": -1}, "seed -1"),
        ({"videos": 1, "fps": 0.0001}, "1 to 120"),
        ({"videos": 1, "fps": 1e7}, "1 to 120"),
        ({"videos": 1, "fps": math.nan}, "1 to 120"),
        ({"hours": math.inf}, "hours is inf"),
        ({"hours": math.nan}, "hours is nan"),
        ({"videos": 2, "hours": 1.0}, "one of the two"),
    ):
        with pytest.raises(UsageError, match=said):
            write_dataset(tmp_path / "new", **wrong)
    with pytest.raises(UsageError, match="even"):
        write_video(draw_clip(1), tmp_path / "odd.mp4", 321, 240)
    assert [p.name for p in tmp_path.rglob("*")] == ["full", "note.txt"]


def test_unwritable_place_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceMissing, match="cannot be written"):
        write_video(draw_clip(1, duration_s=2), tmp_path / "file" / "x.mp4", 64, 64, 5)


def test_shipped_sample_holds_every_activity() -> None:
    scenario = Scenario.model_validate_json((SAMPLE / "sample.scenario.json").read_text())
    assert (SAMPLE / "sample.txt").read_text() == annotation_text(scenario)
    assert (SAMPLE / "sample.mp4").stat().st_size < 4_000_000
    assert scenario.table_arrival_s is not None and 8 <= scenario.table_arrival_s <= 15
    for activity in ("stimulation", "suction", "cpap", "chest_compressions"):
        assert scenario.truth(activity)
    assert len(scenario.truth("ppv")) == 2
    lengths = [e.end_s - e.start_s for e in scenario.events if e.activity != "baby_visible"]
    assert min(lengths) >= 4 and max(lengths) <= 25
    with av.open(str(SAMPLE / "sample.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.frames / stream.average_rate == scenario.duration_s
        first = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(first.astype(float) - Renderer(scenario, stream.width, stream.height).frame(0.0)).mean() < 6

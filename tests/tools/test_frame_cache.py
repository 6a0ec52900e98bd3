"""Decoded frames on disk: what their limit counts, and what they say of damaged videos."""

import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from resus_doc.errors import ResourceMissing
from resus_doc.models import bundle
from resus_doc.tools.dataset import open_dataset, read_cases, told_of_damage
from resus_doc.tools.frame_cache import Need, cache, cached_file, check_room, forget

sys.path.insert(0, str(Path(__file__).parent))

from damaged_videos import break_off, lose_pictures


@pytest.fixture
def config(random_bundle):
    return bundle.read_config(random_bundle)


def test_the_limit_holds_for_all_frames_of_a_run_together(small_dataset, config, tmp_path):
    videos = read_cases(open_dataset(small_dataset).of("train"))
    finer = config.model_copy(update={"frame_size": 2 * config.frame_size})
    one_gb = sum(v.video.duration_s * config.grid_fps * config.frame_size**2 * 3 for v in videos) / 1e9
    needs = [Need(videos, config), Need(videos, finer)]
    check_room(needs, tmp_path, 5.01 * one_gb)
    with pytest.raises(ResourceMissing, match=r"limit.*--cache-gb"):
        check_room(needs, tmp_path, 4.99 * one_gb)
    check_room([Need(videos[:1], config), *needs, Need(videos, config)], tmp_path, 5.01 * one_gb)


def test_frames_that_are_there_count_towards_the_limit(small_dataset, config, tmp_path):
    videos = read_cases(open_dataset(small_dataset).of("train"))
    cached = cache(videos[:1], config, tmp_path)
    one_gb = cached[0].frames.nbytes / 1e9
    with pytest.raises(ResourceMissing, match="limit"):
        check_room([Need(videos, config)], tmp_path, 1.5 * one_gb)


def test_little_is_told_in_megabytes(small_dataset, config, tmp_path, monkeypatch):
    needs = [Need(read_cases(open_dataset(small_dataset).of("train")), config)]
    with pytest.raises(ResourceMissing, match=r"need 3\.5 MB, the limit is 0 GB"):
        check_room(needs, tmp_path, 0)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=20_000))
    with pytest.raises(ResourceMissing, match=r"need 3\.5 MB and .* has room for 0\.0 MB"):
        check_room(needs, tmp_path, 1)


def test_lost_pictures_are_told_also_when_the_frames_are_there_already(small_dataset, config, tmp_path):
    folder = shutil.copytree(small_dataset, tmp_path / "set")
    video = lose_pictures(next((folder / "videos" / "test").iterdir()), 40, 16)
    for _ in range(2):
        damaged = cache(read_cases(open_dataset(folder).of("test")), config, tmp_path / "frames")[0]
        assert [*damaged.damage.missing[0]] == pytest.approx([5.0, 7.0], abs=0.15)
        (note,) = told_of_damage(video, damaged.damage)
        assert note == f"The video {video.name} is damaged: 2.0 s of pictures are missing in 1 place."


def test_what_is_known_of_damage_stays_and_goes_with_the_frames(small_dataset, config, tmp_path):
    folder, frames = shutil.copytree(small_dataset, tmp_path / "set"), tmp_path / "frames"
    lose_pictures(next((folder / "videos" / "test").iterdir()), 40, 16)
    videos = read_cases(open_dataset(folder).of("test"))
    found = cache(videos, config, frames)[0]
    for path in frames.iterdir():
        os.utime(path, (0, 0))
    forget([frames], 1, 1e9, print, used={cached_file(videos[0], config, frames)})
    assert cache(videos, config, frames)[0].damage == found.damage
    os.utime(cached_file(videos[0], config, frames), (0, 0))
    forget([frames], 1, 1e9, print)
    assert list(frames.iterdir()) == []


def test_a_video_that_breaks_off_is_told(small_dataset, config, tmp_path):
    folder = shutil.copytree(small_dataset, tmp_path / "set")
    video = break_off(next((folder / "videos" / "test").iterdir()), 0.6)
    next((folder / "annotations" / "test").iterdir()).write_text("PPV 1000 3000 2000\n")
    broken = cache(read_cases(open_dataset(folder).of("test")), config, tmp_path / "frames")[0]
    assert broken.damage.broken_off_at_s == pytest.approx(7.2, abs=0.8)
    assert f"{video.name} is damaged: unreadable from" in told_of_damage(video, broken.damage)[0]


def test_a_whole_video_has_no_note(small_dataset, config, tmp_path):
    whole = cache(read_cases(open_dataset(small_dataset).of("test")), config, tmp_path)[0]
    assert told_of_damage(whole.annotated.case.video, whole.damage) == ()

"""Reading video: exact times whatever the file's clock, upright pictures, honest ends."""

import hashlib
import os
import socket
from fractions import Fraction
from itertools import pairwise
from statistics import median

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resus_doc.errors import VideoRefused
from resus_doc.tools.video import GridReader, probe


def write_video(path, times_ms, size=(64, 48), *, rotation=None, pictures=None, sound_s=0.0, **kinds):
    """A video whose n-th picture shows the number n as bars (or `pictures[n]`) from `times_ms[n]` on."""
    codec, options = kinds.get("codec", "libx264"), kinds.get("options", {"g": "12", "bf": "2", "crf": "10"})
    with av.open(str(path), "w", format=kinds.get("format"), options=kinds.get("container", {})) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = kinds.get("pix_fmt", "yuv444p" if size[0] % 2 or size[1] % 2 else "yuv420p")
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.options = options
        if rotation is not None:
            stream.set_display_rotation(rotation)
        sound = container.add_stream("aac", rate=16000) if sound_s else None
        for number, time_ms in enumerate(times_ms):
            image = bars(number, size) if pictures is None else pictures[number]
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            _write_sound(container, sound, sound_s)
    return path


def bars(number, size):
    """Eight upright bars, white for each bit that is set, the lowest at the left."""
    width, height = size
    bits = [255 * (number >> (8 * x // width) & 1) for x in range(width)]
    return np.repeat(np.tile(np.array(bits, np.uint8), (height, 1))[:, :, None], 3, axis=2)


def _write_sound(container, stream, length_s):
    for start in range(0, int(length_s * 16000), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, start, Fraction(1, 16000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def numbers(frames):
    """Which picture each grid frame shows."""
    return [number(frame.image) for frame in frames]


def number(image):
    middle = image.mean(axis=(0, 2))
    places = [round((bit + 0.5) * len(middle) / 8 - 0.5) for bit in range(8)]
    return sum(1 << bit for bit, place in enumerate(places) if middle[place] > 127)


def expected(times_ms, fps, start_s=0.0, end_s=None):
    """The definition, worked out the slow way."""
    begins = [(time_ms - times_ms[0]) / 1000 for time_ms in times_ms]
    stop_s = begins[-1] + median(after - before for before, after in pairwise(begins[-10:]))
    stop_s = stop_s if end_s is None else min(end_s, stop_s)
    shown, k = [], 0
    while start_s + k / fps < stop_s - 1e-6:
        shown.append(max(n for n, begin in enumerate(begins) if begin <= start_s + k / fps + 1e-6))
        k += 1
    return shown


STEADY = [40 * n for n in range(50)]
UNSTEADY = [0, 40, 80, 120, 600, 640, 1000, 1033, 1066, 1100, 1500, 2500, 2540, 2580]


# --- the grid


@pytest.mark.parametrize("fps", [2, 3.7, 8, 25, 30])
@pytest.mark.parametrize("times_ms", [STEADY, UNSTEADY], ids=["steady", "unsteady"])
def test_grid_shows_the_last_picture_begun(tmp_path, times_ms, fps):
    path = write_video(tmp_path / "a.mp4", times_ms)
    frames = list(GridReader(path, fps, 32, 24))
    assert numbers(frames) == expected(times_ms, fps)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert [frame.t_s for frame in frames] == pytest.approx([k / fps for k in range(len(frames))], abs=1e-12)
    assert frames[0].image.shape == (24, 32, 3)
    assert frames[0].image.dtype == np.uint8


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.mov"])
def test_a_clock_that_does_not_start_at_zero(tmp_path, name):
    path = write_video(tmp_path / name, [5000 + time_ms for time_ms in STEADY])
    assert numbers(GridReader(path, 8, 32, 24)) == expected(STEADY, 8)
    assert probe(path).duration_s == pytest.approx(2.0, abs=1e-3)


def test_missing_timestamps_are_counted_from_the_rate(tmp_path):
    path = write_video(tmp_path / "a.h264", STEADY)
    assert numbers(GridReader(path, 8, 32, 24)) == expected(STEADY, 8)
    video = probe(path)
    assert (video.duration_s, video.frame_rate) == pytest.approx((2.0, 25.0))


def test_a_camera_clock_set_back_in_the_middle(tmp_path):
    parts = [write_video(tmp_path / f"{n}.ts", [start + t for t in STEADY]) for n, start in enumerate([90_000, 1000])]
    path = tmp_path / "a.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert probe(path).duration_s == pytest.approx(4.0, abs=0.1)
    once = expected(STEADY, 5)
    assert numbers(GridReader(path, 5, 32, 24)) == once + once


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
@pytest.mark.parametrize("start_s", [0.04, 0.5, 1.3, 1.96, 2.5])
def test_starting_later_gives_the_same_pictures(tmp_path, name, start_s):
    codec = "mpeg4" if name == "a.avi" else "libx264"
    options = {"g": "10"} if name == "a.avi" else {"g": "10", "bf": "3", "x264-params": "open-gop=1:b-pyramid=2"}
    path = write_video(tmp_path / name, STEADY, codec=codec, options=options)
    whole = GridReader(path, 25, 32, 24)
    truth = [frame.image for frame in whole][round(start_s * 25) :]
    late = list(GridReader(path, 25, 32, 24, start_s=start_s))
    assert len(late) == len(truth)
    assert all(np.array_equal(frame.image, image) for frame, image in zip(late, truth, strict=True))
    assert [frame.t_s for frame in late] == pytest.approx([start_s + k / 25 for k in range(len(truth))])


def test_starting_later_decodes_only_from_the_key_frame_before(tmp_path):
    path = write_video(tmp_path / "a.mp4", [40 * n for n in range(250)], options={"g": "10"})
    reader = GridReader(path, 5, 32, 24, start_s=9.0)
    assert len(list(reader)) == 5
    assert reader.frames_decoded < 60


def test_end_leaves_the_rest_undecoded(tmp_path):
    path = write_video(tmp_path / "a.mp4", [40 * n for n in range(250)])
    reader = GridReader(path, 5, 32, 24, start_s=0.2, end_s=1.0)
    assert numbers(reader) == expected([40 * n for n in range(250)], 5, 0.2, 1.0)
    assert reader.frames_decoded < 60
    assert reader.broken_off_at_s is None


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=40),
    st.integers(0, 9000),
    st.sampled_from([1, 2.5, 4, 8, 29.97]),
    st.integers(0, 1500),
    st.sampled_from(["a.mp4", "a.mkv"]),
)
def test_grid_of_any_clock(tmp_path, gaps, first_ms, fps, start_ms, name):
    times_ms = [first_ms + sum(gaps[:n]) for n in range(len(gaps) + 1)]
    path = write_video(tmp_path / name, times_ms, (32, 32))
    assert numbers(GridReader(path, fps, 8, 8, start_s=start_ms / 1000)) == expected(times_ms, fps, start_ms / 1000)


def test_each_grid_frame_has_an_image_of_its_own(tmp_path):
    path = write_video(tmp_path / "a.mp4", [0, 1000, 1040])
    first, second, *_ = GridReader(path, 4, 8, 8)
    first.image[:] = 99
    assert second.image.max() < 50


def test_a_reader_can_be_run_twice_and_left_early(tmp_path):
    reader = GridReader(write_video(tmp_path / "a.mp4", STEADY), 8, 16, 16)
    frames = iter(reader)
    next(frames)
    frames.close()
    assert numbers(reader) == numbers(reader) == expected(STEADY, 8)


# --- pictures


def corners(size):
    """Top left red, top right green, bottom left blue, bottom right white."""
    width, height = size
    image = np.full((height, width, 3), 255, np.uint8)
    image[: height // 2, : width // 2] = (255, 0, 0)
    image[: height // 2, width // 2 :] = (0, 255, 0)
    image[height // 2 :, : width // 2] = (0, 0, 255)
    return image


@pytest.mark.parametrize(("rotation", "turns"), [(0, 0), (90, 1), (180, 2), (-90, 3), (270, 3)])
def test_rotation_is_honoured(tmp_path, rotation, turns):
    size = (64, 48)
    path = write_video(tmp_path / "a.mp4", STEADY[:5], size, rotation=rotation, pictures=[corners(size)] * 5)
    upright = np.rot90(corners(size), turns)
    height, width = upright.shape[:2]
    frame = next(iter(GridReader(path, 5, width, height)))
    assert frame.image.shape == upright.shape
    for y in (height // 4, 3 * height // 4):
        for x in (width // 4, 3 * width // 4):
            assert np.abs(frame.image[y, x].astype(int) - upright[y, x]).max() < 12
    video = probe(path)
    assert (video.width, video.height) == (width, height)


@pytest.mark.parametrize("size", [(33, 47), (65, 49), (41, 35)])
def test_odd_sizes(tmp_path, size):
    path = write_video(tmp_path / "a.mkv", STEADY[:10], size, codec="ffv1", options={})
    frames = list(GridReader(path, 25, 21, 13))
    assert numbers(frames) == list(range(10))
    assert {frame.image.shape for frame in frames} == {(13, 21, 3)}
    assert (probe(path).width, probe(path).height) == size


def test_full_and_limited_range_give_the_same_grey(tmp_path):
    greys = [np.full((48, 64, 3), 5 * n, np.uint8) for n in range(50)]
    limited = write_video(tmp_path / "l.mp4", STEADY, pictures=greys, options={"crf": "1"})
    options = {"qmin": "1", "qmax": "2"}
    full = write_video(tmp_path / "f.mov", STEADY, pictures=greys, codec="mjpeg", pix_fmt="yuvj420p", options=options)
    for path in (limited, full):
        means = [float(frame.image.mean()) for frame in GridReader(path, 25, 16, 16)]
        assert means == pytest.approx([5 * n for n in range(50)], abs=2)


def test_pixels_that_are_not_square_count_in_the_displayed_size(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 144, 108, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((108, 144, 3), np.uint8), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert (probe(path).width, probe(path).height) == (192, 108)


# --- probe


def test_probe(tmp_path):
    path = write_video(tmp_path / "case 7.mp4", STEADY, sound_s=5.0)
    video = probe(path)
    assert video.name == "case 7.mp4"
    assert video.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert video.duration_s == pytest.approx(2.0)
    assert (video.width, video.height, video.frame_rate, video.grid_fps) == (64, 48, 25.0, 0.0)
    assert video.broken_off_at_s is None


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
def test_duration_is_where_the_grid_ends(tmp_path, name):
    times = STEADY if name == "a.avi" else UNSTEADY
    path = write_video(tmp_path / name, times, codec="mpeg4" if name == "a.avi" else "libx264", options={})
    duration_s = probe(path).duration_s
    assert duration_s == pytest.approx(times[-1] / 1000 + 0.04, abs=2e-3)
    assert len(list(GridReader(path, 100, 8, 8))) == round(duration_s * 100)


# --- damage


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_cut_file_is_read_up_to_the_cut_and_says_so(tmp_path, keep):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(200)]
    times = [40 * n for n in range(200)]
    container = {"movflags": "faststart"}
    whole = write_video(tmp_path / "whole.mp4", times, pictures=noise, container=container)
    cut = tmp_path / "cut.mp4"
    data = whole.read_bytes()
    cut.write_bytes(data[: int(len(data) * keep)])
    reader = GridReader(cut, 25, 64, 48)
    frames = list(reader)
    truth = [frame.image for frame in GridReader(whole, 25, 64, 48)]
    assert reader.broken_off_at_s == pytest.approx(8.0 * keep, abs=0.6)
    assert reader.broken_off_at_s == pytest.approx(len(frames) / 25, abs=0.001)
    same = [np.array_equal(frame.image, image) for frame, image in zip(frames, truth, strict=False)]
    assert all(same[:-4])
    video = probe(cut)
    assert video.broken_off_at_s == video.duration_s == pytest.approx(reader.broken_off_at_s, abs=0.2)


@pytest.mark.parametrize(("name", "sound_s"), [("a.mkv", 8.0), ("a.mkv", 0.0), ("a.avi", 0.0)])
def test_a_file_that_ends_silently_before_its_stated_length(tmp_path, name, sound_s):
    times = [40 * n for n in range(200)]
    path = write_video(tmp_path / name, times, codec="mpeg4", options={"g": "12"}, sound_s=sound_s)
    assert probe(path).broken_off_at_s is None
    whole = GridReader(path, 5, 8, 8)
    assert len(list(whole)) == 40
    assert whole.broken_off_at_s is None
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 3)
    reader = GridReader(path, 5, 8, 8)
    frames = list(reader)
    assert 0 < len(frames) < 40
    assert reader.broken_off_at_s == pytest.approx(len(frames) / 5, abs=0.2)
    assert probe(path).broken_off_at_s == pytest.approx(reader.broken_off_at_s, abs=0.2)


def test_sound_that_outlasts_the_picture_is_no_damage(tmp_path):
    for name in ("a.mp4", "a.mkv"):
        path = write_video(tmp_path / name, STEADY, sound_s=9.0)
        reader = GridReader(path, 5, 8, 8)
        assert len(list(reader)) == 10
        assert reader.broken_off_at_s is None
        assert probe(path).broken_off_at_s is None


def test_a_cut_file_cut_before_the_wanted_start_gives_nothing_more(tmp_path):
    whole = write_video(tmp_path / "a.mp4", [40 * n for n in range(250)], container={"movflags": "faststart"})
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * 0.6)])
    reader = GridReader(whole, 5, 8, 8, start_s=9.5)
    assert list(reader) == []
    assert 0 < reader.broken_off_at_s < 9.5


def test_damage_in_the_middle_is_told_and_the_rest_is_read(tmp_path):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(100)]
    path = write_video(
        tmp_path / "a.avi", [40 * n for n in range(100)], pictures=noise, codec="mjpeg", pix_fmt="yuvj420p", options={}
    )
    with av.open(str(path)) as container:
        places = [(packet.pos + 8, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for start, size in places[40:60]:
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
    reader = GridReader(path, 25, 64, 48)
    frames = list(reader)
    assert len(frames) == 100
    assert reader.broken_off_at_s is None
    assert len(reader.unreadable) == 1
    assert reader.unreadable[0] == pytest.approx((1.6, 2.4), abs=0.05)
    assert np.array_equal(frames[45].image, frames[39].image)


@pytest.mark.parametrize(("first", "last"), [(60, 130), (61, 131), (62, 79), (30, 155)])
def test_pictures_that_a_decoder_held_back_over_damage_shift_no_time(tmp_path, first, last):
    """H.264 with reordered pictures: some from before the damage come out after the first one behind it."""
    times = [40 * n for n in range(200)]
    path = write_video(tmp_path / "a.mp4", times, options={"g": "50", "bf": "3", "x264-params": "b-pyramid=normal"})
    with av.open(str(path)) as container:
        places = [(p.pos, p.size, float(p.pts * p.time_base) * 25) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for start, size, number_shown in places:
        if first <= number_shown < last:
            data[start + 4 : start + size] = bytes(size - 4)
    path.write_bytes(data)
    reader = GridReader(path, 25, 64, 48)
    frames = list(reader)
    assert len(frames) == 200
    assert number(frames[-1].image) == 199
    longest = max(reader.unreadable, key=lambda span: span.end_s - span.start_s)
    assert longest == pytest.approx(
        (first / 25, last / 25), abs=8 / 25
    )  # reordered pictures need those lost beside them


# --- what is refused


def _make_bad(folder, kind):
    path = folder / f"{kind}.mp4"
    if kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("Dear colleague,\nplease find the video attached.\n" * 20)
    elif kind == "playlist":
        path.write_text(f"ffconcat version 1.0\nfile '{write_video(folder / 'other.mp4', STEADY)}'\n")
    elif kind == "hls":
        path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    elif kind == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(20_000))
    elif kind == "no index":
        data = write_video(folder / "whole.mp4", STEADY).read_bytes()
        path.write_bytes(data[: len(data) // 2])
    elif kind == "sound":
        with av.open(str(path), "w") as container:
            _write_sound(container, container.add_stream("aac", rate=16000), 2.0)
    elif kind == "one picture":
        write_video(path, [0])
    elif kind == "undecodable":
        _garble(write_video(path, STEADY, container={"movflags": "faststart"}))
    return path


def _garble(path):
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for start, size in places:
        data[start : start + size] = b"\xff" * size
    path.write_bytes(data)


BAD = {
    "missing": "There is no video",
    "folder": "is a folder",
    "empty": r"is empty \(0 bytes\)",
    "text": "is not a video that can be read",
    "playlist": "is not a video that can be read",
    "hls": "is not a video that can be read",
    "noise": "is not a video that can be read",
    "no index": "cut off before its index",
    "sound": "holds only sound",
    "one picture": "single picture",
    "undecodable": "No picture of the video",
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_refused_by_name_with_a_remedy(tmp_path, kind):
    path = _make_bad(tmp_path, kind)
    with pytest.raises(VideoRefused, match=BAD[kind]) as caught:
        probe(path)
    assert str(path) in caught.value.what
    assert caught.value.remedy
    if kind != "one picture":
        with pytest.raises(VideoRefused, match=BAD[kind]):
            list(GridReader(path, 5, 8, 8))


def test_a_socket_in_place_of_a_file_is_refused(tmp_path):
    place = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        with pytest.raises(VideoRefused, match="not a regular file"):
            probe(place)


@pytest.mark.parametrize("place", [b"M\xfcller.mp4", b"M\xfcller/birth.mp4"])
def test_a_name_that_is_no_text_is_refused_before_any_work(tmp_path, place):
    path = tmp_path / os.fsdecode(place)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"video")
    (tmp_path / "birth.mp4").symlink_to(path)
    for named in (path, tmp_path / "birth.mp4"):
        with pytest.raises(VideoRefused, match=r"no UTF-8.*Rename"):
            probe(named)


def test_a_cover_picture_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=16000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        frame.pts, frame.time_base = 0, Fraction(1, 1)
        container.mux(cover.encode(frame))
        container.mux(cover.encode())
        _write_sound(container, sound, 2.0)
    with pytest.raises(VideoRefused, match="holds only sound"):
        probe(path)


@pytest.mark.parametrize("grid", [(0, 8, 8, 0), (5, 0, 8, 0), (5, 8, -1, 0), (5, 8, 8, -1), (float("nan"), 8, 8, 0)])
def test_an_impossible_grid_is_a_mistake_of_the_caller(tmp_path, grid):
    fps, width, height, start_s = grid
    with pytest.raises(ValueError, match="not a grid"):
        GridReader(tmp_path / "a.mp4", fps, width, height, start_s)

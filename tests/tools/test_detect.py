"""Detection on a real file: chunks change nothing, a killed run goes on where it stopped, short and cut files work."""

import os
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from resus_doc.errors import ResourceMissing, VideoRefused
from resus_doc.models.detector import Detector
from resus_doc.schema import Span
from resus_doc.tools.detect import CHUNK_FRAMES, ChunkStore, ReadAhead, detect, look_closer, open_ahead
from resus_doc.tools.simulate.render import Renderer
from resus_doc.tools.simulate.scenario import draw

CUT_TOLERANCE = 1e-5
"""Largest difference of a probability between two ways to cut a video, float32."""


@pytest.fixture(scope="module")
def shipped():
    return Detector.load(device="cpu")


def write(path, seconds, fps=10):
    renderer = Renderer(draw(77, duration_s=max(seconds, 2.0)), 160, 120)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for k in range(round(seconds * fps)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(renderer.frame(k / fps), format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write(tmp_path_factory.mktemp("video") / "case.mp4", 14.5)


@pytest.fixture(scope="module")
def straight(video, shipped, tmp_path_factory):
    return detect(video, shipped, tmp_path_factory.mktemp("work"))


def test_windows_cover_the_video(straight, shipped):
    assert straight.start_s.tolist() == list(range(13))
    assert straight.labels == shipped.config.labels
    assert straight.domain_score is not None
    assert straight.broken_off_at_s is None


@pytest.mark.parametrize("chunk_frames", [16, 24, 38, 64])
def test_chunks_change_nothing(video, shipped, straight, tmp_path, chunk_frames):
    cut = detect(video, shipped, tmp_path, chunk_frames=chunk_frames)
    np.testing.assert_allclose(cut.probabilities, straight.probabilities, atol=CUT_TOLERANCE)
    assert cut.domain_score == pytest.approx(straight.domain_score, abs=1e-4)


def test_the_same_video_gives_the_same_numbers(video, shipped, straight, tmp_path):
    again = detect(video, shipped, tmp_path)
    np.testing.assert_array_equal(again.probabilities, straight.probabilities)


def test_a_closer_look_sees_the_same_windows_and_those_between(video, shipped, straight):
    closer = look_closer(video, shipped, [Span(0.0, 3.3), Span(6.1, 10.0)])
    assert closer.start_s.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, *np.arange(6.25, 8.01, 0.25)]
    same = [(i, int(t)) for i, t in enumerate(closer.start_s) if t == int(t)]
    assert [t for _, t in same] == [0, 1, 7, 8]
    for i, t in same:
        np.testing.assert_allclose(closer.probabilities[i], straight.probabilities[t], atol=CUT_TOLERANCE)


def test_a_stretch_shorter_than_a_window_shows_nothing_more(video, shipped):
    assert len(look_closer(video, shipped, [Span(5.0, 6.5)])) == 0


class Killed(Exception):
    pass


def killed_after(chunks):
    calls = []

    def progress(fraction):
        calls.append(fraction)
        if len(calls) == chunks:
            raise Killed

    return progress


def test_a_killed_run_goes_on_where_it_stopped(video, shipped, straight, tmp_path):
    with pytest.raises(Killed):
        detect(video, shipped, tmp_path, chunk_frames=32, progress=killed_after(2))
    before = shipped.frames_encoded
    resumed = detect(video, shipped, tmp_path, chunk_frames=32, resume=True)
    assert shipped.frames_encoded - before == 116 - 64
    np.testing.assert_allclose(resumed.probabilities, straight.probabilities, atol=CUT_TOLERANCE)
    assert resumed.start_s.tolist() == straight.start_s.tolist()


def test_a_resumed_run_knows_what_was_lost_before_it(video, shipped, tmp_path):
    path = tmp_path / "damaged.mp4"
    data = bytearray(video.read_bytes())
    with av.open(str(video)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    for packet in packets:
        if 2.0 <= packet.pts * packet.time_base < 4.0:
            data[packet.pos + 4 : packet.pos + packet.size] = bytes(packet.size - 4)
    path.write_bytes(data)
    whole = detect(path, shipped, tmp_path / "whole")
    assert whole.unreadable[0] == pytest.approx((2.0, 4.0), abs=0.15)
    with pytest.raises(Killed):
        detect(path, shipped, tmp_path / "work", chunk_frames=32, progress=killed_after(2))
    before = shipped.frames_encoded
    resumed = detect(path, shipped, tmp_path / "work", chunk_frames=32, resume=True)
    assert shipped.frames_encoded - before < 116
    assert resumed.unreadable == whole.unreadable


def test_without_resume_it_starts_again(video, shipped, tmp_path):
    with pytest.raises(Killed):
        detect(video, shipped, tmp_path, chunk_frames=32, progress=killed_after(2))
    before = shipped.frames_encoded
    detect(video, shipped, tmp_path, chunk_frames=32)
    assert shipped.frames_encoded - before == 116


def test_another_file_under_the_same_name_is_not_resumed(shipped, tmp_path):
    path = write(tmp_path / "case.mp4", 5)
    with pytest.raises(Killed):
        detect(path, shipped, tmp_path / "work", chunk_frames=16, progress=killed_after(1))
    write(path, 6)
    before = shipped.frames_encoded
    detect(path, shipped, tmp_path / "work", chunk_frames=16, resume=True)
    assert shipped.frames_encoded - before == 48


def test_a_damaged_checkpoint_counts_as_none(video, shipped, tmp_path):
    store = ChunkStore(tmp_path, "00" * 32)
    (tmp_path / "detected.npz").write_bytes(b"PK\x03\x04 not whole")
    assert store.load() is None


def test_a_video_shorter_than_a_window_gives_one(shipped, tmp_path):
    path = write(tmp_path / "short.mp4", 0.7)
    found = detect(path, shipped, tmp_path / "work")
    assert found.start_s.tolist() == [0.0]
    assert np.isfinite(found.probabilities).all()


def test_a_cut_file_is_detected_up_to_the_cut(tmp_path, shipped):
    whole = write(tmp_path / "whole.mkv", 12)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    found = detect(cut, shipped, tmp_path / "work")
    assert 2 < len(found) < 11
    assert found.broken_off_at_s is not None and found.broken_off_at_s < 11


def test_progress_rises_to_one(video, shipped, tmp_path):
    told = []
    detect(video, shipped, tmp_path, chunk_frames=32, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_a_missing_video_is_refused(shipped, tmp_path):
    with pytest.raises(VideoRefused):
        detect(tmp_path / "none.mp4", shipped, tmp_path)


def test_a_place_that_cannot_be_written_is_named(video, shipped, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResourceMissing, match="file"):
        detect(video, shipped, tmp_path / "file" / "work", chunk_frames=32)


def test_reading_ahead_changes_nothing(video, shipped, straight, tmp_path):
    ahead = detect(video, shipped, tmp_path, chunk_frames=24, ahead=True)
    behind = detect(video, shipped, tmp_path, chunk_frames=24, ahead=False)
    np.testing.assert_array_equal(ahead.probabilities, behind.probabilities)
    assert ahead.frames_decoded == behind.frames_decoded == straight.frames_decoded


def test_a_video_that_was_opened_before_gives_the_same_and_no_other_is_taken_for_it(video, shipped, tmp_path):
    copy = Path(shutil.copy(video, tmp_path / "copy.mp4"))
    plain = detect(copy, shipped, tmp_path / "plain")
    for number, path in enumerate((copy, video)):
        opened = open_ahead(path, shipped)
        assert opened.fits(copy, shipped, CHUNK_FRAMES) == (path == copy)
        found = detect(copy, shipped, tmp_path / str(number), opened=opened)
        np.testing.assert_array_equal(found.probabilities, plain.probabilities)
        assert found.frames_decoded == plain.frames_decoded and not opened.batches._reader.is_alive()
    opened = open_ahead(copy, shipped)
    os.utime(copy, ns=(1, 1))
    assert not opened.fits(copy, shipped, CHUNK_FRAMES)
    opened.batches.close()


def test_reading_ahead_holds_three_batches_at_most_and_stops_when_nobody_reads_on():
    read = []

    def batches():
        for number in range(100):
            read.append(number)
            yield np.full(1, number)

    ahead = ReadAhead(batches())
    assert [int(next(ahead)[0]) for _ in range(3)] == [0, 1, 2]
    ahead.close()
    assert len(read) <= 6


def test_an_error_of_reading_comes_through():
    def batches():
        yield np.zeros(1)
        raise VideoRefused("It broke off.")

    with pytest.raises(VideoRefused, match="broke off"):
        list(ReadAhead(batches()))

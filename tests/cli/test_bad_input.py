"""Rubbish in: one readable paragraph, the right exit status, no traceback, nothing half-written."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from resus_doc import settings


def report(video: Path, out: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "resus_doc.cli", "report", str(video), "-o", str(out), "--llm", "none", *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def is_refused(done: "subprocess.CompletedProcess[str]", status: int, name: str) -> None:
    assert done.returncode == status, done.stderr
    assert name in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
    assert len(done.stderr.strip().split("\n\n")) == 1


def write_video(path: Path, frames: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(frames):
            image = np.full((48, 64, 3), 10 * k % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "folder", "truncated", "audio"])
def test_what_is_no_video_is_refused_by_name(tmp_path, kind):
    video = tmp_path / "birth.mp4"
    if kind == "empty":
        video.touch()
    elif kind == "text":
        video.write_text("not a video")
    elif kind == "folder":
        video.mkdir()
    elif kind == "truncated":
        video.write_bytes(settings.SAMPLE_VIDEO.read_bytes()[:4000])
    elif kind == "audio":
        write_sound(video)
    before = set(tmp_path.iterdir())
    is_refused(report(video, tmp_path / "case"), 3, "birth.mp4")
    assert set(tmp_path.iterdir()) == before


def test_an_earlier_case_is_untouched_by_a_refused_video(tmp_path):
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    done = report(settings.SAMPLE_VIDEO, tmp_path / "case", "--annotations", str(annotations))
    assert done.returncode == 0, done.stderr
    before = {path: path.read_bytes() for path in (tmp_path / "case").iterdir()}
    (tmp_path / "birth.mp4").write_text("not a video")
    is_refused(report(tmp_path / "birth.mp4", tmp_path / "case", "--replace"), 3, "birth.mp4")
    assert {path: path.read_bytes() for path in (tmp_path / "case").iterdir()} == before


def test_one_frame_is_a_video_in_which_hardly_anything_can_be_seen(tmp_path):
    done = report(write_video(tmp_path / "birth.mp4", 1), tmp_path / "case")
    assert done.returncode in (0, 3), done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "case" / "report.html").exists() == (done.returncode == 0)


def test_a_file_that_breaks_off_is_reported_up_to_there(tmp_path):
    whole = tmp_path / "whole.mkv"
    with av.open(str(settings.SAMPLE_VIDEO)) as source, av.open(str(whole), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    video = tmp_path / "birth.mkv"
    video.write_bytes(whole.read_bytes()[: whole.stat().st_size // 4])
    done = report(video, tmp_path / "case")
    assert done.returncode == 0, done.stderr
    assert "damaged" in done.stdout
    assert "damaged" in (tmp_path / "case" / "report.md").read_text()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    is_refused(report(settings.SAMPLE_VIDEO, tmp_path / "file" / "case"), 4, "case")
    is_refused(report(settings.SAMPLE_VIDEO, tmp_path / "file"), 2, "file")


def test_a_folder_without_the_right_to_write_is_refused(tmp_path):
    """Rights do not bind root, so that root is refused by the kernel's own folder, in which nobody can make one."""
    tmp_path.chmod(0o500)
    folder = Path("/proc") if os.geteuid() == 0 else tmp_path
    is_refused(report(settings.SAMPLE_VIDEO, folder / "case"), 4, "case")


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    """The limit on file sizes stands for the full disk: the system refuses the write in the same way."""
    import resource

    command = [sys.executable, "-m", "resus_doc.cli", "report", "--sample", "-o", str(tmp_path / "case")]
    command += ["--llm", "none", "--annotations", str(settings.SAMPLE_VIDEO.with_suffix(".txt"))]
    limit = 60_000
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 4, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr and "full" in done.stderr
    assert not (tmp_path / "case").exists()


def test_a_broken_bundle_and_a_broken_language_model_are_refused(tmp_path):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "detector.json").write_text("{}")
    done = report(settings.SAMPLE_VIDEO, tmp_path / "case", "--detector", str(tmp_path / "bundle"))
    is_refused(done, 4, "bundle")
    (tmp_path / "model.gguf").write_bytes(b"GGUF and nothing else")
    annotations = str(settings.SAMPLE_VIDEO.with_suffix(".txt"))
    done = report(
        settings.SAMPLE_VIDEO, tmp_path / "case", "--annotations", annotations, "--llm", str(tmp_path / "model.gguf")
    )
    assert done.returncode == 4 and "model.gguf" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "case").exists()

"""`resus-doc batch` as it is typed: exit status, lines, and the page alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from resus_doc.agent.batch import Running, Standing
from resus_doc.cli import batch

sys.path.insert(0, str(Path(__file__).parent.parent / "agent"))
from batch_night import write_night

sys.path.pop(0)


def run(*arguments: object, folder: Path | None = None) -> tuple[int, str]:
    """The exit status, and all that was said."""
    command = [sys.executable, "-m", "resus_doc.cli", "batch", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=folder)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    """Two videos, one of which is none."""
    manifest = write_night(tmp_path_factory.mktemp("night"), 2)
    (manifest.parent / "night 01.mp4").write_bytes(b"no video at all")
    return manifest


def test_a_failure_is_one_line_and_ends_with_5_and_the_page_can_be_made_alone(night, tmp_path):
    out = tmp_path / "out"
    status, said = run(night, "-o", out, "--llm", "none", "--workers", "1")
    assert status == 5
    assert len([line for line in said.splitlines() if line.startswith("Skipped night 01.mp4 because: ")]) == 1
    assert "1 debriefed" in said and "1 failed" in said
    page = (out / "index.html").read_text(encoding="utf-8")
    (out / "index.html").unlink()
    assert run("-o", out, "--dashboard-only")[0] == 0
    assert (out / "index.html").read_text(encoding="utf-8") == page
    status, said = run(night, "-o", out, "--llm", "none")
    assert status == 5 and "1 done before" in said and "--retry-failed" in said
    write_night(night.parent, 2)
    status, said = run(night, "-o", out, "--llm", "none", "--retry-failed", "--workers", "1")
    assert status == 0 and "1 debriefed" in said


@pytest.mark.parametrize("wrong", [("-o", "out"), ("-o", "out", "--dashboard-only", "a.mp4"), ("a.mp4",)])
def test_what_cannot_be_meant_is_refused(tmp_path, wrong):
    assert run(*wrong, folder=tmp_path)[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_page_of_no_batch_is_refused(tmp_path):
    status, said = run("-o", tmp_path / "nothing", "--dashboard-only")
    assert status == 3 and "There is no folder" in " ".join(said.split())


def test_progress_tells_the_time_left_in_all_and_of_each_video():
    running = (Running("birth.mp4", "detect", 0.4, 70.0), Running("second.mp4", "start", 0.0, None))
    told = batch._told(Standing(12, 200, 3 * 3600 + 300.0, running))
    assert told == "12 of 200 videos, about 3:05:00 left · birth.mp4 40% (1:10 left) · second.mp4 0%"
    assert batch._told(Standing(0, 3, None, ())) == "0 of 3 videos"

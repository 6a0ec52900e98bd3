"""`resus-doc review` as a whole process: how it refuses, and how it makes a dataset."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from sample_report import EVENTS
from test_review_dataset import write

from resus_doc.tools.dataset import open_dataset


def run(*arguments: object) -> tuple[int, str]:
    """The exit status, and what stands on stderr as one line; stdout holds an address only of a review that runs."""
    command = [sys.executable, "-m", "resus_doc.cli", "review", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert "Traceback" not in done.stderr and done.stdout == ""
    return done.returncode, " ".join(done.stderr.split())


@pytest.mark.parametrize("place", ["nothing", "nowhere/at/all", "file.txt", "empty"])
def test_what_is_no_case_is_refused_and_nothing_is_left(tmp_path, place):
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    status, said = run(tmp_path / place, "--no-browser")
    assert status == 3 and "There is no" in said
    assert sorted(tmp_path.rglob("*")) == before


def test_several_cases_are_not_reviewed_at_once(tmp_path):
    status, said = run(tmp_path / "one", tmp_path / "two")
    assert status == 2 and "One case" in said


def test_a_port_that_is_taken_is_told(tmp_path, socket_enabled):
    case = write(tmp_path, "one")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, said = run(case, "--no-browser", "--port", taken.getsockname()[1])
    assert status == 2 and "--port" in said


def test_corrected_cases_become_a_dataset_and_the_others_are_named(tmp_path):
    cases = [write(tmp_path, "good"), write(tmp_path, "open", events=EVENTS)]
    status, said = run(*cases, "--export-dataset", tmp_path / "set", "--split", "test")
    assert status == 5 and "Skipped open because" in said and "1 cases in" not in said
    assert [(case.stem, case.split) for case in open_dataset(tmp_path / "set").cases] == [("good", "test")]
    assert run(cases[1], "--export-dataset", tmp_path / "other")[0] == 3

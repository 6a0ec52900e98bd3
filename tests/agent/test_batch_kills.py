"""A night that is cut short, through the command line as people run it: kills at random points, Ctrl-C, a full disk, a read-only folder.

Whatever happened, the same command run again ends with what an undisturbed run gives.
"""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from resus_doc import settings
from resus_doc.agent.batch import Standing, run_batch
from resus_doc.agent.batch_workers import ProcessPool, Share
from resus_doc.errors import UsageError
from resus_doc.tools.casefolder import read_report

sys.path.insert(0, str(Path(__file__).parent))
from batch_night import Here, contents, write_night

sys.path.pop(0)

VIDEOS = 6
LONGEST_WAIT_S = 90.0


@pytest.fixture(scope="module")
def chosen(tmp_path_factory) -> settings.Settings:
    return settings.load(llm="none", data=tmp_path_factory.getbasetemp() / "resus-doc-data")


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    return write_night(tmp_path_factory.mktemp("night"), VIDEOS)


@pytest.fixture(scope="module")
def undisturbed(night, chosen, tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    assert run_batch([night], out, chosen, lambda _: None, pool=Here).done == VIDEOS
    return contents(out)


class Batch:
    """`resus-doc batch` in a process group of its own, as a terminal gives it."""

    def __init__(
        self, night: Path, out: Path, chosen: settings.Settings, *before: str, room: int | None = None
    ) -> None:
        command = [*before, sys.executable, "-m", "resus_doc.cli", "batch", str(night), "-o", str(out)]
        self.out = out
        self.process = subprocess.Popen(
            [*command, "--llm", "none", "--workers", "1"],
            env={**os.environ, "RESUS_DOC_DATA": str(chosen.data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=None if room is None else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        )

    def wait_for(self, sign: Callable[[], bool]) -> None:
        limit_s = time.monotonic() + LONGEST_WAIT_S
        while not sign():
            assert self.process.poll() is None, f"it ended by itself: {self.process.communicate()[0]}"
            assert time.monotonic() < limit_s
            time.sleep(0.005)

    def whole_cases(self) -> list[Path]:
        return [page.parent for page in self.out.glob("case-*/report.html")]

    def end(self) -> tuple[int, str]:
        said, _ = self.process.communicate(timeout=LONGEST_WAIT_S)
        return self.process.returncode, said

    def is_gone(self) -> bool:
        """Whether no process of the group is left, its workers included."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False


def finish(night: Path, out: Path, chosen: settings.Settings) -> dict[str, bytes]:
    assert not run_batch([night], out, chosen, lambda _: None, pool=Here).failed
    return contents(out)


def test_the_parent_killed_at_three_random_points(night, chosen, undisturbed, tmp_path):
    for cases in sorted(random.sample(range(4), 3)):
        batch = Batch(night, tmp_path / "out", chosen)
        batch.wait_for(
            lambda batch=batch, cases=cases: (
                (batch.out / "ledger.sqlite").exists() and len(batch.whole_cases()) >= cases
            )
        )
        time.sleep(random.uniform(0.0, 0.3))
        batch.process.kill()
        assert batch.end()[0] == -signal.SIGKILL
        for case in batch.whole_cases():
            read_report(case)
    assert finish(night, tmp_path / "out", chosen) == undisturbed


def test_the_worker_killed_at_three_random_points(night, chosen, undisturbed, tmp_path):
    pool, killed = ProcessPool([Share(1, None)]), {}

    def kill(standing: Standing) -> None:
        for running in standing.running:
            if len(killed) < 3 and running.name not in killed and random.random() < 0.5:
                killed[running.name] = running.step
                for pid in pool.pids:
                    os.kill(pid, signal.SIGKILL)

    said: list[str] = []
    outcome = run_batch([night], tmp_path / "out", chosen, said.append, progress=kill, pool=lambda _count: pool)
    assert (outcome.done, len(killed)) == (VIDEOS, 3)
    assert sum("tried once more" in line for line in said) == 3, killed
    assert contents(tmp_path / "out") == undisturbed, killed


def test_ctrl_c_leaves_nothing_half_and_a_second_batch_is_told_of_the_first(night, chosen, undisturbed, tmp_path):
    batch = Batch(night, tmp_path / "out", chosen)
    batch.wait_for(lambda: len(batch.whole_cases()) >= 1)
    with pytest.raises(UsageError, match="Another batch is at work"):
        run_batch([night], batch.out, chosen, lambda _: None, pool=Here)
    os.killpg(batch.process.pid, signal.SIGINT)
    status, said = batch.end()
    assert status == 130
    assert "The same command goes on where it stopped" in said
    assert "Traceback" not in said
    assert not list(batch.out.glob(".case-*.new"))
    assert all((case / "report.json").exists() for case in batch.out.glob("case-*"))
    limit_s = time.monotonic() + 5
    while not batch.is_gone():
        assert time.monotonic() < limit_s, "a worker outlived the batch"
        time.sleep(0.01)
    assert finish(night, batch.out, chosen) == undisturbed


def test_ctrl_c_while_a_worker_starts_prints_no_traceback(night, chosen, tmp_path):
    batch = Batch(night, tmp_path / "out", chosen)
    batch.wait_for(lambda: (batch.out / "ledger.sqlite").exists())
    time.sleep(random.uniform(0.0, 0.6))
    os.killpg(batch.process.pid, signal.SIGINT)
    status, said = batch.end()
    assert status == 130
    assert "Traceback" not in said, said


def test_a_disk_without_room_stops_the_batch_and_costs_nothing_that_is_done(night, chosen, undisturbed, tmp_path):
    """No file may grow beyond a limit, as on a full disk; `benchmarks/batch_figures.py disk` fills a real one."""
    status, said = Batch(night, tmp_path / "out", chosen, room=70_000).end()
    assert status == 4, said
    assert "cannot be written" in said or "Free some space" in said
    assert "Traceback" not in said
    assert not list((tmp_path / "out").glob("case-*"))
    assert finish(night, tmp_path / "out", chosen) == undisturbed


def test_a_folder_that_may_only_be_read_is_named_and_left_alone(night, chosen, undisturbed, tmp_path):
    out = tmp_path / "out"
    finish(night, out, chosen)
    out.chmod(0o555)
    try:
        status, said = Batch(night, out, chosen, *_without_root_s_rights()).end()
    finally:
        out.chmod(0o755)
    assert status == 4, said
    assert "cannot be written to" in said and "choose another place with -o" in said
    assert contents(out) == undisturbed


def _without_root_s_rights() -> list[str]:
    """Root may write everywhere; this takes that right away."""
    return ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []

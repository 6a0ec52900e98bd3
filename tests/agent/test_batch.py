"""A night's videos: each gets a case, a broken one costs only itself, what is done is not done again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resus_doc import settings
from resus_doc.agent.batch import Standing, Wishes, preview, run_batch
from resus_doc.agent.batch_workers import ProcessPool, Share
from resus_doc.errors import InputRefused, ResourceMissing, UsageError
from resus_doc.tools.casefolder import read_report
from resus_doc.tools.ledger import copy_of_ledger, open_ledger

sys.path.insert(0, str(Path(__file__).parent))
from batch_night import contents, write_manifest, write_night, write_video

sys.path.pop(0)


@pytest.fixture(scope="module")
def chosen(tmp_path_factory) -> settings.Settings:
    """Fixtures of a module run before the folders of a test are set."""
    return settings.load(llm="none", data=tmp_path_factory.getbasetemp() / "resus-doc-data")


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    """Three good videos, a copy of the first, a broken one and one that is not there."""
    folder = tmp_path_factory.mktemp("night")
    manifest = write_night(folder, 3)
    shutil.copy(folder / "night 00.mp4", folder / "copy.mp4")
    (folder / "broken.mp4").write_bytes(b"no video at all")
    lines = "copy.mp4,night 00.csv,-0:30,39+2\nbroken.mp4,night 00.csv,,\ngone.mp4,,,\n"
    header, *rows = manifest.read_text().splitlines()
    columns = header.split(",")
    rows += [
        ",".join(
            dict(zip(("video", "annotations", "birth_time", "gestation"), line.split(","), strict=True))[c]
            for c in columns
        )
        for line in lines.splitlines()
    ]
    manifest.write_text("\n".join([header, *rows]) + "\n")
    return manifest


@pytest.fixture(scope="module")
def done(night, chosen, tmp_path_factory) -> tuple[Path, list[str], object]:
    out = (
        tmp_path_factory.mktemp("debriefs") / "out"
    )  # as deep as the folders it is compared with: pages link the video
    said: list[str] = []
    return out, said, run_batch([night], out, chosen, said.append, wishes=Wishes(workers=1))


@pytest.fixture
def copied(done, night, tmp_path) -> tuple[Path, Path]:
    """A finished batch of one's own to play with, and its inputs where they were."""
    out = tmp_path / "debriefs"
    shutil.copytree(done[0], out)
    return out, night


class Idle(ProcessPool):
    """Fails the test when it is given work."""

    def submit(self, task):
        raise AssertionError(f"{task.video.name} was to be done again")


def no_work(_count: int) -> ProcessPool:
    return Idle([Share(1, None)])


def test_each_video_gets_a_case_and_the_others_a_reason(done):
    out, said, outcome = done
    assert outcome == (3, 1, 0, 2)
    assert len(list(out.glob("case-*/report.html"))) == 3
    assert any(line.startswith("Skipped broken.mp4 because") for line in said)
    assert any(line.startswith("Skipped gone.mp4 because") for line in said)
    assert any(line.startswith("copy.mp4: It is the same video as that of case-") for line in said)


def test_the_manifest_reaches_the_reports(done):
    for path in done[0].glob("case-*/report.json"):
        report = read_report(path.parent)
        assert (report.time_zero.t_s, report.time_zero.source) == (-30.0, "given")
        assert report.provenance["settings"]["gestation_weeks"] == pytest.approx(39 + 2 / 7)
        assert report.events[0].source == "annotation"


def test_what_is_done_is_not_done_again_and_failures_are_told_again(copied, chosen):
    out, night = copied
    before, said = contents(out), []
    assert run_batch([night], out, chosen, said.append, pool=no_work) == (0, 4, 0, 2)
    assert contents(out) == before
    assert any("failed before" in line and "--retry-failed" in line for line in said)


def test_no_reason_in_the_ledger_or_the_tables_holds_a_file_s_name(done):
    with copy_of_ledger(done[0]) as ledger:
        reasons = [row.reason for row in ledger.rows()]
    assert len([reason for reason in reasons if reason]) == 3
    for name in ("broken", "gone", "night 0", "copy"):
        assert not [reason for reason in reasons if name in reason]
        assert name not in (done[0] / "summary.csv").read_text()


def test_what_changed_is_done_again_and_the_rest_is_not(copied, chosen, tmp_path):
    out, night = copied
    folder = tmp_path / "moved"
    shutil.copytree(night.parent, folder)
    (folder / "night 01.csv").write_text("activity,start_s,end_s\nbaby_visible,0,8\nppv,5,7\n")
    choices = {each.video.name: each.choice for each in preview([folder / "night.csv"], out, chosen, Wishes())}
    assert choices["night 01.mp4"] == "new"
    assert choices["night 00.mp4"] == choices["copy.mp4"] == "duplicate", "the old place still holds it"


def test_a_moved_video_is_known_by_its_content(copied, chosen, tmp_path):
    out, _ = copied
    source = tmp_path / "source"
    manifest = write_night(source, 1)
    run_batch([manifest], out, chosen, lambda _: None)
    (source / "night 00.mp4").rename(source / "new name.mp4")
    write_manifest(
        manifest, [{"video": "new name.mp4", "annotations": "night 00.csv", "birth_time": "-0:30", "gestation": "39+2"}]
    )
    assert run_batch([manifest], out, chosen, lambda _: None, pool=no_work).skipped == 1


def test_a_changed_guideline_makes_every_case_again_but_revised_ones(copied, chosen):
    out, night = copied
    case = sorted(out.glob("case-*"))[0]
    (case / "revisions").mkdir()
    before = (case / "report.json").read_bytes()
    other = chosen.model_copy(update={"guideline": "erc-2025"})
    said: list[str] = []
    outcome = run_batch([night], out, other, said.append, wishes=Wishes(workers=1))
    assert (outcome.done, outcome.kept) == (2, 1)
    assert (case / "report.json").read_bytes() == before
    assert {read_report(each).guideline.id for each in out.glob("case-*") if each != case} == {"erc-2025"}
    assert any("A person revised this case" in line for line in said)
    assert f"{case.name},kept" in (out / "summary.csv").read_text()


def test_a_dry_run_writes_nothing(night, chosen, tmp_path):
    choices = [each.choice for each in preview([night], tmp_path / "out", chosen, Wishes())]
    assert choices == ["new", "new", "new", "duplicate", "new", "failed"]
    assert not (tmp_path / "out").exists()


def test_two_batches_on_one_folder_the_second_says_so(night, chosen, tmp_path):
    with open_ledger(tmp_path / "out"), pytest.raises(UsageError, match="Another batch"):
        run_batch([night], tmp_path / "out", chosen, lambda _: None, pool=no_work)


def test_a_place_that_cannot_be_written_is_named(night, chosen, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "out", Path("/proc/out")):
        with pytest.raises(ResourceMissing, match="out cannot be written"):
            run_batch([night], place, chosen, lambda _: None, pool=no_work)


def test_a_damaged_ledger_is_named(night, chosen, tmp_path):
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(ResourceMissing, match="damaged"):
        run_batch([night], tmp_path, chosen, lambda _: None, pool=no_work)


def test_a_case_of_another_video_is_not_overwritten(copied, chosen, tmp_path):
    out, _ = copied
    taken = sorted(out.glob("case-*"))[0]
    before = (taken / "report.json").read_bytes()
    write_video(tmp_path / "other.mp4", 99)
    manifest = write_manifest(tmp_path / "other.csv", [{"video": "other.mp4", "case_id": taken.name}])
    said: list[str] = []
    assert run_batch([manifest], out, chosen, said.append, pool=no_work).failed == 1
    assert "belongs to another video" in said[0]
    assert (taken / "report.json").read_bytes() == before


class Watched:
    """Runs a batch with one worker, and does something when a video has come to a step: to each of the first `times` workers once.

    Without a step it is done at the first that is heard of a worker. Several messages may come of one that is dead already.
    """

    def __init__(self, action, at: str | None = "probe", times: int = 1) -> None:
        self.pool = ProcessPool([Share(1, None)])
        self.action, self.at, self.times = action, at, times
        self._met: list[int] = []

    def start(self, _count: int) -> ProcessPool:
        return self.pool

    def __call__(self, standing: Standing) -> None:
        come = any(self.at in (None, running.step) for running in standing.running)
        if self.times and come and self.pool.pids != self._met:
            self.times, self._met = self.times - 1, self.pool.pids
            self.action(self.pool)


def kill(pool: ProcessPool) -> None:
    for pid in pool.pids:
        os.kill(pid, signal.SIGKILL)


def test_a_worker_that_is_killed_is_replaced_and_the_batch_is_as_if_undisturbed(done, night, chosen, tmp_path):
    said: list[str] = []
    watched = Watched(kill)
    outcome = run_batch([night], tmp_path / "out", chosen, said.append, progress=watched, pool=watched.start)
    assert watched.times == 0
    assert outcome == done[2]
    assert any("was ended by SIGKILL" in line and "tried once more" in line for line in said)
    assert contents(tmp_path / "out") == contents(done[0])


def test_a_video_that_kills_its_worker_twice_costs_only_itself(chosen, tmp_path):
    manifest = write_night(tmp_path, 2)
    watched = Watched(kill, at=None, times=2)
    outcome = run_batch([manifest], tmp_path / "out", chosen, lambda _: None, progress=watched, pool=watched.start)
    assert watched.times == 0
    assert (outcome.done, outcome.failed) == (1, 1)
    with copy_of_ledger(tmp_path / "out") as ledger:
        failed = [row for row in ledger.rows() if row.state == "failed"]
    assert "died twice" in failed[0].reason
    assert failed[0].attempts == 2
    for wishes, choice in ((Wishes(), "failed before"), (Wishes(retry_failed=True), "try again")):
        assert [each.choice for each in preview([manifest], tmp_path / "out", chosen, wishes)] == [choice, "done"]


def test_a_video_removed_while_it_is_read_leaves_nothing(chosen, tmp_path):
    manifest = write_night(tmp_path, 1)
    watched = Watched(lambda _pool: (tmp_path / "night 00.mp4").unlink())
    said: list[str] = []
    outcome = run_batch([manifest], tmp_path / "out", chosen, said.append, progress=watched, pool=watched.start)
    assert outcome.failed == 1
    assert said[0].startswith("Skipped night 00.mp4 because: ")
    assert not [path for path in (tmp_path / "out").iterdir() if path.is_dir()]


def test_a_video_replaced_while_it_is_read_leaves_nothing(chosen, tmp_path):
    manifest = write_night(tmp_path, 1)
    watched = Watched(lambda _pool: write_video(tmp_path / "night 00.mp4", 50))
    said: list[str] = []
    outcome = run_batch([manifest], tmp_path / "out", chosen, said.append, progress=watched, pool=watched.start)
    assert outcome.failed == 1
    assert not [path for path in (tmp_path / "out").iterdir() if path.is_dir()]


def test_a_batch_whose_parent_is_killed_is_finished_by_the_same_command(done, night, chosen, tmp_path):
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "resus_doc.cli",
        "batch",
        str(night),
        "-o",
        str(out),
        "--llm",
        "none",
        "--workers",
        "1",
    ]
    environment = {**os.environ, "RESUS_DOC_DATA": str(chosen.data)}
    for seconds in (1.0, 2.5, 4.5):
        run = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        run.kill()
        run.wait()
    assert run_batch([night], out, chosen, lambda _: None, wishes=Wishes(workers=1)).failed == 2
    assert contents(out) == contents(done[0])


def test_inputs_without_a_video_are_refused(chosen, tmp_path):
    (tmp_path / "notes.txt").write_text("Friday")
    with pytest.raises(InputRefused, match="No video"):
        run_batch([tmp_path], tmp_path / "out", chosen, lambda _: None)

"""What goes wrong in a night: damaged files, a clock set back, videos that change or are away."""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from resus_doc import settings
from resus_doc.agent.batch import run_batch
from resus_doc.agent.batch_video import nameless
from resus_doc.tools.casefolder import read_report
from resus_doc.tools.ledger import copy_of_ledger

sys.path.insert(0, str(Path(__file__).parent))
from batch_night import Here, contents, write_manifest, write_night, write_video

sys.path.pop(0)


@pytest.fixture(scope="module")
def chosen(tmp_path_factory) -> settings.Settings:
    return settings.load(llm="none", data=tmp_path_factory.getbasetemp() / "resus-doc-data")


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    """Ten videos, one of them damaged."""
    manifest = write_night(tmp_path_factory.mktemp("night"), 10)
    damaged = manifest.parent / "night 04.mp4"
    damaged.write_bytes(damaged.read_bytes()[:600])
    return manifest


@pytest.fixture(scope="module")
def undisturbed(night, chosen, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    outcome = run_batch([night], out, chosen, lambda _: None, pool=Here)
    return outcome, contents(out)


def test_one_damaged_video_of_ten_costs_only_itself(undisturbed):
    outcome, found = undisturbed
    assert (outcome.done, outcome.failed) == (9, 1)
    assert sum(name.endswith("report.json") for name in found) == 9


@pytest.mark.parametrize("where", ["given", "resolved"])
@pytest.mark.parametrize(
    ("column", "content", "told"),
    [
        ("annotations", "Nonsense 1 2 1", "The annotation file, line 1: "),
        ("annotations", None, "The annotation file cannot be read"),
        ("vitals", "time_s,hr_bpm\n", "The vitals file holds no reading."),
    ],
)
def test_no_reason_holds_the_name_of_a_file_or_folder_that_the_manifest_gives(
    chosen, tmp_path, column, content, told, where
):
    manifest = write_night(tmp_path / "night", 1)
    true = manifest.parent / "Mueller, Anna"
    true.mkdir()
    folder = true if where == "given" else tmp_path / "link to Anna"
    if folder != true:
        folder.symlink_to(true)
    if content is not None:
        (folder / "Anna_Mueller.txt").write_text(content)
    row = {"video": "night 00.mp4", "annotations": "night 00.csv", column: str(folder / "Anna_Mueller.txt")}
    said = []
    run_batch([write_manifest(manifest, [row])], tmp_path / "out", chosen, said.append, pool=Here)
    with copy_of_ledger(tmp_path / "out") as ledger:
        (reason,) = [row.reason for row in ledger.rows()]
    assert reason.startswith(told), reason
    assert not [line for line in (reason, *said) if "Mueller" in line or "Anna" in line]


def test_the_folder_of_a_video_is_not_named_either():
    folder = Path("/ward/Mueller, Anna")
    reason = nameless(f"{folder}/birth.wav is no match for {folder}/birth.mp4.", folder / "birth.mp4")
    assert reason == "Its folder/the video.wav is no match for the video."
    assert nameless("Two videos at once.", Path("videos/birth.mp4")) == "Two videos at once."


@pytest.mark.parametrize("odd", ["video", "annotations"])
def test_a_name_that_is_no_text_costs_only_its_video(chosen, tmp_path, odd):
    manifest = write_night(tmp_path / "night", 3)
    folder, bad = manifest.parent, os.fsdecode(b"M\xfcller")
    if odd == "video":
        (folder / "night 01.mp4").rename(folder / f"{bad}.mp4")
    else:
        (folder / "night 01.csv").rename(folder / f"{bad}.csv")
        (folder / "night 01.csv").symlink_to(folder / f"{bad}.csv")
    inputs, said = [manifest] if odd == "annotations" else [manifest, folder], []
    outcome = run_batch(inputs, tmp_path / "out", chosen, said.append, pool=Here)
    assert (outcome.done, outcome.failed) == (2, 1 if odd == "annotations" else 2), said
    (told,) = [line for line in said if "Rename" in line]
    assert "no UTF-8" in told
    again = run_batch(inputs, tmp_path / "out", chosen, said.append, pool=Here)
    assert (again.done, again.failed) == (0, outcome.failed)


def test_a_clock_set_back_changes_nothing(night, chosen, tmp_path):
    """Everything the first run wrote lies in the future; a video that changes then is older than its case."""
    folder, out = tmp_path / "night", tmp_path / "out"
    manifest = write_night(folder, 2)
    run_batch([manifest], out, chosen, lambda _: None, pool=Here)
    before, tomorrow = contents(out), time.time() + 86_400
    for path in (*out.rglob("*"), *folder.glob("*.mp4")):
        os.utime(path, (tomorrow, tomorrow))
    assert run_batch([manifest], out, chosen, lambda _: None, pool=Here).skipped == 2
    assert contents(out) == before
    write_video(folder / "night 01.mp4", 77)
    assert run_batch([manifest], out, chosen, lambda _: None, pool=Here).done == 1


def test_a_changed_video_counts_once(chosen, tmp_path):
    """Its earlier case stays in its folder, is told, and is in no total; it counts again when its video is back."""
    folder, out = tmp_path / "night", tmp_path / "out"
    manifest = write_night(folder, 2)
    run_batch([manifest], out, chosen, lambda _: None, pool=Here)
    before = contents(out)
    first = folder / "night 00.mp4"
    kept = first.read_bytes()
    old = next(case for case in out.glob("case-*") if read_report(case).video.name == first.name)

    write_video(first, 77)
    said: list[str] = []
    assert run_batch([manifest], out, chosen, said.append, pool=Here).done == 1
    assert any("counted no more" in line for line in said)
    assert (old / "report.json").exists()
    summary = (out / "summary.csv").read_text()
    assert f"{old.name},replaced,Its video was replaced by that of case-" in summary
    assert '"cases": 2' in (out / "summary.json").read_text()
    assert old.name not in (out / "events.csv").read_text()

    first.write_bytes(kept)
    assert run_batch([manifest], out, chosen, lambda _: None, pool=Here).done == 1
    assert '"cases": 2' in (out / "summary.json").read_text()
    again = contents(out)
    assert {name: again[name] for name in before if name.startswith(old.name)} == {
        name: content for name, content in before.items() if name.startswith(old.name)
    }


def test_a_video_that_is_away_for_a_night_is_not_done_again(chosen, tmp_path):
    folder, out = tmp_path / "night", tmp_path / "out"
    manifest = write_night(folder, 2)
    run_batch([manifest], out, chosen, lambda _: None, pool=Here)
    before = contents(out)
    (folder / "night 01.mp4").rename(tmp_path / "away.mp4")
    said: list[str] = []
    assert run_batch([manifest], out, chosen, said.append, pool=Here) == (0, 1, 0, 1)
    assert said[0].startswith("Skipped night 01.mp4 because: ")
    assert contents(out) == before, "its case is as good as it was"
    (tmp_path / "away.mp4").rename(folder / "night 01.mp4")
    assert run_batch([manifest], out, chosen, lambda _: None, pool=Here) == (0, 2, 0, 0)


def test_the_page_is_made_anew_while_the_batch_runs(night, chosen, tmp_path, monkeypatch):
    from resus_doc.agent import batch

    monkeypatch.setattr(batch, "REFRESH_S", 0.0)
    monkeypatch.setattr(batch, "REFRESH_SHARE", 1.0)
    out, seen = tmp_path / "out", set()

    def look(standing) -> None:
        if (page := out / "index.html").exists():
            text = page.read_text()
            assert text.rstrip().endswith("</html>")
            seen.add(text.count("A batch is at work in this folder") * standing.ended)

    run_batch([night], out, chosen, lambda _: None, pool=Here, progress=look)
    assert max(seen) > 5
    assert "A batch is at work" not in (out / "index.html").read_text()


def test_a_page_that_cannot_be_written_now_is_told_and_the_work_goes_on(chosen, tmp_path):
    manifest, out = write_night(tmp_path / "night", 2), tmp_path / "out"
    (out / "summary.csv").mkdir(parents=True)
    said: list[str] = []

    def give_way(standing) -> None:
        if standing.ended == 2:
            shutil.rmtree(out / "summary.csv", ignore_errors=True)

    assert run_batch([manifest], out, chosen, said.append, pool=Here, progress=give_way).done == 2
    assert any(line.startswith("The page is not up to date") for line in said)
    assert (out / "summary.csv").is_file()


def test_a_case_id_that_is_taken_does_not_make_the_other_case_outdated(chosen, tmp_path):
    manifest, out = write_night(tmp_path / "night", 1), tmp_path / "out"
    run_batch([manifest], out, chosen, lambda _: None, pool=Here)
    taken = next(out.glob("case-*")).name
    write_video(tmp_path / "night" / "other.mp4", 9)
    manifest.with_name("other.csv").write_text(f"video,case_id\nother.mp4,{taken}\n")
    assert run_batch([manifest.with_name("other.csv")], out, chosen, lambda _: None, pool=Here).failed == 1
    with copy_of_ledger(out) as ledger:
        assert sorted((row.case_id, row.state) for row in ledger.rows()) == [("", "failed"), (taken, "done")]
    assert f"{taken},done" in (out / "summary.csv").read_text()

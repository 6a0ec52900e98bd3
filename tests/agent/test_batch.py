"""A folder of videos: what is done is skipped, a broken file costs only itself, the tables are sums of the reports."""

import csv
import json
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from resus_doc import settings
from resus_doc.agent.batch import find_videos, run_batch
from resus_doc.errors import InputRefused, ResourceMissing
from resus_doc.tools.casefolder import read_report
from resus_doc.tools.simulate.render import Renderer
from resus_doc.tools.simulate.scenario import draw


def write_video(path: Path, seed: int) -> Path:
    renderer = Renderer(draw(seed, duration_s=4.0), 160, 120)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for k in range(32):
            image = np.ascontiguousarray(renderer.frame(k / 8))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos, one of them twice, one file that is no video, and a note."""
    folder = tmp_path_factory.mktemp("night")
    write_video(folder / "b.mp4", 3)
    write_video(folder / "a.mp4", 4)
    shutil.copy(folder / "a.mp4", folder / "copy of a.mp4")
    (folder / "broken.mp4").write_bytes(b"no video at all")
    (folder / "notes.txt").write_text("Friday")
    return folder


@pytest.fixture(scope="module")
def done(night: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], object]:
    out = tmp_path_factory.mktemp("debriefs")
    said: list[str] = []
    return out, said, run_batch([night], out, chosen(tmp_path_factory), said.append)


def chosen(tmp_path_factory: pytest.TempPathFactory) -> settings.Settings:
    """Fixtures of a module run before the folders of a test are set."""
    return settings.load(llm="none", data=tmp_path_factory.getbasetemp() / "resus-doc-data")


def test_each_video_gets_a_case_and_the_broken_one_a_reason(done):
    out, said, outcome = done
    assert (outcome.done, outcome.skipped, outcome.failed) == (2, 1, 1)
    assert len(list(out.glob("case-*/report.html"))) == 2
    assert [line for line in said if line.startswith("Skipped broken.mp4 because")]


def test_what_is_done_is_not_done_again(done, night, tmp_path_factory):
    out, _, _ = done
    before = {path: path.stat().st_mtime_ns for path in out.glob("case-*/report.json")}
    again = run_batch([night], out, chosen(tmp_path_factory), lambda _: None)
    assert (again.done, again.skipped, again.failed) == (0, 3, 1)
    assert {path: path.stat().st_mtime_ns for path in out.glob("case-*/report.json")} == before


def test_tables_are_sums_of_the_reports(done):
    out, _, _ = done
    reports = [read_report(path.parent) for path in sorted(out.glob("case-*/report.json"))]
    with (out / "summary.csv").open(newline="") as file:
        rows = {row["case_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == {report.case_id for report in reports}
    total = json.loads((out / "summary.json").read_text())
    for verdict in ("met", "not_met", "indeterminate", "not_assessable"):
        counted = {r.case_id: sum(f.verdict == verdict for f in r.findings) for r in reports}
        assert {case: int(row[verdict]) for case, row in rows.items()} == counted
        assert total["findings"][verdict] == sum(counted.values())
    with (out / "events.csv").open(newline="") as file:
        events = [(row["case_id"], row["id"]) for row in csv.DictReader(file)]
    assert events == [(report.case_id, event.id) for report in reports for event in report.events]


def test_a_person_s_revisions_are_never_overwritten(done, night, tmp_path_factory, tmp_path):
    out, _, _ = done
    copy = tmp_path / "debriefs"
    shutil.copytree(out, copy)
    (copy / "ledger.sqlite").unlink()
    case = sorted(copy.glob("case-*"))[0]
    (case / "revisions").mkdir()
    (case / "revisions" / "1.json").write_text("{}")
    before = (case / "report.json").read_bytes()
    said: list[str] = []
    outcome = run_batch([night], copy, chosen(tmp_path_factory), said.append)
    assert outcome.failed >= 2
    assert any("revised" in line for line in said)
    assert (case / "report.json").read_bytes() == before


def test_inputs_without_a_video_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("Friday")
    with pytest.raises(InputRefused, match="No video"):
        run_batch([tmp_path], tmp_path / "out", settings.load(llm="none"), lambda _: None)


def test_a_place_that_cannot_be_written_is_named(night, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceMissing, match="file"):
        run_batch([night], tmp_path / "file" / "out", settings.load(llm="none"), lambda _: None)


def test_videos_are_found_in_folders_and_by_name(night):
    names = [path.name for path in find_videos([night])]
    assert names == ["a.mp4", "b.mp4", "broken.mp4", "copy of a.mp4"]
    assert list(find_videos([night / "notes.txt"])) == [night / "notes.txt"]

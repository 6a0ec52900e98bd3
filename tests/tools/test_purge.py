"""A purged case leaves nothing, and nothing else is touched."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import sample_report

sys.path.pop(0)

from resus_doc.errors import InputRefused, UsageError
from resus_doc.tools.case_lock import making_report
from resus_doc.tools.case_writer import write_case
from resus_doc.tools.casefolder import report_json
from resus_doc.tools.dashboard import write_dashboard
from resus_doc.tools.export import export_case
from resus_doc.tools.ledger import Row, open_ledger
from resus_doc.tools.purge import purge


@pytest.fixture
def out(tmp_path) -> Path:
    rows = [Row(f"/videos/Anna {i}.mp4", f"k{i}", f"case-{i}", "", "done") for i in range(2)]
    for row in rows:
        case = tmp_path / row.case_id
        (case / "clips").mkdir(parents=True)
        (case / "clips" / "E1.mp4").write_bytes(b"clip")
        (case / "report.json").write_text(report_json(sample_report(case_id=row.case_id)))
        (case / "run.json").write_text("{}")
        for ending in ("work", "before", "77.new"):
            (tmp_path / f".{row.case_id}.{ending}").mkdir()
        for lock in ("review", "making"):  # left behind by a process that was killed
            (tmp_path / f".{row.case_id}.{lock}").write_text("{}")
    with open_ledger(tmp_path) as ledger:
        for row in rows:
            ledger.put(row)
        write_dashboard(tmp_path, rows)
    return tmp_path


def test_a_purged_case_leaves_no_trace_and_the_other_stays(out):
    purge([out / "case-0"])
    assert not [path for path in out.rglob("*") if "case-0" in str(path)]
    for path in out.rglob("*"):
        if path.is_file():
            assert b"case-0" not in path.read_bytes(), path
            assert b"Anna 0" not in path.read_bytes(), path
    assert (out / "case-1" / "clips" / "E1.mp4").exists()
    assert "case-1" in (out / "summary.csv").read_text()


def test_what_is_no_case_is_refused_and_nothing_is_removed(out, tmp_path):
    (tmp_path / "holiday").mkdir()
    with pytest.raises(InputRefused, match="holiday"):
        purge([out / "case-0", tmp_path / "holiday"])
    assert (out / "case-0" / "report.json").exists()


def _of_another_program(folder: Path) -> None:
    (folder / "report.json").write_text('{"some": "other program"}')


def _its_own_recording(folder: Path) -> None:
    write_case(sample_report(), None, folder, replace=False)
    (folder / "birth.dat").write_bytes(b"the only recording")
    (folder / "run.json").write_text('{"video_file": "birth.dat"}')


def _a_video(folder: Path) -> None:
    write_case(sample_report(), None, folder, replace=False)
    (folder / "raw").mkdir()
    (folder / "raw" / "birth.MP4").write_bytes(b"the only recording")


def _a_batch(folder: Path) -> None:
    write_case(sample_report(), None, folder, replace=False)
    with open_ledger(folder):
        pass


def _cases_inside(folder: Path) -> None:
    write_case(sample_report(), None, folder, replace=False)
    write_case(sample_report(), None, folder / "case-1", replace=False)


@pytest.mark.parametrize(
    ("fill", "named"),
    [
        (_of_another_program, "no case folder"),
        (_its_own_recording, r"birth\.dat.*Move it"),
        (_a_video, r"raw/birth\.MP4.*Move it"),
        (_a_batch, r"ledger\.sqlite.*Move it"),
        (_cases_inside, r"case-1/report\.json.*Move it"),
    ],
)
def test_a_folder_that_holds_more_than_a_case_is_refused_whole(tmp_path, fill, named):
    folder = tmp_path / "folder"
    folder.mkdir()
    fill(folder)
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputRefused, match=named):
        purge([folder])
    assert sorted(folder.rglob("*")) == before


def test_a_broken_case_and_what_was_made_of_a_case_go(out):
    case = out / "case-0"
    export_case(case, "all")
    (case / "clips" / "linked.mp4").symlink_to(out / "case-1" / "clips" / "E1.mp4")
    (case / "birth.mp4").symlink_to(out / "case-1" / "clips" / "E1.mp4")
    (case / "report.json").write_text("{broken")
    purge([case])
    assert not case.exists() and (out / "case-1" / "clips" / "E1.mp4").exists()


def test_what_belongs_to_a_case_of_a_longer_name_stays(tmp_path):
    write_case(sample_report(), None, tmp_path / "a", replace=False)
    others = [".a.b.4242.new", ".a.b.work", ".a.7.b.4242.new"]
    for name in (".a.4242.new", *others):
        (tmp_path / name).mkdir()
    purge([tmp_path / "a"])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_a_case_without_a_batch_goes_too(out, tmp_path):
    shutil.copytree(out / "case-0", tmp_path / "alone" / "case")
    purge([tmp_path / "alone" / "case"])
    assert not list((tmp_path / "alone").iterdir())


def test_a_batch_at_work_is_not_disturbed(out):
    with open_ledger(out), pytest.raises(UsageError, match="at work"):
        purge([out / "case-0"])
    assert (out / "case-0" / "report.json").exists()


def test_a_case_in_the_making_is_not_disturbed(out):
    with making_report(out / "case-0"), pytest.raises(UsageError, match="being made"):
        purge([out / "case-1", out / "case-0"])
    assert (out / "case-0" / "report.json").exists() and (out / "case-1" / "report.json").exists()

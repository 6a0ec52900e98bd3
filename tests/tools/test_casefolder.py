"""The case folder is written whole or not at all, and nobody's work is lost."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import EVENTS, HOSTILE, empty_report, hostile_report, sample_report, withheld_report

from resus_doc.errors import InputRefused, ResourceMissing, UsageError
from resus_doc.schema import Report
from resus_doc.tools import case_writer, casefolder
from resus_doc.tools.windows import Windows

WINDOWS = Windows(
    start_s=np.arange(3, dtype=np.float64),
    window_s=2.0,
    stride_s=1.0,
    labels=("baby_visible", "ppv"),
    probabilities=np.array([[0.9, 0.1], [0.95, 0.25], [1.0, 0.75]], dtype=np.float32),
    domain_score=0.8,
    grid_fps=4.0,
    frames_decoded=16,
)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def unrevised(**changes: object) -> Report:
    events = tuple(event.model_copy(update={"confirmed_by": None}) for event in EVENTS)
    return sample_report(**{"events": events, **changes})


def test_a_case_holds_all_files_and_nothing_else(tmp_path: Path) -> None:
    case_writer.write_case(sample_report(), WINDOWS, tmp_path / "case", replace=False)
    assert set(everything(tmp_path / "case")) == set(casefolder.FILES)
    assert [entry.name for entry in tmp_path.iterdir()] == ["case"]


def test_the_report_comes_back_equal_and_ends_with_a_newline(tmp_path: Path) -> None:
    case_writer.write_case(sample_report(), WINDOWS, tmp_path / "case", replace=False)
    assert casefolder.read_report(tmp_path / "case") == sample_report()
    assert (tmp_path / "case" / "report.json").read_bytes().endswith(b"}\n")


def test_the_same_report_gives_the_same_bytes_whatever_the_order_of_provenance(tmp_path: Path) -> None:
    report = sample_report()
    turned = report.model_copy(update={"provenance": dict(reversed(report.provenance.items()))})
    case_writer.write_case(report, WINDOWS, tmp_path / "one", replace=False)
    case_writer.write_case(turned, WINDOWS, tmp_path / "two", replace=False)
    one, two = everything(tmp_path / "one"), everything(tmp_path / "two")
    assert one == two


def test_what_is_read_prints_as_the_file_reads(tmp_path: Path) -> None:
    case_writer.write_case(sample_report(), None, tmp_path / "case", replace=False)
    printed = casefolder.read_report(tmp_path / "case").model_dump_json(indent=2) + "\n"
    assert printed == (tmp_path / "case" / "report.json").read_text(encoding="utf-8")


def test_windows_have_times_and_a_probability_per_label(tmp_path: Path) -> None:
    case_writer.write_case(sample_report(), WINDOWS, tmp_path / "case", replace=False)
    lines = (tmp_path / "case" / "windows.csv").read_text().splitlines()
    assert lines[0] == "start_s,end_s,baby_visible,ppv"
    assert lines[3] == "2.000,4.000,1.0000,0.7500"
    assert len(lines) == 4


def test_annotations_have_no_windows(tmp_path: Path) -> None:
    case_writer.write_case(sample_report(domain_check=None), None, tmp_path / "case", replace=False)
    assert set(everything(tmp_path / "case")) == set(casefolder.FILES) - {"windows.csv"}


def test_run_json_holds_provenance_and_guideline(tmp_path: Path) -> None:
    case_writer.write_case(sample_report(), WINDOWS, tmp_path / "case", replace=False)
    run = json.loads((tmp_path / "case" / "run.json").read_text(encoding="utf-8"))
    assert run["guideline"] == {"id": "aha-2025", "title": "AHA/AAP Neonatal Resuscitation", "edition": "2025"}
    assert run["seconds"] == {"detect": 12.3}
    assert run["video_sha256"] == sample_report().video.sha256


@pytest.mark.parametrize("report", [hostile_report(), empty_report(), withheld_report()])
def test_odd_reports_come_back_equal(tmp_path: Path, report: Report) -> None:
    case_writer.write_case(report, WINDOWS, tmp_path / "case", replace=False)
    assert casefolder.read_report(tmp_path / "case") == report


def test_an_existing_case_stays_without_replace(tmp_path: Path) -> None:
    case = tmp_path / "case"
    case_writer.write_case(unrevised(), WINDOWS, case, replace=False)
    before = everything(case)
    for call in (
        lambda: case_writer.check_place(case, replace=False),
        lambda: case_writer.write_case(empty_report(), None, case, replace=False),
    ):
        with pytest.raises(UsageError, match="--replace"):
            call()
    assert everything(case) == before


def test_replace_puts_the_new_case_there_and_keeps_what_is_not_ours(tmp_path: Path) -> None:
    case = tmp_path / "case"
    case_writer.write_case(unrevised(), WINDOWS, case, replace=False)
    (case / "notes").mkdir()
    (case / "notes" / "talk.txt").write_text("ask about the pause")
    (case / "clips").mkdir()
    (case / "clips" / "old.mp4").write_bytes(b"old")
    case_writer.check_place(case, replace=True)
    case_writer.write_case(empty_report(), None, case, replace=True)
    assert casefolder.read_report(case) == empty_report()
    assert (case / "notes" / "talk.txt").read_text() == "ask about the pause"
    assert not (case / "windows.csv").exists()
    assert not (case / "clips").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["case"]


def _confirm(case: Path) -> None:
    case_writer.write_case(sample_report(), None, case, replace=False)


def _revisions(case: Path) -> None:
    case_writer.write_case(unrevised(), None, case, replace=False)
    (case / "revisions").mkdir()


def _reviewer(case: Path) -> None:
    event = unrevised().events[0].model_copy(update={"source": "reviewer"})
    case_writer.write_case(unrevised(events=(event,)), None, case, replace=False)


def _unreadable(case: Path) -> None:
    _confirm(case)
    text = (case / "report.json").read_text()
    (case / "report.json").write_text(text[: text.index("M. Berg") + 20])


def _too_deep(case: Path) -> None:
    _confirm(case)
    (case / "report.json").write_text("[" * 200_000 + "confirmed_by")


@pytest.mark.parametrize("revise", [_confirm, _revisions, _reviewer, _unreadable, _too_deep])
def test_a_persons_revisions_are_not_replaced(tmp_path: Path, revise: object) -> None:
    case = tmp_path / "case"
    revise(case)  # type: ignore[operator]
    before = everything(case)
    with pytest.raises(UsageError, match="revised"):
        case_writer.check_place(case, replace=True)
    with pytest.raises(UsageError, match="revised"):
        case_writer.write_case(empty_report(), None, case, replace=True)
    assert everything(case) == before


def test_a_broken_case_without_revisions_can_be_replaced(tmp_path: Path) -> None:
    case = tmp_path / "case"
    case.mkdir()
    (case / "report.json").write_text('{"events": [')
    case_writer.write_case(empty_report(), None, case, replace=True)
    assert casefolder.read_report(case) == empty_report()


def test_a_folder_that_is_no_case_is_never_replaced(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="no case"):
        case_writer.write_case(empty_report(), None, home, replace=True)
    assert everything(home) == {"thesis.txt": b"years of work"}


def test_a_file_in_the_way_stays(tmp_path: Path) -> None:
    (tmp_path / "case").write_text("a file")
    with pytest.raises(UsageError, match="is a file"):
        case_writer.check_place(tmp_path / "case", replace=True)
    assert (tmp_path / "case").read_text() == "a file"


def test_an_empty_folder_is_a_good_place(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    case_writer.check_place(tmp_path / "case", replace=False)
    case_writer.write_case(empty_report(), None, tmp_path / "case", replace=False)
    assert casefolder.read_report(tmp_path / "case") == empty_report()


def test_a_link_to_a_case_stays_a_link(tmp_path: Path) -> None:
    case_writer.write_case(unrevised(), None, tmp_path / "case", replace=False)
    (tmp_path / "latest").symlink_to(tmp_path / "case")
    case_writer.write_case(empty_report(), None, tmp_path / "latest", replace=True)
    assert (tmp_path / "latest").is_symlink()
    assert casefolder.read_report(tmp_path / "case") == empty_report()


def test_checking_a_place_leaves_nothing(tmp_path: Path) -> None:
    case_writer.check_place(tmp_path / "case", replace=False)
    assert list(tmp_path.iterdir()) == []


def test_missing_folders_above_are_made(tmp_path: Path) -> None:
    case_writer.write_case(empty_report(), None, tmp_path / "a" / "b" / "case", replace=False)
    assert casefolder.read_report(tmp_path / "a" / "b" / "case") == empty_report()


def test_a_place_that_cannot_be_written_names_the_folder_and_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    out = tmp_path / "file" / "case"
    for call in (
        lambda: case_writer.check_place(out, replace=False),
        lambda: case_writer.write_case(empty_report(), None, out, replace=False),
    ):
        with pytest.raises(ResourceMissing, match="-o") as caught:
            call()
        assert str(out) in caught.value.what


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from sample_report import long_report
from resus_doc.errors import ResourceMissing
from resus_doc.tools import case_writer, formats, report_html, report_md
report_html.render(long_report(events=1))
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    case_writer.write_case(long_report(), None, Path(sys.argv[3]), replace=True)
except ResourceMissing as error:
    print(error)
"""


def test_a_disk_that_fills_up_leaves_the_earlier_case_as_it_was(tmp_path: Path, repository: Path) -> None:
    case = tmp_path / "case"
    case_writer.write_case(unrevised(), WINDOWS, case, replace=False)
    before = everything(case)
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(repository), here, str(case)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "is full" in done.stdout and str(case) in done.stdout and "Free some space" in done.stdout
    assert everything(case) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["case"]


def test_a_full_device_is_said_to_be_full(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught, Path("/dev/full").open("w") as device:
        device.write("x")
    assert caught.value.errno == errno.ENOSPC
    assert "is full" in case_writer._as_missing(caught.value, tmp_path).what


def test_a_crash_between_the_renames_is_mended(tmp_path: Path) -> None:
    case = tmp_path / "case"
    case_writer.write_case(unrevised(), WINDOWS, case, replace=False)
    before = everything(case)
    case.rename(tmp_path / ".case.before")
    with pytest.raises(UsageError, match="--replace"):
        case_writer.check_place(case, replace=False)
    assert everything(case) == before


def test_a_crash_after_the_renames_is_mended(tmp_path: Path) -> None:
    case = tmp_path / "case"
    case_writer.write_case(empty_report(), None, case, replace=False)
    case_writer.write_case(unrevised(), WINDOWS, tmp_path / ".case.before", replace=False)
    case_writer.check_place(case, replace=True)
    assert casefolder.read_report(case) == empty_report()
    assert [entry.name for entry in tmp_path.iterdir()] == ["case"]


def test_the_only_copy_is_never_thrown_away(tmp_path: Path) -> None:
    case_writer.write_case(unrevised(), WINDOWS, tmp_path / ".case.before", replace=False)
    (tmp_path / "case").mkdir()
    case_writer.check_place(tmp_path / "case", replace=True)
    assert casefolder.read_report(tmp_path / ".case.before") == unrevised()


def test_a_leftover_of_this_process_is_no_obstacle(tmp_path: Path) -> None:
    leftover = tmp_path / f".case.{os.getpid()}.new"
    leftover.mkdir()
    (leftover / "report.json").write_text("half")
    case_writer.write_case(empty_report(), None, tmp_path / "case", replace=False)
    assert [entry.name for entry in tmp_path.iterdir()] == ["case"]


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b"[]", b'{"schema_version": "9.0"}', b"[" * 200_000])
def test_what_is_no_report_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "report.json").write_bytes(content)
    with pytest.raises(InputRefused, match=r"report\.json"):
        casefolder.read_report(tmp_path)


def test_a_run_file_that_is_nested_without_end_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("[" * 200_000)
    assert casefolder.video_place(tmp_path) is None and casefolder.recording_places(tmp_path) == ()


def test_hostile_names_do_not_leave_the_folder(tmp_path: Path) -> None:
    case_writer.write_case(hostile_report(), WINDOWS, tmp_path / "case", replace=False)
    assert [entry.name for entry in tmp_path.iterdir()] == ["case"]
    assert casefolder.read_report(tmp_path / "case").case_id == HOSTILE


def test_what_a_dead_process_had_half_built_is_removed_for_this_place_only(tmp_path):
    others = [".one.b.17.new", ".one.17.b.18.new", ".other.17.new"]
    for name in (".one.17.new", ".one.18.new", *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text("half")
    case_writer.clear_unfinished(tmp_path / "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)

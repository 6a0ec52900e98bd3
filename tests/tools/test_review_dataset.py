"""Corrected cases become a dataset that `train` reads; what nobody stands for stays out."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import EVENTS, sample_report, withheld_report

from resus_doc import settings
from resus_doc.errors import InputRefused
from resus_doc.schema import Report, Review
from resus_doc.tools import case_writer, casefolder
from resus_doc.tools.dataset import open_dataset, read_case
from resus_doc.tools.review_dataset import export_dataset, split_of

WITHIN = tuple(event for event in EVENTS if event.end_s <= 100)
"""Those that the sample's recording holds."""

REVIEW = Review(revision=1, by="M. Berg", at="2026-11-25T09:30:00+00:00")


def write(place: Path, name: str, report: Report | None = None, **changes: object) -> Path:
    """A case whose events M. Berg stands for, with a recording of its own."""
    video = place / f"{name}.mp4"
    shutil.copy(settings.SAMPLE_VIDEO, video)
    with video.open("ab") as file:
        file.write(name.encode())
    events = tuple(event.model_copy(update={"confirmed_by": "M. Berg"}) for event in WITHIN)
    about = {"case_id": name, "events": events, "review": REVIEW, **changes}
    report = report or sample_report(**about)
    sha256 = hashlib.sha256(video.read_bytes()).hexdigest()
    report = report.model_copy(update={"video": report.video.model_copy(update={"sha256": sha256})})
    case_writer.write_case(report, None, place / name, replace=False, video=video)
    return place / name


def test_confirmed_cases_become_a_dataset_and_their_recordings_are_not_copied(tmp_path):
    cases = [write(tmp_path, name) for name in ("one", "two")]
    outcome = export_dataset(cases, tmp_path / "set", "train")
    assert outcome == (("one", "two"), ())
    dataset = open_dataset(tmp_path / "set")
    assert [(case.stem, case.split) for case in dataset.cases] == [("one", "train"), ("two", "train")]
    assert os.path.samefile(dataset.cases[0].video, tmp_path / "one.mp4")
    read = read_case(dataset.cases[0])
    found = sorted((name, *span) for name, spans in read.spans.items() for span in spans)
    assert found == sorted((event.activity, event.start_s, event.end_s) for event in WITHIN)


def test_a_later_revision_takes_the_earlier_one_s_place_and_no_other_split(tmp_path):
    case = write(tmp_path, "one")
    export_dataset([case], tmp_path / "set", "train")
    report = casefolder.read_report(case)
    changed = report.model_copy(update={"events": report.events[:-1]})
    case_writer.write_case(changed, None, tmp_path / "later", replace=False, video=tmp_path / "one.mp4")
    export_dataset([tmp_path / "later"], tmp_path / "set", "train")
    (held,) = open_dataset(tmp_path / "set").cases
    assert len(read_case(held).spans["stimulation"]) == 1
    with pytest.raises(InputRefused, match="holds it already"):
        export_dataset([case], tmp_path / "set", "test")


def test_what_nobody_stands_for_is_left_out_with_the_reason(tmp_path):
    good = write(tmp_path, "good")
    unconfirmed = write(tmp_path, "unconfirmed", events=EVENTS)
    outside = write(tmp_path, "outside", withheld_report())
    moved = write(tmp_path, "moved")
    (tmp_path / "moved.mp4").unlink()
    other = write(tmp_path, "other")
    (tmp_path / "other.mp4").write_bytes(b"another recording")
    outcome = export_dataset([good, unconfirmed, outside, moved, other], tmp_path / "set", "validation")
    assert outcome.written == ("good",)
    reasons = dict(outcome.skipped)
    assert "7 of its 8 events are confirmed by nobody" in reasons["unconfirmed"]
    assert "no events that count" in reasons["outside"]
    assert "not at ../moved.mp4" in reasons["moved"] and "not its recording" in reasons["other"]
    with pytest.raises(InputRefused, match="None of these"):
        export_dataset([unconfirmed], tmp_path / "empty")
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("case_id", ["../up", ".hidden", "a/b", "x" * 101, ""])
def test_a_case_id_never_names_a_place_outside(tmp_path, case_id):
    case = write(tmp_path, "one", case_id=case_id)
    with pytest.raises(InputRefused, match="cannot be the name of a file"):
        export_dataset([case], tmp_path / "set", "train")
    assert not (tmp_path / "set").exists()


def test_a_recording_always_falls_to_the_same_split_and_all_splits_get_some():
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(1700)]
    splits = [split_of(name) for name in names]
    assert splits == [split_of(name) for name in names]
    shares = {split: splits.count(split) / len(splits) for split in ("train", "validation", "test")}
    assert shares["train"] == pytest.approx(11 / 17, abs=0.05)
    assert shares["test"] == pytest.approx(3 / 17, abs=0.04)


def test_a_recording_that_lies_in_the_dataset_already_stays_there(tmp_path):
    case = write(tmp_path, "one")
    export_dataset([case], tmp_path / "set", "train")
    kept = next((tmp_path / "set" / "videos" / "train").glob("*.mp4"))
    (tmp_path / "one.mp4").unlink()
    case_writer.write_case(casefolder.read_report(case), None, tmp_path / "again", replace=False, video=kept)
    export_dataset([tmp_path / "again"], tmp_path / "set", "train")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == casefolder.read_report(case).video.sha256

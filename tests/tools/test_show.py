"""Pictures and clips of a case, a second look at it, and one question over several cases."""

import json
import shutil

import numpy as np
import pytest

from resus_doc.errors import InputRefused, ResourceMissing
from resus_doc.models.detector import Detector
from resus_doc.schema import Event, GuidelineRef, Measure, Report, Span, TimeZero
from resus_doc.tools import across, casefolder, look_again, show
from resus_doc.tools.answers import Threshold
from resus_doc.tools.video import GridReader, probe


def a_report(video, **changes):
    event = Event(
        id="E1", activity="ppv", start_s=3, end_s=6, confidence=0.8, start_range_s=(3, 3), end_range_s=(6, 6),
        source="detector",
    )  # fmt: skip
    report = Report(
        case_id="case-1",
        video=probe(video),
        time_zero=TimeZero(t_s=0, range_s=(0, 0), source="video_start"),
        activities_covered=("baby_visible", "ppv"),
        observed_s=12,
        domain_check=None,
        events=(event,),
        measures=(Measure(id="M1", name="time_to_first_ppv", value=3.0, unit="s", range=None, events=("E1",)),),
        guideline=GuidelineRef(id="aha-2025", title="t", edition="2025"),
        findings=(),
        passages=(),
        narrative=(),
    )
    return report.model_copy(update=changes)


@pytest.fixture
def case(small_dataset, tmp_path):
    """A case folder beside its video."""
    video = next((small_dataset / "videos" / "train").glob("*.mp4"))
    shutil.copy(video, tmp_path / "video.mp4")
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"video_file": "../video.mp4"}), encoding="utf-8")
    return folder


def test_a_frame_is_the_picture_of_that_moment(case):
    import cv2

    report = a_report(case.parent / "video.mp4")
    path = show.frame(case, report, 5.3)
    assert path.parent == case / "clips"
    size = (report.video.width, report.video.height)
    shown = next(iter(GridReader(case.parent / "video.mp4", 1.0, *size, start_s=5.3))).image
    assert np.array_equal(cv2.imread(str(path))[..., ::-1], shown)


def test_a_clip_lasts_as_long_as_its_stretch_and_has_no_sound(case):
    path = show.clip(case, a_report(case.parent / "video.mp4"), 2.0, 5.0)
    assert abs(probe(path).duration_s - 3.0) < 0.1
    assert not list(case.glob("clips/.*"))
    assert probe(show.clip(case, a_report(case.parent / "video.mp4"), -3.0, 500.0)).duration_s > 11.5


def test_nothing_is_shown_through_a_link_of_a_received_case(case, tmp_path_factory):
    report, elsewhere = a_report(case.parent / "video.mp4"), tmp_path_factory.mktemp("elsewhere")
    (case / "clips").symlink_to(elsewhere)
    for make in (lambda: show.frame(case, report, 5.3), lambda: show.clip(case, report, 5.0, 5.5)):
        with pytest.raises(InputRefused, match="clips is a link"):
            make()
    (case / "clips").unlink()
    (case / "clips").mkdir()
    somebodys = elsewhere / "somebodys.png"
    somebodys.write_bytes(b"of somebody")
    (case / "clips" / show.frame(case, report, 5.3).name).unlink()
    (case / "clips" / "frame-00005.30.png").symlink_to(somebodys)
    assert not show.frame(case, report, 5.3).is_symlink() and somebodys.read_bytes() == b"of somebody"


def test_what_cannot_be_shown_is_told(case):
    report = a_report(case.parent / "video.mp4")
    with pytest.raises(InputRefused, match=r"no picture at 1:00; it lasts 0:12"):
        show.frame(case, report, 60.0)
    with pytest.raises(InputRefused, match="no stretch"):
        show.clip(case, report, 30.0, 40.0)
    with pytest.raises(InputRefused, match="is not the video"):
        show.frame(case, report.model_copy(update={"video": report.video.model_copy(update={"sha256": "0" * 64})}), 1.0)
    (case / "clips").write_text("a file in the way")
    with pytest.raises(ResourceMissing, match="Nothing can be written"):
        show.frame(case, report, 1.0)
    (case.parent / "video.mp4").unlink()
    with pytest.raises(InputRefused, match="any more, so nothing can be shown"):
        show.frame(case, report, 1.0)
    (case / "run.json").unlink()
    with pytest.raises(InputRefused, match="names no video"):
        show.clip(case, report, 1.0, 2.0)


def test_a_second_look_stands_beside_the_record(case, random_bundle):
    report = a_report(case.parent / "video.mp4")
    before = sorted(path.name for path in case.iterdir())
    span, steps, events = look_again.look(case, report, Span(4.0, 5.0), Detector.load(random_bundle, device="cpu"))
    assert span == (1.0, 8.0) and steps > 1
    assert all(event.start_s < span.end_s and event.end_s > span.start_s for event in events)
    found = look_again.beside(report, span, steps, events)
    assert any("The record has PPV" in said.text and said.cites == ("E1",) for said in found.statements)
    assert sorted(path.name for path in case.iterdir()) == before


def test_one_question_over_several_cases(case, tmp_path):
    values = {"case-a": 20.0, "case-b": 70.0, "case-c": None, "case-d": 5.0}
    birth = TimeZero(t_s=0, range_s=(0, 0), source="given")
    for name, value in values.items():
        base = a_report(case.parent / "video.mp4", case_id=name)
        if (
            name != "case-d"
        ):  # whose times count from the start of the video: no interval to hold beside those from birth
            base = base.model_copy(update={"time_zero": birth})
        measures = (base.measures[0].model_copy(update={"value": value}),)
        events = () if value is None else (Event.annotated("E1", "ppv", value, value + 5),)
        (tmp_path / "batch" / name).mkdir(parents=True)
        seen = {"measures": measures, "events": events, "observed_s": 120}
        text = casefolder.report_json(base.model_copy(update=seen))
        (tmp_path / "batch" / name / "report.json").write_text(text, encoding="utf-8")
    (tmp_path / "batch" / "broken").mkdir()
    (tmp_path / "batch" / "broken" / "report.json").write_text("{", encoding="utf-8")
    reports, left_out = across.siblings(tmp_path / "batch" / "case-a")
    assert ([report.case_id for report in reports], left_out) == (list(values), 1)
    told = across.compare_cases(reports, "findings", left_out=left_out).statements[-1]
    assert told.text.startswith("{} more case is left out") and told.numbers[0].value == 1
    late = across.compare_cases(reports, "time_to_first", "ppv", threshold=Threshold(">", 60.0, True)).statements
    assert [number.value for number in late[0].numbers] == [1, 4, 60.0]
    assert late[1].quotes == ("case-b",) and late[2].text.startswith("In {} of them")
    assert late[2].numbers[0].value == 2
    every = across.compare_cases(reports, "time_to_first", "ppv").statements
    assert [number.value for number in every[0].numbers] == [2, 20.0, 70.0, 45.0]
    assert across.compare_cases(reports[:1], "findings").statements[0].text.startswith("There is no other case")

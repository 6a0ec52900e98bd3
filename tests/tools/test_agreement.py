"""Agreement of two raters, by hand-worked numbers, and whole folders of them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import withheld_report

sys.path.pop(0)

from resus_doc.errors import InputRefused
from resus_doc.schema import Span
from resus_doc.tools.agreement import Seconds, compare, confusion, seconds_of
from resus_doc.tools.agreement_files import as_json, compare_places
from resus_doc.tools.agreement_page import draw
from resus_doc.tools.casefolder import report_json
from resus_doc.tools.formats import read_annotations
from resus_doc.tools.timeline import timeline_from_annotations

HEAD = "activity,start_s,end_s\n"
ONE = HEAD + "baby_visible,0,100\nppv,10,30\nsuction,40,50\n"
OTHER = HEAD + "baby_visible,0,100\nppv,12,30\nstimulation,40,50\nsuction,60,62\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_kappa_is_cohen_s():
    assert Seconds(both=20, only_one=5, only_other=10, neither=15).kappa == pytest.approx(0.4)
    assert Seconds(both=10).kappa is None
    assert Seconds(only_one=5, only_other=5).kappa == pytest.approx(-1)


def test_a_second_counts_when_more_than_half_of_it_is_covered():
    assert seconds_of([Span(0.5, 1.6), Span(2.0, 2.4), Span(2.6, 3.0)], 4) == [False, True, True, False]


def test_numbers_of_two_raters(tmp_path):
    compared, alone = compare_places(write(tmp_path / "a.csv", ONE), write(tmp_path / "b.csv", OTHER))
    found = as_json(compared, alone)["activities"]
    assert set(found) == {"baby_visible", "ppv", "suction", "mask_support"}, "what one never recorded is not compared"
    assert found["ppv"]["seconds"] == {"both": 18, "only_one": 2, "only_other": 0, "neither": 80}
    assert found["ppv"]["event_f1_at_iou"] == {"0.10": 1.0, "0.25": 1.0, "0.50": 1.0}
    assert found["ppv"]["onset_difference_s"] == {"n": 1, "median": 2.0, "median_size": 2.0, "p90_size": 2.0}
    assert found["suction"]["event_f1_at_iou"]["0.10"] == 0.0
    assert found["baby_visible"]["kappa"] is None
    table = confusion(compared[0].one, compared[0].other)
    assert table["ppv"] == {"ppv": 18, "suction": 0, "nothing": 2}
    assert table["suction"] == {"ppv": 0, "suction": 0, "nothing": 10}
    assert "length of the video is not known" in compared[0].notes[0]


def test_mask_support_is_not_compared_with_a_rater_who_knows_only_a_part_of_it(tmp_path):
    both = write(tmp_path / "b.csv", ONE + "cpap,60,90\n")
    found = as_json(*compare_places(write(tmp_path / "a.csv", ONE), both))["activities"]
    assert "ppv" in found and "mask_support" not in found


def test_folders_pair_by_name_and_add_up(tmp_path):
    for name in ("x", "y"):
        write(tmp_path / "a" / f"{name}.csv", ONE)
        write(tmp_path / "b" / f"{name}.csv", OTHER)
    write(tmp_path / "a" / "z.csv", ONE)
    compared, alone = compare_places(tmp_path / "a", tmp_path / "b")
    found = as_json(compared, alone)
    assert found["n_videos"] == 2
    assert found["activities"]["ppv"]["seconds"]["both"] == 36
    assert [Path(place).name for place in alone] == ["z.csv"]


def test_a_batch_s_own_tables_are_no_timelines(tmp_path):
    for place in ("a", "b"):
        write(tmp_path / place / "x.csv", ONE)
    for name in ("events.csv", "summary.csv"):
        write(tmp_path / "a" / name, "case_id,status\n")
    compared, alone = compare_places(tmp_path / "a", tmp_path / "b")
    assert [each.name for each in compared] == ["x"] and alone == []


def test_a_case_pairs_by_its_video_and_what_it_withholds_is_compared_and_told(tmp_path):
    write(tmp_path / "a" / "case-1" / "report.json", report_json(withheld_report()))
    write(tmp_path / "b" / "sample.csv", OTHER)
    compared, _ = compare_places(tmp_path / "a", tmp_path / "b")
    assert "withholds" in compared[0].notes[0]
    assert as_json(compared, [])["activities"]["ppv"]["events"]["one"] > 0


def test_what_does_not_pair_is_refused(tmp_path):
    write(tmp_path / "a" / "x.csv", ONE)
    write(tmp_path / "b" / "y.csv", ONE)
    with pytest.raises(InputRefused, match="has a partner"):
        compare_places(tmp_path / "a", tmp_path / "b")
    with pytest.raises(InputRefused, match="Name"):
        compare_places(tmp_path / "gone.csv", tmp_path / "a" / "x.csv")


def test_the_picture_holds_both_timelines_and_escapes_names(tmp_path):
    compared, _ = compare_places(write(tmp_path / "a.csv", ONE), write(tmp_path / "b.csv", OTHER))
    picture = draw(compared[0].one, compared[0].other, ("A <b>", "B"))
    assert picture.count("<rect") == 1 + 3 + 4
    assert "<b>" not in picture


def test_time_that_was_not_recorded_is_compared_with_nothing(tmp_path):
    one, other = (
        timeline_from_annotations(read_annotations(write(tmp_path / f"{name}.csv", text)), 100.0)
        for name, text in (
            ("a", HEAD + "baby_visible,0,50\nppv,10,20\n"),
            ("b", HEAD + "baby_visible,0,100\nppv,10,20\nppv,60,80\n"),
        )
    )
    lost = one.model_copy(update={"missing": (Span(50.0, 100.0),)})
    (ppv,) = (each for each in compare(lost, other) if each.subject == "ppv")
    assert (ppv.seconds, ppv.events["0.50"].f1) == (Seconds(both=10, neither=40), 1.0)
    assert confusion(lost, other) == {"ppv": {"ppv": 10, "nothing": 0}, "nothing": {"ppv": 0, "nothing": 40}}
    (ppv,) = (each for each in compare(one, other) if each.subject == "ppv")
    assert ppv.seconds.only_other == 20


def test_events_in_videos_that_one_rater_does_not_cover_are_told(tmp_path):
    for k in range(3):
        write(tmp_path / "a" / f"{k}.csv", ONE)
        write(tmp_path / "b" / f"{k}.csv", OTHER if k == 0 else OTHER.replace("suction,60,62\n", ""))
    found = as_json(*compare_places(tmp_path / "a", tmp_path / "b"))
    assert [found["activities"][name]["n_videos"] for name in ("ppv", "suction")] == [3, 1]
    assert [note.partition(":")[0] for note in found["notes"]] == [
        "Of stimulation, 3 events in 3 of 3 videos count in no figure",
        "Of suction, 2 events in 2 of 3 videos count in no figure",
    ]


def test_cases_whose_names_hold_dots_stay_apart(tmp_path):
    for day in ("01", "02"):
        case, name = tmp_path / "cases" / f"2024.05.{day}-debrief", f"2024.05.{day}-debrief.csv"
        write(case / "report.json", report_json(withheld_report()))
        write(tmp_path / "annotations" / name, ONE)
    assert set(as_json(*compare_places(tmp_path / "cases", tmp_path / "annotations"))["videos"]) == {
        "2024.05.01-debrief",
        "2024.05.02-debrief",
    }


def test_how_times_were_read_is_told_where_the_length_of_the_video_is_not_known(tmp_path):
    one = write(tmp_path / "a.txt", "Suction 40 60 20\nPPV 100 220 120\n")
    compared, _ = compare_places(one, write(tmp_path / "b.txt", "Suction 45 66 21\nPPV 100 220 120\n"))
    assert sum("whole numbers were read as milliseconds" in note.lower() for note in compared[0].notes) == 2

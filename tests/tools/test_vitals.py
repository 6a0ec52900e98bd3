"""Vital signs files: read on the video's clock, what is no reading is told, what cannot be trusted is refused."""

import pytest

from resus_doc.errors import InputRefused, UsageError
from resus_doc.tools.vitals import read_vitals


def written(tmp_path, text, name="monitor.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(tmp_path, text, duration_s=100.0, **named):
    return read_vitals(written(tmp_path, text), duration_s, **named)


def test_readings_come_to_the_video_s_clock(tmp_path):
    vitals, notes = read(tmp_path, "time_s,hr_bpm,temp_c\n100,90,36.5\n101,95,\n", offset_s=-98.0)
    assert vitals.readings("hr_bpm") == ((2.0, 90.0), (3.0, 95.0))
    assert vitals.readings("temp_c") == ((2.0, 36.5),)
    assert vitals.readings("spo2_pct") == ()
    assert any("no reading of hr_bpm" in note for note in notes)


@pytest.mark.parametrize(
    "text",
    ["time_s;hr_bpm\n1,5;90\n", "\ufeffTime_s, HR_bpm\r\n1.5, 90\r\n", "time_s\thr_bpm\tnote\n1,5\t90\tx\n"],
)
def test_what_spreadsheets_write_is_read(tmp_path, text):
    assert read(tmp_path, text).vitals.readings("hr_bpm") == ((1.5, 90.0),)


def test_nonsense_is_left_out_and_told(tmp_path):
    text = "time_s,hr_bpm,fio2_pct\n3,80,0.21\n1,900,0.3\n2,-,\n,70,\n4,zz,\n5,0,\n6,81,\n6,82,\n7,83,21\n7,83,21\n"
    vitals, notes = read(tmp_path, text)
    assert vitals.readings("hr_bpm") == ((3.0, 80.0), (7.0, 83.0))
    told = " ".join(notes)
    assert "cells of hr_bpm left out, being no reading between 1 and 320: 3" in told
    assert "not as a fraction" in told
    assert "for want of a time: 1" in told
    assert "sorted" in told
    assert "two values that differ" in told


def test_rows_before_birth_and_after_the_video_are_not_shown(tmp_path):
    text = "time_s,hr_bpm\n" + "".join(f"{t},100\n" for t in range(-60, 200, 10))
    vitals, notes = read(tmp_path, text, birth_time_s=-30.0)
    times = [t for t, _ in vitals.readings("hr_bpm")]
    assert (min(times), max(times)) == (-30.0, 100.0)
    assert any("outside the case" in note for note in notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column time_s"),
        ("time_s\n1\n", "no vital sign"),
        ("hr_bpm\n1\n", "no column time_s"),
        ("time_s,hr_bpm\n", "holds no reading"),
        ("time_s,hr_bpm\n5,abc\n", "no usable reading"),
        ("time_s,hr_bpm,hr_bpm\n5,90,91\n", "twice"),
        ("time_s,hr_bpm\n1732492800,90\n", "another clock"),
        ("time_s,hr_bpm\n12:31:05,90\n", "time of day"),
        ("time_s,hr_bpm\nnan,90\ninf,90\n", "another clock"),
        (b"\xff\xfe\x00t", "not UTF-8"),
    ],
)
def test_files_that_cannot_be_used_are_refused(tmp_path, text, words):
    with pytest.raises(InputRefused, match=words):
        read(tmp_path, text)


def test_a_missing_file_and_a_strange_offset_are_refused(tmp_path):
    with pytest.raises(InputRefused, match="cannot be read"):
        read_vitals(tmp_path / "none.csv", 10.0)
    with pytest.raises(UsageError, match="offset"):
        read(tmp_path, "time_s,hr_bpm\n1,90\n", offset_s=float("nan"))


def test_a_sign_that_is_measured_less_often_than_others_has_gaps_of_its_own(tmp_path):
    text = "time_s,hr_bpm,spo2_pct\n" + "".join(f"{t},{90 if t % 10 == 0 else ''},95\n" for t in range(100))
    vitals, notes = read(tmp_path, text)
    assert notes == ()
    assert {each.sign: each.gap_s for each in vitals.series} == {"hr_bpm": 30.0, "spo2_pct": vitals.gap_s}

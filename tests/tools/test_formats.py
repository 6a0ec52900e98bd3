"""Annotation files: what is understood, what is refused and with which line, and round trips."""

import csv
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resus_doc.errors import InputRefused
from resus_doc.schema import ACTIVITIES, Event
from resus_doc.tools import formats, formats_source, formats_study

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2024-05-01T10:00:00+02:00" FORMAT="3.0" VERSION="3.0">
    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
        <MEDIA_DESCRIPTOR MEDIA_URL="file:///case.mp4" MIME_TYPE="video/mp4" TIME_ORIGIN="500"/>
    </HEADER>
    <TIME_ORDER>
        <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/>
        <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2500"/>
        <TIME_SLOT TIME_SLOT_ID="ts3"/>
    </TIME_ORDER>
    <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="{tier}">
        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="{end}">
                <ANNOTATION_VALUE>{value}</ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
    </TIER>
    <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="default"/>
</ANNOTATION_DOCUMENT>
"""


def event(name, activity, start_s, end_s, **more):
    ranges = {"start_range_s": (start_s, start_s), "end_range_s": (end_s, end_s)}
    fields = {"confidence": 1.0, "source": "annotation", **ranges, **more}
    return Event(id=name, activity=activity, start_s=start_s, end_s=end_s, **fields)


@st.composite
def timelines(draw, *, exact=True):
    """Events with ids E1.. by onset, times in whole ms within ten minutes, each at least a millisecond long."""
    ms = st.integers(0, 600_000)
    confidence = st.integers(0, 1000).map(lambda n: n / 1000) if exact else st.just(1.0)
    rows = st.tuples(st.sampled_from(ACTIVITIES), ms, ms, confidence, ms, ms)
    drawn = draw(st.lists(rows.filter(lambda item: item[1] != item[2]), max_size=12))
    drawn.sort(key=lambda item: (min(item[1:3]), max(item[1:3]), ACTIVITIES.index(item[0])))
    events = []
    for number, (activity, one, other, sure, low, high) in enumerate(drawn, start=1):
        start_s, end_s = min(one, other) / 1000, max(one, other) / 1000
        more = {"start_range_s": (low / 1000, high / 1000), "source": "detector"} if exact else {}
        events.append(event(f"E{number}", activity, start_s, end_s, confidence=sure, **more))
    return events


def read(tmp_path, text, duration_s=None, name="case.txt"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return formats.read_annotation_file(path, duration_s)


def brief(annotations):
    return [(e.activity, e.start_s, e.end_s) for e in annotations.events]


# --- the study's text


def test_study_text_with_spaces_in_labels_and_prefix(tmp_path):
    text = "P-Baby visible 0 60000 60000\nStimulation back/nates\t1500\t4000\t2500\r\n\nP-PPV 5000 9500 4500\n"
    read_in = read(tmp_path, text, 60.0)
    assert brief(read_in) == [("baby_visible", 0, 60), ("stimulation", 1.5, 4), ("ppv", 5, 9.5)]
    assert [e.id for e in read_in.events] == ["E1", "E2", "E3"]
    assert read_in.notes == ()
    assert read_in.units == (formats_study.USUAL,)


@pytest.mark.parametrize(
    ("label", "activity"),
    [
        ("Baby visible", "baby_visible"),
        ("CPAP", "cpap"),
        ("PPV", "ppv"),
        ("Ventilation", "ventilation"),
        ("Stimulation back/nates", "stimulation"),
        ("Stimulation trunk", "stimulation"),
        ("stimulation EXTREMITIES", "stimulation"),
        ("Suction", "suction"),
        ("Chest compressions", "chest_compressions"),
        ("chest_compressions", "chest_compressions"),
        ("P-Suction", "suction"),
    ],
)
def test_labels(tmp_path, label, activity):
    assert brief(read(tmp_path, f"{label} 1000 2000 1000")) == [(activity, 1, 2)]


@pytest.mark.parametrize(
    ("label", "activity"),
    [("Stimulaton trunk", "stimulation"), ("Suctoin", "suction"), ("Baby vissible", "baby_visible")],
)
def test_misspelt_labels_are_matched_and_told(tmp_path, label, activity):
    read_in = read(tmp_path, f"PPV 0 500 500\n{label} 1000 2000 1000")
    assert brief(read_in)[1] == (activity, 1, 2)
    assert any("line 2" in note and label in note and activity in note for note in read_in.notes)


@pytest.mark.parametrize("label", ["Intubation", "PPX", "CPP", "Umbilical line", "x" * 5000, "ion", "12"])
def test_unknown_labels_are_refused_with_their_line(tmp_path, label):
    with pytest.raises(InputRefused, match=r"case\.txt, line 2: the label '.{1,60}' is not known") as caught:
        read(tmp_path, f"PPV 0 500 500\n{label} 1000 2000 1000")
    assert "Chest compressions" in caught.value.remedy


def test_a_label_between_two_activities_is_not_guessed(tmp_path):
    labels = {"Mask one": "ppv", "Mask onf": "cpap"}
    (tmp_path / "a.txt").write_text("Mask ong 0 1000 1000")
    with pytest.raises(InputRefused, match="line 1"):
        formats.read_annotation_file(tmp_path / "a.txt", None, labels)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Suction 12500 15000 2500", (12.5, 15)),
        ("Suction 12.5 15 2.5", (12.5, 15)),
        ("Suction 12,5 15,0 2,5", (12.5, 15)),
        ("Suction 00:00:12.5 00:00:15 00:00:02.5", (12.5, 15)),
        ("Suction 01:02:03 01:02:08 5", (3723, 3728)),
        ("Suction 2:03 2:08 5000", (123, 128)),
        ("Suction 12 15 3", (12, 15)),
        ("Suction 0 90 90", (0, 90)),
        ("Suction 400000.5 401000.5 1000.0", (400.0005, 401.0005)),
    ],
)
def test_units_are_told_apart(tmp_path, text, expected):
    _, start_s, end_s = brief(read(tmp_path, text, None))[0]
    assert (start_s, end_s) == pytest.approx(expected, abs=1e-9)


def test_the_unit_of_the_times_is_reported(tmp_path, caplog):
    assert read(tmp_path, "Suction 12500 15000 2500").units == ("times in whole numbers were read as milliseconds",)
    assert read(tmp_path, "Suction 12.5 15.0 2.5").units == ("times with decimals were read as seconds",)
    assert read(tmp_path, "Suction 0:12 0:15 3").units == ("times with colons were read as hours:minutes:seconds",)
    (tmp_path / "a.txt").write_text("Suction 12500 15000 2500")
    formats.read_annotations(tmp_path / "a.txt")
    assert caplog.text == ""
    (tmp_path / "a.txt").write_text("Suction 12.5 15.0 2.5")
    formats.read_annotations(tmp_path / "a.txt")
    assert "were read as seconds" in caplog.text


def test_mixed_ways_of_writing_times_in_one_file(tmp_path):
    text = "Suction 12.5 15.0 2.5\nPPV 20000 25000 5000\nCPAP 0:00:30 0:00:40 10\n"
    read_in = read(tmp_path, text, 60.0)
    assert brief(read_in) == [("suction", 12.5, 15), ("ppv", 20, 25), ("cpap", 30, 40)]
    assert len(read_in.units) == 3


@pytest.mark.parametrize(
    ("text", "duration_s", "expected"),
    [
        ("Suction 100 400 300000", 600.0, (100, 400)),
        ("Suction 100 400 0.3", 600.0, (0.1, 0.4)),
        ("Suction 12500 15000 2.5", 60.0, (12.5, 15)),
        ("Suction 12.5 15.0 2500", 60.0, (12.5, 15)),
        ("Suction 100 400 0:05:00", 600.0, (100, 400)),
        ("Baby visible 10 590 580", 600.0, (10, 590)),
        ("Suction 20 45 25", 600.0, (20, 45)),
        ("Suction 100 400 300", None, (0.1, 0.4)),
    ],
)
def test_the_duration_and_the_length_of_the_video_decide(tmp_path, text, duration_s, expected):
    _, start_s, end_s = brief(read(tmp_path, text, duration_s))[0]
    assert (start_s, end_s) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Suction 12.5 15.0 2.5\nPPV 0 500 500\n", 2),
        ("Suction 10 20 10\nPPV 20 220 200\n", 2),
        ("Suction 100 500 400\n", 1),
        ("Suction 10 20 10\nPPV 20 720 700\n", 2),
        ("PPV 12.5 720.5 708\n", 1),
        ("Suction 20000 25000 5000\nPPV 12 15 3\n", 2),
        ("Suction 20000.0 25000.0 5000.0\nPPV 12.5 15.0 2.5\n", 2),
        ("Suction 100 200 100000\nPPV 300 500 0.2\n", 2),
    ],
)
def test_times_that_could_be_either_unit_are_refused(tmp_path, text, line):
    with pytest.raises(InputRefused, match=rf"case\.txt, line {line}: .*seconds or milliseconds") as caught:
        read(tmp_path, text, 600.0)
    assert "decimal point" in caught.value.remedy


def test_decimal_seconds_after_the_end_are_not_taken_for_milliseconds(tmp_path):
    with pytest.raises(InputRefused, match=r"line 1: .*outside the video"):
        read(tmp_path, "PPV 12.5 75.5 63", 60.0)


POINT = {
    "a.txt": "PPV 1000 2000 1000\nSuction 3000 3000 0\n",
    "a.csv": "activity,start_s,end_s\nppv,1,2\nsuction,3,3\n",
    "a.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nPPV\n\n00:03.000 --> 00:03.000\nSuction\n",
}


@pytest.mark.parametrize("name", [*POINT, "a.eaf"])
def test_an_event_without_length_is_left_out_and_told(tmp_path, name):
    if name == "a.eaf":
        formats.write_eaf([event("E1", "ppv", 1.0, 2.0), event("E2", "suction", 3.0, 3.0)], tmp_path / "made.eaf")
    text = POINT[name] if name in POINT else (tmp_path / "made.eaf").read_text()
    read_in = read(tmp_path, text, 60.0, name=name)
    assert brief(read_in) == [("ppv", 1, 2)]
    assert any(re.fullmatch(r"line \d+: the event at 3 s has no length and was left out", n) for n in read_in.notes)


def test_an_event_that_begins_where_the_video_ends_is_left_out_and_told(tmp_path):
    read_in = read(tmp_path, "PPV 1000 2000 1000\nSuction 60000 60500 500\n", 60.0)
    assert brief(read_in) == [("ppv", 1, 2)]
    assert "line 2" in read_in.notes[0]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Suction 1000 2000", "is not a label followed by"),
        ("Suction one two three", "is not a label followed by"),
        ("1000 2000 1000", "is not a label followed by"),
        ("Suction nan inf 1", "is not a label followed by"),
        ("Suction 1e3 2e3 1e3", "is not a label followed by"),
        ("Suction 2000 1000 1000", "ends before it starts"),
        ("Suction -2000 1000 3000", "starts before the video"),
        ("Suction 1000 2000 5000", "duration 5000 does not fit"),
        ("Suction 59000 62000 3000", "outside the video, which lasts 60 s"),
        ("Suction 61000 61500 500", "outside the video"),
    ],
)
def test_refused_lines(tmp_path, text, what):
    with pytest.raises(InputRefused, match=f"line 3: .*{what}") as caught:
        read(tmp_path, "PPV 1000 2000 1000\n\n" + text, 60.0)
    assert caught.value.remedy
    assert str(tmp_path / "case.txt") in str(caught.value)


def test_an_event_that_runs_a_little_past_the_end_is_cut(tmp_path):
    assert brief(read(tmp_path, "Suction 59000 60400 1400", 60.0)) == [("suction", 59, 60)]


def test_control_signs_do_not_reach_the_message(tmp_path):
    with pytest.raises(InputRefused) as caught:
        read(tmp_path, "\x1b[2J\x07<script>\u202eevil 1000 2000 1000")
    assert caught.value.what.isprintable()


@pytest.mark.parametrize("data", [b"", b"  \n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path, data):
    with pytest.raises(InputRefused, match="is empty"):
        read(tmp_path, data)


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0 not text", b"PPV\x00 0 1 1", bytes(range(256))])
def test_a_binary_file_is_refused(tmp_path, data):
    with pytest.raises(InputRefused, match="text file"):
        read(tmp_path, data)


def test_missing_folder_and_too_large(tmp_path):
    with pytest.raises(InputRefused, match="There is no annotation file"):
        formats.read_annotations(tmp_path / "none.txt")
    with pytest.raises(InputRefused, match="is a folder"):
        formats.read_annotations(tmp_path)
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(formats_source.LARGEST_BYTES + 1)
    with pytest.raises(InputRefused, match="too large"):
        formats.read_annotations(tmp_path / "large.txt")


def test_utf16_from_windows_is_read(tmp_path):
    assert brief(read(tmp_path, "Suction 1000 2000 1000\r\n".encode("utf-16"))) == [("suction", 1, 2)]


def test_notes_are_logged(tmp_path, caplog):
    (tmp_path / "a.txt").write_text("Suctoin 1000 2000 1000")
    assert [e.activity for e in formats.read_annotations(tmp_path / "a.txt")] == ["suction"]
    assert "Suctoin" in caplog.text


@EXAMPLES
@given(timelines(exact=False).filter(bool))
def test_study_text_round_trip(tmp_path, events):
    path = tmp_path / "case.txt"
    formats.write_study(events, path)
    in_the_first_instant = any(e.end_s * 1000 <= formats_study.ASTRAY * 601 for e in events)
    if not in_the_first_instant:
        assert formats.read_annotations(path, 600.0) == events


@EXAMPLES
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(tmp_path, text):
    path = tmp_path / "any.txt"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        events = formats.read_annotations(path, 60.0)
    except InputRefused as error:
        assert error.what
        assert error.remedy
    else:
        assert all(0 <= e.start_s <= e.end_s <= 60.0 for e in events)


# --- CSV


def test_csv_needs_three_columns_only(tmp_path):
    text = "activity,start_s,end_s,remark\nppv,1.5,2,=1+1\nStimulation trunk,0,1,\n"
    assert brief(read(tmp_path, text, name="a.csv")) == [("stimulation", 0, 1), ("ppv", 1.5, 2)]


def test_csv_as_spreadsheets_write_it_in_europe(tmp_path):
    text = "\ufeffActivity;Start_s;End_s\r\nPPV;1,5;2,25\r\n"
    assert brief(read(tmp_path, text, name="a.csv")) == [("ppv", 1.5, 2.25)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("activity,start_s,end\nppv,1,2", "line 1: the column end_s is missing"),
        ("activity,start_s,end_s\nppv,1,2\nppv,nan,2", "line 3: start_s is 'nan', not a number"),
        ("activity,start_s,end_s\nppv,1,2\nppv,1,inf", "line 3: end_s is 'inf'"),
        ("activity,start_s,end_s\nppv,,2", "line 2: start_s is ''"),
        ("activity,start_s,end_s\nppv,1_0,20", "line 2: start_s is '1_0'"),
        ("activity,start_s,end_s\nppv,3,2", "line 2: the event ends before it starts"),
        ("activity,start_s,end_s\nppv,3,200", "line 2: the event .* outside the video"),
        ("activity,start_s,end_s\nappendix,3,4", "line 2: the label 'appendix' is not known"),
        ("activity,start_s,end_s\nppv,3,4,5,6", "line 2: there are more cells"),
        ("activity,start_s,end_s,confidence\nppv,3,4,7", "line 2: confidence"),
        ("activity,start_s,end_s,source\nppv,3,4,rumour", "line 2: source"),
        ('activity,start_s,end_s\nppv,3,"4', "line 2: not a line of CSV"),
    ],
)
def test_refused_csv(tmp_path, text, what):
    with pytest.raises(InputRefused, match=what):
        read(tmp_path, text, 60.0, name="a.csv")


def test_csv_without_events_is_a_case_in_which_nothing_was_seen(tmp_path):
    formats.write_csv([], tmp_path / "timeline.csv")
    assert formats.read_annotations(tmp_path / "timeline.csv") == []


def test_hostile_ids_are_replaced(tmp_path):
    text = "id,activity,start_s,end_s\n=cmd|' /C calc'!A0,ppv,1,2\n<b>,cpap,3,4\n"
    read_in = read(tmp_path, text, name="a.csv")
    assert [e.id for e in read_in.events] == ["E1", "E2"]
    assert "numbered anew" in read_in.notes[0]


def test_csv_has_the_contract_header(tmp_path):
    formats.write_csv([event("E1", "ppv", 1.0, 2.5)], tmp_path / "timeline.csv")
    lines = (tmp_path / "timeline.csv").read_text().splitlines()
    assert lines[0] == "id,activity,start_s,end_s,confidence,start_lo_s,start_hi_s,end_lo_s,end_hi_s,source"
    assert lines[1] == "E1,ppv,1.0,2.5,1.0,1.0,1.0,2.5,2.5,annotation"
    assert len(list(csv.reader(lines))) == 2


def test_an_id_that_is_a_formula_is_none_in_the_file_and_none_when_read(tmp_path):
    path = tmp_path / "timeline.csv"
    formats.write_csv([event("=1+1", "ppv", 1.0, 2.5), event("E2", "suction", 3.0, 4.0)], path)
    assert path.read_text().splitlines()[1].startswith("'=1+1,ppv,")
    back = formats.read_annotation_file(path)
    assert [each.id for each in back.events] == ["E1", "E2"] and "numbered anew" in back.notes[0]


@EXAMPLES
@given(timelines())
def test_csv_round_trip(tmp_path, events):
    formats.write_csv(reversed(events), tmp_path / "timeline.csv")
    assert formats.read_annotations(tmp_path / "timeline.csv", 600.0) == events


# --- ELAN


def test_eaf_tier_and_time_origin(tmp_path):
    for tier, value in [("PPV", "with mask"), ("P-Stimulaton trunk", ""), ("Annotations", "Suction")]:
        read_in = read(tmp_path, EAF.format(tier=tier, value=value, end="ts2"), 60.0, name="a.eaf")
        expected = {"PPV": "ppv", "Annotations": "suction"}.get(tier, "stimulation")
        assert brief(read_in) == [(expected, 1.5, 3.0)]


@pytest.mark.parametrize(
    ("tier", "value", "end", "what"),
    [
        ("PPV", "", "ts3", "line 13: the time slot 'ts3' has no time"),
        ("PPV", "", "ts9", "line 13: the time slot 'ts9' has no time"),
        ("Intubation", "tube in", "ts2", "line 13: no tier is known, as 'Intubation'"),
        ("PPV", "</x>", "ts2", "line 14: not well-formed XML"),
    ],
)
def test_refused_eaf(tmp_path, tier, value, end, what):
    with pytest.raises(InputRefused, match=what):
        read(tmp_path, EAF.format(tier=tier, value=value, end=end), 60.0, name="a.eaf")


def test_eaf_remarks_are_left_out_and_told(tmp_path):
    formats.write_eaf([event("E1", "ppv", 1.0, 2.0)], tmp_path / "a.eaf")
    remark = EAF.format(tier="Remarks", value="family enters", end="ts2")
    tier = re.search(r"<TIER.*?</TIER>", remark, re.DOTALL)[0].replace("ts2", "ts1")
    text = (tmp_path / "a.eaf").read_text().replace("<LINGUISTIC_TYPE ", tier + "<LINGUISTIC_TYPE ")
    read_in = read(tmp_path, text, name="b.eaf")
    assert brief(read_in) == [("ppv", 1, 2)]
    assert "the tier 'Remarks' was left out" in read_in.notes[0]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd">',
    ],
)
def test_document_types_and_entities_are_refused(tmp_path, doctype):
    with pytest.raises(InputRefused, match="document type or entities"):
        read(tmp_path, doctype + "<ANNOTATION_DOCUMENT>&x;</ANNOTATION_DOCUMENT>", name="a.eaf")


def test_other_xml_is_refused(tmp_path):
    with pytest.raises(InputRefused, match="line 2: <html> does not open an ELAN document"):
        read(tmp_path, '<?xml version="1.0"?>\n<html/>', name="a.eaf")


def test_eaf_is_laid_out_as_elan_expects(tmp_path):
    events = [
        event("E1", "stimulation", 1.0, 3.0),
        event("E2", "stimulation", 2.0, 4.0),
        event("E3", "ppv", 2.0, 2.0),
    ]
    formats.write_eaf(events, tmp_path / "a.eaf", media_name='a "b" <c>&\x01.mp4')
    root = ET.parse(tmp_path / "a.eaf").getroot()
    assert [child.tag for child in root][:2] == ["HEADER", "TIME_ORDER"]
    assert root[-1].tag == "LINGUISTIC_TYPE"
    assert root.get("FORMAT") == "3.0"
    times = [int(slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")]
    assert times == sorted(times)
    slots = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")}
    assert len(slots) == 2 * len(events)
    for tier in root.iter("TIER"):
        spans = [
            (slots[a.get("TIME_SLOT_REF1")], slots[a.get("TIME_SLOT_REF2")]) for a in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert [tier.get("TIER_ID") for tier in root.iter("TIER") if len(tier)] == ["PPV", "Stimulation", "Stimulation 2"]


@EXAMPLES
@given(timelines(exact=False))
def test_eaf_round_trip(tmp_path, events):
    formats.write_eaf(events, tmp_path / "a.eaf", media_name="a.mp4")
    assert formats.read_annotations(tmp_path / "a.eaf", 600.0) == events


# --- WebVTT


@EXAMPLES
@given(timelines())
def test_vtt_holds_every_event(tmp_path, events):
    formats.write_vtt(events, tmp_path / "a.vtt")
    blocks = (tmp_path / "a.vtt").read_text().strip().split("\n\n")
    assert blocks[0] == "WEBVTT"
    assert [block.split("\n")[0] for block in blocks[1:]] == [e.id for e in events]
    for block, e in zip(blocks[1:], events, strict=True):
        start, end = (_seconds(stamp) for stamp in block.split("\n")[1].split(" --> "))
        assert start == pytest.approx(e.start_s, abs=1e-9)
        assert start < end == pytest.approx(max(e.end_s, e.start_s + 0.001), abs=1e-9)


@EXAMPLES
@given(timelines(exact=False))
def test_vtt_round_trip(tmp_path, events):
    formats.write_vtt(events, tmp_path / "a.vtt")
    back = {e.id: e for e in formats.read_annotations(tmp_path / "a.vtt")}
    assert back.keys() == {e.id for e in events}
    for e in events:
        assert back[e.id].activity == e.activity and back[e.id].start_s == e.start_s
        assert back[e.id].end_s == pytest.approx(e.end_s, abs=0.0011)


def test_vtt_of_others_is_understood(tmp_path):
    text = (
        "WEBVTT - by hand\nKind: captions\n\nNOTE\na remark\n\nSTYLE\n::cue {}\n\n"
        "01:02.500 --> 01:09.000 line:0\n<v Nurse>Suction</v>\n\nfirst one\n00:00:03.000 --> 00:00:04.000\nPPV\n"
    )
    events = read(tmp_path, text, 80.0, name="a.vtt").events
    assert [(e.activity, e.start_s, e.end_s) for e in events] == [("ppv", 3.0, 4.0), ("suction", 62.5, 69.0)]


@pytest.mark.parametrize(
    ("cue", "line", "what"),
    [
        ("x\nPPV", 4, "line of times"),
        ("00:01.000 -> 00:02.000\nPPV", 4, "line of times"),
        ("00:01.000 --> 00:02.000\ndancing", 4, "'dancing' is not known"),
        ("00:02.000 --> 00:01.000\nPPV", 3, "ends before"),
        ("00:01.000 --> 99:02.000\nPPV", 3, "line of times"),
        ("00:01.000 --> 50:02.000\nPPV", 3, "outside the video"),
    ],
)
def test_refused_vtt(tmp_path, cue, line, what):
    with pytest.raises(InputRefused, match=f"line {line}: .*{what}"):
        read(tmp_path, f"WEBVTT\n\n{cue}\n", 60.0, name="a.vtt")


def _seconds(stamp):
    hours, minutes, seconds = re.fullmatch(r"(\d\d):(\d\d):(\d\d\.\d{3})", stamp).groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_written_files_do_not_depend_on_the_order_given(tmp_path):
    events = [event("E1", "ppv", 1.0, 2.0), event("E2", "cpap", 0.0, 5.0)]
    for write, name in [(formats.write_csv, "csv"), (formats.write_vtt, "vtt"), (formats.write_eaf, "eaf")]:
        write(events, Path(tmp_path / f"1.{name}"))
        write(events[::-1], Path(tmp_path / f"2.{name}"))
        assert (tmp_path / f"1.{name}").read_bytes() == (tmp_path / f"2.{name}").read_bytes()

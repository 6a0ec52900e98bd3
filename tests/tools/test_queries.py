import pytest

from resus_doc import settings
from resus_doc.schema import (
    DomainCheck,
    Event,
    Finding,
    GuidelineRef,
    Measure,
    Passage,
    Report,
    Review,
    TimeZero,
    Video,
)
from resus_doc.tools import queries, reckoning, reckoning_gaps, record
from resus_doc.tools.cases import open_case


def an_event(name: str, activity: str, start_s: float, end_s: float) -> Event:
    return Event(
        id=name,
        activity=activity,
        start_s=start_s,
        end_s=end_s,
        confidence=0.9,
        start_range_s=(start_s, start_s),
        end_range_s=(end_s, end_s),
        source="detector",
    )


def a_measure(name: str, key: str, value: float | None = 1.0) -> Measure:
    return Measure(id=name, name=key, value=value, unit="s", range=None)


def a_finding(name: str, events: tuple[str, ...], passages: tuple[str, ...] = ()) -> Finding:
    return Finding(
        id=name,
        rule_id=f"rule-{name}",
        kind="guideline",
        verdict="not_assessable",
        statement="statement",
        observed="observed",
        expected="expected",
        observed_value=None,
        threshold=None,
        unit=None,
        reason="reason",
        events=events,
        passages=passages,
        verified=False,
    )


@pytest.fixture
def report() -> Report:
    passage = Passage(
        id="P1", profile="aha-2025", title="t", source="s", section=None, doi_or_isbn=None, text="x", verified=False
    )
    return Report(
        case_id="case-1",
        video=Video(name="v.mp4", sha256="0" * 64, duration_s=60, width=4, height=4, frame_rate=25, grid_fps=8),
        time_zero=TimeZero(t_s=0, range_s=(0, 0), source="video_start"),
        activities_covered=("baby_visible", "ppv", "cpap", "suction"),
        observed_s=60,
        domain_check=None,
        events=(
            an_event("E1", "baby_visible", 0, 60),
            an_event("E2", "cpap", 20, 30),
            an_event("E3", "ppv", 5, 15),
            an_event("E4", "suction", 40, 44),
        ),
        measures=(
            a_measure("M1", "time_to_first_mask_support", 5),
            a_measure("M2", "ppv_pause_count", 0),
            a_measure("M3", "time_to_first_suction", 40),
        ),
        guideline=GuidelineRef(id="aha-2025", title="t", edition="2025"),
        findings=(a_finding("F1", ("E4",), ("P1",)), a_finding("F2", ())),
        passages=(passage,),
        narrative=(),
    )


def test_ventilation_means_any_mask_support_and_events_come_in_order_of_onset(report):
    assert queries.list_events(report, "ventilation").ids == ("E3", "E2")


def test_all_events_leave_out_the_view(report):
    assert queries.list_events(report).ids == ("E3", "E2", "E4")


def test_an_activity_that_was_not_seen_has_no_events(report):
    assert queries.list_events(report, "stimulation").ids == ()


def test_time_to_first_gives_the_measure_and_the_first_event_only(report):
    assert reckoning.time_to_first(report, "ventilation").ids == ("E3", "M1")
    assert reckoning.time_to_first(report, "suction").ids == ("E4", "M3")


def texts(found):
    return [(said.text, [number.value for number in said.numbers], said.cites) for said in found.statements]


def test_where_cpap_came_first_the_first_ppv_is_told_too(report):
    late = report.model_copy(update={"events": (an_event("E1", "cpap", 20, 30), an_event("E2", "ppv", 35, 40))})
    assert texts(reckoning.time_to_first(late, "ventilation")) == [
        ("CPAP first started {} after the start of the video.", [20.0], ("E1", "M1")),
        ("PPV first started {} after the start of the video.", [35.0], ("E2",)),
    ]
    assert len(reckoning.time_to_first(report, "ventilation").statements) == 1


def test_times_from_birth_are_told_from_arrival_on_the_table_as_well(report):
    birth = TimeZero(t_s=-10, range_s=(-10, -10), source="given")
    from_table = (*report.measures, a_measure("M4", "time_to_first_suction_from_table", 32))
    seen = (an_event("E1", "baby_visible", 8, 60), *report.events[1:])
    known = report.model_copy(update={"time_zero": birth, "measures": from_table, "events": seen})
    assert texts(reckoning.time_to_first(known, "suction"))[1:] == [
        ("That is {} after arrival on the table.", [32.0], ("M4",))
    ]
    arrival = TimeZero(t_s=8, range_s=(8, 8), source="table_arrival")
    assert len(reckoning.time_to_first(known.model_copy(update={"time_zero": arrival}), "suction").statements) == 1


@pytest.mark.parametrize("by", [None, "M. Berg"])
def test_what_a_reviewer_took_over_is_no_longer_withheld(report, by):
    check = DomainCheck(in_domain=False, score=0, threshold=1, validated_on="simulated")
    review = Review(revision=1, by="M. Berg", at="2026-01-01T00:00:00Z", whole_recording_by=by)
    text = texts(
        reckoning.count_events(report.model_copy(update={"domain_check": check, "review": review}), "stimulation")
    )
    assert text[0][0].startswith("I cannot tell: the " + ("source of this record" if by else "video is unlike"))


def test_of_a_bare_file_the_last_event_ended_and_the_length_is_not_known(tmp_path):
    """Nothing was cut off: no video ends where the person's last event does."""
    file = tmp_path / "events.csv"
    file.write_text("activity,start_s,end_s\nsuction,2,5\nppv,10,60\n")
    bare = open_case(file, settings.load())
    assert not any(event.censored_start or event.censored_end for event in bare.events)
    assert texts(reckoning.total_time(bare, "ppv"))[0][:2] == ("PPV was seen for {} in total.", [50.0])
    text, numbers, _ = texts(record.about(bare))[0]
    assert text.endswith("how long it lasts is not known; the last event ends at {}.") and numbers == [60.0]


def test_the_view_is_a_part_of_the_recording(report):
    half = report.model_copy(update={"events": (an_event("E1", "baby_visible", 0, 30),)})
    assert texts(reckoning.fraction(half, "baby_visible")) == [
        ("The baby was in view for {} of the recording.", [0.5], ("E1",))
    ]


def test_findings_of_an_activity_bring_the_passages_they_cite(report):
    assert record.findings(report, "suction").ids == ("F1", "P1")
    assert record.findings(report).ids == ("F1", "F2")


def test_pauses_are_measures(report):
    assert reckoning_gaps.pauses(report).ids == ("M2",)

"""What a reviewer's edits make of events, on values alone."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import EVENTS, sample_report

from resus_doc.errors import InputRefused
from resus_doc.schema import Event, Recording, Span, TimeZero
from resus_doc.tools.review_edits import Edited, Edits, apply, timeline_of, told

REPORT = sample_report()
LENGTH_S = REPORT.video.duration_s
VERSIONS = {event.id: (event,) for event in EVENTS}
BIRTH = {"t_s": -26.0, "uncertainty_s": 2.0}


def plain(event: Event, **changes: object) -> dict:
    about = {"id": event.id, "activity": event.activity, "start_s": event.start_s, "end_s": event.end_s}
    return {**about, "confirmed": event.confirmed_by is not None, **changes}


def edited(*events: dict, **more: object) -> Edited:
    wanted = {"revision": 0, "by": "R", "events": events, "birth": BIRTH, **more}
    return apply(REPORT, VERSIONS, Edits.model_validate(wanted))


def test_nothing_changed_is_no_change():
    found = edited(*map(plain, EVENTS))
    assert found.changes == () and set(found.events) == set(EVENTS)
    assert timeline_of(REPORT, found).observed == REPORT.observed


def test_an_edge_that_was_set_is_sharp_and_the_other_keeps_its_range():
    ppv = EVENTS[3]
    (found,) = edited(plain(ppv, start_s=40.0)).events
    assert (found.start_range_s, found.end_range_s) == ((40.0, 40.0), ppv.end_range_s)
    assert (found.source, found.confidence, found.confirmed_by) == ("reviewer", 1.0, "R")


def test_an_edge_at_the_video_s_edge_is_censored_and_one_taken_from_it_no_more():
    cpap = EVENTS[7]
    (found,) = edited(plain(cpap, end_s=110.0)).events
    assert cpap.censored_end and not found.censored_end
    (found,) = edited(plain(EVENTS[1], start_s=0.0)).events
    assert found.censored_start


@pytest.mark.parametrize(
    ("zero_s", "times"),
    [(-26.0, "1:02.0–1:28.0 → PPV 1:06.0–1:28.0"), (0.0, "0:36.0–1:02.0"), (36.3, "-0:00.3–0:25.7")],
)
def test_a_change_is_told_on_the_report_s_clock(zero_s: float, times: str) -> None:
    (change,) = [each for each in edited(plain(EVENTS[3], start_s=40.0)).changes if each.action == "moved"]
    zero = TimeZero(t_s=zero_s, range_s=(zero_s, zero_s), source="given")
    assert f"E4 moved: PPV {times}" in told(change, zero)
    assert change.before is not None and change.before.start_s == 36.0, (
        "what is kept counts from the start of the video"
    )


def test_another_label_keeps_edges_and_ranges_but_not_the_detector_s_confidence():
    suction = EVENTS[2]
    (found,) = edited(plain(suction, activity="stimulation")).events
    assert (found.start_range_s, found.end_range_s) == (suction.start_range_s, suction.end_range_s)
    assert found.activity == "stimulation" and found.confidence == 1.0


def test_a_confirmation_can_be_withdrawn():
    found = edited(*(plain(event, confirmed=False) for event in EVENTS))
    assert [change.action for change in found.changes] == ["confirmation withdrawn"]
    assert all(event.confirmed_by is None for event in found.events)


def test_the_reviewer_s_view_of_the_baby_decides_what_was_observed():
    views = [plain(EVENTS[0], start_s=0.0), *map(plain, EVENTS[1:])]
    observed = timeline_of(REPORT, edited(*views)).observed
    assert observed[0].start_s == 0.0


def test_lost_pictures_were_not_observed_by_a_reviewer_either():
    video = REPORT.video.model_copy(update={"lost": (Span(40.0, 45.0),)})
    first = next(event for event in EVENTS if event.activity == "baby_visible")
    moved = [plain(event, end_s=event.end_s - 1) if event is first else plain(event) for event in EVENTS]
    whole, damaged = (
        timeline_of(report, edited(*moved)) for report in (REPORT, REPORT.model_copy(update={"video": video}))
    )
    assert whole.observed_s - damaged.observed_s == 5.0
    assert not any(span.start_s < 44.0 < span.end_s for span in damaged.observed)


def test_a_reviewer_saw_nothing_between_two_recordings():
    recorded = tuple(
        Recording(name=name, sha256="0", start_s=start_s, duration_s=length_s)
        for name, start_s, length_s in (("a", 0.0, 30.0), ("b", 40.0, LENGTH_S - 40.0))
    )
    whole = {"id": "N1", "activity": "baby_visible", "start_s": 0.0, "end_s": LENGTH_S, "confirmed": True}
    others = [plain(event) for event in EVENTS if event.activity != "baby_visible"]
    timeline = timeline_of(REPORT.model_copy(update={"recordings": recorded}), edited(whole, *others))
    assert timeline.observed == (Span(0.0, 30.0), Span(40.0, LENGTH_S))


def test_a_new_activity_is_covered_from_then_on():
    new = {"id": "N1", "activity": "ventilation", "start_s": 1.0, "end_s": 2.0, "confirmed": True}
    assert "ventilation" not in REPORT.activities_covered
    assert "ventilation" in timeline_of(REPORT, edited(new)).covered


def test_birth_after_the_recording_is_refused():
    with pytest.raises(InputRefused, match="after the end"):
        edited(birth={"t_s": LENGTH_S + 1, "uncertainty_s": 0})


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0])
def test_no_edit_holds_a_time_that_is_none(bad):
    with pytest.raises(ValidationError):
        edited(plain(EVENTS[0], start_s=bad))


@given(
    st.lists(
        st.tuples(st.sampled_from(("ppv", "suction")), st.floats(0, LENGTH_S - 1), st.floats(0.001, 1)), max_size=8
    )
)
def test_whatever_is_added_is_refused_or_whole(added):
    events = [
        {"id": f"N{n}", "activity": a, "start_s": s, "end_s": s + length, "confirmed": True}
        for n, (a, s, length) in enumerate(added)
    ]
    try:
        found = edited(*events)
    except InputRefused as error:
        assert "overlap" in str(error) or "ends before" in str(error)
        return
    assert len({event.id for event in found.events}) == len(events)
    assert not {event.id for event in found.events} & set(VERSIONS)
    for event in found.events:
        assert 0 <= event.start_s <= event.end_s <= LENGTH_S and event.source == "reviewer"
    assert all(told(change, REPORT.time_zero) for change in found.changes)

import math

import pytest
from pydantic import ValidationError

from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES, Event, Measure, Span, Timeline, TimeZero


def an_event(start_s: float = 1.0, end_s: float = 3.0, activity: str = "ppv", name: str = "E1") -> Event:
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


def test_equal_content_is_equal_and_values_are_frozen():
    assert an_event() == an_event()
    with pytest.raises(ValidationError):
        an_event().start_s = 4.0


def test_an_event_cannot_end_before_it_starts():
    with pytest.raises(ValidationError, match="before it starts"):
        an_event(start_s=3.0, end_s=1.0)


def test_nan_and_unknown_fields_are_refused():
    with pytest.raises(ValidationError):
        Measure(id="M1", name="ppv_total", value=math.nan, unit="s", range=None)
    with pytest.raises(ValidationError):
        Measure(id="M1", name="ppv_total", value=1.0, unit="s", range=None, colour="red")


def test_every_activity_has_a_name():
    assert set(ACTIVITY_NAMES) == set(ACTIVITIES)


def test_a_timeline_orders_by_onset_and_adds_up_what_was_observed():
    zero = TimeZero(t_s=0.0, range_s=(0.0, 0.0), source="video_start")
    events = (an_event(5.0, 6.0, name="E2"), an_event(1.0, 2.0), an_event(0.0, 9.0, "suction", "E3"))
    timeline = Timeline(
        events=events,
        covered=("ppv", "suction"),
        observed=(Span(0.0, 4.0), Span(5.0, 9.0)),
        duration_s=9.0,
        time_zero=zero,
    )
    assert [event.id for event in timeline.of("ppv")] == ["E1", "E2"]
    assert timeline.observed_s == 8.0

"""Each pause of PPV, and what was seen during it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resus_doc.guidelines import profile
from resus_doc.schema import ACTIVITIES, Event, Video
from resus_doc.tools import report_pauses
from resus_doc.tools.cases import without_narrative
from resus_doc.tools.measures import compute
from resus_doc.tools.pauses import describe
from resus_doc.tools.timeline import timeline_from_annotations


def event(activity, start_s, end_s, width_s=0.0):
    return Event(
        id="E0",
        activity=activity,
        start_s=start_s,
        end_s=end_s,
        confidence=1.0,
        start_range_s=(start_s - width_s, start_s + width_s),
        end_range_s=(end_s - width_s, end_s + width_s),
        source="annotation",
    )


def case(*events, covered=ACTIVITIES):
    return timeline_from_annotations(events, 200.0, covered=covered)


VIEW = event("baby_visible", 0, 200)


def seen(pause):
    return {part.what: part.value for part in pause.seen}


def test_what_was_seen_during_a_pause_has_its_range_and_events():
    timeline = case(VIEW, event("ppv", 40, 60, 0.5), event("suction", 62, 66, 0.5), event("ppv", 70, 100, 0.5))
    (pause,) = describe(timeline)
    assert (pause.start_s, pause.end_s, pause.start_range_s, pause.end_range_s) == (60, 70, (59.5, 60.5), (69.5, 70.5))
    assert seen(pause) == {"suction": 4.0, "none": 6.0}
    suction, none = pause.seen
    assert (suction.range, none.range) == ((3.0, 5.0), (4.0, 8.0))
    assert suction.events == tuple(e.id for e in timeline.of("suction"))
    assert pause.events == tuple(e.id for e in timeline.of("ppv"))


def test_time_out_of_view_in_a_pause_is_said_and_is_no_absence():
    timeline = case(
        event("baby_visible", 0, 62), event("baby_visible", 67, 200), event("ppv", 40, 58), event("ppv", 72, 100)
    )
    (pause,) = describe(timeline)
    assert seen(pause) == {"none": 9.0, "not_observed": 5.0}


@pytest.mark.parametrize(("unknown", "length_s"), [((), 9), ((event("ventilation", 60, 65),), 7)])
def test_the_table_gives_the_length_in_view(unknown, length_s):
    """Of mask support of unknown kind from 60 to 65 s, 62 to 67 s were out of view anyway."""
    views = event("baby_visible", 0, 62), event("baby_visible", 67, 200)
    timeline = case(*views, event("ppv", 40, 58), event("ppv", 72, 100), *unknown)
    video = Video(name="", sha256="", duration_s=200, width=0, height=0, frame_rate=0, grid_fps=0)
    report = without_narrative(timeline, profile.load("aha-2025"), "case-1", video)
    report = report.model_copy(update={"ppv_pauses": describe(timeline)})
    (row,) = report_pauses.rows(report)
    told = f"none of the recognised activities {length_s} s; baby not in view 5 s"
    assert (row.length, row.seen) == (f"{length_s} s", told)
    assert {m.name: m.value for m in report.measures}["ppv_pause_total"] == length_s
    lost = report.model_copy(update={"video": video.model_copy(update={"lost": ((63.0, 66.0),)})})
    assert report_pauses.rows(lost)[0].seen.endswith("; baby not in view or nothing recorded 5 s")


def test_several_things_at_a_time_each_count():
    timeline = case(
        VIEW, event("ppv", 40, 60), event("cpap", 61, 69), event("stimulation", 62, 70), event("ppv", 70, 90)
    )
    assert seen(describe(timeline)[0]) == {"stimulation": 8.0, "cpap": 8.0, "none": 1.0}


def test_what_the_source_does_not_cover_is_left_out():
    events = (VIEW, event("ppv", 40, 60), event("ppv", 70, 90))
    assert describe(case(*events, covered=("baby_visible", "ppv")))[0].seen[0].what == "none"
    assert describe(case(VIEW, covered=("baby_visible", "suction"))) == ()


@settings(max_examples=60, deadline=None)
@given(
    edges=st.lists(st.floats(0.5, 12), min_size=4, max_size=12).filter(lambda x: len(x) % 2 == 0),
    others=st.lists(st.tuples(st.sampled_from(["suction", "cpap"]), st.floats(0, 90), st.floats(1, 20)), max_size=5),
)
def test_the_parts_add_up_to_the_measures(edges, others):
    times = [sum(edges[: k + 1]) for k in range(len(edges))]
    ppv = [event("ppv", a, b) for a, b in zip(times[::2], times[1::2], strict=True)]
    timeline = case(VIEW, *ppv, *(event(name, at, at + long) for name, at, long in others))
    pauses = describe(timeline)
    measures = {measure.name: measure.value for measure in compute(timeline)}
    assert len(pauses) == measures["ppv_pause_count"]
    for name in ("suction", "cpap"):
        total = sum(seen(pause).get(name, 0.0) for pause in pauses)
        assert total == pytest.approx(measures[f"ppv_pause_{name}_total"], abs=0.01)

"""What the chat's arithmetic must not say: an absence nobody could see, a time of nothing, a birth nobody named."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import EVENTS, sample_report, withheld_report

from resus_doc.agent import sayings
from resus_doc.guidelines import profile
from resus_doc.schema import ACTIVITIES, Event, Recording, Report, Span, Video
from resus_doc.tools import across, ends, queries, reckoning, reckoning_gaps, reckoning_pairs, record, what_if
from resus_doc.tools.answers import Found, Threshold
from resus_doc.tools.cases import without_narrative
from resus_doc.tools.timeline import assemble

WITHIN_60, WITHIN_30, WITHIN_10 = (Threshold("<", limit, True) for limit in (60, 30, 10))
OVER_10, OVER_60 = Threshold(">", 10, True), Threshold(">", 60, True)


def an_event(activity: str, start_s: float, end_s: float, start_width_s: float = 0.0, end_width_s: float = 0.0, **more):
    """An event whose edges are known to within so many seconds on both sides."""
    return Event.model_validate(
        {
            "id": "E0",
            "activity": activity,
            "start_s": start_s,
            "end_s": end_s,
            "confidence": 0.9,
            "start_range_s": (start_s - start_width_s, start_s + start_width_s),
            "end_range_s": (end_s - end_width_s, end_s + end_width_s),
            "source": "detector",
            **more,
        }
    )


def a_report(*events: Event, duration_s=120.0, view=None, birth_s=None, uncertainty_s=0.0, case_id="case-1") -> Report:
    """The facts that follow from these events, the baby in view from the start on, or in the stretches of `view`."""
    view = tuple(Span(*stretch) for stretch in view or ((0.0, duration_s),))
    in_view = [
        an_event("baby_visible", *stretch, censored_start=stretch[0] <= 0, censored_end=stretch[1] >= duration_s)
        for stretch in view
    ]
    covered = tuple(name for name in ACTIVITIES if name != "ventilation")
    timeline = assemble([*in_view, *events], covered, view, duration_s, birth_s, uncertainty_s)
    video = Video(name="v.mp4", sha256="ab" * 32, duration_s=duration_s, width=64, height=48, frame_rate=25, grid_fps=8)
    return without_narrative(timeline, profile.load("aha-2025"), case_id, video)


def said(found: Found) -> list[str]:
    """The sentences, each checked as the chat does."""
    sentences = [sayings.told(each) for each in found.statements]
    assert not any(sayings.unsupported(text, found, sample_report()) for text in sentences)
    return sentences


def verdicts(found: Found) -> list[str]:
    return [text for text in said(found) if text.startswith(("Yes", "No:"))]


def test_what_the_source_cannot_see_is_not_counted_as_none():
    report = sample_report(
        activities_covered=("baby_visible", "ppv"), events=tuple(e for e in EVENTS if e.activity == "ppv")
    )
    for tool in (reckoning.count_events, reckoning.total_time):
        text = tool(report, "suction", rel="during", other="ppv").statements[0].text
        assert text == "I cannot tell: the source of this record does not recognise suction."


def test_what_is_under_way_at_a_moment_counts_whole():
    event = next(e for e in sample_report().events if e.activity == "ppv")
    told = reckoning.total_time(sample_report(), "ppv", number=(event.start_s + event.end_s) / 2).statements[0]
    assert told.numbers[0].value == pytest.approx(event.duration_s)


def test_another_look_at_the_same_guideline_moves_no_birth():
    report = sample_report()
    told = what_if.what_if(report, profile_id=report.guideline.id).statements
    assert told and not any("With birth at" in each.text for each in told)


# --- the time to the first


EARLIER = "PPV may have begun earlier, while the baby was out of view or not recorded."


def test_a_start_that_may_have_been_before_the_recording_gets_no_verdict():
    """As the rule on it: the camera starts 75 s after birth with the baby in view, and PPV is seen 10 s later."""
    report = a_report(an_event("ppv", 10, 60), birth_s=-75)
    assert said(reckoning.time_to_first(report, "ppv", threshold=WITHIN_60)) == [
        "Too close to call: the time from birth to the first PPV was 1:25, somewhere between 0 s and 1:25, "
        "and the limit asked for is 1:00.",
        EARLIER,
    ]
    assert said(reckoning.time_to_first(report, "ppv")) == [
        "PPV first started 1:25 after birth (somewhere between 0 s and 1:25).",
        EARLIER,
    ]
    assert verdicts(reckoning.time_to_first(report, "ppv", threshold=Threshold("<", 90, True)))


def test_a_filmed_arrival_and_the_start_of_the_video_leave_nothing_open():
    arrival = a_report(an_event("ppv", 15, 60), birth_s=-75, view=((5, 120),))
    assert verdicts(reckoning.time_to_first(arrival, "ppv", threshold=WITHIN_60))[0].startswith("No: ")
    unknown = a_report(an_event("ppv", 70, 90))
    assert said(reckoning.time_to_first(unknown, "ppv", threshold=WITHIN_60)) == [
        "No: the time from the start of the video to the first PPV was 1:10, more than 1:00."
    ]


def test_what_began_before_the_given_birth_gets_no_verdict():
    report = a_report(an_event("ppv", 10, 60), birth_s=20, view=((5, 120),))
    expected = ["PPV first started 10 s before birth, so the given time of birth cannot be right."]
    assert said(reckoning.time_to_first(report, "ppv", threshold=WITHIN_60)) == expected
    assert said(reckoning.time_to_first(report, "ppv"))[:1] == expected


# --- what was not recorded, or out of view


def test_of_time_that_was_not_recorded_nothing_is_counted():
    report = a_report(an_event("ppv", 10, 60), birth_s=-75)
    cannot = [
        "I cannot tell about PPV in the first 1:00 after birth: nothing of that time was recorded, or the baby was out of view."
    ]
    within = {"rel": "within", "number": 60.0}
    assert said(reckoning.count_events(report, "ppv", **within)) == cannot
    assert said(reckoning.total_time(report, "ppv", threshold=WITHIN_10, **within)) == cannot
    assert said(reckoning.fraction(report, "ppv", number=60)) == cannot
    assert said(queries.list_events(report, "ppv", **within)) == cannot


def test_of_time_recorded_in_part_the_part_is_named():
    before = a_report(an_event("ppv", 0, 40, censored_start=True), duration_s=100, birth_s=-30)
    assert said(reckoning.fraction(before, "ppv", number=60)) == [
        "PPV was seen for 30 s of the 30 s that could be seen of the first 1:00 after birth."
    ]
    after = a_report(an_event("ppv", 10, 40, censored_end=True), duration_s=40)
    assert said(reckoning.fraction(after, "ppv", number=60)) == [
        "PPV was seen for 30 s of the 40 s that could be seen of the first 1:00 after the start of the video."
    ]
    whole = a_report(an_event("ppv", 10, 40))
    assert said(reckoning.fraction(whole, "ppv", number=60)) == [
        "PPV took 50 % of the first 1:00 after the start of the video."
    ]


def test_what_could_not_be_seen_may_overturn_no_and_only_at_most():
    report = a_report(an_event("ppv", 5, 15), view=((0, 20), (70, 120)))
    place = {"number": 0.0, "to": 60.0}
    part = "Only 20 s of that time could be seen."
    assert said(reckoning.total_time(report, "ppv", threshold=WITHIN_30, **place)) == [
        "Too close to call: the total time of PPV from 0 s to 1:00 of the video was 10 s, somewhere between 10 s and 50 s, "
        "and the limit asked for is 30 s.",
        part,
    ]
    assert verdicts(reckoning.total_time(report, "ppv", threshold=Threshold(">", 5, True), **place))[0].startswith(
        "Yes: "
    )
    count = reckoning.count_events(report, "ppv", threshold=Threshold("<", 1, False), rel="within", number=60.0)
    assert said(count)[0].startswith("I cannot tell: the number of stretches of PPV in the first 1:00")
    assert said(count)[1] == part
    assert said(reckoning.count_events(report, "ppv", **place)) == [
        "PPV was seen 1 time from 0 s to 1:00 of the video.",
        part,
    ]
    hidden = {"number": 25.0, "to": 60.0}
    assert said(reckoning.count_events(report, "ppv", **hidden))[0].startswith(
        "I cannot tell about PPV from 25 s to 1:00"
    )
    assert said(queries.list_events(report, number=40.0))[0].startswith("I cannot tell what was done at 40 s")


# --- pauses


SEEN_IN_PART = {"view": ((0, 33), (48, 120))}
HIDDEN = {"view": ((0, 30.5), (49.5, 120))}
TWICE = (an_event("ppv", 10, 30), an_event("ppv", 50, 70))


def test_time_out_of_view_is_no_pause():
    report = a_report(*TWICE, **SEEN_IN_PART)
    assert {m.name: m.value for m in report.measures if m.name.startswith("ppv_pause_")}["ppv_pause_longest"] == 3
    assert said(reckoning_gaps.pauses(report, "ppv")) == [
        "There was 1 pause of PPV; the longest took 3 s, all together 5 s.",
        "The first pause started 30 s after the start of the video; 5 s of it were seen, at most 3 s at a stretch, "
        "and for 15 s the baby was out of view.",
    ]
    assert said(reckoning_gaps.pauses(report, "ppv", threshold=WITHIN_10)) == [
        "Too close to call: the longest pause of PPV was 3 s, somewhere between 3 s and 20 s, and the limit asked for is 10 s."
    ]
    assert len(said(reckoning_gaps.pauses(report, "ppv", threshold=WITHIN_30))) == 2


def test_the_longest_pause_is_the_one_longest_in_view():
    report = a_report(*TWICE, an_event("ppv", 78.5, 100), **SEEN_IN_PART)
    assert said(reckoning_gaps.pauses(report, which="longest")) == [
        "The longest pause of PPV started 1:10 after the start of the video and lasted 8.5 s."
    ]


def test_a_pause_that_may_lie_out_of_view_is_not_denied():
    report = a_report(*TWICE, **HIDDEN)
    doubtful = ["No pause of PPV was seen for certain; one of up to 20 s may lie in time out of view."]
    for threshold in (None, OVER_10, Threshold(">", 1, False)):
        assert said(reckoning_gaps.pauses(report, "ppv", threshold=threshold)) == doubtful
    sure = a_report(an_event("ppv", 10, 70))
    assert said(reckoning_gaps.pauses(sure)) == ["No pause of PPV was seen."]
    edges = a_report(an_event("ppv", 10, 30, 0, 0.5), an_event("ppv", 31.8, 70, 0.5))
    assert said(reckoning_gaps.pauses(edges)) == [
        "No pause of PPV was seen for certain; one of up to 2.8 s is possible."
    ]


def test_of_withheld_events_no_stretch_without_any_is_denied():
    assert said(reckoning_gaps.idle(withheld_report()))[0].startswith("I cannot tell: the video is unlike")


def test_the_gap_of_another_activity_is_in_view_too():
    report = a_report(an_event("suction", 10, 30), an_event("suction", 50, 70), **HIDDEN)
    assert said(reckoning_gaps.pauses(report, "suction"))[0].endswith("the longest took 0.5 s, all together 1 s.")


def test_idle_stretches_have_the_range_of_their_edges():
    report = a_report(an_event("ppv", 10, 30, 2, 2), an_event("suction", 39.5, 50, 2), duration_s=55)
    assert said(reckoning_gaps.idle(report, threshold=WITHIN_10))[0].startswith(
        "Too close to call: the longest stretch"
    )


def test_over_cases_what_is_too_close_is_counted_apart():
    reports = [
        a_report(an_event("ppv", 10, 60), birth_s=-75, case_id="late or not"),
        a_report(*TWICE, birth_s=-5, case_id="hidden", **HIDDEN),
        a_report(an_event("ppv", 10, 30), an_event("ppv", 34, 70), birth_s=-5, case_id="short"),
    ]
    assert said(across.compare_cases(reports, "time_to_first", "ppv", threshold=WITHIN_60)) == [
        "In 2 of 3 cases the time to the first PPV was not more than 1:00.",
        "Case “hidden”: 15 s.",
        "Case “short”: 15 s.",
        "In 1 of the 3 cases with a value it is too close to call.",
    ]
    for threshold, number in ((WITHIN_10, 2), (OVER_10, 0)):
        told = said(across.compare_cases(reports, "pauses", threshold=threshold))
        assert told[0].startswith(f"In {number} of 3 cases the longest pause of PPV was")
        assert told[-1] == "In 1 of the 3 cases with a value it is too close to call."


# --- edges that were cut off, and ranges


def test_an_interval_from_a_start_that_was_not_seen_is_at_least_as_long():
    report = a_report(an_event("suction", 0, 5, censored_start=True), an_event("ppv", 25, 60))
    assert said(reckoning_pairs.interval(report, "suction", other="ppv", threshold=WITHIN_30)) == [
        "I cannot tell: the time from the first start of suction to the first start of PPV was at least 25 s, "
        "and the limit asked for is 30 s."
    ]
    assert said(reckoning_pairs.interval(report, "suction", other="ppv"))[0] == (
        "PPV first started at least 25 s after suction first started: suction was already under way at the start of the video."
    )
    over = verdicts(reckoning_pairs.interval(report, "suction", other="ppv", threshold=OVER_10))
    assert over == [
        "Yes: the time from the first start of suction to the first start of PPV was at least 25 s, more than 10 s."
    ]
    both = a_report(
        an_event("suction", 0, 5, censored_start=True), an_event("ppv", 0, 60, censored_start=True), birth_s=-5
    )
    for found in (
        reckoning_pairs.order(both, "suction", other="ppv"),
        reckoning_pairs.interval(both, "suction", other="ppv"),
    ):
        assert said(found)[0].endswith("so which came first is not known.")


def test_an_interval_has_a_direction_and_the_range_of_its_edges():
    turned = a_report(an_event("suction", 20, 25), an_event("ppv", 5, 60))
    assert said(reckoning_pairs.interval(turned, "suction", other="ppv", threshold=WITHIN_30)) == [
        "PPV first started 15 s before suction first started."
    ]
    uncertain = a_report(an_event("suction", 10, 15, 3), an_event("ppv", 39, 60, 4))
    told = said(reckoning_pairs.interval(uncertain, "suction", other="ppv", threshold=WITHIN_30))
    assert told[0].startswith("Too close to call") and "29 s, somewhere between 22 s and 36 s" in told[0]


def test_an_order_that_time_out_of_view_may_turn_is_not_certain():
    hidden = a_report(an_event("suction", 50, 55), an_event("ppv", 60, 80), view=((0, 10), (40, 120)))
    told = said(reckoning_pairs.order(hidden, "suction", other="ppv"))
    assert told[0] == "Suction came first, then PPV, as seen." and told[-1].startswith(
        "Which of the two came first is not certain"
    )
    assert said(reckoning_pairs.order(hidden))[0].startswith(
        "In order of their first start, as seen: suction, then PPV; some may"
    )
    seen = a_report(an_event("suction", 50, 55), an_event("ppv", 60, 80))
    assert said(reckoning_pairs.order(seen, "suction", other="ppv"))[0] == "Suction came first, then PPV."
    assert said(reckoning_pairs.order(seen)) == ["In order of their first start: suction, then PPV."]


def test_a_total_that_was_cut_off_answers_only_more_than():
    report = a_report(an_event("ppv", 0, 50, censored_start=True))
    assert said(reckoning.total_time(report, "ppv", threshold=WITHIN_60)) == [
        "I cannot tell: the total time of PPV was at least 50 s, and the limit asked for is 1:00."
    ]
    assert said(reckoning.total_time(report, "ppv", threshold=OVER_10)) == [
        "Yes: the total time of PPV was at least 50 s, more than 10 s."
    ]
    assert said(record.summary(report))[0] == "PPV was seen 1 time, for at least 50 s in total."
    assert said(queries.list_events(report, "ppv", threshold=OVER_60)) == [
        "No stretch of PPV was longer than 1:00 for certain, but 1 may have been."
    ]


def test_a_stretch_whose_length_may_be_beyond_the_limit_is_not_denied():
    report = a_report(an_event("suction", 10, 14.8, 1, 1), an_event("suction", 30, 45))
    found = queries.list_events(report, "suction", threshold=Threshold(">", 5, True))
    assert len(found.events) == 1 and said(found) == ["1 more stretch of suction may have been longer than 5 s."]
    assert said(queries.list_events(report, "suction", threshold=Threshold(">", 20, True))) == [
        "No stretch of suction was longer than 20 s."
    ]


def test_a_time_whose_beginning_nobody_saw_is_not_among_those_of_other_cases():
    reports = [
        a_report(an_event("ppv", 10, 60), birth_s=-75, case_id="late camera"),
        a_report(an_event("ppv", 35, 60), birth_s=5, view=((10, 120),), case_id="filmed"),
    ]
    assert said(across.compare_cases(reports, "time_to_first", "ppv")) == [
        "Over 1 case the time to the first PPV was 30 s to 30 s, with a median of 30 s.",
        "Case “filmed”: 30 s.",
        "In 1 more it may have begun before it was seen; they are not among these.",
    ]


def test_from_an_activity_to_itself_is_no_time_between():
    """The first PPV is the first mask support here: "PPV within 60 s" must not be answered with 0 s."""
    report = a_report(an_event("ppv", 90, 110), birth_s=5, view=((10, 120),))
    late = ["No: the time from birth to the first PPV was 1:25, more than 1:00."]
    assert said(reckoning_pairs.interval(report, "ppv", other="ventilation", threshold=WITHIN_60)) == late
    assert said(reckoning_pairs.order(report, "ppv", other="ventilation"))[0] == "PPV first started 1:25 after birth."


def test_an_order_is_certain_only_where_neither_can_have_begun_before_the_recording():
    acts = (an_event("suction", 15, 20), an_event("ppv", 25, 40))
    open_start = a_report(*acts, birth_s=-60)
    assert (
        said(reckoning_pairs.order(open_start, "suction", other="ppv"))[0] == "Suction came first, then PPV, as seen."
    )
    assert not verdicts(reckoning_pairs.interval(open_start, "suction", other="ppv", threshold=WITHIN_30))
    filmed = a_report(*acts, birth_s=5, view=((10, 120),))
    assert said(reckoning_pairs.order(filmed, "suction", other="ppv"))[0] == "Suction came first, then PPV."


def test_no_stretch_of_a_length_is_told_only_of_where_there_were_stretches():
    report = a_report(an_event("stimulation", 12, 20), an_event("ppv", 30, 60))
    over_5 = Threshold(">", 5, True)
    assert said(queries.list_events(report, "stimulation", rel="during", other="ppv", threshold=over_5)) == [
        "Stimulation was not seen during PPV."
    ]


def test_mask_support_of_unknown_kind_may_fill_a_gap_of_cpap():
    report = a_report(an_event("cpap", 10, 20), an_event("ventilation", 20, 40), an_event("cpap", 40, 60))
    assert said(reckoning_gaps.pauses(report, "cpap", threshold=OVER_10))[0].startswith(
        "No gap between stretches of CPAP"
    )


def test_a_baby_that_was_never_in_view_leaves_everything_open():
    report = a_report(an_event("ppv", 10, 20)).model_copy(update={"events": (), "observed": (), "observed_s": 0.0})
    cannot = ["I cannot tell about any activity: the baby was not recognised in view."]
    assert said(reckoning_gaps.idle(report)) == said(queries.list_events(report)) == cannot


def test_edges_told_beside_a_limit_lie_on_their_side_of_it():
    report = a_report(an_event("ppv", 65.04, 90, 0.06), birth_s=5, view=((10, 120),))
    (text,) = said(reckoning.time_to_first(report, "ppv", threshold=WITHIN_60))
    assert text == (
        "Too close to call: the time from birth to the first PPV was 60.04 s, somewhere between 59.98 s and 60.1 s, and "
        "the limit asked for is 1:00."
    )


def test_after_something_counts_what_was_still_under_way():
    report = a_report(an_event("ppv", 20, 110), an_event("suction", 40, 50), birth_s=-10)
    assert said(reckoning.total_time(report, "ppv", rel="after", other="suction"))[0].startswith(
        "PPV was seen for 1:10 in total"
    )
    assert said(reckoning.count_events(report, "ppv", rel="after", number=100.0))[0].startswith("PPV was seen 1 time")
    assert queries.list_events(report, "ppv", rel="after", other="suction").events == report.events[1:2]
    held = reckoning.count_events(report, "ppv", rel="after", number=100.0, threshold=Threshold(">", 0, False))
    assert verdicts(held) == ["Yes: the number of stretches of PPV after 1:40 of the video was 1, more than 0."]


def test_what_came_next_began_there_or_else_was_under_way():
    report = a_report(an_event("ppv", 20, 110), an_event("suction", 40, 50), an_event("cpap", 111, 115))
    following = queries.list_events(report, None, rel="after", other="suction")
    assert [event.activity for event in following.events] == ["cpap"]
    assert [event.activity for event in queries.list_events(report, None, rel="after", number=112.0).events] == ["cpap"]


def test_an_uncertain_birth_leaves_its_first_minute_open():
    report = a_report(an_event("ppv", 75, 100), birth_s=10, uncertainty_s=20)
    doubt = "Birth may have been up to 20 s earlier or 20 s later, which would change this."
    some = Threshold(">", 0, False)
    for found in (
        reckoning.count_events(report, "ppv", rel="within", number=60.0, threshold=some),
        reckoning.total_time(report, "ppv", rel="within", number=60.0, threshold=Threshold(">", 0, True)),
        queries.list_events(report, "ppv", rel="within", number=60.0),
        reckoning.fraction(report, "ppv", number=60.0),
    ):
        assert verdicts(found) == []
        assert said(found)[-1] == doubt
    sure = a_report(an_event("ppv", 35, 100), birth_s=10, uncertainty_s=20)
    assert len(verdicts(reckoning.count_events(sure, "ppv", rel="within", number=60.0, threshold=some))) == 1
    whole = reckoning.total_time(
        a_report(an_event("ppv", 10, 110), birth_s=30, uncertainty_s=15),
        "ppv",
        rel="within",
        number=60.0,
        threshold=Threshold("<", 60, True),
    )
    assert said(whole) == ["Yes: the total time of PPV in the first 1:00 after birth was 1:00, not more than 1:00."]


def test_a_share_of_the_first_minute_cites_what_lies_in_it():
    """Whether all of the minute could be seen or not."""
    acts = (an_event("ppv", 10, 40), an_event("ppv", 70, 90))
    for view in (None, ((5, 30), (35, 120))):
        found = reckoning.fraction(a_report(*acts, view=view), "ppv", number=60.0)
        (first,) = (each.id for each in a_report(*acts, view=view).events if each.start_s == 10)
        assert found.statements[0].cites == (first,) and found.spans == ((10.0, 40.0),)
    none = reckoning.fraction(a_report(acts[1]), "ppv", number=60.0)
    assert said(none) == ["PPV took 0 % of the first 1:00 after the start of the video."]
    assert [name[0] for name in none.statements[0].cites] == ["M"]


def test_an_end_at_which_the_baby_went_out_of_view_is_not_known():
    report = a_report(an_event("ppv", 10, 40), an_event("cpap", 70, 90), view=((0, 40), (60, 120)), birth_s=-5)
    (ppv,) = (event for event in report.events if event.activity == "ppv")
    texts = [sayings.told(each) for each in ends.told_ends(report, "ppv", (ppv,))]
    assert texts == [
        "PPV was seen until 45 s after birth; then the baby was out of view or not recorded, so when it stopped is not known."
    ]
    (cpap,) = (event for event in report.events if event.activity == "cpap")
    assert sayings.told(ends.told_ends(report, "cpap", (cpap,))[0]) == "CPAP stopped 1:35 after birth."


def test_time_out_of_view_leaves_counts_and_totals_of_the_whole_open():
    report = a_report(an_event("suction", 10, 15), view=((0, 30), (80, 120)))
    once, brief = Threshold("<", 1, False), WITHIN_10
    assert verdicts(reckoning.count_events(report, "suction", threshold=once)) == []
    assert verdicts(reckoning.total_time(report, "suction", threshold=brief)) == []
    others = [report, report.model_copy(update={"case_id": "case-2"})]
    for tool, limit in (("count_events", once), ("total_time", brief)):
        assert "In 2 of the 2 cases with a value it is too close to call." in said(
            across.compare_cases(others, tool, "suction", threshold=limit)
        )
    left = a_report(an_event("suction", 10, 15), view=((0, 90),))
    assert len(verdicts(reckoning.count_events(left, "suction", threshold=once))) == 1


def test_any_number_of_pauses_may_lie_out_of_view():
    report = a_report(an_event("ppv", 10, 40), an_event("ppv", 90, 110), view=((0, 45), (90, 120)))
    assert verdicts(reckoning_gaps.pauses(report, "ppv", threshold=Threshold(">", 1, False))) == []


def test_at_least_tells_the_least():
    report = a_report(an_event("suction", 0, 10, censored_start=True), an_event("ppv", 20, 100, 6))
    assert said(reckoning_pairs.interval(report, "suction", other="ppv"))[0].startswith(
        "PPV first started at least 14 s after suction first started"
    )
    cut = a_report(an_event("ppv", 0, 50, 0, 10, censored_start=True))
    assert said(reckoning.total_time(cut, "ppv")) == ["PPV was seen for at least 40 s in total."]
    assert said(record.summary(cut))[0] == "PPV was seen 1 time, for at least 40 s in total."


def test_a_pause_is_told_with_the_range_of_its_edges():
    report = a_report(an_event("ppv", 10, 40, 0, 1), an_event("ppv", 58, 100, 9))
    assert said(reckoning_gaps.pauses(report, "ppv")) == [
        "There was 1 pause of PPV; the longest took 18 s (somewhere between 8 s and 28 s), all together 18 s.",
        "The first pause started 40 s after the start of the video and lasted 18 s (somewhere between 8 s and 28 s).",
    ]


def test_time_between_recordings_is_told_as_not_recorded():
    report = a_report(an_event("ppv", 10, 40), an_event("ppv", 90, 110), view=((0, 45), (85, 120)))
    parts = ({"start_s": 0.0, "duration_s": 45.0}, {"start_s": 85.0, "duration_s": 35.0})
    recordings = tuple(Recording(name=f"{n}.mp4", sha256="ab" * 32, **each) for n, each in enumerate(parts))
    found = reckoning_gaps.pauses(report.model_copy(update={"recordings": recordings}), "ppv")
    assert said(found)[1].endswith("and for 40 s nothing was recorded, or the baby was out of view.")


def test_over_cases_no_median_is_of_values_known_only_roughly():
    view = ((10, 120),)
    rough = [a_report(an_event("ppv", 40, 60), birth_s=0, uncertainty_s=60, view=view, case_id=n) for n in "ab"]
    assert said(across.compare_cases(rough, "time_to_first", "ppv")) == [
        "In none of 2 cases is the time to the first PPV known: its range is too wide to tell."
    ]
    cut = [a_report(an_event("ppv", 40, 120, censored_end=True), case_id=name) for name in "ab"]
    assert said(across.compare_cases(cut, "total_time", "ppv")) == [
        "In none of 2 cases is the total time of PPV known: a part of it may not have been seen."
    ]

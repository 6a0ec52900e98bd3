"""On which clock a chat reads a moment, and what it says of an end, of a verdict that is asked for, and of why one was given."""

import json
from functools import partial

import pytest

from resus_doc import settings
from resus_doc.agent import chat
from resus_doc.agent.asked_clock import clock_of, is_before, is_moment_of, without_clock
from resus_doc.agent.chat import Chat
from resus_doc.agent.chat_tools import Desk, carry_out
from resus_doc.agent.tool_choice import ToolCall, grammar, user_text
from resus_doc.guidelines import profile
from resus_doc.models.llm import Completion
from resus_doc.schema import Event, Report, TimeZero, Video
from resus_doc.tools.answers import Found
from resus_doc.tools.cases import without_narrative
from resus_doc.tools.timeline import timeline_from_annotations

DURATION_S = 100.0
STRETCHES = (
    ("baby_visible", 10, 100),
    ("suction", 15, 20),
    ("ppv", 33, 47),
    ("chest_compressions", 50, 60),
    ("ppv", 58, 80),
    ("cpap", 84, 100),
)


@pytest.fixture(autouse=True)
def _templates_only(monkeypatch):
    monkeypatch.setattr(chat, "MOST_WORDED", 0)


class Scripted:
    """In place of the engine: one call for every request."""

    name = "resus-doc-writer"

    def __init__(self, **call: str) -> None:
        self.call = call

    def complete(self, system: str, user: str, **_: object) -> Completion:
        return Completion(json.dumps({"activity": None, **self.call}), True, 0.0)

    def close(self) -> None:
        """As the engine's."""


def a_report(birth_s: float | None = -20.0, uncertainty_s: float = 0.0, stretches=STRETCHES) -> Report:
    """The baby comes onto an empty table at 10 s of the video; without a birth, times count from there."""
    events = [Event.annotated("E1", *stretch) for stretch in stretches]
    timeline = timeline_from_annotations(events, DURATION_S, birth_time_s=birth_s, birth_uncertainty_s=uncertainty_s)
    video = Video(name="v", sha256="ab" * 32, duration_s=DURATION_S, width=64, height=48, frame_rate=25, grid_fps=8)
    return without_narrative(timeline, profile.load("aha-2025"), "case-00000001", video)


def ask(report: Report, question: str, **call: str) -> str:
    return Chat(report, Scripted(**call), settings.load()).ask(question).answer  # type: ignore[arg-type]


def found(report: Report, question: str, **call: str) -> Found:
    return carry_out(ToolCall.model_validate(call), question, Desk(report, settings.load()), ())


def names(report: Report, question: str, **call: str) -> list[str]:
    return [event.activity for event in found(report, question, **call).events]


list_events = partial(dict, name="list_events")


# --- the words


@pytest.mark.parametrize(
    ("question", "clock"),
    [
        ("was ppv given at 1:00 after birth?", "birth"),
        ("what happened 40 s after the baby was born?", "birth"),
        ("what was done in the first minute of life?", "birth"),
        ("show me the video at 0:52 after birth", "birth"),
        ("what happened at 0:52 after arrival on the table?", "arrival"),
        ("what happened 52 s after the baby arrived?", "arrival"),
        ("what happened 52 s from time zero?", "zero"),
        ("what happened at 0:52 of the video?", "video"),
        ("what happened 52 s into the recording?", "video"),
        ("what happened at 0:52 after the start of the recording?", "video"),
        ("what happened at 0:52?", None),
        ("what happened after suction at 0:52?", None),
        ("what happened after delivery of ppv at 0:52?", None),
    ],
)
def test_a_question_names_its_clock(question, clock):
    assert clock_of(question) == clock


def test_the_words_of_a_clock_are_no_relation():
    assert without_clock("what happened at 0:52 after arrival on the table?") == "what happened at 0:52 ?"
    assert without_clock("what happened after 0:52 after birth?") == "what happened after 0:52 ?"
    assert is_before("what happened 10 s before birth?", "10 s")
    assert not is_before("what happened before 10 s after birth?", "10 s")


def test_a_moment_that_is_looked_at_is_no_supposition():
    assert is_moment_of("show me 0:52 after birth", "0:52")
    for question in ("suppose birth was 10 s after arrival", "what if it was 10 s after birth", "show me 0:52"):
        assert not is_moment_of(question, "10 s" if "10 s" in question else "0:52")
    assert "what_if" not in grammar("show me 0:52 after birth")
    assert "what_if" in grammar("what if birth was 20 s after arrival?")


# --- the clock of a moment


def test_a_moment_is_read_on_the_clock_that_the_question_names():
    at = list_events(number="1:00")
    assert names(a_report(), "was PPV given at 1:00 after birth?", activity="ppv", **at) == ["ppv"]
    assert found(a_report(), "was PPV given at 1:00 after birth?", activity="ppv", **at).events[0].start_s == 33
    assert names(a_report(), "what happened at 1:00 after arrival?", **at) == ["ppv"]
    assert names(a_report(), "what happened at 1:00 of the video?", **at) == ["ppv"]
    assert names(a_report(), "what happened at 0:52 of the video?", **list_events(number="0:52")) == [
        "chest_compressions"
    ]
    assert names(a_report(), "what happened 10 s before arrival?", **list_events(rel="before", number="10 s")) == []


def test_a_stretch_is_read_on_the_clock_that_the_question_names():
    between = list_events(number="0:40", to="1:00")
    assert names(a_report(), "what happened between 0:40 and 1:00 after birth?", **between) == ["ppv"]
    assert names(a_report(), "what happened between 0:40 and 1:00?", **between) == ["ppv", "chest_compressions", "ppv"]
    told = ask(a_report(), "what happened between 0:40 and 1:00 after birth?", **between)
    assert told.startswith("I looked from 40 s to 1:00 after birth. PPV started 53 s after birth")


def test_the_after_of_a_clock_is_no_relation():
    call = list_events(rel="after", number="0:45")
    assert names(a_report(None), "what happened at 0:45 after arrival?", **call) == ["chest_compressions"]
    assert names(a_report(None), "what happened after 0:45 after arrival?", **call) == ["ppv", "cpap"]
    assert names(a_report(None), "what happened after 0:45?", **call) == ["chest_compressions", "ppv", "cpap"]


@pytest.mark.parametrize(
    ("question", "call", "words"),
    [
        ("what happened at 0:40?", {}, "I looked at 40 s of the video, which starts 20 s after birth. "),
        ("what happened at 1:00 after birth?", {}, "I looked at 1:00 after birth. "),
        (
            "what happened at 0:30 after arrival?",
            {},
            "I looked at 30 s after arrival on the table, which was 30 s after birth. ",
        ),
        ("what happened before 1:00 after birth?", {"rel": "before"}, "I looked before 1:00 after birth. "),
        ("what happened in the first 1:00?", {"rel": "within"}, "I looked in the first 1:00 after birth. "),
        ("was suction done at 1:00 after birth?", {"activity": "suction"}, "Suction was not seen at 1:00 after birth."),
        ("was suction done at 1:00?", {"activity": "suction"}, "Suction was not seen at 1:00 of the video."),
    ],
)
def test_the_answer_says_on_which_clock_the_moment_was_read(question, call, words):
    number = next(word.rstrip("?") for word in question.split() if ":" in word)
    assert ask(a_report(), question, **list_events(number=number), **call).startswith(words)


def test_without_a_known_birth_nothing_is_looked_at_from_there():
    told = ask(a_report(None), "what happened at 0:52 after birth?", **list_events(number="0:52", rel="after"))
    assert told == "I cannot look there. The time of birth is not known; times count from arrival on the table."
    for name in ("show", "look_again"):
        assert ask(a_report(None), "show me 0:52 after birth", name=name, number="0:52") == told
    minute = {"activity": "ppv", "number": "first minute"}
    within = ask(
        a_report(None), "how long was ppv in the first minute of life?", name="total_time", rel="within", **minute
    )
    assert within.startswith("The time of birth is not known; times count from arrival on the table. PPV was seen for ")
    assert "first 1:00 after arrival on the table" in within
    unseen = a_report(None).model_copy(update={"time_zero": TimeZero(t_s=0, range_s=(0, 0), source="video_start")})
    unseen = unseen.model_copy(update={"events": tuple(e for e in unseen.events if e.activity != "baby_visible")})
    assert ask(unseen, "what happened at 0:52 after arrival?", **list_events(number="0:52")).startswith(
        "I cannot look there. No arrival on the table was seen"
    )


def test_counts_totals_and_shares_are_read_on_the_clock_that_the_question_names():
    total = ask(
        a_report(), "PPV from 0:30 to 1:00 after birth?", name="total_time", activity="ppv", number="0:30", to="1:00"
    )
    assert total.startswith("PPV was seen for 7 s in total from 30 s to 1:00 after birth.")
    minute = {"number": "first minute"}
    suction = {"name": "count_events", "activity": "suction", "rel": "within", **minute}
    count = ask(a_report(), "How often was suction done in the first minute of the video?", **suction)
    assert count == "Suction was seen 1 time in the first 1:00 after the start of the video."
    question = "How much of the first minute after arrival was PPV given?"
    share = ask(a_report(), question, name="fraction", activity="ppv", **minute)
    assert share == "PPV took 43 % of the first 1:00 after arrival on the table."


def test_an_uncertain_birth_leaves_a_moment_after_it_open():
    doubt = "Birth may have been up to 5 s earlier or 5 s later, which would change this."
    edge, sure = (
        ask(a_report(uncertainty_s=5), f"PPV at {at} after birth?", **list_events(activity="ppv", number=at))
        for at in ("0:50", "1:00")
    )
    assert doubt in edge and doubt not in sure


def test_a_moment_after_the_video_is_told_on_its_clock():
    told = ask(a_report(), "what happened at 3:00 after birth?", **list_events(number="3:00"))
    assert told == "The video ends at 2:00 after birth, so it shows nothing at 3:00 after birth."


# --- when it stopped


def test_when_something_stopped_is_its_end():
    last = list_events(which="last")
    told = ask(a_report(), "When did chest compressions stop?", activity="chest_compressions", **last)
    assert told.startswith("Chest compressions stopped 1:20 after birth. Chest compressions started")
    told = ask(a_report(uncertainty_s=5), "When did PPV end?", activity="ppv", **last)
    assert told.startswith("The last stretch of PPV stopped 1:40 after birth (somewhere between 1:35 and 1:45).")
    first = ask(a_report(), "When did the first PPV stop?", activity="ppv", **list_events(which="first"))
    assert first.startswith("The first stretch of PPV stopped 1:07 after birth.")
    assert "stopped" not in ask(a_report(), "Tell me about the final PPV.", activity="ppv", **last)


def test_what_was_cut_off_has_no_end():
    told = ask(a_report(), "When did ventilation stop?", activity="ventilation", **list_events(which="last"))
    assert told.startswith(
        "The last stretch of mask support was still under way when the recording ended. The last stretch of PPV stopped 1:40"
    )


def test_one_of_several_stretches_was_seen_until_the_baby_went_out_of_view():
    stretches = (("baby_visible", 10, 70), ("chest_compressions", 30, 40), ("chest_compressions", 60, 70))
    call = list_events(which="last", activity="chest_compressions")
    told = ask(a_report(stretches=stretches), "When did compressions stop?", **call)
    assert told.startswith(
        "The last stretch of chest compressions was seen until 1:30 after birth; then the baby was out of view"
    )
    told = ask(a_report(stretches=(stretches[0], stretches[2])), "When did compressions stop?", **call)
    assert told.startswith("Chest compressions were seen until 1:30 after birth")


# --- in time


def test_whether_it_was_in_time_is_what_the_finding_says():
    call = {"name": "time_to_first", "activity": "ventilation"}
    told = ask(a_report(None), "Did we start ventilation in time?", **call)
    assert told.startswith(
        "PPV first started 23 s after arrival on the table. The rule “The guideline has PPV started within"
    )
    assert "is not assessable: “The rule counts from birth, and the time of birth is not known" in told
    assert "rule" not in ask(a_report(None), "When did ventilation start?", **call)
    compressions = ask(
        a_report(), "Were compressions started in time?", name="time_to_first", activity="chest_compressions"
    )
    assert compressions.endswith("No rule checked here judges that time.")


# --- why


@pytest.mark.parametrize(
    "question", ["did compressions start after 1:00 of the video?", "did compressions start within 30 s of arrival?"]
)
@pytest.mark.parametrize("name", ["time_to_first", "interval"])
def test_a_limit_on_another_clock_is_not_held_against_the_reports_times(question, name):
    call = {"name": name, "activity": "chest_compressions", "sign": ">", "number": "30 s"}
    call |= {"other": "ventilation"} if name == "interval" else {}
    told = ask(a_report(), question, **call)
    assert (
        told.startswith("A limit can be held only against times from birth.")
        and "Yes" not in told
        and "No:" not in told
    )
    of_birth = ask(a_report(), "did compressions start within 30 s of birth?", **{**call, "name": "time_to_first"})
    assert "Yes: the time from birth" in of_birth


def test_what_is_under_way_is_under_no_limit():
    assert '\\"sign\\"' not in grammar("was ppv under way 90 s after birth?")
    assert '\\"sign\\"' in grammar("did ppv start under 90 s after birth?")


def test_beside_what_was_looked_is_told():
    told = ask(a_report(), "what happened before ppv?", **list_events(rel="before", other="ppv"))
    assert told.startswith("I looked before the first PPV.")


def test_before_and_after_a_clock_itself_are_beside_no_activity():
    """The grammar has no form for these: the model writes some activity there."""
    report = a_report()
    wrong = list_events(rel="before", other="ppv")
    assert ask(report, "what happened before arrival?", **wrong).startswith(
        "None of the recognised activities was seen before arrival on the table."
    )
    after = list_events(rel="after", other="ventilation", activity="suction")
    assert names(report, "when was suction after birth?", **after) == ["suction"]
    assert "I looked after birth." in ask(report, "what happened after birth?", **after)
    assert "time of birth is not known" in ask(a_report(None), "what happened after birth?", **after)
    assert names(report, "what happened after arrival and before ppv?", **wrong) == ["suction"]


def test_why_with_an_id_is_about_that_entry():
    report = a_report()
    (broken,) = (each for each in report.findings if each.verdict == "not_met" and each.kind == "guideline")
    asked = f"why is {broken.id} not met?"
    assert f'"\\"{broken.id.lower()}\\""' in grammar(asked)
    told = ask(report, asked, name="why", verdict="not_met", id=broken.id.lower())
    assert told.startswith(
        f"The rule “{broken.statement.rstrip('.')}” is not met. Seen: “{broken.observed.rstrip('.')}”."
    )
    assert told.count(broken.statement.rstrip(".")) == 1 and "PPV started 53 s after birth" in told
    (still,) = (each for each in report.findings if each.rule_id == "aha-2025.ppv-within-60s")
    assert still.reason is not None
    told = ask(report, f"why is {still.id} open?", name="why", id=still.id.lower())
    assert told.startswith(f"The rule “{still.statement.rstrip('.')}” is not assessable: “{still.reason.rstrip('.')}”.")


def test_why_not_met_tells_what_was_not_met():
    report = a_report()
    broken = [each for each in report.findings if each.verdict == "not_met"]
    told = ask(report, "why was the guideline not met?", name="why", verdict="not_met")
    assert broken and all(each.observed.rstrip(".") in told for each in broken)
    assert "not assessable" not in told
    for question, wanted in (("why was it not met?", True), ("why can't you judge it?", False)):
        assert ('a-unmet ::= ",\\"verdict\\":" ("\\"not_met\\"")' in grammar(question)) is wanted


def test_the_call_before_is_written_as_the_model_has_learned_it():
    before = ToolCall(name="why", verdict="not_met", id="f5")
    assert user_text("and then?", before) == 'before: {"name":"why","activity":null}\nand then?'

"""The chat agent over a case made from the sample's annotations: its edges, its answers, and what it cannot say."""

import json
import re
from pathlib import Path

import pytest

from resus_doc import settings
from resus_doc.agent import facts, said, sayings, templates, writer
from resus_doc.agent.chat import Chat, only
from resus_doc.agent.chat_tools import named
from resus_doc.agent.replies import ADVICE, CANNOT_SEE, DECLINED, NO_MORE_TO_SEE, UNCLEAR
from resus_doc.agent.report import make_report
from resus_doc.agent.request import Request
from resus_doc.agent.tool_choice import TOOL_NAMES, ToolCall, choose
from resus_doc.errors import InputRefused, UsageError
from resus_doc.models.llm import Completion, Engine
from resus_doc.schema import ACTIVITIES, Report, TimeZero
from resus_doc.tools.cases import open_case
from resus_doc.tools.registry import CHAT_TOOLS, TOOLS

QUESTIONS = {
    "When was ventilation first seen?": "time_to_first",
    "How often was suction performed?": "count_events",
    "How long was the baby stimulated in total?": "total_time",
    "Which events were there?": "list_events",
    "What was the longest pause in ventilation?": "pauses",
    "Which rules were not met?": "findings",
    "What does the guideline say on suctioning?": "search_passages",
    "Who was at fault?": "decline",
}
"""None of these stands in the training data in this wording."""


class Scripted:
    """In place of the engine: gives one text to every request."""

    name = "resus-doc-writer"

    def __init__(self, text: str) -> None:
        self.text = text

    def complete(self, system: str, user: str, **_: object) -> Completion:
        return Completion(self.text, True, 0.0)

    def close(self) -> None:
        """As the engine's."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("chat") / "case"
    annotations = settings.SAMPLE_VIDEO.with_suffix(".txt")
    chosen = settings.load(llm="none", data=tmp_path_factory.getbasetemp() / "resus-doc-data")
    make_report(Request(video=settings.SAMPLE_VIDEO, out=out, settings=chosen, annotations=annotations))
    return out


@pytest.fixture
def report(case: Path) -> Report:
    return open_case(case, settings.load())


def a_chat(report: Report, engine: object) -> Chat:
    return Chat(report, engine, settings.load())  # type: ignore[arg-type]


def call(name: str, activity: str | None = None) -> str:
    return json.dumps({"name": name, "activity": activity})


@pytest.mark.parametrize("tool", CHAT_TOOLS, ids=lambda tool: tool.name)
@pytest.mark.parametrize("activity", [*ACTIVITIES, None])
def test_every_call_that_the_grammar_admits_gives_an_answer(report, tool, activity):
    answer = a_chat(report, Scripted(call(tool.name, activity))).ask("What about it?")
    assert not answer.declined and answer.tool_calls[0]["name"] == tool.name
    assert answer.grounded or tool.name in ("show", "look_again")


def test_the_answer_s_facts_are_the_tool_s(report):
    answer = a_chat(report, Scripted(call("time_to_first", "ppv"))).ask("When did PPV start?")
    first = min((event for event in report.events if event.activity == "ppv"), key=lambda event: event.start_s)
    measure = next(each for each in report.measures if each.name == "time_to_first_ppv")
    assert {first.id, measure.id} == set(answer.cites)
    assert facts.plain(facts.spoken(first.start_s - report.time_zero.t_s)) in answer.answer


def test_advice_for_a_living_patient_is_declined(report):
    answer = a_chat(report, Scripted(call("advice"))).ask("Should I give adrenaline now?")
    assert answer.declined and answer.answer == ADVICE


def test_what_cannot_be_seen_of_an_activity_does_not_hide_that_it_was_seen(report):
    answer = a_chat(report, Scripted(call("cannot_see"))).ask("Was PPV given?")
    number = sum(event.activity == "ppv" for event in report.events)
    assert answer.declined and answer.answer == f"PPV was seen {number} times. {NO_MORE_TO_SEE}"
    assert a_chat(report, Scripted(call("cannot_see"))).ask("Was it warm?").answer == CANNOT_SEE
    asked = ("Was CPAP given?", "Was the ventilation good?", "Was positive-pressure ventilation given?")
    assert [named(each) for each in asked] == [("cpap",), ("ventilation",), ("ppv",)]
    view = a_chat(report, Scripted(call("cannot_see"))).ask("Was the baby out of view?").answer
    assert view.startswith("The baby was in view for ") and view.endswith(NO_MORE_TO_SEE)


def test_nothing_is_held_against_a_limit_from_a_birth_that_is_not_known(report):
    limit = json.dumps({"name": "time_to_first", "activity": "ppv", "sign": "<", "number": "60 s"})
    unknown = report.model_copy(update={"time_zero": TimeZero(t_s=0, range_s=(0, 0), source="video_start")})
    told = a_chat(unknown, Scripted(limit)).ask("Was PPV started within 60 s of birth?").answer
    assert told.startswith(
        "The time of birth is not known; times count from the start of the video. PPV first started "
    )
    assert "Yes" in a_chat(unknown, Scripted(limit)).ask("Was PPV started within 60 s of the start?").answer


def test_the_first_minute_is_no_first_event():
    for question in ("what was done in the first minute?", "what was seen in the last 30 seconds?"):
        assert said.offered("which", question) == ()
    assert said.offered("which", "when was the first ppv in the last minute?") == ("first",)


@pytest.mark.parametrize(
    ("chosen", "question"),
    [
        ({"name": "total_time", "sign": "<", "number": "last minute"}, "How long was PPV given in the last minute?"),
        (
            {"name": "total_time", "rel": "during", "number": "60 seconds"},
            "How long was PPV given in the final 60 seconds?",
        ),
    ],
)
def test_the_last_minute_is_the_end_of_the_video_and_no_limit(report, chosen, question):
    answer = a_chat(report, Scripted(json.dumps({"activity": "ppv", **chosen}))).ask(question)
    (told,) = TOOLS["total_time"](
        report, "ppv", number=report.video.duration_s - 60, to=report.video.duration_s
    ).statements
    assert answer.answer == sayings.told(told) and "from" in answer.answer


def test_no_tool_for_the_question_declines_in_one_sentence(report):
    answer = a_chat(report, Scripted(call("decline"))).ask("Who was slow?")
    assert answer.declined and answer.answer == DECLINED and answer.cites == ()


@pytest.mark.parametrize("text", ["", "{", '{"name":"no such tool"', "[]"])
def test_a_call_that_cannot_be_read_asks_for_another_wording(report, text):
    answer = a_chat(report, Scripted(text)).ask("When did PPV start?")
    assert answer.declined and answer.answer.startswith(UNCLEAR)


def test_what_the_model_writes_about_the_facts_is_checked(report):
    """A model that answers every request with the same lie: the template stands."""
    lie = "PPV started 5 s after birth and lasted 1 s."
    found = TOOLS["list_events"](report, "ppv")
    for planned in writer.planned_about(only(report, found)):
        sentence = writer.worded(planned, Scripted(lie))
        assert sentence.origin == "template" and sentence.text != lie


def test_random_weights_choose_badly_and_state_nothing_wrong(report, random_model):
    """Every sentence is the template of facts that a tool returned; the share of right tools collapses."""
    right = 0
    with Engine.open(random_model) as engine:
        for question, tool in QUESTIONS.items():
            chosen = choose(question, engine, seed=0)
            right += chosen is not None and chosen.name == tool
            answer = a_chat(report, engine).ask(question)
            told = json.dumps(answer.tool_calls) + answer.answer * answer.declined
            for number in re.findall(r"\d+:\d\d", answer.answer):
                minutes, seconds = number.split(":")
                assert _holds(told, 60 * int(minutes) + int(seconds), report), (number, answer.answer)
    assert right <= len(QUESTIONS) / 2


def _holds(told: str, seconds: float, report: Report) -> bool:
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", told)]
    possible = {facts.spoken(abs(value - zero)) for value in numbers for zero in (0, report.time_zero.t_s)}
    possible |= {facts.spoken(abs(one - other)) for one in numbers for other in numbers}
    return seconds in possible


def test_the_shipped_model_finds_the_tool(report):
    with Engine.open() as engine:
        chosen = {question: choose(question, engine, seed=0) for question in QUESTIONS}
    right = [question for question, tool in QUESTIONS.items() if chosen[question] and chosen[question].name == tool]
    assert len(right) >= len(QUESTIONS) - 1, chosen


def test_a_bare_annotation_file_is_a_case():
    report = open_case(settings.SAMPLE_VIDEO.with_suffix(".txt"), settings.load())
    assert report.time_zero.source == "table_arrival" and report.events
    answer = a_chat(report, Scripted(call("count_events", "suction"))).ask("How often was suction done?")
    assert answer.grounded


def test_no_case_and_no_model_are_told(tmp_path):
    with pytest.raises(InputRefused, match="no case"):
        Chat.open(tmp_path / "nowhere", settings.load())
    with pytest.raises(UsageError, match="language model"):
        Chat.open(tmp_path, settings.load(llm="none"))


def test_calls_read_back_as_written():
    for name in TOOL_NAMES:
        for activity in (*ACTIVITIES, None):
            written = ToolCall(name=name, activity=activity)
            assert ToolCall.model_validate_json(written.as_text()) == written


def test_passages_are_quoted_whole(report):
    answer = a_chat(report, Scripted(call("search_passages"))).ask("What does the guideline say about suction?")
    passages = answer.tool_calls[0]["result"]["passages"]
    assert passages and set(answer.cites) == {passage["id"] for passage in passages}
    for passage in passages:
        assert facts.quotable(passage["text"]) in answer.answer
    assert templates.FIXED[0] == "passage"


def test_what_a_guideline_is_silent_on_is_said_before_the_nearest_passages(report):
    """The AHA profile holds nothing on CPAP; on suction the quality metrics, which ride along always, hold something."""
    ask = ("search_passages", "cpap"), ("search_passages", "suction"), ("search_passages", "chest_compressions")
    cpap, suction, compressions = (
        a_chat(report, Scripted(call(name, about))).ask("what is said about it?").answer for name, about in ask
    )
    assert cpap.startswith("None of the passages found speaks of CPAP; these are the nearest.")
    assert suction.startswith("From the quality metrics, “Suction is not routine”")
    assert compressions.startswith("From the guideline, ")

"""The frozen questions: the tools against sums done the plain way, and what a language model makes of the questions.

The share that the shipped model answers rightly is printed by `benchmarks/chat_questions.py`; here a part of it is asked.
"""

import itertools
import json
import re
import sys
from functools import cache

import pytest

from resus_doc import settings
from resus_doc.agent import chat
from resus_doc.agent.chat import Chat
from resus_doc.agent.tool_choice import TOOL_NAMES, plain, read_call
from resus_doc.models.llm import Completion, Engine

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import chat_cases
from chat_cases import Question

BEFORE = {
    "How often was suction done?": {"name": "count_events", "activity": "suction"},
    "How long was PPV given in total?": {"name": "total_time", "activity": "ppv"},
    "When did PPV start?": {"name": "time_to_first", "activity": "ppv"},
    "How long was the first pause?": {"name": "pauses", "which": "first"},
    "When did suction start?": {"name": "time_to_first", "activity": "suction"},
    "How long did the first suction take?": {"name": "list_events", "activity": "suction", "which": "first"},
    "How often was PPV done?": {"name": "count_events", "activity": "ppv"},
    "How long was CPAP given in total?": {"name": "total_time", "activity": "cpap"},
}


class Told:
    """In place of the engine: writes the call it was told."""

    name = "resus-doc-writer"

    def __init__(self):
        self.call = {}

    def complete(self, system, user, **_):
        return Completion(json.dumps(self.call), True, 0.0)

    def close(self):
        """As the engine's."""


def right_call(question: Question) -> dict:
    """The call that `expected` means."""
    what, *about = question.expected.split()
    limit = next((word for word in about if word[0] in "<>"), None)
    about = [word for word in about if word != limit]
    compared = {} if limit is None else {"sign": limit[0], "number": limit[1:]}
    subject = about[0] if about and about[0] != "*" else None
    name = {"first": "time_to_first", "count": "count_events", "total": "total_time", "events": "list_events"}.get(what)
    if name:
        related = {}
        if len(about) > 1:
            related = {"rel": about[1], "number" if about[2].isdigit() else "other": about[2]}
        return {"name": name, "activity": subject, **related, **compared}
    if what in ("pause", "pauses"):
        which = about[0] if about and about[0] in ("first", "second", "longest") else None
        time = {"sign": limit[0], "number": f"{limit[1:]} s"} if limit else {}
        return {"name": "pauses", "which": which, **time}
    if what == "length":
        return {"name": "list_events", "activity": subject, "which": about[1]}
    if what in ("interval", "order"):
        return {"name": what, "activity": subject, "other": about[1] if len(about) > 1 else None, **compared}
    if what == "overlap":
        return {"name": "total_time", "activity": about[0], "rel": "during", "other": about[1]}
    if what == "share":
        return {"name": "fraction", "activity": subject}
    if what in ("shift", "birth"):
        shift = {"shift": about[0]} if what == "shift" else {}
        return {"name": "what_if", **shift, "number": f"{about[-1]} s"}
    if what == "profile":
        return {"name": "what_if", "profile": subject}
    if what == "findings" and about[0] in ("met", "not_met", "not_assessable"):
        return {"name": "findings", "verdict": about[0]}
    if what in ("firstact", "lastact"):
        return {"name": "list_events", "which": what.removesuffix("act")}
    if what in ("at", "between", "within"):
        return {"name": "list_events", "number": about[0], **dict(zip(("to",), about[1:], strict=False)),
                **({"rel": "within"} if what == "within" else {})}  # fmt: skip
    if what.endswith("_that"):
        return {"name": "list_events", "rel": what.removesuffix("_that"), "other": "that"}
    if what in ("before", "after"):
        return {"name": "list_events", "rel": what, "number" if about[0].isdigit() else "other": about[0]}
    if what == "during":
        return {"name": "list_events", "activity": about[0], "rel": what, "other": about[1]}
    return {"name": {"declined": "decline", "passage": "search_passages"}.get(what, what), "activity": subject}


@cache
def told_chat(number: int) -> tuple[Chat, Told]:
    engine = Told()
    return Chat(chat_cases.case(number), engine, settings.load()), engine  # type: ignore[arg-type]


def test_the_file_holds_what_it_should():
    asked = chat_cases.questions()
    kinds = {kind: sum(question.kind == kind for question in asked) for kind in {q.kind for q in asked}}
    assert len(asked) >= 200 and len({question.case for question in asked}) == 20
    assert {"list", "count", "duration", "order", "interval", "what-if", "guideline", "unanswerable"} <= set(kinds)
    assert min(kinds.values()) >= 16


def test_the_right_calls_get_the_right_answers(monkeypatch):
    """Every tool against the plain sums, on all questions but the searches, which have their own tests."""
    monkeypatch.setattr(chat, "MOST_WORDED", 0)
    wrong = []
    for question in chat_cases.questions():
        if question.expected.startswith("passage"):
            continue
        one, engine = told_chat(question.case)
        report = chat_cases.case(question.case)
        if question.before:
            engine.call = {"activity": None, **BEFORE[question.before]}
            one.ask("before")
        engine.call = {"activity": None, **right_call(question)}
        answer = one.ask("asked").model_dump(mode="json")
        strange = chat_cases.strange_numbers(question, answer, report)
        if strange or not chat_cases.is_right(question, answer, report):
            wrong.append((question, engine.call, answer["answer"], strange))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.fixture(scope="module")
def generated():
    scripts = str(chat_cases.QUESTIONS.parents[2] / "scripts")
    sys.path.insert(0, scripts)
    try:
        import chat_data
    finally:
        sys.path.remove(scripts)
    return list(itertools.islice(chat_data.examples(3), 4000))


def test_generated_calls_are_calls_and_copy_what_they_name(generated):
    for example in generated:
        call = read_call(example.target)
        assert call is not None and call.as_text() == example.target
        line = example.user.rpartition("\n")[2]
        for copied in (call.number, call.to, call.id):
            assert copied is None or copied in line


def test_every_choice_is_generated(generated):
    assert {json.loads(example.target)["name"] for example in generated} == set(TOOL_NAMES)


def test_no_frozen_question_is_among_the_generated(generated):
    def bare(text: str) -> str:
        return re.sub(r"[^a-z0-9 ]", "", plain(text)).strip()

    known = {bare(example.user.rpartition("\n")[2]) for example in generated}
    shared = [question.question for question in chat_cases.questions() if bare(question.question) in known]
    assert len(shared) <= 2, shared


def test_random_weights_answer_next_to_nothing_and_say_no_wrong_number(random_model, monkeypatch):
    monkeypatch.setattr(chat, "MOST_WORDED", 0)
    asked = [question for question in chat_cases.questions()[::8] if question.kind != "unanswerable"]
    right = 0
    with Engine.open(random_model) as engine:
        for question in asked:
            report = chat_cases.case(question.case)
            one = Chat(report, engine, settings.load())
            answer = one.ask(question.question).model_dump(mode="json")
            assert not chat_cases.strange_numbers(question, answer, report), (question, answer["answer"])
            right += chat_cases.is_right(question, answer, report)
    assert right <= 0.25 * len(asked)

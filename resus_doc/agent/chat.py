"""The chat agent: a LangGraph graph from a question about a case to an answer whose every number a tool returned.

    choose ─┬─ act ─┬─ tell ── verify ─┬─ finish      choose: the language model picks one tool call, a grammar admits only
      ▲     └───────┤    └──── again ──┘              those that exist; a question of several parts takes several calls
      └── next part ┘                                 tell: a statement of a tool as it is, or facts worded by the writer
                                                      verify: each sentence is checked before anybody sees it

The model never sees a number that it could misquote unchecked, and what it copies from the question is compared with the
question by the grammar. A checkpointer keeps the turns, so that a conversation goes on tomorrow.
"""

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypedDict

from pydantic import BaseModel, ConfigDict

from resus_doc.agent import replies, sayings, tracing, writer
from resus_doc.agent.chat_tools import Desk, carry_out, named
from resus_doc.agent.conversation import Conversation, file_at
from resus_doc.agent.tool_choice import LONGEST_QUESTION, REPLIES, ToolCall, choose, plain
from resus_doc.errors import LanguageModelBroken, ResusDocError, UsageError
from resus_doc.models import store
from resus_doc.models.llm import Engine
from resus_doc.schema import Event, Finding, Measure, Passage, Report, Span
from resus_doc.settings import Settings
from resus_doc.tools.answers import Found, Statement
from resus_doc.tools.casefolder import REPORT
from resus_doc.tools.cases import open_case

MOST_CALLS = 4
"""Tool calls for one question, which may have as many parts."""
MOST_FACTS = 8
"""An answer stays readable: the rest of a longer list is counted and named by id."""
MOST_WORDED = 3
"""Facts worded by the language model; a longer list is quicker and easier to read in one form."""
MOST_TURNS = 200
"""Turns that a conversation keeps."""
_STEPS = 120
"""More steps than the longest answer takes; the graph's own stop is never reached."""

_FRESH: dict[str, Any] = {"parts": [], "calls": [], "planned": [], "sentences": [], "spans": []}
"""What a question begins with, whatever a stopped one left behind."""
_TELLS_EVENTS = ("list_events", "evidence")
_PARTS = re.compile(
    r"\?\s+(?=\S)|[,;]\s*(?:and\s+)?(?=(?:when|how|what|which|why|was|were|did|show|would|list)\b)"
    r"|\s+and\s+(?=(?:when|how (?:long|often|many|much)|which|why|show me)\b)",
    re.IGNORECASE,
)


class Answer(BaseModel):
    """The contract's answer of `chat --ask --json`."""

    model_config = ConfigDict(frozen=True)

    answer: str
    cites: tuple[str, ...] = ()
    tool_calls: tuple[dict[str, Any], ...] = ()
    grounded: bool
    declined: bool


class ChatState(TypedDict, total=False):
    """What flows along the edges; JSON values only. `turns` alone outlives the question."""

    question: str
    parts: list[str]
    call: dict[str, Any] | None
    calls: list[dict[str, Any]]
    planned: list[dict[str, Any]]
    text: str
    cites: list[str]
    sentences: list[dict[str, Any]]
    spans: list[list[float]]
    answer: dict[str, Any]
    turns: list[dict[str, Any]]


class Chat:
    """A conversation over one case. Use as a context manager: it ends the language model's process."""

    def __init__(
        self,
        report: Report,
        engine: Engine,
        settings: Settings,
        *,
        folder: Path | None = None,
        conversation: Conversation | None = None,
    ) -> None:
        self.settings = settings
        self.conversation = conversation or Conversation.in_memory()
        self._desk = Desk(report, settings, folder)
        self._read = None if folder is None else file_at(folder / REPORT)
        self._engine = engine
        self._graph: Any = None
        self._building = threading.Lock()
        self._on_sentence: Callable[[str], None] = _unheard

    @classmethod
    def open(cls, case: Path, settings: Settings, *, keep: bool = False) -> Self:
        """Open a case folder, or a bare timeline or annotation file. The models load at the first question, or by `warm_up`.

        With `keep` the conversation goes on where it was left, and is kept.

        Raises:
            InputRefused: the path holds no case.
            LanguageModelBroken: there is no such language model.
            UsageError: the language model is switched off.
        """
        if settings.llm == "none":
            raise UsageError("A chat needs a language model.", "Leave out --llm none, or name a GGUF file.")
        report = open_case(case, settings)
        engine = Engine(store.language_model(settings))
        engine.check()
        folder = case if case.is_dir() else None
        conversation = Conversation.of_case(case, report, settings) if keep else None
        return cls(report, engine, settings, folder=folder, conversation=conversation)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._engine.close()
        self.conversation.close()

    @property
    def report(self) -> Report:
        """The record that answers come from, as a review left it last."""
        return self._desk.report

    def warm_up(self) -> None:
        """Load what the first question needs, and then what the first search needs; meant for a thread of its own.

        What fails here fails again, and is told, when a question needs it.
        """
        from contextlib import suppress

        with suppress(ResusDocError):
            self._engine.start()
            self._compiled()
            from resus_doc.guidelines import embedder

            embedder.open_embedder()

    def ask(self, question: str, on_sentence: Callable[[str], None] | None = None) -> Answer:
        """Answer one question; `on_sentence` gets each sentence as soon as it has been verified.

        Raises:
            LanguageModelBroken: the language model does not load or does not answer.
            ResourceMissing: the conversation's file is gone or cannot be written to.
        """
        self._on_sentence = on_sentence or _unheard
        graph = self._compiled()
        config = {"configurable": {"thread_id": "chat"}, "recursion_limit": _STEPS}
        with self.conversation.writing():
            self.conversation.asked(question)
            state = graph.invoke({**_FRESH, "question": question}, config, durability="exit")
            self.conversation.prune()
        return Answer.model_validate(state["answer"])

    def turns(self) -> list[dict[str, Any]]:
        """The questions and answers so far: `question`, `answer`, `cites`, oldest first."""
        state = self._compiled().get_state({"configurable": {"thread_id": "chat"}})
        return list(state.values.get("turns", ()))

    def clear(self) -> None:
        """Forget the conversation, also on the disk.

        Raises:
            ResourceMissing: its file is gone or cannot be written to.
        """
        with self._building:
            self._follow()
            self.conversation.clear()

    def _compiled(self) -> Any:
        with self._building:
            self._follow()
            if self._graph is None:
                self._graph = self._build()
            return self._graph

    def _follow(self) -> None:
        """A revision replaces the case: the record is read anew. A graph keeps its state in the file that it was built with."""
        if self.conversation.follow():
            self._graph = None
        folder = self._desk.folder
        if folder is not None and (found := file_at(folder / REPORT)) not in (None, self._read):
            self._desk = Desk(open_case(folder, self.settings), self.settings, folder)
            self._read = found

    def _build(self) -> Any:
        os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
        tracing.switch_off()
        from langgraph.graph import END, START, StateGraph

        graph = StateGraph(ChatState)
        for name in ("choose", "act", "reply", "tell", "verify", "finish"):
            graph.add_node(name, getattr(self, name))
        graph.add_edge(START, "choose")
        graph.add_conditional_edges("choose", self.after_choose, ["act", "reply"])
        for name in ("act", "reply"):
            graph.add_conditional_edges(name, self.after_act, ["choose", "tell"])
        graph.add_edge("tell", "verify")
        graph.add_conditional_edges("verify", self.after_verify, ["tell", "finish"])
        graph.add_edge("finish", END)
        return graph.compile(checkpointer=self.conversation.checkpointer())

    # --- edges

    def after_choose(self, state: ChatState) -> Literal["act", "reply"]:
        """Only a call that exists is carried out."""
        return "act" if state["call"] is not None and state["call"]["name"] not in (*REPLIES, "too_long") else "reply"

    def after_act(self, state: ChatState) -> Literal["choose", "tell"]:
        """The next part of the question, up to the cap."""
        return "choose" if state["parts"] and len(state["calls"]) < MOST_CALLS else "tell"

    def after_verify(self, state: ChatState) -> Literal["tell", "finish"]:
        return "tell" if state["planned"] else "finish"

    # --- nodes

    def choose(self, state: ChatState) -> ChatState:
        """The call for the first part of the question that has none."""
        parts = state["parts"] or split(state["question"])
        if (unfit := _unfit(parts[0])) is not None:
            return {"parts": parts, "call": {"name": unfit}}
        call = choose(parts[0], self._engine, self.settings.seed, self._previous(state))
        return {"parts": parts, "call": None if call is None else call.model_dump()}

    def _previous(self, state: ChatState) -> ToolCall | None:
        """The call before this one: of an earlier part, or of the last question that had one."""
        made = state["calls"] or [call for turn in state.get("turns", ())[-1:] for call in turn["calls"]]
        return ToolCall.model_validate(made[-1]["call"]) if made else None

    def act(self, state: ChatState) -> ChatState:
        call, part = ToolCall.model_validate(state["call"]), state["parts"][0]
        turns = state.get("turns", ())
        spans = state["spans"] or (turns[-1]["spans"] if turns else [])
        try:
            found = carry_out(call, part, self._desk, [Span(*span) for span in spans])
        except LanguageModelBroken:
            raise
        except ResusDocError as error:
            done = {"call": call.model_dump(), "found": dump(Found())}
            return self._after(state, done, [{"kind": "reply", "text": str(error), "declined": False}], [])
        done = {"call": call.model_dump(), "found": dump(found)}
        return self._after(state, done, self._plan(call, found, len(state["calls"])), [list(s) for s in found.spans])

    def _after(
        self, state: ChatState, done: dict[str, Any], planned: list[dict[str, Any]], spans: list[list[float]]
    ) -> ChatState:
        return {
            "parts": state["parts"][1:],
            "calls": [*state["calls"], done],
            "planned": [*state["planned"], *planned],
            "spans": spans or state["spans"],
        }

    def _plan(self, call: ToolCall, found: Found, number: int) -> list[dict[str, Any]]:
        """What is told of a result, in order: the tool's statements, then entries of the record."""
        said = [
            {"kind": "said", "text": sayings.told(each), "cites": list(each.cites), "call": number}
            for each in found.statements
        ]
        tells_events = call.name in _TELLS_EVENTS or (call.name == "why" and call.id is not None)
        shown = found if tells_events else found._replace(events=(), measures=())
        if call.name == "why" and (call.id or call.verdict):  # the tool's statements tell them
            shown = shown._replace(findings=())
        if call.name == "search_passages":
            shown = shown._replace(passages=())
        facts = writer.planned_about(only(self.report, shown), MOST_FACTS)
        worded = [{"kind": "fact", "item": item, "call": number, "plain": len(facts) > MOST_WORDED} for item in facts]
        planned = [*said, *worded]
        return planned or [{"kind": "reply", "text": replies.NOTHING, "declined": False}]

    def reply(self, state: ChatState) -> ChatState:
        """One sentence for what no tool answers; a call that could not be read gets a hint.

        What a video cannot show about an activity does not hide that the activity was seen: that is told first.
        """
        name = state["call"]["name"] if state["call"] is not None else "unclear"
        planned: list[dict[str, Any]] = []
        calls = list(state["calls"])
        for activity in named(state["parts"][0]) if name == "cannot_see" else ():
            call = ToolCall(name="fraction" if activity == "baby_visible" else "count_events", activity=activity)
            found = carry_out(call, state["parts"][0], self._desk, ())
            planned += [{**each, "declined": True} for each in self._plan(call, found, len(calls))]
            calls.append({"call": call.model_dump(), "found": dump(found)})
        text = replies.of("no_more_to_see" if planned else name, self.report)
        planned.append({"kind": "reply", "text": text, "declined": True})
        return {"parts": state["parts"][1:], "calls": calls, "planned": [*state["planned"], *planned]}

    def tell(self, state: ChatState) -> ChatState:
        """The next sentence, not yet to be seen."""
        item = state["planned"][0]
        if item["kind"] != "fact":
            return {"text": item["text"], "cites": item.get("cites", [])}
        sentence = writer.worded(item["item"], None if item["plain"] else self._engine, self.settings.seed)
        return {"text": sentence.text, "cites": list(sentence.cites)}

    def verify(self, state: ChatState) -> ChatState:
        """A sentence with a number or quotation that its tool did not give is left out."""
        item, text = state["planned"][0], state["text"]
        left = state["planned"][1:]
        if item["kind"] != "reply":
            found = load(state["calls"][item["call"]]["found"])
            if sayings.unsupported(text, found, self.report):
                return {"planned": left}
        self._on_sentence(text)
        kept = {"text": text, "cites": state["cites"], "kind": item["kind"], "declined": item.get("declined", False)}
        return {"planned": left, "sentences": [*state["sentences"], kept]}

    def finish(self, state: ChatState) -> ChatState:
        """The answer, and the turn that a next question may refer to."""
        told = state["sentences"]
        declined = bool(told) and all(each["declined"] for each in told)
        used = tuple(_as_used(each) for each in state["calls"])
        cites = tuple(dict.fromkeys(name for each in told for name in each["cites"]))
        answer = Answer(
            answer=" ".join(each["text"] for each in told) or replies.NOTHING,
            cites=cites,
            tool_calls=used,
            grounded=declined or any(each["kind"] != "reply" for each in told),
            declined=declined,
        ).model_dump(mode="json")
        turn = {
            "question": state["question"],
            "answer": answer["answer"],
            "cites": answer["cites"],
            "calls": [{"call": each["call"]} for each in state["calls"]],
            "spans": state["spans"][:20],
        }
        turns = [*state.get("turns", ()), turn][-MOST_TURNS:]
        return {**_FRESH, "answer": answer, "turns": turns}  # type: ignore[typeddict-item]


def split(question: str) -> list[str]:
    """The parts of a question that asks several things; at most as many as tools may be called."""
    parts = [part.strip() for part in _PARTS.split(question) if part.strip(" ,;?")]
    return parts[:MOST_CALLS] or [question]


def _unfit(part: str) -> str | None:
    """The reply to what no language model needs to see: no word of Latin letters, or far too many."""
    line = plain(part)
    if len(line) >= LONGEST_QUESTION:
        return "too_long"
    return None if re.search("[a-z]{2}", line) else "unclear"


def only(report: Report, found: Found) -> Report:
    """The report reduced to what a tool found, which is all that the answer may speak of."""
    kept = {name: getattr(found, name) for name in ("events", "measures", "findings", "passages")}
    return report.model_copy(update={**kept, "narrative": ()})


def dump(found: Found) -> dict[str, Any]:
    """A result as JSON values."""
    models = {name: [each.model_dump(mode="json") for each in getattr(found, name)] for name in _KINDS}
    return {**models, "spans": [list(span) for span in found.spans], "files": list(found.files)}


def load(stored: dict[str, Any]) -> Found:
    """A result from its JSON values."""
    models: dict[str, Any] = {
        name: tuple(kind.model_validate(each) for each in stored[name]) for name, kind in _KINDS.items()
    }
    return Found(**models, spans=tuple((a, b) for a, b in stored["spans"]), files=tuple(stored["files"]))


_KINDS: dict[str, type[BaseModel]] = {
    "events": Event,
    "measures": Measure,
    "findings": Finding,
    "passages": Passage,
    "statements": Statement,
}


def _as_used(done: dict[str, Any]) -> dict[str, Any]:
    call = ToolCall.model_validate(done["call"])
    return {"name": call.name, "arguments": {"activity": call.activity, **call.arguments()}, "result": done["found"]}


def _unheard(_text: str) -> None:
    """Nobody listens while the answer is being made."""

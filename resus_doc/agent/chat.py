"""The chat agent: a LangGraph graph from a question about a case to an answer whose every number a tool returned.

    choose ── act ── answer          choose: the language model picks one tool call, a grammar admits only those that exist
       └─────────── decline          answer: the writer phrases what the tool found; the verifier reads every sentence

The model never sees a number that it could misquote unchecked: facts become sentences by the same writer and verifier as in
the report, and a refused sentence is replaced by its template.
"""

from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypedDict

from pydantic import BaseModel, ConfigDict

from resus_doc.agent import writer
from resus_doc.agent.tool_choice import DECLINE, ToolCall, choose
from resus_doc.errors import UsageError
from resus_doc.models import store
from resus_doc.models.llm import Engine
from resus_doc.schema import Report
from resus_doc.settings import Settings
from resus_doc.tools.cases import open_case
from resus_doc.tools.registry import TOOLS

DECLINED = "This question is outside what the case record and the guideline passages can answer."
UNCLEAR = "The question was not understood. Try: when did PPV start, how long were the pauses, what was not met."
NOTHING = "Nothing about that is in the case record."
_MOST_FACTS = 8
"""An answer stays readable: the rest of a longer list is counted and named by id."""


class Answer(BaseModel):
    """The contract's answer of `chat --ask --json`."""

    model_config = ConfigDict(frozen=True)

    answer: str
    cites: tuple[str, ...] = ()
    tool_calls: tuple[dict[str, Any], ...] = ()
    grounded: bool
    declined: bool


class ChatState(TypedDict, total=False):
    """What flows along the edges; JSON values only."""

    question: str
    call: dict[str, Any] | None
    found: dict[str, Any]
    answer: dict[str, Any]


class Chat:
    """A conversation over one case. Use as a context manager: it ends the language model's process."""

    def __init__(self, report: Report, engine: Engine, settings: Settings) -> None:
        self.report = report
        self.settings = settings
        self._engine = engine
        self._graph = self._build()

    @classmethod
    def open(cls, case: Path, settings: Settings) -> Self:
        """Open a case folder, or a bare timeline or annotation file.

        Raises:
            InputRefused: the path holds no case.
            LanguageModelBroken: the language model does not load.
            UsageError: the language model is switched off.
        """
        if settings.llm == "none":
            raise UsageError("A chat needs a language model.", "Leave out --llm none, or name a GGUF file.")
        return cls(open_case(case, settings), Engine.open(store.language_model(settings)), settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._engine.close()

    def ask(self, question: str) -> Answer:
        """Answer one question."""
        return Answer.model_validate(self._graph.invoke({"question": question})["answer"])

    def _build(self) -> Any:
        from langgraph.graph import END, START, StateGraph

        graph = StateGraph(ChatState)
        for name in ("choose", "act", "reply", "decline"):
            graph.add_node(name, getattr(self, name))
        graph.add_edge(START, "choose")
        graph.add_conditional_edges("choose", self.after_choose, ["act", "decline"])
        graph.add_edge("act", "reply")
        graph.add_edge("reply", END)
        graph.add_edge("decline", END)
        return graph.compile()

    def after_choose(self, state: ChatState) -> Literal["act", "decline"]:
        """Only a call that exists is carried out."""
        return "act" if state["call"] is not None and state["call"]["name"] != DECLINE else "decline"

    def choose(self, state: ChatState) -> ChatState:
        call = choose(state["question"], self._engine, self.settings.seed)
        return {"call": None if call is None else call.model_dump()}

    def act(self, state: ChatState) -> ChatState:
        call = ToolCall.model_validate(state["call"])
        if call.name == "search_passages":
            found = TOOLS[call.name](self.report, state["question"], self.settings.data)
        else:
            found = TOOLS[call.name](self.report, call.activity)
        return {
            "found": {name: [fact.model_dump(mode="json") for fact in facts] for name, facts in found._asdict().items()}
        }

    def reply(self, state: ChatState) -> ChatState:
        """Sentences for what was found, each checked; the facts come first in the order the tool gave them."""
        found = _only(self.report, state["found"])
        sentences = writer.sentences_about(found, self._engine, seed=self.settings.seed, most=_MOST_FACTS)
        text = " ".join(sentence.text for sentence in sentences) or NOTHING
        call = ToolCall.model_validate(state["call"])
        used = {"name": call.name, "arguments": {"activity": call.activity}, "result": state["found"]}
        cites = tuple(dict.fromkeys(fact for sentence in sentences for fact in sentence.cites))
        answer = Answer(answer=text, cites=cites, tool_calls=(used,), grounded=bool(sentences), declined=False)
        return {"answer": answer.model_dump(mode="json")}

    def decline(self, state: ChatState) -> ChatState:
        """One sentence; a call that could not be read gets a hint instead."""
        text = UNCLEAR if state["call"] is None else DECLINED
        return {"answer": Answer(answer=text, grounded=True, declined=True).model_dump(mode="json")}


def _only(report: Report, found: dict[str, Any]) -> Report:
    """The report reduced to what a tool found, which is all that the answer may speak of."""
    return Report.model_validate({**report.model_dump(mode="json"), **found, "narrative": ()})

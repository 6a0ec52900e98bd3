"""From a question to one tool call: the language model chooses, a grammar admits only calls that exist.

A call is one flat line of JSON. Its fields come in the order of `ToolCall`; those a tool does not take cannot be written.
Moments, lengths and ids cannot be invented: the grammar offers the ones that the question spells, and no others.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from resus_doc.schema import ACTIVITIES, Activity, Verdict
from resus_doc.tools.clock import number_phrases
from resus_doc.tools.registry import CHAT_TOOLS

if TYPE_CHECKING:
    from resus_doc.models.llm import Engine

SYSTEM = "Choose the tool that answers the question about the case."
DECLINE = "decline"
"""A question that neither the case nor a guideline can answer."""
REPLIES: tuple[str, ...] = (DECLINE, "advice", "cannot_see", "unclear", "help")
"""Choices that are no tool: outside the case; advice for a living patient; about the case but not to be seen on a video;
a meaning that is not clear; what can be asked."""

TOOL_NAMES: tuple[str, ...] = (*(tool.name for tool in CHAT_TOOLS), *REPLIES)
LONGEST_QUESTION = 400
MOST_TOKENS = 96

Which = Literal[
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "last", "longest", "shortest"
]
Relation = Literal["before", "after", "during", "within"]
"""`within` is the first so many seconds after time zero; the others stand beside an activity or a moment of the video."""
Other = Literal["that", "baby_visible", "ppv", "cpap", "ventilation", "stimulation", "suction", "chest_compressions"]
"""`that` is what the answer before spoke of."""

_ID = re.compile(r"\b[efmp][1-9]\d{0,3}\b")


class ToolCall(BaseModel):
    """One call. A field is None where the question says nothing of it; `number`, `to` and `id` are copied from the question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    activity: Activity | None = None
    which: Which | None = None
    rel: Relation | None = None
    other: Other | None = None
    shift: Literal["earlier", "later"] | None = None
    sign: Literal["<", ">"] | None = None
    number: str | None = None
    to: str | None = None
    verdict: Verdict | None = None
    profile: str | None = None
    id: str | None = None
    over: Literal["cases"] | None = None

    def as_text(self) -> str:
        """The form that the language model writes."""
        return json.dumps({"name": self.name, "activity": self.activity, **self.arguments()}, separators=(",", ":"))

    def arguments(self) -> dict[str, str]:
        """The fields that are set, without the name."""
        return {name: value for name, value in self.model_dump(exclude={"name"}).items() if value is not None}


def user_text(question: str, previous: ToolCall | None = None) -> str:
    """What the language model reads: the call of the question before, and the question in lower case on one line.

    The question is cut to a length that every context holds.
    """
    line = plain(question)
    return line if previous is None else f"before: {previous.as_text()}\n{line}"


def plain(question: str) -> str:
    """The question as the language model reads it: one line in lower case, without control characters."""
    kept = "".join(sign if sign.isprintable() else " " for sign in question)
    for odd, sign in (("’", "'"), ("‘", "'"), ("–", "-"), ("—", "-"), ("/", " / "), ("“", '"'), ("”", '"')):
        kept = kept.replace(odd, sign)
    return " ".join(kept.split())[:LONGEST_QUESTION].lower()


def grammar(question: str = "") -> str:
    """GBNF of all tool calls that this question can mean, flat, without free whitespace."""
    line = plain(question)
    copied = {"number": number_phrases(line), "to": number_phrases(line), "id": tuple(_ID.findall(line))}
    kept = [(name, tuple(f for f in fields if f not in copied or copied[f])) for name, fields in _forms()]
    rules = [f'root ::= "{{\\"name\\":" ({" | ".join(_form(name, fields) for name, fields in kept)}) "}}"']
    for field in dict.fromkeys(field for _, fields in kept for field in fields):
        values = copied.get(field) or _values(field)
        rules.append(f'{field} ::= ",\\"{field}\\":" ({" | ".join(_literal(value) for value in values)})')
    return "\n".join(rules) + "\n"


def _form(name: str, fields: tuple[str, ...]) -> str:
    return " ".join((_literal(name), *(field if field == "activity" else f"{field}?" for field in fields)))


def _literal(value: str | None) -> str:
    """A JSON value as a literal of the grammar."""
    return json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False)


@cache
def _forms() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each name with the fields it may have, in the order of `ToolCall`. `activity` is always written."""
    order = [field for field in ToolCall.model_fields if field != "name"]
    named = {tool.name: {"activity", *tool.arguments} for tool in CHAT_TOOLS} | {name: {"activity"} for name in REPLIES}
    return tuple((name, tuple(field for field in order if field in fields)) for name, fields in named.items())


@cache
def _values(field: str) -> tuple[str | None, ...]:
    """The values of a closed field."""
    if field == "profile":
        from resus_doc.guidelines.profile import shipped_ids

        return tuple(name for name in shipped_ids() if name != "quality-metrics")
    if field == "activity":
        return (*ACTIVITIES, None)
    return tuple(_strings(ToolCall.model_fields[field].annotation))


def _strings(annotation: object) -> Iterator[str]:
    for part in get_args(annotation):
        if isinstance(part, str):
            yield part
        else:
            yield from _strings(part)


def choose(question: str, engine: "Engine", seed: int, previous: ToolCall | None = None) -> ToolCall | None:
    """The model's call; None when what it wrote is not one (cut short, say)."""
    completion = engine.complete(
        SYSTEM,
        user_text(question, previous),
        grammar=grammar(question),
        max_tokens=MOST_TOKENS,
        seed=seed,
        temperature=0,
    )
    return read_call(completion.text)


def read_call(text: str) -> ToolCall | None:
    """The call that a model wrote, None when it is none."""
    try:
        call = ToolCall.model_validate_json(text)
    except ValidationError:
        return None
    return call if call.name in TOOL_NAMES else None

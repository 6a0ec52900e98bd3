"""From a question to one tool call: the language model chooses, a grammar admits only calls that exist.

A call is one flat line of JSON. Its fields come in the order of `ToolCall`; those a tool does not take cannot be written.
Moments, lengths and ids cannot be invented: the grammar offers the ones that the question spells, and no others.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from resus_doc.agent import asked_clock, said
from resus_doc.schema import ACTIVITIES, Activity, Verdict
from resus_doc.tools.clock import number_phrases
from resus_doc.tools.registry import CHAT_TOOLS

if TYPE_CHECKING:
    from resus_doc.models.llm import Engine

SYSTEM = "Choose the tool that answers the question about the case."
TRAINED = "resus-doc-writer"
"""The model that has learned the calls (`scripts/train_llm.py`); any other is told what they are."""
LEAST_CONTEXT = 3000
"""Tokens that the description of all calls takes at most, with a question and its answer."""
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
"""`within` is the first so many seconds after time zero; the others stand beside an activity or a moment. The words of the question
say on which clock (`asked_clock`); without any a moment is one of the video."""
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
    return line if previous is None else f"before: {_as_learned(previous).as_text()}\n{line}"


def _as_learned(call: ToolCall) -> ToolCall:
    """The call without the fields that the grammar adds to what the model has learned to write."""
    return call.model_copy(update={"verdict": None, "id": None}) if call.name == "why" else call


def plain(question: str) -> str:
    """The question as the language model reads it: one line in lower case, without control characters."""
    kept = "".join(sign if sign.isprintable() else " " for sign in question)
    for odd, sign in (("’", "'"), ("‘", "'"), ("–", "-"), ("—", "-"), ("/", " / "), ("“", '"'), ("”", '"')):
        kept = kept.replace(odd, sign)
    return " ".join(kept.split())[:LONGEST_QUESTION].lower()


def grammar(question: str = "", previous: ToolCall | None = None) -> str:
    """GBNF of all tool calls that this question can mean, flat, without free whitespace.

    A field is offered only where the question spells something for it: numbers and ids are copied, and the value of a closed
    field needs one of its words (`said.WORDS`). Which tool is meant, and about which activity, is the model's to find.
    """
    line = plain(question)
    numbers = number_phrases(line)
    supposes_nothing = any(asked_clock.is_moment_of(line, phrase) for phrase in numbers)
    offered: dict[str, tuple[str | None, ...]] = {
        "activity": (*ACTIVITIES, None),
        "act": ACTIVITIES,
        "none": (None,),
        "number": numbers,
        "to": numbers[1:],
        "id": tuple(dict.fromkeys(_ID.findall(line))),
        "other": ACTIVITIES if previous is None else ("that", *ACTIVITIES),
        "that": () if previous is None else ("that",),
        **{field: said.offered(field, line) for field in said.WORDS},
        "sign": said.offered("sign", asked_clock.without_clock(line)),
    }
    forms = [
        " ".join((_literal(name), *kept))
        for name, fields in _forms()
        if (kept := _kept(fields, offered)) is not None and not (name == "what_if" and supposes_nothing)
    ]
    rules = [f"{_rule(field)} ::= {_field(field, values)}" for field, values in offered.items() if values]
    rules += [f"a-pair ::= {' | '.join(_pair(one) for one in ACTIVITIES)}"]
    if offered["rel"]:
        which = "a-which? " if offered["which"] else ""
        rules += [f"a-apart ::= {_apart('', ACTIVITIES, offered)}"]
        rules += [f"a-beside ::= {_apart(which, (*ACTIVITIES, None), offered)}"]
    root = f'root ::= "{{\\"name\\":" ({" | ".join(dict.fromkeys(forms))}) "}}"'
    return "\n".join([root, *rules]) + "\n"


FORMS: dict[str, tuple[str, ...]] = {
    "list_events": (
        *("beside", "activity which? rel number", "activity which? sign number"),
        *("activity which? number to?", "activity which?"),
    ),
    **dict.fromkeys(
        ("count_events", "total_time"),
        ("apart", "act rel number", "act sign number over?", "act number to?", "act over?"),
    ),
    "time_to_first": ("act sign number over?", "act over?"),
    "fraction": ("act number?",),
    "pauses": ("activity which? over?", "activity sign number over?"),
    "idle": ("none which?", "none sign number"),
    "interval": ("pair", "pair sign number"),
    "order": ("pair", "none"),
    "findings": ("activity verdict? over?",),
    "evidence": ("activity id?",),
    "rules": ("activity profile?",),
    "search_passages": ("activity profile?",),
    "what_if": ("activity shift? number", "activity profile"),
    **dict.fromkeys(("show", "look_again"), ("activity which? that", "activity number to?", "activity which?")),
    "why": ("activity unmet! id!",),
}
"""The forms of a call: fields in the order of `ToolCall`, `?` behind those that may be left out, `!` behind those that may not
where the question spells something for them: that a rule was not met, and which finding is meant, is no choice of the model.

`act` is an activity that must be named, `none` none, `pair` two different ones, `apart` and `beside` one in relation to another
one, `that` what was spoken of before. A tool that is not here takes no field.
"""
_NAMES = {"act": "activity", "none": "activity", "that": "other", "unmet": "verdict"}


def _kept(fields: str, offered: dict[str, tuple[str | None, ...]]) -> list[str] | None:
    """The fields of a form that can be written, None where one that must be written cannot."""
    kept = []
    for field in fields.split():
        name = field.rstrip("?!")
        if name == "pair" or offered["rel" if name in ("apart", "beside") else name]:
            kept.append(field.rstrip("!").replace(name, _rule(name)))
        elif field == name:
            return None
    return kept


def _pair(one: Activity) -> str:
    """An activity, and another one beside it."""
    others = tuple(other for other in ACTIVITIES if other != one)
    return f"{_field('activity', (one,))} {_field('other', others)}"


def _apart(which: str, activities: tuple[str | None, ...], offered: dict[str, tuple[str | None, ...]]) -> str:
    """An activity, and another one or `that` that it stands beside."""
    return " | ".join(
        f"{_field('activity', (one,))} {which}a-rel "
        f"{_field('other', tuple(other for other in offered['other'] if other != one))}"
        for one in activities
    )


def _rule(field: str) -> str:
    return f"a-{field}"


def _field(field: str, values: tuple[str | None, ...]) -> str:
    written = " | ".join(_literal(value) for value in values)
    return f'",\\"{_NAMES.get(field, field)}\\":" ({written})'


def _literal(value: str | None) -> str:
    """A JSON value as a literal of the grammar."""
    return json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False)


@cache
def _forms() -> tuple[tuple[str, str], ...]:
    """Each name with each of its forms."""
    return tuple((name, form) for name in TOOL_NAMES for form in FORMS.get(name, ("none",)))


def system_for(engine: "Engine") -> str:
    """The instruction for this model: short for the one that has learned the calls, else with all of them described."""
    if engine.name == TRAINED or engine.n_ctx < LEAST_CONTEXT:
        return SYSTEM
    return described()


@cache
def described() -> str:
    """What there is to choose from, for a model that was not trained on it."""
    tools = "\n".join(
        f"{tool.name}: {tool.description}" + (f" Fields: {', '.join(tool.arguments)}." if tool.arguments else "")
        for tool in CHAT_TOOLS
    )
    examples = "\n".join(f"{question} -> {ToolCall.model_validate(call).as_text()}" for question, call in _EXAMPLES)
    return (
        f"{SYSTEM} The case is the recording of a newborn resuscitation. Answer with one JSON object: name, activity "
        f"(one of {', '.join(ACTIVITIES)}, or null; ventilation is mask support of any kind), then only the fields that the "
        f"question needs. number, to and id are copied from the question as it spells them. `that` is what the call before "
        f"was about.\n{tools}\n{_REPLIES}\n{examples}"
    )


_REPLIES = """\
decline: neither the case nor a guideline can answer this; blame, opinions, other subjects.
advice: asks what to do for a living patient.
cannot_see: about the case, but not to be seen on a video: heart rate, colour, breathing, persons, effects.
unclear: no clear question in English.
help: asks what can be asked."""
_EXAMPLES: tuple[tuple[str, dict[str, str]], ...] = (
    ("when did ventilation start", {"name": "time_to_first", "activity": "ventilation"}),
    ("was ppv started within 60 s", {"name": "time_to_first", "activity": "ppv", "sign": "<", "number": "60 s"}),
    ("how long was the second pause", {"name": "pauses", "which": "second"}),
    ("any suction during ppv", {"name": "list_events", "activity": "suction", "rel": "during", "other": "ppv"}),
    ("what was done at 2:10", {"name": "list_events", "number": "2:10"}),
    ("what happened before that", {"name": "list_events", "rel": "before", "other": "that"}),
    ("how long from suction to ppv", {"name": "interval", "activity": "suction", "other": "ppv"}),
    ("what if birth was ten seconds earlier", {"name": "what_if", "shift": "earlier", "number": "ten seconds"}),
    ("what does the guideline say about suction", {"name": "search_passages", "activity": "suction"}),
)


def choose(
    question: str,
    engine: "Engine",
    seed: int,
    previous: ToolCall | None = None,
    on_text: Callable[[str], None] | None = None,
) -> ToolCall | None:
    """The model's call; None when what it wrote is not one (cut short, say)."""
    completion = engine.complete(
        system_for(engine),
        user_text(question, previous),
        grammar=grammar(question, previous),
        max_tokens=MOST_TOKENS,
        seed=seed,
        temperature=0,
        on_text=on_text,
        remember=True,
    )
    return read_call(completion.text)


def read_call(text: str) -> ToolCall | None:
    """The call that a model wrote, None when it is none."""
    try:
        call = ToolCall.model_validate_json(text)
    except ValidationError:
        return None
    return call if call.name in TOOL_NAMES else None

"""From a question to one tool call: the language model chooses, a grammar admits only calls that exist."""

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from resus_doc.schema import ACTIVITIES, Activity
from resus_doc.tools.registry import CHAT_TOOLS

if TYPE_CHECKING:
    from resus_doc.models.llm import Engine

SYSTEM = "Choose the tool that answers the question about the case."
DECLINE = "decline"
"""The choice for a question that neither the case nor a guideline can answer."""

TOOL_NAMES: tuple[str, ...] = (*(tool.name for tool in CHAT_TOOLS), DECLINE)
_LONGEST_QUESTION = 400


class ToolCall(BaseModel):
    """One call; `activity` is None where the question names none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    activity: Activity | None = None

    def as_text(self) -> str:
        """The form that the language model writes."""
        return json.dumps({"name": self.name, "activity": self.activity}, separators=(",", ":"))


def user_text(question: str) -> str:
    """The question as the language model reads it: one line, cut to a length that every context holds."""
    return " ".join(question.split())[:_LONGEST_QUESTION]


def grammar() -> str:
    """GBNF of all tool calls, flat, without free whitespace."""
    names = " | ".join(f'"\\"{name}\\""' for name in TOOL_NAMES)
    activities = " | ".join([*(f'"\\"{activity}\\""' for activity in ACTIVITIES), '"null"'])
    return (
        f'root ::= "{{\\"name\\":" name ",\\"activity\\":" activity "}}"\nname ::= {names}\nactivity ::= {activities}\n'
    )


def choose(question: str, engine: "Engine", seed: int) -> ToolCall | None:
    """The model's call; None when what it wrote is not one (cut short, say)."""
    completion = engine.complete(SYSTEM, user_text(question), grammar=grammar(), max_tokens=48, seed=seed)
    try:
        return ToolCall.model_validate_json(completion.text)
    except ValidationError:
        return None

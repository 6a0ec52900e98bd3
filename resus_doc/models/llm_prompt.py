"""From system and user text to the two token runs of a prompt, by the chat template of the model file.

The template never sees the texts: it is rendered with two marks in their places, and the texts are tokenised as plain text
between what the template wrote. So neither Jinja syntax nor control tokens in a file name, an annotation label or a question can change
the prompt's structure. The template itself comes from a file of unknown origin and runs in Jinja's sandbox.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

SYSTEM_MARK = "\ue000system\ue000"
USER_MARK = "\ue000user\ue000"
"""Stand-ins from Unicode's private-use area, which no template writes by itself."""
THOUGHT_OPENS, THOUGHT_CLOSES = "<think>", "</think>"
"""What thinking models write around what is not yet the answer (Qwen3, DeepSeek-R1, Phi-4-reasoning)."""

Tokenise = Callable[[str, bool], list[int]]
"""Text and whether control tokens in it count as such, to token ids."""


class TemplateFailed(ValueError):
    """The chat template cannot be rendered, or leaves the user's text out."""


class Layout(NamedTuple):
    """What a chat template writes around the two texts. `middle` is None when it takes no system text of its own."""

    before: str
    middle: str | None
    after: str

    @property
    def opens_thought(self) -> bool:
        """Whether the template has begun a thought that the model must end before it answers."""
        return self.after.rfind(THOUGHT_OPENS) > self.after.rfind(THOUGHT_CLOSES)


class PromptTokens(NamedTuple):
    """A prompt cut where the user's text begins: `head` is the same for all requests with one system text."""

    head: list[int]
    rest: list[int]


def read_layout(template: str, bos: str, eos: str) -> Layout:
    """Render a chat template once, with marks in place of the texts.

    Templates without a system role (Gemma's, for one) raise or drop it; the system text then goes before the user's.

    Raises:
        TemplateFailed: the template has a mistake, or drops the user's text.
    """
    marked = [{"role": "system", "content": SYSTEM_MARK}, {"role": "user", "content": USER_MARK}]
    try:
        layout = _split(_render(template, marked, bos, eos))
    except TemplateFailed:
        layout = None
    if layout is None:
        layout = _split(_render(template, marked[1:], bos, eos))
    if layout is None:
        raise TemplateFailed("the template leaves the user's text out")
    return layout


def _render(template: str, messages: Sequence[dict[str, str]], bos: str, eos: str) -> str:
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def raise_exception(message: str) -> None:
        raise TemplateFailed(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = raise_exception
    try:
        return environment.from_string(template).render(
            messages=messages, add_generation_prompt=True, bos_token=bos, eos_token=eos, enable_thinking=False
        )
    except (TemplateError, TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
        raise TemplateFailed(str(error)) from error


def _split(text: str) -> Layout | None:
    """The parts around the marks; None if the user's mark is missing or the system's is there but not once and first."""
    if text.count(USER_MARK) != 1:
        return None
    before, after = text.split(USER_MARK)
    if SYSTEM_MARK in text:
        if before.count(SYSTEM_MARK) != 1 or SYSTEM_MARK in after:
            return None
        before, middle = before.split(SYSTEM_MARK)
        return Layout(before, middle, after)
    return Layout(before, None, after)


def build_prompt(layout: Layout, system: str, user: str, tokenise: Tokenise, bos_id: int | None) -> PromptTokens:
    """The token ids of one request. `bos_id` is put first unless the template has already written it."""
    head = tokenise(layout.before, True)
    if bos_id is not None and head[:1] != [bos_id]:
        head = [bos_id, *head]
    if layout.middle is not None:
        head += tokenise(system, False) + tokenise(layout.middle, True)
    elif system:
        head += tokenise(system + "\n\n", False)
    return PromptTokens(head, tokenise(user, False) + tokenise(layout.after, True))


def without_special(text: str, special: re.Pattern[str] | None) -> str:
    """The text without the spelling of any special token, also none that appears when another is taken out."""
    if special is None:
        return text
    while (shorter := special.sub("", text)) != text:
        text = shorter
    return text


def special_pattern(spellings: Sequence[str]) -> re.Pattern[str] | None:
    """A pattern of these token spellings, longest first; None if there are none."""
    ordered = sorted({spelling for spelling in spellings if spelling}, key=lambda spelling: (-len(spelling), spelling))
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None

"""The chat template and the texts stay apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resus_doc.models.llm_prompt import (
    TemplateFailed,
    build_prompt,
    read_layout,
    special_pattern,
    without_special,
)

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NO_SYSTEM = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}<turn>{{ m.content | trim }}</turn>{% endfor %}<model>"
)


def test_layout_of_a_template_with_a_system_role():
    layout = read_layout(CHATML, "", "<|im_end|>")
    assert layout.before == "<|im_start|>system\n"
    assert layout.middle == "<|im_end|>\n<|im_start|>user\n"
    assert layout.after == "<|im_end|>\n<|im_start|>assistant\n"


def test_a_template_that_refuses_a_system_role_gets_the_system_text_before_the_users():
    layout = read_layout(NO_SYSTEM, "<s>", "</s>")
    assert layout == ("<s><turn>", None, "</turn><model>")
    prompt = build_prompt(layout, "Be brief.", "Facts", _characters, bos_id=None)
    assert _text(prompt.head + prompt.rest) == "<s><turn>Be brief.\n\nFacts</turn><model>"


def test_a_template_that_ignores_the_system_text_does_not_lose_it():
    layout = read_layout("{{ messages[-1].content }}!", "", "")
    prompt = build_prompt(layout, "System", "user", _characters, bos_id=None)
    assert _text(prompt.head + prompt.rest) == "System\n\nuser!"


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}",
        "constant",
        "{{ messages[0].content }}{{ messages[-1].content * 2 }}",
        "{{ nothing.there }}",
        "{{ 1 // 0 }}",
        "{{ raise_exception('no') }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    ],
)
def test_broken_templates_are_told(template):
    with pytest.raises(TemplateFailed):
        read_layout(template, "", "")


def test_a_template_cannot_reach_out_of_the_sandbox():
    reach = "{{ messages.__init__.__globals__ }}{{ messages[-1].content }}"
    with pytest.raises(TemplateFailed):
        read_layout(reach, "", "")


def test_begin_token_stands_once():
    layout = read_layout(CHATML, "", "")
    assert build_prompt(layout, "", "x", _characters, bos_id=7).head[0] == 7
    starts_with_it = build_prompt(layout, "", "x", _characters, bos_id=ord("<")).head
    assert starts_with_it[:2] == [ord("<"), ord("|")]


@given(st.text(), st.text())
def test_no_text_changes_what_the_template_wrote(system, user):
    layout = read_layout(CHATML, "", "")
    special: list[str] = []

    def tokenise(text: str, as_special: bool) -> list[int]:
        if as_special:
            special.append(text)
        return _characters(text, as_special)

    prompt = build_prompt(layout, system, user, tokenise, bos_id=None)
    assert special == list(layout)
    assert _text(prompt.head) == f"{layout.before}{system}{layout.middle}"
    assert _text(prompt.rest) == f"{user}{layout.after}"


@given(st.lists(st.sampled_from(["<|end|>", "<|user|>", "<|e", "nd|>", "<|", "user", "|>", "a"]), max_size=30))
def test_special_spellings_cannot_be_put_together(parts):
    special = special_pattern(["<|end|>", "<|user|>"])
    left = without_special("".join(parts), special)
    assert "<|end|>" not in left
    assert "<|user|>" not in left


def test_text_without_special_tokens_is_left_alone():
    assert without_special("a < b | c > d", special_pattern(["<|end|>"])) == "a < b | c > d"
    assert without_special("anything", special_pattern([])) == "anything"


def _characters(text: str, _special: bool) -> list[int]:
    return [ord(character) for character in text]


def _text(tokens: list[int]) -> str:
    return "".join(map(chr, tokens))

"""Models that think before they answer: a machine whose every next token is known, so that what it thinks is known too."""

import sys
from pathlib import Path

import pytest

from resus_doc.models.llm import Engine
from resus_doc.models.llm_prompt import read_layout

SCRIPTS = Path(__file__).parents[2] / "scripts"
CHAT = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}<|assistant|>"
ANSWER = 'root ::= "no" | "yes"'


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """Writes a GGUF whose likeliest next token depends on the last one alone: one-hot embeddings, and a layer that maps them on."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        import train_llm
        from llm_export import write_gguf
    finally:
        sys.path.remove(str(SCRIPTS))
    import torch

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_llm, "CONTROL", (*train_llm.CONTROL, "<think>", "</think>"))
        example = type("Example", (), {"system": "", "user": "", "target": "no yes"})
        tokenizer = train_llm.train_tokenizer([example], 300)
    size = tokenizer.get_vocab_size()
    width = -(-size // 64) * 64
    plan = train_llm.Plan(vocabulary=size, hidden=width, layers=1, heads=4, feed_forward=width, context=1024)

    def write(follows, template=CHAT):
        model = train_llm.make_model(plan, size)
        with torch.no_grad():
            for values in model.parameters():
                values.fill_(1.0) if values.ndim == 1 else values.zero_()
            model.model.embed_tokens.weight.copy_(torch.eye(size, width))
            layer = model.model.layers[0].mlp
            layer.gate_proj.weight.copy_(torch.eye(width))
            layer.up_proj.weight.copy_(torch.eye(width))
            for last, following in follows.items():
                layer.down_proj.weight[tokenizer.token_to_id(following), tokenizer.token_to_id(last)] = 1.0
        path = tmp_path_factory.mktemp("machine") / "machine.gguf"
        write_gguf(model, tokenizer, template, path, name="machine", temperature=0.5, quantisation="F32")
        return path

    return write


THOUGHT = {"<think>": "h", "h": "m", "m": "</think>"}
AFTER_THOUGHT = {"Ċ": "n", "n": "o", "o": "<|end|>"}
"""The tokenizer spells a line break as Ċ."""
AT_ONCE = {"<|assistant|>": "y", "y": "e", "e": "s", "s": "<|end|>"}


def ask(path, **changes):
    heard = []
    with Engine.open(path) as engine:
        done = engine.complete("", "?", grammar=ANSWER, max_tokens=9, seed=1, on_text=heard.append, **changes)
    assert "".join(heard) == done.text
    return done


def follows(*parts):
    merged = {}
    for part in parts:
        merged.update(part)
    return merged


def test_a_model_that_does_not_think_answers_at_once(machine):
    assert ask(machine(follows(AT_ONCE, AFTER_THOUGHT))).text == "yes"


@pytest.mark.parametrize(
    ("first", "template"),
    [({"<|assistant|>": "<think>"}, CHAT), ({}, CHAT + "<think>")],
    ids=["by itself", "as its template has it"],
)
def test_the_thought_is_free_and_the_answer_is_bound(machine, first, template):
    done = ask(machine(follows(AT_ONCE, first, THOUGHT, AFTER_THOUGHT), template))
    assert done.finished and done.text == "no"


def test_a_template_that_closes_the_thought_is_taken_at_its_word(machine):
    template = CHAT + "<think>\n\n</think>\n\n"
    assert not read_layout(template, "", "").opens_thought
    assert ask(machine(follows(THOUGHT, AFTER_THOUGHT), template)).text == "no"


@pytest.mark.parametrize("never", [{"h": "h"}, {"h": "<|end|>"}], ids=["goes on for ever", "stops within the thought"])
def test_a_thought_without_end_is_ended(machine, never):
    done = ask(machine(follows(THOUGHT, never, AFTER_THOUGHT), CHAT + "<think>"))
    assert done.finished and done.text == "no"


def test_a_thought_beyond_the_time_limit_ends_the_answer(machine):
    done = ask(machine(follows(THOUGHT, {"h": "h"}, AFTER_THOUGHT), CHAT + "<think>"), time_limit_s=0.0)
    assert not done.finished and done.text == ""


def test_a_thought_leaves_room_for_the_answer(machine):
    path = machine(follows(THOUGHT, {"h": "h"}, AFTER_THOUGHT), CHAT + "<think>")
    with Engine.open(path) as engine:
        done = engine.complete("", "x" * 900, grammar=ANSWER, max_tokens=9, seed=1)
    assert done.finished and done.text == "no"

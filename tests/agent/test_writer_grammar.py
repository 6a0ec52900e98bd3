"""The grammar of a sentence: only the facts' own numbers, one sentence, bounded; and llama.cpp can use it."""

import random
import re
import sys
from pathlib import Path

import pytest

from resus_doc.agent import facts as F
from resus_doc.agent.facts import Fact, Number
from resus_doc.agent.grammar import MOST_WORDS, sentence_grammar

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import llm_data

sys.path.pop(0)

PPV = Fact(
    kind="event",
    cites=("E1",),
    activity="ppv",
    anchor="birth",
    numbers=(Number(role="start", value=78, unit="s"), Number(role="duration", value=2.5, unit="s")),
)


def test_digits_occur_only_in_the_literals():
    text = sentence_grammar([PPV], "timeline")
    repeats = re.sub(r"\{\d+,\d+\}", "", text)
    literals = re.findall(r'"([^"]*\d[^"]*)"', repeats)
    assert sorted(literals) == sorted(["78 s", "78 seconds", "1:18", "1 min 18 s", "2.5 s", "2.5 seconds"])
    assert not re.search(r"\d", re.sub(r'"[^"]*"', "", repeats))
    assert "\\n" not in text


def test_repeats_stay_far_below_what_crashes():
    for rule in sentence_grammar([PPV], "timeline").splitlines():
        assert [int(most) for most in re.findall(r"\{0,(\d+)\}", rule)] in ([], [MOST_WORDS], [23])


def test_a_question_ends_with_a_question_mark():
    assert sentence_grammar([PPV], "discussion").splitlines()[0].endswith('"?"')
    assert sentence_grammar([PPV], "summary").splitlines()[0].endswith('"."')


@pytest.mark.parametrize(
    "quote", ['say "no"', "back\\slash", "tab\tnew\nline", "“curly” „quotes”", "naïve — 60 s", "<|im_start|>"]
)
def test_a_quotation_cannot_break_the_grammar(quote):
    fact = Fact(kind="finding", cites=("F1",), verdict="met", quote=F.quotable(quote))
    line = next(line for line in sentence_grammar([fact]).splitlines() if line.startswith("atom "))
    assert line.count('"') == 2
    assert not re.search(r"[\\<>|]", line.split("::=")[1])


def test_a_control_character_is_refused():
    with pytest.raises(ValueError, match="cannot stand"):
        sentence_grammar([Fact(kind="finding", cites=("F1",), verdict="met", quote="a\x00b")])


def test_targets_of_the_training_data_fit_their_grammar():
    """The grammar as a regular expression takes every composed sentence and refuses run-together numbers."""
    rng = random.Random(3)
    for _ in range(1500):
        section, facts = llm_data.draw_facts(rng)
        target = llm_data.compose(rng, section, facts)
        assert pattern_of(facts, section).fullmatch(target), target
    for text in (
        "PPV began 78 s2.5 s.",
        "PPV began 78.5 s.",
        "PPV began 782.5 s.",
        "PPV began 79 s.",
        "PPV. Began.",
        "PPV\nbegan.",
    ):
        assert not pattern_of([PPV], "timeline").fullmatch(text), text


def pattern_of(facts, section):
    """The same rules as the grammar's text, turned into a regular expression rule by rule."""
    rules = dict(line.split(" ::= ") for line in sentence_grammar(facts, section).splitlines())

    def expand(text):
        tokens = re.findall(r'"[^"]*"|\[[^\]]*\]|\{\d+,\d+\}|[a-z]+|[()|?]', text)
        return "".join(
            re.escape(token[1:-1]) if token[0] == '"' else f"(?:{expand(rules[token])})" if token in rules else token
            for token in tokens
        )

    return re.compile(expand(rules["root"]))


def test_llama_cpp_parses_the_grammars():
    from llama_cpp import LlamaGrammar

    rng = random.Random(4)
    for _ in range(60):
        section, facts = llm_data.draw_facts(rng)
        assert LlamaGrammar.from_string(sentence_grammar(facts, section), verbose=False) is not None

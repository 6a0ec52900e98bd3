"""The GBNF grammar of one sentence: numbers and quotations only as its facts have them, all else free words.

The grammar knows no vocabulary and no word order; those are the model's to find and the verifier's to judge. What it makes
impossible: a digit outside the facts' own literals, two literals run together, a second sentence, a line break, an endless text.
"""

import json
import re
from collections.abc import Sequence

from resus_doc.agent.facts import Fact, literals
from resus_doc.schema import Section

MOST_WORDS = 70
"""A sentence about two events in the longest wording has about 60 words."""
LONGEST_WORD = 24

_LITERAL = re.compile(r"[^\x00-\x1f\x7f\"\\]+")


def sentence_grammar(facts: Sequence[Fact], section: Section | None = None) -> str:
    """The grammar for one sentence about these facts, with the rule `root`.

    Args:
        section: decides between a full stop and a question mark; without it both are possible.

    Raises:
        ValueError: a literal holds a character that no literal may hold.
    """
    atoms = list(dict.fromkeys(literal for fact in facts for literal in _atoms(fact)))
    end = {None: '("." | "?")', "discussion": '"?"'}.get(section, '"."')
    body = 'gap word | gap "(" atom ")" | gap atoms gap word' if atoms else "gap word"
    lines = [
        f"root ::= {'(atoms gap)? ' if atoms else ''}word body{{0,{MOST_WORDS}}} {'(gap atom)? ' if atoms else ''}{end}",
        f"body ::= {body}",
        'gap ::= " " | ", " | "; "',
        f"word ::= [A-Za-z] [a-zA-Z'-]{{0,{LONGEST_WORD - 1}}}",
    ]
    if atoms:
        lines.append('atoms ::= atom ((", " | "; ") atom)?')
        lines.append(f"atom ::= {' | '.join(_quoted(atom) for atom in atoms)}")
    return "\n".join(lines) + "\n"


def _atoms(fact: Fact) -> list[str]:
    numbers = [literal for number in fact.numbers for literal in literals(number)]
    return numbers + ([f"“{fact.quote}”"] if fact.quote else [])


def _quoted(literal: str) -> str:
    if not _LITERAL.fullmatch(literal):
        raise ValueError(f"{literal!r} cannot stand in a grammar")
    return json.dumps(literal, ensure_ascii=False)

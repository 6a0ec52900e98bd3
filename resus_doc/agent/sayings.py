"""Statements of the tools as sentences, and the check that a sentence says no number and quotes no text that no tool gave.

Numbers are rounded and written as everywhere in the report (`facts`). The check knows nothing of language: outside quotation
marks it finds every number in digits and looks for it among the ways in which the result's own numbers may be written.
"""

import re
from collections.abc import Iterable, Iterator

from resus_doc.agent import facts as F
from resus_doc.schema import Report
from resus_doc.tools.answers import Found, Quantity, Statement
from resus_doc.tools.report_words import measure_name

_DIGITS = re.compile(r"\d+:\d\d|\d+(?:\.\d+)?")
_QUOTED = re.compile(r"“[^“”]*”")
_CASED_NAMES = re.compile(r"\b[EFMP]\d+\b")


def told(statement: Statement) -> str:
    """The sentence with its numbers and quotations."""
    numbers, quotes = iter(statement.numbers), iter(statement.quotes)

    def fill(match: re.Match[str]) -> str:
        return spoken(next(numbers)) if match.group() == "{}" else f"“{F.quotable(next(quotes))}”"

    text = re.sub(r"\{\}|\[\]", fill, statement.text)
    return text if text.endswith((".", "?")) else f"{text}."


def spoken(quantity: Quantity) -> str:
    """The number as sentences give it; times from one minute on as m:ss."""
    number = F.number_of("observed", quantity.value, quantity.unit, limit=quantity.limit)
    as_clock = F.clock(number.value) if number.unit == "s" else None
    return as_clock or F.literals(number)[0]


def unsupported(text: str, found: Found, report: Report) -> list[str]:
    """The numbers and quotations of a sentence that the result does not hold."""
    allowed = set(_numerals(found, report))
    outside = _CASED_NAMES.sub("", _QUOTED.sub("", text))
    strange = [number for number in _DIGITS.findall(outside) if number not in allowed]
    quotable = set(_quotes(found))
    return strange + [quote for quote in _QUOTED.findall(text) if quote[1:-1].rstrip(".") not in quotable]


def _numerals(found: Found, report: Report) -> Iterator[str]:
    """Every way in which a number of the result may be written in digits."""
    for fact in _facts(found, report):
        for number in fact.numbers:
            for literal in F.literals(number):
                yield from _DIGITS.findall(literal)
    for statement in found.statements:
        for quantity in statement.numbers:
            number = F.number_of("observed", quantity.value, quantity.unit, limit=quantity.limit)
            for literal in F.literals(number):
                yield from _DIGITS.findall(literal)


def _facts(found: Found, report: Report) -> Iterator[F.Fact]:
    yield from (F.event_fact(event, report.time_zero) for event in found.events)
    yield from (F.measure_fact(each) for each in found.measures)
    yield from (F.finding_fact(finding) for finding in found.findings)


def _quotes(found: Found) -> Iterator[str]:
    texts: Iterable[str] = (
        *(quote for statement in found.statements for quote in statement.quotes),
        *(finding.statement for finding in found.findings),
        *(passage.text for passage in found.passages),
        *(measure_name(each.name) for each in found.measures),
    )
    return (F.quotable(text) for text in texts)

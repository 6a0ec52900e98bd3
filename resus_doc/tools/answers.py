"""What a question finds: entries of the record, and what was worked out from them, each number with its unit and range.

A `Statement` is a sentence with places for numbers. The numbers are kept as they were computed; whoever tells the sentence
rounds them, so that no number can be told that no tool gave.
"""

from typing import NamedTuple

from resus_doc.schema import Event, Finding, Measure, Passage, Range, Unit, Value


class Quantity(Value):
    """A number for a sentence. `limit` is what it is held against, so that rounding keeps it on its side."""

    value: float
    unit: Unit
    range: Range | None = None
    limit: float | None = None


class Statement(Value):
    """One sentence: `{}` in its text stand for the numbers in order, `[]` for the quotations in order."""

    text: str
    numbers: tuple[Quantity, ...] = ()
    quotes: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()


class Found(NamedTuple):
    """What a query found: entries of the record or passages of the guideline store, and statements about them.

    `spans` of the video are what a next question may call "that". `files` were written, as paths to be printed.
    """

    events: tuple[Event, ...] = ()
    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    passages: tuple[Passage, ...] = ()
    statements: tuple[Statement, ...] = ()
    spans: tuple[tuple[float, float], ...] = ()
    files: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the entries found."""
        return tuple(fact.id for group in self[:4] for fact in group)


class Threshold(NamedTuple):
    """A comparison that a question asks for: below or above a number, which may be a length of time."""

    sign: str
    value: float
    is_time: bool

    def holds(self, value: float) -> bool:
        return value <= self.value if self.sign == "<" else value > self.value

    def judge(self, value: float, span: Range | None) -> bool | None:
        """Whether it holds for the whole range; None where it holds for a part of it only."""
        held = {self.holds(edge) for edge in (span or (value, value))}
        return held.pop() if len(held) == 1 else None

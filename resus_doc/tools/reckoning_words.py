"""How a number that was reckoned is told: against a limit, or with its range."""

import math

from resus_doc.schema import Range, Unit
from resus_doc.tools.answers import Quantity, Statement, Threshold

RANGE_FROM_S = 2.0
"""A range narrower than the detector's window is not told: it changes nothing for a debrief."""


def compared(
    subject: str,
    value: float,
    span: Range | None,
    threshold: Threshold,
    cites: tuple[str, ...],
    between: tuple[Quantity, ...] = (),
) -> Statement:
    """Whether a number is below or above a limit; too close to call where its range lies on both sides.

    A range may run to infinity where an edge was not seen. `between` are numbers in the subject's own words.
    """
    unit: Unit = "s" if threshold.is_time else "count"
    low, high = (min(span[0], value), max(span[1], value)) if span else (value, value)
    held = threshold.judge(value, (low, high))
    limit = Quantity(value=threshold.value, unit=unit)
    open_ended = math.isinf(high)
    told = Quantity(value=max(low, 0.0) if open_ended else value, unit=unit, limit=threshold.value)
    least = "at least " if open_ended else ""
    if held is None and open_ended:
        text = f"I cannot tell: {subject} was at least {{}}, and the limit asked for is {{}}."
        return Statement(text=text, numbers=(*between, told, limit), cites=cites)
    if held is None:
        edges = (Quantity(value=max(edge, 0.0), unit=unit, limit=threshold.value) for edge in (low, high))
        text = (
            f"Too close to call: {subject} was {{}}, somewhere between {{}} and {{}}, and the limit asked for is {{}}."
        )
        return Statement(text=text, numbers=(*between, told, *edges, limit), cites=cites)
    more = (threshold.sign == ">") == held
    text = f"{'Yes' if held else 'No'}: {subject} was {least}{{}}, {'more than' if more else 'not more than'} {{}}."
    return Statement(text=text, numbers=(*between, told, limit), cites=cites)


def ranged(text: str, numbers: tuple[Quantity, ...], span: Range | None) -> tuple[str, tuple[Quantity, ...]]:
    """The words and numbers of a range that is worth telling."""
    if span is None or span[1] - span[0] < RANGE_FROM_S or span[1] < 0:
        return text, numbers
    if span[0] < 0:
        most = Quantity(value=span[1], unit=numbers[0].unit)
        return f"{text} (it may have been up to {{}}, or before it)", (*numbers, most)
    edges = tuple(Quantity(value=edge, unit=numbers[0].unit) for edge in span)
    return f"{text} (somewhere between {{}} and {{}})", (*numbers, *edges)

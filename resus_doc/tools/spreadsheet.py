"""What goes into the CSV files that people open in a spreadsheet."""

from typing import TypeVar

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell that a spreadsheet computes begins with (OWASP, CSV injection)."""

T = TypeVar("T")


def cell(value: T) -> T | str:
    """The value; a text that a spreadsheet would take for a formula is marked as text by an apostrophe. A dash alone is none."""
    if isinstance(value, str) and value.startswith(_FORMULA) and value != "-":
        return f"'{value}"
    return value

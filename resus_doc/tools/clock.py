"""Times as people write them, and back."""

import math
import re

from resus_doc.errors import UsageError

_CLOCK = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<minutes>\d{1,4}):(?P<seconds>[0-5]?\d(?:\.\d+)?)|(?P<plain>\d+(?:\.\d+)?)\s*s?)"
)


def parse_signed_time(text: str) -> float:
    """Signed seconds from `-75`, `-75.5 s` or `-1:15`.

    Raises:
        UsageError: the text is neither.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"'{text}' is not a time.", "Write seconds (-75) or minutes and seconds (-1:15).")
    value = float(match["plain"] or match["seconds"]) + 60 * int(match["minutes"] or 0)
    return -value if match["sign"] == "-" else value


def clock(seconds: float) -> str:
    """`m:ss` of a signed number of seconds, rounded to the second: -75 -> `-1:15`."""
    whole = math.floor(abs(seconds) + 0.5)
    sign = "-" if seconds < 0 and whole else ""
    return f"{sign}{whole // 60}:{whole % 60:02d}"

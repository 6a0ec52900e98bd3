"""Gestational age as clinicians write it: completed weeks and days, such as 31+4."""

import re

from resus_doc.errors import UsageError

_WRITTEN = re.compile(r"\s*([0-9]{2})(?:\s*\+\s*([0-6]))?\s*", re.ASCII)
DAYS_PER_WEEK = 7
LEAST_WEEKS, MOST_WEEKS = 20, 45
"""The span in which a profile may set a gestation limit; an age outside it is a slip of the pen."""


def parse_gestation(text: str) -> float:
    """Weeks of gestation as a decimal number, from `W+D` or whole weeks `W`.

    Raises:
        UsageError: it is written otherwise, or lies outside 20 to 45 weeks.
    """
    found = _WRITTEN.fullmatch(text)
    weeks = int(found[1]) + int(found[2] or 0) / DAYS_PER_WEEK if found else 0.0
    if not LEAST_WEEKS <= weeks <= MOST_WEEKS:
        raise UsageError(
            f"The gestation '{text[:40]}' cannot be used.",
            f"Write completed weeks and days, such as 31+4, from {LEAST_WEEKS} to {MOST_WEEKS} weeks.",
        )
    return weeks

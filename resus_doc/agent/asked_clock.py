"""On which clock a question counts its moments, from its words: "after birth", "from arrival", "of the video".

It knows words only. Whether a case knows its birth or its arrival is for `tools.origins` to say.
"""

import re

from resus_doc.tools.origins import Clock

_BABY = r"(?:the )?(?:baby|infant|child|newborn|she|he|it|they)"
_TABLE = r"on(?:to)? the (?:table|warmer|resuscitaire)"
_SIDE = r"(?:after|from|since|following|past|post|before|prior to)[ -]"
_OR_OF = rf"(?:{_SIDE}|(?<!time )(?<!moment )of )"
"""As in "within 30 s of arrival"; the time of birth is no such thing."""
_VIDEO = r"(?:the |this )?(?:video|recording|film|footage)"
_NAMED: dict[Clock, str] = {
    "birth": rf"{_OR_OF}(?:(?:the |her |his |its )?birth|(?:the )?delivery(?! of (?!the (?:baby|infant|child)))|being born"
    rf"|{_BABY} (?:was |is )?(?:born|delivered))\b|of (?:life|age)\b|(?<=s )old\b",
    "arrival": rf"{_OR_OF}(?:(?:the |her |his |its |their )?arriv(?:al|ing)(?: {_TABLE})?"
    rf"|{_BABY} arrived(?: {_TABLE})?|{_BABY} (?:came|was (?:placed|put|laid)) {_TABLE})\b",
    "zero": rf"{_SIDE}(?:the )?time zero\b|(?:on|of|in) the report(?:'s clock)?\b",
    "video": rf"(?:{_SIDE}(?:the )?(?:start|beginning) of|of|in|into|on) {_VIDEO}(?:'s clock| clock| time)?\b"
    rf"|{_SIDE}{_VIDEO} (?:start|began|begins)\w*|(?:video|recording) (?:time|clock)\b",
}
_SUPPOSES = re.compile(
    r"\b(?:if|suppos\w*|assum\w*|would|imagin\w*|pretend\w*|had|mov\w+|shift\w*|set|count\w*|verdicts?|chang\w*|hypothe\w*|instead)\b"
    r"|\b(?:birth|delivery|born) (?:was|were|is|at|to|as)\b"
)
_ANY = re.compile("|".join(rf"\b(?:{words})" for words in _NAMED.values()))


def clock_of(line: str) -> Clock | None:
    """The clock that a question in lower case names; None where it names none. Birth and arrival go before the video."""
    return next((clock for clock, words in _NAMED.items() if re.search(rf"\b(?:{words})", line)), None)


def is_moment_of(line: str, phrase: str) -> bool:
    """Whether a question looks at the moment that the phrase names on the clock of birth or arrival, and supposes nothing.

    "Show me 0:52 after birth" does, "suppose birth was 10 s after arrival" does not.
    """
    found = re.search(rf"{re.escape(phrase)} ", line)
    if found is None or _SUPPOSES.search(line):
        return False
    named = _ANY.match(line, found.end())
    return named is not None and clock_of(named.group()) in ("birth", "arrival", "zero")


def without_clock(line: str) -> str:
    """The question without the words that name its clock: in "0:52 after arrival" there is no "after"."""
    return " ".join(_ANY.sub(" ", line).split())


def is_before(line: str, phrase: str) -> bool:
    """Whether a number is counted backwards, as in "10 s before birth"."""
    found = re.search(rf"{re.escape(phrase)} (?=before |prior to )", line)
    return found is not None and _ANY.match(line, found.end()) is not None

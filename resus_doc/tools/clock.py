"""Times as people write them, and back."""

import math
import re

from resus_doc.errors import UsageError

_CLOCK = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<minutes>\d{1,4}):(?P<seconds>[0-5]?\d(?:\.\d+)?)|(?P<plain>\d+(?:\.\d+)?)\s*s?)"
)

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS: dict[str, float] = {
    **{word: float(value) for value, word in enumerate(_ONES)},
    **{word: float(10 * value) for value, word in enumerate(_TENS, start=2)},
    **{
        f"{ten}-{_ONES[one]}": float(10 * tens + one) for tens, ten in enumerate(_TENS, start=2) for one in range(1, 10)
    },
    "hundred": 100.0,
}
_UNITS: dict[str, float] = {
    **dict.fromkeys(("seconds", "second", "secs", "sec", "s"), 1.0),
    **dict.fromkeys(("minutes", "minute", "mins", "min", "m"), 60.0),
}
_WORD = "|".join(sorted(map(re.escape, NUMBER_WORDS), key=len, reverse=True))
_NUMBER = rf"(?:\d+(?:\.\d+)?|(?:(?:a|one) )?hundred(?: and)? (?:{_WORD})|(?:a )?hundred|{_WORD})"
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_AMOUNT = rf"{_NUMBER}(?: and a half)?[ -]?(?:{_UNIT})(?![a-z])"
_MINUTES = rf"{_NUMBER}[ -]?(?:minutes?|mins?|m)"
_SECONDS = rf"{_NUMBER} ?(?:seconds?|secs?|s)(?![a-z])"
_PHRASE = re.compile(
    rf"(?<![\w:.])(?:\d{{1,3}}:[0-5]\d(?![\d:])"
    rf"|{_MINUTES}(?: and|,)? ?{_SECONDS}|{_AMOUNT}(?: and a half)?"
    rf"|half a minute|(?:a|first|last) minute(?: and a half)?"
    rf"|(?:\d+(?:\.\d+)?|(?!one\b)(?:{_WORD}))(?: ?%| percent| per cent)?(?![\w:-]|\.\d))"
)
"""A moment, a length or a number in a sentence in lower case. `one` alone is mostly a pronoun ("the last one")."""
_PART = re.compile(rf"({_NUMBER})( and a half)?[ -]?({_UNIT})?(?![a-z])")


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


def number_phrases(text: str) -> tuple[str, ...]:
    """The moments, lengths and numbers that a sentence in lower case names, as it spells them, each once.

    `show me 2:10 and the two-minute mark` -> `2:10`, `two-minute`.
    """
    return tuple(dict.fromkeys(match.group() for match in _PHRASE.finditer(text)))


def phrase_value(phrase: str) -> float:
    """The number that a phrase of `number_phrases` stands for: seconds where it has a unit of time, else as it is.

    Raises:
        ValueError: it is no such phrase.
    """
    if (match := re.fullmatch(r"(\d{1,3}):(\d\d)", phrase)) is not None:
        return 60.0 * int(match[1]) + int(match[2])
    if "minute" in phrase and (named := re.match(r"(half a|a|first|last) minute( and a half)?", phrase)):
        return (30.0 if named[1] == "half a" else 60.0) + (30.0 if named[2] else 0.0)
    parts = list(_PART.finditer(phrase))
    if not parts:
        raise ValueError(f"{phrase!r} holds no number")
    value = sum((_count(part[1]) + (0.5 if part[2] else 0.0)) * _UNITS.get(part[3] or "", 1.0) for part in parts)
    after = phrase[parts[-1].end() :].strip()
    return value + (30.0 if after == "and a half" and parts[-1][3] in _UNITS else 0.0)


def _count(words: str) -> float:
    if words[0].isdigit():
        return float(words)
    if words in NUMBER_WORDS:
        return NUMBER_WORDS[words]
    _, _, rest = words.partition("hundred")
    return 100.0 + NUMBER_WORDS.get(rest.removeprefix(" and").strip(), 0.0)

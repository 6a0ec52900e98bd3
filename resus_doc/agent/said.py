"""Words that a question must hold for a field of a tool call to be offered to the language model.

They admit, and never choose: with one of its words in the question a value may be written, without any it may not, as a number
that the question does not spell may not. A word counts wherever it stands, also inside a longer one ("fail" in "failed").
"""

import re

ENDS = (
    *("stop", "=end", "=ended", "ending", "finish", "cease", "quit", "until"),
    *("till", "give up", "gave up", "terminat", "discontinu"),
)
"""That something came to its end."""
IN_TIME = (
    *("in time", "on time", "soon enough", "early enough", "fast enough", "quickly enough", "in good time", "timely"),
    *("too late", "too slow", "too long", "in due time", "promptly enough"),
)
"""That a time is to be judged, without a limit being named."""

WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "which": {
        "first": ("first", "1st", "initial", "earliest"),
        "second": ("=second", "2nd"),
        "third": ("third", "3rd"),
        "fourth": ("fourth", "4th"),
        "fifth": ("fifth", "5th"),
        "sixth": ("sixth", "6th"),
        "seventh": ("seventh", "7th"),
        "eighth": ("eighth", "8th"),
        "last": ("=last", "final", "latest", "recent", *ENDS),
        "longest": ("longest", "biggest", "largest", "=max", "maxim", "worst", "greatest", "extended"),
        "shortest": ("shortest", "briefest", "smallest", "minim", "quickest", "least"),
    },
    "rel": {
        "before": (
            "before",
            "prior",
            "ahead",
            "until",
            "till",
            "up to",
            "preced",
            "=led",
            "leading",
            "previous",
            "earlier",
        ),
        "after": (
            *(
                "after",
                "follow",
                "since",
                "then",
                "next",
                "once",
                "=from",
                "later",
                "past",
                "subsequent",
                "again",
                "beyond",
            ),
        ),
        "during": (
            *(
                "during",
                "while",
                "same time",
                "at once",
                "together",
                "along",
                "overlap",
                "mean",
                "simultan",
                "parallel",
            ),
            *(
                "throughout",
                "coincid",
                "course",
                "else",
                "in common",
                "within",
                "in it",
                "=in",
                "interim",
                "=on",
                "=for",
            ),
        ),
        "within": ("first", "initial", "opening", "within"),
    },
    "shift": {
        "earlier": (
            *("earlier", "sooner", "before", "older", "back", "ahead", "after birth", "less late", "minus", "prior"),
            *("started", "began", "switched"),
        ),
        "later": ("later", "after", "delay", "further on", "younger", "plus"),
    },
    "sign": {
        "<": (
            *(
                "less",
                "under",
                "below",
                "within",
                "short",
                "fewer",
                "most",
                "inside",
                "before",
                "=by",
                "=in",
                "up to",
                "no more",
            ),
            *("no long", "not long", "no late", "not late", "not more", "time"),
        ),
        ">": (
            "more",
            "over",
            "above",
            "longer",
            "great",
            "exceed",
            "beyond",
            "least",
            "later",
            "after",
            "past",
            "excess",
        ),
    },
    "verdict": {
        "met": (
            "met",
            "fulfil",
            "satisf",
            "pass",
            "compl",
            "kept",
            "achiev",
            "follow",
            "adher",
            "=ok",
            "reach",
            "=hit",
        ),
        "not_met": (
            *("not", "miss", "fail", "violat", "broke", "unmet", "short", "n't", "wrong", "deviat", "below", "exceed"),
        ),
        "indeterminate": ("indeterm", "close", "border", "unclear", "undecid", "uncertain", "edge", "tight"),
        "not_assessable": ("assess", "judg", "evaluab", "open", "evaluat", "decid"),
    },
    "unmet": {
        "not_met": (
            *("not met", "n't met", "unmet", "not fulfil", "n't fulfil", "not kept", "not satisf", "not follow"),
            *("fail", "missed", "violat", "broke", "not compl", "not pass", "fell short", "fall short"),
        ),
    },
    "profile": {
        "aha-2025": ("aha", "american", "nrp", "aap", "=us", "heart association"),
        "erc-2025": ("erc", "europe", "=nls", "resuscitation council"),
        "hbb-2": ("hbb", "helping", "golden"),
    },
    "over": {
        "cases": (
            *("cases", "videos", "batch", "across", "recordings", "babies", "others", "resuscitations", "case by case"),
            *("per case", "each case", "every case", "each video", "every video", "each of the"),
        ),
    },
}
"""With `=` in front a word counts only as a whole."""


_OF_TIME = re.compile(r"\b(?:first|last)(?= (?:[\w.:-]+ )?(?:minutes?|mins?|seconds?|secs?|s)\b)")
"""The first minute is no first event."""
_UNDER_WAY = re.compile(r"\bunder ?way\b")
"""What is under way is under no limit."""


def offered(field: str, line: str) -> tuple[str, ...]:
    """The values of a field that a question in lower case has a word for."""
    if field == "which":
        line = _OF_TIME.sub("", line)
    if field == "sign":
        line = _UNDER_WAY.sub("", line)
    whole = set(re.findall("[a-z']+", line))
    return tuple(value for value, words in WORDS[field].items() if any(_is_there(word, line, whole) for word in words))


def _is_there(word: str, line: str, whole: set[str]) -> bool:
    return word[1:] in whole if word.startswith("=") else word in line


def asks_for_end(line: str) -> bool:
    """Whether a question in lower case asks when something stopped."""
    whole = set(re.findall("[a-z']+", line))
    return any(_is_there(word, line, whole) for word in ENDS)


def asks_if_in_time(line: str) -> bool:
    """Whether a question in lower case asks for a verdict on a time without naming a limit."""
    return any(word in line for word in IN_TIME)

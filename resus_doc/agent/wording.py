"""Other ways of saying the same, brought to the plain form that the lexicon reads.

Each rule replaces wording by wording of equal meaning and is blind to the facts: nothing here makes a sentence true. Numbers in
words become digits ("a minute and a half" -> "90 s"), other names become the activity's ("the baby was stimulated" ->
"stimulation"), and turned sentences are turned back ("After suction for 8 s, PPV" -> "Suction for 8 s, then PPV"). What is
quoted is never touched.
"""

import re
from collections.abc import Callable

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: value for value, word in enumerate(_ONES)} | {word: 20 + 10 * i for i, word in enumerate(_TENS)}
_VALUES |= {"a": 1, "an": 1}

_SMALL = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES[1:10])}))?|{'|'.join(reversed(_ONES))})"
_SPELT = rf"(?:(?:an?|{'|'.join(_ONES[1:10])}) hundred(?: (?:and )?{_SMALL})?|{_SMALL})"
_WHOLE = rf"(?:\d+|{_SPELT})"
_MINUTES, _SECONDS = r"(?:minutes?|mins?)", r"(?:seconds?|secs?|s)"
_ACTIVITY = (
    r"(?:PPV|CPAP|mask support|stimulation|suction(?:ing)?|(?:chest )?compressions|positive[- ]pressure ventilation)"
)
_STRETCH = r"(?:times|periods|episodes|stretches|occasions|spells|bouts|rounds|phases)"

_TIME = r"(?:\d+:\d\d|\d+ min \d+ (?:s|seconds)|\d+(?:\.\d+)? (?:s|seconds))"

_ASKED = r"remember|recall|notice|think|say|share|discuss|describe|experience|perceive|see|learn|review|talk|go over|revisit|explore"
_OPENING = re.compile(
    r"^(?:What|How|Which (?:details|moments|aspects|questions|thoughts|points)) (?:does|do|did|would|could|can) (?:the team|you) "
    rf"(?:like to |want to |wish to )?(?:{_ASKED}|look back on)(?: (?:about|of|on|from|during|regarding)){{0,2}} (?!to )(?=[\w“])"
)


def plain(text: str) -> str:
    """The sentence in plain form, outside its quotations."""
    parts = re.split(r"(“[^“”]*”)", _OPENING.sub("What does the team remember about ", text))
    quotes, mask = parts[1::2], "“”"
    masked = mask.join(parts[0::2])
    for pattern, replacement in _RULES:
        masked = pattern.sub(replacement, masked)
    pieces = masked.split(mask)
    return "".join(piece + quote for piece, quote in zip(pieces, [*quotes, ""], strict=True))


def value_of(words: str) -> int:
    """A whole number below a thousand from digits or words."""
    if words.isdigit():
        return int(words)
    total = 0
    for word in re.split(r"[- ]", words.lower()):
        if word == "hundred":
            total = 100 * max(1, total)
        else:
            total += _VALUES.get(word, 0)
    return total


def _as_seconds(match: re.Match[str]) -> str:
    minutes, seconds = value_of(match["minutes"]), match["seconds"]
    if seconds and value_of(seconds) >= 60:
        return match.group()
    return f"{60 * minutes + (value_of(seconds) if seconds else 0)} s"


def _and_a_half(match: re.Match[str]) -> str:
    return f"{60 * value_of(match['minutes']) + 30} s"


def _digits(match: re.Match[str]) -> str:
    return f"{value_of(match['number'])} {match['rest']}"


def _turned(match: re.Match[str]) -> str:
    return f"{match['first'][0].upper()}{match['first'][1:]}, then "


def _rule(
    pattern: str, replacement: str | Callable[[re.Match[str]], str]
) -> tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]:
    return re.compile(pattern, re.IGNORECASE), replacement


_MINUTE = rf"\b(?P<minutes>an?|{_WHOLE})[- ]{_MINUTES}"
_NUMBER_RULES = (
    _rule(r"\bhalf a minute\b", "30 s"),
    _rule(r"\bone time\b", "once"),
    _rule(rf"(?<![\d.:]){_MINUTE} and a half(?![\w-])", _and_a_half),
    _rule(rf"(?<![\d.:])\b(?P<minutes>{_WHOLE}) and a half[- ]{_MINUTES}\b", _and_a_half),
    _rule(
        rf"(?<![\d.:]){_MINUTE}(?: (?:and )?(?P<seconds>{_WHOLE}) {_SECONDS})?\b(?! and a (?:half|quarter))",
        _as_seconds,
    ),
    _rule(rf"\b(?P<number>{_SPELT})[- ](?P<rest>{_SECONDS})\b(?!-)", _digits),
    _rule(rf"\b(?P<number>{_SPELT}) (?P<rest>{_STRETCH})\b", _digits),
    _rule(r"(?<![\d.:])\b(\d+(?:\.\d+)?)-second\b", r"\1 s"),
)
"""Before "s" a number in words is a time, before a word for stretches a count; "a second" stays, since it may be the second of two."""

_NAME_RULES = (
    _rule(r"\bventilation with positive pressure\b", "PPV"),
    _rule(r"\btactile stimulation\b|\bthe baby was stimulated\b", "stimulation"),
    _rule(r"\bthe baby was suctioned\b", "suction"),
    _rule(r"\b(?:cardiac compressions|chest compression|cardiac massage)\b", "chest compressions"),
    _rule(r"\bthe baby received (?=\w)", ""),
)
"""Mask support of unknown kind may have been CPAP, and PPV may come from a T-piece: "ventilation" and "bagging" name neither."""

_TIME_RULES = (
    _rule(r"\b(the|this) (?:recording|footage)\b", r"\1 video"),
    _rule(r"\b(after|before) the baby(?: had)? (?:arrived|came) on the table\b", r"\1 arrival on the table"),
    _rule(r"\b(after|before) the baby was born\b", r"\1 birth"),
    _rule(r"(\d (?:s|seconds)|\d:\d\d) (?:into|in) the video\b", r"\1 after the start of the video"),
    _rule(r"\bthe beginning of the video\b", "the start of the video"),
    _rule(r"\bwhen the video (?:starts|begins)\b", "when the video started"),
    _rule(r"\bwhen the video ends\b", "when the video ended"),
    _rule(r"\b(?:still )?(?:in progress|ongoing)\b", "under way"),
    _rule(r"\b(still|already) (?:being (?:given|delivered|provided)|going on|running)\b", r"\1 under way"),
    _rule(
        r"\b(?:had begun|was begun|started) before the start of the video\b", "was under way at the start of the video"
    ),
    _rule(
        r"\b(?:continued|lasted|went on|ran) (?:to|until|up to|past|beyond) the end of the video\b",
        "was under way at the end of the video",
    ),
    _rule(r"\bhad not (?:ended|stopped) by the end of the video\b", "was under way at the end of the video"),
)

_ORDER_RULES = (
    _rule(
        rf"^({_ACTIVITY}) (?:was|lasted|went on for|ran) (longer|shorter) than ({_ACTIVITY})[,:] (?:at )?({_TIME}) "
        rf"(?:against|versus|as against|compared with) ({_TIME})$",
        r"\1 lasted \4, \2 than \3, lasting \5",
    ),
    _rule(rf"({_ACTIVITY}) (?:started|began) later than ({_ACTIVITY})", r"\1 came after \2"),
    _rule(rf"({_ACTIVITY}) (?:started|began) earlier than ({_ACTIVITY})", r"\1 came before \2"),
    _rule(rf"^It was (.+) when ({_ACTIVITY}) (started|began)\b", r"\2 \3 \1"),
    _rule(rf", ({_TIME}) in duration\b", r", lasting \1"),
    _rule(rf"\bin (?={_WHOLE} {_STRETCH}\b)", "over "),
    _rule(r"\b(?:was|stayed|remained) in place for\b|\bstayed on for\b", "lasted"),
    _rule(rf"^After (?P<first>{_ACTIVITY}\b[^,;]*), (?=.*{_ACTIVITY})", _turned),
    _rule(rf"^(?:First came )?({_ACTIVITY}) came first(?=.*\b(?:then|next)\b)", r"\1"),
    _rule(r"\bsucceeded by\b", "followed by"),
    _rule(r"\b(?:had|with) a (total )?length of\b", r"with a \1duration of"),
    _rule(r"\b(?:was|were) under way for\b", "lasted"),
    _rule(r"\bnext (?:came|was)\b|\bthen came\b", "then"),
    _rule(rf",? and ({_ACTIVITY}) followed(?= (?:at )?\d)", r", followed by \1"),
    _rule(rf"\bthe first ({_ACTIVITY}) (began|started|commenced|got under way)\b", r"\1 first \2"),
    _rule(
        rf"\bthe first of ({_WHOLE}) ({_STRETCH}) of ({_ACTIVITY}) (began|started|commenced)\b", r"\1 \2 of \3 first \4"
    ),
    _rule(rf"\bthe duration of ({_ACTIVITY}) (?:was|is)\b", r"\1 lasted"),
    _rule(r"\b(?:a )?single (period|episode|stretch)\b", r"one \1"),
)

_ABSENCE_RULES = (
    _rule(
        rf"^({_ACTIVITY}) (?:was|were) not (seen|recognised|observed)( while the baby was in view)?,? (?:and )?(?:nor|neither) "
        rf"(?:was|were) ({_ACTIVITY})$",
        r"Neither \1 nor \4 was \2\3",
    ),
    _rule(
        r"^While the baby (?:was in view|could be seen), (?P<rest>.*)$",
        lambda match: f"{match['rest'][0].upper()}{match['rest'][1:]} while the baby was in view",
    ),
    _rule(r"\bwhile the baby could be seen\b", "while the baby was in view"),
    _rule(r"^(?:At no (?:time|point)|Not once|Never) (?:was|were) ", "No "),
    _rule(rf"\bno ({_ACTIVITY}) and no ({_ACTIVITY})", r"neither \1 nor \2"),
    _rule(r"^There (?:was|were) (neither|no) (.+?) (?:to be seen|visible)\b", r"\1 \2 was seen"),
    _rule(r"^The video shows no (?P<what>[^,;]+)$", r"No \g<what> was seen"),
    _rule(r"\b(?:could be|can be) (seen|recognised|detected|observed)\b", r"was \1"),
    _rule(r"\b(?:could not be|cannot be) (seen|recognised|detected|observed)\b", r"was not \1"),
    _rule(r"(\b(?:not|no|never) .*\b(?:seen|recognised|detected|observed)) at any (?:time|point|moment)\b", r"\1"),
)

_VERDICT_RULES = (
    _rule(r"\bassessed (?:from|in) (?:this|the) video\b", "assessed"),
    _rule(r"(?<=“”) (was|is) followed(?! by)", r" \1 met"),
    _rule(r"\b(?:fulfilled|satisfied|adhered to|complied with)\b", "met"),
    _rule(r"\b(was|is|were|are) missed\b", r"\1 not met"),
    _rule(rf",? while (?={_WHOLE}\b)", ", and "),
    _rule(r"\bfailed to be met\b", "was not met"),
    _rule(r"\b(could not|cannot) be (?:judged|evaluated)\b", r"\1 be assessed"),
    _rule(r"^It was not possible to assess the (.+)$", r"The \1 could not be assessed"),
    _rule(r"^Whether (.+?) (?:was|is) met (?=(?:could not|cannot) be assessed|(?:was|is) too close to call)", r"\1 "),
    _rule(r"\b(were|was) not(?=,| and |;|$)(?! met)", r"\1 not met"),
    _rule(r"(?<=[\w”]): (?=[\w“])", ", "),
)

_RULES = (*_NUMBER_RULES, *_NAME_RULES, *_TIME_RULES, *_ORDER_RULES, *_ABSENCE_RULES, *_VERDICT_RULES)

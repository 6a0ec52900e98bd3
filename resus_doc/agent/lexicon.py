"""The licensed vocabulary: every word and phrase a sentence may hold, and the symbol it stands for.

A word that is not here is refused, whatever it means: the vocabulary is the closed world in which the verifier reads.
Each symbol is one character, so that a sentence becomes a short string on which patterns can be matched.
"""

import re
from typing import NamedTuple

from resus_doc.agent import wording
from resus_doc.agent.facts import COUNT_WORDS
from resus_doc.schema import Activity, Verdict


class Symbol(NamedTuple):
    """One token or phrase of a sentence: what it stands for, its value, and the words themselves."""

    code: str
    value: object
    words: str


ACTIVITY, SECONDS, CLOCK, COUNT, PERCENT, BPM = "A", "N", "K", "C", "P", "B"
ANCHOR, START, FIRST, DURATION, TOTAL, AT_LEAST, LONG = "H", "S", "F", "D", "T", "G", "l"
STRETCH, TIMES, SEEN, UNDER_WAY, VIDEO_START, VIDEO_END = "R", "X", "Y", "U", "E", "e"
VERDICT, QUOTE, LIMIT, OBSERVED, RULE, NEGATION = "V", "Q", "L", "O", "W", "n"
THEN, BEFORE, CAME_AFTER, WHILE_SEEN, OPENER, IT = "t", "b", "f", "w", "?", "i"
OF, AT, AND, OR, BE, FUNCTION, UNKNOWN, ONCE = "o", "@", "&", "|", "z", "-", "!", "c"
SHOWS, SHOWS_NOT, DONE, REPEATED, JUDGED, TAIL, FIRST_CAME, AFTER_IT = "h", "M", "d", "r", "j", "y", "1", "a"
BEYOND, LONGER = "q", "g"


def _phrases(text: str) -> tuple[str, ...]:
    """Phrases that stand in a text between commas."""
    return tuple(text.split(", "))


ACTIVITY_PHRASES: dict[Activity, tuple[str, ...]] = {
    "ppv": ("ppv", "positive pressure ventilation", "positive-pressure ventilation"),
    "cpap": ("cpap", "continuous positive airway pressure"),
    "ventilation": ("mask support",),
    "stimulation": ("stimulation", "physical stimulation"),
    "suction": ("suction", "suctioning"),
    "chest_compressions": ("chest compressions", "compressions"),
    "baby_visible": ("baby in view",),
}

ANCHOR_PHRASES: dict[str, tuple[str, ...]] = {
    "birth": ("birth", "the birth"),
    "arrival on the table": ("arrival on the table", "the arrival on the table", "arriving on the table"),
    "the start of the video": ("the start of the video", "the video started", "the video began", "video start"),
}

VERDICT_PHRASES: dict[Verdict, tuple[str, ...]] = {
    "met": ("met",),
    "not_met": ("not met", "unmet"),
    "indeterminate": ("too close to call", "indeterminate"),
    "not_assessable": (
        "not assessable",
        "could not be assessed",
        "cannot be assessed",
        "can not be assessed",
    ),
}

PERCEIVED = _phrases(
    "seen, recognised, recognized, noted, recorded, detected, identified, documented, captured, noticed, to be seen, appear, "
    "appeared, observed"
)
"""The only words that absence may be told with: what was not seen may still have happened."""

PHRASES: dict[str, tuple[str, ...]] = {
    START: _phrases(
        "started, began, set in, got under way, commenced, starting, beginning, commencing, starts, begins, start, onset, "
        "from, begun, to start, to begin, got started, initiated, starting from, beginning from, came"
    ),
    FIRST: _phrases("first, for the first time, first time, earliest"),
    DURATION: _phrases(
        "lasted, went on for, continued for, ran for, kept on for, lasting, for, going on for, lasted for, ended up lasting, "
        "last, to last, last for, to go on for, to continue for, lasting for, under way for, ongoing for, persisted for, "
        "extended over, spanned, with a length of, length, length of, continued over, kept going for, took, taking, kept up "
        "for, maintained for, lasts for, for a length of, for a duration of, for a period of, over a period of, continuing "
        "for, running for, duration, duration of, lasts, over"
    ),
    TOTAL: _phrases(
        "in total, altogether, in all, total, total of, total time of, total time, added up to, adding up to, together, all "
        "told, in sum, combined, made up, amounted to, amounting to, took up, came to, totalling, totaling, totalled, "
        "totaled, summing to, summed to, taken together, a sum of, overall, for a total of, add up to, adds up to, all "
        "together"
    ),
    AT_LEAST: _phrases("at least, no less than, not less than"),
    LONG: _phrases("long"),
    STRETCH: _phrases(
        "stretch, stretches, period, periods, episode, episodes, spell, spells, bout, bouts, round, rounds, phase, phases"
    ),
    TIMES: _phrases("times, occasion, occasions"),
    SEEN: (*PERCEIVED[:-1], "occurred", "took place", "happened"),
    DONE: _phrases(
        "given, performed, carried out, provided, applied, delivered, done, administered, used, present, ran, spent on"
    ),
    REPEATED: _phrases("repeated, recurred, came back"),
    SHOWS: _phrases("the video shows, the video has, the video showed, the video contains"),
    SHOWS_NOT: _phrases("the video does not show, the video did not show"),
    JUDGED: _phrases(
        "verdict, verdict on, rated, rated as, judged, judged as, judged to be, came out as, found to be, classed as, "
        "assessed as, whether, holds, came out, finding, finding on"
    ),
    UNDER_WAY: _phrases("already under way, still under way, under way"),
    VIDEO_START: _phrases(
        "when the video started, when the video began, at the start of the video, as the video began, as the video started"
    ),
    VIDEO_END: _phrases("when the video ended, at the end of the video, as the video ended"),
    LIMIT: _phrases("limit, limit of"),
    OBSERVED: _phrases("observed, observed value, value"),
    RULE: _phrases("rule, rules, quality metric, quality metrics"),
    NEGATION: _phrases("no, not, never, neither, nor, at no time, at no point, not once"),
    THEN: _phrases(
        "then, after that, subsequently, later, followed by, was followed by, before, came before, preceded, earlier than, "
        "were followed by, next came"
    ),
    CAME_AFTER: _phrases(
        "came after, before that, followed, preceded by, was preceded by, were preceded by, later than"
    ),
    WHILE_SEEN: _phrases("while the baby was in view, with the baby in view, as long as the baby was in view"),
    IT: _phrases("it, they"),
    OF: _phrases("of"),
    AT: _phrases("at"),
    AND: _phrases("and"),
    OR: _phrases("or"),
    BE: _phrases("being, was, were, is, are, had, has, had been, did, been, counts as, remains, remained"),
    FUNCTION: _phrases(
        "the, a, an, its, their, which, that, there, with, on, them, against, among, for this case, in this case, of which, "
        "of them, in, across, any, separate, spread over, in one stretch, both, this"
    ),
    TAIL: _phrases(
        "onwards, onward, at any time, at any point, in the video, in this video, either, at all, on the video, during the "
        "video"
    ),
    FIRST_CAME: _phrases("first there was, first there were, first came"),
    AFTER_IT: _phrases("after, following"),
    OPENER: _phrases(
        "what does the team remember about, what would the team like to discuss about, how does the team look back on, what "
        "does the team recall about, what stands out for the team about, which thoughts does the team have about, what would "
        "the team like to share about, what questions does the team have about, what can the team learn from, which details "
        "would the team like to review about, what did the team notice about, how would the team describe, what comes to mind "
        "about, what would the team like to talk about regarding"
    ),
}

ONCE_WORDS = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
BEYOND_WORDS = {
    "more": ("over", "above", "beyond", "more than", "longer than", "exceeding", "exceed", "exceeds", "exceeded"),
    "less": ("under", "below", "within", "less than", "shorter than"),
}
"""What stands before "the limit of": where the observed value lies."""
LONGER_WORDS = {
    "longer": ("longer than", "lasted longer than", "went on longer than", "went on for longer than"),
    "shorter": ("shorter than", "lasted shorter than", "lasted less long than", "lasted less time than"),
}
_COUNTS = {word: float(number) for number, word in enumerate(COUNT_WORDS)}

_TOKEN = re.compile(
    r"(?P<quote>“[^“”]*”)|(?P<number>\d[\d:.,]*\d|\d)|(?P<word>[A-Za-z][A-Za-z'-]*)|(?P<mark>[,;:()%])|(?P<space> )|(?P<odd>.)",
    re.DOTALL,
)
_UNITS = (
    (r"(\d+):(\d\d)(?!\d|[:.]\d)", CLOCK),
    (r"(\d+(?:\.\d{1,3})?) (?:s|sec|seconds|second)\b", SECONDS),
    (r"(\d+(?:\.\d{1,3})?) (?:%|percent\b|per cent\b)", PERCENT),
    (r"(\d+) beats per minute\b", BPM),
    (r"(\d+)(?![\d:.]|,\d|\w)", COUNT),
)
_NUMBERS = tuple((re.compile(pattern), code) for pattern, code in _UNITS)


def _table() -> dict[tuple[str, ...], tuple[str, object]]:
    """Every phrase as a tuple of words, with its symbol and value."""
    table: dict[tuple[str, ...], tuple[str, object]] = {}
    for code, phrases in PHRASES.items():
        table.update({tuple(phrase.split()): (code, None) for phrase in phrases})
    for activity, phrases in ACTIVITY_PHRASES.items():
        table.update({tuple(phrase.split()): (ACTIVITY, activity) for phrase in phrases})
    for verdict, phrases in VERDICT_PHRASES.items():
        table.update({tuple(phrase.split()): (VERDICT, verdict) for phrase in phrases})
    for anchor, phrases in ANCHOR_PHRASES.items():
        for side in ("before", "after"):
            table.update({(side, *phrase.split()): (ANCHOR, (side, anchor)) for phrase in phrases})
    for side, phrases in BEYOND_WORDS.items():
        table.update({(*phrase.split(), "the", "limit", "of"): (BEYOND, side) for phrase in phrases})
    for side, phrases in LONGER_WORDS.items():
        table.update({tuple(phrase.split()): (LONGER, side) for phrase in phrases})
    table.update({(word,): (COUNT, number) for word, number in _COUNTS.items()})
    table.update({(word,): (ONCE, number) for word, number in ONCE_WORDS.items()})
    return table


_LEXICON = _table()
_LONGEST = max(len(words) for words in _LEXICON)


def read(text: str) -> list[Symbol]:
    """The symbols of a text, the longest phrase first; what is not licensed becomes UNKNOWN."""
    text = wording.plain(text)
    symbols: list[Symbol] = []
    position = 0
    while position < len(text):
        symbol, position = _next(text, position)
        if symbol is not None:
            symbols.append(symbol)
    return symbols


def _next(text: str, position: int) -> tuple[Symbol | None, int]:
    match = _TOKEN.match(text, position)
    assert match is not None, "the pattern takes any character"
    piece, after = match.group(), match.end()
    if match.lastgroup == "space":
        return None, after
    if match.lastgroup == "quote":
        return Symbol(QUOTE, piece[1:-1], piece), after
    if match.lastgroup == "number":
        return _number(text, position, after)
    if match.lastgroup == "word":
        return _phrase(text, position)
    return Symbol(piece if piece in ",;()" else UNKNOWN, None, piece), after


def _number(text: str, position: int, after: int) -> tuple[Symbol, int]:
    for pattern, code in _NUMBERS:
        match = pattern.match(text, position)
        if match is not None:
            first, *rest = (float(group) for group in match.groups())
            if rest and rest[0] >= 60:
                break
            value = 60 * first + rest[0] if rest else first
            return Symbol(code, value, match.group()), match.end()
    return Symbol(UNKNOWN, None, text[position:after]), after


def _phrase(text: str, position: int) -> tuple[Symbol, int]:
    """The longest phrase that starts here; words of a phrase are one space apart."""
    words: list[str] = []
    ends: list[int] = []
    here = position
    while len(words) < _LONGEST:
        match = _TOKEN.match(text, here)
        if match is None or match.lastgroup != "word":
            break
        words.append(match.group().lower())
        ends.append(match.end())
        here = match.end() + 1
        if text[match.end() : here] != " ":
            break
    for length in range(len(words), 0, -1):
        found = _LEXICON.get(tuple(words[:length]))
        if found is not None:
            return Symbol(found[0], found[1], text[position : ends[length - 1]]), ends[length - 1]
    return Symbol(UNKNOWN, None, text[position : ends[0]]), ends[0]

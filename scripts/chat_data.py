"""Questions and the tool calls that answer them, for training the shipped language model.

    python scripts/chat_data.py --show 40 --seed 1

Every example is composed from a form (`chat_questions_measured`, `chat_questions_record`), words (`chat_words`) and small
variations of spelling; no example comes from the tests. A third of them follow another question and show the model its call, and
half of those can be understood only with it.
"""

import argparse
import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import chat_words as W
from chat_questions_measured import MEASURED, Form
from chat_questions_record import FOLLOW_UPS, RECORD, REFUSED
from llm_data import Example

from resus_doc.agent.tool_choice import SYSTEM, ToolCall, plain, user_text
from resus_doc.schema import ACTIVITIES, Activity
from resus_doc.tools.clock import NUMBER_WORDS, number_phrases

ACTS: tuple[Activity, ...] = ACTIVITIES[1:]
FORMS: dict[str, tuple[Form, ...]] = {**MEASURED, **RECORD}
WEIGHTS = {
    **{
        "list_events": 8.0,
        "time_to_first": 4.0,
        "count_events": 4.0,
        "total_time": 4.0,
        "pauses": 4.0,
        "findings": 3.0,
    },
    **{"search_passages": 4.0, "show": 3.0, "what_if": 3.0, "interval": 2.0, "order": 2.0, "why": 1.5, "evidence": 1.0},
    **{"rules": 1.5, "look_again": 1.5, "fraction": 1.0, "idle": 1.0, "summary": 1.0, "about": 1.2},
    **{"decline": 3.0, "advice": 1.5, "cannot_see": 5.0, "help": 0.5, "unclear": 1.2},
}
"""How often each choice is drawn: by how many ways there are to ask for it."""

FOLLOWING = 0.4
OPENINGS = (
    "(please tell me|can you say|can you tell me|tell me|hi,|hello,|i would like to know|i want to know|i need to know|and|so|ok,|well,|please,"
    "|could you tell me|do you know|just|now|for the debrief:|for my notes:|quick question:|one question:|we wonder|the team asks"
    "|my colleague asks|in this case,|in this video,|in the recording,|let me know|also|then|actually,|sorry,|good morning,|thanks,)"
)
ENDINGS = (
    "(in this case|in this video|in the video|in the recording|here|please|then|in total|exactly|roughly|as far as you can see"
    "|for this baby|for the baby|with this baby|during the resuscitation|in this resuscitation|according to the record|overall"
    "|thanks|now|do you know|by the way|after all|from what you can see|on the video|on camera|in our case|this time)"
)
LEAD_INS = (
    "(while i prepare the meeting:|for the minutes,|i lost track,|one more thing,|my notes are patchy,|the paper record is blank here,"
    "|before we close,|the head of department asks,|for the audit,|sorry to bother you,|i was not in the room,|just to be sure,"
    "|going by the video,|out of curiosity,|for the slide,|let me ask plainly,|as a check,|we disagreed about this:|i came in late,"
    "|for teaching,|without looking it up myself,|short one:|to fill in the form,|nobody wrote it down:|from the top,|next question:)"
)
SMALL_WORDS = ("the", "a", "was", "were", "did", "is", "they", "of", "there", "any", "it", "does")
"""Words that hurried people leave out."""
KEPT_WHOLE = (
    "total_time",
    "count_events",
    "list_events",
    "time_to_first",
    "pauses",
    "interval",
    "order",
    "fraction",
    "idle",
)
"""Choices whose questions may carry any ending without changing their meaning."""


def examples(seed: int) -> Iterator[Example]:
    """Without end, reproducible from the seed."""
    chance = random.Random(seed)
    while True:
        yield next_example(chance)


def next_example(chance: random.Random) -> Example:
    """One question, in a conversation or alone, and its call; drawn again where a slip made a copied number unreadable."""
    while True:
        example = _draw(chance)
        call, line = ToolCall.model_validate_json(example.target), example.user.rpartition("\n")[2]
        if {call.number, call.to} - {None} <= set(number_phrases(line)):
            return example


def _draw(chance: random.Random) -> Example:
    previous = None
    if chance.random() < FOLLOWING:
        _, previous = question(chance)
        if chance.random() < 0.6 and (drawn := follow_up(chance, previous)) is not None:
            return _example(chance, *drawn, previous)
    return _example(chance, *question(chance), previous)


def _example(chance: random.Random, text: str, call: ToolCall, previous: ToolCall | None) -> Example:
    return Example(SYSTEM, user_text(_vary(text, call, chance), previous), call.as_text())


def question(chance: random.Random) -> tuple[str, ToolCall]:
    """A question that stands alone, and its call."""
    name = chance.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
    if name in REFUSED:
        words = {"a": W.NAMES[chance.choice(ACTS)], "w": _which(chance)[1]}
        return _fill(chance, chance.choice(_lines(REFUSED[name])), words), ToolCall(name=name)
    forms = FORMS[name]
    fixed, block = chance.choices(forms, [len(_lines(block)) ** 0.5 * _share(fixed) for fixed, block in forms])[0]
    return compose(chance, name, fixed, chance.choice(_lines(block)))


def _share(fixed: dict[str, str]) -> float:
    """Questions over many cases are asked seldom, and all of them look alike."""
    return 0.3 if "over" in fixed else 1.0


def compose(chance: random.Random, name: str, fixed: dict[str, str], pattern: str) -> tuple[str, ToolCall]:
    """One question of a pattern, with the fields that its placeholders set."""
    pattern = _choose(chance, pattern)
    fields: dict[str, Any] = {key: value for key, value in fixed.items() if key != "only" and value != "-"}
    acts = tuple(fixed["only"].split()) if "only" in fixed else ACTS
    one, other = chance.choice(acts), chance.choice(ACTS)
    while other == one:
        other = chance.choice(ACTS)
    if re.search(r"\{(a|ing|done|do)\}", pattern):
        fields["activity"] = one
    if re.search(r"\{(b|ing2)\}", pattern):
        fields["other"] = other
    words: dict[str, str] = {
        **{
            "a": W.NAMES[one],
            "ing": W.ING[one],
            "done": W.DONE[one],
            "do": W.VERB[one],
            "b": W.NAMES[other],
            "ing2": W.ING[other],
        },
    }
    for key, field, drawn in (
        ("w", "which", _which),
        ("v", "verdict", _verdict),
        ("p", "profile", _profile),
        ("i", "id", _id),
        ("s", "shift", _shift),
    ):
        if f"{{{key}}}" in pattern:
            fields[field], words[key] = drawn(chance)
    if "{k}" in pattern:
        fields["number"] = words["k"] = chance.choice((str(chance.randint(2, 9)), *tuple(NUMBER_WORDS)[2:10]))
    if "{d}" in pattern:
        fields["number"] = words["d"] = length(chance)
    if "{n}" in pattern:
        fields["number"] = words["n"] = moment(chance)
    if "{m}" in pattern:
        fields["to"] = words["m"] = moment(chance)
    return _fill(chance, pattern, words), ToolCall(name=name, **_spoken(fields))


def _spoken(fields: dict[str, Any]) -> dict[str, Any]:
    """A number is copied without what is not part of it ("first 30 s", "the 2:10 mark")."""
    return {key: plain(value) if key in ("number", "to") else value for key, value in fields.items()}


def follow_up(chance: random.Random, before: ToolCall) -> tuple[str, ToolCall] | None:
    """A question that only the one before makes clear; None when there is none after such a call."""
    kind = chance.choice(tuple(FOLLOW_UPS))
    call = after(chance, kind, before)
    if call is None:
        return None
    words = {"more": W.MORE if call.sign == ">" else W.LESS, "d": call.number or "", "s": ""}
    if call.activity is not None:
        words |= {"a": W.NAMES[call.activity], "done": W.DONE[call.activity]}
    if call.which is not None:
        words["w"] = W.WHICH[call.which]
    if call.profile is not None:
        words["p"] = W.PROFILES[call.profile]
    if call.shift is not None:
        words["s"] = SHIFTS[call.shift]
    return _fill(chance, chance.choice(_lines(FOLLOW_UPS[kind])), words), call


MEASURING = ("time_to_first", "count_events", "total_time", "fraction", "list_events")


def after(chance: random.Random, kind: str, before: ToolCall) -> ToolCall | None:
    """The call that a follow-up of this kind means after the call before."""
    name, activity = before.name, before.activity
    told = name in (*MEASURING, "pauses", "interval", "idle")
    about = {"name": name, "activity": activity}
    other = chance.choice([act for act in ACTS if act != activity])
    number, sign = length(chance), chance.choice("<>")
    related = {"before_that": "before", "after_that": "after", "during_that": "during"}
    if kind == "another_activity" and activity and name not in ("interval", "order", "look_again", "evidence"):
        return before.model_copy(update={"activity": other if before.other != other else activity})
    if kind == "another_which" and (name == "pauses" or (name in (*MEASURING, "show") and activity)):
        which = chance.choice(tuple(W.WHICH))
        return ToolCall(name=name if name in ("pauses", "show") else "list_events", activity=activity, which=which)
    if kind in ("how_long", "when") and (name == "pauses" or before.which) and told:
        return ToolCall(**about, which=before.which)
    if kind in ("how_long", "when", "how_often", "list") and name in MEASURING and activity and not before.which:
        wanted = {"how_long": "total_time", "when": "time_to_first", "how_often": "count_events", "list": "list_events"}
        return ToolCall(name=wanted[kind], activity=activity)
    if kind in ("how_often", "list") and name in ("pauses", "idle"):
        return ToolCall(**about)
    if kind in related and told:
        return ToolCall(name="list_events", rel=related[kind], other="that")
    if kind.startswith("activity_") and told:
        return ToolCall(name="list_events", activity=other, rel=related[kind.removeprefix("activity_")], other="that")
    if kind == "show_that" and (told or name == "show"):
        return ToolCall(name="show", other="that")
    if kind == "look_at_that_again" and told:
        return ToolCall(name="look_again", other="that")
    if kind in ("verdict_of_that", "guideline_on_that") and activity and name != "look_again":
        return ToolCall(name={"v": "findings", "g": "search_passages"}[kind[0]], activity=activity)
    if kind == "why_that" and name in ("findings", "why", "what_if", "rules"):
        return ToolCall(name="why", activity=activity)
    if kind == "basis_of_that" and name in ("findings", *MEASURING) and activity:
        return ToolCall(name="evidence", activity=activity)
    if kind == "over_cases" and (name in ("pauses", "findings") or (name in MEASURING[:3] and activity)):
        return ToolCall(**about, over="cases")
    if kind == "compared" and (name in ("pauses", "interval") or (name in MEASURING[:3] and activity)):
        return ToolCall(**about, other=before.other if name == "interval" else None, sign=sign, number=number)
    if kind == "what_if_other" and name == "what_if":
        return ToolCall(**about, shift=chance.choice(("earlier", "later")), number=number)
    if kind == "what_if_profile" and name in ("what_if", "findings"):
        return ToolCall(name="what_if", activity=activity, profile=chance.choice(tuple(W.PROFILES)))
    return None


# --- what is drawn into the placeholders

SHIFTS = {
    "earlier": "(earlier|before that|sooner|earlier than given|before|further back|less late)",
    "later": "(later|after that|later than given|after|further on|delayed)",
}


def _which(chance: random.Random) -> tuple[str, str]:
    which = chance.choices(tuple(W.WHICH), (4, 4, 3, 1.5, 1, 0.5, 0.3, 0.3, 4, 5, 3))[0]
    return which, W.WHICH[which]


def _verdict(chance: random.Random) -> tuple[str, str]:
    verdict = chance.choices(tuple(W.VERDICTS), (3, 4, 2, 2))[0]
    return verdict, W.VERDICTS[verdict]


def _profile(chance: random.Random) -> tuple[str, str]:
    profile = chance.choice(tuple(W.PROFILES))
    return profile, W.PROFILES[profile]


def _shift(chance: random.Random) -> tuple[str, str]:
    shift = chance.choice(("earlier", "later"))
    return shift, SHIFTS[shift]


def _id(chance: random.Random) -> tuple[str, str]:
    text = f"{chance.choice('effmp')}{chance.randint(1, 40)}"
    return text, text


def moment(chance: random.Random) -> str:
    """A moment as people write it."""
    minutes, seconds = chance.randint(0, 4), chance.randint(0, 59)
    whole = max(1, 60 * minutes + seconds)
    unit = chance.choice(("s", " s", " seconds", " sec", " secs", "seconds"))
    in_words = chance.choice(("one", "two", "three", "four", "two and a half", "1", "2", "3", "5"))
    return chance.choices(
        (
            f"{minutes}:{seconds:02d}",
            f"0{minutes}:{seconds:02d}",
            f"{whole}{unit}",
            f"{max(1, minutes)} min {max(1, seconds)} s",
            f"{max(1, minutes)} {'minutes' if minutes > 1 else 'minute'} and {max(2, seconds)} seconds",
            f"{in_words}{chance.choice((' minute', '-minute', ' minutes', ' min'))}",
            f"{max(1, minutes)}m{max(1, seconds)}s",
            str(whole),
            f"{chance.choice(tuple(NUMBER_WORDS)[10:60])} seconds",
            "half a minute",
        ),
        (9, 2, 8, 2, 1, 3, 0.5, 2, 2, 0.5),
    )[0]


def length(chance: random.Random) -> str:
    """A length of time as people write it."""
    seconds = chance.choice((2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 45, 50, 60, 90, 120, chance.randint(2, 150)))
    unit = chance.choice((" s", " s", "s", " seconds", " seconds", " sec", " secs"))
    in_words = chance.choice(tuple(NUMBER_WORDS)[2:60])
    return chance.choices(
        (
            f"{seconds}{unit}",
            f"{in_words} seconds",
            chance.choice(
                ("one minute", "two minutes", "1 minute", "2 minutes", "a minute", "half a minute", "1 min", "3 min")
            ),
            f"{chance.randint(0, 2)}:{chance.randint(1, 59):02d}",
            chance.choice(
                ("a minute and a half", "one and a half minutes", "1.5 minutes", "2.5 min", f"{seconds}.5 s")
            ),
        ),
        (9, 3, 2.5, 1, 0.7),
    )[0]


# --- from patterns to text


@cache
def _lines(block: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in block.splitlines() if line.strip())


_INNERMOST = re.compile(r"\(([^()]*)\)")


def _choose(chance: random.Random, pattern: str) -> str:
    """One of each of the pattern's alternatives, the outermost first, so that each of a long list is as likely as the others."""
    while (match := _INNERMOST.search(pattern)) is not None:
        pattern = pattern[: match.start()] + chance.choice(match[1].split("|")) + pattern[match.end() :]
    return " ".join(pattern.split())


def _fill(chance: random.Random, pattern: str, words: dict[str, str]) -> str:
    text = _choose(chance, pattern)
    for key, options in words.items():
        while f"{{{key}}}" in text:
            text = text.replace(f"{{{key}}}", _choose(chance, options), 1)
    return re.sub(r"\bthe (the|our|any)\b", r"\1", text)


def _vary(text: str, call: ToolCall, chance: random.Random) -> str:
    """Openings, endings, punctuation, and a slip of the fingers in a word without a number."""
    if chance.random() < 0.25 and call.name not in ("unclear", "advice"):
        text = f"{_choose(chance, OPENINGS)} {text}"
    if chance.random() < 0.2 and call.name in KEPT_WHOLE and call.over is None:
        text = f"{text} {_choose(chance, ENDINGS)}"
    elif chance.random() < 0.12 and call.name not in ("unclear", "advice", "help"):
        text = f"{_choose(chance, LEAD_INS)} {text}"
    if chance.random() < 0.08 and len(short := [word for word in text.split() if word not in SMALL_WORDS]) > 2:
        text = " ".join(short)
    if chance.random() < 0.07:
        text = _slip(text, chance)
    return text + chance.choice(("", "?", "?", "?", " ?", ".", "", "??", "!") if chance.random() < 0.9 else ("",))


def _slip(text: str, chance: random.Random) -> str:
    """A letter left out, doubled or changed places with the next in one word of letters alone."""
    words = text.split()
    places = [
        index for index, word in enumerate(words) if word.isalpha() and len(word) > 4 and word not in NUMBER_WORDS
    ]
    if not places:
        return text
    place = chance.choice(places)
    word = words[place]
    at = chance.randrange(1, len(word) - 1)
    wrong = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    words[place] = chance.choice(wrong)
    return " ".join(words)


def main() -> None:
    """Print some examples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    drawn = examples(arguments.seed)
    for _ in range(arguments.show):
        example = next(drawn)
        print(example.user.replace("\n", " // "), "->", example.target)


if __name__ == "__main__":
    main()

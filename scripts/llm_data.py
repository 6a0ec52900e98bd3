"""Writer examples for training the shipped LLM: facts of a simulated case -> one cited sentence.

    python scripts/llm_data.py --show 20 --seed 1

Every form is composed from parts (subject, start phrase, length phrase, order of the parts, opening), so a section has
hundreds of forms. A target that the verifier refuses is a fault of this file: `examples` raises on it.
"""

import argparse
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Literal, NamedTuple

from resus_doc.agent import facts as F
from resus_doc.agent import lexicon, templates, verify
from resus_doc.agent.facts import Fact, Number
from resus_doc.agent.writer import MOST_CITES
from resus_doc.guidelines import profile
from resus_doc.schema import ACTIVITIES, Activity, Event, Finding, Section, TimeZero, Unit, Verdict


class Example(NamedTuple):
    """One training example in the chat form: system, user, and the sentence wanted."""

    system: str
    user: str
    target: str


def examples(seed: int) -> Iterator[Example]:
    """Endless writer examples, the same for the same seed.

    Raises:
        ValueError: a composed sentence is refused by the verifier, or leaves out a number.
    """
    rng = random.Random(seed)
    while True:
        section, facts = draw_facts(rng, TRAINING_MIX)
        target = compose(rng, section, facts)
        problems = verify.check(target, facts, section) or verify.left_out(target, facts, section)
        if problems:
            raise ValueError(f"{target!r} for {[F.fact_line(fact) for fact in facts]}: {problems}")
        refused = _refusal(rng, section, facts) if rng.random() < 0.08 else None
        yield Example(F.SYSTEM, F.prompt(section, facts, refused), target)


def _refusal(rng: random.Random, section: Section, facts: tuple[Fact, ...]) -> str | None:
    """Why a sentence about other facts of the same kind would be refused for these."""
    for _ in range(20):
        other_section, other = draw_facts(rng)
        if other_section == section and [fact.kind for fact in other] == [fact.kind for fact in facts]:
            problems = verify.check(compose(rng, section, other), facts, section)
            return problems[0] if problems else None
    return None


# --- drawing facts


PLANNER_MIX = {
    "event": 8,
    "pair": 14,
    "group": 17,
    "absent": 4,
    "finding": 38,
    "tally": 4,
    "ask_event": 1,
    "ask_group": 8,
    "ask_finding": 6,
}
"""How often a report on a simulated case asks for each kind of sentence, in per cent (rounded); what is measured."""
TRAINING_MIX = {**PLANNER_MIX, "pair": 26, "finding": 30, "tally": 10, "ask_event": 2, "ask_group": 6}
"""More of what is hard: in a first model 99 of 100 single events were accepted, 67 pairs and 18 tallies."""


def draw_facts(rng: random.Random, mix: dict[str, int] = PLANNER_MIX) -> tuple[Section, tuple[Fact, ...]]:
    """The facts of one sentence, as the planner would pick them."""
    zero = _draw_zero(rng)
    kind = rng.choices(tuple(mix), tuple(mix.values()))[0]
    if kind == "event":
        return "timeline", (_draw_event(rng, zero),)
    if kind == "pair":
        return "timeline", _draw_pair(rng, zero)
    if kind == "group":
        return "summary", (_draw_group(rng, zero),)
    if kind == "absent":
        return "summary", _draw_absent(rng)
    if kind == "finding":
        return "adherence", (F.finding_fact(_draw_finding(rng)),)
    if kind == "tally":
        return "adherence", (F.tally_fact(tuple(_draw_finding(rng, n) for n in range(1, rng.randint(2, 9)))),)
    if kind == "ask_event":
        return "discussion", (_draw_event(rng, zero),)
    if kind == "ask_group":
        return "discussion", (_draw_group(rng, zero),)
    return "discussion", (F.finding_fact(_draw_finding(rng)),)


def _draw_zero(rng: random.Random) -> TimeZero:
    source = rng.choice(("given", "table_arrival", "video_start"))
    t_s = 0.0 if source == "video_start" else round(rng.uniform(-120, 30), 1)
    return TimeZero(t_s=t_s, range_s=(t_s, t_s), source=source)


def _draw_seconds(rng: random.Random) -> float:
    """Lengths over all scales, with short ones in tenths."""
    return round(min(7200.0, rng.choice((1, 5, 30, 120, 600, 3000)) * rng.uniform(0.3, 2.0)), 1)


def _make_event(rng: random.Random, activity: Activity, start_s: float, *, may_cut: bool = True) -> Event:
    end_s = start_s + _draw_seconds(rng)
    cut = rng.random() if may_cut else 1.0
    return Event(
        id=f"E{rng.choice((rng.randint(1, 9), rng.randint(1, 40), rng.randint(1, 400)))}",
        activity=activity,
        start_s=start_s,
        end_s=end_s,
        confidence=1.0,
        start_range_s=(start_s, start_s),
        end_range_s=(end_s, end_s),
        censored_start=cut < 0.1,
        censored_end=0.06 < cut < 0.24,
        source="detector",
    )


def _draw_event(rng: random.Random, zero: TimeZero) -> Fact:
    return F.event_fact(_make_event(rng, rng.choice(ACTIVITIES[1:]), _draw_seconds(rng)), zero)


def _draw_pair(rng: random.Random, zero: TimeZero) -> tuple[Fact, ...]:
    one, other = rng.sample(ACTIVITIES[1:], 2)
    first = _make_event(rng, one, _draw_seconds(rng), may_cut=False)
    second = _make_event(rng, other, first.start_s + 1.2 + _draw_seconds(rng), may_cut=False)
    return F.event_fact(first, zero), F.event_fact(second, zero)


def _draw_group(rng: random.Random, zero: TimeZero) -> Fact:
    activity = rng.choice(ACTIVITIES[1:])
    count = rng.choice((1, 1, 2, 2, 3, 4, 5, 7, rng.randint(1, 12), rng.randint(12, 90)))
    start_s, events = _draw_seconds(rng), []
    for _ in range(count):
        events.append(_make_event(rng, activity, start_s, may_cut=False))
        start_s = events[-1].end_s + _draw_seconds(rng)
    events[-1] = events[-1].model_copy(update={"censored_end": rng.random() < 0.2})
    return F.group_fact(tuple(events), zero, _group_cites(rng, count))


def _group_cites(rng: random.Random, count: int) -> tuple[str, ...]:
    """As the planner has them: the events themselves, or the first one and the measures that count them."""
    numbers = sorted(rng.sample(range(1, 6 * count + 6), count))
    measures = sorted(rng.sample(range(1, 30), 3))
    if count <= MOST_CITES:
        return tuple(f"E{number}" for number in numbers)
    return (f"E{numbers[0]}", *(f"M{number}" for number in measures))


def _draw_absent(rng: random.Random) -> tuple[Fact, ...]:
    names = rng.sample(ACTIVITIES[1:], rng.randint(1, 3))
    in_view = rng.random() < 0.8
    return tuple(
        Fact(kind="absent", cites=(f"M{rng.randint(1, 30)}",), activity=name, in_view=in_view) for name in names
    )


EDITED = (
    "The guideline has PPV started within 60 s of birth when the baby is apnoeic or gasping",
    "The guideline prefers an alternative airway before chest compressions start, or while they begin",
    "Suction is not routine",
    "Stimulation is brief and does not delay ventilation",
    "Initial steps are finished by 60 s",
)
"""Statements as a hospital's own profile may word them."""


@cache
def statements(kind: str) -> tuple[str, ...]:
    """What the shipped profiles' rules, or the quality metrics, state."""
    shipped = (profile.load(profile_id) for profile_id in profile.shipped_ids())
    stated = [rule.statement for one in shipped if one.kind == kind for rule in one.rules]
    return (*dict.fromkeys(stated), *(EDITED if kind == "guideline" else ()))


def _draw_finding(rng: random.Random, number: int = 0) -> Finding:
    unit: Unit = rng.choice(("s", "s", "s", "s", "s", "s", "count", "count", "fraction", "fraction", "bpm"))
    verdict: Verdict = rng.choice(("met", "not_met", "indeterminate", "not_assessable"))
    value, limit = {
        "s": (_draw_seconds(rng), rng.choice((10.0, 15.0, 30.0, 60.0, 90.0))),
        "count": (float(rng.randint(0, 12)), float(rng.randint(1, 5))),
        "fraction": (rng.random(), 0.8),
        "bpm": (float(rng.randint(30, 180)), rng.choice((60.0, 100.0, 120.0))),
    }[unit]
    kind: Literal["guideline", "quality_metric"] = rng.choice(("guideline", "quality_metric"))
    if informs := kind == "quality_metric" and not number and rng.random() < 0.6:
        verdict = "not_assessable"
    known = informs or rng.random() < (0.4 if verdict == "not_assessable" else 0.85)
    return Finding(
        id=f"F{number or rng.randint(1, 20)}",
        rule_id="rule",
        kind=kind,
        verdict=verdict,
        statement=rng.choice(statements(kind)),
        observed="",
        expected="",
        observed_value=value if known else None,
        threshold=limit if known and not informs and rng.random() < 0.8 else None,
        unit=unit if known else None,
        reason=None,
        verified=False,
    )


# --- composing sentences


def compose(rng: random.Random, section: Section, facts: tuple[Fact, ...]) -> str:
    """One true sentence about these facts, its form drawn at random."""
    if section == "discussion":
        return _sentence(f"{rng.choice(ASK)} {_asked(rng, facts[0])}", "?")
    kind = facts[0].kind
    if kind == "event" and len(facts) == 2:
        return _sentence(_pair(rng, facts[0], facts[1]))
    forms: dict[str, Callable[[], str]] = {
        "event": lambda: _event(rng, facts[0]),
        "group": lambda: _group(rng, facts[0]),
        "absent": lambda: _absent(rng, facts),
        "finding": lambda: _finding(rng, facts[0]),
        "tally": lambda: _tally(rng, facts[0]),
    }
    return _sentence(forms[kind]())


ASK = lexicon.PHRASES[lexicon.OPENER]
STARTED = ("started", "began", "set in", "got under way", "commenced")
LASTED = ("lasted", "went on for", "continued for", "ran for", "was seen for", "kept on for")
LASTING = ("lasting", "with a duration of", "for", "going on for", "continuing for")
SEEN = ("was seen", "was recognised", "was noted", "was recorded")
STRETCH = ("stretch", "period", "episode")


def _sentence(text: str, end: str = ".") -> str:
    text = re.sub(r"\ba (?=episode)", "an ", text)
    if re.search(r"(?i)(?:^|[,;] )chest compressions[^;]*(?:;|, and) it\b", text):
        text = re.sub(r"(; |, and )it\b", r"\1they", text)
    return templates.agree(text[0].upper() + text[1:] + end)


def _spell(rng: random.Random, number: Number) -> str:
    """The number in one of its ways; a count may be in words."""
    if number.unit == "count":
        return F.count_word(number.value) if rng.random() < 0.7 else F.plain(number.value)
    ways = F.literals(number)
    return rng.choice(ways if len(ways) > 2 else (ways[0], ways[0], ways[-1]))


def _length(rng: random.Random, number: Number) -> str:
    return ("at least " if number.at_least else "") + _spell(rng, number)


def _when(rng: random.Random, fact: Fact) -> str:
    start = fact.number("start")
    assert start is not None
    text = f"{_spell(rng, start)} {'before' if fact.before_anchor else 'after'} {fact.anchor}"
    return f"at {text}" if ":" in text or rng.random() < 0.25 else text


def _event(rng: random.Random, fact: Fact, *, plain_order: bool = False) -> str:
    """One event as a clause; `plain_order` keeps the subject first, for use inside a longer sentence."""
    duration = fact.number("duration")
    assert duration is not None
    length = _length(rng, duration)
    if fact.ongoing_at_start or fact.ongoing_at_end:
        return _cut_event(rng, fact, length)
    when, name = _when(rng, fact), fact.name
    began, lasted, lasting, seen = (_verb(rng, words, fact) for words in (STARTED, LASTED, LASTING, SEEN))
    stretch = rng.choice(STRETCH)
    subject_first = (
        f"{name} {began} {when} and {lasted} {length}",
        f"{name} {began} {when}, {lasting} {length}",
        f"{name}, lasting {length}, {began} {when}",
        f"{name} {seen} for {length}, starting {when}",
        f"{name} {began} {when} and {seen} for {length}",
        f"a {stretch} of {name} {began} {when} and lasted {length}",
        f"a {stretch} of {name} lasted {length}, beginning {when}",
        f"{length} of {name} began {when}",
        f"{name} {lasted} {length}, starting {when}",
        f"{name} {lasted} {length} and {began} {when}",
    )
    others = (
        f"{when}, {name} {began} and {lasted} {length}",
        f"starting {when}, {name} {lasted} {length}",
        f"beginning {when}, {name} {lasted} {length}",
        f"{name} {began} {when}; it {lasted} {length}",
        f"the start of {name} was {when}, and its duration was {length}",
        f"for {name}, the start was {when} and the duration {length}",
        f"from {when.removeprefix('at ')}, {name} {lasted} {length}",
        f"{name} {seen} from {when.removeprefix('at ')}, {lasting} {length}",
        f"a {stretch} of {name}, {length} long, {began} {when}",
        f"with a start {when}, {name} {lasted} {length}",
        f"{name} ({length}) {began} {when}",
        f"{name} had its start {when} and a duration of {length}",
    )
    return rng.choice(subject_first if plain_order else subject_first + others)


def _cut_event(rng: random.Random, fact: Fact, length: str) -> str:
    name, lasted = fact.name, _verb(rng, LASTED, fact)
    already = rng.choice(("was already under way", "was under way"))
    still = rng.choice(("was still under way", "was under way"))
    at_start = rng.choice(("when the video started", "at the start of the video", "as the video began"))
    at_end = rng.choice(("when the video ended", "at the end of the video"))
    if fact.ongoing_at_start and fact.ongoing_at_end:
        return f"{name} {already} {at_start}, {lasted} {length} and {still} {at_end}"
    if fact.ongoing_at_start:
        return rng.choice(
            (
                f"{name} {already} {at_start} and {lasted} {length}",
                f"{at_start}, {name} {already}, and it {lasted} {length}",
                f"{name}, which {already} {at_start}, {lasted} {length}",
            )
        )
    when, began = _when(rng, fact), rng.choice(STARTED)
    return rng.choice(
        (
            f"{name} {began} {when}, {lasted} {length} and {still} {at_end}",
            f"{name} {began} {when} and {still} {at_end}, after {length}".replace(", after", ", lasting"),
            f"{when}, {name} {began}; it {lasted} {length} and {still} {at_end}",
        )
    )


def _pair(rng: random.Random, one: Fact, other: Fact) -> str:
    first, second = _event(rng, one, plain_order=True), _event(rng, other, plain_order=True)
    followed = _verb(rng, ("was followed",), one)
    details = f"which {rng.choice(STARTED)} {_when(rng, other)} and {_verb(rng, LASTED, other)} {_of(rng, other)}"
    about = f"which {rng.choice(STARTED)} {_when(rng, one)} and {_verb(rng, LASTED, one)} {_of(rng, one)}"
    start_1, start_2 = (f"{rng.choice(STARTED)} {_when(rng, fact)}" for fact in (one, other))
    last_1, last_2 = (f"{_verb(rng, LASTED, fact)} {_of(rng, fact)}" for fact in (one, other))
    long_1, long_2 = _of(rng, one), _of(rng, other)
    clauses = (
        f"{first}, and {second}",
        f"{first}, then {second}",
        f"{first}; {second}",
        f"{first}; then {second}",
        f"{first}; after that, {second}",
        f"first, {first}, and later {second}",
        f"{first}, followed by {other.name}, {details}",
        f"{first} and {followed} by {other.name}, {details}",
        f"{first}, before {second}",
        f"{one.name} ({_of(rng, one)}) {rng.choice(STARTED)} {_when(rng, one)} and {other.name} "
        f"({_of(rng, other)}) {_when(rng, other)}",
        f"{first}; later, {second}",
        f"{first}; subsequently {second}",
        f"{one.name} {start_1} and {last_1}; it {followed} by {other.name}, {details}",
        f"{_when(rng, one)}, {one.name} began and {last_1}; {_when(rng, other)}, {other.name} began and {last_2}",
        f"{one.name} {last_1}, starting {_when(rng, one)}, and {other.name} {last_2}, starting {_when(rng, other)}",
        f"{long_1} of {one.name} {start_1}, followed by {long_2} of {other.name} {_when(rng, other)}",
        f"{one.name} ({long_1}) {start_1}, followed by {other.name} ({long_2}) {_when(rng, other)}",
        f"{one.name} ({long_1}) {start_1}; then {other.name} ({long_2}) {start_2}",
        f"{one.name}, {long_1} long, {start_1}; then {other.name}, {long_2} long, {start_2}",
    )
    relative = (
        f"{one.name}, {about}, {followed} by {other.name}, {details}",
        f"{one.name}, {about}, came before {other.name}, {details}",
        f"{other.name}, {details}, came after {one.name}, {about}",
    )
    return rng.choice(clauses if rng.random() < 0.9 else relative)


def _verb(rng: random.Random, words: tuple[str, ...], fact: Fact) -> str:
    """A verb for the activity as subject, in the plural where its name is."""
    verb = rng.choice(words)
    return verb.replace("was ", "were ") if fact.activity == "chest_compressions" else verb


def _of(rng: random.Random, fact: Fact) -> str:
    duration = fact.number("duration")
    assert duration is not None
    return _length(rng, duration)


def _group(rng: random.Random, fact: Fact) -> str:
    count, total = fact.number("count"), fact.number("total")
    assert count is not None and total is not None
    times = _times(rng, count)
    length, when, name = _length(rng, total), _when(rng, fact), fact.name
    seen, began = _verb(rng, SEEN, fact), rng.choice(STARTED)
    stretch = rng.choice(STRETCH)
    stretches = f"{_spell(rng, count)} {_plural(stretch, count)}"
    there = "was" if count.value == 1 else "were"
    in_total = rng.choice(("in total", "altogether", "in all"))
    return rng.choice(
        (
            f"{name} {seen} {times}, first {when}, for {length} {in_total}",
            f"{name} {seen} {times} for {length} {in_total}, first {when}",
            f"{name} {seen} {times}; the first {stretch} {began} {when} and the total was {length}",
            f"there {there} {stretches} of {name}, the first starting {when}, with a total of {length}",
            f"{stretches} of {name} lasted {length} {in_total}, the first starting {when}",
            f"{in_total}, {name} lasted {length} over {stretches}, first {when}",
            f"{name} first {began} {when} and {seen} {times}, {length} {in_total}",
            f"first {seen.split()[1]} {when}, {name} {seen} {times}, {length} {in_total}",
            f"a total of {length} of {name} was {seen.split()[1]} over {stretches}, the first starting {when}",
            f"over {stretches}, {name} lasted {length} {in_total}; the first {began} {when}",
            f"{name} added up to {length} over {stretches}, the first of which {began} {when}",
            f"{stretches} of {name} {there} seen, the first {when}, for {length} {in_total}",
            f"{stretches} of {name} {there} seen, with a total of {length}; the first {began} {when}",
            f"{stretches} of {name} {there} seen; the first {began} {when}, and the total was {length}",
            f"first starting {when}, {name} {seen} {times} for {length} {in_total}",
            f"{name} {seen} over {stretches} for {length} {in_total}, first {when}",
            f"{name}, first {seen.split()[1]} {when}, lasted {length} {in_total} over {stretches}",
            f"{name}, {seen.split()[1]} {times}, lasted {length} {in_total} and first {began} {when}",
            f"{name} {seen} {times} with a total of {length}, the first {stretch} starting {when}",
            f"{name} {seen} {times}, with the first {stretch} {when} and a total of {length}",
            f"{name} first {began} {when}, and {stretches} lasted {length} {in_total}",
            f"{name} occurred {times}, first {when}, for {length} {in_total}",
            f"{name} {began} first {when} and {seen} {times} for {length} {in_total}",
            f"the first of {stretches} of {name} {began} {when}, and the total was {length}"
            if count.value > 1
            else f"one {stretch} of {name} {began} {when} and lasted {length} {in_total}",
        )
    )


def _plural(noun: str, count: Number) -> str:
    return noun if count.value == 1 else f"{noun}{'es' if noun.endswith('ch') else 's'}"


def _times(rng: random.Random, count: Number) -> str:
    if count.value == 1:
        return "once"
    if count.value == 2 and rng.random() < 0.5:
        return "twice"
    return f"{_spell(rng, count)} times"


def _absent(rng: random.Random, facts: tuple[Fact, ...]) -> str:
    names = [fact.name for fact in facts]
    seen, tail = (
        rng.choice(("seen", "recognised", "noted")),
        rng.choice(("", " while the baby was in view" if facts[0].in_view else "")),
    )
    if len(names) == 1:
        return (
            rng.choice((f"{names[0]} was not {seen}", f"no {names[0]} was {seen}", f"{names[0]} was never {seen}"))
            + tail
        )
    joined = f"{', '.join(names[:-1])} and {names[-1]}"
    either = f"{', '.join(names[:-1])} or {names[-1]}"
    forms = [f"{joined} were not {seen}", f"no {either} was {seen}", f"{joined} were never {seen}"]
    if len(names) == 2:
        forms.append(f"neither {names[0]} nor {names[1]} was {seen}")
    return rng.choice(forms) + tail


VERDICTS: dict[Verdict, tuple[str, ...]] = {
    "met": ("was met", "is met", "counts as met"),
    "not_met": ("was not met", "is not met", "counts as not met"),
    "indeterminate": ("was too close to call", "is too close to call", "remains indeterminate", "was indeterminate"),
    "not_assessable": ("could not be assessed", "cannot be assessed", "was not assessable", "is not assessable"),
}


def _finding(rng: random.Random, fact: Fact) -> str:
    assert fact.verdict is not None
    rule, verdict = _rule(rng, fact), rng.choice(VERDICTS[fact.verdict])
    observed, limit = fact.number("observed"), fact.number("limit")
    if observed is None:
        return rng.choice((f"{rule} {verdict}", f"for this case, {rule} {verdict}", f"in this case {rule} {verdict}"))
    seen = _spell(rng, observed)
    if fact.informs:
        return rng.choice(
            (
                f"for {rule}, {seen} was observed",
                f"{seen} was observed for {rule}",
                f"{seen} is the observed value for {rule}",
                f"{rule} was {seen}",
                f"in this case {rule} was observed at {seen}",
                f"for {rule}, the observed value was {seen}",
                f"the observed value of {rule} was {seen}",
                f"{rule} was observed at {seen}",
                f"observed for {rule} was {seen}",
            )
        )
    if limit is None:
        return rng.choice(
            (
                f"{rule} {verdict}, with {seen} observed",
                f"{rule} {verdict}; the observed value was {seen}",
                f"with {seen} observed, {rule} {verdict}",
                f"the observed value was {seen}, and {rule} {verdict}",
                f"{seen} was observed, and {rule} {verdict}",
                f"{seen} was observed; {rule} {verdict}",
                f"{rule} {verdict}; {seen} was observed",
                f"{rule} {verdict}, and {seen} was observed",
                f"{rule}, observed at {seen}, {verdict}",
                f"in this case {seen} was observed, and {rule} {verdict}",
            )
        )
    allowed = _spell(rng, limit)
    return rng.choice(
        (
            f"{rule} {verdict}; {seen} was observed, and the limit is {allowed}",
            f"{rule} {verdict}, with {seen} observed and a limit of {allowed}",
            f"with {seen} observed and a limit of {allowed}, {rule} {verdict}",
            f"{rule} {verdict}, at {seen} against a limit of {allowed}",
            f"{rule} {verdict}; the observed value was {seen} and the limit is {allowed}",
            f"the observed value was {seen}, the limit is {allowed}, and {rule} {verdict}",
            f"observed at {seen} against a limit of {allowed}, {rule} {verdict}",
            f"against a limit of {allowed}, {seen} was observed, and {rule} {verdict}",
            f"{rule}, with a limit of {allowed}, {verdict} at {seen}",
            f"{rule} {verdict}; {seen} was observed against a limit of {allowed}",
            f"the limit is {allowed} and {seen} was observed; {rule} {verdict}",
            f"the limit was {allowed} and the observed value {seen}; {rule} {verdict}",
            f"{seen} was observed and the limit is {allowed}; {rule} {verdict}",
            f"with a limit of {allowed} and {seen} observed, {rule} {verdict}",
            f"with a limit of {allowed}, {rule} {verdict}; {seen} was observed",
            f"in this case {seen} was observed, the limit is {allowed}, and {rule} {verdict}",
            f"in this case, {rule} {verdict}; the limit is {allowed} and {seen} was observed",
            f"{rule}, observed at {seen} and with a limit of {allowed}, {verdict}",
        )
    )


def _rule(rng: random.Random, fact: Fact) -> str:
    word = "quality metric" if fact.metric else "rule"
    return rng.choice((f"the {word} “{fact.quote}”", f"the {word} “{fact.quote}”", f"“{fact.quote}”"))


def _tally(rng: random.Random, fact: Fact) -> str:
    parts = []
    for number in fact.numbers:
        verdict = {
            "met": rng.choice(("met",)),
            "not_met": "not met",
            "indeterminate": rng.choice((*["too close to call"] * 4, "indeterminate")),
            "not_assessable": "not assessable",
        }[number.role]
        parts.append(f"{_spell(rng, number)} {'was' if number.value == 1 else 'were'} {verdict}")
    if rng.random() < 0.05:
        rng.shuffle(parts)
    joined = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return rng.choice(
        (f"of the rules, {joined}", f"of the rules {joined}", f"among the rules {joined}", f"for the rules, {joined}")
    )


def _asked(rng: random.Random, fact: Fact) -> str:
    """The noun phrase that an open question is about."""
    if fact.kind == "finding":
        assert fact.verdict is not None
        observed = fact.number("observed")
        if fact.informs and observed is not None:
            seen = _spell(rng, observed)
            return f"{_rule(rng, fact)}, {rng.choice((f'with {seen} observed', f'observed at {seen}'))}"
        which = f"{_rule(rng, fact)}, which {rng.choice(VERDICTS[fact.verdict])}"
        return which if observed is None else f"{which} with {_spell(rng, observed)} observed"
    name, began, stretch = fact.name, rng.choice(STARTED), rng.choice(STRETCH)
    if fact.kind == "group":
        count, total = fact.number("count"), fact.number("total")
        assert count is not None and total is not None
        stretches = f"the {_spell(rng, count)} {_plural(stretch, count)} of {name}"
        return rng.choice(
            (
                f"{stretches}, {_length(rng, total)} in total",
                stretches,
                f"{name}, which first {began} {_when(rng, fact)}",
                f"{name}, which was seen {_times(rng, count)} for {_length(rng, total)} in total",
            )
        )
    if fact.ongoing_at_start:
        return f"{name}, which was already under way at the start of the video"
    return rng.choice(
        (
            f"the {_of(rng, fact)} of {name} that {began} {_when(rng, fact)}",
            f"{name}, which {began} {_when(rng, fact)}",
            f"{name}, which {began} {_when(rng, fact)} and {_verb(rng, LASTED, fact)} {_of(rng, fact)}",
            f"the {stretch} of {name} that {began} {_when(rng, fact)}",
            f"the start of {name} {_when(rng, fact)}",
        )
    )


def main() -> None:
    """Show some examples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for _, example in zip(range(arguments.show), examples(arguments.seed), strict=False):
        print(f"{example.user}\n    -> {example.target}\n")


if __name__ == "__main__":
    main()

"""The facts a sentence may rest on, resolved by code, and the textual form in which the LLM reads them.

A fact holds values already rounded as they are spoken: what a sentence says is compared with these, so rounding happens
once, here. The module does not know how sentences are worded (`templates`) or judged (`verify`).

The prompt of one sentence is a line naming the section and a line per fact:

    timeline
    E3 | PPV | starts 78 s = 1:18 after arrival on the table | lasts 25 s
"""

from typing import Literal

from pydantic import Field

from resus_doc.guidelines.rounding import MOST_PLACES, half_up, places_for
from resus_doc.schema import (
    ACTIVITY_NAMES,
    Activity,
    Event,
    Finding,
    Measure,
    Passage,
    Section,
    TimeZero,
    Unit,
    Value,
    Verdict,
)
from resus_doc.tools.record import VERDICT_WORDS
from resus_doc.tools.report_words import measure_name

Kind = Literal[
    "event",
    "group",
    "absent",
    "finding",
    "tally",
    "measure",
    "passage",
    "omitted",
    "unassessed",
    "unobserved",
    "withheld",
    "nothing",
    "open",
    "rest",
]
"""event: one stretch; group: all stretches of one activity; absent: an activity that was covered and not seen; finding: one
rule's verdict; tally: how many rules got which verdict; measure and passage: quoted by name. The others have one wording
each: events not told one by one, rules that could not be assessed, a baby never in view, a video out of domain, no
recognised activity at all, the question that opens a discussion, and what a long answer leaves out."""

Role = Literal[
    "start", "duration", "count", "total", "observed", "limit", "met", "not_met", "indeterminate", "not_assessable"
]
"""What a number says about its fact. In a group `start` is that of the first stretch; verdicts are those of a tally."""

SYSTEM = "Write one sentence of the debrief from these facts."
COUNT_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
SECONDS_PER_MINUTE = 60


class Number(Value):
    """A number as it is spoken: seconds, a count, or percent (already times 100)."""

    role: Role
    value: float
    unit: Literal["s", "count", "%", "bpm"]
    at_least: bool = False
    """The stretch runs over an edge of the video, so the number is a lower bound."""


class Fact(Value):
    """One resolved fact. `cites` are ids that exist in the report."""

    kind: Kind
    cites: tuple[str, ...]
    activity: Activity | None = None
    anchor: str | None = None
    """What `start` counts from, in words: birth, arrival on the table, the start of the video."""
    before_anchor: bool = False
    numbers: tuple[Number, ...] = ()
    ongoing_at_start: bool = False
    ongoing_at_end: bool = False
    verdict: Verdict | None = None
    quote: str | None = None
    """Text that may only be quoted whole: a rule's statement."""
    metric: bool = False
    """The finding belongs to a quality metric, not to a guideline rule."""
    in_view: bool = False
    """Absent or nothing: it holds for the time in which the baby was seen to be in view."""
    onset_s: float | None = Field(default=None)
    """Where the event lies in the video, for order words."""

    def number(self, role: Role) -> Number | None:
        """The number of this role, or None."""
        return next((number for number in self.numbers if number.role == role), None)

    @property
    def name(self) -> str:
        """The activity in words."""
        return "" if self.activity is None else ACTIVITY_NAMES[self.activity]

    @property
    def informs(self) -> bool:
        """A quality metric without a limit: its value is told, and there is no verdict to tell."""
        limited = self.number("limit") is not None or self.number("observed") is None
        return self.metric and self.verdict == "not_assessable" and not limited


class SentencePlan(Value):
    """One sentence to be written: what it is about, and the sentence that stands if no other is accepted."""

    section: Section
    facts: tuple[Fact, ...]
    template: str
    by_llm: bool = True
    """False for sentences that are always the template's."""

    @property
    def cites(self) -> tuple[str, ...]:
        """The ids of all its facts, each once, in order."""
        return tuple(dict.fromkeys(cite for fact in self.facts for cite in fact.cites))


# --- numbers as they are spoken


def spoken(value: float, limit: float | None = None) -> float:
    """A time as sentences give it: tenths of a second below one minute, whole seconds from there; finer beside a limit."""
    return half_up(value, places_for(value, limit, 0 if abs(value) >= SECONDS_PER_MINUTE else 1))


def plain(value: float) -> str:
    """Digits without trailing zeros: 78, 3.5."""
    return f"{value:.{MOST_PLACES}f}".rstrip("0").rstrip(".")


def clock(value: float) -> str | None:
    """Whole seconds from one minute on as m:ss; None for other numbers."""
    if value < SECONDS_PER_MINUTE or value != int(value):
        return None
    return f"{int(value) // 60}:{int(value) % 60:02d}"


def literals(number: Number) -> tuple[str, ...]:
    """The ways in which a number may be written with digits; counts may also be written in words."""
    digits = plain(number.value)
    if number.unit == "%":
        return (f"{digits} %",)
    if number.unit == "count":
        return (digits,)
    if number.unit == "bpm":
        return (f"{digits} beats per minute",)
    ways = [f"{digits} s", f"{digits} seconds"]
    as_clock = clock(number.value)
    if as_clock is not None:
        minutes, seconds = (int(part) for part in as_clock.split(":"))
        ways += [as_clock, f"{minutes} min {seconds} s"]
    return tuple(ways)


def count_word(count: float) -> str:
    """A small count in words, a larger one in digits."""
    return COUNT_WORDS[int(count)] if count < len(COUNT_WORDS) else plain(count)


# --- facts from the report's values


def number_of(role: Role, value: float, unit: Unit, *, at_least: bool = False, limit: float | None = None) -> Number:
    """Round a value of the report to how it is spoken, on the right side of the limit it is held against."""
    scale = 100 if unit == "fraction" else 1
    exact, limit = value * scale, None if limit is None else limit * scale
    rounded = spoken(exact, limit) if unit == "s" else half_up(exact, places_for(exact, limit, 0))
    return Number(role=role, value=rounded, unit="%" if unit == "fraction" else unit, at_least=at_least)


def event_fact(event: Event, zero: TimeZero) -> Fact:
    """One event, its start counted from time zero unless the video's edge hides it."""
    return _stretch_fact("event", (event,), zero, ())


def group_fact(events: tuple[Event, ...], zero: TimeZero, cites: tuple[str, ...]) -> Fact:
    """All events of one activity: how often, the first start, and the total."""
    total = sum(event.duration_s for event in events)
    cut = any(event.censored_start or event.censored_end for event in events)
    extra = (number_of("count", len(events), "count"), number_of("total", total, "s", at_least=cut))
    return _stretch_fact("group", events, zero, extra).model_copy(update={"cites": cites})


def _stretch_fact(kind: Kind, events: tuple[Event, ...], zero: TimeZero, extra: tuple[Number, ...]) -> Fact:
    first = events[0]
    start = number_of("start", first.start_s - zero.t_s, "s")
    before = start.value < 0
    numbers: tuple[Number, ...] = (
        () if first.censored_start else (start.model_copy(update={"value": abs(start.value)}),)
    )
    if kind == "event":
        cut = first.censored_start or first.censored_end
        numbers += (number_of("duration", first.duration_s, "s", at_least=cut),)
    return Fact(
        kind=kind,
        cites=tuple(event.id for event in events),
        activity=first.activity,
        anchor=zero.name,
        before_anchor=before,
        numbers=numbers + extra,
        ongoing_at_start=first.censored_start,
        ongoing_at_end=events[-1].censored_end,
        onset_s=first.start_s,
    )


def finding_fact(finding: Finding) -> Fact:
    """One finding: its rule quoted, its verdict, and what was observed with the limit it was held against."""
    numbers: tuple[Number, ...] = ()
    if finding.unit is not None and finding.observed_value is not None and finding.observed_value >= 0:
        numbers = (number_of("observed", finding.observed_value, finding.unit, limit=finding.threshold),)
        if finding.threshold is not None:
            numbers += (number_of("limit", finding.threshold, finding.unit, limit=finding.threshold),)
    return Fact(
        kind="finding",
        cites=(finding.id,),
        numbers=numbers,
        verdict=finding.verdict,
        quote=quotable(finding.statement),
        metric=finding.kind == "quality_metric",
    )


def tally_fact(findings: tuple[Finding, ...]) -> Fact:
    """How many guideline rules got which verdict."""
    counts = [
        number_of(verdict, sum(finding.verdict == verdict for finding in findings), "count")
        for verdict in VERDICT_WORDS
    ]
    return Fact(
        kind="tally",
        cites=tuple(finding.id for finding in findings),
        numbers=tuple(number for number in counts if number.value > 0),
    )


def measure_fact(measure: Measure) -> Fact:
    """A measure by its name; without a number where it could not be assessed."""
    known = measure.value is not None and measure.value >= 0
    numbers = (number_of("observed", measure.value, measure.unit),) if known and measure.value is not None else ()
    verdict: Verdict | None = None if known else "not_assessable"
    return Fact(
        kind="measure",
        cites=(measure.id,),
        numbers=numbers,
        quote=quotable(measure_name(measure.name)),
        verdict=verdict,
    )


def passage_fact(passage: Passage) -> Fact:
    """A guideline passage, which is only ever quoted."""
    return Fact(kind="passage", cites=(passage.id,), quote=quotable(passage.text))


def quotable(text: str) -> str:
    """Text that can stand between quotation marks: one line, no quotation or control characters, no final stop."""
    kept = "".join(char if char.isprintable() else " " for char in text)
    for mark in '“”„«»"<>|\\':
        kept = kept.replace(mark, "'")
    return " ".join(kept.split()).rstrip(".")


# --- what the LLM reads


def fact_line(fact: Fact) -> str:
    """The fact as one line of the prompt; the parts are separated by bars."""
    parts = [_ids(fact.cites)]
    if fact.kind == "finding":
        parts += [
            f"{'quality metric' if fact.metric else 'rule'} “{fact.quote}”",
            "no limit" if fact.informs else f"verdict {_verdict(fact)}",
        ]
        parts += [f"{number.role} {_both_ways(number)}" for number in fact.numbers]
    elif fact.kind == "tally":
        parts += ["rules"] + [f"{VERDICT_WORDS[number.role]} {plain(number.value)}" for number in fact.numbers]  # type: ignore[index]
    elif fact.kind == "absent":
        parts += [fact.name, "not seen" + (" while the baby was in view" if fact.in_view else "")]
    else:
        parts += [fact.name, *_stretch_parts(fact)]
    return " | ".join(parts)


def prompt(section: Section, facts: tuple[Fact, ...], refused: str | None = None) -> str:
    """The user's part of the prompt for one sentence; `refused` is why the last try was not accepted."""
    lines = [section, *(fact_line(fact) for fact in facts)]
    return "\n".join([*lines, f"refused: {refused}"] if refused else lines)


def _stretch_parts(fact: Fact) -> list[str]:
    parts = []
    if (count := fact.number("count")) is not None:
        parts.append(f"{plain(count.value)} {'time' if count.value == 1 else 'times'}")
    if fact.ongoing_at_start:
        parts.append("under way at the start of the video")
    elif (start := fact.number("start")) is not None:
        side = "before" if fact.before_anchor else "after"
        parts.append(f"{'first starts' if fact.kind == 'group' else 'starts'} {_both_ways(start)} {side} {fact.anchor}")
    lengths: tuple[tuple[Role, str, str], ...] = (("duration", "lasts", ""), ("total", "lasts", " in total"))
    for role, verb, end in lengths:
        if (number := fact.number(role)) is not None:
            parts.append(f"{verb} {'at least ' if number.at_least else ''}{_both_ways(number)}{end}")
    if fact.ongoing_at_end:
        parts.append("under way at the end of the video")
    return parts


def _both_ways(number: Number) -> str:
    as_clock = clock(number.value) if number.unit == "s" else None
    return literals(number)[0] + (f" = {as_clock}" if as_clock else "")


def _ids(cites: tuple[str, ...]) -> str:
    return " ".join(cites) if len(cites) <= 3 else f"{cites[0]} to {cites[-1]}"


def _verdict(fact: Fact) -> str:
    if fact.verdict is None:
        raise ValueError("a finding without a verdict")
    return VERDICT_WORDS[fact.verdict]

"""The plain sentence for each kind of fact: what stands in the report when no language model's sentence is accepted.

A template says everything its facts hold, in the fewest forms that read well. It knows nothing of the verifier, which must
accept each of them.
"""

import re

from resus_doc.agent.facts import COUNT_WORDS, Fact, Number, clock, count_word, literals
from resus_doc.schema import Section, Verdict
from resus_doc.tools.record import VERDICT_WORDS

FIXED = ("passage", "omitted", "unassessed", "unobserved", "withheld", "nothing", "open", "rest")
"""Kinds with one wording only; no language model writes them and the verifier takes no other."""

_VERDICTS: dict[Verdict, str] = {
    "met": "was met",
    "not_met": "was not met",
    "indeterminate": "was too close to call",
    "not_assessable": "could not be assessed",
}


def sentence(section: Section, facts: tuple[Fact, ...]) -> str:
    """The template sentence of these facts.

    Raises:
        ValueError: the facts do not make one sentence together.
    """
    kind = facts[0].kind
    if kind in FIXED:
        return _fixed(facts[0])
    if section == "discussion":
        return agree(f"What does the team remember about {_topic(facts[0])}?")
    if kind == "event":
        return _capital("; then ".join(_event(fact) for fact in facts)) + "."
    if kind == "absent":
        return _capital(_absent(facts)) + "."
    if len(facts) > 1:
        raise ValueError(f"{len(facts)} facts of kind {kind} do not make one sentence")
    wording = {"group": _group, "finding": _finding, "tally": _tally, "measure": _measure}[kind]
    return _capital(wording(facts[0])) + "."


def agree(text: str) -> str:
    """Chest compressions are the one activity in the plural."""
    return re.sub(r"(?i)(?<!of )(chest compressions(?:, which)?) was\b", r"\1 were", text)


def _capital(text: str) -> str:
    return agree(text[0].upper() + text[1:])


def _number(number: Number) -> str:
    """Seconds as m:ss from one minute on; the rest as it is."""
    as_clock = clock(number.value) if number.unit == "s" else None
    return ("at least " if number.at_least else "") + (as_clock or literals(number)[0])


def _start(fact: Fact) -> str:
    start = fact.number("start")
    if start is None:
        raise ValueError(f"{fact.name} has no start")
    text = f"{_number(start)} {'before' if fact.before_anchor else 'after'} {fact.anchor}"
    return f"at {text}" if ":" in text else text


def _event(fact: Fact) -> str:
    duration = fact.number("duration")
    if duration is None:
        raise ValueError(f"{fact.name} has no duration")
    lasted = f" and lasted {_number(duration)}"
    if fact.ongoing_at_end:
        lasted = f", lasted {_number(duration)} and was still under way at the end of the video"
    if fact.ongoing_at_start:
        return f"{fact.name} was already under way at the start of the video{lasted}"
    return f"{fact.name} started {_start(fact)}{lasted}"


def _group(fact: Fact) -> str:
    count, total = fact.number("count"), fact.number("total")
    if count is None or total is None:
        raise ValueError(f"{fact.name} has no count or total")
    first = "" if fact.number("start") is None else f" first {_start(fact)},"
    return f"{fact.name} was seen {_times(count)},{first} for {_number(total)} in total"


def _times(count: Number) -> str:
    return {1: "once", 2: "twice"}.get(int(count.value), f"{count_word(count.value)} times")


def _absent(facts: tuple[Fact, ...]) -> str:
    names = [fact.name for fact in facts]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    plural = len(names) > 1 or names[0].endswith("s")
    return f"{listed} {'were' if plural else 'was'} not seen{_view(facts[0])}"


def _view(fact: Fact) -> str:
    return " while the baby was in view" if fact.in_view else ""


def _finding(fact: Fact) -> str:
    rule, observed, limit = _rule(fact), fact.number("observed"), fact.number("limit")
    if observed is None:
        return f"{rule} {_verdict(fact)}"
    if fact.informs:
        return f"for {rule}, {_number(observed)} was observed"
    if limit is None:
        return f"{rule} {_verdict(fact)}, with {_number(observed)} observed"
    return f"{rule} {_verdict(fact)}, with {_number(observed)} observed and a limit of {_number(limit)}"


def _rule(fact: Fact) -> str:
    return f"the {'quality metric' if fact.metric else 'rule'} “{fact.quote}”"


def _verdict(fact: Fact) -> str:
    if fact.verdict is None:
        raise ValueError("a finding without a verdict")
    return _VERDICTS[fact.verdict]


def _tally(fact: Fact) -> str:
    parts = [
        f"{count_word(number.value)} {'was' if number.value == 1 else 'were'} {VERDICT_WORDS[number.role]}"  # type: ignore[index]
        for number in fact.numbers
    ]
    return "of the rules, " + (parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}")


def _measure(fact: Fact) -> str:
    observed = fact.number("observed")
    return f"“{fact.quote}” {'could not be assessed' if observed is None else 'was ' + _number(observed)}"


def _topic(fact: Fact) -> str:
    if fact.kind == "finding":
        observed = fact.number("observed")
        verdict = "" if fact.informs else f", which {_verdict(fact)}"
        return f"{_rule(fact)}{verdict}" + ("" if observed is None else f", with {_number(observed)} observed")
    if fact.number("start") is None:
        return f"{fact.name}, which was already under way at the start of the video"
    return f"{fact.name}, which {'first ' if fact.kind == 'group' else ''}started {_start(fact)}"


def _fixed(fact: Fact) -> str:
    count = fact.number("count")
    number = "" if count is None else count_word(count.value) if count.value < len(COUNT_WORDS) else _number(count)
    one = count is not None and count.value == 1
    return _capital(
        {
            "passage": f"“{fact.quote}.”",
            "omitted": f"{number} further {'event is' if one else 'events are'} not told here one by one; the summary "
            "counts them per activity and the table lists them.",
            "unassessed": f"{number} of the rules and quality metrics could not be assessed and had no value measured; the "
            "table of findings gives the reason for each.",
            "unobserved": "The baby was not recognised in view, so nothing can be concluded from what was not seen.",
            "withheld": "This video is unlike the videos the detector was trained on, so its events are withheld and no "
            "rule was assessed.",
            "nothing": f"None of the recognised activities was seen{_view(fact)}.",
            "rest": f"{number} further {'entry is' if one else 'entries are'} not told here.",
            "open": "What would the team like to talk about first?",
        }[fact.kind]
    )

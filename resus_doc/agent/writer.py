"""The writer: which sentences a report holds, who words each of them, and which wording stands.

    plan ── draft ── verify ── assemble        code selects, orders and resolves the facts (plan);
              └────────┘ at most twice again   the language model words one to three facts (draft); the verifier judges

Plans and drafts are JSON values, so a graph can checkpoint them between the steps. A draft is {"text", "problems", "tries"};
`text` is None where the template stands. No step knows what the video showed: all it has are the facts.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from resus_doc.agent import facts as F
from resus_doc.agent import templates
from resus_doc.agent import verify as verifier
from resus_doc.agent.facts import Fact, SentencePlan
from resus_doc.agent.grammar import sentence_grammar
from resus_doc.errors import LanguageModelBroken
from resus_doc.schema import Event, Finding, Measure, NarrativeSection, Report, Section, Sentence

if TYPE_CHECKING:
    from resus_doc.models.llm import Completion, Engine

Drafts = list[dict[str, Any]]

SECTIONS: tuple[Section, ...] = ("summary", "timeline", "adherence", "discussion")
MOST_EVENTS = 16
"""Events told one by one. A reader follows about a dozen; the rest is counted per activity and stands in the table."""
MOST_CITES = 12
"""Ids under one sentence; an activity with more events is cited by its measures."""
MOST_QUESTIONS = 4
"""Questions for one debrief of twenty minutes."""
MOST_ABSENT = 3
"""Activities in one "not seen" sentence: the writer's sentences hold one to three facts."""
REWRITES = 2
"""How often a refused sentence is written again before its template stands."""
MOST_TOKENS = 220
"""The longest accepted sentences take about 150 tokens of a 2,000-word vocabulary."""
UNFINISHED = "unfinished"
"""What is told of a sentence that came to the token limit before its full stop."""
MOST_BREAKDOWNS = 3
"""Failures of the engine in a row after which it is not asked again in this round."""


def write_narrative(
    report: Report, engine: "Engine | None", seed: int = 0, progress: Callable[[float], None] | None = None
) -> tuple[NarrativeSection, ...]:
    """Plan, draft, verify and assemble in one go; `progress` gets the finished fraction of each round."""
    planned = plan(report)
    return assemble(planned, None if engine is None else _drafted(planned, engine, seed, progress))


class Rewritten(NamedTuple):
    """The narrative of a changed report, with how many sentences kept their words and how many were written anew."""

    narrative: tuple[NarrativeSection, ...]
    kept: int
    written: int


def rewrite_narrative(
    report: Report, before: Report, open_engine: "Callable[[], Engine | None]", seed: int = 0
) -> Rewritten:
    """The narrative of a report that came of `before` by changes: only sentences whose facts changed are written.

    A sentence stays word for word where its plan holds the same facts, whatever ids they have now; events that shared a sentence
    go on sharing it, so that one change does not regroup those after it. `open_engine` is called only if there is a sentence for
    the language model; None leaves all to the templates.
    """
    planned = plan(report, _together(before))
    told = _told(before)
    stays = {index: said.pop(0) for index, item in enumerate(planned) if (said := told.get(_content(item)))}
    drafts = [{**one, "tries": 1 if index in stays else 0} for index, one in enumerate(undrafted(planned))]
    is_open = any(item["by_llm"] and index not in stays for index, item in enumerate(planned))
    engine = open_engine() if is_open else None
    if engine is not None:
        drafts = _drafted(planned, engine, seed, None, drafts)
    items = [SentencePlan.model_validate(item) for item in planned]
    sentences = [
        stays[index].model_copy(update={"cites": item.cites}) if index in stays else _sentence(item, one)
        for index, (item, one) in enumerate(zip(items, drafts, strict=True))
    ]
    narrative = tuple(
        NarrativeSection(
            section=section,
            sentences=tuple(one for item, one in zip(items, sentences, strict=True) if item.section == section),
        )
        for section in SECTIONS
    )
    return Rewritten(narrative, len(stays), len(items) - len(stays))


def _told(report: Report) -> dict[str, list[Sentence]]:
    """The sentences of a report by the facts they were written from; none if its plan is not the one it was written by."""
    planned = plan(report, _together(report))
    sentences = [sentence for section in report.narrative for sentence in section.sentences]
    if [tuple(SentencePlan.model_validate(item).cites) for item in planned] != [each.cites for each in sentences]:
        return {}
    found: dict[str, list[Sentence]] = {}
    for item, sentence in zip(planned, sentences, strict=True):
        found.setdefault(_content(item), []).append(sentence)
    return found


def _together(report: Report) -> frozenset[tuple[str, ...]]:
    """The ids that the sentences of a report cite together."""
    return frozenset(sentence.cites for section in report.narrative for sentence in section.sentences)


def _content(item: dict[str, Any]) -> str:
    """Section and facts of a planned sentence, without the ids of the facts."""
    facts = [{key: value for key, value in fact.items() if key != "cites"} for fact in item["facts"]]
    return json.dumps([item["section"], facts], sort_keys=True)


def planned_about(report: Report, most: int | None = None) -> list[dict[str, Any]]:
    """Sentences for each event, measure, finding and passage of a report that was reduced to what an answer may hold.

    With more than `most` facts the rest is not told: a last sentence counts it and cites its ids. They are JSON values of
    `SentencePlan`, which `worded` puts into words.
    """
    return [item.model_dump(mode="json") for item in _answers(report, most)]


def worded(planned: dict[str, Any], engine: "Engine | None", seed: int = 0) -> Sentence:
    """One planned sentence: the language model's if the verifier accepts a try of it, else the template."""
    drafts = None if engine is None else _drafted([planned], engine, seed, None)
    return next(sentence for section in assemble([planned], drafts) for sentence in section.sentences)


def _drafted(
    planned: list[dict[str, Any]],
    engine: "Engine",
    seed: int,
    progress: Callable[[float], None] | None,
    drafts: Drafts | None = None,
) -> Drafts:
    for _ in range(1 + REWRITES):
        drafts = verify(planned, draft(planned, engine, earlier=drafts, seed=seed, progress=progress))
        if not any(item["problems"] for item in drafts):
            break
    return drafts if drafts is not None else undrafted(planned)


# --- plan


def plan(report: Report, told_together: Collection[tuple[str, ...]] | None = None) -> list[dict[str, Any]]:
    """The sentences of a report in order, as JSON values of `SentencePlan`.

    `told_together` are ids of events that share a sentence already; without it, the plan chooses.
    """
    items = [*_summary(report), *_timeline(report, told_together), *_adherence(report), *_discussion(report)]
    return [item.model_dump(mode="json") for item in items]


def _item(section: Section, *facts: Fact) -> SentencePlan:
    by_llm = facts[0].kind not in (*templates.FIXED, "measure") and not _is_odd(facts[0])
    return SentencePlan(section=section, facts=facts, template=templates.sentence(section, facts), by_llm=by_llm)


def _is_odd(fact: Fact) -> bool:
    """A group whose first start was not seen: the templates alone word it."""
    return fact.kind == "group" and fact.number("start") is None


def _summary(report: Report) -> Iterator[SentencePlan]:
    findings = tuple(finding.id for finding in report.findings)
    if report.is_withheld:
        yield from _fixed("summary", "withheld", findings)
        return
    groups = _groups(report)
    for fact in groups:
        yield _item("summary", fact)
    counts = {measure.name: measure for measure in report.measures}
    if report.observed_s <= 0:
        yield from _fixed("summary", "unobserved", findings)
    elif not groups:
        cites = tuple(measure.id for measure in report.measures if measure.name.endswith("_count"))
        yield from _fixed("summary", "nothing", cites or findings, in_view=_sees_baby(report))
    else:
        absent = [fact for fact in _absent(report, counts) if fact.activity not in {group.activity for group in groups}]
        for begin in range(0, len(absent), MOST_ABSENT):
            yield _item("summary", *absent[begin : begin + MOST_ABSENT])


def _fixed(
    section: Section, kind: F.Kind, cites: tuple[str, ...], count: int | None = None, *, in_view: bool = False
) -> Iterator[SentencePlan]:
    """A sentence with one wording; none where there is nothing to cite."""
    numbers = () if count is None else (F.number_of("count", count, "count"),)
    if cites:
        yield _item(section, Fact(kind=kind, cites=cites, numbers=numbers, in_view=in_view))


def _sees_baby(report: Report) -> bool:
    """Whether it is known when the baby was in view; without that label the whole video counts as observed."""
    return "baby_visible" in report.activities_covered


def _acts(report: Report) -> list[Event]:
    """What was done, in order of onset; the baby's being in view is no act."""
    acts = [event for event in report.events if event.activity != "baby_visible"]
    return sorted(acts, key=lambda event: (event.start_s, event.end_s, event.id))


def _groups(report: Report) -> list[Fact]:
    acts = _acts(report)
    names = list(dict.fromkeys(event.activity for event in acts))
    return [_group(report, tuple(event for event in acts if event.activity == name)) for name in names]


def _group(report: Report, events: tuple[Event, ...]) -> Fact:
    name = events[0].activity
    cites = tuple(event.id for event in events)
    if len(cites) > MOST_CITES:
        wanted = (f"{name}_count", f"{name}_total", f"time_to_first_{name}")
        measured = tuple(measure.id for measure in report.measures if measure.name in wanted)
        cites = (events[0].id, *(measured or cites[1:MOST_CITES]))
    return F.group_fact(events, report.time_zero, cites)


def _absent(report: Report, counts: dict[str, Measure]) -> Iterator[Fact]:
    """Covered activities that a measure counts as never seen."""
    for name in report.activities_covered:
        measure = counts.get(f"{name}_count")
        if name != "baby_visible" and measure is not None and measure.value == 0:
            yield Fact(kind="absent", cites=(measure.id,), activity=name, in_view=_sees_baby(report))


def _timeline(report: Report, told_together: Collection[tuple[str, ...]] | None) -> Iterator[SentencePlan]:
    acts = _acts(report)
    told = acts if len(acts) <= MOST_EVENTS else _firsts(acts)
    for pair in _pairs(told, report, told_together):
        yield _item("timeline", *pair)
    if len(told) < len(acts):
        rest = [event for event in acts if event not in told]
        counts = tuple(measure.id for measure in report.measures if measure.name.endswith("_count"))
        yield from _fixed("timeline", "omitted", counts or (rest[0].id, rest[-1].id), len(rest))


def _firsts(acts: list[Event]) -> list[Event]:
    """The first event of each activity, filled up with the earliest others."""
    firsts = {event.activity: event for event in reversed(acts)}
    first_ids = {event.id for event in firsts.values()}
    others = [event.id for event in acts if event.id not in first_ids]
    chosen = first_ids | set(others[: MOST_EVENTS - len(first_ids)])
    return [event for event in acts if event.id in chosen]


def _pairs(
    events: Sequence[Event], report: Report, together: Collection[tuple[str, ...]] | None
) -> Iterator[tuple[Fact, ...]]:
    """One event a sentence, or two that clearly follow each other and are told whole."""
    index = 0
    while index < len(events):
        pair = events[index : index + 2]
        wanted = together is None or tuple(event.id for event in pair) in together
        size = 2 if len(pair) == 2 and wanted and _may_pair(*pair) else 1
        yield tuple(F.event_fact(event, report.time_zero) for event in pair[:size])
        index += size


def _may_pair(one: Event, other: Event) -> bool:
    whole = not any((one.censored_start, one.censored_end, other.censored_start, other.censored_end))
    apart = other.start_range_s[0] - one.start_range_s[1] >= verifier.ONSETS_APART_S
    return whole and apart and one.activity != other.activity


def _adherence(report: Report) -> Iterator[SentencePlan]:
    if report.is_withheld:
        yield from _fixed("adherence", "withheld", tuple(finding.id for finding in report.findings))
        return
    rules = tuple(finding for finding in report.findings if finding.kind == "guideline")
    if rules:
        yield _item("adherence", F.tally_fact(rules))
    unassessed = []
    for finding in report.findings:
        if finding.verdict == "not_assessable" and finding.observed_value is None:
            unassessed.append(finding.id)
        else:
            yield _item("adherence", F.finding_fact(finding))
    yield from _fixed("adherence", "unassessed", tuple(unassessed), len(unassessed))


def _discussion(report: Report) -> Iterator[SentencePlan]:
    findings = tuple(finding.id for finding in report.findings)
    if report.is_withheld:
        yield from _fixed("discussion", "open", findings)
        return
    facts = [F.finding_fact(finding) for finding in report.findings if _is_worth_asking(finding)]
    facts += [fact for fact in _groups(report) if not _is_odd(fact)]
    for fact in facts[:MOST_QUESTIONS]:
        yield _item("discussion", fact)
    if not facts:
        yield from _fixed("discussion", "open", findings)


def _is_worth_asking(finding: Finding) -> bool:
    return finding.verdict in ("not_met", "indeterminate")


def _answers(report: Report, most: int | None) -> Iterator[SentencePlan]:
    facts: list[tuple[Section, Fact]] = [
        ("timeline", F.event_fact(event, report.time_zero)) for event in sorted(report.events, key=_when)
    ]
    facts += [("summary", F.measure_fact(measure)) for measure in report.measures]
    facts += [("adherence", F.finding_fact(finding)) for finding in report.findings]
    facts += [("adherence", F.passage_fact(passage)) for passage in report.passages]
    told = facts if most is None else facts[:most]
    for section, fact in told:
        yield _item(section, fact)
    rest = facts[len(told) :]
    cites = tuple(dict.fromkeys(cite for _, fact in rest for cite in fact.cites))
    yield from _fixed("discussion", "rest", cites, len(rest))


def _when(event: Event) -> tuple[float, float, str]:
    return event.start_s, event.end_s, event.id


# --- draft and verify


def undrafted(planned: Sequence[dict[str, Any]]) -> Drafts:
    """Drafts that leave every sentence to its template."""
    return [{"text": None, "problems": [], "tries": 0} for _ in planned]


def draft(
    planned: Sequence[dict[str, Any]],
    engine: "Engine",
    earlier: Drafts | None = None,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Drafts:
    """Let the language model word the sentences that have no draft yet or whose draft was refused.

    A failure of the engine costs the sentence it happens in: its template stands. After several in a row the rest of the
    round is left to the templates too.
    """
    drafts = [dict(item) for item in (earlier or undrafted(planned))]
    open_ones = [index for index, item in enumerate(planned) if item["by_llm"] and _is_open(drafts[index])]
    breakdowns = 0
    for done, index in enumerate(open_ones):
        item = SentencePlan.model_validate(planned[index])
        if breakdowns < MOST_BREAKDOWNS:
            drafts[index] = draft_one(item, engine, drafts[index], seed + index)
            breakdowns = breakdowns + 1 if drafts[index]["text"] is None else 0
        else:
            drafts[index] = _given_up(drafts[index])
        if progress is not None:
            progress((done + 1) / len(open_ones))
    return drafts


def _is_open(item: dict[str, Any]) -> bool:
    return bool(item["problems"]) or item["tries"] == 0


def _given_up(earlier: dict[str, Any]) -> dict[str, Any]:
    return {"text": None, "problems": [], "tries": earlier["tries"] + 1}


def draft_one(item: SentencePlan, engine: "Engine", earlier: dict[str, Any], seed: int) -> dict[str, Any]:
    """One try at one sentence, told why the last one was refused. One cut at the token limit is asked for again, with more room."""
    reason = "; ".join(earlier["problems"]) or None
    tries = earlier["tries"] + 1
    try:
        completion = _complete(item, engine, reason, seed + 7919 * tries, MOST_TOKENS)
        if not completion.finished:
            completion = _complete(item, engine, UNFINISHED, seed + 7919 * tries + 1, 2 * MOST_TOKENS)
    except LanguageModelBroken:
        return _given_up(earlier)
    problems = [] if completion.finished else [UNFINISHED]
    return {"text": completion.text.strip(), "problems": problems, "tries": tries}


def _complete(item: SentencePlan, engine: "Engine", reason: str | None, seed: int, max_tokens: int) -> "Completion":
    return engine.complete(
        system=F.SYSTEM,
        user=F.prompt(item.section, item.facts, reason),
        grammar=sentence_grammar(item.facts, item.section),
        max_tokens=max_tokens,
        seed=seed,
    )


def verify_one(item: SentencePlan, text: str) -> list[str]:
    """Why the sentence cannot stand; empty when it can."""
    return verifier.check(text, item.facts, item.section) or verifier.left_out(text, item.facts, item.section)


def verify(planned: Sequence[dict[str, Any]], drafts: Drafts) -> Drafts:
    """The drafts with the verifier's reasons; a draft without reasons is accepted."""
    judged = []
    for item, one in zip(planned, drafts, strict=True):
        problems = [] if one["text"] is None else verify_one(SentencePlan.model_validate(item), one["text"])
        judged.append({**one, "problems": problems})
    return judged


# --- assemble


def assemble(planned: Sequence[dict[str, Any]], drafts: Drafts | None) -> tuple[NarrativeSection, ...]:
    """The narrative: a draft where the verifier accepts it, else the template. Sections without sentences stay, empty."""
    judged = undrafted(planned) if drafts is None else verify(planned, drafts)
    pairs = [(SentencePlan.model_validate(item), one) for item, one in zip(planned, judged, strict=True)]
    return tuple(
        NarrativeSection(
            section=section,
            sentences=tuple(_sentence(item, one) for item, one in pairs if item.section == section),
        )
        for section in SECTIONS
    )


def _sentence(item: SentencePlan, one: dict[str, Any]) -> Sentence:
    accepted = one["text"] is not None and not one["problems"]
    text = one["text"] if accepted else item.template
    return Sentence(text=text, cites=item.cites, origin="llm" if accepted else "template")

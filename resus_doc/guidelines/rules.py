"""The rule engine: a profile, a timeline and its measures give findings with their evidence.

Verdicts are three-valued throughout. A rule whose condition is false is silent; whose condition is unknown, or which needs
something that the recording lacks, is not assessable and says why, with the interval still given; a range that crosses the
limit is indeterminate. No verdict hangs on a censored edge. The engine knows no medicine: that stands in the profiles.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from resus_doc.guidelines.logic import Known, truth, unknowns
from resus_doc.guidelines.observables import Observation, mask_support_interval, measured, observe
from resus_doc.guidelines.passages import Citations
from resus_doc.guidelines.profile import QUALITY_METRICS, BeyondCamera, Information, Limit, Profile, Rule, load
from resus_doc.guidelines.vital_signs import FROM_VITALS, with_heart_rate
from resus_doc.schema import ACTIVITY_NAMES, Finding, Measure, Passage, Timeline, Unit, Verdict

NOTHING_KNOWN = Known()


class Adherence(NamedTuple):
    """Findings, and the passages they cite, numbered P1, P2, ... in the order of first citation."""

    findings: tuple[Finding, ...]
    passages: tuple[Passage, ...]


class _Case(NamedTuple):
    timeline: Timeline
    measures: Sequence[Measure]
    known: Known


class _Decision(NamedTuple):
    verdict: Verdict
    observation: Observation
    threshold: float | None
    unit: Unit | None
    reason: str | None


def evaluate(
    profile: Profile,
    timeline: Timeline,
    measures: Sequence[Measure],
    first_id: int = 1,
    *,
    known: Known = NOTHING_KNOWN,
) -> Adherence:
    """The findings of a profile's rules, followed by those of the quality metrics, which always ride along.

    `known` holds what a user or a vital-signs file makes known; a fact that is not in it is unknown.
    """
    case = _Case(timeline, measures, with_heart_rate(known, timeline))
    decided = [
        (owner, rule, decision)
        for owner in _with_metrics(profile)
        for rule in owner.rules
        if (decision := _decide(rule, case)) is not None
    ]
    return _number(decided, first_id)


def withhold(profile: Profile, reason: str, first_id: int = 1) -> Adherence:
    """Every rule as not assessable, for a recording from which nothing may be concluded."""
    nothing = Observation("What the detector found is withheld.", None, 0.0, 0.0)
    decided = []
    for owner in _with_metrics(profile):
        for rule in owner.rules:
            threshold, unit = _limit_of(rule)
            decided.append((owner, rule, _Decision("not_assessable", nothing, threshold, unit, reason)))
    return _number(decided, first_id)


def _with_metrics(profile: Profile) -> tuple[Profile, ...]:
    return (profile,) if profile.id == QUALITY_METRICS else (profile, load(QUALITY_METRICS))


def _decide(rule: Rule, case: _Case) -> _Decision | None:
    applies = truth(rule.applies_when, case.timeline, case.known)
    if applies is False:
        return None
    observation = _observation(rule, case)
    threshold, unit = _limit_of(rule)
    reasons = tuple(dict.fromkeys(_obstacles(rule, case, observation)))
    if reasons:
        return _Decision("not_assessable", observation, threshold, unit, " ".join(reasons))
    assert isinstance(rule.check, Limit)  # the other kinds always have an obstacle
    verdict = compare(rule.check, observation.low, observation.high)
    return _Decision(verdict, observation, threshold, unit, _why(verdict, rule.check, observation))


def compare(limit: Limit, low: float, high: float) -> Verdict:
    """The verdict of a range against a limit; a range on both sides of it is indeterminate."""
    if limit.below is not None:
        return "met" if high < limit.below else "not_met" if low >= limit.below else "indeterminate"
    if limit.at_most is not None:
        return "met" if high <= limit.at_most else "not_met" if low > limit.at_most else "indeterminate"
    return "met" if low >= limit.threshold else "not_met" if high < limit.threshold else "indeterminate"


def _why(verdict: Verdict, limit: Limit, observation: Observation) -> str | None:
    if verdict != "indeterminate":
        return None
    crossing = f"The range of what was seen lies on both sides of {measured(limit.threshold, limit.unit)}."
    return f"{crossing} {observation.doubt}" if observation.doubt else crossing


def _observation(rule: Rule, case: _Case) -> Observation:
    missing = [activity for activity in rule.needs.activities if activity not in case.timeline.covered]
    if "ppv" in missing and "ventilation" in case.timeline.covered:
        return mask_support_interval(case.timeline)
    if missing:
        names = _listed([ACTIVITY_NAMES[activity] for activity in missing])
        return Observation(f"The source of the events does not cover {names}.", None, 0.0, 0.0)
    if isinstance(rule.check, BeyondCamera):
        return _what_was_seen(rule, case.timeline)
    limit, _ = _limit_of(rule)
    if rule.check.of in FROM_VITALS:
        return FROM_VITALS[rule.check.of](case.timeline, case.known.vitals, limit)
    return observe(rule.check.of, rule.check.unit, case.timeline, case.measures, limit)


def _what_was_seen(rule: Rule, timeline: Timeline) -> Observation:
    """For a rule that the camera cannot decide: the events it is about."""
    events = timeline.of(*rule.needs.activities)
    if not rule.needs.activities:
        return Observation("This is not among the recognised activities.", None, 0.0, 0.0)
    names = _listed([ACTIVITY_NAMES[activity] for activity in rule.needs.activities])
    text = f"Stretches of {names} seen: {len(events)}." if events else f"No {names} seen while the baby was in view."
    return Observation(text, None, 0.0, 0.0, tuple(event.id for event in events))


def _obstacles(rule: Rule, case: _Case, observation: Observation) -> Iterator[str]:
    """All that keeps a rule from being decided, each as a sentence."""
    timeline = case.timeline
    missing = [ACTIVITY_NAMES[activity] for activity in rule.needs.activities if activity not in timeline.covered]
    if missing:
        yield f"The source of the events does not cover {_listed(missing)}."
    elif not timeline.observed and rule.needs.activities:
        yield "The baby was never in view."
    if rule.needs.time_zero == "birth" and timeline.time_zero.source != "given":
        yield f"The rule counts from birth, and the time of birth is not known; times count from {timeline.time_zero.name}."
    if phrases := unknowns(rule.applies_when, timeline, case.known):
        shown = "The video does not show" if case.known.vitals is None else "Neither the video nor the vital signs show"
        yield f"{shown} {_listed(list(phrases))}."
    if isinstance(rule.check, BeyondCamera):
        yield rule.check.reason
    if isinstance(rule.check, Information):
        yield "No limit is set for this metric; its value is given for information."
    if observation.reason and not missing:
        yield observation.reason


def _limit_of(rule: Rule) -> tuple[float | None, Unit | None]:
    if isinstance(rule.check, Information):
        return None, rule.check.unit
    return rule.check.threshold, rule.check.unit


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _number(decided: Sequence[tuple[Profile, Rule, _Decision]], first_id: int) -> Adherence:
    citations = Citations()
    findings = tuple(
        _finding(f"F{first_id + number}", profile, rule, decision, citations)
        for number, (profile, rule, decision) in enumerate(decided)
    )
    return Adherence(findings, citations.passages)


def _finding(finding_id: str, profile: Profile, rule: Rule, decision: _Decision, citations: Citations) -> Finding:
    observation = decision.observation
    return Finding(
        id=finding_id,
        rule_id=profile.rule_id(rule),
        kind="quality_metric" if profile.kind == "quality_metric" else "guideline",
        verdict=decision.verdict,
        statement=rule.statement,
        observed=observation.text,
        expected=rule.expected,
        observed_value=observation.value,
        threshold=decision.threshold,
        unit=decision.unit,
        reason=decision.reason,
        events=observation.events,
        measures=observation.measures,
        passages=tuple(citations.cite(profile, key) for key in rule.passages),
        verified=rule.verified,
    )

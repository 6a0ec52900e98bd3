"""The same timeline under another guideline, or counted from another moment of birth. The record itself is not changed."""

from pathlib import Path

from resus_doc.guidelines import checked, profile, rules
from resus_doc.guidelines.logic import Known
from resus_doc.guidelines.profile import BeyondCamera, Limit, Profile
from resus_doc.schema import ACTIVITY_NAMES, Activity, Finding, Report, TimeZero
from resus_doc.tools import measures
from resus_doc.tools.answers import Found, Quantity, Statement
from resus_doc.tools.cases import gestation_weeks_of, guideline_of, timeline_of
from resus_doc.tools.queries import events_of, measure, name_of
from resus_doc.tools.record import VERDICT_WORDS, findings_of

TOLD = 6
"""Findings told one by one."""


def what_if(
    report: Report,
    activity: Activity | None = None,
    *,
    shift: str | None = None,
    number: float | None = None,
    profile_id: str | None = None,
    data: Path | None = None,
) -> Found:
    """The findings that would come out otherwise.

    `number` seconds `earlier` or `later` move time zero from where the record has it; without `shift`, birth is set to that
    moment of the video.
    """
    if number is None and profile_id is None:
        text = "What should be different? For example: what if birth was ten seconds earlier, or: how would ERC judge this?"
        return Found(statements=(Statement(text=text),))
    if report.is_withheld:
        text = "The video is unlike the detector's training data, so nothing can be concluded from it either way."
        return Found(statements=(Statement(text=text),))
    zero = report.time_zero if number is None else _moved(report.time_zero, shift, number)
    if zero.t_s > report.video.duration_s:
        return Found(statements=(Statement(text="Birth cannot lie after the end of the video."),))
    changed = _again(report, zero, profile_id, data)
    if number is None:
        return Found(statements=_other_guideline(changed, activity))
    return Found(statements=_moved_birth(report, changed, activity, shift, number))


def _moved(zero: TimeZero, shift: str | None, number: float) -> TimeZero:
    if shift is None:
        return TimeZero(t_s=number, range_s=(number, number), source="given")
    by = -number if shift == "earlier" else number
    return TimeZero(t_s=zero.t_s + by, range_s=(zero.range_s[0] + by, zero.range_s[1] + by), source="given")


def _again(report: Report, zero: TimeZero, profile_id: str | None, data: Path | None) -> Report:
    """The report's numbers and findings under other circumstances."""
    timeline = timeline_of(report).model_copy(update={"time_zero": zero})
    numbers = measures.compute(timeline)
    guideline = load(profile_id or guideline_of(report), data)
    known = Known(gestation_weeks=gestation_weeks_of(report), vitals=report.vitals)
    adherence = rules.evaluate(guideline, timeline, numbers, known=known)
    return report.model_copy(
        update={
            "time_zero": zero,
            "measures": numbers,
            "guideline": guideline.ref,
            "findings": adherence.findings,
            "passages": adherence.passages,
        }
    )


def load(profile_id: str, data: Path | None) -> Profile:
    """A profile, with the rules marked that a person checked at this site."""
    loaded = profile.load(profile_id)
    return loaded if data is None else checked.apply(loaded, data)[0]


def _moved_birth(
    report: Report, changed: Report, activity: Activity | None, shift: str | None, number: float
) -> tuple[Statement, ...]:
    where = f"Counting from {{}} {shift} than {report.time_zero.name}" if shift else "With birth at {} of the video"
    moved = Quantity(value=number, unit="s")
    statements = [_interval(report, changed, activity, where, moved)]
    before = {finding.rule_id: finding for finding in report.findings}
    after = {finding.rule_id: finding for finding in findings_of(changed, activity)}
    differing = [
        (before[name], finding)
        for name, finding in after.items()
        if name in before and before[name].verdict != finding.verdict
    ]
    if not differing:
        about = "" if activity is None else f" about {name_of(activity)}"
        statements.append(Statement(text=f"No verdict{about} would change."))
    for old, new in differing[:TOLD]:
        text = f"[] would be {VERDICT_WORDS[new.verdict]}; in the record it is {VERDICT_WORDS[old.verdict]}."
        statements.append(Statement(text=text, quotes=(old.statement,), cites=(old.id,)))
    return tuple(statements)


def _interval(report: Report, changed: Report, activity: Activity | None, where: str, moved: Quantity) -> Statement:
    """What the time to the first of the activity, or to the first mask support, would be."""
    subject: Activity = activity or ("ppv" if events_of(report, "ppv") else "ventilation")
    old, new = (measure(each, subject, "time_to_first_{}") for each in (report, changed))
    if old is None or new is None or old.value is None or new.value is None:
        return Statement(
            text=f"{where}, the time to the first {name_of(subject)} still cannot be given.", numbers=(moved,)
        )
    text = f"{where}, the time to the first {name_of(subject)} would be {{}}{' before it' if new.value < 0 else ''} "
    text += f"instead of {{}}{' before it' if old.value < 0 else ''}."
    values = tuple(Quantity(value=abs(value), unit="s") for value in (new.value, old.value))
    return Statement(text=text, numbers=(moved, *values), cites=(old.id,))


def _other_guideline(changed: Report, activity: Activity | None) -> tuple[Statement, ...]:
    """How the rules of another guideline come out; its findings have no ids in this record."""
    guideline_rules = tuple(finding for finding in findings_of(changed, activity) if finding.kind == "guideline")
    if not guideline_rules:
        text = f"The rules of [] say nothing about {name_of(activity)} in this case."
        return (Statement(text=text, quotes=(changed.guideline.title,)),)
    counts = [(name, sum(f.verdict == name for f in guideline_rules)) for name in VERDICT_WORDS]
    kept = [(name, number) for name, number in counts if number]
    about = "" if activity is None else f" about {name_of(activity)}"
    head = Statement(
        text=f"Of the rules{about} of []: " + ", ".join(f"{{}} {VERDICT_WORDS[name]}" for name, _ in kept) + ".",
        numbers=tuple(Quantity(value=number, unit="count") for _, number in kept),
        quotes=(changed.guideline.title,),
    )
    ordered = sorted(guideline_rules, key=lambda finding: finding.verdict == "not_assessable")
    return (head, *(_told(finding) for finding in ordered[:TOLD]))


def _told(finding: Finding) -> Statement:
    reason = finding.reason if finding.verdict in ("not_assessable", "indeterminate") else None
    text = f"[] would be {VERDICT_WORDS[finding.verdict]}" + (": []" if reason else ".")
    return Statement(text=text, quotes=(finding.statement, *((reason,) if reason else ())))


# --- what the rules say


def rules_of(
    report: Report, activity: Activity | None = None, *, profile_id: str | None = None, data: Path | None = None
) -> Found:
    """What the rules of the report's guideline, or another one, expect and what they need to be decided."""
    guideline = load(profile_id or guideline_of(report), data)
    metrics = () if profile_id else profile.load(profile.QUALITY_METRICS).rules
    chosen = [rule for rule in (*guideline.rules, *metrics) if _speaks_of(rule, activity)]
    if not chosen:
        text = f"[] has no rule about {name_of(activity)}; ask what the guideline says to search its passages."
        return Found(statements=(Statement(text=text, quotes=(guideline.title,)),))
    statements = []
    ids = {finding.rule_id.partition(".")[2]: finding.id for finding in report.findings}
    for rule in chosen[:TOLD]:
        needs = [ACTIVITY_NAMES[name] for name in rule.needs.activities]
        needs += ["the time of birth"] * (rule.needs.time_zero == "birth") + [*rule.needs.beyond]
        needs += ["vital signs"] * bool(rule.needs.vitals) + ["the gestational age"] * rule.needs.gestation
        text = "[] It expects: []" + (f" It needs: {', '.join(needs)}." if needs else "")
        cites = (ids[rule.id],) if profile_id is None and rule.id in ids else ()
        statements.append(Statement(text=text, quotes=(rule.statement, rule.expected), cites=cites))
    if len(chosen) > TOLD:
        left = Quantity(value=len(chosen) - TOLD, unit="count")
        statements.append(
            Statement(text="{} further rules are not told here; name an activity for its own.", numbers=(left,))
        )
    return Found(statements=tuple(statements))


def _speaks_of(rule: profile.Rule, activity: Activity | None) -> bool:
    if activity is None:
        return True
    words = f"{rule.statement} {rule.expected}".lower()
    named = "ventilation" if activity == "ventilation" else ACTIVITY_NAMES[activity].lower()
    of = rule.check.of if not isinstance(rule.check, BeyondCamera) else ""
    basis = rule.check.basis if isinstance(rule.check, Limit) else None
    return activity in rule.needs.activities or named in words or activity in of or activity in (basis or "")

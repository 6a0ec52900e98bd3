"""What stands in the record beside the events: findings, their evidence, reasons, passages, an overview."""

from collections.abc import Sequence
from pathlib import Path

from resus_doc.guidelines.profile import QUALITY_METRICS
from resus_doc.schema import ACTIVITY_NAMES, MASK_SUPPORT, Activity, Finding, Passage, Report, Verdict
from resus_doc.tools import intervals
from resus_doc.tools.answers import Found, Quantity, Statement
from resus_doc.tools.cases import has_video
from resus_doc.tools.extent import extent
from resus_doc.tools.queries import events_of, measure, name_of, not_found
from resus_doc.tools.report_words import validated_on

VERDICT_WORDS: dict[Verdict, str] = {
    "met": "met",
    "not_met": "not met",
    "indeterminate": "too close to call",
    "not_assessable": "not assessable",
}
_WORTH_TELLING: tuple[Verdict, ...] = ("not_met", "indeterminate", "met")


def findings(report: Report, activity: Activity | None = None, *, verdict: Verdict | None = None) -> Found:
    """The findings about the activity, or all; of one verdict, if one is named; with the passages they cite."""
    about = findings_of(report, activity)
    chosen = tuple(finding for finding in about if verdict in (None, finding.verdict))
    cited = {passage for finding in chosen for passage in finding.passages}
    passages = tuple(passage for passage in report.passages if passage.id in cited)
    statements = (_tally(about, verdict, activity),) if about else ()
    if not about and activity is not None:
        text = f"The rules checked here say nothing about {name_of(activity)} that this record could be held against."
        statements = (Statement(text=text, cites=tuple(event.id for event in events_of(report, activity)[:1])),)
    ordered = sorted(chosen, key=lambda finding: (*_WORTH_TELLING, "not_assessable").index(finding.verdict))
    told = ordered if verdict else [finding for finding in ordered if finding.verdict in _WORTH_TELLING] or ordered
    return Found(findings=tuple(told), passages=passages if activity else (), statements=statements)


def findings_of(report: Report, activity: Activity | None) -> tuple[Finding, ...]:
    """The findings that rest on an activity or speak of it."""
    if activity is None:
        return report.findings
    keys = {activity, "mask_support"} if activity in MASK_SUPPORT else {activity}
    events = {event.id for event in events_of(report, activity)}
    measures = {each.id for each in report.measures if any(key in each.name for key in keys)}
    names = {ACTIVITY_NAMES[activity].lower(), *({"mask support"} if activity in MASK_SUPPORT else ())}
    return tuple(
        finding
        for finding in report.findings
        if events & set(finding.events)
        or measures & set(finding.measures)
        or any(name in finding.statement.lower() for name in names)
    )


def _tally(found: tuple[Finding, ...], verdict: Verdict | None, activity: Activity | None) -> Statement:
    cites = tuple(finding.id for finding in found)
    about = "" if activity is None else f" about {name_of(activity)}"
    if verdict is not None:
        number = sum(finding.verdict == verdict for finding in found)
        text = f"{{}} of {{}} findings{about} {'is' if number == 1 else 'are'} {VERDICT_WORDS[verdict]}."
        numbers = (Quantity(value=number, unit="count"), Quantity(value=len(found), unit="count"))
        return Statement(text=text, numbers=numbers, cites=cites)
    parts = [(name, sum(finding.verdict == name for finding in found)) for name in VERDICT_WORDS]
    kept = [(name, number) for name, number in parts if number]
    text = f"Of the findings{about}: " + ", ".join(f"{{}} {VERDICT_WORDS[name]}" for name, _ in kept) + "."
    return Statement(text=text, numbers=tuple(Quantity(value=number, unit="count") for _, number in kept), cites=cites)


def why(
    report: Report, activity: Activity | None = None, *, verdict: Verdict | None = None, entry: str | None = None
) -> Found:
    """The reason of each finding that is not assessable or too close to call, as the record gives it.

    Of an entry that is named by its id, all that it rests on; of a verdict, if one is named, the findings that have it.
    """
    if entry is not None:
        found = _entry(report, entry)
        return found._replace(statements=_explained(found.findings)) if found.findings else found
    about = findings_of(report, activity)
    if not about:
        return findings(report, activity)
    if verdict is not None:
        chosen = findings(report, activity, verdict=verdict)
        told = _explained(chosen.findings or _open(about))
        return chosen._replace(passages=(), statements=(*chosen.statements, *told))
    if not (open_ones := _open(about)):
        closed = findings(report, activity)
        return closed._replace(passages=())
    return Found(statements=_reasons(open_ones))


def _open(found: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in found if finding.verdict in ("not_assessable", "indeterminate"))


def _explained(found: Sequence[Finding]) -> tuple[Statement, ...]:
    """What each decided finding rests on in the words of the record, then the reasons of the open ones."""
    closed = tuple(finding for finding in found if finding not in _open(found))
    told = tuple(
        Statement(
            text=f"{'The rule' if finding.kind == 'guideline' else 'The quality metric'} [] is "
            f"{VERDICT_WORDS[finding.verdict]}. Seen: []. Expected: [].",
            quotes=(finding.statement, finding.observed, finding.expected),
            cites=(finding.id,),
        )
        for finding in closed
    )
    return (*told, *_reasons(_open(found)))


def _reasons(found: Sequence[Finding]) -> tuple[Statement, ...]:
    """Each reason of open findings once, with the rule or how many findings have it."""
    reasons: dict[str, list[Finding]] = {}
    for finding in found:
        reasons.setdefault(finding.reason or finding.observed, []).append(finding)
    return tuple(
        Statement(
            text=f"The rule [] is {VERDICT_WORDS[group[0].verdict]}: []" + ("." if not reason.endswith(".") else "")
            if len(group) == 1
            else f"{{}} findings are {VERDICT_WORDS[group[0].verdict]}: []",
            numbers=() if len(group) == 1 else (Quantity(value=len(group), unit="count"),),
            quotes=(group[0].statement, reason) if len(group) == 1 else (reason,),
            cites=tuple(finding.id for finding in group),
        )
        for reason, group in reasons.items()
    )


def judging_first(report: Report, activity: Activity | None) -> Found:
    """The findings that judge the time to the first event of an activity: decided ones as they are, open ones with their reason.

    Of `ventilation` they may speak of any mask support. A metric without a limit judges nothing.
    """
    subjects = ("mask_support", *MASK_SUPPORT) if activity == "ventilation" else (activity,)
    names = {f"time_to_first_{subject}{end}" for subject in subjects for end in ("", "_from_table")}
    measures = {each.id for each in report.measures if each.name in names}
    judging = tuple(
        finding
        for finding in report.findings
        if measures & set(finding.measures) and (finding.kind == "guideline" or finding.threshold is not None)
    )
    if not judging:
        return Found(statements=(Statement(text="No rule checked here judges that time."),))
    decided = tuple(finding for finding in judging if finding not in _open(judging))
    return Found(findings=decided, statements=_reasons(_open(judging)))


def evidence(report: Report, activity: Activity | None = None, *, entry: str | None = None) -> Found:
    """An entry by its id with what it rests on, or what the findings about an activity rest on."""
    if entry is not None:
        return _entry(report, entry)
    about = tuple(finding for finding in findings_of(report, activity) if finding.verdict in _WORTH_TELLING)
    names = {name for finding in about for name in finding.events} | {e.id for e in events_of(report, activity)}
    measures = {name for finding in about for name in finding.measures}
    count = measure(report, activity, "{}_count")
    if not names:
        return Found(statements=(not_found(report, activity),))
    return Found(
        events=tuple(event for event in report.events if event.id in names and event.activity != "baby_visible"),
        measures=tuple(each for each in report.measures if each.id in measures or each == count),
        findings=about,
        statements=_certainty(report, names),
        spans=tuple((event.start_s, event.end_s) for event in events_of(report, activity)),
    )


def _certainty(report: Report, names: set[str]) -> tuple[Statement, ...]:
    chosen = [event for event in report.events if event.id in names and event.activity != "baby_visible"]
    if not chosen:
        return ()
    by_hand = [event for event in chosen if event.source != "detector" or event.confirmed_by]
    alone = [event for event in chosen if event not in by_hand]
    told = []
    if by_hand:
        cites = tuple(event.id for event in by_hand)
        told.append(Statement(text="A person annotated or reviewed these events.", cites=cites))
    if alone:
        least = Quantity(value=min(event.confidence for event in alone), unit="fraction")
        text = "The detector found these events in the video; the least certain one has a confidence of {}."
        told.append(Statement(text=text, numbers=(least,), cites=tuple(event.id for event in alone)))
    return tuple(told)


def _entry(report: Report, entry: str) -> Found:
    wanted = entry.upper()
    event = next((each for each in report.events if each.id == wanted), None)
    if event is not None:
        return Found(events=(event,), statements=_certainty(report, {wanted}), spans=((event.start_s, event.end_s),))
    measured = next((each for each in report.measures if each.id == wanted), None)
    if measured is not None:
        return Found(measures=(measured,), events=tuple(e for e in report.events if e.id in measured.events))
    finding = next((each for each in report.findings if each.id == wanted), None)
    if finding is not None:
        reason = (
            (Statement(text="The record gives this reason: []", quotes=(finding.reason,), cites=(wanted,)),)
            if finding.reason
            else ()
        )
        return Found(
            findings=(finding,),
            events=tuple(each for each in report.events if each.id in finding.events),
            measures=tuple(each for each in report.measures if each.id in finding.measures),
            passages=tuple(each for each in report.passages if each.id in finding.passages),
            statements=reason,
        )
    passage = next((each for each in report.passages if each.id == wanted), None)
    if passage is not None:
        return Found(passages=(passage,))
    return Found(statements=(Statement(text="This record has no entry of that name."),))


def search_passages(report: Report, query: str, data: Path, k: int = 3, profile: str | None = None) -> Found:
    """The passages nearest to the question, best first: of the report's guideline with the quality metrics, which ride
    along always, or of the one named; and of the site.
    """
    from resus_doc.guidelines.documents import PROFILE
    from resus_doc.guidelines.store import PassageStore

    with PassageStore.open(data) as store:
        hits = store.search(query, k=k, profile=profile or (report.guideline.id, QUALITY_METRICS))
        own = [] if profile else [hit for hit in store.search(query, k=2, profile=PROFILE) if hit[1] >= OWN_FROM]
    known = {(passage.title, passage.text): passage.id for passage in report.passages}
    first_new = 1 + len(report.passages)
    found: list[Passage] = []
    for passage, _score in [*hits, *own]:
        fresh = known.setdefault((passage.title, passage.text), f"P{first_new + len(found)}")
        found.append(passage.model_copy(update={"id": fresh}))
    return Found(passages=tuple(found), statements=tuple(_source(passage) for passage in found))


OWN_FROM = 0.5
"""A passage of a site's own document is told from this score on: half of what a perfect match would have."""


def _source(passage: Passage) -> Statement:
    from resus_doc.guidelines.documents import PROFILE

    kinds = {PROFILE: "a document of this site, not checked", QUALITY_METRICS: "the quality metrics"}
    kind = kinds.get(passage.profile, "the guideline")
    return Statement(text=f"From {kind}, []: []", quotes=(passage.title, passage.text), cites=(passage.id,))


def summary(report: Report) -> Found:
    """What was seen, activity by activity, and how the rules came out."""
    statements: list[Statement] = []
    names = dict.fromkeys(event.activity for event in events_of(report, None))
    for activity in names:
        events = events_of(report, activity) if activity != "ventilation" else ()
        events = events or tuple(event for event in report.events if event.activity == activity)
        verb = "were" if activity == "chest_compressions" else "was"
        value = sum(event.duration_s for event in events) if len(events) == 1 else None
        measured = measure(report, activity, "{}_total") if activity != "ventilation" else None
        total = measured.value if measured and measured.value is not None else sum(e.duration_s for e in events)
        total = value if value is not None else total
        least = intervals.length(extent(events).sure)
        name = ACTIVITY_NAMES[activity]
        cut = any(event.censored_start or event.censored_end for event in events)
        statements.append(
            Statement(
                text=f"{name[0].upper()}{name[1:]} {verb} seen {{}} {'time' if len(events) == 1 else 'times'}, "
                f"for {'at least ' if cut else ''}{{}} in total.",
                numbers=(
                    Quantity(value=len(events), unit="count"),
                    Quantity(value=min(total, least) if cut else total, unit="s"),
                ),
                cites=tuple(event.id for event in events),
            )
        )
    if not statements:
        statements.append(not_found(report, None))
    if report.findings:
        statements.append(_tally(report.findings, None, None))
    return Found(statements=tuple(statements))


def about(report: Report) -> Found:
    """The recording, what the times count from, what could have been recognised, and the guideline."""
    zero, covered = report.time_zero, [ACTIVITY_NAMES[name] for name in report.activities_covered]
    made = "A person's annotations" if validated_on(report) is None else "The detector"
    side = "before" if zero.t_s < 0 else "after"
    length = (
        "The video lasts {}."
        if has_video(report)
        else "These events came without their video, so how long it lasts is not known; the last event ends at {}."
    )
    statements = [
        Statement(text=length, numbers=(Quantity(value=report.video.duration_s, unit="s"),)),
        Statement(
            text=f"Times count from {zero.name}, {{}} {side} the start of the video."
            if zero.source != "video_start"
            else "Times count from the start of the video; the time of birth is not known.",
            numbers=() if zero.source == "video_start" else (Quantity(value=abs(zero.t_s), unit="s"),),
        ),
        Statement(text=f"{made} gave the events; what could be recognised: {', '.join(covered)}."),
        Statement(
            text="The findings compare with [], edition [].", quotes=(report.guideline.title, report.guideline.edition)
        ),
    ]
    if report.is_withheld:
        statements.append(
            Statement(text="The video is unlike the detector's training data, so its findings are withheld.")
        )
    return Found(statements=tuple(statements))

"""Questions that a timeline answers, each a typed function on a report. Numbers come from events and measures alone."""

from pathlib import Path
from typing import NamedTuple

from resus_doc.schema import MASK_SUPPORT, Activity, Event, Finding, Measure, Passage, Report


class Found(NamedTuple):
    """What a query found; all of it is already in the report, or a passage of the guideline store."""

    events: tuple[Event, ...] = ()
    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    passages: tuple[Passage, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of everything found."""
        return tuple(fact.id for group in self for fact in group)


def events_of(report: Report, activity: Activity | None) -> tuple[Event, ...]:
    """Events of one activity in order of onset; `ventilation` means any mask support, None means all but the view."""
    if activity is None:
        wanted = {event.activity for event in report.events} - {"baby_visible"}
    else:
        wanted = set(MASK_SUPPORT) if activity == "ventilation" else {activity}
    chosen = [event for event in report.events if event.activity in wanted]
    return tuple(sorted(chosen, key=lambda event: (event.start_s, event.end_s)))


def list_events(report: Report, activity: Activity | None = None) -> Found:
    """The events themselves."""
    return Found(events=events_of(report, activity))


def count_events(report: Report, activity: Activity | None = None) -> Found:
    """How many events the activity has."""
    return _measured(report, activity, "{}_count")


def time_to_first(report: Report, activity: Activity | None = None) -> Found:
    """The interval from time zero to the first event, with that event."""
    return _measured(report, activity, "time_to_first_{}", events_of(report, activity)[:1])


def total_time(report: Report, activity: Activity | None = None) -> Found:
    """How long the activity lasted in all."""
    return _measured(report, activity, "{}_total")


def pauses(report: Report, activity: Activity | None = None) -> Found:
    """Number, longest and sum of the PPV pauses."""
    names = ("ppv_pause_count", "ppv_pause_longest", "ppv_pause_total")
    return Found(measures=tuple(measure for measure in report.measures if measure.name in names))


def findings(report: Report, activity: Activity | None = None) -> Found:
    """The findings that rest on the activity, or all, with the passages they cite."""
    events = {event.id for event in events_of(report, activity)}
    measures = {measure.id for measure in report.measures if activity is not None and activity in measure.name}
    chosen = tuple(
        finding
        for finding in report.findings
        if activity is None or events & set(finding.events) or measures & set(finding.measures)
    )
    cited = {passage for finding in chosen for passage in finding.passages}
    return Found(findings=chosen, passages=tuple(passage for passage in report.passages if passage.id in cited))


def search_passages(report: Report, query: str, data: Path, k: int = 3) -> Found:
    """The guideline passages nearest to the question, best first, of the report's own guideline."""
    from resus_doc.guidelines.store import PassageStore

    with PassageStore.open(data) as store:
        hits = store.search(query, k=k, profile=report.guideline.id)
    known = {(passage.title, passage.text): passage.id for passage in report.passages}
    first_new = 1 + len(report.passages)
    found: list[Passage] = []
    for passage, _score in hits:
        fresh = known.setdefault((passage.title, passage.text), f"P{first_new + len(found)}")
        found.append(passage.model_copy(update={"id": fresh}))
    return Found(passages=tuple(found))


def _measured(
    report: Report, activity: Activity | None, pattern: str, events: tuple[Event, ...] | None = None
) -> Found:
    names = ("mask_support", "ventilation") if activity == "ventilation" else (activity,)
    wanted = {pattern.format(name) for name in names if name}
    measures = tuple(measure for measure in report.measures if measure.name in wanted)
    return Found(events=events_of(report, activity) if events is None else events, measures=measures[:1])

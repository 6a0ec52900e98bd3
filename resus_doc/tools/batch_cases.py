"""The cases of a batch's folder, reduced to what tables and dashboard need, so that a thousand of them fit into memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from resus_doc.errors import InputRefused
from resus_doc.schema import Event, Finding, GuidelineRef, Measure, Range, Report, TimeZeroSource, Verdict
from resus_doc.tools.casefolder import REPORT, read_report
from resus_doc.tools.firsts import open_starts, ranges_since_zero
from resus_doc.tools.ledger import Row

VERDICTS: tuple[Verdict, ...] = ("met", "not_met", "indeterminate", "not_assessable")

LOW_CONFIDENCE = 0.6
"""Confidences are calibrated probabilities: of events below this, two in five or more are expected to be wrong."""

Status = Literal["done", "kept", "outdated", "unfinished", "failed", "unreadable", "replaced"]
"""`kept`: revised by a person and made with earlier settings; `outdated`: the last attempt to make it again failed;
`replaced`: its video's place holds another video, which has a case of its own, so this one is not counted."""


@dataclass(frozen=True)
class Facts:
    """What a case's report holds."""

    video_sha256: str
    duration_s: float
    time_zero_source: TimeZeroSource
    in_domain: bool | None
    """None where a person's annotations were used."""
    withheld: bool
    """Unlike the training data, and no reviewer took the timeline over."""
    unusual: bool
    """In domain, yet less like the training data than any video of the detector's validation, and no reviewer took it over."""
    broken_off: bool
    events: tuple[Event, ...]
    measures: dict[str, Measure]
    since_zero: dict[str, Range]
    """Of the measures that are times from time zero, the range with all that leaves them open, as the rules judge them."""
    open_starts: frozenset[str]
    """The measures that are only the latest, or the most, that they can be: what they count from may have begun unseen."""
    guideline: GuidelineRef
    findings: tuple[Finding, ...]

    def count(self, verdict: Verdict) -> int:
        """How many findings have this verdict."""
        return sum(finding.verdict == verdict for finding in self.findings)

    @property
    def low_confidence(self) -> int:
        """Events that a detector found and is not sure of, and that no person confirmed."""
        alone = [event for event in self.events if event.source == "detector" and event.confirmed_by is None]
        return sum(event.confidence < LOW_CONFIDENCE for event in alone)


@dataclass(frozen=True)
class Case:
    """One row: a case folder with its report, or a video that has none. A case that is not counted has no facts."""

    case_id: str
    folder: str | None
    """Name of the case folder, None where there is none."""
    status: Status
    reason: str
    date: str | None
    facts: Facts | None


def read_cases(out: Path, rows: Sequence[Row]) -> list[Case]:
    """All case folders below `out`, in the order of the ledger's rows, those it does not know last; then what has no case."""
    known = {row.case_id: row for row in rows if row.state != "duplicate" and row.case_id}
    folders = {path.parent.name for path in out.glob(f"*/{REPORT}") if not path.parent.name.startswith(".")}
    ordered = [name for name in known if name in folders] + sorted(folders - set(known))
    cases = [_case(out / name, known.get(name)) for name in ordered]
    without = [row for row in rows if row.state not in ("duplicate", "replaced") and row.case_id not in folders]
    return cases + [_failure(row) for row in without]


def _case(folder: Path, row: Row | None) -> Case:
    date = None if row is None else row.date
    if row is not None and row.state == "replaced":
        return Case(folder.name, folder.name, "replaced", row.reason, date, None)
    try:
        report = read_report(folder)
    except InputRefused as error:
        reason = str(error).replace(str(folder), folder.name)
        return Case(folder.name, folder.name, "unreadable", reason, date, None)
    status, reason = _status(row)
    return Case(report.case_id, folder.name, status, reason, date, facts_of(report))


def _status(row: Row | None) -> tuple[Status, str]:
    if row is None or row.state == "done":
        return "done", ""
    if row.state == "kept":
        return "kept", row.reason
    return "outdated", row.reason or "Making it again was interrupted."


def _failure(row: Row) -> Case:
    status: Status = "unfinished" if row.state == "running" else "failed"
    return Case(row.case_id or "-", None, status, row.reason or "Interrupted; run the batch again.", row.date, None)


def facts_of(report: Report) -> Facts:
    """What of a report goes into tables and dashboard."""
    check = report.domain_check
    return Facts(
        video_sha256=report.video.sha256,
        duration_s=report.video.duration_s,
        time_zero_source=report.time_zero.source,
        in_domain=None if check is None else check.in_domain,
        withheld=report.is_withheld,
        unusual=report.is_unusual,
        broken_off=report.video.broken_off_at_s is not None,
        events=report.events,
        measures={measure.name: measure for measure in report.measures},
        since_zero=ranges_since_zero(report),
        open_starts=open_starts(report),
        guideline=report.guideline,
        findings=report.findings,
    )


def facts(cases: Iterable[Case]) -> list[Facts]:
    """Of those cases that have a report."""
    return [case.facts for case in cases if case.facts is not None]

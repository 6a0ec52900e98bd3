"""`summary.csv`, `events.csv` and `summary.json` of a batch: one row per case, one per event, and their sums.

All numbers are those of the case reports, added up and nothing else. Each file is replaced whole.
"""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resus_doc.errors import ResourceMissing
from resus_doc.schema import ACTIVITIES
from resus_doc.tools.batch_cases import VERDICTS, Case, facts, read_cases
from resus_doc.tools.ledger import Row
from resus_doc.tools.spreadsheet import cell

SUMMARY, EVENTS = "summary.csv", "events.csv"
SUMMARY_HEAD = ("case_id", "status", "reason", "video_sha256", "duration_s", "time_zero_source", "in_domain")
EVENTS_HEAD = ("case_id", "id", "activity", "start_s", "end_s", "confidence", "source")


def write_tables(out: Path, rows: Sequence[Row]) -> list[Case]:
    """Write the three files of all case folders below `out`, and return the cases.

    Raises:
        ResourceMissing: the folder cannot be written to.
    """
    cases = read_cases(out, rows)
    replace_text(out / SUMMARY, _csv(_summary(cases)))
    replace_text(out / EVENTS, _csv(_events(cases)))
    replace_text(out / "summary.json", json.dumps(totals(cases), indent=2) + "\n")
    return cases


def totals(cases: Sequence[Case]) -> dict[str, Any]:
    """The content of `summary.json`: how many cases, events, findings and seconds, in all and by kind."""
    reports = facts(cases)
    events = Counter(event.activity for each in reports for event in each.events)
    return {
        "cases": len(reports),
        "status": dict(sorted(Counter(case.status for case in cases).items())),
        "duration_s": round(sum(each.duration_s for each in reports), 3),
        "events": sum(events.values()),
        "events_by_activity": {activity: events[activity] for activity in ACTIVITIES},
        "findings": {verdict: sum(each.count(verdict) for each in reports) for verdict in VERDICTS},
    }


def replace_text(path: Path, text: str) -> None:
    """Put a text file in place as a whole.

    Raises:
        ResourceMissing: it cannot be written; an earlier one stays.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ResourceMissing(
            f"{path} cannot be written ({error.strerror}).", "Free some space, then run the same command again."
        ) from error


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def _summary(cases: Sequence[Case]) -> list[Sequence[object]]:
    names = sorted({name for each in facts(cases) for name in each.measures})
    return [[*SUMMARY_HEAD, *names, *VERDICTS], *(_summary_row(case, names) for case in cases)]


def _summary_row(case: Case, names: Sequence[str]) -> Sequence[object]:
    found = case.facts
    if found is None:
        return [case.case_id, case.status, case.reason, *[""] * (len(SUMMARY_HEAD) - 3 + len(names) + len(VERDICTS))]
    head = [case.case_id, case.status, case.reason, found.video_sha256, found.duration_s, found.time_zero_source]
    values = [found.measures[name].value if name in found.measures else None for name in names]
    in_domain = "" if found.in_domain is None else found.in_domain
    return [*head, in_domain, *values, *(found.count(verdict) for verdict in VERDICTS)]


def _events(cases: Sequence[Case]) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = [EVENTS_HEAD]
    for case in cases:
        for event in () if case.facts is None else case.facts.events:
            times = (event.start_s, event.end_s, event.confidence)
            rows.append((case.case_id, event.id, event.activity, *times, event.source))
    return rows

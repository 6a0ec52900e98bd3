"""Many videos: the report of each, and a ledger that says what is done.

The ledger is SQLite in the output folder. A video whose content and settings are those of a finished row is skipped; a video
that fails costs only itself, with its reason in the ledger.
"""

import csv
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from resus_doc import __version__
from resus_doc.agent.report import Request, make_report
from resus_doc.errors import InputRefused, ResourceMissing, ResusDocError
from resus_doc.schema import Report
from resus_doc.settings import Settings
from resus_doc.tools.casefolder import read_report
from resus_doc.tools.registry import TOOLS

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv"})

_LEDGER = """
CREATE TABLE IF NOT EXISTS videos (
    key TEXT PRIMARY KEY, case_id TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL
)
"""


class Outcome(NamedTuple):
    """How many videos were debriefed, skipped as done before, and failed."""

    done: int
    skipped: int
    failed: int

    @property
    def summary(self) -> str:
        return f"{self.done} debriefed, {self.skipped} done before, {self.failed} failed"


def run_batch(inputs: Sequence[Path], out: Path, settings: Settings, say: Callable[[str], None]) -> Outcome:
    """Debrief every video of the inputs into `out/<case id>`; `say` gets one line per video.

    Raises:
        InputRefused: the inputs hold no video.
        ResourceMissing: the output folder cannot be written to.
    """
    videos = list(find_videos(inputs))
    if not videos:
        raise InputRefused(
            "No video was found in the inputs.", f"Looked for {', '.join(sorted(VIDEO_SUFFIXES))} files."
        )
    with closing(_open_ledger(out)) as ledger:
        outcomes = [_debrief(video, out, settings, ledger, say) for video in videos]
    _write_tables(out)
    return Outcome(outcomes.count("done"), outcomes.count("skipped"), outcomes.count("failed"))


def find_videos(inputs: Sequence[Path]) -> Iterator[Path]:
    """The files named, and the video files below the folders named, each once, in order of name."""
    seen = set()
    for given in inputs:
        below = sorted(path for path in given.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file())
        for path in below if given.is_dir() else [given]:
            if (real := path.resolve()) not in seen:
                seen.add(real)
                yield path


def _open_ledger(out: Path) -> sqlite3.Connection:
    try:
        out.mkdir(parents=True, exist_ok=True)
        ledger = sqlite3.connect(out / "ledger.sqlite")
        ledger.execute("PRAGMA journal_mode=WAL")
        ledger.execute(_LEDGER)
        ledger.commit()
    except (OSError, sqlite3.Error) as error:
        raise ResourceMissing(f"The folder {out} cannot be written to ({error}).", "Choose another with -o.") from error
    return ledger


def _debrief(video: Path, out: Path, settings: Settings, ledger: sqlite3.Connection, say: Callable[[str], None]) -> str:
    try:
        key, case_id = _identify(video, settings)
    except ResusDocError as error:
        say(f"Skipped {video.name} because: {error}")
        _record(ledger, _name_key(video), "-", "failed", str(error))
        return "failed"
    if _is_done(ledger, key, out / case_id):
        return "skipped"
    try:
        make_report(
            Request(video=video, out=out / case_id, settings=settings, case_id=case_id, resume=True, replace=True)
        )
    except ResusDocError as error:
        say(f"Skipped {video.name} because: {error}")
        _record(ledger, key, case_id, "failed", str(error))
        return "failed"
    except Exception as error:  # noqa: BLE001 - a fault of our own costs this video, is told, and stays in the ledger
        reason = f"A fault of resus-doc itself ({type(error).__name__}: {error})."
        say(f"Skipped {video.name} because: {reason} Try: resus-doc report on this file, with --debug.")
        _record(ledger, key, case_id, "failed", reason)
        return "failed"
    _record(ledger, key, case_id, "done", "")
    say(f"{video.name} -> {case_id}")
    return "done"


def _identify(video: Path, settings: Settings) -> tuple[str, str]:
    """The content key (video hash, models, guideline, settings, program) and the case id."""
    sha256 = TOOLS["probe_video"](video).sha256
    parts = [sha256, settings.model_dump(mode="json"), __version__]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(), f"case-{sha256[:8]}"


def _name_key(video: Path) -> str:
    """For a file that cannot be read as a video, its place stands for its content."""
    return hashlib.sha256(str(video.resolve()).encode()).hexdigest()


def _is_done(ledger: sqlite3.Connection, key: str, case: Path) -> bool:
    row = ledger.execute("SELECT state FROM videos WHERE key = ?", (key,)).fetchone()
    return row is not None and row[0] == "done" and (case / "report.json").exists()


def _record(ledger: sqlite3.Connection, key: str, case_id: str, state: str, reason: str) -> None:
    ledger.execute(
        "INSERT INTO videos VALUES (?, ?, ?, ?, 1) ON CONFLICT(key) DO UPDATE SET "
        "case_id = excluded.case_id, state = excluded.state, reason = excluded.reason, attempts = attempts + 1",
        (key, case_id, state, reason),
    )
    ledger.commit()


def _write_tables(out: Path) -> None:
    """`summary.csv`, `events.csv` and `summary.json` of all case folders, so that totals are sums of the reports."""
    reports = [read_report(path.parent) for path in sorted(out.glob("*/report.json"))]
    names = sorted({measure.name for report in reports for measure in report.measures})
    verdicts = ("met", "not_met", "indeterminate", "not_assessable")
    head = ["case_id", "status", "reason", "video_sha256", "duration_s", "time_zero_source", "in_domain"]
    with (out / "summary.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*head, *names, *verdicts])
        table.writerows(_summary_row(report, names, verdicts) for report in reports)
    with (out / "events.csv").open("w", newline="", encoding="utf-8") as file:
        events = csv.writer(file)
        events.writerow(["case_id", "id", "activity", "start_s", "end_s", "confidence", "source"])
        for report in reports:
            for event in report.events:
                row = [event.id, event.activity, event.start_s, event.end_s, event.confidence, event.source]
                events.writerow([report.case_id, *row])
    totals = {name: sum(_count(report, name) for report in reports) for name in verdicts}
    content = {"cases": len(reports), "events": sum(len(report.events) for report in reports), "findings": totals}
    (out / "summary.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _count(report: Report, verdict: str) -> int:
    return sum(finding.verdict == verdict for finding in report.findings)


def _summary_row(report: Report, names: Sequence[str], verdicts: Sequence[str]) -> list[object]:
    values = {measure.name: measure.value for measure in report.measures}
    check = report.domain_check
    row: list[object] = [report.case_id, "done", "", report.video.sha256, report.video.duration_s]
    row += [report.time_zero.source, "" if check is None else check.in_domain]
    row += [values.get(name) for name in names]
    return row + [_count(report, verdict) for verdict in verdicts]

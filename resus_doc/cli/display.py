"""What people see: progress, results and errors, rich on a terminal and plain lines elsewhere.

Text that comes from files and models is printed without markup, so that a label cannot paint the terminal.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from resus_doc.schema import ACTIVITY_NAMES
from resus_doc.tools.strings import counted

if TYPE_CHECKING:
    from resus_doc.guidelines.documents import Document
    from resus_doc.guidelines.profile import Needs, Profile
    from resus_doc.schema import Passage, Report
    from resus_doc.tools.doctor import Check

_ERRORS = Console(stderr=True, highlight=False, soft_wrap=False)
_OUT = Console(highlight=False)

STEPS = {
    "simulate": "Rendering",
    "decode train": "Decoding the training videos",
    "decode validation": "Decoding the validation videos",
    "compare": "Comparing",
    "evaluate": "Looking at annotated videos",
    "probe": "Reading the file",
    "detect": "Looking for activities",
    "timeline": "Building the timeline",
    "measure": "Measuring",
    "withhold": "Withholding what the detector cannot know",
    "adhere": "Comparing with the guideline",
    "look": "Looking closer where a verdict hangs on it",
    "retrieve": "Fetching guideline passages",
    "plan": "Ordering the facts",
    "write": "Writing",
    "verify": "Checking every sentence",
    "picture": "Taking pictures of the recording",
    "reel": "Cutting the film",
    "render": "Writing the case folder",
}


def console() -> Console:
    """Where progress and errors go: stderr."""
    return _ERRORS


def line(text: str) -> None:
    """One plain line on stderr; a log gets it unbroken."""
    _ERRORS.print(Text(printable(text)), soft_wrap=not _ERRORS.is_terminal)


def problem(text: str) -> None:
    """One readable paragraph on stderr."""
    at_a_terminal = _ERRORS.is_terminal
    _ERRORS.print(Text(printable(text), style="bold red" if at_a_terminal else ""), soft_wrap=not at_a_terminal)


def unexpected(error: Exception) -> int:
    """Say that the program is at fault; returns the exit status. Usage errors of the command line show their own text."""
    show = getattr(error, "show", None)
    if callable(show):
        show()
        return int(getattr(error, "exit_code", 2))
    problem(
        f"resus-doc met a fault of its own ({type(error).__name__}: {error}). No half-written result is left. "
        "Run the same command with --debug and send what it prints to whoever maintains resus-doc."
    )
    return 1


def printable(text: str) -> str:
    """The text without control characters, which could steer a terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "�" for sign in text)


@contextmanager
def steps(*, quiet: bool) -> Iterator[Callable[[str, float | None], None]]:
    """A progress display; yields the function that agents call with a step's name and finished fraction."""
    if quiet:
        yield lambda _step, _fraction: None
    elif _ERRORS.is_terminal:
        with _rich_steps() as update:
            yield update
    else:
        yield _PlainSteps()


@contextmanager
def _rich_steps() -> Iterator[Callable[[str, float | None], None]]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=28), TimeElapsedColumn())
    with Progress(*columns, console=_ERRORS) as bar:
        tasks: dict[str, TaskID] = {}

        def update(step: str, fraction: float | None) -> None:
            for name, task in tasks.items():
                if name != step and not bar.tasks[task].finished:
                    bar.update(task, total=1.0, completed=1.0)
            if step not in tasks:
                tasks[step] = bar.add_task(STEPS.get(step, step), total=None)
            if fraction is not None:
                bar.update(tasks[step], total=1.0, completed=fraction)

        yield update
        for task in tasks.values():
            bar.update(task, total=1.0, completed=1.0)


class _PlainSteps:
    """A line when a step starts, and one every ten seconds of a long one."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, step: str, fraction: float | None) -> None:
        now = time.monotonic()
        if fraction is None:
            line(STEPS.get(step, step))
        elif now - self._last > 10:
            line(f"{STEPS.get(step, step)}: {fraction:.0%}")
        else:
            return
        self._last = now


def finished(report: "Report", out: Path) -> None:
    """What was found, in a few lines, and where the report is."""
    verdicts = [finding.verdict for finding in report.findings]
    _OUT.print(
        Text(
            printable(
                f"{report.case_id}: {counted(len(report.events), 'event')} in {report.video.duration_s:.0f} s of video"
            )
        )
    )
    _OUT.print(
        f"Findings: {verdicts.count('met')} met, {verdicts.count('not_met')} not met, "
        f"{verdicts.count('indeterminate')} indeterminate, {verdicts.count('not_assessable')} not assessable"
    )
    if report.is_withheld:
        _OUT.print("This video is unlike the detector's training data: its findings are withheld.")
    if report.is_unusual:
        _OUT.print(
            "This video is less like the training data than any of the detector's validation: compare it with the timeline."
        )
    if report.video.broken_off_at_s is not None:
        _OUT.print(f"The file is damaged and could be read up to {report.video.broken_off_at_s:.0f} s only.")
    if report.video.lost:
        from resus_doc.tools.report_words import lost_sentence

        _OUT.print(lost_sentence(report.video))
    if films := len(list((out / "clips").glob("*.mp4"))):
        _OUT.print(Text(f"Clips: {films} in {out / 'clips'}"), soft_wrap=True)
    _OUT.print(Text(f"Open {out / 'report.html'}"), soft_wrap=True)


def checks(found: "list[Check]") -> None:
    """The doctor's findings."""
    sign = {"ok": ("✓", "green"), "missing": ("✗", "red"), "optional": ("–", "yellow")}
    for check in found:
        mark, style = sign[check.state]
        _OUT.print(Text.assemble((mark, style), " ", (check.name, "bold"), f": {check.finding}"))
        if check.cost:
            _OUT.print(Text(f"    {check.cost}", style="dim"))
        if check.remedy:
            _OUT.print(Text(f"    {check.remedy}"))


def profiles(found: "list[Profile]", own: "Sequence[Document]", *, as_json: bool) -> None:
    """The guideline profiles and a site's own documents, one per line."""
    if as_json:
        rows: list[dict[str, object]] = [
            {"id": each.id, "title": each.title, "edition": each.edition, "rules": len(each.rules)} for each in found
        ]
        rows += [{"document": each.name, "file": each.file, "passages": len(each.pieces)} for each in own]
        print(json.dumps(rows, indent=2))  # noqa: T201 - machine output
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "edition", "rules", "title"):
        table.add_column(heading)
    for each in found:
        table.add_row(each.id, each.edition, str(len(each.rules)), each.title)
    _OUT.print(table)
    if own:
        _OUT.print(Text("\nDocuments of this site (not checked, on this machine only)", style="bold"))
    for document in own:
        _OUT.print(Text(printable(f"{document.name}: {document.file}, {counted(len(document.pieces), 'passage')}")))


def profile(shown: "Profile") -> None:
    """A profile's rules with what each needs."""
    _OUT.print(Text(f"{shown.title} ({shown.edition})", style="bold"))
    for rule in shown.rules:
        mark = "" if rule.verified or shown.kind == "quality_metric" else "  [unverified]"
        _OUT.print(Text(f"\n{rule.id}{mark}\n  {rule.statement}"))
        if needs := _needs(rule.needs):
            _OUT.print(Text(f"  needs: {needs}", style="dim"))


def _needs(needs: "Needs") -> str:
    """What a rule needs, in words; empty when it needs nothing."""
    parts = [ACTIVITY_NAMES[activity] for activity in needs.activities]
    parts += ["the time of birth"] * (needs.time_zero == "birth") + list(needs.vitals)
    parts += ["the gestational age"] * needs.gestation + list(needs.beyond)
    return ", ".join(parts)


def passages(found: "list[tuple[Passage, float]]", *, as_json: bool) -> None:
    """Passages, best first."""
    if as_json:
        rows = [{**passage.model_dump(), "score": round(score, 4)} for passage, score in found]
        print(json.dumps(rows, indent=2, ensure_ascii=False))  # noqa: T201 - machine output
        return
    for passage, _score in found:
        mark = "" if passage.verified else "  [unverified]"
        _OUT.print(Text(printable(f"{passage.title}{mark}"), style="bold"))
        section = f", {passage.section}" if passage.section else ""
        _OUT.print(Text(printable(f"  {passage.text}\n  {passage.source}{section}\n")))


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of text, its first column to the left and the others to the right."""
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(header):
        shown.add_column(name, justify="right" if place else "left")
    for row in rows:
        shown.add_row(*(Text(printable(cell)) for cell in row))
    _OUT.print(shown)
    _OUT.print()


def out() -> Console:
    """Where answers go: stdout."""
    return _OUT


def is_terminal() -> bool:
    """Whether a person sits at both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()

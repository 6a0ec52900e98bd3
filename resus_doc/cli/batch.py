"""`resus-doc batch`: its flags, and what people see while it runs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from resus_doc import settings
from resus_doc.cli import display
from resus_doc.errors import UsageError
from resus_doc.tools.clock import clock

if TYPE_CHECKING:
    from resus_doc.agent.batch import Standing, Wishes
    from resus_doc.settings import Settings

PLAIN_EVERY_S = 60.0
"""Where nobody watches a terminal, a line of progress goes into the log this often."""


def batch(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where the case folders go.")],
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="INPUT...", help="Videos, folders, quoted patterns, manifests (.csv)."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Videos worked on at a time; the best without.")] = None,
    guideline: Annotated[str | None, typer.Option(metavar="ID|FILE", help="A guideline profile.")] = None,
    detector: Annotated[Path | None, typer.Option(metavar="BUNDLE", help="A detector bundle's folder.")] = None,
    llm: Annotated[
        str | None,
        typer.Option(metavar="GGUF|NAME|none", help="A GGUF file or a pulled model; none: templates only."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:N.")] = None,
    clips: Annotated[
        bool | None, typer.Option("--clips/--no-clips", help="A short film per finding and per pause of PPV.")
    ] = None,
    thumbnails: Annotated[
        bool | None,
        typer.Option("--thumbnails/--no-thumbnails", help="Small pictures of the recording in the reports."),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Work on the Ray cluster there; auto: the one of this machine."),
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again what failed before.")] = False,
    rehash: Annotated[bool, typer.Option("--rehash", help="Read all files anew to see what changed.")] = False,
    dashboard_only: Annotated[
        bool, typer.Option("--dashboard-only", help="Only tables and index.html, from the case folders.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
) -> None:
    """Write the debriefs of many videos; what is done is not done again."""
    from resus_doc.agent.batch import Wishes, rebuild_dashboard, run_batch

    if dashboard_only != (not inputs):
        raise UsageError("Name videos or folders of videos.", "Or use --dashboard-only alone with -o.")
    if dashboard_only or not inputs:
        rebuild_dashboard(out)
        display.line(f"Open {out / 'index.html'}")
        return
    chosen = settings.load(
        guideline=guideline, detector=detector, llm=llm, device=device, clips=clips, thumbnails=thumbnails
    )
    wishes = Wishes(workers=workers, rehash=rehash, retry_failed=retry_failed, llm_asked_for=llm is not None, ray=ray)
    if dry_run:
        _preview(inputs, out, chosen, wishes)
        return
    with _progress() as progress:
        outcome = run_batch(inputs, out, chosen, display.line, wishes=wishes, progress=progress)
    display.line(outcome.summary)
    display.line(f"Open {out / 'index.html'}")
    if outcome.failed:
        raise typer.Exit(5)


def _preview(inputs: list[Path], out: Path, chosen: "Settings", wishes: "Wishes") -> None:
    from resus_doc.agent.batch import is_to_do, preview

    to_do = 0
    for decision in preview(inputs, out, chosen, wishes):
        to_do += is_to_do(decision)
        case = f" -> {decision.row.case_id}" if is_to_do(decision) else ""
        reason = f": {decision.row.reason}" if decision.row.reason else ""
        display.line(f"{decision.choice:<13} {decision.video.name}{case}{reason}")
    display.line(f"{to_do} would be debriefed; nothing was written.")


@contextmanager
def _progress() -> Iterator["Callable[[Standing], None]"]:
    """On a terminal one line that stays below the others; elsewhere a line a minute."""
    console = display.console()
    if not console.is_terminal:
        yield _Plain()
        return
    with console.status("Looking through the videos") as status:
        yield lambda standing: status.update(Text(display.printable(_told(standing))))


class _Plain:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, standing: "Standing") -> None:
        if time.monotonic() - self._last >= PLAIN_EVERY_S:
            self._last = time.monotonic()
            display.line(_told(standing))


def _told(standing: "Standing") -> str:
    """`12 of 200 videos, about 3:05:00 left · birth.mp4 40 % (1:10 left)`."""
    left = "" if standing.left_s is None else f", about {duration(standing.left_s)} left"
    videos = [
        f"{each.name} {each.fraction:.0%}" + ("" if each.left_s is None else f" ({duration(each.left_s)} left)")
        for each in standing.running
    ]
    return " · ".join([f"{standing.ended} of {standing.total} videos{left}", *videos])


def duration(seconds: float) -> str:
    """`m:ss`, or `h:mm:ss` from an hour on."""
    if seconds < 3600:
        return clock(seconds)
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"

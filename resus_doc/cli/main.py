"""The commands. Thin: they read flags, call the agent or a tool, and turn errors into exit statuses.

0 done · 1 fault of the program · 2 usage · 3 input refused · 4 model or resource missing · 5 partly done · 130 interrupted
"""

import json
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from resus_doc import __version__, settings
from resus_doc.cli import agree, batch, chat, display, documents, models, purge, reel, research, review
from resus_doc.errors import ResusDocError, UsageError
from resus_doc.tools.strings import counted

INTERRUPTED = {
    "report": "Interrupted. `--resume` with the same command goes on where it stopped.",
    "batch": "Interrupted. The same command goes on where it stopped; the cases that are there are whole.",
    "train": "Interrupted. The same command goes on from the last checkpoint.",
    "compare": "Interrupted. The same command goes on; what --train has trained so far is used.",
    "models": "Interrupted. `models pull` goes on where it stopped with the same command.",
    "simulate": "Interrupted. The folder holds a part of the dataset: remove it, or name another, before you start again.",
}
"""What a command says at Ctrl-C of the work that it leaves; the others leave none."""


class _Interruptible(TyperGroup):
    """Typer ends at Ctrl-C without a word: here it is said what becomes of the work."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            display.problem(INTERRUPTED.get(ctx.invoked_subcommand, "Interrupted."))
            raise typer.Exit(130) from interrupt


app = typer.Typer(
    cls=_Interruptible,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turns the video of a newborn resuscitation into a debrief, on this machine. Nothing leaves it.",
    epilog="Start with: resus-doc report --sample. --debug, added to any command, shows where a fault came from.",
)
guidelines_app = typer.Typer(no_args_is_help=True, help="Guideline profiles and passages.")
app.add_typer(guidelines_app, name="guidelines")
documents.register(guidelines_app)
research.register(app)
models.register(app)

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Device = Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Detector = Annotated[Path | None, typer.Option(metavar="BUNDLE", help="A detector bundle's folder.")]
Llm = Annotated[
    str | None, typer.Option(metavar="GGUF|NAME|none", help="A GGUF file or a pulled model; none: templates only.")
]
Guideline = Annotated[str | None, typer.Option(metavar="ID|FILE", help="A guideline profile.")]


def main() -> None:
    """Run the command line; never returns."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        status = app(args=arguments, prog_name="resus-doc", standalone_mode=False)
    except ResusDocError as error:
        if debug:
            traceback.print_exc()
        display.problem(str(error))
        sys.exit(error.exit_status)
    except typer.Exit as finished:
        sys.exit(finished.exit_code)
    except typer.Abort:
        sys.exit(130)
    except Exception as error:  # the last stop: anything else is our own fault and is said so
        if debug:
            raise
        sys.exit(display.unexpected(error))
    sys.exit(status if isinstance(status, int) else 0)


@app.command()
def report(
    videos: Annotated[
        list[Path] | None, typer.Argument(metavar="VIDEO...", help="The video file, or several recordings of one case.")
    ] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Use the simulated sample video.")] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="CASE", help="The case folder to write.")] = None,
    case_id: Annotated[str | None, typer.Option(help="Default: case- and 8 digits of the video's hash.")] = None,
    offset: Annotated[
        list[float] | None,
        typer.Option(metavar="S", help="Start of each further recording, from the first one's; else by file times."),
    ] = None,
    birth_time: Annotated[
        str | None,
        typer.Option(metavar="T", help="Birth, as signed seconds or [-]mm:ss from the start of the video."),
    ] = None,
    birth_uncertainty: Annotated[float, typer.Option(metavar="S", min=0, help="How sure that is, in seconds.")] = 0.0,
    guideline: Guideline = None,
    detector: Detector = None,
    llm: Llm = None,
    gestation: Annotated[str | None, typer.Option(metavar="W+D", help="Completed weeks and days, as 31+4.")] = None,
    annotations: Annotated[Path | None, typer.Option(help="A person's timeline in place of the detector.")] = None,
    vitals: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Vital signs: time_s and hr_bpm, spo2_pct, ...")
    ] = None,
    vitals_offset: Annotated[
        float | None, typer.Option(metavar="S", help="Added to their times to reach the video's clock.")
    ] = None,
    device: Device = None,
    clips: Annotated[
        bool | None, typer.Option("--clips/--no-clips", help="A short film per finding and per pause of PPV.")
    ] = None,
    thumbnails: Annotated[
        bool | None,
        typer.Option("--thumbnails/--no-thumbnails", help="Small pictures of the recording in report.html."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing case folder.")] = False,
    as_json: Json = False,
) -> None:
    """Write the debrief of one case: one video, or several recordings of it."""
    video, *more = videos if videos and not sample else [_video(videos[0] if videos else None, sample)]
    case = out or Path(f"{video.stem}-debrief")
    if vitals is None and vitals_offset is not None:
        raise UsageError("--vitals-offset shifts a vitals file, and none is given.", "Add --vitals FILE.")
    from resus_doc.agent.report import make_report
    from resus_doc.agent.request import Request
    from resus_doc.tools.clock import parse_signed_time
    from resus_doc.tools.gestation import parse_gestation

    with display.steps(quiet=as_json) as progress:
        done = make_report(
            Request(
                video=video,
                more_videos=tuple(more),
                offsets_s=tuple(offset or ()),
                out=case,
                settings=settings.load(
                    guideline=guideline, detector=detector, llm=llm, device=device, clips=clips, thumbnails=thumbnails
                ),
                case_id=case_id,
                birth_time_s=None if birth_time is None else parse_signed_time(birth_time),
                birth_uncertainty_s=birth_uncertainty,
                gestation_weeks=None if gestation is None else parse_gestation(gestation),
                annotations=annotations,
                vitals=vitals,
                vitals_offset_s=vitals_offset or 0.0,
                llm_asked_for=llm is not None,
                resume=resume,
                replace=replace,
                progress=progress,
            )
        )
    if as_json:
        typer.echo(done.model_dump_json(indent=2))
    else:
        display.finished(done, case)


app.command()(chat.chat)
app.command()(batch.batch)
app.command()(agree.agree)
app.command()(purge.purge)
app.command()(review.review)
app.command()(reel.reel)


@app.command()
def export(
    case: Annotated[Path, typer.Argument(help="A case folder.")],
    kind: Annotated[str, typer.Option("--format", help="csv, vtt, eaf, md, docx, json or all.")] = "all",
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Default: CASE/export.")] = None,
) -> None:
    """Write a case's timeline and findings for other programs."""
    from resus_doc.tools.export import export_case

    for path in export_case(case, kind, out):
        display.line(str(path))


@app.command()
def doctor(as_json: Json = False) -> None:
    """What is installed, what is missing, and what each lack costs."""
    from resus_doc.tools.doctor import examine

    checks = examine(settings.load())
    if as_json:
        typer.echo(json.dumps([check.model_dump() for check in checks], indent=2))
    else:
        display.checks(checks)
    if any(check.state == "missing" and check.needed for check in checks):
        raise typer.Exit(4)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="The dataset folder to write.")],
    videos: Annotated[int | None, typer.Option(min=1, help="How many videos; 8 without --hours.")] = None,
    hours: Annotated[float | None, typer.Option(min=0, help="How much video instead.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same dataset.")] = 0,
    split: Annotated[Literal["all", "train", "validation", "test"], typer.Option(help="all divides by case.")] = "all",
    hospital: Annotated[str | None, typer.Option(metavar="NAME", help="Only this family of rooms.")] = None,
    difficulty: Annotated[
        float | None, typer.Option(min=0, max=1, help="0 is plain, 1 very varied; the detector's figures are at 0.25.")
    ] = None,
    width: Annotated[int | None, typer.Option(help="One picture width; mixed without.")] = None,
    fps: Annotated[float | None, typer.Option(help="One frame rate; mixed without.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Videos rendered at a time.")] = 1,
) -> None:
    """Render a dataset of simulated resuscitations with their annotations."""
    from resus_doc.tools.simulate.dataset import write_dataset

    with display.steps(quiet=False) as progress:
        done = write_dataset(
            out,
            videos=videos,
            hours=hours,
            seed=seed,
            split=split,
            hospital=hospital,
            difficulty=difficulty,
            width=width,
            fps=fps,
            jobs=workers,
            progress=lambda fraction: progress("simulate", fraction),
        )
    display.line(f"{counted(sum(done.videos.values()), 'video')}, {done.hours:.2f} h, in {out}")


@guidelines_app.command("list")
def guidelines_list(as_json: Json = False) -> None:
    """The guideline profiles, and the documents that were added here."""
    from resus_doc.guidelines.documents import listing
    from resus_doc.guidelines.profile import load, shipped_ids

    own = listing(settings.load().data)
    display.profiles([load(each) for each in shipped_ids()], own, as_json=as_json)


@guidelines_app.command("show")
def guidelines_show(profile: Annotated[str, typer.Argument(metavar="ID|FILE")]) -> None:
    """A profile's rules, what each needs, and which nobody has compared with the document."""
    from resus_doc.guidelines import checked
    from resus_doc.guidelines.profile import load

    shown, _ = checked.apply(load(profile), settings.load().data)
    display.profile(shown)


@guidelines_app.command("verify")
def guidelines_verify(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Such as aha-2025.ppv-within-60s.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who compared it with the document.")],
) -> None:
    """Record that a person compared a rule with the document itself."""
    from resus_doc.guidelines import checked

    checked.record(rule, by, settings.load().data)
    display.line(f"Recorded: {rule} was compared with the document by {by}.")


@guidelines_app.command("search")
def guidelines_search(
    query: Annotated[str, typer.Argument(help="What to look for, in your own words.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="How many passages.")] = 5,
    profile: Annotated[str | None, typer.Option(metavar="ID", help="Only this guideline.")] = None,
    as_json: Json = False,
) -> None:
    """The passages nearest to a question, best first."""
    from resus_doc.guidelines.store import PassageStore

    with PassageStore.open(settings.load().data) as store:
        display.passages(store.search(query, k=k, profile=profile), as_json=as_json)


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    if version:
        typer.echo(f"resus-doc {__version__}")
        raise typer.Exit


def _video(video: Path | None, sample: bool) -> Path:
    if sample and video is None:
        return settings.SAMPLE_VIDEO
    if video is None or sample:
        raise UsageError("Name one video file.", "Or use --sample alone for the simulated sample video.")
    return video


if __name__ == "__main__":
    main()

"""Commands for those who have annotated videos: judge a detector, train one, compare several."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from resus_doc import settings
from resus_doc.cli import display
from resus_doc.errors import UsageError

SplitName = Literal["train", "validation", "test"]


def evaluate(
    dataset: Annotated[Path, typer.Argument(help="A folder with videos/ and annotations/, as simulate writes it.")],
    detector: Annotated[Path | None, typer.Option(metavar="BUNDLE", help="A detector bundle's folder.")] = None,
    split: Annotated[SplitName, typer.Option(help="Which cases.")] = "test",
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write tables and pictures.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:N.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Judge a detector on annotated videos."""
    from resus_doc.tools.evaluation_pages import JSON_FILE, check_folder

    if out is not None:
        check_folder(out, JSON_FILE)
    chosen = settings.load(detector=detector, device=device)
    from resus_doc.models.detector import Detector
    from resus_doc.tools.dataset import open_dataset
    from resus_doc.tools.evaluate import evaluate as run
    from resus_doc.tools.evaluation_pages import evaluation_tables, write_evaluation

    open_dataset(dataset).of(split)
    with display.steps(quiet=as_json) as progress:
        loaded = Detector.load(chosen.detector, chosen.device)
        outcome = run(dataset, loaded, split, lambda fraction: progress("evaluate", fraction))
    if out is not None:
        write_evaluation(outcome, out)
    if as_json:
        typer.echo(outcome.evaluation.model_dump_json(indent=2))
        return
    for table in evaluation_tables(outcome.evaluation):
        display.table(table.title, table.header, table.rows)
    for note in outcome.evaluation.notes:
        display.line(note)


def train(
    dataset: Annotated[Path, typer.Argument(help="A folder with videos/ and annotations/, as simulate writes it.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="BUNDLE", help="The bundle's folder to write.")],
    method: Annotated[Literal["head", "lora", "full"], typer.Option(help="What learns.")] = "lora",
    base: Annotated[Path | None, typer.Option(metavar="DIR", help="A bundle, or a base's folder.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Optimiser steps at most.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Windows a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The highest rate.")] = None,
    rank: Annotated[int | None, typer.Option(min=1, help="Rank of the adapter.")] = None,
    check_every: Annotated[int | None, typer.Option(min=1, help="Steps between looks at validation.")] = None,
    patience: Annotated[int | None, typer.Option(min=1, help="Looks without a better one before it ends.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed trains the same.")] = None,
    cache_gb: Annotated[float, typer.Option(min=0, help="Disk for decoded frames, at most.")] = 20.0,
) -> None:
    """Train a detector on annotated videos. The same command goes on after a kill."""
    from dataclasses import replace

    from resus_doc.tools.train import DEFAULTS
    from resus_doc.tools.train import train as run

    given = {
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "rank": rank,
        "check_every": check_every,
        "patience": patience,
        "seed": seed,
    }
    plan = replace(DEFAULTS[method], **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    chosen = settings.load().detector if base is None else base
    with display.steps(quiet=False) as progress:
        done = run(dataset, out, plan, chosen, cache_gb=cache_gb, say=display.line, progress=progress)
    for note in done.notes:
        display.line(note)
    display.line(f"{done.out}: best at step {done.best_step}; F1 on validation windows {done.validation_f1}")


def compare(
    dataset: Annotated[Path, typer.Argument(help="A folder with videos/ and annotations/, as simulate writes it.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where the table is written.")],
    detector: Annotated[Path | None, typer.Option(metavar="BUNDLE", help="The detector in question.")] = None,
    bundle: Annotated[
        list[str] | None, typer.Option(metavar="NAME=DIR", help="A further row; may be given several times.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:N.")] = None,
    cache_gb: Annotated[float, typer.Option(min=0, help="Disk for decoded frames, at most.")] = 20.0,
) -> None:
    """Write one table: the detector, what is left of it without motion or adapter, and others."""
    from resus_doc.tools.dataset import open_dataset
    from resus_doc.tools.evaluation_pages import check_folder

    given = dict(_named(text) for text in bundle or [])
    check_folder(out, "comparison.csv")
    open_dataset(dataset).of("test")
    chosen = settings.load(detector=detector, device=device)
    from resus_doc.models.detector import Detector
    from resus_doc.tools.compare import compare as run
    from resus_doc.tools.compare import comparison_table, write_comparison

    with display.steps(quiet=False) as progress:
        loaded = Detector.load(chosen.detector, chosen.device)
        others = {name: Detector.load(Path(place), chosen.device) for name, place in given.items()}
        rows = run(dataset, loaded, others, cache_gb, lambda fraction: progress("compare", fraction))
    write_comparison(rows, out)
    table = comparison_table(rows)
    display.table(table.title, ("row", "macro-F1 activities"), [line[:2] for line in table.rows])
    display.line(f"The whole table is in {out / 'comparison.html'}")


def _named(text: str) -> tuple[str, str]:
    name, sign, place = text.partition("=")
    if not (name and sign and place):
        raise UsageError(f"--bundle {text} names no row.", "Write --bundle NAME=DIR.")
    return name, place


def register(app: typer.Typer) -> None:
    """Put the commands on the application."""
    app.command()(evaluate)
    app.command()(train)
    app.command()(compare)

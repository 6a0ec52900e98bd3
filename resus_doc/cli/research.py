"""Commands for those who have annotated videos: judge a detector, train one, compare several."""

import math
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from resus_doc import settings
from resus_doc.cli import display
from resus_doc.errors import UsageError

MOST_SEED = 2**32 - 1
"""The largest that every generator of random numbers takes."""


def _finite(value: float | None) -> float | None:
    """What is no number passes every bound of an option."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number.")
    return value


def _rate(value: float | None) -> float | None:
    if value is not None and value <= 0:
        raise typer.BadParameter(f"{value} is not greater than 0.")
    return _finite(value)


CacheGb = Annotated[float | None, typer.Option(min=0, callback=_finite, help="Disk for decoded frames, at most.")]
CacheDays = Annotated[
    float | None, typer.Option(min=0, callback=_finite, help="Remove decoded frames that were not used for so long.")
]

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
    method: Annotated[
        Literal["head", "lora", "full", "timesformer"], typer.Option(help="What learns; timesformer is the baseline.")
    ] = "lora",
    base: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A bundle, a base's folder, or a pulled model's name.")
    ] = None,
    recipe: Annotated[
        Literal["project", "study"], typer.Option(help="Settings for the small base, or those of the study.")
    ] = "project",
    view: Annotated[
        Literal["all", "single", "shuffled"], typer.Option("--frames", help="Others than all are baselines.")
    ] = "all",
    steps: Annotated[int | None, typer.Option(min=1, help="Optimiser steps at most.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Windows a batch: 32, or 1 on a large base.")] = None,
    accumulate: Annotated[int | None, typer.Option(min=1, help="Batches a step: 1, or 32 on a large base.")] = None,
    learning_rate: Annotated[float | None, typer.Option(callback=_rate, help="The highest rate.")] = None,
    rank: Annotated[int | None, typer.Option(min=1, help="Rank of the adapter.")] = None,
    check_every: Annotated[int | None, typer.Option(min=1, help="Steps between looks at validation.")] = None,
    patience: Annotated[int | None, typer.Option(min=1, help="Looks without a better one before it ends.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, help="The same seed trains the same.")] = None,
    recompute: Annotated[
        bool | None,
        typer.Option("--recompute/--no-recompute", help="Less memory, more time; usual on a large base."),
    ] = None,
    four_bit: Annotated[bool, typer.Option("--four-bit", help="Hold the base in four bits (CUDA).")] = False,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:N.")] = None,
    cache_gb: CacheGb = None,
    cache_days: CacheDays = None,
) -> None:
    """Train a detector on annotated videos. The same command goes on after a kill."""
    if four_bit and method not in ("head", "lora"):
        raise UsageError(f"--four-bit with --method {method}: what learns cannot be in four bits.", "Leave one out.")
    from resus_doc.models import learning
    from resus_doc.tools.train import base_folder
    from resus_doc.tools.train import train as run
    from resus_doc.tools.train_plan import planned

    given = {
        "view": view,
        "four_bit": four_bit,
        "steps": steps,
        "batch": batch,
        "accumulate": accumulate,
        "learning_rate": learning_rate,
        "rank": rank,
        "check_every": check_every,
        "patience": patience,
        "seed": seed,
        "recompute": recompute,
    }
    found = settings.load(device=device, cache_gb=cache_gb, cache_days=cache_days)
    chosen = found.detector if base is None and method != "timesformer" else base
    size = learning.SMALL if chosen is None else learning.of_folder(base_folder(chosen))
    with display.steps(quiet=False) as progress:
        done = run(
            dataset,
            out,
            planned(method, recipe, size, **given),
            chosen,
            device=found.device,
            cache_gb=found.cache_gb,
            cache_days=found.cache_days,
            say=display.line,
            progress=progress,
        )
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
    held_out: Annotated[
        Path | None, typer.Option(metavar="DATASET", help="Test videos of a hospital that is in no training.")
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Train the missing rows as long as the detector was; into DIR/bundles.")
    ] = False,
    steps: Annotated[int | None, typer.Option(min=1, help="With --train: so many steps instead.")] = None,
    zero_shot: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A pretrained vision-language model to ask without training.")
    ] = None,
    judge: Annotated[Path | None, typer.Option(metavar="GGUF", help="Judges the captions of --zero-shot.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:N.")] = None,
    cache_gb: CacheGb = None,
    cache_days: CacheDays = None,
) -> None:
    """Write the study's table: the detector, the same without motion or adapter, a TimeSformer, and others."""
    if steps is not None and not train:
        raise UsageError("--steps is for rows that are trained, and none is.", "Add --train, or leave --steps out.")
    if judge is not None and zero_shot is None:
        raise UsageError("--judge reads the captions of a model, and none is asked.", "Add --zero-shot DIR.")
    from resus_doc.tools.compare_pages import BUNDLES, CSV_FILE, comparison_table, write_comparison
    from resus_doc.tools.dataset import open_dataset
    from resus_doc.tools.evaluation_pages import check_folder

    given = _rows_given(bundle or [])
    check_folder(out, CSV_FILE, BUNDLES)
    opened = open_dataset(dataset)
    opened.of("test")
    chosen = settings.load(detector=detector, device=device, cache_gb=cache_gb, cache_days=cache_days)
    from resus_doc.models.detector import Detector, choose_device
    from resus_doc.models.zero_shot import InstructModel, judge_by
    from resus_doc.tools import frame_cache
    from resus_doc.tools.compare import compare as run
    from resus_doc.tools.compare import row_name
    from resus_doc.tools.compare_groups import refuse_learned
    from resus_doc.tools.compare_missing import plans_for, train_missing

    if held_out is not None:
        refuse_learned(opened, open_dataset(held_out))
    frame_cache.forget(frame_cache.places(out / BUNDLES), chosen.cache_days, time.time(), display.line)
    with display.steps(quiet=False) as progress:
        loaded = Detector.load(chosen.detector, chosen.device)
        if train:
            plans = plans_for(loaded, {row_name(loaded), *given}, steps)
            made = train_missing(
                dataset,
                chosen.detector,
                plans,
                out / BUNDLES,
                device=chosen.device,
                cache_gb=chosen.cache_gb,
                cache_days=chosen.cache_days,
                say=display.line,
            )
            given |= {name: str(place) for name, place in made.items()}
        rows, notes = run(
            dataset,
            loaded,
            {name: Detector.load(Path(place), chosen.device) for name, place in given.items()},
            held_out=held_out,
            asked=None if zero_shot is None else InstructModel(zero_shot, choose_device(chosen.device)),
            judge_of=None if judge is None else judge_by(judge),
            cache_gb=chosen.cache_gb,
            progress=lambda fraction: progress("compare", fraction),
        )
    write_comparison(rows, out, notes)
    table = comparison_table([row for row in rows if row.figures])
    display.table(table.title, table.header[:2], [line[:2] for line in table.rows])
    for note in notes:
        display.line(note)
    display.line(f"The whole table is in {out / 'comparison.html'}")


def _rows_given(bundles: list[str]) -> dict[str, str]:
    """Where the bundle of each row lies; rows whose pictures would have one name are refused."""
    from resus_doc.tools.compare import file_name

    given: dict[str, str] = {}
    for text in bundles:
        name, sign, place = text.partition("=")
        if not (name and sign and place):
            raise UsageError(f"--bundle {text} names no row.", "Write --bundle NAME=DIR.")
        if file_name(name) in map(file_name, given):
            raise UsageError(
                f"--bundle {text} names a row that another --bundle names.", "Give each row a name of its own."
            )
        given[name] = place
    return given


def register(app: typer.Typer) -> None:
    """Put the commands on the application."""
    app.command()(evaluate)
    app.command()(train)
    app.command()(compare)

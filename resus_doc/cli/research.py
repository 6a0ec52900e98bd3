"""Commands for those who have annotated videos: judge a detector, train one, compare several."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from resus_doc import settings
from resus_doc.cli import display

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


def register(app: typer.Typer) -> None:
    """Put the commands on the application."""
    app.command()(evaluate)

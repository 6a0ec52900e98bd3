"""`resus-doc review`: a person corrects a case on a local page; and corrected cases become a dataset."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from resus_doc import settings
from resus_doc.cli import display
from resus_doc.errors import UsageError
from resus_doc.tools.strings import counted


def review(
    cases: Annotated[list[Path], typer.Argument(metavar="CASE", help="A case folder; several with --export-dataset.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of 127.0.0.1; 0: any that is free.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    video: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The recording, where it is not where the case says.")
    ] = None,
    llm: Annotated[
        str | None, typer.Option(metavar="GGUF|NAME|none", help="Writes the sentences whose facts changed.")
    ] = None,
    export_dataset: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write these corrected cases as a dataset for train, and end.")
    ] = None,
    split: Annotated[
        Literal["all", "train", "validation", "test"],
        typer.Option(help="Of the dataset; all divides by case, each recording always to the same split."),
    ] = "all",
) -> None:
    """Correct a case on a page of this machine, or make a dataset of corrected cases."""
    if export_dataset is not None:
        _export(cases, export_dataset, split)
        return
    if len(cases) != 1:
        raise UsageError("One case is reviewed at a time.", "Name one case folder, or add --export-dataset DIR.")
    from resus_doc.agent.review_run import run_review

    saved = run_review(
        cases[0],
        settings.load(llm=llm),
        video=video,
        port=port,
        open_browser=not no_browser,
        say=typer.echo,
        tell=display.line,
    )
    display.line(f"The review has ended; {counted(saved, 'revision')} saved.")


def _export(cases: list[Path], folder: Path, split: Literal["all", "train", "validation", "test"]) -> None:
    from resus_doc.tools.review_dataset import export_dataset

    outcome = export_dataset(cases, folder, split)
    for name, reason in outcome.skipped:
        display.line(f"Skipped {name} because: {reason}")
    display.line(
        f"{counted(len(outcome.written), 'case')} in {folder}. Their videos are hard links to the recordings, or copies: "
        "deleting a recording leaves them there."
    )
    if outcome.skipped:
        raise typer.Exit(5)

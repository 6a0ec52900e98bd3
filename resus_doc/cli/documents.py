"""`guidelines add` and `guidelines remove`: a site's own documents."""

from pathlib import Path
from typing import Annotated

import typer

from resus_doc import settings
from resus_doc.cli import display
from resus_doc.errors import InputRefused, PartlyDone, UsageError
from resus_doc.tools.strings import counted


def register(guidelines_app: typer.Typer) -> None:
    """Put the commands under `guidelines`."""
    guidelines_app.command("add")(add)
    guidelines_app.command("remove")(remove)


def add(files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="PDF, DOCX, HTML or Markdown.")]) -> None:
    """Make a site's own documents searchable, on this machine only."""
    from resus_doc.guidelines import documents
    from resus_doc.guidelines.store import PassageStore

    data = settings.load().data
    refused: list[InputRefused | UsageError] = []
    for path in files:
        try:
            document = documents.add(path, data)
        except (InputRefused, UsageError) as error:
            refused.append(error)
            continue
        display.line(f"Added: {document.name} ({document.file}), {counted(len(document.pieces), 'passage')}.")
    if len(refused) < len(files):
        PassageStore.open(data).close()  # the index is built now rather than at the next search
    if len(files) == 1 and refused:
        raise refused[0]
    if refused:
        for each in refused:
            display.problem(str(each))
        raise PartlyDone(f"{len(refused)} of {len(files)} files were not added.")


def remove(name: Annotated[str, typer.Argument(help="As `guidelines list` names it.")]) -> None:
    """Take a site's own document out of the search."""
    from resus_doc.guidelines import documents
    from resus_doc.guidelines.store import PassageStore

    data = settings.load().data
    document = documents.remove(name, data)
    PassageStore.open(data).close()  # builds an index without it, and deletes the one that holds it
    display.line(f"Removed: {document.name} ({document.file}). The file itself was not touched.")

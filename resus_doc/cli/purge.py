"""`resus-doc purge`: asks before it removes."""

from pathlib import Path
from typing import Annotated

import typer

from resus_doc import settings
from resus_doc.cli import display
from resus_doc.errors import UsageError


def purge(
    cases: Annotated[list[Path], typer.Argument(metavar="CASE...", help="Case folders.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove cases for good, with clips, revisions, conversations and checkpoints. The videos stay."""
    from resus_doc.agent.conversation import forget_elsewhere
    from resus_doc.tools.casefolder import case_id_of
    from resus_doc.tools.purge import check_cases
    from resus_doc.tools.purge import purge as remove

    places = check_cases(cases)
    if not yes:
        if not display.is_terminal():
            raise UsageError("Removing cases needs a yes.", "Add --yes; this cannot be undone.")
        for place in places:
            display.line(str(place))
        typer.confirm("Remove these cases for good, with what a person revised in them?", abort=True)
    chosen, case_ids = settings.load(), {place: case_id_of(place) for place in places}
    remove(places)
    for place, case_id in case_ids.items():
        if case_id is not None:
            forget_elsewhere(place, case_id, chosen)
    display.line(
        f"{len(places)} removed. The videos are untouched; a batch that is given them again debriefs them again."
    )

"""`resus-doc reel`: one captioned film of a case's clips."""

from pathlib import Path
from typing import Annotated

import typer

from resus_doc import settings
from resus_doc.cli import display


def reel(
    case: Annotated[Path, typer.Argument(help="A case folder.")],
    video: Annotated[Path | None, typer.Option(metavar="FILE", help="The recording, if it was moved.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Default: CASE/clips/reel.mp4.")
    ] = None,
) -> None:
    """One film of a case's findings and pauses of PPV, with captions and the clock from time zero. It has no sound."""
    from resus_doc.tools.reel import make_reel

    with display.steps(quiet=False) as progress:
        progress("reel", None)
        made = make_reel(
            case, video, out, settings.load().confidentiality, progress=lambda done: progress("reel", done)
        )
    display.line(f"{made.stretches} stretches of the recording in {made.path}")

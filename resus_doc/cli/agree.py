"""`resus-doc agree`: what a site runs before it trusts the detector."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from resus_doc.cli import display
from resus_doc.errors import ResourceMissing
from resus_doc.tools.strings import counted


def agree(
    one: Annotated[Path, typer.Argument(metavar="A", help="A timeline, a case folder, or a folder of them.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="The same videos by another rater.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write agreement.json and a picture per video.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """How far two timelines agree: kappa per second, event F1, onset differences."""
    from resus_doc.tools import agreement_files, agreement_page

    compared, alone = agreement_files.compare_places(one, other)
    content = agreement_files.as_json(compared, alone)
    if out is not None:
        pictures = {
            each.name: agreement_page.draw(each.one, each.other, (f"A {one.name}", f"B {other.name}"))
            for each in compared
        }
        _write(out, content, pictures)
    if as_json:
        typer.echo(json.dumps(content, indent=2))
        return
    display.console().print(_table(content))
    of_files = [note for each in compared for note in each.notes]
    for note in [*content["notes"], *of_files, *(f"No partner: {each}" for each in alone)]:
        display.line(note)


def _write(out: Path, content: dict[str, Any], pictures: dict[str, str]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "agreement.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        for name, picture in pictures.items():
            (out / f"{name}.svg").write_text(picture, encoding="utf-8")
    except OSError as error:
        raise ResourceMissing(
            f"{out} cannot be written to ({error.strerror}).", "Choose another place with -o."
        ) from error


def _table(content: dict[str, Any]) -> Table:
    table = Table(title=f"Agreement over {counted(content['n_videos'], 'video')}", box=None)
    heads = ("activity", "videos", "kappa", "F1 .10", "F1 .25", "F1 .50", "events A", "events B", "onset B-A", "90 %")
    for head in heads:
        table.add_column(head, justify="left" if head == "activity" else "right", no_wrap=head == "activity")
    for name, found in content["activities"].items():
        f1, onset, events = found["event_f1_at_iou"], found["onset_difference_s"], found["events"]
        numbers = [found["kappa"], *f1.values()]
        cells = [_shown(number, 2) for number in numbers] + [str(events["one"]), str(events["other"])]
        cells += [_shown(onset["median"], 1), _shown(onset["p90_size"], 1)]
        table.add_row(Text(name), str(found["n_videos"]), *cells)
    return table


def _shown(number: float | None, digits: int) -> str:
    return "–" if number is None else f"{number:.{digits}f}"

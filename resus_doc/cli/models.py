"""`resus-doc models`: what can be pulled, what is here, and whether it is whole."""

import json
from pathlib import Path
from typing import Annotated

import typer

from resus_doc import settings
from resus_doc.cli import display

app = typer.Typer(
    no_args_is_help=True, help="Larger language and vision models. `pull` is the only command that uses a network."
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def register(parent: typer.Typer) -> None:
    """Put the group under the command line."""
    parent.add_typer(app, name="models")


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """The models that can be pulled, and those that are here."""
    from resus_doc.models import registry, store

    here = store.present(settings.load())
    rows = [
        {
            **each.model_dump(mode="json", exclude={"files"}),
            "size_bytes": each.size_bytes,
            "pinned": each.pinned,
            "here": each.name in here,
        }
        for each in registry.entries()
    ]
    listed = {each.name for each in registry.entries()}
    own = [name for name in here if name not in listed]
    if as_json:
        typer.echo(json.dumps({"registry": rows, "added": own}, indent=2))
        return
    for row in rows:
        state = "here" if row["here"] else "pinned" if row["pinned"] else "unpinned"
        typer.echo(f"{row['name']:20} {row['kind']}  {row['memory_gb']:>4.0f} GB  {state:9} {row['licence']}")
        size = f" {row['size_bytes'] / 1e9:.1f} GB to fetch." if row["size_bytes"] else ""
        typer.echo(f"{'':20} {row['good_for']}{size}")
    for name in own:
        typer.echo(f"{display.printable(name):20} added by hand")
    typer.echo(
        "GB: the memory it needs. unpinned: nobody has recorded its checksum yet; the first pull records what it got."
    )


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="A name from `models list`.")],
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Into this folder, to carry it to another machine.")
    ] = None,
) -> None:
    """Fetch a model from the hub or its mirror; run again, it goes on where it stopped."""
    from resus_doc.models import registry, store

    chosen = registry.entry(name)
    with display.steps(quiet=False) as progress:
        place = store.pull(chosen, settings.load(), to, progress)
    display.line(f"{name} is in {place}")
    if not chosen.pinned:
        display.line(
            "Its checksums were not known beforehand; what came is recorded there and held against from now on."
        )


@app.command()
def add(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="What `models pull --to` filled, or your own folder.")],
) -> None:
    """Take over models from a folder: the way without a network."""
    from resus_doc.models import store

    for name in store.add(source, settings.load()):
        display.line(f"{name} was added.")


@app.command()
def verify(name: Annotated[str | None, typer.Argument(help="Only this model.")] = None) -> None:
    """Compare the models here with the checksums recorded when they came."""
    from resus_doc.models import store

    found = store.faults(settings.load(), name)
    for each, faults in found.items():
        typer.echo(f"{each}: {'; '.join(faults) or 'whole'}")
    if not found:
        typer.echo("No model was pulled or added; the shipped ones are part of the program.")
    if any(found.values()):
        raise typer.Exit(4)


@app.command()
def path(name: Annotated[str | None, typer.Argument(help="Only this model's folder.")] = None) -> None:
    """Where the models lie."""
    from resus_doc.models import store

    place = store.folder(settings.load())
    if name is not None:
        store.require(settings.load(), name)
        place = place / name
    typer.echo(str(place))

"""The models on this machine: pulled from a hub, or added from a folder that was carried over.

    DATA/models/<name>/            the files, and resus-doc-model.json: where they are from and the sha256 of each

A model's folder without that record does not count as a model. Nothing here loads one.
"""

import json
import shutil
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from resus_doc.checksum import sha256_of
from resus_doc.errors import InputRefused, LanguageModelBroken, ResourceMissing, UsageError
from resus_doc.models import hub, registry
from resus_doc.models.hub import Progress, Source
from resus_doc.models.registry import ModelEntry
from resus_doc.settings import Settings

RECORD = "resus-doc-model.json"


class Record(BaseModel):
    """What lies in a model's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    repository: str | None
    revision: str | None
    pinned: bool
    """True when every checksum was known before the file came."""
    files: dict[str, str]
    """Path and sha256 of each file."""


def folder(settings: Settings) -> Path:
    """Where the models lie."""
    return settings.data / "models"


def record(place: Path) -> Record | None:
    """The record in a model's folder; None where there is none that can be read."""
    try:
        return Record.model_validate_json((place / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError):
        return None


def present(settings: Settings) -> dict[str, Record]:
    """The models on this machine by name."""
    root = folder(settings)
    found = {place.name: record(place) for place in sorted(root.iterdir())} if root.is_dir() else {}
    return {name: one for name, one in found.items() if one is not None}


def pull(entry: ModelEntry, settings: Settings, to: Path | None = None, progress: Progress | None = None) -> Path:
    """Fetch a model's files that are not here yet; its folder is returned.

    Args:
        to: a folder (on a stick, say) in place of this machine's own.

    Raises:
        ResourceMissing: see `hub.fetch`; or a file differs from what the first pull recorded.
    """
    place = (to if to is not None else folder(settings)) / entry.name
    source = Source(settings.hub, entry.repository, entry.revision)
    before = record(place) or (record(folder(settings) / entry.name) if to is not None else None)
    known = dict(before.files) if before is not None else {}
    known.update({file.path: file.sha256 for file in entry.files if file.sha256 is not None})
    files: dict[str, str] = {}
    waiting = [file.path for file in entry.files]
    while waiting:
        path = waiting.pop(0)
        files[path] = _bring(source, path, place, known.get(path), progress)
        if path.endswith(".safetensors.index.json"):
            waiting += [part for part in _parts(place / path) if part not in files]
    _keep(
        place,
        Record(name=entry.name, repository=entry.repository, revision=entry.revision, pinned=entry.pinned, files=files),
    )
    return place


def _bring(source: Source, path: str, place: Path, sha256: str | None, progress: Progress | None) -> str:
    target = place / path
    if target.exists() and sha256 is not None and sha256_of(target) == sha256:
        return sha256
    got = hub.fetch(source, path, target, sha256, progress)
    _check_kind(target)
    return got.sha256


def _parts(index: Path) -> list[str]:
    """The weight files that a safetensors index names.

    Raises:
        InputRefused: it is no such index, or names a file outside the folder or of another kind.
    """
    try:
        named = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return [registry.safe_path(str(path)) for path in dict.fromkeys(named)]
    except (ValueError, KeyError, AttributeError) as error:
        raise InputRefused(f"{index} is no index of safetensors files ({error}).", "Pull the model again.") from error


def _check_kind(path: Path) -> None:
    """A web page saved under a model's name is told apart from a model."""
    with path.open("rb") as file:
        head = file.read(9)
    if path.suffix == ".gguf" and head[:4] != b"GGUF":
        raise InputRefused(f"{path} is not a GGUF file.", "Remove it and look at what the hub or mirror sends.")
    if path.suffix == ".safetensors" and head[8:] != b"{":
        raise InputRefused(f"{path} is not a safetensors file.", "Remove it and look at what the hub or mirror sends.")


def _keep(place: Path, one: Record) -> None:
    partial = place / f"{RECORD}.partial"
    partial.write_text(one.model_dump_json(indent=2) + "\n", encoding="utf-8")
    partial.replace(place / RECORD)


def add(source: Path, settings: Settings) -> list[str]:
    """Copy models from a folder that `pull --to` filled, or a folder of one's own; their names are returned.

    Raises:
        InputRefused: there is no model in it, a file is of a kind that is not taken, or does not have its recorded checksum.
    """
    if not source.is_dir():
        raise InputRefused(f"{source} is not a folder.", "Name the folder that `models pull --to` filled.")
    carried = [place for place in (source, *sorted(source.iterdir())) if (place / RECORD).is_file()]
    if not carried and any(path.suffix in (".gguf", ".safetensors") for path in source.iterdir()):
        carried = [source]
    if not carried:
        raise InputRefused(f"{source} holds no model.", "Name a folder with .gguf or .safetensors files.")
    return [_add_one(place, settings) for place in carried]


def _add_one(place: Path, settings: Settings) -> str:
    known = record(place)
    if known is None and (place / RECORD).exists():
        raise InputRefused(f"{place / RECORD} cannot be read.", "Pull the model again with --to.")
    name = known.name if known is not None else place.resolve().name.lower().replace(" ", "-")
    target = folder(settings) / _plain_name(name)
    files = known.files if known is not None else {path.name: "" for path in sorted(place.iterdir()) if path.is_file()}
    pins = {file.path: file.sha256 for each in registry.entries() if each.name == name for file in each.files}
    for path, sha256 in files.items():
        files = {**files, path: _copy(place, path, target, pins.get(path) or sha256)}
    _keep(
        target,
        (known or Record(name=name, repository=None, revision=None, pinned=False, files={})).model_copy(
            update={"files": files}
        ),
    )
    return name


def _plain_name(name: str) -> str:
    if not name or name.startswith(".") or "/" in name or "\\" in name:
        raise InputRefused(f"'{name}' cannot be the name of a model.", "Rename the folder.")
    return name


def _copy(place: Path, path: str, target: Path, sha256: str) -> str:
    """Copy one file and return its checksum; one that is expected must be met."""
    try:
        registry.safe_path(path)
    except ValueError as error:
        raise InputRefused(f"{place}: {error}.", "Only models as .gguf or .safetensors are taken.") from error
    source, partial = place / path, (target / path).with_name(Path(path).name + ".partial")
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, partial)
        got = sha256_of(partial)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ResourceMissing(
            f"{source} cannot be copied ({error.strerror}).", "Free some space, or copy it again."
        ) from error
    if sha256 and got != sha256:
        partial.unlink()
        raise InputRefused(f"{source} has the checksum {got}, not {sha256}.", "Carry it over again.")
    partial.replace(target / path)
    _check_kind(target / path)
    return got


def require(settings: Settings, name: str) -> Record:
    """The record of a model that must be here.

    Raises:
        UsageError: there is no model of that name here.
    """
    here = present(settings)
    if name not in here:
        raise UsageError(f"The model '{name}' is not on this machine.", f"Run: resus-doc models pull {name}")
    return here[name]


def faults(settings: Settings, name: str | None = None) -> dict[str, list[str]]:
    """What is wrong with each model on this machine (or with one); an empty list is a whole model.

    Raises:
        UsageError: there is no model of that name here.
    """
    places = [place.parent for place in sorted(folder(settings).glob(f"*/{RECORD}"))]
    damaged = {
        place.name: [f"{RECORD} cannot be read; pull or add the model again"] for place in places if not record(place)
    }
    if name in damaged:
        return {name: damaged[name]}
    chosen = present(settings) if name is None else {name: require(settings, name)}
    return {**{each: _faults(folder(settings) / each, one) for each, one in chosen.items()}, **damaged}


def _faults(place: Path, one: Record) -> list[str]:
    found = []
    for path, sha256 in one.files.items():
        if not (place / path).is_file():
            found.append(f"{path} is missing")
        elif sha256_of(place / path) != sha256:
            found.append(f"{path} has changed since it came")
    return found


def language_model(settings: Settings) -> Path:
    """The GGUF file that the setting `llm` means: a file's path, or the name of a model on this machine.

    Raises:
        LanguageModelBroken: it is the name of a model that is not here, or that is no language model.
    """
    chosen = settings.llm
    here = present(settings)
    if Path(chosen).exists() or (chosen not in here and not _is_listed(chosen)):
        return Path(chosen)
    if chosen not in here:
        raise LanguageModelBroken(
            f"The model '{chosen}' is not on this machine.", f"Run: resus-doc models pull {chosen}"
        )
    found = [path for path in here[chosen].files if path.endswith(".gguf")]
    if not found:
        raise LanguageModelBroken(
            f"The model '{chosen}' is no language model in GGUF form.", "Choose another with --llm."
        )
    return folder(settings) / chosen / sorted(found)[0]


def _is_listed(name: str) -> bool:
    return any(each.name == name for each in registry.entries())

"""The files of a base: what they are, how they are told apart, and where on this machine they lie.

A bundle on a small base holds it. A bundle on a large one holds a reference: the name of the base and the sha256 of its files.
The base is then looked for beside the bundle, among the pulled models, and in folders that a training on this machine used;
it counts only if every file is the same. Hashes of files that have not changed since (size and time) are remembered, since
hashing sixteen gigabytes takes a minute.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from resus_doc import settings
from resus_doc.checksum import sha256_of
from resus_doc.errors import BundleBroken, ResourceMissing

COPY_LIMIT_BYTES = 100_000_000
"""A base up to this size goes into the bundle; a larger one is referred to."""

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
BESIDE_WEIGHTS = ("config.json", "preprocessor_config.json")
KNOWN_FILE = "bases.json"


class BaseReference(BaseModel):
    """A base that is not in the bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """The name of its folder, which for a pulled model is the name to pull."""
    size_bytes: int
    files: dict[str, str] = Field(min_length=1)
    """Sha256 of each file that makes the base what it is."""


def named(given: Path) -> Path:
    """A base given by its folder, or by the name of a pulled model."""
    pulled = settings.load().data / "models" / given
    return pulled if not given.exists() and len(given.parts) == 1 and pulled.is_dir() else given


def files(folder: Path) -> list[str]:
    """The files that make a base what it is: configuration and weights.

    Raises:
        BundleBroken: there are no weights, or a part of them is missing.
    """
    index = folder / INDEX
    if (folder / SINGLE).exists():
        weights = [SINGLE]
    elif index.exists():
        try:
            weights = [INDEX, *sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BundleBroken(f"{index} is not an index of weights.", "Copy or pull the base again.") from error
    else:
        raise BundleBroken(f"The base {folder} has no {SINGLE} and no {INDEX}.", "Choose another with --base.")
    if absent := [name for name in weights if not (folder / name).is_file()]:
        raise BundleBroken(f"The base {folder} lacks {', '.join(absent)}.", "Copy or pull the base again.")
    return [*(name for name in BESIDE_WEIGHTS if (folder / name).exists()), *weights]


def size_bytes(folder: Path) -> int:
    """The size of a base."""
    return sum((folder / name).stat().st_size for name in files(folder))


def digest(folder: Path) -> str:
    """One hash over all files of a base."""
    hashes = _Hashes()
    told = {name: hashes.of(folder / name) for name in files(folder)}
    hashes.keep()
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def reference(folder: Path) -> BaseReference:
    """The reference to a base on this machine, whose place is remembered on this machine only."""
    hashes = _Hashes()
    told = {name: hashes.of(folder / name) for name in files(folder)}
    hashes.keep(folder)
    return BaseReference(name=folder.resolve().name, size_bytes=size_bytes(folder), files=told)


def find(wanted: BaseReference, bundle: Path) -> Path:
    """Where the base of a bundle lies.

    Raises:
        ResourceMissing: it is not on this machine, or was changed.
    """
    hashes, changed = _Hashes(), []
    for place in dict.fromkeys(_places(wanted, bundle, hashes)):
        if all(hashes.fits(place / name, sha256) for name, sha256 in wanted.files.items()):
            hashes.keep()
            return place
        if place.name == wanted.name and place.is_dir():
            differing = [name for name, sha256 in wanted.files.items() if not hashes.fits(place / name, sha256)]
            changed.append(f"{place} differs in {', '.join(differing)}")
    hashes.keep()
    told = "; ".join(changed) or f"it is not beside the bundle and not among the models in {_store()}"
    raise ResourceMissing(
        f"The detector bundle {bundle} stands on the base '{wanted.name}' ({wanted.size_bytes / 1e9:.1f} GB): {told}.",
        f"Put that base into {bundle.parent / wanted.name}, or add it with: resus-doc models add FOLDER (or models pull).",
    )


def _places(wanted: BaseReference, bundle: Path, hashes: _Hashes) -> Iterator[Path]:
    yield bundle.resolve().parent / wanted.name
    yield _store() / wanted.name
    if _store().is_dir():
        yield from (place for place in sorted(_store().iterdir()) if place.is_dir())
    yield from hashes.folders


def _store() -> Path:
    return settings.load().data / "models"


class _Hashes:
    """Remembered sha256 of files, and the folders of bases that a training used."""

    def __init__(self) -> None:
        self._path = settings.load().data / KNOWN_FILE
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            self._known = {str(name): list(row) for name, row in stored["files"].items()}
            self.folders = [Path(name) for name in stored["folders"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._known, self.folders = {}, []
        self._before = (dict(self._known), list(self.folders))

    def of(self, path: Path) -> str:
        """The file's sha256, read anew if its size or time changed."""

        status = path.stat()
        mark = [status.st_size, status.st_mtime_ns]
        known = self._known.get(str(path.resolve()))
        if known is None or known[:2] != mark:
            known = [*mark, sha256_of(path)]
            self._known[str(path.resolve())] = known
        return str(known[2])

    def fits(self, path: Path, sha256: str) -> bool:
        """Whether the file is there and has that sha256."""
        return path.is_file() and self.of(path) == sha256

    def keep(self, folder: Path | None = None) -> None:
        """Store what was learned, and a base's folder."""
        if folder is not None and folder.resolve() not in self.folders:
            self.folders.append(folder.resolve())
        if (self._known, self.folders) == self._before:
            return
        text = json.dumps({"files": self._known, "folders": [str(place) for place in self.folders]}, indent=1)
        partial = self._path.with_name(f"{KNOWN_FILE}.{os.getpid()}.partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text + "\n", encoding="utf-8")
            partial.replace(self._path)
        except OSError as error:
            raise ResourceMissing(
                f"{self._path} cannot be written ({error.strerror}).", "Free some space, or see RESUS_DOC_DATA."
            ) from error

"""Which models can be pulled by name: `registry.yaml` as frozen values.

It knows names, places and licences. Whether a model lies on this machine is the store's knowledge (`store`).
"""

from functools import cache
from pathlib import Path, PurePosixPath
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from resus_doc.errors import UsageError

FILE = Path(__file__).with_name("registry.yaml")
SAFE_SUFFIXES = (".gguf", ".safetensors", ".json", ".txt", ".jinja", ".model")
"""Weights as data only: a pickle can run code when it is loaded, and so can a Python file beside it."""


class ModelFile(BaseModel):
    """One file of a model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """None: not known, so the first pull records it."""
    size_bytes: int | None = Field(default=None, gt=0)

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        return safe_path(path)


class ModelEntry(BaseModel):
    """One model that can be pulled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    kind: Literal["llm", "vlm"]
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = "main"
    licence: str
    memory_gb: float = Field(gt=0)
    good_for: str
    files: tuple[ModelFile, ...] = Field(min_length=1)

    @property
    def pinned(self) -> bool:
        """Whether the checksum of every file is known beforehand."""
        whole = not any(file.path.endswith(".index.json") for file in self.files)
        return whole and all(file.sha256 is not None for file in self.files)

    @property
    def size_bytes(self) -> int | None:
        """What is to be fetched; None where a file's size is not known."""
        sizes = [file.size_bytes for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)


def safe_path(path: str) -> str:
    """A relative path of a harmless kind of file; ValueError for any other."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or ":" in path:
        raise ValueError(f"the path {path!r} leads out of the model's folder")
    if not path.endswith(SAFE_SUFFIXES):
        raise ValueError(f"{path!r} is none of {', '.join(SAFE_SUFFIXES)}: files that may hold code are not taken")
    return path


@cache
def entries(file: Path = FILE) -> tuple[ModelEntry, ...]:
    """All models of the registry, in its order."""
    listed = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    return tuple(ModelEntry.model_validate(each) for each in listed)


def entry(name: str, file: Path = FILE) -> ModelEntry:
    """The model of this name.

    Raises:
        UsageError: the registry has none.
    """
    found = next((each for each in entries(file) if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in entries(file))
        raise UsageError(f"There is no model '{name}' in the registry.", f"Choose one of {names}.")
    return found

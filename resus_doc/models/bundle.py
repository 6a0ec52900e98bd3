"""A detector bundle: one folder that holds all of a detector, and loads exactly as it was saved or not at all.

    detector.json        what it recognises and how: `DetectorConfig`, with the sha256 of every other file
    base/                the vision-language base, or a TimeSformer, as transformers saves it; a large one is referred to instead
    adapter/             the PEFT LoRA adapter, if there is one
    head.safetensors     the multi-label head
    domain.safetensors   the training data's features: mean, whitening and those of some windows, and `against`, what tells other
                         videos from them; if there is a domain check
    decoder.json         how its windows become events (`decoder`), if a fit left it
    MODEL_CARD.md        what it is, what it learned from and its figures, with its pictures beside it, in the shipped bundle
    golden.npz           one clip, its logits, and its logits with the adapter off
    training.*           log, curves and figures of the training, if it left them

Nothing in it is pickled. It does not know the models themselves: see `small_vlm` and `detector`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from resus_doc.checksum import sha256_of
from resus_doc.errors import BundleBroken
from resus_doc.models.base_files import BaseReference
from resus_doc.models.views import View
from resus_doc.schema import Activity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIG_FILE = "detector.json"
CARD_FILE = "MODEL_CARD.md"
BASE_FOLDER = "base"
ADAPTER_FOLDER = "adapter"
HEAD_FILE = "head.safetensors"
DOMAIN_FILE = "domain.safetensors"
GOLDEN_FILE = "golden.npz"
_PARTIAL = ".partial"

REMEDY = "Install resus-doc again, or choose another bundle with --detector."


class DomainConfig(BaseModel):
    """The check whether a video is like the training data. A video scoring below `threshold` is out of domain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float
    figures: dict[str, float] = Field(default_factory=dict)
    """How it did on validation videos and on pictures of other things."""


class DetectorConfig(BaseModel):
    """What a bundle recognises and how it is to be used. Times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: Literal[1] = 1
    labels: tuple[Activity, ...] = Field(min_length=1)
    window_s: float = Field(gt=0)
    stride_s: float = Field(gt=0)
    grid_fps: float = Field(gt=0)
    frame_size: int = Field(gt=0)
    """Side of the square to which the full picture is resized."""
    thresholds: dict[Activity, float]
    """The probability from which a window counts as positive; tuned on validation videos."""
    temperatures: dict[Activity, float]
    """Logits are divided by these before the sigmoid; fitted on validation videos."""
    validated_on: Literal["simulated", "real"]
    training: dict[str, JsonValue] = Field(default_factory=dict)
    """Where the weights come from: data, seeds, steps, figures."""
    domain: DomainConfig | None = None
    view: View = "all"
    """What the model is shown of a window; a baseline sees a still or shuffled frames, here as in its training."""
    adapter: bool = True
    """Whether a LoRA adapter sits on the base; without one the head reads the base itself."""
    base: BaseReference | None = None
    """The base where it is too large to lie in the bundle."""
    files: dict[str, str] = Field(default_factory=dict)
    """Sha256 of every other file of the bundle, by its path in the folder."""

    @classmethod
    def untuned(cls, labels: Sequence[Activity], **rest: Any) -> DetectorConfig:
        """The configuration before validation videos have set thresholds and temperatures."""
        return cls(
            labels=tuple(labels), thresholds=dict.fromkeys(labels, 0.5), temperatures=dict.fromkeys(labels, 1.0), **rest
        )

    @model_validator(mode="after")
    def _complete(self) -> DetectorConfig:
        for name, table in (("thresholds", self.thresholds), ("temperatures", self.temperatures)):
            if set(table) != set(self.labels):
                raise ValueError(f"{name} are for {sorted(table)}, labels are {sorted(self.labels)}")
        for name in ("window_s", "stride_s"):
            frames = getattr(self, name) * self.grid_fps
            if frames != int(frames) or int(frames) % 2:
                raise ValueError(f"{name} is not a whole number of frame pairs at {self.grid_fps} frames per second")
        return self

    @property
    def window_frames(self) -> int:
        """Grid frames in a window."""
        return int(self.window_s * self.grid_fps)

    @property
    def stride_frames(self) -> int:
        """Grid frames from one window's start to the next one's."""
        return int(self.stride_s * self.grid_fps)


class Golden(NamedTuple):
    """A clip that a freshly loaded bundle must answer as it did when it was saved."""

    frames: NDArray[np.uint8]
    """One frame before the window (for its first difference), then the window's frames: [1 + n, S, S, 3]."""
    logits: NDArray[np.float32]
    """One logit a label, on the CPU in float32."""
    logits_adapter_off: NDArray[np.float32]


def read_config(folder: Path, unchecked: Collection[str] = ()) -> DetectorConfig:
    """The bundle's configuration, after every file's hash was compared, but for the files named in `unchecked`.

    Raises:
        BundleBroken: a file is missing, was changed, or says what this version cannot read.
    """
    path = folder / CONFIG_FILE
    try:
        config = DetectorConfig.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleBroken(f"The detector bundle {folder} has no readable {CONFIG_FILE}.", REMEDY) from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise BundleBroken(f"{path} is not the configuration of a detector bundle: {error}.", REMEDY) from error
    _check_files(folder, config, unchecked)
    return config


def write_config(folder: Path, config: DetectorConfig) -> DetectorConfig:
    """Write `detector.json`, last of all files: it holds the hashes of the others. Gives the configuration with them."""
    files = {name: sha256_of(folder / name) for name in _file_names(folder)}
    complete = config.model_copy(update={"files": files})
    text = json.dumps(complete.model_dump(mode="json"), indent=1, ensure_ascii=False)
    write_text(folder / CONFIG_FILE, text + "\n")
    return complete


def write_text(path: Path, text: str) -> None:
    """Write a text file that is seen whole or not at all."""
    partial = path.with_name(path.name + _PARTIAL)
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def read_golden(folder: Path) -> Golden:
    """The golden clip and its logits."""
    import numpy as np

    try:
        with np.load(folder / GOLDEN_FILE, allow_pickle=False) as stored:
            return Golden(stored["frames"], stored["logits"], stored["logits_adapter_off"])
    except (OSError, ValueError, KeyError) as error:
        raise BundleBroken(
            f"The golden clip of the detector bundle {folder} cannot be read: {error}.", REMEDY
        ) from error


def write_golden(folder: Path, golden: Golden) -> None:
    """Store the golden clip."""
    import numpy as np

    np.savez_compressed(folder / GOLDEN_FILE, **golden._asdict())


def _file_names(folder: Path) -> list[str]:
    kept = (path for path in folder.rglob("*") if path.is_file() and path.suffix != _PARTIAL)
    files = (path for path in kept if path.name != CONFIG_FILE)
    return sorted(path.relative_to(folder).as_posix() for path in files)


def _check_files(folder: Path, config: DetectorConfig, unchecked: Collection[str]) -> None:
    needed = {HEAD_FILE, GOLDEN_FILE} | (set() if config.base else {f"{BASE_FOLDER}/config.json"})
    if config.adapter:
        needed |= {f"{ADAPTER_FOLDER}/adapter_config.json", f"{ADAPTER_FOLDER}/adapter_model.safetensors"}
    needed |= {DOMAIN_FILE} if config.domain else set()
    if absent := sorted(needed - set(config.files)):
        raise BundleBroken(f"The detector bundle {folder} does not list {', '.join(absent)}.", REMEDY)
    for name, digest in config.files.items():
        path = folder / name
        if name in unchecked:
            continue
        if not path.is_file():
            raise BundleBroken(f"The detector bundle {folder} lacks its file {name}.", REMEDY)
        if sha256_of(path) != digest:
            raise BundleBroken(f"The file {name} of the detector bundle {folder} was changed or damaged.", REMEDY)

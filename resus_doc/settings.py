"""Where things lie and what the defaults are: defaults < configuration file < RESUS_DOC_* < flags.

The configuration file is `config.toml` in the user's configuration folder (`resus-doc doctor` prints where). A key it does
not know is an error, because a misspelt setting that is silently ignored looks like one that works.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resus_doc.errors import UsageError

APP = "resus-doc"
ASSETS = Path(__file__).parent / "assets"
SAMPLE_VIDEO = ASSETS / "sample" / "sample.mp4"
DEFAULT_DETECTOR = ASSETS / "detector"
DEFAULT_LLM = ASSETS / "llm" / "resus-doc-writer.gguf"
ENVIRONMENT_PREFIX = "RESUS_DOC_"

CACHE_GB = 20.0
"""Disk for the decoded frames of a training or comparison, at most."""

CACHE_DAYS = 14.0
"""Days after which frames that nothing used are removed: they show patients. Long enough for a holiday in a training."""


class Settings(BaseModel):
    """What a user can set once for all runs. Most have a flag of the same name; `train --seed` is a seed of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    guideline: str = "aha-2025"
    detector: Path = DEFAULT_DETECTOR
    llm: str = str(DEFAULT_LLM)
    """A GGUF file, the name of a pulled model, or `none` for template sentences only."""
    hub: str = "https://huggingface.co"
    """Where `models pull` fetches from; a hospital's mirror answers the same paths."""
    device: str = "auto"
    data: Path = Path(platformdirs.user_data_dir(APP))
    """Holds the passage index and a site's own documents."""
    confidentiality: str = ""
    """A line that a site wants on top and at the foot of every report page."""
    thumbnails: bool = True
    """Small pictures of the recording in report.html, as evidence."""
    clips: bool = False
    """A short film per finding and per pause of PPV in the case folder's `clips`."""
    cache_gb: float = Field(CACHE_GB, ge=0, allow_inf_nan=False)
    """Decoded frames that `train` and `compare` put on the disk, at most."""
    cache_days: float = Field(CACHE_DAYS, ge=0, allow_inf_nan=False)
    """Decoded frames of unfinished trainings that were not used for so long are removed by the next `train` or `compare`."""
    seed: int = 0


def config_file() -> Path:
    """The configuration file's place; it need not exist."""
    return Path(os.environ.get("RESUS_DOC_CONFIG", platformdirs.user_config_dir(APP) + "/config.toml"))


def load(environment: Mapping[str, str] = os.environ, **flags: object) -> Settings:
    """The settings in force; flags that are None do not count.

    Raises:
        UsageError: the configuration file or a variable cannot be understood.
    """
    values: dict[str, object] = _from_file(config_file())
    for name in Settings.model_fields:
        if (text := environment.get(ENVIRONMENT_PREFIX + name.upper())) is not None:
            values[name] = text
    values.update({name: value for name, value in flags.items() if value is not None})
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"The setting '{name}' cannot be used: {first['msg']}.",
            f"Look at {config_file()} and at the {ENVIRONMENT_PREFIX}* variables.",
        ) from error


def _from_file(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"The configuration file {path} cannot be read: {error}.", "Mend or remove it.") from error

"""The families of vision-language bases that a detector can stand on, chosen by a checkpoint's `model_type`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resus_doc.errors import BundleBroken
from resus_doc.models.backbones.interface import Backbone, pool
from resus_doc.models.backbones.llava_next_video import LlavaNextVideo
from resus_doc.models.backbones.own import OwnBase
from resus_doc.models.backbones.qwen2_5_vl import Qwen25VL
from resus_doc.models.backbones.qwen3_vl import Qwen3VL
from resus_doc.models.backbones.smolvlm import SmolVLM

__all__ = ["FAMILIES", "REMEDY", "Backbone", "configuration", "exactly", "load", "of", "of_folder", "pool"]

FAMILIES: tuple[type[Backbone], ...] = (OwnBase, LlavaNextVideo, SmolVLM, Qwen25VL, Qwen3VL)

REMEDY = (
    "Choose a detector bundle, or the folder of a base, with --base. These work: "
    + ", ".join(f"{each.family} ({', '.join(each.model_types)})" for each in FAMILIES)
    + "."
)

BUFFERS = ("inv_freq", "position_ids")
"""Ends of names that old checkpoints store and transformers computes by itself now: no weights."""


def of(config: Any, grid_fps: float | None = None) -> Backbone:
    """The family of a base's configuration, for a grid of so many frames a second (None: the family's usual one).

    Raises:
        ValueError: no family reads it, or it cannot work.
    """
    for family in FAMILIES:
        if config.model_type in family.model_types:
            return family(config, grid_fps)
    raise ValueError(f"its architecture is '{config.model_type}'")


def of_folder(folder: Path) -> Backbone:
    """The family of the base in a folder; no weight is read.

    Raises:
        BundleBroken: there is no base, or one of an architecture that does not work.
    """
    return _chosen(folder)[1]


def load(folder: Path, dtype: Any = None, device: str = "cpu", **options: Any) -> Any:
    """The base in a folder, in a type (None: float32), every weight accounted for; `options` are for `from_pretrained`.

    Raises:
        BundleBroken: it is missing, of an architecture that does not work, or does not load exactly.
    """
    import torch

    config, family = _chosen(folder)

    def loaded() -> tuple[Any, dict[str, Any]]:
        found: tuple[Any, dict[str, Any]] = family.model_class(config.model_type).from_pretrained(
            str(folder),
            config=config,
            dtype=dtype or torch.float32,
            output_loading_info=True,
            local_files_only=True,
            use_safetensors=True,
            **options,
        )
        return found

    model = exactly(folder, loaded)
    return model if options else model.to(device)


def exactly(folder: Path, load_it: Callable[[], tuple[Any, dict[str, Any]]]) -> Any:
    """What `load_it` gives with transformers' loading information, if nothing is missing, left over or of another shape.

    Raises:
        BundleBroken: it is not so, or it cannot be loaded.
    """
    import torch
    from transformers.utils import logging as transformers_logging

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    transformers_logging.disable_progress_bar()
    try:
        model, info = load_it()
    except torch.OutOfMemoryError:  # a RuntimeError too, and not the base's fault
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise BundleBroken(f"The base model {folder} cannot be loaded: {error}.", REMEDY) from error
    wrong = {name: sorted(map(str, keys)) for name, keys in info.items() if keys}
    wrong["unexpected_keys"] = [key for key in wrong.get("unexpected_keys", []) if not key.endswith(BUFFERS)]
    if wrong := {name: keys for name, keys in wrong.items() if keys}:
        raise BundleBroken(f"The base model {folder} does not load exactly: {wrong}.", REMEDY)
    return model


def configuration(folder: Path) -> dict[str, Any]:
    """What the `config.json` of a base's folder says.

    Raises:
        BundleBroken: there is none, or it cannot be read.
    """
    return _read(folder / "config.json", f"There is no base model in {folder}.")


def _chosen(folder: Path) -> tuple[Any, Backbone]:
    """The configuration in a folder and its family, with the base's own normalisation of pictures."""
    told = configuration(folder)
    kind = told.get("model_type")
    if not any(kind in family.model_types for family in FAMILIES):
        raise BundleBroken(f"The base {folder} is of the architecture '{kind}', which does not work here.", REMEDY)
    if kind in OwnBase.model_types and (tower := OwnBase.tower(told)) != OwnBase.own_tower:
        raise BundleBroken(f"The base {folder} sees with '{tower}'; a LLaVA base needs '{OwnBase.own_tower}'.", REMEDY)
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    from resus_doc.models import small_vlm

    small_vlm.register()
    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        if (folder / "preprocessor_config.json").exists():
            own = _read(folder / "preprocessor_config.json", "")
            config.image_mean, config.image_std = own.get("image_mean"), own.get("image_std")
        return config, of(config)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, StrictDataclassError) as error:
        raise BundleBroken(f"The base {folder} cannot be used: {error}.", REMEDY) from error


def _read(path: Path, absent: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleBroken(absent or f"{path} cannot be read.", REMEDY) from error
    except ValueError as error:
        raise BundleBroken(f"{path} is not the configuration of a vision-language base.", REMEDY) from error
    if not isinstance(found, dict):
        raise BundleBroken(f"{path} is not the configuration of a vision-language base.", REMEDY)
    return found

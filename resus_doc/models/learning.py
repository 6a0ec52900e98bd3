"""What the size of a base changes in how a detector is trained on it, and what is done to fit its memory.

The in-project base is small; those of real families have billions of weights, and 7 to 8 billion of them in bfloat16 leave
8 GB of a 24 GB GPU for everything else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from resus_doc.errors import ResourceMissing


@dataclass(frozen=True)
class Learning:
    """The settings of a training that follow from the size of its base."""

    batch: int
    """Windows that lie in memory at once."""
    accumulate: int
    """Batches whose gradients make one step; a step is 32 windows for either size."""
    learning_rate: float
    recompute: bool
    """Whether what a layer computed is computed again for the gradients rather than kept."""


SMALL = Learning(batch=32, accumulate=1, learning_rate=2e-3, recompute=False)
LARGE = Learning(batch=1, accumulate=32, learning_rate=5e-5, recompute=True)
"""The rate is the study's, for a LLaVA-NeXT-Video of 7 billion weights."""


def of_type(model_type: str) -> Learning:
    """The settings for a base of that `model_type`: all families but the project's own are large."""
    from resus_doc.models import timesformer
    from resus_doc.models.backbones.own import OwnBase

    return SMALL if model_type in (*OwnBase.model_types, timesformer.MODEL_TYPE) else LARGE


def of_folder(base: Path) -> Learning:
    """The settings for the base in a folder.

    Raises:
        BundleBroken: there is none.
    """
    from resus_doc.models import backbones

    return of_type(str(backbones.configuration(base).get("model_type")))


def recompute(base: Any) -> None:
    """Let each layer of a base keep only its input for the gradients and compute the rest again.

    Transformers' own switch works on models in training mode only; a base is trained in evaluation mode here, so that its
    dropouts and batch statistics stay as they are.
    """
    from transformers.modeling_layers import GradientCheckpointingLayer

    for layer in base.modules():
        if isinstance(layer, GradientCheckpointingLayer):
            layer.forward = partial(_computed_again, layer.forward)


def _computed_again(forward: Any, *given: Any, **named: Any) -> Any:
    import torch
    from torch.utils.checkpoint import checkpoint

    if not torch.is_grad_enabled():
        return forward(*given, **named)
    return checkpoint(forward, *given, use_reentrant=False, **named)


@contextlib.contextmanager
def memory_told(device: str, remedy: str) -> Iterator[None]:
    """Turn a lack of memory into words.

    Raises:
        ResourceMissing: the memory of the device, or of the computer, is full.
    """
    import torch

    try:
        yield
    except (MemoryError, RuntimeError) as error:
        on_cpu = isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error)
        if not on_cpu and not isinstance(error, torch.OutOfMemoryError):
            raise
        first = (str(error).splitlines() or [""])[0].rstrip(".")
        place = "this computer" if on_cpu else device
        raise ResourceMissing(f"The memory of {place} is too small for this training ({first}).", remedy) from error

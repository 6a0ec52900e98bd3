"""The parts of a detector as they lie on the disk: base, LoRA adapter and head, every weight accounted for."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resus_doc.errors import BundleBroken, ResourceMissing
from resus_doc.models import bundle

if TYPE_CHECKING:
    from torch import Tensor, nn


def new_head(hidden_size: int, labels: int) -> nn.Module:
    """The multi-label head on pooled states [n, 2 * hidden_size]."""
    from torch import nn

    return nn.Sequential(nn.LayerNorm(2 * hidden_size), nn.Linear(2 * hidden_size, labels))


def bare(base: Any) -> Any:
    """A base without adapter, in the form in which a detector holds its model."""
    from resus_doc.models.bare_model import BareModel

    return BareModel(base)


def load_base(folder: Path, *, four_bit: bool = False, device: str = "cpu") -> Any:
    """A base from a folder, in float32 on the CPU or bfloat16 on CUDA; with `four_bit` its matrices in four bits, to train an
    adapter on.

    Raises:
        BundleBroken: it is missing, of another architecture, or does not load exactly.
        ResourceMissing: four bits need a package that is not installed.
    """
    import torch

    from resus_doc.models import backbones, timesformer

    options = {"quantization_config": _four_bits()} if four_bit else {}
    if backbones.configuration(folder).get("model_type") == timesformer.MODEL_TYPE:
        return backbones.exactly(folder, lambda: timesformer.load(folder)).float()
    return backbones.load(folder, torch.bfloat16 if device.startswith("cuda") else torch.float32, device, **options)


def check_four_bits() -> None:
    """See that a base can be held in four bits here.

    Raises:
        ResourceMissing: the package for it is not installed.
    """
    from importlib.util import find_spec

    if find_spec("bitsandbytes") is None:
        raise ResourceMissing(
            "A base in four bits needs the package bitsandbytes, which is not installed.",
            "Install it with `pip install 'resus-doc[quantised]'`, or train without --four-bit.",
        )


def _four_bits() -> Any:
    """How transformers is to quantise: NF4, computing in bfloat16."""
    check_four_bits()
    import torch
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.bfloat16,
        bnb_4bit_use_double_quant=True,
    )


def load_adapter(folder: Path, base: Any) -> Any:
    """The PEFT model of an adapter folder around a base; every weight accounted for.

    Raises:
        BundleBroken: the adapter cannot be read or does not fit the base.
    """
    from peft import PeftConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict

    try:
        adapter = PeftConfig.from_pretrained(str(folder))
        adapter.base_model_name_or_path = None  # where the base lay when the adapter was saved; peft warns of each move
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", "`is_gradient_checkpointing`", FutureWarning
            )  # between peft and transformers
            model = get_peft_model(base, adapter)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BundleBroken(f"The adapter {folder} does not fit the base: {error!r}.", bundle.REMEDY) from error
    stored = tensors(folder / "adapter_model.safetensors")
    expected = get_peft_model_state_dict(model)
    _compare({k: v.shape for k, v in expected.items()}, {k: v.shape for k, v in stored.items()}, folder)
    set_peft_model_state_dict(model, stored)
    return model


def load_exactly(module: nn.Module, stored: dict[str, Tensor], path: Path) -> None:
    """Put stored weights into a module, all of them and no others."""
    _compare({k: v.shape for k, v in module.state_dict().items()}, {k: v.shape for k, v in stored.items()}, path)
    module.load_state_dict({name: tensor.float() for name, tensor in stored.items()}, strict=True)


def _compare(expected: dict[str, Any], stored: dict[str, Any], path: Path) -> None:
    if expected != stored:
        missing, extra = sorted(expected.keys() - stored.keys()), sorted(stored.keys() - expected.keys())
        shapes = sorted(name for name in expected.keys() & stored.keys() if expected[name] != stored[name])
        raise BundleBroken(
            f"The weights {path} do not fit: missing {missing}, unexpected {extra}, of another shape {shapes}.",
            bundle.REMEDY,
        )


def tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(str(path))
    except (OSError, SafetensorError) as error:
        raise BundleBroken(f"The weights {path} cannot be read: {error}.", bundle.REMEDY) from error


logging.getLogger("transformers").setLevel(logging.ERROR)

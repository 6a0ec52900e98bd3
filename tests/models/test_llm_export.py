"""The exported GGUF is the trained model: llama.cpp's float32 logits equal those of transformers."""

import itertools
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def test_logits_equal_those_of_transformers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import llm_data
    import llm_export
    import train_llm

    torch.manual_seed(0)
    tokenizer = train_llm.train_tokenizer(itertools.islice(llm_data.examples(3), 100), 512)
    plan = replace(train_llm.Plan(), hidden=64, layers=2, heads=4, feed_forward=96, context=512)
    model = train_llm.make_model(plan, tokenizer.get_vocab_size()).eval()
    path = tmp_path / "exact.gguf"
    options = {"name": "test", "temperature": 0.5, "quantisation": "F32"}
    llm_export.write_gguf(model, tokenizer, train_llm.TEMPLATE, path, **options)
    assert train_llm.largest_logit_difference(model, tokenizer, path, 60) < train_llm.LOGIT_TOLERANCE

    monkeypatch.setattr(llm_export, "_permute", lambda weight, _heads: weight)
    llm_export.write_gguf(model, tokenizer, train_llm.TEMPLATE, path, **options)
    assert train_llm.largest_logit_difference(model, tokenizer, path, 60) > train_llm.LOGIT_TOLERANCE
    for name in ("llm_data", "llm_export", "train_llm"):
        sys.modules.pop(name)

"""What all tests share: the user's own folders are never touched."""

import itertools
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and data lie in a temporary folder; one for the whole run, so that the passage index is built once."""
    data = tmp_path_factory.getbasetemp() / "resus-doc-data"
    monkeypatch.setenv("RESUS_DOC_DATA", str(data))
    monkeypatch.setenv("RESUS_DOC_CONFIG", str(tmp_path_factory.getbasetemp() / "config.toml"))


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worst language model there is: random weights behind a tokenizer trained on the writer's own examples."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        import llm_data
        import train_llm
        from llm_export import write_gguf
    finally:
        sys.path.remove(str(SCRIPTS))
    import torch

    torch.manual_seed(1)
    plan = train_llm.Plan(vocabulary=600, hidden=64, layers=2, heads=2, feed_forward=64, context=1200)
    tokenizer = train_llm.train_tokenizer(itertools.islice(llm_data.examples(5), 300), plan.vocabulary)
    model = train_llm.make_model(plan, tokenizer.get_vocab_size())
    path = tmp_path_factory.mktemp("llm") / "random.gguf"
    write_gguf(model, tokenizer, train_llm.TEMPLATE, path, name="random", temperature=0.8, quantisation="Q8_0")
    return path

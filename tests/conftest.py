"""What all tests share: the user's own folders are never touched."""

import itertools
import signal
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"


def pytest_configure() -> None:
    """A job in the background of a shell ignores Ctrl-C, and so would every process that the tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(scope="session")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five simulated cases of twelve seconds: one to validate on, one to test on, the others to learn from."""
    from resus_doc.tools.simulate.dataset import write_dataset

    folder = tmp_path_factory.mktemp("dataset") / "set"
    write_dataset(folder, videos=5, seed=4, duration_s=12, width=64, fps=8)
    return folder


@pytest.fixture(scope="session")
def random_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector bundle of random weights, small and quick: right in form, wrong in what it says."""
    import numpy as np
    import torch
    from safetensors.torch import save_file

    from resus_doc.models import bundle, small_vlm, training
    from resus_doc.models.detector import Detector
    from resus_doc.models.weights import new_head

    labels = ("baby_visible", "ppv", "cpap", "stimulation", "suction", "chest_compressions")
    folder = tmp_path_factory.mktemp("bundle") / "random"
    base = small_vlm.new_base(
        image_size=64, hidden_size=32, layers=1, vocabulary=24, widths=(8, 8, 8), blocks=(0, 0, 0), seed=4
    )
    base.half().save_pretrained(folder / bundle.BASE_FOLDER)
    model = training.add_adapter(base.float(), rank=2)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.3)
    model.save_pretrained(folder / bundle.ADAPTER_FOLDER)
    head = new_head(32, len(labels))
    save_file(head.state_dict(), folder / bundle.HEAD_FILE)
    config = bundle.DetectorConfig.untuned(
        labels,
        window_s=2,
        stride_s=1,
        grid_fps=8,
        frame_size=64,
        validated_on="simulated",
    )
    frozen = [part.eval().requires_grad_(False) for part in (model, head)]
    frames = np.random.default_rng(0).integers(0, 256, (17, 64, 64, 3), dtype=np.uint8)
    bundle.write_golden(folder, Detector(config, frozen[0], frozen[1], None).golden(frames))
    bundle.write_config(folder, config)
    return folder

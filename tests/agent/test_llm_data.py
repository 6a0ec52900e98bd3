"""What the shipped language model learns from: every sentence passes the verifier, and the forms are many."""

import importlib.util
import random
import re
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import pytest

from resus_doc.agent import verify

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "llm_data.py"


@pytest.fixture(scope="module")
def llm_data() -> ModuleType:
    spec = importlib.util.spec_from_file_location("llm_data_under_test", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_sentence_is_accepted_tells_all_and_comes_in_hundreds_of_forms(llm_data: ModuleType) -> None:
    rng = random.Random(20_261_124)
    forms: dict[str, set[str]] = defaultdict(set)
    for _ in range(8000):
        section, facts = llm_data.draw_facts(rng)
        text = llm_data.compose(rng, section, facts)
        assert verify.check(text, facts, section) == [], text
        assert verify.left_out(text, facts, section) == [], text
        masked = re.sub(r"“[^”]*”", "Q", re.sub(r"\d+(?:[.:]\d+)?", "N", text))
        forms[section].add(masked)
    assert all(len(found) >= 300 for found in forms.values()), {key: len(found) for key, found in forms.items()}
    assert set(forms) == {"summary", "timeline", "adherence", "discussion"}


def test_a_refused_target_stops_the_training(llm_data: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_data, "compose", lambda *_: "The baby was pink.")
    with pytest.raises(ValueError, match="The baby was pink"):
        next(llm_data.examples(1))

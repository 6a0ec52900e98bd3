"""The worst language models there are, on simulated cases: random weights behind real tokenizers.

    python -m pip download --no-binary llama-cpp-python --no-deps llama-cpp-python==0.3.36 -d build
    python benchmarks/random_llms.py --source build/llama_cpp_python-0.3.36.tar.gz --cases 20

llama.cpp's source distribution carries vocabulary-only GGUF files; those of Qwen2, Llama 3 and Phi 3 get random weights here and their
makers' chat templates. The shipped model's tokenizer is a fourth; without --source it is the only one. Each case is written once
by each, and held against the report without a language model: the same facts, every sentence verified or replaced, nothing crashed.
"""

import argparse
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT), str(Path(__file__).parent)]

from llm_export import write_random  # noqa: E402
from simulated_reports import simulated  # noqa: E402

from resus_doc.agent import writer  # noqa: E402
from resus_doc.agent.facts import SentencePlan  # noqa: E402
from resus_doc.models.llm import Engine  # noqa: E402
from resus_doc.schema import Report, Sentence  # noqa: E402
from resus_doc.settings import DEFAULT_LLM  # noqa: E402

QWEN = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content | trim }}<|eot_id|>"
    "{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
PHI = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
VOCABULARIES = {"qwen2": QWEN, "llama-bpe": LLAMA, "phi-3": PHI}
"""Name in llama.cpp's `models/ggml-vocab-*.gguf`, and the chat template of the instruct models with this vocabulary."""


class Outcome(NamedTuple):
    """What one report came to. `wrong` counts sentences that stand although the verifier refuses them."""

    sentences: int
    by_llm: int
    wrong: int
    other_facts: int
    seconds: float


def main() -> None:
    """Write the models, let each write every case, and print a line per model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="llama-cpp-python's source distribution (.tar.gz)")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--only", help="only the model of this name: shipped, qwen2, llama-bpe or phi-3")
    arguments = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, path in models(arguments.source, Path(folder)):
            if arguments.only in (None, name):
                faults += measure(name, path, arguments.cases)
    raise SystemExit(1 if faults else 0)


def models(source: Path | None, folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of each random model."""
    write_random(DEFAULT_LLM, folder / "shipped.gguf")
    yield "shipped", folder / "shipped.gguf"
    if source is None:
        return
    with tarfile.open(source) as archive:
        for member in archive:
            name = Path(member.name).name.removeprefix("ggml-vocab-").removesuffix(".gguf")
            if "/models/ggml-vocab-" in member.name and name in VOCABULARIES:
                archive.extract(member, folder, filter="data")
                write_random(folder / member.name, folder / f"{name}.gguf", template=VOCABULARIES[name])
                yield name, folder / f"{name}.gguf"


def measure(name: str, path: Path, cases: int) -> int:
    """Let one model write the cases; the number of faults found."""
    with Engine.open(path) as engine:
        outcomes = [one_case(simulated(seed), engine) for seed in range(1, cases + 1)]
        process = engine.worker_pid
    wrong = sum(one.wrong + one.other_facts for one in outcomes)
    print(
        f"{name:10} {len(outcomes)} reports, {sum(one.sentences for one in outcomes)} sentences, "
        f"{sum(one.by_llm for one in outcomes)} by the model, {wrong} wrong, worker alive: {process is not None}, "
        f"slowest report {max(one.seconds for one in outcomes):.1f} s",
        flush=True,
    )
    return wrong + (process is None)


def one_case(report: Report, engine: Engine) -> Outcome:
    """One report by this model beside the one without a model."""
    started = time.monotonic()
    written = sentences(writer.write_narrative(report, engine))
    seconds = time.monotonic() - started
    plain = sentences(writer.write_narrative(report, None))
    plans = [SentencePlan.model_validate(item) for item in writer.plan(report)]
    wrong = sum(bool(writer.verify_one(plan, one.text)) for plan, one in zip(plans, written, strict=True))
    other = sum(one.cites != two.cites for one, two in zip(written, plain, strict=True))
    return Outcome(len(written), sum(one.origin == "llm" for one in written), wrong, other, seconds)


def sentences(narrative: tuple[writer.NarrativeSection, ...]) -> list[Sentence]:
    """All sentences of a narrative, in order."""
    return [sentence for section in narrative for sentence in section.sentences]


if __name__ == "__main__":
    main()

"""The worst language models there are, on simulated cases: random weights behind real tokenizers.

    python -m pip download --no-binary llama-cpp-python --no-deps llama-cpp-python==0.3.36 -d build
    python benchmarks/random_llms.py --source build/llama_cpp_python-0.3.36.tar.gz --cases 20

llama.cpp's source distribution carries vocabulary-only GGUF files; those of Qwen2, Llama 3 and Phi 3 get random weights here and their
makers' chat templates. The shipped model's tokenizer is a fourth; without --source it is the only one. Each case is written once
by each, and held against the report without a language model: the same facts, every sentence verified or replaced, nothing crashed.
With --work DIR models and outcomes are kept there and not made again, so that --minutes can cut a long run into pieces; the table
is of all outcomes kept.
"""

import argparse
import json
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT), str(Path(__file__).parent)]

from llm_export import write_random  # noqa: E402
from simulated_reports import simulated  # noqa: E402

from resus_doc.agent import writer  # noqa: E402
from resus_doc.agent.facts import SentencePlan  # noqa: E402
from resus_doc.errors import LanguageModelBroken  # noqa: E402
from resus_doc.models.llm import Completion, Engine  # noqa: E402
from resus_doc.schema import Sentence  # noqa: E402
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

RECORD = "outcomes.jsonl"


class Outcome(NamedTuple):
    """What one report came to.

    `wrong` counts sentences that stand although the verifier refuses them, `other_facts` those whose citations differ from the
    report's without a model; `broken` says how the worker ended or what it refused, once for each sentence that this cost.
    """

    model: str
    case: int
    sentences: int
    by_llm: int
    wrong: int
    other_facts: int
    seconds: float
    broken: list[str]


class Watched(Engine):
    """An engine that keeps what went wrong in it."""

    broken: list[str]

    def complete(self, *args: Any, **kwargs: Any) -> Completion:
        """As `Engine.complete`."""
        try:
            return super().complete(*args, **kwargs)
        except LanguageModelBroken as error:
            self.broken.append(error.what)
            raise


def main() -> None:
    """Write the models, let each write every case, and print a line per model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="llama-cpp-python's source distribution (.tar.gz)")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--only", help="only the model of this name: shipped, qwen2, llama-bpe or phi-3")
    parser.add_argument("--work", type=Path, help="folder for models and outcomes, both taken up again")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further report after this time")
    arguments = parser.parse_args()
    until = time.monotonic() + 60 * arguments.minutes
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.work or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        outcomes = recorded(folder / RECORD)
        for name, path in models(arguments.source, folder):
            if arguments.only in (None, name):
                done = {one.case for one in outcomes if one.model == name}
                cases = [case for case in range(1, arguments.cases + 1) if case not in done]
                for outcome in measured(name, path, cases, until):
                    outcomes.append(outcome)
                    record(folder / RECORD, outcome)
    raise SystemExit(1 if table(outcomes) else 0)


def recorded(path: Path) -> list[Outcome]:
    """The outcomes of earlier runs."""
    if not path.exists():
        return []
    return [Outcome(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def record(path: Path, outcome: Outcome) -> None:
    """Append one outcome."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(outcome._asdict()) + "\n")


def table(outcomes: list[Outcome]) -> int:
    """Print a line per model; the number of faults."""
    print(
        "| tokenizer | reports | sentences | by the model | wrong | other facts | worker ended | median s | slowest s |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in dict.fromkeys(one.model for one in outcomes):
        own = [one for one in outcomes if one.model == name]
        sums = [sum(getattr(one, field) for one in own) for field in ("sentences", "by_llm", "wrong", "other_facts")]
        ended = sum(len(one.broken) for one in own)
        seconds = [one.seconds for one in own]
        cells = [name, len(own), *sums, ended, f"{statistics.median(seconds):.1f}", f"{max(seconds):.1f}"]
        print(f"| {' | '.join(map(str, cells))} |")
    for one in outcomes:
        for words in one.broken:
            print(f"{one.model}, case {one.case}: {words}")
    return sum(one.wrong + one.other_facts for one in outcomes)


def models(source: Path | None, folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of each random model; those in the folder are used again."""
    write_once(DEFAULT_LLM, folder / "shipped.gguf", None)
    yield "shipped", folder / "shipped.gguf"
    if source is None:
        return
    with tarfile.open(source) as archive:
        for member in archive:
            name = Path(member.name).name.removeprefix("ggml-vocab-").removesuffix(".gguf")
            if "/models/ggml-vocab-" in member.name and name in VOCABULARIES:
                archive.extract(member, folder, filter="data")
                write_once(folder / member.name, folder / f"{name}.gguf", VOCABULARIES[name])
                yield name, folder / f"{name}.gguf"


def write_once(source: Path, path: Path, template: str | None) -> None:
    """A model of random weights, unless an earlier run wrote it."""
    if not path.exists():
        write_random(source, path.with_suffix(".part"), template=template)
        path.with_suffix(".part").rename(path)


def measured(name: str, path: Path, cases: list[int], until: float) -> Iterator[Outcome]:
    """Let one model write the cases, as far as the time goes."""
    with Watched(path) as engine:
        for case in cases:
            if time.monotonic() < until:
                yield one_case(name, case, engine)


def one_case(name: str, case: int, engine: Watched) -> Outcome:
    """One report by this model beside the one without a model."""
    report, engine.broken = simulated(case), []
    started = time.monotonic()
    written = sentences(writer.write_narrative(report, engine))
    seconds = time.monotonic() - started
    plain = sentences(writer.write_narrative(report, None))
    plans = [SentencePlan.model_validate(item) for item in writer.plan(report)]
    wrong = sum(bool(writer.verify_one(plan, one.text)) for plan, one in zip(plans, written, strict=True))
    other = sum(one.cites != two.cites for one, two in zip(written, plain, strict=True))
    by_llm = sum(one.origin == "llm" for one in written)
    return Outcome(name, case, len(written), by_llm, wrong, other, round(seconds, 2), engine.broken)


def sentences(narrative: tuple[writer.NarrativeSection, ...]) -> list[Sentence]:
    """All sentences of a narrative, in order."""
    return [sentence for section in narrative for sentence in section.sentences]


if __name__ == "__main__":
    main()

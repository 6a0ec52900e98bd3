"""How good the shipped language model's sentences are, and how fast, on generated facts it was not trained on.

    python benchmarks/llm_sentences.py --count 400 [--llm FILE]
    python benchmarks/llm_sentences.py --reports 100 [--llm FILE]     whole reports on simulated cases instead
    python benchmarks/llm_sentences.py --long [--llm FILE]            one report of three hours with 400 events instead

Per kind of fact: the share of sentences that the verifier takes at the first try. Over all: wording with numbers and
quotations masked, as distinct-2 (different word pairs / all word pairs), beside the templates' own; seconds a sentence. Of whole
reports: the model's share of all sentences and of those it is asked for, after at most two more tries, distinct-2 over all
reports, and seconds a report, by the clock and of processor time (which other work on the machine does not lengthen).
A model of random weights scores 0 here: the grammar fixes digits, ids and quotations only.
"""

import argparse
import itertools
import os
import random
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT), str(Path(__file__).parent)]

import llm_data  # noqa: E402
from simulated_reports import long_case, simulated  # noqa: E402

from resus_doc.agent import facts as F  # noqa: E402
from resus_doc.agent import templates, verify, writer  # noqa: E402
from resus_doc.agent.grammar import sentence_grammar  # noqa: E402
from resus_doc.models.llm import Engine  # noqa: E402
from resus_doc.schema import Report  # noqa: E402

HELD_OUT_SEED = 900_000_000
"""The seed that `scripts/train_llm.py` keeps out of training."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llm", type=Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--show", type=int, default=10, help="refused sentences to print")
    parser.add_argument("--reports", type=int, default=0)
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    with Engine.open(arguments.llm) as engine:
        if arguments.long:
            measure_reports(engine, [long_case()])
            return
        if arguments.reports:
            measure_reports(engine, [simulated(500 + case, duration_s=120.0) for case in range(arguments.reports)])
            return
        measure(engine, arguments.count, arguments.temperature, arguments.show)


def measure(engine: Engine, count: int, temperature: float | None, show: int) -> None:
    """Let the model write `count` sentences and count what the verifier takes."""
    rng = random.Random(HELD_OUT_SEED)
    outcomes: dict[str, list[bool]] = defaultdict(list)
    written: list[str] = []
    plain: list[str] = []
    started = time.monotonic()
    for seed in range(count):
        section, facts = llm_data.draw_facts(rng)
        text = engine.complete(
            F.SYSTEM,
            F.prompt(section, facts),
            grammar=sentence_grammar(facts, section),
            max_tokens=160,
            seed=seed,
            temperature=temperature,
        ).text
        problems = verify.check(text, facts, section) or verify.left_out(text, facts, section)
        outcomes[f"{section} {facts[0].kind} {len(facts)}"].append(not problems)
        plain.append(templates.sentence(section, facts))
        if not problems:
            written.append(text)
        elif show > 0:
            show -= 1
            print(f"refused: {F.prompt(section, facts)!r}\n    {text}\n    {problems}")
    seconds = time.monotonic() - started
    for kind, taken in sorted(outcomes.items()):
        print(f"{kind:24} {sum(taken):4} of {len(taken):4}")
    everything = [value for taken in outcomes.values() for value in taken]
    print(f"taken at the first try: {sum(everything) / len(everything):.3f} of {len(everything)}")
    print(f"distinct-2, numbers masked: {distinct_2(written):.3f}; templates {distinct_2(plain):.3f}")
    print(f"seconds a sentence: {seconds / count:.3f}")


def measure_reports(engine: Engine, reports: list[Report]) -> None:
    """Write whole reports and print what the model's sentences came to."""
    seconds, cpu, asked, at_once, stood, every = [], [], 0, 0, 0, 0
    written: list[str] = []
    by_llm: list[str] = []
    plain: list[str] = []
    for report in reports:
        planned = writer.plan(report)
        started, used = time.monotonic(), processor_s(engine)
        engine.reset()
        drafts = writer.verify(planned, writer.draft(planned, engine))
        at_once += sum(one["text"] is not None and not one["problems"] for one in drafts)
        for _ in range(writer.REWRITES):
            drafts = writer.verify(planned, writer.draft(planned, engine, earlier=drafts))
        sentences = [one for section in writer.assemble(planned, drafts) for one in section.sentences]
        seconds.append(time.monotonic() - started)
        cpu.append(processor_s(engine) - used)
        asked += sum(item["by_llm"] for item in planned)
        stood += sum(one.origin == "llm" for one in sentences)
        every += len(sentences)
        written += [one.text for one in sentences]
        by_llm += [one.text for one in sentences if one.origin == "llm"]
        plain += [item["template"] for item in planned]
    print(
        f"{len(reports)} reports, {every} sentences, {asked} asked of the model: {at_once / asked:.3f} taken at the first try,"
    )
    print(
        f"{stood / asked:.3f} after at most {writer.REWRITES} more; the model's share of all sentences {stood / every:.3f}"
    )
    told = [distinct_2(texts) for texts in (written, by_llm, plain)]
    print(
        f"distinct-2 over all reports, numbers masked: {told[0]:.3f}, of the model's sentences {told[1]:.3f}, templates {told[2]:.3f}: "
        f"{told[0] / told[2]:.2f} times"
    )
    for name, values in (("by the clock", seconds), ("of processor time", cpu)):
        print(f"seconds a report {name}: median {statistics.median(values):.1f}, most {max(values):.1f}")


def processor_s(engine: Engine) -> float:
    """Processor seconds used so far by this process and the model's (Linux)."""
    stat = Path(f"/proc/{engine.worker_pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return time.process_time() + (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def distinct_2(sentences: list[str]) -> float:
    """Different word pairs over all word pairs, numbers and quotations masked."""
    pairs: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        words = re.sub(r"“[^”]*”", "Q", re.sub(r"\d+(?:[.:]\d+)?", "N", sentence)).split()
        pairs.update(itertools.pairwise(words))
    return len(pairs) / max(1, pairs.total())


if __name__ == "__main__":
    main()

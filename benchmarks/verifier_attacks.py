"""What the verifier refuses and accepts, on sentences frozen before it was tuned on them.

    python benchmarks/verifier_attacks.py [--set fresh_] [--show 20]

`tests/agent/sentences/false.jsonl` holds sentences made from true ones by one change each; `true.jsonl` true paraphrases; the
`later_` files are of wordings that were written afterwards, those of `fresh_` and `second_` in
clinicians' varied words. Prints the figures that stand in docs/verifier.md, and the sentences
that are judged wrongly.
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from resus_doc.agent import verify  # noqa: E402
from resus_doc.agent.facts import Fact  # noqa: E402

FOLDER = ROOT / "tests" / "agent" / "sentences"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", type=int, default=20, help="sentences judged wrongly to print, of each kind")
    parser.add_argument("--set", default="", choices=["", "fresh_", "second_"], help="which sentences make the table")
    arguments = parser.parse_args()
    show = arguments.show
    later_false, later_true = (read(f"later_{name}.jsonl") for name in ("false", "true"))
    refused, accepted = (
        sum(bool(problems(line)) for line in later_false),
        sum(not problems(line) for line in later_true),
    )
    print(f"Later wordings: {refused} of {len(later_false)} refused, {accepted} of {len(later_true)} accepted.\n")
    print("| one change of | sentences | refused |\n| --- | --- | --- |")
    groups: dict[str, list[bool]] = defaultdict(list)
    missed, lost = [], []
    for line in read(f"{arguments.set}false.jsonl"):
        refused = bool(problems(line))
        groups[line["change"]].append(refused)
        missed += [] if refused else [f"{line['change']}: {line['text']}"]
    for change, outcomes in groups.items():
        print(f"| {change.replace('_', ' ')} | {len(outcomes)} | {sum(outcomes)} |")
    every = [outcome for outcomes in groups.values() for outcome in outcomes]
    print(f"| all | {len(every)} | {sum(every)} ({sum(every) / len(every):.1%}) |")
    true = read(f"{arguments.set}true.jsonl")
    lost = [f"{line['text']} {problems(line)}" for line in true if problems(line)]
    print(f"\nTrue paraphrases: {len(true) - len(lost)} of {len(true)} accepted ({1 - len(lost) / len(true):.1%}).")
    for title, lines in (("Accepted though false", missed), ("Refused though true", lost)):
        for line in lines[:show]:
            print(f"{title}: {line}")


def read(name: str) -> list[dict]:
    """The sentences of one file."""
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


def problems(line: dict) -> list[str]:
    """The verifier's reasons against a sentence."""
    facts = [Fact.model_validate(fact) for fact in line["facts"]]
    return verify.check(line["text"], facts, line["section"])


if __name__ == "__main__":
    main()

"""How many questions of the frozen test set the chat answers rightly, over 20 simulated cases.

    python benchmarks/chat_questions.py                  the shipped language model
    python benchmarks/chat_questions.py --llm FILE.gguf  another one
    python benchmarks/chat_questions.py --show           also each question that was answered wrongly

Right answers are worked out from the events (`tests/agent/chat_cases.py`). A wrong number is one that the case does not have.
Sentences are the templates here: who words a fact changes neither what is told nor its numbers (`benchmarks/llm_sentences.py`).
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "agent")]

import chat_cases  # noqa: E402

from resus_doc import settings  # noqa: E402
from resus_doc.agent import chat  # noqa: E402
from resus_doc.models.llm import Engine  # noqa: E402


def main() -> None:
    """Print the share of right answers per kind, the wrong numbers, and the declined unanswerable ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llm", type=Path)
    parser.add_argument("--show", action="store_true", help="print the questions answered wrongly")
    parser.add_argument("--every", type=int, default=1, help="only every n-th question")
    arguments = parser.parse_args()
    chat.MOST_WORDED = 0
    asked, right, strange = Counter(), Counter(), 0
    started = time.monotonic()
    with Engine.open(arguments.llm) as engine:
        for question in chat_cases.questions()[:: arguments.every]:
            report = chat_cases.case(question.case)
            one = chat.Chat(report, engine, settings.load())
            if question.before:
                one.ask(question.before)
            answer = one.ask(question.question).model_dump(mode="json")
            one.conversation.close()
            wrong = chat_cases.strange_numbers(question, answer, report)
            good = chat_cases.is_right(question, answer, report)
            asked[question.kind] += 1
            right[question.kind] += good
            strange += len(wrong)
            if arguments.show and (wrong or not good):
                calls = [(call["name"], call["arguments"]) for call in answer["tool_calls"]]
                print(
                    f"{question.kind} | {question.question} | {question.expected}\n    {calls} {answer['answer'][:160]} {wrong}"
                )
    for kind, number in asked.items():
        print(f"{kind:14s} {right[kind]:3d} of {number:3d}  {right[kind] / number:6.1%}")
    total = sum(asked.values())
    print(f"{'all':14s} {sum(right.values()):3d} of {total:3d}  {sum(right.values()) / total:6.1%}")
    print(f"wrong numbers: {strange}; unanswerable declined: {right['unanswerable']} of {asked['unanswerable']}")
    print(f"{(time.monotonic() - started) / total:.2f} s a question")


if __name__ == "__main__":
    main()

"""How soon the chat stands at its prompt, and how soon the first token of an answer comes, cold and warm.

    python benchmarks/chat_speed.py [--llm FILE] [--repeat 9]

Cold: the language model is loaded and has evaluated nothing. Warm: the same question was asked before. The first token is the
first piece of the tool call, which is what the model writes first; medians of `--repeat` rounds. The prompt is waited for on
a terminal of its own (a pty), from the start of the process.
"""

import argparse
import os
import pty
import select
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from resus_doc import settings  # noqa: E402
from resus_doc.agent.tool_choice import ToolCall, choose  # noqa: E402
from resus_doc.models.llm import Engine  # noqa: E402

QUESTION = (
    "How many seconds passed between the end of suction and the first breaths with the bag, and was that in time?"
)
PREVIOUS = ToolCall(name="list_events", activity="suction", which="first")
LIMIT_S = 120.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llm", type=Path)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--starts", type=int, default=3)
    arguments = parser.parse_args()
    cold, warm = first_tokens(arguments.llm, arguments.repeat)
    print(f"first token: cold {1000 * cold:.1f} ms, warm {1000 * warm:.1f} ms, ratio {warm / cold:.2f}")
    starts = [start_to_prompt() for _ in range(arguments.starts)]
    waited, worked = (statistics.median(times) for times in zip(*starts, strict=True))
    print(f"start to prompt: {waited:.2f} s, of which {worked:.2f} s of processor time")


def first_tokens(llm: Path | None, repeat: int) -> tuple[float, float]:
    """Median seconds to the first piece, cold and warm."""
    cold, warm = [], []
    with Engine.open(llm) as engine:
        choose("when did it start", engine, 0)
        for _ in range(repeat):
            engine.reset()
            cold.append(_first(lambda heard: choose(QUESTION, engine, 0, PREVIOUS, heard)))
            warm.append(_first(lambda heard: choose(QUESTION, engine, 0, PREVIOUS, heard)))
    return statistics.median(cold), statistics.median(warm)


def _first(ask: Callable[[Callable[[str], None]], object]) -> float:
    times: list[float] = []
    started = time.monotonic()
    ask(lambda _text: times.append(time.monotonic() - started))
    return times[0]


def start_to_prompt() -> tuple[float, float]:
    """Seconds from the start of `resus-doc chat` on the sample's timeline to its prompt on a terminal, and of processor time.

    On a machine that does other work the second is what the first would be without it.
    """
    with tempfile.TemporaryDirectory() as data:
        started = time.monotonic()
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update({"RESUS_DOC_DATA": data, "PYTHONPATH": str(ROOT)})
            case = str(settings.SAMPLE_VIDEO.with_suffix(".txt"))
            os.execv(sys.executable, [sys.executable, "-m", "resus_doc.cli", "chat", case])
        seen = b""
        while b"> " not in seen and time.monotonic() - started < LIMIT_S:
            if select.select([terminal], [], [], 0.05)[0]:
                seen += os.read(terminal, 4096)
        took = time.monotonic() - started
        spent = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
        worked = sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")
        os.write(terminal, b"\x04")
        os.close(terminal)
        os.waitpid(pid, 0)
        return took, worked


if __name__ == "__main__":
    main()

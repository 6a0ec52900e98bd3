"""The chat as it is used: a conversation on a pipe and on a terminal, its commands, and a terminal that goes away."""

import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

from resus_doc import settings

SAMPLE = str(settings.SAMPLE_VIDEO.with_suffix(".txt"))
COMMAND = [sys.executable, "-m", "resus_doc.cli", "chat"]


def chat(*arguments, text=None):
    return subprocess.run(
        [*COMMAND, *arguments], input=text, capture_output=True, timeout=240, check=False, encoding="utf-8"
    )


def test_a_conversation_on_a_pipe_and_its_commands(tmp_path):
    out = tmp_path / "deep" / "talk.md"
    lines = ["/history", "when did PPV start?", "", f"/export {out}", "/nonsense", "/history", "/clear", "/history"]
    done = chat(SAMPLE, text="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("> when did PPV start?") == 1
    assert done.stderr.count("Nothing has been asked yet.") == 2
    assert "There is no such command" in done.stderr and "is forgotten" in done.stderr
    assert out.read_text(encoding="utf-8").startswith("# Questions about case-")


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        ((SAMPLE, "--json"), 2, "Add --ask QUESTION"),
        (("nowhere",), 3, "There is no case"),
        ((SAMPLE, "--ask", "when?", "--llm", "nothing.gguf"), 4, "nothing.gguf does not exist"),
    ],
)
def test_what_cannot_be_asked_is_told(arguments, status, told):
    done = chat(*arguments)
    assert done.returncode == status and told in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr and not done.stdout


def read_until(terminal, wanted, limit_s=120.0):
    seen, started = b"", time.monotonic()
    while wanted not in seen and time.monotonic() - started < limit_s:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 4096)
            except OSError:
                break
    return seen


def test_a_terminal_that_is_closed_ends_the_chat_and_keeps_the_conversation():
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [*COMMAND, SAMPLE])
    assert b"> " in read_until(terminal, b"> ")
    os.write(terminal, b"when did suction start?\n")
    assert b"]" in read_until(terminal, b"]")
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert status in (0, signal.SIGHUP)
    assert "> when did suction start?" in chat(SAMPLE, text="/history\n/clear\n").stdout


HEAVY = ("torch", "transformers", "chromadb", "llama_cpp", "langgraph", "moviepy", "onnxruntime")
AT_THE_PROMPT = f"""
import sys, threading
from pathlib import Path
from resus_doc.agent.chat import Chat
from resus_doc.cli import chat

def at_the_prompt():
    print("loaded:", *(name for name in {HEAVY} if name in sys.modules))
    print("warmed:", warmed.wait(60), "main" if threading.main_thread() in warmer else "another")
    raise EOFError

def warm_up(_conversation):
    warmer.append(threading.current_thread())
    warmed.set()

warmed, warmer = threading.Event(), []
Chat.warm_up, chat._read = warm_up, at_the_prompt
chat.chat(Path(sys.argv[1]), None, None, False)
"""


def test_nothing_heavy_is_loaded_before_the_prompt_and_the_models_load_behind_it():
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_PROMPT, SAMPLE], capture_output=True, timeout=120, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["loaded:", "warmed: True another"]

"""The local language model: text in, text out, by llama.cpp in a process of its own.

A native crash, a hang or a refused grammar costs the one call in which it happens: `LanguageModelBroken` is raised, and the next
call starts the process afresh. This module imports no llama_cpp. It does not know what the texts are about; what may be
written is the grammar's and the verifier's business.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from resus_doc.checksum import sha256_of
from resus_doc.errors import LanguageModelBroken
from resus_doc.settings import DEFAULT_LLM

START_LIMIT_S = 300.0
"""Loading an 8-billion-parameter file from a slow disk takes one to two minutes."""
TIME_LIMIT_S = 120.0
"""Default for one completion; a sentence of the shipped model takes about half a second."""
GRACE_S = 15.0
"""How much longer than its time limit the process may take to answer before it is ended: one token of a large model."""
STOP_LIMIT_S = 5.0

_ANOTHER = "Choose another GGUF file with --llm, or write template sentences with --llm none."
_REMEDIES = {
    "architecture": "Install a newer llama-cpp-python, or choose another GGUF file with --llm.",
    "truncated": "Copy or download the file again; it is shorter than it says it is.",
    "memory": "Close other programs, or choose a smaller GGUF file with --llm.",
    "template": "Choose an instruction-tuned ('instruct' or 'chat') GGUF file with --llm.",
    "context": "Choose a GGUF file with a longer context with --llm, or --llm none.",
}


class Completion(NamedTuple):
    """One answer. `finished` is false when it was cut at the token or the time limit; `seconds` is the time it took."""

    text: str
    finished: bool
    seconds: float


@dataclass(frozen=True)
class ModelInfo:
    """What a report's provenance says about the language model. `n_ctx` in tokens; `params` counts weights."""

    name: str
    file: str
    architecture: str
    n_ctx: int
    params: int
    sha256: str


class Engine:
    """A language model file, served by a worker process. One call at a time; safe to share between threads."""

    def __init__(self, path: Path, context: int = 0) -> None:
        self.path = path
        self._context = context
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._described: dict[str, Any] = {}
        self._info: ModelInfo | None = None

    @classmethod
    def open(cls, path: Path | None = None, *, context: int = 0) -> "Engine":
        """Load a GGUF file; the shipped one when `path` is None. `context` in tokens, 0 for the file's own.

        Raises:
            LanguageModelBroken: the file is missing, cut short, no GGUF, of an unknown architecture, without a chat template, has too
                small a context, or does not fit the memory.
        """
        engine = cls(Path(path) if path is not None else DEFAULT_LLM, context)
        engine.start()
        return engine

    def start(self) -> None:
        """Load the file, unless it is loaded; the first completion does it otherwise.

        Raises:
            LanguageModelBroken: as `open`.
        """
        self.check()
        with self._lock:
            self._running()

    def check(self) -> None:
        """Whether the file is there and looks like a model, without loading it.

        Raises:
            LanguageModelBroken: it is missing, empty or no GGUF.
        """
        _check_file(self.path)

    @property
    def info(self) -> ModelInfo:
        """Name, context length, size and sha256 of the file (read once; a second per gigabyte)."""
        if self._info is None:
            described = self._described
            self._info = ModelInfo(
                name=described["name"],
                file=self.path.name,
                architecture=described["architecture"],
                n_ctx=described["n_ctx"],
                params=described["parameters"],
                sha256=sha256_of(self.path),
            )
        return self._info

    @property
    def name(self) -> str:
        """The model's own name; loads it if need be."""
        self.start()
        return str(self._described["name"])

    @property
    def n_ctx(self) -> int:
        """Tokens that a request and its answer may have together; loads the model if need be."""
        self.start()
        return int(self._described["n_ctx"])

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id; None before it starts and after it was ended."""
        return self._worker.pid if self._worker is not None else None

    def complete(
        self,
        system: str,
        user: str,
        *,
        grammar: str | None = None,
        max_tokens: int,
        seed: int,
        temperature: float | None = None,
        time_limit_s: float = TIME_LIMIT_S,
        on_text: Callable[[str], None] | None = None,
        remember: bool = False,
    ) -> Completion:
        """Let the model answer. The same arguments give the same text, whatever was asked before.

        Args:
            grammar: GBNF with the rule `root`; None for free text.
            max_tokens: the answer's length at most, at least 1.
            temperature: None for the model file's own; 0 takes the likeliest token.
            on_text: called with each stretch of text as it comes.
            remember: keep what was evaluated of this prompt for the next time it comes.

        Raises:
            LanguageModelBroken: the grammar is unusable, the request does not fit the context, or the process died or hung.
        """
        if max_tokens < 1:
            raise ValueError(f"max_tokens must be at least 1, not {max_tokens}")
        request = {
            "op": "complete",
            "system": system,
            "user": user,
            "grammar": grammar,
            "max_tokens": max_tokens,
            "seed": seed,
            "temperature": temperature,
            "time_limit_s": time_limit_s,
            "stream": on_text is not None,
            "remember": remember,
        }
        answer = self._ask(request, time_limit_s + GRACE_S, on_text)
        return Completion(answer["text"], answer["finished"], answer["seconds"])

    def reset(self) -> None:
        """Forget what was evaluated so far (keys and values).

        A worker that is not running has nothing to forget, and one that does not answer was ended, which is the same: the next
        request starts another.
        """
        if self._worker is not None:
            with suppress(LanguageModelBroken):
                self._ask({"op": "reset"}, GRACE_S)

    def close(self) -> None:
        """End the worker. The engine starts it again if it is used after that."""
        with self._lock:
            self._stop()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(
        self, request: dict[str, Any], limit_s: float, on_text: Callable[[str], None] | None = None
    ) -> dict[str, Any]:
        with self._lock:
            worker = self._running()
            try:
                answer = worker.ask(request, limit_s, on_text)
            except BaseException:
                # A half-read answer would be taken for the next one's: after any interruption the pipe is of no use.
                self._stop(kill=True)
                raise
        if "refused" in answer:
            raise _refusal(self.path, answer["refused"])
        return dict(answer["ok"])

    def _running(self) -> "_Worker":
        if self._worker is None:
            worker = _Worker(self.path)
            try:
                answer = worker.ask({"op": "open", "path": str(self.path), "context": self._context}, START_LIMIT_S)
            except BaseException:
                worker.stop(kill=True)
                raise
            if "refused" in answer:
                worker.stop()
                raise _refusal(self.path, answer["refused"])
            self._worker, self._described = worker, dict(answer["ok"])
        return self._worker

    def _stop(self, kill: bool = False) -> None:
        if self._worker is not None:
            self._worker.stop(kill)
            self._worker = None


class _Worker:
    """A running worker process and its pipes. Knows nothing of what is asked."""

    def __init__(self, model: Path) -> None:
        self._model = model
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "resus_doc.models.llm_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_worker_environment(),
        )
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="llm-answers", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(
        self, request: dict[str, Any], limit_s: float, on_text: Callable[[str], None] | None = None
    ) -> dict[str, Any]:
        """The final answer to one request; raises LanguageModelBroken if the process dies or stays silent."""
        self._send(request)
        deadline = time.monotonic() + limit_s
        while True:
            answer = self._next_line(max(0.0, deadline - time.monotonic()))
            if "piece" not in answer:
                return answer
            if on_text is not None:
                on_text(answer["piece"])

    def stop(self, kill: bool = False) -> None:
        """End the process: by closing its input, or at once."""
        if kill:
            self._process.kill()
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(BrokenPipeError):  # it died before it read everything
            self._process.stdin.close()
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        self._errors.close()

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._died() from error

    def _next_line(self, limit_s: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=limit_s)
        except queue.Empty:
            raise LanguageModelBroken(f"The language model {self._model} did not answer in time.", _ANOTHER) from None
        if line is None:
            raise self._died()
        return dict(json.loads(line))

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put(None)

    def _died(self) -> LanguageModelBroken:
        """Says how the process ended; its last words on standard error name the failed assertion."""
        try:
            code = self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        how = _signal_name(-code) if code < 0 else f"exit status {code}"
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        last = f": {words[-1].strip()}" if words else ""
        return LanguageModelBroken(f"The process of the language model {self._model} ended ({how}){last}.", _ANOTHER)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _worker_environment() -> dict[str, str]:
    """The worker finds this very package, and llama.cpp starts no debugger when it aborts."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "GGML_NO_BACKTRACE": "1"}


def _check_file(path: Path) -> None:
    """Tell apart what llama.cpp would all call a failure to load."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except FileNotFoundError as error:
        raise LanguageModelBroken(f"The language model {path} does not exist.", _ANOTHER) from error
    except OSError as error:
        raise LanguageModelBroken(f"The language model {path} cannot be read ({error.strerror}).", _ANOTHER) from error
    if magic != b"GGUF":
        what = "is empty" if not magic else "is not a GGUF file"
        raise LanguageModelBroken(f"The language model {path} {what}.", _ANOTHER)


def _refusal(path: Path, refused: dict[str, str]) -> LanguageModelBroken:
    kind, detail = refused["kind"], refused["detail"]
    what = {
        "architecture": f"The language model {path} is of a kind this llama.cpp does not know ({detail}).",
        "truncated": f"The language model {path} is cut short or damaged ({detail}).",
        "memory": f"There is not enough memory for the language model {path} ({detail}).",
        "template": f"The language model {path} cannot hold a conversation: {detail}.",
        "context": f"The context of the language model {path} is too small: {detail}.",
        "grammar": f"The language model {path} was given a grammar that cannot be used: {detail}.",
    }.get(kind, f"The language model {path} does not load ({detail}).")
    return LanguageModelBroken(what, _REMEDIES.get(kind, _ANOTHER))

"""The process in which llama.cpp runs: one JSON line in, one or more JSON lines out, until standard input ends.

    {"op": "open", "path", "context"}                                   -> {"ok": {name, architecture, n_ctx, parameters}}
    {"op": "complete", "system", "user", "grammar", "max_tokens", ...}  -> {"piece": text} ..., {"ok": {text, finished, seconds}}
    {"op": "reset"}                                                     -> {"ok": {}}

A request that cannot be served is answered with {"refused": {"kind", "detail"}}. Started by `resus_doc.models.llm`; nothing but JSON
crosses the pipes. The real standard output is taken away from llama.cpp, which writes to it when it pleases.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from resus_doc.models.llm_native import NativeModel

Send = Callable[[dict[str, Any]], None]


def main() -> None:
    """Serve requests until the pipe from the parent ends (which it also does when the parent dies)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _no_core_dump()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def send(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()

    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, send)


def serve(requests: BinaryIO, send: Send) -> None:
    """Answer one request after the other."""
    from resus_doc.models.llm_native import NativeModel, Refused

    model: NativeModel | None = None
    for line in requests:
        request = json.loads(line)
        try:
            if request["op"] == "open":
                model = NativeModel(Path(request["path"]), int(request["context"]))
                send({"ok": _describe(model)})
            elif model is None:
                send({"refused": {"kind": "load", "detail": "no model is open"}})
            else:
                send({"ok": _answer(model, request, send)})
        except Refused as refused:
            send({"refused": {"kind": refused.kind, "detail": refused.detail}})


def _describe(model: "NativeModel") -> dict[str, Any]:
    return {
        "name": model.name,
        "architecture": model.architecture,
        "n_ctx": model.n_ctx,
        "parameters": model.parameters,
    }


def _answer(model: "NativeModel", request: dict[str, Any], send: Send) -> dict[str, Any]:
    from resus_doc.models.llm_native import Sampling

    if request["op"] == "reset":
        model.reset()
        return {}
    sampling = Sampling(**{name: request[name] for name in Sampling._fields})
    started = time.monotonic()
    piece = _pieces(send) if request["stream"] else _drop
    text, finished = model.complete(request["system"], request["user"], sampling, piece, request["remember"])
    return {"text": text, "finished": finished, "seconds": time.monotonic() - started}


def _pieces(send: Send) -> Callable[[str], None]:
    return lambda text: send({"piece": text})


def _drop(_text: str) -> None:
    """The caller did not ask for the text as it comes."""


def _no_core_dump() -> None:
    """A crash must not leave a file with the case's text on the disk."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()

"""Worker processes of a batch: each loads its models once and debriefs one video after the other.

A worker that dies is replaced, and its death is told with the task it had. Workers do not outlive the process that started
them, whichever way that ends, and ignore Ctrl-C: the parent decides. This module imports little, because every new process
reads it before the number of threads is set.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from resus_doc.agent.batch_video import Result, Task

MEMORY_A_WORKER = 2 << 30
"""Bytes a worker may need with the shipped models: libraries, detector, language model and a few pictures."""

STOP_LIMIT_S = 3.0


class Progressed(NamedTuple):
    """A task came to a step, or to a fraction of it."""

    task: "Task"
    step: str
    fraction: float | None


class Finished(NamedTuple):
    task: "Task"
    result: "Result"


class Died(NamedTuple):
    """The process that had the task is gone; `how` says what is known. `lost`: with its whole machine, so not by the video's doing."""

    task: "Task"
    how: str
    lost: bool = False


Message = Progressed | Finished | Died


class Pool(Protocol):
    """Where tasks are worked on."""

    @property
    def idle(self) -> bool:
        """Whether a task can be taken now."""

    @property
    def busy(self) -> bool:
        """Whether any task is unfinished."""

    @property
    def size(self) -> int:
        """How many workers there are, or may be started."""

    def submit(self, task: "Task") -> None: ...

    def wait(self, timeout_s: float) -> list[Message]:
        """What happened, as soon as something did; empty after the timeout."""

    def close(self) -> None:
        """End all work at once; nothing half-written is left."""


class Share(NamedTuple):
    """What one worker may use."""

    threads: int
    gpu: str | None


def shares(workers: int | None, videos: int, device: str = "auto") -> list[Share]:
    """How to divide this machine: one worker for each GPU, else one for each processor that its memory allows.

    Args:
        workers: how many the user asked for; None for the best.
        videos: there are never more workers than that.
        device: as in the settings; `cpu` leaves the GPUs alone, `cuda:N` takes that one only.
    """
    gpus, processors = _gpus(device), len(os.sched_getaffinity(0))
    best = len(gpus) or max(1, min(processors, _memory() // MEMORY_A_WORKER))
    count = max(1, min(workers or best, videos))
    threads = max(1, processors // count)
    return [Share(threads, gpus[i % len(gpus)] if gpus else None) for i in range(count)]


def _gpus(device: str) -> list[str]:
    """The GPUs this process may use, by number: those of the device, where it names any."""
    if device == "cpu":
        return []
    gpus = _all_gpus()
    number = device.removeprefix("cuda:")
    return gpus[int(number) : int(number) + 1] if number.isdecimal() else gpus


def _all_gpus() -> list[str]:
    if (named := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [each.strip() for each in named.split(",") if each.strip() and each.strip() != "-1"]
    found = sorted(path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
    return sorted((name for name in found if name.isdecimal()), key=int)


def _memory() -> int:
    """Bytes of memory that are free for programs."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@dataclass
class _Worker:
    process: "SpawnProcess"
    pipe: Connection
    share: Share
    task: "Task | None" = None


class ProcessPool:
    """Processes on this machine, started when there is work for them."""

    def __init__(self, shares: Sequence[Share]) -> None:
        self._free = list(shares)
        self._workers: list[_Worker] = []

    @property
    def idle(self) -> bool:
        return bool(self._free) or any(worker.task is None for worker in self._workers)

    @property
    def busy(self) -> bool:
        return any(worker.task is not None for worker in self._workers)

    @property
    def size(self) -> int:
        return len(self._free) + len(self._workers)

    @property
    def pids(self) -> list[int]:
        """The worker processes that run."""
        return [worker.process.pid for worker in self._workers if worker.process.pid is not None]

    def submit(self, task: "Task") -> None:
        worker = next((worker for worker in self._workers if worker.task is None), None) or self._start()
        worker.task = task
        with suppress(OSError):  # it died while it was idle; `wait` finds that and tells it
            worker.pipe.send(task)

    def wait(self, timeout_s: float) -> list[Message]:
        ready = wait([worker.pipe for worker in self._workers], timeout_s)
        found: list[Message] = []
        for worker in [worker for worker in self._workers if worker.pipe in ready]:
            found += self._hear(worker)
        return found

    def close(self) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join(STOP_LIMIT_S)
            worker.pipe.close()
        self._workers.clear()

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        share = self._free.pop()
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, share), daemon=True)
        with _ctrl_c_held_back():
            process.start()
        theirs.close()
        worker = _Worker(process, ours, share)
        self._workers.append(worker)
        return worker

    def _hear(self, worker: _Worker) -> list[Message]:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            return self._bury(worker)
        task = worker.task
        assert task is not None, "an idle worker has nothing to say"
        if isinstance(message, tuple) and message[0] == "progress":
            return [Progressed(task, message[1], message[2])]
        worker.task = None
        return [Finished(task, message[1])]

    def _bury(self, worker: _Worker) -> list[Message]:
        worker.process.join(STOP_LIMIT_S)
        worker.pipe.close()
        self._workers.remove(worker)
        self._free.append(worker.share)
        return [] if worker.task is None else [Died(worker.task, _how(worker.process.exitcode))]


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """A process started here takes this over, so that Ctrl-C cannot end it with a traceback before it ignores it itself."""
    resource_tracker.ensure_running()  # the first process started would start it, and that lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _how(exitcode: int | None) -> str:
    if exitcode is None or exitcode >= 0:
        return f"ended with status {exitcode}"
    name = signal.Signals(-exitcode).name
    return f"was ended by {name}" + (", as happens when the memory is full" if exitcode == -signal.SIGKILL else "")


def _serve(pipe: Connection, share: Share) -> None:
    """The life of a worker: tasks come in, progress and results go out, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit(share)
    from resus_doc.agent.batch_video import debrief
    from resus_doc.agent.loaded import LoadedModels

    models = LoadedModels()
    while True:
        try:
            task = pipe.recv()
            pipe.send(("result", debrief(_on(task, share), models, _teller(pipe))))
        except (EOFError, OSError):
            models.close()
            return


def _on(task: "Task", share: Share) -> "Task":
    """A worker that has one GPU knows it as the first, whatever its number is on the machine."""
    if share.gpu is None or task.settings.device == "auto":
        return task
    return replace(task, settings=task.settings.model_copy(update={"device": "cuda"}))


def _limit(share: Share) -> None:
    """Threads and GPU of this worker; the user's own OMP_NUM_THREADS stands, and counts for the libraries beside OpenMP too."""
    threads = os.environ.setdefault("OMP_NUM_THREADS", str(share.threads))
    for name in ("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, threads)
    if share.gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = share.gpu


def _teller(pipe: Connection) -> Callable[[str, float | None], None]:
    def tell(step: str, fraction: float | None) -> None:
        pipe.send(("progress", step, fraction))

    return tell


def _end_with_parent() -> None:
    """A worker without its parent would go on beside the workers of the next run."""
    parent: Any = multiprocessing.parent_process()
    wait([parent.sentinel])
    os._exit(1)

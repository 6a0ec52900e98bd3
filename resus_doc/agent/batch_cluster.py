"""A batch's videos on an existing Ray cluster: an actor a worker, each with its models loaded once.

Every machine of the cluster needs this program in the same version, the same models and guideline (each worker is asked before it
gets work), and the videos and the batch's folder under the same paths. Nothing is sent but what a task says; no video passes
through Ray. A worker's death costs its video one of its two tries; the loss of a whole machine does not, since the video is not to blame.
"""

import logging
import os
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from resus_doc.agent.batch_workers import MEMORY_A_WORKER, Died, Finished, Message, Progressed
from resus_doc.errors import ResourceMissing

if TYPE_CHECKING:
    from resus_doc.agent.batch_video import Result, Task
    from resus_doc.settings import Settings

MOST_FAILED_STARTS = 3
"""So many workers in a row that ended before they answered: the next would as well."""

START_LIMIT_S = 600.0
"""A cluster that is busy with other work gets so long to find room for a first worker."""

LOSS_TOLD_S = 40.0
"""Seconds to wait for the news that a machine is gone, after a worker on it could not be reached: Ray asks each machine every 3 s
and believes in its death after 5 answers that did not come."""
DEATH_TOLD_S = 4.0
"""The same after Ray told that the worker itself is dead; its machine may have died with it."""

_TELLING = "telling"


class Greeting(NamedTuple):
    """What a worker says of itself: its machine, and a hash of each thing that reports depend on."""

    node: str
    host: str
    parts: dict[str, str]


class CaseWorker:
    """One worker, wherever Ray puts it. Its own defaults stand for what the batch leaves at the defaults."""

    def __init__(self) -> None:
        from resus_doc.agent.loaded import LoadedModels

        self._models = LoadedModels()
        self._step: tuple[str, float | None] = ("start", None)

    def greet(self, chosen: dict[str, Any]) -> Greeting:
        """Where this is, and what reports depend on here with these settings."""
        import socket

        import ray

        from resus_doc.agent.batch_key import parts_here

        return Greeting(ray.get_runtime_context().get_node_id(), socket.gethostname(), parts_here(_settings(chosen)))

    def debrief(self, task: "Task", chosen: dict[str, Any]) -> "Result":
        """As on one machine; the file must be the one that was hashed, as far as another machine can tell."""
        from resus_doc.agent.batch_video import Result, debrief
        from resus_doc.tools.ledger import Signature

        self._step = ("start", None)
        try:
            here = Signature.of(task.video)
        except OSError as error:
            return Result("blocked", _unseen(error), 0.0)
        if (here.size, here.mtime_ns) != (task.signature.size, task.signature.mtime_ns):
            return Result("failed", "The video on the worker's machine is another file than the one here.", 0.0)
        return debrief(replace(task, settings=_settings(chosen), signature=here), self._models, self._tell)

    def step(self) -> tuple[str, float | None]:
        """How far the present task is; answered beside the work."""
        return self._step

    def _tell(self, step: str, fraction: float | None) -> None:
        self._step = (step, fraction)


def _unseen(error: OSError) -> str:
    return (
        f"The video cannot be read on the worker's machine ({error.strerror or error}). "
        "Every machine of the cluster needs the videos and the batch's folder under the same paths."
    )


def _settings(chosen: dict[str, Any]) -> "Settings":
    from resus_doc.settings import Settings

    return Settings.model_validate(chosen)


def portable(settings: "Settings") -> dict[str, Any]:
    """The settings that are not the defaults, with whole paths: the defaults lie elsewhere on another machine."""
    chosen = settings.model_dump(mode="json", exclude_defaults=True)
    for name in ("detector", "llm", "guideline", "data"):
        if name in chosen and Path(chosen[name]).exists():
            chosen[name] = str(Path(chosen[name]).absolute())
    if str(chosen.get("device", "")).startswith("cuda"):
        chosen["device"] = "cuda"  # a worker sees the GPU that the cluster gave it, and no other
    return chosen


@dataclass
class _Worker:
    actor: Any
    begun: Any
    """What the worker does now: its greeting, then one task after the other."""
    begun_s: float
    greeting: Greeting | None = None
    task: "Task | None" = None
    asked: Any = None
    """A question for the step that is not answered yet."""

    @property
    def idle(self) -> bool:
        return self.greeting is not None and self.task is None


class _Missing(NamedTuple):
    """A task whose worker is gone; until when the cluster may tell that the whole machine is."""

    task: "Task"
    greeting: Greeting
    until_s: float


class RayPool:
    """Workers on the cluster at an address; started at once, given work when they have answered."""

    def __init__(self, address: str, settings: "Settings", workers: int | None, videos: int) -> None:
        """Connect.

        Raises:
            ResourceMissing: Ray is not installed here, nothing answers, or no machine has room for a worker.
        """
        from resus_doc.agent.batch_key import parts_here

        self._ray = _connected(address)
        self._chosen, self._parts = portable(settings), parts_here(settings)
        self._queue: deque[Task] = deque()
        self._failed_starts = 0
        self._workers: list[_Worker] = []
        self._missing: list[_Missing] = []
        try:
            self._needs = _needs(self._ray.nodes(), settings.device)
            room = sum(_room(node, self._needs) for node in self._ray.nodes())
            self._workers += [self._start() for _ in range(max(1, min(workers or room, videos)))]
        except BaseException:
            self.close()
            raise

    @property
    def idle(self) -> bool:
        return not self._queue and any(worker.idle for worker in self._workers)

    @property
    def size(self) -> int:
        return len(self._workers)

    @property
    def busy(self) -> bool:
        return bool(self._queue or self._missing) or any(worker.task is not None for worker in self._workers)

    def submit(self, task: "Task") -> None:
        """To a free worker; a task whose machine was lost may have to wait for one."""
        self._queue.append(task)
        self._hand_out()

    def wait(self, timeout_s: float) -> list[Message]:
        """As `Pool.wait`.

        Raises:
            ResourceMissing: a machine differs from this one, or the cluster finds no room for any worker.
        """
        at_work = [worker.begun for worker in self._workers if not worker.idle]
        ready = self._ray.wait(at_work, timeout=timeout_s)[0] if at_work else []
        if not at_work and self._missing:
            time.sleep(timeout_s)
        found: list[Message] = self._told_of_missing()
        for worker in [worker for worker in self._workers if worker.begun in ready]:
            found += self._hear(worker)
        found += [told for worker in self._workers if (told := self._ask(worker)) is not None]
        self._hand_out()
        self._check_started()
        return found

    def close(self) -> None:
        for worker in self._workers:
            self._ray.kill(worker.actor)
        self._workers.clear()
        self._ray.shutdown()

    def _start(self) -> _Worker:
        worker = self._ray.remote(**self._needs, max_restarts=0, concurrency_groups={_TELLING: 1})(CaseWorker)
        actor = worker.remote()
        return _Worker(actor, actor.greet.remote(self._chosen), time.monotonic())

    def _hand_out(self) -> None:
        for worker in self._workers:
            if self._queue and worker.idle:
                worker.task = self._queue.popleft()
                worker.begun = worker.actor.debrief.remote(_absolute(worker.task), portable(worker.task.settings))
                worker.asked = None

    def _hear(self, worker: _Worker) -> list[Message]:
        errors = self._ray.exceptions
        try:
            said = self._ray.get(worker.begun)
        except errors.RayTaskError as error:
            raise _unfit(worker, error) from error
        except errors.RayError as error:
            return self._bury(worker, error)
        if worker.task is None:
            worker.greeting, self._failed_starts = said, 0
            _check_same(self._parts, said)
            return []
        task, worker.task = worker.task, None
        return [Finished(task, said)]

    def _bury(self, worker: _Worker, error: Exception) -> list[Message]:
        self._workers.remove(worker)
        self._ray.kill(worker.actor)  # one that cannot be reached must not go on beside the next
        self._failed_starts += worker.greeting is None
        if self._failed_starts >= MOST_FAILED_STARTS:
            raise _unfit(worker, error) from error
        self._workers.append(self._start())
        if worker.task is not None and worker.greeting is not None:
            unreachable = isinstance(error, self._ray.exceptions.ActorUnavailableError)
            until_s = time.monotonic() + (LOSS_TOLD_S if unreachable else DEATH_TOLD_S)
            self._missing.append(_Missing(worker.task, worker.greeting, until_s))
        return []

    def _told_of_missing(self) -> list[Message]:
        """Whether machine or worker is gone; the cluster may hear of a machine later than of its workers, and work goes on meanwhile."""
        if not self._missing:
            return []
        alive = {node["NodeID"] for node in self._ray.nodes() if node["Alive"]}
        told: list[Message] = []
        for each in tuple(self._missing):
            host = each.greeting.host
            if each.greeting.node not in alive:
                told.append(Died(each.task, f"was on {host}, which the cluster has lost", lost=True))
            elif time.monotonic() > each.until_s:
                told.append(Died(each.task, f"on {host} ended unexpectedly, as happens when the memory is full"))
            else:
                continue
            self._missing.remove(each)
        return told

    def _ask(self, worker: _Worker) -> Progressed | None:
        """The answer to an earlier question for the step, if it is there, and the next question."""
        if worker.task is None:
            return None
        told = None
        if worker.asked is not None:
            if not self._ray.wait([worker.asked], timeout=0)[0]:
                return None
            with suppress(self._ray.exceptions.RayError):  # it died, which the next wait for its work tells
                told = Progressed(worker.task, *self._ray.get(worker.asked))
        worker.asked = worker.actor.step.options(concurrency_group=_TELLING).remote()
        return told

    def _check_started(self) -> None:
        if any(worker.greeting is not None for worker in self._workers):
            return
        if time.monotonic() - min(worker.begun_s for worker in self._workers) > START_LIMIT_S:
            raise ResourceMissing(
                f"The cluster found no room for a worker in {START_LIMIT_S / 60:.0f} minutes.",
                "Look at `ray status`; run the same command again when there is room.",
            )


def _connected(address: str) -> Any:
    try:
        import ray
    except ImportError as error:
        raise ResourceMissing("--ray needs Ray, which is not installed.", "pip install 'resus-doc[cluster]'") from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(address=address, namespace="resus-doc", log_to_driver=False, logging_level=logging.CRITICAL)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise ResourceMissing(
            f"No Ray cluster answers at {address} ({str(error).splitlines()[0]}).",
            "Run this on a machine of the cluster with its address as `ray status` knows it, or with --ray auto.",
        ) from error
    return ray


def _needs(nodes: list[dict[str, Any]], device: str) -> dict[str, float]:
    """What a worker asks of its machine, in Ray's words: a processor, memory for the models, and a GPU where there are any.

    Raises:
        ResourceMissing: no machine of the cluster has that.
    """
    gpus = any(node["Resources"].get("GPU", 0) >= 1 for node in nodes if node["Alive"])
    needs: dict[str, float] = {"num_cpus": 1, "memory": MEMORY_A_WORKER}
    if device.startswith("cuda") or (device == "auto" and gpus):
        needs["num_gpus"] = 1
    if not any(_room(node, needs) for node in nodes):
        gpu = ", a GPU" if "num_gpus" in needs else ""
        raise ResourceMissing(
            f"No machine of the cluster has what a worker needs: a processor{gpu} and {MEMORY_A_WORKER >> 30} GiB of memory.",
            "Look at `ray status`.",
        )
    return needs


def _room(node: dict[str, Any], needs: dict[str, float]) -> int:
    """How many workers a machine of the cluster could hold if it did nothing else."""
    if not node["Alive"]:
        return 0
    names = {"num_cpus": "CPU", "num_gpus": "GPU", "memory": "memory"}
    return min(int(node["Resources"].get(names[need], 0) // amount) for need, amount in needs.items())


def _absolute(task: "Task") -> "Task":
    """With whole paths: a worker elsewhere has another working folder."""
    options = {name: value.absolute() if isinstance(value, Path) else value for name, value in task.options.items()}
    following = task.following and task.following.absolute()
    return replace(task, video=task.video.absolute(), out=task.out.absolute(), options=options, following=following)


def _check_same(here: dict[str, str], there: Greeting) -> None:
    different = [name for name in here if there.parts.get(name) != here[name]]
    if different:
        raise ResourceMissing(
            f"The {' and the '.join(different)} on {there.host} differ from those here, so its reports would too.",
            "Install the same version, models and checked guidelines on every machine, under the same paths.",
        )


def _unfit(worker: _Worker, error: Exception) -> ResourceMissing:
    host = "a machine of the cluster" if worker.greeting is None else worker.greeting.host
    last = str(error).strip().splitlines()[-1]
    return ResourceMissing(
        f"resus-doc cannot work on {host} ({last}).", "Install the same version there, then run the same command again."
    )

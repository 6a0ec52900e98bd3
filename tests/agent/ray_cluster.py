"""Ray on this machine for tests and figures: a head and further raylets, all started by this process, each of which can be lost alone."""

import os
import socket
from pathlib import Path
from typing import Any

_STORE_BYTES = 80_000_000
_START_LIMIT_S = 280.0
_PATIENT = {
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_raylet_start_wait_time_s": "300",
    "RAY_worker_niceness": "0",
}
"""On a machine that is busy with other work Ray's processes come up slowly, and it would give them up. Its workers stand behind all
others unless told not to, which would make every comparison with worker processes unfair."""

_PORTS = ("metrics_agent_port", "metrics_export_port", "runtime_env_agent_port", "dashboard_agent_listen_port")
"""Named beforehand: a raylet gives up when its agents have not chosen theirs after 15 s."""


class LocalCluster:
    """Raylets that hold nothing but workers: no dashboard, no log monitor."""

    def __init__(self, environment: dict[str, str]) -> None:
        os.environ.update({**_PATIENT, "RAY_USAGE_STATS_ENABLED": "0"})
        from ray.cluster_utils import Cluster

        self._cluster = Cluster()
        self._environment = environment
        self._nodes: list[Any] = []

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    def add(self, processors: int) -> int:
        """Start a head, or another raylet; returns its number."""
        node = self._cluster.add_node(
            wait=False,
            num_cpus=processors,
            memory=processors * (3 << 30),
            object_store_memory=_STORE_BYTES,
            include_dashboard=False,
            include_log_monitor=False,
            env_vars=self._environment,
            **{name: _free_port() for name in _PORTS},
        )
        self._nodes.append(node)
        self._cluster.wait_for_nodes(_START_LIMIT_S)
        return len(self._nodes) - 1

    def lose(self, number: int) -> None:
        """A machine is gone at once: SIGKILL to its raylet, whose workers end with it."""
        self._cluster.remove_node(self._nodes[number], allow_graceful=False)

    def workers(self) -> list[int]:
        """The processes that hold a worker of a batch."""
        return [pid for pid in _below(os.getpid()) if "CaseWorker" in _command_line(pid)]

    def close(self) -> None:
        import ray

        ray.shutdown()
        self._cluster.shutdown()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _below(pid: int) -> list[int]:
    """All processes that this one started, and theirs."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):  # it ended meanwhile
            continue
    found, wanted = [], [pid]
    while wanted:
        parent = wanted.pop()
        children = [child for child, of in parents.items() if of == parent]
        found += children
        wanted += children
    return found


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""

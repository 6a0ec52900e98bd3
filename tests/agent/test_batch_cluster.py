"""A night's videos on a real Ray: the same cases as on this machine, and what is lost there is done again."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from resus_doc import settings
from resus_doc.agent.batch import Wishes, run_batch
from resus_doc.agent.batch_cluster import Greeting, RayPool, _Missing
from resus_doc.errors import ResourceMissing

sys.path.insert(0, str(Path(__file__).parent))
from batch_night import Here, contents, write_night
from ray_cluster import LocalCluster

sys.path.pop(0)

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.getbasetemp() / "resus-doc-data"


@pytest.fixture(scope="module")
def chosen(data) -> settings.Settings:
    return settings.load(llm="none", data=data)


@pytest.fixture(scope="module")
def cluster(data, repository):
    found = LocalCluster({"PYTHONPATH": str(repository)})
    try:
        found.add(2)
        yield found
    finally:
        found.close()


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    manifest = write_night(tmp_path_factory.mktemp("night"), 3)
    shutil.copy(manifest.parent / "night 00.mp4", manifest.parent / "night 02.mp4")
    (manifest.parent / "night 01.mp4").write_bytes(b"no video at all")
    write_night(manifest.parent / "more", 5)
    return manifest


@pytest.fixture(scope="module")
def undisturbed(night, chosen, tmp_path_factory):
    out = tmp_path_factory.mktemp("alone") / "out"
    outcome = run_batch([night, night.parent / "more" / "night.csv"], out, chosen, lambda _: None, pool=Here)
    return outcome, contents(out)


def test_a_worker_that_is_gone_is_told_when_it_is_sure_whether_its_machine_is_gone_too():
    """Without a cluster: one machine is lost, on another only the worker died, of a third the news may still come."""
    now_s = time.monotonic()

    def missing(node, until_s):
        return _Missing(node, Greeting(node, f"host of {node}", {}), until_s)  # what the task is does not matter here

    pool = RayPool.__new__(RayPool)
    nodes = [{"NodeID": "lost", "Alive": False}, {"NodeID": "up", "Alive": True}, {"NodeID": "slow", "Alive": True}]
    pool._ray = SimpleNamespace(nodes=lambda: nodes)
    pool._missing = [missing("lost", now_s + 60), missing("up", now_s - 1), missing("slow", now_s + 60)]
    told = pool._told_of_missing()
    assert [(each.task, each.lost) for each in told] == [("lost", True), ("up", False)]
    assert "host of lost" in told[0].how and "host of up" in told[1].how
    assert [each.task for each in pool._missing] == ["slow"]
    nodes[2]["Alive"] = False
    assert [(each.task, each.lost) for each in pool._told_of_missing()] == [("slow", True)]
    assert pool._told_of_missing() == []


def run(cluster, night, out, chosen, progress=lambda _: None):
    said: list[str] = []
    wishes = Wishes(ray=cluster.address)
    inputs = [night, night.parent / "more" / "night.csv"]
    return run_batch(inputs, out, chosen, said.append, wishes=wishes, progress=progress), said


def test_the_cluster_writes_what_this_machine_writes(cluster, night, chosen, undisturbed, tmp_path):
    outcome, said = run(cluster, night, tmp_path / "out", chosen)
    assert (outcome, contents(tmp_path / "out")) == undisturbed
    assert outcome.done == 5 and outcome.failed == 1
    assert any(line.startswith("Skipped night 01.mp4 because") for line in said)


def test_a_worker_that_is_killed_there_costs_a_try_only(cluster, night, chosen, undisturbed, tmp_path):
    killed: list[int] = []

    def kill_once(standing) -> None:
        if not killed and standing.running and (found := cluster.workers()):
            killed.append(found[0])
            os.kill(killed[0], signal.SIGKILL)

    outcome, said = run(cluster, night, tmp_path / "out", chosen, kill_once)
    assert killed
    assert (outcome, contents(tmp_path / "out")) == undisturbed
    assert any("tried once more" in line for line in said)


def test_a_machine_whose_guideline_differs_gets_no_work(cluster, night, chosen, tmp_path):
    """The cluster's own data folder knows nothing of a rule that was checked in another one."""
    from resus_doc.agent import batch_cluster

    parts = {"version": "0", "guideline": "1", "llm": "2", "detector": "3"}
    there = batch_cluster.Greeting("n", "ward-7", {**parts, "guideline": "x", "llm": "y"})
    with pytest.raises(ResourceMissing, match="The guideline and the llm on ward-7 differ"):
        batch_cluster._check_same(parts, there)
    batch_cluster._check_same(parts, there._replace(parts=parts))

"""How a machine is divided among workers."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from resus_doc.agent.batch import _Run
from resus_doc.agent.batch_workers import Share, _limit, shares
from resus_doc.tools.batch_inputs import GivenVideo


@pytest.fixture
def gpus(monkeypatch):
    def have(named: str) -> None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)))

    return have


def test_a_worker_is_told_which_video_it_is_likely_to_get_next():
    videos = [GivenVideo(Path(f"{n}.mp4"), annotations=Path("a.csv") if n == 3 else None) for n in range(5)]
    run = SimpleNamespace(_videos=videos, _places={given.video: place for place, given in enumerate(videos)})

    def after(number: int, workers: int) -> Path | None:
        return _Run._after(run, SimpleNamespace(video=videos[number].video), workers)

    assert after(0, 1) == Path("1.mp4") and after(0, 2) == Path("2.mp4")
    assert after(2, 1) is None  # its events are annotated, so nothing looks at it
    assert after(4, 1) is None


def test_ctrl_c_is_held_back_from_the_very_first_worker():
    """In a process of its own: the first start of any process starts Python's resource tracker too."""
    code = (
        "import multiprocessing, signal\n"
        "from resus_doc.agent.batch_workers import _ctrl_c_held_back\n"
        "first = multiprocessing.get_context('spawn').Process(target=int)\n"
        "with _ctrl_c_held_back():\n"
        "    first.start()\n"
        "    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))\n"
        "first.join()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True\n"


def test_one_worker_for_each_gpu(gpus):
    gpus("0,3")
    assert shares(None, 200) == [Share(4, "0"), Share(4, "3")]
    assert shares(None, 1) == [Share(8, "0")]


def test_a_named_gpu_is_the_only_one_and_cpu_leaves_all_alone(gpus):
    gpus("0,3")
    assert shares(None, 200, "cuda:1") == [Share(8, "3")]
    assert {share.gpu for share in shares(None, 200, "cpu")} == {None}


def test_one_worker_for_each_processor_where_there_is_no_gpu(gpus):
    gpus("")
    assert shares(3, 200) == [Share(2, None)] * 3
    assert shares(8, 2) == [Share(4, None)] * 2
    assert 1 <= len(shares(None, 200)) <= 8


@pytest.mark.parametrize(("own", "expected"), [({}, "4"), ({"OMP_NUM_THREADS": "1"}, "1")])
def test_a_worker_s_threads_are_its_share_or_what_the_user_set(monkeypatch, own, expected):
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    monkeypatch.setattr(os, "environ", dict(own))
    _limit(Share(4, None))
    assert [os.environ[name] for name in names] == [expected] * 3

"""Figures of `batch`, each against a limit of the same run or in seconds. Videos are small and annotated, so no detector is measured.

    python benchmarks/batch_figures.py workers --videos 12      two workers of one thread against one such worker, in pairs
    python benchmarks/batch_figures.py defaults --videos 12     the defaults against other numbers of workers and threads
    python benchmarks/batch_figures.py rerun --videos 200       a finished batch run again
    python benchmarks/batch_figures.py memory --videos 300      memory of the one worker that does them all
    python benchmarks/batch_figures.py kills --times 20         parent and worker killed at random points, result as if undisturbed
    python benchmarks/batch_figures.py disk                     a disk that is really full (a small tmpfs; needs root), then room again
    python benchmarks/batch_figures.py overlap                  what reading ahead saves on this processor

With `--detector BUNDLE` the first, second and fourth measure the detector too (videos without annotations; `--seconds 120` for two
minutes each). The processor may be busy with other work: the median of `--pairs` ratios counts, and the load is printed.
"""

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from resus_doc import settings
from resus_doc.agent.batch import Standing, Wishes, run_batch
from resus_doc.agent.batch_workers import ProcessPool, Share
from resus_doc.errors import ResourceMissing
from resus_doc.tools.detect import CHUNK_FRAMES
from resus_doc.tools.ledger import copy_of_ledger

if TYPE_CHECKING:
    from resus_doc.models.detector import Detector

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "agent"))
from batch_night import contents, write_night


def quiet(_line: str) -> None:
    """Nobody reads along."""


def timed(
    inputs: Path,
    out: Path,
    chosen: settings.Settings,
    workers: int | None = None,
    pool: Callable[[int], ProcessPool] | None = None,
) -> float:
    """Seconds of one run."""
    begun = time.monotonic()
    outcome = run_batch([inputs], out, chosen, quiet, wishes=Wishes(workers=workers), pool=pool)
    assert not outcome.failed, outcome
    return time.monotonic() - begun


def shared(threads: int, count: int) -> Callable[[int], ProcessPool]:
    """A pool of so many workers with so many threads each."""
    return lambda _videos: ProcessPool([Share(threads, None)] * count)


def workers(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    inputs, ratios = _inputs(folder, wanted), []
    for pair in range(wanted.pairs):
        before = _children_s()
        one = timed(inputs, folder / f"one-{pair}", chosen, pool=shared(1, 1))
        between = _children_s()
        two = timed(inputs, folder / f"two-{pair}", chosen, pool=shared(1, 2))
        ratios.append(one / two)
        print(f"one worker {one:.1f} s, two workers {two:.1f} s, ratio {one / two:.2f}, {_load()}; ", end="")
        print(f"processor time {between - before:.1f} s and {_children_s() - between:.1f} s", flush=True)
        alone, beside = _pace(folder / f"one-{pair}", 1), _pace(folder / f"two-{pair}", 2)
        print(
            f"  a worker's first video takes {alone.start_s:.1f} s and {beside.start_s:.1f} s more than its others; ",
            end="",
        )
        print(
            f"these take {alone.video_s:.1f} s and {beside.video_s:.1f} s, ratio {2 * alone.video_s / beside.video_s:.2f}"
        )
    print(f"median ratio of {wanted.pairs} pairs: {median(ratios):.2f} (limit 1.7)")


class Pace(NamedTuple):
    """Seconds that a worker needs for a video, and that its first one takes longer, since libraries and models are loaded then."""

    start_s: float
    video_s: float


def _pace(out: Path, workers: int) -> Pace:
    with copy_of_ledger(out) as ledger:
        seconds = [row.seconds for row in ledger.rows()]
    usual_s = median(seconds[workers:])
    return Pace(median(seconds[:workers]) - usual_s, usual_s)


def defaults(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    """Every setting once a round, so that a busy minute meets all of them; the median of the rounds' ratios counts."""
    inputs, processors = _inputs(folder, wanted), len(os.sched_getaffinity(0))
    pools: dict[str, Callable[[int], ProcessPool] | None] = {"defaults": None}
    for count in range(1, processors + 2):
        for threads in range(1, processors + 1):
            pools[f"{count} workers of {threads} threads"] = shared(threads, count)
    times: dict[str, list[float]] = {name: [] for name in pools}
    for number in range(wanted.pairs):
        for name, pool in pools.items():
            took = timed(inputs, folder / f"{number} {name}", chosen, pool=pool)
            times[name].append(took)
            print(f"{name}: {took:.1f} s, {_load()}", flush=True)
    best = min(pools, key=lambda name: median(times[name]))
    ratio = median(ours / theirs for ours, theirs in zip(times["defaults"], times[best], strict=True))
    print(f"best: {best}; the defaults take {ratio - 1:+.1%} of its time (limit +10 %)")


def memory(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    """Resident memory of the worker when a video has ended, the first tenth of the videos left out."""
    pool, sizes = ProcessPool([Share(1, None)]), {}

    def look(standing: Standing) -> None:
        for pid in pool.pids:
            sizes[standing.ended] = _resident_kb(pid)

    inputs = _inputs(folder, wanted)
    outcome = run_batch([inputs], folder / "out", chosen, quiet, progress=look, pool=lambda _count: pool)
    assert outcome.done == wanted.videos, outcome
    tenth = wanted.videos // 10
    first = median(size for ended, size in sizes.items() if tenth <= ended < 2 * tenth)
    last = median(size for ended, size in sizes.items() if ended >= wanted.videos - tenth)
    print(
        f"{wanted.videos} videos: {first / 1e3:.0f} MB in the second tenth, {last / 1e3:.0f} MB in the last, ", end=""
    )
    print(f"growth {last / first - 1:+.1%} (limit +5 %)")


def rerun(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    manifest = write_night(folder / "night", wanted.videos)
    timed(manifest, folder / "out", chosen)
    print(f"{wanted.videos} finished videos again: {timed(manifest, folder / 'out', chosen):.2f} s (limit 5 s for 200)")


def kills(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    manifest = write_night(folder / "night", wanted.videos)
    took_s = timed(manifest, folder / "undisturbed", chosen, workers=1)
    undisturbed = contents(folder / "undisturbed")
    command = [sys.executable, "-m", "resus_doc.cli", "batch", str(manifest), "-o", str(folder / "parent")]
    for _ in range(wanted.times):
        run = subprocess.Popen([*command, "--llm", "none", "--workers", "1"], stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.2, took_s))
        run.kill()
        run.wait()
    timed(manifest, folder / "parent", chosen, workers=1)
    same = _same("parent", wanted.times, contents(folder / "parent") == undisturbed)
    killed = round_number = 0
    while killed < wanted.times:
        round_number += 1
        killed += _with_worker_killed(manifest, folder / f"worker-{round_number}", chosen, wanted.times - killed)
        same &= contents(folder / f"worker-{round_number}") == undisturbed
    if not _same(f"worker, in {round_number} runs,", killed, same):
        sys.exit(1)


def _with_worker_killed(manifest: Path, out: Path, chosen: settings.Settings, most: int) -> int:
    """A batch whose one worker is killed at random points, once a video at most; how often it was."""
    killed: set[str] = set()
    pool = ProcessPool([Share(1, None)])

    def kill(standing: Standing) -> None:
        for running in standing.running:
            if len(killed) < most and running.name not in killed and random.random() < 0.5:
                killed.add(running.name)
                for pid in pool.pids:
                    os.kill(pid, signal.SIGKILL)

    run_batch([manifest], out, chosen, quiet, progress=kill, pool=lambda _count: pool)
    return len(killed)


def _same(what: str, times: int, same: bool) -> bool:
    print(f"{what} killed {times} times: {'the same' if same else 'NOT the same'} as undisturbed", flush=True)
    return same


def disk(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    """Mounted for this only; two cases fit."""
    manifest, small = write_night(folder / "night", 6), folder / "small" / "out"
    timed(manifest, folder / "large" / "out", chosen, workers=1)
    small.parent.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", str(small.parent)]
    subprocess.run(mount, check=True)
    try:
        try:
            run_batch([manifest], small, chosen, print, wishes=Wishes(workers=1))
            print("the disk was NOT full")
            sys.exit(1)
        except ResourceMissing as error:
            print(f"told: {error}")
        whole = [case for case in small.glob("case-*") if (case / "report.html").exists()]
        print(f"{len(whole)} whole cases, {len(list(small.glob('case-*'))) - len(whole)} others")
        subprocess.run(["mount", "-o", "remount,size=64m", str(small.parent)], check=True)
        timed(manifest, small, chosen, workers=1)
        same = contents(small) == contents(folder / "large" / "out")
    finally:
        subprocess.run(["umount", str(small.parent)], check=True)
    print(f"with room again {'the same' if same else 'NOT the same'} as undisturbed")
    sys.exit(0 if same else 1)


def overlap(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    """The shipped detector on one video in this process, one thread; in pairs."""
    import torch

    from resus_doc.models.detector import Detector
    from resus_doc.tools.detect import detect
    from resus_doc.tools.simulate.dataset import write_dataset

    torch.set_num_threads(1)
    folder.mkdir(exist_ok=True)
    write_dataset(folder / "set", videos=1, seed=1, duration_s=wanted.seconds, width=640, fps=25, split="test")
    video = next((folder / "set").rglob("*.mp4"))
    detector, ratios = Detector.load(chosen.detector, device="cpu"), []
    detect(video, detector, folder / "warm")
    for pair in range(wanted.pairs):
        times = []
        for ahead in (False, True):
            begun = time.monotonic()
            detect(video, detector, folder / f"{pair}-{ahead}", ahead=ahead)
            times.append(time.monotonic() - begun)
        ratios.append(times[1] / times[0])
        print(f"in turn {times[0]:.1f} s, reading ahead {times[1]:.1f} s, {_load()}", flush=True)
    print(f"reading ahead, median of {wanted.pairs} pairs: {median(ratios) - 1:+.1%} of the time")
    first_s = _first_chunk(video, detector)
    print(f"reading the first {CHUNK_FRAMES} frames: {first_s:.2f} s, {first_s / times[0]:.1%} of the video's time")


def _first_chunk(video: Path, detector: "Detector") -> float:
    """Seconds until the first chunk of a video is read: all that opening the next video ahead could save on an idle processor."""
    from resus_doc.tools.video import GridReader

    size = detector.config.frame_size
    begun = time.monotonic()
    for _ in islice(GridReader(video, detector.config.grid_fps, size, size), CHUNK_FRAMES):
        pass
    return time.monotonic() - begun


def _inputs(folder: Path, wanted: argparse.Namespace) -> Path:
    manifest = write_night(folder / "night", wanted.videos, seconds=wanted.seconds)
    return manifest if wanted.detector is None else folder / "night"


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} processors"


def _children_s() -> float:
    """Processor seconds of all workers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _resident_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    figures = {each.__name__: each for each in (workers, defaults, rerun, memory, kills, disk, overlap)}
    parser.add_argument("figure", choices=figures)
    parser.add_argument("--videos", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--detector", type=Path)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="resus-doc-batch-"))
    try:
        figures[wanted.figure](folder, wanted, settings.load(llm="none", detector=wanted.detector))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

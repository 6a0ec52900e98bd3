"""Figures of `batch --ray` on one machine. Videos are small and annotated, so no detector is measured; with --detector it is.

    python benchmarks/cluster_figures.py overhead --videos 24     one worker on Ray against one worker process, in pairs
    python benchmarks/cluster_figures.py lost --videos 8 --seconds 60 --detector resus_doc/assets/detector
                                                                  two raylets, one killed while it works; the result as if undisturbed

Annotated videos are done before the second raylet is ready, so `lost` needs the detector. Set OMP_NUM_THREADS=1: it pins workers here
and there to one thread (with more, sums are rounded differently). Starting the workers is part of both times.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from resus_doc import settings
from resus_doc.agent.batch import Standing, Wishes, run_batch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "agent"))
from batch_night import contents, write_night
from ray_cluster import LocalCluster

ROOT = Path(__file__).parents[1]


def timed(inputs: Path, out: Path, chosen: settings.Settings, wishes: Wishes) -> float:
    """Seconds of one run, start of its workers included."""
    begun = time.monotonic()
    outcome = run_batch([inputs], out, chosen, lambda _: None, wishes=wishes)
    assert not outcome.failed, outcome
    return time.monotonic() - begun


def overhead(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings, cluster: LocalCluster) -> None:
    """Pairs in turn, because the machine may be busy with other work; the median of the pairs' ratios counts."""
    cluster.add(1)
    manifest = write_night(folder / "night", wanted.videos, seconds=wanted.seconds)
    inputs = manifest if wanted.detector is None else folder / "night"
    places = {"worker process": Wishes(workers=1), "worker on Ray": Wishes(workers=1, ray=cluster.address)}
    ratios = []
    for pair in range(wanted.pairs):
        order = list(places)[:: -1 if pair % 2 else 1]
        took = {place: timed(inputs, folder / f"{place} {pair}", chosen, places[place]) for place in order}
        ratios.append(took["worker on Ray"] / took["worker process"])
        for place in order:
            print(f"{place} {took[place]:.1f} s, ", end="")
        print(f"overhead {ratios[-1] - 1:+.1%}, load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"overhead of --ray, median of {wanted.pairs} pairs: {median(ratios) - 1:+.1%} (limit 15 %)")


def lost(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings, cluster: LocalCluster) -> None:
    """The second raylet goes with all its processes while it has a video; the head stays."""
    cluster.add(1)
    second = cluster.add(1)
    manifest = write_night(folder / "night", wanted.videos, seconds=wanted.seconds)
    inputs = manifest if wanted.detector is None else folder / "night"
    timed(inputs, folder / "undisturbed", chosen, Wishes(workers=1))
    gone: list[str] = []
    said: list[str] = []

    def lose_once(standing: Standing) -> None:
        if not gone and standing.ended >= 1 and len(standing.running) == 2:
            cluster.lose(second)
            gone.append(f"after {standing.ended} of {standing.total} videos")

    wishes = Wishes(ray=cluster.address, workers=2)
    outcome = run_batch([inputs], folder / "lost", chosen, said.append, wishes=wishes, progress=lose_once)
    same = contents(folder / "lost") == contents(folder / "undisturbed")
    again = [line for line in said if "goes to another machine" in line]
    print(
        f"one of two raylets killed {gone[0] if gone else 'NEVER'}: {outcome.summary}; {len(again)} sent to another machine"
    )
    print(f"{'the same' if same else 'NOT the same'} as undisturbed")
    one, other = contents(folder / "lost"), contents(folder / "undisturbed")
    for name in sorted({*one, *other}):
        if one.get(name) != other.get(name):
            print(f"differs: {name}")
    if not (same and gone and again):
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    figures = {each.__name__: each for each in (overhead, lost)}
    parser.add_argument("figure", choices=figures)
    parser.add_argument("--videos", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--detector", type=Path)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="resus-doc-cluster-"))
    cluster = LocalCluster({"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"})
    try:
        figures[wanted.figure](folder, wanted, settings.load(llm="none", detector=wanted.detector), cluster)
    finally:
        cluster.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

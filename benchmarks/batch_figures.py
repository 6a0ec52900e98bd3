"""Figures of `batch`, each against a limit of the same run or in seconds. Videos are small and annotated, so no detector is measured.

    python benchmarks/batch_figures.py workers --videos 12      two workers of one thread against one such worker
    python benchmarks/batch_figures.py rerun --videos 200       a finished batch run again
    python benchmarks/batch_figures.py dashboard --videos 1000  tables and page of so many cases
    python benchmarks/batch_figures.py kills --times 20         parent killed at random points, result as if undisturbed

With `--detector BUNDLE` the first measures the detector too (videos without annotations; `--seconds 120` for two minutes each).
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from resus_doc import settings
from resus_doc.agent.batch import Wishes, rebuild_dashboard, run_batch
from resus_doc.tools.casefolder import read_report, report_json

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "agent"))
from batch_night import contents, write_night


def quiet(_line: str) -> None:
    """Nobody reads along."""


def timed(inputs: Path, out: Path, chosen: settings.Settings, workers: int = 1) -> float:
    """Seconds of one run."""
    begun = time.monotonic()
    outcome = run_batch([inputs], out, chosen, quiet, wishes=Wishes(workers=workers))
    assert not outcome.failed, outcome
    return time.monotonic() - begun


def workers(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    """OMP_NUM_THREADS=1 in the environment pins both to one thread each."""
    manifest = write_night(folder / "night", wanted.videos, seconds=wanted.seconds)
    inputs = manifest if wanted.detector is None else folder / "night"
    one = timed(inputs, folder / "one", chosen, workers=1)
    two = timed(inputs, folder / "two", chosen, workers=2)
    print(f"one worker {one:.1f} s, two workers {two:.1f} s, ratio {one / two:.2f} (limit 1.7)")


def rerun(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    manifest = write_night(folder / "night", wanted.videos)
    timed(manifest, folder / "out", chosen)
    print(f"{wanted.videos} finished videos again: {timed(manifest, folder / 'out', chosen):.2f} s (limit 5 s for 200)")


def dashboard(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    out = folder / "out"
    timed(write_night(folder / "night", 1), out, chosen)
    made = next(out.glob("case-*"))
    report = read_report(made)
    for number in range(wanted.videos - 1):
        copy = out / f"copy-{number:05d}"
        copy.mkdir()
        (copy / "report.json").write_text(report_json(report.model_copy(update={"case_id": copy.name})))
    begun = time.monotonic()
    rebuild_dashboard(out)
    size = (out / "index.html").stat().st_size / 1e6
    print(f"{wanted.videos} cases: {time.monotonic() - begun:.2f} s (limit 10 s for 1,000), page of {size:.2f} MB")


def kills(folder: Path, wanted: argparse.Namespace, chosen: settings.Settings) -> None:
    manifest = write_night(folder / "night", wanted.videos)
    took_s = timed(manifest, folder / "undisturbed", chosen)
    command = [sys.executable, "-m", "resus_doc.cli", "batch", str(manifest), "-o", str(folder / "killed")]
    for _ in range(wanted.times):
        run = subprocess.Popen([*command, "--llm", "none", "--workers", "1"], stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.2, took_s))
        run.kill()
        run.wait()
    timed(manifest, folder / "killed", chosen)
    same = contents(folder / "killed") == contents(folder / "undisturbed")
    print(f"killed {wanted.times} times: {'the same' if same else 'NOT the same'} as undisturbed")
    if not same:
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    figures = {each.__name__: each for each in (workers, rerun, dashboard, kills)}
    parser.add_argument("figure", choices=figures)
    parser.add_argument("--videos", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--detector", type=Path)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="resus-doc-batch-"))
    try:
        figures[wanted.figure](folder, wanted, settings.load(llm="none", detector=wanted.detector))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

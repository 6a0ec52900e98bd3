"""Renders the clips from which the detector's base and adapter learn, once, into a folder of `build/detector/data`.

    python scripts/detector_data.py base 5000        # pictures + what each patch shows; no activity anywhere
    python scripts/detector_data.py train 8000       # pictures + which activities cover more than half
    python scripts/detector_data.py train 24000 --first 12000
    python scripts/detector_data.py calibration 1500 # the same, for watching the training

Each kind has its own range of seeds, so no scene is in two of them; validation and test videos have theirs too. Shards
that are there already are kept: the script can be stopped and started again. The folder is named after the code that draws them, so
that code that draws otherwise draws anew.
"""

import argparse
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from resus_doc.models.evaluation import truth_of
from resus_doc.schema import Activity
from resus_doc.tools import simulate
from resus_doc.tools.simulate.dataset import SAME_BYTES
from resus_doc.tools.simulate.look import MIXED
from resus_doc.tools.simulate.render import Renderer
from resus_doc.tools.simulate.scenario import STANDARD, Scenario, draw
from resus_doc.tools.simulate.training_clips import draw_clip

GRID_FPS = 8
WINDOW_FRAMES = 16
FRAME_SIZE = 96
DENSE_GRID = 12
LABELS: tuple[Activity, ...] = ("baby_visible", "ppv", "cpap", "stimulation", "suction", "chest_compressions")
SEEDS = {
    "base": 10_000_000,
    "train": 20_000_000,
    "calibration": 30_000_000,
    "validation": 40_000_000,
    "test": 50_000_000,
}
"""First seed of each kind; a kind takes consecutive ones and far fewer than lie between two kinds."""
EASY = {"base": 6000, "train": 12000, "calibration": 500}
"""How many clips of a kind are easy; those after them are of any difficulty up to `HARDEST`."""
HARDEST = 0.4
DIFFICULTIES = (0.1, STANDARD, HARDEST)
"""Of the validation videos, in turn: thresholds and the domain check's limit must serve easier and harder rooms too."""
MIXED_FROM = 45_000
"""Training clips from here on show rooms of no family."""
RATES = (8, 10, 12, 15, 24, 25, 30, 50)
"""Frame rates of the recordings that clips and validation videos come from."""
SHARD = 250
SIZES = ((256, 192), (320, 240), (384, 288))


def drawing_code() -> str:
    """A short hash of all code on which a rendered clip or video depends."""
    files = [*sorted(Path(simulate.__file__).parent.glob("*.py")), Path(__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


DATA = Path("build/detector/data") / drawing_code()


def validation_scenarios(count: int) -> list[Scenario]:
    """Whole recordings to tune on: of three difficulties in turn, every other one in a room of no family."""
    return [
        draw(SEEDS["validation"] + i, difficulty=DIFFICULTIES[i % len(DIFFICULTIES)], hospital=MIXED if i % 2 else None)
        for i in range(count)
    ]


def render_frames(scenario: Scenario, rng: np.random.Generator, count: int) -> np.ndarray:
    """The first `count` grid frames as the reader gives them: rendered, through H.264, scaled as it does.

    A grid point shows the last picture of the recording that began by then, up to one picture late.
    """
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    crf, rate = int(rng.integers(18, 31)), int(rng.choice(RATES))
    renderer, scaler = Renderer(scenario, width, height), VideoReformatter()
    images = (renderer.frame(k * rate // GRID_FPS / rate) for k in range(count))
    frames = np.empty((count, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
    for k, frame in enumerate(_through_h264(images, width, height, crf)):
        small = scaler.reformat(frame, FRAME_SIZE, FRAME_SIZE, "rgb24", interpolation="BILINEAR", threads=1)
        frames[k] = small.to_ndarray()
    return frames


def _through_h264(images: Iterable[np.ndarray], width: int, height: int, crf: int) -> Iterator[av.VideoFrame]:
    """Pictures as they come back out of a compressed video."""
    packer, reader = av.CodecContext.create("libx264", "w"), av.CodecContext.create("h264", "r")
    packer.width, packer.height, packer.pix_fmt = width, height, "yuv420p"
    packer.time_base, packer.options = Fraction(1, GRID_FPS), {"crf": str(crf), "preset": "veryfast", **SAME_BYTES}
    packer.thread_count = reader.thread_count = 1
    scaler = VideoReformatter()
    for k, image in enumerate(images):
        frame = scaler.reformat(av.VideoFrame.from_ndarray(image), format="yuv420p", threads=1)
        frame.pts = k
        for packet in packer.encode(frame):
            yield from reader.decode(packet)
    for packet in packer.encode(None):
        yield from reader.decode(packet)
    yield from reader.decode(None)


def dense_of(scenario: Scenario) -> np.ndarray:
    """What each patch shows at each pair's later frame and two grid frames before it: [pairs, 2, grid, grid]."""
    renderer = Renderer(scenario, 32, 32)
    times = [2 * k / GRID_FPS for k in range(WINDOW_FRAMES // 2 + 1)]
    maps = np.stack([renderer.dense_targets(t, DENSE_GRID) for t in times]).astype(np.uint8)
    return np.stack([maps[1:], maps[:-1]], axis=1)


def labels_of(scenario: Scenario) -> np.ndarray:
    """Flags [labels] of the window that starts at the second frame."""
    spans = {label: scenario.truth(label) for label in LABELS}
    window_s = WINDOW_FRAMES / GRID_FPS
    return truth_of(spans, np.array([1 / GRID_FPS]), window_s).of(LABELS)[0]


def render_shard(kind: str, first: int, count: int, out: Path) -> None:
    """Clips `first` to `first + count` of a kind: one frame before the window, then the window's frames."""
    frames, targets = [], []
    for index in range(first, first + count):
        seed = SEEDS[kind] + index
        rng = np.random.default_rng([seed, 7])
        difficulty = float(rng.uniform(0, 0.15 if index < EASY[kind] else HARDEST))
        hospital = MIXED if kind == "train" and index >= MIXED_FROM else None
        scenario = draw_clip(seed, difficulty, duration_s=(WINDOW_FRAMES + 1) / GRID_FPS, hospital=hospital)
        frames.append(render_frames(scenario, rng, WINDOW_FRAMES + 1))
        targets.append(dense_of(scenario) if kind == "base" else labels_of(scenario))
    partial = out.with_suffix(".partial.npz")
    np.savez(partial, frames=np.stack(frames), targets=np.stack(targets))
    partial.replace(out)


def load(kind: str, first: int = 0, limit: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Frames [n, 17, S, S, 3] and targets of the finished shards of a kind from clip `first` on: all, or about `limit` clips.

    The frames are one memory-mapped file, made from the shards at the first call: 12,000 clips take 6 GB.
    """
    found = sorted(path for path in (DATA / kind).glob("[0-9]*[0-9].npz") if int(path.stem) >= first)
    paths = found[: None if limit is None else -(-limit // SHARD)]
    if not paths:
        raise SystemExit(f"No clips in {DATA / kind}: run scripts/detector_data.py {kind} first.")
    joined = DATA / kind / f"frames-{paths[0].stem}-{paths[-1].stem}.npy"
    targets = np.concatenate([np.load(path, allow_pickle=False)["targets"] for path in paths])
    if not joined.exists():
        partial = joined.with_suffix(".partial")
        shape = (len(targets), WINDOW_FRAMES + 1, FRAME_SIZE, FRAME_SIZE, 3)
        frames = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
        at = 0
        for path in paths:
            part = np.load(path, allow_pickle=False)["frames"]
            frames[at : at + len(part)] = part
            at += len(part)
        frames.flush()
        partial.replace(joined)
    return np.load(joined, mmap_mode="r"), targets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("base", "train", "calibration"))
    parser.add_argument("clips", type=int)
    parser.add_argument("--first", type=int, default=0, help="leave out the clips before this one")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    folder = DATA / options.kind
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(options.workers) as pool:
        jobs = []
        for first in range(options.first, options.clips, SHARD):
            path = folder / f"{first:07d}.npz"
            if not path.exists():
                jobs.append(pool.submit(render_shard, options.kind, first, SHARD, path))
        for done, job in enumerate(jobs, 1):
            job.result()
            print(f"{options.kind}: {done}/{len(jobs)} shards", flush=True)


if __name__ == "__main__":
    main()

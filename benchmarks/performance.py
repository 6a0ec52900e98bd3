"""Speed and memory of reading and detecting, as ratios of things measured in one run; writes docs/performance.md.

    python benchmarks/performance.py reading [--minutes 10]     against the ffmpeg program on the same video
    python benchmarks/performance.py detection [--minutes 10]   reading and detecting with the shipped bundle
    python benchmarks/performance.py memory [--hours 2]         peak memory of a long video against that of two minutes
    python benchmarks/performance.py families                   windows that share frames against the plain model, per family
    python benchmarks/performance.py simulation                 drawing and encoding simulated video, against its own length

Each part keeps its figures in build/performance and writes the document anew from all that are there. Videos are made once
from the sample video: enlarged to 1280x720 at 30 frames a second, with grain, as H.264, and repeated without encoding again.
Wall-clock time says something only on an idle machine; processor time is given beside it.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from resus_doc.settings import DEFAULT_DETECTOR, SAMPLE_VIDEO

BUILD, OUT = Path("build/performance"), Path("docs/performance.md")
GRID_FPS, SIZE = 4, 96
"""The grid of the target, and the size of frames of the shipped detector."""
PIECE_S = 20
LIMITS = {"reading": 1.2, "detection_s": 90.0, "memory_mb": 200.0, "simulation": 1.5}

READ = """
import sys, time, resource
from resus_doc.tools.video import GridReader
begun = time.perf_counter()
count = sum(1 for _ in GridReader(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[3])))
used = resource.getrusage(resource.RUSAGE_SELF)
print(count, time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
DETECT = """
import sys, time, resource, tempfile
from pathlib import Path
from resus_doc.models.detector import Detector
from resus_doc.tools.detect import detect
detector = Detector.load(Path(sys.argv[2]), "cpu")
before = resource.getrusage(resource.RUSAGE_SELF)
begun = time.perf_counter()
with tempfile.TemporaryDirectory() as work:
    windows = detect(Path(sys.argv[1]), detector, Path(work))
used = resource.getrusage(resource.RUSAGE_SELF)
seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
print(len(windows.probabilities), time.perf_counter() - begun, seconds, used.ru_maxrss)
"""
SIMULATE = """
import sys, time, resource
from fractions import Fraction
from pathlib import Path
from resus_doc.tools.simulate.dataset import write_video
from resus_doc.tools.simulate.scenario import draw
scenario = draw(1, duration_s=float(sys.argv[2]))
begun = time.perf_counter()
write_video(scenario, Path(sys.argv[1]), 640, 480, Fraction(30))
used = resource.getrusage(resource.RUSAGE_SELF)
print(1, time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


class Measured(NamedTuple):
    """What a process took."""

    count: int
    """Frames or windows."""
    wall_s: float
    cpu_s: float
    peak_mb: float


def ffmpeg() -> str:
    """The ffmpeg program that comes with moviepy."""
    import imageio_ffmpeg

    return imageio_ffmpeg.get_ffmpeg_exe()


def run_ffmpeg(*arguments: str) -> None:
    subprocess.run([ffmpeg(), "-nostdin", "-loglevel", "error", "-y", *arguments], check=True)


def measured(code: str, *arguments: str, threads: int = 2) -> Measured:
    """Run a piece of Python in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True, env=environment
    )
    count, wall, cpu, peak_kb = done.stdout.split()[-4:]
    return Measured(int(count), float(wall), float(cpu), int(peak_kb) / 1024)


def piece() -> Path:
    """Twenty seconds of 720p30."""
    path = BUILD / "piece.mp4"
    if not path.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        look = "scale=1280:720,noise=alls=6:allf=t"
        codec = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", "-g", "60"]
        run_ffmpeg("-i", str(SAMPLE_VIDEO), "-t", str(PIECE_S), "-an", "-vf", look, "-r", "30", *codec, str(path))
    return path


def video(minutes: float) -> Path:
    """720p30 of some length."""
    path = BUILD / f"720p30-{minutes:g}.mp4"
    if not path.exists():
        repeated(piece(), path, minutes * 60, PIECE_S)
    return path


def small_video(hours: float) -> Path:
    """A small picture for a long time."""
    path, short = BUILD / f"small-{hours:g}h.mp4", BUILD / "small.mp4"
    if not short.exists():
        look = ["-vf", "scale=160:120", "-r", "8", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
        run_ffmpeg("-i", str(piece()), *look, str(short))
    if not path.exists():
        repeated(short, path, hours * 3600, PIECE_S)
    return path


def repeated(source: Path, path: Path, seconds: float, piece_s: float) -> None:
    loops = str(round(seconds / piece_s) - 1)
    run_ffmpeg("-stream_loop", loops, "-i", str(source), "-c", "copy", "-t", str(seconds), str(path))


def reading(wanted: argparse.Namespace) -> dict:
    """Both decode with as many threads as libavcodec takes by itself, and scale with one."""
    path = str(video(wanted.minutes))
    scaled = f"fps={GRID_FPS}:round=down,scale={SIZE}:{SIZE}:flags=bilinear,format=rgb24"
    ours, theirs = [], []
    for _ in range(wanted.times):
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        run_ffmpeg("-i", path, "-an", "-vf", scaled, "-f", "null", "-")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        theirs.append((time.perf_counter() - begun, cpu_s))
        found = measured(READ, path, str(GRID_FPS), str(SIZE))
        assert found.count == wanted.minutes * 60 * GRID_FPS, found
        ours.append((found.wall_s, found.cpu_s))
    best = [[min(row[k] for row in rows) for k in (0, 1)] for rows in (ours, theirs)]
    return {
        "minutes": wanted.minutes,
        "times": wanted.times,
        "ours": best[0],
        "ffmpeg": best[1],
        "ratio": [best[0][k] / best[1][k] for k in (0, 1)],
    }


def detection(wanted: argparse.Namespace) -> dict:
    found = measured(DETECT, str(video(wanted.minutes)), str(DEFAULT_DETECTOR))
    return {"minutes": wanted.minutes, "windows": found.count, "wall_s": found.wall_s, "cpu_s": found.cpu_s}


def memory(wanted: argparse.Namespace) -> dict:
    bundle = wanted.bundle or DEFAULT_DETECTOR
    short, long = (measured(DETECT, str(small_video(hours)), str(bundle)) for hours in (1 / 30, wanted.hours))
    kind = "the shipped bundle" if wanted.bundle is None else "a smaller bundle, which grows with the video alike"
    return {"hours": wanted.hours, "bundle": kind, "short_mb": short.peak_mb, "long_mb": long.peak_mb}


def simulation(wanted: argparse.Namespace) -> dict:
    """One process on one thread, as `simulate` runs for each video."""
    seconds = 60.0
    with tempfile.TemporaryDirectory() as folder:
        found = measured(SIMULATE, str(Path(folder) / "video.mp4"), str(seconds), threads=1)
    return {"seconds": seconds, "wall_s": found.wall_s, "cpu_s": found.cpu_s}


def families(wanted: argparse.Namespace) -> dict:
    """Small random checkpoints; reading is in both times."""
    import numpy as np
    import torch
    from plain_forward import plain
    from random_bases import SMALL, detector_of, random_base

    from resus_doc.models.backbones import pool
    from resus_doc.tools.detect import detect
    from resus_doc.tools.video import GridReader

    path, rows = small_video(1 / 30), {}
    for model_type, configuration in SMALL.items():
        detector = detector_of(random_base(model_type, configuration))
        size, step = detector.config.frame_size, detector.config.stride_frames
        begun = time.process_time()
        with tempfile.TemporaryDirectory() as work:
            shared = detect(path, detector, Path(work)).probabilities
        ours, begun = time.process_time() - begun, time.process_time()
        frames = torch.from_numpy(np.stack([f.image for f in GridReader(path, detector.config.grid_fps, size, size)]))
        with torch.inference_mode():
            states = [
                plain(detector.model.get_base_model(), detector.backbone, frames[k : k + detector.config.window_frames])
                for k in range(0, len(frames) - detector.config.window_frames + 1, step)
            ]
            alone = torch.stack([torch.sigmoid(detector.head(pool(one[None]))[0]) for one in states]).numpy()
        theirs = time.process_time() - begun
        rows[detector.backbone.family + (" (idefics3)" if model_type == "idefics3" else "")] = {
            "frames": len(frames),
            "encoded_by_us": detector.frames_encoded,
            "encoded_by_plain": len(states) * detector.config.window_frames,
            "ours_s": ours,
            "plain_s": theirs,
            "largest_difference": float(np.abs(shared - alone).max()),
        }
    return rows


def document(stored: dict) -> str:
    lines = [
        "# Speed and memory",
        "",
        "Written by `python benchmarks/performance.py PART...` from its own measurements; each ratio is of one run. Processor time is",
        "user and system time of all threads; wall-clock time depends on what else the machine does.",
        "",
    ]
    for name, write in PARTS.items():
        if name in stored:
            about = stored[name]["about"]
            lines += [*write(stored[name]["figures"]), "", f"*{about}*", ""]
        else:
            lines += [
                f"## {name.capitalize()}",
                "",
                f"Not measured yet: `python benchmarks/performance.py {name}`.",
                "",
            ]
    lines += [
        "## CUDA",
        "",
        "`python benchmarks/cuda_throughput.py` prints video-hours an hour of a 2B- and a 7B-class architecture with random",
        "weights; where there is no CUDA device it says so. No such figure stands here until somebody ran it on one.",
        "",
    ]
    return "\n".join(lines)


def reading_lines(found: dict) -> list[str]:
    rows = [
        f"| {name} | {found[key][0]:.1f} s | {found[key][1]:.1f} s |"
        for name, key in (("resus-doc", "ours"), ("ffmpeg program", "ffmpeg"))
    ]
    return [
        "## Reading",
        "",
        f"{found['minutes']:g} min of 1280x720 at 30 frames a second, H.264, to {GRID_FPS} frames a second of "
        f"{SIZE}x{SIZE} RGB; the ffmpeg program decodes and scales to the same grid with null output and the same rule for "
        f"its threads. Best of {found['times']}.",
        "",
        "| | wall clock | processor time |",
        "| --- | --- | --- |",
        *rows,
        f"| ratio (aim: at most {LIMITS['reading']}) | {found['ratio'][0]:.2f} | {found['ratio'][1]:.2f} |",
    ]


def detection_lines(found: dict) -> list[str]:
    return [
        "## Detection",
        "",
        f"Reading and detecting {found['minutes']:g} min of that video with the shipped bundle on two threads: "
        f"{found['wall_s']:.1f} s, {found['cpu_s']:.1f} s of processor time ({found['windows']} windows). The aim for ten "
        f"minutes is {LIMITS['detection_s']:.0f} s on two idle cores.",
    ]


def simulation_lines(found: dict) -> list[str]:
    return [
        "## Simulation",
        "",
        f"Drawing and encoding {found['seconds']:g} s of 640x480 at 30 frames a second: {found['wall_s']:.1f} s on one thread, "
        f"{found['cpu_s']:.1f} s of processor time with the start of the program; "
        f"{found['seconds'] / found['wall_s']:.2f} times real time (aim: at least {LIMITS['simulation']}).",
    ]


def memory_lines(found: dict) -> list[str]:
    more = found["long_mb"] - found["short_mb"]
    return [
        "## Memory",
        "",
        f"Peak memory of detecting {found['hours']:g} h of video: {found['long_mb']:.0f} MB, of two minutes: "
        f"{found['short_mb']:.0f} MB; {more:.0f} MB more (aim: at most {LIMITS['memory_mb']:.0f}). With {found['bundle']}.",
    ]


def families_lines(found: dict) -> list[str]:
    rows = [
        f"| {name} | {row['encoded_by_us']} | {row['encoded_by_plain']} | {row['ours_s']:.2f} s | {row['plain_s']:.2f} s | "
        f"{row['plain_s'] / row['ours_s']:.2f} | {row['largest_difference']:.0e} |"
        for name, row in found.items()
    ]
    return [
        "## Families",
        "",
        "Two minutes of video from file to probabilities: once with each frame encoded once, once with each window through the "
        "plain transformers forward. Small random checkpoints of each architecture, one thread, processor time; in a large base "
        "other parts weigh more. With windows of 2 s, 1 s apart, each frame stands in two windows: sharing can save half "
        "of the encoder's time and nothing of the decoder's.",
        "",
        "| family | frames encoded | by the plain model | ours | plain | plain / ours | largest difference |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *rows,
    ]


PARTS: dict[str, Callable[[dict], list[str]]] = {
    "reading": reading_lines,
    "detection": detection_lines,
    "memory": memory_lines,
    "families": families_lines,
    "simulation": simulation_lines,
}
MEASURES = {
    "reading": reading,
    "detection": detection,
    "memory": memory,
    "families": families,
    "simulation": simulation,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=[*PARTS, "write"])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--times", type=int, default=2, help="of reading, alternating with ffmpeg")
    parser.add_argument("--bundle", type=Path, help="for memory: a quicker bundle than the shipped one")
    wanted = parser.parse_args()
    kept = BUILD / "figures.json"
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in wanted.parts:
        if name != "write":
            figures = MEASURES[name](wanted)
            stored = json.loads(kept.read_text()) if kept.exists() else {}
            load = f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} at the end"
            about = f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {load}."
            stored[name] = {"figures": figures, "about": about}
            kept.write_text(json.dumps(stored, indent=1))
    OUT.write_text(document(json.loads(kept.read_text())), encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

"""Figures of the shipped detector on rendered test videos, written to docs/detector-figures.md.

    python benchmarks/detector_figures.py [--videos 20] [--difficulty 0.0]

Each test video is a whole recording from a seed of its own, encoded as H.264 and read through the same reader as any other
video. The rows beside the detector: saying yes always; the bundle with its adapter turned off (same head and thresholds);
and, where `build/detector/head` holds it, a head trained on the frozen base with thresholds of its own.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from detector_data import SEEDS
from detector_ship import BUILD, LABELS, VIDEOS, grid_frames, strange_videos, trained, truth_table

from resus_doc.models import evaluation
from resus_doc.models.detector import Detector, calibrate
from resus_doc.tools.simulate import dataset
from resus_doc.tools.simulate.scenario import HELD_OUT, Scenario, draw
from resus_doc.tools.video import GridReader

COLUMNS = ("ventilation", "stimulation", "suction", "baby_visible", "ppv", "cpap", "chest_compressions")
OUT = Path("docs/detector-figures.md")


def frames_of(scenario: Scenario, detector: Detector, folder: Path) -> np.ndarray:
    """A test video's grid frames, by way of an H.264 file."""
    path = folder / "video.mp4"
    dataset.write_video(scenario, path, 480, 360, 25)
    size = detector.config.frame_size
    frames = np.stack([frame.image for frame in GridReader(path, detector.config.grid_fps, size, size)])
    path.unlink()
    return frames[: len(frames) // 2 * 2]


def head_only() -> tuple[Detector, dict] | None:
    """The head trained on the frozen base, and thresholds tuned for it on the validation videos."""
    if not (BUILD / "head" / "head.safetensors").exists():
        return None
    detector = trained("head")
    logits, truths = [], []
    with detector.adapter_off():
        for seed in range(SEEDS["validation"], SEEDS["validation"] + VIDEOS):
            scenario = draw(seed)
            logits.append(detector.logits(detector.encode(grid_frames(scenario))))
            truths.append(truth_table(scenario, len(logits[-1])))
    truth = evaluation.join(truths).of(LABELS)
    return detector, evaluation.best_thresholds(evaluation.sigmoid(np.concatenate(logits).astype(float)), truth, LABELS)


def measure(videos: int, difficulty: float, hospital: str | None) -> dict[str, object]:
    """Scores of every row over the windows of the test videos."""
    detector, head = Detector.load(device="cpu"), head_only()
    truths: list[evaluation.Truth] = []
    rows: dict[str, list[np.ndarray]] = {}
    scores: list[float] = []
    seconds = video_s = 0.0
    for seed in range(SEEDS["test"], SEEDS["test"] + videos):
        scenario = draw(seed, difficulty=difficulty, hospital=hospital)
        with tempfile.TemporaryDirectory() as folder:
            frames = frames_of(scenario, detector, Path(folder))
        started = time.perf_counter()
        features = detector.encode(frames)
        probabilities = detector.windows(features)
        seconds, video_s = seconds + time.perf_counter() - started, video_s + scenario.duration_s
        scores.append(float(np.median(detector.domain_scores(features))))
        truths.append(truth_table(scenario, len(probabilities)))
        add(rows, "LoRA (shipped)", evaluation.decide(probabilities, LABELS, detector.config.thresholds))
        with detector.adapter_off():
            bare = calibrate(detector.logits(detector.encode(frames)), detector.config)
        add(rows, "adapter off", evaluation.decide(bare, LABELS, detector.config.thresholds))
        if head:
            with head[0].adapter_off():
                plain = evaluation.sigmoid(head[0].logits(head[0].encode(frames)).astype(float))
            add(rows, "head only, frozen base", evaluation.decide(plain, LABELS, head[1]))
    truth = evaluation.join(truths)
    table = {name: evaluation.per_class(truth, np.concatenate(parts), LABELS) for name, parts in rows.items()}
    windows = len(next(iter(truth.columns.values())))
    return {
        "table": {"always yes": evaluation.always_yes(truth), **table},
        "windows": windows,
        "scores": scores,
        "per_minute": seconds / (video_s / 60),
        "threshold": detector.config.domain.threshold if detector.config.domain else None,
        "strange": [float(np.median(detector.domain_scores(detector.encode(v)))) for v in strange_videos()],
    }


def add(rows: dict[str, list[np.ndarray]], name: str, flags: np.ndarray) -> None:
    rows.setdefault(name, []).append(flags)


def section(title: str, found: dict) -> list[str]:
    lines = [f"## {title}", "", "| row | macro-F1 activities | macro-F1 4 classes | " + " | ".join(COLUMNS) + " |"]
    lines.append("| --- " * (len(COLUMNS) + 3) + "|")
    for name, scores in found["table"].items():
        macros = [evaluation.macro_f1(scores), evaluation.macro_f1(scores, evaluation.STUDY_CLASSES)]
        cells = [f"{value:.3f}" for value in macros] + [f"{scores[c].f1:.3f}" for c in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    support = found["table"]["always yes"]
    counts = ", ".join(f"{name} {support[name].support}" for name in COLUMNS)
    inside = sum(score >= found["threshold"] for score in found["scores"])
    strange = sum(score < found["threshold"] for score in found["strange"])
    area = evaluation.area_under_curve(np.array(found["scores"]), np.array(found["strange"]))
    return [
        *lines,
        "",
        f"{found['windows']} windows; positive ones: {counts}.",
        "",
        f"Domain check: {inside} of {len(found['scores'])} test videos in domain; {strange} of {len(found['strange'])} "
        f"other pictures (noise, plain colours, gradients, shapes; never trained on) out of domain; AUROC {area:.3f}.",
        "",
        f"Model time, one CPU thread: {found['per_minute']:.2f} s per minute of video.",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=20)
    parser.add_argument("--difficulty", type=float, default=0.0)
    parser.add_argument("--held-out", action="store_true", help="add the hospital that was never trained on")
    options = parser.parse_args()
    torch.set_num_threads(1)
    about = f"{options.videos} videos, difficulty {options.difficulty}"
    parts = section(f"Rooms of the training families ({about})", measure(options.videos, options.difficulty, None))
    if options.held_out:
        parts += section(f"Held-out room ({about})", measure(options.videos, options.difficulty, HELD_OUT))
    intro = [
        "# Figures of the shipped detector",
        "",
        "Measured on videos drawn by this package from seeds that no training or tuning used, encoded as H.264 and read "
        "as any video is. They say nothing about real recordings. Windows of 2 s, stride 1 s, positive when covered more "
        "than half; ventilation is the union of PPV and CPAP; the activities are ventilation, stimulation and suction.",
        "",
        f"Made by `python benchmarks/detector_figures.py {' '.join(sys.argv[1:])}`".rstrip() + ".",
        "",
    ]
    OUT.write_text("\n".join(intro + parts), encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

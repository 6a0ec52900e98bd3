"""Puts the trained parts into a bundle: tunes on validation videos, sets the domain check, stores the golden clip.

Used by `train_detector.py ship`; `fit_decoder.py` and, once there are figures, `detector_card.py` come after it. Validation
videos are whole recordings with seeds of their own; nothing here touches test seeds.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from detector_data import (
    FRAME_SIZE,
    GRID_FPS,
    LABELS,
    SEEDS,
    drawing_code,
    load,
    render_frames,
    validation_scenarios,
)
from other_scenes import negatives

from resus_doc.models import bundle_writer, evaluation
from resus_doc.models.bundle import DetectorConfig
from resus_doc.models.bundle_writer import Parts
from resus_doc.settings import DEFAULT_DETECTOR
from resus_doc.tools.simulate.scenario import Scenario

BUILD = Path("build/detector")
VIDEOS, OTHER_VIDEOS = 24, 48
DOMAIN_CLIPS = 6000
LEARNED = (100, 180)
"""First seed and number of the videos of other things that the domain check learns from; others set its limit and measure it."""


def first_config() -> DetectorConfig:
    return DetectorConfig.untuned(
        LABELS,
        window_s=2.0,
        stride_s=1.0,
        grid_fps=GRID_FPS,
        frame_size=FRAME_SIZE,
        validated_on="simulated",
    )


def grid_frames(scenario: Scenario) -> np.ndarray:
    """All grid frames of a whole recording."""
    return render_frames(
        scenario, np.random.default_rng([scenario.seed, 7]), int(scenario.duration_s * GRID_FPS) // 2 * 2
    )


def truth_table(scenario: Scenario, windows: int) -> evaluation.Truth:
    spans = {label: scenario.truth(label) for label in LABELS}
    return evaluation.truth_of(spans, np.arange(windows, dtype=float), 2.0)


class ValidationVideo(NamedTuple):
    """A whole recording's grid frames and the truth of its windows."""

    frames: np.ndarray
    truth: evaluation.Truth


def validation_videos(count: int = VIDEOS) -> Iterator[ValidationVideo]:
    """Recordings of which nothing was trained on.

    Kept on disk under a name that changes with the code that draws them.
    """
    folder = BUILD / "validation" / drawing_code()
    folder.mkdir(parents=True, exist_ok=True)
    config = first_config()
    for scenario in validation_scenarios(count):
        path = folder / f"{scenario.seed}.npy"
        if not path.exists():
            np.save(path.with_suffix(".partial.npy"), grid_frames(scenario))
            path.with_suffix(".partial.npy").replace(path)
        frames = np.load(path, mmap_mode="r")
        windows = (len(frames) - config.window_frames) // config.stride_frames + 1
        yield ValidationVideo(frames, truth_table(scenario, windows))


def other_videos(first: int, count: int) -> Iterator[np.ndarray]:
    """Frames of drawn videos of other things, from that seed on."""
    return (frames for _, frames in negatives(first, count, FRAME_SIZE))


def every_way_round(clips: np.ndarray) -> Iterator[np.ndarray]:
    """Clips turned by quarters and seen in a mirror, in turn, as the training sees them: one way for each clip."""
    for number, clip in enumerate(clips):
        turned = np.rot90(clip, number % 4, (1, 2))
        # A copy, since the clips are a read-only map of a file, of which torch makes no tensor without a warning.
        yield np.array(turned[:, :, ::-1] if number % 8 >= 4 else turned, order="C")


def ship(stage: str, first: int, out: Path = DEFAULT_DETECTOR) -> None:
    """Tune what a stage trained and write the bundle, yet without a decoder and a model card: both are made from it."""
    parts = Parts(BUILD / "base", BUILD / stage / "adapter", BUILD / stage / "head.safetensors")
    detector = bundle_writer.assembled(parts, first_config())
    clips, _ = load("train", first, DOMAIN_CLIPS)
    detector.domain = bundle_writer.fit_domain(detector, every_way_round(clips[:DOMAIN_CLIPS]), other_videos(*LEARNED))
    tuned = bundle_writer.calibrated(detector, validation_videos(), other_videos(0, OTHER_VIDEOS))
    print("validation videos:", tuned.figures, tuned.config, flush=True)
    facts = {
        "made_for": "simulated video drawn by this package; not for patients",
        "script": "scripts/train_detector.py",
        "method": "lora",
        "base": json.loads((BUILD / "gate.json").read_text()),
        "lora": json.loads((BUILD / stage / "training.json").read_text()),
        "seeds": dict(SEEDS),
        "validation_videos": VIDEOS,
        "validation_f1": tuned.figures,
    }
    frames, flags = load("calibration", limit=250)
    clip = frames[int(np.argmax(flags.sum(1)))]
    config = tuned.config.model_copy(update={"training": facts})
    bundle_writer.write(out, parts, detector, config, clip)
    print(f"{out}: {sum(p.stat().st_size for p in out.rglob('*') if p.is_file()) / 1e6:.1f} MB", flush=True)

"""Puts the trained parts into a bundle: tunes on validation videos, sets the domain check, stores the golden clip.

Used by `train_detector.py ship`. Validation videos are whole recordings with seeds of their own; nothing here touches test
seeds.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from detector_data import FRAME_SIZE, GRID_FPS, LABELS, SEEDS, load, render_frames
from safetensors.torch import load_file, save_file

from resus_doc.models import bundle, evaluation
from resus_doc.models.bundle import DetectorConfig, DomainConfig
from resus_doc.models.bundle_writer import domain_threshold
from resus_doc.models.detector import Detector, DomainModel, domain_embedding, new_head
from resus_doc.settings import DEFAULT_DETECTOR
from resus_doc.tools.simulate.scenario import Scenario, draw

BUILD = Path("build/detector")
VIDEOS = 24
DOMAIN_CLIPS = 2000
DIRECTIONS = 48
"""Principal directions of the training features that the domain check keeps; the rest is one summed distance."""


def trained(top: str = "lora", build: Path = BUILD) -> Detector:
    """The trained parts, not yet tuned."""
    from peft import PeftModel
    from transformers import LlavaForConditionalGeneration

    from resus_doc.models import backbone

    backbone.register()
    base = LlavaForConditionalGeneration.from_pretrained(build / "base", local_files_only=True).float()
    model = PeftModel.from_pretrained(base, str(build / "lora" / "adapter")).float()
    head = new_head(base.config.text_config.hidden_size, len(LABELS))
    head.load_state_dict(load_file(build / top / "head.safetensors"))
    return Detector(first_config(), model.eval().requires_grad_(False), head.eval().requires_grad_(False), None)


def first_config() -> DetectorConfig:
    return DetectorConfig(
        labels=LABELS,
        window_s=2.0,
        stride_s=1.0,
        grid_fps=GRID_FPS,
        frame_size=FRAME_SIZE,
        thresholds=dict.fromkeys(LABELS, 0.5),
        temperatures=dict.fromkeys(LABELS, 1.0),
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


def fit_domain(detector: Detector) -> DomainModel:
    """Mean and whitening of the training clips' features."""
    frames, _ = load("train", DOMAIN_CLIPS)
    rows = [
        domain_embedding(torch.from_numpy(detector.encode(clip[1:], clip[0]))[None]) for clip in frames[:DOMAIN_CLIPS]
    ]
    embedded = torch.cat(rows).double()
    mean = embedded.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov((embedded - mean).T))
    floor = values[-DIRECTIONS]
    return DomainModel(mean.float(), (vectors / values.clamp_min(float(floor) * 0.1).sqrt()).float())


def strange_videos(count: int = 40, frames: int = 32) -> list[np.ndarray]:
    """Pictures of nothing like a resuscitation: noise, plain colours, gradients, moving shapes. Never trained on."""
    import cv2

    videos = []
    for seed in range(count):
        rng = np.random.default_rng([99, seed])
        colour = rng.integers(0, 256, 3)
        y, x = np.mgrid[0:FRAME_SIZE, 0:FRAME_SIZE] / FRAME_SIZE
        shapes = [
            (rng.uniform(0, 96, 2), rng.uniform(-3, 3, 2), rng.integers(4, 30), rng.integers(0, 256, 3))
            for _ in range(9)
        ]
        video = np.zeros((frames, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        for t in range(frames):
            if seed % 4 == 0:
                video[t] = rng.integers(0, 256, video[t].shape)
            elif seed % 4 == 1:
                video[t] = np.clip(colour + rng.normal(0, 4, video[t].shape), 0, 255)
            elif seed % 4 == 2:
                video[t] = np.clip((x * np.cos(seed) + y * np.sin(seed))[..., None] * colour + t, 0, 255)
            else:
                video[t] = colour
                for place, speed, radius, paint in shapes:
                    centre = tuple(int(v) for v in (place + t * speed) % 96)
                    cv2.circle(video[t], centre, int(radius), tuple(int(c) for c in paint), -1)
        videos.append(video)
    return videos


def tune(detector: Detector) -> tuple[DetectorConfig, dict]:
    """Temperatures, thresholds and the domain threshold, all from validation videos."""
    logits, truths, similar = [], [], []
    for seed in range(SEEDS["validation"], SEEDS["validation"] + VIDEOS):
        scenario = draw(seed)
        features = detector.encode(grid_frames(scenario))
        logits.append(detector.logits(features))
        truths.append(truth_table(scenario, len(logits[-1])))
        similar.append(float(np.median(detector.domain_scores(features))))
    table = np.concatenate(logits).astype(float)
    truth = evaluation.join(truths)
    temperatures = evaluation.best_temperatures(table, truth.of(LABELS), LABELS)
    probabilities = evaluation.sigmoid(table / np.array([temperatures[label] for label in LABELS]))
    thresholds = evaluation.best_thresholds(probabilities, truth.of(LABELS), LABELS)
    scores = evaluation.per_class(truth, evaluation.decide(probabilities, LABELS, thresholds), LABELS)
    strange = [float(np.median(detector.domain_scores(detector.encode(video)))) for video in strange_videos()]
    domain = DomainConfig(
        threshold=domain_threshold(similar),
        figures={
            "validation_lowest": round(min(similar), 4),
            "validation_median": round(float(np.median(similar)), 4),
            "other_pictures_highest": round(max(strange), 4),
            "auroc": round(evaluation.area_under_curve(np.array(similar), np.array(strange)), 4),
        },
    )
    figures = {label: round(result.f1, 4) for label, result in scores.items()}
    figures["macro_f1_activities"] = round(evaluation.macro_f1(scores), 4)
    config = detector.config.model_copy(
        update={"thresholds": thresholds, "temperatures": temperatures, "domain": domain}
    )
    return config, figures


def ship(out: Path = DEFAULT_DETECTOR) -> None:
    """Write the bundle, load it back, and put it in its place."""
    detector = trained()
    detector.domain = fit_domain(detector)
    config, figures = tune(detector)
    print("validation videos:", figures, config.domain, config.thresholds, config.temperatures, flush=True)
    facts = {
        "made_for": "simulated video drawn by this package; not for patients",
        "script": "scripts/train_detector.py",
        "base": json.loads((BUILD / "gate.json").read_text()),
        "lora": json.loads((BUILD / "lora" / "training.json").read_text()),
        "seeds": dict(SEEDS),
        "validation_videos": VIDEOS,
        "validation_f1": figures,
    }
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copytree(BUILD / "base", partial / bundle.BASE_FOLDER, ignore=shutil.ignore_patterns("generation_config*"))
    shutil.copytree(BUILD / "lora" / "adapter", partial / bundle.ADAPTER_FOLDER, ignore=shutil.ignore_patterns("*.md"))
    shutil.copy(BUILD / "lora" / "head.safetensors", partial / bundle.HEAD_FILE)
    save_file(
        {"mean": detector.domain.mean, "whitening": detector.domain.whitening.contiguous().half()},
        partial / bundle.DOMAIN_FILE,
    )
    _clean_adapter_config(partial / bundle.ADAPTER_FOLDER / "adapter_config.json")
    frames, flags = load("calibration", 250)
    bundle.write_golden(partial, detector.golden(frames[int(np.argmax(flags.sum(1)))]))
    bundle.write_config(partial, config.model_copy(update={"training": facts}))
    Detector.load(partial, "cpu")
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
    print(f"{out}: {sum(p.stat().st_size for p in out.rglob('*') if p.is_file()) / 1e6:.1f} MB", flush=True)


def _clean_adapter_config(path: Path) -> None:
    """The adapter's base lies beside it: no path of the training machine stays in the file."""
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = "../base"
    path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")

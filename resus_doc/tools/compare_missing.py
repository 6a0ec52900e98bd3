"""Rows of the comparison that are not there yet: baselines trained like the detector in question, and zero-shot questions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from resus_doc.errors import UsageError
from resus_doc.models import learning, zero_shot
from resus_doc.models.bundle import DetectorConfig, read_config
from resus_doc.models.evaluation import STUDY_CLASSES
from resus_doc.models.judgement import JudgedVideo, judge
from resus_doc.models.views import View
from resus_doc.models.zero_shot import Asked, Judge, Strategy
from resus_doc.settings import CACHE_DAYS
from resus_doc.tools.compare import OWN_ROWS, WITHOUT_PRETRAINED, Row, file_name, learned
from resus_doc.tools.compare_groups import Tests
from resus_doc.tools.dataset import open_dataset
from resus_doc.tools.evaluate import STRIDE_S, WINDOW_S, judged
from resus_doc.tools.frame_cache import CachedVideo, WindowClips, cache
from resus_doc.tools.train_plan import DEFAULTS, Method, Plan, planned
from resus_doc.tools.windows import of_whole

if TYPE_CHECKING:
    from resus_doc.models.detector import Detector

HOW: Mapping[str, tuple[Method, View]] = {
    "single frame": ("lora", "single"),
    "shuffled frames": ("lora", "shuffled"),
    "head only": ("head", "all"),
    "lora": ("lora", "all"),
    "full": ("full", "all"),
    "timesformer": ("timesformer", "all"),
}
"""How each row of `OWN_ROWS` is trained."""

SAME = ("check_every", "seed", "recipe", "rank")
"""What each baseline takes over from the training of the detector in question, beside its number of steps."""

OF_MEMORY = ("batch", "accumulate")
"""What baselines on the detector's own base take over as well; a TimeSformer takes as many windows a step at once."""

STRATEGIES: Mapping[str, Strategy] = {
    WITHOUT_PRETRAINED[0]: "yes-no",
    WITHOUT_PRETRAINED[1]: "list",
    WITHOUT_PRETRAINED[2]: "caption",
}

ZERO_SHOT = DetectorConfig.untuned(
    STUDY_CLASSES,
    window_s=WINDOW_S,
    stride_s=STRIDE_S,
    grid_fps=zero_shot.GRID_FPS,
    frame_size=zero_shot.FRAME_SIZE,
    validated_on="simulated",
    adapter=False,
)
"""The windows and frames that a pretrained model is shown."""


def plans_for(detector: Detector, there: Collection[str], steps: int | None = None) -> dict[str, Plan]:
    """For each row that is not there, a training as long as the detector's own (or of so many steps).

    All have the same steps and windows a step and none ends early, so that all are shown as many clips; the weights kept
    are still those that did best on the validation videos.
    """
    training = detector.config.training
    told = training if training.get("made_by") else {}
    own: dict[str, Any] = {name: told[name] for name in SAME if name in told}
    known = learned(training)
    own["steps"] = steps or (known.steps if known else DEFAULTS["lora"].steps)
    own["check_every"] = min(own["steps"], own.get("check_every", DEFAULTS["lora"].check_every))
    own["patience"] = own["steps"]
    recipe = own.pop("recipe", "project")
    if recipe == "study":
        own.pop("rank", None)  # a part of that recipe
    size = learning.of_type(str(detector.model.get_base_model().config.model_type))
    return {
        name: planned(HOW[name][0], recipe, size, **own, **_of_method(HOW[name][0], told), view=HOW[name][1])
        for name in OWN_ROWS
        if name not in there
    }


def _of_method(method: Method, told: Mapping[str, Any]) -> dict[str, Any]:
    """What a row's training takes over besides `SAME`, from what the detector's bundle tells of its own."""
    if method == "timesformer":
        return {"batch": told["batch"] * told.get("accumulate", 1), "accumulate": 1} if "batch" in told else {}
    names = [*OF_MEMORY]
    names += ["learning_rate", "weight_decay"] if method == "lora" else []
    names += ["recompute"] if method != "head" else []
    names += ["four_bit"] if method != "full" else []
    return {name: told[name] for name in names if name in told}


def train_missing(
    dataset: Path,
    base: Path,
    plans: Mapping[str, Plan],
    out: Path,
    *,
    device: str,
    cache_gb: float,
    say: Callable[[str], None],
    cache_days: float = CACHE_DAYS,
) -> dict[str, Path]:
    """Train what is not in the folder `out` yet, each row a bundle of its own; gives where they lie.

    Raises:
        UsageError: what was trained before is of other data, another base or other settings.
        ResusDocError: as `train`; what was trained before stays, and the same call goes on.
    """
    from resus_doc.tools.train import fingerprint, learned_from, train

    opened = open_dataset(dataset)
    there = [name for name in plans if (out / file_name(name)).exists()]
    annotated = learned_from(opened) if there else {}
    found, tell_data = {}, True
    for name, plan in plans.items():
        place, own = out / file_name(name), None if plan.method == "timesformer" else base
        if name in there:
            if read_config(place).training.get("made_of") != fingerprint(opened, annotated, plan, own):
                raise UsageError(
                    f"{place} was trained from other data, another base or with other settings than this comparison asks for.",
                    "Remove that folder, or choose another place with -o.",
                )
            say(f"{name}: trained before, in {place}")
        else:
            say(f"{name}: training")
            train(
                dataset,
                place,
                plan,
                own,
                device=device,
                cache_gb=cache_gb,
                cache_days=cache_days,
                say=say,
                tell_data=tell_data,
            )
            tell_data = False
        found[name] = place
    return found


def zero_shot_rows(
    model: Asked, judge_of: Judge | None, tests: Tests, work: Path, progress: Callable[[float], None] | None = None
) -> list[Row]:
    """The study's strategies on the test videos. Without a judge the caption's row says that it needs one."""
    chosen = {name: how for name, how in STRATEGIES.items() if how != "caption" or judge_of is not None}
    videos = {group: cache(annotated, ZERO_SHOT, work) for group, annotated in tests.items()}
    total = len(chosen) * sum(len(found) for found in videos.values())
    rows, done = [], 0
    for name, strategy in chosen.items():
        found: dict[str, list[JudgedVideo]] = {}
        for group, cached in videos.items():
            found[group] = []
            for video in cached:
                found[group].append(_judged(video, model, strategy, judge_of))
                done += 1
                if progress:
                    progress(done / total)
        figures = {group: judge(judged_videos, STUDY_CLASSES) for group, judged_videos in found.items()}
        rows.append(Row(name, figures, "answers of a pretrained model; nothing trained or tuned"))
    lacking = [name for name in STRATEGIES if name not in chosen]
    return [*rows, *(Row(name, {}, "needs a judge: --judge GGUF") for name in lacking)]


def _judged(video: CachedVideo, model: Asked, strategy: Strategy, judge_of: Judge | None) -> JudgedVideo:
    config = ZERO_SHOT
    clips = WindowClips([video], config)
    flags: Sequence[Any] = [zero_shot.look(model, clips.clip(row)[1:], strategy, judge_of) for row in range(len(clips))]
    windows = of_whole(config, np.stack(flags), video.damage)
    return judged(video.annotated, windows, config.thresholds)

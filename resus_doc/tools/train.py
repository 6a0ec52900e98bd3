"""Trains a detector on a dataset: `head` on the frozen base, `lora` adapter and head, or the `full` base.

Learns from the split `train`; stops early, calibrates and sets thresholds on `validation`; never opens `test`. All that a
running training needs lies in `<bundle>.training`: the same command goes on from there after a kill.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from resus_doc.errors import BundleBroken, PartlyDone, ResourceMissing, UsageError
from resus_doc.models.bundle import CONFIG_FILE, DetectorConfig, DomainConfig
from resus_doc.schema import ACTIVITIES, Activity
from resus_doc.tools.dataset import AnnotatedVideo, Dataset, open_dataset, read_cases

if TYPE_CHECKING:
    from resus_doc.models.bundle_writer import Tuning
    from resus_doc.models.detector import Detector
    from resus_doc.tools.frame_cache import CachedVideo

Method = Literal["head", "lora", "full"]
Progress = Callable[[str, float | None], None]

GRID_FPS, WINDOW_S, STRIDE_S = 8.0, 2.0, 1.0
"""The grid and the windows of the in-project base, with which it was taught to see."""

DOMAIN_CLIPS = 2000
"""Training windows, evenly spread, from which the domain check learns what is usual."""


@dataclass(frozen=True)
class Plan:
    """How to train. `check_every` steps lie between two looks at the validation videos."""

    method: Method
    steps: int
    batch: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    rank: int = 16
    check_every: int = 50
    patience: int = 6
    """Looks at the validation videos without a better one, after which the training ends."""
    seed: int = 1


DEFAULTS: Mapping[Method, Plan] = {
    "head": Plan("head", steps=150),
    "lora": Plan("lora", steps=800),
    "full": Plan("full", steps=800, learning_rate=2e-4),
}
"""The steps and rates with which the shipped detector was made; for `full` a tenth of the rate, as all weights move."""


class Look(NamedTuple):
    """One look at the validation videos."""

    step: int
    loss: float
    """Running loss on training windows."""
    validation_loss: float
    validation_f1: float
    """Mean over labels at each one's best threshold."""


class Trained(NamedTuple):
    """What came of a training."""

    out: Path
    best_step: int
    validation_f1: dict[str, float]
    notes: tuple[str, ...]


def train(
    folder: Path,
    out: Path,
    plan: Plan,
    base: Path,
    *,
    cache_gb: float = 20.0,
    say: Callable[[str], None] = print,
    progress: Progress | None = None,
) -> Trained:
    """Train on a dataset and write the bundle `out`. `base` is a bundle's folder or a base's own.

    Raises:
        UsageError: `out` is taken, or an unfinished training of another kind lies beside it.
        InputRefused: the dataset or one of its cases cannot be used.
        BundleBroken: the base is missing or of another architecture.
        ResourceMissing: frames or checkpoints cannot be written; what was stored stands.
        PartlyDone: the loss became NaN; the last checkpoint stands.
    """
    if out.exists():
        raise UsageError(f"{out} exists.", "Name a new folder with -o.")
    from resus_doc.tools.frame_cache import cache, check_room

    dataset = open_dataset(folder)
    annotated = {split: read_cases(dataset.of(split), dataset.labels) for split in ("train", "validation")}
    config = _first_config(base_folder(base), dataset, annotated["train"])
    work = out.with_name(out.name + ".training")
    check_room([*annotated["train"], *annotated["validation"]], config, work / "frames", cache_gb)
    with _told_of_full_disks(work):
        _claim(work, plan, config, base_folder(base), annotated)
        tell = progress or (lambda _step, _fraction: None)
        videos = {
            name: cache(found, config, work / "frames", lambda f, n=name: tell(f"decode {n}", f))  # type: ignore[misc]
            for name, found in annotated.items()
        }
        looks = _fit(work, plan, config, base_folder(base), videos, say)
        trained = _ship(work, out, plan, config, base_folder(base), videos, looks)
    shutil.rmtree(work)
    return trained


def base_folder(given: Path) -> Path:
    """The base's own folder, inside a bundle or by itself."""
    return given / "base" if (given / CONFIG_FILE).exists() else given


def _first_config(base: Path, dataset: Dataset, annotated: Sequence[AnnotatedVideo]) -> DetectorConfig:
    """What the detector will be asked for: the activities that the training split holds."""
    seen = {name for video in annotated for name, spans in video.spans.items() if spans}
    labels: tuple[Activity, ...] = tuple(name for name in ACTIVITIES if name in seen)
    cases = [case for case in dataset.cases if case.split != "test"]
    simulated = all((dataset.folder / "scenarios" / c.split / f"{c.stem}.json").exists() for c in cases)
    return DetectorConfig(
        labels=labels,
        window_s=WINDOW_S,
        stride_s=STRIDE_S,
        grid_fps=GRID_FPS,
        frame_size=_frame_size(base),
        thresholds=dict.fromkeys(labels, 0.5),
        temperatures=dict.fromkeys(labels, 1.0),
        validated_on="simulated" if simulated else "real",
    )


def _frame_size(base: Path) -> int:
    remedy = "Choose a detector bundle, or the base folder of one, with --base."
    try:
        vision = json.loads((base / "config.json").read_text(encoding="utf-8"))["vision_config"]
    except OSError as error:
        raise BundleBroken(f"There is no base model in {base}.", remedy) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BundleBroken(
            f"{base / 'config.json'} is not the configuration of a vision-language base.", remedy
        ) from error
    if not isinstance(vision, dict) or vision.get("model_type") != "resus_conv_tower":
        kind = vision.get("model_type") if isinstance(vision, dict) else vision
        raise BundleBroken(
            f"The base {base} sees with '{kind}'; training needs this package's own tower, 'resus_conv_tower'.", remedy
        )
    return int(vision["image_size"])


def _claim(
    work: Path, plan: Plan, config: DetectorConfig, base: Path, annotated: Mapping[str, Sequence[AnnotatedVideo]]
) -> None:
    """Make the work folder, or see that it belongs to this very training."""
    from resus_doc.models.bundle import sha256

    cases = [
        (name, video.video.sha256, sorted(video.spans.items())) for name, found in annotated.items() for video in found
    ]
    parts = (asdict(plan), config.model_dump_json(), sha256(base / "model.safetensors"), cases)
    key = hashlib.sha256(repr(parts).encode()).hexdigest()
    path = work / "key.txt"
    if path.exists() and path.read_text() != key:
        raise UsageError(
            f"{work} holds an unfinished training with other settings, data or base.",
            "Remove that folder, or name another one with -o.",
        )
    work.mkdir(parents=True, exist_ok=True)
    path.write_text(key)


def _fit(
    work: Path,
    plan: Plan,
    config: DetectorConfig,
    base: Path,
    videos: Mapping[str, Sequence[CachedVideo]],
    say: Callable[[str], None],
) -> list[Look]:
    """Train until the steps are done or the validation videos say that it gets no better. Leaves the best parts."""
    import numpy as np
    import torch

    from resus_doc.models import evaluation, training
    from resus_doc.models.detector import Detector
    from resus_doc.tools.frame_cache import WindowClips

    model, head = _new_model(plan, config, base)
    clips = WindowClips(videos["train"], config)
    flags = evaluation.join([video.truth for video in videos["train"]]).of(config.labels)
    if len(clips) < plan.batch:
        plan = replace(plan, batch=len(clips))
    keeper = _Keeper(work, plan, Detector(config, model, head, None), videos["validation"], say)
    if keeper.ended:
        return keeper.looks
    recipe = training.Recipe(
        steps=plan.steps,
        batch=plan.batch,
        learning_rate=plan.learning_rate,
        weight_decay=plan.weight_decay,
        seed=plan.seed,
        checkpoint_every=min(plan.check_every, plan.steps),
    )
    torch.manual_seed(plan.seed)
    try:
        training.train_adapter(
            model, head, training.Clips(clips, flags.astype(np.bool_)), recipe, work / "checkpoint.pt", say, keeper
        )
    except FloatingPointError as error:
        raise PartlyDone(f"The training broke down: {error}", "Train again with a lower --learning-rate.") from error
    return keeper.looks


def _new_model(plan: Plan, config: DetectorConfig, base: Path) -> tuple[Any, Any]:
    import torch

    from resus_doc.errors import BundleBroken
    from resus_doc.models import training
    from resus_doc.models.detector import bare, load_base, new_head

    torch.manual_seed(plan.seed)
    loaded = load_base(base).eval().requires_grad_(plan.method == "full")
    try:
        model = training.add_adapter(loaded, plan.rank) if plan.method == "lora" else bare(loaded)
    except RuntimeError as error:
        raise BundleBroken(
            f"The base {base} cannot take an adapter: {error}.", "Choose another with --base."
        ) from error
    return model, new_head(loaded.config.text_config.hidden_size, len(config.labels))


class _Keeper:
    """Looks at the validation videos after each checkpoint, keeps the best weights, and says when to stop."""

    def __init__(
        self,
        work: Path,
        plan: Plan,
        detector: Detector,
        videos: Sequence[CachedVideo],
        say: Callable[[str], None],
    ) -> None:
        self.work, self.plan, self.detector, self.videos, self.say = work, plan, detector, videos, say
        path = work / "looks.json"
        self.looks = [Look(*row) for row in json.loads(path.read_text())] if path.exists() else []

    @property
    def ended(self) -> bool:
        """Whether patience has run out, or all steps were done."""
        if not self.looks:
            return False
        since = len(self.looks) - 1 - self.looks.index(best_look(self.looks))
        return since >= self.plan.patience or self.looks[-1].step >= self.plan.steps

    def __call__(self, step: int, losses: dict[str, float]) -> bool:
        if self.looks and self.looks[-1].step >= step:
            return self.ended
        look = self._look(step, losses.get("bce", 0.0))
        self.looks.append(look)
        if best_look(self.looks) == look:
            self._save_parts()
        partial = self.work / "looks.partial"
        partial.write_text(json.dumps(self.looks))
        partial.replace(self.work / "looks.json")
        self.say(f"  validation: loss {look.validation_loss:.4f}  mean F1 {look.validation_f1:.4f}")
        return self.ended

    def _look(self, step: int, loss: float) -> Look:
        import numpy as np

        from resus_doc.models import evaluation

        labels = self.detector.config.labels
        logits, truth = validation_logits(self.detector, self.videos)
        tuned = evaluation.best_thresholds(evaluation.sigmoid(logits), truth, labels)
        called = evaluation.decide(evaluation.sigmoid(logits), labels, tuned)
        held = [j for j in range(len(labels)) if truth[:, j].any()]
        f1 = [evaluation.score(truth[:, j], called[:, j]).f1 for j in held]
        losses = [evaluation.log_loss(logits[:, j], truth[:, j]) for j in range(len(labels))]
        return Look(step, round(loss, 5), round(float(np.mean(losses)), 5), round(float(np.mean(f1)), 5) if f1 else 0.0)

    def _save_parts(self) -> None:
        """The trained parts in half precision, as the bundle will hold them."""
        import copy

        from safetensors.torch import save_file

        partial = self.work / "best.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        if self.plan.method == "lora":
            copy.deepcopy(self.detector.model).half().save_pretrained(partial / "adapter")
        if self.plan.method == "full":
            copy.deepcopy(self.detector.model.get_base_model()).half().save_pretrained(partial / "base")
        save_file({k: t.contiguous() for k, t in self.detector.head.state_dict().items()}, partial / "head.safetensors")
        best = self.work / "best"
        shutil.rmtree(best, ignore_errors=True)
        partial.rename(best)


def best_look(looks: Sequence[Look]) -> Look:
    """Highest mean F1 on the validation videos; of equals the one with the lower loss, then the earlier."""
    return max(looks, key=lambda look: (look.validation_f1, -look.validation_loss, -look.step))


def validation_logits(detector: Detector, videos: Sequence[CachedVideo]) -> tuple[Any, Any]:
    """Logits [n, labels] of all windows of the videos, and their flags."""
    import numpy as np

    from resus_doc.models import evaluation

    logits = [detector.logits(detector.video_features(video.frames)) for video in videos]
    truth = evaluation.join([video.truth for video in videos]).of(detector.config.labels)
    return np.concatenate(logits).astype(float), truth


def _ship(
    work: Path,
    out: Path,
    plan: Plan,
    config: DetectorConfig,
    base: Path,
    videos: Mapping[str, Sequence[CachedVideo]],
    looks: Sequence[Look],
) -> Trained:
    """Calibrate on the validation videos and write the bundle."""
    import numpy as np

    from resus_doc.models import bundle_writer, evaluation
    from resus_doc.models.bundle_writer import Parts
    from resus_doc.tools.frame_cache import WindowClips
    from resus_doc.tools.training_pages import curves, log_text

    best = work / "best"
    parts = Parts(
        best / "base" if plan.method == "full" else base,
        best / "adapter" if plan.method == "lora" else None,
        best / "head.safetensors",
    )
    detector = bundle_writer.assembled(parts, config.model_copy(update={"adapter": plan.method == "lora"}))
    clips = WindowClips(videos["train"], config)
    rows = np.unique(np.linspace(0, len(clips) - 1, min(DOMAIN_CLIPS, len(clips))).astype(int))
    detector.domain = bundle_writer.fit_domain(detector, (clips.clip(int(row)) for row in rows))
    logits, truth = validation_logits(detector, videos["validation"])
    tuning = bundle_writer.tune(logits, truth, config.labels)
    notes = _notes(config, truth)
    similar = [
        float(np.median(detector.domain_scores(detector.video_features(video.frames))))
        for video in videos["validation"]
    ]
    final = detector.config.model_copy(
        update={
            "thresholds": tuning.thresholds,
            "temperatures": tuning.temperatures,
            "domain": DomainConfig(
                threshold=bundle_writer.domain_threshold(similar),
                figures={
                    "validation_lowest": round(min(similar), 4),
                    "validation_median": round(float(np.median(similar)), 4),
                },
            ),
            "training": _facts(plan, base, videos, looks, tuning, notes),
        }
    )
    flags = evaluation.join([video.truth for video in videos["train"]]).of(config.labels)
    golden = clips.clip(int(np.argmax(flags.sum(1))))
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = {"training.svg": curves(looks), "training.log": log_text(looks)}
    bundle_writer.write(out, parts, detector, final, golden, beside)
    return Trained(out, best_look(looks).step, tuning.figures, notes)


def _facts(
    plan: Plan,
    base: Path,
    videos: Mapping[str, Sequence[CachedVideo]],
    looks: Sequence[Look],
    tuning: Tuning,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Where the weights come from; no name of a video, as it may name a person."""
    from resus_doc.models.bundle import sha256

    hours = {
        name: round(sum(video.annotated.video.duration_s for video in found) / 3600, 4)
        for name, found in videos.items()
    }
    return {
        "made_by": "resus-doc train",
        **asdict(plan),
        "base_sha256": sha256(base / "model.safetensors"),
        "videos": {name: len(found) for name, found in videos.items()},
        "hours": hours,
        "best_step": best_look(looks).step,
        "last_step": looks[-1].step,
        "validation_f1": dict(tuning.figures),
        "notes": list(notes),
    }


def _notes(config: DetectorConfig, truth: Any) -> tuple[str, ...]:
    absent = [label for j, label in enumerate(config.labels) if not truth[:, j].any()]
    if not absent:
        return ()
    return (f"No validation window holds {', '.join(absent)}: the threshold there is not tuned.",)


@contextlib.contextmanager
def _told_of_full_disks(work: Path) -> Iterator[None]:
    """Turn failures to write into words; what was stored before stands."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "PytorchStreamWriter" not in str(error):
            raise
        raise ResourceMissing(
            f"The training cannot be stored in {work} ({getattr(error, 'strerror', None) or error}).",
            "Free some space and give the same command again: it goes on from the last checkpoint.",
        ) from error

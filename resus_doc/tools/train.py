"""Trains a detector on a dataset: `head` on the frozen base, `lora` adapter and head, the `full` base, or `timesformer`.

Learns from the split `train`; stops early, calibrates and sets thresholds on `validation`; never opens `test`. All that a
running training needs lies in `<bundle>.training`: the same command goes on from there after a kill.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from resus_doc.errors import BundleBroken, InputRefused, PartlyDone, ResourceMissing, UsageError
from resus_doc.models.bundle import CONFIG_FILE, DetectorConfig
from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES, Activity
from resus_doc.settings import CACHE_DAYS, CACHE_GB
from resus_doc.tools import training_looks
from resus_doc.tools.dataset import AnnotatedVideo, Dataset, open_dataset, read_cases, told_of
from resus_doc.tools.evaluate import unknown
from resus_doc.tools.strings import counted
from resus_doc.tools.train_plan import Plan, fitted
from resus_doc.tools.training_looks import WHOLE, Keeper, Look, best_look

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from resus_doc.models.bundle_writer import Calibrated
    from resus_doc.models.detector import Detector
    from resus_doc.tools.frame_cache import CachedVideo

Progress = Callable[[str, float | None], None]

WINDOW_S, STRIDE_S = 2.0, 1.0
"""The study's windows. The grid and the size of pictures follow from the base (`models.backbones`)."""

TIMESFORMER_FPS = 8.0
"""TimeSformer sees pairs of frames, which makes the study's four a second."""

NEW_FRAME_SIZE = 96
"""Side of the pictures of a TimeSformer trained from nothing: that of the shipped base."""

DOMAIN_CLIPS = 2000
"""Training windows, evenly spread, from which the domain check learns what is usual."""


FEW_VIDEOS = 3
"""From fewer validation videos nobody knows how far apart the domain scores of like videos lie."""

CHECKPOINT = "checkpoint.pt"

NO_PLACE = (errno.ENOTDIR, errno.EACCES, errno.EROFS)
"""Failures to write that more space does not mend."""


class Trained(NamedTuple):
    """What came of a training."""

    out: Path
    best_step: int
    validation_f1: dict[str, float]
    notes: tuple[str, ...]


class Run(NamedTuple):
    """One training: its work folder, how, from which base (None: a new TimeSformer), on which device, and `made_of` what."""

    work: Path
    plan: Plan
    config: DetectorConfig
    base: Path | None
    device: str
    key: str


def train(
    folder: Path,
    out: Path,
    plan: Plan,
    base: Path | None,
    *,
    device: str = "cpu",
    cache_gb: float = CACHE_GB,
    cache_days: float = CACHE_DAYS,
    say: Callable[[str], None] = print,
    progress: Progress | None = None,
    tell_data: bool = True,
) -> Trained:
    """Train on a dataset and write the bundle `out`. `base` is a bundle's folder or a base's own; TimeSformer needs none.

    What had to be guessed to read the dataset, what of it is damaged, and what it teaches nothing of goes to `say` if
    `tell_data`.

    Raises:
        UsageError: `out` is taken, or an unfinished training of another kind lies beside it.
        InputRefused: the dataset or one of its cases cannot be used.
        BundleBroken: the base is missing or of another architecture.
        ResourceMissing: frames or checkpoints cannot be written (what was stored stands), the device is not there, its
            memory is too small, or four bits need a package that is not installed.
        PartlyDone: the loss became NaN; the last checkpoint stands.
    """
    if out.exists():
        raise UsageError(f"{out} exists.", "Name a new folder with -o.")
    from resus_doc.models import learning, weights

    if plan.four_bit:
        weights.check_four_bits()
    from resus_doc.models.detector import choose_device
    from resus_doc.tools import frame_cache

    chosen = choose_device(device)
    dataset = open_dataset(folder)
    annotated = learned_from(dataset)
    everything = [*annotated["train"], *annotated["validation"]]
    for note in told_of(everything) if tell_data else ():
        say(note)
    own = None if base is None else base_folder(base)
    config = _first_config(_pictures(own, plan), dataset, annotated["train"], plan)
    for note in _not_learned(config.labels, annotated["validation"]) if tell_data else ():
        say(note)
    run = Run(frame_cache.work_folder(out), plan, config, own, chosen, made_of(plan, config, own, annotated))
    frames = run.work / frame_cache.FRAMES
    used = {frame_cache.cached_file(video, config, frames) for video in everything}
    frame_cache.forget(frame_cache.places(out.parent), cache_days, time.time(), say, used)
    frame_cache.check_room([frame_cache.Need(everything, config)], frames, cache_gb)
    with _told_of_the_disk(run.work), learning.memory_told(chosen, _lighter(plan)):
        _claim(run)
        tell = progress or (lambda _step, _fraction: None)
        videos = {
            name: frame_cache.cache(found, config, frames, lambda f, n=name: tell(f"decode {n}", f))  # type: ignore[misc]
            for name, found in annotated.items()
        }
        for note in frame_cache.told_of_damages(chain(*videos.values())) if tell_data else ():
            say(note)
        looks = _fit(run, videos, say)
        gc.collect()  # a model whose layers are computed again refers to itself, and a second one follows
        trained = _ship(run, out, videos, looks)
    shutil.rmtree(run.work)
    return trained


def _lighter(plan: Plan) -> str:
    """What to change about a plan for which the memory is too small."""
    ways = ["a smaller --batch with as much more --accumulate"] if plan.batch > 1 else []
    ways += ["--recompute"] if plan.method in ("lora", "full") and not plan.recompute else []
    ways += ["--four-bit"] if plan.method not in WHOLE and not plan.four_bit else []
    return f"Train with {' or '.join(ways)}." if ways else "Choose a smaller base, or a device with more memory."


def base_folder(given: Path) -> Path:
    """The base's own folder: inside a bundle, where a bundle refers to, by itself, or by a pulled model's name."""
    from resus_doc.models import base_files, bundle

    if not (given / CONFIG_FILE).exists():
        return base_files.named(given)
    config = bundle.read_config(given)
    return given / bundle.BASE_FOLDER if config.base is None else base_files.find(config.base, given)


class Pictures(NamedTuple):
    """What a base is shown: the side of a picture, and how many a second."""

    size: int
    fps: float


def _first_config(
    pictures: Pictures, dataset: Dataset, annotated: Sequence[AnnotatedVideo], plan: Plan
) -> DetectorConfig:
    """What the detector will be asked for: the activities that the training split holds."""
    seen = {name for video in annotated for name, spans in video.spans.items() if spans}
    labels: tuple[Activity, ...] = tuple(name for name in ACTIVITIES if name in seen)
    cases = [case for case in dataset.cases if case.split != "test"]
    simulated = all((dataset.folder / "scenarios" / c.split / f"{c.stem}.json").exists() for c in cases)
    return DetectorConfig.untuned(
        labels,
        window_s=WINDOW_S,
        stride_s=STRIDE_S,
        grid_fps=pictures.fps,
        frame_size=pictures.size,
        validated_on="simulated" if simulated else "real",
        adapter=plan.method == "lora",
        view=plan.view,
    )


def _not_learned(labels: Sequence[Activity], validation: Sequence[AnnotatedVideo]) -> list[str]:
    """The activities that are validated on and cannot be learned."""
    return [
        f"No training video holds {ACTIVITY_NAMES[name]}, which {held} of {len(validation)} validation videos hold: the "
        "detector will not know it."
        for name, held in unknown(labels, validation).items()
    ]


def _pictures(base: Path | None, plan: Plan) -> Pictures:
    """What a base is shown, once it is seen to be of the method's architecture."""
    from resus_doc.models import backbones, timesformer

    whole = plan.method == timesformer.MODEL_TYPE
    if base is None and not whole:
        raise UsageError(f"--method {plan.method} needs a base.", backbones.REMEDY)
    if base is None:
        return Pictures(NEW_FRAME_SIZE, TIMESFORMER_FPS)
    if not whole:
        family = backbones.of_folder(base)
        return Pictures(family.frame_size, family.usual_fps)
    told = backbones.configuration(base)
    if told.get("model_type") != timesformer.MODEL_TYPE:
        raise BundleBroken(
            f"The base {base} is of the architecture '{told.get('model_type')}'; --method {plan.method} needs a TimeSformer.",
            "Choose one with --base, or leave --base out to train a small one from nothing.",
        )
    return Pictures(int(told["image_size"]), TIMESFORMER_FPS)


def _claim(run: Run) -> None:
    """Make the work folder, or see that it belongs to this very training, or that nothing was learned in it yet."""
    path = run.work / "key.txt"
    if (run.work / CHECKPOINT).exists() and path.exists() and path.read_text() != run.key:
        raise UsageError(
            f"{run.work} holds an unfinished training with other settings, data or base.",
            "Remove that folder, or name another one with -o.",
        )
    if not (run.work / CHECKPOINT).exists():
        training_looks.forget(run.work)
    run.work.mkdir(parents=True, exist_ok=True)
    path.write_text(run.key)


def learned_from(dataset: Dataset) -> dict[str, list[AnnotatedVideo]]:
    """The annotated videos of the splits that a training reads."""
    return {split: read_cases(dataset.of(split), dataset.labels) for split in ("train", "validation")}


def fingerprint(
    dataset: Dataset, annotated: Mapping[str, Sequence[AnnotatedVideo]], plan: Plan, base: Path | None
) -> str:
    """What the bundle of such a training says it was `made_of`.

    Raises:
        BundleBroken: the base is missing or of another architecture.
    """
    own = None if base is None else base_folder(base)
    return made_of(plan, _first_config(_pictures(own, plan), dataset, annotated["train"], plan), own, annotated)


def made_of(
    plan: Plan, config: DetectorConfig, base: Path | None, annotated: Mapping[str, Sequence[AnnotatedVideo]]
) -> str:
    """A hash of all that a training depends on: how, what a base is shown, the base, and the annotated videos."""
    cases = [
        (name, video.video.sha256, sorted(video.spans.items())) for name, found in annotated.items() for video in found
    ]
    parts = (asdict(plan), config.model_dump_json(), _base_hash(base), cases)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _base_hash(base: Path | None) -> str | None:
    from resus_doc.models import base_files

    return None if base is None else base_files.digest(base)


def _fit(run: Run, videos: Mapping[str, Sequence[CachedVideo]], say: Callable[[str], None]) -> list[Look]:
    """Train until the steps are done or the validation videos say that it gets no better. Leaves the best parts."""
    import torch

    from resus_doc.models import detector, training
    from resus_doc.tools.frame_cache import WindowClips

    model, head = _new_model(run)
    clips = WindowClips(videos["train"], run.config)
    flags = _flags(run, videos["train"])
    if len(clips) < 2:
        raise InputRefused(
            "The training videos have one window of 2 s, from which nothing can be learned.", "Add videos."
        )
    for note in _weight_notes(run, flags):
        say(note)
    plan = fitted(run.plan, len(clips))
    keeper = Keeper(run.work, plan, detector.of_parts(run.config, model, head), videos["validation"], say)
    if keeper.ended:
        return keeper.looks
    recipe = training.Recipe(
        steps=plan.steps or 1,
        batch=plan.batch,
        learning_rate=plan.learning_rate,
        weight_decay=plan.weight_decay,
        seed=plan.seed,
        checkpoint_every=plan.check_every,
        accumulate=plan.accumulate,
        grid_fps=run.config.grid_fps,
    )
    torch.manual_seed(plan.seed)
    learned = training.Clips(clips, flags)
    try:
        training.train_adapter(
            model, head, learned, recipe, run.work / CHECKPOINT, say, keeper, plan.view, _pos_weight(run, flags)
        )
    except FloatingPointError as error:
        raise PartlyDone(
            f"The training broke down: {error}",
            f"Train again with a lower --learning-rate and another folder, or remove {run.work} before.",
        ) from error
    return keeper.looks


def _flags(run: Run, videos: Sequence[CachedVideo]) -> NDArray[np.bool_]:
    """What is true in each window of the videos [n, labels]."""
    import numpy as np

    from resus_doc.models import evaluation

    return evaluation.join([video.truth for video in videos]).of(run.config.labels).astype(np.bool_)


def _pos_weight(run: Run, flags: NDArray[np.bool_]) -> Tensor:
    """The weight [labels] of positives in the loss, from the flags [n, labels] of the training windows."""
    import torch

    from resus_doc.models import training

    weigh = training.plain_weight if run.plan.recipe == "study" else training.clamped_weight
    return weigh(torch.from_numpy(flags).float())


def _new_model(run: Run) -> tuple[Any, Any]:
    """The model and its head on their device: frozen weights in bfloat16 on CUDA, what learns in float32."""
    import torch

    from resus_doc.models import learning, training
    from resus_doc.models.clips import hidden_size
    from resus_doc.models.weights import bare, new_head

    plan = run.plan
    torch.manual_seed(plan.seed)
    loaded = _untrained(run)
    loaded.eval().requires_grad_(plan.method in WHOLE)
    adapter = training.STUDY_ADAPTER if plan.recipe == "study" else training.Adapter(plan.rank, 2 * plan.rank)
    try:
        model = training.add_adapter(loaded, adapter=adapter) if plan.method == "lora" else bare(loaded)
    except torch.OutOfMemoryError:  # a RuntimeError too, and not the base's fault
        raise
    except RuntimeError as error:
        raise BundleBroken(
            f"The base {run.base} cannot take an adapter: {error}.", "Choose another with --base."
        ) from error
    if plan.recompute:
        learning.recompute(loaded)
    head = new_head(hidden_size(loaded), len(run.config.labels))
    return model.to(run.device), head.to(run.device)


def _untrained(run: Run) -> Any:
    from resus_doc.models import timesformer
    from resus_doc.models.weights import load_base

    if run.base is None:
        return timesformer.new(run.config.frame_size, run.plan.seed)
    frozen = run.plan.method not in WHOLE
    return load_base(run.base, four_bit=run.plan.four_bit, device=run.device if frozen else "cpu")


def _ship(run: Run, out: Path, videos: Mapping[str, Sequence[CachedVideo]], looks: Sequence[Look]) -> Trained:
    """Calibrate on the validation videos and write the bundle."""
    import numpy as np

    from resus_doc.models import bundle_writer
    from resus_doc.models.bundle_writer import Parts
    from resus_doc.tools import train_decoder
    from resus_doc.tools.frame_cache import WindowClips, told_of_damages
    from resus_doc.tools.training_pages import curves, log_text

    best = run.work / training_looks.BEST
    parts = Parts(
        run.base if run.base and run.plan.method not in WHOLE else best / "base",
        best / "adapter" if run.config.adapter else None,
        best / "head.safetensors",
        own_base=run.plan.method in WHOLE,
    )
    detector = bundle_writer.assembled(parts, run.config).to(run.device)
    clips = WindowClips(videos["train"], run.config)
    rows = np.unique(np.linspace(0, len(clips) - 1, min(DOMAIN_CLIPS, len(clips))).astype(int))
    detector.domain = bundle_writer.fit_domain(detector, (clips.clip(int(row)) for row in rows))
    tuned = bundle_writer.calibrated(detector, videos["validation"])
    flags = _flags(run, videos["train"])
    damaged = len(told_of_damages(chain(*videos.values())))
    notes = (*_weight_notes(run, flags), *_notes(tuned, len(videos["validation"]), damaged))
    final = tuned.config.model_copy(update={"training": _facts(run, detector, videos, flags, looks, tuned, notes)})
    golden = clips.clip(int(np.argmax(flags.sum(1))))
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = {
        "training.svg": curves(looks),
        "training.log": log_text(looks),
        **train_decoder.fitted(detector, final, videos),
    }
    exact = bundle_writer.assembled(parts, run.config)  # the one on the GPU was rounded to bfloat16
    exact.domain = detector.domain
    bundle_writer.write(out, parts, exact, final, golden, beside)
    return Trained(out, best_look(looks).step, tuned.figures, notes)


def _facts(
    run: Run,
    detector: Detector,
    videos: Mapping[str, Sequence[CachedVideo]],
    flags: NDArray[np.bool_],
    looks: Sequence[Look],
    tuned: Calibrated,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Where the weights come from; no name of a video, as it may name a person. `flags` are those of the training windows."""
    from resus_doc.models import clips

    hours = {
        name: round(sum(video.annotated.video.duration_s for video in found) / 3600, 4)
        for name, found in videos.items()
    }
    learned = fitted(run.plan, len(flags))
    return {
        "made_by": "resus-doc train",
        "made_of": run.key,
        **asdict(run.plan),
        **_adapter_facts(detector.model),
        "pos_weight": dict(zip(run.config.labels, _pos_weight(run, flags).tolist(), strict=True)),
        "architecture": clips.named(detector.model.get_base_model()),
        "base_sha256": _base_hash(run.base),
        "device": run.device,
        "videos": {name: len(found) for name, found in videos.items()},
        "hours": hours,
        "best_step": best_look(looks).step,
        "last_step": looks[-1].step,
        "clips_shown": looks[-1].step * learned.batch * learned.accumulate,
        "validation_f1": dict(tuned.figures),
        "notes": list(notes),
    }


def _adapter_facts(model: Any) -> dict[str, Any]:
    """Size and place of the adapter, if there is one."""
    if not hasattr(model, "peft_config"):
        return {}
    found = model.peft_config["default"]
    return {"adapter": {"rank": found.r, "alpha": found.lora_alpha, "dropout": found.lora_dropout}}


def _weight_notes(run: Run, flags: NDArray[np.bool_]) -> tuple[str, ...]:
    """For which labels the study's weight of positives says nothing."""
    if run.plan.recipe != "study":
        return ()
    never = [name for name, column in zip(run.config.labels, flags.T, strict=True) if not column.any()]
    always = [name for name, column in zip(run.config.labels, flags.T, strict=True) if column.all()]
    notes = [f"No training window holds {', '.join(never)}: its weight in the loss is 1."] if never else []
    notes += (
        [f"Every training window holds {', '.join(always)}: its weight is 0, and it is not learned."] if always else []
    )
    return tuple(notes)


def _notes(tuned: Calibrated, validated: int, damaged: int) -> tuple[str, ...]:
    """What to know of the bundle, in it and as printed."""
    notes = []
    if tuned.untuned:
        notes.append(f"No validation window holds {', '.join(tuned.untuned)}: the threshold there is not tuned.")
    if validated < FEW_VIDEOS:
        notes.append(
            f"The limit of the domain check comes from {counted(validated, 'validation video')}: reports may withhold what "
            "was found in videos that are hardly different."
        )
    if damaged:
        notes.append(f"Videos learned from that are damaged, and lack a part: {damaged}.")
    return tuple(notes)


@contextlib.contextmanager
def _told_of_the_disk(work: Path) -> Iterator[None]:
    """Turn failures to write into words; what was stored before stands."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        place = getattr(error, "filename2", None) or getattr(error, "filename", None) or work  # a copy has two names
        elsewhere = getattr(error, "errno", None) in NO_PLACE
        raise ResourceMissing(
            f"The training cannot be stored in {place} ({getattr(error, 'strerror', None) or error}).",
            "Name a folder in which you may write with -o."
            if elsewhere
            else "Free some space and give the same command again: it goes on from the last checkpoint.",
        ) from error

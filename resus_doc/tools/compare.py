"""The study's table: one detector, what is left of it without motion or adapter, and others, on the same windows.

Rows that change what the detector sees get thresholds of their own from the validation videos; the test videos tune nothing.
`shuffled frames` and `single frame` show the trained detector other pictures; they are not trained anew, so they tell how
much this detector leans on motion, not how far a detector of single frames could get.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resus_doc.models.judgement import Figures, judge
from resus_doc.schema import ACTIVITY_NAMES, Activity
from resus_doc.tools.dataset import open_dataset, read_cases
from resus_doc.tools.evaluate import judged
from resus_doc.tools.evaluation_pages import Table, check_folder, html, markdown, number, writing
from resus_doc.tools.frame_cache import CachedVideo, WindowClips, cache, check_room
from resus_doc.tools.windows import Windows

if TYPE_CHECKING:
    from resus_doc.models.detector import Detector

Logits = NDArray[np.float64]
Progress = Callable[[float], None]

CSV_FILE = "comparison.csv"
CLASSES: tuple[Activity, ...] = (
    "baby_visible",
    "ventilation",
    "stimulation",
    "suction",
    "ppv",
    "cpap",
    "chest_compressions",
)
WITHOUT_PRETRAINED = (
    "zero-shot: yes or no per class",
    "zero-shot: one list",
    "zero-shot: caption, then judged",
)
"""The study's strategies without training; the in-project base knows no language to ask in."""

MOMENTS = (0.25, 0.5, 0.75)
"""Where in the window the three single frames lie of which the surest counts."""


class Row(NamedTuple):
    """One row of the table; `note` says why there are no figures, or what to know about them."""

    name: str
    figures: Figures | None
    note: str = ""


def compare(
    folder: Path,
    detector: Detector,
    others: Mapping[str, Detector],
    cache_gb: float = 20.0,
    progress: Progress | None = None,
) -> list[Row]:
    """All rows over the test videos of a dataset. `others` are further detectors by the name of their row.

    Raises:
        InputRefused: the dataset or one of its cases cannot be used.
        ResourceMissing: there is no room for the decoded frames.
    """
    dataset = open_dataset(folder)
    annotated = {split: read_cases(dataset.of(split), dataset.labels) for split in ("validation", "test")}
    with tempfile.TemporaryDirectory(prefix="resus-doc-") as work:
        tasks = _tasks(detector, others)
        rows: list[Row] = []
        for done, (name, model, logits_of) in enumerate(tasks, 1):
            everything = [*annotated["validation"], *annotated["test"]]
            check_room(everything, model.config, Path(work), cache_gb)
            videos = {split: cache(found, model.config, Path(work)) for split, found in annotated.items()}
            if not rows:
                rows.append(Row("always yes", _always_yes(videos["test"], model)))
            rows.append(_row(name, model, logits_of, videos))
            if progress:
                progress(done / len(tasks))
    return [*rows, *_absent(detector, others)]


def write_comparison(rows: Sequence[Row], out: Path) -> None:
    """`comparison.csv`, `.md` and `.html` in a folder.

    Raises:
        UsageError: the folder holds other things.
        ResourceMissing: it cannot be written to.
    """
    check_folder(out, CSV_FILE)
    table = comparison_table(rows)
    known = next(row.figures for row in rows if row.figures is not None)
    told = [
        f"{known.n_windows} windows of 2 s in {known.n_videos} test videos. Thresholds come from each bundle, or from the "
        "validation videos where a row changes what the detector sees. Mask support is the union of PPV and CPAP.",
        "Shuffled frames and single frame are the same detector shown other pictures, not trained anew.",
    ]
    with writing(out):
        (out / "comparison.md").write_text(markdown("Comparison", told, [table]), encoding="utf-8")
        (out / "comparison.html").write_text(html("Comparison", told, [table]), encoding="utf-8")
        with (out / CSV_FILE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.header)
            writer.writerows([["" if cell == "–" else cell for cell in line] for line in table.rows])


def comparison_table(rows: Sequence[Row]) -> Table:
    """The rows as text."""
    header = [
        "row",
        "macro-F1 activities",
        "from",
        "to",
        "macro-F1 four classes",
        *(ACTIVITY_NAMES[name] for name in CLASSES),
        "events at IoU 0.50",
        "note",
    ]
    return Table("Test videos", header, [_cells(row) for row in rows])


def _cells(row: Row) -> list[str]:
    if row.figures is None:
        return [row.name, *["–"] * (5 + len(CLASSES)), row.note]
    windows, limits = row.figures.windows, row.figures.ranges_90.get("macro_f1_activities")
    classes = [windows.per_class[name].f1 if name in windows.per_class else None for name in CLASSES]
    numbers = [
        windows.macro_f1_activities,
        *(limits or (None, None)),
        windows.macro_f1,
        *classes,
        row.figures.events.f1_at_iou["0.50"],
    ]
    return [row.name, *(number(value) for value in numbers), row.note]


_Task = tuple[str, Any, Callable[[Any, CachedVideo], Logits] | None]
"""A row's name, its detector, and what it is shown; None: all of it, with the bundle's own thresholds."""


def _tasks(detector: Detector, others: Mapping[str, Detector]) -> list[_Task]:
    tasks: list[_Task] = [("shuffled frames", detector, _shuffled), ("single frame", detector, _single)]
    if detector.config.adapter:
        tasks.append(("adapter off", detector, _adapter_off))
    tasks.append((_method(detector), detector, None))
    return [*tasks, *((name, other, None) for name, other in others.items())]


def _method(detector: Detector) -> str:
    return str(detector.config.training.get("method", "lora" if detector.config.adapter else "head"))


def _absent(detector: Detector, others: Mapping[str, Detector]) -> list[Row]:
    """The table's rows for which nothing was given."""
    there = {_method(each) for each in (detector, *others.values())} | set(others)
    lacking = [
        Row(name, None, f"needs a bundle: resus-doc train --method {name}, then --bundle {name}=DIR")
        for name in ("head", "full")
        if name not in there
    ]
    timesformer = [] if "timesformer" in there else [Row("timesformer", None, "not trained in this version")]
    return [*lacking, *timesformer, *(Row(name, None, "needs a pretrained model") for name in WITHOUT_PRETRAINED)]


def _row(
    name: str,
    detector: Detector,
    logits_of: Callable[[Any, CachedVideo], Logits] | None,
    videos: Mapping[str, Sequence[CachedVideo]],
) -> Row:
    """A row's figures on the test videos."""
    from resus_doc.models import bundle_writer, evaluation

    labels, show = detector.config.labels, logits_of or _as_it_is
    thresholds, temperatures = detector.config.thresholds, detector.config.temperatures
    if logits_of is not None:
        validation = np.concatenate([show(detector, video) for video in videos["validation"]])
        truth = evaluation.join([video.truth for video in videos["validation"]]).of(labels)
        tuned = bundle_writer.tune(validation, truth, labels)
        thresholds, temperatures = tuned.thresholds, tuned.temperatures
    scale = np.array([temperatures[label] for label in labels])
    found = [
        judged(video.annotated, _windows(detector, evaluation.sigmoid(show(detector, video) / scale)), thresholds)
        for video in videos["test"]
    ]
    return Row(name, judge(found, labels), "" if logits_of is None else "thresholds tuned on validation videos")


def _always_yes(videos: Sequence[CachedVideo], detector: Detector) -> Figures:
    labels = detector.config.labels
    thresholds: dict[Activity, float] = dict.fromkeys(labels, 0.5)
    counts = [len(video.truth.columns["ventilation"]) for video in videos]
    found = [
        judged(video.annotated, _windows(detector, np.ones((count, len(labels)))), thresholds)
        for video, count in zip(videos, counts, strict=True)
    ]
    return judge(found, labels)


def _windows(detector: Detector, probabilities: Logits) -> Windows:
    config = detector.config
    return Windows(
        start_s=np.arange(len(probabilities), dtype=np.float64) * config.stride_s,
        window_s=config.window_s,
        stride_s=config.stride_s,
        labels=config.labels,
        probabilities=probabilities.astype(np.float32),
        domain_score=None,
        grid_fps=config.grid_fps,
        frames_decoded=0,
    )


def _as_it_is(detector: Detector, video: CachedVideo) -> Logits:
    return detector.logits(detector.video_features(video.frames)).astype(np.float64)


def _adapter_off(detector: Detector, video: CachedVideo) -> Logits:
    with detector.adapter_off():
        return _as_it_is(detector, video)


def _shuffled(detector: Detector, video: CachedVideo) -> Logits:
    """Each window's frames, and the one before them, in an order of chance."""
    clips = WindowClips([video], detector.config)
    return np.stack(
        [_clip_logits(detector, np.random.default_rng(row).permutation(clips.clip(row))) for row in range(len(clips))]
    )


def _single(detector: Detector, video: CachedVideo) -> Logits:
    """Each window as one frame standing still: of three frames the one that is surest of each label."""
    clips = WindowClips([video], detector.config)
    rows = []
    for row in range(len(clips)):
        clip = clips.clip(row)
        stills = [np.repeat(clip[round(at * (len(clip) - 1))][None], len(clip), axis=0) for at in MOMENTS]
        rows.append(np.max([_clip_logits(detector, still) for still in stills], axis=0))
    return np.stack(rows)


def _clip_logits(detector: Detector, clip: NDArray[np.uint8]) -> Logits:
    return detector.logits(detector.encode(np.ascontiguousarray(clip[1:]), clip[0]))[0].astype(np.float64)

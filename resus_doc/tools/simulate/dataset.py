"""Writes simulated recordings as files: H.264 videos, annotations in the study's text format, scenarios as JSON.

A dataset is a function of its seed and options; every file appears whole or not at all.
"""

import math
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from resus_doc.errors import ResourceMissing, UsageError
from resus_doc.tools.simulate.acts import TruthEvent
from resus_doc.tools.simulate.look import FAMILIES
from resus_doc.tools.simulate.scenario import STANDARD, Scenario, draw

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Progress = Callable[[float], None]

STUDY_LABELS = {
    "baby_visible": "Baby visible",
    "ppv": "PPV",
    "cpap": "CPAP",
    "suction": "Suction",
    "chest_compressions": "Chest compressions",
}
"""Raw labels as the study's annotations write them; stimulation adds its site. Compressions are this project's."""

_HELD_SHARE = 3 / 17
"""Share of the validation and of the test split: the study's 11 / 3 / 3 of 17 cases."""

_RATE_LIMIT = {"maxrate": "1500k", "bufsize": "3000k"}
"""Noise costs bits: without a limit an hour of difficult video would take 2 GB."""

SAME_BYTES = {"mbtree": "0"}
"""With its macroblock tree, x264 gives other bytes each time on processors with AVX-512: it reads memory that it never wrote."""

MOST_FPS = 120
"""Cameras of a ward give 15 to 60; so many pictures more would only take longer to render."""

_CRF = (18, 31)
_SIZES = ((640, 480), (480, 360), (800, 600), (560, 420))
_RATES = (Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(24), Fraction(15))


class Recording(NamedTuple):
    """One video of a dataset before it is written."""

    stem: str
    split: Split
    scenario: Scenario
    width: int
    height: int
    fps: Fraction
    crf: int
    """How strongly it is compressed: 18 is hardly visible, 30 is what a small file looks like."""


class DatasetSummary(NamedTuple):
    """What was written: videos in each split, and hours of video in all."""

    out: Path
    videos: dict[Split, int]
    hours: float


def write_dataset(
    out: Path,
    *,
    videos: int | None = None,
    hours: float | None = None,
    seed: int = 0,
    split: Literal["all", "train", "validation", "test"] = "all",
    hospital: str | None = None,
    difficulty: float | None = None,
    duration_s: float | None = None,
    width: int | None = None,
    fps: float | Fraction | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> DatasetSummary:
    """Write a dataset folder: `videos/`, `annotations/` and `scenarios/`, each with a folder for every split.

    `videos` or `hours`, not both, gives the amount (8 videos without either); sizes and frame rates are mixed unless
    `width` or `fps` fixes them. Without a difficulty it is `STANDARD`. `progress` gets the share of recordings done.

    Raises:
        UsageError: a number is out of range, two amounts are given, there is no such hospital, or `out` holds files already.
        ResourceMissing: the folder cannot be written or the disk is full.
    """
    _check(out, videos, hours, seed, hospital, width, fps, jobs)
    scenarios = _scenarios(seed, videos, hours, hospital, STANDARD if difficulty is None else difficulty, duration_s)
    recordings = plan(scenarios, seed, split, width, fps)
    with _writing(out):
        for name in ("videos", "annotations", "scenarios"):
            for part in SPLITS:
                (out / name / part).mkdir(parents=True, exist_ok=True)
    done, total = 0.0, sum(r.scenario.duration_s for r in recordings)
    for recording in _write_all(out, recordings, jobs):
        done += recording.scenario.duration_s
        if progress is not None:
            progress(min(1.0, done / total))
    counts = {part: sum(r.split == part for r in recordings) for part in SPLITS}
    return DatasetSummary(out, counts, total / 3600)


def plan(
    scenarios: list[Scenario],
    seed: int,
    split: Literal["all", "train", "validation", "test"] = "all",
    width: int | None = None,
    fps: float | Fraction | None = None,
) -> list[Recording]:
    """Give each scenario a name, a split, a picture size, a frame rate and a compression. One scenario is one case."""
    rng = np.random.default_rng([seed, 11])
    parts: list[Split] = _splits(len(scenarios), rng) if split == "all" else [split for _ in scenarios]
    recordings = []
    for i, (scenario, part) in enumerate(zip(scenarios, parts, strict=True)):
        size = _SIZES[int(rng.integers(len(_SIZES)))]
        rate = _RATES[int(rng.integers(len(_RATES)))]
        if width is not None:
            size = (width, 2 * round(width * 3 / 8))
        if fps is not None:
            rate = Fraction(fps).limit_denominator(1001)
        recordings.append(Recording(f"case_{i:04d}", part, scenario, *size, rate, int(rng.integers(*_CRF))))
    return recordings


def write_video(
    scenario: Scenario,
    path: Path,
    width: int = 640,
    height: int = 480,
    fps: int | float | Fraction = 25,
    *,
    crf: int = 23,
    preset: str = "veryfast",
) -> int:
    """Render a scenario to an H.264 file (yuv420p) and return its number of frames; frame k shows time k / fps.

    Raises:
        UsageError: the size is not even, or the frame rate is not positive.
        ResourceMissing: the file cannot be written.
    """
    if width < 16 or height < 16 or width % 2 or height % 2 or fps <= 0:
        raise UsageError(f"A video of {width}x{height} at {fps} frames a second cannot be made.", "Use even sizes.")
    rate = Fraction(fps).limit_denominator(1001)
    part = path.with_name(f".{path.name}.part.mp4")
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            count = _encode(
                scenario, part, width, height, rate, {"crf": str(crf), "preset": preset, **SAME_BYTES, **_RATE_LIMIT}
            )
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return count


def annotation_text(scenario: Scenario) -> str:
    """The truth in the study's format: one `label start_ms end_ms duration_ms` line an event, in order of onset."""
    lines = []
    for event in scenario.events:
        start, end = round(event.start_s * 1000), round(event.end_s * 1000)
        lines.append(f"{study_label(event)} {start} {end} {end - start}\n")
    return "".join(lines)


def study_label(event: TruthEvent) -> str:
    """The raw label the study's annotators write for an event."""
    if event.activity == "stimulation":
        return f"Stimulation {event.site or 'trunk'}"
    return STUDY_LABELS[event.activity]


def _check(
    out: Path,
    videos: int | None,
    hours: float | None,
    seed: int,
    hospital: str | None,
    width: int | None,
    fps: float | Fraction | None,
    jobs: int,
) -> None:
    if videos is not None and hours is not None:
        raise UsageError(f"{videos} videos and {hours:g} h are asked for at once.", "Give one of the two.")
    numbers = {"videos": videos, "hours": hours, "jobs": jobs}
    for name, value in numbers.items():
        if value is not None and not 0 < value < math.inf:
            raise UsageError(f"The number of {name} is {value}.", "Give a finite number above 0.")
    if fps is not None and not 1 <= fps <= MOST_FPS:
        raise UsageError(f"The frame rate {fps} does not fit.", f"Give 1 to {MOST_FPS} frames a second.")
    if seed < 0:
        raise UsageError(f"The seed {seed} is below 0.", "Give a whole number from 0 on.")
    if width is not None and (width < 64 or width % 8):
        raise UsageError(f"The width {width} does not fit.", "Give a multiple of 8, 64 or more.")
    if hospital is not None and hospital not in FAMILIES:
        raise UsageError(f"There is no hospital '{hospital}'.", f"Choose one of {', '.join(FAMILIES)}.")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise UsageError(f"{out} exists and is not an empty folder.", "Name a new folder with -o.")


def _scenarios(
    seed: int,
    videos: int | None,
    hours: float | None,
    hospital: str | None,
    difficulty: float,
    duration_s: float | None,
) -> list[Scenario]:
    """As many scenarios as asked for, each from a seed of its own."""
    found: list[Scenario] = []
    wanted = videos if videos is not None else (None if hours is not None else 8)
    length = 0.0
    while (wanted is not None and len(found) < wanted) or (wanted is None and length < 3600 * (hours or 0)):
        own = int(np.random.SeedSequence([seed, len(found)]).generate_state(1)[0])
        found.append(draw(own, duration_s=duration_s, difficulty=difficulty, hospital=hospital))
        length += found[-1].duration_s
    return found


def _splits(count: int, rng: np.random.Generator) -> list[Split]:
    """Divide cases as the study did; from three cases on, every split has one."""
    held = max(1, round(count * _HELD_SHARE)) if count >= 3 else 0
    sizes: dict[Split, int] = {"test": held, "validation": held, "train": count - 2 * held}
    parts = [part for part, size in sizes.items() for _ in range(size)]
    return [parts[i] for i in rng.permutation(count)]


def _write_all(out: Path, recordings: list[Recording], jobs: int) -> Iterator[Recording]:
    if jobs == 1:
        for recording in recordings:
            _write_one(out, recording)
            yield recording
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        waiting = {pool.submit(_write_one, out, r): r for r in recordings}
        try:
            for finished in as_completed(waiting):
                finished.result()
                yield waiting[finished]
        finally:
            pool.shutdown(cancel_futures=True)


def _write_one(out: Path, recording: Recording) -> None:
    """Annotation and scenario before the video, so that a video is never there without its truth."""
    stem, part, scenario = recording.stem, recording.split, recording.scenario
    _write_text(out / "annotations" / part / f"{stem}.txt", annotation_text(scenario))
    _write_text(out / "scenarios" / part / f"{stem}.json", scenario.model_dump_json(indent=1) + "\n")
    video = out / "videos" / part / f"{stem}.mp4"
    write_video(scenario, video, recording.width, recording.height, recording.fps, crf=recording.crf)


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    with _writing(path):
        part.write_text(text, encoding="utf-8")
        part.replace(path)


def _encode(scenario: Scenario, path: Path, width: int, height: int, rate: Fraction, options: dict[str, str]) -> int:
    import av

    count = max(1, round(scenario.duration_s * rate))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1
        for index, image in enumerate(_frames(scenario, width, height, rate, count)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return count


def _frames(
    scenario: Scenario, width: int, height: int, rate: Fraction, count: int
) -> Iterable[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    from resus_doc.tools.simulate.render import Renderer

    renderer = Renderer(scenario, width, height)
    return (renderer.frame(float(index / rate)) for index in range(count))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn a failure of the file system (av's errors for it are OSErrors too) into words."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResourceMissing(
            f"{path} cannot be written: {reason}.", "Free disk space or name another folder."
        ) from error

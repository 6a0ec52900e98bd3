"""Reads a dataset: `videos/{train,validation,test}` and `annotations/{train,validation,test}`, paired by file stem.

One stem is one case. A case that stands in two splits, by name or by content, is an error: it would be learned from and
judged on. `labels.yaml` in the dataset's folder may add a site's own label names (`Beutelbeatmung: ppv`), or change a known
one's meaning, however it is spelt (`PPV: ventilation` holds for `ppv` too).

What it does not know: whether one case was cut into several files under different names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from resus_doc.checksum import sha256_of
from resus_doc.errors import InputRefused, VideoRefused
from resus_doc.schema import ACTIVITIES, Activity, Span, Video
from resus_doc.tools.batch_inputs import VIDEO_SUFFIXES
from resus_doc.tools.formats import LABELS, read_annotation_file
from resus_doc.tools.formats_source import plain, quoted
from resus_doc.tools.strings import counted
from resus_doc.tools.timeline import timeline_from_annotations

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

ANNOTATION_ENDINGS = (".txt", ".csv", ".eaf")
LABELS_FILE = "labels.yaml"


class Case(NamedTuple):
    """A video and its annotation file."""

    stem: str
    split: Split
    video: Path
    annotation: Path


class Dataset(NamedTuple):
    """The cases of a folder, by split and then by stem, and what its annotations call the activities."""

    folder: Path
    cases: tuple[Case, ...]
    labels: Mapping[str, Activity]

    def of(self, split: Split) -> tuple[Case, ...]:
        """The cases of one split.

        Raises:
            InputRefused: there is none.
        """
        found = tuple(case for case in self.cases if case.split == split)
        if not found:
            raise InputRefused(
                f"The dataset {self.folder} has no case in its split '{split}'.",
                f"Put videos into {self.folder / 'videos' / split} and their annotations into "
                f"{self.folder / 'annotations' / split}.",
            )
        return found


class AnnotatedVideo(NamedTuple):
    """A case with its annotations read. Events of one activity that overlap or touch are one span."""

    case: Case
    video: Video
    spans: dict[Activity, tuple[Span, ...]]
    """For each activity that the file holds, in order of time, within the video."""
    notes: tuple[str, ...]
    """What had to be guessed to read the file, or was left out: misspelt labels, events without length."""
    units: tuple[str, ...] = ()
    """How the file's times were read, a sentence for each way of writing them."""


class Damage(NamedTuple):
    """What a pass over a video could not read. A whole video has neither."""

    missing: tuple[Span, ...] = ()
    """Stretches whose pictures are lost; the picture before stands in for them."""
    broken_off_at_s: float | None = None
    """Where the file stopped being readable."""


def open_dataset(folder: Path) -> Dataset:
    """Find and pair the files of a dataset; no file is opened but those that might be the same video twice.

    Raises:
        InputRefused: the folder is no dataset, a video or an annotation stands alone, a stem has two files of a kind, a
            split has a folder with cases in it, or a case stands in two splits.
    """
    folder = Path(folder)
    if not (folder / "videos").is_dir() or not (folder / "annotations").is_dir():
        raise InputRefused(
            f"{folder} is not a dataset: it lacks the folder "
            f"{'videos' if not (folder / 'videos').is_dir() else 'annotations'}.",
            "A dataset has videos/{train,validation,test} and annotations/{train,validation,test}; "
            "`resus-doc simulate -o DIR` writes one.",
        )
    cases = tuple(case for split in SPLITS for case in _paired(folder, split))
    if not cases:
        raise InputRefused(
            f"The dataset {folder} holds no video.",
            f"Its videos belong into videos/{{{','.join(SPLITS)}}} and end with one of {', '.join(sorted(VIDEO_SUFFIXES))}.",
        )
    _refuse_shared_stems(cases)
    _refuse_shared_content(cases)
    return Dataset(folder, cases, label_map(folder / LABELS_FILE))


def read_case(case: Case, labels: Mapping[str, Activity] = LABELS) -> AnnotatedVideo:
    """Read a case's annotations and what its video holds.

    Raises:
        VideoRefused: the video cannot be read.
        InputRefused: the annotation file is empty, holds no event, or has a line that cannot be trusted; file and line are
            named.
    """
    from resus_doc.tools.video import probe

    video = probe(case.video)
    try:
        found = read_annotation_file(case.annotation, video.duration_s, labels)
    except InputRefused as error:
        if video.broken_off_at_s is None:
            raise
        what = f"{error.what} The video {case.video} is damaged and unreadable from {video.broken_off_at_s:.1f} s on."
        raise InputRefused(what, "Copy the video again, or take the case out of the dataset.") from error
    if not found.events:
        raise InputRefused(
            f"The annotation file {case.annotation} holds no event.",
            f"Annotate {case.video.name}, or take it out of the dataset.",
        )
    timeline = timeline_from_annotations(found.events, video.duration_s)
    spans = {name: tuple(Span(event.start_s, event.end_s) for event in timeline.of(name)) for name in timeline.covered}
    return AnnotatedVideo(case, video, spans, found.notes, found.units)


def read_cases(cases: Iterable[Case], labels: Mapping[str, Activity] = LABELS) -> list[AnnotatedVideo]:
    """Read several cases; every one that cannot be used is named before anything is computed.

    Raises:
        InputRefused: one or more cases cannot be read.
    """
    read, refused = [], []
    for case in cases:
        try:
            read.append(read_case(case, labels))
        except (InputRefused, VideoRefused) as error:
            refused.append(error)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        told = "\n".join(f"  {error.what}" for error in refused)
        raise InputRefused(f"{len(refused)} cases of the dataset cannot be used:\n{told}\n", refused[0].remedy)
    return read


def told_of(videos: Sequence[AnnotatedVideo]) -> tuple[str, ...]:
    """What to tell of the cases read: each way of writing times with its number of files, then the notes file by file."""
    units = Counter(unit for video in videos for unit in video.units)
    ways = [f"{unit} ({counted(count, 'file')})." for unit, count in sorted(units.items())]
    noted = [f"{video.case.annotation.name}: {note}." for video in videos for note in video.notes]
    return (*(text[0].upper() + text[1:] for text in ways), *noted)


def told_of_damage(video: Path, damage: Damage) -> tuple[str, ...]:
    """The note on a damaged video; none on a whole one."""
    told = []
    if damage.missing:
        lost_s, places = sum(span.end_s - span.start_s for span in damage.missing), len(damage.missing)
        told.append(f"{lost_s:.1f} s of pictures are missing in {counted(places, 'place')}")
    if damage.broken_off_at_s is not None:
        told.append(f"unreadable from {damage.broken_off_at_s:.1f} s on")
    return (f"The video {video.name} is damaged: {', and '.join(told)}.",) if told else ()


def label_map(path: Path) -> dict[str, Activity]:
    """The known label names, and those that a site's `labels.yaml` adds or changes.

    Raises:
        InputRefused: the file is not a table of label names and activities.
    """
    if not path.exists():
        return dict(LABELS)
    import yaml

    remedy = f"Write one line a label, as `Bag ventilation: ppv`. The activities are {', '.join(ACTIVITIES)}."
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputRefused(f"The label map {path} cannot be read: {error}.", remedy) from error
    if not isinstance(table, dict) or not all(isinstance(name, str) for name in table):
        raise InputRefused(f"The label map {path} is not a table of label names and activities.", remedy)
    for name, activity in table.items():
        if activity not in ACTIVITIES:
            nested = isinstance(activity, list | dict | set)
            called = "a list or table" if nested else f"'{quoted(str(activity))}'"
            raise InputRefused(f"The label map {path} calls '{quoted(name)}' {called}, which is no activity.", remedy)
    changed: dict[str, str] = {}
    for name, activity in table.items():
        if changed.setdefault(plain(name), activity) != activity:
            raise InputRefused(
                f"The label map {path} gives '{quoted(name)}' two activities, spelt in two ways.", remedy
            )
    return {**{name: activity for name, activity in LABELS.items() if plain(name) not in changed}, **table}


def _paired(folder: Path, split: Split) -> list[Case]:
    videos = _by_stem(folder / "videos" / split, VIDEO_SUFFIXES)
    annotations = _by_stem(folder / "annotations" / split, ANNOTATION_ENDINGS)
    if alone := sorted(videos.keys() - annotations.keys()):
        raise InputRefused(
            f"The video {videos[alone[0]]} has no annotation in {folder / 'annotations' / split}{_and_more(alone)}.",
            f"Add {alone[0]}{ANNOTATION_ENDINGS[0]} there ({', '.join(ANNOTATION_ENDINGS)}), or take the video out.",
        )
    if alone := sorted(annotations.keys() - videos.keys()):
        raise InputRefused(
            f"The annotation {annotations[alone[0]]} has no video in {folder / 'videos' / split}{_and_more(alone)}.",
            f"Add the video of the same name there ({', '.join(sorted(VIDEO_SUFFIXES))}), or take the annotation out.",
        )
    return [Case(stem, split, videos[stem], annotations[stem]) for stem in sorted(videos)]


def _and_more(alone: Sequence[str]) -> str:
    return f", and so have {len(alone) - 1} more" if len(alone) > 1 else ""


def _by_stem(folder: Path, endings: Collection[str]) -> dict[str, Path]:
    """The files of a kind in a folder; hidden files, which operating systems scatter, do not count."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith("."):
            continue
        if path.is_dir():
            _refuse_files_below(path, endings)
            continue
        if path.suffix.lower() not in endings or not path.is_file():
            continue
        if path.stem in found:
            raise InputRefused(
                f"{found[path.stem]} and {path} stand for the same case '{path.stem}'.", "Keep one of them."
            )
        found[path.stem] = path
    return found


def _refuse_files_below(folder: Path, endings: Collection[str]) -> None:
    """Cases in a folder within a split would be missing from every figure without a word."""
    below = (path for path in folder.rglob("*") if path.suffix.lower() in endings and path.is_file())
    if any(not any(part.startswith(".") for part in path.relative_to(folder).parts) for path in below):
        raise InputRefused(
            f"The folder {folder} within a split holds files of cases, and a split has no folders.",
            f"Move them up into {folder.parent}, or the folder out of the dataset.",
        )


def _refuse_shared_stems(cases: Sequence[Case]) -> None:
    seen: dict[str, Case] = {}
    for case in cases:
        other = seen.setdefault(case.stem.casefold(), case)
        if other.split != case.split:
            raise _in_two_splits(other, case, "")


def _refuse_shared_content(cases: Sequence[Case]) -> None:
    """Files of different splits with equal content, under whatever names."""
    for split in SPLITS[1:]:
        earlier = [case for case in cases if SPLITS.index(case.split) < SPLITS.index(split)]
        same = with_same_content(earlier, [case for case in cases if case.split == split])
        if same is not None:
            raise _in_two_splits(*same, " with the same content")


def with_same_content(cases: Iterable[Case], others: Iterable[Case]) -> tuple[Case, Case] | None:
    """A case and another whose videos are the same file under whatever names. Only files of equal size are read."""

    same_size: dict[int, list[Case]] = defaultdict(list)
    for other in others:
        same_size[other.video.stat().st_size].append(other)
    for case in cases:
        for other in same_size[case.video.stat().st_size]:
            if sha256_of(case.video) == sha256_of(other.video):
                return case, other
    return None


def _in_two_splits(one: Case, other: Case, how: str) -> InputRefused:
    return InputRefused(
        f"A case stands in two splits{how}: {one.video} and {other.video}.",
        "What is learned from must not be judged on: keep it in one split.",
    )

"""Decoded grid frames of annotated videos on disk, so that no epoch decodes a video again.

Each video is one plain `.npy` file, memory-mapped, named by the video's hash and the grid. The frames show patients: the
folder belongs beside the training it serves and goes when that is done; of one that was given up, `forget` removes them.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resus_doc.errors import InputRefused, ResourceMissing
from resus_doc.models import evaluation
from resus_doc.models.bundle import DetectorConfig
from resus_doc.models.evaluation import Truth
from resus_doc.schema import MASK_SUPPORT, Span
from resus_doc.tools.dataset import AnnotatedVideo, Damage, told_of_damage
from resus_doc.tools.video import GridReader

Progress = Callable[[float], None]

FRAMES = "frames"
"""The folder of frames in a training's work folder."""

WORK_ENDING = ".training"

DAMAGE_ENDING = ".damage.json"

SHORT_LIVED = "resus-doc-frames-"
"""How names of temporary folders of frames begin; one stays behind where the process was killed."""

DAY_S = 86_400.0


class CachedVideo(NamedTuple):
    """A video's grid frames, at least one window and an even number, and the truth of its windows."""

    annotated: AnnotatedVideo
    frames: NDArray[np.uint8]
    truth: Truth
    damage: Damage = Damage()


class WindowClips:
    """The windows of cached videos as training clips: one frame before the window, then the window's frames."""

    def __init__(self, videos: Sequence[CachedVideo], config: DetectorConfig) -> None:
        self._videos = videos
        self._size = config.window_frames
        self._places = [
            (i, k * config.stride_frames)
            for i, video in enumerate(videos)
            for k in range(windows_in(len(video.frames), config))
        ]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return np.stack([self.clip(int(row)) for row in rows])

    def clip(self, row: int) -> NDArray[np.uint8]:
        """[1 + frames, S, S, 3]; before a video's first frame stands that frame itself."""
        video, first = self._places[row]
        frames = self._videos[video].frames
        before = frames[max(first - 1, 0)][None]
        return np.concatenate([before, frames[first : first + self._size]])


def windows_in(frames: int, config: DetectorConfig) -> int:
    """Whole windows in so many grid frames."""
    return (frames - config.window_frames) // config.stride_frames + 1


def work_folder(bundle: Path) -> Path:
    """Where the training of a bundle keeps what it needs."""
    return bundle.with_name(bundle.name + WORK_ENDING)


def places(folder: Path) -> list[Path]:
    """The folders that hold frames: of trainings whose bundles lie in `folder`, and temporary ones."""
    return [*folder.glob(f"*{WORK_ENDING}/{FRAMES}"), *Path(tempfile.gettempdir()).glob(f"{SHORT_LIVED}*")]


def forget(
    folders: Iterable[Path], days: float, now: float, say: Callable[[str], None], used: Collection[Path] = ()
) -> None:
    """Remove frames that nothing has used for so many days before `now` (seconds since 1970), and say so.

    `used` are files that are about to be used. Folders of other users are left alone.

    Raises:
        ResourceMissing: a file cannot be removed.
    """
    for folder in folders:
        try:
            if folder.stat().st_uid != os.getuid():
                continue
            frames = [each for each in folder.iterdir() if not each.name.endswith(DAMAGE_ENDING)]
            old = [each for each in frames if each not in used and now - each.stat().st_mtime > days * DAY_S]
            for path in old:
                path.unlink(missing_ok=True)
                _damage_file(path).unlink(missing_ok=True)
        except FileNotFoundError:  # the run that it served has just ended
            continue
        except OSError as error:
            raise ResourceMissing(
                f"Old frames in {folder} cannot be removed ({error.strerror}).", "Remove that folder."
            ) from error
        if old:
            say(f"Decoded frames that were not used for {days:g} days were removed from {folder}: {len(old)} files.")


class Need(NamedTuple):
    """Videos whose frames are wanted on the grid of a detector."""

    videos: Sequence[AnnotatedVideo]
    config: DetectorConfig


def check_room(needs: Sequence[Need], folder: Path, limit_gb: float) -> None:
    """Refuse before anything is decoded when all frames that will lie in the folder at once do not fit.

    The limit holds for all of them together, those that are there already included; frames wanted twice count once.

    Raises:
        ResourceMissing: they need more than the limit, or than there is room on the disk.
    """
    sizes = {
        cached_file(video, need.config, folder): _bytes(video, need.config) for need in needs for video in need.videos
    }
    total = sum(sizes.values())
    if total > limit_gb * 1e9:
        raise ResourceMissing(
            f"The decoded frames need {_size(total)}, the limit is {limit_gb:g} GB.", "Raise it with --cache-gb."
        )
    lacking = sum(size for path, size in sizes.items() if not path.exists())
    free = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
    if lacking > free * 0.95:
        raise ResourceMissing(
            f"The decoded frames need {_size(lacking)} and {folder} has room for {_size(free)}.",
            "Free some space, or name another place with -o.",
        )


def cache(
    videos: Sequence[AnnotatedVideo], config: DetectorConfig, folder: Path, progress: Progress | None = None
) -> list[CachedVideo]:
    """Decode what is not there yet and map it all.

    Raises:
        VideoRefused: a video cannot be read.
        ResourceMissing: the folder cannot be written to.
    """
    found = []
    for done, video in enumerate(videos, 1):
        path = cached_file(video, config, folder)
        if not path.exists():
            _decode(video, config, path)
        os.utime(path)  # used now, which is what `forget` looks at
        frames: NDArray[np.uint8] = np.load(path, mmap_mode="r")
        found.append(CachedVideo(video, frames, _truth(video, len(frames), config), _damage(path)))
        if progress:
            progress(done / len(videos))
    return found


def told_of_damages(videos: Iterable[CachedVideo]) -> list[str]:
    """A note on each damaged video."""
    return [note for video in videos for note in told_of_damage(video.annotated.case.video, video.damage)]


def cached_file(video: AnnotatedVideo, config: DetectorConfig, folder: Path) -> Path:
    """Where a video's frames lie."""
    return folder / f"{video.video.sha256[:24]}-{config.grid_fps:g}-{config.frame_size}.npy"


def _size(count: float) -> str:
    """A number of bytes in words; never 0.0 GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _bytes(video: AnnotatedVideo, config: DetectorConfig) -> float:
    return video.video.duration_s * config.grid_fps * config.frame_size**2 * 3


def _decode(video: AnnotatedVideo, config: DetectorConfig, path: Path) -> None:
    """Written frame by frame into a partial file: memory does not grow with the video."""
    size = config.frame_size
    most = int(video.video.duration_s * config.grid_fps) + 2 + config.window_frames
    partial, whole_file = path.with_suffix(".partial"), path.with_suffix(".whole.npy")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        frames = np.lib.format.open_memmap(partial, "w+", np.uint8, (most, size, size, 3))
        with partial.open("r+b") as file:  # a mapped file that finds the disk full later would end the process
            os.posix_fallocate(file.fileno(), 0, frames.nbytes)
        count = 0
        reader = GridReader(video.case.video, config.grid_fps, size, size)
        for frame in reader:
            if count == most:
                break
            frames[count] = frame.image
            count += 1
        if not count:
            raise InputRefused(f"{video.case.video} holds no frame on the grid.", "Take it out of the dataset.")
        whole = max(count // 2 * 2, config.window_frames)
        frames[count:whole] = frames[count - 1]
        np.save(whole_file, frames[:whole])
        if reader.unreadable or reader.broken_off_at_s is not None:
            _damage_file(path).write_text(json.dumps(Damage(reader.unreadable, reader.broken_off_at_s)))
        whole_file.replace(path)
    except OSError as error:
        raise ResourceMissing(
            f"The decoded frames cannot be written to {path.parent} ({error.strerror or error}).", "Free some space."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
        whole_file.unlink(missing_ok=True)


def _damage_file(path: Path) -> Path:
    """Lies beside the frames of a damaged video, and says what they lack."""
    return path.with_suffix(DAMAGE_ENDING)


def _damage(path: Path) -> Damage:
    if not _damage_file(path).exists():
        return Damage()
    missing, broken_off_at_s = json.loads(_damage_file(path).read_text())
    return Damage(tuple(Span(*span) for span in missing), broken_off_at_s)


def _truth(video: AnnotatedVideo, frames: int, config: DetectorConfig) -> Truth:
    starts = np.arange(windows_in(frames, config), dtype=np.float64) * config.stride_s
    spans = {name: video.spans.get(name, ()) for name in {*config.labels, *MASK_SUPPORT}}
    return evaluation.truth_of(spans, starts, config.window_s)

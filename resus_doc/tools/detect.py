"""From a video file to the probability of each activity in each window, in one pass and bounded memory.

Frames are read on the detector's grid and go through its vision tower once, in chunks. A chunk's result is stored before
the next one is looked at; a resumed run starts reading behind the last stored chunk. Where a GPU looks at the frames, the processor
reads the next chunk meanwhile. What the next chunk needs of the one before
(its last frame and the tokens of windows not yet complete) is stored with it, so that cutting changes nothing.
"""

from __future__ import annotations

import hashlib
import math
import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resus_doc.errors import ResourceMissing
from resus_doc.schema import Span
from resus_doc.tools import intervals
from resus_doc.tools.ledger import Signature
from resus_doc.tools.video import GridReader, Image, check_file, probe
from resus_doc.tools.windows import Windows

if TYPE_CHECKING:
    from resus_doc.models.detector import Detector

CHUNK_FRAMES = 256
"""Grid frames a chunk: half a minute at 8 per second, a whole number of tower batches."""

Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Chunk:
    """What is known after some of the video; all arrays numeric."""

    frames_done: int
    """Grid frames read since the start of the video."""
    probabilities: NDArray[np.float32]
    """[windows, labels] of all windows complete so far."""
    domain_scores: NDArray[np.float32]
    """[windows]"""
    features: NDArray[np.float32]
    """Tokens of the steps from the start of the next window on: [steps, tokens, width]."""
    previous: NDArray[np.uint8]
    """The last frame [S, S, 3]; empty before the first one."""
    unreadable: NDArray[np.float64]
    """Damaged stretches so far: [stretches, start and end in seconds]."""


def detect(
    video_path: Path,
    detector: Detector,
    work_dir: Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    chunk_frames: int = CHUNK_FRAMES,
    ahead: bool | None = None,
    opened: Opened | None = None,
) -> Windows:
    """Probabilities of the detector's labels in every whole window of a video.

    A video shorter than one window gives one window, filled up with its last frame. Seconds after the last whole window
    are not looked at. `progress` gets the finished fraction, 0 to 1. With `resume`, chunks stored in `work_dir` by an
    earlier run on the same file with the same detector are taken over and that part is not decoded again. `ahead` reads a chunk
    ahead in a thread of its own; None: where the detector is not on the processor, which has nothing else to do. `opened` is taken
    where it is this very file from its start, else closed.

    Raises:
        VideoRefused: nothing of the video can be read.
        ResourceMissing: `work_dir` cannot be written to.
    """
    check_file(Path(video_path))
    store = ChunkStore(work_dir, _key(video_path, detector, chunk_frames))
    if not resume:
        store.clear()
    done = store.load() or _nothing(detector)
    config = detector.config
    size = config.frame_size
    total = probe(video_path).duration_s * config.grid_fps if progress else 1.0
    batches: Generator[NDArray[np.uint8], None, None] | ReadAhead
    if opened is not None and not done.frames_done and opened.fits(video_path, detector, chunk_frames):
        reader, batches = opened.reader, opened.batches
    else:
        if opened is not None:
            opened.batches.close()
        reader = GridReader(video_path, config.grid_fps, size, size, start_s=done.frames_done / config.grid_fps)
        batches = _batches(reader, chunk_frames)
        if ahead if ahead is not None else reads_ahead(detector):
            batches = ReadAhead(batches)
    with closing(batches):
        for frames in batches:
            whole = len(frames) == chunk_frames
            done = _advance(detector, done, frames if whole else _completed(frames, done, detector), reader.unreadable)
            if whole:
                store.save(done)
            if progress:
                progress(min(1.0, done.frames_done / max(total, 1.0)))
    return _windows(done, detector, reader)


def look_closer(video_path: Path, detector: Detector, stretches: Sequence[Span]) -> Windows:
    """Windows at the detector's finest stride over some stretches of a video, which is decoded there only.

    The frames are those of the first look, so that only the windows between its windows are new. Windows lie whole within
    their stretch, which is cut to whole pairs of frames; a stretch shorter than a window gives none.

    Raises:
        VideoRefused: nothing of the video can be read.
    """
    finer = detector.at_every_pair()
    pair_s = finer.config.stride_s
    starts: list[NDArray[np.float64]] = [np.zeros(0)]
    rows = [np.zeros((0, len(finer.config.labels)), np.float32)]
    decoded = 0
    for stretch in stretches:
        first = max(0, math.ceil(stretch.start_s / pair_s - 1e-6))
        reader = _stretch_reader(video_path, finer, first, stretch.end_s)
        frames = [frame.image for frame in reader]
        decoded += reader.frames_decoded
        previous = frames.pop(0) if first and frames else None
        if len(frames) < 2:
            continue
        found = finer.windows(finer.encode(np.stack(frames[: len(frames) // 2 * 2]), previous))
        starts.append(np.asarray((first + np.arange(len(found))) * pair_s, dtype=np.float64))
        rows.append(found)
    return Windows(
        start_s=np.concatenate(starts),
        window_s=finer.config.window_s,
        stride_s=pair_s,
        labels=finer.config.labels,
        probabilities=np.concatenate(rows),
        domain_score=None,
        grid_fps=finer.config.grid_fps,
        frames_decoded=decoded,
    )


def _stretch_reader(video_path: Path, detector: Detector, first_pair: int, end_s: float) -> GridReader:
    """The grid frames of a stretch, and the one before it where there is one."""
    fps, size = detector.config.grid_fps, detector.config.frame_size
    start_s = (2 * first_pair - 1) / fps if first_pair else 0.0
    return GridReader(video_path, fps, size, size, start_s=start_s, end_s=end_s)


class ChunkStore:
    """The last finished chunk in a folder: one `.npz` of plain arrays, replaced whole."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._path = folder / "detected.npz"
        self._key = np.frombuffer(bytes.fromhex(key), np.uint8)

    def load(self) -> Chunk | None:
        """The stored chunk, None if there is none or it belongs to other inputs or is damaged."""
        import zipfile

        if not self._path.exists():
            return None
        try:
            with np.load(self._path, allow_pickle=False) as stored:
                if not np.array_equal(stored["key"], self._key):
                    return None
                names = ("probabilities", "domain_scores", "features", "previous", "unreadable")
                return Chunk(int(stored["frames_done"]), **{name: stored[name] for name in names})
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, chunk: Chunk) -> None:
        """Store a chunk in place of the one before it."""
        part = self._path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                np.savez(file, key=self._key, **vars(chunk))
            part.replace(self._path)
        except OSError as error:
            raise ResourceMissing(
                f"The intermediate results cannot be written to {self._folder} ({error.strerror}).",
                "Free some space, or choose another place with -o.",
            ) from error

    def clear(self) -> None:
        """Forget what is stored."""
        if self._path.exists():
            self._path.unlink()


def _nothing(detector: Detector) -> Chunk:
    size, labels = detector.config.frame_size, len(detector.config.labels)
    empty = np.zeros((0, labels), np.float32)
    features = detector.encode(np.zeros((0, size, size, 3), np.uint8))
    none = np.zeros((0, size, size, 3), np.uint8)
    return Chunk(0, empty, np.zeros(0, np.float32), features, none, np.zeros((0, 2)))


def _advance(detector: Detector, done: Chunk, frames: NDArray[np.uint8], unreadable: Sequence[Span]) -> Chunk:
    """What is known after `frames` more; an odd last frame is left out, since no whole window ends on it."""
    even = frames[: len(frames) // 2 * 2]
    new = detector.encode(even, done.previous if done.frames_done else None)
    features = np.concatenate([done.features, new])
    probabilities = detector.windows(features)
    used = len(probabilities) * detector.config.stride_frames // detector.step_frames
    return Chunk(
        done.frames_done + len(frames),
        np.concatenate([done.probabilities, probabilities]),
        np.concatenate([done.domain_scores, detector.domain_scores(features)]),
        features[used:],
        frames[-1],
        _with_gaps(done, unreadable),
    )


def _with_gaps(done: Chunk, unreadable: Sequence[Span]) -> NDArray[np.float64]:
    """The damaged stretches of earlier chunks and those that the reader came upon."""
    found = intervals.union((Span(*span) for span in done.unreadable.tolist()), unreadable)
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _completed(frames: NDArray[np.uint8], done: Chunk, detector: Detector) -> NDArray[np.uint8]:
    """The frames of a video shorter than one window, filled up with its last frame; others as they are."""
    lacking = detector.config.window_frames - done.frames_done - len(frames)
    return frames if lacking <= 0 else np.concatenate([frames, np.repeat(frames[-1:], lacking, axis=0)])


def reads_ahead(detector: Detector) -> bool:
    """Whether the processor has time to read while the detector looks."""
    return detector.device.type != "cpu"


class ReadAhead:
    """The same batches, each read while the one before is looked at, the first at once: at most three are held.

    Errors of reading come through. It must be closed, or read to its end.
    """

    def __init__(self, batches: Iterator[NDArray[np.uint8]]) -> None:
        self._batches = batches
        self._ready: queue.Queue[NDArray[np.uint8] | BaseException | None] = queue.Queue(maxsize=1)
        self._given_up = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __iter__(self) -> ReadAhead:
        return self

    def __next__(self) -> NDArray[np.uint8]:
        batch = self._ready.get()
        if isinstance(batch, BaseException):
            raise batch
        if batch is None:
            raise StopIteration
        return batch

    def close(self) -> None:
        """End the reading."""
        self._given_up.set()
        while self._reader.is_alive():
            with suppress(queue.Empty):
                self._ready.get(timeout=0.05)

    def _read(self) -> None:
        try:
            for batch in self._batches:
                self._ready.put(batch)
                if self._given_up.is_set():
                    return
            self._ready.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the batches are used
            self._ready.put(error)


class Opened(NamedTuple):
    """A video whose first frames are read before anybody looks at them."""

    path: Path
    lay: Signature
    """How the file lay on the disk when it was opened."""
    grid: tuple[float, int, int]
    """Frames a second, their side, and frames a chunk."""
    reader: GridReader
    batches: ReadAhead

    def fits(self, path: Path, detector: Detector, chunk_frames: int) -> bool:
        """Whether this is what reading this file for this detector would give."""
        grid = (detector.config.grid_fps, detector.config.frame_size, chunk_frames)
        return (self.path, self.lay, self.grid) == (path, Signature.of(path), grid)


def open_ahead(path: Path, detector: Detector) -> Opened:
    """Begin to read a video; what it has wrong is told when its frames are wanted.

    Raises:
        OSError: there is no such file.
    """
    fps, size = detector.config.grid_fps, detector.config.frame_size
    lay, reader = Signature.of(path), GridReader(path, fps, size, size)
    return Opened(path, lay, (fps, size, CHUNK_FRAMES), reader, ReadAhead(_batches(reader, CHUNK_FRAMES)))


def _batches(reader: GridReader, size: int) -> Generator[NDArray[np.uint8], None, None]:
    held: list[Image] = []
    for frame in reader:
        held.append(frame.image)
        if len(held) == size:
            yield np.stack(held)
            held = []
    if held:
        yield np.stack(held)


def _windows(done: Chunk, detector: Detector, reader: GridReader) -> Windows:
    config = detector.config
    scores = done.domain_scores[np.isfinite(done.domain_scores)]
    return Windows(
        start_s=np.arange(len(done.probabilities), dtype=np.float64) * config.stride_s,
        window_s=config.window_s,
        stride_s=config.stride_s,
        labels=config.labels,
        probabilities=done.probabilities,
        domain_score=float(np.median(scores)) if len(scores) else None,
        grid_fps=config.grid_fps,
        frames_decoded=reader.frames_decoded,
        broken_off_at_s=reader.broken_off_at_s,
        unreadable=tuple(Span(*span) for span in _with_gaps(done, reader.unreadable).tolist()),
    )


def _key(video_path: Path, detector: Detector, chunk_frames: int) -> str:
    """A hash of what stored chunks depend on: the file as it lies there, and the detector."""
    status = Path(video_path).stat()
    parts: list[Any] = [str(Path(video_path).resolve()), status.st_size, status.st_mtime_ns, chunk_frames]
    parts += [detector.config.model_dump_json(), str(detector.device.type)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()

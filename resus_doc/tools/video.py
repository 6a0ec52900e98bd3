"""Read a video: what it holds, and its pictures on an exact grid of times.

All times come from presentation timestamps, counted from the video's own first picture, because frame numbers lie for
variable frame rates and recordings that start at a clock other than zero. One decoder (PyAV) serves the whole program: two
decoders can choose different pictures for one time. A damaged file is read as far as it goes, and says where that was.

What it does not know: transport streams do not state their length, so a cut one looks like a short one.
"""

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resus_doc.checksum import RENAME, is_text, sha256_of
from resus_doc.errors import VideoRefused
from resus_doc.schema import Span, Video
from resus_doc.tools.video_decode import READ_ANOTHER, Clock, Reading, Timed, is_seekable, opened

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter
    from av.video.stream import VideoStream

Image = NDArray[np.uint8]

TIME_TOLERANCE_S = 1e-6
"""A picture that begins this little after a grid point still counts for it: timestamps are rationals, grid times floats."""

SEEK_MARGINS_S = (0.5, 10.0)
"""Seeks go to decoding time, which runs ahead of presentation time: how far before the wanted time to look for a key frame."""


class GridFrame(NamedTuple):
    """The picture shown at one grid time."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    """Counts from 0 at the reader's `start_s`."""
    t_s: float
    """Seconds from the video's first picture."""
    image: Image
    """RGB, [height, width, 3]."""


def probe(path: Path) -> Video:
    """What a video file holds. The length is that of the pictures that are there, not what the header promises.

    Width and height are as displayed, after rotation and with square pixels; the rate is the average.

    Raises:
        VideoRefused: no video can be read from the file, or it holds a single picture.
    """
    path = Path(path)
    check_file(path)
    with opened(path) as (container, stream):
        first = next(Reading(path, container, stream).frames(), None)
        if first is None:
            raise VideoRefused(f"No picture of the video {path} can be read.", READ_ANOTHER)
        origin, (width, height) = first.frame.pts, _displayed_size(first.frame, stream)
    with opened(path) as (container, stream):
        reading = Reading(path, container, stream)
        reading.clock = Clock(stream, origin)
        count, duration_s = _measure_packets(reading)
        broken = reading.cut_short()
    if count < 2 or duration_s <= 0:
        raise VideoRefused(f"{path} holds a single picture, not a video.", "Name the recording itself.")
    return Video(
        name=path.name,
        sha256=sha256_of(path),
        duration_s=duration_s,
        width=width,
        height=height,
        frame_rate=round(count / duration_s, 6),
        grid_fps=0.0,
        broken_off_at_s=duration_s if broken else None,
    )


class GridReader:
    """The pictures of a video at `start_s + k / grid_fps`, resized to `width` x `height` (no borders are added).

    A grid point shows the last picture that began by then. Points at or after `end_s`, or after the last picture's end, are
    not given. The file is decoded once per iteration; pictures that no grid point shows are not converted. Memory holds a few
    pictures whatever the length.

    Raises (on iteration):
        VideoRefused: the file cannot be read at all.
    """

    def __init__(
        self,
        path: Path,
        grid_fps: float,
        width: int,
        height: int,
        start_s: float = 0.0,
        end_s: float | None = None,
    ) -> None:
        if not (grid_fps > 0 and width > 0 and height > 0 and start_s >= 0):
            raise ValueError(f"not a grid: {grid_fps} per second, {width} x {height}, from {start_s} s")
        self.path = Path(path)
        self.grid_fps = float(grid_fps)
        self.width = width
        self.height = height
        self.start_s = float(start_s)
        self.end_s = end_s
        self.broken_off_at_s: float | None = None
        """After iteration: where a damaged file stopped being readable."""
        self.unreadable: tuple[Span, ...] = ()
        """Damaged stretches in the middle of what was read so far; grid points there show the picture before."""
        self.frames_decoded = 0
        """How many pictures were decoded, shown or not."""

    def __iter__(self) -> Iterator[GridFrame]:
        check_file(self.path)
        self.broken_off_at_s, self.unreadable, self.frames_decoded = None, (), 0
        margins: list[float | None] = [*SEEK_MARGINS_S, None] if self.start_s > 0 else [None]
        for margin_s in margins:
            with opened(self.path) as (container, stream):
                reading = Reading(self.path, container, stream)
                if margin_s is not None and not reading.seek(self.start_s - margin_s):
                    continue
                frames = reading.frames()
                first = next(frames, None)
                if margin_s is not None and (first is None or first.t_s > self.start_s + TIME_TOLERANCE_S):
                    continue
                yield from self._grid(reading, first, frames)
                return

    def _grid(self, reading: "Reading", held: "Timed | None", frames: Iterator["Timed"]) -> Iterator[GridFrame]:
        if held is None:
            raise VideoRefused(f"No picture of the video {self.path} can be read.", READ_ANOTHER)
        from av.video.reformatter import VideoReformatter

        scaler = VideoReformatter()
        shown, index = _Shown(held.frame, self.width, self.height, scaler), 0
        for timed in frames:
            self.unreadable = tuple(reading.unreadable)
            while (t_s := self._time(index)) + TIME_TOLERANCE_S < timed.t_s:
                if not self._wanted(t_s):
                    self._finish(reading, to_the_end=False)
                    return
                yield GridFrame(index, t_s, shown.image())
                index += 1
            shown = _Shown(timed.frame, self.width, self.height, scaler)
        self._finish(reading, to_the_end=True)
        while (t_s := self._time(index)) < reading.end_s - TIME_TOLERANCE_S and self._wanted(t_s):
            yield GridFrame(index, t_s, shown.image())
            index += 1

    def _time(self, index: int) -> float:
        return self.start_s + index / self.grid_fps

    def _wanted(self, t_s: float) -> bool:
        return self.end_s is None or t_s < self.end_s - TIME_TOLERANCE_S

    def _finish(self, reading: "Reading", *, to_the_end: bool) -> None:
        self.frames_decoded = reading.decoded
        self.unreadable = tuple(reading.unreadable)
        if to_the_end and reading.cut_short():
            self.broken_off_at_s = reading.end_s


def pictures_at(path: Path, times_s: Sequence[float], width: int, height: int) -> list[Image | None]:
    """The pictures shown at these times (in order of time), resized; None where the recording cannot be read that far.

    Formats that cannot be sought in are read once, from their start.

    Raises:
        VideoRefused: the file cannot be read at all.
    """
    check_file(path)
    with opened(path) as (container, _stream):
        seekable = is_seekable(container)
    if seekable:
        return [_first_picture(GridReader(path, 1.0, width, height, t_s, t_s + 0.5)) for t_s in times_s]
    return _pictures_on_the_way(path, times_s, width, height)


def _first_picture(reader: "GridReader") -> Image | None:
    return next((frame.image for frame in reader), None)


def _pictures_on_the_way(path: Path, times_s: Sequence[float], width: int, height: int) -> list[Image | None]:
    found: list[Image | None] = []
    with opened(path) as (container, stream):
        reading = Reading(path, container, stream)
        shown: _Shown | None = None
        for timed in reading.frames():
            while len(found) < len(times_s) and shown and times_s[len(found)] + TIME_TOLERANCE_S < timed.t_s:
                found.append(shown.image())
            if len(found) == len(times_s):
                return found
            shown = _Shown(timed.frame, width, height)
        if shown is None:
            raise VideoRefused(f"No picture of the video {path} can be read.", READ_ANOTHER)
        found += [shown.image() for t_s in times_s[len(found) :] if t_s < reading.end_s - TIME_TOLERANCE_S]
    return [*found, *[None] * (len(times_s) - len(found))]


def check_file(path: Path) -> None:
    """Refuse what is not a readable file with content.

    Raises:
        VideoRefused: missing, empty, a folder, a device, not readable, or named in bytes that are no text.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise VideoRefused(f"{path} is a folder, not a video.", "Name one video file; `batch` takes folders.")
        if not stat.S_ISREG(status.st_mode):
            raise VideoRefused(f"{path} is not a regular file.", "Name a recorded video file.")
        if not is_text(path):
            raise VideoRefused(f"The place of the video {path} holds bytes that are no UTF-8.", RENAME)
        if status.st_size == 0:
            raise VideoRefused(f"The video {path} is empty (0 bytes).", "Copy it again from the camera.")
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise VideoRefused(f"There is no video {path}.", "Check the name and the folder.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise VideoRefused(f"The video {path} cannot be read ({reason}).", "Check the file's access rights.") from error


def _measure_packets(reading: Reading) -> tuple[int, float]:
    """How many pictures the video has, and their end in seconds from the first; without decoding them."""
    count, last_s = 0, 0.0
    for packet in reading.packets():
        if packet is None or packet.is_discard:
            continue
        last_s = max(last_s, reading.clock.seconds(packet.dts if packet.pts is None else packet.pts))
        count += 1
    return count, last_s + reading.clock.typical_s if count else 0.0


def _displayed_size(frame: "VideoFrame", stream: "VideoStream") -> tuple[int, int]:
    aspect = float(stream.sample_aspect_ratio or 1) or 1.0
    width, height = round(frame.width * aspect), frame.height
    return (height, width) if _quarter_turns(frame) % 2 else (width, height)


def _quarter_turns(frame: "VideoFrame") -> int:
    """How often the picture must be turned a quarter counterclockwise to stand upright."""
    return round(frame.rotation / 90) % 4


class _Shown:
    """A decoded picture that is converted when it is first asked for.

    A scaler that serves all pictures of a video computes its filter once; a picture's own would do so for each.
    """

    def __init__(self, frame: "VideoFrame", width: int, height: int, scaler: "VideoReformatter | None" = None) -> None:
        self._frame = frame
        self._scaler = scaler
        self._size = (width, height)
        self._image: Image | None = None

    def image(self) -> Image:
        """RGB [height, width, 3]; a fresh array for each caller."""
        if self._image is None:
            self._image = _converted(self._frame, *self._size, self._scaler)
            return self._image
        return self._image.copy()


def _converted(frame: "VideoFrame", width: int, height: int, scaler: "VideoReformatter | None" = None) -> Image:
    from av.video.reformatter import VideoReformatter

    turns = _quarter_turns(frame)
    if turns % 2:
        width, height = height, width
    scaled = (scaler or VideoReformatter()).reformat(
        frame,
        width=width,
        height=height,
        format="rgb24",
        src_color_range=frame.color_range,
        interpolation="BILINEAR",
        threads=1,
    )
    return np.ascontiguousarray(np.rot90(scaled.to_ndarray(), turns), dtype=np.uint8)

"""Decode a video's pictures with their true times, past damage, to an honest end.

Times count from the first picture. The clock of a file may start anywhere, pause, be set back, or be missing; pictures may be
stored in another order than they are shown in. What is damaged is passed over and told.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from resus_doc.errors import VideoRefused
from resus_doc.schema import Span
from resus_doc.tools.video_size import stated_bytes

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

CLOCK_BACK_S = 2.0
"""A timestamp this far behind the last means that the camera's clock was set anew; less is reordering."""

CLOCK_FORWARD_S = 600.0
"""A timestamp this far ahead of the last is a broken clock, not a pause: the reading goes on without the gap."""

RECENT = 10
"""How many pictures tell how long the last one is shown; enough that one pause among them does not count."""

STILL_S = 5.0
"""Nothing can be said of a stretch this long without a new picture: the recording stopped, or lost data."""

HELD_BACK = 16
"""Decoders hold back up to this many pictures (H.264 and HEVC), so that what comes next after damage may be from before it."""

SHORT_BY_S = 1.0
"""A file that ends this much before the length its header states was cut off. Headers are off by a few frames."""

MAX_PIXELS = 16384 * 8640
"""Larger pictures are refused by the decoder: a forged header must not take all memory."""

FORMATS = "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,h264,hevc,flv,asf,dv,mxf,ogg,m4v"
"""What may be opened. Left out are playlists and scripts (hls, concat, ...), which name other files or addresses to open."""

INDEXED = ("mov", "matroska", "avi", "flv", "asf")
"""Formats that state their length in a header."""

SEEKABLE = ("mov", "matroska")
"""Formats with an index of key frames whose clock runs through; the others are decoded from their start."""

READ_ANOTHER = (
    "Copy it again from the camera, or convert it to MP4. If it does not play in a media player, it is damaged."
)


@contextmanager
def opened(path: Path) -> Iterator[tuple["InputContainer", "VideoStream"]]:
    """The container and its video stream, threaded; closed at the end, whatever happens."""
    import av

    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "max_pixels": str(MAX_PIXELS)}
    try:
        container = av.open(str(path.resolve()), options=options, metadata_errors="replace")
    except (av.error.FFmpegError, UnicodeError) as error:
        raise VideoRefused(
            f"{path} is not a video that can be read, or it was cut off before its index was written.", READ_ANOTHER
        ) from error
    with container:
        yield container, _video_stream(path, container)


def _video_stream(path: Path, container: "InputContainer") -> "VideoStream":
    from av.stream import Disposition

    covers = Disposition.attached_pic | Disposition.timed_thumbnails
    streams = [stream for stream in container.streams.video if not stream.disposition & covers]
    if not streams:
        holds = "only sound" if container.streams.audio else "no video"
        raise VideoRefused(f"{path} holds {holds}, no moving picture.", "Name the recording with the picture.")
    stream = max(streams, key=lambda stream: (bool(stream.disposition & Disposition.default), _area(stream)))
    if stream.codec_context is None:
        raise VideoRefused(f"The video {path} is in a format that cannot be decoded here.", "Convert it to H.264 MP4.")
    stream.thread_type = "AUTO"
    return stream


def _area(stream: "VideoStream") -> int:
    context = stream.codec_context
    return 0 if context is None else int(context.width * context.height)


class Clock:
    """Turns presentation timestamps into seconds from the first picture, across gaps and resets."""

    def __init__(self, stream: "VideoStream", origin: int | None = None) -> None:
        self._nominal_s = float(1 / (stream.average_rate or stream.guessed_rate or 25))
        self._tick = stream.time_base
        self._origin = origin
        self._shift_s = 0.0
        self._last_s: float | None = None
        self._recent_s: deque[float] = deque(maxlen=RECENT)

    @property
    def typical_s(self) -> float:
        """What the recent pictures lasted. The files' own statements are not used: with reordered pictures they are about
        decoding, and transport streams and AVI state ticks."""
        times = sorted(self._recent_s)
        return median(after - before for before, after in pairwise(times)) if len(times) > 1 else self._nominal_s

    def seconds(self, pts: int | None) -> float:
        t_s = 0.0 if self._last_s is None else self._last_s + self._nominal_s
        if (stated_s := self.stated(pts)) is not None:
            t_s = self._steady(stated_s)
        self._last_s = t_s if self._last_s is None else max(t_s, self._last_s)
        self._recent_s.append(t_s)
        return t_s

    def stated(self, pts: int | None) -> float | None:
        """What a timestamp says as it stands; None for a missing one."""
        if pts is None or self._tick is None:
            return None
        if self._origin is None:
            self._origin = pts
        return float((pts - self._origin) * self._tick) + self._shift_s

    def _steady(self, t_s: float) -> float:
        if self._last_s is None or -CLOCK_BACK_S <= t_s - self._last_s <= CLOCK_FORWARD_S:
            return t_s
        expected_s = self._last_s + self.typical_s
        self._shift_s += expected_s - t_s
        return expected_s

    def restart(self) -> None:
        """Expect any time next, as after a seek; the origin stays."""
        self._last_s = None
        self._recent_s.clear()


class Timed(NamedTuple):
    t_s: float
    frame: "VideoFrame"


class Reading:
    """One pass over a file, forgiving damage but not hiding it."""

    def __init__(self, path: Path, container: "InputContainer", stream: "VideoStream") -> None:
        self.clock = Clock(stream)
        self.decoded = 0
        self.unreadable: list[Span] = []
        self._container = container
        self._stream = stream
        self._path = path
        self._last_s = 0.0
        self._reach_s = 0.0
        self._stopped = False
        self._damaged = False
        self._unsettled = 0
        self._whole_to_s = 0.0
        self._usual_s = 0.0

    def seek(self, t_s: float) -> bool:
        """Go to the key frame before `t_s`; False where that cannot be done exactly."""
        import av

        tick = self._stream.time_base
        if not is_seekable(self._container) or tick is None or t_s <= 0:
            return False
        first = next(self.frames(), None)
        if first is None or first.frame.pts is None:
            return False
        try:
            self._container.seek(first.frame.pts + int(t_s / tick), stream=self._stream)
        except av.error.FFmpegError:
            return False
        self.clock.restart()
        self._last_s, self.decoded = 0.0, 0
        return True

    @property
    def end_s(self) -> float:
        """When the last picture read so far ends: it counts for as long as its neighbours."""
        return self._last_s + self.clock.typical_s

    def cut_short(self) -> bool:
        """Whether the file ends before its time. Ask after the last packet."""
        return self._stopped or self._damaged or self._tail_is_missing()

    def frames(self) -> Iterator[Timed]:
        """All pictures in order of showing."""
        for packet in self.packets():
            for frame in self._decode(packet):
                if self._comes_late(frame):
                    continue
                t_s = max(self.clock.seconds(frame.pts), 0.0)
                if self.decoded:
                    self._note_gap(t_s)
                self._damaged, self._unsettled = False, max(self._unsettled - 1, 0)
                self._last_s = max(self._last_s, t_s)
                self.decoded += 1
                yield Timed(t_s, frame)

    def packets(self) -> "Iterator[Packet[Any] | None]":
        """The video's packets, then None. Half a packet at the end of the file is left out: its picture would be half grey."""
        import av

        held: Packet[Any] | None = None
        try:
            for packet in self._container.demux():
                self._note_reach(packet)
                if packet.stream_index != self._stream.index or not packet.size:
                    continue
                if held is not None:
                    yield held
                held = packet if packet.is_corrupt else None
                if held is None:
                    yield packet
        except av.error.FFmpegError:
            self._stopped = True
        self._stopped = self._stopped or held is not None
        yield None

    def _note_gap(self, t_s: float) -> None:
        """Pictures missing before `t_s`: any after damage, and else where none came for long."""
        usual_s = self._usual_s if self._unsettled else self.clock.typical_s
        gap_s = t_s - self._last_s
        if gap_s > max(STILL_S, 2 * usual_s) or (self._unsettled and gap_s > 1.5 * usual_s):
            self.unreadable.append(Span(self._last_s + usual_s, t_s))

    def _decode(self, packet: "Packet[Any] | None") -> "list[VideoFrame]":
        import av

        try:
            return list(self._stream.decode(packet))
        except av.error.FFmpegError:
            if not self._unsettled:
                self._whole_to_s, self._usual_s = self._last_s, self.clock.typical_s
            self._damaged, self._unsettled = True, HELD_BACK
            return []

    def _comes_late(self, frame: "VideoFrame") -> bool:
        """Whether the decoder held this picture back over damage until a later one was shown; its clock was not set back."""
        stated_s = self.clock.stated(frame.pts) if self._unsettled else None
        return stated_s is not None and self._whole_to_s < stated_s < self._last_s

    def _note_reach(self, packet: "Packet[Any]") -> None:
        pts = packet.dts if packet.pts is None else packet.pts
        if pts is not None and packet.time_base is not None:
            self._reach_s = max(self._reach_s, float((pts + (packet.duration or 0)) * packet.time_base))

    def _tail_is_missing(self) -> bool:
        """Whether the file is smaller than its own layout says, or ends before the length that it states."""
        stated = stated_bytes(self._path)
        if stated is not None and stated > self._path.stat().st_size:
            return True
        if not _is_format(self._container, INDEXED) or self._container.duration is None:
            return False
        start_s = (self._container.start_time or 0) / 1e6
        stated_s = self._container.duration / 1e6 + min(start_s, 0.0)
        return self._reach_s < stated_s - SHORT_BY_S


def is_seekable(container: "InputContainer") -> bool:
    """Whether times can be sought in this file without reading it from its start."""
    return _is_format(container, SEEKABLE)


def _is_format(container: "InputContainer", names: tuple[str, ...]) -> bool:
    return not set(names).isdisjoint(container.format.name.split(","))

"""A picture or a short clip of the case's video, written into the folder `clips` of the case.

Pictures come from the reader that everything measured comes from, so that a clip shows exactly the moment it names, also in a
recording with a variable frame rate; moviepy only writes them. A clip has no sound: voices name people.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from resus_doc.errors import InputRefused, ResourceMissing
from resus_doc.schema import Report
from resus_doc.tools.casefolder import CLIPS, own_place, refuse_several_recordings, video_place
from resus_doc.tools.clock import clock

if TYPE_CHECKING:
    from resus_doc.tools.video import Image

LONGEST_S = 20.0
"""A longer stretch is cut: a debrief looks at moments."""
AROUND_S = 1.0
"""Shown before and after an event, so that its beginning and end are seen."""
CLIP_FPS = 12.5
WIDEST = 640


def video_of(case: Path, report: Report) -> Path:
    """The video of a case folder.

    Raises:
        InputRefused: the case has none, or it is not where it was.
    """
    refuse_several_recordings(report)
    remedy = "Put the video back where it was, or make the report again from where it is now."
    place = video_place(case)
    if place is None:
        raise InputRefused(
            "This case names no video, so nothing can be shown.", "The rest of the chat works without it."
        )
    video = (case / place).resolve()
    if not video.is_file():
        raise InputRefused(f"The video of this case is not at {video} any more, so nothing can be shown.", remedy)
    from resus_doc.tools.video import probe

    if report.video.sha256 and probe(video).sha256 != report.video.sha256:
        raise InputRefused(f"The file {video} is not the video that this case was made from.", remedy)
    return video


def frame(case: Path, report: Report, at_s: float) -> Path:
    """Write the picture shown at a moment of the video; returns its path.

    Raises:
        InputRefused: there is no video, or the moment lies outside it.
        ResourceMissing: the case folder cannot be written to.
    """
    if not 0 <= at_s < report.video.duration_s:
        raise InputRefused(
            f"The video has no picture at {clock(at_s)}; it lasts {clock(report.video.duration_s)}.",
            "Name another moment.",
        )
    picture = next(_pictures(video_of(case, report), report, at_s, None, 1.0))
    name = f"frame-{at_s:08.2f}.png"
    import cv2
    import numpy as np

    with _fresh(case) as fresh:
        written = cv2.imwrite(str(fresh / name), np.ascontiguousarray(picture[..., ::-1]))
        if not written:
            raise _unwritable(case)
    return case / CLIPS / name


def clip(case: Path, report: Report, start_s: float, end_s: float) -> Path:
    """Write the stretch of the video as a clip of at most `LONGEST_S`; returns its path.

    Raises:
        InputRefused: there is no video, or the stretch lies outside it.
        ResourceMissing: the case folder cannot be written to.
    """
    start_s, end_s = max(0.0, start_s), min(end_s, report.video.duration_s, max(0.0, start_s) + LONGEST_S)
    if end_s <= start_s:
        raise InputRefused(
            f"The video has no stretch from {clock(start_s)} to {clock(end_s)}.", "Name a stretch within the video."
        )
    pictures = _pictures(video_of(case, report), report, start_s, end_s, CLIP_FPS)
    name = f"clip-{start_s:08.2f}-{end_s:08.2f}.mp4"
    from moviepy import VideoClip

    shown = _Sequence(pictures)
    with _fresh(case) as fresh, VideoClip(shown.at, duration=end_s - start_s) as made:
        made.write_videofile(str(fresh / name), fps=CLIP_FPS, codec="libx264", audio=False, logger=None)
    return case / CLIPS / name


class _Sequence:
    """The pictures one after the other, as moviepy asks for them; a time asked for again gives the picture it gave."""

    def __init__(self, pictures: Iterator["Image"]) -> None:
        self._pictures = pictures
        self._shown = next(pictures)
        self._index = 0

    def at(self, t_s: float) -> "Image":
        while self._index < round(t_s * CLIP_FPS):
            self._index += 1
            self._shown = next(self._pictures, self._shown)
        return self._shown


def _pictures(video: Path, report: Report, start_s: float, end_s: float | None, fps: float) -> Iterator["Image"]:
    from resus_doc.tools.video import GridReader

    scale = min(1.0, WIDEST / max(report.video.width, 1))
    width, height = (max(2, int(side * scale) // 2 * 2) for side in (report.video.width, report.video.height))
    for grid_frame in GridReader(video, fps, width, height, start_s=start_s, end_s=end_s):
        yield grid_frame.image


@contextmanager
def _fresh(case: Path) -> Iterator[Path]:
    """An empty folder; what is written there is moved among the case's clips."""
    clips = own_place(case, CLIPS)
    try:
        clips.mkdir(exist_ok=True)
        with TemporaryDirectory(prefix=".clips-", dir=clips) as fresh:
            yield Path(fresh)
            for path in Path(fresh).iterdir():
                path.replace(clips / path.name)
    except OSError as error:
        raise _unwritable(case) from error


def _unwritable(case: Path) -> ResourceMissing:
    return ResourceMissing(
        f"Nothing can be written to the folder {case / CLIPS}.", "Free some space, or ask for the right to write there."
    )

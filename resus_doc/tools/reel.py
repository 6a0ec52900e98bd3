"""The reel of a case that lies on the disk: finds its recording and makes sure that it is the right one."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from resus_doc.checksum import sha256_of
from resus_doc.errors import InputRefused, UsageError
from resus_doc.tools import casefolder, clips
from resus_doc.tools.video import check_file

REEL = "reel.mp4"


class Made(NamedTuple):
    """The film, and how many stretches of the recording it shows."""

    path: Path
    stretches: int


def make_reel(
    case: Path,
    video: Path | None = None,
    out: Path | None = None,
    confidentiality: str = "",
    *,
    progress: Callable[[float], None] = lambda _fraction: None,
) -> Made:
    """Write the film of a case's findings and pauses.

    Args:
        case: the case folder.
        video: the recording; where the case says it lies without it.
        out: the film, an .mp4; `clips/reel.mp4` in the case without it.
        confidentiality: a site's line for the opening card.
        progress: called with the finished fraction.

    Raises:
        InputRefused: the folder holds no case, its `clips` is a link, there is nothing to show, the recording is another one, or
            there are several.
        VideoRefused: the recording is missing or cannot be read.
        ResourceMissing: the film cannot be written.
        UsageError: the film's name does not end in .mp4, or is that of the recording.
    """
    remedy = "Remove the link, or name another file with -o."
    path = casefolder.own_place(case, casefolder.CLIPS, remedy) / REEL if out is None else out
    if path.suffix.casefold() != ".mp4":
        raise UsageError(f"The film is an MP4 file, and {path.name} is not named like one.", "End its name in .mp4.")
    report = casefolder.read_report(case)
    casefolder.refuse_several_recordings(report)
    recording = recording_of(case, report.video.sha256, video)
    if path.exists() and path.samefile(recording):
        raise UsageError(f"{path} is the recording itself.", "Name another file with -o.")
    count = clips.write_reel(report, recording, path, confidentiality=confidentiality, progress=progress)
    return Made(path, count)


def recording_of(case: Path, sha256: str, video: Path | None = None) -> Path:
    """The recording that a case was made from.

    Raises:
        InputRefused: it is not there, or another video lies in its place.
    """
    place = casefolder.video_of(case) if video is None else video
    if video is None and not place.exists():
        raise InputRefused(
            f"The recording of {case} is not at {place} any more.", "Put it back there, or name it with --video FILE."
        )
    check_file(place)
    if sha256_of(place) != sha256:
        raise InputRefused(
            f"{place} is not the recording that {case} was made from.", "Name the right one with --video FILE."
        )
    return place

"""What the user asked of a report, and the folder in which the work on it lies until the case is there."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resus_doc import __version__
from resus_doc.errors import InputRefused, LanguageModelBroken, ResourceMissing, UsageError
from resus_doc.settings import Settings


@dataclass(frozen=True)
class Request:
    """What the user asked for. Times in seconds from the start of the video; `birth_time_s` may be negative."""

    video: Path
    out: Path
    settings: Settings
    case_id: str | None = None
    birth_time_s: float | None = None
    birth_uncertainty_s: float = 0.0
    gestation_weeks: float | None = None
    annotations: Path | None = None
    vitals: Path | None = None
    vitals_offset_s: float = 0.0
    """Added to the times of the vitals file to reach the video's clock."""
    llm_asked_for: bool = False
    more_videos: tuple[Path, ...] = ()
    """Further recordings of the same case."""
    offsets_s: tuple[float, ...] = ()
    """Where each further recording starts, from the start of the first; without them the times of the files tell."""
    resume: bool = False
    replace: bool = False
    progress: Callable[[str, float | None], None] = field(default=lambda _step, _fraction: None)
    """Called with the step's name and its finished fraction (None at the start of a step without one)."""

    @property
    def videos(self) -> tuple[Path, ...]:
        """All recordings, as given."""
        return (self.video, *self.more_videos)

    @property
    def work(self) -> Path:
        """The working folder, beside the case folder so that both lie on one disk."""
        return self.out.parent / f".{self.out.name}.work"

    def key(self) -> str:
        """A hash of what the run depends on but the video's content: a resumed run must have the same."""
        parts: list[Any] = [
            [str(video.resolve()) for video in self.videos],
            self.offsets_s,
            self.case_id,
            self.birth_time_s,
            self.birth_uncertainty_s,
        ]
        parts += [self.gestation_weeks, str(self.annotations), self.vitals_offset_s, _fingerprint(self.vitals)]
        parts += [self.settings.model_dump(mode="json"), __version__]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def goes_on(self) -> bool:
        """Whether an unfinished run of this very request lies in the working folder and is to be resumed."""
        key_file = self.work / "request.key"
        return self.resume and key_file.exists() and key_file.read_text() == self.key()


def _fingerprint(path: Path | None) -> str | None:
    """A file's place and content; a file that cannot be read is told when it is needed."""
    if path is None:
        return None
    content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return f"{path.resolve()} {content}"


@contextmanager
def working_folder(request: Request) -> Iterator[Path]:
    """The working folder of this run. It stays when a run breaks off, so that it can be resumed, but not when what was
    asked for was refused before anything was detected in it."""
    work = request.work
    try:
        if work.exists() and not request.goes_on():
            shutil.rmtree(work)
        work.mkdir(parents=True, exist_ok=True)
        (work / "request.key").write_text(request.key())
    except OSError as error:
        raise ResourceMissing(
            f"The folder {request.out.parent} cannot be written to ({error.strerror}).",
            "Choose another place with -o, or free some space.",
        ) from error
    try:
        yield work
    except (InputRefused, LanguageModelBroken, UsageError):
        if not any(work.rglob("*.npz")):
            shutil.rmtree(work)
        raise
    shutil.rmtree(work)

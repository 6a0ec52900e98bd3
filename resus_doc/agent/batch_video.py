"""One video of a batch: the function that every worker runs, on this machine or on a cluster.

A task says all there is to know and can be sent to another process; its result is a value, never an exception.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from resus_doc.agent.loaded import LoadedModels
from resus_doc.agent.report import make_report
from resus_doc.agent.request import Request
from resus_doc.errors import ResourceMissing, ResusDocError, VideoRefused
from resus_doc.settings import Settings
from resus_doc.tools.ledger import Signature

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Task:
    """A video to debrief. `options` are further fields of the report's request, such as `birth_time_s`."""

    video: Path
    out: Path
    case_id: str
    settings: Settings
    signature: Signature
    """How the video lay on the disk when its hash was taken."""
    resume: bool = False
    """The working folder holds an unfinished run of this very content with these settings."""
    options: dict[str, Any] = field(default_factory=dict)
    following: Path | None = None
    """The video that the same worker is likely to get next."""


class Result(NamedTuple):
    """How it ended. `reason` names no file; `seconds` of work."""

    state: Literal["done", "failed", "blocked"]
    reason: str
    seconds: float


def debrief(task: Task, models: LoadedModels, progress: Progress) -> Result:
    """Write the case folder of one video; an existing one is replaced, unless a person revised it."""
    begun = time.monotonic()
    models.following = task.following
    try:
        make_report(_request(task, progress), models)
    except ResourceMissing as error:
        return Result("blocked", _nameless(str(error), task), time.monotonic() - begun)
    except ResusDocError as error:
        return Result("failed", _nameless(str(error), task), time.monotonic() - begun)
    except Exception as error:  # noqa: BLE001 - a fault of our own costs this video, is told, and stays in the ledger
        reason = (
            f"resus-doc met a fault of its own ({type(error).__name__}: {error}). "
            "Try resus-doc report on this file, with --debug."
        )
        return Result("failed", _nameless(reason, task), time.monotonic() - begun)
    return Result("done", "", time.monotonic() - begun)


def nameless(reason: str, video: Path, annotations: Path | None = None, vitals: Path | None = None) -> str:
    """The reason without the names of these files and of their folders, which may name a person."""
    files = {"video": video, "annotation file": annotations, "vitals file": vitals}
    called = {name: what for noun, path in files.items() if path for name, what in _names(path, noun).items()}
    longest_first = sorted(called, key=len, reverse=True)
    reason = re.sub("|".join(map(re.escape, longest_first)), lambda found: called[found[0]], reason)
    reason = re.sub(r"\b([Tt]he) the\b", r"\1", reason)
    for noun in files:
        reason = re.sub(rf"\b(?:{noun}|file) the {noun}", noun, reason)
    return reason[:1].upper() + reason[1:]


def _nameless(reason: str, task: Task) -> str:
    return nameless(reason, task.video, task.options.get("annotations"), task.options.get("vitals"))


def _names(path: Path, noun: str) -> dict[str, str]:
    """What a message may call a file and its folder, and what stands for it; what is a part of common words is left out."""
    true = path.resolve()
    folders = {str(folder): "its folder" for folder in (path.parent, true.parent) if len(folder.parts) > 1}
    names = dict.fromkeys((path.stem, path.name, str(path)), f"the {noun}")
    longer = {name: what for name, what in (folders | names).items() if len(name) > 3}
    return {**longer, str(true): f"the {noun}"}


def _request(task: Task, progress: Progress) -> Request:
    def watched(step: str, fraction: float | None) -> None:
        if step == "render":
            _check_unchanged(task)
        progress(step, fraction)

    return Request(
        video=task.video,
        out=task.out,
        settings=task.settings,
        case_id=task.case_id,
        resume=task.resume,
        replace=True,
        progress=watched,
        **task.options,
    )


def _check_unchanged(task: Task) -> None:
    """Before the case is written: what was read must still be what was hashed (times of its name do not count)."""
    try:
        now = Signature.of(task.video)
    except OSError as error:
        raise VideoRefused("The video was removed while it was being read.", "Nothing was written for it.") from error
    if now._replace(ctime_ns=0) != task.signature._replace(ctime_ns=0):
        raise VideoRefused(
            "The video was changed while it was being read.", "Run the batch again; nothing was written."
        )

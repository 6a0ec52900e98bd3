"""For each video of a batch: is it done, changed, a copy of another, failed before, or to be debriefed?

The answer comes from the ledger and the case folders; nothing is written here but the hashes of files.
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from resus_doc.agent.batch_key import ContentKeys
from resus_doc.agent.batch_video import Task, nameless
from resus_doc.agent.request import Request
from resus_doc.errors import InputRefused, ResusDocError
from resus_doc.settings import Settings
from resus_doc.tools import casefolder
from resus_doc.tools.batch_inputs import GivenVideo
from resus_doc.tools.ledger import Ledger, Row, Signature, place_of

Choice = Literal["new", "changed", "go on", "try again", "done", "failed before", "failed", "kept", "duplicate"]
TO_DO: tuple[Choice, ...] = ("new", "changed", "go on", "try again")

_KNOWN_OF_A_VIDEO = ("birth_time_s", "gestation_weeks", "annotations", "vitals", "vitals_offset_s")
_REQUEST_FIELDS = frozenset(each.name for each in fields(Request))


@dataclass(frozen=True)
class Decision:
    """What to do with a video, and the row that the ledger should hold of it. `note` is worth a line to the user.

    `earlier` is the case of another video that lay at this place before.
    """

    video: Path
    choice: Choice
    row: Row
    task: Task | None = None
    note: str = ""
    earlier: str = ""


class Planner:
    """Decides video by video, in the order given; a later copy of an earlier one is a duplicate."""

    def __init__(self, ledger: Ledger, out: Path, settings: Settings, *, rehash: bool, retry_failed: bool) -> None:
        self._ledger, self._out, self._settings = ledger, out, settings
        self._retry_failed = retry_failed
        self._keys = ContentKeys(ledger, rehash=rehash)
        self._cases: dict[str, str] = {}

    def decide(self, given: GivenVideo, position: int) -> Decision:
        """What to do with this video; what is wrong with it becomes a decision, not an exception."""
        try:
            signature = _signature(given.video)
            sha256 = self._keys.of_video(given.video)
            settings = self._settings_of(given)
            options = _options(given)
            key = self._keys.key(sha256, settings, options)
        except ResusDocError as error:
            return self._unreadable(given, position, error)
        case_id = given.case_id or f"case-{sha256[:8]}"
        row = Row(place_of(given.video), key, case_id, sha256, "running", position=position, date=given.date)
        before = self._ledger.row(given.video)
        if sha256 in self._cases:
            decision = _duplicate(given.video, row, self._cases[sha256])
        else:
            task = Task(given.video, self._out / case_id, case_id, settings, signature, options=options)
            decision = self._compare(row, before, task)
            self._cases[sha256] = decision.row.case_id
        return replace(decision, earlier=_earlier(decision.row, before))

    def _settings_of(self, given: GivenVideo) -> Settings:
        return self._settings.model_copy(update={"guideline": given.guideline}) if given.guideline else self._settings

    def _compare(self, row: Row, before: Row | None, task: Task) -> Decision:
        """With what the ledger knows of this place, this content, and the case folder."""
        same = before is not None and before.key == row.key
        if (done := self._done_before(row, before)) is not None:
            return self._take_over(done, row, task.video)
        if before is not None and same and before.state == "failed" and not self._retry_failed:
            return Decision(task.video, "failed before", before._replace(position=row.position, date=row.date))
        if self._belongs_to_another(row, before):
            reason = (
                f"The case id '{row.case_id}' belongs to another video already. Purge that case, or give another id."
            )
            return Decision(task.video, "failed", row._replace(state="failed", case_id="", reason=reason))
        if casefolder.is_revised(task.out):
            reason = "A person revised this case, so it was not made again with the present settings."
            return Decision(task.video, "kept", row._replace(state="kept", reason=reason))
        return _to_do(row, task, before, same)

    def _done_before(self, row: Row, before: Row | None) -> Row | None:
        done = before if before is not None and (before.key, before.state) == (row.key, "done") else None
        done = done or self._ledger.done(row.key)
        return done if done is not None and (self._out / done.case_id / casefolder.REPORT).exists() else None

    def _take_over(self, done: Row, row: Row, video: Path) -> Decision:
        """Done at this place; or at another one, which is gone (the video was moved) or not (it is a copy)."""
        if done.place != row.place:
            if Path(done.place).exists():
                return _duplicate(video, row, done.case_id)
            self._ledger.move(done.place, row.place)
        note = ""
        if done.case_id != row.case_id:
            note = f"is case {done.case_id} already, not {row.case_id}; purge that case to give it another id."
        taken = done._replace(place=row.place, position=row.position, date=row.date, reason="")
        return Decision(video, "done", taken, note=note)

    def _belongs_to_another(self, row: Row, before: Row | None) -> bool:
        case = self._out / row.case_id
        if (before is not None and before.case_id == row.case_id) or not (case / casefolder.REPORT).exists():
            return False
        try:
            return casefolder.read_report(case).video.sha256 != row.sha256
        except InputRefused:
            return True

    def _unreadable(self, given: GivenVideo, position: int, error: ResusDocError) -> Decision:
        """A case that is done stays done: the video may be back tomorrow, when a share is mounted again."""
        place = place_of(given.video)
        reason = nameless(str(error), given.video, given.annotations, given.vitals)
        before = self._ledger.row(given.video)
        if before is not None and before.state in ("done", "kept"):
            return Decision(given.video, "failed", before._replace(reason=reason, position=position))
        row = Row(place, "", given.case_id or "", "", "failed", reason, position=position)
        attempts = 1 if before is None else before.attempts + 1
        return Decision(given.video, "failed", row._replace(attempts=attempts, date=given.date))


def _to_do(row: Row, task: Task, before: Row | None, same: bool) -> Decision:
    task = Task(**{**vars(task), "resume": same})
    row = row._replace(attempts=before.attempts if before is not None and same else 0)
    if before is None:
        return Decision(task.video, "new", row, task)
    if not same:
        note = ""
        if _earlier(row, before):
            note = f"has changed; its earlier case {before.case_id} stays, but is counted no more. Purge removes it."
        return Decision(task.video, "changed", row, task, note)
    return Decision(task.video, "try again" if before.state in ("failed", "blocked") else "go on", row, task)


def _earlier(row: Row, before: Row | None) -> str:
    if before is None or not before.sha256 or before.sha256 == row.sha256 or before.case_id == row.case_id:
        return ""
    return before.case_id


def _duplicate(video: Path, row: Row, case_id: str) -> Decision:
    reason = f"It is the same video as that of {case_id}."
    return Decision(video, "duplicate", row._replace(state="duplicate", case_id=case_id, reason=reason))


def _signature(video: Path) -> Signature:
    try:
        return Signature.of(video)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputRefused(
            f"The video {video} cannot be read ({reason}).", "Check the place and its rights."
        ) from error


def _options(given: GivenVideo) -> dict[str, Any]:
    """What the report's request takes of this.

    Raises:
        InputRefused: something is given that this version's reports cannot use.
    """
    options = {name: getattr(given, name) for name in _KNOWN_OF_A_VIDEO if getattr(given, name) is not None}
    if unknown := sorted(set(options) - _REQUEST_FIELDS):
        raise InputRefused(
            f"This version's reports cannot use '{unknown[0]}'.", "Leave that column of the manifest empty."
        )
    return options

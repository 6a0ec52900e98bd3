"""A review of one case: what its page shows, and what saving does. It knows no HTTP.

Every save is compared with the case as it lies on the disk: a page that was made from an older revision is refused, whoever
wrote the newer one.
"""

import hashlib
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resus_doc import __version__
from resus_doc.agent.loaded import LoadedModels
from resus_doc.agent.revise import remake
from resus_doc.checksum import sha256_of
from resus_doc.errors import CaseChanged, InputRefused, LanguageModelBroken, VideoRefused
from resus_doc.schema import ACTIVITY_NAMES, Event, Report, Review, TimeZero
from resus_doc.settings import Settings
from resus_doc.tools import (
    case_writer,
    casefolder,
    clips,
    report_timeline,
    report_vitals,
    review_edits,
    revisions,
    windows_table,
)
from resus_doc.tools import report_words as words
from resus_doc.tools.batch_inputs import VIDEO_SUFFIXES
from resus_doc.tools.cases import guideline_of
from resus_doc.tools.registry import TOOLS
from resus_doc.tools.review_edits import Edits

if TYPE_CHECKING:
    from resus_doc.models.llm import Engine


class ReviewSession:
    """One case, opened for one reviewer. Safe to share between threads; close it at the end."""

    def __init__(
        self,
        case: Path,
        settings: Settings,
        *,
        video: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Open a case.

        Args:
            case: the case folder.
            settings: the language model, the folder of the passage index, the confidentiality line.
            video: the recording, where it is not where the case says.
            now: the clock.

        Raises:
            InputRefused: there is no case, it is damaged, or the named video is not that of the case.
            UsageError: the guideline that the case was made with is not to be found.
        """
        case_writer.mend(case)
        self.case = case.expanduser().resolve()
        self._settings = settings
        self._now = now
        self._models = LoadedModels()
        self._lock = threading.Lock()
        self.saved = 0
        """How many revisions this session saved."""
        self._writer: str | None = None
        self._note = ""
        report = casefolder.read_report(self.case)
        revisions.versions(self.case, report)
        TOOLS["load_profile"](guideline_of(report))
        self.video, self.video_note = _recording(self.case, report, video)
        self._showed = (self.case / casefolder.CLIPS).is_dir()
        """Whether films or pictures that somebody had made of the case lay in it."""
        self._had_films = any(
            (self.case / casefolder.CLIPS / f"{clip.name}.mp4").exists() for clip in clips.plan(report)
        )

    def close(self) -> None:
        """End the language model's process, if one was started."""
        self._models.close()

    def state(self) -> dict[str, Any]:
        """All that the page shows, as JSON values.

        Raises:
            InputRefused: the case is gone or damaged.
        """
        report = casefolder.read_report(self.case)
        saved = revisions.history(self.case)
        return {
            "revision": len(saved),
            "by": saved[-1].by if saved and self.saved else "",
            "case_id": report.case_id,
            "duration_s": report.video.duration_s,
            "frame_s": 1 / report.video.frame_rate if report.video.frame_rate > 0 else 0.04,
            "zero": {"t_s": report.time_zero.t_s, "name": report.time_zero.name, "source": report.time_zero.source},
            "birth": _birth(report),
            "covered": list(report.activities_covered),
            "names": ACTIVITY_NAMES,
            "unobserved": [] if report.is_withheld else [list(span) for span in words.unobserved(report)],
            "vitals": [curve._asdict() for curve in report_vitals.draw(report)],
            "axis_start_s": report_timeline.axis_of(report).start_s,
            "out_of_domain": review_edits.is_out_of_domain(report),
            "withheld": report.is_withheld,
            "whole_recording_by": None if report.review is None else report.review.whole_recording_by,
            "events": [_event(event) for event in (*report.events, *report.withheld_events)],
            "findings": [_finding(finding) for finding in report.findings],
            "history": [_revision(each, report.time_zero) for each in saved],
        }

    def events_at(self, number: int) -> list[dict[str, Any]]:
        """The events as a revision left them; 0 is the case as it was made.

        Raises:
            InputRefused: there is no such revision.
        """
        report = revisions.report_at(self.case, number)
        return [_event(event) for event in (*report.events, *report.withheld_events)]

    def save(self, edits: Edits) -> dict[str, Any]:
        """Make the case anew from the edited events, as its next revision; returns what that changed.

        Raises:
            CaseChanged: the case has a newer revision, or was made again, than the page was made from.
            InputRefused: an edit cannot be used; nothing was written.
            ResourceMissing: the case cannot be written; it is untouched.
        """
        with self._lock:
            return self._save(edits)

    def _save(self, edits: Edits) -> dict[str, Any]:
        sha256_before = casefolder.sha256_of(self.case)
        report = casefolder.read_report(self.case)
        saved = revisions.history(self.case)
        if edits.revision != len(saved):
            newest = f"{saved[-1].by} saved revision {len(saved)}" if saved else "The case was made again"
            raise CaseChanged(
                f"{newest} meanwhile, so nothing was saved.", "Reload the page; it then shows that revision."
            )
        edited = review_edits.apply(report, revisions.versions(self.case, report), edits)
        if not edited.changes:
            raise InputRefused("There is nothing to save.", "Change or confirm something first.")
        at = self._now().astimezone(UTC).isoformat(timespec="seconds")
        review = _review(report, edits, edited, len(saved) + 1, at)
        self._writer, self._note = None, ""
        remade = remake(report, edited, review, self._settings, self._engine)
        before = (self.case / casefolder.REPORT).read_text(encoding="utf-8")
        after = casefolder.report_json(remade.report)
        revision = revisions.Revision(
            number=review.revision,
            by=edits.by,
            at=at,
            note=edits.note,
            changes=edited.changes,
            sentences_kept=remade.kept,
            sentences_written=remade.written,
            language_model=self._writer,
            resus_doc=__version__,
            sha256_before=sha256_before,
            sha256_after=hashlib.sha256(after.encode()).hexdigest(),
        )
        pictures = self._pictures(remade.report)
        self._note = " ".join(filter(None, (self._note, self._what_goes())))
        case_writer.write_revision(
            remade.report,
            windows_table.read_windows(self.case / windows_table.NAME, report),
            self.case,
            revisions.files_of(revision, before, after),
            sha256_before=sha256_before,
            confidentiality=self._settings.confidentiality,
            thumbnails=pictures,
        )
        self.saved += 1
        return {
            "revision": review.revision,
            "kept": remade.kept,
            "written": remade.written,
            "findings": _verdict_changes(report, remade.report),
            "note": self._note,
        }

    def films_are_due(self) -> bool:
        """Whether the case had clips that a revision made untrue, and its recording is there to cut them anew."""
        return bool(self.saved) and self._had_films and self.video is not None

    def cut_films(self) -> None:
        """Cut the clips of the case as it is now.

        Raises:
            InputRefused: the case is gone, or the recording cannot be read.
            ResourceMissing: the clips cannot be written.
        """
        assert self.video is not None
        report = casefolder.read_report(self.case)
        with tempfile.TemporaryDirectory() as folder:
            TOOLS["cut_clips"](report, self.video, Path(folder))
            case_writer.put_films(
                self.case,
                windows_table.read_windows(self.case / windows_table.NAME, report),
                Path(folder),
                confidentiality=self._settings.confidentiality,
                thumbnails=self._pictures(report),
            )

    def _pictures(self, report: Report) -> dict[str, bytes]:
        """Small pictures for the page, where it had some and the recording is there to take them from."""
        if self.video is None or not casefolder.has_pictures(self.case):
            return {}
        try:
            taken: dict[str, bytes] = TOOLS["take_thumbnails"](report, [self.video])
        except VideoRefused as error:
            self._note = " ".join(filter(None, (self._note, f"The page has no pictures: {error}")))
            return {}
        return taken

    def _what_goes(self) -> str:
        """What told of the timeline before the revision, and what becomes of it; empty where there is nothing."""
        told = []
        if (self.case / "export").is_dir():
            told.append("What lay in export told of the case before this revision and is gone; make it again.")
        if self._had_films and self.video is not None:
            told.append("The clips showed the case before this revision and are cut anew when the review ends.")
        elif self._showed:
            told.append("What lay in clips showed the case before this revision and is gone.")
        return " ".join(told)

    def _engine(self) -> "Engine | None":
        """The language model; None where none is wanted or it does not load: templates then stand, and the page says why."""
        if self._settings.llm == "none":
            return None
        try:
            engine = self._models.engine(self._settings)
            engine.reset()
        except LanguageModelBroken as error:
            self._note = f"Template sentences stand: {error}"
            return None
        self._writer = engine.info.file
        return engine


def _review(report: Report, edits: Edits, edited: review_edits.Edited, number: int, at: str) -> Review:
    """Who stands for what after this revision."""
    earlier = report.review
    birth_by = None if earlier is None else earlier.birth_set_by
    if any(change.action == "birth set" for change in edited.changes):
        birth_by = edits.by if edited.birth is not None else None
    whole_by = None if earlier is None else earlier.whole_recording_by
    if edited.whole_recording and whole_by is None:
        whole_by = edits.by
    return Review(revision=number, by=edits.by, at=at, birth_set_by=birth_by, whole_recording_by=whole_by)


def _recording(case: Path, report: Report, given: Path | None) -> tuple[Path | None, str]:
    """The recording if it is there and is that of the report, by its hash; else why it is not shown."""
    place = casefolder.video_place(case)
    path = given or (None if place is None else case / place)
    if path is None or not path.is_file() or path.suffix.lower() not in VIDEO_SUFFIXES:
        if given is not None:
            raise InputRefused(f"There is no video {given}.", "Check the name, or leave --video out.")
        return None, f"The recording is not at {place}." if place else "The case does not say where the recording is."
    try:
        same = sha256_of(path) == report.video.sha256
    except OSError as error:
        return None, f"The recording cannot be read ({error.strerror})."
    if same:
        return path.resolve(), ""
    if given is not None:
        raise InputRefused(f"{given} is not the video that this case was made of.", "Name that video.")
    return None, f"The file at {place} is not the video that this case was made of."


def _birth(report: Report) -> dict[str, float] | None:
    zero = report.time_zero
    if zero.source != "given":
        return None
    return {"t_s": zero.t_s, "uncertainty_s": (zero.range_s[1] - zero.range_s[0]) / 2}


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "a": event.activity,
        "s": event.start_s,
        "e": event.end_s,
        "s_range": list(event.start_range_s),
        "e_range": list(event.end_range_s),
        "sure": words.sureness(event),
        "source": event.source,
        "by": event.confirmed_by,
    }


def _finding(finding: Any) -> dict[str, str]:
    shown = ("id", "kind", "verdict", "statement", "observed")
    return {name: getattr(finding, name) for name in shown}


def _revision(revision: revisions.Revision, zero: TimeZero) -> dict[str, Any]:
    told = revision.model_dump(mode="json", include={"number", "by", "at", "note"})
    return {**told, "changes": [review_edits.told(change, zero) for change in revision.changes]}


def _verdict_changes(before: Report, after: Report) -> list[dict[str, str | None]]:
    """The rules whose verdict is another now; None where a rule was or became silent."""
    one = {finding.rule_id: finding for finding in before.findings}
    other = {finding.rule_id: finding for finding in after.findings}
    changed = []
    for rule in dict.fromkeys((*other, *one)):
        old, new = one.get(rule), other.get(rule)
        if (old and old.verdict) != (new and new.verdict):
            shown = new or old
            assert shown is not None
            changed.append(
                {
                    "statement": shown.statement,
                    "before": None if old is None else words.VERDICT_NAMES[old.verdict],
                    "after": None if new is None else words.VERDICT_NAMES[new.verdict],
                }
            )
    return changed

"""A case from wherever it lies: a case folder, or a bare timeline or annotation file."""

import hashlib
from pathlib import Path

from resus_doc.errors import InputRefused
from resus_doc.guidelines import profile, rules
from resus_doc.schema import Report, Span, Timeline, Video
from resus_doc.settings import Settings
from resus_doc.tools import casefolder, formats, intervals, measures, timeline
from resus_doc.tools.intervals import Spans


def open_case(place: Path, settings: Settings) -> Report:
    """The report of a case folder; for a bare file, the facts that follow from its events, without a narrative.

    Raises:
        InputRefused: the place holds no case, or the file cannot be read.
    """
    if place.is_dir():
        return casefolder.read_report(place)
    if not place.exists():
        raise InputRefused(f"There is no case at {place}.", "Name a case folder, or a timeline or annotation file.")
    return _from_events(place, settings)


def _from_events(file: Path, settings: Settings) -> Report:
    events = formats.read_annotations(file)
    if not events:
        raise InputRefused(f"{file} holds no event.", "Name a case folder, or a timeline with events.")
    last_s = max(event.end_s for event in events)
    found = _not_cut_off(timeline.timeline_from_annotations(events, last_s))
    case_id = f"case-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}"
    video = Video(name="", sha256="", duration_s=last_s, width=0, height=0, frame_rate=0, grid_fps=0)
    return without_narrative(found, profile.load(settings.guideline), case_id, video)


def _not_cut_off(found: Timeline) -> Timeline:
    """The timeline of a bare file: its last event ends where the person saw it end, not where a video ends."""
    events = tuple(event.model_copy(update={"censored_end": False}) for event in found.events)
    return found.model_copy(update={"events": events})


def has_video(report: Report) -> bool:
    """Whether the report is of a video; of a bare file of events, only the end of the last event is known, and no length."""
    return bool(report.video.sha256)


def without_narrative(found: Timeline, guideline: profile.Profile, case_id: str, video: Video) -> Report:
    """What follows from a timeline under a guideline, in no words yet."""
    measured = measures.compute(found)
    adherence = rules.evaluate(guideline, found, measured)
    return Report(
        case_id=case_id,
        video=video,
        time_zero=found.time_zero,
        activities_covered=found.covered,
        observed_s=found.observed_s,
        observed=found.observed,
        domain_check=None,
        events=found.events,
        measures=measured,
        guideline=guideline.ref,
        findings=adherence.findings,
        passages=adherence.passages,
        narrative=(),
    )


def timeline_of(report: Report) -> Timeline:
    """The timeline that a report was made from."""
    observed = report.observed or ((Span(0.0, report.observed_s),) if report.observed_s > 0 else ())
    return Timeline(
        events=report.events,
        covered=report.activities_covered,
        observed=observed,
        duration_s=report.video.duration_s,
        time_zero=report.time_zero,
        missing=missing_of(report),
    )


def missing_of(report: Report) -> Spans:
    """The stretches of a report's time that no camera recorded, or whose pictures were lost."""
    whole = (Span(0.0, report.video.duration_s),)
    return intervals.subtract(whole, readable_of(report))


def readable_of(report: Report) -> Spans:
    """The stretches that a camera recorded and whose pictures can be read."""
    return intervals.subtract(report.recorded, report.video.lost)


def guideline_of(report: Report) -> str:
    """The guideline that a report was made with: the id or file that was given, else the id that the report names."""
    given = _setting(report, "guideline")
    return given if isinstance(given, str) else report.guideline.id


def gestation_weeks_of(report: Report) -> float | None:
    """The gestational age that a report was made with."""
    weeks = _setting(report, "gestation_weeks")
    return float(weeks) if isinstance(weeks, int | float) else None


def _setting(report: Report, name: str) -> object:
    stated = report.provenance.get("settings")
    return stated.get(name) if isinstance(stated, dict) else None

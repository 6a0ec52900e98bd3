"""Two timelines, or two folders of them, read and paired for `agree`; and what of it is written down."""

from pathlib import Path
from typing import Any, NamedTuple

from resus_doc.errors import InputRefused
from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES, Report, Timeline
from resus_doc.tools import agreement, casefolder, formats, revisions
from resus_doc.tools.batch_tables import EVENTS, SUMMARY
from resus_doc.tools.cases import missing_of
from resus_doc.tools.formats_study import USUAL
from resus_doc.tools.strings import counted
from resus_doc.tools.timeline import timeline_from_annotations

SUFFIXES = frozenset({".txt", ".csv", ".eaf"})


class Source(NamedTuple):
    """A timeline's place, its names for pairing, and the report if it is a case: as it was made, before any person revised it."""

    place: Path
    names: frozenset[str]
    report: Report | None


class Compared(NamedTuple):
    """One video's two timelines and their agreement; `notes` say what to know before trusting it."""

    name: str
    one: Timeline
    other: Timeline
    agreements: list[agreement.Agreement]
    notes: tuple[str, ...]


def compare_places(one: Path, other: Path) -> tuple[list[Compared], list[str]]:
    """The agreement of two timelines or case folders, or of all pairs of two folders; and what found no partner.

    In folders, files pair by their stem, cases by folder name, case id or the stem of their video; a batch's own tables are
    no timelines.

    Raises:
        InputRefused: a place holds no timeline, a file cannot be read, or nothing pairs.
    """
    if _is_single(one) and _is_single(other):
        return [_compare(_source(one), _source(other))], []
    left, right = _sources(one), _sources(other)
    pairs = [(a, b) for a in left for b in right if a.names & b.names]
    paired = {source.place for pair in pairs for source in pair}
    if len(paired) != 2 * len(pairs):
        raise InputRefused("A timeline in one folder fits several in the other.", "Give the files names of their own.")
    if not pairs:
        raise InputRefused(f"No timeline in {one} has a partner in {other}.", "Files pair by their names.")
    alone = [str(source.place) for source in (*left, *right) if source.place not in paired]
    return [_compare(a, b) for a, b in pairs], alone


def left_out(compared: list[Compared]) -> list[str]:
    """What is in no figure because one of the two does not cover it, a sentence for each activity."""
    notes = []
    for activity in ACTIVITIES:
        without = [each for each in compared if activity not in {found.subject for found in each.agreements}]
        events = sum(len(timeline.of(activity)) for each in without for timeline in (each.one, each.other))
        if events:
            notes.append(
                f"Of {ACTIVITY_NAMES[activity]}, {counted(events, 'event')} in {len(without)} of "
                f"{counted(len(compared), 'video')} count in no figure: one of the two does not cover it there (a file covers "
                "the activities that it holds)."
            )
    return notes


def as_json(compared: list[Compared], alone: list[str]) -> dict[str, Any]:
    """All numbers, over all videos and for each."""
    return {
        "n_videos": len(compared),
        "activities": {each.subject: each.summary() for each in agreement.add_up([c.agreements for c in compared])},
        "videos": {
            each.name: {
                "activities": {a.subject: a.summary() for a in each.agreements},
                "confusion_s": agreement.confusion(each.one, each.other),
                "notes": list(each.notes),
            }
            for each in compared
        },
        "notes": left_out(compared),
        "without_partner": alone,
    }


def _is_single(place: Path) -> bool:
    return place.is_file() or (place / casefolder.REPORT).exists()


def _sources(folder: Path) -> list[Source]:
    if not folder.is_dir() or _is_single(folder):
        raise InputRefused(f"{folder} is no folder of timelines.", "Name two timelines, or two folders.")
    found = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    return [
        _source(path)
        for path in found
        if (path / casefolder.REPORT).exists()
        or (path.suffix.casefold() in SUFFIXES and path.name not in (SUMMARY, EVENTS))
    ]


def _source(place: Path) -> Source:
    if place.is_dir():
        report = revisions.report_at(place, 0) if casefolder.is_revised(place) else casefolder.read_report(place)
        return Source(place, frozenset({place.name, report.case_id, Path(report.video.name).stem}), report)
    if not place.exists():
        raise InputRefused(f"There is no timeline at {place}.", "Name a case folder or an annotation file.")
    return Source(place, frozenset({place.stem}), None)


def _compare(one: Source, other: Source) -> Compared:
    name = one.place.stem if one.report is None else one.place.name
    lengths = [source.report.video.duration_s for source in (one, other) if source.report is not None]
    timelines, notes = [], []
    for source in (one, other):
        timeline, note = _timeline(source, max(lengths, default=None))
        timelines.append(timeline)
        notes += note
    if not lengths:
        notes.append("The length of the video is not known: seconds after the last event of both count for neither.")
    return Compared(name, timelines[0], timelines[1], agreement.compare(timelines[0], timelines[1]), tuple(notes))


def _timeline(source: Source, duration_s: float | None) -> tuple[Timeline, list[str]]:
    report = source.report
    if report is None:
        found = formats.read_annotation_file(source.place, duration_s)
        length_s = duration_s or max((event.end_s for event in found.events), default=0.0)
        units = [unit for unit in found.units if duration_s is None or unit != USUAL]
        notes = [f"{source.place.name}: {note.rstrip('.')}." for note in (*found.notes, *units)]
        return timeline_from_annotations(found.events, length_s), notes
    withheld = bool(report.withheld_events) and not report.events
    timeline = Timeline(
        events=report.withheld_events if withheld else report.events,
        covered=report.activities_covered,
        observed=report.observed,
        duration_s=report.video.duration_s,
        time_zero=report.time_zero,
        missing=missing_of(report),
    )
    notes = []
    if withheld:
        notes.append(
            f"{source.place.name} is unlike the detector's training data: the events it withholds were compared."
        )
    if casefolder.is_revised(source.place):
        notes.append(f"{source.place.name} was revised by a person: the report as it was made first was compared.")
    return timeline, notes

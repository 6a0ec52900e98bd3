"""Several recordings of one case on one clock: that of the first recording's start.

Between two recordings nothing was observed: an event that runs at the end of one may have ended anywhere up to the next, so
that edge is uncertain and not censored, there is no pause, and fractions over that time become ranges. Two recordings that
follow each other within a second are one that the camera cut: an event that runs over the cut is one event.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from resus_doc.errors import InputRefused, UsageError
from resus_doc.schema import Event, Range, Recording, Span, Timeline, Video
from resus_doc.tools import intervals
from resus_doc.tools.clock import clock
from resus_doc.tools.timeline import assemble

CUT_S = 1.0
"""Cameras cut a recording into files without a stop; what is lost between two files is less than a second."""

FARTHEST_S = 6 * 3600.0
"""Recordings of one resuscitation lie within hours; file times further apart belong to other cases or were changed by copying."""

GIVE_OFFSETS = "Give the start of each further recording with --offset, in seconds from the start of the first one."


class Placed(NamedTuple):
    """The recordings in order of time, and where their starts were taken from."""

    paths: tuple[Path, ...]
    recordings: tuple[Recording, ...]
    source: str
    """`given`, or `file times`."""


def place(paths: Sequence[Path], videos: Sequence[Video], given_s: Sequence[float] = ()) -> Placed:
    """Put recordings on one clock: by the given starts of all but the first, else by the times in or of the files.

    Raises:
        UsageError: a number of starts that does not fit the files, or a start that is no number.
        InputRefused: two recordings overlap, or their file times cannot be those of one case.
    """
    if given_s and len(given_s) != len(paths) - 1:
        raise UsageError(
            f"{len(paths)} recordings need {len(paths) - 1} offsets, and {len(given_s)} are given.", GIVE_OFFSETS
        )
    if not all(math.isfinite(start) for start in given_s):
        raise UsageError("An offset is not a number of seconds.", GIVE_OFFSETS)
    starts = [0.0, *given_s] if given_s else _file_times(paths, videos)
    order = sorted(range(len(paths)), key=lambda k: (starts[k], k))
    if given_s and order[0] != 0:
        raise UsageError(f"{paths[order[0]].name} would start before the first recording.", GIVE_OFFSETS)
    first_s = starts[order[0]]
    placed = [_recording(videos[k], starts[k] - first_s) for k in order]
    for before, after in pairwise(placed):
        overlap_s = before.start_s + before.duration_s - after.start_s
        if overlap_s > CUT_S:
            raise InputRefused(
                f"{before.name} and {after.name} overlap by {overlap_s:.1f} s.",
                f"Two cameras on one case are two cases. If the times are wrong: {GIVE_OFFSETS}",
            )
    return Placed(tuple(paths[k] for k in order), tuple(placed), "given" if given_s else "file times")


def _recording(video: Video, start_s: float) -> Recording:
    return Recording(name=video.name, sha256=video.sha256, start_s=round(start_s, 3), duration_s=video.duration_s)


def _file_times(paths: Sequence[Path], videos: Sequence[Video]) -> list[float]:
    """Starts by the time that each camera wrote into its file, or else by when each file was last written to."""
    written = [_creation_s(path) for path in paths]
    if None in written or len(set(written)) < len(written):
        starts = [path.stat().st_mtime - video.duration_s for path, video in zip(paths, videos, strict=True)]
    else:
        starts = [time for time in written if time is not None]
    if max(starts) - min(starts) > FARTHEST_S:
        raise InputRefused("By their file times these recordings lie hours apart.", GIVE_OFFSETS)
    return starts


def _creation_s(path: Path) -> float | None:
    """The start of a recording as its camera wrote it down, in seconds of the epoch; None if it did not."""
    from resus_doc.tools.video_decode import opened

    with opened(path) as (container, _):
        text = container.metadata.get("creation_time")
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return None if time is None else (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def whole_video(videos: Sequence[Video], recordings: Sequence[Recording]) -> Video:
    """What a report says of all recordings together: named after the first one, as long as from first start to last end.

    Its hash is that of the recordings' hashes, so that a case of two files is not that of the first one.
    """
    import hashlib

    digest = hashlib.sha256("".join(recording.sha256 for recording in recordings).encode()).hexdigest()
    name = " + ".join(recording.name for recording in recordings)
    end_s = max(recording.start_s + recording.duration_s for recording in recordings)
    return videos[0].model_copy(
        update={"name": name, "sha256": digest, "duration_s": round(end_s, 3), "broken_off_at_s": None}
    )


def join(
    timelines: Sequence[Timeline],
    starts_s: Sequence[float],
    birth_time_s: float | None = None,
    birth_uncertainty_s: float = 0.0,
) -> Timeline:
    """One timeline of recordings that each have their own, which begin at these seconds of the first one's clock."""
    ends_s = [start + timeline.duration_s for start, timeline in zip(starts_s, timelines, strict=True)]
    events: list[Event] = []
    for number, (timeline, start_s) in enumerate(zip(timelines, starts_s, strict=True)):
        before_s = ends_s[number - 1] if number else None
        after_s = starts_s[number + 1] if number + 1 < len(timelines) else None
        shifted = [_shifted(event, start_s, before_s, after_s) for event in timeline.events]
        events = _over_the_cut(events, shifted, ends_s[number - 1] if number else -math.inf, start_s)
    observed = intervals.clean(
        Span(span.start_s + start_s, span.end_s + start_s)
        for timeline, start_s in zip(timelines, starts_s, strict=True)
        for span in timeline.observed
    )
    recorded = [Span(start, end) for start, end in zip(starts_s, ends_s, strict=True)]
    lost = (
        Span(span.start_s + start_s, span.end_s + start_s)
        for timeline, start_s in zip(timelines, starts_s, strict=True)
        for span in timeline.missing
    )
    missing = intervals.subtract((Span(0.0, ends_s[-1]),), intervals.subtract(recorded, lost))
    covered = tuple(name for name in timelines[0].covered if all(name in timeline.covered for timeline in timelines))
    return assemble(events, covered, observed, ends_s[-1], birth_time_s, birth_uncertainty_s, missing)


def _shifted(event: Event, by_s: float, before_s: float | None, after_s: float | None) -> Event:
    """The event on the common clock; beside another recording its cut edge may lie anywhere in the time between."""

    def moved(span: Range) -> Range:
        return (span[0] + by_s, span[1] + by_s)

    start_s, end_s = event.start_s + by_s, event.end_s + by_s
    changes: dict[str, object] = {
        "start_s": start_s,
        "end_s": end_s,
        "start_range_s": moved(event.start_range_s),
        "end_range_s": moved(event.end_range_s),
    }
    if event.censored_start and before_s is not None:
        changes |= {"censored_start": False, "start_range_s": (min(before_s, start_s), start_s)}
    if event.censored_end and after_s is not None:
        changes |= {"censored_end": False, "end_range_s": (end_s, max(after_s, end_s))}
    return event.model_copy(update=changes)


def _over_the_cut(before: Iterable[Event], after: Iterable[Event], end_s: float, start_s: float) -> list[Event]:
    """The events of two recordings; those that run over a cut of the camera are one."""
    kept, further = list(before), list(after)
    if start_s - end_s > CUT_S:
        return kept + further
    for number, event in enumerate(kept):
        other = next((e for e in further if e.activity == event.activity and e.start_s <= start_s + 1e-6), None)
        if other is not None and event.end_s >= end_s - 1e-6:
            further.remove(other)
            kept[number] = event.model_copy(
                update={
                    "end_s": other.end_s,
                    "end_range_s": other.end_range_s,
                    "censored_end": other.censored_end,
                    "confidence": min(event.confidence, other.confidence),
                }
            )
    return kept + further


def told(recordings: Sequence[Recording], source: str) -> str:
    """The note that a report carries: which recordings, when, by which times, and that nothing was seen between them."""
    parts = ", ".join(f"{r.name} ({clock(r.start_s)}–{clock(r.start_s + r.duration_s)})" for r in recordings)
    how = "as given" if source == "given" else "by the times of the files"
    return f"This case has {len(recordings)} recordings, placed {how}: {parts}. The time between them was not observed."

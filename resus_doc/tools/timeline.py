"""From window probabilities, or a person's annotations, to the timeline of a case.

A detector that brings a fitted decoder is decoded by it (`decoding`), another one by hand thresholds (`hysteresis`). What is
observed, what is censored and from when intervals count is the same for both, and for annotations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from resus_doc.errors import BundleBroken, InputRefused, UsageError
from resus_doc.schema import ACTIVITIES, Activity, Event, Range, Span, Timeline, TimeZero
from resus_doc.tools import decoding, hysteresis, intervals
from resus_doc.tools.stretches import Stretch, lost, only_unknown_kind, widen_into, without_lost

if TYPE_CHECKING:
    from resus_doc.models.decoder import Decoder
    from resus_doc.tools.windows import Windows

EDGE_S = 0.05
"""An annotated event this near to the video's edge (about one frame) runs at the edge."""

OVERHANG_S = 1.0
"""Annotations may end this much after the video: times in annotation files are often rounded up to the second."""


def build_timeline(
    windows: Windows,
    thresholds: Mapping[str, float],
    duration_s: float,
    birth_time_s: float | None = None,
    birth_uncertainty_s: float = 0.0,
    *,
    decoder: Decoder | None = None,
    closer: Windows | None = None,
) -> Timeline:
    """The timeline that the window probabilities tell.

    Args:
        windows: probabilities of each label in each window. What they say of lost pictures (`stretches.LOST_S`) does not count.
        thresholds: for each label, the probability from which a window counts as positive.
        duration_s: length of the readable video, in seconds.
        birth_time_s: birth in seconds from the start of the video (usually negative), None when unknown.
        birth_uncertainty_s: birth lies within this many seconds of it.
        decoder: what was learned about decoding this detector's windows; without one, thresholds decide.
        closer: windows at a finer stride of stretches that were looked at again; only a decoder can use them.

    Raises:
        BundleBroken: a label is not an activity, or has no threshold.
        UsageError: the birth time cannot be used.
    """
    covered = _covered(windows.labels, thresholds)
    readable = _readable(windows, duration_s)
    gaps = lost(windows.unreadable)
    tracks = {
        name: without_lost(gaps, name, track)
        for name, track in _tracks(windows, closer, thresholds, covered, readable, duration_s, decoder).items()
    }
    if "ventilation" in tracks and ("ppv" in tracks or "cpap" in tracks):
        known = tracks.get("ppv", []) + tracks.get("cpap", [])
        tracks["ventilation"] = only_unknown_kind(tracks["ventilation"], known)
    in_view = [stretch.event("baby_visible", duration_s) for stretch in tracks.get("baby_visible", [])]
    seen = intervals.subtract(readable, gaps)
    observed = intervals.intersect((Span(event.start_s, event.end_s) for event in in_view), seen)
    hidden = _hidden(observed, duration_s)
    acts = [
        stretch.event(name, duration_s)
        for name, track in tracks.items()
        if name != "baby_visible"
        for stretch in widen_into(hidden, track)
    ]
    missing = intervals.subtract((Span(0.0, duration_s),), seen)
    return assemble(in_view + acts, covered, observed, duration_s, birth_time_s, birth_uncertainty_s, missing)


def timeline_from_annotations(
    events: Iterable[Event],
    duration_s: float,
    birth_time_s: float | None = None,
    birth_uncertainty_s: float = 0.0,
    covered: Sequence[Activity] | None = None,
) -> Timeline:
    """The timeline that a person's annotations tell.

    An annotation file covers the activities that occur in it, unless `covered` says more: that nobody wrote "suction"
    does not mean that there was none. Without a single "baby visible" the person is taken to have seen the baby all the
    time. Events of one activity that overlap or touch are one event (the study's three kinds of stimulation, for one).

    Raises:
        InputRefused: an event lies outside the video.
        UsageError: the birth time cannot be used.
    """
    inside = [_inside(event, duration_s) for event in events]
    seen = {event.activity for event in inside} | set(covered or ())
    names = tuple(name for name in ACTIVITIES if name in seen)
    merged = [event for name in names for event in _merge([e for e in inside if e.activity == name])]
    whole = (Span(0.0, duration_s),)
    visible = intervals.clean(Span(e.start_s, e.end_s) for e in merged if e.activity == "baby_visible")
    observed = visible if "baby_visible" in names else intervals.clean(whole)
    return assemble(merged, names, observed, duration_s, birth_time_s, birth_uncertainty_s)


def renumber(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events with ids E1, E2, ... in order of onset, then end, then activity."""
    ordered = sorted(events, key=lambda event: (event.start_s, event.end_s, ACTIVITIES.index(event.activity)))
    return tuple(event.model_copy(update={"id": f"E{number}"}) for number, event in enumerate(ordered, start=1))


# --- what both kinds of timeline share


def assemble(
    events: Iterable[Event],
    covered: tuple[Activity, ...],
    observed: tuple[Span, ...],
    duration_s: float,
    birth_time_s: float | None,
    birth_uncertainty_s: float,
    missing: tuple[Span, ...] = (),
) -> Timeline:
    """A timeline of events on the video's clock, numbered, with its time zero.

    Raises:
        UsageError: the birth time cannot be used.
    """
    start = TimeZero(t_s=0.0, range_s=(0.0, 0.0), source="video_start")
    timeline = Timeline(
        events=renumber(events),
        covered=covered,
        observed=observed,
        duration_s=duration_s,
        time_zero=start,
        missing=missing,
    )
    zero = _birth(birth_time_s, birth_uncertainty_s, duration_s) or timeline.table_arrival or start
    return timeline.model_copy(update={"time_zero": zero})


def _birth(birth_time_s: float | None, uncertainty_s: float, duration_s: float) -> TimeZero | None:
    if birth_time_s is None:
        return None
    if not (math.isfinite(birth_time_s) and math.isfinite(uncertainty_s) and uncertainty_s >= 0):
        raise UsageError(
            f"A birth time of {birth_time_s} s, give or take {uncertainty_s} s, cannot be used.",
            "Give signed seconds from the start of the video, and an uncertainty of zero or more.",
        )
    if birth_time_s > duration_s:
        raise UsageError(
            f"The birth time ({birth_time_s:g} s) lies after the end of the video ({duration_s:g} s).",
            "It counts from the start of the video; birth before the recording is negative, such as -75.",
        )
    around = (birth_time_s - uncertainty_s, birth_time_s + uncertainty_s)
    return TimeZero(t_s=birth_time_s, range_s=around, source="given")


def _hidden(observed: Iterable[Span], duration_s: float) -> tuple[Span, ...]:
    """The stretches, after the baby first came into view, in which it was out of view."""
    seen = intervals.clean(observed)
    return intervals.complement(seen, Span(seen[0].start_s, duration_s)) if seen else ()


# --- annotations


def _inside(event: Event, duration_s: float) -> Event:
    """The event clipped to the video, and marked where it runs at an edge."""
    last_s = duration_s + OVERHANG_S
    if event.start_s < -EDGE_S or event.end_s > last_s or event.start_s >= duration_s or event.end_s <= 0:
        raise InputRefused(
            f"The annotated {event.activity} from {event.start_s:g} to {event.end_s:g} s does not lie within the video "
            f"(0 to {duration_s:g} s).",
            "Check that the annotations belong to this video and count from its start.",
        )

    def clip(range_s: Range) -> Range:
        return (min(max(range_s[0], 0.0), duration_s), min(max(range_s[1], 0.0), duration_s))

    start_s, end_s = clip((event.start_s, event.end_s))
    lo, hi = clip(event.start_range_s)
    end_lo, end_hi = clip(event.end_range_s)
    return event.model_copy(
        update={
            "start_s": start_s,
            "end_s": end_s,
            "start_range_s": (min(lo, start_s), max(hi, start_s)),
            "end_range_s": (min(end_lo, end_s), max(end_hi, end_s)),
            "censored_start": event.censored_start or start_s <= EDGE_S,
            "censored_end": event.censored_end or end_s >= duration_s - EDGE_S,
        }
    )


def _merge(events: Iterable[Event]) -> list[Event]:
    """Events of one activity, those that overlap or touch as one."""
    merged: list[Event] = []
    for event in sorted(events, key=lambda event: (event.start_s, event.end_s)):
        if merged and event.start_s <= merged[-1].end_s:
            merged[-1] = _joined(merged[-1], event)
        else:
            merged.append(event)
    return merged


def _joined(one: Event, other: Event) -> Event:
    """One event for two that overlap; `one` does not start later."""
    last = max((one, other), key=lambda event: event.end_s)
    whole_s = one.duration_s + other.duration_s
    weighted = one.confidence * one.duration_s + other.confidence * other.duration_s
    return one.model_copy(
        update={
            "end_s": last.end_s,
            "end_range_s": last.end_range_s,
            "confidence": weighted / whole_s if whole_s > 0 else min(one.confidence, other.confidence),
            "censored_start": one.censored_start or other.censored_start,
            "censored_end": one.censored_end or other.censored_end,
            "source": one.source if one.source == other.source else "annotation",
            "confirmed_by": one.confirmed_by if one.confirmed_by == other.confirmed_by else None,
        }
    )


# --- windows


def _covered(labels: Sequence[str], thresholds: Mapping[str, float]) -> tuple[Activity, ...]:
    remedy = "Use a bundle that `resus-doc train` wrote, or the shipped one."
    if unknown := [label for label in labels if label not in ACTIVITIES]:
        raise BundleBroken(f"The detector names '{unknown[0]}', which is none of the activities.", remedy)
    if missing := [label for label in labels if label not in thresholds]:
        raise BundleBroken(f"The detector has no threshold for '{missing[0]}'.", remedy)
    return tuple(name for name in ACTIVITIES if name in labels)


def _readable(windows: Windows, duration_s: float) -> tuple[Span, ...]:
    """The stretches that some window saw; what a stride leaves over at the video's edges counts as seen."""
    if len(windows) == 0 or duration_s <= 0:
        return ()
    spans = [Span(float(start), float(start) + windows.window_s) for start in windows.start_s]
    if spans[0].start_s <= windows.stride_s:
        spans.append(Span(0.0, spans[0].end_s))
    if duration_s - spans[len(windows) - 1].end_s <= windows.stride_s:
        spans.append(Span(spans[len(windows) - 1].start_s, duration_s))
    return intervals.intersect(spans, (Span(0.0, duration_s),))


def _tracks(
    windows: Windows,
    closer: Windows | None,
    thresholds: Mapping[str, float],
    covered: Sequence[Activity],
    readable: Sequence[Span],
    duration_s: float,
    decoder: Decoder | None,
) -> dict[Activity, list[Stretch]]:
    """The stretches of every label, by the detector's decoder where it fits the windows."""
    if not readable:
        return {name: [] for name in covered}
    _check_numbers(windows)
    within = Span(readable[0].start_s, readable[-1].end_s)
    if decoder is not None:
        return decoding.decode(windows, closer, decoder, within)
    return {name: hysteresis.decode(windows, name, thresholds[name], within, duration_s) for name in covered}


def _check_numbers(windows: Windows) -> None:
    for name, column in zip(windows.labels, windows.probabilities.T, strict=True):
        if not all(math.isfinite(p) for p in column):
            raise BundleBroken(
                f"The detector gives no number for '{name}' in some windows.", "Use another bundle, or --device cpu."
            )

"""From window probabilities, or a person's annotations, to the timeline of a case.

The first decoder: hysteresis. A stretch of windows is an event when one of them reaches the activity's threshold; it goes
on through dips that stay above a lower one. A window's probability speaks of *more than half* of it, so it passes through
the threshold where the window's centre passes the onset: onsets and offsets are interpolated between window centres.

What this module does not know: whether two activities can go together (PPV and CPAP may overlap), and how often an
activity lasts how long.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resus_doc.errors import BundleBroken, InputRefused, UsageError
from resus_doc.schema import ACTIVITIES, Activity, Event, Range, Span, Timeline, TimeZero
from resus_doc.tools import intervals

if TYPE_CHECKING:
    from resus_doc.tools.windows import Windows

EMPTY_TABLE_S = 3.0
"""The baby must be out of view at least this long from the video's start before its coming into view counts as arrival:
one and a half windows, more than the first windows' own uncertainty."""

KEEP_RATIO = 0.6
KEEP_S = 4.0
"""An event goes on through a dip of at most KEEP_S (two windows) that stays above this part of its threshold."""

BRIDGE_S = 1.5
"""Gaps up to this are flicker: under two windows' stride, and under the two seconds from one breath to the next at the
slowest ventilation rate that a guideline of ours states (30 a minute)."""

MIN_DURATION_S: dict[Activity, float] = {
    "baby_visible": 2.0,
    "ppv": 1.5,
    "cpap": 1.5,
    "ventilation": 1.5,
    "stimulation": 1.5,
    "suction": 1.5,
    "chest_compressions": 1.5,
}
"""Shorter events are flicker. One lone window over its threshold decodes to about 1 s, two in a row to about 2 s."""

RANGE_REACH_S = 5.0
"""How far a range follows probabilities that are neither clearly on nor clearly off."""

DOUBT = 0.3
"""A probability is clearly off under this part of the threshold, and clearly on as near to one."""

HIDDEN_EDGE_S = 2.0
"""An edge this near (one window) to a stretch in which the baby was out of view may lie anywhere in that stretch."""

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
) -> Timeline:
    """The timeline that the window probabilities tell.

    Args:
        windows: probabilities of each label in each window.
        thresholds: for each label, the probability from which a window counts as positive.
        duration_s: length of the readable video, in seconds.
        birth_time_s: birth in seconds from the start of the video (usually negative), None when unknown.
        birth_uncertainty_s: birth lies within this many seconds of it.

    Raises:
        BundleBroken: a label is not an activity, or has no threshold.
        UsageError: the birth time cannot be used.
    """
    covered = _covered(windows.labels, thresholds)
    readable = _readable(windows, duration_s)
    tracks = {name: _decode(windows, name, thresholds[name], readable, duration_s) for name in covered}
    if "ventilation" in tracks and ("ppv" in tracks or "cpap" in tracks):
        known = tracks.get("ppv", []) + tracks.get("cpap", [])
        tracks["ventilation"] = _only_unknown_kind(tracks["ventilation"], known)
    in_view = [stretch.event("baby_visible", duration_s) for stretch in tracks.get("baby_visible", [])]
    observed = intervals.intersect((Span(event.start_s, event.end_s) for event in in_view), readable)
    hidden = _hidden(observed, duration_s)
    acts = [
        stretch.event(name, duration_s)
        for name, track in tracks.items()
        if name != "baby_visible"
        for stretch in _widen_into(hidden, track)
    ]
    return _assemble(in_view + acts, covered, observed, duration_s, birth_time_s, birth_uncertainty_s)


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
    return _assemble(merged, names, observed, duration_s, birth_time_s, birth_uncertainty_s)


def table_arrival(timeline: Timeline) -> TimeZero | None:
    """When the baby came onto the table; None unless an empty table was seen before."""
    first = next(iter(timeline.of("baby_visible")), None)
    if first is None or "baby_visible" not in timeline.covered or first.censored_start or first.start_s < EMPTY_TABLE_S:
        return None
    return TimeZero(t_s=first.start_s, range_s=first.start_range_s, source="table_arrival")


def renumber(events: Iterable[Event]) -> tuple[Event, ...]:
    """The events with ids E1, E2, ... in order of onset, then end, then activity."""
    ordered = sorted(events, key=lambda event: (event.start_s, event.end_s, ACTIVITIES.index(event.activity)))
    return tuple(event.model_copy(update={"id": f"E{number}"}) for number, event in enumerate(ordered, start=1))


# --- what both kinds of timeline share


def _assemble(
    events: Iterable[Event],
    covered: tuple[Activity, ...],
    observed: tuple[Span, ...],
    duration_s: float,
    birth_time_s: float | None,
    birth_uncertainty_s: float,
) -> Timeline:
    start = TimeZero(t_s=0.0, range_s=(0.0, 0.0), source="video_start")
    timeline = Timeline(
        events=renumber(events), covered=covered, observed=observed, duration_s=duration_s, time_zero=start
    )
    zero = _birth(birth_time_s, birth_uncertainty_s, duration_s) or table_arrival(timeline) or start
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


# --- the hysteresis decoder


@dataclass(frozen=True)
class _Stretch:
    """An event of one label before it has a name; times in seconds."""

    start_s: float
    end_s: float
    start_range_s: Range
    end_range_s: Range
    confidence: float
    censored_start: bool
    censored_end: bool

    @property
    def span(self) -> Span:
        return Span(self.start_s, self.end_s)

    def event(self, activity: Activity, duration_s: float) -> Event:
        """The event, its times in whole milliseconds within the video."""

        def ms(t_s: float) -> float:
            return duration_s if t_s >= duration_s else min(round(max(t_s, 0.0), 3), duration_s)

        return Event(
            id="E0",
            activity=activity,
            start_s=ms(self.start_s),
            end_s=ms(self.end_s),
            confidence=round(min(max(self.confidence, 0.0), 1.0), 4),
            start_range_s=(ms(self.start_range_s[0]), ms(self.start_range_s[1])),
            end_range_s=(ms(self.end_range_s[0]), ms(self.end_range_s[1])),
            censored_start=self.censored_start,
            censored_end=self.censored_end,
            source="detector",
        )


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


def _decode(
    windows: Windows, name: Activity, threshold: float, readable: Sequence[Span], duration_s: float
) -> list[_Stretch]:
    """The stretches of one label: runs over the threshold, flicker bridged or dropped."""
    if not readable:
        return []
    probability = [float(p) for p in windows.probabilities[:, windows.labels.index(name)]]
    if not all(math.isfinite(p) for p in probability):
        raise BundleBroken(
            f"The detector gives no number for '{name}' in some windows.", "Use another bundle, or --device cpu."
        )
    centre = [float(start) + windows.window_s / 2 for start in windows.start_s]
    track = _Track(centre, probability, threshold, Span(readable[0].start_s, readable[-1].end_s))
    runs = _bridged(track)
    shortest_s = min(MIN_DURATION_S[name], duration_s / 2)
    runs = [run for run in runs if track.offset(run[1]) - track.onset(run[0]) >= shortest_s]
    return [track.stretch(runs, number) for number in range(len(runs))]


_Run = tuple[int, int]
"""First and last window of a run at or over the threshold."""


def _bridged(track: _Track) -> list[_Run]:
    """Runs of positive windows, joined over dips that stay above the lower threshold and over gaps too short to trust."""
    runs: list[_Run] = []
    for first, last in track.runs():
        if runs:
            before = runs[-1]
            dip = track.probability[before[1] + 1 : first]
            gap_s = track.onset(first) - track.offset(before[1])
            if gap_s <= BRIDGE_S or (gap_s <= KEEP_S and min(dip) >= KEEP_RATIO * track.threshold):
                runs[-1] = (before[0], last)
                continue
        runs.append((first, last))
    return runs


@dataclass(frozen=True)
class _Track:
    """One label's probabilities at the window centres; `within` is the readable part of the video."""

    centre: Sequence[float]
    probability: Sequence[float]
    threshold: float
    within: Span

    def runs(self) -> list[_Run]:
        """Maximal runs of windows at or over the threshold."""
        found: list[_Run] = []
        for i, p in enumerate(self.probability):
            if p < self.threshold:
                continue
            if found and found[-1][1] == i - 1:
                found[-1] = (found[-1][0], i)
            else:
                found.append((i, i))
        return found

    def crossing(self, off: int, on: int, level: float) -> float:
        """Where the probability passes the level between two neighbouring windows, the first under it."""
        low, high = self.probability[off], self.probability[on]
        part = (level - low) / (high - low) if high > low else 0.5
        return self.centre[off] + min(max(part, 0.0), 1.0) * (self.centre[on] - self.centre[off])

    def onset(self, first: int) -> float:
        return self.within.start_s if first == 0 else self.crossing(first - 1, first, self.threshold)

    def offset(self, last: int) -> float:
        return self.within.end_s if last == len(self.centre) - 1 else self.crossing(last + 1, last, self.threshold)

    def stretch(self, runs: Sequence[_Run], number: int) -> _Stretch:
        """The stretch of one run, whose ranges stay clear of the runs beside it."""
        first, last = runs[number]
        start_s, end_s = self.onset(first), self.offset(last)
        floor_s = self.offset(runs[number - 1][1]) if number else self.within.start_s
        ceiling_s = self.onset(runs[number + 1][0]) if number + 1 < len(runs) else self.within.end_s
        inside = self.probability[first : last + 1]
        return _Stretch(
            start_s=start_s,
            end_s=end_s,
            start_range_s=(
                max(floor_s, min(start_s, self._surely_off(first, -1, start_s))),
                min(end_s, max(start_s, self._surely_on(first, +1, start_s))),
            ),
            end_range_s=(
                max(start_s, min(end_s, self._surely_on(last, -1, end_s))),
                min(ceiling_s, max(end_s, self._surely_off(last, +1, end_s))),
            ),
            confidence=sum(inside) / len(inside),
            censored_start=first == 0,
            censored_end=last == len(self.centre) - 1,
        )

    def _surely_off(self, edge: int, step: int, from_s: float) -> float:
        """Going outward from the edge window, the first centre at which the activity is clearly off."""
        return self._walk(edge, step, from_s, lambda p: p <= DOUBT * self.threshold)

    def _surely_on(self, edge: int, step: int, from_s: float) -> float:
        """Going inward from the edge window, the first centre at which the activity is clearly on."""
        return self._walk(edge - step, step, from_s, lambda p: p >= 1 - DOUBT * (1 - self.threshold))

    def _walk(self, edge: int, step: int, from_s: float, reached: Callable[[float], bool]) -> float:
        at = edge + step
        while 0 <= at < len(self.centre):
            if reached(self.probability[at]) or abs(self.centre[at] - from_s) >= RANGE_REACH_S:
                return self.centre[at]
            at += step
        return self.within.start_s if step < 0 else self.within.end_s


def _only_unknown_kind(track: Iterable[_Stretch], known: Sequence[_Stretch]) -> list[_Stretch]:
    """Mask support that is neither PPV nor CPAP; shorter leftovers at the edges of those are not events of their own."""
    pieces = [
        _cut(stretch, piece, known)
        for stretch in track
        for piece in intervals.subtract((stretch.span,), (other.span for other in known))
    ]
    return [piece for piece in pieces if piece.end_s - piece.start_s >= MIN_DURATION_S["ventilation"]]


def _cut(stretch: _Stretch, piece: Span, known: Sequence[_Stretch]) -> _Stretch:
    """A piece of a stretch; where PPV or CPAP cut it off, the edge is as uncertain as theirs."""
    start_range_s, end_range_s = stretch.start_range_s, stretch.end_range_s
    if piece.start_s > stretch.start_s:
        start_range_s = next(other.end_range_s for other in known if other.end_s == piece.start_s)
    if piece.end_s < stretch.end_s:
        end_range_s = next(other.start_range_s for other in known if other.start_s == piece.end_s)
    return replace(
        stretch,
        start_s=piece.start_s,
        end_s=piece.end_s,
        start_range_s=start_range_s,
        end_range_s=end_range_s,
        censored_start=stretch.censored_start and piece.start_s == stretch.start_s,
        censored_end=stretch.censored_end and piece.end_s == stretch.end_s,
    )


def _widen_into(hidden: Iterable[Span], track: Sequence[_Stretch]) -> list[_Stretch]:
    """Stretches whose edge lies next to a time out of view: that edge may lie anywhere in it."""
    widened = list(track)
    for gap in hidden:
        for number, stretch in enumerate(widened):
            if gap.start_s < stretch.start_s <= gap.end_s + HIDDEN_EDGE_S:
                floor_s = widened[number - 1].end_s if number else gap.start_s
                lo = min(stretch.start_range_s[0], max(gap.start_s, floor_s))
                widened[number] = replace(widened[number], start_range_s=(lo, stretch.start_range_s[1]))
            if gap.start_s - HIDDEN_EDGE_S <= stretch.end_s < gap.end_s:
                ceiling_s = widened[number + 1].start_s if number + 1 < len(widened) else gap.end_s
                hi = max(stretch.end_range_s[1], min(gap.end_s, ceiling_s))
                widened[number] = replace(widened[number], end_range_s=(stretch.end_range_s[0], hi))
    return widened

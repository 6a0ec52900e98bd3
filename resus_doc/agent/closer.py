"""Where to look closer: the stretches of a video on which a verdict hangs.

A verdict hangs on an edge when its rule is undecided and rests on an event whose edge is uncertain; on a short event when
the verdict is another one without it; on a short gap when it is another one with the gap closed. The rules are asked, with
the timeline changed accordingly; nothing here knows what they say.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from resus_doc.schema import ACTIVITIES, Event, Finding, Range, Span, Timeline
from resus_doc.tools import intervals

Judge = Callable[[Timeline], Sequence[Finding]]
"""The findings of a timeline."""

Reason = Literal["uncertain_edge", "short_event", "short_gap"]

SHORT_S = 3.0
"""An event or a gap this short (one window and a stride) rests on three windows at most at the detector's own stride."""

UNCERTAIN_S = 0.3
"""A range at least this wide can become narrower: a finer stride resolves a quarter of a second."""

OUT_OF_REACH_S = 8.0
"""A wider range comes from a stretch out of view, where a second look sees no more than the first one."""

MARGIN_S = 2.0
"""A stretch is widened by one window on both sides, so that every window that holds the edge lies in it."""

MOST_S = 120.0
"""Seconds that are looked at again at most, the most decisive ones first: a look costs four times a first one."""


class Doubt(NamedTuple):
    """A stretch, the rule whose verdict hangs on it, and why."""

    span: Span
    rule_id: str
    reason: Reason


def doubts(timeline: Timeline, findings: Sequence[Finding], judge: Judge) -> tuple[Doubt, ...]:
    """The stretches to look at again, each once, in order of time. Only verdicts that a number decides can hang on any."""
    decided = {f.rule_id: f for f in findings if f.threshold is not None and f.verdict != "not_assessable"}
    if not decided:
        return ()
    found = [*_edges(timeline, decided), *_short(timeline, decided, judge)]
    chosen: dict[Span, Doubt] = {}
    total_s = 0.0
    for doubt in found:
        span = _widened(doubt.span, timeline.duration_s)
        if span not in chosen and total_s + span.end_s - span.start_s <= MOST_S:
            chosen[span] = doubt._replace(span=span)
            total_s += span.end_s - span.start_s
    return tuple(sorted(chosen.values()))


def stretches(found: Sequence[Doubt]) -> tuple[Span, ...]:
    """What is to be decoded again: the doubts' spans without overlaps."""
    return intervals.clean(doubt.span for doubt in found)


def within(found: Sequence[Span], start_s: float, length_s: float) -> tuple[Span, ...]:
    """What of the stretches lies in a recording that starts there, on its own clock."""
    inside = intervals.intersect(found, (Span(start_s, start_s + length_s),))
    return tuple(Span(span.start_s - start_s, span.end_s - start_s) for span in inside)


def _edges(timeline: Timeline, decided: Mapping[str, Finding]) -> Iterator[Doubt]:
    """Uncertain edges of the events that an undecided rule rests on."""
    events = {event.id: event for event in timeline.events}
    for rule_id, finding in decided.items():
        if finding.verdict != "indeterminate":
            continue
        for event in (events[name] for name in finding.events if name in events):
            for edge_range, censored in (
                (event.start_range_s, event.censored_start),
                (event.end_range_s, event.censored_end),
            ):
                if not censored and UNCERTAIN_S <= edge_range[1] - edge_range[0] <= OUT_OF_REACH_S:
                    yield Doubt(Span(*edge_range), rule_id, "uncertain_edge")


def _short(timeline: Timeline, decided: Mapping[str, Finding], judge: Judge) -> Iterator[Doubt]:
    """Short events and gaps without which a verdict would be another one."""
    for changed, span, reason in _alternatives(timeline):
        others = {finding.rule_id: finding.verdict for finding in judge(changed)}
        for rule_id, finding in decided.items():
            if others.get(rule_id) != finding.verdict:
                yield Doubt(span, rule_id, reason)


def _alternatives(timeline: Timeline) -> Iterator[tuple[Timeline, Span, Reason]]:
    """The timeline without each short event, and with each short gap closed; with the stretch that tells which is right."""
    for activity in ACTIVITIES:
        if activity == "baby_visible":
            continue
        own = timeline.of(activity)
        for event in own:
            if event.duration_s < SHORT_S and not (event.censored_start or event.censored_end):
                rest = tuple(each for each in timeline.events if each.id != event.id)
                yield timeline.model_copy(update={"events": rest}), Span(event.start_s, event.end_s), "short_event"
        for before, after in pairwise(own):
            if after.start_s - before.end_s < SHORT_S:
                joined = _joined(before, after)
                rest = tuple(
                    joined if each.id == before.id else each for each in timeline.events if each.id != after.id
                )
                gap = Span(before.end_s, max(after.start_s, before.end_s))
                yield timeline.model_copy(update={"events": rest}), gap, "short_gap"


def _joined(before: Event, after: Event) -> Event:
    return before.model_copy(
        update={"end_s": after.end_s, "end_range_s": after.end_range_s, "censored_end": after.censored_end}
    )


def _widened(span: Range, duration_s: float) -> Span:
    """The stretch in tenths of a second, with a window on both sides, within the video."""
    low_s, high_s = max(0.0, span[0] - MARGIN_S), min(duration_s, span[1] + MARGIN_S)
    return Span(round(low_s, 1), min(round(high_s, 1), duration_s))

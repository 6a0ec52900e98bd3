"""Where things stand on the drawn timeline, in per cent of its width, so that the drawing fits any screen and paper.

Pure arithmetic on a report; the template draws. An event fades in over its onset range and out over its offset range.
"""

from typing import NamedTuple

from resus_doc.schema import ACTIVITIES, Activity, Event, Range, Report
from resus_doc.tools import report_words as words
from resus_doc.tools.clock import clock

STEPS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200)
"""The distances between ticks that a clock reader counts in."""

MOST_TICKS = 8
"""As many labels as fit beside each other on a screen of 400 px."""

LONGEST_LEAD_S = 60.0
"""Time zero before the recording is drawn to scale up to here, or up to half the recording: more would squeeze it."""


FIRST_MINUTE_S = 60.0
"""The guidelines' first minute: by its end ventilation has begun where it is needed."""

NARROW = 0.7
"""Per cent of the width below which two edge lines would hide the bar: some 4 px of a usual screen."""


class Tick(NamedTuple):
    """One mark of the axis; `anchor` is the SVG text anchor that keeps its label inside."""

    at: float
    label: str
    anchor: str


class Box(NamedTuple):
    """A stretch of the axis."""

    at: float
    width: float


class Bar(NamedTuple):
    """One event. `fade_in`, `core` and `fade_out` follow each other; `start` and `end` are the best estimates.

    A `narrow` bar is too small for its edges to be told apart and becomes one line of its colour.
    """

    event: Event
    fade_in: Box
    core: Box
    fade_out: Box
    start: float
    end: float
    narrow: bool
    label: str


class Lane(NamedTuple):
    activity: Activity
    name: str
    bars: tuple[Bar, ...]


class Drawing(NamedTuple):
    """`zero` and `minute` are the marks of time zero and of 60 s after birth, None where not on the axis."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    before_video: Box | None
    unobserved: tuple[Box, ...]
    zero: float | None
    zero_range: Box | None
    minute: float | None
    axis: "Axis"


class Axis(NamedTuple):
    """From `start_s` to `end_s` of the video's time; `zero_s` is where its labels count from."""

    start_s: float
    end_s: float
    zero_s: float

    def at(self, t_s: float) -> float:
        """The place of a time, 0 to 100, cut off at the edges."""
        length = self.end_s - self.start_s
        share = (t_s - self.start_s) / length if length > 0 else 0.0
        return round(100 * min(1.0, max(0.0, share)), 3)

    def box(self, start_s: float, end_s: float) -> Box:
        """The place of a stretch."""
        left = self.at(start_s)
        return Box(left, round(max(0.0, self.at(end_s) - left), 3))

    def holds(self, t_s: float) -> bool:
        """Whether the time is on the axis."""
        return self.start_s <= t_s <= self.end_s


def axis_of(report: Report) -> Axis:
    """The axis: from time zero, or from the start of the video where time zero is later or long before it."""
    zero, length = report.time_zero.t_s, report.video.duration_s
    ends = [length, *(event.end_s for event in report.events)]
    drawn_lead = min(0.0, zero) if -zero <= max(LONGEST_LEAD_S, length / 2) else 0.0
    return Axis(drawn_lead, max(ends), zero)


def draw(report: Report) -> Drawing:
    """The drawing of a report's events; lanes are the covered activities and whatever else has events."""
    axis = axis_of(report)
    zero = report.time_zero
    shown = set(report.activities_covered) | {event.activity for event in report.events}
    gaps = words.unobserved(report) if report.observed or report.observed_s == 0 else ()
    minute_s = zero.t_s + 60
    return Drawing(
        lanes=tuple(_lane(report, activity, axis) for activity in ACTIVITIES if activity in shown),
        ticks=ticks(axis),
        before_video=axis.box(axis.start_s, 0.0) if axis.start_s < 0 else None,
        unobserved=tuple(axis.box(*gap) for gap in gaps),
        zero=axis.at(zero.t_s) if axis.holds(zero.t_s) and zero.source != "video_start" else None,
        zero_range=_spread(zero.range_s, axis) if zero.source != "video_start" else None,
        minute=axis.at(minute_s) if zero.source == "given" and axis.holds(minute_s) else None,
        axis=axis,
    )


def first_minute(report: Report) -> Drawing | None:
    """The first 60 s after birth on an axis of their own; None where birth is not known or nothing of them was recorded."""
    zero = report.time_zero
    begin, end = zero.t_s, zero.t_s + FIRST_MINUTE_S
    if zero.source != "given" or words.withheld(report) or end <= 0 or begin >= report.video.duration_s:
        return None
    axis = Axis(begin, end, begin)
    within = tuple(e for e in report.events if e.end_s > begin and e.start_s < end and e.activity != "baby_visible")
    gaps = words.unobserved(report) if report.observed or report.observed_s == 0 else ()
    unrecorded = [axis.box(begin, 0.0), axis.box(report.video.duration_s, end)]
    blank = [*unrecorded, *(axis.box(*gap) for gap in gaps)]
    shown = report.model_copy(update={"events": within})
    return Drawing(
        lanes=tuple(_lane(shown, a, axis) for a in ACTIVITIES if a in {e.activity for e in within}),
        ticks=tuple(
            Tick(axis.at(begin + s), clock(s), "start" if s == 0 else "end" if s == 60 else "middle")
            for s in range(0, 61, 15)
        ),
        before_video=None,
        unobserved=tuple(box for box in blank if box.width > 0),
        zero=None,
        zero_range=_spread((begin, max(begin, zero.range_s[1])), axis),
        minute=None,
        axis=axis,
    )


def _spread(span: Range, axis: Axis) -> Box | None:
    box = axis.box(*span)
    return box if box.width > 0 else None


def _lane(report: Report, activity: Activity, axis: Axis) -> Lane:
    events = sorted((e for e in report.events if e.activity == activity), key=lambda e: (e.start_s, e.end_s, e.id))
    name = words.activity_name(activity, capital=True)
    return Lane(activity, name, tuple(_bar(event, report, axis) for event in events))


def _bar(event: Event, report: Report, axis: Axis) -> Bar:
    """Where the ranges of a short event overlap, both fades meet in its middle."""
    middle = (event.start_s + event.end_s) / 2
    first = event.start_s if event.censored_start else min(event.start_range_s[0], event.start_s)
    last = event.end_s if event.censored_end else max(event.end_range_s[1], event.end_s)
    full = event.start_s if event.censored_start else min(max(event.start_range_s[1], event.start_s), middle)
    fading = event.end_s if event.censored_end else max(min(event.end_range_s[0], event.end_s), middle)
    name = words.activity_name(event.activity, capital=True)
    return Bar(
        event=event,
        fade_in=axis.box(first, full),
        core=axis.box(full, fading),
        fade_out=axis.box(fading, last),
        start=axis.at(event.start_s),
        end=axis.at(event.end_s),
        narrow=axis.at(event.end_s) - axis.at(event.start_s) < NARROW,
        label=f"{event.id} {name}, {words.event_times(event, report.time_zero)}",
    )


def ticks(axis: Axis) -> tuple[Tick, ...]:
    """Marks at round times from time zero, at most `MOST_TICKS`."""
    length = axis.end_s - axis.start_s
    if length <= 0:
        return ()
    step = next((s for s in STEPS_S if length / s < MOST_TICKS), None) or -(-int(length) // MOST_TICKS)
    first = -int(-(axis.start_s - axis.zero_s) // step)
    found = []
    for number in range(first, first + MOST_TICKS + 1):
        t_s = axis.zero_s + number * step
        if axis.holds(t_s):
            at = axis.at(t_s)
            found.append(Tick(at, clock(number * step), "start" if at < 4 else "end" if at > 96 else "middle"))
    return tuple(found)

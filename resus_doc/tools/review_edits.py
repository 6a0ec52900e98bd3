"""What a reviewer wants of a case's events, and what the case becomes by it: arithmetic on values, no file, no clock.

An event keeps its id for good; a new one gets the next number that was never given. What a person did not touch keeps the
detector's ranges and confidence; an edge that a person set stands where it was put (see `Event`).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, NamedTuple

from pydantic import Field, StringConstraints

from resus_doc.errors import InputRefused
from resus_doc.schema import ACTIVITIES, ACTIVITY_NAMES, Activity, Event, Range, Report, Span, Timeline, TimeZero, Value
from resus_doc.tools import intervals
from resus_doc.tools.cases import missing_of, readable_of
from resus_doc.tools.clock import clock
from resus_doc.tools.revisions import Change, Form
from resus_doc.tools.timeline import EDGE_S

MOST_EVENTS = 5000
"""A four-hour case has some hundreds."""

_SAME_S = 0.0005
"""Times are kept to the millisecond."""

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
_Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]


class Wanted(Value):
    """One event as the reviewer wants it. An id that the case never had must begin with N: it is a new event."""

    id: _Id
    activity: Activity
    start_s: float = Field(ge=0)
    end_s: float
    confirmed: bool


class Birth(Value):
    """The moment of birth in seconds from the start of the video, negative before it, known to within ± `uncertainty_s`."""

    t_s: float = Field(ge=-86_400)
    uncertainty_s: float = Field(ge=0, le=3600)


class Edits(Value):
    """What a page sends to be saved. `revision` is the number it was made from; `events` are all that are to remain."""

    revision: int = Field(ge=0)
    by: _Name
    note: _Note = ""
    events: tuple[Wanted, ...] = Field(max_length=MOST_EVENTS)
    birth: Birth | None
    whole_recording: bool = False


class Edited(NamedTuple):
    """The outcome: the events that count, those still withheld, time zero if it is known as birth, and what changed."""

    events: tuple[Event, ...]
    withheld: tuple[Event, ...]
    birth: TimeZero | None
    whole_recording: bool
    changes: tuple[Change, ...]


def is_out_of_domain(report: Report) -> bool:
    """Whether the events are candidates that a reviewer must accept one by one."""
    return report.domain_check is not None and not report.domain_check.in_domain


def apply(report: Report, versions: Mapping[str, Sequence[Event]], edits: Edits) -> Edited:
    """What the report's events become.

    Args:
        report: the case as it stands.
        versions: every event that the case ever had, by id, the present version first.
        edits: what the reviewer wants.

    Raises:
        InputRefused: an event lies outside the video, overlaps another of its activity, or is not known.
    """
    now = {event.id: event for event in (*report.events, *report.withheld_events)}
    _check(report, versions, edits)
    numbers = (int(name[1:]) for name in versions if name[0] == "E" and name[1:].isdigit())
    following = max(numbers, default=0) + 1
    kept: list[Event] = []
    changes: list[Change] = []
    for wanted in sorted(edits.events, key=lambda each: (each.start_s, each.end_s)):
        name = wanted.id
        if name not in versions:
            name, following = f"E{following}", following + 1
        event = _event(wanted, name, versions.get(name, ()), edits.by, report.video.duration_s)
        kept.append(event)
        changes += _differences(now.get(name), event, is_known=name in versions)
    remaining = {event.id for event in kept}
    changes += [
        Change(action="deleted", event=event.id, before=_form(event))
        for event in now.values()
        if event.id not in remaining
    ]
    whole = report.review is not None and report.review.whole_recording_by is not None
    if edits.whole_recording and not whole:
        changes.append(Change(action="whole recording watched"))
    birth = _birth(edits.birth, report.video.duration_s)
    changes += _birth_change(report.time_zero, birth)
    events, withheld = _divided(report, kept, whole or edits.whole_recording)
    _refuse_overlap(events or [event for event in withheld if event.confirmed_by])
    return Edited(events, withheld, birth, whole or edits.whole_recording, tuple(changes))


def timeline_of(report: Report, edited: Edited) -> Timeline:
    """The timeline of the edited events. Where the baby's being in view was not edited, the observed stretches stay."""
    named = set(report.activities_covered) | {event.activity for event in edited.events}
    covered = tuple(name for name in ACTIVITIES if name in named)
    start = TimeZero(t_s=0.0, range_s=(0.0, 0.0), source="video_start")
    timeline = Timeline(
        events=edited.events,
        covered=covered,
        observed=_observed(report, edited.events, covered),
        duration_s=report.video.duration_s,
        time_zero=start,
        missing=missing_of(report),
    )
    zero = edited.birth or timeline.table_arrival or start
    return timeline.model_copy(update={"time_zero": zero})


def told(change: Change, zero: TimeZero) -> str:
    """A change in words: its events count from `zero` as the report's do, a time of birth from the start of the video."""
    if change.action == "birth set":
        if change.after_s is None:
            return "the time of birth was taken out"
        return f"birth set to {change.after_s:g} s from the start of the video, ± {change.uncertainty_s or 0:g} s"
    if change.action == "whole recording watched":
        return "the whole recording was watched; the events are all that was done"
    words = f"{change.event} {change.action}: "
    forms = [_form_told(form, zero.t_s) for form in (change.before, change.after) if form is not None]
    return words + " → ".join(dict.fromkeys(forms))


def _form_told(form: Form, zero_s: float) -> str:
    return f"{ACTIVITY_NAMES[form.activity]} {_tenths(form.start_s - zero_s)}–{_tenths(form.end_s - zero_s)}"


def _tenths(seconds: float) -> str:
    tenths = math.floor(abs(seconds) * 10 + 0.5)
    return f"{'-' if seconds < 0 and tenths else ''}{clock(tenths // 10)}.{tenths % 10}"


def _check(report: Report, versions: Mapping[str, Sequence[Event]], edits: Edits) -> None:
    names = [wanted.id for wanted in edits.events]
    if len(set(names)) < len(names):
        raise InputRefused("An event was sent twice.", "Reload the page.")
    for wanted in edits.events:
        if wanted.id not in versions and not wanted.id.startswith("N"):
            raise InputRefused(f"The case has no event {wanted.id}.", "Reload the page.")
        if not wanted.start_s < wanted.end_s <= report.video.duration_s + _SAME_S:
            raise InputRefused(
                f"{wanted.id} ({wanted.start_s:g} to {wanted.end_s:g} s) does not lie within the recording, which lasts "
                f"{report.video.duration_s:g} s, or ends before it starts.",
                "Correct its start and end.",
            )


def _event(wanted: Wanted, name: str, known: Sequence[Event], by: str, duration_s: float) -> Event:
    """The wanted event: a version that the case has had, as it was; or one that the reviewer made."""
    base = next((event for event in known if _is_as(event, wanted)), None)
    if base is None:
        return _reviewed(wanted, name, known[0] if known else None, by, duration_s)
    confirmed_by = (base.confirmed_by or by) if wanted.confirmed or base.source == "reviewer" else None
    return base.model_copy(update={"confirmed_by": confirmed_by})


def _is_as(event: Event, wanted: Wanted) -> bool:
    same = abs(event.start_s - wanted.start_s) < _SAME_S and abs(event.end_s - wanted.end_s) < _SAME_S
    return same and event.activity == wanted.activity


def _reviewed(wanted: Wanted, name: str, base: Event | None, by: str, duration_s: float) -> Event:
    start_s, end_s = round(wanted.start_s, 3), min(round(wanted.end_s, 3), duration_s)
    start_range_s, end_range_s = (start_s, start_s), (end_s, end_s)
    censored_start, censored_end = start_s <= EDGE_S, end_s >= duration_s - EDGE_S
    if base is not None and abs(base.start_s - wanted.start_s) < _SAME_S:
        start_s, censored_start = base.start_s, base.censored_start
        start_range_s = _around(base.start_range_s, start_s, (0.0, end_s))
    if base is not None and abs(base.end_s - wanted.end_s) < _SAME_S:
        end_s, censored_end = base.end_s, base.censored_end
        end_range_s = _around(base.end_range_s, end_s, (start_s, duration_s))
    return Event(
        id=name,
        activity=wanted.activity,
        start_s=start_s,
        end_s=end_s,
        confidence=1.0,
        start_range_s=start_range_s,
        end_range_s=end_range_s,
        censored_start=censored_start,
        censored_end=censored_end,
        source="reviewer",
        confirmed_by=by,
    )


def _around(span: Range, t_s: float, within: Range) -> Range:
    """The range cut to `within`, and still around its best estimate."""
    return (min(max(span[0], within[0]), t_s), max(min(span[1], within[1]), t_s))


def _form(event: Event) -> Form:
    return Form(activity=event.activity, start_s=event.start_s, end_s=event.end_s)


def _differences(before: Event | None, after: Event, *, is_known: bool) -> Iterable[Change]:
    if before is None:
        yield Change(action="restored" if is_known else "added", event=after.id, after=_form(after))
        return
    one, other = _form(before), _form(after)
    if one.activity != other.activity:
        yield Change(action="relabelled", event=after.id, before=one, after=other)
    elif one != other:
        yield Change(action="moved", event=after.id, before=one, after=other)
    if (before.confirmed_by is None) != (after.confirmed_by is None) and one == other:
        action = "confirmed" if after.confirmed_by else "confirmation withdrawn"
        yield Change.model_validate({"action": action, "event": after.id, "after": other})


def _birth(birth: Birth | None, duration_s: float) -> TimeZero | None:
    if birth is None:
        return None
    if not birth.t_s <= duration_s or not math.isfinite(birth.t_s):
        raise InputRefused(
            f"The birth time ({birth.t_s:g} s) lies after the end of the recording ({duration_s:g} s).",
            "It counts from the start of the video; birth before the recording is negative, such as -75.",
        )
    around = (birth.t_s - birth.uncertainty_s, birth.t_s + birth.uncertainty_s)
    return TimeZero(t_s=birth.t_s, range_s=around, source="given")


def _birth_change(before: TimeZero, after: TimeZero | None) -> list[Change]:
    known = before if before.source == "given" else None
    if known == after:
        return []
    uncertainty_s = None if after is None else (after.range_s[1] - after.range_s[0]) / 2
    return [
        Change(
            action="birth set",
            before_s=None if known is None else known.t_s,
            after_s=None if after is None else after.t_s,
            uncertainty_s=uncertainty_s,
        )
    ]


def _divided(report: Report, kept: Iterable[Event], whole: bool) -> tuple[tuple[Event, ...], tuple[Event, ...]]:
    """The events that count and those that are withheld, each in order of onset."""
    ordered = tuple(sorted(kept, key=lambda event: (event.start_s, event.end_s, ACTIVITIES.index(event.activity))))
    if not is_out_of_domain(report):
        return ordered, ()
    if not whole:
        return (), ordered
    accepted = tuple(event for event in ordered if event.confirmed_by is not None)
    return accepted, tuple(event for event in ordered if event.confirmed_by is None)


def _refuse_overlap(events: Iterable[Event]) -> None:
    last: dict[Activity, Event] = {}
    for event in events:
        other = last.get(event.activity)
        if other is not None and event.start_s < other.end_s:
            raise InputRefused(
                f"{other.id} and {event.id} are both {ACTIVITY_NAMES[event.activity]} and overlap.",
                "Delete one of them and let the other cover both.",
            )
        last[event.activity] = event


def _observed(report: Report, events: Sequence[Event], covered: Sequence[Activity]) -> tuple[Span, ...]:
    """When the baby was in view: as the case has it, unless the reviewer changed that or takes a withheld case over."""
    whole = readable_of(report)
    if "baby_visible" not in covered:
        return report.observed if not report.is_withheld else whole

    def in_view(among: Iterable[Event]) -> list[Span]:
        return [Span(event.start_s, event.end_s) for event in among if event.activity == "baby_visible"]

    if not report.is_withheld and in_view(events) == in_view(report.events):
        return report.observed
    return intervals.intersect(in_view(events), whole)

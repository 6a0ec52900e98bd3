"""When the stretches of an activity stopped: the other edge of `reckoning.time_to_first`, on the same clock.

An end that was cut off, or at which the baby went out of view, is none: what was seen until then is told instead.
"""

from collections.abc import Sequence

from resus_doc.schema import Activity, Event, Report, Span
from resus_doc.tools import intervals
from resus_doc.tools.answers import Quantity, Statement
from resus_doc.tools.cases import timeline_of
from resus_doc.tools.extent import BLINK_S, end_bounds, unseen
from resus_doc.tools.queries import PLACES, capital, events_of, name_of
from resus_doc.tools.reckoning_words import ranged

TOLD = 4
"""Ends told one by one; of more stretches only the last is asked for."""


def told_ends(report: Report, activity: Activity, chosen: Sequence[Event]) -> tuple[Statement, ...]:
    """When each of these stretches of the activity stopped; of many only the last.

    By "ventilation" some mean PPV alone: where the last mask support is another, the last PPV is told too.
    """
    events = events_of(report, activity)
    told = tuple(chosen) if len(chosen) <= TOLD else tuple(chosen[-1:])
    ends = tuple(_end(report, event, _called(activity, event, events)) for event in told)
    ppv = events_of(report, "ppv")
    if activity == "ventilation" and ppv and told == events[-1:] and told != ppv[-1:]:
        ends += (_end(report, ppv[-1], _called("ppv", ppv[-1], ppv)),)
    return ends


def _called(activity: Activity, event: Event, events: Sequence[Event]) -> str:
    """How a sentence names one stretch among those of its activity."""
    name = name_of(activity)
    if len(events) == 1:
        return name_of(event.activity)
    if event == events[-1]:
        return f"the last stretch of {name}"
    place = events.index(event)
    return f"the {PLACES[place]} stretch of {name}" if place < len(PLACES) else f"one stretch of {name}"


def _end(report: Report, event: Event, name: str) -> Statement:
    """The end of one stretch with its range, from time zero; or why it is not known."""
    cites = (event.id,)
    if event.censored_end:
        return Statement(text=f"{capital(name)} {_was(name)} still under way when the recording ended.", cites=cites)
    zero, end = report.time_zero, end_bounds(event)
    value = end.value - zero.t_s
    side = "before" if value < 0 else "after"
    edges = (end.low - zero.range_s[1], end.high - zero.range_s[0])
    if value < 0:
        edges = (-edges[1], -edges[0])
    more, numbers = ranged("", (Quantity(value=abs(value), unit="s"),), edges)
    if _goes_out_of_view(report, event):
        text = f"{capital(name)} {_was(name)} seen until {{}} {side} {zero.name}{more}; then the baby was out of view or not "
        text += "recorded, so when it stopped is not known."
        return Statement(text=text, numbers=numbers, cites=cites)
    return Statement(text=f"{capital(name)} stopped {{}} {side} {zero.name}{more}.", numbers=numbers, cites=cites)


def _was(name: str) -> str:
    """One of several stretches of chest compressions is one."""
    return "were" if name == name_of("chest_compressions") else "was"


def _goes_out_of_view(report: Report, event: Event) -> bool:
    """Whether the time right after the end of an activity could not be seen."""
    if event.activity == "baby_visible":
        return False
    after = (Span(event.end_s, event.end_s + BLINK_S / 2),)
    hidden = unseen(timeline_of(report), blink_s=BLINK_S)
    return intervals.overlap_s(hidden, after) > BLINK_S / 4

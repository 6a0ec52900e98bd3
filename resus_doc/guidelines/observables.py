"""What a rule looks at: a number with the range it may lie in, from the measures and the timeline.

The measures give the numbers. The timeline widens them where the recording leaves something open: an activity that may
have begun out of view, before the recording, or as mask support of unknown kind. A range that runs to infinity is open.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from resus_doc.guidelines.logic import GAP_TOLERANCE_S, gaps_in_view
from resus_doc.guidelines.rounding import down, half_up, places_for, up
from resus_doc.schema import ACTIVITY_NAMES, MASK_SUPPORT, Activity, Event, Measure, Span, Timeline, Unit

FIRST = "time_to_first_"


class Observation(NamedTuple):
    """A number as seen. `value` is None when there is none to give; `low` and `high` bound it."""

    text: str
    value: float | None
    low: float
    high: float
    events: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    reason: str | None = None
    """Why no verdict may rest on it; None when one may."""
    doubt: str | None = None
    """What leaves the range open, to be named when it crosses a limit."""


def observe(
    name: str, unit: Unit, timeline: Timeline, measures: Sequence[Measure], limit: float | None = None
) -> Observation:
    """The observable of that name: one of `DERIVED`, a time to the first event of an activity, or any measure.

    `limit` is what it is held against: numbers in its text stay on their side of it.
    """
    measure = next((measure for measure in measures if measure.name == name), None)
    if name in DERIVED:
        return _without_noise(DERIVED[name](timeline, measure, limit))
    if name.startswith(FIRST) and not name.endswith("_from_table"):
        return _without_noise(_time_to_first(name.removeprefix(FIRST), timeline, measure, limit))
    found = _plain(name, unit, timeline, measure, limit)
    return _with_cpap(found, measures) if name in ("ppv_pause_longest", "ppv_pause_total") else found


def _with_cpap(pauses: Observation, measures: Sequence[Measure]) -> Observation:
    """Pauses of PPV, and how much of them was CPAP: a change of the kind of support is no baby left without any."""
    cpap = next((measure for measure in measures if measure.name == "ppv_pause_cpap_total"), None)
    if not pauses.value or cpap is None or not cpap.value:
        return pauses
    return pauses._replace(text=f"{pauses.text} CPAP was seen for {measured(cpap.value, 's')} of all pauses of PPV.")


def _without_noise(observation: Observation) -> Observation:
    """Times in whole milliseconds, as measures have them: a difference of two is off by the noise of its last binary digit."""
    value, low, high = observation.value, round(observation.low, 3), round(observation.high, 3)
    return observation._replace(value=None if value is None else round(value, 3), low=low, high=high)


# --- time to the first event


def _time_to_first(
    subject: str, timeline: Timeline, measure: Measure | None, limit: float | None = None
) -> Observation:
    activities = activities_of(subject)
    events = timeline.of(*activities)
    named = name_of(subject)
    measures = (measure.id,) if measure else ()
    if not events:
        low = _possible_from(activities, timeline, math.inf) - timeline.time_zero.range_s[1]
        text = _none_seen(subject, named, timeline)
        doubt = f"{_capital(named)} may have been given while the baby was out of view or not recorded."
        return Observation(text, None, max(low, 0.0), math.inf, (), measures, None, doubt)
    seen = _first_seen(events[0], named, activities, timeline, measure, limit)
    if timeline.covers(subject) or seen.reason:
        return seen
    text = f"{_capital(named)} of a kind that the source of the events covers was seen; it does not cover all kinds."
    return seen._replace(text=text, value=None, low=min(seen.low, 0.0), reason="Another kind may have begun earlier.")


def _none_seen(subject: str, named: str, timeline: Timeline) -> str:
    if not timeline.covers(subject):
        return f"The source of the events does not cover {named}."
    return f"No {named} was seen while the baby was in view." if timeline.observed else "The baby was never in view."


def _first_seen(
    first: Event,
    named: str,
    activities: tuple[Activity, ...],
    timeline: Timeline,
    measure: Measure | None,
    limit: float | None,
) -> Observation:
    zero = timeline.time_zero
    measures = (measure.id,) if measure else ()
    value = measure.value if measure and measure.value is not None else first.start_s - zero.t_s
    if first.censored_start:
        text = f"{_capital(named)} was already under way when the recording began."
        reason = f"{_capital(named)} ran at the start of the recording, so its beginning was not seen."
        return Observation(text, None, -math.inf, value, (first.id,), measures, reason)
    lows = [first.start_range_s[0] - zero.range_s[1], value]
    highs = [first.start_range_s[1] - zero.range_s[0], value]
    if measure and measure.range:
        lows.append(measure.range[0])
        highs.append(measure.range[1])
    text = f"{_capital(named)} was first seen {_after(value, min(lows), max(highs), zero.name, limit)}."
    if zero.source == "given" and value < 0:
        reason = f"{_capital(named)} was seen before the given time of birth, so that time "
        reason += "cannot be right." if max(highs) < 0 else "has to be known more exactly."
        return Observation(text, value, min(lows), max(highs), (first.id,), measures, reason)
    earliest = _possible_from(activities, timeline, first.start_s) - zero.range_s[1]
    doubt = f"{_capital(named)} may have begun earlier, while the baby was out of view or not recorded."
    open_start = earliest < min(lows)
    low = min(*lows, max(earliest, 0.0)) if open_start else min(lows)
    return Observation(text, value, low, max(highs), (first.id,), measures, None, doubt if open_start else None)


def _possible_from(activities: tuple[Activity, ...], timeline: Timeline, until_s: float) -> float:
    """The earliest moment, from time zero on, at which an activity could have happened without being recognised.

    Before the baby came into view of a camera that was already recording, the table was empty: nothing happens there.
    """
    moments = [span.start_s for span in unseen(timeline)]
    if "ppv" in activities and "ventilation" not in activities:
        moments += [event.start_range_s[0] for event in timeline.of("ventilation")]
    later = [max(moment, timeline.time_zero.t_s) for moment in moments if moment <= until_s]
    return min(later, default=until_s)


def unseen(timeline: Timeline) -> tuple[Span, ...]:
    """Stretches in which something may have happened to the baby that the recording does not show.

    Before the first view counts unless the baby's arrival on an empty table was filmed; after the last view always.
    """
    if not timeline.observed:
        return (Span(-math.inf, math.inf),)
    first = min(span.start_s for span in timeline.observed)
    last = max(span.end_s for span in timeline.observed)
    since = _open_since(timeline, first)
    before = (Span(since, first),) if since < first else ()
    return (*before, *gaps_in_view(timeline), Span(last, math.inf))


def _open_since(timeline: Timeline, first_view_s: float) -> float:
    """From when something may have happened before the first view: birth, or no bound if neither it nor an arrival is known.

    A filmed arrival leaves nothing open, unless it lies between two recordings.
    """
    arrival = timeline.table_arrival
    if arrival is None:
        return _not_before(timeline)
    return arrival.range_s[0] if first_view_s - arrival.range_s[0] > GAP_TOLERANCE_S else first_view_s


def begun_unseen(first: Event, timeline: Timeline) -> str | None:
    """That the activity may have begun before the first event of it that was seen, as a sentence; None if it cannot have."""
    if _possible_from((first.activity,), timeline, first.start_s) >= first.start_range_s[0]:
        return None
    return (
        f"{_capital(name_of(first.activity))} may have begun earlier, while the baby was out of view or not recorded."
    )


# --- PPV before compressions


def _ppv_before_compressions(timeline: Timeline, measure: Measure | None, limit: float | None) -> Observation:
    """Seconds of PPV seen before the first chest compressions; at most the time since the first PPV.

    The low bound counts only PPV that was surely seen before compressions may have begun; the high bound the whole stretch
    since PPV may have begun.
    """
    compressions = timeline.of("chest_compressions")
    measures = (measure.id,) if measure else ()
    if not compressions:
        reason = "No chest compressions were seen."
        return Observation(reason, None, 0.0, math.inf, (), measures, reason)
    first = compressions[0]
    if first.censored_start:
        text = "Chest compressions were already under way when the recording began."
        reason = "Chest compressions ran at the start of the recording, so what came before them was not seen."
        return Observation(text, None, 0.0, math.inf, (first.id,), measures, reason)
    before = tuple(event for event in timeline.of("ppv") if event.start_s < first.start_s)
    value = _overlap(before, first.start_s, lambda event: (event.start_s, event.end_s))
    earliest = min(first.start_range_s[0], _possible_from(("chest_compressions",), timeline, first.start_s))
    low = _overlap(before, earliest, lambda event: (event.start_range_s[1], event.end_range_s[0]))
    high = _longest_possible(before, first, timeline)
    if measure and measure.range:
        low, high = min(low, measure.range[0]), max(high, measure.range[1])
    events = (*(event.id for event in before), first.id)
    text = f"{measured(value, 's', limit)} of PPV were seen before the first chest compressions."
    if not before:
        text = "No PPV was seen before the first chest compressions."
    doubt = (
        "PPV before the compressions was interrupted, out of view or not recorded in part, or its edge is uncertain."
    )
    if begun_unseen(first, timeline):
        doubt = "PPV, or compressions before these, may have been given while the baby was out of view or not recorded."
    return Observation(text, value, min(low, value), max(high, value), events, measures, None, doubt)


def _longest_possible(before: Sequence[Event], first: Event, timeline: Timeline) -> float:
    """The time between the earliest possible PPV and the latest onset of the compressions."""
    birth_s = _not_before(timeline)
    may_be_ppv = [*before, *(event for event in timeline.of("ventilation") if event.start_s < first.start_s)]
    starts = [birth_s if event.censored_start else event.start_range_s[0] for event in may_be_ppv]
    starts += [max(span.start_s, birth_s) for span in unseen(timeline) if span.start_s < first.start_s]
    return first.start_range_s[1] - min(starts) if starts else 0.0


def _not_before(timeline: Timeline) -> float:
    """Nothing is done to a baby before birth; an earlier time zero than birth sets no bound."""
    zero = timeline.time_zero
    return zero.range_s[0] if zero.source == "given" else -math.inf


def _overlap(events: Sequence[Event], until_s: float, edges: Callable[[Event], tuple[float, float]]) -> float:
    total, reached = 0.0, -math.inf
    for start_s, end_s in sorted(edges(event) for event in events):
        start_s, end_s = max(start_s, reached), min(end_s, until_s)
        if end_s > start_s:
            total += end_s - start_s
            reached = end_s
    return total


# --- any measure


def _plain(name: str, unit: Unit, timeline: Timeline, measure: Measure | None, limit: float | None) -> Observation:
    label = name.replace("_", " ").replace("ppv", "PPV").replace("cpap", "CPAP")
    if measure is None or measure.value is None:
        text = f"{_capital(label)}: no value."
        measures = (measure.id,) if measure else ()
        return Observation(text, None, 0.0, math.inf, (), measures, "The recording gives no value for this measure.")
    low, high = measure.range or (measure.value, measure.value)
    low, high = min(low, measure.value), max(high, measure.value)
    amount, spread = measured(measure.value, unit, limit), _range_text(low, high, unit, limit)
    text = f"{_TEXTS.get(name, label.capitalize() + ': {}').format(amount)}{spread}."
    if name.startswith("ppv_pause") and measure.value == 0:
        text = f"No pause of PPV was seen for certain{spread}." if high else "No pause of PPV was seen."
    doubt = "Part of the time was out of view, or an edge of an event is uncertain."
    return Observation(text, measure.value, low, high, measure.events, (measure.id,), _edge(name, timeline), doubt)


def _edge(name: str, timeline: Timeline) -> str | None:
    """A fraction of the first seconds after PPV began hangs on that beginning."""
    ppv = timeline.of("ppv")
    if not name.startswith("ppv_fraction_first") or not ppv:
        return None
    if ppv[0].censored_start:
        return "PPV ran at the start of the recording, so its beginning was not seen."
    return begun_unseen(ppv[0], timeline)


_TEXTS = {
    "ppv_fraction_first_30s": "PPV filled {} of the first 30 s after it began",
    "ppv_fraction_first_60s": "PPV filled {} of the first 60 s after it began",
    "ppv_pause_longest": "The longest PPV pause lasted {}",
    "ppv_pause_total": "PPV pauses lasted {} in all",
    "ppv_pause_count": "The number of PPV pauses was {}",
    "no_activity_total": "None of the recognised activities was seen for {} while the baby was in view",
    "suction_total": "Suction was seen for {} in all",
    "stimulation_total": "Stimulation was seen for {} in all",
}

DERIVED: dict[str, Callable[[Timeline, Measure | None, float | None], Observation]] = {
    "ppv_before_compressions": _ppv_before_compressions,
}


_FEWEST: dict[Unit, int] = {"s": 1}
_SCALE: dict[Unit, int] = {"fraction": 100}
_SIGNS: dict[Unit, str] = {"s": " s", "fraction": " %"}
"""Decimals, scale and sign of a number in a sentence, as the tables of the report write it."""


def measured(
    value: float, unit: Unit, limit: float | None = None, rounded: Callable[[float, int], float] = half_up
) -> str:
    """A number with its unit as sentences give it, on its side of the limit it is held against."""
    scale = _SCALE.get(unit, 1)
    at = None if limit is None else scale * limit
    places = places_for(scale * value, at, _FEWEST.get(unit, 0), rounded)
    return f"{rounded(scale * value, places):.{places}f}{_SIGNS.get(unit, '')}"


def mask_support_interval(timeline: Timeline) -> Observation:
    """The interval to mask support of any kind: given where a source cannot tell PPV from CPAP."""
    return _time_to_first("mask_support", timeline, None)


def activities_of(subject: str) -> tuple[Activity, ...]:
    """The activities behind a measure's subject; `mask_support` is the union of three."""
    if subject == "mask_support":
        return MASK_SUPPORT
    return tuple(activity for activity in ACTIVITY_NAMES if activity == subject)


def name_of(subject: str) -> str:
    """The subject as sentences name it."""
    return next((name for activity, name in ACTIVITY_NAMES.items() if activity == subject), subject.replace("_", " "))


def _after(value: float, low: float, high: float, zero_name: str, limit: float | None) -> str:
    """How long after time zero, or before it, with the range; one that reaches to both sides says so."""
    if low < 0 < high:
        told = f"{measured(abs(value), 's', limit)} {'before' if value < 0 else 'after'} {zero_name}"
        return f"{told} (range {measured(-low, 's', None, up)} before to {measured(high, 's', limit, up)} after)"
    if value < 0:
        return f"{measured(-value, 's')} before {zero_name}{_range_text(-high, -low, 's', None)}"
    return f"{measured(value, 's', limit)} after {zero_name}{_range_text(low, high, 's', limit)}"


def _range_text(low: float, high: float, unit: Unit, limit: float | None) -> str:
    if not math.isfinite(low + high) or low == high:
        return ""
    ends = measured(low, unit, limit, down), measured(high, unit, limit, up)
    return f" (range {ends[0]} to {ends[1]})" if ends[0] != ends[1] else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

"""What the vital signs say about a rule: three-valued, and only where readings surround the moment that counts.

A monitor's reading is taken as it is; whether the baby or a loose electrode made it cannot be told. So one reading alone
decides nothing, readings that disagree decide nothing, and a reading far from the moment says nothing about it.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from resus_doc.guidelines.logic import Fact, Known, Truth
from resus_doc.guidelines.observables import Observation, begun_unseen, measured
from resus_doc.schema import Range, Timeline, Vitals

LOOKBACK_S = 10.0
"""Readings this long before a moment still speak of it: a monitor averages over several seconds."""

FEWEST_READINGS = 2
"""One reading alone may be an artefact of movement."""

FIRST_MINUTE_S = 60.0
"""The guideline's question whether the heart rate is below 100 stands at the latest 60 s after birth (AHA/AAP 2025, doi
10.1161/CIR.0000000000001367; not verified there)."""

HEART_RATE_FOR_PPV = 100.0
"""Per minute; same source."""


def with_heart_rate(known: Known, timeline: Timeline) -> Known:
    """`known` and what the heart rate adds to it; what a user said stands."""
    if known.vitals is None:
        return known
    below = heart_rate_below_100(timeline, known.vitals)
    added: dict[Fact, bool] = {} if below is None else {"heart_rate_below_100": below}
    return replace(known, facts={**added, **known.facts})


def heart_rate_below_100(timeline: Timeline, vitals: Vitals) -> Truth:
    """Whether the heart rate was below 100 when PPV began, or 60 s after birth if that was earlier.

    Only from birth: another time zero does not tell when the first minute was over.
    """
    zero = timeline.time_zero
    if zero.source != "given":
        return None
    low, high = (edge + FIRST_MINUTE_S for edge in zero.range_s)
    for event in timeline.of("ppv", "ventilation"):
        if event.censored_start:
            return None
        low, high = min(low, event.start_range_s[0]), min(high, event.start_range_s[1])
    return _below((low, high), HEART_RATE_FOR_PPV, vitals)


def _below(moment_s: Range, limit: float, vitals: Vitals) -> Truth:
    """Whether all readings of the heart rate around an uncertain moment lie below a limit, or none of them does."""
    if _too_few(moment_s, vitals):
        return None
    below = {rate < limit for rate in _around(moment_s, vitals)}
    return below.pop() if len(below) == 1 else None


def _around(moment_s: Range, vitals: Vitals) -> list[float]:
    """The readings that may speak of the moment, wherever in its range it lies."""
    return [rate for t_s, rate in vitals.readings("hr_bpm") if moment_s[0] - LOOKBACK_S <= t_s <= moment_s[1]]


def _too_few(moment_s: Range, vitals: Vitals) -> bool:
    """Whether the readings that speak of the moment wherever in its range it lies are too few."""
    sure = [t_s for t_s, _ in vitals.readings("hr_bpm") if moment_s[1] - LOOKBACK_S <= t_s <= moment_s[0]]
    return len(sure) < FEWEST_READINGS


def _heart_rate_at_compressions(timeline: Timeline, vitals: Vitals | None, limit: float | None) -> Observation:
    """Beats per minute in the seconds before the first chest compressions: the last reading, with the range of all."""
    compressions = timeline.of("chest_compressions")
    if vitals is None or not vitals.readings("hr_bpm"):
        return _nothing("The heart rate cannot be seen on the video, and no readings of it were given.")
    if not compressions:
        return _nothing("No chest compressions were seen.")
    first = compressions[0]
    if first.censored_start:
        return _nothing(
            "Chest compressions ran at the start of the recording, so their beginning was not seen.", first.id
        )
    moment_s = (min(first.start_range_s[0], first.start_s), max(first.start_range_s[1], first.start_s))
    if _too_few(moment_s, vitals):
        return _nothing("Too few heart-rate readings lie close before the first chest compressions.", first.id)
    rates = _around(moment_s, vitals)
    last = [rate for t_s, rate in vitals.readings("hr_bpm") if t_s <= first.start_s][-1]
    told, least, most = (measured(rate, "bpm", limit) for rate in (last, min(rates), max(rates)))
    spread = "" if min(rates) == max(rates) else f" (readings {least} to {most})"
    text = f"The last heart rate read before the first chest compressions was {told} per minute{spread}."
    doubt = "The readings around that moment differ, or its time is uncertain."
    reason = begun_unseen(first, timeline)
    return Observation(text, last, min(rates), max(rates), (first.id,), (), reason, doubt)


def _nothing(reason: str, *events: str) -> Observation:
    return Observation(reason, None, 0.0, math.inf, events, (), reason)


FROM_VITALS: dict[str, Callable[[Timeline, Vitals | None, float | None], Observation]] = {
    "heart_rate_at_compressions": _heart_rate_at_compressions,
}
"""Observables that need the vital signs."""

"""Each pause of PPV, and what was seen during it. The sums over all pauses are measures (`measures`)."""

from resus_doc.schema import Activity, Event, PpvPause, SeenInPause, Timeline
from resus_doc.tools import intervals, ppv
from resus_doc.tools.extent import BLINK_S, Bounds, events_of, extent, unseen
from resus_doc.tools.measures import idle

LOOKED_FOR: tuple[Activity, ...] = ("suction", "stimulation", "chest_compressions", "cpap")


def describe(timeline: Timeline) -> tuple[PpvPause, ...]:
    """The pauses that are pauses as seen, in order of time; none where the source does not cover PPV."""
    if not timeline.covers("ppv"):
        return ()
    return tuple(_described(pause, timeline) for pause in ppv.pauses(timeline) if pause.counts.value)


def _described(pause: ppv.Pause, timeline: Timeline) -> PpvPause:
    found = [_activity(pause, name, timeline) for name in LOOKED_FOR if timeline.covers(name)]
    found.append(_seen("none", ppv.pause_time((pause,), idle(timeline)), ()))
    hidden = unseen(timeline, blink_s=BLINK_S)
    hidden_s = intervals.overlap_s((pause.seen,), hidden)
    found.append(_seen("not_observed", Bounds(hidden_s, hidden_s, hidden_s), ()))
    return PpvPause(
        start_s=pause.seen.start_s,
        end_s=pause.seen.end_s,
        start_range_s=pause.before.end_range_s,
        end_range_s=pause.after.start_range_s,
        events=pause.events,
        seen=tuple(part for part in found if part.value > 0),
    )


def _activity(pause: ppv.Pause, name: Activity, timeline: Timeline) -> SeenInPause:
    events = events_of(timeline, name)
    during = tuple(event.id for event in events if _overlaps(event, pause))
    return _seen(name, ppv.pause_time((pause,), extent(events)), during)


def _overlaps(event: Event, pause: ppv.Pause) -> bool:
    return event.start_s < pause.seen.end_s and event.end_s > pause.seen.start_s


def _seen(what: str, time: Bounds, events: tuple[str, ...]) -> SeenInPause:
    bounds = (round(float(time.low), 3), round(float(time.high), 3))
    return SeenInPause.model_validate(
        {"what": what, "value": round(float(time.value), 3), "range": bounds, "events": events}
    )

"""The time from time zero to the first start of an activity, as the rules judge it: with all that leaves it open.

The measure of the same name knows only the recording. What began out of view, before the recording, or as mask support of
unknown kind is open here, as it is for a rule (`guidelines.observables`).
"""

from collections.abc import Iterator

from resus_doc.guidelines.observables import Observation, observe
from resus_doc.schema import Activity, Measure, Range, Report
from resus_doc.tools.cases import timeline_of
from resus_doc.tools.queries import events_of, measure


def since_zero(report: Report, activity: Activity | None) -> Observation | None:
    """Seconds from time zero to the first event of an activity, negative before it; None where there is no event.

    Where times count from the start of the video, only what the video shows counts; and the baby came into view when it did.
    """
    events = events_of(report, activity)
    if not events:
        return None
    first = events[0]
    known: Activity = activity or first.activity
    subject = "mask_support" if known == "ventilation" else known
    found = observe(f"time_to_first_{subject}", "s", timeline_of(report), report.measures)
    if report.time_zero.source != "video_start" and known != "baby_visible":
        return found
    measured = measure(report, known, "time_to_first_{}")
    value = first.start_s - report.time_zero.t_s
    low, high = measured.range if measured is not None and measured.range else (value, value)
    begun_earlier = known != "baby_visible" and low < first.start_range_s[0] - report.time_zero.t_s
    low = found.low if found.reason else low
    return found._replace(low=low, high=max(high, value), doubt=found.doubt if begun_earlier else None)


def open_starts(report: Report) -> frozenset[str]:
    """The measures whose value is only the latest or the most that it can be: what they count from may have begun unseen.

    Those are the times from time zero, and the fractions of the first seconds of PPV.
    """
    times = {each.name for each, seen in _times(report) if seen.reason is not None or seen.doubt is not None}
    given = (each for each in report.measures if each.name.startswith("ppv_fraction_first") and each.value is not None)
    timeline = timeline_of(report)
    return frozenset(
        times | {each.name for each in given if observe(each.name, each.unit, timeline, report.measures).reason}
    )


def ranges_since_zero(report: Report) -> dict[str, Range]:
    """The range of each time from time zero that a report measured, by the measure's name.

    Where a start was cut off, the range is that of the measure.
    """
    found: dict[str, Range] = {}
    for each, seen in _times(report):
        low, high = each.range or (seen.low, seen.high)
        found[each.name] = (low if seen.reason else min(seen.low, low), max(seen.high, high))
    return found


def _times(report: Report) -> Iterator[tuple[Measure, Observation]]:
    """Each time from time zero that a report measured, and how the rules judge it."""
    for each in report.measures:
        subject = each.name.removeprefix("time_to_first_")
        if each.value is None or subject == each.name or subject.endswith("_from_table"):
            continue
        activity: Activity = "ventilation" if subject == "mask_support" else subject  # type: ignore[assignment]
        if (seen := since_zero(report, activity)) is not None:
            yield each, seen

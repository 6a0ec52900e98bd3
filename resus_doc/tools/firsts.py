"""The time from time zero to the first start of an activity, as the rules judge it: with all that leaves it open.

The measure of the same name knows only the recording. What began out of view, before the recording, or as mask support of
unknown kind is open here, as it is for a rule (`guidelines.observables`).
"""

from resus_doc.guidelines.observables import Observation, observe
from resus_doc.schema import Activity, Range, Report
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
    found = set()
    for each in report.measures:
        subject = each.name.removeprefix("time_to_first_")
        if each.value is None:
            continue
        if each.name.startswith("ppv_fraction_first"):
            seen: Observation | None = observe(each.name, each.unit, timeline_of(report), report.measures)
            is_open = seen is not None and seen.reason is not None
        elif subject != each.name and not subject.endswith("_from_table"):
            seen = since_zero(report, _activity(subject))
            is_open = seen is None or seen.reason is not None or seen.doubt is not None
        else:
            continue
        if is_open:
            found.add(each.name)
    return frozenset(found)


def _activity(subject: str) -> Activity:
    return "ventilation" if subject == "mask_support" else subject  # type: ignore[return-value]


def ranges_since_zero(report: Report) -> dict[str, Range]:
    """The range of each time from time zero that a report measured, by the measure's name.

    Where a start was cut off, the range is that of the measure.
    """
    found: dict[str, Range] = {}
    for each in report.measures:
        subject = each.name.removeprefix("time_to_first_")
        if each.value is None or subject == each.name or subject.endswith("_from_table"):
            continue
        seen = since_zero(report, _activity(subject))
        if seen is not None:
            low, high = each.range or (each.value, each.value)
            found[each.name] = (low if seen.reason else min(seen.low, low), max(seen.high, high))
    return found

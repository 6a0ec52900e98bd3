"""The words and number formats that every form of the report shares (HTML, Markdown, Word).

Pure functions on schema values. Nothing here knows HTML, and nothing here judges: wording is factual.
"""

from collections.abc import Sequence
from typing import NamedTuple

from resus_doc.guidelines.rounding import down, up
from resus_doc.schema import (
    ACTIVITY_NAMES,
    MASK_SUPPORT,
    Activity,
    Event,
    Finding,
    Measure,
    Passage,
    Range,
    Report,
    Section,
    Sentence,
    Span,
    TimeZero,
    Unit,
    Verdict,
    Video,
)
from resus_doc.tools import intervals, strings
from resus_doc.tools.cases import readable_of
from resus_doc.tools.clock import clock

VERDICT_ORDER: tuple[Verdict, ...] = ("not_met", "indeterminate", "met", "not_assessable")
"""What needs talking about comes first."""

VERDICT_NAMES: dict[Verdict, str] = strings.names("verdicts")

VERDICT_NOTES: dict[Verdict, str] = strings.names("verdict_notes")

SECTION_NAMES: dict[Section, str] = strings.names("sections")

_SUBJECTS: dict[str, str] = {
    **{str(activity): name for activity, name in ACTIVITY_NAMES.items()},
    "ventilation": "mask support of unknown kind",
    "mask_support": "mask support",
    "no_activity": "time without a recognised activity",
}

_LOST = strings.Phrase(strings.table("damage")["lost"])

OFF_MIDDLE_S = 0.5
"""A time further than this from the middle of its range is not told as plus or minus half of it."""

PLACES_TOLD = 8
"""A sentence names no more places than this; the timeline hatches them all."""

_FIXED_MEASURES = strings.names("measures")

_HOURS_FROM_S = 3600.0
_CLOCK_FROM_S = 90.0
"""Durations from here on are written m:ss, because nobody pictures 173 s; from an hour on h:mm:ss."""

NOT_ASSESSABLE = "not assessable"


def upper_first(text: str) -> str:
    """The text with its first letter in upper case; the rest, such as PPV, stays."""
    return text[:1].upper() + text[1:]


def activity_name(activity: Activity, capital: bool = False) -> str:
    """How the activity is written, for example `mask support`."""
    return upper_first(ACTIVITY_NAMES[activity]) if capital else ACTIVITY_NAMES[activity]


def measure_name(name: str) -> str:
    """A measure's name in plain language: `time_to_first_ppv` is `Time to first PPV`.

    A name that is not known keeps its words, with the underscores taken out.
    """
    if name in _FIXED_MEASURES:
        return _FIXED_MEASURES[name]
    from_table = name.endswith("_from_table")
    stem = name.removesuffix("_from_table")
    plain = _patterned(stem)
    return f"{plain}, from arrival on the table" if from_table else plain


def _patterned(stem: str) -> str:
    if stem.startswith("time_to_first_"):
        return f"Time to first {_subject(stem.removeprefix('time_to_first_'))}"
    if stem.startswith("order_of_first_"):
        return f"Place of {_subject(stem.removeprefix('order_of_first_'))} in the order of first activities"
    if stem.startswith("ppv_pause_") and stem.endswith("_total"):
        return f"Within pauses of PPV: {_subject(stem.removeprefix('ppv_pause_').removesuffix('_total'))}"
    if stem.endswith("_overlap_total"):
        return upper_first(_overlap(stem.removesuffix("_overlap_total")))
    for ending, wording in (("_count", "{}, number of times"), ("_total", "{}, in all"), ("_longest", "{}, longest")):
        if stem.endswith(ending):
            return upper_first(wording.format(_subject(stem.removesuffix(ending))))
    return upper_first(_subject(stem))


def _overlap(pair: str) -> str:
    one = next((subject for subject in _SUBJECTS if pair.startswith(f"{subject}_")), pair)
    other = pair.removeprefix(one).removeprefix("_")
    return f"{_subject(one)} and {_subject(other)} at the same time" if other else f"{_subject(one)}, overlap"


def _subject(key: str) -> str:
    return _SUBJECTS.get(key, key.replace("_", " "))


def amount(value: float, unit: Unit) -> str:
    """A number with its unit as people read it: `42 s`, `2:53 min`, `1:02:53 h`, `3`, `85 %`, `120 bpm`."""
    if unit == "s" and value >= _HOURS_FROM_S:
        minutes, _, seconds = clock(value).rpartition(":")
        return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{seconds} h"
    if unit == "s":
        return f"{clock(value)} min" if abs(value) >= _CLOCK_FROM_S else f"{_plain(value)} s"
    if unit == "fraction":
        return f"{_plain(100 * value, digits=0)} %"
    return _plain(value) if unit == "count" else f"{_plain(value, digits=0)} bpm"


def amount_range(span: Range, unit: Unit) -> str:
    """A range with its unit, rounded outward so that it holds all that was seen: `40–44 s`; one number where it has no width."""
    outward = (
        span if span[0] == span[1] else (down(span[0], _places(span[0], unit)), up(span[1], _places(span[1], unit)))
    )
    low, high = amount(outward[0], unit), amount(outward[1], unit)
    if low == high:
        return low
    unit_low, unit_high = low.partition(" ")[2], high.partition(" ")[2]
    return f"{low.partition(' ')[0]}–{high}" if unit_low == unit_high else f"{low} – {high}"


def _places(value: float, unit: Unit) -> int:
    """The decimals that `amount` tells of a value, a fraction in per cent."""
    return {"s": 0 if abs(value) >= _CLOCK_FROM_S else 1, "fraction": 2, "count": 1, "bpm": 0}[unit]


def measured(measure: Measure) -> str:
    """The value of a measure, or that it is not assessable."""
    if measure.value is None:
        return NOT_ASSESSABLE if measure.range is None else "uncertain"
    return amount(measure.value, measure.unit)


def _plain(value: float, digits: int = 1) -> str:
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def moment(seconds: float, zero: TimeZero) -> str:
    """A time of the video as a sentence says it: `0:42 after birth`."""
    since = seconds - zero.t_s
    told = clock(since)
    side = "before" if told.startswith("-") else "after"
    return f"{told.removeprefix('-')} {side} {zero.name}"


def time_zero_sentence(zero: TimeZero) -> str:
    """From when times count, and how sure that is."""
    spread = _spread(zero.t_s, zero.range_s, 0.0)
    sure = f" ({'known to within ' if spread.startswith('±') else ''}{spread})" if spread else ""
    where = f"{clock(zero.t_s)} in the video" if zero.t_s >= 0 else f"{clock(-zero.t_s)} before the video starts"
    sources = {"given": "birth, as entered", "table_arrival": "arrival on the table, as seen", "video_start": ""}
    if zero.source == "video_start":
        return "Times count from the start of the video; the time of birth is not known."
    return f"Times count from {sources[zero.source]}: {where}{sure}."


def validated_on(report: Report) -> str | None:
    """What the detector was validated on, `simulated` or `real`; None where no detector looked at the video."""
    if report.domain_check is not None:
        return report.domain_check.validated_on
    detector = report.provenance.get("detector")
    return str(detector["validated_on"]) if isinstance(detector, dict) and "validated_on" in detector else None


def validation_sentence(report: Report) -> str:
    """What the detector was validated on, in words."""
    kind = validated_on(report)
    if kind is None:
        return "The events were entered by a person; no detector looked at this video."
    if kind == "simulated":
        return "The detector was made for and validated on simulated videos only, not on patients."
    return "The detector was validated on real videos of resuscitations."


def domain_sentence(report: Report) -> str:
    """The result of the domain check, in words."""
    check = report.domain_check
    if check is None:
        kind = validated_on(report)
        return "This detector has no check of whether the video resembles its training data." if kind else ""
    likeness = "resembles" if check.in_domain else "does not resemble"
    sign = "≥" if check.score >= check.threshold else "<"
    result = (
        f"This video {likeness} the detector's training data (score {check.score:.2f} {sign} {check.threshold:.2f})."
    )
    if not report.is_unusual:
        return result
    return (
        f"{result} It does so less than any video on which the detector was validated ({check.validated_from:.2f} or more): "
        "its probabilities and ranges may not hold here, so compare the timeline with the video."
    )


def withheld(report: Report) -> bool:
    """Whether the events are withheld because the video is out of domain."""
    return report.is_withheld


def sureness(event: Event) -> str:
    """How sure an event is: the detector's probability, or that a person set it."""
    return amount(event.confidence, "fraction") if event.source == "detector" else "set by a person"


def review_sentence(report: Report) -> str:
    """Who revised the case, how much of it a person confirmed, and that the first report is kept; empty where nobody did."""
    review = report.review
    if review is None:
        return ""
    events = (*report.events, *(report.withheld_events if report.is_withheld else ()))
    confirmed = sum(event.confirmed_by is not None for event in events)
    text = f"Revision {review.revision} by {review.by}, {review.at[:10]}: {confirmed} of {len(events)} events are confirmed by a person"
    if review.birth_set_by:
        text += f"; the time of birth was set by {review.birth_set_by}"
    if review.whole_recording_by:
        text += f"; {review.whole_recording_by} watched the whole recording and states that these events are all that was done"
    return text + ". The report as it was made first is kept beside this one."


class Line(NamedTuple):
    """One short line of what happened; `activity` is None for a line about the whole recording."""

    activity: Activity | None
    lead: str
    text: str
    events: tuple[str, ...]


MOST_LINES = 5
"""As many lines as a tired reader takes in at one look."""


LINE_FIRST: tuple[Activity, ...] = ("ppv", "chest_compressions", "ventilation", "cpap", "suction", "stimulation")
"""Which activities get a line of their own where lines are short: those on which a resuscitation turns."""


def glance(report: Report) -> tuple[Line, ...]:
    """What happened, in at most five lines: each activity in order of its onset, then what was in view and not seen.

    Where there are more activities than lines, the last of `LINE_FIRST` share a line that says for each only when and how often.
    """
    seen = _seen(report)
    kept = set(seen) if len(seen) < MOST_LINES else set(sorted(seen, key=LINE_FIRST.index)[: MOST_LINES - 2])
    alone = [activity for activity in seen if activity in kept]
    lines = [_activity_line(report, activity) for activity in alone]
    if len(alone) < len(seen):
        lines.append(_together(report, [activity for activity in seen if activity not in kept]))
    if not withheld(report):
        lines.append(Line(None, "In view", _view_text(report) + _unseen_text(report, seen), ()))
    return tuple(lines)


def _together(report: Report, activities: Sequence[Activity]) -> Line:
    groups = [(activity, _events_of(report, activity)) for activity in activities]
    text = ", ".join(_short(activity, events, report.time_zero) for activity, events in groups)
    return Line(None, "Also", text, tuple(event.id for _, events in groups for event in events))


def _short(activity: Activity, events: Sequence[Event], zero: TimeZero) -> str:
    first = events[0]
    at = "from the start" if first.censored_start else f"at {clock(first.start_s - zero.t_s)}"
    often = f", {_times(len(events))}" if len(events) > 1 else ""
    return f"{activity_name(activity)}{_kind(activity)} ({at}{often})"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _kind(activity: Activity) -> str:
    return " of unknown kind" if activity == "ventilation" else ""


def _events_of(report: Report, activity: Activity) -> list[Event]:
    return sorted((e for e in report.events if e.activity == activity), key=lambda e: (e.start_s, e.end_s))


def _unseen_text(report: Report, seen: Sequence[Activity]) -> str:
    unseen = [a for a in report.activities_covered if a not in seen and a != "baby_visible"]
    if not unseen or report.observed_s <= 0:
        return ""
    return f"; not seen in that time: {', '.join(activity_name(activity) for activity in unseen)}"


def _seen(report: Report) -> list[Activity]:
    onsets: dict[Activity, float] = {}
    for event in report.events:
        if event.activity != "baby_visible":
            onsets[event.activity] = min(event.start_s, onsets.get(event.activity, event.start_s))
    return sorted(onsets, key=lambda activity: (onsets[activity], activity))


def _activity_line(report: Report, activity: Activity) -> Line:
    events = _events_of(report, activity)
    first = events[0]
    if first.censored_start:
        parts = ["already under way when the recording starts"]
    else:
        parts = [f"first {moment(first.start_s, report.time_zero)}"]
    parts.append(_times(len(events)))
    total = {measure.name: measure for measure in report.measures}.get(f"{activity}_total")
    if total is not None and total.value is not None:
        parts.append(f"{amount(total.value, total.unit)} in all")
    lead = activity_name(activity, capital=True) + _kind(activity)
    return Line(activity, lead, ", ".join(parts), tuple(e.id for e in events))


def _view_text(report: Report) -> str:
    whole = intervals.length(readable_of(report))
    share = f" ({amount(report.observed_s / whole, 'fraction')})" if whole > 0 else ""
    return f"baby in view for {amount(report.observed_s, 's')} of {amount(whole, 's')} recorded{share}"


def uncovered(report: Report) -> tuple[Activity, ...]:
    """The activities that the source of events does not know; about them nothing is said.

    Mask support of unknown kind needs no mention beside PPV and CPAP, nor they beside it.
    """
    covered = set(report.activities_covered)
    return tuple(
        activity
        for activity in ACTIVITY_NAMES
        if activity not in covered and not (activity == "ventilation" and covered & set(MASK_SUPPORT))
    )


def unobserved(report: Report) -> tuple[Span, ...]:
    """The stretches of the video in which the baby was not in view or the recording was unreadable."""
    gaps, at = [], 0.0
    for span in sorted(report.observed):
        if span.start_s > at:
            gaps.append(Span(at, span.start_s))
        at = max(at, span.end_s)
    if at < report.video.duration_s:
        gaps.append(Span(at, report.video.duration_s))
    return tuple(gaps)


def by_verdict(findings: Sequence[Finding]) -> dict[Verdict, tuple[Finding, ...]]:
    """All four verdicts in reading order, each with its findings (maybe none)."""
    return {verdict: tuple(f for f in findings if f.verdict == verdict) for verdict in VERDICT_ORDER}


def source_line(passage: Passage) -> str:
    """Where a passage comes from, as a reference list has it."""
    parts = [passage.source, passage.section or "", passage.doi_or_isbn or ""]
    return " · ".join(part for part in parts if part)


def sentences(report: Report) -> tuple[Sentence, ...]:
    """All sentences of the narrative."""
    return tuple(sentence for section in report.narrative for sentence in section.sentences)


def authorship(report: Report) -> str:
    """How many sentences the language model wrote."""
    total = sentences(report)
    written = sum(sentence.origin == "llm" for sentence in total)
    if not total:
        return "No sentences were written."
    share = amount(written / len(total), "fraction")
    if not written:
        return f"All {len(total)} sentences are fixed templates filled in from the facts; no language model wrote any."
    return (
        f"{written} of {len(total)} sentences ({share}) were written by a language model and checked against the facts "
        f"they cite; the others are fixed templates."
    )


def event_times(event: Event, zero: TimeZero) -> str:
    """Start and end from time zero, with the 90 % ranges or the mark of a cut edge."""
    return f"{_edge(event.start_s, event.start_range_s, event.censored_start, zero)} to " + _edge(
        event.end_s, event.end_range_s, event.censored_end, zero
    )


def _edge(at_s: float, span: Range, censored: bool, zero: TimeZero) -> str:
    if censored:
        return f"{clock(at_s - zero.t_s)} (edge of the recording)"
    spread = _spread(at_s, span, zero.t_s)
    return clock(at_s - zero.t_s) + (f" ({spread})" if spread else "")


def _spread(at_s: float, span: Range, zero_s: float) -> str:
    """How sure a time is: so far to both sides, or from when to when where it lies far from the middle of its range."""
    if abs((span[0] + span[1]) / 2 - at_s) > OFF_MIDDLE_S:
        return f"{clock(span[0] - zero_s)}–{clock(span[1] - zero_s)}"
    return f"± {_plain((span[1] - span[0]) / 2)} s" if span[1] > span[0] else ""


def lost_sentence(video: Video) -> str:
    """How much of a damaged video is missing, and where, on the video's clock."""
    missing_s = sum(span.end_s - span.start_s for span in video.lost)
    places = ", ".join(clock(span.start_s) for span in video.lost[:PLACES_TOLD])
    more = ", …" if len(video.lost) > PLACES_TOLD else ""
    return _LOST.text(len(video.lost), amount(missing_s, "s"), places + more)


def notices(report: Report) -> tuple[str, ...]:
    """What a reader must know before believing anything: a damaged file, a lack that a run noted."""
    found = []
    if report.video.broken_off_at_s is not None:
        at = clock(report.video.broken_off_at_s)
        found.append(f"The video file is damaged and unreadable from {at} on. The report ends there.")
    if report.video.lost:
        found.append(lost_sentence(report.video))
    notes = report.provenance.get("notes")
    found += [str(note) for note in notes] if isinstance(notes, list | tuple) else []
    return tuple(found)

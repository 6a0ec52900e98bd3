"""How far two timelines of one video agree: a detector and a person, or two persons. Neither is called right.

Pure arithmetic on two timelines. A whole second of the video counts as seen by a rater where the activity covers more than half
of it; kappa is Cohen's (1960, Educational and Psychological Measurement 20:37-46). Events match one to one. Only what both could
have recorded is compared, and only of the time that was recorded; the kinds of mask support also together, as `mask_support`.
"""

from collections.abc import Sequence
from statistics import median, quantiles
from typing import Literal

from resus_doc.errors import InputRefused
from resus_doc.models.event_matching import IOU_LEVELS, EventCounts, count, onset_differences_s
from resus_doc.schema import ACTIVITIES, MASK_SUPPORT, Activity, Span, Timeline, Value
from resus_doc.tools import intervals

Subject = Activity | Literal["mask_support"]
SUBJECTS: tuple[Subject, ...] = (*ACTIVITIES, "mask_support")
NOTHING = "nothing"


class Seconds(Value):
    """Seconds of video by what the two raters saw."""

    both: int = 0
    only_one: int = 0
    only_other: int = 0
    neither: int = 0

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None where both saw the same all the time, so that chance alone explains everything."""
        total = self.both + self.only_one + self.only_other + self.neither
        if not total:
            return None
        one, other = (self.both + self.only_one) / total, (self.both + self.only_other) / total
        chance = one * other + (1 - one) * (1 - other)
        return None if chance >= 1 else ((self.both + self.neither) / total - chance) / (1 - chance)

    def plus(self, more: "Seconds") -> "Seconds":
        """The seconds of both together."""
        return Seconds(**{name: getattr(self, name) + getattr(more, name) for name in type(self).model_fields})


class Agreement(Value):
    """Agreement on one activity, of one video or of several added up. Differences: how much later the other begins, in seconds."""

    subject: Subject
    seconds: Seconds
    events: dict[str, EventCounts]
    """By least overlap: `0.10`, `0.25`, `0.50`."""
    onset_differences_s: tuple[float, ...]
    n_videos: int = 1

    def summary(self) -> dict[str, object]:
        """For tables and JSON."""
        sizes = sorted(abs(each) for each in self.onset_differences_s)
        p90 = quantiles(sizes, n=10, method="inclusive")[-1] if len(sizes) > 1 else sizes[0] if sizes else None
        return {
            "n_videos": self.n_videos,
            "kappa": _rounded(self.seconds.kappa),
            "seconds": self.seconds.model_dump(),
            "event_f1_at_iou": {level: _rounded(counts.f1) for level, counts in self.events.items()},
            "events": {"one": self.events["0.10"].one, "other": self.events["0.10"].other},
            "onset_difference_s": {
                "n": len(sizes),
                "median": _rounded(median(self.onset_differences_s)) if sizes else None,
                "median_size": _rounded(median(sizes)) if sizes else None,
                "p90_size": _rounded(p90),
            },
        }


def compare(one: Timeline, other: Timeline) -> list[Agreement]:
    """Agreement on every activity that both cover, and on mask support of any kind.

    Raises:
        InputRefused: there is no activity that both cover.
    """
    shared = [name for name in SUBJECTS if _both_cover(one, other, name)]
    if not shared:
        raise InputRefused("The two timelines have no activity in common.", "Check that they are of the same video.")
    length_s, missing = int(max(one.duration_s, other.duration_s)), _missing(one, other)
    return [_compare(name, spans_of(one, name), spans_of(other, name), length_s, missing) for name in shared]


def _missing(one: Timeline, other: Timeline) -> tuple[Span, ...]:
    """What no camera recorded, or a rater could not read: it says nothing of how far they agree."""
    return intervals.union(one.missing, other.missing)


def _compare(
    subject: Subject, one: Sequence[Span], other: Sequence[Span], length_s: int, missing: Sequence[Span]
) -> Agreement:
    one, other = ([span for span in spans if intervals.subtract((span,), missing)] for spans in (one, other))
    columns = (seconds_of(spans, length_s) for spans in (one, other, missing))
    pairs = [(left, right) for left, right, is_missing in zip(*columns, strict=True) if not is_missing]
    return Agreement(
        subject=subject,
        seconds=Seconds(
            both=pairs.count((True, True)),
            only_one=pairs.count((True, False)),
            only_other=pairs.count((False, True)),
            neither=pairs.count((False, False)),
        ),
        events={f"{level:.2f}": count(one, other, level) for level in IOU_LEVELS},
        onset_differences_s=tuple(round(each, 3) for each in onset_differences_s(one, other)),
    )


def add_up(videos: Sequence[Sequence[Agreement]]) -> list[Agreement]:
    """The agreement over several videos: seconds and events added, differences joined."""
    found: dict[Subject, Agreement] = {}
    for each in (agreement for video in videos for agreement in video):
        found[each.subject] = _plus(found[each.subject], each) if each.subject in found else each
    return [found[name] for name in SUBJECTS if name in found]


def _plus(one: Agreement, more: Agreement) -> Agreement:
    return Agreement(
        subject=one.subject,
        seconds=one.seconds.plus(more.seconds),
        events={level: counts.plus(more.events[level]) for level, counts in one.events.items()},
        onset_differences_s=one.onset_differences_s + more.onset_differences_s,
        n_videos=one.n_videos + more.n_videos,
    )


def confusion(one: Timeline, other: Timeline) -> dict[str, dict[str, int]]:
    """Seconds in which `one` saw an activity (outer key), by what `other` saw then; both may see several at a time.

    The view of the baby is left out; `nothing` stands for none of the activities that both cover.
    """
    names = [name for name in ACTIVITIES if name != "baby_visible" and _both_cover(one, other, name)]
    length_s = int(max(one.duration_s, other.duration_s))
    readable = [not is_missing for is_missing in seconds_of(_missing(one, other), length_s)]
    left = _columns(one, names, length_s)
    right = _columns(other, names, length_s)
    return {
        mine: {theirs: sum(map(all, zip(left[mine], right[theirs], readable, strict=True))) for theirs in right}
        for mine in left
    }


def _columns(timeline: Timeline, names: Sequence[Activity], length_s: int) -> dict[str, list[bool]]:
    columns: dict[str, list[bool]] = {name: seconds_of(spans_of(timeline, name), length_s) for name in names}
    columns[NOTHING] = [not any(column[k] for column in columns.values()) for k in range(length_s)]
    return columns


def spans_of(timeline: Timeline, subject: Subject) -> list[Span]:
    """The stretches of an activity, in order, those that overlap or touch joined."""
    names = MASK_SUPPORT if subject == "mask_support" else (subject,)
    return list(intervals.clean(Span(event.start_s, event.end_s) for event in timeline.of(*names)))


def seconds_of(spans: Sequence[Span], length_s: int) -> list[bool]:
    """For each whole second, whether more than half of it is covered."""
    covered = [0.0] * length_s
    for span in intervals.clean(spans):
        for k in range(max(0, int(span.start_s)), min(length_s, int(span.end_s) + 1)):
            covered[k] += max(0.0, min(span.end_s, k + 1) - max(span.start_s, k))
    return [seconds > 0.5 for seconds in covered]


def _both_cover(one: Timeline, other: Timeline, subject: Subject) -> bool:
    """Whether both could have recorded it; of mask support all kinds, or the same ones."""
    if one.covers(subject) and other.covers(subject):
        return True
    kinds, others = (set(MASK_SUPPORT) & set(timeline.covered) for timeline in (one, other))
    return subject == "mask_support" and bool(kinds) and kinds == others


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

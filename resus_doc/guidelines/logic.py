"""Three-valued conditions: when a rule applies, does not, or cannot be told.

Truth is `True`, `False` or `None` (unknown), combined as in Kleene's logic: unknown never becomes known by combination
unless the known part decides alone. What is seen on the video, what a user or a vital-signs file makes known, and the
gestation are the only sources; nothing is inferred about the infant's state from what was done.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resus_doc.schema import ACTIVITY_NAMES, Activity, Span, Timeline, Vitals

Truth = bool | None

Fact = Literal[
    "not_breathing_or_gasping",
    "breathing",
    "heart_rate_below_100",
    "heart_rate_below_60",
    "not_breathing_after_stimulation",
    "adrenaline_given",
]

FACT_NAMES: dict[Fact, str] = {
    "not_breathing_or_gasping": "whether the baby was apnoeic or gasping",
    "breathing": "whether the baby was breathing",
    "heart_rate_below_100": "whether the heart rate was below 100 per minute",
    "heart_rate_below_60": "whether the heart rate was below 60 per minute",
    "not_breathing_after_stimulation": "whether the baby did not breathe after drying and stimulation",
    "adrenaline_given": "whether adrenaline was given",
}
"""What the video cannot show, as a sentence names it after 'the video does not show'."""

GAP_TOLERANCE_S = 2.0
"""A shorter stretch out of view cannot be told from a blink of the detector, whose windows are 2 s long (contract)."""


@dataclass(frozen=True)
class Known:
    """What is known of a case beyond its timeline; a fact that is not in `facts` is unknown."""

    facts: Mapping[Fact, bool] = field(default_factory=dict)
    gestation_weeks: float | None = None
    """Completed weeks and days as a decimal number of weeks."""
    vitals: Vitals | None = None
    """The vital signs, on the video's clock."""


class Condition(BaseModel):
    """One node of a condition: exactly one of its fields is given."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    all_: tuple["Condition", ...] | None = Field(default=None, alias="all", min_length=1)
    any_: tuple["Condition", ...] | None = Field(default=None, alias="any", min_length=1)
    not_: "Condition | None" = Field(default=None, alias="not")
    known: Fact | None = None
    """True when the fact is known to hold."""
    seen: Activity | None = None
    """True when an event of the activity is on the timeline."""
    gestation_from_weeks: float | None = Field(default=None, ge=20, le=45)
    gestation_under_weeks: float | None = Field(default=None, ge=20, le=45)

    @model_validator(mode="after")
    def _one_field(self) -> "Condition":
        if len(self.model_fields_set) != 1 or None in (getattr(self, name) for name in self.model_fields_set):
            raise ValueError("a condition holds exactly one of all, any, not, known, seen, gestation_from_weeks, ...")
        return self


def truth(condition: Condition | None, timeline: Timeline, known: Known) -> Truth:
    """Whether a condition holds; no condition always does."""
    if condition is None:
        return True
    if condition.all_ is not None:
        return conjunction(truth(part, timeline, known) for part in condition.all_)
    if condition.any_ is not None:
        return disjunction(truth(part, timeline, known) for part in condition.any_)
    if condition.not_ is not None:
        return negation(truth(condition.not_, timeline, known))
    if condition.known is not None:
        return known.facts.get(condition.known)
    if condition.seen is not None:
        return was_seen(condition.seen, timeline)
    return _gestation_truth(condition, known.gestation_weeks)


def _gestation_truth(condition: Condition, weeks: float | None) -> Truth:
    if weeks is None:
        return None
    if condition.gestation_from_weeks is not None:
        return weeks >= condition.gestation_from_weeks
    return weeks < (condition.gestation_under_weeks or 0.0)


def unknowns(condition: Condition | None, timeline: Timeline, known: Known) -> tuple[str, ...]:
    """What would have to be known to decide an undecided condition, as phrases after 'the video does not show'."""
    if condition is None or truth(condition, timeline, known) is not None:
        return ()
    parts = (*(condition.all_ or ()), *(condition.any_ or ()), *((condition.not_,) if condition.not_ else ()))
    if parts:
        return tuple(dict.fromkeys(phrase for part in parts for phrase in unknowns(part, timeline, known)))
    if condition.known is not None:
        return (FACT_NAMES[condition.known],)
    if condition.seen is not None:
        return (f"all of the time in which {ACTIVITY_NAMES[condition.seen]} could have happened",)
    return ("the gestational age",)


def conjunction(values: Iterable[Truth]) -> Truth:
    """Kleene's and."""
    found = tuple(values)
    return False if False in found else None if None in found else True


def disjunction(values: Iterable[Truth]) -> Truth:
    """Kleene's or."""
    found = tuple(values)
    return True if True in found else None if None in found else False


def negation(value: Truth) -> Truth:
    """Kleene's not."""
    return None if value is None else not value


def was_seen(activity: Activity, timeline: Timeline) -> Truth:
    """Whether an activity happened: absence counts only for a covered activity and an unbroken view of the baby."""
    if timeline.of(activity):
        return True
    if activity not in timeline.covered or not timeline.observed:
        return None
    if activity == "ppv" and timeline.of("ventilation"):
        return None
    return None if gaps_in_view(timeline) else False


def gaps_in_view(timeline: Timeline) -> tuple[Span, ...]:
    """Stretches longer than the tolerance between the first and the last view of the baby in which it was not in view."""
    spans = sorted(timeline.observed)
    gaps: list[Span] = []
    reached = spans[0].end_s if spans else 0.0
    for span in spans[1:]:
        if span.start_s - reached > GAP_TOLERANCE_S:
            gaps.append(Span(reached, span.start_s))
        reached = max(reached, span.end_s)
    return tuple(gaps)

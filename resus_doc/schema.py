"""The words all rooms share. Every value is frozen; equal content is equal.

Times are seconds from the start of the video unless a name says otherwise; ranges are 90 % intervals.
The JSON form of `Report` is `report.json`, whose field names are a contract with other programs.
"""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

SCHEMA_VERSION: Literal["1.0"] = "1.0"

INTENDED_USE = (
    "Retrospective quality improvement and debriefing. Not a medical device; not for live care, diagnosis or "
    "the assessment of persons."
)

Activity = Literal["baby_visible", "ppv", "cpap", "ventilation", "stimulation", "suction", "chest_compressions"]
ACTIVITIES: tuple[Activity, ...] = (
    "baby_visible",
    "ppv",
    "cpap",
    "ventilation",
    "stimulation",
    "suction",
    "chest_compressions",
)
"""The closed vocabulary. `ventilation` is mask support of unknown kind."""

MASK_SUPPORT: tuple[Activity, ...] = ("ppv", "cpap", "ventilation")
"""The study's class *Ventilation* is the union of these three; measures call it `mask_support`."""

ACTIVITY_NAMES: dict[Activity, str] = {
    "baby_visible": "baby in view",
    "ppv": "PPV",
    "cpap": "CPAP",
    "ventilation": "mask support",
    "stimulation": "stimulation",
    "suction": "suction",
    "chest_compressions": "chest compressions",
}
"""How an activity is written in sentences."""

Verdict = Literal["met", "not_met", "indeterminate", "not_assessable"]
Unit = Literal["s", "count", "fraction", "bpm"]
TimeZeroSource = Literal["given", "table_arrival", "video_start"]
VitalSign = Literal["hr_bpm", "spo2_pct", "fio2_pct", "temp_c"]
VITAL_SIGNS: tuple[VitalSign, ...] = ("hr_bpm", "spo2_pct", "fio2_pct", "temp_c")
"""Heart rate (per minute), oxygen saturation (%), inspired oxygen (%), temperature (°C)."""

EMPTY_TABLE_S = 3.0
"""The baby must be out of view at least this long from the video's start before its coming into view counts as arrival:
one and a half windows, more than the first windows' own uncertainty."""

Section = Literal["summary", "timeline", "adherence", "discussion"]
Range = tuple[float, float]


class Value(BaseModel):
    """Base of all shared values: frozen, unknown fields refused, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Span(NamedTuple):
    """A stretch of time, `start_s <= end_s`."""

    start_s: float
    end_s: float


class Video(Value):
    """What is known of the video file. `grid_fps` is the rate at which it was looked at (0 if it was not)."""

    name: str
    sha256: str
    duration_s: float = Field(ge=0)
    width: int = Field(ge=0)
    height: int = Field(ge=0)
    frame_rate: float = Field(ge=0)
    grid_fps: float = Field(ge=0)
    broken_off_at_s: float | None = None
    """Where a damaged file stopped being readable; None for a whole file."""
    lost: tuple[Span, ...] = ()
    """The stretches before that whose pictures are missing, of half a second or more; none of them was observed."""


class Recording(Value):
    """One of several recordings of a case. `start_s` counts from the start of the first one."""

    name: str
    sha256: str
    start_s: float
    duration_s: float = Field(ge=0)


class TimeZero(Value):
    """The moment from which intervals count. `given` is the birth as the user gave it."""

    t_s: float
    range_s: Range
    source: TimeZeroSource

    @property
    def name(self) -> str:
        """How sentences name it: birth, arrival on the table, or the start of the video."""
        return {"given": "birth", "table_arrival": "arrival on the table", "video_start": "the start of the video"}[
            self.source
        ]


class DomainCheck(Value):
    """How much the video is like the detector's training data; a higher score is more alike."""

    in_domain: bool
    score: float
    threshold: float
    validated_on: Literal["simulated", "real"]
    validated_from: float | None = None
    """The lowest score of a video on which the detector was validated; None where its bundle does not say."""


class Event(Value):
    """One stretch of one activity.

    A reviewer's edge has a range of no width: it stands where the person put it. An edge that the person left alone keeps its range,
    also in a confirmed event.
    """

    id: str
    activity: Activity
    start_s: float
    end_s: float
    confidence: float = Field(ge=0, le=1)
    """Of a detector's event its calibrated probability, confirmed or not. 1 where a person set the event (`source` annotation or
    reviewer): a person's statement, not a probability."""
    start_range_s: Range
    end_range_s: Range
    censored_start: bool = False
    censored_end: bool = False
    source: Literal["detector", "annotation", "reviewer"]
    """Who set activity and edges; `reviewer` once a person added, moved or relabelled the event."""
    confirmed_by: str | None = None

    @classmethod
    def annotated(cls, event_id: str, activity: Activity, start_s: float, end_s: float) -> "Event":
        """An event as a person annotates it who sees everything to the moment."""
        return cls(
            id=event_id,
            activity=activity,
            start_s=start_s,
            end_s=end_s,
            confidence=1.0,
            start_range_s=(start_s, start_s),
            end_range_s=(end_s, end_s),
            source="annotation",
        )

    @model_validator(mode="after")
    def _ordered(self) -> "Event":
        if self.end_s < self.start_s:
            raise ValueError(f"event {self.id} ends ({self.end_s} s) before it starts ({self.start_s} s)")
        return self

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


class Timeline(Value):
    """The events of a case and what could have been seen.

    Absence means something only for an activity in `covered`, within `observed`.
    """

    events: tuple[Event, ...]
    covered: tuple[Activity, ...]
    observed: tuple[Span, ...]
    """Stretches of the video in which the baby was in view and the recording was readable."""
    duration_s: float = Field(ge=0)
    time_zero: TimeZero
    missing: tuple[Span, ...] = ()
    """Stretches that no camera recorded, or whose pictures were lost; in order, none touching another."""

    @property
    def observed_s(self) -> float:
        return sum(span.end_s - span.start_s for span in self.observed)

    def covers(self, subject: str) -> bool:
        """Whether the source of the events could have seen it. `mask_support` needs its unknown kind, or both known kinds."""
        if subject == "mask_support":
            return "ventilation" in self.covered or {"ppv", "cpap"} <= set(self.covered)
        return subject in self.covered

    def of(self, *activities: Activity) -> tuple[Event, ...]:
        """The events of these activities, in order of onset."""
        chosen = [event for event in self.events if event.activity in activities]
        return tuple(sorted(chosen, key=lambda event: (event.start_s, event.end_s, event.id)))

    @property
    def table_arrival(self) -> TimeZero | None:
        """When the baby came onto the table; None unless an empty table was seen before."""
        first = next(iter(self.of("baby_visible")), None)
        if first is None or "baby_visible" not in self.covered or first.censored_start:
            return None
        missing_s = sum(max(0.0, min(span.end_s, first.start_s) - span.start_s) for span in self.missing)
        if first.start_s - missing_s < EMPTY_TABLE_S:
            return None
        return TimeZero(t_s=first.start_s, range_s=first.start_range_s, source="table_arrival")


class Measure(Value):
    """A number computed from events. `value` is None when it is not assessable."""

    id: str
    name: str
    value: float | None
    unit: Unit
    range: Range | None
    events: tuple[str, ...] = ()


class GuidelineRef(Value):
    """Which guideline and edition the findings refer to."""

    id: str
    title: str
    edition: str


class Finding(Value):
    """The verdict of one rule, with its evidence.

    `verified` is true when each number the rule rests on was checked against the document itself.
    """

    id: str
    rule_id: str
    kind: Literal["guideline", "quality_metric"]
    verdict: Verdict
    statement: str
    observed: str
    expected: str
    observed_value: float | None
    threshold: float | None
    unit: Unit | None
    reason: str | None
    events: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    verified: bool

    @property
    def is_unverified(self) -> bool:
        """Whether a reader is told that nobody compared it with its document; a quality metric has none to compare with."""
        return not self.verified and self.kind != "quality_metric"


class Passage(Value):
    """A guideline passage in our own words, with its source."""

    id: str
    profile: str
    title: str
    source: str
    section: str | None
    doi_or_isbn: str | None
    text: str
    verified: bool


class Sentence(Value):
    """One sentence of the narrative and the ids of the facts it rests on."""

    text: str
    cites: tuple[str, ...]
    origin: Literal["llm", "template"]


class NarrativeSection(Value):
    section: Section
    sentences: tuple[Sentence, ...]


class VitalSeries(Value):
    """One vital sign over the case, as a monitor exported it."""

    sign: VitalSign
    points: tuple[tuple[float, float], ...]
    """Readings as (seconds from the start of the video, value), in order of time; times before the video are negative."""
    gap_s: float | None = Field(default=None, gt=0)
    """Two of its readings further apart have a gap between them; None as for all of the file (`Vitals.gap_s`)."""


class Vitals(Value):
    """The vital signs of a case, on the video's clock. Two readings further apart than `gap_s` have a gap between them."""

    source: str
    """Name of the file."""
    sha256: str
    offset_s: float
    """What was added to the file's times."""
    gap_s: float = Field(gt=0)
    series: tuple[VitalSeries, ...]

    def readings(self, sign: VitalSign) -> tuple[tuple[float, float], ...]:
        """The readings of one vital sign; none where the file does not have it."""
        return next((series.points for series in self.series if series.sign == sign), ())


class SeenInPause(Value):
    """What was seen during a PPV pause, for how many seconds of it, with the range and the events.

    `none` is time with the baby in view in which none of the recognised activities was seen; `not_observed` is time in
    which the baby was not in view. Activities can overlap, so the seconds need not add up.
    """

    what: Activity | Literal["none", "not_observed"]
    value: float
    unit: Literal["s"] = "s"
    range: Range
    events: tuple[str, ...] = ()


class PpvPause(Value):
    """One pause of PPV, between two events of it; `events` are the PPV before and after."""

    start_s: float
    end_s: float
    start_range_s: Range
    end_range_s: Range
    events: tuple[str, str]
    seen: tuple[SeenInPause, ...]
    """Only what the source could have seen; what was not seen at all is left out."""


class CloserLook(Value):
    """A stretch of the video that was examined again at a finer stride, because a verdict hung on it."""

    start_s: float
    end_s: float
    rule_id: str
    """The rule whose verdict hung on it."""
    reason: Literal["uncertain_edge", "short_event", "short_gap"]
    before: Verdict
    after: Verdict
    """The rule's verdict before and after all looks."""


class Review(Value):
    """Which revision of persons a report is. All revisions, and the report before the first, stand in the case's `revisions`."""

    revision: int = Field(ge=1)
    by: str
    """The name that the reviewer typed."""
    at: str
    """When it was saved, as ISO 8601 in UTC."""
    birth_set_by: str | None = None
    whole_recording_by: str | None = None
    """Who stated that they watched the whole recording and that `events` is all that was done. It lifts the withholding of a video
    that is unlike the detector's training data: the timeline is then that person's."""


class Report(Value):
    """The content of `report.json`."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    case_id: str
    intended_use: str = INTENDED_USE
    video: Video
    time_zero: TimeZero
    activities_covered: tuple[Activity, ...]
    observed_s: float
    domain_check: DomainCheck | None
    events: tuple[Event, ...]
    withheld_events: tuple[Event, ...] = ()
    measures: tuple[Measure, ...]
    guideline: GuidelineRef
    findings: tuple[Finding, ...]
    passages: tuple[Passage, ...]
    narrative: tuple[NarrativeSection, ...]
    observed: tuple[Span, ...] = ()
    """The stretches in which the baby was in view, whose lengths add up to `observed_s`."""
    vitals: Vitals | None = None
    """The vital signs of the case, where a file of them was given."""
    recordings: tuple[Recording, ...] = ()
    """The recordings of a case that has several, in order of time; `video` then stands for all of them."""
    ppv_pauses: tuple[PpvPause, ...] = ()
    """Each pause of PPV as seen, in order, with what was seen during it."""
    closer_looks: tuple[CloserLook, ...] = ()
    """What was examined again because a verdict hung on it; events and findings are those after it."""
    review: Review | None = None
    """None where no person revised the case."""
    provenance: dict[str, object] = Field(default_factory=dict)

    @property
    def recorded(self) -> tuple[Span, ...]:
        """The stretches that a camera recorded; two recordings may overlap a little."""
        if self.recordings:
            return tuple(Span(each.start_s, each.start_s + each.duration_s) for each in self.recordings)
        return (Span(0.0, self.video.duration_s),)

    @property
    def is_withheld(self) -> bool:
        """Whether nothing may be concluded: the video is unlike the training data, and no person took the timeline over."""
        return self.domain_check is not None and not self.domain_check.in_domain and not self._taken_over

    @property
    def is_unusual(self) -> bool:
        """Whether what was found needs a look before use, unless a person took the timeline over.

        The video is in domain, and yet less like the training data than any on which the detector was validated.
        """
        check = self.domain_check
        if check is None or check.validated_from is None or not check.in_domain:
            return False
        return check.score < check.validated_from and not self._taken_over

    @property
    def _taken_over(self) -> bool:
        return self.review is not None and self.review.whole_recording_by is not None

"""Realistic reports to render: a whole one, one with hostile text, one withheld, one without events, one with many."""

from resus_doc.schema import (
    DomainCheck,
    Event,
    Finding,
    GuidelineRef,
    Measure,
    NarrativeSection,
    Passage,
    Report,
    Sentence,
    Span,
    TimeZero,
    Video,
)

ACTIVITIES = ("baby_visible", "ppv", "cpap", "stimulation", "suction", "chest_compressions")


def event(number: int, activity: str, start_s: float, end_s: float, spread_s: float = 0.8, **more: object) -> Event:
    """An event whose edges are known to within `spread_s` on both sides."""
    return Event.model_validate(
        {
            "id": f"E{number}",
            "activity": activity,
            "start_s": start_s,
            "end_s": end_s,
            "confidence": 0.93,
            "start_range_s": (max(0.0, start_s - spread_s), start_s + spread_s),
            "end_range_s": (end_s - spread_s, end_s + spread_s),
            "source": "detector",
            **more,
        }
    )


EVENTS = (
    event(1, "baby_visible", 6.0, 71.0, 0.5),
    event(2, "stimulation", 9.5, 24.0, 1.4),
    event(3, "suction", 26.0, 31.5, 1.0, confidence=0.71),
    event(4, "ppv", 36.0, 62.0, 1.2),
    event(5, "ppv", 69.5, 84.0, 2.0),
    event(6, "baby_visible", 82.0, 118.0, 0.5, end_range_s=(118.0, 118.0), censored_end=True),
    event(7, "stimulation", 88.0, 92.0, 2.2, confidence=0.62),
    event(8, "cpap", 94.0, 118.0, 1.1, end_range_s=(118.0, 118.0), censored_end=True, confirmed_by="M. Berg"),
)

MEASURES = (
    ("time_to_first_stimulation", 35.5, "s", (34.0, 37.0), ("E2",)),
    ("time_to_first_suction", 52.0, "s", (50.6, 53.4), ("E3",)),
    ("time_to_first_ppv", 62.0, "s", (59.6, 64.4), ("E4",)),
    ("time_to_first_ppv_from_table", 30.0, "s", (28.5, 31.5), ("E4",)),
    ("time_to_first_cpap", 120.0, "s", (118.0, 122.0), ("E8",)),
    ("time_to_first_chest_compressions", None, "s", None, ()),
    ("stimulation_count", 2, "count", (1, 2), ("E2", "E7")),
    ("stimulation_total", 18.5, "s", (15.0, 22.0), ("E2", "E7")),
    ("suction_count", 1, "count", (1, 1), ("E3",)),
    ("suction_total", 5.5, "s", (4.0, 7.0), ("E3",)),
    ("ppv_count", 2, "count", (2, 2), ("E4", "E5")),
    ("ppv_total", 40.5, "s", (37.0, 44.0), ("E4", "E5")),
    ("cpap_total", 24.0, "s", (23.0, 25.0), ("E8",)),
    ("mask_support_total", 64.5, "s", (61.0, 68.0), ("E4", "E5", "E8")),
    ("ppv_fraction_first_30s", 0.87, "fraction", (0.82, 0.92), ("E4",)),
    ("ppv_fraction_first_60s", 0.68, "fraction", (0.61, 0.86), ("E4", "E5")),
    ("ppv_pause_count", 1, "count", (1, 1), ("E4", "E5")),
    ("ppv_pause_longest", 7.5, "s", (5.0, 10.0), ("E4", "E5")),
    ("no_activity_total", 12.0, "s", (9.0, 18.0), ()),
    ("first_minute_handover", None, "fraction", None, ()),
)


def _finding(number: int, verdict: str, statement: str, observed: str, expected: str, **more: object) -> Finding:
    return Finding.model_validate(
        {
            "id": f"F{number}",
            "rule_id": f"rule-{number}",
            "kind": "guideline",
            "verdict": verdict,
            "statement": statement,
            "observed": observed,
            "expected": expected,
            "observed_value": None,
            "threshold": None,
            "unit": None,
            "reason": None,
            "verified": False,
            **more,
        }
    )


FINDINGS = (
    _finding(
        1,
        "indeterminate",
        "Mask support begins within 60 s of birth when it is indicated",
        "PPV began 62 s after birth (60–64 s)",
        "within 60 s of birth if the infant is apnoeic, gasping or has a heart rate under 100",
        events=("E4",),
        measures=("M3",),
        passages=("P1",),
        reason="The limit of 60 s lies inside the range of the measurement.",
    ),
    _finding(
        2,
        "not_met",
        "PPV goes on without long pauses",
        "one pause of 7.5 s (5–10 s)",
        "no pause longer than 5 s (a metric of this report; no guideline gives a limit)",
        kind="quality_metric",
        events=("E4", "E5"),
        measures=("M18",),
        verified=True,
    ),
    _finding(
        3,
        "met",
        "Suction, when used, is brief",
        "one suction of 5.5 s (4–7 s)",
        "no longer than 10 s at a time",
        kind="quality_metric",
        events=("E3",),
        measures=("M10",),
        passages=("P2",),
    ),
    _finding(
        4,
        "met",
        "Stimulation does not delay ventilation",
        "stimulation ended 12 s before PPV began",
        "stimulation is brief and does not delay ventilation",
        events=("E2", "E4"),
        passages=("P3",),
    ),
    _finding(
        5,
        "not_assessable",
        "Chest compressions begin when the heart rate stays under 60",
        "no chest compressions were seen while the baby was in view",
        "after at least 30 s of PPV that moves the chest",
        reason="The heart rate is not known.",
        passages=("P4",),
    ),
    _finding(
        6,
        "not_assessable",
        "Cord clamping is deferred by at least 60 s",
        "",
        "at least 60 s in most infants",
        reason="The cord is not among the recognised activities.",
        passages=("P5",),
        verified=True,
    ),
    _finding(
        7,
        "not_assessable",
        "The heart rate is checked after 30 s of PPV",
        "",
        "a check after 30 s of PPV that moves the chest",
        reason="A heart-rate check is not among the recognised activities.",
    ),
)

AHA = "AHA/AAP 2025 Part 5, Circulation 2025;152(16 suppl 2):S385–S423"
DOI = "10.1161/CIR.0000000000001367"


def _passage(number: int, title: str, text: str, verified: bool = False) -> Passage:
    return Passage(
        id=f"P{number}",
        profile="aha-2025",
        title=title,
        source=AHA,
        section=None,
        doi_or_isbn=DOI,
        text=text,
        verified=verified,
    )


PASSAGES = (
    _passage(
        1, "Starting PPV", "PPV starts within 60 s of birth if the infant is apnoeic or gasping, or under 100 bpm."
    ),
    _passage(2, "Suction", "Clearing the airway by suction is not part of routine care."),
    _passage(3, "Stimulation", "Stimulation is brief and does not put off ventilation."),
    _passage(4, "Compressions", "Compressions follow if the heart rate stays under 60 after 30 s of effective PPV."),
    _passage(5, "Cord", "Clamping of the cord is deferred by at least 60 s in most infants.", verified=True),
)


def _sentence(text: str, *cites: str, origin: str = "llm") -> Sentence:
    return Sentence.model_validate({"text": text, "cites": cites, "origin": origin})


NARRATIVE = (
    NarrativeSection(
        section="summary",
        sentences=(
            _sentence("PPV began 62 s after birth and was given for 40.5 s in all.", "E4", "M3", "M12"),
            _sentence("CPAP followed and was still under way when the recording ended.", "E8", origin="template"),
        ),
    ),
    NarrativeSection(
        section="timeline",
        sentences=(
            _sentence("The infant was stimulated from 0:36 to 0:50 after birth.", "E2"),
            _sentence("Suction was seen once, for 5.5 s.", "E3", "M9", "M10"),
            _sentence("PPV was given twice, with one pause of 7.5 s between.", "E4", "E5", "M18"),
        ),
    ),
    NarrativeSection(
        section="adherence",
        sentences=(
            _sentence("Whether PPV began within 60 s of birth is too close to call.", "F1", "P1"),
            _sentence("The pause of PPV was longer than this report's metric of 5 s.", "F2", origin="template"),
        ),
    ),
    NarrativeSection(
        section="discussion",
        sentences=(_sentence("What happened in the pause between the two stretches of PPV?", "E4", "E5", "F2"),),
    ),
)


def sample_report(**changes: object) -> Report:
    """A whole report; `changes` replace its fields."""
    fields = {
        "case_id": "case-9f3a41c7",
        "video": Video(
            name="sample.mp4",
            sha256="9f3a41c7" * 8,
            duration_s=118.0,
            width=320,
            height=240,
            frame_rate=25.0,
            grid_fps=4.0,
        ),
        "time_zero": TimeZero(t_s=-26.0, range_s=(-28.0, -24.0), source="given"),
        "activities_covered": ACTIVITIES,
        "observed_s": 101.0,
        "observed": (Span(6.0, 71.0), Span(82.0, 118.0)),
        "domain_check": DomainCheck(in_domain=True, score=0.84, threshold=0.5, validated_on="simulated"),
        "events": EVENTS,
        "measures": tuple(
            Measure.model_validate(
                {"id": f"M{i}", "name": name, "value": value, "unit": unit, "range": span, "events": events}
            )
            for i, (name, value, unit, span, events) in enumerate(MEASURES, start=1)
        ),
        "guideline": GuidelineRef(id="aha-2025", title="AHA/AAP Neonatal Resuscitation", edition="2025"),
        "findings": FINDINGS,
        "passages": PASSAGES,
        "narrative": NARRATIVE,
        "provenance": {
            "resus_doc": "0.1.0",
            "seconds": {"detect": 12.3},
            "detector": {"validated_on": "simulated", "name": "shipped", "sha256": "ab" * 32},
            "notes": [],
        },
    }
    return Report.model_validate({**fields, **changes})


def withheld_report() -> Report:
    """A report of a video that is unlike the training data."""
    findings = tuple(f.model_copy(update={"verdict": "not_assessable", "events": (), "measures": ()}) for f in FINDINGS)
    return sample_report(
        domain_check=DomainCheck(in_domain=False, score=0.11, threshold=0.5, validated_on="simulated"),
        events=(),
        withheld_events=EVENTS,
        observed=(),
        observed_s=0.0,
        measures=(),
        findings=findings,
        narrative=(),
    )


def empty_report() -> Report:
    """A recording in which none of the recognised activities was seen."""
    return sample_report(
        events=(), measures=(), findings=(), passages=(), narrative=(), observed=(Span(0.0, 118.0),), observed_s=118.0
    )


def long_report(events: int = 400, hours: float = 4.0) -> Report:
    """Many events over hours."""
    length_s = hours * 3600
    step = length_s / events
    many = tuple(
        event(i + 1, ACTIVITIES[i % len(ACTIVITIES)], i * step + 2, i * step + 2 + 0.7 * step) for i in range(events)
    )
    video = sample_report().video.model_copy(update={"duration_s": length_s})
    return sample_report(
        events=many,
        video=video,
        observed=(Span(0.0, length_s),),
        observed_s=length_s,
        time_zero=TimeZero(t_s=0.0, range_s=(0.0, 0.0), source="video_start"),
    )


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&\"'\u202e\x07`|"


def hostile_report() -> Report:
    """A report in which every free text tries to be markup."""
    finding = FINDINGS[0].model_copy(
        update={"statement": HOSTILE, "observed": HOSTILE, "expected": HOSTILE, "reason": HOSTILE}
    )
    passage = PASSAGES[0].model_copy(update={"title": HOSTILE, "text": HOSTILE, "source": HOSTILE, "section": HOSTILE})
    return sample_report(
        case_id=HOSTILE,
        intended_use=HOSTILE,
        video=sample_report().video.model_copy(update={"name": HOSTILE}),
        guideline=GuidelineRef(id="x", title=HOSTILE, edition=HOSTILE),
        events=tuple(e.model_copy(update={"confirmed_by": HOSTILE}) for e in EVENTS),
        findings=(finding,),
        passages=(passage,),
        narrative=(NarrativeSection(section="summary", sentences=(_sentence(HOSTILE, "E4", HOSTILE),)),),
        provenance={"notes": [HOSTILE], HOSTILE: {HOSTILE: HOSTILE}},
    )

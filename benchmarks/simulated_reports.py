"""Reports on simulated cases' truths, without a narrative: what the writer is tried on."""

from resus_doc.guidelines import profile as profiles
from resus_doc.guidelines import rules
from resus_doc.schema import Event, Report, Video
from resus_doc.tools import measures
from resus_doc.tools.simulate.scenario import draw
from resus_doc.tools.timeline import timeline_from_annotations


def simulated(seed: int, name: str = "case.mp4", duration_s: float = 40.0) -> Report:
    """What is known of the simulated case of this seed, with verdicts of the AHA profile."""
    timeline = timeline_from_annotations(_events(seed, duration_s), duration_s, birth_time_s=-20.0)
    profile = profiles.load("aha-2025")
    numbers = measures.compute(timeline)
    adherence = rules.evaluate(profile, timeline, numbers)
    return Report(
        case_id="case-1",
        video=Video(name=name, sha256="0" * 64, duration_s=duration_s, width=64, height=48, frame_rate=25, grid_fps=4),
        time_zero=timeline.time_zero,
        activities_covered=timeline.covered,
        observed_s=timeline.observed_s,
        domain_check=None,
        events=timeline.events,
        measures=numbers,
        guideline=profile.ref,
        findings=adherence.findings,
        passages=adherence.passages,
        narrative=(),
    )


def _events(seed: int, duration_s: float) -> tuple[Event, ...]:
    seen = [one for one in draw(seed, duration_s=duration_s).events if one.start_s < duration_s and one.end_s > 0]
    return tuple(
        Event(
            id=f"E{number}",
            activity=one.activity,
            start_s=max(0.0, one.start_s),
            end_s=min(duration_s, one.end_s),
            confidence=1.0,
            start_range_s=(max(0.0, one.start_s),) * 2,
            end_range_s=(min(duration_s, one.end_s),) * 2,
            source="annotation",
        )
        for number, one in enumerate(seen, 1)
    )

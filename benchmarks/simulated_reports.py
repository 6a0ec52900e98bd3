"""Reports on simulated cases' truths, without a narrative: what the writer is tried on."""

from resus_doc.guidelines import profile
from resus_doc.schema import Activity, Event, Report, Video
from resus_doc.tools.cases import without_narrative
from resus_doc.tools.simulate.scenario import draw
from resus_doc.tools.timeline import timeline_from_annotations

TURNS: tuple[Activity, ...] = ("stimulation", "ppv", "suction", "cpap", "chest_compressions")


def simulated(seed: int, name: str = "case.mp4", duration_s: float = 40.0) -> Report:
    """What is known of the simulated case of this seed, with verdicts of the AHA profile."""
    return known(draw(seed, duration_s=duration_s).annotations(), name, duration_s)


def long_case(count: int = 400, duration_s: float = 10_800.0) -> Report:
    """Three hours in which 400 events of all activities take turns."""
    step = duration_s / count
    events = [_turn(at, at * step + 1) for at in range(count)]
    return known(tuple(events), "long.mp4", duration_s)


def _turn(at: int, start_s: float) -> Event:
    return Event.annotated(f"E{at + 1}", TURNS[at % len(TURNS)], start_s, start_s + 11.5)


def known(events: tuple[Event, ...], name: str, duration_s: float) -> Report:
    """The report on these annotated events, without a narrative."""
    timeline = timeline_from_annotations(events, duration_s, birth_time_s=-20.0)
    video = Video(name=name, sha256="0" * 64, duration_s=duration_s, width=64, height=48, frame_rate=25, grid_fps=4)
    return without_narrative(timeline, profile.load("aha-2025"), "case-1", video)

"""Reports on simulated cases' truths, without a narrative: what the writer is tried on."""

from resus_doc.guidelines import profile
from resus_doc.schema import Report, Video
from resus_doc.tools.cases import without_narrative
from resus_doc.tools.simulate.scenario import draw
from resus_doc.tools.timeline import timeline_from_annotations


def simulated(seed: int, name: str = "case.mp4", duration_s: float = 40.0) -> Report:
    """What is known of the simulated case of this seed, with verdicts of the AHA profile."""
    events = draw(seed, duration_s=duration_s).annotations()
    timeline = timeline_from_annotations(events, duration_s, birth_time_s=-20.0)
    video = Video(name=name, sha256="0" * 64, duration_s=duration_s, width=64, height=48, frame_rate=25, grid_fps=4)
    return without_narrative(timeline, profile.load("aha-2025"), "case-1", video)

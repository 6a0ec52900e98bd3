"""The fitted decoder beside hysteresis on simulated test videos, written to docs/decoder-figures.md.

    python benchmarks/decoder_figures.py [--videos 20]      of each group

Videos are rendered and detected once (`scripts/decoder_data.py`); both decoders then read the same windows. Test seeds: no
fit and no threshold has seen them. Events match one to one; edges are those of events matched at an overlap of 0.10, but for
edges at the recording's own. The last row has every video looked at again as a whole: its ranges are those of re-examined
stretches. Videos of the held-out room family, which no training has seen, have a table of their own.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from decoder_data import Looked, looked, shipped, weights

from resus_doc.models import event_metrics
from resus_doc.models.event_matching import IOU_LEVELS, EventCounts, match
from resus_doc.models.event_metrics import VideoEvents
from resus_doc.schema import Activity, Span, Timeline
from resus_doc.tools.timeline import build_timeline

OUT = Path("docs/decoder-figures.md")
GROUPS = (("test", "Hospitals that are in the training"), ("held-out", "Held-out hospital"))
COLUMNS = (
    "decoder",
    *(f"F1 at {level:.2f}" for level in IOU_LEVELS),
    "onset error, median",
    "p90",
    "offset error, median",
    "p90",
    "first within 2 s",
    "least of one",
    "false events per hour and activity, mean",
    "most of one",
    "ranges that hold the onset",
    "the offset",
    "width of ranges, median",
)


class Ranges(NamedTuple):
    """How many edges of matched events there were, how many ranges held the truth, and how wide they were in seconds."""

    held: list[bool]
    widths_s: list[float]


def edges(video: Looked, timeline: Timeline, activity: Activity) -> tuple[Ranges, Ranges]:
    """The ranges of an activity's matched onsets and offsets."""
    true, found = video.scenario.truth(activity), timeline.of(activity)
    spans = [Span(event.start_s, event.end_s) for event in found]
    onsets, offsets = Ranges([], []), Ranges([], [])
    for pair in match(true, spans, IOU_LEVELS[0]):
        event, truth = found[pair.other], true[pair.one]
        for at_s, (low, high), cut, kept in (
            (truth.start_s, event.start_range_s, event.censored_start, onsets),
            (truth.end_s, event.end_range_s, event.censored_end, offsets),
        ):
            if not cut and 0 < at_s < video.scenario.duration_s:
                kept.held.append(low <= at_s <= high)
                kept.widths_s.append(high - low)
    return onsets, offsets


def row(name: str, videos: list[Looked], decode: Callable[[Looked], Timeline]) -> list[str]:
    """One decoder's line of the table."""
    timelines = [decode(video) for video in videos]
    labels: tuple[Activity, ...] = videos[0].dense.labels
    events = [
        VideoEvents(
            video.scenario.duration_s,
            {label: video.scenario.truth(label) for label in labels},
            {label: [Span(e.start_s, e.end_s) for e in timeline.of(label)] for label in labels},
        )
        for video, timeline in zip(videos, timelines, strict=True)
    ]
    activities = event_metrics.event_activities(events, labels)
    counted = {level: EventCounts(0, 0, 0) for level in IOU_LEVELS}
    for video in events:
        for level in IOU_LEVELS:
            counted[level] = counted[level].plus(event_metrics.counts(video, activities, level))
    errors = event_metrics.edge_errors_s(events, activities)
    within = [event_metrics.first_events(events, activity).within for activity in activities]
    false = [event_metrics.false_per_hour(events, activity) for activity in activities]
    kept = (Ranges([], []), Ranges([], []))
    for video, timeline in zip(videos, timelines, strict=True):
        for activity in activities:
            for total, part in zip(kept, edges(video, timeline, activity), strict=True):
                total.held.extend(part.held)
                total.widths_s.extend(part.widths_s)
    cells = [name, *(f"{counted[level].f1:.3f}" for level in IOU_LEVELS)]
    for values in errors:
        cells += [f"{np.median(values):.2f} s", f"{np.percentile(values, 90):.2f} s"]
    cells += [f"{np.mean(within):.3f}", f"{min(within):.3f}", f"{np.mean(false):.1f}", f"{max(false):.1f}"]
    cells += [f"{100 * np.mean(part.held):.1f} % of {len(part.held)}" for part in kept]
    return [*cells, f"{np.median(kept[0].widths_s + kept[1].widths_s):.2f} s"]


def taken_for_cpap(videos: list[Looked], limits: dict[str, float]) -> tuple[int, int, str]:
    """How many windows lie inside PPV, how many of them are called CPAP and not PPV, and where most of those are."""
    inside, wrong, worst = 0, 0, (0, 0, 0)
    for video in videos:
        windows = video.coarse(1.0)
        called = {
            name: windows.probabilities[:, windows.labels.index(name)] >= limits[name] for name in ("ppv", "cpap")
        }
        ends_s = windows.start_s + windows.window_s
        spans = video.scenario.truth("ppv")
        whole = np.any([(windows.start_s >= s.start_s) & (ends_s <= s.end_s) for s in spans] or [ends_s < 0], axis=0)
        missed = int((whole & called["cpap"] & ~called["ppv"]).sum())
        inside, wrong = inside + int(whole.sum()), wrong + missed
        worst = max(worst, (missed, int(whole.sum()), video.scenario.seed))
    return inside, wrong, f"{worst[0]} of {worst[1]}, seed {worst[2]}" if worst[0] else "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    config, fitted = shipped()
    limits = {str(name): at for name, at in config.thresholds.items()}

    def hysteresis(video: Looked) -> Timeline:
        return build_timeline(video.coarse(config.stride_s), limits, video.scenario.duration_s)

    def semi_markov(video: Looked) -> Timeline:
        return build_timeline(video.coarse(config.stride_s), limits, video.scenario.duration_s, decoder=fitted)

    def closer(video: Looked) -> Timeline:
        coarse, length_s = video.coarse(config.stride_s), video.scenario.duration_s
        return build_timeline(coarse, limits, length_s, decoder=fitted, closer=video.dense)

    decoders = {
        "hysteresis": hysteresis,
        "semi-Markov": semi_markov,
        "semi-Markov, all looked at again": closer,
    }
    lines = [
        "# Figures of the temporal decoders",
        "",
        f"Simulated test videos; they say nothing about real recordings. Detector {weights()}.",
        "",
        f"Made by `{' '.join(['python benchmarks/decoder_figures.py', *sys.argv[1:]])}`.",
        "",
    ]
    for kind, title in GROUPS:
        videos = looked(kind, options.videos)
        minutes = sum(video.scenario.duration_s for video in videos) / 60
        difficulties = sorted({video.scenario.difficulty for video in videos})
        lines += [
            f"## {title}",
            "",
            f"{len(videos)} videos, {minutes:.0f} minutes, of the difficulties {', '.join(map(str, difficulties))}.",
            "",
            "| " + " | ".join(COLUMNS) + " |",
            "| --- " * len(COLUMNS) + "|",
            *("| " + " | ".join(row(name, videos, decode)) + " |" for name, decode in decoders.items()),
            "",
        ]
    lines += [
        "## PPV taken for CPAP",
        "",
        "Windows that lie inside a true stretch of PPV and are called CPAP and not PPV, before any decoder.",
        "",
        "| videos | windows inside PPV | taken for CPAP | most in one video |",
        "| --- | --- | --- | --- |",
    ]
    for kind, title in (
        *GROUPS,
        ("escalation", "Courses that end in compressions, half of them of the held-out hospital"),
    ):
        inside, wrong, worst = taken_for_cpap(looked(kind, options.videos), limits)
        lines.append(f"| {title} | {inside} | {wrong} | {worst} |")
    OUT.write_text("\n".join([*lines, ""]), encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

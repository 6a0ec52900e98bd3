"""How often verdicts from detected events are those of the scenario's truth, written to docs/verdict-figures.md.

    python benchmarks/verdict_figures.py [--videos 20] [--births 24]      videos of each of three groups

The groups: hospitals that are in the training, the one that is not, and courses of both that end in chest compressions
(`decoder_data.escalation`), which are rare in the other two.

Each simulated test video is detected once and judged with many drawn births and heart rates, so that the rules which need them
can be assessed: AHA/AAP 2025 and the quality metrics. Rules that need neither count once a video. The denominator holds every
verdict that the same rules give from the scenario's true events as met or not met; a verdict is right when it is the same one,
wrong when it is the other one, and open when it is indeterminate or not assessable. *Near* are those whose true number lies
within 5 s of the limit: half the births are drawn there. Both figures are given without and with closer looks
(`agent/closer.py`), and how often the ranges of re-examined edges held the truth.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from decoder_data import Looked, looked, shipped, weights, windows_like

from resus_doc.agent import closer
from resus_doc.guidelines.logic import Known
from resus_doc.guidelines.profile import load
from resus_doc.guidelines.rules import evaluate
from resus_doc.models.bundle import DetectorConfig
from resus_doc.models.decoder import Decoder
from resus_doc.models.event_matching import IOU_LEVELS, match
from resus_doc.schema import Finding, Span, Timeline, TimeZero, Vitals, VitalSeries
from resus_doc.tools.measures import compute
from resus_doc.tools.timeline import build_timeline, timeline_from_annotations
from resus_doc.tools.windows import Windows

OUT = Path("docs/verdict-figures.md")
PROFILE = load("aha-2025")
GROUPS = ("test", "held-out", "escalation")
NEAR_S = 5.0
LIMIT_S = 60.0
FROM_BIRTH = ("aha-2025.ppv-within-60s", "aha-2025.compressions-heart-rate")
"""The rules that need a birth or a heart rate: they count for every draw, others once a video."""


class Case(NamedTuple):
    """One drawn birth with its heart rates."""

    birth_s: float
    vitals: Vitals


class Verdict(NamedTuple):
    rule_id: str
    true: str
    found: str
    near: bool


def true_timeline(video: Looked) -> Timeline:
    """The scenario's own events, as exact annotations of everything the detector looks for."""
    return timeline_from_annotations(
        video.scenario.annotations(), video.scenario.duration_s, covered=video.dense.labels
    )


def draw_cases(video: Looked, count: int) -> list[Case]:
    """Births before the first PPV: half of them so that it begins within five seconds of the limit."""
    rng = np.random.default_rng([video.scenario.seed, 41])
    ppv = video.scenario.truth("ppv")
    onset_s = ppv[0].start_s if ppv else 0.6 * video.scenario.duration_s
    earliest = video.scenario.table_arrival_s or 0.0
    cases = []
    for number in range(count):
        before_s = LIMIT_S + rng.uniform(-NEAR_S, NEAR_S) if number % 2 else rng.uniform(20.0, 110.0)
        birth_s = min(onset_s - before_s, earliest - 1.0)
        cases.append(Case(round(float(birth_s), 1), _vitals(rng, float(birth_s), video.scenario.duration_s)))
    return cases


def _vitals(rng: np.random.Generator, birth_s: float, duration_s: float) -> Vitals:
    """A heart rate each second, low from birth on: under 60 in half the cases, else between 60 and 100."""
    level = rng.uniform(42, 54) if rng.random() < 0.5 else rng.uniform(66, 92)
    times = np.arange(np.floor(birth_s), duration_s)
    points = tuple((float(t), float(round(level + rng.uniform(-3, 3)))) for t in times)
    return Vitals(
        source="drawn", sha256="0" * 64, offset_s=0.0, gap_s=5.0, series=(VitalSeries(sign="hr_bpm", points=points),)
    )


def judged(timeline: Timeline, case: Case) -> tuple[Finding, ...]:
    """The findings of a timeline with this birth and these heart rates."""
    return evaluate(PROFILE, timeline, compute(timeline), known=Known(vitals=case.vitals)).findings


def from_birth(timeline: Timeline, case: Case) -> Timeline:
    zero = TimeZero(t_s=case.birth_s, range_s=(case.birth_s, case.birth_s), source="given")
    return timeline.model_copy(update={"time_zero": zero})


class Bench:
    """One video: its timeline at the detector's stride, and after closer looks."""

    def __init__(self, video: Looked, config: DetectorConfig, decoder: Decoder | None) -> None:
        self.video, self._decoder = video, decoder
        self._limits = {str(name): at for name, at in config.thresholds.items()}
        self._coarse = video.coarse(config.stride_s)
        self.first = self._timeline(None)
        self._seen: dict[tuple[Span, ...], Timeline] = {}
        self.looked_s = 0.0

    def after_look(self, case: Case) -> tuple[Timeline, tuple[Span, ...]]:
        """The timeline after looking closer where this case's verdicts hang on it, and where that was."""
        timeline = from_birth(self.first, case)
        found = closer.doubts(timeline, judged(timeline, case), lambda changed: judged(changed, case))
        stretches = closer.stretches(found)
        if not stretches:
            return timeline, ()
        if stretches not in self._seen:
            self._seen[stretches] = self._timeline(self._within(stretches))
        self.looked_s += sum(span.end_s - span.start_s for span in stretches)
        return from_birth(self._seen[stretches], case), stretches

    def _within(self, stretches: Sequence[Span]) -> Windows:
        """The windows at every cell that lie whole in a stretch, as `look_closer` gives them."""
        dense = self.video.dense
        ends = dense.start_s + dense.window_s
        inside = [(dense.start_s >= s.start_s - 1e-6) & (ends <= s.end_s + 1e-6) for s in stretches]
        return windows_like(dense, np.flatnonzero(np.any(inside, axis=0)), dense.stride_s)

    def _timeline(self, fine: Windows | None) -> Timeline:
        length_s = self.video.scenario.duration_s
        return build_timeline(self._coarse, self._limits, length_s, decoder=self._decoder, closer=fine)


def verdicts(true: Sequence[Finding], found: Sequence[Finding], first: bool) -> list[Verdict]:
    """The assessable true verdicts beside those found; a rule that is silent gives none."""
    by_rule: Mapping[str, Finding] = {finding.rule_id: finding for finding in found}
    rows = []
    for finding in true:
        if finding.verdict not in ("met", "not_met") or not (first or finding.rule_id in FROM_BIRTH):
            continue
        own = by_rule.get(finding.rule_id)
        near = (
            finding.unit == "s"
            and finding.observed_value is not None
            and finding.threshold is not None
            and abs(finding.observed_value - finding.threshold) <= NEAR_S
        )
        rows.append(Verdict(finding.rule_id, finding.verdict, own.verdict if own else "silent", near))
    return rows


def edges_held(video: Looked, timeline: Timeline, stretches: Sequence[Span]) -> list[bool]:
    """For each edge of a matched event within a re-examined stretch, whether its range holds the truth."""
    held = []
    for activity in video.dense.labels:
        true, found = video.scenario.truth(activity), timeline.of(activity)
        for pair in match(true, [Span(e.start_s, e.end_s) for e in found], IOU_LEVELS[0]):
            event, span = found[pair.other], true[pair.one]
            for at_s, truth_s, (low, high), cut in (
                (event.start_s, span.start_s, event.start_range_s, event.censored_start),
                (event.end_s, span.end_s, event.end_range_s, event.censored_end),
            ):
                inside = any(s.start_s + 1 <= at_s <= s.end_s - 1 for s in stretches)
                if inside and not cut and 0 < truth_s < video.scenario.duration_s:
                    held.append(low <= truth_s <= high)
    return held


def line(name: str, rows: Sequence[Verdict]) -> str:
    counts = Counter(
        "right" if r.found == r.true else "wrong" if r.found in ("met", "not_met") else "open" for r in rows
    )
    true = Counter(row.true for row in rows)
    shares = [f"{100 * counts[kind] / max(1, len(rows)):.1f} %" for kind in ("right", "wrong", "open")]
    return "| " + " | ".join([name, str(true["met"]), str(true["not_met"]), *shares]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=20)
    parser.add_argument("--births", type=int, default=24)
    options = parser.parse_args()
    torch.set_num_threads(1)
    config, decoder = shipped()
    found: dict[str, list[Verdict]] = {"hysteresis": [], "semi-Markov": [], "semi-Markov and closer looks": []}
    held: list[bool] = []
    cases = looks = 0
    looked_s = judged_s = 0.0
    for video in (each for group in GROUPS for each in looked(group, options.videos)):
        bench, plain, truth = Bench(video, config, decoder), Bench(video, config, None), true_timeline(video)
        for number, case in enumerate(draw_cases(video, options.births)):
            true = judged(from_birth(truth, case), case)
            again, stretches = bench.after_look(case)
            for name, timeline in zip(found, (plain.first, bench.first, again), strict=True):
                found[name] += verdicts(true, judged(from_birth(timeline, case), case), first=number == 0)
            held += edges_held(video, again, stretches)
            cases, looks = cases + 1, looks + bool(stretches)
            judged_s += video.scenario.duration_s
        looked_s += bench.looked_s
    header = ["| events from | truly met | truly not met | right | wrong | open |", "| --- " * 6 + "|"]
    rules = sorted({row.rule_id for row in found["semi-Markov"]})
    lines = [
        "# Verdicts from detected events",
        "",
        f"{len(GROUPS) * options.videos} simulated test videos, half of them of the held-out hospital and a third with a course that "
        f"ends in chest compressions, each judged with {options.births} drawn births and heart rates "
        f"({cases} cases). They say nothing about real recordings. Open: indeterminate, not assessable or not raised. "
        f"Detector {weights()}.",
        "",
        f"Made by `{' '.join(['python benchmarks/verdict_figures.py', *sys.argv[1:]])}`.",
        "",
        "## Further than 5 s from the limit",
        "",
        *header,
        *(line(name, [row for row in rows if not row.near]) for name, rows in found.items()),
        "",
        "## Within 5 s of the limit",
        "",
        *header,
        *(line(name, [row for row in rows if row.near]) for name, rows in found.items()),
        "",
        "## All, by rule, after closer looks",
        "",
        *header,
        *(line(rule, [r for r in found["semi-Markov and closer looks"] if r.rule_id == rule]) for rule in rules),
        "",
        f"Closer looks: in {looks} of {cases} cases, {100 * looked_s / max(judged_s, 1.0):.1f} % of the video time. "
        f"Ranges of re-examined edges held the truth in {100 * np.mean(held or [0]):.1f} % of {len(held)} (an edge counts "
        "once for every case that re-examined it).",
        "",
    ]
    OUT.write_text("\n".join(lines), encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

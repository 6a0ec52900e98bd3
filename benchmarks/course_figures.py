"""How the courses of simulated recordings compare with published ones: what `tools.simulate.course` says of itself.

    python benchmarks/course_figures.py [--recordings 3000]

Scenarios as `resus-doc simulate` draws them, without pixels. Times count from arrival on the table, in recordings that show it.
"""

import argparse
from statistics import quantiles

from resus_doc.schema import MASK_SUPPORT, Activity, Span
from resus_doc.tools import intervals
from resus_doc.tools.simulate.scenario import Scenario, draw

FIRST_S = 30.0


def first_after_arrival(scenario: Scenario, *activities: Activity) -> float | None:
    """Seconds from arrival to the first of these activities; None where either is not in the recording."""
    starts = [span.start_s for activity in activities for span in scenario.truth(activity)]
    if scenario.table_arrival_s is None or not starts:
        return None
    return min(starts) - scenario.table_arrival_s


def fraction_first(scenario: Scenario) -> float | None:
    """The part of the first 30 s since PPV began that PPV fills; None where the recording ends sooner or has none."""
    spans = scenario.truth("ppv")
    if not spans or spans[0].start_s + FIRST_S > scenario.duration_s:
        return None
    return intervals.overlap_s(spans, (Span(spans[0].start_s, spans[0].start_s + FIRST_S),)) / FIRST_S


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=3000)
    options = parser.parse_args()
    drawn = [draw(seed) for seed in range(options.recordings)]
    ppv = [time for each in drawn if (time := first_after_arrival(each, "ppv")) is not None]
    arrived = [each for each in drawn if each.table_arrival_s is not None]
    mask = [first_after_arrival(each, *MASK_SUPPORT) for each in arrived]
    fractions = [part for each in drawn if (part := fraction_first(each)) is not None]
    low, middle, high = quantiles(ppv, n=4)
    print(f"{len(drawn)} recordings, {len(arrived)} of them with the arrival")
    print(f"first PPV: median {middle:.0f} s, quartiles {low:.0f} and {high:.0f} s (n = {len(ppv)})")
    within = sum(time is not None and time <= 60 for time in mask) / len(arrived)
    print(f"mask support within 60 s: {within:.0%} (n = {len(arrived)})")
    print(
        f"first {FIRST_S:.0f} s of PPV ventilated for more than 90 %: {sum(f > 0.9 for f in fractions) / len(fractions):.0%} "
        f"(n = {len(fractions)})"
    )
    for activity in ("suction", "chest_compressions"):
        print(f"with {activity}: {sum(bool(each.truth(activity)) for each in drawn) / len(drawn):.0%}")


if __name__ == "__main__":
    main()

"""Figures of a batch's dashboard.

    python benchmarks/dashboard_figures.py build --cases 1000     tables and page of so many cases, then sort and filter in chromium
    python benchmarks/dashboard_figures.py signals                how often a run chart signals by chance, by two sets of rules

Sorting and filtering are timed in Chromium from the event to the next painted frame.
"""

import argparse
import random
import sys
import tempfile
import time
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median

from resus_doc.agent.batch import rebuild_dashboard
from resus_doc.tools.casefolder import report_json
from resus_doc.tools.run_chart import SHORT_SHIFT, chart

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "tools"))
from sample_report import sample_report

CHROMIUM = "/usr/bin/chromium"
TREND_POINTS = 5
TIMED = """async ([what, value]) => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await painted();
  const begun = performance.now();
  if (what === "sort") document.querySelectorAll("#cases th button")[value].click();
  else {
    const search = document.getElementById("search");
    search.value = value;
    search.dispatchEvent(new Event("input"));
  }
  await painted();
  return performance.now() - begun;
}"""


def build(cases: int) -> None:
    """Cases differ in their measures, so that sorting has something to do."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="resus-doc-dashboard-") as name:
        out = Path(name)
        report = sample_report()
        for number in range(cases):
            case = out / f"case-{number:05d}"
            case.mkdir()
            measures = tuple(
                each.model_copy(update={"value": each.value * chance.uniform(0.3, 1.0)}) if each.value else each
                for each in report.measures
            )
            made = report.model_copy(update={"case_id": case.name, "measures": measures})
            (case / "report.json").write_text(report_json(made))
        begun = time.monotonic()
        rebuild_dashboard(out)
        took_s, page = time.monotonic() - begun, out / "index.html"
        print(f"{cases} cases: {took_s:.2f} s (limit 10 s for 1,000), page of {page.stat().st_size / 1e6:.2f} MB")
        _use(page)


def _use(page_file: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(page_file.as_uri())
        page.locator("#all").scroll_into_view_if_needed()
        for what, values in (("sort", [0, 3, 5, 5, 6, 7, 8]), ("filter", ["case", "case-0012", "", "x", ""])):
            times = [page.evaluate(TIMED, [what, value]) for value in values]
            print(f"{what}: median {median(times):.0f} ms, longest {max(times):.0f} ms (limit 100 ms)")
        browser.close()


def signals(charts: int) -> None:
    """Values by chance alone; each share should be near one in twenty."""
    chance = random.Random(1)
    for points in (12, 19, 24, 50, 100, 200):
        ours = fixed = 0
        for _ in range(charts):
            values = [chance.lognormvariate(0, 1) for _ in range(points)]
            found = chart(values)
            ours += found is not None and bool(found.signals)
            fixed += _fixed(values)
        print(
            f"{points:>3} points: {ours / charts:6.1%} signal here, {fixed / charts:6.1%} with six in a row or a trend of five"
        )


def _fixed(values: list[float]) -> bool:
    middle = median(values)
    sides = [value > middle for value in values if value != middle]
    rises = [later > earlier for earlier, later in pairwise(values)]
    longest, trend = (max(sum(1 for _ in run) for _, run in groupby(each)) for each in (sides, rises))
    return longest >= SHORT_SHIFT or trend + 1 >= TREND_POINTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figure", choices=["build", "signals"])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--charts", type=int, default=1000)
    wanted = parser.parse_args()
    if wanted.figure == "build":
        build(wanted.cases)
    else:
        signals(wanted.charts)


if __name__ == "__main__":
    main()

"""The curves of vital signs: every peak is kept, a silent monitor draws no line."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import long_report, sample_report, withheld_report

from resus_doc.schema import Report, Vitals, VitalSeries
from resus_doc.tools import report_vitals
from resus_doc.tools.report_html import render


def with_vitals(report: Report, *points: tuple[float, float]) -> Report:
    series = (VitalSeries(sign="hr_bpm", points=points),)
    vitals = Vitals(source="m.csv", sha256="0" * 64, offset_s=0.0, gap_s=5.0, series=series)
    return report.model_copy(update={"vitals": vitals})


def test_readings_stand_at_their_time_and_value() -> None:
    (curve,) = report_vitals.draw(with_vitals(sample_report(), (-26.0, 200.0), (-24.0, 100.0), (118.0, 0.0)))
    assert curve.lines[0] == "0.0,0.0 1.389,20.0"
    assert curve.lines[1] == "100.0,40.0 100.0,40.0"
    assert curve.marks == (28.0, 20.0) and curve.seen == "0–200 /min"


def test_no_line_is_drawn_over_a_gap() -> None:
    (curve,) = report_vitals.draw(with_vitals(sample_report(), (1.0, 90.0), (6.0, 91.0), (11.1, 92.0), (12.0, 93.0)))
    assert len(curve.lines) == 2


def test_the_scale_grows_to_hold_what_was_read() -> None:
    (curve,) = report_vitals.draw(with_vitals(sample_report(), (1.0, 250.0), (2.0, 50.0)))
    heights = [float(y) for y in re.findall(r",([\d.]+)", curve.lines[0])]
    assert heights == [0.0, 32.0]


def test_thinning_keeps_every_peak_and_the_page_small() -> None:
    points = [(float(t), 120.0) for t in range(14400)]
    points[7003] = (7003.0, 41.0)
    report = with_vitals(long_report(), *points)
    (curve,) = report_vitals.draw(report)
    assert curve.lines[0].count(",") <= 2 * report_vitals.STRETCHES + 2
    assert f",{40 * (200 - 41) / 200:.1f}" in curve.lines[0]
    assert len(render(report).encode()) < 1_000_000


@pytest.mark.parametrize(("report", "drawn"), [(sample_report(), 1), (withheld_report(), 0)])
def test_the_page_shows_them_unless_all_is_withheld(report: Report, drawn: int) -> None:
    assert render(with_vitals(report, (1.0, 90.0), (2.0, 95.0))).count("<polyline") == drawn
    assert "<polyline" not in render(report)

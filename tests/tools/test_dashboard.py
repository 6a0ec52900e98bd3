"""The page of a batch: every number is that of the case reports, nothing is loaded, hostile text stays text."""

import csv
import html
import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import HOSTILE, event, hostile_report, sample_report, withheld_report

sys.path.pop(0)

from resus_doc.schema import ACTIVITIES, Measure, Report, Span, TimeZero
from resus_doc.tools import dashboard
from resus_doc.tools.batch_cases import VERDICTS, read_cases
from resus_doc.tools.batch_tables import write_tables
from resus_doc.tools.casefolder import report_json
from resus_doc.tools.dashboard_series import SERIES, follow
from resus_doc.tools.ledger import Row


def measured(value: float, low: float, high: float, **changes: object) -> Report:
    measure = Measure(id="M1", name="time_to_first_mask_support", value=value, unit="s", range=(low, high))
    return sample_report(measures=(measure,), **changes)


REPORTS = {
    "case-0": measured(70, 65, 75),
    "case-1": withheld_report(),
    "case-2": measured(40, 10, 75),
    "case-3": measured(30, 29, 31, time_zero=sample_report().time_zero.model_copy(update={"source": "video_start"})),
}
ROWS = [
    Row("/v/2", "k2", "case-2", "", "done", position=0),
    Row("/v/0", "k0", "case-0", "", "kept", "A person revised this case.", position=1),
    Row("/v/b", "", "", "", "failed", "It holds no picture.", position=2),
    Row("/v/d", "k0", "case-0", "", "duplicate", "It is the same video as that of case-0.", position=3),
]


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    for name, report in REPORTS.items():
        write_case(folder / name, report.model_copy(update={"case_id": name}))
    dashboard.write_dashboard(folder, ROWS)
    return folder


def write_case(folder: Path, report: Report) -> None:
    folder.mkdir()
    (folder / "report.json").write_text(report_json(report))


def test_tables_and_totals_are_sums_of_the_case_reports(out):
    total = json.loads((out / "summary.json").read_text())
    with (out / "summary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (out / "events.csv").open(newline="") as file:
        events = list(csv.DictReader(file))
    reports = REPORTS.values()
    assert total["cases"] == 4
    assert total["events"] == len(events) == sum(len(each.events) for each in reports)
    assert total["duration_s"] == sum(each.video.duration_s for each in reports)
    for verdict in VERDICTS:
        expected = sum(f.verdict == verdict for each in reports for f in each.findings)
        assert total["findings"][verdict] == expected == sum(int(row[verdict] or 0) for row in rows)
    for activity in ACTIVITIES:
        expected = sum(e.activity == activity for each in reports for e in each.events)
        assert total["events_by_activity"][activity] == expected


def test_a_row_for_each_case_and_each_failure_in_the_order_given_and_none_for_a_copy(out):
    with (out / "summary.csv").open(newline="") as file:
        rows = [(row["case_id"], row["status"]) for row in csv.DictReader(file)]
    assert rows == [("case-2", "done"), ("case-0", "kept"), ("case-1", "done"), ("case-3", "done"), ("-", "failed")]


def test_adherence_counts_every_verdict_of_every_rule(out):
    found = dashboard.adherence(read_cases(out, ROWS))
    for each in found:
        verdicts = [f.verdict for report in REPORTS.values() for f in report.findings if f.rule_id == each.rule.rule_id]
        assert each.counts == {verdict: verdicts.count(verdict) for verdict in VERDICTS}
        assert each.cases == 4 == sum(each.counts.values()) + each.silent
    assert {each.rule.rule_id for each in found} == {f.rule_id for f in sample_report().findings}


def test_a_time_from_birth_counts_only_where_birth_is_known_and_the_value_is_sure(out):
    followed = follow(SERIES[0], read_cases(out, ROWS))
    assert [(point.case.case_id, point.value, point.sure) for point in followed.points] == [
        ("case-2", 40, False),
        ("case-0", 70, True),
    ]
    assert followed.without == 2
    assert followed.run is not None
    assert followed.run.median == 70


def test_what_needs_eyes_comes_first_and_says_why(out):
    found = dashboard.looks(read_cases(out, ROWS))
    assert found[0].case.case_id == "case-1"
    assert "withheld" in found[0].reasons[0]


def test_a_video_at_the_edge_of_what_the_detector_was_validated_on_needs_eyes(tmp_path):
    check = {"in_domain": True, "score": 0.6, "threshold": 0.5, "validated_on": "simulated", "validated_from": 0.65}
    write_case(tmp_path / "case-0", sample_report(domain_check=check))
    (look,) = dashboard.looks(read_cases(tmp_path, []))
    assert any("validated on" in reason for reason in look.reasons)


def test_a_pause_that_was_not_there_is_none_of_zero_seconds(tmp_path):
    """It counts neither in the middle nor in the distribution of lengths; nothing paused in all is a true sum."""
    for number, value in enumerate((0.0, 8.0, 12.0)):
        names = ("ppv_pause_longest", "ppv_pause_total")
        pauses = tuple(
            Measure(id=f"M{i}", name=name, value=value, unit="s", range=None) for i, name in enumerate(names)
        )
        write_case(tmp_path / f"case-{number}", sample_report(case_id=f"case-{number}", measures=pauses))
    dashboard.write_dashboard(tmp_path, [])
    page = (tmp_path / "index.html").read_text()
    assert 'data-key="0.0">none seen</td>' in page
    assert "In 1 of 3 cases with PPV no pause was seen" in page
    cases = read_cases(tmp_path, [])
    longest, total = (follow(next(each for each in SERIES if each.measure == name), cases) for name in names)
    assert ([point.value for point in longest.points], longest.none, longest.without) == ([8.0, 12.0], 1, 0)
    assert ([point.value for point in total.points], total.none) == ([0.0, 8.0, 12.0], 0)


def test_a_pause_that_may_have_been_is_neither_none_nor_counted(tmp_path):
    for number, high in enumerate((0.0, 18.0)):
        pause = Measure(id="M1", name="ppv_pause_longest", value=0.0, unit="s", range=(0.0, high))
        write_case(tmp_path / f"case-{number}", sample_report(case_id=f"case-{number}", measures=(pause,)))
    dashboard.write_dashboard(tmp_path, [])
    page = (tmp_path / "index.html").read_text()
    assert ">none seen</td>" in page and ">none for certain</td>" in page
    series = next(each for each in SERIES if each.measure == "ppv_pause_longest")
    found = follow(series, read_cases(tmp_path, []))
    assert ([(point.value, point.sure) for point in found.points], found.none) == ([(0.0, False)], 1)
    assert "Cases counted: 0; without a value: 0; too uncertain to count: 1." in page


def born(seconds_before: float, uncertainty_s: float = 0.0, view_s: float = 0.0, ppv_s: float = 10.0) -> Report:
    """PPV seen from `ppv_s` on; the baby in view from the start, or from `view_s` on after an empty table."""
    time_zero = TimeZero(
        t_s=-seconds_before, range_s=(-seconds_before - uncertainty_s, -seconds_before + uncertainty_s), source="given"
    )
    events = (event(1, "baby_visible", view_s, 118.0, 0.0), event(2, "ppv", ppv_s, 60.0, 0.0))
    value = ppv_s + seconds_before
    spread = (value - uncertainty_s, value + uncertainty_s)
    measure = Measure(id="M1", name="time_to_first_ppv", value=value, unit="s", range=spread)
    return sample_report(events=events, observed=(Span(view_s, 118.0),), time_zero=time_zero, measures=(measure,))


def test_a_time_from_birth_is_as_uncertain_as_the_rule_has_it(tmp_path):
    """What may have begun before the recording, or came before birth, does not count; what straddles 60 s not for the share."""
    cases = {
        "case-0": born(75),
        "case-1": born(35, uncertainty_s=8, view_s=5.0, ppv_s=20.0),
        "case-2": born(20, view_s=5.0),
        "case-3": born(-15),
    }
    for name, report in cases.items():
        write_case(tmp_path / name, report.model_copy(update={"case_id": name}))
    read = read_cases(tmp_path, [])
    followed = follow(next(each for each in SERIES if each.measure == "time_to_first_ppv"), read)
    assert [(point.value, point.range, point.sure) for point in followed.points] == [
        (85, (0, 85), False),
        (55, (47, 63), True),
        (30, (30, 30), True),
        (-5, (-5, -5), False),
    ]
    page = dashboard.render(read)
    assert "1 of 1 within 60 s. Too uncertain for this share: 1." in page


def test_a_start_that_nobody_saw_is_told_as_at_most_and_not_counted(tmp_path):
    report = born(15, ppv_s=0.0)
    measure = report.measures[0].model_copy(update={"name": "time_to_first_mask_support"})
    write_case(tmp_path / "case-1", report.model_copy(update={"measures": (measure,)}))
    cases = read_cases(tmp_path, [])
    assert [(point.value, point.sure) for point in follow(SERIES[0], cases).points] == [(15, False)]
    assert "≤ 15.0 s" in dashboard.render(cases)


def test_an_unreadable_case_is_a_row_and_no_end(out, tmp_path):
    write_case(tmp_path / "good", sample_report())
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "report.json").write_text("{")
    dashboard.write_dashboard(tmp_path, [])
    assert "unreadable" in (tmp_path / "summary.csv").read_text()
    assert "unreadable" in (tmp_path / "index.html").read_text()


def test_the_page_loads_nothing_and_hostile_text_stays_text(tmp_path):
    write_case(tmp_path / "case", hostile_report())
    dashboard.write_dashboard(tmp_path, [])
    page = (tmp_path / "index.html").read_text()
    assert page.count("<script") == 2
    assert HOSTILE not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:|//)", page)
    assert "default-src 'none'" in html.unescape(page)


def test_every_case_links_to_its_debrief(out):
    page = (out / "index.html").read_text()
    for name in REPORTS:
        assert f'<a href="{name}/report.html">{name}</a>' in page


def test_equal_cases_give_equal_pages(out):
    cases = read_cases(out, ROWS)
    assert dashboard.render(cases) == dashboard.render(cases) == (out / "index.html").read_text()


def test_an_empty_folder_gives_a_page(tmp_path):
    dashboard.write_dashboard(tmp_path, [])
    assert "0 debriefs" in (tmp_path / "index.html").read_text()


def test_dates_order_the_cases_when_all_have_one(out):
    dated = [row._replace(date=f"2026-01-0{9 - i}") for i, row in enumerate(ROWS[:2])]
    cases = [case for case in read_cases(out, dated) if case.date]
    assert [case.case_id for case in dashboard.in_order(cases)] == ["case-0", "case-2"]


def test_the_tables_hold_no_formula(tmp_path: Path) -> None:
    (tmp_path / "c1").mkdir()
    odd = sample_report().events[0].model_copy(update={"id": "=1+1"})
    report = sample_report(case_id='=HYPERLINK("http://example.org")', events=(odd, *sample_report().events[1:]))
    (tmp_path / "c1" / "report.json").write_text(report_json(report))
    write_tables(tmp_path, [Row("/a.mp4", "", "", "", "failed", "@odd")])
    tables = {name: list(csv.reader((tmp_path / name).open(newline=""))) for name in ("summary.csv", "events.csv")}
    assert tables["events.csv"][1][:2] == ["'" + report.case_id, "'=1+1"]
    assert [line[:3] for line in tables["summary.csv"][1:]] == [
        ["'" + report.case_id, "done", ""],
        ["-", "failed", "'@odd"],
    ]

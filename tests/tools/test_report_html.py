"""The page: whole, self-contained, safe against hostile text, and honest about what it rests on."""

import base64
import hashlib
import itertools
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import (
    EVENTS,
    HOSTILE,
    empty_report,
    event,
    hostile_report,
    long_report,
    sample_report,
    withheld_report,
)

from resus_doc.schema import ACTIVITIES, Report, Span, TimeZero
from resus_doc.tools import measures, report_curves, report_measures, report_timeline, report_words
from resus_doc.tools.report_html import Surroundings, render
from resus_doc.tools.windows import Windows

VOID = {"meta", "br", "img", "hr", "input", "link"}
REPORTS = {
    "sample": sample_report(),
    "withheld": withheld_report(),
    "empty": empty_report(),
    "hostile": hostile_report(),
    "long": long_report(),
}


class Page(HTMLParser):
    """The page's elements and its visible text; refuses tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.raw: dict[str, str] = {"style": "", "script": "", "data": "", "phrases": ""}
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"double attribute in {tag} {attrs}"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("td", "th", "dd", "li"):
            self.text += " "

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-1:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.raw:
            data_id = self.elements[-1][1].get("id") if self._open[-1] == "script" else None
            self.raw[{None: self._open[-1], "case-data": "data"}.get(data_id, "phrases")] += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


@pytest.fixture(scope="module", params=list(REPORTS))
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render(REPORTS[request.param]))


@pytest.fixture(scope="module")
def sample() -> Page:
    return Page(render(sample_report()))


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    for _, attributes in page.elements:
        assert not {"src", "srcset", "data", "action", "poster", "ping", "style"} & set(attributes)
        for name in ("href", "xlink:href"):
            assert attributes.get(name, "#").startswith("#")
        assert not [name for name in attributes if name.startswith("on")]
    assert "@import" not in page.raw["style"]
    assert set(re.findall(r"url\(([^)]*)\)", page.raw["style"])) <= {"#p-hatch"}


def test_the_policy_allows_only_our_own_style_and_script(page: Page) -> None:
    policies = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    rules = dict(part.strip().split(" ", 1) for part in policies[0].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[kind].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
        assert len([each for each in page.all(kind) if each.get("type") != "application/json"]) == 1


def test_ids_are_unique_and_links_arrive(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    targets = {link["href"][1:] for link in page.all("a") if "href" in link}
    assert targets <= set(page.ids)


def test_everything_that_is_named_by_id_is_there(page: Page) -> None:
    ids = set(page.ids)
    for attributes in (a for _, a in page.elements):
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(attributes.get(name, "").split()) <= ids
        for reference in re.findall(r"url\(#([^)]*)\)", attributes.get("fill", "")):
            assert reference in ids


def test_headings_do_not_skip_a_level(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_intended_use_and_validation_stand_above_the_findings(page: Page) -> None:
    for phrase in ("Intended use.", "validated on simulated videos only, not on patients"):
        place = page.words.index(phrase)
        assert place < page.words.index("What happened")


@pytest.mark.parametrize("report", [hostile_report()])
def test_hostile_text_is_text(report: Report) -> None:
    html = render(report)
    page = Page(html)
    assert "alert(1)" in page.words and "onerror=alert(2)" in page.words
    assert len(page.all("script")) == 3 and not page.all("img")
    assert "<" not in page.raw["data"] and json.loads(page.raw["data"])["events"]["E1"]["source"].endswith(HOSTILE)
    assert "\u202e" not in html and "\x07" not in html
    assert "<script>alert" not in html
    assert HOSTILE not in page.raw["script"]


def test_every_fact_has_an_anchor(sample: Page) -> None:
    report = sample_report()
    for group in (report.events, report.measures, report.findings, report.passages):
        for fact in group:
            assert fact.id in sample.ids


def test_every_citation_is_a_link(sample: Page) -> None:
    linked = {link["href"][1:] for link in sample.all("a") if link.get("class") == "cite"}
    for section in sample_report().narrative:
        for sentence in section.sentences:
            assert set(sentence.cites) <= linked


def test_a_citation_of_nothing_is_no_link() -> None:
    page = Page(render(hostile_report()))
    assert HOSTILE not in {link.get("data-ref") for link in page.all("a")}


def test_origin_of_each_sentence_and_the_share_are_said(sample: Page) -> None:
    origins = [
        a["class"].split()[1] for a in sample.all("span") if a.get("class", "").startswith("origin ") and "title" in a
    ]
    expected = [sentence.origin for section in sample_report().narrative for sentence in section.sentences]
    assert origins == expected
    assert "6 of 8 sentences (75 %) were written by a language model" in sample.words


def test_findings_are_grouped_by_verdict_with_source_and_unverified_mark() -> None:
    html = render(sample_report()).replace("\xa0", " ")
    order = [html.index(f'<h3 id="findings-{verdict}"') for verdict in report_words.VERDICT_ORDER]
    assert order == sorted(order)
    for finding in sample_report().findings:
        start = html.index(f'id="{finding.id}"')
        article = html[start : html.index("</article>", start)]
        group = html.rindex('<section class="verdict ', 0, start)
        assert html[group:].startswith(f'<section class="verdict {finding.verdict}"')
        assert ("unverified" in article.split("<dl>")[0]) == (finding.kind == "guideline" and not finding.verified)
        for text in filter(None, (finding.observed, finding.expected, finding.reason)):
            assert text in article
        for passage in finding.passages:
            assert f'href="#{passage}"' in article


def test_measures_have_plain_names_values_and_ranges(sample: Page) -> None:
    assert "PPV M3 62 s59.6–64.4 s M4 30 s28.5–31.5 s M11 2 M12 40.5 s37–44 s" in sample.words
    assert "Longest pause of PPV M18 7.5 s 5–10 s" in sample.words
    missing = "Time to first chest compressions (M6); First minute handover (M20)."
    assert f"Not assessable in this recording: {missing}" in sample.words
    assert "time_to_first" not in sample.words


def test_every_measure_stands_in_one_place() -> None:
    for report in REPORTS.values():
        arranged = report_measures.arrange(report)
        cells = [cell for row in arranged.rows for cell in row.cells if cell]
        placed = [m.id for m in (*cells, *arranged.main, *arranged.more, *arranged.missing)]
        assert sorted(placed) == sorted(m.id for m in report.measures)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0 s"), (42, "42 s"), (173, "2:53 min"), (3599, "59:59 min"), (3600, "1:00:00 h"), (14_400, "4:00:00 h")],
)
def test_durations_are_written_as_people_picture_them(seconds, written):
    assert report_words.amount(seconds, "s") == written


@pytest.mark.parametrize(
    ("span", "unit", "written"),
    [
        ((9.956, 10.851), "s", "9.9–10.9 s"),
        ((9.5, 9.5), "s", "9.5 s"),
        ((10.44, 10.44), "s", "10.4 s"),
        ((118.2, 122.0), "s", "1:58–2:02 min"),
        ((89.96, 90.2), "s", "89.9 s – 1:31 min"),
        ((0.6383, 0.6681), "fraction", "63–67 %"),
        ((0.57, 0.58), "fraction", "57–58 %"),
        ((1, 2), "count", "1–2"),
    ],
)
def test_a_range_is_rounded_so_that_it_holds_all_that_was_seen(span, unit, written):
    assert report_words.amount_range(span, unit) == written


@pytest.mark.parametrize("name", measures.NAMES)
def test_every_measure_has_a_name_in_words(name: str) -> None:
    plain = report_words.measure_name(name)
    assert "_" not in plain and plain[0].isupper()
    assert not re.search(r"\b(Ppv|ppv|Cpap|cpap)\b", plain)


def test_names_of_measures_differ() -> None:
    plain = [report_words.measure_name(name) for name in measures.NAMES]
    assert len(set(plain)) == len(plain)


def test_what_happened_is_said_in_short_lines(sample: Page) -> None:
    top = sample.words[
        sample.words.index("What happened") : sample.words.index("Timeline", sample.words.index("What happened"))
    ]
    assert "PPV first 1:02 after birth, twice, 40.5 s in all" in top
    assert "not seen in that time: chest compressions" in top
    assert "baby in view for 1:41 min of 1:58 min recorded (86 %)" in top


def test_out_of_domain_says_so_and_shows_no_timeline_and_no_verdict() -> None:
    page = Page(render(withheld_report()))
    assert "Findings are withheld" in page.words
    assert "does not resemble" in page.words
    assert not page.all("figure")
    assert [a["id"] for a in page.all("tr") if a.get("id", "").startswith("E")] == [e.id for e in EVENTS]
    assert "findings-met" not in page.ids and "findings-not_met" not in page.ids
    details = [a for a in page.all("details") if a.get("class") == "withheld"]
    assert len(details) == 1 and "open" not in details[0]


def test_nothing_seen_is_worded_with_care() -> None:
    page = Page(render(empty_report()))
    assert "None of the recognised activities was seen." in page.words
    assert "nothing was done" not in page.words.lower()


def test_a_broken_file_and_the_notes_of_a_run_are_told() -> None:
    video = sample_report().video.model_copy(update={"broken_off_at_s": 95.0})
    page = Page(render(sample_report(video=video, provenance={"notes": ["The language model did not load."]})))
    assert "unreadable from 1:35 on" in page.words
    assert "The language model did not load." in page.words


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ((Span(41.0, 43.1),), "2.1 s of pictures are missing in 1 place (0:41); nothing is said about them."),
        ((Span(41.0, 43.1), Span(65.0, 66.1)), "3.2 s of pictures are missing in 2 places (0:41, 1:05); nothing"),
        (tuple(Span(n, n + 1) for n in range(0, 20, 2)), "10 s of pictures are missing in 10 places (0:00, 0:02, "),
    ],
)
def test_lost_pictures_are_told_in_one_sentence(lost: tuple[Span, ...], told: str) -> None:
    video = sample_report().video.model_copy(update={"lost": lost})
    words = Page(render(sample_report(video=video))).words
    assert f"The video file is damaged: {told}" in words
    assert ("0:14, …)" in words) == (len(lost) > report_words.PLACES_TOLD)


def test_annotations_are_told_from_a_detector() -> None:
    page = Page(render(sample_report(domain_check=None, provenance={"detector": None})))
    assert "entered by a person; no detector" in page.words


def test_equal_reports_give_equal_pages_whatever_the_run_took() -> None:
    report = sample_report()
    slow = report.model_copy(update={"provenance": {**report.provenance, "seconds": {"detect": 99.0}}})
    assert render(report) == render(slow)


def test_the_page_stays_small() -> None:
    assert len(render(sample_report()).encode()) < 100_000
    assert len(render(long_report()).encode()) < 1_000_000


# --- the drawing


def test_each_event_is_drawn_in_its_lane_and_can_be_reached(sample: Page) -> None:
    bars = [link["data-ref"] for link in sample.all("a") if link.get("class") == "event"]
    drawn, minute = bars[2:], bars[:2]
    assert minute == ["E2", "E3"]
    by_lane = sorted(EVENTS, key=lambda e: (ACTIVITIES.index(e.activity), e.start_s))
    assert drawn == [e.id for e in by_lane]
    assert len(sample.all("title")) == 1 + len(EVENTS) + len(minute)


def test_lanes_differ_by_pattern() -> None:
    html = render(sample_report())
    patterns = re.findall(r'<pattern id="p-(\w+)"(.*?)</pattern>', html, re.S)
    drawn = [(re.sub(r"\s+", " ", body)) for name, body in patterns if name not in ("baby_visible", "hatch")]
    assert len(drawn) == 6 and len(set(drawn)) == 6


def test_the_axis_counts_from_birth_before_the_recording() -> None:
    drawing = report_timeline.draw(sample_report())
    assert drawing.ticks[0] == report_timeline.Tick(0.0, "0:00", "start")
    assert [tick.label for tick in drawing.ticks[:4]] == ["0:00", "0:20", "0:40", "1:00"]
    assert drawing.zero == 0.0
    assert drawing.before_video == report_timeline.Box(0.0, pytest.approx(100 * 26 / 144, abs=0.001))
    assert drawing.minute == pytest.approx(100 * 60 / 144, abs=0.001)


def test_a_birth_long_before_is_not_drawn_to_scale() -> None:
    report = sample_report(time_zero=TimeZero(t_s=-1200.0, range_s=(-1200.0, -1200.0), source="given"))
    drawing = report_timeline.draw(report)
    assert drawing.before_video is None and drawing.zero is None and drawing.minute is None
    assert drawing.ticks[0].label == "20:00"


def test_arrival_on_the_table_has_negative_times_before_it() -> None:
    report = sample_report(time_zero=TimeZero(t_s=25.0, range_s=(24.0, 26.0), source="table_arrival"))
    drawing = report_timeline.draw(report)
    assert drawing.ticks[0].label == "-0:15"
    assert drawing.zero == pytest.approx(100 * 25 / 118, abs=0.001)
    assert drawing.minute is None


def test_edges_are_as_soft_as_they_are_uncertain() -> None:
    axis = report_timeline.axis_of(sample_report())
    bar = report_timeline.draw(sample_report()).lanes[1].bars[0]
    assert bar.fade_in == axis.box(34.8, 37.2)
    assert bar.core == axis.box(37.2, 60.8)
    assert bar.fade_out == axis.box(60.8, 63.2)


def test_censored_edges_are_marked_and_hard() -> None:
    report = sample_report()
    bar = report_timeline.draw(report).lanes[2].bars[0]
    assert bar.event.censored_end and bar.fade_out.width == 0
    html = render(report)
    assert html.count('<svg class="cut"') == sum(e.censored_start + e.censored_end for e in report.events) == 2


def test_overlapping_ranges_of_a_short_event_meet_in_its_middle() -> None:
    short = event(1, "ppv", 50.0, 52.0, spread_s=5.0)
    bar = report_timeline.draw(sample_report(events=(short,))).lanes[1].bars[0]
    assert bar.core.width == 0
    assert bar.fade_in.at + bar.fade_in.width == pytest.approx(bar.fade_out.at, abs=0.01)


def test_unobserved_stretches_are_hatched_in_each_lane_of_an_activity() -> None:
    assert report_words.unobserved(sample_report()) == (Span(0.0, 6.0), Span(71.0, 82.0))
    lanes = len(sample_report().activities_covered)
    page = render(sample_report())
    whole = page[page.index('<div class="lanes"') :]
    assert whole.count('<rect class="unseen" x=') == lanes + 2 * (lanes - 1)


@pytest.mark.parametrize("duration_s", [0.0, 0.04, 1.0, 59.0, 3600.0, 14400.0, 90000.0])
def test_ticks_fit_any_length(duration_s: float) -> None:
    for zero_s in (0.0, -37.3, 12.5):
        axis = report_timeline.Axis(0.0, duration_s, zero_s)
        found = report_timeline.ticks(axis)
        assert len(found) <= report_timeline.MOST_TICKS + 1
        assert len({tick.label for tick in found}) == len(found)
        assert all(0 <= tick.at <= 100 for tick in found)
        assert len(found) >= 3 or duration_s < 3


def test_uncovered_activities_are_named(sample: Page) -> None:
    report = sample_report(activities_covered=("baby_visible", "ventilation", "stimulation", "suction"), events=())
    assert report_words.uncovered(report) == ("ppv", "cpap", "chest_compressions")
    assert (
        "Not recognised by this source, so nothing is said about: PPV, CPAP, chest compressions."
        in Page(render(report)).words
    )
    assert "Not recognised by this source" not in sample.words


# --- the first minute, the recording and the curves


def test_the_first_minute_is_drawn_only_when_birth_is_known() -> None:
    unknown = TimeZero(t_s=0.0, range_s=(0.0, 0.0), source="video_start")
    arrival = TimeZero(t_s=5.0, range_s=(4.0, 6.0), source="table_arrival")
    assert report_timeline.first_minute(sample_report()) is not None
    for zero in (unknown, arrival):
        assert report_timeline.first_minute(sample_report(time_zero=zero)) is None
        assert "First 60 s" not in render(sample_report(time_zero=zero))


def test_what_was_not_recorded_of_the_first_minute_is_hatched() -> None:
    minute = report_timeline.first_minute(sample_report())
    assert minute is not None and [lane.activity for lane in minute.lanes] == ["stimulation", "suction"]
    assert minute.unobserved[0] == report_timeline.Box(0.0, pytest.approx(100 * 26 / 60, abs=0.001))
    late = TimeZero(t_s=-61.0, range_s=(-61.0, -61.0), source="given")
    assert report_timeline.first_minute(sample_report(time_zero=late)) is None


@pytest.mark.parametrize("report", [sample_report(), empty_report(), long_report()])
def test_what_happened_takes_at_most_five_lines(report: Report) -> None:
    lines = report_words.glance(report)
    assert 1 <= len(lines) <= report_words.MOST_LINES
    told = {event for line in lines for event in line.events}
    assert told == {event.id for event in report.events if event.activity != "baby_visible"}


def test_activities_beyond_the_lines_say_when_and_how_often() -> None:
    kinds = ("ppv", "cpap", "suction", "stimulation", "chest_compressions", "suction", "stimulation", "stimulation")
    events = tuple(event(i + 1, kind, 40.0 + 5 * i, 43.0 + 5 * i) for i, kind in enumerate(kinds))
    zero = TimeZero(t_s=0.0, range_s=(0.0, 0.0), source="video_start")
    lines = report_words.glance(sample_report(events=events, time_zero=zero))
    assert [line.lead for line in lines] == ["PPV", "CPAP", "Chest compressions", "Also", "In view"]
    assert lines[3].text == "suction (at 0:50, twice), stimulation (at 0:55, 3 times)"
    assert lines[3].events == ("E3", "E6", "E4", "E7", "E8")


def test_the_recording_is_linked_by_its_encoded_place() -> None:
    page = Page(render(sample_report(), Surroundings(quote('../a "b"<i>.mp4'))))
    assert [video["src"] for video in page.all("video")] == ["../a%20%22b%22%3Ci%3E.mp4"]
    assert '../a "b"<i>.mp4' in page.words
    assert not page.all("i")


def test_a_sites_confidentiality_line_stands_on_top_and_at_the_foot() -> None:
    html = render(sample_report(), Surroundings(confidentiality="Peer review <protected>"))
    assert Page(html).words.count("Peer review <protected>") == 2


def test_window_probabilities_ride_along_and_come_back() -> None:
    values = np.array([[0.0, 0.25], [0.5, 0.9931], [1.0, 0.0004]], dtype=np.float32)
    windows = Windows(np.array([0.0, 1.0, 2.0]), 2.0, 1.0, ("ppv", "cpap"), values, None, 8.0, 24)
    curves = report_curves.encode(windows)
    assert curves is not None
    for column, label in enumerate(windows.labels):
        text = curves.series[label]
        places = [report_curves.LETTERS.index(letter) for letter in text]
        back = [(64 * high + low) / report_curves.STEPS for high, low in zip(places[::2], places[1::2], strict=True)]
        assert back == pytest.approx(values[:, column].tolist(), abs=0.5 / report_curves.STEPS + 1e-6)
    assert (
        json.loads(Page(render(sample_report(), Surroundings(windows=windows))).raw["data"])["curves"]["stride_s"] == 1
    )


def test_curves_that_would_mislead_or_swell_the_page_stay_out() -> None:
    uneven = Windows(np.array([0.0, 1.0, 7.0]), 2.0, 1.0, ("ppv",), np.zeros((3, 1), np.float32), None, 8.0, 24)
    assert report_curves.encode(uneven) is None
    many = report_curves.MOST_LETTERS
    long = Windows(np.arange(float(many)), 2.0, 1.0, ("ppv",), np.zeros((many, 1), np.float32), None, 8.0, 24)
    assert report_curves.encode(long) is None


def test_withheld_probabilities_are_not_in_the_page() -> None:
    windows = Windows(np.array([0.0]), 2.0, 1.0, ("ppv",), np.ones((1, 1), np.float32), None, 8.0, 8)
    assert json.loads(Page(render(withheld_report(), Surroundings(windows=windows))).raw["data"])["curves"] is None


# --- contrast, from the page's own colours


def _colours(css: str, dark: bool) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    chosen = "".join(blocks[:2] if dark else blocks[:1])
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", chosen))


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_and_graphics_have_wcag_aa_contrast(sample: Page, dark: bool) -> None:
    colours = _colours(sample.raw["style"], dark)
    texts = [(ink, ground) for ink in ("ink", "quiet", "accent") for ground in ("paper", "wash", "lit")]
    texts += [("warn-ink", "warn-wash"), ("stop-ink", "stop-wash")]
    texts += [(verdict, "paper") for verdict in report_words.VERDICT_ORDER]
    for ink, ground in texts:
        assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for activity in (*ACTIVITIES, "focus"):
        assert _contrast(colours[activity], colours["paper"]) >= 3.0, activity

"""The dashboard as a person meets it, in Chromium: no network, no error; sorting, filtering, WCAG 2.2 AA."""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader

sys.path.insert(0, str(Path(__file__).parent))
from sample_report import sample_report, withheld_report

sys.path.pop(0)

from resus_doc.schema import Measure
from resus_doc.tools.casefolder import report_json
from resus_doc.tools.dashboard import Progress, write_dashboard
from resus_doc.tools.ledger import Row

CHROMIUM = "/usr/bin/chromium"
AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
PAUSES = (31.0, 4.5, 112.0, 9.0, 15.0, 8.0, 22.0, 3.0, 5.0, 7.0, 41.0, 6.0)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    for number, pause in enumerate(PAUSES):
        measure = Measure(id="M1", name="ppv_pause_longest", value=pause, unit="s", range=(pause - 1, pause + 1))
        first = Measure(id="M2", name="time_to_first_ppv", value=60 + pause, unit="s", range=(59 + pause, 61 + pause))
        write_case(folder / f"case-{number}", sample_report(measures=(measure, first)))
    write_case(folder / "case-x", withheld_report())
    write_dashboard(folder, [Row("/v/b", "", "", "", "failed", "It holds no picture.")], Progress(14, 20))
    return folder / "index.html"


def write_case(folder: Path, report) -> None:
    folder.mkdir()
    (folder / "report.json").write_text(report_json(report.model_copy(update={"case_id": folder.name})))


@pytest.fixture(scope="module")
def page(place) -> Iterator[Page]:
    complaints: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if request.url != place.as_uri() else None)
        page.goto(place.as_uri())
        yield page
        assert complaints == []
        browser.close()


def cases(page: Page) -> list[str]:
    return page.locator("#cases tbody tr:visible th").all_inner_texts()


def test_a_click_sorts_by_a_number_and_another_one_turns_the_order(page):
    button = page.get_by_role("button", name="Longest pause")
    button.click()
    assert cases(page)[:3] == ["case-7", "case-1", "case-8"]
    assert cases(page)[-2:] == ["case-x", "-"], "what has no value stands last"
    button.click()
    assert cases(page)[:2] == ["case-2", "case-10"]


def test_words_and_a_list_choose_cases(page):
    page.get_by_label("Search").fill("case-1")
    assert sorted(cases(page)) == ["case-1", "case-10", "case-11"]
    assert page.get_by_role("status").inner_text() == "3 of 14 cases"
    page.get_by_label("Search").fill("")
    page.get_by_label("Show").select_option("failed")
    assert cases(page) == ["-"]
    page.get_by_label("Show").select_option("")


def test_the_page_says_that_a_batch_is_at_work_and_shows_what_was_published(page):
    assert "14 of 20 videos have ended" in page.locator("header").first.inner_text()
    assert page.locator(".band").count() == 1
    assert "42 and 118 s" in page.locator("#time").inner_text()


@pytest.mark.parametrize("width", [1280, 360])
def test_it_fits_and_everybody_can_use_it(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options=AA)
    assert found.violations_count == 0, found.generate_report()


def test_many_cases_are_sorted_whole_and_shown_in_parts(page, tmp_path):
    write_dashboard(
        tmp_path, [Row(f"/v/{n}", "", f"case-{n:03d}", "", "failed", "It holds no picture.") for n in range(120)]
    )
    many = page.context.browser.new_page()
    many.goto((tmp_path / "index.html").as_uri())
    assert len(cases(many)) == 50
    assert many.get_by_role("status").inner_text() == "120 of 120 cases, the first 50 shown"
    many.get_by_role("button", name="Show 50 more").click()
    many.get_by_role("button", name="Show 20 more").click()
    assert len(cases(many)) == 120
    for _ in range(2):
        many.locator("#cases").get_by_role("button", name="Case").click()
    assert cases(many)[0] == "case-119"
    many.get_by_label("Search").fill("case-007")
    assert cases(many) == ["case-007"]
    many.close()


PX_PER_PT = 96 / 72
MARGINS_PX = 24 / 25.4 * 96


@pytest.mark.parametrize("width_pt", [842, 595])
def test_every_column_is_on_the_paper(page, width_pt):
    """Landscape as the page asks for it, and upright where a printer knows better."""
    pdf = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    assert round(pdf.pages[0].mediabox.width) == 842
    width = int(width_pt * PX_PER_PT - MARGINS_PX)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(media="print")
    try:
        shown = page.evaluate(
            "[...document.querySelectorAll('.scroll')].map(each => [getComputedStyle(each).overflowX, each.scrollWidth - each.clientWidth])"
        )
        assert len(shown) >= 4 and all(each[0] == "visible" and each[1] <= 0 for each in shown), shown
        for column in ("Did not apply", "Not assessable", "Look at"):
            box = page.locator("th", has_text=column).last.bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
    finally:
        page.emulate_media(media="null")

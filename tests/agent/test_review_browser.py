"""A review as a person does it, in Chromium, with the keyboard alone: the whole command, the page, and what is saved."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from sample_report import FINDINGS, hostile_report, sample_report, withheld_report
from test_review_server import write

from resus_doc.schema import Report
from resus_doc.tools import casefolder, revisions
from resus_doc.tools.case_lock import lock_file

CHROMIUM = "/usr/bin/chromium"
AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


class Running:
    """`resus-doc review` as a process of its own, and what it printed first: the address."""

    def __init__(self, case: Path, browser: Path | None = None) -> None:
        command = [sys.executable, "-m", "resus_doc.cli", "review", str(case), "--llm", "none"]
        environment = {**os.environ, "NO_COLOR": "1", "BROWSER": str(browser)}
        self.process = subprocess.Popen(
            command if browser else [*command, "--no-browser"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()

    def end(self) -> tuple[int, str]:
        """Ctrl-C; the exit status and what was printed on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=200)
        return self.process.returncode, errors

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """The page of one kind of case."""
    report: Report = getattr(request, "param", sample_report)()
    report = report.model_copy(update={"guideline": sample_report().guideline})
    with Running(write(tmp_path / "all", report)) as running:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "dialog",
            lambda dialog: dialog.accept() if dialog.type == "beforeunload" else complaints.append(dialog.message),
        )
        page.goto(running.address)
        yield page
        page.close()
        status, errors = running.end()
        assert (status, "Traceback" in errors) == (0, False), errors


def press(page: Page, *keys: str) -> int:
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


def text(page: Page, selector: str) -> str:
    return page.locator(selector).inner_text().replace("\xa0", " ")


def test_a_case_is_confirmed_corrected_and_saved_with_the_keyboard_alone(opened, complaints, tmp_path):
    """Seven open events: one key each to confirm; then edges, a label, an addition, a deletion, undo and redo, birth, save."""
    page, case = opened, tmp_path / "all" / "case"
    assert press(page, *["Enter"] * 7) == 7
    assert text(page, ".progress") == "8 of 8 events confirmed"
    press(page, *["ArrowUp"] * 3)
    assert text(page, ".what") == "E4 · PPV"
    press(page, "ArrowRight", "ArrowRight", "]", "Shift+ArrowLeft", "j", "j", "j", "a", "1")
    assert "E1 is baby in view there already" in text(page, ".message")
    press(page, "a", "6")
    assert text(page, ".what") == "N1 · Suction"
    press(page, "ArrowRight", "7", "x")
    assert page.locator("[data-choose=N1]").count() == 0
    press(page, "u", "u", "r")
    assert "Chest compressions" in text(page, "tr:has([data-choose=N1])")
    for _ in range(8):
        if not text(page, ".what").startswith("E7"):
            press(page, "ArrowDown")
    press(page, "x", "b")
    page.keyboard.press("Control+A")
    page.keyboard.type("-0:30")
    press(page, "Enter")
    assert text(page, ".unsaved") == "9 changes not saved"
    press(page, "s")
    page.keyboard.type("Kari Nordmann")
    press(page, "Enter")
    page.locator(".unsaved", has_text="revision 1").wait_for(timeout=900_000)
    assert "Saved as revision 1" in text(page, ".message")
    report = casefolder.read_report(case)
    events = {event.id: event for event in report.events}
    assert "E7" not in events and events["E9"].activity == "chest_compressions" and events["E9"].source == "reviewer"
    assert events["E4"].start_s == pytest.approx(36.2) and events["E4"].end_s < 62.0
    assert {event.confirmed_by for event in report.events} == {"Kari Nordmann", "M. Berg"}
    assert report.time_zero.t_s == -30 and report.time_zero.source == "given"
    (revision,) = revisions.history(case)
    assert {"added", "deleted", "moved", "confirmed", "birth set"} <= {change.action for change in revision.changes}
    assert "E4 moved: PPV 1:06.0–1:32.0 → PPV 1:06.2–" in text(page, ".revisions"), "from the birth that was set"
    assert page.evaluate("document.activeElement.className") == "bench"
    page.locator("[data-back='0']").click()
    page.locator("[data-choose=E7]").wait_for()
    assert "not saved" in text(page, ".unsaved") and page.locator("[data-choose=E9]").count() == 0
    press(page, "u")
    assert text(page, ".unsaved") == "revision 1"
    assert complaints == []


def with_metric() -> Report:
    """The sample with a quality metric that has a value and no limit."""
    metric = FINDINGS[2].model_copy(update={"id": "F8", "verdict": "not_assessable"})
    return sample_report(findings=(*FINDINGS, metric))


@pytest.mark.parametrize("opened", [with_metric], indirect=True)
def test_clocks_are_named_and_rules_counted_as_the_report_does(opened, complaints):
    page = opened
    assert text(page, "section:has(> #list) h2") == "Events times from birth"
    assert text(page, "section:has(> #revisions) h2") == "Revisions times from birth, as last saved"
    assert "1:02.0" in text(page, "tr:has([data-choose=E4])")
    assert "3 rules are not assessable." in text(page, ".verdicts")
    assert "1 quality metric is without a verdict." in text(page, ".verdicts")
    press(page, "Enter", "b")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    press(page, "Enter")
    assert text(page, "section:has(> #list) h2") == "Events times from the start of the video"
    assert complaints == []


def test_the_pointer_drags_an_edge_and_the_recording_follows(opened, complaints):
    page = opened
    page.locator("[data-choose=E4]").click()
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    page.locator(".handle.e").scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = page.locator(".handle.e").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 12, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] - 30, box["y"] + 10, steps=4)
    page.mouse.up()
    end_s = float(page.locator("[name=end]").input_value())
    assert 50 < end_s < 62
    assert page.evaluate("document.querySelector('video').currentTime") == pytest.approx(end_s, abs=0.05)
    press(page, "u")
    assert float(page.locator("[name=end]").input_value()) == 62.0
    assert complaints == []


@pytest.mark.parametrize("opened", [sample_report, withheld_report, hostile_report], indirect=True)
def test_axe_finds_nothing_in_light_and_dark_wide_and_narrow(opened, complaints):
    page = opened
    press(page, "Enter", "ArrowRight", "a")
    for width, scheme in ((1280, "light"), (400, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page, options=AA).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    press(page, "s")
    found = Axe().run(page, options=AA).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert complaints == []


@pytest.mark.parametrize("opened", [withheld_report], indirect=True)
def test_candidates_are_accepted_one_by_one(opened, complaints):
    page = opened
    assert text(page, ".progress").startswith("1 of") and "unlike" in text(page, ".outside")
    press(page, "Enter")
    assert text(page, ".progress").startswith("2 of")
    press(page, "s")
    assert page.locator("[name=whole]").is_visible()
    assert complaints == []


def test_ctrl_c_ends_it_and_the_second_reviewer_is_told(tmp_path):
    case = write(tmp_path / "all", sample_report())
    with Running(case) as running:
        assert running.address.startswith("http://127.0.0.1:") and len(running.address.split("/")[3]) >= 40
        second = subprocess.run(
            [sys.executable, "-m", "resus_doc.cli", "review", str(case), "--no-browser"],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (second.returncode, second.stdout) == (2, "") and "is being reviewed" in " ".join(second.stderr.split())
        status, errors = running.end()
        assert status == 0 and "0 revisions saved" in errors and "Traceback" not in errors
        assert not lock_file(case).exists() and not (case / "revisions").exists()
        shutil.rmtree(case)


def test_a_browser_is_opened_by_a_file_of_this_user_so_that_no_command_line_shows_the_token(tmp_path, browser):
    """Every user of the machine can read the command line of a process."""
    case, started = write(tmp_path / "all", sample_report()), tmp_path / "browser.sh"
    started.write_text(f'#!/bin/sh\nprintf %s "$*" > {tmp_path}/part\nmv {tmp_path}/part {tmp_path}/command\n')
    started.chmod(0o755)
    with Running(case, browser=started) as running:
        deadline = time.monotonic() + 60
        while not (tmp_path / "command").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        command = (tmp_path / "command").read_text()
        assert running.address.split("/")[3] not in command and command.startswith("file://")
        file = Path(url2pathname(urlsplit(command).path))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.parent == Path.home(), "a browser that runs confined reads no other folder for temporary files"
        page = browser.new_page()
        page.goto(command)
        page.wait_for_url(running.address)
        assert "events confirmed" in text(page, ".progress")
        page.close()
        assert running.end()[0] == 0
    assert not file.exists()

"""The picture of a review in the docs, and what a review takes: the sample's case, opened in Chromium, keys only.

    python scripts/review_picture.py

Prints how many keys confirm the whole case with both edges of each event played, and how long the playing takes.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from report_picture import sample_case, shrink

PICTURE = Path(__file__).parent.parent / "docs" / "review.png"

AROUND_S = 2.0
"""An edge is played from 1 s before to 1 s after it."""

KEY_S = 0.3
"""One key, and the look that it takes (Card, Moran and Newell's keystroke-level model gives 0.28 s for an average typist)."""


def main() -> None:
    """Write docs/review.png and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        case = sample_case(Path(folder))
        command = [sys.executable, "-m", "resus_doc.cli", "review", str(case), "--no-browser", "--llm", "none"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
            assert running.stdout is not None
            _shoot(running.stdout.readline().strip())
            running.terminate()
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")


def _shoot(address: str) -> None:
    from playwright.sync_api import Page, sync_playwright

    def confirm_all(page: Page) -> None:
        """Each event: its start played, its end chosen and played, then confirmed."""
        total = page.locator("[data-choose]").count()
        duration_s = float(page.evaluate("JSON.parse(document.querySelector('#case-data').textContent).duration_s"))
        keys = 0
        for _ in range(total):
            for key in ("e", "]", "e", "Enter"):
                page.keyboard.press(key)
                keys += 1
        said = page.locator(".progress").inner_text()
        if not said.startswith(f"{total} of {total} "):
            raise SystemExit(f"The page says '{said}' after all keys.")
        played_s = 2 * AROUND_S * total
        print(
            f"{said} of a recording of {duration_s:.0f} s: {keys} keys, {played_s:.0f} s of playing, "
            f"about {keys * KEY_S + played_s:.0f} s in all"
        )

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.wait_for_function("document.querySelector('video').readyState >= 2")
        for key in ("Enter", "Enter", "ArrowDown", "ArrowRight"):
            page.keyboard.press(key)
        page.wait_for_timeout(1500)
        page.screenshot(path=str(PICTURE))
        page.reload()
        confirm_all(page)
        browser.close()
    shrink(PICTURE)


if __name__ == "__main__":
    main()

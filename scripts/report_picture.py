"""The pictures of the report in docs, 1280 and 400 px wide; the first is in the README. The sample's own timeline in Chromium.

    python scripts/report_picture.py [CASE]

Without a case folder it makes one from the sample's annotations.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from resus_doc.settings import SAMPLE_VIDEO

DOCS = Path(__file__).parent.parent / "docs"
PICTURES = {DOCS / "report.png": (1280, 1370), DOCS / "report-narrow.png": (400, 1370)}
"""Each picture with its width and height in pixels."""

MOST_BYTES = 150_000


def main() -> None:
    """Write docs/report.png and docs/report-narrow.png."""
    with tempfile.TemporaryDirectory() as folder:
        case = Path(sys.argv[1]) if len(sys.argv) > 1 else sample_case(Path(folder))
        for picture, (width, height) in PICTURES.items():
            _shoot(case / "report.html", picture, width, height)
            size = picture.stat().st_size
            print(f"{picture}: {size // 1000} kB")
            if size > MOST_BYTES:
                sys.exit(f"{picture} is larger than {MOST_BYTES // 1000} kB")


def sample_case(folder: Path) -> Path:
    """A case of the sample video in this folder, from its annotations."""
    annotations = SAMPLE_VIDEO.with_suffix(".txt")
    told = ["--annotations", str(annotations), "--birth-time", "-0:20", "--birth-uncertainty", "2", "--llm", "none"]
    command = [sys.executable, "-m", "resus_doc.cli", "report", "--sample", "-o", str(folder / "case"), *told]
    subprocess.run(command, check=True)
    return folder / "case"


def _shoot(page_file: Path, picture: Path, width: int, height: int) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(page_file.resolve().as_uri())
        page.wait_for_function("document.querySelector('video').readyState >= 2")
        page.locator(".lanes a.event").nth(1).click()
        page.locator(".glance").evaluate("node => scrollTo(0, node.offsetTop + 2)")
        page.wait_for_timeout(500)
        page.screenshot(path=str(picture))
        browser.close()
    shrink(picture)


def shrink(path: Path) -> None:
    """Fewer colours, so that the repository stays small."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main()

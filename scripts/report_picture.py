"""The picture of the report in the README: the sample's own timeline, opened in Debian's chromium. Run after `make demo`.

    python scripts/report_picture.py [CASE]

Without a case folder it makes one from the sample's annotations.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from resus_doc.settings import SAMPLE_VIDEO

PICTURE = Path(__file__).parent.parent / "docs" / "report.png"


def main() -> None:
    """Write docs/report.png."""
    with tempfile.TemporaryDirectory() as folder:
        case = Path(sys.argv[1]) if len(sys.argv) > 1 else sample_case(Path(folder))
        _shoot(case / "report.html")
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")


def sample_case(folder: Path) -> Path:
    """A case of the sample video in this folder, from its annotations."""
    annotations = SAMPLE_VIDEO.with_suffix(".txt")
    told = ["--annotations", str(annotations), "--birth-time", "-0:20", "--birth-uncertainty", "2", "--llm", "none"]
    command = [sys.executable, "-m", "resus_doc.cli", "report", "--sample", "-o", str(folder / "case"), *told]
    subprocess.run(command, check=True)
    return folder / "case"


def _shoot(page_file: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 1370})
        page.goto(page_file.resolve().as_uri())
        page.wait_for_function("document.querySelector('video').readyState >= 2")
        page.locator(".lanes a.event").nth(1).click()
        page.locator(".glance").evaluate("node => scrollTo(0, node.offsetTop - 10)")
        page.wait_for_timeout(500)
        page.screenshot(path=str(PICTURE))
        browser.close()
    shrink(PICTURE)


def shrink(path: Path) -> None:
    """Fewer colours, so that the repository stays small."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main()

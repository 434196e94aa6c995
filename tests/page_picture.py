"""The picture of a page for the documents, and its alt text: `python tests/page_picture.py`.

What the picture says in words is what the page itself tells a screen reader.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from live import browser

from sim.api import replay
from sim.scenario.experiment import load_experiment

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "page-shop.png"
REQUEST, STEPS = 700, 3
SIZE = {"width": 1280, "height": 720}


def main() -> None:
    """Follow one request of the shop to the controller, and take the picture there."""
    with tempfile.TemporaryDirectory() as folder, browser.browser() as running:
        file = Path(folder) / "page.html"
        file.write_text(replay(load_experiment("shop"), ["single-ingress"]).html(), encoding="utf-8")
        with browser.opened(running, file, viewport=SIZE, reduced_motion="reduce") as found:
            page = found.page
            page.evaluate("i => document.getElementById('replay').replay.follow(i)", REQUEST - 1)
            for _ in range(STEPS):
                page.keyboard.press("ArrowRight")
            page.screenshot(path=PICTURE)
            words = f"{page.inner_text('h1')} {page.inner_text('[aria-live]')}"
    PICTURE.with_name(f"{PICTURE.name}.alt.txt").write_text(f"{words}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

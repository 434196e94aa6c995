"""The pictures of a page for the documents, light and dark, and their alt text: `python tests/page_picture.py`.

What the picture says in words is what the page itself tells a screen reader.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from live import browser

from sim.api import replay

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = {
    scheme: Path(__file__).parents[1] / "docs" / "images" / f"page-shop{ending}.png"
    for scheme, ending in (("light", ""), ("dark", "-dark"))
}
SCENARIO, STEPS = "shop", 3
LOOK = {"viewport": {"width": 1280, "height": 720}, "device_scale_factor": 1.5, "reduced_motion": "reduce"}


def main() -> None:
    """Follow the request that the page begins with to the controller, and take the picture there."""
    with tempfile.TemporaryDirectory() as folder, browser.browser() as running:
        file = Path(folder) / "page.html"
        file.write_text(replay(SCENARIO, ["single-ingress"]).html(), encoding="utf-8")
        for scheme, picture in PICTURES.items():
            with browser.opened(running, file, color_scheme=scheme, **LOOK) as found:
                _to_the_controller(found.page)
                found.page.screenshot(path=picture)
                words = f"{found.page.inner_text('h1')} {found.page.inner_text('[aria-live]')}"
    PICTURES["light"].with_name("page-shop.png.alt.txt").write_text(f"{words}\n", encoding="utf-8")


def _to_the_controller(page: Page) -> None:
    """The followed request at its rules, what is read of it there, and nothing in focus."""
    for _ in range(STEPS):
        page.keyboard.press("ArrowRight")
        browser.painted(page)
    page.evaluate("document.activeElement.blur()")


if __name__ == "__main__":
    main()

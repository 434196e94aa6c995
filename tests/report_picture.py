"""The pictures of a report for the documents, light and dark, and their alt text: `python tests/report_picture.py`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from command import sim
from live import browser

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "report-shop.png"
COMMAND = ("compare", "shop", "--requests", "3000", "--replications", "5", "--report")
SIZE = {"width": 1024, "height": 1360}


def main() -> None:
    """Take the picture of the first screen: the verdict and the plans side by side."""
    with tempfile.TemporaryDirectory() as folder, browser.browser() as running:
        file = Path(folder) / "merge.html"
        sim(*COMMAND, str(file))
        for scheme, ending in (("light", ""), ("dark", "-dark")):
            with browser.opened(running, file, viewport=SIZE, color_scheme=scheme) as found:
                found.page.screenshot(path=PICTURE.with_stem(f"{PICTURE.stem}{ending}"))
                words = [found.page.inner_text(part) for part in ("h1", ".subtitle", ".verdict")]
    told = ". ".join(" ".join(part.split()) for part in words)
    PICTURE.with_name(f"{PICTURE.name}.alt.txt").write_text(
        f"{told}. Below it the contents, and a table of the plans side by side.\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()

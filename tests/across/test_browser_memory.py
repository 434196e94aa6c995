"""What the proxies remember, beside the picture of a page in a real Chromium: shown, hidden, told with the clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from live import browser

from sim.api import replay

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here"),
]
SIZES = {"projector": (1280, 720), "middle": (1000, 800), "phone": (390, 844)}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that shows it."""
    page = tmp_path_factory.mktemp("pages") / "fanout.html"
    page.write_text(replay("fanout", requests=60, remember=True).html(), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_stands_beside_the_picture(size: str, theme: str, file: Path, chromium: Browser) -> None:
    """There from the start, changes with the steps, gives way to Predict, goes and comes with a key."""
    width, height = SIZES[size]
    look = {"viewport": {"width": width, "height": height}, "color_scheme": theme, "reduced_motion": "reduce"}
    with browser.opened(chromium, file, **look) as found:
        page = found.page
        column, seen = page.locator(".ask .memory"), set[str]()
        assert column.is_visible()
        page.evaluate("document.getElementById('replay').replay.follow(30)")
        for _ in range(7):
            page.keyboard.press("ArrowRight")
            seen.add(column.inner_text())
        assert len(seen) > 1
        assert "round-robin of ingress-nginx" in seen.pop()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for shown in (False, True):
            page.keyboard.press("p")
            assert column.is_visible() is shown
        page.keyboard.press("m")
        assert not page.locator(".ask").is_visible()
        page.keyboard.press("m")
        assert column.is_visible()
        assert found.logged == []

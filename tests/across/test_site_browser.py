"""The built site in a real Chromium, opened from disk: both themes, two widths, search, keyboard, axe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from live import browser, site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here"),
]
pytest.importorskip("myst_nb", reason="no Sphinx here: pip install 'ingress-sim[docs]'")

PAGES = ("index", "play", "how-to/why-404", "codes/SIM2003", "scenario", "notebooks/07-which-rule-wins")
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


@pytest.fixture(scope="module")
def html(tmp_path_factory) -> Path:
    return site.built(tmp_path_factory)


def serious(page: Page) -> list[str]:
    """What axe finds that shuts readers out."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {node['target']} {node['html'][:120]}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_asks_for_nothing_and_shuts_nobody_out(chromium, html, name, scheme):
    for width in WIDTHS:
        size = {"width": width, "height": 900}
        with browser.opened(chromium, html / f"{name}.html", color_scheme=scheme, viewport=size) as found:
            assert found.logged == []
            assert [url for url in found.asked if not url.startswith(("file:", "data:"))] == []
            assert found.page.evaluate("document.documentElement.scrollWidth") <= width
            assert serious(found.page) == []


def test_the_search_works_from_disk(chromium, html):
    with browser.opened(chromium, html / "index.html") as found:
        page = found.page
        page.get_by_placeholder("Search").fill("rewrite-target")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="SIM2034").first.wait_for()
        assert found.logged == []
        assert all(url.startswith(("file:", "data:")) for url in found.asked)
        page.get_by_role("link", name="SIM2034").first.click()
        page.locator("h1", has_text="SIM2034").wait_for()


def test_the_theme_is_chosen_by_a_button(chromium, html):
    with browser.opened(chromium, html / "index.html", color_scheme="light") as found:
        page = found.page
        ground = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(ground) == "rgb(255, 255, 255)"
        page.locator("button.theme-toggle:visible").click()
        assert page.evaluate(ground) == "rgb(13, 17, 23)"


def test_it_prints_without_what_is_for_the_screen(chromium, html):
    with browser.opened(chromium, html / "codes/SIM2003.html") as found:
        found.page.emulate_media(media="print")
        assert found.page.locator(".sidebar-drawer").is_hidden()
        assert found.page.locator("article").is_visible()


@pytest.mark.parametrize(("link", "asks"), [("play", "off"), ("predict first", "on")])
def test_a_live_page_opens_from_the_list(chromium, html, link, asks):
    with browser.opened(chromium, html / "play.html", reduced_motion="reduce") as found:
        row = found.page.get_by_role("row").filter(has_text="Many rules for one host: which one wins?")
        row.get_by_role("link", name=link, exact=True).click()
        found.page.wait_for_function("() => document.querySelector('.replay')?.replay")
        assert found.page.evaluate("document.querySelector('.replay').dataset.predict") == asks
        assert found.logged == []
        assert all(url.startswith(("file:", "data:", "blob:")) for url in found.asked)


def test_a_live_page_steps(chromium, html):
    with browser.opened(chromium, html / "replay/fanout.html", reduced_motion="reduce") as found:
        step = "document.querySelector('.replay').replay.state.step"
        before = found.page.evaluate(step)
        found.page.keyboard.press("ArrowRight")
        found.page.wait_for_function(f"() => {step} == {before + 1}")

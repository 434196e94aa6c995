"""The page that is signed in a real Chromium, opened from disk: both themes, narrow and wide, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostile import FOUR, HOSTILE, HOW, hostile
from live import browser

from sim.comparison.compare import compare
from sim.report.print import Circumstances, report_html
from sim.scenario.experiment import load_experiment

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here"),
]

A4_POINTS = (595, 842)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


@pytest.fixture(scope="module", params=["four plans of all providers", "two plans and hostile words"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    several = request.param.startswith("four")
    experiment = load_experiment("shop").with_plans(FOUR if several else ())
    found = compare(experiment, "0.1.0", replications=2, provider="all" if several else None, requests=80)
    how = HOW
    if not several:
        found, how = hostile(found), Circumstances(HOSTILE, HOSTILE * 20)
    file = tmp_path_factory.mktemp("signed") / "report.html"
    file.write_text(report_html(found, how), encoding="utf-8")
    return file


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_quiet_and_asks_for_nothing(chromium, page, theme):
    from axe_playwright_python.sync_playwright import Axe

    with browser.opened(chromium, page, color_scheme=theme) as found:
        violations = Axe().run(found.page).response["violations"]
        assert [v["id"] for v in violations if v["impact"] in {"serious", "critical"}] == []
        assert found.logged == []
        assert found.asked == [page.as_uri()]


@pytest.mark.parametrize("width", [1024, 390])
def test_it_is_no_wider_than_the_window(chromium, page, width):
    with browser.opened(chromium, page, viewport={"width": width, "height": 800}) as found:
        assert found.page.evaluate("document.documentElement.scrollWidth") <= width


def test_charts_follow_the_theme(chromium, page):
    seen = {}
    for theme in ("light", "dark"):
        with browser.opened(chromium, page, color_scheme=theme) as found:
            seen[theme] = found.page.evaluate(
                "[...document.querySelectorAll('svg text')].map((t) => getComputedStyle(t).fill)[0]"
            )
            found.page.emulate_media(media="print")
            paper = found.page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert paper == "rgb(255, 255, 255)"
    assert seen["light"] != seen["dark"]


def test_on_paper_no_line_of_a_table_is_cut(chromium, page):
    width = round(A4_POINTS[0] * 96 / 72 - 2 * 14 / 25.4 * 96)
    with browser.opened(chromium, page, viewport={"width": width, "height": 900}) as found:
        found.page.emulate_media(media="print")
        wide = "[...document.querySelectorAll('table, figure')].map((t) => t.scrollWidth - t.parentElement.clientWidth)"
        assert max(found.page.evaluate(wide)) <= 1

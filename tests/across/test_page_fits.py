"""The replay page has room for what it shows: at every size, in both themes, in play, step and Predict.

Every box of the followed request lies inside the picture and nothing covers it; no text touches another, is cut
or is smaller than it may be (at 1280: the sentence 18 px, names and rows of rules 16, labels 14); nothing scrolls
sideways; on a phone the open place and the buttons are in the window together (page_fits.js looks for all this). A
fixed half is tried in CI, all of it with SIM_PAGES=all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from live import browser
from live.browser import Opened

from sim.api import replay
from sim.report.page import page_html
from sim.scenario.experiment import load_experiment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here"),
]

BOTH = ("lb-per-service", "single-ingress")
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "rules": ("07-which-rule-wins", ()),
    "codes": ("09-who-is-speaking", ()),
    "absent": ("06-who-reads-the-ingress", ()),
    "two": ("shop", BOTH),
    "types": ("service-types", ()),
    "tls": ("tls-edge", ()),
    "silent": ("refused-or-silent", ()),
    "long": ("virtual-hosts", ()),
    "balancers": ("11-twelve-load-balancers", ()),
    "switchboard": ("00-the-switchboard", ()),
    "ports": ("04-cluster-or-local", ()),
    "pins": ("http2-pins", ()),
    "kept": ("keep-alive-pins", ()),
    "hints": ("hints-ignore-load", ()),
    "sticky": ("affinity-behind-one-address", ()),
    "forgets": ("affinity-forgets", ()),
    "alb": ("alb-reads-rules", ()),
    "day": ("bad-day", ("lb-per-service",)),
    "life": ("bad-day", ()),
}
SIZES = {
    "projector": (1280, 720),
    "laptop": (1366, 768),
    "desktop": (1440, 900),
    "browser": (1280, 600),
    "tablet": (1024, 768),
    "zoomed": (640, 360),
    "phone": (390, 844),
}
THEMES = ("light", "dark")
ALL = list(product(PAGES, SIZES, THEMES))
IN_CI = [
    (kind, size, THEMES[(row + column) % 2])
    for row, kind in enumerate(PAGES)
    for column, size in enumerate(SIZES)
    if size != "browser" or kind in ("two", "balancers")
]
"""Each page at each size, light and dark in turn as on a chessboard; of a low window those with most to show."""
TRIED = ALL if os.environ.get("SIM_PAGES") == "all" else IN_CI
MOST = 40

FAULTS = Path(__file__).with_name("page_fits.js").read_text(encoding="utf-8")


def with_long_names(data: dict[str, Any]) -> dict[str, Any]:
    """The same page with names as long as clouds and Deployments make them, and with a Pod that TLS ends in."""
    for plan in data["plans"]:
        for number, node in enumerate(plan["nodes"]):
            node["name"] = f"ip-10-0-113-{number}.eu-central-1.compute.internal"
        for balancer in plan["balancers"]:
            balancer["name"] = "public-ingress-nginx-controller"
            if "." in balancer["address"]:
                balancer["address"] = "k8s-ingress-public-2f5b7a1c9d.elb.eu-central-1.amazonaws.com"
        for number, station in enumerate(plan["stations"]):
            station["name"] = f"recommendations-7d9f8c5b6d-x2x9{number}"
            station["node"] = plan["nodes"][0]["name"]
        for row in plan["rows"]:
            row["scheme"] = "https"
            legs = dict.fromkeys(("client", "node", "pod"), "encrypted")
            row["tls"] = {"legs": legs, "ends_at": "pod", "key": "", "sealed": True}
    return data


def written(kind: str, folder: Path) -> Path:
    """The page of a kind."""
    scenario, plans = PAGES[kind]
    data = replay(load_experiment(scenario), plans).data
    file = folder / f"{kind}.html"
    file.write_text(page_html(with_long_names(data) if kind == "long" else data), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


class Pages:
    """The page of a kind, opened once: its window and its theme change as those of a reader do."""

    def __init__(self, running: Browser, folder: Path) -> None:
        self._running, self._folder, self._open = running, folder, ExitStack()
        self._kind, self._found = "", None

    def of(self, kind: str) -> Opened:
        if self._found is None or self._kind != kind:
            self.close()
            opened = browser.opened(self._running, written(kind, self._folder), reduced_motion="reduce")
            self._kind, self._found = kind, self._open.enter_context(opened)
        return self._found

    def close(self) -> None:
        self._open.close()


@pytest.fixture(scope="module")
def pages(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    found = Pages(chromium, tmp_path_factory.mktemp("fits"))
    yield found
    found.close()


def faults(page: Page, where: str, strict: bool = False) -> list[str]:
    return [f"{where}: {one}" for one in page.evaluate(FAULTS, strict)]


BEGUN = """() => {
  const { state, follow } = document.querySelector('.replay').replay
  follow(state.chosen[0])
}"""
REACHED = """() => new Promise((done) => requestAnimationFrame(() => {
  const { state: { step, predict } } = document.querySelector('.replay').replay
  done([step, predict.said.size, predict.shown?.key, document.querySelectorAll('.choice').length])
}))"""


def stepped(page: Page) -> Iterator[str]:
    """Step from the client until nothing changes any more; a question is answered by its first letter."""
    page.evaluate(BEGUN)
    reached = page.evaluate(REACHED)
    for _ in range(MOST):
        before = reached
        yield page.inner_text(".sentence")[:24]
        page.keyboard.press("a" if before[-1] else "ArrowRight")
        reached = page.evaluate(REACHED)
        if reached == before:
            return
    raise AssertionError("it does not end")


def looked_at(page: Page, size: str, theme: str) -> None:
    """A window of that size, and the page in that theme: by its button, which a phone has in its menu."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    if page.get_attribute(".replay", "data-theme") != theme:
        page.evaluate("document.querySelector('.tools button:last-child').click()")
    assert page.get_attribute(".replay", "data-theme") == theme


@pytest.mark.parametrize(("kind", "size", "theme"), TRIED)
def test_all_that_is_shown_has_room(kind: str, size: str, theme: str, pages: Pages) -> None:
    found, strict = pages.of(kind), size == "projector"
    page = found.page
    looked_at(page, size, theme)
    wrong = [one for where in stepped(page) for one in faults(page, where, strict)]
    page.keyboard.press("p")
    wrong += [one for where in stepped(page) for one in faults(page, f"Predict, {where}", strict)]
    page.keyboard.press("p")
    assert not wrong
    assert not found.logged


PLAYED_UNTIL = """([speed, step, part]) => new Promise((done) => {
  const { state, play, faster, seek, endS } = document.querySelector('.replay').replay, look = () => {
    if (state.playing && state.step < step && state.t <= part * endS) return requestAnimationFrame(look)
    play(false)
    done()
  }
  faster(speed)
  if (part < 1) seek(part * endS)
  play(true)
  requestAnimationFrame(look)
})"""
"""Stopped in the very frame in which the step is there: on a busy machine a key would come steps later."""
SETTLED = "() => document.getAnimations().every((one) => one.playState !== 'running')"
"""What unfolds when the run is stopped unfolds to its end."""
PLAYED = ("rules", "two", "pins") if TRIED is ALL else ("two",)


@pytest.mark.parametrize("kind", PLAYED)
def test_a_run_that_is_stopped_while_it_plays_has_room(kind: str, pages: Pages) -> None:
    found = pages.of(kind)
    page, wrong = found.page, []
    looked_at(page, "projector", "light")
    page.emulate_media(reduced_motion="no-preference")
    page.evaluate(BEGUN)
    stops = [(0.01, step, 1) for step in (1, 2)] + [(10, 99, part) for part in (0.2, 0.6, 0.9)]
    for speed, step, part in stops:
        page.evaluate(PLAYED_UNTIL, [speed, step, part])
        page.wait_for_function(SETTLED)
        browser.painted(page)
        wrong += faults(page, f"speed {speed}, step {step}, {part} of the run", strict=True)
    page.emulate_media(reduced_motion="reduce")
    assert not wrong
    assert not found.logged

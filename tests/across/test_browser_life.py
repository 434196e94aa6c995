"""Pods that come and go on the page of a replay: their states, who still sends to them, who ended what failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from live import browser

from sim.api import replay
from sim.report.page.replay import Replay
from sim.scenario.experiment import load_experiment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here"),
]
REPLAY = "document.getElementById('replay').replay"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Replay, Path]:
    found = replay(load_experiment("bad-day"), ["lb-per-service"])
    file = tmp_path_factory.mktemp("pages") / "day.html"
    file.write_text(found.html(), encoding="utf-8")
    return found, file


def states(page: Page) -> dict[str, str]:
    """Pod -> the word that its box wears."""
    boxes = page.locator(".box.pod[data-state]")
    return {
        boxes.nth(n).locator(".name").first.get_attribute("title") or "": boxes.nth(n).get_attribute(
            "data-state"
        )
        or ""
        for n in range(boxes.count())
    }


def test_pods_start_turn_ready_and_go_with_the_clock(chromium: Browser, day: tuple[Replay, Path]) -> None:
    with browser.opened(chromium, day[1], reduced_motion="reduce") as found:
        page = found.page
        result = day[0].recorded.runs[0].result
        page.evaluate(f"{REPLAY}.follow({result.row.tolist().index(1)})")
        seen = []
        for at_s in (4.0, 5.5, 8.5, 49.0):
            page.evaluate(f"{REPLAY}.seek({at_s})")
            seen.append(states(page))
        assert seen[0]["cart-4"] == "not there yet"
        assert seen[1]["cart-4"] == "starting"
        assert "cart-4" not in seen[2], "it is there and ready"
        assert seen[2]["cart-1"] == "gone"
        assert not found.logged


def test_below_the_picture_stands_who_still_sends_and_what_that_loses(
    chromium: Browser, day: tuple[Replay, Path]
) -> None:
    life = day[0].data["plans"][0]["life"]
    with browser.opened(chromium, day[1], reduced_motion="reduce") as found:
        page = found.page
        number = next(iter(life["lost"]))
        page.evaluate(f"{REPLAY}.follow({number})")
        page.keyboard.press("End")
        (pod,) = [one for one in life["stopped"] if one["name"] == "cart-1"]
        assert page.locator(".life").get_attribute("aria-label") == "Who still sends to cart-1"
        rows = page.locator(".liferow")
        said = {
            rows.nth(n).locator(".name").inner_text(): rows.nth(n).locator(".lifewords").inner_text()
            for n in range(rows.count())
        }
        assert said["kubelet"] == "no preStop: SIGTERM at once"
        for sender in pod["senders"]:
            lost = f"✕ {len(sender['failed'])} failed, " if sender["failed"] else ""
            assert said[sender["name"]] == f"{lost}told at {sender['told_s']:.1f} s"
        assert page.locator(".liferail .lost:not([hidden])").count() == sum(
            len(s["failed"]) for s in pod["senders"]
        )
        page.evaluate(f"{REPLAY}.seek(7)")
        assert page.locator(".liferail .lost:not([hidden])").count() == 0


def test_what_failed_has_its_bubble_at_its_author_and_its_reason_in_words(
    chromium: Browser, day: tuple[Replay, Path]
) -> None:
    life = day[0].data["plans"][0]["life"]
    number, lost = next((n, one) for n, one in life["lost"].items() if one["by"] == "pod")
    with browser.opened(chromium, day[1], reduced_motion="reduce") as found:
        page = found.page
        page.evaluate(f"{REPLAY}.follow({number})")
        last = page.evaluate(f"{REPLAY}.state.moments.findIndex((moment) => moment.kind === 'end')")
        for _ in range(last):
            page.keyboard.press("ArrowRight")
        assert lost["why"] in page.inner_text(".sentence")
        assert "refused" in page.locator(".c-pods .bubble").inner_text()


def test_a_button_leads_from_one_request_that_failed_to_the_next(
    chromium: Browser, day: tuple[Replay, Path]
) -> None:
    lost = [int(n) for n in day[0].data["plans"][0]["life"]["lost"]]
    with browser.opened(chromium, day[1], reduced_motion="reduce") as found:
        page = found.page
        chosen = f"{REPLAY}.state.chosen[0]"
        before = page.evaluate(chosen)
        followed = []
        for _ in range(3):
            page.get_by_role("button", name="Follow a failed one").focus()
            page.keyboard.press("Enter")
            followed.append(page.evaluate(chosen))
        assert followed == [n for n in lost if n > before][:3]


def test_a_life_is_stepped_through_event_by_event_and_back(
    chromium: Browser, day: tuple[Replay, Path]
) -> None:
    with browser.opened(chromium, day[1], reduced_motion="reduce") as found:
        page, lives = found.page, day[0].data["plans"][0]["life"]["pods"].values()
        said, wears = [], []
        page.evaluate(f"{REPLAY}.seek(0)")
        for _ in range(3):
            page.keyboard.press(".")
            said.append(page.inner_text(".sentence"))
            wears.append(states(page))
        assert page.evaluate(f"{REPLAY}.state.t") in {moment for life in lives for moment in life[:5]}
        assert said[0].startswith("Event 1 of ")
        assert "5.0 s: cart-4 starts. Nobody sends there before it is ready." in said[0]
        assert wears[0]["cart-4"] == "starting"
        assert "8.0 s: cart-4 is ready" in said[1]
        assert "cart-4" not in wears[1]
        assert "cart-1 is told to go (rollout shop/cart) and stops listening at once" in said[2]
        assert wears[2]["cart-1"] in ("stopped listening", "gone")
        assert page.inner_text(".live").startswith("Event 3 of ")
        page.get_by_role("button", name="← Event").first.click()
        assert page.inner_text(".sentence") == said[1]
        page.keyboard.press("ArrowRight")
        assert not page.inner_text(".sentence").startswith("Event")
        page.keyboard.press("p")
        page.keyboard.press(".")
        assert not page.inner_text(".sentence").startswith("Event")
        assert not found.logged


def test_the_lanes_go_by_key_and_come_back_and_wait_behind_the_menu_of_a_phone(
    chromium: Browser, day: tuple[Replay, Path]
) -> None:
    with browser.opened(chromium, day[1], reduced_motion="reduce") as found:
        page = found.page
        assert page.locator(".life").is_visible()
        page.keyboard.press("l")
        assert page.locator(".life").count() == 0
        page.keyboard.press("l")
        assert page.locator(".life").is_visible()
        page.set_viewport_size({"width": 390, "height": 844})
        page.locator(".life").wait_for(state="hidden")
        page.get_by_role("button", name="Menu").click()
        assert page.locator(".menu-panel .life").is_visible()
        page.locator(".menu-panel").get_by_role("button", name="Event →").click()
        page.locator(".menu-panel").wait_for(state="hidden")
        assert page.inner_text(".sentence").startswith("Event ")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

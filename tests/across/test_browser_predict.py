"""Predict on the page of a replay: nothing gives the answer away, answers get their reason, the right ones are counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from live import browser
from live.browser import Opened

from sim.api import replay
from sim.scenario.experiment import load_experiment, shipped_scenarios

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here"),
]

LESSONS = [(name, ()) for name in sorted(shipped_scenarios()) if name[:2].isdigit()]
PAGES = [*LESSONS, ("no-controller", ()), ("fanout", ("lb-per-service", "single-ingress"))]

VISIBLE = """() => {
  const copy = document.getElementById('replay').cloneNode(true)
  for (const one of copy.querySelectorAll('[hidden], .question, select, .labels')) one.remove()
  const spoken = [...copy.querySelectorAll('[aria-label]')].map((one) => one.getAttribute('aria-label'))
  const whole = [...document.querySelectorAll('.counts, .beside, svg text')].map((one) => one.innerText ?? one.textContent)
  return [document.title, copy.textContent, ...spoken, ...whole].join('\\n')
}"""
UNTOLD = """() => {
  const { state, runs } = document.getElementById('replay').replay
  const said = runs.length > 1 ? document.querySelector('.said').textContent : '' // the other plan may say the same
  const told = state.steps.slice(0, state.step).map((step) => step.text)
  const open = state.steps.slice(state.step).map((step) => step.text).filter((text) => !told.includes(text) && !said.includes(text))
  const rows = runs.map((run, n) => run.recording.rows[run.row[state.chosen[n]]])
  return [...open, ...rows.flatMap((row) => [row.final.message, row.transcript])]
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: page[0])
def page_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, plans = request.param
    file = tmp_path_factory.mktemp("predict") / f"{name}.html"
    file.write_text(replay(load_experiment(name), plans, requests=150).html(), encoding="utf-8")
    return file


def predicting(found: Opened, file: Path) -> Page:
    """The page, opened as a teacher hands it out."""
    found.page.goto("about:blank")
    found.page.goto(f"{file.as_uri()}#predict")
    return found.page


def questions(page: Page, key: str) -> Iterator[str]:
    """The questions one after the other, each answered with a key when it has been looked at."""
    for _ in range(60):
        asked = page.inner_text(".question")
        if asked:
            yield asked.splitlines()[0]
        elif "You predicted" in page.inner_text(".step"):
            return
        page.keyboard.press(key if asked else "ArrowRight")
    raise AssertionError("it does not end")


def test_before_an_answer_nothing_tells_it(chromium, page_file):
    with browser.opened(chromium, page_file, reduced_motion="reduce") as found:
        page, seen = predicting(found, page_file), 0
        for asked in questions(page, "a"):
            seen += 1
            visible = " ".join(page.evaluate(VISIBLE).split())
            told = [text for text in page.evaluate(UNTOLD) if text and " ".join(text.split()) in visible]
            assert told == [], asked
            if "which rule wins" in asked:
                assert "wins: " not in visible
            if seen == 1:
                assert not any(word in visible for word in ("answered", "delivered", "dns-no-record", "fail"))
            for part in (".wires path", ".tick:visible", ".transcript pre", ".stats"):
                assert page.locator(part).count() == 0
        assert seen >= 2
        assert found.logged == []


def test_the_step_count_and_the_end_of_the_run_come_with_the_score(chromium, page_file):
    with browser.opened(chromium, page_file, reduced_motion="reduce") as found:
        page = predicting(found, page_file)
        assert " of " not in page.inner_text(".step b")
        seen = len(list(questions(page, "a")))
        assert f"of {seen} right" in page.inner_text(".step")
        assert page.locator(".stats").count() > 0


def test_neither_play_nor_the_time_line_goes_round_the_question(chromium, page_file):
    with browser.opened(chromium, page_file, reduced_motion="reduce") as found:
        page = predicting(found, page_file)
        asked = page.inner_text(".question")
        for key in ("End", "PageDown", "ArrowRight", "t"):
            page.keyboard.press(key)
            assert page.inner_text(".question") == asked
        page.get_by_role("button", name="Play", exact=True).click()
        assert page.inner_text(".question") == asked
        assert page.get_by_role("button", name="Transcript").is_disabled()


def test_a_right_answer_is_counted_and_a_wrong_one_gets_its_reason(chromium, tmp_path):
    file = tmp_path / "rules.html"
    file.write_text(replay(load_experiment("07-which-rule-wins")).html(), encoding="utf-8")
    right = {
        "Client": "to a load balancer",
        "Load balancer": "to a node",
        "kube-proxy": "to a Pod of the controller",
    }
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = predicting(found, file)
        for place, answer in right.items():
            assert page.inner_text(".question").startswith(place)
            page.get_by_role("button", name=answer).press("Enter")
            assert f"You said: {answer}. So it is." in page.inner_text(".said")
        page.get_by_role("button", name="/cart Exact").press("Enter")
        assert "It is: /cart/items Prefix. /cart Exact loses: not equal" in page.inner_text(".said")
        page.get_by_role("button", name="to a Service").press("Enter")
        assert "no packet enters it" in page.inner_text(".said")
        page.get_by_role("button", name="delivered").press("Enter")
        while "You predicted" not in page.inner_text(".step"):
            page.keyboard.press("ArrowRight")
        assert "You predicted 4 of 6 right." in page.inner_text(".step")


def test_it_is_turned_off_again_and_everything_is_back(chromium, page_file):
    with browser.opened(chromium, page_file, reduced_motion="reduce") as found:
        page = predicting(found, page_file)
        page.keyboard.press("p")
        assert page.inner_text(".question") == ""
        assert " of " in page.inner_text(".step b")
        assert page.locator(".stats").count() > 0
        page.keyboard.press("t")
        assert page.inner_text(".transcript pre >> nth=0")

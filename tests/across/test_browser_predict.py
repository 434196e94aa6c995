"""Predict on the page of a replay: nothing gives the answer away, answers get their reason, the right ones are counted."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from live import browser
from live.browser import Opened

from sim.api import replay
from sim.report.page.replay import Replay
from sim.scenario.experiment import load_experiment, shipped_scenarios

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here"),
]

LESSONS = [(name, ()) for name in sorted(shipped_scenarios()) if name[:2].isdigit()]
PAGES = [*LESSONS, ("no-controller", ()), ("fanout", ("lb-per-service", "single-ingress"))]

TOLD = """() => {
  const copy = document.getElementById('replay').cloneNode(true), said = []
  for (const one of copy.querySelectorAll('[hidden], .ask, select')) one.remove()
  for (const one of document.querySelectorAll('#replay *')) {
    if (!one.closest('.ask, select')) for (const { value } of one.attributes) said.push(value)
  }
  for (const one of document.querySelectorAll('svg title, svg desc, [role=img]')) said.push(one.textContent)
  return [document.title, copy.textContent, ...said].join('\\n')
}"""
"""All that the page says outside the question, to eyes, to a screen reader, in a tooltip or unseen."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: page[0])
def page_file(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Replay, Path]:
    name, plans = request.param
    file = tmp_path_factory.mktemp("predict") / f"{name}.html"
    found = replay(load_experiment(name), plans, requests=150)
    file.write_text(found.html(), encoding="utf-8")
    return found, file


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> tuple[Replay, Path]:
    """The page of the lesson on rules, whose second request two rules fit."""
    file = tmp_path_factory.mktemp("rules") / "rules.html"
    found = replay(load_experiment("07-which-rule-wins"))
    file.write_text(found.html(), encoding="utf-8")
    return found, file


def predicting(found: Opened, file: Path) -> Page:
    """The page, opened as a teacher hands it out."""
    found.page.goto("about:blank")
    found.page.goto(f"{file.as_uri()}#predict")
    return found.page


def asked(page: Page) -> str:
    """The question that is open; empty: none is."""
    return page.inner_text(".asks") if page.locator(".asks").count() else ""


def questions(page: Page, key: str) -> Iterator[str]:
    """The questions of the followed request, each answered with a key when it has been looked at."""
    for _ in range(60):
        text = asked(page)
        if text:
            yield text
        elif "You predicted" in page.inner_text(".ask"):
            return
        page.keyboard.press(key if text else "ArrowRight")
    raise AssertionError("it does not end")


def told(question: dict[str, Any]) -> dict[str, Any]:
    """What a question tells after its answer."""
    found: dict[str, Any] = json.loads(b64decode(question["told"]))
    return found


def row_at(recorded: Replay, page: Page, plan: int) -> dict[str, Any]:
    """The row of the request that is followed."""
    script = "n => { const { runs, state } = document.getElementById('replay').replay; return runs[n].row[state.chosen[n]] }"
    found: dict[str, Any] = recorded.data["plans"][plan]["rows"][page.evaluate(script, plan)]
    return found


def open_plans(page: Page, plans: list[dict[str, Any]]) -> list[int]:
    """The plans that nothing has been asked of yet, or whose question is open."""
    if len(plans) == 1:
        return [0]
    name = page.inner_text("legend .quiet").split(" · ")[1]
    return [n for n, plan in enumerate(plans) if plan["plan"] == name]


def secrets(row: dict[str, Any], asks: str) -> list[str]:
    """What may not be read anywhere while a question is open."""
    found = [
        row["says"]["end"],
        row["final"]["message"],
        row["transcript"],
        row["answered"]["words"],
        row["answered"]["look_at"],
    ]
    rule = next((one for one in row["questions"] if one["id"] == "rule"), None)
    if rule and rule["text"] == asks:
        found += [
            row["says"]["controller"],
            *(one["because"] for one in (row["book"] or {"rows": []})["rows"]),
        ]
        found += [
            f"the rule {one['host']}{one['path']} wins"
            for one in (row["book"] or {"rows": []})["rows"]
            if one["wins"]
        ]
        found += told(rule)["why"].values()
    end = next(one for one in row["questions"] if one["id"] == "end")
    return [" ".join(text.split()) for text in [*found, *told(end)["why"].values()] if text]


FOLLOW = "row => { const { runs, follow } = document.getElementById('replay').replay; follow(runs[0].row.indexOf(row)) }"


def test_before_an_answer_nothing_tells_it(chromium, page_file):
    """Of one request of every row."""
    recorded, file = page_file
    plans = recorded.data["plans"]
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page, seen = predicting(found, file), 0
        for number in range(len(plans[0]["rows"])):
            page.evaluate(FOLLOW, number)
            for asks in questions(page, "a"):
                seen += 1
                visible = " ".join(page.evaluate(TOLD).split())
                for plan in open_plans(page, plans):
                    row = row_at(recorded, page, plan)
                    assert [text for text in secrets(row, asks) if text in visible] == [], asks
                assert recorded.data["finding"] not in visible
                for part in (".lost", ".outage", ".transcript pre", ".reasons .mark", ".bubble"):
                    assert page.locator(part).count() == 0, part
                assert page.locator(".counts").inner_text().split()[0] == "asked"
        assert seen >= len(plans) * len(plans[0]["rows"])
        assert found.logged == []


def test_the_number_of_steps_and_the_transcript_come_with_the_last_answer(chromium, page_file):
    _, file = page_file
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = predicting(found, file)
        assert " of " not in page.inner_text(".number")
        seen = len(list(questions(page, "a")))
        assert f"of {seen} right" in page.inner_text(".ask")
        assert " of " in page.inner_text(".number")
        page.keyboard.press("t")
        assert page.inner_text(".transcript pre >> nth=0")


def test_neither_play_nor_a_track_nor_a_step_goes_round_the_question(chromium, page_file):
    _, file = page_file
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = predicting(found, file)
        next(questions(page, "a"))
        text, step = asked(page), page.inner_text(".number")
        for key in ("End", " ", "ArrowRight", "t"):
            page.evaluate("document.activeElement.blur()")
            page.keyboard.press(key)
            assert (asked(page), page.inner_text(".number")) == (text, step)
        page.evaluate("() => { const { seek, endS } = document.getElementById('replay').replay; seek(endS) }")
        assert asked(page) == text
        for name in ("Play", "Step →", "Transcript"):
            assert page.get_by_role("button", name=name, exact=True).is_disabled()


def test_a_wrong_answer_gets_its_reason_and_a_line_for_each_other_choice(chromium, rules):
    recorded, file = rules
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = predicting(found, file)
        asks = next(questions(page, "a"))
        question = next(one for one in row_at(recorded, page, 0)["questions"] if one["text"] == asks)
        answer, order = told(question), [choice["id"] for choice in question["choices"]]
        wrong = next(one for one in order if one != answer["right"])
        page.get_by_role("button", name="fairly").press("Enter")
        page.locator(".choice").nth(order.index(wrong)).press("Enter")
        letter = "abcde"[order.index(answer["right"])]
        said = page.inner_text(".feedback")
        assert f"You said {'abcde'[order.index(wrong)]}, fairly sure" in said
        assert f"It is {letter}: " in said
        for one in order:
            assert one == answer["right"] or answer["why"][one] in said
        assert page.inner_text(".counts").split() == ["asked", "1", "of", "2", "right", "0", "of", "1"]


def test_the_focus_goes_to_the_question_and_back_to_step(chromium, rules):
    with browser.opened(chromium, rules[1], reduced_motion="reduce") as found:
        page = predicting(found, rules[1])
        focused = "document.activeElement.textContent"
        next(questions(page, "a"))
        assert page.evaluate(focused).startswith("a")
        page.keyboard.press("b")
        assert page.evaluate(focused) == "Go on →"
        page.keyboard.press("Enter")
        assert asked(page) == "How does it end?"
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        assert page.evaluate(focused) == "Step →"


def test_a_step_back_closes_what_was_told(chromium, rules):
    with browser.opened(chromium, rules[1], reduced_motion="reduce") as found:
        page = predicting(found, rules[1])
        next(questions(page, "a"))
        page.keyboard.press("a")
        page.keyboard.press("ArrowLeft")
        assert page.locator(".feedback dl").count() == 0
        assert page.get_by_role("button", name="Step →").is_enabled()


def test_the_letters_of_the_rows_answer_too(chromium, rules):
    with browser.opened(chromium, rules[1], reduced_motion="reduce") as found:
        page = predicting(found, rules[1])
        next(questions(page, "a"))
        page.locator(".stage button", has_text="b").first.press("Enter")
        assert "You said b" in page.inner_text(".feedback")


def test_a_similar_question_follows_another_request(chromium, rules):
    recorded, file = rules
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = predicting(found, file)
        next(questions(page, "a"))
        before = row_at(recorded, page, 0)
        page.keyboard.press("a")
        page.get_by_role("button", name="Once more").press("Enter")
        after = row_at(recorded, page, 0)
        assert after["request"] != before["request"]
        assert next(questions(page, "a")) in [one["text"] for one in after["questions"]]
        assert page.inner_text(".counts").split()[:4] == ["asked", "2", "of", "3"]


def test_it_is_turned_off_again_and_everything_is_back(chromium, page_file):
    _, file = page_file
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = predicting(found, file)
        page.keyboard.press("p")
        assert not page.locator(".ask").is_visible()
        assert " of " in page.inner_text(".number")
        assert page.inner_text(".counts").split()[0] == "sent"
        page.keyboard.press("t")
        assert page.inner_text(".transcript pre >> nth=0")


ASKED = """numbers => {
  const { runs, state, follow } = document.getElementById('replay').replay
  return numbers.map((number) => {
    follow(number)
    return state.moments.flatMap((moment) => moment.own[0]?.asks ?? [])
  })
}"""
ENDED = "() => { const [run] = document.getElementById('replay').replay.runs; return Array.from(run.end, (n) => n < 0 ? '' : run.recording.ends[n].reason) }"


def test_what_an_event_made_fail_is_not_asked_about_as_if_it_had_been_delivered(chromium, tmp_path):
    file = tmp_path / "rolling.html"
    file.write_text(replay(load_experiment("rolling-update"), requests=1200).html(), encoding="utf-8")
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = predicting(found, file)
        ends = page.evaluate(ENDED)
        lost = [n for n, end in enumerate(ends) if end not in ("", "delivered")]
        served = [n for n, end in enumerate(ends) if end == "delivered"]
        assert lost
        assert page.evaluate(ASKED, lost[:20]) == [[]] * len(lost[:20])
        assert all("end" in asks for asks in page.evaluate(ASKED, served[:20]))
        assert found.logged == []

"""The page of a replay in a real Chromium, opened from disk: what it plays, says, logs, asks for and lets in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command import sim
from live import browser
from live.browser import Opened
from small import HOST, app, experiment

from sim.api import replay
from sim.report.page import data_text, module, page_html, style
from sim.report.page.replay import Replay
from sim.scenario.experiment import load_experiment, shipped_scenarios

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here"),
]

LESSONS = [name for name in sorted(shipped_scenarios()) if name[:2].isdigit()]
PAGES = [*LESSONS, "fanout"]
LARGEST_LESSON = 1e6
HOSTILE = "</script><img src=x onerror=alert(1)><svg onload=alert(2)>\"'&amp;"
KEPT = ("kind", "family", "columns", "colour", "state", "starts", "stops")
STEP, CLOCK = ".step", ".clock"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


@pytest.fixture(scope="module", params=PAGES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Replay, Path]:
    found = replay(load_experiment(request.param))
    file = tmp_path_factory.mktemp("pages") / f"{request.param}.html"
    file.write_text(found.html(), encoding="utf-8")
    return found, file


def until(page: Page, key: str, done: Callable[[], bool], most: int = 60) -> int:
    """Press a key until something holds; how often it was pressed."""
    for pressed in range(most):
        if done():
            return pressed
        page.keyboard.press(key)
    raise AssertionError(f"{key} pressed {most} times: {page.inner_text(STEP)}")


def step_at(page: Page) -> tuple[int, int]:
    """Which step of how many: the page's own words."""
    words = page.inner_text(STEP).split(".")[0].split()
    return int(words[1]), int(words[3])


def end_of(row: dict[str, Any]) -> str:
    """How the request of a row ends, asked of the command."""
    final = json.loads(sim(*row["command"].split()[1:], "-o", "json").out)["final"]
    return final["state"] if final["status"] is None else f"{final['state']} {final['status']}"


def follow(page: Page, row: int) -> None:
    """Follow the first request of a row, by keyboard; then leave the fields, whose keys are their own."""
    page.get_by_label("Follow").focus()
    for key in ("Home", *["ArrowDown"] * row, "Tab", "Tab"):
        page.keyboard.press(key)


def untroubled(found: Opened, file: Path) -> None:
    """Nothing was logged, and only the file itself was asked for."""
    assert found.logged == []
    assert [url for url in found.asked if not url.startswith("data:")] == [file.as_uri()]


def test_by_keyboard_alone_there_and_back_every_row_ends_as_the_command_says(chromium, made, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    recorded, file = made
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = found.page
        page.keyboard.press("t")
        for number, row in enumerate(recorded.data["plans"][0]["rows"]):
            follow(page, number)
            assert page.inner_text(".transcript pre") == sim(*row["command"].split()[1:]).out.rstrip("\n")
            last = step_at(page)[1]
            assert until(page, "ArrowRight", lambda last=last: step_at(page) == (last - 1, last)) == last - 2
            assert end_of(row).lower() in page.inner_text(STEP).lower()
            page.keyboard.press("ArrowRight")
            assert step_at(page) == (last, last)
            assert until(page, "ArrowLeft", lambda last=last: step_at(page) == (1, last)) == last - 1
        untroubled(found, file)


def test_it_plays_and_stops(chromium, made):
    recorded, file = made
    with browser.opened(chromium, file) as found:
        page = found.page
        start = page.inner_text(CLOCK)
        page.keyboard.press("4")
        page.keyboard.press(" ")
        page.wait_for_function("start => document.querySelector('.clock').textContent !== start", arg=start)
        page.wait_for_timeout(150)
        page.keyboard.press(" ")
        stopped = page.inner_text(CLOCK)
        page.wait_for_timeout(100)
        assert page.inner_text(CLOCK) == stopped != start
        page.keyboard.press("End")
        assert counts(page, 0)["Sent so far"] == recorded.data["plans"][0]["sent"]
        untroubled(found, file)


def counts(page: Page, plan: int) -> dict[str, int]:
    """The counts beside the picture of a plan."""
    pairs = page.locator(".stats").nth(plan).locator("div").all_inner_texts()
    named = dict(one.split("\n", 1) for one in pairs)
    return {
        name.strip(): int(said.replace(",", ""))
        for name, said in named.items()
        if said[-1].isdigit() and "p" not in name.split()[-1][:1]
    }


def serious(page: Page) -> list[str]:
    """What axe finds serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    issues = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in issues
        if one["impact"] in ("serious", "critical")
    ]


LOOKS = {
    "with the transcript, a step further": ["t", "ArrowRight"],
    "with the keys open": ["?"],
    "while a question is asked": ["p"],
    "after a wrong answer": ["p", "b"],
    "at the end": ["End"],
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(chromium, made, theme):
    with browser.opened(chromium, made[1], color_scheme=theme, reduced_motion="reduce") as found:
        for key in LOOKS["with the transcript, a step further"]:
            found.page.keyboard.press(key)
        assert serious(found.page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_in_two_plans(chromium, fanout, theme, look):
    with browser.opened(chromium, fanout[1], color_scheme=theme, reduced_motion="reduce") as found:
        for key in LOOKS[look]:
            found.page.keyboard.press(key)
        assert serious(found.page) == []


def test_the_counts_of_two_plans_add_up_at_every_time(chromium, fanout):
    with browser.opened(chromium, fanout[1], reduced_motion="reduce") as found:
        for key in ("Home", *["PageDown"] * 8, "End"):
            found.page.keyboard.press(key)
            for plan in (0, 1):
                c = counts(found.page, plan)
                assert c["Sent so far"] == c["answered"] + c["failed"] + c["timed out"] + c["in flight"]


def test_a_page_of_a_lesson_is_small(made):
    assert made[1].stat().st_size < LARGEST_LESSON


@pytest.fixture(scope="module")
def fanout(tmp_path_factory: pytest.TempPathFactory) -> tuple[Replay, Path]:
    found = replay(load_experiment("fanout"), ["lb-per-service", "single-ingress"], requests=200)
    file = tmp_path_factory.mktemp("pages") / "fanout.html"
    file.write_text(found.html(), encoding="utf-8")
    return found, file


def test_reduced_motion_starts_in_step_mode(chromium, fanout):
    for motion, mode in (("reduce", "step"), ("no-preference", "motion")):
        with browser.opened(chromium, fanout[1], reduced_motion=motion) as found:
            assert found.page.get_attribute("#replay", "data-mode") == mode
            assert ("Step mode" in found.page.inner_text(".follow")) == (mode == "step")


@pytest.mark.parametrize("width", [1440, 1280, 1024, 800, 640])
def test_the_page_is_no_wider_than_the_window(chromium, fanout, width):
    with browser.opened(chromium, fanout[1], viewport={"width": width, "height": 900}) as found:
        assert found.page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_breaks_stands_on_the_time_line(chromium, tmp_path):
    broken = [
        {"node": "node-a", "at": "1s", "until": "3s", "detected_after": "1s"},
        {"bad_rule": "shop/derived", "at": "2s"},
    ]
    rows = [{"host": HOST, "rps": 20, "duration_s": 5}]
    file = tmp_path / "broken.html"
    file.write_text(replay(experiment(app(pods=2), traffic=rows, faults=broken)).html(), encoding="utf-8")
    with browser.opened(chromium, file) as found:
        words = found.page.locator(".fault").all_inner_texts()
        assert sorted(words) == [
            "another Ingress takes what shop/derived claims, nobody notices",
            "node node-a fails for 2 s, noticed after 1 s",
        ]
        assert found.page.locator(".band").count() == 2
        untroubled(found, file)


def test_what_is_broken_is_marked_while_it_is(chromium, tmp_path):
    broken = [
        {"node": "node-a", "at": "1s", "until": "3s"},
        {"load_balancer": "shop/web", "at": "2s", "until": "4s"},
        {"pod": "shop/web-2", "at": "2s"},
    ]
    rows = [{"host": HOST, "rps": 20, "duration_s": 5}]
    file = tmp_path / "marked.html"
    file.write_text(replay(experiment(app(pods=2), traffic=rows, faults=broken)).html(), encoding="utf-8")
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = found.page

        def down(at_s: float) -> list[str]:
            page.evaluate("t => document.getElementById('replay').replay.seek(t)", at_s)
            cards = page.locator(".card.down")
            assert all("down" in text for text in cards.all_text_contents())
            assert page.locator(".card.down .broken:visible").count() == cards.count()
            return sorted(text.strip().split("\n")[0] for text in cards.locator("text.b").all_text_contents())

        assert down(0.5) == []
        assert down(1.5) == ["node-a", "web-1"]
        assert down(2.5) == ["node-a", "web", "web-1", "web-2"]
        assert down(4.5) == ["web-2"]


def test_pods_that_serve_nobody_say_why(chromium, tmp_path):
    pods = """
---
apiVersion: v1
kind: Pod
metadata: {name: web-old, namespace: shop, labels: {app: web}, deletionTimestamp: '2026-01-01T00:00:00Z'}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-new, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
status: {phase: Pending}
---
apiVersion: v1
kind: Pod
metadata: {name: web-now, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
"""
    service = app().split("---")[1]
    file = tmp_path / "idle.html"
    rows = [{"host": HOST, "rps": 20, "duration_s": 2}]
    file.write_text(replay(experiment(service + pods, traffic=rows)).html(), encoding="utf-8")
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        said = list(found.page.locator(".card.pod").all_text_contents())
        assert said[1:] == ["web-oldterminating", "web-newstarting"]
        assert found.page.locator(".card.pod .stops").count() == 1


CROWDED = """() => [...document.querySelectorAll('svg[role=img]')].flatMap((picture) => {
  const page = picture.getBoundingClientRect(), found = []
  const texts = [...picture.querySelectorAll('text')].filter((one) => one.textContent.trim() && !one.closest('.ring'))
  const boxes = texts.map((one) => [one.textContent, one.getBoundingClientRect()]).filter(([, box]) => box.width)
  boxes.forEach(([text, a], n) => {
    if (a.left < page.left || a.right > page.right || a.bottom > page.bottom) found.push(`${text} leaves the picture`)
    for (const [other, b] of boxes.slice(n + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
      if (wide > 1 && high > 4) found.push(`${text} touches ${other}`)
    }
  })
  return found
})"""


@pytest.mark.parametrize("name", ["fanout", "shop", "no-controller", "11-twelve-load-balancers"])
def test_no_word_of_the_picture_touches_another(chromium, tmp_path, name):
    file = tmp_path / "page.html"
    plans = ["lb-per-service", "single-ingress"]
    file.write_text(replay(load_experiment(name), plans, requests=100).html(), encoding="utf-8")
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        for key in ("ArrowRight", "PageDown", "End"):
            found.page.keyboard.press(key)
            assert found.page.evaluate(CROWDED) == []


def test_the_module_plays_in_a_notebook_cell_too(chromium, fanout, tmp_path):
    """As anywidget calls it: a model that has `data`, and an element."""
    file = tmp_path / "cell.html"
    file.write_text(
        f"<!doctype html><meta charset=utf-8><style>{style()}</style><div id=cell></div><script type=module>{module()}\n"
        f"render({{model: {{get: () => {json.dumps(data_text(fanout[0].data))}}}, el: document.getElementById('cell')}})"
        "</script>",
        encoding="utf-8",
    )
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        found.page.get_by_role("button", name="Play", exact=True).focus()
        before = step_at(found.page)[0]
        found.page.keyboard.press("ArrowRight")
        assert step_at(found.page)[0] == before + 1
        untroubled(found, file)


def hostile(value: Any, key: str = "") -> Any:
    """Every word of the data turned into markup that would do harm."""
    if isinstance(value, dict):
        return {k: hostile(v, k) if k not in KEPT else v for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(one, key) for one in value]
    return HOSTILE + value if isinstance(value, str) else value


def test_hostile_names_stay_words(chromium, fanout, tmp_path):
    data = hostile(deepcopy(fanout[0].data))
    file = tmp_path / "hostile.html"
    file.write_text(page_html(data), encoding="utf-8")
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = found.page
        page.keyboard.press("t")
        last = step_at(page)[1]
        for _ in range(last):
            assert page.locator("img, iframe, object, [onload], [onerror]").count() == 0
            page.keyboard.press("ArrowRight")
        assert page.locator("script").count() == 2
        assert HOSTILE in page.inner_text(".transcript")
        assert HOSTILE in page.inner_text("h1")
        assert HOSTILE in page.inner_text(".why")
        untroubled(found, file)


def test_a_hostile_path_of_a_scenario_is_a_path(chromium, tmp_path):
    path = '/"><img src=x onerror=alert(1)>'
    file = tmp_path / "path.html"
    rows = [{"host": HOST, "path": path, "rps": 10, "duration_s": 2}]
    file.write_text(replay(experiment(app(), traffic=rows)).html(), encoding="utf-8")
    with browser.opened(chromium, file) as found:
        assert found.page.locator("img").count() == 0
        assert path in found.page.inner_text(".why")
        untroubled(found, file)

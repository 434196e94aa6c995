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
KEPT = ("kind", "family", "columns", "colour", "state", "starts", "stops", "id", "told", "by")
SENTENCE, CLOCK = ".sentence", ".track.run .clock"
REPLAY = "document.getElementById('replay').replay"
MOVES = f"document.getAnimations().length > 0 || {REPLAY}.state.glide !== null"


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


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Replay, Path]:
    """Two plans of one scenario."""
    found = replay(load_experiment("fanout"), ["lb-per-service", "single-ingress"], requests=200)
    file = tmp_path_factory.mktemp("pages") / "fanout.html"
    file.write_text(found.html(), encoding="utf-8")
    return found, file


def until(page: Page, key: str, done: Callable[[], bool], most: int = 60) -> int:
    """Press a key until something holds; how often it was pressed."""
    for pressed in range(most):
        if done():
            return pressed
        page.keyboard.press(key)
    raise AssertionError(f"{key} pressed {most} times: {page.inner_text(SENTENCE)}")


def step_at(page: Page) -> tuple[int, int]:
    """Which step of how many: the page's own words."""
    words = page.locator(".number").inner_text().strip(". ").split()
    return int(words[1]), int(words[3])


def final_of(row: dict[str, Any]) -> dict[str, Any]:
    """How the request of a row ends, asked of the command."""
    final: dict[str, Any] = json.loads(sim(*row["command"].split()[1:], "-o", "json").out)["final"]
    return final


def follow(page: Page, row: int) -> None:
    """Follow the first request of a row, by keyboard alone."""
    page.get_by_role("button", name="Request").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for key in ("Home", *["ArrowDown"] * row, "Escape"):
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
        for number, row in enumerate(recorded.data["plans"][0]["rows"]):
            follow(page, number)
            page.keyboard.press("t")
            assert page.inner_text(".transcript pre") == sim(*row["command"].split()[1:]).out.rstrip("\n")
            page.keyboard.press("Escape")
            last = step_at(page)[1]
            assert until(page, "ArrowRight", lambda last=last: step_at(page) == (last, last)) == last - 1
            said, final = page.inner_text(SENTENCE), final_of(row)
            assert row["says"]["end"] in said
            assert final["status"] is None or str(final["status"]) in said
            assert until(page, "ArrowLeft", lambda last=last: step_at(page) == (1, last)) == last - 1
        untroubled(found, file)


def test_by_keyboard_alone_to_the_end_in_two_plans(chromium, twice):
    recorded, file = twice
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page, last = found.page, step_at(found.page)[1]
        assert until(page, "ArrowRight", lambda: step_at(page) == (last, last)) == last - 1
        for plan in recorded.data["plans"]:
            assert f"{plan['plan']}: " in page.inner_text(SENTENCE)
        page.keyboard.press("ArrowRight")
        assert recorded.data["finding"] in page.inner_text(SENTENCE)
        untroubled(found, file)


def test_the_run_is_over_and_says_what_it_shows(chromium, made):
    recorded, file = made
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        assert recorded.data["finding"] not in found.page.inner_text("body")
        assert found.page.inner_text("h1") == recorded.data["question"]
        found.page.keyboard.press("End")
        assert recorded.data["finding"] in found.page.inner_text(SENTENCE)
        assert counts(found.page)["sent"] == recorded.data["plans"][0]["sent"]


def test_a_sentence_is_told_once(chromium, made):
    """To a screen reader: one live region, which says what the sentence says."""
    with browser.opened(chromium, made[1], reduced_motion="reduce") as found:
        live = found.page.locator("[aria-live]")
        for _ in range(3):
            assert live.count() == 1
            assert live.inner_text().split() == found.page.inner_text(SENTENCE).split()
            found.page.keyboard.press("ArrowRight")


def test_it_plays_and_stops(chromium, made):
    _, file = made
    with browser.opened(chromium, file) as found:
        page = found.page
        start = page.inner_text(CLOCK)
        page.keyboard.press("4")
        page.keyboard.press(" ")
        page.wait_for_function(
            "([at, was]) => document.querySelector(at).textContent !== was", arg=[CLOCK, start]
        )
        page.keyboard.press(" ")
        page.wait_for_function(f"() => !{REPLAY}.state.playing")
        browser.painted(page)
        stopped = page.inner_text(CLOCK)
        browser.painted(page)
        assert page.inner_text(CLOCK) == stopped != start
        untroubled(found, file)


def test_where_it_is_stopped_it_stays(chromium, twice):
    """The frame that was asked for while it played moves nothing any more."""
    with browser.opened(chromium, twice[1]) as found:
        at, after = found.page.evaluate(
            """() => new Promise((done) => {
              const { state, play, faster } = document.getElementById('replay').replay, from = state.t
              faster(10)
              play(true)
              const stop = () => {
                if (state.t === from) return requestAnimationFrame(stop)
                play(false)
                const at = state.t, late = performance.now() + 50
                while (performance.now() < late);
                requestAnimationFrame(() => requestAnimationFrame(() => done([at, state.t])))
              }
              stop()
            })"""
        )
        assert at == after


def test_at_the_slowest_speed_no_step_is_passed_unseen(chromium, twice):
    with browser.opened(chromium, twice[1]) as found:
        seen = found.page.evaluate(
            """() => new Promise((done) => {
              const { state, play } = document.getElementById('replay').replay, seen = []
              play(true)
              const look = () => {
                if (seen.at(-1) !== state.step) seen.push(state.step)
                state.heldUntil = 0
                if (state.step === state.moments.length - 2) done(seen)
                else requestAnimationFrame(look)
              }
              look()
            })"""
        )
        assert seen == list(range(len(seen)))


def counts(page: Page) -> dict[str, int]:
    """The counts of the dock."""
    pairs = [one.split("\n") for one in page.locator(".counts > div").all_inner_texts()]
    return {one[0].strip(): int(one[-1].replace(",", "")) for one in pairs}


def seek(page: Page, share: float) -> None:
    page.evaluate(
        "share => { const { seek, endS } = document.getElementById('replay').replay; seek(share * endS) }",
        share,
    )


def test_the_counts_add_up_at_every_time(chromium, made):
    with browser.opened(chromium, made[1], reduced_motion="reduce") as found:
        for share in (0, 0.2, 0.5, 0.9, 1):
            seek(found.page, share)
            c = counts(found.page)
            assert c["sent"] == c["delivered"] + c.get("redirected", 0) + c["failed"] + c["in flight"]


def test_each_reason_of_failures_has_its_count(chromium, tmp_path):
    file = tmp_path / "reasons.html"
    rows = [{"host": host, "rps": 20, "duration_s": 2} for host in (HOST, "none.example.com")]
    broken = [{"pod": "shop/web-1", "at": "1s"}]
    recorded = replay(experiment(app(), traffic=rows, faults=broken))
    failed = recorded.recorded.runs[0].result.failed
    assert len(failed) > 1
    file.write_text(recorded.html(), encoding="utf-8")
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = found.page
        assert "No failures so far" in page.inner_text(".reasons")
        page.keyboard.press("End")
        page.get_by_role("button", name=f"{sum(failed.values())} failed: {len(failed)} reasons").press(
            "Enter"
        )
        told = [int(n) for n in page.locator(".reasons-panel td:first-child").all_inner_texts()]
        assert told == sorted(failed.values(), reverse=True)


def troubles(page: Page) -> list[str]:
    """What axe finds moderate, serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    issues = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in issues if one["impact"] != "minor"]


LOOKS = {
    "at the start": [],
    "with the transcript": ["ArrowRight", "t"],
    "with help open": ["?"],
    "in Predict": ["p", "ArrowRight", "ArrowRight", "ArrowRight"],
    "after an answer": ["p", "ArrowRight", "ArrowRight", "ArrowRight", "b"],
    "at the end": ["End"],
}
SMALL, PROJECTOR = {"width": 390, "height": 844}, {"width": 1280, "height": 720}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_moderate(chromium, made, theme):
    """At the step where most is open."""
    with browser.opened(
        chromium, made[1], color_scheme=theme, reduced_motion="reduce", viewport=PROJECTOR
    ) as found:
        for _ in range(3):
            found.page.keyboard.press("ArrowRight")
        assert troubles(found.page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_moderate_in_two_plans(chromium, twice, theme, look):
    size = PROJECTOR if theme == "light" else SMALL
    with browser.opened(
        chromium, twice[1], color_scheme=theme, reduced_motion="reduce", viewport=size
    ) as found:
        for key in LOOKS[look]:
            found.page.keyboard.press(key)
        assert troubles(found.page) == []


def test_a_page_of_a_lesson_is_small(made):
    assert made[1].stat().st_size < LARGEST_LESSON


def test_with_less_motion_nothing_moves(chromium, twice):
    for motion, mode in (("reduce", "step"), ("no-preference", "motion")):
        with browser.opened(chromium, twice[1], reduced_motion=motion) as found:
            page = found.page
            assert page.get_attribute("#replay", "data-mode") == mode
            page.keyboard.press("?")
            assert ("less motion" in page.inner_text(".help")) == (mode == "step")
            page.keyboard.press("Escape")
            # Looked at in the same task as the key: what moves may be over before a test asks.
            page.evaluate(f"document.addEventListener('keydown', () => {{ window.moves = {MOVES} }})")
            page.keyboard.press("ArrowRight")
            assert page.evaluate("window.moves") == (mode == "motion")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_failed_request_goes_to_its_tick_on_the_track_of_the_run(chromium, tmp_path, motion):
    """From the place of its end; where nothing may move it does not."""
    file = tmp_path / "failed.html"
    file.write_text(replay(load_experiment("no-controller")).html(), encoding="utf-8")
    with browser.opened(chromium, file, reduced_motion=motion, viewport=PROJECTOR) as found:
        page = found.page
        page.evaluate(
            """window.flown = 0
            new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach((node) => { window.flown += node.className === 'flying' })))
              .observe(document.getElementById('replay'), { childList: true })"""
        )
        last = step_at(page)[1]
        for number in range(2, last + 1):
            page.keyboard.press("ArrowRight")
            page.wait_for_function(f"() => {REPLAY}.state.glide === null")
            assert step_at(page) == (number, last)
        browser.painted(page)
        page.wait_for_selector(".flying", state="detached")
        assert page.evaluate("window.flown") == (motion == "no-preference")
        untroubled(found, file)


def test_a_page_begins_with_a_request_when_much_is_counted(chromium, tmp_path):
    """One that goes the way of the first; where there are few, the first itself."""
    for rps, later in ((5, False), (60, True)):
        file = tmp_path / f"{rps}.html"
        recorded = replay(experiment(app(), traffic=[{"host": HOST, "rps": rps, "duration_s": 5}]))
        file.write_text(recorded.html(), encoding="utf-8")
        with browser.opened(chromium, file, reduced_motion="reduce") as found:
            chosen = found.page.evaluate("document.getElementById('replay').replay.state.chosen[0]")
            assert (chosen >= recorded.data["plans"][0]["sent"] // 10) == later
            assert (chosen > 0) == later


@pytest.mark.parametrize("width", [1440, 1280, 1024, 800, 640, 390])
def test_the_page_is_no_wider_than_the_window(chromium, twice, width):
    with browser.opened(chromium, twice[1], viewport={"width": width, "height": 844}) as found:
        assert found.page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_what_is_seldom_needed_stands_behind_the_menu(chromium, twice):
    with browser.opened(chromium, twice[1], viewport=SMALL, reduced_motion="reduce") as found:
        page = found.page
        speed = page.get_by_role("button", name="10× faster")
        assert not speed.is_visible()
        page.get_by_role("button", name="Menu").press("Enter")
        speed.press("Enter")
        assert speed.get_attribute("aria-pressed") == "true"
        page.get_by_role("button", name="Predict").press("Enter")
        assert page.locator(".ask").is_visible()
        assert page.locator("dialog[open]").count() == 0


def test_a_request_is_followed_by_its_number(chromium, twice):
    with browser.opened(chromium, twice[1], reduced_motion="reduce") as found:
        page = found.page
        page.get_by_role("button", name="Request").press("Enter")
        page.get_by_label("number").fill("17")
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        assert page.get_by_role("button", name="Request 17").is_visible()
        assert page.evaluate("document.getElementById('replay').replay.state.chosen[0]") == 16


def test_single_letters_are_turned_off_in_the_help(chromium, twice):
    with browser.opened(chromium, twice[1], reduced_motion="reduce") as found:
        page = found.page
        page.keyboard.press("?")
        page.get_by_label("Single letters and figures are keys").uncheck()
        page.keyboard.press("Escape")
        for key in "pt?3":
            page.keyboard.press(key)
        assert page.locator("dialog[open]").count() == 0
        assert page.get_attribute("#replay", "data-predict") == "off"
        page.keyboard.press("ArrowRight")
        assert step_at(page)[0] == 2


def test_what_breaks_stands_on_the_track_of_the_run(chromium, tmp_path):
    broken = [
        {"node": "node-a", "at": "1s", "until": "3s", "detected_after": "1s"},
        {"bad_rule": "shop/derived", "at": "2s"},
    ]
    rows = [{"host": HOST, "rps": 20, "duration_s": 5}]
    file = tmp_path / "broken.html"
    file.write_text(replay(experiment(app(pods=2), traffic=rows, faults=broken)).html(), encoding="utf-8")
    with browser.opened(chromium, file) as found:
        assert found.page.inner_text(".fault").split(" · ") == [
            "node node-a fails for 2 s, noticed after 1 s",
            "another Ingress takes what shop/derived claims, nobody notices",
        ]
        assert found.page.locator(".track.run .outage").count() == 2
        untroubled(found, file)


def test_the_module_plays_in_a_notebook_cell_too(chromium, twice, tmp_path):
    """As anywidget calls it: a model that has `data`, and an element."""
    file = tmp_path / "cell.html"
    file.write_text(
        f"<!doctype html><meta charset=utf-8><style>{style()}</style><div id=cell></div><script type=module>{module()}\n"
        f"render({{model: {{get: () => {json.dumps(data_text(twice[0].data))}}}, el: document.getElementById('cell')}})"
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


def test_hostile_names_stay_words(chromium, twice, tmp_path):
    data = hostile(deepcopy(twice[0].data))
    file = tmp_path / "hostile.html"
    file.write_text(page_html(data), encoding="utf-8")
    with browser.opened(chromium, file, reduced_motion="reduce") as found:
        page = found.page
        for _ in range(step_at(page)[1]):
            assert page.locator("img, iframe, object, [onload], [onerror]").count() == 0
            assert HOSTILE in page.inner_text(SENTENCE)
            page.keyboard.press("ArrowRight")
        assert page.locator("script").count() == 2
        page.keyboard.press("t")
        assert HOSTILE in page.inner_text(".transcript")
        assert HOSTILE in page.inner_text("h1")
        untroubled(found, file)


def test_a_hostile_path_of_a_scenario_is_a_path(chromium, tmp_path):
    path = '/"><img src=x onerror=alert(1)>'
    file = tmp_path / "path.html"
    rows = [{"host": HOST, "path": path, "rps": 10, "duration_s": 2}]
    file.write_text(replay(experiment(app(), traffic=rows)).html(), encoding="utf-8")
    with browser.opened(chromium, file) as found:
        assert found.page.locator("img").count() == 0
        assert path in found.page.locator(".follow option").first.inner_text()
        untroubled(found, file)


KINDS = """host => {
  const { runs, state, follow } = document.getElementById('replay').replay
  const row = runs[0].recording.rows.findIndex((one) => one.host === host)
  follow(runs[0].row.indexOf(row))
  return state.moments.map((one) => `${one.stage} ${one.kind}`)
}"""


def test_the_steps_carry_the_numbers_of_the_textbook(chromium, tmp_path):
    """A redirect is written before any Service is looked up; the third step is the name in the rule."""
    file = tmp_path / "codes.html"
    file.write_text(replay(load_experiment("09-who-is-speaking")).html(), encoding="utf-8")
    way_in = ["1 client", "1 load-balancer", "1 node", "2 controller"]
    with browser.opened(chromium, file) as found:
        assert found.page.evaluate(KINDS, "shop.local") == [*way_in, "3 service", "4 pod", "4 end", "0 over"]
        assert found.page.evaluate(KINDS, "safe.local") == [*way_in, "2 end", "0 over"]


def test_what_comes_at_one_time_in_two_plans_is_one_step(chromium, twice):
    with browser.opened(chromium, twice[1]) as found:
        moments = found.page.evaluate(
            "document.getElementById('replay').replay.state.moments.map((one) => [one.t, one.fresh.length])"
        )
        times = [t for t, _ in moments]
        assert times == sorted(times)
        assert len(set(times)) == len(times)
        assert sum(n for _, n in moments) == 12

"""The site is built without a warning, is whole, leads nowhere in vain, and loads nothing from elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from live import site

from sim.analysis.codes import CODES
from sim.cli import cli
from sim.scenario.experiment import shipped_scenarios

pytestmark = pytest.mark.slow

pytest.importorskip("myst_nb", reason="no Sphinx here: pip install 'ingress-sim[docs]'")

LOADS = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"), ("link", "href"),
         ("object", "data"), ("embed", "src")}  # fmt: skip

ASKS_FIRST = {"predict"}
"""What a live page reads behind its address; it is no anchor."""


class Read(HTMLParser):
    """What a page loads, where it leads, its anchors and its title."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.anchors: set[str] = set()
        self.title = ""
        self._in_title = False
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._in_title = tag == "title" and not self.title
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        self.loads += [given[key] for one, key in LOADS if one == tag and given.get(key)]
        self.loads += [each.split()[0] for each in (given.get("srcset") or "").split(",") if each.strip()]
        if tag == "a" and given.get("href"):
            self.leads.append(given["href"])

    def handle_data(self, text):
        self.title += text if self._in_title else ""

    def handle_endtag(self, tag):
        self._in_title = False


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return site.built(tmp_path_factory)


@pytest.fixture(scope="module")
def read(html):
    return {file.relative_to(html).as_posix(): Read(file) for file in sorted(html.rglob("*.html"))}


def test_nothing_is_loaded_from_elsewhere(html, read):
    away = {page: [url for url in one.loads if urlsplit(url).netloc] for page, one in read.items()}
    assert {page: urls for page, urls in away.items() if urls} == {}
    styles = "".join(file.read_text("utf-8") for file in html.rglob("*.css"))
    assert re.findall(r"@import|url\(\s*['\"]?(?:https?:)?//[^)]*\)", styles) == []


def test_everything_that_is_loaded_is_there(html, read):
    missing = {
        f"{page}: {url}"
        for page, one in read.items()
        for url in one.loads
        if not url.startswith(("data:", "#"))
        and not ((html / page).parent / unquote(urlsplit(url).path)).is_file()
    }
    assert missing == set()


def test_every_link_of_the_site_leads_to_a_page_and_an_anchor(html, read):
    dead = []
    for page, one in read.items():
        for url in one.leads:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            there = (html / page).parent / unquote(parts.path) if parts.path else html / page
            name = there.resolve().relative_to(html.resolve()).as_posix()
            known = ASKS_FIRST if name.startswith("replay/") else read[name].anchors if name in read else None
            lost = known is not None and parts.fragment and unquote(parts.fragment) not in known
            if not there.exists() or lost:
                dead.append(f"{page}: {url}")
    assert dead == []


def test_every_page_has_a_title_of_its_own(read):
    titles = Counter(one.title for one in read.values())
    assert [title for title, count in titles.items() if count > 1] == []
    assert all(titles)


def test_every_code_has_a_page(read):
    assert {page[6:13] for page in read if page.startswith("codes/SIM")} == set(CODES)


def test_every_command_has_a_section(read):
    assert {f"sim-{name}" for name in cli.names} <= read["reference/commands.html"].anchors


def test_every_scenario_and_lesson_has_a_live_page_that_a_mail_takes(html):
    pages = {file.stem: file.stat().st_size for file in (html / "replay").iterdir()}
    assert set(pages) == set(shipped_scenarios())
    assert {name: size for name, size in pages.items() if size >= 1_000_000} == {}


def test_every_live_page_is_linked_plain_and_asking_first(read):
    live = {page for page in read if page.startswith("replay/")}
    assert {f"{page}{ending}" for page in live for ending in ("", "#predict")} <= set(read["play.html"].leads)

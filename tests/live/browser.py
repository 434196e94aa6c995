"""A real Chromium without a window: the one that the system has, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("gpu", "quic", "background-networking", "component-update", "sync")
FLAGS = [*(f"--disable-{one}" for one in QUIET), "--no-first-run"]


def missing() -> str:
    """Why there is no browser here; empty: there is one."""
    if not all(map(find_spec, ("playwright", "axe_playwright_python"))):
        return "no Playwright here: pip install 'ingress-sim[live]'"
    return "" if program() else "no Chromium here: apt-get install chromium"


def program() -> str | None:
    """Where Chromium is."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """One browser; its profile is its own and goes with it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=program(), args=FLAGS, chromium_sandbox=False)
        try:
            yield running
        finally:
            running.close()


@dataclass(frozen=True)
class Opened:
    """A page in a browser, all that it logged and all that it asked for."""

    page: Page
    logged: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def opened(running: Browser, file: Path, **look: Any) -> Iterator[Opened]:
    """Open a file from disk.

    Args:
        look: `color_scheme`, `reduced_motion`, `viewport`, as Playwright has them.
    """
    context = running.new_context(**{"viewport": {"width": 1440, "height": 960}, **look})
    found = Opened(context.new_page())
    found.page.on("console", lambda message: found.logged.append(message.text))
    found.page.on("pageerror", lambda error: found.logged.append(str(error)))
    found.page.on("request", lambda request: found.asked.append(request.url))
    try:
        found.page.goto(file.as_uri())
        yield found
    finally:
        context.close()


def painted(page: Page) -> None:
    """Wait until all that was asked for before has been drawn: two frames."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

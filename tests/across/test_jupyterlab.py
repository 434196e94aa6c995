"""A lesson in a real JupyterLab on loopback: run with its model answers, its run steps in the cell, nothing is logged."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from urllib.error import URLError

import pytest
from live import browser

ROOT = Path(__file__).parents[2]
LESSON = "04-cluster-or-local"
TOKEN = "lesson"
TRIES, PAUSE_S, PATIENCE_MS = 120, 0.5, 60_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "SIM_JUPYTERLAB" not in os.environ, reason="slow to start on a busy machine; make soak runs it"
    ),
    pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here"),
    pytest.mark.skipif(
        not find_spec("jupyterlab"), reason="no JupyterLab here: pip install 'ingress-sim[notebook]'"
    ),
]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab whose folder holds one lesson; what it keeps stays in the test's own folder."""
    work, port = tmp_path / "work", free_port()
    work.mkdir()
    shutil.copy(ROOT / "notebooks" / f"{LESSON}.ipynb", work)
    own = {
        name: str(tmp_path / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    answers = str(ROOT / "tests" / "lessons" / f"{LESSON}.yaml")
    told = {"SIM_MODEL_ANSWERS": answers, "SIM_LESSONS": str(tmp_path / "progress.json")}
    settings = tmp_path / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}', encoding="utf-8")  # else cells out of view are not drawn
    options = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    options += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={work}", "--LabApp.news_url="]
    options += [f"--LabApp.user_settings_dir={tmp_path / 'settings'}"]
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        running = subprocess.Popen(command, env={**os.environ, **own, **told}, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/api?token={TOKEN}", tmp_path / "log")
            yield f"http://127.0.0.1:{port}/lab/tree/{LESSON}.ipynb?token={TOKEN}"
        finally:
            running.terminate()
            running.wait()


def wait_for(address: str, log: Path) -> None:
    for _ in range(TRIES):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (URLError, OSError):
            sleep(PAUSE_S)
    pytest.fail(f"JupyterLab did not start: {log.read_text()}")


def test_the_run_of_a_lesson_steps_in_a_cell(lab: str) -> None:
    with browser.browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        logged: list[str] = []
        page.on("console", lambda message: logged.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: logged.append(str(error)))
        page.set_default_timeout(PATIENCE_MS)
        page.goto(lab)
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        widget = page.locator(".jp-OutputArea-output .replay")
        widget.wait_for()
        step = widget.locator(".sentence")
        first = step.inner_text()
        widget.get_by_role("button", name="Step →", exact=True).click()
        page.wait_for_function(
            "([box, before]) => box.innerText !== before", arg=[step.element_handle(), first]
        )
        gap = widget.evaluate(
            "box => { const [name, figure] = ['dt', 'dd'].map(tag => box.querySelector(`.counts ${tag}`)"
            ".getBoundingClientRect()); return figure.left - name.right }"
        )
        assert gap > -1, "a figure stands beside its name, whatever Lab's own style"
        assert logged == []

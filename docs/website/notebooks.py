"""The notebooks as pages, without outputs, as they are kept: the point is to predict first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from sim.scenario.experiment import shipped_scenarios
from website import live
from website.examples import ROOT

FOLDER = ROOT / "notebooks"
INTRO = """\
# Notebooks

Lessons: predict, run, explain, change, make. Who knows nothing about Kubernetes begins with number 0, then
goes on with 6, 7, 1 and 9; `00-traffic-flow` shows one request on its way, step by step. They stand here as
they are kept, without outputs, for the point is to predict first; run them with `jupyter lab notebooks/`.
Each has a [live page](../play.md). For those who teach: [lessons](../lessons.md).
"""


def files() -> list[Path]:
    """The notebooks, in the order of their numbers."""
    return sorted(FOLDER.glob("[0-9]*.ipynb"))


def pages() -> Iterator[tuple[str, str]]:
    """(path, text) of each notebook, its links those of the site, and of the page that lists them."""
    names = []
    for file in files():
        names.append(file.stem)
        yield f"notebooks/{file.name}", _with_live_page(file)
    yield "notebooks/index.md", INTRO + "\n" + "\n".join(("```{toctree}", *names, "```", ""))


def _with_live_page(file: Path) -> str:
    """The text of a notebook; that of a lesson has the way to its live page below its title."""
    text = file.read_text("utf-8")
    if file.stem not in shipped_scenarios():
        return text
    book = json.loads(text)
    said = f"Live page of this lesson: {live.links(file.stem, 'notebooks')}"
    book["cells"].insert(1, {"cell_type": "markdown", "id": "live-page", "metadata": {}, "source": said})
    return json.dumps(book)

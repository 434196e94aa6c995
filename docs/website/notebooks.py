"""The notebooks as pages, without outputs, as they are kept: the point is to predict first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.scenario.experiment import shipped_scenarios
from website import gallery, live, pictures, structure
from website.examples import ROOT

FOLDER = ROOT / "notebooks"
FIRST = ROOT / "docs" / "images" / "lessons" / "first"
DRAWS = re.compile(r'sim\.draw\(cluster, kind="(\w+)"\)')
INTRO = """\
# Notebooks

Lessons: predict, run, explain, change, make. If you know nothing about Kubernetes, begin with number 0 and go
on with 6, 7, 1 and 9; `00-traffic-flow` shows one request on its way, step by step. They stand here as they
are kept, without outputs, for the point is to predict first; run them with `jupyter lab notebooks/`. Each
lesson has a [live page](../play.md). For those who teach: [lessons](../lessons.md).
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
    yield "notebooks/index.md", f"{INTRO}\n{structure.tree(names, visible=True)}"


def _with_live_page(file: Path) -> str:
    """The text of a notebook; that of a lesson has its live page below its title, and first pictures."""
    text = file.read_text("utf-8")
    if file.stem not in shipped_scenarios():
        return text
    book = json.loads(text)
    title, line, rest = "".join(book["cells"][0]["source"]).partition("\n")
    said = f"Live page of this lesson: {live.links(file.stem, 'notebooks')}"
    book["cells"][0]["source"] = f"{title}\n\n{said}\n{line}{rest}"
    book["cells"] = [shown for cell in book["cells"] for shown in (cell, *_picture(cell))]
    return json.dumps(book)


def _picture(cell: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a cell draws before anything is asked, for a reader who cannot run it."""
    source = "".join(cell["source"])
    drawn = None if "lesson.require" in source else DRAWS.search(source)
    if cell["cell_type"] == "code" and drawn is not None:
        name = drawn[1]
        alt = (FIRST / f"{name}.png.alt.txt").read_text("utf-8").strip()
        shown = pictures.for_site(gallery.picture(f"../images/lessons/first/{name}", alt))
        yield {"cell_type": "markdown", "id": f"picture-{name}", "metadata": {}, "source": shown}

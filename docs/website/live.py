"""The live pages: every shipped scenario and lesson as a page to step through, made while the site is built.

Each is one self-contained file; the same file with `#predict` behind its address asks before it shows. The
written pages name them by the command that makes the same page, `sim replay NAME --open`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import sim
from sim.scenario.experiment import shipped_scenarios, with_number

FOLDER = "replay"
BOTH = ("lb-per-service", "single-ingress")
COMPARED = ("shop", "11")
"""Where the question is which of two plans: both are shown, on one clock."""

WAYS = (("", "play"), ("#predict", "predict first"))
"""What stands behind the address of a page, and the word of the link."""

COMMAND = re.compile(r"(?<!\[)`sim replay ([\w-]+) --open`")


def pages() -> Iterator[tuple[str, bytes]]:
    """(path in the built site, page) of each."""
    compared = {with_number(name, shipped_scenarios()) for name in COMPARED}
    for name in shipped_scenarios():
        page = sim.replay(name, BOTH if name in compared else ()).html()
        yield f"{FOLDER}/{name}.html", page.encode()


def write(html: Path) -> None:
    """Write all of them into a built site, and nothing else beside them."""
    folder = html / FOLDER
    folder.mkdir(exist_ok=True)
    made = {html / path: page for path, page in pages()}
    for old in set(folder.iterdir()) - set(made):
        old.unlink()
    for file, page in made.items():
        file.write_bytes(page)


def linked(text: str, here: str) -> str:
    """A page's text with links to the live pages where it names their commands.

    Sphinx knows nothing of files that stand in the built site alone, so the links are HTML.

    Args:
        here: folder of the page in the site.
    """
    return COMMAND.sub(lambda found: links(found[1], here) or found[0], text)


def links(name: str, here: str) -> str:
    """The two links to the live page of a scenario, by name or number; empty where none is shipped."""
    known = with_number(name, shipped_scenarios())
    if known is None:
        return ""
    page = posixpath.relpath(f"{FOLDER}/{known}.html", here or ".")
    return " · ".join(f'<a class="live" href="{page}{ending}">{word}</a>' for ending, word in WAYS)

"""Links of the written pages, which lead through the repository, made to lead through the site."""

from __future__ import annotations

import posixpath
import re

from sim.analysis.codes import CODES
from website import live

FENCED = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
CODE = re.compile(r"(?<!\[)`(?:sim explain )?(SIM\d{4})`")
"""A message code as the pages write it: its own page is a link away on the site."""

PLACES = {
    "README.md": "quickstart.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "notebooks": "notebooks/index.md",
    "scenarios": "reference/scenarios.md",
}
"""Path from the root of the repository → path in the staged folder."""


def place(path: str) -> str:
    """Where a file of the repository stands in the staged folder.

    Args:
        path: from the root of the repository.

    Raises:
        LookupError: it is no part of the site.
    """
    if path in PLACES:
        return PLACES[path]
    if re.fullmatch(r"notebooks/[\w-]+\.ipynb", path):
        return path
    if found := re.fullmatch(r"docs/schemas/((?:files/)?[\w-]+)\.json", path):
        return f"reference/schemas/{posixpath.basename(found[1])}.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    raise LookupError(
        f"{path} is not on the site; give it a place in website.links, or name it without a link"
    )


def for_site(text: str, source: str) -> str:
    """A page's text with the links of the site.

    Args:
        source: path of the page, from the root of the repository.

    Raises:
        LookupError: a link leads to a file that is no part of the site.
    """
    here = posixpath.dirname(place(source))

    def led(found: re.Match[str]) -> str:
        target = found[2]
        if "://" in target:
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        return found[1] + posixpath.relpath(place(path), here or ".") + found[3]

    def explained(found: re.Match[str]) -> str:
        page = posixpath.relpath(f"codes/{found[1]}.md", here or ".")
        return f"[{found[0]}]({page})" if found[1] in CODES else found[0]

    def prose(piece: str) -> str:
        return live.linked(CODE.sub(explained, LINK.sub(led, piece)), here)

    return "".join(piece if n % 2 else prose(piece) for n, piece in enumerate(FENCED.split(text)))

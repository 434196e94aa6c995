"""A page per message code: what `sim explain` says, and a pair of manifests with and without the fault."""

from __future__ import annotations

from collections.abc import Iterator

from sim.codes import CODES
from sim.codes.page import Code
from website import structure
from website.examples import fenced

INTRO = """\
# Message codes

What `sim inspect` finds and where a request ends has a code, and each code has a page; `sim explain SIM2003`
shows the same text without a browser.
"""
GROUPS = {
    "SIM10": "Reading files",
    "SIM1": "Objects that do not fit together",
    "SIM2": "Ends and notes of a request's way",
}


def pages() -> Iterator[tuple[str, str]]:
    """(path, text) of every code's page, and of the one that lists them."""
    for code in CODES.values():
        yield f"codes/{code.code}.md", page(code)
    yield "codes/index.md", INTRO + "\n" + "\n".join(_groups())


def _groups() -> Iterator[str]:
    for prefix, title in GROUPS.items():
        names = [code for code in sorted(CODES) if _group(code) == prefix]
        yield f"## {title}\n\n{structure.tree(names, visible=True)}"


def _group(code: str) -> str:
    return next(prefix for prefix in GROUPS if code.startswith(prefix))


def page(code: Code) -> str:
    """The page of one code."""
    return "\n".join(
        (
            f"# {code.code}: {code.title}\n",
            f"{code.what}\n",
            f"## Why it happens\n\n{code.why}\n",
            f"## See it on a cluster\n\n{fenced('sh', code.see)}",
            f"## Mend it\n\n{code.mend}\n",
        )
    )

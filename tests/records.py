"""Pages that are made of records: `python tests/records.py` writes them.

A record is JSON in docs/records, made by a run on some machine; a page shows it and adds no figure.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fidelity.page
from benchmarks import intervals_page, performance_page

DOCS = Path(__file__).parents[1] / "docs"
PAGES: dict[str, Callable[[dict[str, Any]], str]] = {
    "fidelity": fidelity.page.page,
    "performance": performance_page.page,
    "statistics": intervals_page.page,
}
"""Name of a page, and of its record -> what makes the one of the other."""


def record(name: str) -> dict[str, Any]:
    """What was measured."""
    found: dict[str, Any] = json.loads((DOCS / "records" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def page(name: str) -> Path:
    """Where a page stands."""
    return DOCS / f"{name}.md"


if __name__ == "__main__":
    for one, render in PAGES.items():
        page(one).write_text(render(record(one)), encoding="utf-8")

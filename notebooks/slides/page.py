"""The pictures on the page for teachers: which polls a lesson has, and the words of every picture."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from sim.report.charts.layers import HEADS, ROWS

ROOT = Path(__file__).parents[2]
PAGE, FOLDER = ROOT / "docs" / "lessons.md", ROOT / "docs" / "images" / "lessons"
POLL_WIDTH, SLIDE_WIDTH = 300, 960
"""Pixels on the page."""
_TWO = r'<picture><source [^>]*><img alt="[^"]*" src="images/lessons/{}" width="\d+"></picture>'
_POLLS = re.compile("(?:^" + _TWO.format(r'polls/(\d\d)-[^"]*') + "\n)+", re.MULTILINE)
_FIRST = re.compile(r'<img alt="[^"]*" (src="images/lessons/(first/\w+\.png)")')
_SLIDE = re.compile("^" + _TWO.format(r"(\d\d-[\w-]+)\.png") + "$", re.MULTILINE)
_TABLE = re.compile(r"^\| \| Service.*\n(?:^\|.*\n|^TABLE\n)+", re.MULTILINE)


def filled(text: str) -> str:
    """The page with the polls that there are, and the words of each picture as its file has them."""
    text = _POLLS.sub(lambda found: "".join(_two(name, POLL_WIDTH) + "\n" for name in _polls(found[1])), text)
    text = _FIRST.sub(lambda found: f'<img alt="{escape(_alt(found[2]))}" {found[1]}', text)
    text = _SLIDE.sub(lambda found: _two(found[1], SLIDE_WIDTH), text)
    return _TABLE.sub(lambda _: table(), text)


def table() -> str:
    """What holds of a Service and of an Ingress, as a table of Markdown."""
    heads = " | ".join(f"{name}, {layer.partition(':')[0]}" for name, layer in HEADS)
    rows = "".join(f"| {what} | {one} | {other} |\n" for what, one, other in ROWS)
    return f"| | {heads} |\n|---|---|---|\n{rows}"


def _polls(lesson: str) -> list[str]:
    """The polls of a lesson, without their dark twins."""
    return [f"polls/{file.stem}" for file in sorted(FOLDER.glob(f"polls/{lesson}-*.png")) if not file.stem.endswith("-dark")]


def _two(name: str, width: int) -> str:
    """A picture as the reader's theme wants it."""
    file = f"images/lessons/{name}"
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{file}-dark.png">'
    return f'<picture>{dark}<img alt="{escape(_alt(f"{name}.png"))}" src="{file}.png" width="{width}"></picture>'


def _alt(name: str) -> str:
    return " ".join((FOLDER / f"{name}.alt.txt").read_text("utf-8").split())

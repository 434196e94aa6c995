"""The pictures on the page for teachers: which polls a lesson has, and the words of every picture."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from sim.report.charts.layers import HEADS, ROWS

ROOT = Path(__file__).parents[2]
PAGE, FOLDER = ROOT / "docs" / "lessons.md", ROOT / "docs" / "images" / "lessons"
POLL_WIDTH = 300
"""Pixels on the page."""
_POLLS = re.compile(r'(?:^<img alt="[^"]*" src="images/lessons/polls/(\d\d)-[^"]*" width="\d+">\n)+', re.MULTILINE)
_FIRST = re.compile(r'<img alt="[^"]*" (src="images/lessons/(first/\w+\.png)")')
_SLIDE = re.compile(r"^!\[.*\]\(images/lessons/([\w-]+\.png)\)$", re.MULTILINE)
_TABLE = re.compile(r"^\| \| Service.*\n(?:^\|.*\n|^TABLE\n)+", re.MULTILINE)


def filled(text: str) -> str:
    """The page with the polls that there are, and the words of each picture as its file has them."""
    text = _POLLS.sub(lambda found: "".join(map(_poll, sorted(FOLDER.glob(f"polls/{found[1]}-*.png")))), text)
    text = _FIRST.sub(lambda found: f'<img alt="{escape(_alt(found[2]))}" {found[1]}', text)
    text = _SLIDE.sub(lambda found: f"![{_alt(found[1]).translate({91: '(', 93: ')'})}](images/lessons/{found[1]})", text)
    return _TABLE.sub(lambda _: table(), text)


def table() -> str:
    """What holds of a Service and of an Ingress, as a table of Markdown."""
    heads = " | ".join(f"{name}, {layer.partition(':')[0]}" for name, layer in HEADS)
    rows = "".join(f"| {what} | {one} | {other} |\n" for what, one, other in ROWS)
    return f"| | {heads} |\n|---|---|---|\n{rows}"


def _poll(file: Path) -> str:
    return f'<img alt="{escape(_alt(f"polls/{file.name}"))}" src="images/lessons/polls/{file.name}" width="{POLL_WIDTH}">\n'


def _alt(name: str) -> str:
    return " ".join((FOLDER / f"{name}.alt.txt").read_text("utf-8").split())

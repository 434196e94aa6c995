"""A run as one page that plays back: markup, style, data and program in one file, which asks for nothing.

The program is one ES module, written as several files of one idea each and put together here. It never makes
markup of text, the data cannot end its element, and the page's own policy lets it run this program alone and
fetch nothing.
"""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from importlib import resources
from string import Template
from typing import Any

from sim.manifests.decoding import printable, printable_lines
from sim.report.theme import css_declarations

MODULES = (
    *("numbers", "panels", "memory", "run", "place", "steps", "shapes", "states"),
    *("moment", "book", "places", "pods", "absent", "wires"),
    *("dots", "motion", "picture", "lanes", "events", "life", "phone", "stage"),
    *("head", "tracks", "dock", "predict", "show", "control", "keys", "layout", "example", "replay"),
)
"""The files of the program, each after those that it imports."""

_IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def page_html(data: dict[str, Any]) -> str:
    """The page of a replay.

    Args:
        data: `name`, `question`, `finding`, `version` and `plans`, one recording each
            (`sim.report.page.recording`).
    """
    program, look = f"{module()}\nstart(document)\n", style()
    return Template(_file("page.html")).substitute(
        title=escape(printable(f"{data['name']}: {data['question']}")),
        policy=f"default-src 'none'; img-src data:; script-src '{_hash(program)}'; style-src '{_hash(look)}'",
        style=look,
        program=program,
        data=data_text(data),
        transcripts=_transcripts(data["plans"]),
    )


def module() -> str:
    """The program as one ES module; its default export has `render`, as anywidget asks."""
    parts = (_EXPORT.sub("", _IMPORT.sub("", _file(f"{name}.js"))) for name in MODULES)
    return "\n".join(parts)


def style() -> str:
    """The style sheet: the colours of `sim.report.theme`, and the rules."""
    light, dark = css_declarations("light"), css_declarations("dark")
    return (
        f".replay {{ color-scheme: light; {light} }}\n"
        f"@media screen {{ .replay[data-theme=dark] {{ color-scheme: dark; {dark} }} }}\n"
        f"{_file('desk.css')}{_file('stage.css')}{_file('life.css')}"
    )


def data_text(data: dict[str, Any]) -> str:
    """The data as JSON that may stand in a script element: nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _file(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _transcripts(plans: Sequence[dict[str, Any]]) -> str:
    """What a browser without scripts shows: the traces as text."""
    texts = (f"$ {row['command']}\n{row['transcript']}" for plan in plans for row in plan["rows"])
    return "\n".join(f"<pre>{escape(printable_lines(text))}</pre>" for text in texts)

"""The page for teachers with the pictures that its own commands draw, each below the lesson it is of."""

from __future__ import annotations

import re
from pathlib import Path

from website.examples import run, workplace

COMMAND = re.compile(r"^\$ (sim .+ (lesson-(\d\d)[\w-]*\.png))$", re.MULTILINE)


def with_pictures(text: str) -> tuple[str, dict[str, bytes]]:
    """The page, and its pictures by path in the staged folder."""
    found: dict[str, bytes] = {}
    with workplace():
        for command, name, number in COMMAND.findall(text):
            run(command)
            found[f"images/{name}"] = Path(name).read_bytes()
            alt = Path(f"{name}.alt.txt")
            said = alt.read_text("utf-8") if alt.exists() else f"A picture of lesson {int(number)}"
            picture = f"![{' '.join(said.replace('[', '(').replace(']', ')').split())}](images/{name})"
            head = re.search(rf"^## {int(number)} .+\n", text, re.MULTILINE)
            if head:
                text = f"{text[: head.end()]}\n{picture}\n\n{text[head.end() :]}"
    return text, found

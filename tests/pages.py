"""Pages of documents with commands in them, and what the commands print.

python tests/pages.py writes the real outputs into docs, but for blocks with an omission: those are by hand.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from command import Done, sim

ROOT = Path(__file__).parents[1]
DOCS = sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANY = "…"
"""A line of output that is only this stands for any lines."""


@dataclass(frozen=True)
class Shown:
    """A command of a console block, the lines that stand below it, and what it really did."""

    command: str
    lines: tuple[str, ...]
    done: Done

    @property
    def got(self) -> list[str]:
        """What it printed, or for `echo $?` the exit status of the command before."""
        text = str(self.done.status) if self.command == "echo $?" else self.done.out
        return [line.rstrip() for line in text.splitlines()]


def commands(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """The commands of all console blocks of a page, each with the lines below it."""
    blocks = [body for kind, body in BLOCK.findall(text) if kind == "console"]
    pieces = [
        p.rstrip("\n").split("\n") for b in blocks for p in re.split(r"^\$ ", b, flags=re.MULTILINE)[1:]
    ]
    return [(command, tuple(line.rstrip() for line in lines)) for command, *lines in pieces]


def run(page: Path) -> Iterator[Shown]:
    """Run the commands of a page, in a folder with the shipped scenarios and the files that the page shows."""
    text = page.read_text()
    done = Done(0, "", "")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("scenarios").symlink_to(ROOT / "scenarios")
        write_files(text)
        for command, lines in commands(text):
            if command != "echo $?":
                words = shlex.split(command)
                assert words[0] == "sim", f"only sim is run here, not: {command}"
                done = sim(*words[1:])
            yield Shown(command, lines, done)


def write_files(text: str) -> None:
    """The blocks of files whose first line is a comment with a file name and no more, which is no part of a log."""
    for kind, body in BLOCK.findall(text):
        first, _, rest = body.partition("\n")
        name = first.removeprefix("# ")
        if kind in ("yaml", "csv", "log") and re.fullmatch(rf"[\w/-]+\.{kind}", name):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(rest if kind == "log" else body)


def with_real_outputs(page: Path) -> str:
    """The text of a page with the outputs as they are now; one with an omission stays as it is."""
    text = page.read_text()
    for shown in run(page):
        if shown.lines and ANY not in shown.lines:
            before = "\n".join((f"$ {shown.command}", *shown.lines))
            text = text.replace(before, "\n".join((f"$ {shown.command}", *shown.got)), 1)
    return text


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    for one in DOCS:
        one.write_text(with_real_outputs(one))

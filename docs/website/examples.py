"""What commands really print, run while the site is built, in a folder that holds the shipped scenarios."""

from __future__ import annotations

import io
import os
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command printed on standard output and on standard error, and its exit status."""

    out: str
    err: str
    status: int


@contextmanager
def workplace(files: Mapping[str, str] = {}) -> Iterator[None]:
    """A folder of its own with the shipped scenarios and these files; 80 columns, without colour."""
    before = {name: os.environ.get(name) for name in ("NO_COLOR", "COLUMNS")}
    os.environ.update(NO_COLOR="1", COLUMNS="80")
    try:
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            Path("scenarios").symlink_to(ROOT / "scenarios")
            for name, text in files.items():
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_text(text, encoding="utf-8")
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def run(command: str) -> Ran:
    """Run a command line that begins with `sim`, in this process.

    Raises:
        ValueError: it is another program, or it is used wrongly.
    """
    from sim.cli import command as sim

    words = shlex.split(command)
    if words[0] != "sim":
        raise ValueError(f"only sim is run here, not: {command}")
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = sim(words[1:])
    return Ran(out.getvalue(), err.getvalue(), status)


def console(command: str, most_lines: int = 40) -> str:
    """A block that shows a command and the beginning of what it prints."""
    ran = run(command)
    lines = [line.rstrip() for line in ran.out.splitlines()]
    shown = lines if len(lines) <= most_lines else [*lines[:most_lines], "…"]
    return fenced("console", "\n".join([f"$ {command}", *shown]))


def fenced(language: str, text: str) -> str:
    """A block of code; its fence is longer than any in the text."""
    fence = "```" if "```" not in text else "````"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def plain(text: str) -> str:
    """Text that Markdown would read otherwise, so written that it shows as it is."""
    return "".join(f"\\{letter}" if letter in "\\|*_<>[]`" else letter for letter in text)

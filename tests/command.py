"""The command `sim` run inside the test's own process: quick enough to be run often."""

from __future__ import annotations

import contextlib
import io
import os
import re
from dataclasses import dataclass

from sim.cli import command


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """What was said beside the answer, one message a line, whatever its length."""
        return re.sub(r"\n +(?! |fix: )", " ", self.err)


def sim(*arguments: str) -> Done:
    """Run the command; an error that is not ours is raised."""
    out, err = io.StringIO(), io.StringIO()
    os.environ.pop("GITHUB_ACTIONS", None)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = command(list(arguments))
        except SystemExit as stop:
            status = int(stop.code or 0)
    return Done(status, out.getvalue(), err.getvalue())


def without_folders(text: str) -> str:
    """Places by the names of their files alone, as in a terminal that has no room for more."""
    return re.sub(r"\S*/(?=[^/\s]+:\d)", "", text)


def width(line: str) -> int:
    """Columns of a line without the folders of a place in it, which a pipe gets whole."""
    return len(without_folders(line))

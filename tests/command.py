"""The command `sim` run inside the test's own process: quick enough to be run often."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass

from sim.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str


def sim(*arguments: str) -> Done:
    """Run the command; anything but an orderly exit is raised."""
    out, err = io.StringIO(), io.StringIO()
    os.environ.pop("GITHUB_ACTIONS", None)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(list(arguments))
        except SystemExit as stop:
            return Done(int(stop.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("main() came back without an exit status")

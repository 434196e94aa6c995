"""The command `sim` in a process of its own, with what it took: CPU seconds and resident memory.

Each is forked from one process that has read the program already, so that nobody waits for Python to start.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_STEM = """
import json, os, sys
from importlib import import_module
from pkgutil import walk_packages
from sim.cli import main

for room in ("manifests", "cluster", "routing", "analysis"):
    package = import_module(f"sim.{room}")
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)
asked, told = os.fdopen(int(sys.argv[1])), os.fdopen(int(sys.argv[2]), "w")
for line in asked:
    pid = os.fork()
    if not pid:
        break
    print(pid, file=told, flush=True)
    _, status, used = os.wait4(pid, 0)
    took = [os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss]
    print(json.dumps(took), file=told, flush=True)
else:
    os._exit(0)
its = json.loads(line)
os.setpgid(0, 0)
for number, name in enumerate(its["streams"]):
    os.dup2(os.open(name, os.O_RDWR), number)
for descriptor in (asked.fileno(), told.fileno()):  # Their objects close them once more.
    os.dup2(0, descriptor)
os.chdir(its["folder"])
os.environ.clear()
os.environ.update(its["environment"])
sys.argv = ["sim", *its["words"]]
main()
"""
"""A program that forks for each line it is told, and says which process it is and how that one ended."""


@dataclass(frozen=True)
class Measured:
    """What a command left behind. CPU time, for the wall's depends on who else works on the machine.

    Args:
        resident_mb: the most at any time; where the system counts in other units, None.
    """

    status: int
    out: str
    err: str
    cpu_s: float
    resident_mb: float | None

    @property
    def text(self) -> str:
        """Standard output and standard error."""
        return self.out + self.err


class _Stem:
    """The process that forks."""

    def __init__(self) -> None:
        asked, self._ask = os.pipe()
        self._told, tell = os.pipe()
        self._program = subprocess.Popen(
            [sys.executable, "-c", _STEM, str(asked), str(tell)],
            pass_fds=(asked, tell),
            stdin=subprocess.DEVNULL,
        )
        os.close(asked)
        os.close(tell)
        atexit.register(self.end)

    def end(self) -> None:
        """No more commands."""
        os.close(self._ask)
        self._program.wait()

    def run(self, order: Mapping[str, Any], patience_s: float) -> tuple[int, float, int]:
        """Status, CPU seconds and resident KiB of one command.

        Raises:
            subprocess.TimeoutExpired: it does not end.
        """
        os.write(self._ask, f"{json.dumps(order)}\n".encode())
        pid = int(self._line(patience_s))
        try:
            status, cpu_s, resident = json.loads(self._line(patience_s))
        except subprocess.TimeoutExpired:
            os.kill(pid, signal.SIGKILL)
            self._line(patience_s)
            raise
        return status, cpu_s, resident

    def _line(self, patience_s: float) -> bytes:
        found = b""
        while not found.endswith(b"\n"):
            if not select.select([self._told], [], [], patience_s)[0]:
                raise subprocess.TimeoutExpired("sim", patience_s)
            found += os.read(self._told, 1)
        return found


_stem = cache(_Stem)


def measured(
    *words: str, stdin: str = "", environment: Mapping[str, str] | None = None, patience_s: float = 300
) -> Measured:
    """Run the command in this folder.

    Args:
        environment: None: that of the tests.

    Raises:
        subprocess.TimeoutExpired: it does not end.
    """
    with tempfile.TemporaryDirectory() as scratch:
        streams = [Path(scratch, name) for name in ("in", "out", "err")]
        for stream, text in zip(streams, (stdin, "", ""), strict=True):
            stream.write_text(text)
        order = {
            "words": words,
            "streams": [str(stream) for stream in streams],
            "folder": os.getcwd(),
            "environment": dict(os.environ if environment is None else environment),
        }
        status, cpu_s, resident = _stem().run(order, patience_s)
        out, err = (stream.read_text(errors="replace") for stream in streams[1:])
    return Measured(status, out, err, cpu_s, resident / 1024 if sys.platform == "linux" else None)

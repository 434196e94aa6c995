"""A proxy as a child process that ends with its block."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 60.0


@contextmanager
def running(command: list[str], folder: Path, sockets: list[Path]) -> Iterator[subprocess.Popen[bytes]]:
    """Start, wait until every socket is there, and end it by its own id.

    Raises:
        RuntimeError: it ended before, with what it said.
    """
    said = folder / "said"
    with said.open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        _wait(child, sockets, said)
        yield child
    finally:
        child.terminate()
        child.wait(START_S)


def _listens(path: Path) -> bool:
    """A socket is there before anyone listens on it."""
    with socket.socket(socket.AF_UNIX) as wire:
        return path.exists() and wire.connect_ex(str(path)) == 0


def _wait(child: subprocess.Popen[bytes], sockets: list[Path], said: Path) -> None:
    until = time.monotonic() + START_S
    while not all(_listens(path) for path in sockets):
        if child.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"it does not start: {said.read_text(errors='replace')[-2000:]}")
        time.sleep(0.01)

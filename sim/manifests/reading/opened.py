"""Which files a command has read, whatever name they went by: no output may be written over one of them.

A file is known by its device and its number there, so that another path or a link to it is the same file.
Outside of `remembering` nothing is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import IO

_OPENED: ContextVar[set[tuple[int, int]] | None] = ContextVar("opened", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Keep in mind what is read until the end of the block."""
    token = _OPENED.set(set())
    try:
        yield
    finally:
        _OPENED.reset(token)


def note_read(file: IO[bytes]) -> None:
    """Keep in mind that an open file is an input."""
    opened = _OPENED.get()
    if opened is not None:
        with suppress(OSError, ValueError):  # Standard input may be no file.
            found = os.fstat(file.fileno())
            opened.add((found.st_dev, found.st_ino))


def was_read(path: str) -> bool:
    """Whether a path leads to a file that was read.

    Raises:
        OSError, ValueError: the path cannot be one.
    """
    if not os.path.isfile(path):
        return False
    found = os.stat(path)
    return (found.st_dev, found.st_ino) in (_OPENED.get() or ())

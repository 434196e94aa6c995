"""Long texts, line by line: a file, a gzip file, standard input. Nothing is kept, whatever the length."""

import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import IO, cast

from sim.errors import UsageError
from sim.manifests.decoding import printable
from sim.manifests.reading.opened import note_read

MOST_OF_LINE = 2**16
"""Bytes of a line; what stands behind them counts as a line of its own."""

_GZIP = b"\x1f\x8b"
_EVERY = 20_000

Progress = Callable[[str, int, int], None]


def lines(path: str, progress: Progress | None = None) -> Iterator[str]:
    """The lines of a text without their ends and a byte order mark; what is not UTF-8 is replaced.

    Args:
        path: `-` is standard input.
        progress: called with the file's name, bytes read, and of how many.

    Raises:
        UsageError: there is no such file, it cannot be read, or it is a broken gzip file.
    """
    try:
        with _opened(path) as (raw, text):
            size = os.fstat(raw.fileno()).st_size if path != "-" else 0
            number = 0
            while line := text.readline(MOST_OF_LINE):
                number += 1
                if progress is not None and size and number % _EVERY == 0:
                    progress(FilePath(path).name, raw.tell(), size)
                plain = line.decode("utf-8", "replace").rstrip("\r\n")
                yield plain.removeprefix("\ufeff") if number == 1 else plain
    except (OSError, ValueError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or error
        raise UsageError(f"{printable(path)}: cannot be read: {said}") from None


@contextmanager
def _opened(path: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The file as it lies there, and what it holds."""
    if path == "-":
        note_read(sys.stdin.buffer)
        yield _unpacked(sys.stdin.buffer)
        return
    with FilePath(path).open("rb") as raw:
        note_read(raw)
        yield _unpacked(raw)


def _unpacked(raw: IO[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    peek = getattr(raw, "peek", None)
    packed = peek is not None and peek(2)[:2] == _GZIP
    return raw, cast(IO[bytes], gzip.open(raw, "rb")) if packed else raw

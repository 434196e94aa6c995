"""Files that are written: whole or not at all, and never over what the command has read.

The bytes go into a new file beside the old one, which then takes its name: where the disk is full, or the
command is stopped, the old file is still there, and no half of a new one.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from sim.errors import UsageError
from sim.manifests.decoding import printable
from sim.manifests.reading.opened import was_read


def write(path: str, content: bytes | str) -> None:
    """Write a file.

    Args:
        path: of a file, new or old; what is no file, such as /dev/stdout or a pipe, is written into.
        content: a text is written as UTF-8.

    Raises:
        UsageError: it cannot be written, or this command has read it.
    """
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        target = os.path.realpath(path)
        if was_read(target):
            said = "is read by this command, and is not written over\n  fix: name another file"
            raise UsageError(f"{printable(path)}: {said}")
        if os.path.isfile(target) or not os.path.exists(target):
            _replace(target, raw)
        else:
            with open(target, "wb") as file:
                file.write(raw)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{printable(path)}: cannot be written: {why}") from None


def _replace(target: str, raw: bytes) -> None:
    """Write a file beside the target, and give it the target's name and mode."""
    is_old = os.path.exists(target)
    if is_old and not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied")
    part = os.path.join(os.path.dirname(target), f".sim-{os.getpid()}.part")
    try:
        with open(part, "xb") as file:
            file.write(raw)
        if is_old:
            os.chmod(part, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise

"""Access logs, one line at a time: nginx's own formats, that of ingress-nginx, and JSON.

A line is read alone, so a log of any length can be. To add a format, write a module beside these and a line
in FORMATS.
"""

from collections.abc import Callable

from sim.scenario.traffic_files.formats import json_lines, nginx
from sim.scenario.traffic_files.formats.logged import Logged

__all__ = ["FORMATS", "Logged", "read"]

FORMATS: dict[str, Callable[[str], Logged | None]] = {"nginx": nginx.read, "JSON": json_lines.read}
"""Format -> what it makes of a line; None: the line is none of this format."""


def read(line: str) -> Logged | None:
    """The request that a line is about; None: no format knows it."""
    for of_format in FORMATS.values():
        if (found := of_format(line)) is not None:
            return found
    return None

"""What proxies make of a path before they compare it."""

from __future__ import annotations

import re


def as_sent(path: str) -> str:
    """As the client sent it."""
    return path


def merged(path: str) -> str:
    """Slashes merged and dots resolved; percent signs stay, and above the root is the root."""
    kept: list[str] = []
    elements = re.sub("/+", "/", path).removeprefix("/").split("/")
    for element in elements:
        if element == "..":
            kept = kept[:-1]
        elif element != ".":
            kept.append(element)
    if elements[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept).lstrip("/")


def without_slash(path: str) -> str:
    """A path without its last slash; the root is empty."""
    return path.removesuffix("/")

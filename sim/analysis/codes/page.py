"""What a page about a message code has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """One page: what a code means, why it happens, how to see it with kubectl, how to mend it.

    Args:
        see: commands that show it on a cluster, one per line.
    """

    code: str
    title: str
    what: str
    why: str
    see: str
    mend: str

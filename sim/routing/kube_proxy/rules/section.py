"""A piece of the text of rules: what it is, what it does, and its lines."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RuleSection:
    """A chain, a set, a virtual server, or what frames them.

    Args:
        title: the same piece has the same title at another time; empty: only a frame.
        does: a plain sentence; empty: nothing to say.
    """

    title: str
    does: str
    lines: tuple[str, ...]


Written = tuple[dict[str, Any], tuple[RuleSection, ...]]
"""What a mode writes: facts, and text piece by piece."""

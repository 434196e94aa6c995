"""What differs between two answers, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from sim.analysis.diff import Change
from sim.report.words.ends import share_of_requests


def change_in_words(change: Change) -> list[str]:
    """Both values; shares have as many digits as it takes to tell them apart."""
    words = [_text(change.name, value, share_of_requests) for value in change.sides]
    if words[0] != words[1]:
        return words
    return [_text(change.name, value, lambda p: f"{100 * p:.12g} %") for value in change.sides]


def _text(name: str, value: Any, share: Callable[[float], str]) -> str:
    if value is None:
        return "none"
    if name == "mirrors":
        return ", ".join(f"{share(p)} to {backend}" for backend, p in value.items()) or "none"
    if name == "outcomes":
        return ", ".join(f"{share(p)} {' '.join(str(e) for e in end if e)}" for end, p in value.items())
    return ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, Mapping) else str(value)

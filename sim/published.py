"""The published form of values: what `-o json` shows of them.

An object with `to_json()` says itself what it shows; any other dataclass shows its fields by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any


def published(value: Any) -> Any:
    """A value as JSON has it; a number that JSON has not, NaN or infinity, is null.

    >>> published({"pods": (1, float("nan"))})
    {'pods': [1, None]}
    """
    if hasattr(value, "to_json"):
        return value.to_json()
    if is_dataclass(value):
        return {f.name: published(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {name: published(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [published(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def attributes(value: Any, names: str) -> dict[str, Any]:
    """Some attributes of a value in their published form, by name.

    >>> attributes(1 + 2j, "real imag")
    {'real': 1.0, 'imag': 2.0}
    """
    return {name: published(getattr(value, name)) for name in names.split()}

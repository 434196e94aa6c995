"""A fingerprint of any value that a run is made of: the same in every process and on every machine."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np
from pydantic import BaseModel


def fingerprint(*values: Any) -> str:
    """Of these values together, in hexadecimal digits.

    Raises:
        TypeError: one of them holds something that has no lasting form.

    >>> fingerprint({"b": 1, "a": {2, 1}}) == fingerprint({"a": {1, 2}, "b": 1})
    True
    >>> fingerprint(1) == fingerprint(1.0)
    False
    """
    found = sha256()
    for part in _parts(values):
        found.update(part.encode() + b"\0")
    return found.hexdigest()


def _parts(value: Any) -> Iterator[str]:
    """A value as words, kinds included."""
    yield type(value).__qualname__
    if value is None or isinstance(value, str | int | float | bytes | Fraction | Enum):
        yield repr(value)
    elif isinstance(value, np.ndarray | np.generic):
        yield f"{value.dtype} {value.shape} {sha256(value.tobytes()).hexdigest()}"
    elif callable(value) and not is_dataclass(value):
        yield from _named(value)
    else:
        held = list(_held(value))
        yield str(len(held))
        for one in held:
            yield from _parts(one)


def _held(value: Any) -> Iterator[Any]:
    """What a value is made of, in an order of its own."""
    if isinstance(value, BaseModel):
        yield from _held(vars(value) | (value.__pydantic_private__ or {}))
    elif is_dataclass(value):
        yield from (getattr(value, one.name) for one in fields(value) if one.compare)
    elif isinstance(value, Mapping):
        yield from ((key, value[key]) for key in sorted(value, key=repr))
    elif isinstance(value, Set):
        yield from sorted(value, key=repr)
    elif isinstance(value, Sequence):
        yield from value
    else:
        raise TypeError(f"{type(value).__qualname__} has no fingerprint")


def _named(made: Callable[..., Any]) -> Iterator[str]:
    """A function by its name, one with arguments set by these too."""
    if isinstance(made, partial):
        yield from _parts((made.func, made.args, made.keywords))
    elif "<" in made.__qualname__:
        raise TypeError(f"{made.__qualname__} has no fingerprint: it may hold anything")
    else:
        yield f"{made.__module__}.{made.__qualname__}"

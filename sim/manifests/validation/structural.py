"""Custom resources against their structural schema: what the API server says before it stores one.

A shape is what a CustomResourceDefinition says of a value: type, limits, words, form, default, and rules
that look at several fields at once (CEL there, functions here). As on the server, defaults are filled in
first, and rules are asked only about values that have their shape. Unlike there a fault in one object hides
none in another. Source: apiextensions-apiserver `pkg/apiserver/validation`, `schema/listtype`, `schema/cel`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sim.manifests.validation.faults import (
    Fault,
    Place,
    duplicate,
    invalid,
    repeated,
    required,
    too_long,
    too_many,
    unknown,
    unsupported,
)
from sim.manifests.validation.strict import meant

Rule: TypeAlias = Callable[[Any], Iterator[str]]
"""A value with its defaults -> what is wrong with it."""
Shape: TypeAlias = "Text | Whole | Truth | ListOf | MapOf | Fields | Anything"


@dataclass(frozen=True)
class Text:
    """A string; lengths in characters."""

    most: int | None = None
    least: int = 0
    form: re.Pattern[str] | None = None
    words: tuple[str, ...] = ()
    default: str | None = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Whole:
    """An integer."""

    least: int = -(2**31)
    most: int = 2**31 - 1
    words: tuple[int, ...] = ()
    default: int | None = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Truth:
    """True or false."""

    default: bool | None = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Anything:
    """A value that is not looked at."""

    default: Any = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class ListOf:
    """A list. `key`: the field that tells its items apart; `is_set`: each item once."""

    items: Shape
    most: int | None = None
    least: int = 0
    key: str | None = None
    is_set: bool = False
    default: Any = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class MapOf:
    """A mapping with free keys."""

    values: Shape
    most: int | None = None
    default: Any = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Fields:
    """An object with these fields and no others."""

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    default: Any = None
    rules: tuple[Rule, ...] = field(default=())


def structural_faults(value: Any, shape: Shape, place: Place) -> tuple[Fault, ...]:
    """All that is wrong with a value.

    Args:
        value: as it was read; null means absent.
        shape: what it must be.
        place: where it stands.
    """
    return _examined(value, shape, place)[1]


def _examined(value: Any, shape: Shape, place: Place) -> tuple[Any, tuple[Fault, ...]]:
    """The value with its defaults, and what is wrong with it."""
    wanted = _TYPES[type(shape)]
    if _type_of(value) != wanted and not isinstance(shape, Anything):
        hint = "; is a '-' missing?" if wanted == "array" and isinstance(value, Mapping) else ""
        given = _type_of(value) if isinstance(value, Mapping | list | tuple) else value
        return value, tuple(invalid(place, given, f"must be of type {wanted}{hint}"))
    filled, faults = _INSIDE[type(shape)](value, shape, place)
    if not faults:
        shown_as = filled if isinstance(shape, Text | Whole) else wanted
        faults = tuple(f for rule in shape.rules for f in invalid(place, shown_as, *rule(filled)))
    return filled, faults


def _text(value: str, shape: Text, place: Place) -> tuple[str, tuple[Fault, ...]]:
    return value, tuple(_text_faults(value, shape, place))


def _text_faults(value: str, shape: Text, place: Place) -> Iterator[Fault]:
    if len(value) < shape.least:
        yield from invalid(place, value, f"must be at least {shape.least} characters long")
    elif shape.most is not None and len(value) > shape.most:
        yield too_long(place, shape.most)
    elif shape.form is not None and not shape.form.fullmatch(value):
        yield from invalid(place, value, f"must have the form {shape.form.pattern}")
    if shape.words and value not in shape.words:
        yield unsupported(place, value, shape.words)


def _whole(value: Any, shape: Whole, place: Place) -> tuple[int, tuple[Fault, ...]]:
    return int(value), tuple(_whole_faults(int(value), shape, place))


def _whole_faults(value: int, shape: Whole, place: Place) -> Iterator[Fault]:
    if value < shape.least:
        yield from invalid(place, value, f"must be greater than or equal to {shape.least}")
    elif value > shape.most:
        yield from invalid(place, value, f"must be less than or equal to {shape.most}")
    if shape.words and value not in shape.words:
        yield unsupported(place, str(value), map(str, shape.words))


def _as_it_is(value: Any, shape: Truth | Anything, place: Place) -> tuple[Any, tuple[Fault, ...]]:
    return value, ()


def _list(value: Any, shape: ListOf, place: Place) -> tuple[list[Any], tuple[Fault, ...]]:
    if shape.most is not None and len(value) > shape.most:
        return list(value), (too_many(place, len(value), shape.most),)
    parts = [_examined(item, shape.items, place.index(i)) for i, item in enumerate(value)]
    faults = [f for _, found in parts for f in found]
    if len(value) < shape.least:
        faults += invalid(place, len(value), f"must have at least {shape.least} items")
    if not faults:
        faults += _twice([item for item, _ in parts], shape, place)
    return [item for item, _ in parts], tuple(faults)


def _twice(items: list[Any], shape: ListOf, place: Place) -> Iterator[Fault]:
    """Items that stand twice where each may stand once."""
    if shape.key is None and not shape.is_set:
        return
    names = [item[shape.key] for item in items] if shape.key else items
    yield from (duplicate(place.index(i), names[i]) for i in repeated(names))


def _map(value: Mapping[Any, Any], shape: MapOf, place: Place) -> tuple[Any, tuple[Fault, ...]]:
    if shape.most is not None and len(value) > shape.most:
        return value, (too_many(place, len(value), shape.most),)
    parts = {k: _examined(v, shape.values, place.key(str(k))) for k, v in value.items()}
    return {k: v for k, (v, _) in parts.items()}, tuple(f for _, found in parts.values() for f in found)


def _fields(value: Mapping[Any, Any], shape: Fields, place: Place) -> tuple[Any, tuple[Fault, ...]]:
    given = {k: v for k, v in value.items() if v is not None}
    faults = [
        unknown(place.child(str(k)), meant(str(k), shape.fields)) for k in given if k not in shape.fields
    ]
    filled = {}
    for name, inner in shape.fields.items():
        if name in given or inner.default is not None:
            filled[name], found = _examined(given.get(name, inner.default), inner, place.child(name))
            faults += found
    faults += (required(place.child(n)) for n in shape.required if n not in filled)
    return filled, tuple(faults)


def _type_of(value: Any) -> str:
    """JSON's name of a value; a whole float is an integer."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, Mapping):
        return "object"
    return "array" if isinstance(value, list | tuple) else "null" if value is None else "string"


_TYPES: dict[type, str] = {
    Text: "string",
    Whole: "integer",
    Truth: "boolean",
    Anything: "anything",
    ListOf: "array",
    MapOf: "object",
    Fields: "object",
}
_INSIDE: dict[type, Callable[[Any, Any, Place], tuple[Any, tuple[Fault, ...]]]] = {
    Text: _text,
    Whole: _whole,
    Truth: _as_it_is,
    Anything: _as_it_is,
    ListOf: _list,
    MapOf: _map,
    Fields: _fields,
}

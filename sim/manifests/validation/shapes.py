"""The shape of a value, and reading a value of a certain shape, in the two ways of the API server.

What is built in is decoded as Go does it with strict field validation: a value of another type is left out
and named, null means absent. A custom resource is held against the schema of its CustomResourceDefinition:
limits, words, forms, defaults, and rules that look at several fields at once (CEL there, functions here),
asked only about values that have their shape. Both name unknown fields, and one fault hides no other; the
server itself gives up at the first wrong type. Source: sigs.k8s.io/json and apimachinery
`runtime/serializer/json`, after kubectl has turned YAML into JSON (a whole float, 80.0, arrives as 80);
apiextensions-apiserver `pkg/apiserver/validation`, `schema/listtype`, `schema/cel`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, TypeAlias

from sim.manifests.validation.faults import (
    Fault,
    Place,
    duplicate,
    invalid,
    repeated,
    required,
    shown,
    too_long,
    too_many,
    undecodable,
    unknown,
    unsupported,
)

_DIGITS = re.compile(r"[-+]?[0-9]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)", re.ASCII)
_INT32 = 2**31

Rule: TypeAlias = Callable[[Any], Iterator[str]]
"""A value with its defaults -> what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a value must be. `types`: JSON's names of what it may be, the usual one first; empty: anything."""

    types: ClassVar[tuple[str, ...]] = ()
    default: Any = None
    rules: tuple[Rule, ...] = ()


class Anything(Shape):
    """A value that is not looked at."""


class Truth(Shape):
    """True or false."""

    types = ("boolean",)


class Time(Shape):
    """A point in time (RFC 3339)."""

    types = ("string",)


class WholeOrText(Shape):
    """An integer of 32 bits, or a string."""

    types = ("integer", "string")


@dataclass(frozen=True)
class Text(Shape):
    """A string; lengths in characters."""

    types = ("string",)
    most: int | None = None
    least: int = 0
    form: re.Pattern[str] | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Whole(Shape):
    """An integer, of 32 bits unless it says otherwise."""

    types = ("integer",)
    least: int = -_INT32
    most: int = _INT32 - 1
    words: tuple[int, ...] = ()


@dataclass(frozen=True)
class ListOf(Shape):
    """A list. `key`: the field that tells its items apart; `is_set`: each item once."""

    types = ("array",)
    items: Shape
    most: int | None = None
    least: int = 0
    key: str | None = None
    is_set: bool = False


@dataclass(frozen=True)
class MapOf(Shape):
    """A mapping with free keys."""

    types = ("object",)
    values: Shape
    most: int | None = None


@dataclass(frozen=True)
class Fields(Shape):
    """An object with these fields and no others."""

    types = ("object",)
    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decoded:
    """What could be read of a value, defaults included, and what is wrong with it. None: nothing was read."""

    value: Any
    faults: tuple[Fault, ...] = ()


Refuse: TypeAlias = Callable[[Any, Shape, Place], Fault | None]
"""What is said to a value that is of another type than its shape."""


def decode(value: Any, shape: Shape) -> Decoded:
    """Read a value of a built-in kind, as Go does it."""
    return Decoded(value) if _fits(value, shape) else _read(value, shape, Place(), _undecodable)


def structural_faults(value: Any, shape: Shape) -> tuple[Fault, ...]:
    """All that the schema of a custom resource says to a value."""
    return _read(value, shape, Place(), _of_other_type).faults


def _fits(value: Any, shape: Any) -> bool:
    """Whether a value of a built-in kind is of its shape as it stands, so that nothing is to be said."""
    return _FITS[type(shape)](value, shape)


_FITS: dict[type, Callable[[Any, Any], bool]] = {
    Text: lambda value, _: type(value) is str,
    Whole: lambda value, shape: type(value) is int and shape.least <= value <= shape.most,
    WholeOrText: lambda value, _: type(value) is str or (type(value) is int and -_INT32 <= value < _INT32),
    Truth: lambda value, _: type(value) is bool,
    Time: lambda value, _: type(value) is str and _TIME.fullmatch(value) is not None,
    Anything: lambda value, _: value is not None,
    ListOf: lambda value, shape: type(value) is list and all(_fits(item, shape.items) for item in value),
    MapOf: lambda value, shape: (
        type(value) is dict and all(type(k) is str and _fits(v, shape.values) for k, v in value.items())
    ),
    Fields: lambda value, shape: (
        type(value) is dict and all(k in shape.fields and _fits(v, shape.fields[k]) for k, v in value.items())
    ),
}


def _read(value: Any, shape: Shape, place: Place, refuse: Refuse) -> Decoded:
    fault = refuse(value, shape, place)
    if fault is not None or value is None:
        return Decoded(None, (fault,) if fault else ())
    value, faults = _inside(value, shape, place, refuse)
    if not faults:
        said_of = value if isinstance(shape, Text | Whole) else "".join(shape.types[:1])
        faults = [f for rule in shape.rules for f in invalid(place, said_of, *rule(value))]
    return Decoded(value, tuple(faults))


def _inside(value: Any, shape: Shape, place: Place, refuse: Refuse) -> tuple[Any, list[Fault]]:
    match shape:
        case Text():
            return str(value), list(_text_faults(str(value), shape, place))
        case Whole():
            return int(value), list(_whole_faults(int(value), shape, place))
        case ListOf():
            return _list(value, shape, place, refuse)
        case MapOf():
            return _map(value, shape, place, refuse)
        case Fields():
            return _object(value, shape, place, refuse)
    return int(value) if isinstance(value, float) and shape.types else value, []


def _text_faults(value: str, shape: Text, place: Place) -> Iterator[Fault]:
    if len(value) < shape.least:
        yield from invalid(place, value, f"must be at least {shape.least} characters long")
    elif shape.most is not None and len(value) > shape.most:
        yield too_long(place, shape.most)
    elif shape.form is not None and not shape.form.fullmatch(value):
        yield from invalid(place, value, f"must have the form {shape.form.pattern}")
    if shape.words:
        yield from unsupported(place, value, shape.words)


def _whole_faults(value: int, shape: Whole, place: Place) -> Iterator[Fault]:
    if value < shape.least:
        yield from invalid(place, value, f"must be greater than or equal to {shape.least}")
    elif value > shape.most:
        yield from invalid(place, value, f"must be less than or equal to {shape.most}")
    if shape.words:
        yield from unsupported(place, value, shape.words)


def _list(value: Any, shape: ListOf, place: Place, refuse: Refuse) -> tuple[list[Any], list[Fault]]:
    if shape.most is not None and len(value) > shape.most:
        return value, [too_many(place, len(value), shape.most)]
    parts = [_read(item, shape.items, place.index(i), refuse) for i, item in enumerate(value)]
    items = [_zero(shape.items) if part.value is None else part.value for part in parts]
    faults = [f for part in parts for f in part.faults]
    if len(value) < shape.least:
        faults += invalid(place, len(value), f"must have at least {shape.least} items")
    return items, faults or list(_twice(items, shape, place))


def _twice(items: list[Any], shape: ListOf, place: Place) -> Iterator[Fault]:
    """Items that stand twice where each may stand once."""
    if shape.key is not None or shape.is_set:
        names = [item[shape.key] for item in items] if shape.key else items
        yield from (duplicate(place.index(i), names[i]) for i in repeated(names))


def _map(value: Any, shape: MapOf, place: Place, refuse: Refuse) -> tuple[dict[str, Any], list[Fault]]:
    """A map; its keys are always text."""
    if shape.most is not None and len(value) > shape.most:
        return value, [too_many(place, len(value), shape.most)]
    named = {k if isinstance(k, str) else shown(k): v for k, v in value.items()}
    parts = {k: _read(v, shape.values, place.key(k), refuse) for k, v in named.items()}
    return {
        k: _zero(shape.values) if named[k] is None else part.value
        for k, part in parts.items()
        if named[k] is None or part.value is not None
    }, [f for part in parts.values() for f in part.faults]


def _object(value: Any, shape: Fields, place: Place, refuse: Refuse) -> tuple[dict[str, Any], list[Fault]]:
    given = {k: v for k, v in value.items() if k in shape.fields and v is not None}
    defaults = {k: s.default for k, s in shape.fields.items() if k not in given and s.default is not None}
    parts = {k: _read(v, shape.fields[k], place.child(k), refuse) for k, v in (given | defaults).items()}
    faults = [f for part in parts.values() for f in part.faults]
    strange = (str(k) for k in value if k not in shape.fields)
    faults += (unknown(place.child(name), _meant(name, shape.fields)) for name in strange)
    faults += (required(place.child(name)) for name in shape.required if name not in parts)
    return {k: part.value for k, part in parts.items() if part.value is not None}, faults


def _zero(shape: Shape) -> Any:
    """What Go has in place of a null."""
    zeros = {"string": "", "boolean": False, "array": [], "object": {}}
    return zeros.get(shape.types[0], 0) if shape.types else 0


def _undecodable(value: Any, shape: Shape, place: Place) -> Fault | None:
    """What Go's decoder says to a value."""
    kind = _type_of(value)
    if value is None or not shape.types or (kind in shape.types and _in_range(value, shape)):
        return None
    name = {"integer": "number", "boolean": "bool", "array": "list"}.get(kind, kind)
    given = name if kind in {"array", "object"} else f"{name} {shown(value)}"
    of_key = f" of key {shown(place.path[-1])}" if place.is_entry else ""
    message = f"cannot decode {given}{of_key} as {_go_type(shape)}{_hint(value, shape, place)}"
    return undecodable(place, message)


def _in_range(value: Any, shape: Shape) -> bool:
    match shape, value:
        case Whole(least=least, most=most), _:
            return bool(least <= value <= most)
        case WholeOrText(), int() | float():
            return -_INT32 <= value < _INT32
        case Time(), str():
            return _TIME.fullmatch(value) is not None
    return True


def _go_type(shape: Shape) -> str:
    match shape:
        case Text():
            return "a string"
        case Truth():
            return "a bool (true or false)"
        case Time():
            return "a time (such as 2026-01-31T12:00:00Z)"
        case WholeOrText():
            return "an int32 or a string"
        case Whole(most=most):
            return f"an int{most.bit_length() + 1}"
    return "a list" if isinstance(shape, ListOf) else "an object"


def _hint(value: Any, shape: Shape, place: Place) -> str:
    """The way out of a slip that is often made."""
    match shape, value:
        case Text(), bool() | int() | float():
            return "; put it in quotes"
        case ListOf(), Mapping():
            return "; is a '-' missing?"
        case Whole(), str() if _DIGITS.fullmatch(value):
            return "; leave out the quotes"
        case Whole(), str() if place.go_field.endswith("port.number"):
            return "; did you mean name?"
    return ""


def _of_other_type(value: Any, shape: Shape, place: Place) -> Fault | None:
    """What the schema of a custom resource says to a value."""
    kind = _type_of(value)
    if not shape.types or kind in shape.types:
        return None
    given = kind if kind in {"array", "object"} else value
    hint = _hint(value, shape, place) if isinstance(shape, ListOf) else ""
    return next(invalid(place, given, f"must be of type {shape.types[0]}{hint}"))


def _type_of(value: Any) -> str:
    """JSON's name of a value; a whole float is an integer. A date, which JSON does not have, is text."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if value % 1 == 0 else "number"
    if isinstance(value, Mapping):
        return "object"
    return "array" if isinstance(value, list | tuple) else "null" if value is None else "string"


RENAMED = {
    "backend": "defaultBackend",
    "serviceName": "service.name",
    "servicePort": "service.port.number or service.port.name",
    "topology": "nodeName and zone",
}
"""Fields of the beta versions -> their successors (Kubernetes API migration guide)."""


def _meant(name: str, fields: Iterable[str]) -> str:
    """The field that an unknown name may stand for."""
    renamed = RENAMED.get(name, "")
    if renamed.split(".")[0].split(" ")[0] in fields:
        return f"; did you mean {renamed}?"
    lower = {field.lower(): field for field in fields}
    near = get_close_matches(name.lower(), lower, n=1)
    return f"; did you mean {lower[near[0]]}?" if near else ""

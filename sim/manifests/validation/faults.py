"""Faults in the API server's words, and the places where they are.

A rule yields faults; it raises nothing and stops nothing. The kinds of fault, and how each is worded, are
those of apimachinery `field/errors.go`; the sentences are our own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Path = tuple[str | int, ...]
Layer = Literal["decoding", "validation", "pods"]

_LONGEST_SHOWN = 200
_MOST_SHOWN = 10**100


@dataclass(frozen=True)
class Fault:
    """One thing that the API server refuses.

    Args:
        field: the place as the server prints it. For a value of a wrong type that is Go's name of the field,
            which has neither indices nor map keys: `spec.ports.port`.
        type: the kind of fault in the server's words, such as `Invalid value`.
        message: kind, bad value, and what is allowed.
        path: the same place as keys and indices below the object.
        layer: what refuses it; an object that cannot be decoded never reaches validation. `pods`: the object
            itself is taken, and each Pod that is to be made of its template is refused.
    """

    field: str
    type: str
    message: str
    path: Path
    layer: Layer


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an object: as the server prints it, and as keys and indices.

    Args:
        go_field: Go's name of the field, which has neither indices nor map keys.
        is_entry: whether it is an entry of a map, not a field.
    """

    field: str = ""
    path: Path = ()
    go_field: str = ""
    is_entry: bool = False

    def child(self, *names: str) -> Place:
        """A field below this place."""
        name = ".".join(names)
        field = f"{self.field}.{name}" if self.field else name
        return Place(field, (*self.path, *names), f"{self.go_field}.{name}" if self.go_field else name)

    def index(self, number: int) -> Place:
        """An item of the list at this place."""
        return Place(f"{self.field}[{number}]", (*self.path, number), self.go_field)

    def key(self, name: str) -> Place:
        """An entry of the map at this place, which the server prints in brackets."""
        return Place(f"{self.field}[{name}]", (*self.path, name), self.go_field, True)

    def inside(self, *parts: str | int) -> Place:
        """A place that the server prints as this one, and a file shows further inside."""
        return Place(self.field, (*self.path, *parts))


def required(place: Place, detail: str = "") -> Fault:
    """A value that must be there is not."""
    return _fault("Required value", place, detail)


def invalid(place: Place, value: Any, *details: str) -> Iterator[Fault]:
    """A value of a wrong form: one fault for each detail, none without details."""
    return (_fault("Invalid value", place, shown(value), detail) for detail in details)


def checked(
    owner: Mapping[str, Any], field: str, place: Place, check: Callable[[str], tuple[str, ...]]
) -> Iterator[Fault]:
    """What a check says to a field of the object at a place, if the field is there."""
    details = check(owner[field]) if field in owner else ()
    return invalid(place.child(field), owner[field], *details) if details else iter(())


def unsupported(place: Place, value: Any, supported: Iterable[Any]) -> Iterator[Fault]:
    """A value outside of a list of words, if it is outside."""
    if value not in supported:
        words = ", ".join(shown(str(word)) for word in supported)
        yield _fault("Unsupported value", place, shown(str(value)), f"supported values: {words}")


def duplicate(place: Place, value: Any) -> Fault:
    """A value that may stand only once."""
    return _fault("Duplicate value", place, shown(value))


def repeated(values: Sequence[Hashable]) -> Iterator[int]:
    """Indices of the values that stood before.

    >>> list(repeated(["a", "b", "a", "a"]))
    [2, 3]
    """
    seen: set[Hashable] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index
        seen.add(value)


def not_found(place: Place, value: Any) -> Fault:
    """A name of something that the object does not have."""
    return _fault("Not found", place, shown(value))


def forbidden(place: Place, detail: str) -> Fault:
    """A value that may not be there, given the rest of the object."""
    return _fault("Forbidden", place, detail)


def too_long(place: Place, most_bytes: int) -> Fault:
    """A text over its limit; the server does not repeat it."""
    return _fault("Too long", place, f"may not be more than {most_bytes} bytes")


def too_many(place: Place, count: int, most: int) -> Fault:
    """A list over its limit."""
    return _fault("Too many", place, str(count), f"must have at most {most} items")


def undecodable(place: Place, detail: str) -> Fault:
    """A value that does not fit the type of its field."""
    return Fault(place.go_field or "the object", "decoding error", detail, place.path, "decoding")


def unknown(place: Place, hint: str) -> Fault:
    """A field that the API does not have."""
    message = f"unknown field {shown(place.field)}{hint}"
    return Fault(place.field, "strict decoding error", message, place.path, "decoding")


def _fault(kind: str, place: Place, *parts: str) -> Fault:
    return Fault(place.field, kind, ": ".join((kind, *filter(None, parts))), place.path, "validation")


def shown(value: Any) -> str:
    r"""A value as a message shows it: text in quotes, cut, without control characters.

    >>> shown("a\x1b"), shown(80), shown(None), shown(["a", 1]), shown(False)
    ('"a\\x1b"', '80', 'null', '["a", 1]', 'false')
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{shown(k)}: {shown(v)}' for k, v in value.items())}}}"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int) and abs(value) >= _MOST_SHOWN:
        return "a number of more than 100 digits"
    return str(value) if isinstance(value, int | float) else _quoted(str(value))


def _quoted(text: str) -> str:
    cut = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    plain = cut.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else repr(c)[1:-1] for c in plain) + '"'


def unrelated(faults: Iterable[Fault], undecoded: Iterable[Fault]) -> Iterator[Fault]:
    """The faults that cannot come of what could not be decoded.

    Left out is what lies in the same object as a field that could not be decoded, inside of it, or above it.
    """
    spoilt = {_owner(fault.path) for fault in undecoded}
    above = {path[:n] for path in spoilt for n in range(len(path))}
    for fault in faults:
        path = fault.path
        if path not in above and not any(path[:n] in spoilt for n in range(len(path) + 1)):
            yield fault


def _owner(path: Path) -> Path:
    """The object that a field belongs to; an item of a list stands for itself."""
    return path[:-1] if path and isinstance(path[-1], str) else path

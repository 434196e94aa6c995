"""Decoding as the API server does it with strict field validation: wrong types and unknown fields.

What can be read is kept and the rest is named, so that one fault hides no other; the server itself gives up
at the first wrong type. Null means absent. Source: sigs.k8s.io/json and apimachinery
`runtime/serializer/json`, after kubectl has turned YAML into JSON (a whole float, 80.0, arrives as 80).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sim.manifests.validation.faults import Fault, Path, Place, shown, undecodable, unknown
from sim.manifests.validation.schema import RENAMED, MapOf, Shape

_INTEGER = re.compile(r"[-+]?[0-9]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)", re.ASCII)
_BITS = {"int32": 31, "int64": 63, "int or string": 31}


@dataclass(frozen=True)
class Decoded:
    """What could be read of a value, and what could not. None: nothing."""

    value: Any
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class _Spot:
    """Where a value stands: its place, Go's name of the field it belongs to, and its key if that is a map."""

    place: Place
    go_field: str = ""
    key: str | None = None

    def field(self, name: str) -> _Spot:
        return _Spot(self.place.child(name), f"{self.go_field}.{name}" if self.go_field else name)

    def item(self, number: int) -> _Spot:
        return _Spot(self.place.index(number), self.go_field)

    def entry(self, key: str) -> _Spot:
        return _Spot(self.place.key(key), self.go_field, key)


def decode(value: Any, shape: Shape) -> Decoded:
    """Read a value of a certain shape.

    Args:
        value: as it was read from a file.
        shape: its type, see `sim.manifests.validation.schema`.
    """
    return Decoded(value) if _fits(value, shape) else _decode(value, shape, _Spot(Place()))


def _fits(value: Any, shape: Shape) -> bool:
    """Whether a value is of its shape as it stands; then there is nothing to keep track of."""
    if isinstance(shape, str):
        return _PLAIN[shape](value)
    if isinstance(shape, list):
        return type(value) is list and all(_fits(item, shape[0]) for item in value)
    if type(value) is not dict:
        return False
    if isinstance(shape, MapOf):
        return all(type(k) is str and _fits(v, shape.values) for k, v in value.items())
    return all(k in shape and _fits(v, shape[k]) for k, v in value.items())


def _decode(value: Any, shape: Shape, spot: _Spot) -> Decoded:
    if value is None:
        return Decoded(None)
    if isinstance(shape, str):
        return _scalar(value, shape, spot)
    if isinstance(shape, list):
        return _list(value, shape[0], spot)
    if not isinstance(value, Mapping):
        return _refused(value, "an object", spot)
    return _map(value, shape, spot) if isinstance(shape, MapOf) else _object(value, shape, spot)


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_integer(value: Any, bits: int = 31) -> bool:
    return type(value) is int and -(2**bits) <= value < 2**bits


_PLAIN: dict[str, Callable[[Any], bool]] = {
    "string": _is_text,
    "bool": lambda value: type(value) is bool,
    "int32": _is_integer,
    "int64": lambda value: _is_integer(value, 63),
    "int or string": lambda value: _is_text(value) or _is_integer(value),
    "time": lambda value: _is_text(value) and _TIME.fullmatch(value) is not None,
    "anything": lambda value: value is not None,
}
"""Whether a value is a scalar as it stands, without any conversion."""


def _object(value: Mapping[Any, Any], fields: dict[str, Shape], spot: _Spot) -> Decoded:
    known = {k: _decode(v, fields[k], spot.field(k)) for k, v in value.items() if k in fields}
    strange = (unknown(spot.place.child(str(k)), meant(str(k), fields)) for k in value if k not in fields)
    return _gathered(known, strange)


def _map(value: Mapping[Any, Any], shape: MapOf, spot: _Spot) -> Decoded:
    return _gathered({k: _entry(v, shape, spot.entry(k)) for k, v in _keyed(value)})


def _entry(value: Any, shape: MapOf, spot: _Spot) -> Decoded:
    return Decoded(_zero(shape.values)) if value is None else _decode(value, shape.values, spot)


def _keyed(value: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """The entries of a map; a key is always text."""
    return ((k if isinstance(k, str) else shown(k), v) for k, v in value.items())


def _gathered(parts: dict[str, Decoded], more: Iterable[Fault] = ()) -> Decoded:
    value = {k: part.value for k, part in parts.items() if part.value is not None}
    return Decoded(value, (*(f for part in parts.values() for f in part.faults), *more))


def _list(value: Any, shape: Shape, spot: _Spot) -> Decoded:
    if not isinstance(value, list | tuple):
        hint = "; is a '-' missing?" if isinstance(value, Mapping) else ""
        return _refused(value, "a list", spot, hint)
    items = [_decode(item, shape, spot.item(i)) for i, item in enumerate(value)]
    kept = [_zero(shape) if item.value is None else item.value for item in items]
    return Decoded(kept, tuple(f for item in items for f in item.faults))


def _zero(shape: Shape) -> Any:
    """What Go has in place of a null."""
    if isinstance(shape, str):
        return {"string": "", "time": "", "bool": False}.get(shape, 0)
    return [] if isinstance(shape, list) else {}


def _scalar(value: Any, shape: str, spot: _Spot) -> Decoded:
    kind = _kind_of(value)
    if shape == "anything":
        return Decoded(value)
    if kind == "string" and shape in {"string", "int or string"}:
        return Decoded(str(value))
    if shape == "string":
        return _refused(value, "a string", spot, _in_quotes(kind))
    if shape == "time":
        return _time(value, kind, spot)
    if shape == "bool":
        return Decoded(value) if kind == "bool" else _refused(value, "a bool (true or false)", spot)
    return _integer(value, shape, spot)


def _integer(value: Any, shape: str, spot: _Spot) -> Decoded:
    """An integer; a float without a fraction is one."""
    wanted = f"an {shape}" if shape != "int or string" else "an int32 or a string"
    if _kind_of(value) != "number" or value % 1 != 0:
        return _refused(value, wanted, spot, _instead_of_text(value, spot))
    limit = 2 ** _BITS[shape]
    return Decoded(int(value)) if -limit <= value < limit else _refused(value, wanted, spot)


def _time(value: Any, kind: str, spot: _Spot) -> Decoded:
    held = _TIME.fullmatch(value) if isinstance(value, str) else kind == "string"
    return Decoded(str(value)) if held else _refused(value, "a time (such as 2026-01-31T12:00:00Z)", spot)


def _refused(value: Any, wanted: str, spot: _Spot, hint: str = "") -> Decoded:
    kind = _kind_of(value)
    given = kind if kind in {"object", "list"} else f"{kind} {shown(value)}"
    of_key = f" of key {shown(spot.key)}" if spot.key is not None else ""
    message = f"cannot decode {given}{of_key} as {wanted}{hint}"
    return Decoded(None, (undecodable(spot.place, spot.go_field or "the object", message),))


def _kind_of(value: Any) -> str:
    """JSON's name for a value. Dates, which JSON does not have, arrive as text."""
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list | tuple):
        return "list"
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else "string"


def _in_quotes(kind: str) -> str:
    return "; put it in quotes" if kind in {"number", "bool"} else ""


def _instead_of_text(value: Any, spot: _Spot) -> str:
    """The way out for text where a number belongs."""
    if not isinstance(value, str):
        return ""
    if _INTEGER.fullmatch(value):
        return "; leave out the quotes"
    return "; did you mean name?" if spot.go_field.endswith("port.number") else ""


def meant(name: str, fields: Iterable[str]) -> str:
    """The field that an unknown name may stand for."""
    renamed = RENAMED.get(name, "")
    if renamed.split(".")[0].split(" ")[0] in fields:
        return f"; did you mean {renamed}?"
    lower = {field.lower(): field for field in fields}
    near = get_close_matches(name.lower(), lower, n=1)
    return f"; did you mean {lower[near[0]]}?" if near else ""


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

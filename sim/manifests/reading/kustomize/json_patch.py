"""JSON patches (RFC 6902): operations at JSON pointers (RFC 6901), in order."""

from collections.abc import Iterable
from dataclasses import replace

from sim.manifests.reading.kustomize.placed import PlacedValue

OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


class PatchError(Exception):
    """An operation that cannot be done; kustomize refuses the whole build then."""


def patched(value: PlacedValue, operations: Iterable[PlacedValue]) -> PlacedValue:
    """A value after all operations.

    Raises:
        PatchError: one of them names a place that is not there, or a test does not hold.
    """
    for operation in operations:
        value = _done(value, operation)
    return value


def _done(value: PlacedValue, operation: PlacedValue) -> PlacedValue:
    name, path = operation.text("op"), pointer(operation.text("path"))
    new = operation.at("value")
    if name == "test":
        if new is None or _at(value, path).plain != new.plain:
            raise PatchError(f"test at {operation.text('path')} does not hold")
        return value
    if name == "remove":
        return _changed(value, path, None)
    if name in {"move", "copy"}:
        source = pointer(operation.text("from"))
        new = _at(value, source)
        value = _changed(value, source, None) if name == "move" else value
    if name not in OPERATIONS or new is None:
        raise PatchError(f"no operation {name!r} with a value at {operation.text('path')!r}")
    return _changed(value, path, new, name == "replace")


def pointer(text: str) -> tuple[str, ...]:
    """The parts of a JSON pointer.

    >>> pointer("/metadata/annotations/a.example~1b")
    ('metadata', 'annotations', 'a.example/b')

    Raises:
        PatchError: it does not begin with a slash.
    """
    if text and not text.startswith("/"):
        raise PatchError(f"{text!r} is no JSON pointer: it begins with /")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def _at(value: PlacedValue, path: tuple[str, ...]) -> PlacedValue:
    for part in path:
        value = value.value[_key(value, part)]
    return value


def _key(value: PlacedValue, part: str, for_new: bool = False) -> str | int:
    """The key or number of an entry that a part of a pointer means.

    Args:
        for_new: whether the entry may be new, so that a list takes one behind its last, `-` too.
    """
    if value.is_mapping:
        if part in value.value or for_new:
            return part
    elif value.is_list:
        size = len(value.value)
        if part == "-" and for_new:
            return size
        number = int(part) if part.isdecimal() else size + 1
        if number < size + for_new:
            return number
    raise PatchError(f"nothing is at {part!r}")


def _changed(
    value: PlacedValue, path: tuple[str, ...], new: PlacedValue | None, must_be: bool = False
) -> PlacedValue:
    """The value with another one at a path, or without it (None).

    Args:
        must_be: whether something has to be there already.
    """
    if not path:
        if new is None:
            raise PatchError("a whole object cannot be removed by a JSON patch")
        return new
    key = _key(value, path[0], for_new=len(path) == 1 and new is not None and not must_be)
    if len(path) > 1:
        inner: PlacedValue | None = _changed(value.value[key], path[1:], new, must_be)
        return replace(value, value=_with(value, key, inner, insert=False))
    return replace(value, value=_with(value, key, new, insert=not must_be))


def _with(value: PlacedValue, key: str | int, new: PlacedValue | None, insert: bool) -> object:
    """The entries with one set, inserted (in a list) or removed."""
    if isinstance(key, str):
        others = {k: v for k, v in value.value.items() if k != key or new is not None}
        return others | ({key: new} if new is not None else {})
    items = list(value.value)
    items[key : key + (0 if insert and new is not None else 1)] = [new] if new is not None else []
    return items

"""Values with the place of each: what a patch puts in keeps the place that it has in the patch.

A document's value as a tree, to be merged and changed by functions that give a new tree, and a tree as a
document again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sim.manifests.documents import Document
from sim.manifests.objects.meta import FilePosition, Path, Position

Place = FilePosition
"""File, line and column, both from 1."""


@dataclass(frozen=True)
class PlacedValue:
    """A value and its place: a dict or list of such, or a scalar. An entry of a dict has its key's place."""

    value: Any
    place: Place

    @property
    def is_mapping(self) -> bool:
        """Whether it has entries by name."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it has items in order."""
        return isinstance(self.value, list)

    @property
    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: inner.plain for key, inner in self.value.items()}
        return [inner.plain for inner in self.value] if isinstance(self.value, list) else self.value

    def at(self, *path: str) -> PlacedValue | None:
        """The value below some keys; None if there is none."""
        found: PlacedValue | None = self
        for key in path:
            found = found.value.get(key) if found is not None and isinstance(found.value, dict) else None
        return found

    def text(self, *path: str) -> str:
        """The text below some keys; empty if there is none."""
        found = self.at(*path)
        return found.value if found is not None and isinstance(found.value, str) else ""

    def put(self, path: tuple[str, ...], value: PlacedValue) -> PlacedValue:
        """The same with a value below some keys; mappings that are missing on the way are made."""
        if not path:
            return value
        entries = dict(self.value) if isinstance(self.value, dict) else {}
        inner = entries.get(path[0], PlacedValue({}, value.place))
        entries[path[0]] = inner.put(path[1:], value)
        return replace(self, value=entries)


def placed(value: Any, place: Place) -> PlacedValue:
    """A plain value, all of it at one place."""
    if isinstance(value, dict):
        return PlacedValue({str(key): placed(inner, place) for key, inner in value.items()}, place)
    if isinstance(value, list):
        return PlacedValue([placed(inner, place) for inner in value], place)
    return PlacedValue(value, place)


def tree(document: Document, lines: int = 0, columns: int = 0) -> PlacedValue:
    """A document's value with its places.

    Args:
        lines, columns: what lies before it in the file, where it is a text within another document.
    """

    def at(value: Any, path: Path) -> PlacedValue:
        file, line, column = document.origin.place(*path)
        here = (file, line + lines, column + columns)
        if isinstance(value, dict):
            return PlacedValue({key: at(inner, (*path, key)) for key, inner in value.items()}, here)
        if isinstance(value, list):
            return PlacedValue([at(inner, (*path, i)) for i, inner in enumerate(value)], here)
        return PlacedValue(value, here)

    return at(document.value, ())


def document_of(value: PlacedValue, like: Document) -> Document:
    """A tree as a document again: of the same file, with the places of what comes from others beside."""
    places = dict(_places(value, ()))
    own: dict[Path, Position] = {
        p: (line, col) for p, (file, line, col) in places.items() if file == like.file
    }
    others = {p: place for p, place in places.items() if place[0] != like.file}
    return replace(like, value=value.plain, positions=own, elsewhere=others)


def _places(value: PlacedValue, path: Path) -> Iterator[tuple[Path, Place]]:
    yield path, value.place
    inner = value.value
    pairs: Any = (
        inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
    )
    for key, child in pairs:
        yield from _places(child, (*path, key))

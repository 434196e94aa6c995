"""Values as they were read, each with its place: what a text holds before it has a meaning.

A Builder takes the events of a YAML or JSON text in order and returns plain values: dict, list, str, int,
float, bool, None. Places are kept as one number per value, in reading order, and found again by walking the
values; so a large file costs eight bytes per value. Aliases are shared, and may not repeat without bound.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sim.errors import ParseError
from sim.manifests.objects.meta import FilePosition, Origin, Path, Position

DEEPEST = 250
"""Mappings and lists within one another; the deepest real schemas have some eighty."""
MOST_REPEATED = 100_000
"""Values that aliases may repeat in one document; real files repeat a few dozen."""
_MERGE = "\0<<"
_WORTH_REMEMBERING = 64
_COLUMN_BITS = 32
_COLUMN = (1 << _COLUMN_BITS) - 1


class Positions(Mapping[Path, Position]):
    """Path below a value -> (line, column), both from 1.

    Args:
        value: the value, unchanged since it was read.
        marks: line and column of every value of the document in reading order, both from 0, as one number.
        start: the place of `value` itself in `marks`.
    """

    def __init__(self, value: Any, marks: array[int], start: int = 0) -> None:
        self._value, self._marks, self._start = value, marks, start
        self._starts: dict[int, dict[Any, int]] = {}

    def __getitem__(self, path: Path) -> Position:
        mark = self._marks[self._find(path)[1]]
        return (mark >> _COLUMN_BITS) + 1, (mark & _COLUMN) + 1

    def __iter__(self) -> Iterator[Path]:
        return _paths(self._value, ())

    def __len__(self) -> int:
        return count(self._value)

    def below(self, path: Path) -> Positions:
        """The positions of the value at `path`.

        Raises:
            KeyError: nothing was written there.
        """
        value, start = self._find(path)
        return Positions(value, self._marks, start)

    def _find(self, path: Path) -> tuple[Any, int]:
        value, start = self._value, self._start
        for part in path:
            start = self._child(value, start, part)
            value = value[part]
        return value, start

    def _child(self, value: Any, start: int, part: str | int) -> int:
        """Where an entry of a mapping or a list stands in `marks`.

        Only what comes before it is counted; if that takes long, all entries are, once, and remembered.
        """
        known = self._starts.get(start)
        if known is not None:
            return known[part]
        at = start + 1
        for key, child in _entries(value):
            if key == part:
                return at
            at += count(child)
            if at - start > _WORTH_REMEMBERING:
                break
        starts = self._starts[start] = _child_starts(value, start)[0]
        return starts[part]


def _child_starts(value: Any, start: int) -> tuple[dict[Any, int], int]:
    """Where each entry stands, and where the value ends."""
    starts, at = {}, start + 1
    for key, child in _entries(value):
        starts[key] = at
        at += count(child)
    return starts, at


def _entries(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        return iter(value.items())
    return enumerate(value) if isinstance(value, list) else iter(())


def count(value: Any) -> int:
    """How many values there are in a value, itself included."""
    if isinstance(value, dict):
        return 1 + sum(map(count, value.values()))
    return 1 + sum(map(count, value)) if isinstance(value, list) else 1


def _paths(value: Any, path: Path) -> Iterator[Path]:
    yield path
    for key, child in _entries(value):
        yield from _paths(child, (*path, key))


@dataclass(frozen=True)
class Document:
    """One YAML or JSON document: plain values, and where each of them stands.

    Args:
        template: the chart template that helm names above it (`# Source: …`), None if it names none.
        repeated: keys that stand twice in one mapping, each with its second place; the last value counts.
        elsewhere: places of the values that came from other files, as by a patch.
    """

    file: str
    value: Any
    positions: Mapping[Path, Position]
    template: str | None = None
    repeated: tuple[tuple[str, Position], ...] = field(default=(), compare=False)
    elsewhere: Mapping[Path, FilePosition] = field(default_factory=dict, compare=False)

    @property
    def origin(self) -> Origin:
        """The document's file and positions."""
        return Origin(self.file, self.positions, self.template, self.elsewhere)

    def below(self, *path: str | int) -> Document:
        """The part of this document below `path`, with its positions."""
        value = self.value
        for part in path:
            value = value[part]
        if isinstance(self.positions, Positions):
            return Document(self.file, value, self.positions.below(path), self.template)
        own, others = _below(self.positions, path), _below(self.elsewhere, path)
        return Document(self.file, value, own, self.template, elsewhere=others)


_Value = TypeVar("_Value")


def _below(places: Mapping[Path, _Value], path: Path) -> dict[Path, _Value]:
    return {p[len(path) :]: place for p, place in places.items() if p[: len(path)] == path}


@dataclass
class _Open:
    """A mapping or list that has not ended: its place in the marks, and how much was repeated before it.

    Args:
        starts: where each of its entries stands, once a key stood twice; None before that.
        dropped: from where to where in the marks earlier values of such keys stand.
    """

    container: Any
    start: int
    repeated: int
    anchor: str | None
    starts: dict[Any, int] | None = None
    dropped: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Anchor:
    """A value that has a name: itself, its marks, and its size with all that its aliases repeat."""

    value: Any
    marks: array[int]
    size: int


class Builder:
    """Makes one document's value from its events, in order. Lines and columns count from 0.

    Args:
        file: for messages.
        first_line: line of the file on which the text begins that the events count from.
    """

    def __init__(self, file: str, first_line: int = 0) -> None:
        self._file, self._first_line = file, first_line
        self.marks = array("Q")
        self.repeated: list[tuple[str, Position]] = []
        self.value: Any = None
        self._stack: list[_Open] = []
        self._container: Any = None
        self._starts: dict[Any, int] | None = None
        self._key: str | None = None
        self._anchors: dict[str, _Anchor] = {}
        self._copied = self._beyond = 0
        self._largest: tuple[int, ParseError] | None = None

    def document(self, template: str | None = None) -> Document:
        """The document, once its last event was taken.

        Raises:
            ParseError: its aliases repeat more than MOST_REPEATED values; at the one that repeats the most.
        """
        if self._copied + self._beyond > MOST_REPEATED and self._largest:
            raise self._largest[1]
        positions = Positions(self.value, self.marks)
        return Document(self._file, self.value, positions, template, tuple(self.repeated))

    @property
    def wants_key(self) -> bool:
        """Whether the next value is the key of a mapping's entry."""
        return type(self._container) is dict and self._key is None

    def key(self, key: str, line: int, column: int) -> None:
        """The key of the next entry; one that stands twice is noted, and its last value counts."""
        if key in self._container:
            self.repeated.append((key, (line + self._first_line + 1, column + 1)))
            self._forget(key)
        if self._starts is not None:
            self._starts[key] = len(self.marks)
        self.marks.append((line + self._first_line) << _COLUMN_BITS | column)
        self._key = key

    def merge_key(self, line: int, column: int) -> None:
        """The key `<<`: the entries of the value that follows are merged when the mapping ends."""
        self.key(_MERGE, line, column)

    def scalar(self, value: Any, line: int, column: int, anchor: str | None = None) -> None:
        """A value that is no mapping and no list."""
        start = self._put(value, line, column)
        if anchor is not None:
            self._anchors[anchor] = _Anchor(value, self.marks[start:], 1)

    def open(self, container: Any, line: int, column: int, anchor: str | None = None) -> None:
        """A mapping or a list begins: an empty dict or list.

        Raises:
            ParseError: it lies deeper than DEEPEST.
        """
        if len(self._stack) >= DEEPEST:
            raise self.error(
                f"nested deeper than {DEEPEST} levels", line, column, "no manifest is; look at it", "SIM1006"
            )
        start = self._put(container, line, column)
        self._stack.append(_Open(container, start, self._beyond, anchor))
        self._container, self._starts = container, None

    def close(self) -> None:
        """The innermost mapping or list ends."""
        done = self._stack.pop()
        for start, end in sorted(done.dropped, reverse=True):
            del self.marks[start:end]
        if _MERGE in done.container:
            self._merge(done)
        if done.anchor is not None:
            marks = self.marks[done.start :]
            size = len(marks) + self._beyond - done.repeated
            self._anchors[done.anchor] = _Anchor(done.container, marks, size)
        above = self._stack[-1] if self._stack else None
        self._container, self._starts = (above.container, above.starts) if above else (None, None)

    def alias(self, name: str, line: int, column: int) -> None:
        """A value that was named before, once more.

        Raises:
            ParseError: no value has that name, or it has not ended yet.
        """
        open_here = next((o for o in self._stack if o.anchor == name), None)
        if open_here is not None:
            mark = self.marks[open_here.start]
            where = (mark >> _COLUMN_BITS) - self._first_line, mark & _COLUMN
            message = f"this value contains itself (alias *{name})"
            raise self.error(message, *where, "remove the alias that closes the circle", "SIM1004")
        if name not in self._anchors:
            fix = "quote it if it is text; an alias needs its &anchor in the same document"
            raise self.error(
                f"undefined alias *{name}: no anchor &{name} before it", line, column, fix, "SIM1001"
            )
        self._repeat(self._anchors[name], line, column)

    def error(self, message: str, line: int, column: int, fix: str | None, code: str) -> ParseError:
        """A ParseError at a place of this text."""
        return ParseError(message, f"{self._file}:{line + self._first_line + 1}:{column + 1}", fix, code)

    def _put(self, value: Any, line: int, column: int) -> int:
        """Set a value into what is open; returns its place in the marks."""
        container = self._container
        if type(container) is dict:
            container[self._key] = value
            self._key = None
            return len(self.marks) - 1
        self.marks.append((line + self._first_line) << _COLUMN_BITS | column)
        if container is None:
            self.value = value
        else:
            container.append(value)
        return len(self.marks) - 1

    def _repeat(self, anchor: _Anchor, line: int, column: int) -> None:
        """Share the value; past the bound its places are only counted, for the document is refused."""
        self._put(anchor.value, line, column)
        if self._largest is None or anchor.size > self._largest[0]:
            message = f"aliases make this document grow past {MOST_REPEATED:,} repeated values"
            self._largest = anchor.size, self.error(message, line, column, "write the values out", "SIM1004")
        if self._copied + anchor.size > MOST_REPEATED:
            self._beyond += anchor.size - 1
        else:
            self._copied += anchor.size
            self.marks.extend(anchor.marks[1:])

    def _forget(self, key: str) -> None:
        """Drop an earlier value of a key; its places go when the mapping ends."""
        container, here = self._container, self._stack[-1]
        if not self._beyond:
            if here.starts is None:
                here.starts = self._starts = _child_starts(container, here.start)[0]
            start = here.starts[key]
            here.dropped.append((start, start + count(container[key])))
        del container[key]

    def _merge(self, done: _Open) -> None:
        """Put the entries that `<<` brings before the mapping's own; the own ones, and the earlier, win."""
        container = done.container
        if self._beyond:
            del container[_MERGE]
            return
        own = _pieces(container, done.start)
        value, start = own.pop(_MERGE)
        entries: dict[str, tuple[Any, int]] = {}
        for source, at in self._merged_mappings(value, start):
            entries = _pieces(source, at) | entries
        entries |= own
        marks = array("Q")
        for item, at in entries.values():
            marks.extend(self.marks[at : at + count(item)])
        del self.marks[done.start + 1 :]
        self.marks.extend(marks)
        container.clear()
        container.update((k, item) for k, (item, _) in entries.items())

    def _merged_mappings(self, value: Any, start: int) -> Iterator[tuple[dict[str, Any], int]]:
        """The mappings that `<<` names, one or a list of them, with their places."""
        items = [(value, start)]
        if isinstance(value, list):
            items = [(item, at) for item, at in _pieces(value, start).values()]
        for item, at in items:
            if not isinstance(item, dict):
                mark = self.marks[at]
                where = (mark >> _COLUMN_BITS) - self._first_line, mark & _COLUMN
                raise self.error("<< takes a mapping or a list of mappings", *where, None, "SIM1001")
            yield item, at


def _pieces(value: Any, start: int) -> dict[Any, tuple[Any, int]]:
    return {key: (value[key], at) for key, at in _child_starts(value, start)[0].items()}

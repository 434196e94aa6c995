"""What a regular expression says, as a tree; both dialects read into the same one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.routing.expressions.characters import CharSet

Mood = Literal["greedy", "lazy", "possessive"]
Edge = Literal["text", "line", "end", "last-line", "line-end", "word", "no-word"]


@dataclass(frozen=True)
class OneChar:
    """One character of a set."""

    chars: CharSet


@dataclass(frozen=True)
class Sequence:
    """One after the other; none of them is the empty text."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    """The first way that leads on."""

    ways: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """From `least` to `most` times; None: without end."""

    part: Node
    least: int
    most: int | None
    mood: Mood


@dataclass(frozen=True)
class Group:
    """A part whose text can be asked for by its number."""

    part: Node
    number: int


@dataclass(frozen=True)
class At:
    """A place: an end of the text or of a line, the border of a word."""

    edge: Edge


@dataclass(frozen=True)
class Around:
    """What stands ahead or behind, or must not; it takes no text."""

    part: Node
    ahead: bool
    wanted: bool


@dataclass(frozen=True)
class Atomic:
    """A part that is never tried another way once it fits."""

    part: Node


@dataclass(frozen=True)
class Again:
    """The same text as a group had; in any letter case where `caseless`."""

    number: int
    caseless: bool


Node = OneChar | Sequence | Either | Repeat | Group | At | Around | Atomic | Again
EMPTY = Sequence(())


def sequence(parts: list[Node]) -> Node:
    """Parts one after the other."""
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def ways_of(node: Node) -> tuple[Node, ...]:
    """The ways of a choice; what is none is its only way."""
    return node.ways if isinstance(node, Either) else (node,)


def width(node: Node) -> int | None:
    """How many characters a part takes; None: not always as many."""
    match node:
        case OneChar():
            return 1
        case Sequence(parts):
            each = [width(part) for part in parts]
            return None if None in each else sum(n for n in each if n is not None)
        case Either(ways):
            found = {width(way) for way in ways}
            return found.pop() if len(found) == 1 else None
        case Repeat(part, least, most, _):
            one = width(part)
            return one * least if one is not None and least == most else None
        case Group(part, _):
            return width(part)
        case At() | Around():
            return 0
    return None


def required(node: Node) -> CharSet | None:
    """The last character that every text which fits must have somewhere; None: there is none that is sure."""
    match node:
        case OneChar(chars) if len(chars.ranges) <= 2 and all(low == high for low, high in chars.ranges):
            return chars
        case Sequence(parts):
            return next((found for part in reversed(parts) if (found := required(part)) is not None), None)
        case Either(ways):
            each = {required(way) for way in ways}
            return each.pop() if len(each) == 1 else None
        case Repeat(part, least, _, _) if least > 0:
            return required(part)
        case Group(part, _) | Atomic(part):
            return required(part)
    return None

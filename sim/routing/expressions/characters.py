r"""Sets of characters: of classes such as `[a-z]` and `\\d`, in bytes for PCRE and in code points for RE2."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

Range = tuple[int, int]
LAST_BYTE, LAST_POINT = 0xFF, 0x10FFFF


@dataclass(frozen=True)
class CharSet:
    """Characters as ranges of code points, in order and apart from each other."""

    ranges: tuple[Range, ...]

    @cached_property
    def _first(self) -> frozenset[str]:
        """Those up to U+00FF, one by one: nearly everything that is asked."""
        small = (range(low, min(high, LAST_BYTE) + 1) for low, high in self.ranges if low <= LAST_BYTE)
        return frozenset(chr(code) for part in small for code in part)

    @cached_property
    def _later(self) -> tuple[Range, ...]:
        return tuple(r for r in self.ranges if r[1] > LAST_BYTE)

    def __contains__(self, char: str) -> bool:
        return char in self._first or (char > "\xff" and any(a <= ord(char) <= b for a, b in self._later))

    def meets(self, other: CharSet) -> bool:
        """Whether both have a character."""
        return any(a <= d and c <= b for a, b in self.ranges for c, d in other.ranges)


def of(ranges: Iterable[Range]) -> CharSet:
    """A set of ranges in any order."""
    found: list[Range] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return CharSet(tuple(found))


def only(text: str) -> CharSet:
    """The characters of a text."""
    return of((ord(char), ord(char)) for char in text)


def union(*sets: CharSet) -> CharSet:
    """What is in any of them."""
    return of(part for one in sets for part in one.ranges)


def without(chars: CharSet, last: int) -> CharSet:
    """Everything up to `last` that is not in a set."""
    found, after = [], 0
    for low, high in chars.ranges:
        if low > after:
            found.append((after, low - 1))
        after = high + 1
    return CharSet((*found, *([(after, last)] if after <= last else ())))


def either_case(chars: CharSet, last: int) -> CharSet:
    """With the letters of the other case: those of ASCII; beyond bytes whatever has one such letter."""
    more = [(low, high) for low, high in chars.ranges]
    for low, high in chars.ranges:
        for first, end, away in ((65, 90, 32), (97, 122, -32)):
            if low <= end and high >= first:
                more.append((max(low, first) + away, min(high, end) + away))
        if last > LAST_BYTE and high > 127 and high - low < 512:
            swapped = (chr(code).swapcase() for code in range(max(low, 128), high + 1))
            more += [(ord(char), ord(char)) for char in swapped if len(char) == 1]
    return of(more)


DIGIT = of([(48, 57)])
WORD = of([(48, 57), (65, 90), (95, 95), (97, 122)])
SPACE = of([(9, 13), (32, 32)])
POSIX = {
    "alnum": of([(48, 57), (65, 90), (97, 122)]),
    "alpha": of([(65, 90), (97, 122)]),
    "ascii": of([(0, 127)]),
    "blank": only("\t "),
    "cntrl": of([(0, 31), (127, 127)]),
    "digit": DIGIT,
    "graph": of([(33, 126)]),
    "lower": of([(97, 122)]),
    "print": of([(32, 126)]),
    "punct": of([(33, 47), (58, 64), (91, 96), (123, 126)]),
    "space": SPACE,
    "upper": of([(65, 90)]),
    "word": WORD,
    "xdigit": of([(48, 57), (65, 70), (97, 102)]),
}

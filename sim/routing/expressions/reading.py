r"""From the text of a regular expression to its tree, in the flavour that a proxy reads.

Refused are what the proxy itself refuses, and what is not modelled: recursion, conditions, verbs, `\\K`,
`\\G`, branch reset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sim.routing.expressions import characters
from sim.routing.expressions.characters import CharSet
from sim.routing.expressions.escapes import bracketed, character, finished, octal, set_of
from sim.routing.expressions.flavours import Flavour, UnreadableExpressionError
from sim.routing.expressions.groups import GroupReader, Switches
from sim.routing.expressions.tree import (
    Again,
    At,
    Atomic,
    Edge,
    Either,
    Group,
    Mood,
    Node,
    OneChar,
    Repeat,
    Sequence,
    sequence,
)

_COUNT = re.compile(r"\{(\d+)(?:(,)(\d+)?)?\}")
_BACK = re.compile(
    r"k(?:<(\w+)>|\{(\w+)\}|'(\w+)')|g(?:\{(-?\d+)\}|(\d+)|\{([A-Za-z_]\w*)\})|([1-9]\d*)", re.ASCII
)
_OUTSIDE = re.compile(r"\[([:.=])[^\]]*\1\]")
_REPEATS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


@dataclass(frozen=True)
class ReadExpression:
    """A tree, how many groups it has, and the numbers of those with a name."""

    tree: Node
    groups: int
    names: dict[str, int]


class ExpressionReader(GroupReader):
    """Reads one expression from left to right."""

    def __init__(self, pattern: str, flavour: Flavour, options: Switches) -> None:
        """Nothing is read yet."""
        super().__init__(pattern, flavour, options)
        self._by_char: dict[str, Callable[[], None]] = {
            "\\": self._escape, "[": self._class, "(": self._group, ")": self._close, "|": self._or,
            "*": self._repeat, "+": self._repeat, "?": self._repeat, "{": self._brace,
            ".": self._dot, "^": self._start, "$": self._end,
        }  # fmt: skip

    def read(self) -> ReadExpression:
        """The tree.

        Raises:
            UnreadableExpressionError: with the reason.
        """
        while self.place < len(self.pattern):
            char = self.pattern[self.place]
            if self.options.x and (char in " \t\n\r\f\v#"):
                self._skip(char)
            else:
                self._by_char.get(char, self._plain)()
        if len(self.open) > 1:
            raise UnreadableExpressionError("a parenthesis that is not closed")
        if self.asked > self.groups:
            raise UnreadableExpressionError("it refers to a group that is not there")
        return ReadExpression(self.open[0].whole(), self.groups, self.names)

    def _skip(self, char: str) -> None:
        end = self.pattern.find("\n", self.place) if char == "#" else self.place
        self.place = (len(self.pattern) if end < 0 else end) + (end >= 0)

    def _chars(self, chars: CharSet, after: int) -> None:
        self._add(OneChar(finished(chars, self.flavour, self.options.i)), after)

    def _plain(self) -> None:
        self._add(_letter(self.pattern[self.place], self.flavour, self.options.i), self.place + 1)

    def _dot(self) -> None:
        last = self.flavour.last
        none = CharSet(()) if self.options.s else characters.only("\n")
        self._add(OneChar(characters.without(none, last)), self.place + 1)

    def _start(self) -> None:
        self._add(At("line" if self.options.m else "text"), self.place + 1, not self.flavour.backtracks)

    def _end(self) -> None:
        alone: Edge = "last-line" if self.flavour.backtracks else "end"
        self._add(At("line-end" if self.options.m else alone), self.place + 1, not self.flavour.backtracks)

    def _class(self) -> None:
        if self.flavour.backtracks and _OUTSIDE.match(self.pattern, self.place):
            raise UnreadableExpressionError("a named class stands in a class, such as [[:alpha:]]")
        self._chars(*bracketed(self.flavour, self.pattern, self.place + 1))

    def _escape(self) -> None:
        at = self.place + 1
        if at == len(self.pattern):
            raise UnreadableExpressionError("a backslash at the end")
        char = self.pattern[at]
        if char in "QE":
            self._quoted(char)
        elif char in self.flavour.edges:
            self._add(At(self.flavour.edges[char]), at + 1, not self.flavour.backtracks)
        elif (chars := set_of(self.flavour, self.pattern, at)) is not None:
            self._chars(*chars)
        elif self.flavour.backtracks and char == "R":
            self._add(_LINE_BREAK, at + 1)
        elif self.flavour.backtracks and (back := _BACK.match(self.pattern, at)) is not None:
            self._again(back)
        elif (one := character(self.flavour, self.pattern, at)) is not None:
            self._chars(characters.only(one[0]), one[1])
        else:
            raise UnreadableExpressionError(f"\\{char} is not in {self.flavour.name}, or not modelled")

    def _quoted(self, char: str) -> None:
        end = self.pattern.find("\\E", self.place) if char == "Q" else self.place
        literal = self.pattern[self.place + 2 : end if end >= 0 else None] if char == "Q" else ""
        for letter in literal:
            self._add(_letter(letter, self.flavour, self.options.i), self.place)
        self.place = len(self.pattern) if end < 0 else end + 2

    def _again(self, found: re.Match[str]) -> None:
        digits = found[4] or found[5] or found[7]
        if found[7] and _small(digits) > max(9, self.groups):
            char, after = octal(self.flavour, self.pattern, found.start())
            self._chars(characters.only(char), after)
            return
        if digits is None:
            number = self._number_of(found[1] or found[2] or found[3] or found[6] or "")
        else:
            number = _small(digits) + (self.groups + 1 if digits.startswith("-") else 0)
        self.asked = max(self.asked, number if number > 0 else self.flavour.most_repeats)
        self._add(Again(number, self.options.i), found.end())

    def _brace(self) -> None:
        found = _COUNT.match(self.pattern, self.place)
        if found is None:
            self._plain()
            return
        least = _small(found[1])
        most = least if found[2] is None else None if found[3] is None else _small(found[3])
        self._repeated(least, most, found.end())

    def _repeat(self) -> None:
        self._repeated(*_REPEATS[self.pattern[self.place]], self.place + 1)

    def _repeated(self, least: int, most: int | None, after: int) -> None:
        sign = self.pattern[self.place : after]
        if not self.repeatable:
            raise UnreadableExpressionError(f"nothing to repeat before {sign}")
        if max(least, most or 0) > self.flavour.most_repeats or (most is not None and most < least):
            raise UnreadableExpressionError(f"{sign} is more than {self.flavour.name} repeats, or backwards")
        lazy = self.pattern.startswith("?", after)
        keeps = self.flavour.backtracks and self.pattern.startswith("+", after)
        mood: Mood = "possessive" if keeps else "lazy" if lazy != self.options.U else "greedy"
        part = self.open[-1].parts.pop()
        self._add(Repeat(part, least, most, mood), after + (lazy or keeps), False)
        if not self.flavour.backtracks and most_times(self.open[-1].parts[-1]) > self.flavour.most_repeats:
            raise UnreadableExpressionError(f"{sign}: repeats in repeats are more than 1,000")


_LINE_BREAK = Atomic(
    Either(
        (
            sequence([OneChar(characters.only(c)) for c in "\r\n"]),
            OneChar(characters.of([(10, 13), (0x85, 0x85)])),
        )
    )
)


@lru_cache(maxsize=1024)
def _letter(char: str, flavour: Flavour, caseless: bool) -> Node:
    """One character as it stands."""
    return OneChar(finished(characters.only(char), flavour, caseless))


def _small(digits: str) -> int:
    """A count; one of many digits is too large anyway."""
    return int(digits) if len(digits) < 9 else 10**9


def most_times(node: Node) -> int:
    """How many times the innermost part of repeats in repeats is written out."""
    match node:
        case Repeat(part, least, most, _):
            times = max(least, most or 0)
            return most_times(part) * (times if times > 1 else 1)
        case Either(parts) | Sequence(parts):
            return max(map(most_times, parts), default=1)
        case Group(part, _):
            return most_times(part)
    return 1


def read(pattern: str, flavour: Flavour, caseless: bool = False) -> ReadExpression:
    """Read an expression.

    Args:
        caseless: as under `(?i)`.

    Raises:
        UnreadableExpressionError: its proxy refuses it, or it is not modelled; with the reason.
    """
    return ExpressionReader(pattern, flavour, Switches(i=caseless)).read()

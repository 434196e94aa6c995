"""From the tree of an expression to its program, from the end to the beginning.

Counts are written out: `a{2,4}` is aa(a(a)?)?. So the program may become much larger than the expression, and
one that becomes too large is refused, as PCRE and RE2 refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sim.routing.expressions.characters import CharSet
from sim.routing.expressions.flavours import Flavour, UnreadableExpressionError
from sim.routing.expressions.program import (
    DONE,
    Arrived,
    Border,
    Choose,
    Instruction,
    LookAround,
    Once,
    Program,
    SameAgain,
    Save,
    TakeOne,
    TakeRun,
    TakeText,
)
from sim.routing.expressions.reading import ReadExpression
from sim.routing.expressions.tree import (
    Again,
    Around,
    At,
    Atomic,
    Either,
    Group,
    Node,
    OneChar,
    Repeat,
    Sequence,
    ways_of,
    width,
)

_LETTERS = 32
"""Between a capital letter and a small one, in ASCII."""


class Compiler:
    """Writes the instructions of one expression."""

    def __init__(self, flavour: Flavour) -> None:
        """Nothing is written yet."""
        self.flavour = flavour
        self.codes: list[Instruction] = []
        self.refers_back = False
        self._writers: dict[type[Any], Callable[[Any, int], int]] = {
            OneChar: self._one, Sequence: self._sequence, Either: self._either, Repeat: self._repeat,
            Group: self._group, At: self._at, Around: self._around, Atomic: self._atomic, Again: self._again,
        }  # fmt: skip

    def write(self, node: Node, after: int) -> int:
        """The first instruction of a part that goes on to `after`."""
        return self._writers[type(node)](node, after)

    def _add(self, make: Callable[..., Instruction], after: int, *more: object) -> int:
        if len(self.codes) >= self.flavour.most_instructions:
            raise UnreadableExpressionError(f"the expression is too large for {self.flavour.name}")
        self.codes.append(make(len(self.codes), after, *more))
        return len(self.codes) - 1

    def _one(self, node: OneChar, after: int) -> int:
        return self._add(TakeOne, after, node.chars)

    def _sequence(self, node: Sequence, after: int) -> int:
        for text, folded, part in reversed(list(_texts(node.parts))):
            after = self.write(part, after) if part else self._add(TakeText, after, text, folded)
        return after

    def _either(self, node: Either, after: int) -> int:
        return self._add(Choose, after, tuple(self.write(way, after) for way in node.ways))

    def _group(self, node: Group, after: int) -> int:
        end = self._add(Save, after, 2 * node.number + 1)
        return self._add(Save, self.write(node.part, end), 2 * node.number)

    def _at(self, node: At, after: int) -> int:
        return self._add(Border, after, node.edge)

    def _atomic(self, node: Atomic, after: int) -> int:
        return self._add(Once, after, self.write(node.part, DONE))

    def _around(self, node: Around, after: int) -> int:
        if node.ahead:
            return self._add(LookAround, after, self.write(node.part, DONE), node.wanted)
        part = self.write(node.part, self._add(Arrived, DONE))
        found = {width(way) for way in ways_of(node.part)}
        return self._add(LookAround, after, part, node.wanted, frozenset(found - {None}))

    def _again(self, node: Again, after: int) -> int:
        self.refers_back = True
        return self._add(SameAgain, after, node.number, node.caseless)

    def _repeat(self, node: Repeat, after: int) -> int:
        if isinstance(node.part, OneChar) and self.flavour.backtracks:
            return self._add(TakeRun, after, node.part.chars, node.least, node.most, node.mood)
        if node.mood == "possessive":
            return self._atomic(Atomic(Repeat(node.part, node.least, node.most, "greedy")), after)
        if node.most is None:
            after = self._loop(node, after)
        else:
            after = self._some(node, node.most - node.least, after)
        for _ in range(node.least - (node.most is None and node.least > 0)):
            after = self.write(node.part, after)
        return after

    def _loop(self, node: Repeat, after: int) -> int:
        """Any number of times, or any but none."""
        fork = self._add(Choose, after, (), True)
        body = self.write(node.part, fork)
        self._set_ways(fork, (body, after), node.mood == "lazy")
        return fork if node.least == 0 else body

    def _some(self, node: Repeat, most: int, after: int) -> int:
        """Up to so many times."""
        out = after
        for _ in range(most):
            fork = self._add(Choose, out)
            self._set_ways(fork, (self.write(node.part, after), out), node.mood == "lazy")
            after = fork
        return after

    def _set_ways(self, number: int, ways: tuple[int, int], lazy: bool) -> None:
        fork = self.codes[number]
        assert isinstance(fork, Choose)
        fork.ways = ways[::-1] if lazy else ways


def _texts(parts: tuple[Node, ...]) -> Iterator[tuple[str, bool, Node | None]]:
    """Parts, single characters one after the other as one text: (text, whether in any case, None)."""
    text, case = "", ""
    for part in parts:
        char, own = _letter(part.chars) if isinstance(part, OneChar) else ("", "")
        if text and (not char or (own and case and own != case)):
            yield text, case == "any", None
            text, case = "", ""
        if char:
            text, case = text + char, case or own
        else:
            yield "", False, part
    if text:
        yield text, case == "any", None


def _letter(chars: CharSet) -> tuple[str, str]:
    """A set that is one character, or one letter of ASCII in both cases; and in which case it is compared."""
    codes = [low for low, high in chars.ranges if low == high]
    if len(codes) != len(chars.ranges):
        return "", ""
    if len(codes) == 1:
        char = chr(codes[0])
        return char, "own" if char.isascii() and char.isalpha() else ""
    is_pair = (
        len(codes) == 2 and codes[0] + _LETTERS == codes[1] and chr(codes[0]).isalpha() and codes[1] < 128
    )
    return (chr(codes[1]), "any") if is_pair else ("", "")


def compiled(read: ReadExpression, flavour: Flavour) -> Program:
    """The program of an expression.

    Raises:
        UnreadableExpressionError: it is too large.
    """
    compiler = Compiler(flavour)
    start = compiler.write(read.tree, DONE)
    codes = tuple(compiler.codes)
    for code in codes:
        if isinstance(code, TakeRun) and code.mood == "greedy" and _keeps_all(codes, code):
            code.mood = "possessive"
    caseless = any(getattr(code, "folded", False) or getattr(code, "caseless", False) for code in codes)
    return Program(codes, start, read.groups, not compiler.refers_back, caseless)


def _keeps_all(codes: tuple[Instruction, ...], run: TakeRun) -> bool:
    """Whether giving back what was taken never helps: what follows begins with none of these characters.

    Source: PCRE2's auto-possessification, pcre2api(3).
    """
    at = run.after
    while at != DONE and isinstance(codes[at], Save):
        at = codes[at].after
    following = codes[at] if at != DONE else None
    if isinstance(following, TakeOne):
        return not following.chars.meets(run.chars)
    if isinstance(following, TakeRun) and following.least > 0:
        return not following.chars.meets(run.chars)
    if isinstance(following, TakeText):
        first = following.text[0]
        return not any(
            char in run.chars for char in ({first, first.upper()} if following.folded else {first})
        )
    ends = isinstance(following, Border) and following.edge in ("end", "last-line")
    return ends and "\n" not in run.chars

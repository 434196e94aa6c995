r"""Regular expressions of manifests, matched with a bound: the one door through which every room asks.

Text in, and what fits, or nothing, or that a bound was reached: of the work, never of time, so that the same
question has the same answer on every machine. What fits is what PCRE (nginx, HAProxy: bytes, as text of one
character each) or RE2 (Envoy: bytes too) would find, captures included. RE2 is linear and has no
bound. PCRE goes back and forth, at most 10,000,000 steps; here the steps are counted without being taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from sim.routing.expressions import reading, tree
from sim.routing.expressions.characters import CharSet
from sim.routing.expressions.compiling import compiled
from sim.routing.expressions.flavours import ANY, PCRE, RE2, Flavour, UnreadableExpressionError
from sim.routing.expressions.program import Program, TakeText, small_letters
from sim.routing.expressions.walking import FAILED, GaveUpError, Walk

__all__ = [
    "ANY",
    "PCRE",
    "RE2",
    "Expression",
    "Flavour",
    "GaveUp",
    "Match",
    "UnreadableExpressionError",
    "as_bytes",
    "expression",
    "searched",
]


@dataclass(frozen=True)
class Match:
    """What fits.

    Args:
        spans: where each group begins and ends in the text, the whole first; -1 for one that took no part.
    """

    text: str
    spans: tuple[tuple[int, int], ...]

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.spans) - 1

    def __getitem__(self, number: int) -> str:
        """The text of a group, empty where it took no part."""
        low, high = self.spans[number]
        return self.text[low:high] if high >= 0 else ""


@dataclass(frozen=True)
class GaveUp:
    """A bound was reached before it was known whether something fits.

    Args:
        most_steps: of the proxy itself; None: the bound is that of this program.
    """

    most_steps: int | None

    @property
    def code(self) -> str:
        """The page about it."""
        return "SIM2115" if self.most_steps else "SIM2116"

    @property
    def because(self) -> str:
        """Which bound, in words."""
        if self.most_steps:
            return f"takes over {self.most_steps:,} steps, where PCRE gives up"
        return "is not decided: it takes more steps than this model goes"


@dataclass(frozen=True, eq=False)
class Expression:
    """An expression, read and ready."""

    pattern: str
    flavour: Flavour
    program: Program
    _required: CharSet | None

    def search(self, text: str) -> Match | GaveUp | None:
        """The first place where it fits, or None, or that a bound was reached."""
        begins, caseless = self._head
        if begins and not (small_letters(text) if caseless else text).startswith(begins):
            return None
        if self._required is not None and not any(char in self._required for char in text):
            return None
        walk = Walk(self.program, text, self.flavour.most_steps)
        try:
            for start in range(1 if self._anchored else len(text) + 1):
                walk.begin()
                if (end := walk.run(self.program.start, start)) != FAILED:
                    pairs = zip(walk.slots[2::2], walk.slots[3::2], strict=True)
                    return Match(text, ((start, end), *((a, b) if b >= 0 else (-1, -1) for a, b in pairs)))
        except GaveUpError:
            return GaveUp(self.flavour.most_steps if self.program.remembers else None)
        return None

    @cached_property
    def _head(self) -> tuple[str, bool]:
        """The text that all that fits begins with, if that is sure; and whether in any letter case."""
        codes = self.program.codes
        at = codes[self.program.start].after if self._anchored else -1
        first = codes[at] if at >= 0 else None
        return (first.text, first.folded) if isinstance(first, TakeText) else ("", False)

    @cached_property
    def _anchored(self) -> bool:
        """Whether it can fit at the beginning alone."""
        first = self.program.codes[self.program.start] if self.program.start >= 0 else None
        return getattr(first, "edge", "") == "text"


def searched(
    pattern: str, flavour: Flavour, text: str, whole: bool = False, caseless: bool = False
) -> Match | GaveUp | None:
    """What an expression finds; one that cannot be read finds nothing."""
    try:
        return _found(expression(pattern, flavour, caseless, whole), text)
    except UnreadableExpressionError:
        return None


@lru_cache(maxsize=1024)
def _found(asked: Expression, text: str) -> Match | GaveUp | None:
    """What a search gives: each side of a comparison asks the same text, and so does each explanation."""
    return asked.search(text)


def as_bytes(text: str) -> str:
    """Text as a proxy holds it: one character per byte of its UTF-8 form."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def expression(pattern: str, flavour: Flavour, caseless: bool = False, whole: bool = False) -> Expression:
    """Read an expression.

    Args:
        caseless: as under `(?i)`.
        whole: whether it must fit the whole text.

    Raises:
        UnreadableExpressionError: its proxy refuses it, or it is not modelled; with the reason.
    """
    read = _read(pattern, flavour, caseless, whole)
    if isinstance(read, str):
        raise UnreadableExpressionError(read)
    return read


@lru_cache(maxsize=4096)
def _read(pattern: str, flavour: Flavour, caseless: bool, whole: bool) -> Expression | str:
    """The expression, or why it cannot be read: both are asked again and again."""
    try:
        read = reading.read(pattern, flavour, caseless)
        if whole:
            ends = (tree.At("text"), read.tree, tree.At("end"))
            read = reading.ReadExpression(tree.Sequence(ends), read.groups, read.names)
        return Expression(pattern, flavour, compiled(read, flavour), tree.required(read.tree))
    except UnreadableExpressionError as error:
        return f"{pattern}: {error}"
    except RecursionError:
        return f"{pattern}: groups are nested too deep here"

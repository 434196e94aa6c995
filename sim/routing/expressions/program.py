"""Instructions, which an expression becomes before it is matched: each takes text, or sends the walk on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sim.routing.expressions.characters import WORD, CharSet
from sim.routing.expressions.tree import Edge, Mood
from sim.routing.expressions.walking import FAILED, Walk

DONE = -1
"""Instead of the number of an instruction: the program, or this part of it, ends."""

_LOWER = {code: code + 32 for code in range(65, 91)}


@lru_cache(maxsize=256)
def small_letters(text: str) -> str:
    """The text with the small letters of ASCII; one text is asked of many expressions."""
    return text.translate(_LOWER)


@dataclass(slots=True)
class Instruction:
    """An instruction, which is one of the classes below.

    Args:
        number: its own.
        after: the number of the next one.
    """

    number: int
    after: int

    def take(self, walk: Walk, place: int) -> int:
        """Go on from a place: the place behind what was taken, or FAILED."""
        raise NotImplementedError

    def again(self, walk: Walk, place: int, low: int, high: int) -> int:
        """Go on another way, after the last one has failed."""
        raise NotImplementedError


@dataclass(frozen=True)
class Program:
    """An expression, ready to be walked through.

    Args:
        start: the number of the first instruction.
        remembers: whether a state is no more than its place: nothing refers back.
        caseless: whether an instruction compares without regard to letter case.
    """

    codes: tuple[Instruction, ...]
    start: int
    groups: int
    remembers: bool
    caseless: bool

    def folded(self, text: str) -> str:
        """The text with small letters, where that is compared."""
        return small_letters(text) if self.caseless else text


@dataclass(slots=True)
class TakeOne(Instruction):
    """One character of a set."""

    chars: CharSet

    def take(self, walk: Walk, place: int) -> int:
        """One further, if it is one of them."""
        text = walk.text
        return place + 1 if place < len(text) and text[place] in self.chars else FAILED


@dataclass(slots=True)
class TakeText(Instruction):
    """Characters one after the other; `folded`: in any letter case, and written small here."""

    text: str
    folded: bool

    def take(self, walk: Walk, place: int) -> int:
        """Behind the text, if it stands here."""
        stands = (walk.folded if self.folded else walk.text).startswith(self.text, place)
        return place + len(self.text) if stands else FAILED


@dataclass(slots=True)
class TakeRun(Instruction):
    """From `least` to `most` characters of a set, as many as possible first unless it is lazy."""

    chars: CharSet
    least: int
    most: int | None
    mood: Mood

    def take(self, walk: Walk, place: int) -> int:
        """The first of the places where it may end."""
        text, chars = walk.text, self.chars
        limit = len(text) if self.most is None else min(len(text), place + self.most)
        end, low = place, place + self.least
        while end < limit and text[end] in chars:
            end += 1
        walk.walked += (end - place) >> 4
        if end < low:
            return FAILED
        if end == low or self.mood == "possessive":
            return end
        if not walk.enter(self.number, place):
            return FAILED
        walk.count()
        return self._left(walk, low, low, end) if self.mood == "lazy" else self._left(walk, end, low, end)

    def again(self, walk: Walk, place: int, low: int, high: int) -> int:
        """One shorter, or one longer where it is lazy."""
        return self._left(walk, place, low, high)

    def _left(self, walk: Walk, place: int, low: int, high: int) -> int:
        if self.mood == "lazy" and place < high:
            walk.chance(self.number, place + 1, low, high)
        elif self.mood == "greedy" and place > low:
            walk.chance(self.number, place - 1, low, high)
        return place


@dataclass(slots=True)
class Choose(Instruction):
    """Several ways on; in a loop the one that leaves it is `after`."""

    ways: tuple[int, ...] = ()
    loops: bool = False

    def take(self, walk: Walk, place: int) -> int:
        """The first way; out of a loop whose round has taken nothing."""
        entered = walk.enter(self.number, place)
        if entered is None and self.loops:
            return place
        if not entered:
            return FAILED
        walk.count()
        return self.again(walk, place, 0, 0)

    def again(self, walk: Walk, place: int, low: int, high: int) -> int:
        """The next way."""
        if low + 1 < len(self.ways):
            walk.chance(self.number, place, low + 1, high)
        walk.next = self.ways[low]
        return place


@dataclass(slots=True)
class Save(Instruction):
    """Where a group begins or ends."""

    slot: int

    def take(self, walk: Walk, place: int) -> int:
        """The same place, kept."""
        slots = walk.slots
        walk.slots = (*slots[: self.slot], place, *slots[self.slot + 1 :])
        return place


@dataclass(slots=True)
class Border(Instruction):
    """A place: an end, or the border of a word."""

    edge: Edge

    def take(self, walk: Walk, place: int) -> int:
        """The same place, if it is one."""
        return place if self._holds(walk.text, place) else FAILED

    def _holds(self, text: str, place: int) -> bool:
        last = len(text)
        if self.edge in ("word", "no-word"):
            before = place > 0 and text[place - 1] in WORD
            behind = place < last and text[place] in WORD
            return (before != behind) == (self.edge == "word")
        if self.edge == "text":
            return place == 0
        if self.edge == "line":
            return place == 0 or (text[place - 1] == "\n" and place < last)
        if self.edge == "line-end":
            return place == last or text[place] == "\n"
        return place == last or (self.edge == "last-line" and place == last - 1 and text[place] == "\n")


@dataclass(slots=True)
class Once(Instruction):
    """A part that is tried one way only."""

    part: int

    def take(self, walk: Walk, place: int) -> int:
        """Where the part ends."""
        after = self.after
        end = walk.run(self.part, place)
        walk.next = after
        return end


@dataclass(slots=True)
class LookAround(Instruction):
    """What stands ahead or, with one of these widths, behind."""

    part: int
    wanted: bool
    widths: frozenset[int] | None = None

    def take(self, walk: Walk, place: int) -> int:
        """The same place, if it stands there as wanted."""
        after, slots = self.after, walk.slots
        found = self._found(walk, place)
        if not (found and self.wanted):
            walk.slots = slots
        walk.next = after
        return place if found == self.wanted else FAILED

    def _found(self, walk: Walk, place: int) -> bool:
        if self.widths is None:
            return walk.run(self.part, place) != FAILED
        starts = (place - width for width in sorted(self.widths) if width <= place)
        return any(walk.leads(self.part, start, place) for start in starts)


@dataclass(slots=True)
class Arrived(Instruction):
    """The place that a look behind began at."""

    def take(self, walk: Walk, place: int) -> int:
        """The same place, if it is that one."""
        return place if place == walk.goal else FAILED


@dataclass(slots=True)
class SameAgain(Instruction):
    """The text that a group had."""

    group: int
    caseless: bool

    def take(self, walk: Walk, place: int) -> int:
        """Behind it; a group that had none fits nothing."""
        low, high = walk.slots[2 * self.group : 2 * self.group + 2]
        if high < 0:
            return FAILED
        text = walk.folded if self.caseless else walk.text
        return place + high - low if text.startswith(text[low:high], place) else FAILED

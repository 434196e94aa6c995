"""One attempt to match: a walk through a program with a way back, which goes no way twice.

A state is an instruction and a place in the text. A state that led nowhere is remembered with the number of
steps that a matcher without memory would spend on it, and never entered again: the work is linear in program
times text, and the steps are still those of PCRE, which gives up at its match limit. Where an expression has
back references, a state is more than its place and nothing is remembered; the work itself is bounded then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.routing.expressions.program import Program

FAILED = -1
"""Instead of a place: this way leads nowhere."""

MOST_WALKED = 1_000_000
"""Instructions of one attempt, about a second of them; without memory a fifth of that."""

_OPEN = -1
"""A state that is being tried: coming here again means that nothing was taken in between."""

Slots = tuple[int, ...]
Chance = tuple[int, int, Slots, int, int]
"""An instruction, or -1 and the state to close, a place, the groups so far, and what is left to try."""


class GaveUpError(Exception):
    """A bound was reached."""


class Walk:
    """The state of an attempt.

    Args:
        most_steps: of a matcher without memory; None: any number.
    """

    def __init__(self, program: Program, text: str, most_steps: int | None) -> None:
        """At the beginning."""
        self.program, self.text, self.size = program, text, len(text) + 1
        self.folded = program.folded(text)
        self.slots: Slots = (-1,) * (2 * program.groups + 2)
        self.steps, self.walked = 0, 0
        self.next, self.goal = 0, FAILED
        self._most_steps = most_steps
        self._remembers = program.remembers
        self._most_walked = MOST_WALKED if self._remembers else MOST_WALKED // 5
        self._known: dict[int, int] = {}
        self._chances: list[Chance] = []

    def run(self, start: int, place: int) -> int:
        """Walk from an instruction until the program, or the part of it, ends.

        Returns:
            The place where it ended; FAILED: nowhere.

        Raises:
            GaveUpError: a bound was reached.
        """
        base, codes = len(self._chances), self.program.codes
        at = start
        while at >= 0:
            self.walked += 1
            if self.walked > self._most_walked:
                raise GaveUpError
            code = codes[at]
            self.next = code.after
            place = code.take(self, place)
            if place == FAILED:
                place = self._back(base)
                if place == FAILED:
                    return FAILED
            at = self.next
        self._forget(base)
        return place

    def leads(self, start: int, place: int, goal: int) -> bool:
        """Whether a part leads from a place to another, for which what is known here does not count."""
        inner = Walk(self.program, self.text, self._most_steps)
        inner.slots, inner.steps, inner.walked, inner.goal = self.slots, self.steps, self.walked, goal
        found = inner.run(start, place) != FAILED
        self.steps, self.walked = inner.steps, inner.walked
        if found:
            self.slots = inner.slots
        return found

    def begin(self) -> None:
        """Another attempt, from another place; what led nowhere still leads nowhere."""
        self.steps = 0
        self.slots = (-1,) * len(self.slots)

    def enter(self, state: int, place: int) -> bool | None:
        """Begin to try a state: True if it is new, None while it is open, False if it led nowhere before."""
        key = state * self.size + place
        known = self._known.get(key)
        if known is None:
            self._known[key] = _OPEN
            self._chances.append((-1, key, self.slots, 0, self.steps))
            return True
        if known == _OPEN:
            return None
        self.count(known)
        return False

    def count(self, steps: int = 1) -> None:
        """Count steps.

        Raises:
            GaveUpError: they are too many.
        """
        self.steps += steps
        if self._most_steps is not None and self.steps > self._most_steps:
            raise GaveUpError

    def chance(self, state: int, place: int, low: int, high: int) -> None:
        """Keep a way to go back to."""
        self._chances.append((state, place, self.slots, low, high))

    def _back(self, base: int) -> int:
        """The place of the last way that is left; FAILED: none is."""
        chances = self._chances
        while len(chances) > base:
            state, place, self.slots, low, high = chances.pop()
            if state >= 0:
                self.count()
                code = self.program.codes[state]
                self.next = code.after
                return code.again(self, place, low, high)
            if self._remembers:
                self._known[place] = self.steps - high
            else:
                del self._known[place]
        return FAILED

    def _forget(self, base: int) -> None:
        """What was open in a part that has ended is neither known nor open."""
        for state, key, _, _, _ in self._chances[base:]:
            if state < 0:
                del self._known[key]
        del self._chances[base:]

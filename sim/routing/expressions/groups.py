"""Groups of an expression while it is read: which are open, what they hold so far, which options they set."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from sim.routing.expressions.flavours import MOST_NESTED, Flavour, UnreadableExpressionError
from sim.routing.expressions.tree import (
    Again,
    Around,
    Atomic,
    Either,
    Group,
    Node,
    Sequence,
    sequence,
    ways_of,
    width,
)

_NAME = re.compile(r"\(\?(?:P?<|')([A-Za-z_]\w*)[>']", re.ASCII)
_OPTIONS = re.compile(r"\(\?([A-Za-z]*)(?:-([A-Za-z]+))?([:)])")
_SAME = re.compile(r"\(\?P=(\w+)\)", re.ASCII)
_KINDS = {
    "(?:": "plain", "(?>": "atomic",
    "(?=": "ahead", "(?!": "not-ahead", "(?<=": "behind", "(?<!": "not-behind",
}  # fmt: skip


@dataclass(frozen=True)
class Switches:
    """What `(?i)` and the like have switched on."""

    i: bool = False
    m: bool = False
    s: bool = False
    x: bool = False
    U: bool = False

    def switched(self, on: str, off: str) -> Switches:
        """With some on and some off."""
        return replace(self, **dict.fromkeys(on, True), **dict.fromkeys(off, False))


@dataclass
class OpenGroup:
    """A group that has not ended yet: the ways so far, and the parts of the one that is read."""

    kind: str
    number: int
    before: Switches
    ways: list[Node] = field(default_factory=list)
    parts: list[Node] = field(default_factory=list)

    def whole(self) -> Node:
        """What was read, as one."""
        ways = [*self.ways, sequence(self.parts)]
        return ways[0] if len(ways) == 1 else Either(tuple(ways))


class GroupReader:
    """The state of an expression that is read, and its groups: how they begin, change options, and end."""

    def __init__(self, pattern: str, flavour: Flavour, options: Switches) -> None:
        """Nothing is read yet."""
        self.pattern, self.flavour, self.options = pattern, flavour, options
        self.place = 0
        self.groups, self.asked = 0, 0
        self.names: dict[str, int] = {}
        self.open = [OpenGroup("plain", 0, options)]
        self.repeatable = False

    def _add(self, node: Node, after: int, repeatable: bool = True) -> None:
        self.open[-1].parts.append(node)
        self.place, self.repeatable = after, repeatable

    def _number_of(self, name: str) -> int:
        if name not in self.names:
            raise UnreadableExpressionError(f"no group is called {name}")
        return self.names[name]

    def _group(self) -> None:
        rest = self.pattern[self.place : self.place + 4]
        if not self.flavour.backtracks and rest.startswith(
            ("(?=", "(?!", "(?<=", "(?<!", "(?>", "(?#", "(?'")
        ):
            raise UnreadableExpressionError(f"{rest} is not in {self.flavour.name}")
        if rest.startswith("(?#"):
            self._comment()
        elif rest.startswith("(?P="):
            self._same_name()
        elif (kind := next((k for k in (rest, rest[:3]) if k in _KINDS), None)) is not None:
            self._begin(_KINDS[kind], len(kind))
        elif (named := _NAME.match(self.pattern, self.place)) is not None:
            self._begin_named(named)
        elif rest.startswith("(?"):
            self._switch()
        elif rest.startswith("(*"):
            raise UnreadableExpressionError(f"{rest} is not modelled")
        else:
            self.groups += 1
            self._begin("group", 1, self.groups)

    def _same_name(self) -> None:
        found = _SAME.match(self.pattern, self.place) if self.flavour.backtracks else None
        if found is None:
            raise UnreadableExpressionError(f"(?P= is not in {self.flavour.name}")
        self._add(Again(self._number_of(found[1]), self.options.i), found.end())

    def _comment(self) -> None:
        end = self.pattern.find(")", self.place)
        if end < 0:
            raise UnreadableExpressionError("a comment that does not end")
        self.place = end + 1

    def _begin_named(self, named: re.Match[str]) -> None:
        if named[1] in self.names:
            raise UnreadableExpressionError(f"two groups are called {named[1]}")
        self.groups += 1
        self.names[named[1]] = self.groups
        self._begin("group", len(named[0]), self.groups)

    def _begin(self, kind: str, length: int, number: int = 0) -> None:
        if len(self.open) > MOST_NESTED:
            raise UnreadableExpressionError(f"groups are nested more than {MOST_NESTED} deep")
        self.open.append(OpenGroup(kind, number, self.options))
        self.place, self.repeatable = self.place + length, False

    def _switch(self) -> None:
        found = _OPTIONS.match(self.pattern, self.place)
        letters = f"{found[1]}{found[2] or ''}" if found else "?"
        if found is None or set(letters) - set(self.flavour.options):
            raise UnreadableExpressionError(f"{self.pattern[self.place : self.place + 4]} is not modelled")
        switched = self.options.switched(found[1], found[2] or "")
        if found[3] == ":":
            self._begin("plain", len(found[0]))
        self.options = switched
        self.place, self.repeatable = found.end(), False

    def _or(self) -> None:
        group = self.open[-1]
        group.ways.append(sequence(group.parts))
        group.parts = []
        self.place, self.repeatable = self.place + 1, False

    def _close(self) -> None:
        if len(self.open) == 1:
            raise UnreadableExpressionError("a parenthesis that was not opened")
        group = self.open.pop()
        self.options = group.before
        self._add(self._closed(group.kind, group.whole(), group.number), self.place + 1)

    def _closed(self, kind: str, whole: Node, number: int) -> Node:
        if kind == "group":
            return Group(whole, number)
        if kind == "atomic":
            return Atomic(whole)
        if kind == "plain":
            return Sequence((whole,)) if isinstance(whole, Either) else whole
        if kind.endswith("behind") and None in map(width, ways_of(whole)):
            raise UnreadableExpressionError("what stands behind must have a fixed length")
        return Around(whole, kind.endswith("ahead"), not kind.startswith("not"))

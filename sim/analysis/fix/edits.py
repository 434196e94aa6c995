"""Small changes of manifests as changes of their text: a value, an entry, an item, an object more or less.

A change names an object and a path below it; the text around it (comments, quotes, block or flow style, the
order of keys) stays as it was. What cannot be changed without touching more (an alias, a value over several
lines) gives None. Nothing here knows whether a change is any good: that is tried.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.analysis.fix.yaml_text import block, flow, json_text
from sim.manifests.objects.meta import KubernetesObject, Origin, Path


@dataclass(frozen=True)
class Put:
    """Give the field at `path` this value; what is missing above it is written too."""

    item: KubernetesObject
    path: Path
    value: Any


@dataclass(frozen=True)
class Append:
    """One more item at the end of the list at `path`; the list is written too if there is none."""

    item: KubernetesObject
    path: Path
    value: Any


@dataclass(frozen=True)
class Remove:
    """Take the entry at `path` away, with all below it."""

    item: KubernetesObject
    path: Path


@dataclass(frozen=True)
class NewObject:
    """One more object, at the end of the file of another one."""

    beside: KubernetesObject
    value: Mapping[str, Any]


Change = Put | Append | Remove | NewObject


@dataclass(frozen=True)
class Splice:
    """Characters `start` to `end` of a file give way to `text`."""

    file: str
    start: int
    end: int
    text: str


def splices(changes: Iterable[Change], texts: Mapping[str, str]) -> list[Splice]:
    """What becomes of the texts, in order of places; empty if a change cannot be written.

    Args:
        texts: file -> its text, with the line ends that it has.
    """
    found = [_splice(change, texts) for change in changes]
    kept = [s for s in found if s is not None]
    return sorted(kept, key=lambda s: (s.file, s.start)) if len(kept) == len(found) else []


def applied(made: Iterable[Splice], texts: Mapping[str, str]) -> dict[str, str]:
    """The files that become different, with their new text."""
    found: dict[str, str] = {}
    for splice in sorted(made, key=lambda s: s.start, reverse=True):
        before = found.get(splice.file, texts[splice.file])
        found[splice.file] = before[: splice.start] + splice.text + before[splice.end :]
    return found


def _splice(change: Change, texts: Mapping[str, str]) -> Splice | None:
    item = change.beside if isinstance(change, NewObject) else change.item
    if item.origin is None:
        return None
    origin = item.origin if isinstance(change, NewObject) else item.origin.written_at(*change.path)
    if origin.file not in texts or _ODD_BREAK.search(texts[origin.file]):
        return None
    text = _Text(origin, texts[origin.file])
    match change:
        case Put(path=path, value=value):
            return text.put(path, value)
        case Append(path=path, value=value):
            return text.append(path, value) if path in origin.positions else text.put(path, [value])
        case Remove(path=path):
            return text.remove(path)
        case NewObject(value=value):
            return text.at_the_end(value)


_QUOTED = r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\n]|\'\')*\''
_KEY = re.compile(rf"(?:{_QUOTED}|[^\s:#\"'{{}}\[\],][^:\n]*?)\s*:(?=\s|$)[ \t]*")
_FLOW_VALUE = re.compile(rf"{_QUOTED}|[^\s,\[\]{{}}&*!|>\"'#][^,\[\]{{}}\n]*?(?=\s*(?:[,\]}}\n]|\s#|$))")
_BLOCK_VALUE = re.compile(rf"(?:{_QUOTED}|[^\s\[\]{{}}&*!|>\"'#][^\n]*?)(?=[ \t\r]*(?:\n|$|\s#))")
_EMPTY = re.compile(r"\{\s*\}|\[\s*\]")
_ODD_BREAK = re.compile(r"\r(?!\n)|[\x85\u2028\u2029]")
"""What ends a line for YAML 1.1 (5.4) and not for an editor: lines of such a text are not found again."""


@dataclass(frozen=True)
class _Text:
    """A file, and where one object stands in it."""

    origin: Origin
    text: str

    @property
    def _is_json(self) -> bool:
        return self.origin.file.endswith(".json") or self.text.lstrip()[:1] == "{"

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def put(self, path: Path, value: Any) -> Splice | None:
        """Change a value that is there, else add what is missing below the nearest thing above it."""
        if path in self.origin.positions:
            return self._replace(path, value)
        parent, key = path[:-1], path[-1]
        while parent and parent not in self.origin.positions:
            value, key, parent = {key: value}, parent[-1], parent[:-1]
        return self._add_entry(parent, str(key), value) if isinstance(key, str) else None

    def append(self, path: Path, value: Any) -> Splice | None:
        """After the last item of a list that is there."""
        items = self._children(path)
        if not items:
            return self._replace(path, [value])
        at = self._offset(items[-1])
        lead = self._lead(at)
        if not lead.rstrip().endswith("-"):
            return self._insert(at, f"{self._inline(value)}, ")
        indent = len(lead.rstrip()) - 1
        lines = block(value, indent + 2)
        lines[0] = f"{' ' * indent}- {lines[0].lstrip()}"
        return self._after(items[-1], lines)

    def remove(self, path: Path) -> Splice | None:
        """The lines of an entry of a block mapping."""
        at = self._offset(path)
        if self._lead(at).strip() or path not in self.origin.positions:
            return None
        start = at - len(self._lead(at))
        return Splice(self.origin.file, start, self._end_of_line(self._last_line(path)), "")

    def at_the_end(self, value: Mapping[str, Any]) -> Splice | None:
        """A document of its own."""
        if self._is_json:
            return None
        start = "" if self.text.endswith("\n") or not self.text else self._newline
        lines = ["---", *block(value, 0)]
        return self._insert(len(self.text), start + "".join(line + self._newline for line in lines))

    def _replace(self, path: Path, value: Any) -> Splice | None:
        """A scalar, or an empty mapping or list, gives way; the quotes stay as they were."""
        at = self._offset(path)
        in_flow = self._in_flow(at)
        if isinstance(path[-1], str):
            key = _KEY.match(self.text, at)
            if key is None:
                return None
            at = key.end()
        pattern = _FLOW_VALUE if in_flow else _BLOCK_VALUE
        found = _EMPTY.match(self.text, at) or pattern.match(self.text, at)
        if found is None:
            return None
        return Splice(self.origin.file, at, found.end(), self._like(found[0], value))

    def _like(self, old: str, value: Any) -> str:
        if self._is_json or not isinstance(value, str) or old[:1] not in ("'", '"'):
            return self._inline(value)
        return f"{old[0]}{value}{old[0]}" if not set(value) & {"'", '"', "\\"} else json_text(value)

    def _add_entry(self, parent: Path, key: str, value: Any) -> Splice | None:
        """A further entry of a mapping that has some: behind a first one of one line, else before it."""
        entries = self._children(parent)
        if not entries:
            return self._replace(parent, {key: value}) if parent else None
        at = self._offset(entries[0])
        if self._in_flow(at):
            return self._insert(at, f"{self._inline(key)}: {self._inline(value)}, ")
        lead = self._lead(at)
        lines = block({key: value}, len(lead))
        if lead.strip() or self._last_line(entries[0]) == self.origin.positions[entries[0]][0]:
            return self._after(entries[0], lines)
        return self._insert(at - len(lead), "".join(line + self._newline for line in lines))

    def _inline(self, value: Any) -> str:
        return json_text(value) if self._is_json else flow(value)

    def _after(self, path: Path, lines: list[str]) -> Splice:
        """Whole lines below the last line of what stands at a path."""
        at = self._end_of_line(self._last_line(path))
        start = "" if self.text[:at].endswith("\n") else self._newline
        text = start + "".join(line + self._newline for line in lines)
        return self._insert(at, text if not start else text.removesuffix(self._newline))

    def _insert(self, at: int, text: str) -> Splice:
        return Splice(self.origin.file, at, at, text)

    def _children(self, path: Path) -> list[Path]:
        """The entries or items right below a path, in order of writing."""
        depth = len(path)
        below = [p for p in self.origin.positions if len(p) == depth + 1 and p[:depth] == path]
        return sorted(below, key=lambda p: self.origin.positions[p])

    def _last_line(self, path: Path) -> int:
        """The last line on which something below a path begins; from 1."""
        depth = len(path)
        return max(self.origin.positions[p][0] for p in self.origin.positions if p[:depth] == path)

    def _offset(self, path: Path) -> int:
        line, column = self.origin.position(*path)
        return self._start_of_line(line) + column - 1

    def _start_of_line(self, line: int) -> int:
        at = 0
        for _ in range(line - 1):
            at = self.text.index("\n", at) + 1
        return at

    def _end_of_line(self, line: int) -> int:
        """Behind the line's newline."""
        found = self.text.find("\n", self._start_of_line(line))
        return len(self.text) if found < 0 else found + 1

    def _lead(self, at: int) -> str:
        """What stands before a place on its line."""
        return self.text[self.text.rfind("\n", 0, at) + 1 : at]

    def _in_flow(self, at: int) -> bool:
        """Whether a place lies in flow style: something other than dashes stands before it on its line."""
        return self._is_json or re.fullmatch(r"(?:\s|- )*", self._lead(at)) is None

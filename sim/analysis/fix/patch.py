"""Splices of a text as a unified diff, for `patch -p0`: whole lines, with three lines around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.analysis.fix.edits import Splice

_CONTEXT = 3


@dataclass(frozen=True)
class _Hunk:
    """Lines `start` to `end` (from 0) of the old text, and what stands there instead."""

    start: int
    end: int
    new: tuple[str, ...]


def unified(made: Iterable[Splice], texts: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """All splices as one patch.

    Args:
        texts: file -> its text before.
        titles: what a file is called in the patch, if not by its name.
    """
    by_file: dict[str, list[Splice]] = {}
    for splice in made:
        by_file.setdefault(splice.file, []).append(splice)
    return "".join(
        line
        for file, mine in sorted(by_file.items())
        for line in _of_file(titles.get(file, file), texts[file], mine)
    )


def _of_file(title: str, text: str, made: list[Splice]) -> Iterator[str]:
    old = text.splitlines(keepends=True)
    yield f"--- {title}\n+++ {title}\n"
    shift = 0
    for group in _near(_hunks(text, made)):
        yield from _group(old, group, shift)
        shift += sum(len(h.new) - (h.end - h.start) for h in group)


def _hunks(text: str, made: list[Splice]) -> list[_Hunk]:
    """The lines that the splices touch; two on the same line are one."""
    found: list[_Hunk] = []
    rows: list[list[Splice]] = []
    for splice in sorted(made, key=lambda s: s.start):
        if rows and text.find("\n", rows[-1][-1].start, splice.start) < 0:
            rows[-1].append(splice)
        else:
            rows.append([splice])
    for row in rows:
        first, last = row[0].start, row[-1].end
        start = text.rfind("\n", 0, first) + 1
        whole = first == start and first == last and row[0].text.endswith("\n")
        end = (
            last if whole or (last and text[last - 1] == "\n" and first < last) else _end_of_line(text, last)
        )
        new = text[start:end]
        for splice in reversed(row):
            new = new[: splice.start - start] + splice.text + new[splice.end - start :]
        found.append(_trimmed(text.count("\n", 0, start), text[start:end], new))
    return found


def _end_of_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _trimmed(line: int, old: str, new: str) -> _Hunk:
    """Without first lines that stay as they are."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    return _Hunk(line + same, line + len(before), tuple(after[same:]))


def _near(hunks: Sequence[_Hunk]) -> Iterator[list[_Hunk]]:
    """Hunks whose surroundings touch go together."""
    group: list[_Hunk] = []
    for hunk in hunks:
        if group and hunk.start - group[-1].end > 2 * _CONTEXT:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


def _group(old: Sequence[str], group: Sequence[_Hunk], shift: int) -> Iterator[str]:
    start, end = max(0, group[0].start - _CONTEXT), min(len(old), group[-1].end + _CONTEXT)
    more = sum(len(h.new) - (h.end - h.start) for h in group)
    yield f"@@ -{_range(start, end - start)} +{_range(start + shift, end - start + more)} @@\n"
    at = start
    for hunk in group:
        yield from (_line(" ", line) for line in old[at : hunk.start])
        yield from (_line("-", line) for line in old[hunk.start : hunk.end])
        yield from (_line("+", line) for line in hunk.new)
        at = hunk.end
    yield from (_line(" ", line) for line in old[at:end])


def _range(start: int, count: int) -> str:
    """A range as diff writes it: the line before an empty one, no count for a single line."""
    return f"{start},0" if not count else str(start + 1) if count == 1 else f"{start + 1},{count}"


def _line(sign: str, line: str) -> str:
    return f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"


def changed_lines(patch: str) -> list[tuple[str, str]]:
    """The removed and added lines of a patch, each with its place: `("ingress.yaml:14", "-  port: 80")`."""
    found, file, at = [], "", {"-": 0, "+": 0}
    for line in patch.split("\n"):
        sign = line[:1]
        if line.startswith(("--- ", "+++ ")):
            file = line[4:]
        elif sign == "@":
            at = dict(zip("-+", (int(n) for n in re.findall(r"[-+](\d+)", line)[:2]), strict=True))
        elif sign in at:
            found.append((f"{file}:{at[sign]}", line.rstrip("\r")))
            at[sign] += 1
        elif sign == " ":
            at = {s: n + 1 for s, n in at.items()}
    return found

"""Figures of the house, from its imports and definitions: `python tests/house.py [FOLDER]`.

How many rooms there are, which import which, how long functions, classes and files are, and which class names
have two meanings. Lines of code are those that are not blank, no comment and no docstring; the pages of message
codes are left out, for they are text.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
FLOORS = (
    ("__main__",), ("cli",), ("lessons",), ("api",), ("report",), ("comparison",), ("analysis",), ("simulation",),
    ("scenario",), ("costs",), ("plans",), ("routing",), ("cluster",), ("manifests",), ("units",), ("errors",),
)  # fmt: skip
"""The rooms from the top; an import leads down."""
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass
class House:
    """What is measured.

    Args:
        entries: of the package's own folder.
        arrows: pairs of rooms of which the first imports from the second.
        functions, classes, files: name with place -> lines, docstring not counted for functions.
        names: public class name -> the files that define one of that name.
        code: lines of code.
    """

    entries: list[str] = field(default_factory=list)
    arrows: set[tuple[str, str]] = field(default_factory=set)
    functions: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    code: int = 0

    @property
    def upwards(self) -> list[tuple[str, str]]:
        """Arrows that do not lead down."""
        floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
        return sorted((a, b) for a, b in self.arrows if floor.get(a, -1) >= floor.get(b, -1))

    @property
    def twice(self) -> dict[str, list[str]]:
        """Class names with more than one meaning."""
        return {name: files for name, files in self.names.items() if len(files) > 1}


def measured(root: Path = ROOT) -> House:
    """The figures of the package `sim` below a folder."""
    house = House(sorted(p.name for p in (root / "sim").iterdir() if p.name != "__pycache__"))
    for file in sorted((root / "sim").rglob("*.py")):
        _add(house, file, file.relative_to(root))
    return house


def _add(house: House, file: Path, where: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    house.files[str(where)] = text.count("\n")
    if "codes" not in where.parts:
        house.code += code_lines(text, tree)
    room = where.parts[1].removesuffix(".py")
    house.arrows |= {(room, to) for to in _rooms(tree) if room not in {to, "__init__"}}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            house.classes[f"{where}:{node.lineno} {node.name}"] = _length(node)
            house.names.setdefault(node.name, []).append(str(where))
        elif isinstance(node, Definition):
            house.functions[f"{where}:{node.lineno} {node.name}"] = _length(node) - len(_docstring(node))


def code_lines(text: str, tree: ast.Module) -> int:
    """Lines that hold code: not blank, no comment, no docstring."""
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            held |= set(range(token.start[0], token.end[0] + 1))
    return len(held - {line for node in ast.walk(tree) for line in _docstring(node)} - _loose_strings(tree))


def _loose_strings(tree: ast.Module) -> set[int]:
    """Strings that stand alone: they document the name above them."""
    alone = [n for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    return {
        line for n in alone if isinstance(n.value.value, str) for line in range(n.lineno, n.end_lineno + 1)
    }


def _docstring(node: ast.AST) -> range:
    """The lines of its docstring."""
    if not isinstance(node, Definition | ast.Module) or ast.get_docstring(node, clean=False) is None:
        return range(0)
    return range(node.body[0].lineno, node.body[0].end_lineno + 1)


def _length(node: Definition) -> int:
    return node.end_lineno - node.lineno + 1


def _rooms(tree: ast.Module) -> Iterator[str]:
    """The rooms that a module imports from, inside functions and for types too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sim."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.ImportFrom) and node.module == "sim":
            yield from (a.name for a in node.names if a.name != "__version__")
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("sim."))


def circles(arrows: set[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Rooms that reach themselves again: one circle per room that is in one."""
    return [found for start in sorted({a for a, _ in arrows}) if (found := _way_back(start, arrows))]


def _way_back(start: str, arrows: set[tuple[str, str]]) -> tuple[str, ...]:
    open_ = [(start,)]
    seen: set[str] = set()
    while open_:
        path = open_.pop()
        for _, to in sorted(arrow for arrow in arrows if arrow[0] == path[-1]):
            if to == start:
                return (*path, to)
            if to not in seen:
                seen.add(to)
                open_.append((*path, to))
    return ()


def lines(house: House, most: int = 5) -> Iterator[str]:
    """The figures, a line each, with the places that stand out."""
    yield f"entries in sim/: {len(house.entries)}"
    yield f"pairs of rooms with an import between them: {len(house.arrows)}, upwards: {house.upwards or 'none'}"
    yield f"circles between rooms: {len(circles(house.arrows))}"
    yield f"lines of code: {house.code:,} in {len(house.files)} files"
    yield f"functions: {len(house.functions):,}, median {median(house.functions.values()):.0f} lines"
    for kind, of in (("function", house.functions), ("class", house.classes), ("file", house.files)):
        longest = sorted(of.items(), key=lambda item: -item[1])[:most]
        yield f"longest {kind}: " + "; ".join(f"{size} {name}" for name, size in longest)
    yield f"class names with two meanings: {len(house.twice)}"
    yield from (f"  {name}: {', '.join(files)}" for name, files in sorted(house.twice.items()))


def pairs(house: House) -> Iterator[tuple[str, list[str]]]:
    """Each room with the rooms that it imports from."""
    for rooms, _ in pairwise((*FLOORS, ())):
        yield from ((room, sorted(b for a, b in house.arrows if a == room)) for room in rooms)


if __name__ == "__main__":
    found = measured(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
    print(*lines(found), *(f"{room} -> {', '.join(of)}" for room, of in pairs(found)), sep="\n")

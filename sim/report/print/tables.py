"""Tables as values: a caption, heads, rows of cells; what the markup of the report is made of."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sim.costs.price_sheet import Source
from sim.manifests.decoding import printable_lines
from sim.report.theme import PLANS

SHORT = 16
"""Rows."""


@dataclass(frozen=True)
class Head:
    """The head of a column; a plan's wears its mark.

    Args:
        colour: a variable of the style sheet.
        figures: whether numbers stand below it, flush right.
    """

    text: str
    mark: str = ""
    colour: str = ""
    figures: bool = False


@dataclass(frozen=True)
class Cell:
    """What stands in a table, a smaller line below it, and where it leads."""

    text: str
    note: str = ""
    link: str = ""


@dataclass(frozen=True)
class TableRow:
    """A row: what it is about, and its cells.

    Args:
        total: it sums up those above.
        group: it is the head of those below, and has no cells.
    """

    label: Cell
    cells: tuple[Cell, ...] = ()
    total: bool = False
    group: bool = False


@dataclass(frozen=True)
class PageTable:
    """A table.

    Args:
        note: stands below it.
    """

    caption: str
    heads: tuple[Head, ...]
    lines: tuple[TableRow, ...]
    note: str = ""

    @property
    def grouped(self) -> bool:
        """Whether its rows are in groups with heads of their own."""
        return any(line.group for line in self.lines)

    @property
    def short(self) -> bool:
        """Whether it fits on a sheet of paper with room to spare, and so is kept together."""
        return len(self.lines) <= SHORT


def plan_heads(first: str, names: Iterable[str]) -> tuple[Head, ...]:
    """A column of labels, and one per plan."""
    looks = ((name, PLANS[name]) for name in names)
    plans = (Head(name, look.mark, look.colour.replace("_", "-"), figures=True) for name, look in looks)
    return (Head(first), *plans)


def line(label: str, *cells: str, total: bool = False) -> TableRow:
    """A row of plain words."""
    return TableRow(Cell(label), tuple(map(Cell, cells)), total)


def group(label: str) -> TableRow:
    """The head of the rows below it."""
    return TableRow(Cell(label), group=True)


def source_cell(key: str, as_of: str | None, sources: Sequence[Source], more: str = "") -> Cell:
    """Where a figure was read: its key, the title as a link, the date."""
    of = f"as of {as_of}" if as_of else "no date known"
    note = ", ".join(filter(None, (key, of, more)))
    best = sources[0] if sources else None
    return Cell(best.title, note, best.address) if best else Cell("no source", note)


TIE = "\N{NO-BREAK SPACE}"
_UNIT = re.compile(r"(?<=\d) (?=(?:%|ms|s|µs)(?!\w))")


def legible(text: str) -> str:
    r"""Text without characters that control, so that none turns another around; spaces that tie stay.

    >>> legible("shop\u202egnp.exe"), legible("5\xa0ms") == "5\xa0ms"
    ('shop\\u202egnp.exe', True)
    """
    return TIE.join(map(printable_lines, text.split(TIE)))


def tight(text: str) -> str:
    r"""Words in which a number and its unit stay on one line.

    >>> tight("adds 1.2 ms to the mean")
    'adds 1.2\xa0ms to the mean'
    """
    return _UNIT.sub(TIE, text)


def safe_link(address: str) -> str:
    """The address of a web page; empty if it is anything else.

    >>> safe_link("https://example.com/a"), safe_link("javascript:alert(1)")
    ('https://example.com/a', '')
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""

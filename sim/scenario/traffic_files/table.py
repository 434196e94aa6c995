"""A table of what clients ask, as people export it: a row per Service, or per host and path.

The first line names the columns. Every fault is told with its line; nothing of a faulty table is used.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction

from sim.costs.price_sheet import exact
from sim.errors import InputError
from sim.manifests.decoding import printable
from sim.scenario.demand import Demand
from sim.scenario.month import SECONDS_PER_MONTH

COLUMNS: Mapping[str, str] = {
    "service": "service",
    "name": "service",
    "namespace": "namespace",
    "host": "host",
    "path": "path",
    "rps": "rps",
    "requests_per_s": "rps",
    "requests_per_month": "requests_per_month",
    "gb_month": "gb_month",
    "gb_per_month": "gb_month",
    "connections": "connections",
    "connections_per_s": "connections",
}
"""Head of a column -> what it holds: requests and new connections per second or month, gigabytes a month."""

_NUMBERS = ("rps", "requests_per_month", "gb_month", "connections")
_DELIMITERS = ",;\t"
_MOST_FAULTS = 8
EXAMPLE = "service,rps,gb_month"

Find = Callable[[str, str], tuple[str, str]]
"""Host and path -> the Service behind them, or why there is none."""


@dataclass(frozen=True)
class DemandRow:
    """One row: the Service it is about, and its demand."""

    line: int
    service: str
    demand: Demand


def head_of(line: str) -> list[str] | None:
    """The columns that a first line names; None: it is no head of such a table.

    >>> head_of("Service;RPS;GB month"), head_of("10.0.0.1 - - [x]")
    (['service', 'rps', 'gb_month'], None)
    """
    cells = next(csv.reader([line], delimiter=delimiter_of(line)), [])
    names = [_plain(cell) for cell in cells]
    known = {COLUMNS[name] for name in names if name in COLUMNS}
    return names if known & {"service", "host"} and len(known) > 1 else None


def delimiter_of(line: str) -> str:
    """What stands between the cells: the commonest of comma, semicolon and tab."""
    return max(_DELIMITERS, key=line.count)


def _plain(cell: str) -> str:
    return "_".join(cell.strip().lower().replace("-", " ").replace("_", " ").split())


class Table:
    """A table's columns, and how its rows are read.

    Args:
        file: for messages.
        head: as `head_of` gives it.
        services: `NAMESPACE/NAME` of those that a row may name.
        find: the Service behind a host and a path.

    Raises:
        InputError: a column stands twice, is misspelt, or there is none with a quantity.
    """

    def __init__(self, file: str, head: Sequence[str], services: Iterable[str], find: Find) -> None:
        self._file, self._services, self._find = file, tuple(services), find
        self._columns = [COLUMNS.get(name, "") for name in head]
        self.ignored = tuple(name for name in head if name not in COLUMNS and name)
        for name in self.ignored:
            if near := get_close_matches(name, COLUMNS, 1, 0.8):
                raise InputError(f"no column {printable(name)}", f"{file}:1", f"write {near[0]}")
        named = [name for name in self._columns if name]
        if twice := next((name for name in named if named.count(name) > 1), None):
            raise InputError(f"two columns hold {twice}", f"{file}:1", "leave one of them")
        if not set(named) & set(_NUMBERS):
            raise InputError(
                "no column with a quantity", f"{file}:1", f"there are: {', '.join(_NUMBERS)}; write {EXAMPLE}"
            )

    def rows(self, lines: Iterable[tuple[int, str]], delimiter: str) -> list[DemandRow]:
        """All rows.

        Raises:
            InputError: with every fault, each at its line.
        """
        rows, faults = [], []
        for number, line in lines:
            try:
                rows.append(self._row(number, next(csv.reader([line], delimiter=delimiter, strict=True), [])))
            except (ValueError, csv.Error) as error:
                faults.append(f"{self._file}:{number}: {error}")
            if len(faults) == _MOST_FAULTS:
                break
        faults += self._twice(rows)
        if faults:
            raise InputError("\n".join(faults))
        return rows

    def _row(self, number: int, cells: Sequence[str]) -> DemandRow:
        if len(cells) != len(self._columns):
            raise ValueError(f"{len(cells)} cells, and the first line names {len(self._columns)} columns")
        values = {n: c.strip() for n, c in zip(self._columns, cells, strict=True) if n and c.strip()}
        return DemandRow(number, self._service(values), _demand(values))

    def _service(self, values: Mapping[str, str]) -> str:
        name = values.get("service", "")
        if not name and "host" not in values:
            raise ValueError("no service and no host")
        if not name:
            service, why = self._find(values["host"], values.get("path", "/"))
            if not service:
                raise ValueError(f"{printable(values['host'] + values.get('path', '/'))}: {why}")
            return service
        key = f"{values['namespace']}/{name}" if "namespace" in values else name
        fitting = [s for s in self._services if key in (s, s.partition("/")[2])]
        if len(fitting) != 1:
            why = "is several: write NAMESPACE/NAME, one of" if fitting else "is not exposed; there are:"
            raise ValueError(f"{printable(key)} {why} {', '.join(fitting or self._services)}")
        return fitting[0]

    def _twice(self, rows: Iterable[DemandRow]) -> Iterator[str]:
        """A Service that is named twice; hosts and paths add up instead."""
        first: dict[str, int] = {}
        for row in rows if "service" in self._columns else ():
            before = first.setdefault(row.service, row.line)
            if before != row.line:
                yield f"{self._file}:{row.line}: {row.service} stands in line {before} already"


def _demand(values: Mapping[str, str]) -> Demand:
    """The demand of a row; an empty cell states nothing.

    Raises:
        ValueError: a cell is no number, or two say the same.
    """
    numbers = {name: _number(name, values[name]) for name in _NUMBERS if name in values}
    if {"rps", "requests_per_month"} <= set(numbers):
        raise ValueError("rps and requests_per_month say the same; leave one empty")
    monthly = numbers.get("requests_per_month")
    rate = numbers.get("rps", None if monthly is None else monthly / SECONDS_PER_MONTH)
    gb_month = numbers.get("gb_month", Fraction(0) if rate == 0 else None)
    if numbers.get("connections") == 0 and rate != 0:
        raise ValueError("connections must be above zero where there are requests")
    if rate is not None and (numbers.get("connections") or 0) > rate:
        raise ValueError("there are more connections than requests; give at most one for each")
    return Demand(rate, gb_month, numbers.get("connections"))


def _number(name: str, text: str) -> Fraction:
    try:
        return exact(text)
    except ValueError:
        hint = "; write a point, not a comma" if "," in text else ""
        raise ValueError(
            f"{name} must be a number that is not negative, not {printable(text)!r}{hint}"
        ) from None


def together(rows: Iterable[DemandRow]) -> dict[str, Demand]:
    """The demand of each Service, rows of the same one added up; what no row states stays open."""
    found: dict[str, Demand] = {}
    for row in rows:
        found[row.service] = _sum(found.get(row.service, Demand()), row.demand)
    return found


def _sum(one: Demand, other: Demand) -> Demand:
    return Demand(
        _plus(one.rps, other.rps),
        _plus(one.gb_month, other.gb_month),
        _plus(one.connections, other.connections),
    )


def _plus(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return other if one is None else one if other is None else one + other

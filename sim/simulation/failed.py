"""The failures of runs with events, counted: when, how, by whom ended, and whose coming or going did it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.cluster.life.pods import PodLife
from sim.routing.final import Place, author_of

ANSWERS = ("delivered", "redirected")


@dataclass(frozen=True, order=True)
class FailureRow:
    """Failures of one second that are alike.

    Args:
        second: whole seconds of the run's clock, from when their clients knew.
        pod, event: empty: nobody's coming or going did it.
        last_try: how a proxy's last try at a Pod failed, behind its own answer; empty: it made none.
    """

    second: int
    reason: str
    author: str
    pod: str
    event: str
    last_try: str
    count: int


@dataclass(frozen=True)
class FailureTable:
    """The failures of one run or of several, counted.

    Args:
        rows: in order of time.
    """

    rows: tuple[FailureRow, ...] = ()

    def __len__(self) -> int:
        """How many requests failed."""
        return sum(row.count for row in self.rows)

    def by(self, *names: str) -> Counter[tuple[Any, ...]]:
        """Values of these attributes -> how many; the most first."""
        found: Counter[tuple[Any, ...]] = Counter()
        for row in self.rows:
            found[tuple(getattr(row, name) for name in names)] += row.count
        return Counter(dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))))

    def to_json(self) -> dict[str, Any]:
        """By reason, author and event; by last try; by the Pod whose coming or going did it; by second."""
        return {
            "count": len(self),
            "by_reason": _listed(self, "reason", "author", "event"),
            "by_last_try": [one for one in _listed(self, "reason", "author", "last_try") if one["last_try"]],
            "by_pod": _listed(self, "pod", "event"),
            "by_second": sorted(_listed(self, "second", "reason", "author"), key=lambda one: one["second"]),
        }


def is_by_proxy(reason: str) -> bool:
    """Whether a proxy ended the request itself, so that its last try at a Pod explains the end."""
    return reason == "keep-alive-race" or reason.startswith("answered-by-proxy")


def _listed(table: FailureTable, *names: str) -> list[dict[str, Any]]:
    """Counts with the values that they belong to; what is empty is null."""
    return [
        {**{name: None if v == "" else v for name, v in zip(names, values, strict=True)}, "count": count}
        for values, count in table.by(*names).items()
    ]


def table_of(
    counted: Mapping[tuple[int, str, int, Place | None, int, str], int],
    lives: Mapping[int, PodLife],
    faults: Sequence[str],
) -> FailureTable:
    """The failures of a run.

    Args:
        counted: second, reason, number of the station that did it, what it came to, number of the fault that
            did it, how the last try at a Pod failed -> how many.
        lives: of the Pods that came or went, by number of the station.
        faults: their names.
    """
    rows = []
    for (second, reason, station, came_to, fault, last_try), count in counted.items():
        author, life = author_of(reason, came_to), lives.get(station)
        broke = faults[fault] if fault >= 0 else ""
        whose = ("", broke) if life is None else (life.key, life.because)
        tried = last_try if is_by_proxy(reason) else ""
        rows.append(FailureRow(second, reason, author, *whose, tried, count))
    return together([FailureTable(tuple(rows))])


def together(tables: Iterable[FailureTable]) -> FailureTable:
    """The failures of several runs in one table."""
    found: Counter[tuple[Any, ...]] = Counter()
    for table in tables:
        for row in table.rows:
            found[row.second, row.reason, row.author, row.pod, row.event, row.last_try] += row.count
    rows = (FailureRow(s, r, a, p, e, tried, count) for (s, r, a, p, e, tried), count in found.items())
    return FailureTable(tuple(sorted(rows)))

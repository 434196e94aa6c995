"""The rules of Ingresses as rows: one for each path, in order of writing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from sim.manifests.objects.networking import Ingress, IngressBackend
from sim.routing.trace import RuleParts, Step

EXACT, PREFIX = "Exact", "Prefix"

ANOTHER_HOST = "not asked: another host"
ONLY_ONE = "wins: host and path fit"
LONGEST = "wins: host fits, longest path"
EXACTLY = "wins: host fits, exact path"
SHORTER = "fits too, but shorter"
"""Reasons that several controllers share."""


@dataclass(frozen=True)
class Row:
    """One path of one Ingress. `host` is lower case; empty means any host."""

    host: str
    path: str
    path_type: str
    backend: IngressBackend
    ingress: Ingress
    rule: str
    source: str | None
    order: int = 0

    @property
    def shown(self) -> str:
        """The row in one phrase: path and type."""
        return f"{self.path} {self.path_type}"

    @property
    def namespace(self) -> str:
        """The namespace in which its backend is looked up."""
        return self.ingress.namespace

    def step(self, held: bool, because: str, failed: str = "", wins: bool = False, way_out: str = "") -> Step:
        """The row as one that was looked at."""
        return Step(
            self.shown,
            held,
            because,
            self.source,
            failed,
            wins,
            self.rule,
            way_out=way_out,
            parts=RuleParts(self.host, self.path, self.path_type, service_of(self.backend), self.order),
        )


def service_of(backend: IngressBackend) -> str:
    """The Service that a backend names, `NAME:PORT`; empty if it is none.

    >>> service_of(IngressBackend.model_validate({"service": {"name": "cart", "port": {"number": 80}}}))
    'cart:80'
    """
    service = backend.service
    return "" if service is None else f"{service.name}:{service.port}".removesuffix(":")


def why_not(faults: Mapping[str, str]) -> str:
    """What keeps a row from holding; the path of a row of another host is not compared."""
    return "; ".join(why for part, why in faults.items() if part != "path" or "host" not in faults)


class DroppedRow(NamedTuple):
    """A row that a controller does not use, though it may fit.

    Args:
        part: which part of it failed, such as `class` or `backend`.
        way_out: what would make the controller use it.
    """

    row: Row
    part: str
    because: str
    way_out: str

    @property
    def step(self) -> Step:
        """The row as one that was looked at."""
        return self.row.step(False, self.because, self.part, way_out=self.way_out)


def in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Number rows as a controller reads them, so that of two equals the first one can win."""
    return tuple(replace(row, order=number) for number, row in enumerate(rows))


def rows_of(ingress: Ingress) -> Iterator[Row]:
    """The paths of an Ingress in order of writing."""
    for i, rule in enumerate(ingress.spec.rules):
        for j, path in enumerate(rule.http.paths if rule.http else ()):
            where = ("spec", "rules", i, "http", "paths", j)
            yield Row(
                (rule.host or "").lower(),
                path.path or "/",
                path.path_type or "ImplementationSpecific",
                path.backend,
                ingress,
                f"{ingress.key} rules[{i}].paths[{j}]",
                ingress.line(*where, "path") if path.path else ingress.line(*where),
            )


def left_out(
    ingresses: Iterable[tuple[Ingress, str]], part: str, way_out: Callable[[Ingress], str]
) -> list[DroppedRow]:
    """All rows of Ingresses that are not read, with the reason of each, and the way out."""
    return [
        DroppedRow(row, part, because, way_out(ingress))
        for ingress, because in ingresses
        for row in rows_of(ingress)
    ]


def sifted(
    judged: Iterable[tuple[Row, str]], part: str, way_out: Callable[[Row], str], outcome: str = ""
) -> tuple[list[Row], list[DroppedRow]]:
    """The rows that nothing speaks against, and the others.

    Args:
        judged: a row, and what speaks against it.
        way_out: what would make the controller use a row that it leaves out.
        outcome: what comes of that, as the end of the sentence.
    """
    pairs = list(judged)
    others = [DroppedRow(row, part, why + outcome, way_out(row)) for row, why in pairs if why]
    return [row for row, why in pairs if not why], others


Nearness = tuple[int, int, int]
"""What steps are sorted by, the smaller the nearer."""


def nearness(row: Row, faults: Mapping[str, str], shared: int, depth: int) -> Nearness:
    """Held rows first, then those of the host, then other hosts; the closer path first.

    Args:
        shared: how many characters of its path the request's has too.
        depth: how long its path counts as.
    """
    distance = 0 if not faults else 1 if "host" not in faults else 2
    return distance, -shared if faults else -depth, row.order


def characters_shared(one: str, other: str) -> int:
    """In how many places two texts have the same character."""
    return sum(a == b for a, b in zip(one, other, strict=False))


def nearest_first(steps: Iterable[tuple[Nearness, Step]], ignored: Iterable[DroppedRow]) -> Iterator[Step]:
    """The winner, the other rows, those that are not read."""
    yield from (step for _, step in sorted(steps, key=lambda pair: (not pair[1].wins, pair[0])))
    yield from (one.step for one in ignored)


def passed_by(
    winner: Row | None, name: str, why: str, rows: Iterable[Row], ignored: Iterable[DroppedRow]
) -> Iterator[Step]:
    """The rows where TLS is passed through by name: the one that wins, and why; paths are not looked at."""
    if winner is not None:
        yield winner.step(True, f"wins: SNI {name} is passed through{why}", wins=True)
    because = f"not looked at: TLS for {name} is passed through by name"
    yield from (row.step(False, because, "sni") for row in rows if winner is None or row.rule != winner.rule)
    yield from nearest_first((), ignored)

"""The rules of Ingresses as rows: one for each path, in order of writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sim.manifests.objects import Ingress, IngressBackend

EXACT, PREFIX = "Exact", "Prefix"
LeftOut = tuple["Row", str, str]
"""A row that is not read: (row, which part of it failed, why)."""


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


def left_out(ingresses: Iterable[tuple[Ingress, str]], part: str) -> list[LeftOut]:
    """All rows of Ingresses that are not read, with the reason of each."""
    return [(row, part, because) for ingress, because in ingresses for row in rows_of(ingress)]


def sifted(judged: Iterable[tuple[Row, str]], part: str) -> tuple[list[Row], list[LeftOut]]:
    """The rows that nothing speaks against, and the others; `judged`: a row, and what does."""
    pairs = list(judged)
    return [row for row, why in pairs if not why], [(row, part, why) for row, why in pairs if why]

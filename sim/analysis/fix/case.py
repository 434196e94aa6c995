"""What is to be mended: one request's trace, and the objects on its way as they were written."""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sim.analysis.findings.index import Index
from sim.analysis.findings.references import Reference, has_port, references
from sim.analysis.fix.edits import Change, NewObject
from sim.analysis.probes import derived_requests
from sim.cluster.cluster import Cluster, LinkedService
from sim.cluster.families import address_of
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import Ingress, IngressBackend, Service
from sim.routing.controllers.api import host_level, host_of, path_of
from sim.routing.controllers.rows import Row, rows_of
from sim.routing.trace import Request, Trace

DOUBTS_TO_MEND = ("SIM1105", "SIM2081", "SIM2082", "SIM2017")
"""Notes beside an answer that a change of the manifests can settle."""

_MOST_RULES = 500
_RULE = re.compile(r"(?P<key>\S+) rules\[(?P<rule>\d+)\]\.(?:paths|matches)\[(?P<number>\d+)\]")


@dataclass(frozen=True)
class AnswerFault:
    """What is wrong with an answer: a code, and the line where it shows."""

    code: str | None
    source: str | None


def fault_of(trace: Trace) -> AnswerFault | None:
    """Why a request is not served, or is served in doubt; None if all is well."""
    if not trace.final.fine:
        return AnswerFault(trace.final.code, trace.final.source)
    noted = {n.code: n for n in reversed(trace.notes)}
    return next((AnswerFault(c, noted[c].source) for c in DOUBTS_TO_MEND if c in noted), None)


@dataclass(frozen=True)
class Candidate:
    """A change that might help.

    Args:
        says: what it does, in a phrase.
    """

    says: str
    changes: tuple[Change, ...]

    @property
    def identity(self) -> tuple[str, ...]:
        """What the changes do, whatever they are called: two of the same are tried once."""
        return tuple(_identity(change) for change in self.changes)


def _identity(change: Change) -> str:
    item = change.beside if isinstance(change, NewObject) else change.item
    path, value = getattr(change, "path", ()), getattr(change, "value", None)
    return f"{type(change).__name__} {item.kind} {item.key} {path} {value}"


@dataclass(frozen=True)
class Case:
    """One request that is not served, with everything a proposal may look at."""

    manifests: Manifests
    cluster: Cluster
    trace: Trace
    fault: AnswerFault

    @cached_property
    def index(self) -> Index:
        """The manifests, indexed."""
        return Index(self.manifests)

    @property
    def host(self) -> str:
        """The Host header as it is compared."""
        return host_of(self.trace.request)

    @property
    def path(self) -> str:
        """The path without query string."""
        return path_of(self.trace.request)

    @property
    def place(self) -> tuple[str, int, int] | None:
        """Object key, rule and path (or match) of the rule that decided."""
        found = _RULE.fullmatch(self.trace.final.rule or "")
        return (found["key"], int(found["rule"]), int(found["number"])) if found else None

    @cached_property
    def service(self) -> LinkedService | None:
        """The Service that the request was sent to, or one of whose addresses or node ports it reached."""
        key = (self.trace.final.backend or "").rpartition(":")[0]
        sent_to = str(self.trace.hops[0].before.get("destination", ""))
        address, port = address_of(sent_to), sent_to.rpartition(":")[2]
        services = self.cluster.services.values()
        owner = (s for s in services if address and address in addresses(s))
        opened = (s for s in services if port in {str(p.node_port) for p in s.ports})
        return self.cluster.services.get(key) or next(owner, None) or next(opened, None)

    @property
    def written_service(self) -> Service | None:
        """The Service on the way, if a file shows it."""
        return self.service.manifest if self.service and self.service.manifest.origin else None

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """The backends of the rule that decided, as written: the one that failed, or all if none is named."""
        key = (self.trace.final.backend or "").rpartition(":")[0]
        everything = tuple(references(self.index))
        decided = tuple(r for r in everything if key in ("", r.key) and self._decided(r))
        return decided or tuple(r for r in everything if self._dangles(r))

    def _dangles(self, reference: Reference) -> bool:
        """Whether a backend of an Ingress for the host is not there, or has no such port."""
        mine = {row.ingress.key for row in self.rows_of_host()}
        service = self.index.services.get(reference.key)
        is_mine = isinstance(reference.item, Ingress) and reference.item.key in mine
        return is_mine and (service is None or not has_port(service, reference))

    @cached_property
    def derived(self) -> tuple[Request, ...]:
        """The requests that border on the rules; none where the rules are so many that it takes long."""
        rules = sum(len(i.spec.rules) for i in self.cluster.ingresses) + len(self.cluster.http_routes)
        return tuple(derived_requests(self.cluster)) if rules <= _MOST_RULES else ()

    def _decided(self, reference: Reference) -> bool:
        if self.trace.final.rule == "default-backend":
            return reference.path[:2] == ("spec", "defaultBackend")
        if self.place is None or reference.item.key != self.place[0]:
            return False
        rule, number = self.place[1:]
        start = ("spec", "rules", rule)
        if isinstance(reference.item, Ingress):
            start = (*start, "http", "paths", number)  # type: ignore[assignment]
        return reference.path[: len(start)] == start

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all Ingresses that were read from a file, in order of reading."""
        return tuple(row for i in self.cluster.ingresses if i.origin for row in rows_of(i))

    def rows_of_host(self) -> list[Row]:
        """The rows that are for this host, its own before a wildcard's."""
        mine = [(host_level(row.host, self.host), row) for row in self.rows]
        closest = max((level for level, _ in mine), default=0)
        return [row for level, row in mine if level == closest > 0]


def addresses(service: LinkedService) -> tuple[str | None, ...]:
    """All addresses at which a Service is asked."""
    return (
        service.cluster_ip,
        *service.cluster_ips[1:],
        *service.load_balancer,
        *service.manifest.spec.external_ips,
    )


def rule_and_path(row: Row) -> tuple[int, int]:
    """Where a row stands in its Ingress."""
    found = _RULE.fullmatch(row.rule)
    assert found is not None
    return int(found["rule"]), int(found["number"])


def backend_text(backend: IngressBackend) -> dict[str, Any]:
    """A Service backend as it would be written."""
    assert backend.service is not None
    port = backend.service.port
    written = {"number": port.number} if port.number is not None else {"name": port.name}
    return {"service": {"name": backend.service.name, "port": written}}


def by_likeness(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """Names, those that look most like `name` first; at most so many."""
    found = sorted(
        dict.fromkeys(names), key=lambda n: -difflib.SequenceMatcher(None, name[:200], n[:200]).ratio()
    )
    return found[:most]


def alike(name: str, other: str) -> bool:
    """Whether one name may be a slip of the pen for the other."""
    return difflib.SequenceMatcher(None, name[:200], other[:200]).ratio() >= 0.6


def one(says: str, *changes: Change) -> Iterator[Candidate]:
    """A candidate of these changes; for `yield from`."""
    yield Candidate(says, changes)

"""Which Service an Ingress controller sends a request to: class, host, path, precedence, default backend.

This is the letter of the networking.k8s.io/v1 API, the profile `spec`, and the pieces that other profiles
share. `decide` looks a request up in an index; `explain` walks every row and compares, and the two share no
search, so each proves the other. Where the API leaves an answer open (status codes, who wins between two
equal rules) this profile answers as most controllers do, and says so in docs/model.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sim.cluster.cluster import CLASS_ANNOTATION, Cluster, Controller, class_after_admission
from sim.cluster.known_controllers import ClaimRule, Classes
from sim.manifests.objects import Ingress, IngressBackend
from sim.routing.controllers.classes import NO_CLASS, by_class
from sim.routing.controllers.decision import Decision, OwnAnswer, SendTo, sent_to_row
from sim.routing.controllers.rows import EXACT, Row, in_order, rows_of
from sim.routing.trace import Request, Step


@dataclass(frozen=True)
class HostTable:
    """The rows of one host, indexed: exact paths, and prefixes by their elements."""

    exact: Mapping[str, Row]
    prefixes: Mapping[tuple[str, ...], Row]

    def longest(self, path: str) -> Row | None:
        """An exact row, else the longest prefix by element."""
        if path in self.exact:
            return self.exact[path]
        elements = path_elements(path)
        for length in range(len(elements), -1, -1):
            row = self.prefixes.get(elements[:length])
            if row is not None:
                return row
        return None


@dataclass(frozen=True)
class RuleTable:
    """All rules that a controller reads, ready to be asked.

    Args:
        rows: claimed rows, oldest Ingress first.
        ignored: rows of Ingresses that belong to no class of this controller, with the reason.
    """

    rows: tuple[Row, ...]
    ignored: tuple[tuple[Row, str], ...]
    hosts: Mapping[str, HostTable]
    default: tuple[Ingress, IngressBackend] | None = None
    certificates: Mapping[str, str] = field(default_factory=dict)

    def for_host(self, host: str) -> HostTable | None:
        """The table of the host's own name, else of its wildcard, else of any host."""
        return self.hosts.get(host) or self.hosts.get(wildcard_of(host)) or self.hosts.get("")


def table(cluster: Cluster, controller: Controller) -> RuleTable:
    """Compile what this controller reads."""
    claimed, ignored = claimed_ingresses(cluster, controller, claims)
    rows = in_order(row for ingress in claimed for row in rows_of(ingress))
    default = next(((i, i.spec.default_backend) for i in claimed if i.spec.default_backend), None)
    refused = tuple((row, because) for ingress, because in ignored for row in rows_of(ingress))
    return RuleTable(rows, refused, _index(rows), default, certificates_by_host(cluster, claimed))


def decide(request: Request, rules: RuleTable) -> Decision:
    """Choose the row that serves `request`, the default backend, or a 404.

    The host picks one table: its own name, else a wildcard, else any host. Within that table the longest
    path wins, and Exact beats Prefix.
    """
    host = host_of(request)
    found = rules.for_host(host)
    row = found.longest(path_of(request)) if found else None
    certificate = (
        rules.certificates.get(request.server_name or "", "default") if request.scheme == "https" else None
    )
    if row is not None:
        return sent_to_row(row, certificate)
    if rules.default is not None:
        return sent_to_default(*rules.default, certificate)
    return no_rule(request, host, bool(found), certificate)


def sent_to_default(ingress: Ingress, backend: IngressBackend, certificate: str | None) -> SendTo:
    """The default backend of an Ingress serves."""
    return SendTo(
        namespace=ingress.namespace,
        backend=backend,
        rule="default-backend",
        code="SIM2018",
        because=f"no rule matches; the default backend of Ingress {ingress.key} takes the rest",
        source=ingress.line("spec", "defaultBackend"),
        certificate=certificate,
    )


def no_rule(request: Request, host: str, host_known: bool, certificate: str | None) -> OwnAnswer:
    """The controller's own 404, and whether it was the host or the path that no rule had."""
    if host_known:
        because = f"no path of {host or 'any host'} matches {path_of(request)}"
        return OwnAnswer(status=404, code="SIM2005", because=because, certificate=certificate)
    return OwnAnswer(status=404, code="SIM2004", because=f"no rule for host {host}", certificate=certificate)


def explain(request: Request, rules: RuleTable) -> Iterator[Step]:
    """Every row against the request, the winner first, then the rows that came closest.

    Walks the rows one by one and compares; shares no search with `decide`.
    """
    host, path = host_of(request), path_of(request)
    level = max((host_level(row.host, host) for row in rules.rows), default=0)
    judged = [(row, _faults(row, host, path, level)) for row in rules.rows]
    fitting = [row for row, faults in judged if not faults]
    winner = max(fitting, key=_precedence, default=None)
    steps = [(_nearness(row, faults, path), _step(row, faults, winner)) for row, faults in judged]
    steps += [
        ((3, 0, 0), Step(row.shown, False, because, row.source, "class", rule=row.rule))
        for row, because in rules.ignored
    ]
    yield from (step for _, step in sorted(steps, key=lambda pair: (not pair[1].wins, *pair[0])))


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> tuple[bool, str]:
    """Whether this Ingress belongs to a class of this controller, and why."""
    name = class_after_admission(ingress, classes) or ingress.metadata.annotations.get(CLASS_ANNOTATION)
    return NO_CLASS if name is None else by_class(classes, controller, name)


def claimed_ingresses(
    cluster: Cluster, controller: Controller, claims: ClaimRule
) -> tuple[list[Ingress], list[tuple[Ingress, str]]]:
    """The Ingresses of a controller, oldest first (then by name), and the ignored ones with the reason."""
    claimed, ignored = [], []
    for ingress in sorted(cluster.ingresses, key=lambda i: (i.metadata.creation_timestamp or "", i.key)):
        held, because = claims(cluster.ingress_classes, controller, ingress)
        if held:
            claimed.append(ingress)
        else:
            ignored.append((ingress, because))
    return claimed, ignored


def certificates_by_host(cluster: Cluster, ingresses: Iterable[Ingress]) -> dict[str, str]:
    """TLS host -> Secret, for those Secrets that are there and cover the host; the first Ingress wins."""
    found: dict[str, str] = {}
    for ingress in ingresses:
        for tls in ingress.spec.tls:
            key = f"{ingress.namespace}/{tls.secret_name}"
            for host in tls.hosts:
                if tls.secret_name and covers(cluster, key, host):
                    found.setdefault(host.lower(), key)
    return found


def covers(cluster: Cluster, secret: str, host: str) -> bool:
    """Whether the certificate of a Secret covers a host.

    The data of a Secret is never read. Unless names are stated, a Secret covers the hosts beside it; one that
    is missing counts as missing only where the set shows Secrets at all.
    """
    if cluster.certificates is not None:
        names = cluster.certificates.get(secret, ())
        return host in names or (wildcard_of(host) in names and not host.startswith("*."))
    return secret in cluster.secrets or not cluster.secrets


def host_of(request: Request) -> str:
    """The Host header as it is compared: lower case, without port and final dot."""
    header = request.host_header.lower()
    name, colon, port = header.rpartition(":")
    bare = name if colon and port.isdigit() and not name.endswith(":") else header
    return bare.strip("[]").removesuffix(".")


def path_of(request: Request) -> str:
    """The path without query string and fragment."""
    return request.path.partition("#")[0].partition("?")[0] or "/"


def wildcard_of(host: str) -> str:
    """`*.` and what follows the first label: a wildcard covers exactly one label."""
    return f"*.{host.partition('.')[2]}"


def path_elements(path: str) -> tuple[str, ...]:
    """A path's elements; a final slash is ignored, `/` has none."""
    inner = path.removeprefix("/").removesuffix("/")
    return tuple(inner.split("/")) if inner else ()


def host_level(pattern: str, host: str) -> int:
    """How closely a rule's host fits: 3 its own name, 2 a wildcard of one label, 1 any host, 0 not at all."""
    if pattern == "":
        return 1
    if pattern.startswith("*."):
        label, dot, rest = host.partition(".")
        return 2 if dot and label and rest == pattern[2:] else 0
    return 3 if pattern == host else 0


def path_holds(row: Row, path: str) -> bool:
    """Whether a path fits a row: Exact to the letter, everything else by element."""
    if row.path_type == EXACT:
        return row.path == path
    wanted = row.path.removeprefix("/").removesuffix("/")
    return wanted == "" or f"{path.removeprefix('/')}/".startswith(f"{wanted}/")


def _index(rows: Iterable[Row]) -> dict[str, HostTable]:
    exact: dict[str, dict[str, Row]] = {}
    prefixes: dict[str, dict[tuple[str, ...], Row]] = {}
    for row in rows:
        by_path = exact.setdefault(row.host, {})
        by_elements = prefixes.setdefault(row.host, {})
        if row.path_type == EXACT:
            by_path.setdefault(row.path, row)
        else:
            by_elements.setdefault(path_elements(row.path), row)
    return {host: HostTable(exact[host], prefixes[host]) for host in exact}


def _faults(row: Row, host: str, path: str, level: int) -> dict[str, str]:
    """The parts of the request that keep the row from holding, and why each does."""
    faults = {}
    mine = host_level(row.host, host)
    if mine == 0:
        faults["host"] = f"of host {row.host}"
    elif mine < level:
        faults["host"] = f"{host} has rules of its own" if level == 3 else f"a wildcard covers {host}"
    if not path_holds(row, path):
        faults["path"] = f"not equal to {path}" if row.path_type == EXACT else f"{path} is not under it"
    return faults


def _precedence(row: Row) -> tuple[int, bool, int]:
    return len(path_elements(row.path)), row.path_type == EXACT, -row.order


def _step(row: Row, faults: Mapping[str, str], winner: Row | None) -> Step:
    if faults:
        return Step(row.shown, False, "; ".join(faults.values()), row.source, "+".join(faults), rule=row.rule)
    if winner is None or row is winner:
        return Step(row.shown, True, "wins: longest that matches", row.source, wins=True, rule=row.rule)
    return Step(row.shown, True, loses_to(row, winner), row.source, rule=row.rule)


def loses_to(row: Row, winner: Row) -> str:
    """Why a row that matches does not win."""
    if len(path_elements(row.path)) < len(path_elements(winner.path)):
        return "shorter"
    if row.path_type != winner.path_type:
        return "Exact beats Prefix"
    return f"same host and path as in {winner.ingress.key}, which is older"


def _nearness(row: Row, faults: Mapping[str, str], path: str) -> tuple[int, int, int]:
    """Held rows first, then those of the host, then other hosts; the closer path first."""
    shared = sum(1 for a, b in zip(row.path, path, strict=False) if a == b)
    distance = 0 if not faults else 1 if "host" not in faults else 2
    return distance, -len(path_elements(row.path)) if not faults else -shared, row.order

"""TLS passed through: a connection leaves the controller before nginx sees it, by its server name alone.

With --enable-ssl-passthrough a small TCP proxy sits before nginx and compares the SNI, to the letter and
without wildcards, with the hosts whose server was made by an Ingress with ssl-passthrough. Only the location
for `/` counts: its Service's ClusterIP and port get the bytes as they are, so no other path and no other
annotation matters, and plain http is served as ever. Source: pkg/tcpproxy/tcp.go (Get, Handle);
internal/ingress/controller/nginx.go (OnUpdate), controller.go (buildPassthroughBackends, createServers);
docs/user-guide/nginx-configuration/annotations.md (SSL Passthrough).
"""

from collections.abc import Iterator
from dataclasses import replace

from sim.routing.controllers import rows
from sim.routing.controllers.decision import Decision, RefuseHandshake, sent_to_row
from sim.routing.controllers.ingress_nginx.annotations import line_of
from sim.routing.controllers.ingress_nginx.servers import Location
from sim.routing.controllers.ingress_nginx.table import PASSES_TLS, NginxTable
from sim.routing.final import Forwarded
from sim.routing.trace import Note, Request, Step

ANNOTATION = "ssl-passthrough"


def passes(request: Request, rules: NginxTable) -> bool:
    """Whether a connection is passed on; a Service that is missing leaves it to nginx."""
    name = _asked_for(request, rules)
    if name is None or not rules.passes_tls:
        return False
    location = _root(name, rules)
    return location is None or _service_of(location) in rules.services


def decided(request: Request, rules: NginxTable) -> Decision | None:
    """Where the bytes of the connection go; None: nginx answers it."""
    if not passes(request, rules):
        return None
    name = request.server_name or ""
    ingress, location = rules.passing[name.lower()], _root(name.lower(), rules)
    line = line_of(ingress, ANNOTATION)
    if location is None or location.row is None:
        because = (
            f"{ANNOTATION} of Ingress {ingress.key}: {name} has no rule for /, so there is nowhere to go"
        )
        return RefuseHandshake(code="SIM2087", because=because, source=line, passing=True)
    row = location.row
    because = f"TLS for {name} is passed through ({ANNOTATION} of Ingress {ingress.key})"
    return replace(
        sent_to_row(row),
        code="SIM2083",
        because=because,
        source=line,
        via="service",
        passes_tls=True,
        forwarded=Forwarded(scheme="https"),
    )


def in_vain(request: Request, rules: NginxTable) -> tuple[Note, ...]:
    """A note where an Ingress asks for it and the controller does not do it."""
    name = _asked_for(request, rules)
    if name is None or rules.passes_tls:
        return ()
    ingress = rules.passing[name]
    what = f"Ingress {ingress.key} asks for {ANNOTATION}; the controller runs without --{PASSES_TLS}"
    return (Note("SIM2084", f"{what}, so TLS ends at the controller", line_of(ingress, ANNOTATION)),)


def passed_by(request: Request, rules: NginxTable) -> Iterator[Step]:
    """The rule for / of the host first; then every other row, none of which is looked at."""
    name = (request.server_name or "").lower()
    location = _root(name, rules)
    winner = location.row if location is not None else None
    return rows.passed_by(winner, name, ", and / names the Service", rules.rows, rules.ignored)


def _asked_for(request: Request, rules: NginxTable) -> str | None:
    """The server name, if an Ingress asks that its TLS be passed through."""
    name = (request.server_name or "").lower()
    return name if name in rules.passing and name else None


def _root(name: str, rules: NginxTable) -> Location | None:
    """The first location for `/` that a path names."""
    found = (at for at in rules.servers[name].locations if at.path == "/")
    location = next(found, None)
    return location if location is not None and location.row is not None else None


def _service_of(location: Location) -> str:
    backend = location.row.backend.service if location.row is not None else None
    return f"{location.row.namespace}/{backend.name}" if location.row is not None and backend else ""


def passed_hosts(rules: NginxTable) -> Iterator[tuple[str, rows.Row]]:
    """The hosts whose TLS is passed on, each with the row that names the Service."""
    for host in rules.passing if rules.passes_tls else ():
        location = _root(host, rules) if host else None
        if location is not None and location.row is not None and _service_of(location) in rules.services:
            yield host, location.row

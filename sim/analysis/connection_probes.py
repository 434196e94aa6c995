"""Requests derived from routes that are no HTTPRoutes: calls of gRPC methods, connections by name and port.

For each method match the call that it asks for, with the parts it leaves open made up; around it the names of
others come from the borders of `sim.analysis.probes`. For each server name a handshake for it, one for a name
beside it, one below it; for each port for connections one connection.
"""

from collections.abc import Iterator

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import Listener
from sim.manifests.objects.gateway_routes import GRPCRouteMatch, TLSRoute
from sim.routing import Request
from sim.routing.gateway.hostnames import overlap
from sim.routing.gateway.listener_sets import listeners_of
from sim.routing.trace import GRPC_CONTENT

MADE_UP = "never.Used"


def called(match: GRPCRouteMatch) -> tuple[str, dict[str, str]]:
    """Path and headers of a call that a match asks for."""
    service, method = match.method.service or MADE_UP, match.method.method or "Any"
    headers = {"content-type": GRPC_CONTENT, **{h.name: h.value for h in reversed(match.headers)}}
    return f"/{service}/{method}", headers


def names_at(names: tuple[str, ...], listeners: list[Listener]) -> list[str]:
    """The host names of a route, and those of listeners that it fits; empty for any."""
    hosts = [name.lower() for name in names] or [""]
    more = {(x.hostname or "").lower() for x in listeners} - {"", *hosts}
    return hosts + sorted(name for name in more if any(overlap(name, host) for host in hosts))


def connections(cluster: Cluster, host: str) -> Iterator[Request]:
    """Handshakes and bare connections.

    Args:
        host: that names nothing, for ports that every name leads to.
    """
    listeners = listeners_of(cluster)
    tls = sorted({x.port for x in listeners if x.protocol == "TLS" and x.port is not None})
    routes = [r for r in cluster.stream_routes if isinstance(r, TLSRoute)]
    names = {name for r in routes for name in names_at(r.spec.hostnames, listeners)}
    for port in tls:
        for name in sorted(names - {""}):
            plain = name.removeprefix("*.")
            for asked in (f"one.{plain}" if name.startswith("*.") else name, f"one.two.{plain}", plain):
                yield Request(asked, scheme="tls", port=port)
        yield Request(host, scheme="tls", port=port)
    for protocol in ("TCP", "UDP"):
        for port in sorted({x.port for x in listeners if x.protocol == protocol and x.port is not None}):
            yield Request(host, scheme=protocol.lower(), port=port)

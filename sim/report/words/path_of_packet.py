"""The way of one request through the graph of a cluster: where it went, and where it could have gone.

A trace draws nothing, so where several ways are equally likely the first one is taken, unless the trace says
which Pod it was.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sim.analysis.topology import CLIENT, Graph, of_kind
from sim.cluster.families import address_of
from sim.routing.trace import Trace


@dataclass(frozen=True)
class PacketPath:
    """The way of one request, as far as it came.

    Args:
        path: the graph's nodes, one after the other.
        others: edges that it could have taken as well.
        services: the names on the rules that it met.
        rule: the controller's rule that won, as in the case format.
        port: the port that the client asked for.
    """

    path: tuple[str, ...] = ()
    others: frozenset[tuple[str, str]] = frozenset()
    services: frozenset[str] = frozenset()
    rule: str | None = None
    port: int | None = None

    @property
    def steps(self) -> list[tuple[str, str]]:
        """The edges of the path."""
        return list(pairwise(self.path))

    @property
    def end(self) -> str:
        """Where it ended; empty if there is no request."""
        return self.path[-1] if self.path else ""

    def meets(self, things: Iterable[str]) -> bool:
        """Whether one of the things is on the path."""
        return not set(self.path).isdisjoint(things)


@dataclass(frozen=True)
class _Hops:
    """What a trace's hops name, as nodes of the graph. Empty: the request did not come so far."""

    balancers: list[str]
    nodes: list[str]
    behind: list[str]
    pods: list[str]
    by_controller: bool


def packet_path(drawn: Graph, trace: Trace) -> PacketPath:
    """Find a trace in the graph."""
    hops = _hops(drawn, trace)
    path = tuple(_path(drawn, trace, hops))
    services = _services(drawn, trace, path)
    return PacketPath(path, _others(drawn, hops), services, trace.final.rule, trace.request.target_port)


def _hops(drawn: Graph, trace: Trace) -> _Hops:
    kinds = [hop.kind for hop in trace.hops]
    balanced, by_controller = "load-balancer" in kinds, "controller" in kinds
    nodes = _things(drawn, _branches(trace, "load-balancer")) if balanced else _named(drawn, trace)
    balancers = _balancers(drawn, trace) if balanced else []
    reading = [found for b in balancers if (found := drawn.nodes[b].get("reads"))]
    if reading and "node" in kinds:
        return _over_nodes(drawn, trace, balancers)
    return _Hops(
        balancers=balancers,
        nodes=nodes if "node" in kinds else [],
        behind=reading or _things(drawn, _branches(trace, "node")),
        pods=_things(drawn, _branches(trace, "pod")) if by_controller else [],
        by_controller=by_controller,
    )


def _over_nodes(drawn: Graph, trace: Trace, balancers: list[str]) -> _Hops:
    """From a load balancer that applies the rules itself over the node ports of the Service that it chose."""
    service = (trace.final.backend or "").rpartition(":")[0]
    nodes = [n for n in drawn.successors(balancers[0]) if service in drawn.edges[balancers[0], n]["services"]]
    ports = [n for n in nodes if drawn.nodes[n]["kind"] == "node"]
    return _Hops(balancers, ports, _things(drawn, _branches(trace, "pod")), [], by_controller=False)


def _branches(trace: Trace, kind: str) -> list[str]:
    """Where the first hop of a kind leads."""
    return next(([branch.to for branch in hop.branches] for hop in trace.hops if hop.kind == kind), [])


def _things(drawn: Graph, names: Iterable[str]) -> list[str]:
    """The nodes, controllers and Pods of these names."""
    known = (f"{kind} {name}" for name in names for kind in ("node", "controller", "pod"))
    return [thing for thing in known if drawn.has_node(thing)]


def _destination(trace: Trace) -> str:
    return address_of(str(trace.hops[0].before.get("destination", "")))


def _balancers(drawn: Graph, trace: Trace) -> list[str]:
    """The load balancer that the client connects to; of several at one address the one with the port."""
    address, port = _destination(trace), trace.request.target_port
    here = [n for n in of_kind(drawn, "load-balancer") if address in drawn.nodes[n]["addresses"]]
    return sorted(here, key=lambda n: port not in drawn.nodes[n]["ports"])[:1]


def _named(drawn: Graph, trace: Trace) -> list[str]:
    """The node whose own address or name the client used."""
    there = _destination(trace)
    own = ((n, drawn.nodes[n]) for n in of_kind(drawn, "node"))
    return [n for n, of in own if there in (of["address"], of["name"], of.get("second"))]


def _path(drawn: Graph, trace: Trace, hops: _Hops) -> Iterator[str]:
    """One node of the graph per hop, each with an edge to the next."""
    picked = _things(drawn, [trace.final.pod] if trace.final.pod else [])
    last = (picked or hops.pods or hops.behind)[:1]
    first = hops.behind[:1] if hops.by_controller else last
    yield CLIENT
    yield from hops.balancers
    yield from [node for node in hops.nodes if not first or drawn.has_edge(node, first[0])][:1]
    yield from first
    yield from last if hops.by_controller and hops.pods else ()


def _others(drawn: Graph, hops: _Hops) -> frozenset[tuple[str, str]]:
    columns = [c for c in ([CLIENT], hops.balancers, hops.nodes, hops.behind, hops.pods) if c]
    edges = ((one, other) for left, right in pairwise(columns) for one in left for other in right)
    return frozenset(edge for edge in edges if drawn.has_edge(*edge))


def _services(drawn: Graph, trace: Trace, path: Sequence[str]) -> frozenset[str]:
    """The Service of the final backend, and that of the load balancer or node port."""
    backend = (trace.final.backend or "").rpartition(":")[0]
    entry = next((drawn.nodes[n]["name"] for n in path if drawn.nodes[n]["kind"] == "load-balancer"), "")
    return frozenset(name for name in (backend, entry) if name)

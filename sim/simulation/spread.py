"""Connections to a Service opened one by one: a node is drawn, and its kube-proxy chooses or takes a turn.

Each connection comes from a client of its own, so affinity finds nobody again. Every draw is a function of
the seed, the Service and the number of the connection, whatever the mode: modes differ by rules alone.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from sim.cluster.cluster import Cluster, Endpoint, LinkedService
from sim.errors import UsageError
from sim.routing.final import Reached
from sim.routing.hops.balanced import evenly, serving
from sim.routing.hops.node import reached
from sim.routing.hops.opened import Arrival
from sim.routing.kube_proxy import MODES
from sim.routing.kube_proxy.schedulers import SCHEDULERS, Memory, RealServer
from sim.routing.spreading import DroppedShare, stopped
from sim.simulation.spread_shares import Placement, Share, Shares, in_turn_interval
from sim.simulation.theory import binomial_interval
from sim.simulation.workload import generator

Chooser = Callable[[float], str]
"""A uniform in [0, 1) -> the target of a node's next connection."""


def served_services(cluster: Cluster) -> dict[str, LinkedService]:
    """`NAMESPACE/NAME` -> the Services that kube-proxy serves and the manifests show."""
    return {key: s for key, s in cluster.services.items() if s.cluster_ip and s.ports and not s.assumed}


def open_connections(
    cluster: Cluster, service: LinkedService, mode: str, connections: int, seed: int
) -> Shares:
    """Open connections to the first port of a Service.

    Args:
        mode: a key of MODES.

    Raises:
        UsageError: no node has an endpoint to give.
    """
    port = service.ports[0] if service.ports else None
    open_nodes = evenly(serving(cluster, service, port, mode)) if port else ()
    if port is None or not open_nodes:
        why = f" ({port.unready})" if port is not None and port.unready else ""
        what = f"no node has an endpoint for it{why}"
        raise UsageError(f"kube-proxy sends nothing to Service {service.key}: {what}")
    got = _drawn(service.key, open_nodes, mode, connections, seed)
    lost = stopped(cluster, service, port, open_nodes)
    there = reached(open_nodes)
    rows = [_share(one, open_nodes, mode, connections, got[one.endpoint.target], lost) for one in there]
    rows.sort(key=lambda row: row.pod)
    hints = service.hints.says if service.hints.asked else ""
    policy, first = _policy(service), next((one.why for one in lost.values()), None)
    return Shares(service.key, port.number, mode, policy, connections, seed, tuple(rows), hints, first)


def _drawn(
    service: str, open_nodes: tuple[Arrival, ...], mode: str, connections: int, seed: int
) -> Counter[str]:
    """Target -> connections."""
    which = generator(seed, f"spread/{service}/node").random(connections).tolist()
    draws = generator(seed, f"spread/{service}/pod").random(connections).tolist()
    turn = _in_turn if MODES[mode].in_turn else _at_random
    choosers = [turn(arrival.verdict.endpoints) for arrival in open_nodes]
    return Counter(choosers[int(n * len(choosers))](draw) for n, draw in zip(which, draws, strict=True))


def _at_random(endpoints: tuple[Endpoint, ...]) -> Chooser:
    return lambda draw: endpoints[int(draw * len(endpoints))].target


def _in_turn(endpoints: tuple[Endpoint, ...]) -> Chooser:
    """The node's scheduler rr, with what it remembers from one connection to the next."""
    servers = tuple(RealServer(e.target) for e in endpoints)
    memory: Memory = ()

    def next_one(_draw: float) -> str:
        nonlocal memory
        chosen, memory = SCHEDULERS["rr"](servers, memory, "", "")
        assert chosen is not None  # every server has weight 1
        return chosen

    return next_one


def _share(
    one: Reached,
    nodes: tuple[Arrival, ...],
    mode: str,
    connections: int,
    got: int,
    lost: Mapping[str, DroppedShare],
) -> Share:
    endpoint = one.endpoint
    dropped = lost[endpoint.target].share if endpoint.target in lost else 0.0
    if MODES[mode].in_turn:
        lists = [[e.target for e in a.verdict.endpoints] for a in nodes]
        parts = [1 / len(targets) for targets in lists if endpoint.target in targets]
        interval = in_turn_interval(connections, len(nodes), parts)
    else:
        interval = binomial_interval(connections, one.probability)
    return Share(one.name, endpoint.node or "", one.probability, got, interval, dropped)


def _policy(service: LinkedService) -> str:
    spec = service.manifest.spec
    outside = spec.type in {"LoadBalancer", "NodePort"}
    return (spec.external_traffic_policy if outside else spec.internal_traffic_policy) or "Cluster"


def placement_of(service: LinkedService) -> Placement:
    """How the ready Pods of the first port stand on nodes."""
    ready = service.ports[0].ready if service.ports else ()
    on_node = Counter(e.node for e in ready if e.node)
    return Placement(tuple(sorted(on_node.values(), reverse=True)))

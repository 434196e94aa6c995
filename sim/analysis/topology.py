"""The cluster as a graph of where packets may go: client, load balancers, nodes, controllers, Pods.

A Service is in the graph and has no edge: no packet enters it. It is the name on a rule, and the edges that
the rule leads over carry it; `ways` keeps those of one Service, so that paths in it are paths of packets.
A load balancer that applies rules itself leads to a controller that is no Pod and holds them, and on to its
targets. Left out: traffic between Pods, and the node ports of Services that have a load balancer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import networkx as nx

from sim.cluster.cluster import Cluster, Controller, Endpoint, LinkedService, Node
from sim.routing import Request, route
from sim.routing.controllers import PROFILES
from sim.routing.controllers.api import claimed_ingresses
from sim.routing.controllers.rows import rows_of
from sim.routing.gateway.backends import shares as backends_of
from sim.routing.gateway.compiled import compiled
from sim.routing.gateway.matching import rows_of as rows_of_route
from sim.routing.hops.balanced import targets, to_pods
from sim.routing.hops.node import from_outside
from sim.routing.upstream import resolve

Graph: TypeAlias = "nx.DiGraph[str]"
CLIENT = "client"
OTHER_PATHS = "(any other)"
IN_BALANCER = "load balancer"
"""Where the rules of a load balancer that applies them itself are."""


@dataclass(frozen=True)
class NodeRule:
    """A rule of kube-proxy: connections to a port go to the endpoints of a Service."""

    service: str
    port: int
    node_port: int | None


@dataclass(frozen=True)
class PathRule:
    """A rule of a controller: requests for a host and a path go to the endpoints of a Service.

    Args:
        host: empty for any host.
        backend: `NAMESPACE/SERVICE:PORT`, or what is written if that is no Service.
        rule: which rule of which Ingress, as in the case format.
        pods: the graph's nodes that it leads to.
        because: why it leads to no Pod; empty if it leads to some.
        by_nodes: whether a load balancer that applies it sends to nodes, and their kube-proxy to Pods.
    """

    host: str
    path: str
    backend: str
    rule: str
    pods: tuple[str, ...]
    because: str = ""
    by_nodes: bool = False

    @property
    def service(self) -> str:
        """`NAMESPACE/NAME` of the backend."""
        return self.backend.rpartition(":")[0] or self.backend


def graph(cluster: Cluster) -> Graph:
    """Build the graph. Its nodes are strings such as `pod shop/cart-1`, each with kind, name, address, zone.

    Besides these, a load balancer has addresses and ports; a node rules (NodeRule), and a second address
    where there are two families; a controller, of which every Pod is one, controller, profile, node and
    rules (PathRule); a Service pods (ready or not); a Pod node and state (empty if ready). An edge has
    services: the names on the rules that lead over it.
    """
    drawn: Graph = nx.DiGraph()
    _add(drawn, CLIENT, "", None, None)
    ported = (s for s in entries(cluster) if _reader(cluster, s) is None)
    rules = tuple(NodeRule(s.key, p.number, p.node_port) for s in ported for p in s.ports)
    for node in cluster.nodes:
        also = {"second": node.second} if node.second else {}
        _add(drawn, "node", node.name, node.address, node.zone, rules=rules, **also)
    _add_pods(drawn, cluster)
    for service in cluster.services.values():
        pods = _ends(drawn, (e for port in service.ports for e in port.endpoints))
        _add(drawn, "service", service.key, service.cluster_ip, None, pods=pods)
    for service in entries(cluster):
        _add_entry(drawn, cluster, service)
    for controller in (*cluster.controllers, *cluster.gateway_proxies):
        _add_rules(drawn, cluster, controller)
    return drawn


def of_kind(drawn: Graph, kind: str) -> list[str]:
    """The graph's nodes of one kind, in order of the files."""
    return [name for name, data in drawn.nodes(data=True) if data["kind"] == kind]


def packet_paths(drawn: Graph, service: str) -> Graph:
    """The part of the graph that packets for one Service may take, those to its controllers included."""
    rules = ((pod, rule) for pod in of_kind(drawn, "controller") for rule in drawn.nodes[pod]["rules"])
    before = {pod for pod, rule in rules if rule.service == service and rule.pods}
    carried: Iterable[tuple[str, str, tuple[str, ...]]] = drawn.edges(data="services")
    on_the_way = {name for _, pod, names in carried if pod in before for name in names} | {service}
    return drawn.edge_subgraph([(one, other) for one, other, names in carried if on_the_way & {*names}])


def reached(drawn: Graph, without: str | None = None) -> list[str]:
    """The Services that a client outside can reach, in order of the files.

    Args:
        without: a part of the graph that is gone, such as `node node-a`; what is missing then went with it.
    """
    names = (drawn.nodes[known]["name"] for known in of_kind(drawn, "service"))
    return [name for name in names if _is_reached(drawn, name, without)]


def _is_reached(drawn: Graph, service: str, without: str | None) -> bool:
    way = packet_paths(drawn, service).copy()
    way.remove_nodes_from([without] if without else [])
    ends = [pod for pod in drawn.nodes[_name("service", service)]["pods"] if pod in way]
    return CLIENT in way and any(nx.has_path(way, CLIENT, end) for end in ends)


def entries(cluster: Cluster) -> list[LinkedService]:
    """The Services that clients outside reach without a controller's help: by load balancer or node port."""
    return [s for s in cluster.services.values() if s.manifest.spec.type in {"LoadBalancer", "NodePort"}]


def _name(kind: str, name: str) -> str:
    return f"{kind} {name}".rstrip()


def _add(drawn: Graph, kind: str, name: str, address: str | None, zone: str | None, **more: object) -> str:
    known = _name(kind, name)
    drawn.add_node(known, kind=kind, name=name or kind, address=address, zone=zone, **more)
    return known


def _lead(drawn: Graph, one: str, other: str, service: str) -> None:
    """An edge that carries a Service's name besides those it carries already."""
    before = drawn.edges[one, other]["services"] if drawn.has_edge(one, other) else ()
    drawn.add_edge(one, other, services=tuple(dict.fromkeys((*before, service))))


def _add_pods(drawn: Graph, cluster: Cluster) -> None:
    reading = (*cluster.controllers, *cluster.gateway_proxies)
    owners = {pod: controller for controller in reading for pod in controller.pods}
    for pod in cluster.pods.values():
        more: dict[str, object] = {"node": pod.node, "state": pod.state or ("" if pod.ready else "not ready")}
        owner = owners.get(pod.key)
        if owner is not None:
            more |= {"controller": owner.name, "profile": owner.profile, "rules": ()}
        _add(drawn, "controller" if owner else "pod", pod.key, pod.address, pod.zone, **more)


def _ends(drawn: Graph, endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    """The graph's nodes of endpoints; an address without a Pod becomes one."""
    return tuple(dict.fromkeys(_end(drawn, endpoint) for endpoint in endpoints))


def _end(drawn: Graph, endpoint: Endpoint) -> str:
    name = endpoint.pod or endpoint.target
    known = next((n for n in (f"controller {name}", f"pod {name}") if drawn.has_node(n)), None)
    return known or _add(
        drawn, "pod", name, endpoint.address, endpoint.zone, node=endpoint.node, state=endpoint.state
    )


def _add_entry(drawn: Graph, cluster: Cluster, service: LinkedService) -> None:
    """From the client to the endpoints of a Service, over its load balancer or over any node's port."""
    reader = _reader(cluster, service)
    if reader is not None:
        _add_reader(drawn, cluster, service, reader)
        return
    nodes = _targets(cluster, service)
    at = CLIENT
    if service.wants_load_balancer:
        at = _add_load_balancer(drawn, service)
    if to_pods(service):
        healthy = (t.endpoint for port in service.ports for t in targets(service, port, cluster.nodes).chosen)
        for end in _ends(drawn, (e for e in healthy if e is not None)):
            _lead(drawn, at, end, service.key)
        return
    for node in nodes:
        _lead(drawn, at, f"node {node.name}", service.key)
    for node in nodes:
        found = (a for port in service.ports for a in from_outside(cluster, service, port, (node,)))
        for end in _ends(drawn, (e for arrival in found for e in arrival.verdict.endpoints)):
            _lead(drawn, f"node {node.name}", end, service.key)


def _reader(cluster: Cluster, service: LinkedService) -> Controller | None:
    """What a load balancer applies by itself, for a Service that stands for one that does; else None."""
    found = cluster.controller_of_service.get(service.key)
    return found if found is not None and found.listeners and found.gateway is None else None


def _add_reader(drawn: Graph, cluster: Cluster, service: LinkedService, reader: Controller) -> None:
    """A load balancer with its rules, as a controller that is no Pod, and what it sends to."""
    at, rules = _add_load_balancer(drawn, service), tuple(_path_rules(drawn, cluster, reader))
    more = {"controller": service.key, "profile": reader.profile, "node": IN_BALANCER, "state": ""}
    inside = _add(drawn, "controller", service.key, None, None, rules=rules, **more)
    drawn.nodes[at]["reads"] = inside
    _lead(drawn, at, inside, service.key)
    for rule in rules:
        if not rule.pods:
            continue
        for one, other in ((CLIENT, at), (at, inside)):
            _lead(drawn, one, other, rule.service)
        if rule.by_nodes:
            _over_nodes(drawn, cluster, at, rule)
        else:
            for end in rule.pods:
                _lead(drawn, inside, end, rule.service)


def _over_nodes(drawn: Graph, cluster: Cluster, at: str, rule: PathRule) -> None:
    """Over the node port of a Service, as its kube-proxy decides."""
    service = cluster.services[rule.service]
    for node in cluster.nodes:
        found = (a for port in service.ports for a in from_outside(cluster, service, port, (node,)))
        ends = _ends(drawn, (e for arrival in found for e in arrival.verdict.endpoints))
        for end in ends:
            _lead(drawn, at, f"node {node.name}", service.key)
            _lead(drawn, f"node {node.name}", end, service.key)


def _add_load_balancer(drawn: Graph, service: LinkedService) -> str:
    ports, addresses = tuple(port.number for port in service.ports), service.load_balancer
    first = addresses[0] if addresses else None
    at = _add(drawn, "load-balancer", service.key, first, None, addresses=addresses, ports=ports)
    if addresses:
        _lead(drawn, CLIENT, at, service.key)
    return at


def _targets(cluster: Cluster, service: LinkedService) -> list[Node]:
    """The nodes that take connections for some port of a Service."""
    if not service.wants_load_balancer:
        return list(cluster.nodes)
    healthy = {n.name for port in service.ports for n in targets(service, port, cluster.nodes).healthy}
    return [node for node in cluster.nodes if node.name in healthy]


def _add_rules(drawn: Graph, cluster: Cluster, controller: Controller) -> None:
    """The rules of a controller, at each of its Pods."""
    rules = tuple(_path_rules(drawn, cluster, controller))
    for pod in (f"controller {key}" for key in controller.pods):
        if drawn.has_node(pod):
            drawn.nodes[pod]["rules"] = rules
            for rule in rules:
                for end in rule.pods:
                    _lead(drawn, pod, end, rule.service)


def _path_rules(drawn: Graph, cluster: Cluster, controller: Controller) -> Iterator[PathRule]:
    """The rules that a controller reads, in order of reading."""
    if controller.gateway is not None:
        yield from _route_rules(drawn, cluster, controller.gateway)
        return
    profile = PROFILES[controller.profile]
    claimed = claimed_ingresses(cluster, controller, profile.claims)[0]
    for ingress in (i for i in claimed if controller.reads is None or i.key in controller.reads):
        written = [(row.host, row.path, row.rule, row.backend) for row in rows_of(ingress)]
        if ingress.spec.default_backend:
            written.append(("", OTHER_PATHS, "default-backend", ingress.spec.default_backend))
        for host, path, rule, backend in written:
            found = resolve(cluster, profile, ingress.namespace, backend, None)
            because = found.message or (f"leaves the cluster for {found.external}" if found.external else "")
            ends = _ends(drawn, found.endpoints)
            over = controller.listeners and ends and _is_over_nodes(cluster, host, path, controller)
            yield PathRule(host, path, found.backend or "no Service", rule, ends, because, bool(over))


def _is_over_nodes(cluster: Cluster, host: str, path: str, controller: Controller) -> bool:
    """Whether a load balancer that applies rules itself sends what one takes to nodes, not to Pods."""
    asked = host.replace("*", "any") or "any.example"
    (port, scheme), *_ = ((number, kind.lower()) for number, kind in controller.listeners)
    request = Request(asked, path if path.startswith("/") else "/", scheme=scheme, port=port)
    found = route(cluster, request, to=f"lb:{controller.services[0]}", explain=False)
    return any(hop.kind == "node" for hop in found.hops)


def _route_rules(drawn: Graph, cluster: Cluster, gateway: str) -> Iterator[PathRule]:
    """The rules of the routes that a Gateway's listeners take, each backend of a rule for itself."""
    said: set[tuple[str, str, str]] = set()
    for attachment in compiled(cluster, gateway).attached.http:
        rows = rows_of_route(attachment.route, attachment.hostnames) if attachment.held else ()
        pairs = ((one, share) for one in rows for share in backends_of(cluster, one))
        for row, share in pairs:
            host, found = row.hostnames[0], share.upstream
            backend = found.backend or "no Service"
            if (host, row.rule, backend) not in said:
                said.add((host, row.rule, backend))
                ends = _ends(drawn, () if share.refused else found.endpoints)
                yield PathRule(host, row.prefix, backend, row.rule, ends, found.message)

"""A design: what an engine runs, with integers for names. Pods are stations, traffic rows are flows.

Rules are resolved here, once per traffic row and by `sim.routing` itself; an engine asks no rule again. A
design holds no randomness and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.cluster import Cluster, Controller, Endpoint, LinkedPort, LinkedService, Node, RunningPod
from sim.plans import Plan
from sim.routing import Request, route
from sim.routing.cloud_lb import targets
from sim.routing.decision import Trace
from sim.routing.delays import Delays
from sim.routing.kube_proxy import Verdict, allowed_client, behind_balancer, decide, proxy_of
from sim.routing.profiles import PROFILES
from sim.scenario import Scenario, TrafficRow

CLIENT = Request("client").client_ip


@dataclass(frozen=True)
class StationSpec:
    """A Pod as a station: `workers` serve at a time, the rest wait, first come first served."""

    name: str
    node: str
    zone: str
    workers: int
    is_controller: bool = False


@dataclass(frozen=True)
class Upstream:
    """The Pods that a controller spreads requests over, and how."""

    stations: tuple[int, ...]
    algorithm: str


@dataclass(frozen=True)
class Flow:
    """Where the requests of one traffic row go.

    Args:
        destination: number of the load balancer; a client keeps one connection to it.
        nodes: zones of the healthy nodes, each as likely as the others.
        node_numbers: the same nodes as places in `Design.nodes`.
        pods: per node, the stations that kube-proxy may choose, each as likely as the others.
        upstream: number of the upstream behind the controller; None: kube-proxy's choice serves.
        end: how the request ends without a Pod: a failure's reason, or `redirected`; None: it is served.
        tls_ends: where TLS ends: load-balancer, controller, pod; None: plain.
    """

    destination: int
    nodes: tuple[str, ...]
    node_numbers: tuple[int, ...]
    pods: tuple[tuple[int, ...], ...]
    upstream: int | None
    end: str | None
    tls_ends: str | None


@dataclass(frozen=True)
class Design:
    """One plan, ready to run.

    Args:
        nodes: names of all nodes, in order of the cluster.
    """

    name: str
    nodes: tuple[str, ...]
    stations: tuple[StationSpec, ...]
    upstreams: tuple[Upstream, ...]
    flows: tuple[Flow, ...]
    destinations: tuple[str, ...]
    services: tuple[str, ...]
    delays: Delays


def compile_design(plan: Plan, scenario: Scenario, rules: Cluster) -> Design:
    """Resolve every traffic row against a plan.

    Args:
        rules: the cluster of the plan single-ingress: its Ingress says which Service a host and path mean.
    """
    return _Compiler(plan, scenario, rules).design()


def services_of(scenario: Scenario, rules: Cluster) -> tuple[str, ...]:
    """`NAMESPACE/NAME` of the Service behind each traffic row; empty where no rule leads to one."""
    backends = (route(rules, request_of(row, rules)).final.backend for row in scenario.traffic)
    return tuple((backend or "").rpartition(":")[0] for backend in backends)


def request_of(row: TrafficRow, rules: Cluster) -> Request:
    """The request that a traffic row stands for; https where the host has a certificate."""
    scheme = row.scheme or ("https" if _has_tls(row.host, rules) else "http")
    return Request(row.host, row.path, row.method, scheme)


def _has_tls(host: str, rules: Cluster) -> bool:
    return any(host in tls.hosts for ingress in rules.ingresses for tls in ingress.spec.tls)


class _Compiler:
    """Numbers stations, upstreams and destinations as they are first met."""

    def __init__(self, plan: Plan, scenario: Scenario, rules: Cluster) -> None:
        self._plan, self._scenario, self._rules = plan, scenario, rules
        self._cluster = plan.cluster
        self._stations: dict[str, StationSpec] = {}
        self._upstreams: dict[tuple[str, ...], int] = {}
        self._destinations: dict[str, int] = {}
        self._found_upstreams: list[Upstream] = []

    def design(self) -> Design:
        """All flows, and the stations they need."""
        services = services_of(self._scenario, self._rules)
        flows = tuple(
            self._flow(row, service) for row, service in zip(self._scenario.traffic, services, strict=True)
        )
        return Design(
            self._plan.name,
            tuple(n.name for n in self._cluster.nodes),
            tuple(self._stations.values()),
            tuple(self._found_upstreams),
            flows,
            tuple(self._destinations),
            services,
            self._scenario.delays,
        )

    def _flow(self, row: TrafficRow, service: str) -> Flow:
        request = request_of(row, self._rules)
        if self._cluster.controllers:
            return self._through_controller(request)
        return self._direct(request, service)

    def _direct(self, request: Request, key: str) -> Flow:
        """The Service's own load balancer."""
        linked = self._cluster.services.get(key)
        if linked is None or not linked.wants_load_balancer:
            return self._ended(route(self._cluster, request).final.state, None)
        if not linked.load_balancer:
            return self._ended("lb-pending", None)
        port = self._port(linked, request)
        tls = (self._scenario.tls.ends or "pod") if request.scheme == "https" else None
        tls = "pod" if tls == "controller" else tls
        return self._behind(linked, port, None, None, tls, self._scenario.workers_of(key), False)

    def _port(self, linked: LinkedService, request: Request) -> LinkedPort:
        """The port of the rule; the load balancer of a Service listens on the Service's own ports."""
        backend = route(self._rules, request).final.backend or ""
        number = backend.rpartition(":")[2]
        return next((p for p in linked.ports if str(p.number) == number), linked.ports[0])

    def _through_controller(self, request: Request) -> Flow:
        found = route(self._cluster, request)
        entered = self._entered(found)
        if entered is None:
            return self._ended(found.final.state, None)
        linked, controller = entered
        port = next(p for p in linked.ports if p.number == request.target_port)
        tls = (self._scenario.tls.ends or "controller") if request.scheme == "https" else None
        end = None if found.final.state == "delivered" else _reason(found)
        upstream = self._upstream(found, controller) if end is None else None
        workers = self._scenario.controller_key.workers
        return self._behind(linked, port, upstream, end, tls, workers, True)

    def _entered(self, found: Trace) -> tuple[LinkedService, Controller] | None:
        """The load balancer and controller that a trace went through."""
        if not any(h.kind == "controller" for h in found.hops):
            return None
        controller = self._cluster.controllers[0]
        names = {b.to for h in found.hops if h.kind == "node" for b in h.branches}
        for one in self._cluster.controllers:
            if names & set(one.pods):
                controller = one
        return self._cluster.services[controller.services[0]], controller

    def _upstream(self, found: Trace, controller: Controller) -> int:
        """The Pods of the trace's last hop; spread by the profile's algorithm, or the scenario's."""
        key = (found.final.backend or "").rpartition(":")[0]
        pods = tuple(b.to for b in found.hops[-1].branches)
        algorithm = self._scenario.controller_key.balancing or PROFILES[controller.profile].balancing
        identity = (algorithm, *pods)
        if identity not in self._upstreams:
            workers = self._scenario.workers_of(key)
            stations = tuple(self._station(self._behind_rule(key, p), workers, False) for p in pods)
            self._upstreams[identity] = len(self._found_upstreams)
            self._found_upstreams.append(Upstream(stations, algorithm))
        return self._upstreams[identity]

    def _behind(
        self,
        linked: LinkedService,
        port: LinkedPort,
        upstream: int | None,
        end: str | None,
        tls: str | None,
        workers: int,
        is_controller: bool,
    ) -> Flow:
        """Load balancer, nodes, kube-proxy: the part of the way that is chosen per connection."""
        healthy = targets(linked, port, self._cluster.nodes).healthy
        chosen = [(n, self._verdict(linked, port, n)) for n in healthy]
        open_nodes = [(n, v.endpoints) for n, v in chosen if v.endpoints]
        if not open_nodes:
            return self._ended("refused" if healthy else "lb-no-healthy-target", linked.key)
        pods = tuple(self._endpoints(endpoints, workers, is_controller) for _, endpoints in open_nodes)
        nodes = [node for node, _ in open_nodes]
        return Flow(
            destination=self._destination(linked.key),
            nodes=tuple(n.zone for n in nodes),
            node_numbers=tuple(self._cluster.nodes.index(n) for n in nodes),
            pods=pods,
            upstream=upstream,
            end=end,
            tls_ends=tls,
        )

    def _verdict(self, linked: LinkedService, port: LinkedPort, node: Node) -> Verdict:
        packet = behind_balancer(linked, port, node, allowed_client(linked, CLIENT))
        return decide(proxy_of(self._cluster, node), packet)

    def _endpoints(self, endpoints: Iterable[Endpoint], workers: int, is_controller: bool) -> tuple[int, ...]:
        return tuple(self._station(self._running(e), workers, is_controller) for e in endpoints)

    def _behind_rule(self, service: str, name: str) -> RunningPod:
        """The Pod of a branch, or the endpoint that a slice (or another name in DNS) stands for."""
        linked = self._cluster.services.get(service)
        endpoints = [e for p in linked.ports for e in p.endpoints] if linked else []
        endpoint = next((e for e in endpoints if name in (e.pod, e.target)), None)
        known = self._cluster.pods.get(name)
        if known is not None:
            return known
        if endpoint is not None:
            return self._running(endpoint)
        return RunningPod(name, self._cluster.nodes[0].name, self._cluster.nodes[0].zone, name, {}, {})

    def _running(self, endpoint: Endpoint) -> RunningPod:
        """The Pod of an endpoint; a slice may name an address that no Pod in the set has."""
        known = self._cluster.pods.get(endpoint.pod or "")
        if known is not None:
            return known
        node = self._node_of(endpoint)
        return RunningPod(endpoint.target, node.name, endpoint.zone or node.zone, endpoint.address, {}, {})

    def _node_of(self, endpoint: Endpoint) -> Node:
        return self._cluster.node_by_name.get(endpoint.node or "") or self._cluster.nodes[0]

    def _station(self, pod: RunningPod, workers: int, is_controller: bool) -> int:
        spec = StationSpec(pod.key, pod.node, pod.zone, workers, is_controller)
        self._stations.setdefault(pod.key, spec)
        return list(self._stations).index(pod.key)

    def _destination(self, key: str) -> int:
        return self._destinations.setdefault(key, len(self._destinations))

    def _ended(self, reason: str, key: str | None) -> Flow:
        return Flow(self._destination(key or reason), (), (), (), None, reason, None)


def _reason(found: Trace) -> str:
    """Why a request fails, as the summary counts it; a redirect is an answer."""
    final = found.final
    if final.state == "redirected":
        return "redirected"
    return f"{final.state} {final.status}" if final.status is not None else final.state

"""From a plan and a scenario to a design: every traffic row resolved by `sim.routing` itself, once."""

from collections.abc import Sequence
from dataclasses import replace

from sim.cluster.cluster import Cluster, Controller, LinkedService
from sim.cluster.families import family_of
from sim.cluster.life.changed import with_pods
from sim.cluster.life.targets import lags_at
from sim.cluster.load_balancers.values import LoadBalancer
from sim.plans import Exposed, Plan
from sim.plans.plan import LaterCluster
from sim.routing import Request, route
from sim.routing.controllers.variables import parts_of
from sim.routing.final import Forwarded
from sim.routing.hops.client import Entrance, enter
from sim.routing.running import balancing_of, running_of
from sim.routing.trace import Trace
from sim.scenario import Scenario, TrafficRow
from sim.scenario.requests import keeps_its_own, request_of, services_of
from sim.simulation.design.apps import check_apps, limits_of
from sim.simulation.design.behind import BehindBalancer, as_run, last_endpoints
from sim.simulation.design.competing_rules import with_competing_rule
from sim.simulation.design.lives import are_changed, check_events, with_all_pods, with_pods_of_events
from sim.simulation.design.numbers import Numbers
from sim.simulation.design.outages import check_names, outages
from sim.simulation.design.policies import without_policies
from sim.simulation.design.values import BrokenRules, Design, Flow, LaterFlows


def compile_design(plan: Plan, scenario: Scenario, rules: Cluster) -> Design:
    """Resolve every traffic row against a plan.

    Args:
        rules: the cluster of the plan single-ingress: its Ingress says which Service a host and path mean.

    Raises:
        ScenarioError: a fault names what is not there.
    """
    check_names(scenario.faults, (plan.cluster, rules), plan.load_balancers)
    check_events(scenario, plan.cluster)
    check_apps(scenario, plan.cluster)
    before = plan.cluster
    plan = replace(plan, cluster=with_all_pods(before, scenario))
    numbers = _numbers(plan, before, scenario, rules)
    flows = _Rows(plan, scenario, rules, numbers).flows()
    broken = tuple(
        BrokenRules(f.at, f.until_s, _with_bad_rule(plan, scenario, rules, numbers, f.bad_rule))
        for f in scenario.faults
        if f.bad_rule is not None
    )
    asked = tuple(numbers.destinations[flow.destination] for flow in flows)
    later = tuple(_later(then, plan, scenario, rules, numbers, asked) for then in plan.later)
    nodes, balancers = plan.cluster.nodes, [_balancer(plan.cluster, key) for key in numbers.destinations]
    return Design(
        plan.name,
        tuple(n.name for n in nodes),
        tuple(n.zone for n in nodes),
        numbers.stations,
        numbers.upstreams,
        flows,
        numbers.destinations,
        services_of(scenario, rules, plan.exposed),
        scenario.delays,
        outages(scenario.faults, plan, numbers.stations, numbers.destinations, scenario.load_balancer.health),
        broken,
        later,
        before=before if plan.cluster is not before else None,
        places={key: pod for key, pod in plan.cluster.pods.items() if key not in before.pods},
        lags=tuple(lags_at(as_run(plan, scenario, plan.cluster), key) for key in numbers.destinations),
        forgets_silently=frozenset(n for n, one in enumerate(balancers) if one and one.forgets_silently),
    )


def _later(
    then: LaterCluster,
    plan: Plan,
    scenario: Scenario,
    rules: Cluster,
    numbers: Numbers,
    asked: tuple[str, ...],
) -> LaterFlows:
    """The flows after an event: the rules of its cluster, and all Pods that there ever are.

    Args:
        asked: the load balancer that the clients of each row know; its name goes with it.
    """
    cluster = with_pods(then.cluster, plan.cluster.pods)
    flows = _Rows(replace(plan, cluster=cluster), scenario, rules, numbers, asked).flows()
    gone = [key in plan.cluster.services and key not in cluster.services for key in asked]
    flows = tuple(
        Flow(numbers.destination(key), end="dns-no-record") if is_gone else flow
        for key, is_gone, flow in zip(asked, gone, flows, strict=True)
    )
    return LaterFlows(then.at_s, then.because, flows)


def _numbers(plan: Plan, before: Cluster, scenario: Scenario, rules: Cluster) -> Numbers:
    """Stations of Pods that may never come are numbered after all others."""
    first, limits = with_pods_of_events(before, scenario), limits_of(scenario, plan.cluster)
    if first.pods.keys() == plan.cluster.pods.keys():
        return Numbers(plan.cluster, limits)
    known = Numbers(first, limits)
    _Rows(replace(plan, cluster=first), scenario, rules, known).flows()
    alike = {spec.name.rpartition("-")[0]: spec for spec in reversed(known.stations)}
    more = (pod for key, pod in plan.cluster.pods.items() if key not in first.pods)
    specs = ((pod, alike.get(pod.key.rpartition("-")[0])) for pod in more)
    later = (replace(s, name=p.key, node=p.node, zone=p.zone) for p, s in specs if s is not None)
    return Numbers(plan.cluster, limits, (*known.stations, *later))


def _balancer(cluster: Cluster, key: str) -> LoadBalancer | None:
    linked = cluster.services.get(key)
    return None if linked is None else linked.balancer


def _with_bad_rule(
    plan: Plan, scenario: Scenario, rules: Cluster, numbers: Numbers, key: str
) -> tuple[Flow, ...]:
    """The flows while another Ingress claims the hosts of this one; without shared rules nothing changes."""
    cluster = with_competing_rule(plan.cluster, rules, key)
    return _Rows(replace(plan, cluster=cluster), scenario, rules, numbers).flows()


class _Rows:
    """The traffic rows of a scenario against one plan.

    Args:
        asked: load balancers that clients know by name, one per row; empty: as rules and names say.
    """

    def __init__(
        self,
        plan: Plan,
        scenario: Scenario,
        rules: Cluster,
        numbers: Numbers,
        asked: tuple[str, ...] = (),
    ) -> None:
        self._asked = asked
        self._plan, self._scenario, self._rules, self._numbers = plan, scenario, rules, numbers
        self._cluster = without_policies(plan.cluster)
        self._behind = BehindBalancer(plan, scenario, numbers)
        self._changes = are_changed(scenario, self._cluster)

    def flows(self) -> tuple[Flow, ...]:
        """One per traffic row."""
        services = services_of(self._scenario, self._rules, self._plan.exposed)
        asked = self._asked or (None,) * len(services)
        return tuple(map(self._flow, self._scenario.traffic, services, asked))

    def _flow(self, row: TrafficRow, service: str, asked: str | None) -> Flow:
        request = request_of(row, self._rules)
        own = keeps_its_own(row, self._plan.exposed)
        if own is not None:
            return self._own(row, request, own)
        if self._cluster.controllers or self._cluster.gateway_proxies:
            return self._by_host(request, service, asked)
        return self._direct(request, service, self._rule_port(request))

    def _by_host(self, request: Request, service: str, asked: str | None) -> Flow:
        """Where the host leads: to what reads HTTP, or to a load balancer of the Service's own."""
        found = enter(self._cluster, request, explain=False)
        if not isinstance(found, Entrance) or found.guessed:
            return self._shared(request, asked if asked in self._cluster.services else None)
        if found.others:
            return self._several((found.service, *found.others), request)
        own = found.service.key
        if own in self._cluster.controller_of_service:
            return self._shared(request)
        return self._direct(request, own, self._rule_port(request) if own == service else request.target_port)

    def _several(self, balancers: Sequence[LinkedService], request: Request) -> Flow:
        """Several load balancers with one host: DNS names one of them, each as likely as the others."""
        traces = [route(self._cluster, request, to=f"lb:{s.key}", explain=False) for s in balancers]
        ways = [
            (share / len(traces), self._way(replace(found, final=final), found.proxy, request))
            if found.proxy is not None
            else (share / len(traces), self._behind.ended(final.state, None))
            for found in traces
            for share, final in found.final.ways or ((1.0, found.final),)
        ]
        return replace(ways[0][1], ways=tuple(ways))

    def _own(self, row: TrafficRow, request: Request, own: Exposed) -> Flow:
        """A Service that keeps its load balancer: the port that speaks the row's protocol."""
        linked = self._cluster.services.get(own.service)
        wanted = row.protocol.upper() if row.protocol in ("udp", "sctp") else "TCP"
        ports = linked.ports if linked is not None else ()
        there = [p for p in ports if p.protocol == wanted]
        if linked is not None and linked.load_balancer and not there:
            return self._behind.ended("no-listener", own.service)
        number = next((p.number for p in there if p.number == own.port), there[0].number if there else 0)
        return self._direct(request, own.service, number, wanted)

    def _rule_port(self, request: Request) -> int:
        """The port of the rule; the load balancer of a Service listens on the Service's own ports."""
        backend = route(self._rules, request, explain=False).final.backend or ""
        number = backend.rpartition(":")[2]
        return int(number) if number.isdigit() else 0

    def _direct(self, request: Request, key: str, number: int, protocol: str = "TCP") -> Flow:
        """The Service's own load balancer."""
        linked = self._cluster.services.get(key)
        if linked is None or not linked.wants_load_balancer:
            found = route(self._cluster, request, explain=False)
            if found.final.state != "delivered":
                return self._behind.ended(_reason(found), None)
            linked, port = self._behind.backend(found)
            number = port.number
        if not linked.load_balancer:
            return self._behind.ended("lb-pending", None)
        if not _has_address(linked, request):
            return self._behind.ended("dns-no-record", linked.key)
        mine = [p for p in linked.ports if (p.number, p.protocol) == (number, protocol)]
        port = mine[0] if mine else linked.ports[0]
        tls = (self._scenario.tls.ends or "pod") if request.scheme == "https" else None
        tls = "pod" if tls == "controller" else tls
        flow = Flow(self._numbers.destination(linked.key), tls_ends=tls)
        return self._behind.behind(
            flow, linked, port, self._scenario.workers_of(linked.key), over=request.family
        )

    def _shared(self, request: Request, to: str | None = None) -> Flow:
        """Whatever reads HTTP for several Services: a controller, a Gateway, or the load balancer itself."""
        found = route(self._cluster, request, to=None if to is None else f"lb:{to}", explain=False)
        if found.proxy is None:
            return self._behind.ended(found.final.state, None)
        flow = self._at_proxy(found, found.proxy, request)
        split = ((share, replace(found, final=final)) for share, final in found.final.ways)
        ways = tuple((share, self._way(way, found.proxy, request)) for share, way in split)
        return replace(flow, ways=ways)

    def _way(self, found: Trace, controller: Controller, request: Request) -> Flow:
        """One of several ways that weights share the requests among."""
        service = (found.final.backend or "").rpartition(":")[0]
        return replace(self._at_proxy(found, controller, request), service=service)

    def _at_proxy(self, found: Trace, controller: Controller, request: Request) -> Flow:
        """To what a controller, or a load balancer that reads HTTP, makes of a request."""
        linked = self._cluster.services[controller.services[0]]
        end = None if found.final.state == "delivered" else _reason(found)
        if controller.listeners:
            return self._at_balancer(found, linked, request, end)
        port = next(p for p in linked.ports if p.number == request.target_port)
        tls = (self._scenario.tls.ends or "controller") if request.scheme == "https" else None
        runs, sent = running_of(controller), found.final.sent or Forwarded()
        chosen = balancing_of(self._cluster, controller, asked=sent.balancing)
        flow = Flow(
            self._numbers.destination(linked.key),
            upstream=self._behind.upstream(found, controller, chosen, sent) if end is None else None,
            end=end,
            tls_ends=tls,
            idle_s=runs.idle_s,
            most_requests=runs.most_requests,
            proxy_workers=chosen.workers,
            nobody=_nobody(self._cluster, found) if end is None and self._changes else "",
            key=parts_of(chosen.key, request, chosen.cookie),
        )
        return self._behind.behind(
            flow, linked, port, self._scenario.controller_key.workers, True, request.family
        )

    def _at_balancer(self, found: Trace, linked: LinkedService, request: Request, end: str | None) -> Flow:
        """The load balancer reads HTTP: it ends TLS and chooses a target for every request."""
        tls = "load-balancer" if request.scheme == "https" else None
        method = None
        if found.proxy is not None and found.final.sent is not None:
            method = balancing_of(self._cluster, found.proxy, asked=found.final.sent.balancing).method
        where = self._numbers.destination(linked.key)
        flow = Flow(where, end=end, tls_ends=tls, per_request=True, method=method)
        if end is not None:
            return flow
        service, port = self._behind.backend(found)
        workers = self._scenario.workers_of(service.key)
        if not any(hop.kind == "node" for hop in found.hops):
            return self._behind.to_pods(flow, last_endpoints(found), workers)
        return self._behind.behind(flow, service, port, workers, over=request.family)


def _has_address(linked: LinkedService, request: Request) -> bool:
    """Whether the load balancer has an address of the family that the client must take, or a name."""
    families = {family_of(address) for address in linked.load_balancer}
    return request.family is None or bool(families & {request.family, None})


def _nobody(cluster: Cluster, found: Trace) -> str:
    """How a request ends while a controller Pod lists none of the Pods that it leads to."""
    gone = {endpoint.pod for endpoint in last_endpoints(found)}
    left = with_pods(cluster, {key: pod for key, pod in cluster.pods.items() if key not in gone})
    emptied = route(left, found.request, explain=False)
    return "" if emptied.final.state == "delivered" else _reason(emptied)


def _reason(found: Trace) -> str:
    """Why a request fails, as the summary counts it; a redirect is an answer, a loop is none."""
    final = found.final
    if final.state == "redirected":
        return "redirect-loop" if final.loop else "redirected"
    return f"{final.state} {final.status}" if final.status is not None else final.state

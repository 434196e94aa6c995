"""What stands behind a load balancer, in numbers: nodes, Pods, and the Pods behind a controller."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from sim.cluster.cluster import Cluster, Controller, Endpoint, LinkedPort, LinkedService
from sim.cluster.families import Family
from sim.cluster.load_balancers.pod_targets import crossing, with_crossing, with_pod_targets
from sim.cluster.load_balancers.targets import BalancerTarget, is_local
from sim.cluster.load_balancers.values import LoadBalancer
from sim.plans import Plan
from sim.routing.final import Delivered, Forwarded
from sim.routing.hops.balanced import NODES, evenly, serving, targets, times, to_pods
from sim.routing.proxies.balancing import Balancing
from sim.routing.proxies.retries import Retries
from sim.routing.running import listed_as
from sim.routing.trace import Trace
from sim.scenario import Scenario
from sim.simulation.design.apps import stated_over
from sim.simulation.design.numbers import Numbers
from sim.simulation.design.policies import Stopped, without_policies
from sim.simulation.design.seen import seen_from
from sim.simulation.design.values import Flow, Upstream


class BehindBalancer:
    """What connections of one plan may choose among, once they have come to a load balancer."""

    def __init__(self, plan: Plan, scenario: Scenario, numbers: Numbers) -> None:
        self._plan, self._scenario, self._numbers = plan, scenario, numbers
        self._cluster = without_policies(plan.cluster)
        self._stopped = Stopped(plan.cluster, numbers)

    def backend(self, found: Trace) -> tuple[LinkedService, LinkedPort]:
        """The Service that a trace ends at, and its port."""
        key, _, number = (found.final.backend or "").rpartition(":")
        service = self._cluster.services[key]
        return service, next((p for p in service.ports if str(p.number) == number), service.ports[0])

    def upstream(self, found: Trace, controller: Controller, chosen: Balancing, sent: Forwarded) -> int:
        """The Pods of the trace's last hop; spread by the profile's algorithm, or the scenario's."""
        service, _ = self.backend(found)
        workers = self._scenario.workers_of(service.key)
        endpoints = last_endpoints(found)
        stations = self._numbers.endpoints(endpoints, workers)
        silent = self._stopped.behind_controller(controller, endpoints, stations)
        listed, retries = listed_as(endpoints, chosen), _asked_for(chosen.retries, sent)
        retries = stated_over(retries, self._scenario.controller_key)
        return self._numbers.upstream(
            Upstream(stations, chosen.method, listed, retries, silent, chosen.cookie)
        )

    def behind(
        self,
        flow: Flow,
        linked: LinkedService,
        port: LinkedPort,
        workers: int,
        is_controller: bool = False,
        over: Family | None = None,
    ) -> Flow:
        """Load balancer, nodes, kube-proxy: what a connection chooses (or, for L7, each request)."""
        told = self._scenario.load_balancer.cross_zone
        linked = linked if flow.per_request else crossing(linked, told)
        balancer = linked.balancer or NODES
        if _passes_to_pods(self._plan, self._scenario) and not flow.per_request:
            linked = replace(linked, balancer=replace(balancer, target_type="ip"))
            chosen = targets(linked, port, self._cluster.nodes).chosen
            there = replace(flow, zoned=_is_zoned(balancer, chosen))
            shares = tuple(target.share for target in chosen)
            return self.to_pods(there, port.ready, workers, is_controller, shares)
        found = evenly(serving(self._cluster, linked, port, over=over))
        if not found:
            any_target = targets(linked, port, self._cluster.nodes).chosen
            return self.ended("refused" if any_target else "lb-no-healthy-target", linked.key)
        said = found[0].verdict.service_port
        pods = tuple(self._numbers.endpoints(a.verdict.endpoints, workers, is_controller) for a in found)
        nodes = tuple(self._numbers.node(a.node.name) for a in found)
        return replace(
            flow,
            nodes=nodes,
            pods=pods,
            silent=self._stopped.behind_nodes(found, pods),
            seen=seen_from(linked, port, found, zip(nodes, pods, strict=True)),
            to_pods=to_pods(linked),
            local=is_local(linked) and not to_pods(linked) and not flow.per_request,
            zoned=not flow.per_request
            and _is_zoned(balancer, targets(linked, port, self._cluster.nodes).chosen),
            by_pods=balancer.by_weight and not flow.per_request,
            port=f"{linked.key}:{port.number}/{port.protocol}",
            affinity_s=None if said is None or flow.per_request else said.affinity_s,
        )

    def to_pods(
        self,
        flow: Flow,
        endpoints: Iterable[Endpoint],
        workers: int,
        is_controller: bool = False,
        shares: Sequence[Fraction] = (),
    ) -> Flow:
        """The load balancer's targets are the Pods themselves.

        Args:
            shares: of each endpoint; empty: all are alike.
        """
        listed = tuple(endpoints)
        stations = self._numbers.endpoints(listed, workers, is_controller)
        if not stations:
            return replace(flow, end="lb-no-healthy-target", upstream=None)
        nodes = tuple(self._numbers.node(self._numbers.stations[s].node) for s in stations)
        silent = self._stopped.behind_balancer(listed, stations, flow.per_request)
        often = times(shares) if shares else (1,) * len(stations)
        nodes = tuple(node for node, n in zip(nodes, often, strict=True) for _ in range(n))
        pods = tuple((station,) for station, n in zip(stations, often, strict=True) for _ in range(n))
        return replace(flow, nodes=nodes, pods=pods, to_pods=True, silent=silent)

    def ended(self, reason: str, key: str | None) -> Flow:
        """A flow that comes to nobody."""
        return Flow(self._numbers.destination(key or reason), end=reason)


def last_endpoints(found: Trace) -> list[Endpoint]:
    """The endpoints that a trace ends at; a name outside the cluster stands for itself."""
    final = found.final
    assert isinstance(final, Delivered)
    if not final.outside:
        return [one.endpoint for one in final.reached]
    return [_outside(name) for name in final.endpoints]


def as_run(plan: Plan, scenario: Scenario, cluster: Cluster) -> Cluster:
    """A cluster of a plan with the load balancers that it has in a run."""
    cluster = with_crossing(cluster, scenario.load_balancer.cross_zone)
    return with_pod_targets(cluster) if _passes_to_pods(plan, scenario) else cluster


def _passes_to_pods(plan: Plan, scenario: Scenario) -> bool:
    """Whether load balancers that pass TCP on send to Pods; beside one of layer 7 only if it is said."""
    return (scenario.lb_targets or ("node" if plan.layer == 7 else plan.lb_targets)) == "pod"


def _is_zoned(balancer: LoadBalancer, chosen: Iterable[BalancerTarget]) -> bool:
    """Whether each zone has an equal part of the connections, for its own targets alone."""
    return not balancer.cross_zone and all(target.zone for target in chosen)


def _outside(target: str) -> Endpoint:
    """What an ExternalName stands for: `NAME:PORT`."""
    name, _, port = target.rpartition(":")
    return Endpoint(name, int(port), True, True, False, None, None, None, None)


def _asked_for(retries: Retries, sent: Forwarded) -> Retries:
    """How a controller goes on, with what the rule says about tries and their time."""
    tries, time_s = sent.tries, sent.timeout_s
    return replace(
        retries,
        tries=retries.tries if tries is None else tries,
        read_timeout_s=retries.read_timeout_s if time_s is None else time_s,
    )

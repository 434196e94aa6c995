"""The faults of a scenario against one plan: which numbers break, and when.

A fault of something that this plan does not have breaks nothing in it; a name that no plan has is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from sim.cluster.cluster import Cluster
from sim.errors import ScenarioError
from sim.plans import ENTRIES, Plan
from sim.scenario import FaultKey
from sim.simulation.design.values import Outage, Outages, StationSpec

Breaks = dict[int, tuple[Outage, ...]]


def outages(
    faults: Iterable[FaultKey], plan: Plan, stations: Sequence[StationSpec], destinations: Sequence[str]
) -> Outages:
    """What breaks in a plan."""
    to: Breaks = {}
    nodes: Breaks = {}
    pods: Breaks = {}
    for fault in faults:
        silent = fault.controller_pod is None and fault.pod is None
        outage = Outage(fault.at, fault.until_s, fault.detected_s, silent)
        _add(to, (n for n, key in enumerate(destinations) if key == fault.load_balancer), outage)
        broken = _nodes(fault, plan.cluster)
        _add(nodes, broken, outage)
        names = {plan.cluster.nodes[n].name for n in broken}
        _add(pods, _stations(fault, names, stations, plan), outage)
    return Outages(to, nodes, pods)


def _add(breaks: Breaks, numbers: Iterable[int], outage: Outage) -> None:
    for number in numbers:
        breaks[number] = (*breaks.get(number, ()), outage)


def _nodes(fault: FaultKey, cluster: Cluster) -> list[int]:
    return [
        n
        for n, node in enumerate(cluster.nodes)
        if fault.node == node.name or (fault.zone is not None and fault.zone == node.zone)
    ]


def _stations(fault: FaultKey, nodes: set[str], stations: Sequence[StationSpec], plan: Plan) -> Iterator[int]:
    mine = {fault.pod, _controller_pod(fault, plan)} - {None}
    for number, station in enumerate(stations):
        if station.name in mine or station.node in nodes:
            yield number


def controller_pods(plan: Plan) -> list[str]:
    """The Pods between load balancer and application, in order."""
    return [pod for c in (*plan.cluster.controllers, *plan.cluster.gateway_proxies) for pod in c.pods]


def _controller_pod(fault: FaultKey, plan: Plan) -> str | None:
    said = fault.controller_pod
    if not isinstance(said, int):
        return said
    pods = controller_pods(plan)
    return pods[said - 1] if said <= len(pods) else None


def check_names(faults: Sequence[FaultKey], clusters: Sequence[Cluster], balancers: Iterable[str]) -> None:
    """Refuse names that nothing here has.

    Args:
        clusters: those of the plan, and of the rules.
        balancers: load balancers of the plan.

    Raises:
        ScenarioError: with the nearest name.
    """
    known: Mapping[str, set[str]] = {
        "node": {n.name for c in clusters for n in c.nodes},
        "zone": {n.zone for c in clusters for n in c.nodes},
        "pod": {key for c in clusters for key in c.pods},
        "load_balancer": {key for c in clusters for key in c.services} | {*balancers, *ENTRIES},
        "controller_pod": {key for c in clusters for key in c.pods},
        "bad_rule": {i.key for c in clusters for i in c.ingresses},
    }
    for index, fault in enumerate(faults):
        key = fault.targets[0]
        name = getattr(fault, key)
        elsewhere = key == "controller_pod" and str(name).startswith(ENTRIES)
        if isinstance(name, str) and name not in known[key] and not elsewhere:
            near = get_close_matches(name, known[key], 1) or sorted(known[key])[:12]
            raise ScenarioError(
                f"faults[{index}].{key}: there is no {name}", fix=f"one of: {', '.join(near)}"
            )

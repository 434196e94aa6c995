"""The faults of a scenario against one plan: which numbers break, and when.

A fault of something that this plan does not have breaks nothing in it; a name that no plan has is refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from math import inf

from sim.cluster.cluster import Cluster
from sim.cluster.life.troubles import Trouble, Troubles
from sim.errors import ScenarioError
from sim.plans import ENTRIES, Plan
from sim.scenario import FaultKey
from sim.scenario.events import HealthKey
from sim.simulation.design.values import Outage, Outages, StationSpec


def outages(
    faults: Iterable[FaultKey],
    plan: Plan,
    stations: Sequence[StationSpec],
    destinations: Sequence[str],
    health: HealthKey | None = None,
) -> Outages:
    """What breaks in a plan.

    Args:
        health: how load balancers check their targets; None: as is usual.
    """
    found = Outages({}, {}, {})
    for number, fault in enumerate(faults):
        silent = fault.controller_pod is None and fault.pod is None
        outage = Outage(
            fault.at,
            fault.until_s,
            fault.detected_s(health),
            silent,
            fault.graceful,
            number=number,
            title=fault.title,
            back_s=health.check.up.mean_s if health is not None and fault.is_of_nodes else 0.0,
        )
        nodes = {n.name for n in plan.cluster.nodes if fault.node == n.name or fault.zone == n.zone}
        pods = {fault.pod, _controller_pod(fault, plan)}
        broken = (
            (found.destinations, [key == fault.load_balancer for key in destinations]),
            (found.nodes, [node.name in nodes for node in plan.cluster.nodes]),
            (found.stations, [one.name in pods for one in stations]),
        )
        lost = replace(outage, by_endpoints=fault.detected_after is None, back_s=0.0)
        on_nodes = {n: lost for n, one in enumerate(stations) if one.node in nodes and one.name not in pods}
        for breaks, hit in broken:
            breaks.update({n: (*breaks.get(n, ()), outage) for n, is_hit in enumerate(hit) if is_hit})
        found.stations.update({n: (*found.stations.get(n, ()), one) for n, one in on_nodes.items()})
    return found


def troubles_at(
    faults: Iterable[FaultKey], plan: Plan, at_s: float, health: HealthKey | None = None
) -> Troubles:
    """What is out of order at a moment, by names."""
    specs = [StationSpec(p.key, p.node, p.zone, 1) for p in plan.cluster.pods.values()]
    keys = list(plan.cluster.services)
    found = outages(faults, plan, specs, keys, health)
    return Troubles(
        _troubles(found.stations, [spec.name for spec in specs], at_s),
        _troubles(found.nodes, [node.name for node in plan.cluster.nodes], at_s),
        _troubles(found.destinations, keys, at_s),
    )


def _troubles(
    breaks: Mapping[int, tuple[Outage, ...]], names: Sequence[str], at_s: float
) -> dict[str, Trouble]:
    """Of each that is out of order what is worst: what is silent, then what is not graceful."""
    found = {}
    for number, outages_of in breaks.items():
        holding = [one for one in outages_of if one.holds(at_s) or one.is_known(at_s, checks=True)]
        if holding:
            worst = max(holding, key=Outage.badness)
            silent = any(one.silent and one.holds(at_s) for one in holding)
            avoided_s = min((one.detected_s for one in holding if not one.by_endpoints), default=inf)
            checked_s = min(one.detected_s for one in holding)
            found[names[number]] = Trouble(worst.title, worst.at_s, avoided_s, checked_s, silent)
    return found


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
        "bad_rule": {o.key for c in clusters for o in (*c.ingresses, *c.http_routes)},
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

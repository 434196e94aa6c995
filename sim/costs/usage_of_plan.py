"""What a plan buys: its load balancers with the traffic that each carries, and what quotas count.

A plan is bought in parts of one product each: usually one; where a load balancer that routes HTTP is shared
and some Services keep their own, two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from sim.costs.price_sheet import PriceSheet
from sim.costs.usage import (
    INGRESS_PORTS,
    NO_TRAFFIC,
    Controller,
    CrossZone,
    Fleet,
    Traffic,
    Usage,
    together,
    usage_of_entries,
)
from sim.plans import Plan


def parts_of(
    plan: Plan,
    carried: Mapping[str, Traffic],
    sheet: PriceSheet,
    controller: Controller,
    crossing: CrossZone | None = None,
) -> tuple[Usage, ...]:
    """What a plan buys.

    Args:
        carried: the traffic of each load balancer, by its key.
        controller: of one Pod or more; replicas and rate come from the plan and the traffic.
        crossing: gigabytes that crossed zones; not billed where the sheet has no price for it.
    """
    entries = tuple((1, carried.get(key, NO_TRAFFIC)) for key in plan.load_balancers)
    shared = entries[:1] if plan.layer == 7 else ()
    own = entries[len(shared) :]
    parts = (
        *((_shared(plan, shared, sheet),) if shared else ()),
        *((_own(plan, own, sheet, plan.load_balancers[len(shared) :]),) if own or not shared else ()),
    )
    rate = together(entries).requests_per_s
    pods = replace(controller, replicas=plan.controller_pods, requests_per_s=rate)
    first = replace(
        parts[0],
        controller=pods if plan.controller_pods else None,
        cross_zone=crossing if sheet.cross_zone_gb else None,
    )
    return (first, *parts[1:])


def _own(plan: Plan, entries: Fleet, sheet: PriceSheet, keys: tuple[str, ...]) -> Usage:
    """Load balancers that pass connections on, or have one Service behind them."""
    ports = [_ports(plan, key) for key in keys]
    usage = usage_of_entries(entries, sheet, zones_of(plan), sum(ports))
    alone = sheet.product(usage.product).routes_http
    return replace(
        usage,
        listeners=max(ports, default=0),
        targets=max(_targets(plan, keys), default=0),
        http_rules=0 if alone else None,
        target_groups=max(ports, default=0) if alone else None,
    )


def _shared(plan: Plan, entries: Fleet, sheet: PriceSheet) -> Usage:
    """One load balancer that routes HTTP: a rule per host and path, a target group per Service."""
    behind = dict.fromkeys(e.service for e in plan.exposed if e.http)
    rules = sum(e.http for e in plan.exposed)
    usage = usage_of_entries(entries, sheet, zones_of(plan), INGRESS_PORTS, sheet.http_product)
    return replace(
        usage,
        rules_processed=Fraction(rules + 1, 2),
        listeners=INGRESS_PORTS,
        targets=sum(_targets(plan, behind)),
        http_rules=rules,
        target_groups=len({(e.service, e.port) for e in plan.exposed if e.http}),
        certificates=len(plan.certificates),
    )


def _ports(plan: Plan, key: str) -> int:
    service = plan.cluster.services.get(key)
    return len(service.ports) if service is not None else INGRESS_PORTS


def _targets(plan: Plan, services: Iterable[str]) -> list[int]:
    """Targets of the load balancer of each Service: the nodes, or its Pods where it sends to them."""
    nodes = len(plan.cluster.nodes)
    return [nodes if plan.lb_targets == "node" else _pods(plan, key) for key in services]


def _pods(plan: Plan, service: str) -> int:
    found = plan.cluster.services.get(service)
    return len(found.ports[0].endpoints) if found is not None and found.ports else 0


def zones_of(plan: Plan) -> int:
    """Zones that a load balancer spans."""
    return len({node.zone for node in plan.cluster.nodes})

"""What a plan uses in a month, whoever sells it; and what that is at one provider.

A provider sells it in parts of one product each: one for each load balancer that routes HTTP, one for all the
others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sim.cluster.cluster import LinkedService
from sim.costs.price_sheet import PriceSheet
from sim.costs.usage import INGRESS_PORTS, NO_TRAFFIC, ControllerPods, CrossZone, Traffic, Usage, together
from sim.plans import Plan


@dataclass(frozen=True)
class HTTPRules:
    """What a load balancer that routes HTTP holds. None: not known."""

    rules: int
    target_groups: int
    certificates: int | None = None


@dataclass(frozen=True)
class EntryUsage:
    """A load balancer that a plan asks for, or several alike.

    Args:
        traffic: of each.
        ports: that it listens on.
        targets: that it sends to; None: not known.
        http: what it holds if it routes HTTP; None: it passes connections on.
        ends_tls: whether TLS ends there.
        internal: whether it has private addresses alone.
    """

    traffic: Traffic
    ports: int = INGRESS_PORTS
    targets: int | None = None
    count: int = 1
    http: HTTPRules | None = None
    ends_tls: bool = False
    internal: bool = False


@dataclass(frozen=True)
class PlanUsage:
    """What a plan uses in a month.

    Args:
        zones: zones that a load balancer spans.
        entries: its load balancers.
        controller_pods: Pods between load balancer and application.
        controller_rps: requests per second that pass through them.
        crossed_gb: gigabytes that cross a zone's border, counted at each border.
    """

    name: str
    zones: int
    entries: tuple[EntryUsage, ...]
    controller_pods: int = 0
    controller_rps: Fraction = Fraction(0)
    crossed_gb: Fraction = Fraction(0)

    @property
    def routes_http(self) -> bool:
        """Whether a load balancer of it reads HTTP."""
        return any(entry.http is not None for entry in self.entries)


def usage_of_plan(
    plan: Plan, carried: Mapping[str, Traffic], controller_rps: Fraction, crossed_gb: Fraction
) -> PlanUsage:
    """What a plan uses.

    Args:
        carried: the traffic of each load balancer, by its key.
        controller_rps: requests per second that pass through the controller.
        crossed_gb: gigabytes that cross zones.
    """
    entries = [_entry(plan, key, carried.get(key, NO_TRAFFIC)) for key in plan.load_balancers]
    return PlanUsage(plan.name, plan.zones, tuple(entries), plan.controller_pods, controller_rps, crossed_gb)


def _entry(plan: Plan, key: str, traffic: Traffic) -> EntryUsage:
    """A load balancer with its targets: nodes, or Pods where it sends to them; one group for each Service."""
    nodes, service = len(plan.cluster.nodes), plan.cluster.services.get(key)
    if key not in plan.reads_http:
        return _passing(plan, key, service, traffic)
    behind = plan.behind(key)
    targets = sum(
        nodes if plan.targets_nodes(entry) else _pods(plan, entry.service)
        for entry in {entry.service: entry for entry in behind}.values()
    )
    groups = {(e.service, e.port) for e in behind}
    certificates = len(plan.certificates) if len(plan.reads_http) == 1 else None
    return EntryUsage(traffic, INGRESS_PORTS, targets, http=HTTPRules(len(behind), len(groups), certificates))


def _passing(plan: Plan, key: str, service: LinkedService | None, traffic: Traffic) -> EntryUsage:
    """One that passes connections on, as its maker makes it."""
    made = service.balancer if service is not None else None
    straight = plan.lb_targets == "pod" or (made is not None and made.target_type == "ip")
    return EntryUsage(
        traffic,
        INGRESS_PORTS if service is None else len(service.ports),
        _pods(plan, key) if straight else len(plan.cluster.nodes),
        ends_tls=made is not None and any(port.tls is not None for port in made.ports),
        internal=made is not None and made.is_internal,
    )


def _pods(plan: Plan, key: str) -> int:
    service = plan.cluster.services.get(key)
    return len(service.ports[0].endpoints) if service is not None and service.ports else 0


def usage_of_services(
    plan: Plan, each: Traffic, count: int, crossing: Fraction, ports: int = 1, replicas: int = 0
) -> PlanUsage:
    """What such a plan uses for Services of which nothing but the traffic is known, all alike.

    Args:
        crossing: borders between zones that a byte crosses, on average.
        ports: ports of each Service.
        replicas: of the controller that a plan with one would have, where this one runs none.
    """
    whole = each.times(count)
    pods = 0 if plan.is_apart or plan.layer == 7 else plan.controller_pods or replicas
    return PlanUsage(
        plan.name,
        plan.zones,
        (_like(plan, each, whole, count, ports),),
        pods,
        whole.requests_per_s,
        whole.gb * crossing,
    )


def _like(plan: Plan, each: Traffic, whole: Traffic, count: int, ports: int) -> EntryUsage:
    if plan.is_apart:
        return EntryUsage(each, ports, count=count)
    return EntryUsage(whole, http=HTTPRules(count, count) if plan.layer == 7 else None)


def usages_at(plan: PlanUsage, sheet: PriceSheet, controller: ControllerPods) -> tuple[Usage, ...]:
    """What a plan takes at a provider, in parts of one product each.

    Args:
        controller: of one Pod or more; replicas and rate are those of the plan.

    Raises:
        UsageError: the provider sells no load balancer that the plan needs.
    """
    own = [entry for entry in plan.entries if entry.http is None]
    parts = [_routing_http(plan, entry, entry.http, sheet) for entry in plan.entries if entry.http]
    parts += [_passing_on(plan, own, sheet)] if own or not parts else []
    pods = replace(controller, replicas=plan.controller_pods, requests_per_s=plan.controller_rps)
    first = replace(
        parts[0],
        controller=pods if plan.controller_pods else None,
        cross_zone=CrossZone(plan.crossed_gb, Fraction(1)) if sheet.cross_zone_gb else None,
    )
    return (first, *parts[1:])


def _passing_on(plan: PlanUsage, entries: Sequence[EntryUsage], sheet: PriceSheet) -> Usage:
    """Load balancers that pass connections on, or have one Service behind them."""
    usage = _bought(plan, entries, sheet, sheet.default_product)
    routes = sheet.product(usage.product).routes_http
    return replace(usage, http_rules=0 if routes else None, target_groups=usage.listeners if routes else None)


def _routing_http(plan: PlanUsage, entry: EntryUsage, http: HTTPRules, sheet: PriceSheet) -> Usage:
    """One load balancer that routes HTTP: a request is compared with (rules + 1) / 2 of them on average."""
    return replace(
        _bought(plan, (entry,), sheet, sheet.http_product),
        rules_processed=Fraction(http.rules + 1, 2),
        http_rules=http.rules,
        target_groups=http.target_groups,
        certificates=http.certificates,
    )


def _bought(plan: PlanUsage, entries: Sequence[EntryUsage], sheet: PriceSheet, name: str) -> Usage:
    """An address for each entry, and as many load balancers as this product takes for them."""
    sold = sheet.product(name)
    count, ports = sum(e.count for e in entries), sum(e.count * e.ports for e in entries)
    fleet = tuple((e.count, e.traffic) for e in entries)
    public = sum(e.count for e in entries if not e.internal)
    addresses = {None: None, "one": public, "per-zone": public * plan.zones}
    ends = tuple(e.ends_tls for e in entries)
    rules = {None: None, "one": count, "per-port": ports}
    return Usage(
        provider=sheet.provider,
        product=name,
        per_load_balancer=((1, together(fleet)),) if sold.shared and fleet else fleet,
        ends_tls=ends if any(ends) and not sold.shared else (),
        zones=plan.zones,
        public_addresses=addresses[sold.addresses],
        rules=rules[sold.rules],
        listeners=ports if sold.shared else max((e.ports for e in entries), default=0),
        targets=max((e.targets for e in entries if e.targets is not None), default=None if entries else 0),
    )

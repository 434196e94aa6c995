"""Usage: the quantities of a month that a bill is made from, read from a file or derived from a plan.

Traffic per load balancer, rules, public addresses, the Ingress controller, bytes that cross zones. Numbers
are exact. Here is what is bought; what it costs is the matter of `sim.costs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from fractions import Fraction
from math import ceil
from operator import add
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from sim.costs.price_sheet import AboveZero, ControllerDefaults, Exact, PriceSheet, refused
from sim.errors import UsageError
from sim.manifests.objects import Origin

INGRESS_PORTS = 2
"""Ports of a controller's load balancer: http and https."""

Count = Annotated[int, Field(strict=True, ge=0)]
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class Traffic:
    """What passes in a month. Gigabytes are the provider's billed unit, rates and connections are means."""

    requests_per_s: Exact
    new_connections_per_s: Exact
    active_connections: Exact
    gb_in: Exact
    gb_out: Exact

    @property
    def gb(self) -> Fraction:
        """Gigabytes in both directions."""
        return self.gb_in + self.gb_out

    def times(self, count: int) -> Traffic:
        """The traffic of `count` of these."""
        return Traffic(*(value * count for value in astuple(self)))

    def shared_by(self, count: int) -> Traffic:
        """The share of one of `count`."""
        return Traffic(*(value / count for value in astuple(self)))

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(*map(add, astuple(self), astuple(other)))


NO_TRAFFIC = Traffic(*(Fraction(0),) * 5)

Fleet = tuple[tuple[Count, Traffic], ...]
"""Things that carry traffic, such as load balancers; alike ones stand once, with their number."""


@dataclass(frozen=True, config=_STRICT)
class Controller:
    """The Pods of an Ingress controller, and the node whose price they share.

    Args:
        cpu_request: cores per replica.
        cpu_per_1000_rps: cores that 1000 requests/s keep busy.
        target_utilisation: share of its cores that a controller is planned to use.
        node: a key of the price sheet's nodes.
        requests_per_s: all that pass through it.
    """

    replicas: Count
    cpu_request: Exact
    memory_request_mib: Exact
    cpu_per_1000_rps: Exact
    target_utilisation: AboveZero
    node: StrictStr
    requests_per_s: Exact

    @property
    def cores(self) -> Fraction:
        """What is requested, or what the traffic needs if that is more."""
        needed = self.requests_per_s / 1000 * self.cpu_per_1000_rps / self.target_utilisation
        return max(self.replicas * self.cpu_request, needed)


@dataclass(frozen=True, config=_STRICT)
class CrossZone:
    """Gigabytes from a controller to Pods, and the share of them that crosses a zone's border."""

    gb: Exact
    fraction: Exact


@dataclass(frozen=True, config=_STRICT)
class Usage:
    """The quantities of a month that a bill is made from. None: does not apply.

    Args:
        provider, product: keys of the price sheet.
        per_load_balancer: the load balancers bought, with the traffic of each.
        zones: describes; what is billed per zone is in `public_addresses`.
        public_addresses, rules: all of them, not per load balancer.
        rules_processed: rules that an HTTP load balancer looks at per request, on average.
        peak_factor: peak over mean, where capacity for the peak is bought.
        listeners, targets: of the fullest load balancer; what a target is depends on the plan.
        http_rules, target_groups, certificates: of the fullest one, where load balancers read requests.
    """

    provider: StrictStr
    product: StrictStr
    per_load_balancer: Fleet
    zones: Count | None = None
    public_addresses: Count | None = None
    rules: Count | None = None
    rules_processed: Exact = Fraction(0)
    peak_factor: Exact = Fraction(1)
    listeners: Count | None = None
    targets: Count | None = None
    http_rules: Count | None = None
    target_groups: Count | None = None
    certificates: Count | None = None
    controller: Controller | None = None
    cross_zone: CrossZone | None = None

    @property
    def load_balancers(self) -> int:
        """How many are bought."""
        return sum(count for count, _ in self.per_load_balancer)

    @property
    def connections(self) -> int:
        """Open at a time on the busiest load balancer, on average; a started one counts."""
        return max((ceil(traffic.active_connections) for _, traffic in self.per_load_balancer), default=0)


@dataclass(frozen=True, config=_STRICT)
class _Alike:
    """Load balancers as they stand in a file: their number, and the traffic of each."""

    load_balancers: Count
    per_load_balancer: Traffic


_ALIKE, _USAGE = TypeAdapter(_Alike), TypeAdapter(Usage)


def usage_from(inputs: Mapping[str, Any], origin: Origin | None = None) -> Usage:
    """Read usage as it stands in a file, where all load balancers are alike.

    Args:
        inputs: the quantities of Usage by name, and `load_balancers`; numbers, or strings such as "2/3".
        origin: where they were read, for errors.

    Raises:
        InputError: a key is unknown or missing, or a value is no number that fits.
    """
    own = {"load_balancers", "per_load_balancer"}
    try:
        alike = _ALIKE.validate_python({key: value for key, value in inputs.items() if key in own})
        fleet = ((alike.load_balancers, alike.per_load_balancer),)
        rest = {key: value for key, value in inputs.items() if key not in own}
        return _USAGE.validate_python({**rest, "per_load_balancer": fleet})
    except ValidationError as error:
        raise refused(error, "usage", origin) from None


def together(fleet: Fleet) -> Traffic:
    """The traffic of all of them."""
    return sum((traffic.times(count) for count, traffic in fleet), NO_TRAFFIC)


def default_controller(defaults: ControllerDefaults, sheet: PriceSheet) -> Controller:
    """The assumed controller, on the sheet's default node, idle."""
    return Controller(
        replicas=int(defaults.replicas.value),
        cpu_request=defaults.cpu_request.value,
        memory_request_mib=defaults.memory_request_mib.value,
        cpu_per_1000_rps=defaults.cpu_per_1000_rps.value,
        target_utilisation=defaults.target_utilisation.value,
        node=sheet.default_node,
        requests_per_s=Fraction(0),
    )


def usage_of_entries(
    entries: Fleet, sheet: PriceSheet, zones: int, ports: int, product: str | None = None
) -> Usage:
    """What is bought so that each entry has an address of its own.

    Args:
        entries: what Services of type LoadBalancer ask for, with their traffic.
        zones: zones that a load balancer spans.
        ports: ports of all entries.
        product: instead of the sheet's default.
    """
    name = product or sheet.default_product
    sold = sheet.product(name)
    count = sum(n for n, _ in entries)
    addresses = {None: None, "one": count, "per-zone": count * zones}
    rules = {None: None, "one": count, "per-port": ports}
    return Usage(
        provider=sheet.provider,
        product=name,
        per_load_balancer=((1, together(entries)),) if sold.shared else entries,
        zones=zones,
        public_addresses=addresses[sold.addresses],
        rules=rules[sold.rules],
    )


@dataclass(frozen=True)
class Site:
    """Where a plan is bought.

    Args:
        zones: zones that a load balancer spans, and Pods are spread over.
        ports: ports of each Service.
    """

    sheet: PriceSheet
    controller: Controller
    zones: int = 3
    ports: int = 1


def usage_for(
    plan: str, services: Fleet, sheet: PriceSheet, controller: Controller, zones: int = 3, ports: int = 1
) -> Usage:
    """What a plan buys for Services of which nothing but the traffic is known.

    Args:
        plan: a key of PLANS.
        controller: its `requests_per_s` is set to the sum of the Services'.
        zones: zones that a load balancer spans, and Pods are spread over.
        ports: ports of each Service.

    Raises:
        UsageError: no such plan, or nothing that it needs is sold.
    """
    if plan not in PLANS:
        raise UsageError(f"no bill is known for a plan {plan!r}; there are: {', '.join(PLANS)}")
    return PLANS[plan](services, Site(sheet, controller, zones, ports))


def _apart(services: Fleet, site: Site) -> Usage:
    """A load balancer per Service; one that reads requests has a target group and no rule of its own."""
    count = sum(n for n, _ in services)
    usage = usage_of_entries(services, site.sheet, site.zones, site.ports * count)
    http = site.sheet.product(usage.product).routes_http
    return replace(
        usage, listeners=site.ports, http_rules=0 if http else None, target_groups=1 if http else None
    )


def _behind_controller(services: Fleet, site: Site) -> Usage:
    """One load balancer, and a controller behind it.

    The controller's Pods and their targets are spread evenly over the zones, so that (zones - 1) / zones of
    the bytes between them cross a border.
    """
    traffic = together(services)
    crossing = (
        CrossZone(traffic.gb, Fraction(site.zones - 1, site.zones)) if site.sheet.cross_zone_gb else None
    )
    return replace(
        usage_of_entries(((1, traffic),), site.sheet, site.zones, INGRESS_PORTS),
        controller=replace(site.controller, requests_per_s=traffic.requests_per_s),
        cross_zone=crossing,
        listeners=INGRESS_PORTS,
    )


def _shared_alb(services: Fleet, site: Site) -> Usage:
    """One load balancer that reads requests: a rule and a target group per Service, no controller.

    A request is compared with its Service's rule and with those before it: (Services + 1) / 2 on average.
    """
    count = sum(n for n, _ in services)
    usage = usage_of_entries(
        ((1, together(services)),), site.sheet, site.zones, INGRESS_PORTS, site.sheet.http_product
    )
    return replace(
        usage,
        rules_processed=Fraction(count + 1, 2),
        listeners=INGRESS_PORTS,
        http_rules=count,
        target_groups=count,
    )


PLANS: dict[str, Callable[[Fleet, Site], Usage]] = {
    "lb-per-service": _apart,
    "single-ingress": _behind_controller,
    "gateway": _behind_controller,
    "shared-alb": _shared_alb,
}
"""Plan -> what it buys, from the traffic of its Services alone."""

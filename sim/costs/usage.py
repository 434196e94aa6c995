"""Usage: the quantities of a month that a bill is made from.

Traffic per load balancer, rules, public addresses, the Ingress controller, bytes that cross zones. Numbers
are exact. Here is what is bought; what it costs is the matter of `sim.costs`.
"""

from __future__ import annotations

from dataclasses import astuple
from fractions import Fraction
from math import ceil
from operator import add
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool, StrictStr
from pydantic.dataclasses import dataclass

from sim.costs.price_sheet import AboveZero, ControllerDefaults, Exact, PriceSheet, figures

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
class ControllerPods:
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
        ends_tls: of each entry of that fleet, whether TLS ends there; empty: at none.
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
    controller: ControllerPods | None = None
    cross_zone: CrossZone | None = None
    ends_tls: tuple[StrictBool, ...] = ()

    @property
    def load_balancers(self) -> int:
        """How many are bought."""
        return sum(count for count, _ in self.per_load_balancer)

    @property
    def connections(self) -> int:
        """Open at a time on the busiest load balancer, on average; a started one counts."""
        return max((ceil(traffic.active_connections) for _, traffic in self.per_load_balancer), default=0)


def together(fleet: Fleet) -> Traffic:
    """The traffic of all of them."""
    return sum((traffic.times(count) for count, traffic in fleet), NO_TRAFFIC)


def default_controller(defaults: ControllerDefaults, sheet: PriceSheet) -> ControllerPods:
    """The assumed controller, on the sheet's default node, idle."""
    asked: dict[str, Any] = {str(path[0]): figure.value for path, figure in figures(defaults)}
    asked["replicas"] = int(asked["replicas"])
    return ControllerPods(**asked, node=sheet.default_node, requests_per_s=Fraction(0))

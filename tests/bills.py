"""Bills of N Services at every shipped price sheet, and a small sheet of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from sim.costs.bill import Bill, decimal_text, price
from sim.costs.price_sheet import PriceSheet, read_controller_defaults, read_price_sheet, with_overrides
from sim.costs.price_sheet.reading import refused
from sim.costs.usage import Count, Traffic, Usage, default_controller
from sim.costs.usage_of_plan import usage_of_services, usages_at
from sim.manifests.objects.meta import Origin
from sim.manifests.reading.loading import price_sheet_names, shipped
from sim.plans import Plan
from sim.scenario.demand import Demand
from sim.scenario.from_demand import of_one_service

SHEETS = {name: read_price_sheet(shipped("costs/prices", f"{name}.yaml")) for name in price_sheet_names()}
DEFAULTS = read_controller_defaults(shipped("costs/prices", "controller.yaml"))
SOLD = [(name, product) for name, sheet in SHEETS.items() for product in sheet.products]
LITTLE = Traffic(2, 1, 100, 1, 9)
"""Traffic of one quiet Service."""
HOPS = {"lb-per-service": 1, "single-ingress": 2, "gateway": 2, "shared-alb": 0, "as-is": 1}
"""Plan -> hops between nodes: to a Pod, and from a controller on to one; an ALB sends to Pods itself."""

SHEET = """\
provider: mine
currency: USD
hours_per_month: 730
default_product: lb
default_node: small
products:
  lb:
    shape: monthly
    region: all
    load_balancer_month: {value: "10", unit: USD/month, as_of: "2026", confidence: high, sources: [page]}
nodes:
  small:
    vcpu: 2
    memory_gib: 4
    node_month: {value: "20", unit: USD/month, as_of: "2026-02", confidence: high, sources: [page]}
quotas:
  lbs: {limit: 5, adjustable: true, counts: load_balancers, as_of: null, confidence: high, sources: [page]}
sources:
  page: {title: a page, address: "https://example.com", date: "2026"}
"""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
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


def sheet_of(provider: str, product: str | None = None) -> PriceSheet:
    return with_overrides(SHEETS[provider], {"product": product} if product else {})


@cache
def plan_of(name: str, zones: int) -> Plan:
    """The plan of a Service that has a Pod in each of so many zones."""
    return of_one_service(Demand(), (name,), zones).plans()[0]


def usage(
    plan: str, services: int, sheet: PriceSheet, traffic: Traffic = LITTLE, zones: int = 3, ports: int = 1
) -> Usage:
    """What a plan takes for Services alike; a byte crosses a border with (zones - 1) / zones at every hop."""
    crossing = HOPS[plan] * Fraction(zones - 1, zones)
    used = usage_of_services(plan_of(plan, zones), traffic, services, crossing, ports)
    return usages_at(used, sheet, default_controller(DEFAULTS, sheet))[0]


def bill(plan: str, services: int, sheet: PriceSheet, traffic: Traffic = LITTLE, **where: int) -> Bill:
    return price(usage(plan, services, sheet, traffic, **where), sheet)


def amounts(made: Bill) -> dict[str, str]:
    return {line.item: decimal_text(made.amount_of(line.item)) for line in made.lines}

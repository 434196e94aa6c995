"""What a month costs: usage of load balancers and a price sheet in, a bill of sourced lines out.

Amounts are exact fractions; only the total is rounded, once, half-up, to cents. A bill holds what depends on
how Services are exposed: load balancers, their traffic, rules, public addresses, the Ingress controller's
share of a node, bytes that cross zones. Left out, as equal in every plan: internet egress, control plane,
logs, firewalls, free tiers, taxes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from sim.costs.price_sheet import Figure, PriceSheet, Quota, Source, cite
from sim.costs.price_sheet.products import BundledRules, CapacityUnits, FlatMonth, ProcessedData, ScaledNodes
from sim.costs.usage import Traffic, Usage, together
from sim.errors import InputError
from sim.units import attributes

MBIT_PER_GB = 8000
MIB_PER_GIB = 1024
SECONDS_PER_HOUR = 3600


def half_up(value: Fraction, places: int) -> Decimal:
    """Round a number that is not negative, half-up, to `places` digits after the point.

    >>> half_up(Fraction("27.435"), 2)
    Decimal('27.44')
    """
    return Decimal(f"{floor(value * 10**places + Fraction(1, 2))}E-{places}")


def decimal_text(value: Fraction) -> str:
    """A number in digits: exact if twelve digits after the point hold it, else rounded to them.

    >>> decimal_text(Fraction("16.425")), decimal_text(Fraction(2, 15)), decimal_text(Fraction(120))
    ('16.425', '0.133333333333', '120')
    """
    return f"{half_up(value, 12):f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Line:
    """One line of a bill: a quantity, at the price per unit that one figure of the price sheet gives.

    Args:
        source: key of the figure, its date, confidence and the title of its source.
        sources: where the figure was read, the best one first.
    """

    item: str
    quantity: Fraction
    unit: str
    figure: Figure
    source: str
    sources: tuple[Source, ...] = ()

    @property
    def unit_price(self) -> Fraction:
        """Price of one unit, exact: that of the figure."""
        return self.figure.value

    @property
    def amount(self) -> Fraction:
        """Quantity times price, exact."""
        return self.quantity * self.unit_price

    def to_json(self) -> dict[str, str | None]:
        """The line as `sim compare -o json` shows it."""
        return {
            "item": self.item,
            "quantity": decimal_text(self.quantity),
            "unit": self.unit,
            "unit_price": decimal_text(self.unit_price),
            "amount": decimal_text(self.amount),
            **attributes(self.figure, "key as_of confidence"),
            "source": self.source,
        }


@dataclass(frozen=True)
class Bill:
    """What one month costs, line by line. Rules that are sold in bundles take two lines of one item."""

    provider: str
    product: str
    currency: str
    lines: tuple[Line, ...]

    @property
    def amount(self) -> Fraction:
        """The sum of the lines, exact."""
        return sum((line.amount for line in self.lines), Fraction(0))

    def amount_of(self, item: str) -> Fraction:
        """The sum of an item's lines, exact; zero if it has none."""
        return sum((line.amount for line in self.lines if line.item == item), Fraction(0))

    @property
    def total(self) -> Decimal:
        """The sum of the exact amounts, rounded once, half-up, to cents."""
        return half_up(self.amount, 2)

    def to_json(self) -> dict[str, Any]:
        """The bill as `sim compare -o json` shows it under `monthly`."""
        return {"total": str(self.total), **attributes(self, "currency lines")}


def price(usage: Usage, sheet: PriceSheet) -> Bill:
    """Make the bill of a month.

    Raises:
        InputError: the sheet is another provider's, lacks the product or the node, or needs a quantity that
            the usage does not give.
    """
    if usage.provider != sheet.provider:
        raise InputError(f"usage of {usage.provider} cannot be priced with the sheet of {sheet.provider}")
    product = sheet.product(usage.product)
    lines = (
        *SHAPES[product.shape](usage, product, sheet),
        *_public_addresses(usage, sheet),
        *_controller_compute(usage, sheet),
        *_cross_zone_bytes(usage, sheet),
    )
    return Bill(sheet.provider, usage.product, sheet.currency, lines)


def price_parts(parts: Sequence[Usage], sheet: PriceSheet) -> Bill:
    """The bill of a plan that is bought in parts.

    Raises:
        InputError: as for `price`.
    """
    bills = [price(part, sheet) for part in parts]
    lines = tuple(line for bill in bills for line in bill.lines)
    return Bill(sheet.provider, " and ".join(bill.product for bill in bills), sheet.currency, lines)


def _line(sheet: PriceSheet, item: str, quantity: Fraction | int, unit: str, figure: Figure) -> Line:
    return Line(item, Fraction(quantity), unit, figure, cite(figure, sheet), _sources(figure, sheet))


def _hours(sheet: PriceSheet, item: str, things: Fraction | int, unit: str, figure: Figure) -> Line:
    """A line of things that are there all month, billed by the hour."""
    return _line(sheet, item, things * sheet.hours_per_month, unit, figure)


def _sources(claim: Figure | Quota, sheet: PriceSheet) -> tuple[Source, ...]:
    return tuple(sheet.sources[name] for name in claim.sources)


def _load_balancer_hours(usage: Usage, figure: Figure, sheet: PriceSheet) -> Line:
    return _hours(sheet, "load_balancer_hours", usage.load_balancers, "load balancer hours", figure)


def _capacity_units(usage: Usage, product: CapacityUnits, sheet: PriceSheet) -> Iterator[Line]:
    yield _load_balancer_hours(usage, product.load_balancer_hour, sheet)
    hours = sheet.hours_per_month
    ends = usage.ends_tls or (False,) * len(usage.per_load_balancer)
    units = sum(
        number * _units(usage.rules_processed, traffic, product, hours, tls)
        for (number, traffic), tls in zip(usage.per_load_balancer, ends, strict=True)
    )
    yield _hours(sheet, "capacity_units", units, "capacity unit hours", product.capacity_unit_hour)


def _units(
    rules_processed: Fraction, traffic: Traffic, product: CapacityUnits, hours: Fraction, ends_tls: bool
) -> Fraction:
    """Capacity units of one load balancer: those of its largest dimension."""
    holds = product.tls if ends_tls and product.tls is not None else product
    dimensions = [
        traffic.new_connections_per_s / holds.unit_new_connections_per_s.value,
        traffic.active_connections / holds.unit_active_connections.value,
        traffic.gb / hours / product.unit_gb_per_hour.value,
    ]
    if product.rule_evaluations:
        billed = max(Fraction(0), rules_processed - product.rule_evaluations.free_rules.value)
        unit = product.rule_evaluations.unit_rule_evaluations_per_s.value
        dimensions.append(traffic.requests_per_s * billed / unit)
    return max(dimensions)


def _processed_data(usage: Usage, product: ProcessedData, sheet: PriceSheet) -> Iterator[Line]:
    yield _load_balancer_hours(usage, product.load_balancer_hour, sheet)
    gb = together(usage.per_load_balancer).gb
    yield _line(sheet, "data_processed", gb, "GB", product.gb_processed)


def _bundled_rules(usage: Usage, product: BundledRules, sheet: PriceSheet) -> Iterator[Line]:
    if usage.rules is None:
        raise InputError(f"{sheet.provider} {usage.product} is billed by rules, and the usage gives none")
    yield from _rule_hours(usage.rules, usage.load_balancers, product, sheet)
    traffic = together(usage.per_load_balancer)
    gb = traffic.gb_in + traffic.gb_out * product.gb_out_billed.value
    yield _line(sheet, "data_processed", gb, "GB", product.gb_processed)


def _rule_hours(rules: int, load_balancers: int, product: BundledRules, sheet: PriceSheet) -> Iterator[Line]:
    """Every load balancer, or the project, has its own bundle; without rules there is none."""
    owners = 1 if product.bundle_for == "project" else load_balancers
    bundles, size = min(rules, owners), product.rules_in_bundle.value
    unit = f"hours of up to {decimal_text(size)} rules together"
    yield _hours(sheet, "rule_hours", bundles, unit, product.rule_bundle_hour)
    if (further := rules - bundles * size) > 0:
        yield _hours(sheet, "rule_hours", further, "hours of a further rule", product.further_rule_hour)


def _scaled_nodes(usage: Usage, product: ScaledNodes, sheet: PriceSheet) -> Iterator[Line]:
    hours = sheet.hours_per_month
    nodes = sum(n * _nodes(t, usage.peak_factor, product, hours) for n, t in usage.per_load_balancer)
    figure = product.load_balancer_node_month
    yield _line(sheet, "load_balancer_nodes", nodes, "load balancer node months", figure)


def _nodes(traffic: Traffic, peak_factor: Fraction, product: ScaledNodes, hours: Fraction) -> int:
    """Nodes of one load balancer: as many as its peak needs, one at least."""
    mbit_in_per_s = traffic.gb_in * MBIT_PER_GB / (hours * SECONDS_PER_HOUR)
    needs = (
        (traffic.requests_per_s, product.load_balancer_node_requests_per_s),
        (traffic.active_connections, product.load_balancer_node_connections),
        (mbit_in_per_s, product.load_balancer_node_mbit_in_per_s),
    )
    return max([1, *(ceil(peak_factor * need / most.value) for need, most in needs if most)])


def _flat_month(usage: Usage, product: FlatMonth, sheet: PriceSheet) -> Iterator[Line]:
    figure = product.load_balancer_month
    yield _line(sheet, "load_balancer_hours", usage.load_balancers, "load balancer months", figure)


def _public_addresses(usage: Usage, sheet: PriceSheet) -> Iterator[Line]:
    if usage.public_addresses is not None and sheet.public_address_hour:
        addresses, figure = usage.public_addresses, sheet.public_address_hour
        yield _hours(sheet, "public_addresses", addresses, "address hours", figure)


def _controller_compute(usage: Usage, sheet: PriceSheet) -> Iterator[Line]:
    """The share of a node that the controller's CPU or memory takes, whichever is more."""
    if usage.controller is None:
        return
    node = sheet.node(usage.controller.node)
    memory_gib = usage.controller.replicas * usage.controller.memory_request_mib / MIB_PER_GIB
    share = max(usage.controller.cores / node.vcpu, memory_gib / node.memory_gib)
    if node.node_hour:
        yield _hours(sheet, "controller_compute", share, "node hours", node.node_hour)
    if node.node_month:
        yield _line(sheet, "controller_compute", share, "node months", node.node_month)


def _cross_zone_bytes(usage: Usage, sheet: PriceSheet) -> Iterator[Line]:
    if usage.cross_zone is not None and sheet.cross_zone_gb:
        gb = usage.cross_zone.gb * usage.cross_zone.fraction
        yield _line(sheet, "cross_zone_bytes", gb, "GB", sheet.cross_zone_gb)


def break_even(
    bill_at: Callable[[int, str], Bill], most: int = 1000, plan: str = "single-ingress"
) -> int | None:
    """The smallest number of Services for which a plan is cheaper than a load balancer each, or None.

    Args:
        bill_at: the bill of a number of Services under a plan.
        most: up to how many Services are tried, from 1 on.
    """
    counts = range(1, most + 1)
    return next((n for n in counts if bill_at(n, plan).amount < bill_at(n, "lb-per-service").amount), None)


@dataclass(frozen=True)
class QuotaUse:
    """How much of a quota a plan takes.

    Args:
        as_of: when the limit was known to hold; None if no date is known.
        sources: where it was read, the best one first.
    """

    name: str
    used: int
    limit: int
    adjustable: bool
    as_of: str | None = None
    sources: tuple[Source, ...] = ()

    @property
    def exceeded(self) -> bool:
        """Whether the provider would refuse; what is adjustable may be raised on request."""
        return self.used > self.limit

    @property
    def in_words(self) -> str:
        """What is limited, how much of it is used, and whether that can be changed."""
        hard = "can be raised on request" if self.adjustable else "a hard limit"
        return f"{self.used:,} of {self.limit:,} {self.name.replace('_', ' ')} ({hard})"

    def to_json(self) -> dict[str, Any]:
        """The entry as `sim compare -o json` shows it."""
        return attributes(self, "name used limit adjustable")


def quotas(usage: Usage, sheet: PriceSheet) -> tuple[QuotaUse, ...]:
    """The quotas of the product that usage tells about, the fullest first."""
    concerned = (
        (name, quota, _used(quota.counts, usage, sheet))
        for name, quota in sheet.quotas.items()
        if not quota.products or usage.product in quota.products
    )
    found = (
        QuotaUse(name, used, quota.limit, quota.adjustable, quota.as_of, _sources(quota, sheet))
        for name, quota, used in concerned
        if used is not None
    )
    return tuple(sorted(found, key=lambda quota: Fraction(-quota.used, quota.limit)))


def _used(counts: str, usage: Usage, sheet: PriceSheet) -> int | None:
    if counts != "nodes":
        used: int | None = getattr(usage, counts)
        return used
    product = sheet.product(usage.product)
    if not isinstance(product, ScaledNodes):
        return None
    hours = sheet.hours_per_month
    return max((_nodes(t, usage.peak_factor, product, hours) for _, t in usage.per_load_balancer), default=0)


SHAPES: dict[str, Callable[[Usage, Any, PriceSheet], Iterator[Line]]] = {
    "capacity-units": _capacity_units,
    "processed-data": _processed_data,
    "bundled-rules": _bundled_rules,
    "nodes": _scaled_nodes,
    "monthly": _flat_month,
}
"""Pricing shape of a product -> its lines of a bill."""

"""Offers: what each plan of an application costs a month at one provider, and from how many Services on.

Values, and the functions that make them from quantities alone: no run, no clock, no random number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from sim.cluster.cluster import Assumption
from sim.costs.bill import Bill, QuotaUse, break_even, price, price_parts, quotas
from sim.costs.price_sheet import PriceSheet, figures
from sim.costs.usage import Controller, Traffic, Usage, usage_for

MOST_SERVICES = 200
COUNTED = (*range(1, 41), *range(45, MOST_SERVICES + 1, 5))
"""Numbers of Services of which an offer says what they cost, so that a curve can be drawn of them."""
BOTH = ("lb-per-service", "single-ingress")


@dataclass(frozen=True)
class Priced:
    """One plan at one provider: its bill, and what it takes of the provider's quotas."""

    name: str
    bill: Bill
    load_balancers: int
    public_addresses: int
    controller_pods: int
    quotas: tuple[QuotaUse, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The plan as `sim cost -o json` shows it."""
        return {
            "name": self.name,
            "provider": self.bill.provider,
            "product": self.bill.product,
            "monthly": self.bill.to_json(),
            "load_balancers": self.load_balancers,
            "public_addresses": self.public_addresses,
            "controller_pods": self.controller_pods,
            "quotas": [quota.to_json() for quota in self.quotas],
        }


@dataclass(frozen=True)
class Offer:
    """What one provider asks for each plan.

    Args:
        prices_as_of: the newest date of a figure of the product.
        break_even_services: from how many such Services on the single Ingress is cheaper; None: never.
        growth: plan -> number of such Services -> what they cost.
        break_evens: plan -> from how many Services on it is cheaper than a load balancer per Service.
        shared: one load balancer carries all Services, even where each is exposed for itself.
    """

    provider: str
    product: str
    currency: str
    prices_as_of: str
    plans: tuple[Priced, ...]
    break_even_services: int | None
    growth: Mapping[str, Mapping[int, Fraction]] = field(default_factory=dict)
    break_evens: Mapping[str, int | None] = field(default_factory=dict)
    shared: bool = False

    def of_plans(self, names: Sequence[str]) -> Offer:
        """The same for some of the plans; the break-even is that of the last."""
        plans = tuple(plan for plan in self.plans if plan.name in names)
        count = self.break_evens.get(names[-1], self.break_even_services)
        return replace(self, plans=plans, break_even_services=count)

    def to_json(self) -> dict[str, Any]:
        """The provider as an entry of `providers` in JSON."""
        return {
            "provider": self.provider,
            "product": self.product,
            "currency": self.currency,
            "prices_as_of": self.prices_as_of,
            "break_even_services": self.break_even_services,
            "break_even_services_by_plan": dict(self.break_evens),
        }


@dataclass(frozen=True)
class Calculation:
    """What plans cost at one provider or more.

    Args:
        traffic: of all Services together.
    """

    offers: tuple[Offer, ...]
    services: int
    traffic: Traffic
    assumptions: tuple[Assumption, ...]
    version: str

    def to_json(self) -> dict[str, Any]:
        """The bills in the published form, schema sim.cost/1."""
        return {
            "schema": "sim.cost/1",
            "plans": [plan.to_json() for offer in self.offers for plan in offer.plans],
            "providers": [offer.to_json() for offer in self.offers],
            "break_even_services": self.offers[0].break_even_services,
            "services": self.services,
            "requests_per_s": float(self.traffic.requests_per_s),
            "gb_month": float(self.traffic.gb),
            "assumptions": [{"what": a.what, "otherwise": a.otherwise} for a in self.assumptions],
            "version": self.version,
        }


def sheet_date(sheet: PriceSheet) -> str:
    """The newest date of a figure of the sheet's product."""
    product = sheet.product(sheet.default_product)
    return max((f.as_of for _, f in figures(product) if f.as_of), default="no date")


def priced(name: str, parts: Sequence[Usage], sheet: PriceSheet) -> Priced:
    """A plan that is bought in parts, with its bill and quotas."""
    pods = sum(part.controller.replicas for part in parts if part.controller)
    entries = sum(part.load_balancers for part in parts)
    return Priced(
        name,
        price_parts(parts, sheet),
        entries,
        sum(part.public_addresses or part.load_balancers for part in parts),
        pods,
        tuple(quota for part in parts for quota in quotas(part, sheet)),
    )


def offer(plans: Sequence[Priced], sheet: PriceSheet, bill_at: Callable[[int, str], Bill]) -> Offer:
    """Put the plans of one provider together.

    Args:
        bill_at: the bill of a number of Services under a plan.
    """
    names = dict.fromkeys((*BOTH, *(plan.name for plan in plans)))
    cheaper_from = {p.name: break_even(bill_at, MOST_SERVICES, p.name) for p in plans if p.name != BOTH[0]}
    counts = sorted({*COUNTED, *(n for n in cheaper_from.values() if n)})
    return Offer(
        sheet.provider,
        sheet.default_product,
        sheet.currency,
        sheet_date(sheet),
        tuple(plans),
        break_even(bill_at, MOST_SERVICES),
        {plan: _growth(bill_at, plan, counts) for plan in names},
        cheaper_from,
        sheet.product(sheet.default_product).shared,
    )


def _growth(bill_at: Callable[[int, str], Bill], plan: str, counts: Sequence[int]) -> dict[int, Fraction]:
    return {count: bill_at(count, plan).amount for count in counts}


def offer_for(
    count: int,
    each: Traffic,
    sheet: PriceSheet,
    controller: Controller,
    zones: int,
    ports: int,
    plans: Sequence[str],
) -> Offer:
    """What plans cost for so many Services of the same traffic.

    Args:
        zones: zones that a load balancer spans.
        ports: ports of each Service.

    Raises:
        UsageError: no such plan, or the provider sells nothing for it.
    """

    def usage_at(services: int, plan: str) -> Usage:
        return usage_for(plan, ((services, each),), sheet, controller, zones, ports)

    made = [priced(plan, (usage_at(count, plan),), sheet) for plan in plans]
    return offer(made, sheet, lambda services, plan: price(usage_at(services, plan), sheet))

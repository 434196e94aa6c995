"""Offers: what each plan of an application costs a month at one provider, and from how many Services on.

Values, and the functions that make them from quantities alone: no run, no clock, no random number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from typing import Any

from sim.costs.bill import Bill, QuotaUse, break_even, price_parts, quotas
from sim.costs.price_sheet import PriceSheet, figures
from sim.costs.sheets import controller_on
from sim.costs.usage import ControllerPods
from sim.costs.usage_of_plan import PlanUsage, usages_at
from sim.plans import APART
from sim.units import attributes

MOST_SERVICES = 200
COUNTED = (*range(1, 41), *range(45, MOST_SERVICES + 1, 5))
"""Numbers of Services of which an offer says what they cost, so that a curve can be drawn of them."""
BOTH = (APART, "single-ingress")

Growth = Callable[[int], PlanUsage]
"""A number of Services -> what a plan uses for them."""


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
            **attributes(self.bill, "provider product"),
            "monthly": self.bill.to_json(),
            **attributes(self, "load_balancers public_addresses controller_pods quotas"),
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
        shown = attributes(self, "provider product currency prices_as_of break_even_services")
        return shown | {"break_even_services_by_plan": dict(self.break_evens)}


@dataclass(frozen=True, eq=False)
class Amounts(Mapping[int, Fraction]):
    """What some numbers of Services cost a month; each is priced when it is asked for."""

    counts: tuple[int, ...]
    amount_of: Callable[[int], Fraction]

    def __getitem__(self, count: int) -> Fraction:
        if count not in self.counts:
            raise KeyError(count)
        return self.amount_of(count)

    def __iter__(self) -> Iterator[int]:
        return iter(self.counts)

    def __len__(self) -> int:
        return len(self.counts)


def sheet_date(sheet: PriceSheet) -> str:
    """The newest date of a figure of the sheet's product."""
    product = sheet.product(sheet.default_product)
    return max((f.as_of for _, f in figures(product) if f.as_of), default="no date")


def offers(
    used: Sequence[PlanUsage], growth: Mapping[str, Growth], sheets: Sequence[PriceSheet]
) -> tuple[Offer, ...]:
    """What every provider asks; those after the first are left alone with plans that they sell nothing for.

    Args:
        used: what each plan uses, in the order in which plans are compared.
        growth: what a plan uses for a number of Services like the mean one; of each plan, and of BOTH.

    Raises:
        UsageError: the first provider sells nothing for a plan.
    """
    sold = [used, *([u for u in used if not u.routes_http or sheet.routes_http] for sheet in sheets[1:])]
    return tuple(_offer(plans, growth, sheet) for plans, sheet in zip(sold, sheets, strict=True))


def _offer(used: Sequence[PlanUsage], growth: Mapping[str, Growth], sheet: PriceSheet) -> Offer:
    controller = controller_on(sheet)

    @cache
    def bill_at(count: int, plan: str) -> Bill:
        return price_parts(usages_at(growth[plan](count), sheet, controller), sheet)

    names = dict.fromkeys((*BOTH, *(plan.name for plan in used)))
    cheaper_from = {name: break_even(bill_at, MOST_SERVICES, name) for name in names if name != APART}
    counts = tuple(sorted({*COUNTED, *(n for n in cheaper_from.values() if n)}))
    return Offer(
        sheet.provider,
        sheet.default_product,
        sheet.currency,
        sheet_date(sheet),
        tuple(priced(plan, sheet, controller) for plan in used),
        cheaper_from[BOTH[1]],
        {name: _amounts(counts, bill_at, name) for name in names},
        {plan.name: cheaper_from[plan.name] for plan in used if plan.name != APART},
        sheet.product(sheet.default_product).shared,
    )


def _amounts(counts: tuple[int, ...], bill_at: Callable[[int, str], Bill], plan: str) -> Amounts:
    return Amounts(counts, lambda count: bill_at(count, plan).amount)


def priced(plan: PlanUsage, sheet: PriceSheet, controller: ControllerPods) -> Priced:
    """A plan at one provider, with its bill and quotas.

    Raises:
        UsageError: the provider sells nothing for it.
    """
    parts = usages_at(plan, sheet, controller)
    return Priced(
        plan.name,
        price_parts(parts, sheet),
        sum(part.load_balancers for part in parts),
        sum(part.public_addresses or part.load_balancers for part in parts),
        plan.controller_pods,
        tuple(quota for part in parts for quota in quotas(part, sheet)),
    )

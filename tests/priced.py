"""Calculations to draw: those of the shipped price sheets, and what can come of other prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache

from sim.comparison.comparison import Calculation
from sim.comparison.estimate import estimate_services
from sim.costs.offers import BOTH, Offer
from sim.costs.sheets import StatedPrices, sheets
from sim.scenario.demand import stated


@cache
def priced(provider: str, services: int = 12, plans: tuple[str, ...] = BOTH) -> Calculation:
    """Services of 2 requests/s and 10 GB a month each."""
    demands = stated({"rps": ("2",), "gb_month": ("10",), "connections": ()})
    return estimate_services(services, demands.default, sheets(provider, StatedPrices(None)), "0.1.0", plans)


def changed(found: Calculation, change: Callable[[Offer], Offer], *which: str) -> Calculation:
    """Some of the offers changed, or all."""
    return replace(
        found, offers=tuple(change(o) if not which or o.provider in which else o for o in found.offers)
    )


def times(factor: Fraction | int, currency: str = "") -> Callable[[Offer], Offer]:
    """A change that multiplies all prices of an offer."""

    def change(offer: Offer) -> Offer:
        growth = {p: {n: a * factor for n, a in of.items()} for p, of in offer.growth.items()}
        plans = []
        for plan in offer.plans:
            lines = tuple(replace(line, quantity=line.quantity * factor) for line in plan.bill.lines)
            plans.append(replace(plan, bill=replace(plan.bill, lines=lines)))
        money = currency or offer.currency
        same = replace(offer, growth=growth, plans=tuple(plans), currency=money)
        return same if factor else replace(same, break_even_services=None, break_evens={})

    return change


def long_named(offer: Offer) -> Offer:
    """The same of a provider with a long name."""
    return replace(offer, provider="a-provider-with-a-rather-long-name", product="a_product_with_a_long_name")


in_yen = times(10**12, "JPY")

"""Price sheets: what a provider asks, as dated and sourced figures. A parsed document in, a value out.

A sheet lists the load balancers that a provider sells (`products`, each of one pricing shape), what is billed
beside them (addresses, bytes between zones, nodes), its quotas, and its sources. Every number that a bill
uses is a Figure: it carries a unit, a date, a confidence and its sources, and a user can replace it.
Left out: taxes, discounts, free tiers, internet egress. The shipped sheets are `sim/costs/prices/*.yaml`.
"""

from sim.costs.price_sheet.figure import AboveZero, Exact, Figure, Source, exact, figures
from sim.costs.price_sheet.reading import read_controller_defaults, read_price_sheet, with_overrides
from sim.costs.price_sheet.sheet import ControllerDefaults, PriceSheet, Quota, cite, stale

__all__ = [
    "AboveZero", "ControllerDefaults", "Exact", "Figure", "PriceSheet", "Quota", "Source", "cite", "exact",
    "figures", "read_controller_defaults", "read_price_sheet", "stale", "with_overrides",
]  # fmt: skip

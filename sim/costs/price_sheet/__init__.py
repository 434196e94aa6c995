"""Price sheets: what a provider asks, as dated and sourced figures. A parsed document in, a value out.

A sheet lists the load balancers that a provider sells (`products`, each of one pricing shape), what is billed
beside them (addresses, bytes between zones, nodes), its quotas, and its sources. Every number that a bill
uses is a Figure: it carries a unit, a date, a confidence and its sources, and a user can replace it.
Left out: taxes, discounts, free tiers, internet egress. The shipped sheets are `sim/costs/prices/*.yaml`.
"""

from __future__ import annotations

from sim.costs.price_sheet.age import cite, old_figures, stale
from sim.costs.price_sheet.figure import Figure, Source, figures
from sim.costs.price_sheet.numbers import AboveZero, Exact, exact, last_day
from sim.costs.price_sheet.overrides import with_overrides
from sim.costs.price_sheet.products import (
    BundledRules,
    CapacityUnits,
    FlatMonth,
    ProcessedData,
    Product,
    ScaledNodes,
)
from sim.costs.price_sheet.reading import read_controller_defaults, read_price_sheet, refused
from sim.costs.price_sheet.sheet import ControllerDefaults, NodePrice, PriceSheet, Quota

__all__ = [
    "AboveZero", "BundledRules", "CapacityUnits", "ControllerDefaults", "Exact", "Figure", "FlatMonth",
    "NodePrice", "PriceSheet", "ProcessedData", "Product", "Quota", "ScaledNodes", "Source", "cite",
    "exact", "figures", "last_day", "old_figures", "read_controller_defaults", "read_price_sheet",
    "refused", "stale", "with_overrides",
]  # fmt: skip

"""Bills of N Services at every shipped price sheet, and a small sheet of one's own."""

from __future__ import annotations

from sim.costs.bill import Bill, decimal_text, price
from sim.costs.price_sheet import PriceSheet, read_controller_defaults, read_price_sheet, with_overrides
from sim.costs.usage import Traffic, default_controller, usage_for
from sim.manifests.reading.loading import price_sheet_names, shipped

SHEETS = {name: read_price_sheet(shipped("costs/prices", f"{name}.yaml")) for name in price_sheet_names()}
DEFAULTS = read_controller_defaults(shipped("costs/prices", "controller.yaml"))
SOLD = [(name, product) for name, sheet in SHEETS.items() for product in sheet.products]
LITTLE = Traffic(2, 1, 100, 1, 9)
"""Traffic of one quiet Service."""

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


def sheet_of(provider: str, product: str | None = None) -> PriceSheet:
    return with_overrides(SHEETS[provider], {"product": product} if product else {})


def bill(plan: str, services: int, sheet: PriceSheet, traffic: Traffic = LITTLE, **where: int) -> Bill:
    controller = default_controller(DEFAULTS, sheet)
    return price(usage_for(plan, ((services, traffic),), sheet, controller, **where), sheet)


def amounts(made: Bill) -> dict[str, str]:
    return {line.item: decimal_text(made.amount_of(line.item)) for line in made.lines}

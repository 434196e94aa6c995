"""The bill without a run: from quantities alone, or from manifests and the demand of each Service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from sim.cluster.cluster import Assumption
from sim.costs.bill import Bill, price
from sim.costs.offers import Calculation, Offer, offer, offer_for, priced
from sim.costs.price_sheet import PriceSheet
from sim.costs.sheets import controller_on
from sim.costs.usage import NO_TRAFFIC, CrossZone, Traffic, usage_for
from sim.costs.usage_of_plan import parts_of, zones_of
from sim.plans import Plan
from sim.scenario.demand import Demands, assumed, check_names
from sim.scenario.experiment import Experiment


def calculate(
    count: int,
    demands: Demands,
    sheets: Sequence[PriceSheet],
    version: str,
    plans: Sequence[str],
    zones: int = 3,
    ports: int = 1,
    replicas: int | None = None,
) -> Calculation:
    """What `count` Services of the same demand cost.

    Args:
        zones: zones that a load balancer spans, and Pods are spread over.
        ports: ports of each Service.
        replicas: Pods of the controller; None: the default.
    """
    each = demands.default.traffic()
    offers = [
        offer_for(count, each, sheet, controller_on(sheet, replicas), zones, ports, plans) for sheet in sheets
    ]
    crossing = f"{zones} zones, Pods spread evenly: {zones - 1} of {zones} bytes behind a controller cross"
    spread = Assumption(crossing, "--zones N")
    return Calculation(
        tuple(offers), count, each.times(count), (*assumed([demands.default]), spread), version
    )


def calculate_for(
    experiment: Experiment, demands: Demands, sheets: Sequence[PriceSheet], version: str
) -> Calculation:
    """What the Services that manifests expose cost, each with its own demand."""
    plans = experiment.plans()
    services = list(dict.fromkeys(e.service for e in plans[0].exposed))
    check_names(demands, services)
    carried = {key: demands[key].traffic() for key in services}
    whole = sum(carried.values(), NO_TRAFFIC)
    offers = tuple(_offer(plans, carried, whole, sheet) for sheet in sheets)
    made = tuple(dict.fromkeys(a for p in plans for a in p.cluster.assumptions))
    return Calculation(
        offers, len(services), whole, (*assumed([demands[key] for key in services]), *made), version
    )


def _offer(plans: Sequence[Plan], carried: Mapping[str, Traffic], whole: Traffic, sheet: PriceSheet) -> Offer:
    controller = controller_on(sheet, max(p.controller_pods for p in plans) or None)
    each = whole.shared_by(len(carried))
    zones = zones_of(plans[0])

    def bill_at(count: int, plan: str) -> Bill:
        return price(usage_for(plan, ((count, each),), sheet, controller, zones), sheet)

    made = [
        priced(p.name, parts_of(p, _through(p, carried), sheet, controller, _crossing(p, carried)), sheet)
        for p in plans
    ]
    return offer(made, sheet, bill_at)


def _through(plan: Plan, carried: Mapping[str, Traffic]) -> dict[str, Traffic]:
    """The traffic of each load balancer: a Service's own, and all that is left on the shared one."""
    own = {key: carried[key] for key in plan.load_balancers if key in carried}
    shared = [key for key in plan.load_balancers if key not in carried]
    left = sum((t for key, t in carried.items() if key not in own), NO_TRAFFIC)
    return {**own, **({shared[0]: left} if shared else {})}


def _crossing(plan: Plan, carried: Mapping[str, Traffic]) -> CrossZone | None:
    """Bytes from the controller to Pods, spread evenly over the zones."""
    if not plan.controller_pods:
        return None
    zones, own = zones_of(plan), set(plan.load_balancers)
    gb = sum((t.gb for key, t in carried.items() if key not in own), Fraction(0))
    return CrossZone(gb, Fraction(zones - 1, zones))

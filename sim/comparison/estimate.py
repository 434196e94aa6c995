"""The bill without a run: the same pipeline as a comparison, from plans to usage to bills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sim.cluster.cluster import Assumption
from sim.comparison.usage import Month, month_of, offers_for, rates_of
from sim.costs.offers import BOTH, Calculation
from sim.costs.price_sheet import PriceSheet
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.scenario.demand import Demand, Demands
from sim.scenario.experiment import Experiment, from_manifests
from sim.scenario.from_demand import with_demand
from sim.simulation.design import compile_design

SERVICE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: service}
spec:
  replicas: PODS
  selector: {matchLabels: {app: service}}
  template: {metadata: {labels: {app: service}}, spec: {containers: [{name: service}]}}
---
apiVersion: v1
kind: Service
metadata: {name: service}
spec: {type: LoadBalancer, selector: {app: service}, ports: [{port: 80}]}
"""


def estimate(experiment: Experiment, sheets: Sequence[PriceSheet], version: str) -> Calculation:
    """What the plans of an experiment cost for the traffic that it states.

    Args:
        sheets: of the providers.

    Raises:
        UsageError: a row has users, whose rate only a run can say, or the first provider sells nothing for a
            plan.
    """
    months = _months(experiment)
    made = dict.fromkeys(a for month in months for a in month.plan.cluster.assumptions)
    return _calculation(experiment, months, sheets, version, tuple(made))


def estimate_services(
    count: int,
    demand: Demand,
    sheets: Sequence[PriceSheet],
    version: str,
    plans: Sequence[str] = BOTH,
    zones: int = 3,
    ports: int = 1,
    replicas: int | None = None,
) -> Calculation:
    """What `count` Services of the same demand cost.

    Args:
        zones: zones that a load balancer spans; each has a node, and a Pod of every Service.
        ports: ports of each Service.
        replicas: Pods of the controller; None: the default.

    Raises:
        UsageError: no such plan, or the first provider sells nothing for it.
    """
    one = of_one_service(demand, plans, zones, replicas)
    months = [replace(month, ports=ports).times(count) for month in _months(one)]
    crossing = f"{zones} zones, Pods spread evenly: {zones - 1} of {zones} bytes cross a border at each hop"
    return _calculation(one, months, sheets, version, (Assumption(crossing, "--zones N"),))


def of_one_service(
    demand: Demand, plans: Sequence[str], zones: int = 3, replicas: int | None = None
) -> Experiment:
    """One Service in as many zones, each with a node and a Pod of it.

    Args:
        replicas: Pods of the controller; None: the default.
    """
    keys: dict[str, Any] = {"plans": list(plans), "nodes": {f"zone-{n + 1}": 1 for n in range(zones)}}
    if replicas is not None:
        keys["controller"] = {"replicas": replicas}
    text = SERVICE.replace("PODS", str(zones))
    manifests = merge(from_document(document) for document in documents(text, "services"))
    return with_demand(from_manifests(manifests, "services", keys=keys), Demands(demand))


def _months(experiment: Experiment) -> list[Month]:
    scenario, rules, rates = experiment.scenario, experiment.rules, rates_of(experiment.scenario)
    return [
        month_of(plan, compile_design(plan, scenario, rules), scenario, rates) for plan in experiment.plans()
    ]


def _calculation(
    experiment: Experiment,
    months: Sequence[Month],
    sheets: Sequence[PriceSheet],
    version: str,
    made: tuple[Assumption, ...],
) -> Calculation:
    offers = offers_for(experiment, months, rates_of(experiment.scenario), sheets)
    said = (*experiment.assumptions, *made)
    return Calculation(offers, months[0].services, months[0].traffic, said, version)

"""The bill without a run: the same pipeline as a comparison, from plans to usage to bills."""

from collections.abc import Sequence
from dataclasses import replace

from sim.cluster.cluster import Assumption
from sim.comparison.comparison import Calculation
from sim.comparison.usage import Month, month_of, offers_for, rates_of
from sim.costs.offers import BOTH
from sim.costs.price_sheet import PriceSheet
from sim.scenario.demand import Demand
from sim.scenario.experiment import Experiment
from sim.scenario.from_demand import of_one_service
from sim.simulation.design import compile_design


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
    month, left_out = months[0], experiment.unmodelled
    return Calculation(offers, month.services, month.traffic, said, version, left_out)

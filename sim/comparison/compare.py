"""The comparison: the same clients and draws through every plan, the bill of each, and the differences.

Money and time meet only here. Replications are paired: the n-th run of one plan has the draws of the n-th run
of the other, so the difference is that of the plans.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from math import inf
from operator import attrgetter

import numpy as np

from sim.comparison.blast_radius import LOAD_BALANCER, ONE_FOR_ALL, Radius, blast_radius
from sim.comparison.comparison import QUANTILES as COMPARED
from sim.comparison.comparison import Comparison, Difference, Happening, PlanOutcome, one_of_those
from sim.comparison.failures import failure_counts, hidden_of
from sim.comparison.latency_curve import change, curve_change, half_width_of, latency_curve, resolution_s
from sim.comparison.refused import refuse_what_the_server_refuses
from sim.comparison.soundness import obstacles
from sim.comparison.usage import month_of, offers_for, rates_of
from sim.costs.offers import Priced
from sim.costs.price_sheet import PriceSheet
from sim.costs.sheets import StatedPrices, sheets
from sim.plans import Plan
from sim.scenario import Scenario
from sim.scenario.experiment import Experiment
from sim.simulation.design import Design, compile_design
from sim.simulation.engines import AUTO
from sim.simulation.items import Runs, in_turn
from sim.simulation.pooled import QUANTILES
from sim.simulation.replications import Sampling, Study
from sim.simulation.spreading import spreading
from sim.simulation.summary import Summary, Until
from sim.units import published

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Ran:
    """A plan, its design and its replications.

    Args:
        radius: part of the plan -> what fails with it; empty where that was not asked for.
    """

    plan: Plan
    design: Design
    summary: Summary
    radius: Mapping[str, Radius] = field(default_factory=dict)


def compare(
    experiment: Experiment,
    version: str,
    seed: int | None = None,
    replications: int = 1,
    provider: str | None = None,
    requests: int | None = None,
    progress: Progress | None = None,
    own: StatedPrices | None = None,
    faults: bool = True,
    until: float | None = None,
    warm_up: float | str | None = None,
    runs: Runs = in_turn,
) -> Comparison:
    """Run and price the plans of an experiment.

    Args:
        seed: the scenario's own by default.
        provider: instead of the scenario's; `all`: every one, the same runs priced by each.
        requests: of a run, instead of its duration.
        progress: called with the plan's name, requests sent, and of how many.
        own: prices of the user.
        faults: whether to try as well what fails with each part of a plan; it takes some runs more.
        until, warm_up: as for `sim.simulation.replications.Sampling`.
        runs: who makes the runs.
    """
    used = sheets(provider, stated_prices(experiment), own)
    sampling = Sampling(replications, until, warm_up)
    ran = run_plans(prepare(experiment, experiment.plans(), sampling, seed, requests), runs, progress)
    if faults:
        shared = any(sheet.product(sheet.default_product).shared for sheet in used)
        ran = [replace(r, radius=blast_radius(experiment, r.plan, seed, one_for_all=shared)) for r in ran]
    return assemble(experiment, ran, used, version, seed)


@dataclass(frozen=True)
class PreparedPlans:
    """Plans, and how they are run."""

    plans: Sequence[Plan]
    study: Study


def prepare(
    experiment: Experiment,
    plans: Sequence[Plan],
    sampling: Sampling,
    seed: int | None = None,
    requests: int | None = None,
    engine: str = AUTO,
    remember: bool = False,
) -> PreparedPlans:
    """Compile plans of an experiment.

    Args:
        remember: write down what proxies remember.

    Raises:
        ManifestError: the API server refuses an object on the way of the traffic.
    """
    refuse_what_the_server_refuses(experiment)
    scenario, rules = experiment.scenario, experiment.rules
    designs = [replace(compile_design(plan, scenario, rules), remember=remember) for plan in plans]
    return PreparedPlans(plans, Study(designs, scenario, sampling, seed, engine, requests))


def run_plans(prepared: PreparedPlans, runs: Runs = in_turn, progress: Progress | None = None) -> list[Ran]:
    """Run plans, each as often as the others.

    Args:
        progress: called with a plan's name, how much is done, and of how much.
    """
    plans, study = prepared.plans, prepared.study
    reports = [partial(progress, plan.name) for plan in plans] if progress else ()
    every = zip(plans, study.designs, study.summaries(runs, reports), strict=True)
    return [Ran(plan, design, s.with_assumptions(plan.cluster.assumptions)) for plan, design, s in every]


def run_plan(
    experiment: Experiment,
    plan: Plan,
    seed: int | None = None,
    replications: int = 1,
    requests: int | None = None,
    progress: Progress | None = None,
    engine: str = AUTO,
    remember: bool = False,
    until: float | None = None,
    warm_up: float | str | None = None,
    runs: Runs = in_turn,
) -> Ran:
    """Run one plan of an experiment, with its replications.

    Args:
        remember: write down what proxies remember.
        until, warm_up: as for `sim.simulation.replications.Sampling`.
        runs: who makes the runs.

    Raises:
        ManifestError: the API server refuses an object on the way of the traffic.
    """
    sampling = Sampling(replications, until, warm_up)
    prepared = prepare(experiment, [plan], sampling, seed, requests, engine, remember)
    return run_plans(prepared, runs, progress)[0]


def assemble(
    experiment: Experiment, ran: Sequence[Ran], used: Sequence[PriceSheet], version: str, seed: int | None
) -> Comparison:
    """Put runs and bills together.

    Args:
        used: price sheets; the outcomes are those of the first.
    """
    scenario, first = experiment.scenario, ran[0]
    rates = [rates_of(scenario, r.summary.results) for r in ran]
    months = [
        month_of(r.plan, r.design, scenario, rate, r.summary.results)
        for r, rate in zip(ran, rates, strict=True)
    ]
    offers = offers_for(experiment, months, rates[0], used)
    return Comparison(
        outcomes=tuple(
            _outcome(r, first, bought, scenario) for r, bought in zip(ran, offers[0].plans, strict=True)
        ),
        differences=_differences(*ran[:2]) if len(ran) > 1 else {},
        break_even_services=offers[0].break_even_services,
        services=months[0].services,
        requests_per_s=sum(row.rps or 0 for row in scenario.traffic),
        replications=len(first.summary.results),
        seed=scenario.seed if seed is None else seed,
        version=version,
        prices_as_of=offers[0].prices_as_of,
        assumptions=(
            *experiment.assumptions,
            *dict.fromkeys(a for r in ran for a in r.plan.cluster.assumptions),
        ),
        cannot_move=next((r.plan.cannot_move for r in ran if r.plan.cannot_move), ()),
        offers=offers,
        further={other.plan.name: _differences(first, other) for other in ran[2:]},
        obstacles=obstacles([r.design for r in ran], scenario, first.plan.exposed, experiment.manifests),
        unmodelled=experiment.unmodelled,
        happens=_happenings(scenario),
        warm_up=first.summary.warm_up,
        until=_asked([r.summary for r in ran]),
    )


def _asked(summaries: Sequence[Summary]) -> Until | None:
    """What was asked of the means: of all plans that which is known least."""
    asked = [one.asked for one in summaries if one.asked]
    return min(asked, key=lambda one: (one.reached, -(one.known_to or inf)), default=None)


def _happenings(scenario: Scenario) -> tuple[Happening, ...]:
    """The events and the faults of a scenario, in order of time."""
    events = (Happening(event.at, "event", event.title) for event in scenario.events)
    faults = (Happening(fault.at, "fault", fault.title) for fault in scenario.faults)
    return tuple(sorted((*events, *faults), key=attrgetter("at_s")))


def stated_prices(experiment: Experiment) -> StatedPrices:
    """The `prices` of a scenario."""
    prices = experiment.scenario.prices
    figures = {**prices.figures, **({"product": prices.product} if prices.product else {})}
    return StatedPrices(prices.provider, figures, experiment.origin)


def _outcome(ran: Ran, first: Ran, bought: Priced, scenario: Scenario) -> PlanOutcome:
    results = ran.summary.results
    radii = {kind: published(radius) for kind, radius in ran.radius.items()}
    one_of = tuple(radii.pop(kind) for kind in (LOAD_BALANCER, ONE_FOR_ALL) if kind in radii)
    return PlanOutcome(
        **vars(bought),
        latency_s=_numbers(ran.summary.figures),
        latency_ci=None if ran.summary.half_widths is None else _numbers(ran.summary.half_widths),
        latency_intervals=ran.summary.intervals,
        too_short=ran.summary.sample.shortfalls,
        sent=sum(r.sent for r in results),
        failed=sum(r.failures for r in results),
        blast_radius=one_of_those(bought, one_of) | radii,
        one_load_balancer=one_of,
        quantile_curve=latency_curve(ran.summary.sample),
        quantile_changes=() if ran is first else curve_change(first.summary.results, results),
        spreading=spreading(ran.design, ran.summary.first),
        failures=failure_counts(results) if _happenings(scenario) else None,
        hidden=sum(map(hidden_of, results)) if _happenings(scenario) else 0,
    )


def _numbers(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: float("nan") if value is None else value for name, value in values.items()}


def _differences(one: Ran, other: Ran) -> dict[str, Difference]:
    """The other plan minus the one, pair by pair."""
    before, after = ([np.sort(r.latency_s) for r in each.summary.results] for each in (one, other))
    first, second = ([r.summary() for r in each.summary.results] for each in (one, other))
    found = {}
    for name in COMPARED:
        pairs = [(a[name], b[name]) for a, b in zip(first, second, strict=True)]
        changes = [change(a, b) for a, b in pairs if a is not None and b is not None]
        mean = sum(changes) / len(changes) if changes else float("nan")
        least_s = (
            resolution_s(before, after, 1 - Fraction(str(QUANTILES[name]))) if name in QUANTILES else 0.0
        )
        found[name] = Difference(mean, half_width_of(changes, least_s))
    return found

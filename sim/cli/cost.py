"""The command `sim cost`."""

from typing import Any

import click

from sim import __version__
from sim.cli.demand import demand_options, measured_for, options_demands
from sim.cli.options import (
    chart_options,
    controller_option,
    count_option,
    inputs,
    manifests_of,
    output_format,
    plans_option,
    prices_option,
    product_option,
    provider_option,
    save_chart,
    show,
    warn_of_old_prices,
)
from sim.cli.strict import doubt, strict_option
from sim.errors import UsageError
from sim.report.words.chart_kinds import COST_KINDS


@click.command()
@inputs
@output_format
@click.option("--services", type=click.IntRange(1, 10_000), help="Number of Services, instead of manifests.")
@demand_options
@click.option("--expose", multiple=True, metavar="NS/NAME", help="Also expose this Service, with -f.")
@count_option("--zones", 10, 3, "Number of zones, with --services.")
@count_option("--ports", 100, 1, "Ports of each Service, with --services.")
@click.option("--replicas", type=click.IntRange(1, 1000), help="Number of controller Pods.")
@controller_option("Controller profile behind the Ingress, with -f: {names}.")
@plans_option("{names}; default: the first two.")
@chart_options(COST_KINDS)
@provider_option
@product_option
@prices_option
@strict_option
def cost(files: tuple[str, ...], namespace: str, output: str, **how: Any) -> int:
    """A bill without a run: what N Services cost a month, each with its own load balancer or behind one.

    For example: sim cost --services 12 --provider all
    """
    from sim.costs.offers import BOTH
    from sim.costs.sheets import ALL, StatedPrices, own_prices, sheets
    from sim.report.text.cost import cost_lines

    if bool(files) == (how["services"] is not None):
        raise UsageError("give --services N, or manifests with -f (not both)")
    own = own_prices(how["prices"]) if how["prices"] else None
    one = None if how["provider"] == ALL else how["provider"]
    used = sheets(
        how["provider"], StatedPrices(one, {"product": how["product"]} if how["product"] else {}), own
    )
    plans = how["plans"] or BOTH
    found = _calculated(files, namespace, how, used, plans)
    warn_of_old_prices(used)
    show(output, found, cost_lines(found))
    if how["chart"]:
        save_chart(found, how["chart_kind"], how["chart"], how["chart_theme"])
    return doubt(found.unmodelled, how["strict"])


def _calculated(files: tuple[str, ...], namespace: str, how: dict[str, Any], used: Any, plans: Any) -> Any:
    from sim.comparison.estimate import estimate, estimate_services
    from sim.scenario.experiment import from_manifests
    from sim.scenario.from_demand import with_demand

    if not files:
        demands = options_demands(how)
        if how["controller"]:
            raise UsageError("--controller goes with manifests (-f), whose Ingresses it reads")
        if how["traffic"]:
            raise UsageError("--traffic goes with manifests (-f), whose Services it is about")
        if demands.of:
            raise UsageError(f"{next(iter(demands.of))}: Services have names with -f only; give one VALUE")
        zones, ports, replicas = how["zones"], how["ports"], how["replicas"]
        demand = demands.default
        return estimate_services(how["services"], demand, used, __version__, plans, zones, ports, replicas)
    keys: dict[str, Any] = {"plans": list(plans)}
    if how["replicas"] is not None:
        keys["controller"] = {"replicas": how["replicas"]}
    experiment = from_manifests(manifests_of(files, namespace), files[0], how["expose"], keys)
    experiment = experiment.with_controller(how["controller"])
    measured, _ = measured_for(experiment, how, files)
    return estimate(with_demand(experiment, options_demands(how, measured)), used, __version__)

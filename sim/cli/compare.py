"""The command `sim compare`."""

import shlex
from dataclasses import replace
from typing import Any

import click

from sim import __version__
from sim.cli.completing import FILE, WRITTEN, scenario_names
from sim.cli.demand import asked, demand_options, write_scenario
from sim.cli.options import (
    chart_options,
    controller_option,
    inputs,
    output_format,
    plans_option,
    prices_option,
    product_option,
    progress_bar,
    provider_option,
    save_chart,
    show,
    warn,
    warn_of_old_prices,
)
from sim.cli.sampling import bounded, run_options
from sim.cli.strict import doubt, strict_option
from sim.cli.workers import worker_options
from sim.errors import UsageError
from sim.report.words.chart_kinds import COMPARISON_KINDS


@click.command()
@click.argument("scenario", shell_complete=scenario_names, required=False)
@inputs
@output_format
@demand_options
@click.option("--expose", multiple=True, metavar="NS/NAME", help="Also expose this Service, with -f.")
@controller_option("Controller profile behind the Ingress: {names}; default: the scenario's.")
@plans_option("{names}, instead of the scenario's; each is compared with the first.")
@click.option(
    "--write-scenario",
    type=FILE,
    metavar="DIR",
    help="Keep what was asked and assumed, with -f: a new folder.",
)
@chart_options(COMPARISON_KINDS)
@click.option(
    "--report",
    type=WRITTEN,
    metavar="FILE",
    help="Write the comparison as a page to send on (.html).",
)
@provider_option
@product_option
@prices_option
@run_options
@worker_options
@strict_option
def compare(scenario: str | None, files: tuple[str, ...], namespace: str, output: str, **how: Any) -> int:
    """One load balancer per Service against a single Ingress: the bill of a month, and the latency.

    --plan chooses other plans, two or more.

    For example: sim compare shop --chart compare.png
    """
    from sim.comparison.compare import compare as run_both
    from sim.comparison.compare import stated_prices
    from sim.costs.sheets import own_prices, sheets
    from sim.report.text.compare import compare_lines

    given = asked(scenario, files, namespace, how)
    if how["product"]:
        given = replace(given, experiment=_with_product(given.experiment, how["product"], how["provider"]))
    experiment = given.experiment
    if (output == "text" or how["report"]) and len(experiment.scenario.plans) < 2:
        raise UsageError(_takes_two(experiment.scenario.plans[0], scenario))
    own = own_prices(how["prices"]) if how["prices"] else None
    if how["write_scenario"]:
        write_scenario(given, namespace, how)
    warn_of_old_prices(sheets(how["provider"], stated_prices(experiment), own))
    with progress_bar() as progress:
        found = run_both(
            experiment,
            __version__,
            how["seed"],
            bounded(how)["replications"],
            how["provider"],
            how["requests"] if scenario else None,
            progress,
            own,
            until=how["until"],
            warm_up=how["warm_up"],
            runs=how["runs"],
        )
    warn(experiment.manifests)
    if how["chart"]:
        save_chart(found, how["chart_kind"], how["chart"], how["chart_theme"])
    if how["report"]:
        _write_report(found, experiment, files, how["report"])
    show(output, found, compare_lines(found, experiment.name))
    return max(found.status, doubt(found.unmodelled, how["strict"]))


def _takes_two(plan: str, scenario: str | None) -> str:
    """What to call where there is one plan alone."""
    from sim.scenario.model import Scenario

    other = next(name for name in Scenario.model_fields["plans"].default if name != plan)
    command = f"sim compare {shlex.quote(scenario)}" if scenario else "such as"
    return f"a comparison takes two plans, and here is one, {plan}: {command} --plan {plan} --plan {other}"


def _with_product(experiment: Any, product: str, provider: str | None) -> Any:
    from sim.costs.sheets import ALL

    if provider == ALL:
        raise UsageError("--product names a load balancer of one provider; name that one with --provider")
    return experiment.with_product(product, provider)


def _write_report(found: Any, experiment: Any, files: tuple[str, ...], path: str) -> None:
    from sim.cli.options import write_page
    from sim.report.print import Circumstances, report_html
    from sim.routing.unmodelled import may_change

    loud = may_change(found.unmodelled)
    command = shlex.join(("sim", *click.get_current_context().obj))
    name = _named(files) if files else experiment.name
    write_page(report_html(found, Circumstances(name, command, loud, experiment.scenario)), path)


def _named(files: tuple[str, ...]) -> str:
    """Manifests by the first of their files, without its folders."""
    first = "standard input" if files[0] == "-" else files[0].rstrip("/").rpartition("/")[2]
    return f"{first} and {len(files) - 1:,} more" if len(files) > 1 else first

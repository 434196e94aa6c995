"""The command `sim sweep`."""

from typing import Any

import click

from sim import __version__
from sim.cli.completing import PICTURE, WRITTEN, scenario_names
from sim.cli.messages import say
from sim.cli.options import (
    output_format,
    prices_option,
    progress_bar,
    provider_option,
    save_picture,
    show,
    theme_option,
    warn_of_old_prices,
)
from sim.cli.sampling import bounded, run_options
from sim.cli.strict import doubt, strict_option
from sim.cli.workers import worker_options


@click.command()
@click.argument("scenario", shell_complete=scenario_names)
@click.argument("over", metavar="KEY=VALUES")
@output_format
@click.option("--csv", "csv_file", type=WRITTEN, metavar="FILE", help="Write a row per value and plan.")
@click.option("--chart", type=PICTURE, metavar="FILE", help="Write the chart too (.png or .svg).")
@theme_option
@provider_option
@prices_option
@run_options
@worker_options
@strict_option
def sweep(scenario: str, over: str, output: str, prices: str | None, strict: bool, **how: Any) -> int:
    """The comparison for each value of one key of a scenario.

    VALUES are a,b,c or FROM..TO:STEP; KEY is one of the scenario file: services=2,4,8, rps=50..400:50,
    replicas=1..4 (of the controller), shop/cart.replicas=1,2, controller.profile=haproxy,traefik.

    For example: sim sweep shop services=2..12:2
    """
    from sim.comparison import sweep as sweeping
    from sim.comparison.compare import stated_prices
    from sim.costs.sheets import own_prices
    from sim.costs.sheets import sheets as priced_with
    from sim.report.text.sweep import sweep_lines
    from sim.scenario.axis import axis
    from sim.scenario.experiment import load_experiment

    csv_file, chart = how.pop("csv_file"), how.pop("chart")
    theme = how.pop("chart_theme")
    own = own_prices(prices) if prices else None
    over_axis = axis(over)
    warn_of_old_prices(priced_with(how["provider"], stated_prices(load_experiment(scenario)), own))
    with progress_bar() as progress:
        series = sweeping.sweep(scenario, over_axis, __version__, progress=progress, own=own, **bounded(how))
    show(output, series, sweep_lines(series))
    if csv_file:
        from sim.report.files import write

        write(csv_file, series.to_csv())
        say(f"wrote {csv_file}")
    if chart:
        from sim.report.charts.charts import CHARTS

        save_picture(CHARTS["sweep"](series, theme=theme), chart)
    return doubt(series.unmodelled, strict)

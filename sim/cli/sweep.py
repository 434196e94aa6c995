"""The command `sim sweep`."""

from __future__ import annotations

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
    replications_option,
    requests_option,
    save_picture,
    seed_option,
    show_json,
    theme_option,
    warn_of_old_prices,
    write_file,
)


@click.command(short_help="That comparison for each value of one key of a scenario.")
@click.argument("scenario", shell_complete=scenario_names)
@click.argument("over", metavar="KEY=VALUES")
@output_format
@click.option("--csv", "csv_file", type=WRITTEN, metavar="FILE", help="Write a row per value and plan.")
@click.option("--chart", type=PICTURE, metavar="FILE", help="Write the chart too (.png or .svg).")
@theme_option
@provider_option
@prices_option
@requests_option
@seed_option
@replications_option
def sweep(scenario: str, over: str, output: str, prices: str | None, **how: Any) -> int:
    """The comparison for each value of one key of a scenario.

    VALUES are a,b,c or FROM..TO:STEP; KEY is one of the scenario file: services=2,4,8, rps=50..400:50,
    replicas=1..4 (of the controller), shop/cart.replicas=1,2, controller.profile=haproxy,traefik.

    For example: sim sweep shop services=2..12:2
    """
    from sim.comparison import sweep as sweeping
    from sim.comparison.compare import stated_prices
    from sim.costs.sheets import own_prices
    from sim.costs.sheets import sheets as priced_with
    from sim.report.text import sweep as sweep_lines
    from sim.report.text import terminal
    from sim.scenario.axis import axis
    from sim.scenario.experiment import load_experiment

    csv_file, chart = how.pop("csv_file"), how.pop("chart")
    theme = how.pop("chart_theme")
    own = own_prices(prices) if prices else None
    over_axis = axis(over)
    warn_of_old_prices(priced_with(how["provider"], stated_prices(load_experiment(scenario)), own))
    with progress_bar() as progress:
        series = sweeping.sweep(scenario, over_axis, __version__, progress=progress, own=own, **how)
    if output == "json":
        show_json(series.to_json())
    else:
        terminal.show(sweep_lines.sweep_lines(series))
    if csv_file:
        write_file(series.to_csv(), csv_file)
        say(f"wrote {csv_file}")
    if chart:
        from sim.report.charts.charts import CHARTS

        save_picture(CHARTS["sweep"](series, theme=theme), chart)
    return 0

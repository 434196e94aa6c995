"""The command `sim compare`."""

from __future__ import annotations

from typing import Any

import click

from sim import __version__
from sim.cli.options import (
    experiment_of,
    inputs,
    output_format,
    progress_bar,
    replications_option,
    requests_option,
    seed_option,
    show_json,
)


@click.command()
@click.argument("scenario", required=False)
@inputs
@output_format
@click.option("--rps", type=float, default=2.0, show_default=True, help="Per Service, with -f.")
@click.option("--expose", multiple=True, metavar="NS/NAME", help="Also expose this Service, with -f.")
@click.option("--chart", metavar="FILE", help="Write the chart too (.png or .svg).")
@click.option("--provider", help="Price sheet to use: aws, gcp, azure, digitalocean, linode, hetzner.")
@requests_option
@seed_option
@replications_option
def compare(scenario: str | None, files: tuple[str, ...], namespace: str, output: str, **how: Any) -> int:
    """One load balancer per Service against a single Ingress: the bill of a month, and the latency."""
    from sim.comparing import compare as run_both
    from sim.report import compare_lines, terminal

    experiment = experiment_of(scenario, files, namespace, how["rps"], how["expose"])
    _warn_of_old_prices(experiment, how["provider"])
    with progress_bar() as progress:
        found = run_both(
            experiment,
            __version__,
            how["seed"],
            how["replications"],
            how["provider"],
            how["requests"],
            progress,
        )
    if output == "json":
        show_json(found.to_json())
    else:
        terminal.show(compare_lines.compare_lines(found, experiment.name))
    if how["chart"]:
        _save_comparison(found, how["chart"])
    return 0


def _warn_of_old_prices(experiment: Any, provider: str | None) -> None:
    """On standard error, for it depends on the day."""
    from datetime import date

    from sim.comparing import sheet_of
    from sim.price_sheet import stale

    for warning in stale(sheet_of(experiment.scenario, provider, experiment.origin), date.today()):
        click.echo(f"sim: old price: {warning}", err=True)


def _save_comparison(found: Any, path: str) -> None:
    from sim.report import charts, picture

    picture.save(charts.compare(found), path)
    click.echo(f"wrote {path}", err=True)

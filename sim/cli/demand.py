"""What clients ask, as commands take it: options about Services, and the experiment made of manifests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from sim.cli.options import Command, manifests_of, progress_bar
from sim.decoding import printable
from sim.errors import UsageError

ABOUT_MANIFESTS = ("rps", "gb_month", "connections", "traffic", "expose")
"""Options that have no meaning beside a scenario, which states the same itself."""


def demand_options(command: Command) -> Command:
    """What clients ask of each Service: a VALUE for all, NS/NAME=VALUE for one, or a file."""
    options = (
        click.option("--rps", multiple=True, metavar="[NS/NAME=]N", help="Requests/s per Service; else 2."),
        click.option(
            "--gb-month", multiple=True, metavar="[NS/NAME=]N", help="Gigabytes a month, both ways."
        ),
        click.option("--connections", multiple=True, metavar="[NS/NAME=]N", help="New connections/s."),
        click.option(
            "--traffic", metavar="FILE", help="The same from a file: a .csv table or nginx's access log."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def options_demands(how: Mapping[str, Any], measured: Any = None) -> Any:
    """What the options about Services say, over what a file says."""
    from sim.demand import QUANTITIES, stated

    return stated({name: how[name] for name in QUANTITIES}, measured)


def demands_for(base: Any, how: Mapping[str, Any], files: tuple[str, ...]) -> Any:
    """What clients ask of the Services of manifests: the file of `--traffic`, and the options over it.

    Raises:
        UsageError: two inputs at once are standard input.
    """
    if how["traffic"] is None:
        return options_demands(how)
    if how["traffic"] == "-" and "-" in files:
        raise UsageError("standard input can be the manifests or the traffic, not both; give one as a file")
    from sim.report.traffic_lines import traffic_lines
    from sim.traffic_file import measure

    with progress_bar() as progress:
        found = measure(how["traffic"], base, progress)
    for line in traffic_lines(found):
        click.echo(printable(f"sim: {line}"), err=True)
    return options_demands(how, found.demands)


def experiment_of(
    scenario: str | None, files: tuple[str, ...], namespace: str, how: Mapping[str, Any]
) -> Any:
    """The scenario that is named, or one made of the manifests of `-f` and what clients ask of them.

    Raises:
        UsageError: neither or both are given, or an option about manifests beside a scenario.
    """
    from sim.demanded import experiment_for
    from sim.experiments import from_manifests, load_experiment

    if (scenario is None) == (not files):
        raise UsageError(
            "give a scenario, or manifests with -f (not both); shipped scenarios: sim compare shop"
        )
    if scenario is not None:
        _refuse_beside_scenario(how)
        return load_experiment(scenario)
    base = from_manifests(manifests_of(files, namespace), files[0], how["expose"])
    return experiment_for(base, demands_for(base, how, files), how["requests"])


def _refuse_beside_scenario(how: Mapping[str, Any]) -> None:
    given = [f"--{name.replace('_', '-')}" for name in ABOUT_MANIFESTS if how[name]]
    if given:
        keys = "its scenario.yaml says what clients ask, under traffic"
        raise UsageError(f"{given[0]} goes with manifests (-f), not with a scenario: {keys}")

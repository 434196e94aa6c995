"""What clients ask, as commands take it: options about Services, and the experiment made of manifests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from sim.cli.options import Command, manifests_of
from sim.errors import UsageError

ABOUT_MANIFESTS = ("rps", "gb_month", "connections", "expose")
"""Options that have no meaning beside a scenario, which states the same itself."""


def demand_options(command: Command) -> Command:
    """What clients ask of each Service: a VALUE for all, NS/NAME=VALUE for one."""
    options = (
        click.option("--rps", multiple=True, metavar="[NS/NAME=]N", help="Requests/s per Service; 2."),
        click.option(
            "--gb-month", multiple=True, metavar="[NS/NAME=]N", help="Gigabytes a month, both ways."
        ),
        click.option("--connections", multiple=True, metavar="[NS/NAME=]N", help="New connections/s."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def stated_demands(how: Mapping[str, Any]) -> Any:
    """What the options of `demand_options` say."""
    from sim.demand import QUANTITIES, stated

    return stated({name: how[name] for name in QUANTITIES})


def experiment_of(
    scenario: str | None, files: tuple[str, ...], namespace: str, how: Mapping[str, Any]
) -> Any:
    """The scenario that is named, or one made of the manifests of `-f` and what clients ask of them.

    Raises:
        UsageError: neither or both are given, or an option about manifests beside a scenario.
    """
    from sim.demanded import experiment_for
    from sim.experiments import load_experiment

    if (scenario is None) == (not files):
        raise UsageError(
            "give a scenario, or manifests with -f (not both); shipped scenarios: sim compare shop"
        )
    if scenario is not None:
        _refuse_beside_scenario(how)
        return load_experiment(scenario)
    manifests = manifests_of(files, namespace)
    return experiment_for(manifests, files[0], stated_demands(how), how["expose"], requests=how["requests"])


def _refuse_beside_scenario(how: Mapping[str, Any]) -> None:
    given = [f"--{name.replace('_', '-')}" for name in ABOUT_MANIFESTS if how[name]]
    if given:
        keys = "its scenario.yaml says what clients ask, under traffic"
        raise UsageError(f"{given[0]} goes with manifests (-f), not with a scenario: {keys}")

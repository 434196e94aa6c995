"""What clients ask, as commands take it: options about Services, and the experiment made of manifests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from sim.cli.completing import FILE
from sim.cli.folders import refuse_taken, refuse_unbuilt, write_folder
from sim.cli.messages import say, say_command
from sim.cli.options import manifests_of, progress_bar, together
from sim.errors import UsageError

ABOUT_MANIFESTS = ("rps", "gb_month", "connections", "traffic", "expose", "write_scenario")
"""Options that have no meaning beside a scenario, which states the same itself."""


demand_options = together(
    click.option("--rps", multiple=True, metavar="[NS/NAME=]N", help="Requests/s per Service; default: 2."),
    click.option("--gb-month", multiple=True, metavar="[NS/NAME=]N", help="Gigabytes a month, both ways."),
    click.option("--connections", multiple=True, metavar="[NS/NAME=]N", help="New connections/s."),
    click.option(
        "--traffic",
        type=FILE,
        metavar="FILE",
        help="The same from a file: a .csv table or nginx's access log.",
    ),
)
"""What clients ask of each Service: a VALUE for all, NS/NAME=VALUE for one, or a file."""


def options_demands(how: Mapping[str, Any], measured: Any = None) -> Any:
    """What the options about Services say, over what a file says."""
    from sim.scenario.demand import QUANTITIES, stated

    return stated({name: how[name] for name in QUANTITIES}, measured)


def measured_for(base: Any, how: Mapping[str, Any], files: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """What the file of `--traffic` says of the Services of manifests, and what was said about it; or nothing.

    Raises:
        UsageError: two inputs at once are standard input.
    """
    if how["traffic"] is None:
        return None, ()
    if how["traffic"] == "-" and "-" in files:
        raise UsageError("standard input can be the manifests or the traffic, not both; give one as a file")
    from sim.manifests.decoding import printable
    from sim.report.text.traffic import traffic_lines
    from sim.scenario.traffic_files.reading import measure

    with progress_bar() as progress:
        found = measure(how["traffic"], base, progress)
    said = tuple(map(printable, traffic_lines(found)))
    for line in said:
        say(f"sim: {line}")
    return found.demands, said


@dataclass(frozen=True)
class Asked:
    """What a command is about.

    Args:
        experiment: the scenario that is named, or one made of manifests.
        raw: file -> content of the manifests of -f.
        said: about the file of --traffic.
    """

    experiment: Any
    raw: Mapping[str, bytes] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def asked(scenario: str | None, files: tuple[str, ...], namespace: str, how: Mapping[str, Any]) -> Asked:
    """The scenario that is named, or one made of the manifests of `-f` and what clients ask of them.

    Raises:
        UsageError: neither or both are given, or an option about manifests beside a scenario.
    """
    from sim.scenario.experiment import from_manifests, load_experiment
    from sim.scenario.from_demand import experiment_for

    if (scenario is None) == (not files):
        raise UsageError(
            "give a scenario, or manifests with -f (not both); shipped scenarios: sim compare shop"
        )
    if scenario is not None:
        _refuse_beside_scenario(how)
        named = load_experiment(scenario).with_plans(how["plans"])
        return Asked(named.with_controller(how["controller"]))
    if how["write_scenario"]:
        refuse_taken(how["write_scenario"])
        refuse_unbuilt(files, f"sim compare -f - --write-scenario {how['write_scenario']}")
    manifests = manifests_of(files, namespace)
    raw = manifests.written.texts if manifests.written else {}
    base = from_manifests(manifests, files[0], how["expose"]).with_plans(how["plans"])
    base = base.with_controller(how["controller"])
    measured, said = measured_for(base, how, files)
    return Asked(experiment_for(base, options_demands(how, measured), how["requests"]), raw, said)


def write_scenario(given: Asked, namespace: str, how: Mapping[str, Any]) -> None:
    """Write the folder of `--write-scenario`, and say which command gives the same result."""
    from sim.costs.sheets import ALL
    from sim.scenario.write import StatedScenario, draft

    scenario, one = given.experiment.scenario, how["provider"] not in (None, ALL)
    keys = {"traffic", "duration_s"}
    if how["seed"] is not None:
        scenario, keys = scenario.model_copy(update={"seed": how["seed"]}), keys | {"seed"}
    if one:
        prices = scenario.prices.model_copy(update={"provider": how["provider"]})
        scenario, keys = scenario.model_copy(update={"prices": prices}), keys | {"prices"}
    keys |= {"plans"} if how["plans"] else set()
    keys |= {"controller"} if how["controller"] else set()
    said = (*given.said, *(f"assumed: {a.what}" for a in given.experiment.assumptions))
    made = draft(given.raw.items(), namespace, how["expose"], StatedScenario(scenario, frozenset(keys), said))
    write_folder(made, how["write_scenario"])
    say_command("the same again:", ["sim", "compare", how["write_scenario"], *_not_kept(how)])


def _not_kept(how: Mapping[str, Any]) -> Iterator[str]:
    """The options that no scenario has a key for, or not for all that they may say."""
    from sim.costs.sheets import ALL

    if how["provider"] == ALL:
        yield from ("--provider", ALL)
    if how["prices"]:
        yield from ("--prices", how["prices"])
    if how["replications"] > 1:
        yield from ("--replications", str(how["replications"]))
    if how["until"]:
        yield from ("--until", f"{how['until']:g}")
    if how["warm_up"] is not None:
        yield from ("--warm-up", str(how["warm_up"]))


def _refuse_beside_scenario(how: Mapping[str, Any]) -> None:
    given = [f"--{name.replace('_', '-')}" for name in ABOUT_MANIFESTS if how[name]]
    if given:
        keys = "its scenario.yaml says what clients ask, under traffic"
        raise UsageError(f"{given[0]} goes with manifests (-f), not with a scenario: {keys}")

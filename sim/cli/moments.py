"""Moments of a scenario's run: the option `--at`, and the cluster that it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from sim.cli.messages import say
from sim.cli.names import PLAN_NAMES, name_option
from sim.cli.options import SEED, Command, together
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.cluster.cluster import Cluster
    from sim.scenario.experiment import Experiment


class Moment(click.ParamType):  # type: ignore[type-arg]
    """Seconds since a run begins, as durations are written."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds; InputError for what is no duration, UsageError for a moment before the run."""
        from sim.units import seconds

        if str(value).lstrip().startswith("-"):
            raise UsageError(f"--at {value}: a run begins at 0s; write for example --at 31.2s")
        return seconds(value)


scenario_option = click.option(
    "--scenario", metavar="NAME", help="Instead of files: the cluster of this scenario."
)
plan_option = name_option(
    "--plan",
    registry=PLAN_NAMES,
    what="plan",
    help="Of the scenario: {names}; default: as the manifests are.",
)


def at_option(says: str, multiple: bool = False) -> Callable[[Command], Command]:
    """A moment of the scenario's run, or several."""
    return click.option("--at", type=Moment(), multiple=multiple, metavar="TIME", help=says)


def moment_options(says: str) -> Callable[[Command], Command]:
    """A scenario and two moments of its run."""
    seed = click.option("--seed", type=SEED, help="Of the scenario's run that --at means; default: its own.")
    return together(scenario_option, plan_option, at_option(says, multiple=True), seed)


def clusters_at(how: dict[str, Any], most: int) -> list[Cluster]:
    """The cluster of the scenario that is named, at each moment that is; at none: as it is before any event.

    Raises:
        UsageError: more moments than make sense.
        ScenarioError, UsageError: there is no such scenario or plan, or it has a fault.
    """
    from sim.scenario.experiment import load_experiment

    experiment, moments = load_experiment(how["scenario"]), how["at"]
    if len(moments) > most:
        raise UsageError(f"--at: at most {most} moments; {len(moments)} were given")
    if not moments:
        return [experiment.plan_to_run(how["plan"]).cluster]
    from sim.simulation.moment import cluster_at

    say_what_is_too_late(experiment, moments)
    return [cluster_at(experiment, at_s, how["plan"], how["seed"]) for at_s in moments]


def say_what_is_too_late(experiment: Experiment, moments: Iterable[float]) -> None:
    """Moments after the end of a run, on standard error."""
    from sim.cluster.life.news import clock

    ends_s = experiment.scenario.ends_s
    late = [f"--at {clock(at_s)}" for at_s in moments if at_s > ends_s]
    if late:
        what = f"the run of {experiment.name} ends at {clock(ends_s)}"
        shown = f"{' and '.join(late)} {'shows' if len(late) == 1 else 'show'} its end"
        say(f"sim: note: {what}: {shown}; a longer duration_s of its traffic goes further")


def needs_scenario(how: dict[str, Any]) -> None:
    """Refuse a moment of nothing.

    Raises:
        UsageError: --at without --scenario.
    """
    if how["at"] not in (None, ()) and not how["scenario"]:
        raise UsageError(
            "--at needs --scenario NAME: it means a moment of a scenario's run, with the events in its file"
        )

"""The command `sim run`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from sim import __version__
from sim.cli.completing import scenario_names
from sim.cli.messages import say
from sim.cli.names import PLAN_NAMES, name_option
from sim.cli.options import (
    chart_options,
    output_format,
    progress_bar,
    save_picture,
    show_data,
    warn,
)
from sim.cli.sampling import bounded, run_options
from sim.cli.strict import doubt, strict_option
from sim.cli.workers import worker_options
from sim.report.words.chart_kinds import RUN_KINDS
from sim.units import show_seconds

if TYPE_CHECKING:
    from sim.scenario.events import EventKey

_ENGINES, _AUTO = "sim.simulation.engines:CHOICES", "sim.simulation.engines:AUTO"


@click.command()
@click.argument("scenario", shell_complete=scenario_names)
@output_format
@name_option(
    "--plan", "plan_name", registry=PLAN_NAMES, what="plan", help="{names}; default: as the manifests are."
)
@name_option("--engine", registry=_ENGINES, what="engine", default=_AUTO, help="{names}.")
@chart_options(RUN_KINDS)
@run_options
@worker_options
@strict_option
def run(scenario: str, output: str, plan_name: str | None, strict: bool, **how: Any) -> int:
    """Load over time: percentiles, errors by reason, share and utilisation per Pod, thresholds.

    For example: sim run shop --requests 5000
    """
    from sim.comparison.compare import run_plan
    from sim.report.text import run as run_lines
    from sim.report.text import terminal
    from sim.scenario.experiment import load_experiment
    from sim.simulation.summary import to_json

    experiment = load_experiment(scenario)
    plan = experiment.plan_to_run(plan_name)
    drawn = {name: how.pop(name) for name in ("chart", "chart_kind", "chart_theme")}
    with progress_bar() as progress:
        ran = run_plan(experiment, plan, progress=progress, **bounded(how))
    warn(experiment.manifests)
    _say_what_comes_too_late(experiment.scenario.events, ran.summary.first.end_s)
    if drawn["chart"]:
        from sim.report.charts.charts import run_chart

        chart = run_chart(ran.summary.first, drawn["chart_kind"], theme=drawn["chart_theme"])
        save_picture(chart, drawn["chart"])
    left_out = experiment.unmodelled
    shown = to_json(ran.summary, experiment.scenario.expect.run, __version__, left_out)
    if output != "text":
        show_data(output, shown)
    else:
        terminal.show(run_lines.run_lines(experiment.name, shown))
    doubtful = doubt(left_out, strict)
    return 0 if all(t["passed"] for t in shown["thresholds"]) and not doubtful else 1


def _say_what_comes_too_late(events: Iterable[EventKey], end_s: float) -> None:
    """Events that a run ends before, on standard error."""
    for event in events:
        if event.at >= end_s:
            when = f"is asked for at {show_seconds(event.at)}, and the run ends at {show_seconds(end_s)}"
            say(f"sim: note: {event.title} {when}: it changes nothing")

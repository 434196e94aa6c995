"""The command `sim rollout`."""

from __future__ import annotations

from typing import Any

import click

from sim.cli.completing import PICTURE
from sim.cli.messages import say
from sim.cli.names import PROVIDER_NAMES, name_option
from sim.cli.options import (
    Files,
    inputs,
    manifests_of,
    output_format,
    progress_bar,
    save_picture,
    show,
    theme_option,
    warn,
)
from sim.cli.strict import doubt, strict_option


@click.command()
@inputs
@output_format
@click.option("--workload", metavar="NS/NAME", help="Only this one; default: each that a route reaches.")
@click.option(
    "--rps",
    type=float,
    default=100.0,
    show_default=True,
    help="Requests a second over its routes, 0.1 to 10,000.",
)
@name_option(
    "--provider",
    registry=PROVIDER_NAMES,
    what="provider",
    help="Whose load balancers are in front: {names}; default: as the manifests show.",
)
@strict_option
@click.option("--patch", is_flag=True, help="Only the change of the manifests, for patch -p0.")
@click.option(
    "--chart",
    type=PICTURE,
    metavar="FILE",
    help="Draw the worst run too, as it is and with the hook (.png or .svg).",
)
@theme_option
def rollout(files: Files, namespace: str, output: str, patch: bool, **how: Any) -> int:
    """A rolling update under load: what fails, who ends it, which delay rules, and the smallest preStop.

    Twenty roll-outs of each workload that a route or a load balancer reaches, one workload after the other.

    For example: sim rollout -f manifests/
    """
    from sim.comparison.rollout import rollout as roll_out
    from sim.report.text.rollout import rollouts_lines

    manifests = manifests_of(files, namespace)
    with progress_bar() as progress:
        found = roll_out(manifests, how["workload"], how["rps"], how["provider"], progress)
    warn(manifests)
    if how["chart"]:
        from sim.comparison.rollout_shown import shown_rollout
        from sim.report.charts.rollout import rollout_chart

        save_picture(rollout_chart(shown_rollout(manifests, found), theme=how["chart_theme"]), how["chart"])
    if patch:
        _show_patches(found)
    else:
        show(output, found, rollouts_lines(found))
    return max(found.status, doubt(found.unmodelled, how["strict"]))


def _show_patches(found: Any) -> None:
    """Each patch on standard output, and on standard error what there is none for."""
    for one in found.rollouts:
        if one.hook is not None and one.hook.patch:
            click.echo(one.hook.patch, nl=False)
        elif one.fails:
            say(f"sim: note: no patch for {one.workload}; sim rollout without --patch says why")

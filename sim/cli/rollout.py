"""The command `sim rollout`."""

from __future__ import annotations

from typing import Any

import click

from sim.cli.options import Files, inputs, manifests_of, output_format, warn
from sim.cli.strict import strict_option


@click.command(short_help="Which requests a roll-out loses, and the preStop that saves them.")
@inputs
@click.option("--workload", metavar="NAMESPACE/NAME", help="Only this one; default: all that are reached.")
@click.option(
    "--rps", type=float, default=100.0, show_default=True, help="Requests a second over its routes."
)
@click.option("--patch", is_flag=True, help="Only the change of the manifests, for patch -p0.")
@output_format
@strict_option
def rollout(files: Files, namespace: str, output: str, **how: Any) -> int:
    """Change the Pods of each workload under load: what fails, who ended it, and the smallest preStop.

    For example: sim rollout -f manifests/
    """
    from sim.comparison.rollout import rollouts
    from sim.report.text import terminal
    from sim.report.text.rollout import rollout_lines

    manifests = manifests_of(files, namespace)
    warn(manifests)
    found = []
    for one in rollouts(manifests, how["workload"], how["rps"]):
        found.append(one)
        if how["patch"] and one.hook is not None:
            click.echo(one.hook.patch, nl=False)
        elif output == "text":
            terminal.show([*rollout_lines(one)])
    return 1 if any(one.as_is.failures for one in found) else 0

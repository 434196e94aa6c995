"""The command `sim`: a module per command, each of which loads, computes and shows.

Exit status: 0 fine; 1 a request not delivered, a failed expectation or threshold; 2 bad usage or bad input.
JSON alone goes to standard output; progress, notes and warnings go to standard error. Everything heavy is
imported inside the command that needs it. A new command is a module here and an entry in COMMANDS.
"""

from __future__ import annotations

import sys

import click

from sim import __version__
from sim.cli.check import check
from sim.cli.compare import compare
from sim.cli.cost import cost
from sim.cli.diff import diff
from sim.cli.inspect import inspect
from sim.cli.pages import explain, model
from sim.cli.replay import replay
from sim.cli.rules import rules
from sim.cli.run import run
from sim.cli.sweep import sweep
from sim.cli.topology import topology
from sim.cli.trace import trace
from sim.errors import SimError

COMMANDS = (
    trace, inspect, check, diff, topology, rules, run, compare, sweep, replay, cost, explain, model,
)  # fmt: skip


@click.group(commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sim")
def cli() -> None:
    """Where a Kubernetes request goes and why, how it behaves under load, and what it costs."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command; the only place that catches SimError."""
    try:
        status = cli.main(arguments, prog_name="sim", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except SimError as error:
        click.echo(f"sim: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)

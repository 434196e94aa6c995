"""The command `sim`: a module per command, each of which loads, computes and shows.

Exit status: 0 fine; 1 a request not delivered, a failed expectation or threshold; 2 bad usage or bad input;
141 nobody reads the output any more.
JSON alone goes to standard output; progress, notes and warnings go to standard error. Everything heavy is
imported inside the command that needs it, and a command itself when it is called. A new command is a module
here and an entry in SECTIONS.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

import click

from sim import __version__
from sim.cli.group import READER_GONE, Listed, Sections
from sim.cli.messages import say, say_usage
from sim.errors import SimError, one_of
from sim.manifests.reading.opened import remembering

SECTIONS: Mapping[str, Mapping[str, Listed]] = {
    "Ask about requests": {
        "trace": Listed("What happens to this request, hop by hop, and why."),
        "inspect": Listed("What is in here, what is broken, what is not modelled."),
        "check": Listed("Unit tests for routes: requests and answers, in a file."),
        "diff": Listed("Which answers two sets of manifests give differently."),
        "migrate": Listed("Gateway API objects for these Ingresses, and the proof."),
        "topology": Listed("The graph: client, load balancer, nodes, controller, Pods."),
        "rules": Listed("The rules that kube-proxy writes on a node."),
        "spread": Listed("Connections per Pod, against what chance predicts."),
    },
    "Load and money": {
        "run": Listed("Load over time: percentiles, errors, utilisation per Pod."),
        "rollout": Listed("Which requests a roll-out loses, and the preStop that saves them."),
        "compare": Listed("A load balancer per Service, or one Ingress: money, latency."),
        "sweep": Listed("That comparison for each value of one key of a scenario."),
        "replay": Listed("The run as one page to step through."),
        "cost": Listed("The bill of a month, without a run."),
        "init": Listed("A scenario folder from manifests, with what is assumed."),
    },
    "Learn": {
        "explain": Listed("A page per message code: what it means, how to mend it.", "pages"),
        "model": Listed("What is modelled, what is approximated, what is left out.", "pages"),
        "demo": Listed("The first minute: a request, a comparison, a page."),
        "completion": Listed("What bash, zsh or fish read to complete commands."),
    },
}


@click.group(
    cls=Sections,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Each has an example: sim trace --help. The first minute: sim demo.",
)
@click.version_option(__version__, prog_name="sim")
def cli() -> None:
    """Where a Kubernetes request goes and why, how it behaves under load, and what it costs."""


@cli.command(name="help", hidden=True)
@click.argument("name", required=False)
@click.pass_context
def help_of(context: click.Context, name: str | None) -> None:
    """As --help, of a command that is named."""
    asked = cli if name is None else cli.listed(one_of(name, cli.list_commands(context), "command"))
    given = context.find_root() if name is None else click.Context(asked, context.find_root(), name)
    click.echo(asked.get_help(given))


@cli.command(hidden=True)
def version() -> None:
    """As --version."""
    click.echo(f"sim, version {__version__}")


def command(arguments: list[str] | None = None) -> int:
    """Run the command; the only place that catches SimError.

    Returns:
        The exit status.
    """
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with remembering():
            status = cli.main(words, prog_name="sim", standalone_mode=False, obj=tuple(words))
    except click.exceptions.Abort:
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        say_usage(error)
        return 2
    except (click.ClickException, SimError) as error:
        say(f"sim: {error}")
        return 2
    return status if isinstance(status, int) else 0


def main(arguments: list[str] | None = None) -> None:
    """Run the command and leave with its exit status; an error that is not ours is said to be a bug."""
    try:
        status = command(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        status = READER_GONE
    except Exception as error:
        status = _told(error)
    if status == READER_GONE or not _flushed():
        _write_nowhere()
    sys.exit(status)


def _told(error: Exception) -> int:
    """Say what stopped the command: the system where it takes no more output, else a bug.

    Returns:
        The exit status.
    """
    if isinstance(error, OSError):
        said = f"{error.filename or 'the output'}: {error.strerror or error}"
    else:
        said = _bug(error)
    with suppress(OSError):
        say(f"sim: {said}")
    return 2


def _flushed() -> bool:
    """Whether both streams took what was written."""
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except OSError:
        return False
    return True


def _write_nowhere() -> None:
    """What is left in the streams goes nowhere, for Python writes it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        os.dup2(nowhere, stream.fileno())


def _bug(error: Exception) -> str:
    """What went wrong and where, without the traceback."""
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename}:{frame.lineno}"
    said = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    return f"a bug in sim {__version__}, at {place}: {said}\n  fix: report it, with the command and its input"

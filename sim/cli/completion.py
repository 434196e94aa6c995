"""The command `sim completion`: what a shell reads to complete commands and options."""

import click
from click.shell_completion import get_completion_class

from sim.cli.names import OneOf

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=OneOf(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """What a shell reads to complete commands, options and the names of shipped scenarios.

    For example: eval "$(sim completion bash)"
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(context.find_root().command, {}, "sim", "_SIM_COMPLETE").source())
    return 0

"""What is not modelled and may change the answer, said beside every answer; with --strict it is an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from sim.cli.messages import say

if TYPE_CHECKING:
    from sim.manifests.objects.collected import Unmodelled

strict_option = click.option(
    "--strict", is_flag=True, help="Count what may change the answer, and is not modelled, as an error."
)


def doubt(found: Iterable[Unmodelled], strict: bool = False) -> int:
    """Say what may change the answer.

    Args:
        found: what is not modelled.
        strict: whether each of it is an error.

    Returns:
        The exit status that it asks for: 1 for an error, else 0.
    """
    from sim.report.words.unmodelled import said
    from sim.routing.unmodelled import may_change

    changing = may_change(found)
    for text, source in said(changing, strict):
        place = f"{source}: " if source else ""
        say(f"sim: {'' if strict else 'note: '}{place}{text}")
    return int(strict and bool(changing))

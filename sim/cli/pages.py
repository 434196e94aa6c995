"""The commands that show pages of their own: `sim explain`, `sim model`."""

import click

from sim.errors import one_of


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> int:
    """What a message code means, how to see it with kubectl, and how to mend it.

    For example: sim explain SIM2003
    """
    from sim.analysis.codes import CODES
    from sim.report.text import pages, terminal

    if code is None:
        terminal.show(pages.code_list())
        return 0
    terminal.show(pages.code_page(CODES[one_of(code.upper(), CODES, "code")]))
    return 0


@click.command()
@click.argument("controller", required=False)
def model(controller: str | None) -> int:
    """What is modelled, what is approximated, what is left out; of one controller, with the sources.

    For example: sim model ingress-nginx
    """
    from sim.analysis.trace import profile_named
    from sim.report.text import pages, terminal

    terminal.show(pages.profile_lines(profile_named(controller)) if controller else pages.model_lines())
    return 0

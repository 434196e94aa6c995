"""The reference of the command line: usage and options as the commands have them, and an example, run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from sim.cli import cli
from website.examples import console, plain

INTRO = """\
# Commands

`-f` takes a file, a folder with all below it, or `-` for standard input, and may be repeated. JSON alone goes
to standard output; notes, warnings and progress go to standard error. `NO_COLOR` is honoured, and there is no
colour in a pipe. Exit status 2 is always the same: bad usage or bad input, with the place and a way out,
never a traceback.
"""


@dataclass(frozen=True)
class Said:
    """What the code of a command does not say: when it ends with which status, and how it is called."""

    fine: str
    bad: str
    example: str


def page() -> str:
    """The page of all commands. To be called where FILES are."""
    return "\n".join((INTRO, *map(section, map(cli.listed, cli.names))))


def section(command: click.Command) -> str:
    """One command: usage, options, exit status, example."""
    said = SAID[str(command.name)]
    usage = " ".join(command.collect_usage_pieces(click.Context(command)))
    return "\n".join(
        (
            f"## sim {command.name}\n",
            f"```text\nsim {command.name} {usage}\n```\n",
            f"{_help(command)}\n",
            _options(command),
            f"Exit status 0: {said.fine}."
            + f" 1: {said.bad}." * bool(said.bad)
            + " 2: bad usage or bad input.\n",
            console(said.example),
        )
    )


def _help(command: click.Command) -> str:
    parts = (" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    return "\n\n".join(map(_paragraph, parts))


def _paragraph(text: str) -> str:
    said, example, command = text.partition("For example: ")
    return f"{plain(said)}{example}`{command}`" if example else plain(text)


def _options(command: click.Command) -> str:
    rows = [_row(option) for option in command.params if isinstance(option, click.Option)]
    return "\n".join(("| option | default | meaning |", "|---|---|---|", *rows, "")) if rows else ""


def _row(option: click.Option) -> str:
    names = ", ".join(option.opts + option.secondary_opts)
    value = (
        ""
        if option.is_flag or option.count
        else f" {option.make_metavar(click.Context(click.Command(None)))}"
    )
    again = " May be repeated." if option.multiple and "repeat" not in (option.help or "") else ""
    return f"| {_code(names + value)} | {_default(option)} | {plain(option.help or '')}{again} |"


def _default(option: click.Option) -> str:
    shown: Any = option.default
    plain = isinstance(shown, str | int | float) and not isinstance(shown, bool) and not callable(shown)
    return _code(str(shown)) if plain and shown != "" else "–"


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


ROUTES = """\
files: [scenarios/fanout/manifests]
cases:
- id: the shop window
  request: {host: fanout.example.com, path: /foo}
  expect: {backend: 'default/service1:4200'}
- id: by element
  request: {host: fanout.example.com, path: /foobar}
  expect: {status: 404, code: SIM2005}
"""
FILES = {"routes.yaml": ROUTES}
"""What the examples read besides the shipped scenarios."""

_BROKEN = "scenarios/service-types/manifests"
SAID: dict[str, Said] = {
    "trace": Said(
        "delivered, or redirected, on every branch",
        "not delivered; with `--strict` also where something that is not modelled may change the answer",
        "sim trace -f scenarios/fanout/manifests http://fanout.example.com/foo",
    ),
    "inspect": Said("nothing is broken", "a reference leads nowhere", f"sim inspect -f {_BROKEN}"),
    "check": Said("all as expected", "something differs", "sim check routes.yaml"),
    "migrate": Said(
        "all requests answer alike, and everything is carried over",
        "an answer differs, or something is not carried over",
        "sim migrate -f scenarios/fanout/manifests",
    ),
    "diff": Said(
        "every request has the same answer on both sides",
        "an answer differs",
        "sim diff scenarios/fanout/manifests --controller spec --controller nginx-inc",
    ),
    "topology": Said("the graph is shown", "", "sim topology -f scenarios/fanout/manifests"),
    "rules": Said(
        "the rules are shown",
        "with a comparison: the rules differ",
        "sim rules -f scenarios/fanout/manifests",
    ),
    "spread": Said(
        "the counts are shown", "", "sim spread -f scenarios/fanout/manifests --service default/service1"
    ),
    "run": Said("every threshold holds", "a threshold does not hold", "sim run fanout --requests 2000"),
    "rollout": Said(
        "no request fails in any roll-out",
        "a request fails",
        "sim rollout -f scenarios/fanout/manifests --rps 20",
    ),
    "compare": Said("the comparison is shown", "", "sim compare shop --requests 2000"),
    "sweep": Said("the table is shown", "", "sim sweep shop controller.replicas=1,2,4 --requests 1000"),
    "replay": Said("the page is written", "", "sim replay fanout --out fanout.html"),
    "cost": Said("the bill is shown", "", "sim cost --services 9"),
    "init": Said("the folder is written", "", "sim init -f scenarios/fanout/manifests mine"),
    "explain": Said("the page is shown", "", "sim explain SIM2003"),
    "model": Said("the list is shown", "", "sim model nginx-inc"),
    "demo": Said("the pages and pictures are written", "", "sim demo --help"),
    "completion": Said("the script is shown", "", "sim completion bash"),
}
"""By the name of the command."""

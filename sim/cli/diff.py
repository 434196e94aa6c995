"""The command `sim diff`."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sim.cli.completing import FILE
from sim.cli.moments import clusters_at, moment_options, needs_scenario
from sim.cli.options import (
    Files,
    controllers_option,
    exclude_option,
    manifests_of,
    namespace_option,
    numbered_lines_of,
    output_format,
    show,
    warn,
)
from sim.cli.reports import report_options, write_reports
from sim.cli.strict import strict_option
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analysis.diff import Side
    from sim.routing import Request

METHOD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A method, as RFC 9110 writes tokens."""

METHODS = frozenset(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"])


@click.command()
@click.argument("old", type=FILE, metavar="OLD", required=False)
@click.argument("new", type=FILE, metavar="NEW", required=False)
@output_format
@exclude_option
@namespace_option
@click.option(
    "--requests",
    "file",
    type=FILE,
    metavar="FILE",
    help="File with a request per line, [METHOD ]URL; default: derived.",
)
@controllers_option("Of OLD, then of NEW: {names}.")
@moment_options("Twice: two moments of the scenario's run, instead of OLD and NEW.")
@report_options
@strict_option
@click.option("--gateway", metavar="NS/NAME", help="Let NEW enter through this Gateway (Ingress and twin).")
def diff(old: str | None, new: str | None, output: str, namespace: str, **how: Any) -> int:
    """What two sets of manifests, or two controllers, answer differently, and why.

    For example: sim diff old/ new/

    With --scenario: what a request meets at two moments of the scenario's run.
    """
    from sim.analysis.diff import compared
    from sim.report.ci.remarks import of_differences
    from sim.report.text.diff import diff_lines

    needs_scenario(how)
    if how["scenario"]:
        sides, is_refused = _moments(old, how), False
    elif old is None:
        raise UsageError("nothing to compare: give OLD and NEW, or --scenario NAME --at TIME --at TIME")
    else:
        sides, is_refused = _sides(old, new, namespace, how["exclude"], how["controllers"], how["gateway"])
    requests = _of_rows(how, sides) if how["scenario"] else None
    if file := how["file"]:
        requests = [_request(f"{file}:{number}", line) for number, line in numbered_lines_of(file)]
        if not requests:
            raise UsageError(f"{file}: no request in it; write one a line: [METHOD ]URL")
    found = compared(*sides, requests)
    status = 2 if is_refused else found.status(how["strict"])
    show(output, found, diff_lines(found, status))
    write_reports(partial(of_differences, strict=how["strict"]), found, how["reports"], how["github"], output)
    return status


def _sides(
    old: str,
    new: str | None,
    namespace: str,
    exclude: tuple[str, ...],
    controllers: tuple[str, ...],
    gateway: str | None,
) -> tuple[tuple[Side, Side], bool]:
    """Both sides; without NEW the same manifests with another controller, or through a Gateway.

    Returns:
        The sides, and whether one holds what cannot be read or what the API server refuses: every rule is
        asked about, so every object is on the way of a request.

    Raises:
        UsageError: there is nothing to compare.
    """
    from sim.analysis.diff import Side
    from sim.analysis.trace import setup_with
    from sim.cluster.setup import Setup
    from sim.routing.building import build

    if new is None and len(controllers) < 2 and gateway is None:
        raise UsageError(
            "nothing to compare: give NEW, or --controller A --controller B, or --gateway NS/NAME"
        )
    if len(controllers) > 2:
        raise UsageError("at most two controllers: one for OLD, one for NEW")
    names: list[str | None] = [*controllers] if len(controllers) == 2 else [*controllers * 2] or [None, None]
    made, is_refused = [], False
    for path, name in zip((old, new or old), names, strict=True):
        manifests = manifests_of(Files.of([path], exclude), namespace)
        refused = [fault for fault in manifests.faults if fault.severity == "error"]
        is_refused |= bool(refused)
        warn(manifests, refused)
        made.append((build(manifests, setup_with(name, Setup())), None if name == "none" else name))
    to = f"gateway:{gateway}" if gateway else None
    return (Side(*made[0]), Side(*made[1], to)), is_refused


def _moments(old: str | None, how: dict[str, Any]) -> tuple[Side, Side]:
    """A scenario at two moments of its run.

    Raises:
        UsageError: not two moments, or something else to compare besides.
    """
    from sim.analysis.diff import Side

    if old is not None or how["controllers"] or how["gateway"]:
        raise UsageError("--scenario compares two moments; leave OLD, NEW, --controller and --gateway out")
    if len(how["at"]) != 2:
        raise UsageError("--scenario compares two moments of its run: give --at twice, as --at 10s --at 31s")
    before, after = map(Side, clusters_at(how, most=2))
    return before, after


def _of_rows(how: dict[str, Any], sides: tuple[Side, Side]) -> list[Request]:
    """The requests of a scenario's traffic, then what borders on its rules."""
    from sim.analysis.probes import derived_requests
    from sim.scenario.experiment import load_experiment
    from sim.scenario.requests import request_of

    experiment = load_experiment(how["scenario"])
    rows = [request_of(row, experiment.rules) for row in experiment.scenario.traffic if row.is_http]
    known = {(one.method, one.url) for one in rows}
    derived = derived_requests(*(side.cluster for side in sides))
    return [*rows, *(one for one in derived if (one.method, one.url) not in known)]


def _request(place: str, line: str) -> Request:
    """One line of a file of requests.

    Raises:
        UsageError: it is no `[METHOD ]URL`.
    """
    from sim.routing import Request

    words = line.split(None, 1)
    if len(words) == 2 and not METHOD.fullmatch(words[0]):
        raise UsageError(f"{place}: {words[0]} is no method; write [METHOD ]URL, without spaces in the URL")
    if words == [line] and line in METHODS:
        raise UsageError(
            f"{place}: no URL after {line}; write for example {line} http://shop.example.com/cart"
        )
    try:
        return Request.parse(words[-1], method=words[0] if len(words) == 2 else "GET")
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from None

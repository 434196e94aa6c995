"""The command `sim trace`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from sim import __version__
from sim.cli.completing import FILE
from sim.cli.moments import (
    at_option,
    needs_scenario,
    plan_option,
    say_what_is_too_late,
    scenario_option,
)
from sim.cli.options import (
    SEED,
    controllers_option,
    inputs,
    manifests_of,
    mode_option,
    numbered_lines_of,
    output_format,
    show_data,
    warn,
)
from sim.cli.strict import doubt
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analysis.trace import Client
    from sim.cluster.cluster import Cluster
    from sim.routing import Request, Trace

_QUICK_TRACES = 20
"""Requests that fail for which a way out is looked for without being asked."""


@click.command()
@inputs
@output_format
@click.option("-X", "--request", "method", default="GET", metavar="METHOD", help="Request method.")
@click.option(
    "-H", "--header", "headers", multiple=True, metavar="'N: v'", help="Request header; may be repeated."
)
@click.option("--sni", metavar="NAME", help="Server name of the TLS handshake.")
@click.option("--client-ip", default="203.0.113.9", metavar="IP", help="Source address of the client.")
@controllers_option("Controller profile: {names}; several stand side by side.")
@click.option(
    "--to",
    metavar="lb:NS/NAME|node:NAME",
    help="The load balancer to use, whatever the name says; for tcp://, udp:// and sctp:// the node too.",
)
@click.option("--gateway", metavar="NS/NAME", help="The Gateway to enter through, whatever the name says.")
@click.option(
    "--from",
    "origin",
    default="client",
    show_default=True,
    metavar="client|node:NAME|pod:NS/NAME",
    help="Where a tcp://, udp:// or sctp:// connection starts.",
)
@mode_option()
@scenario_option
@plan_option
@at_option("Moment of the scenario's run, such as 31.2s: what its events have made of the cluster by then.")
@click.option("-L", "--location", "follow", is_flag=True, help="Follow redirects, at most ten.")
@click.option("--patch", is_flag=True, help="Only the change that would serve it, for patch -p0.")
@click.option("--all-rules", is_flag=True, help="Show every row that was looked at.")
@click.option("--strict", is_flag=True, help="Count what may change the answer as a bad end.")
@click.option(
    "--seed",
    type=SEED,
    help="Pick one Pod among equals; without it every branch is listed. With --at: of the run, too.",
)
@click.option("--urls", type=FILE, metavar="FILE", help="Trace every URL of a file, one line each.")
@click.argument("targets", metavar="URL...", nargs=-1)
def trace(files: tuple[str, ...], namespace: str, output: str, targets: tuple[str, ...], **how: Any) -> int:
    """What happens to this request, hop by hop, and why.

    For example: sim trace -f manifests/ https://shop.example.com/cart

    Also grpc://HOST/PACKAGE.SERVICE/METHOD, tls://HOST, tcp:// and udp://HOST:PORT.
    """
    urls = (*targets, *(line for _, line in numbered_lines_of(how["urls"]))) if how["urls"] else targets
    if not urls:
        raise UsageError("no URL; write for example: sim trace -f manifests/ https://shop.example.com/cart")
    requests = [_request(url, how) for url in urls]
    needs_scenario(how)
    clients = (
        _clients_at(files, how) if how["at"] is not None else _clients(_cluster(files, namespace, how), how)
    )
    asked = [
        (c, t) for c in clients for r in requests for t in (c.follow(r) if how["follow"] else [c.trace(r)])
    ]
    refused = {f: None for _, t in asked for f in t.faults}
    warn(clients[0].cluster.manifests, refused)
    if refused:
        return 2
    found = list(_mended(asked, how["patch"], 0 if how["urls"] and output == "text" else _QUICK_TRACES))
    _show(found, len(requests), output, how)
    if how["patch"] or how["urls"]:
        doubt((u for t in found for u in t.unmodelled), how["strict"])
    return max(t.status(how["strict"]) for t in _ends(found, how["follow"]))


def _mended(asked: list[tuple[Client, Trace]], all_of_them: bool, most: int) -> Iterator[Trace]:
    """The traces with their ways out; of many that fail the first ones alone, the others say none."""
    from sim.analysis.trace import untried

    failing = 0
    for client, trace in asked:
        failing += not trace.final.fine
        tried = all_of_them or failing <= most
        yield client.patched(trace, quick=not all_of_them) if tried else untried(trace)


def _cluster(files: tuple[str, ...], namespace: str, how: dict[str, Any]) -> Cluster:
    """What the manifests make, or the plan of a scenario."""
    if not how["scenario"]:
        from sim.routing.building import build

        return build(manifests_of(files, namespace))
    if files:
        raise UsageError("give -f or --scenario, not both")
    from sim.scenario.experiment import load_experiment

    return load_experiment(how["scenario"]).plan_to_run(how["plan"]).cluster


def _clients_at(files: tuple[str, ...], how: dict[str, Any]) -> list[Client]:
    """Who asks at a moment of a scenario: one per controller, which then runs in it."""
    from sim.scenario.experiment import load_experiment
    from sim.simulation.moment import cluster_at

    if files:
        raise UsageError("give -f or --scenario, not both")
    experiment = load_experiment(how["scenario"])
    say_what_is_too_late(experiment, [how["at"]])
    named = [experiment.with_controller(name) for name in how["controllers"] or (None,)]
    clusters = [cluster_at(one, how["at"], how["plan"], how["seed"]) for one in named]
    return [c for cluster in clusters for c in _clients(cluster, how | {"controllers": ()})]


def _clients(cluster: Cluster, how: dict[str, Any]) -> list[Client]:
    """Who asks: one per controller."""
    from sim.analysis.trace import Client

    to = f"gateway:{how['gateway']}" if how["gateway"] else how["to"]
    controllers = how["controllers"] or (None,)
    now = datetime.now(UTC)
    return [Client(cluster, name, to, how["origin"], how["mode"], how["seed"], now) for name in controllers]


def _show(found: list[Trace], requests: int, output: str, how: dict[str, Any]) -> None:
    """Print the traces as asked for."""
    if how["patch"]:
        click.echo("".join(t.patch.patch for t in found if t.patch), nl=False)
    elif output != "text":
        shown = [t.to_json() for t in found]
        show_data(output, shown[0] if len(shown) == 1 else shown)
    elif len(how["controllers"]) > 1 and not how["follow"]:
        _show_side_by_side(found, how["controllers"], requests, how["strict"])
    else:
        _show_traces(found, how["all_rules"], how["strict"], one_line=how["urls"] is not None)


def _ends(traces: list[Trace], follow: bool) -> list[Trace]:
    """The traces that count for the exit status: with -L a redirect is only on the way."""
    return [
        t
        for i, t in enumerate(traces)
        if not (follow and t.final.state == "redirected" and i + 1 < len(traces))
    ]


def _request(url: str, how: dict[str, Any]) -> Request:
    from sim.routing import Request

    headers = {}
    for header in how["headers"]:
        name, colon, value = header.partition(":")
        if not colon:
            raise UsageError(f"-H {header!r}: write 'Name: value'")
        headers[name.strip()] = value.strip()
    return Request.parse(
        url, method=how["method"], headers=headers, sni=how["sni"], client_ip=how["client_ip"]
    )


def _show_side_by_side(
    traces: list[Trace], controllers: tuple[str, ...], requests: int, strict: bool
) -> None:
    """A table per request; traces stand by controller, then by request."""
    from sim.report.text import terminal
    from sim.report.text.side_by_side import side_by_side

    out = terminal.console()
    for index in range(requests):
        if index:
            out.print()
        ascii_only, mine = terminal.is_ascii(out), traces[index::requests]
        terminal.show(side_by_side(controllers, mine, __version__, ascii_only, strict), out)


def _show_traces(traces: list[Trace], all_rules: bool, strict: bool, one_line: bool) -> None:
    from sim.report.text import terminal

    out = terminal.console()
    if one_line:
        terminal.show(terminal.url_lines(traces), out)
        return
    for index, found in enumerate(traces):
        if index:
            out.print()
        if len(traces) > 1:
            out.print(f"{found.request.method} {found.request.url}", style="bold")
        plain = terminal.is_ascii(out)
        terminal.show(terminal.trace_lines(found, __version__, all_rules, plain, strict), out)

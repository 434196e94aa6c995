"""The command `sim trace`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from sim import __version__
from sim.cli.completing import FILE
from sim.cli.options import (
    inputs,
    lines_of,
    output_format,
    recorded,
    show_json,
    warn,
)
from sim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.analysis.fix import Mended, Written
    from sim.routing import Request, Trace

_QUICK_BYTES, _QUICK_TRACES = 1_000_000, 20
"""Up to so much text, and so many requests that fail, a change is looked for without being asked."""


@click.command(short_help="What happens to this request, hop by hop, and why.")
@inputs
@output_format
@click.option("-X", "method", default="GET", metavar="METHOD", help="Request method.")
@click.option("-H", "headers", multiple=True, metavar="'N: v'", help="Request header; may be repeated.")
@click.option("--sni", metavar="NAME", help="Server name of the TLS handshake.")
@click.option("--client-ip", default="203.0.113.9", metavar="IP", help="Source address of the client.")
@click.option(
    "--controller",
    "controllers",
    multiple=True,
    metavar="NAME",
    help="Controller profile, or none; several stand side by side.",
)
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
@click.option(
    "--mode",
    type=click.Choice(["iptables", "nftables", "ipvs"]),
    default="iptables",
    show_default=True,
    help="Mode of kube-proxy.",
)
@click.option("--scenario", metavar="NAME", help="Instead of -f: the cluster of this scenario.")
@click.option("--plan", metavar="NAME", help="Of the scenario; default: as the manifests are.")
@click.option("-L", "follow", is_flag=True, help="Follow redirects, at most ten.")
@click.option("--patch", is_flag=True, help="Only the change that would serve it, for patch -p0.")
@click.option("--all-rules", is_flag=True, help="Show every row that was looked at.")
@click.option("--strict", is_flag=True, help="What may change the answer counts as a bad end.")
@click.option("--seed", type=int, help="Pick one Pod among equals; without it every branch is listed.")
@click.option("--urls", type=FILE, metavar="FILE", help="Trace every URL of a file, one line each.")
@click.argument("targets", metavar="URL...", nargs=-1)
def trace(files: tuple[str, ...], namespace: str, output: str, targets: tuple[str, ...], **how: Any) -> int:
    """What happens to this request, hop by hop, and why.

    For example: sim trace -f manifests/ https://shop.example.com/cart
    """
    from sim.analysis.faults_on_the_way import faults_on_the_way
    from sim.analysis.fix import mend
    from sim.analysis.trace import trace_all

    urls = (*targets, *(lines_of(how["urls"]) if how["urls"] else ()))
    if not urls:
        raise UsageError("no URL; write for example: sim trace -f manifests/ https://shop.example.com/cart")
    to = f"gateway:{how['gateway']}" if how["gateway"] else how["to"]
    requests = [_request(url, how) for url in urls]
    if how["scenario"]:
        shown = _in_scenario(files, requests, to, how)
        return _shown(shown, [None] * len(shown), len(requests), output, how)
    manifests, raw = recorded(files, namespace)
    asked = {k: how[k] for k in ("follow", "seed", "origin", "mode")}
    answers = [
        (name, t)
        for name in how["controllers"] or (None,)
        for t in trace_all(manifests, requests, (name,) if name else (), to, *asked.values())
    ]
    found = [t for _, t in answers]
    refused = {f: None for t in found for f in faults_on_the_way(manifests, t)}
    warn(manifests, refused)
    if refused:
        return 2
    one_line = how["urls"] is not None and not how["patch"]
    written = None if one_line else _written(files, namespace, raw, to, found, how)
    mended = [mend(replace(written, controller=n), t) if written else None for n, t in answers]
    return _shown(found, mended, len(requests), output, how)


def _in_scenario(
    files: tuple[str, ...], requests: list[Request], to: str | None, how: dict[str, Any]
) -> list[Trace]:
    """The traces in the cluster of a scenario's plan, with its delays."""
    from sim.analysis.trace import trace_in
    from sim.scenario.experiment import load_experiment

    if files or how["controllers"] or how["follow"] or how["origin"] != "client":
        raise UsageError("--scenario stands instead of -f, and without --controller, --from and -L")
    experiment = load_experiment(how["scenario"])
    cluster, delays = experiment.plan_to_run(how["plan"]).cluster, experiment.scenario.delays
    return trace_in(cluster, requests, how["seed"], to=to, mode=how["mode"], delays=delays)


def _shown(
    found: list[Trace], mended: Sequence[Mended | None], requests: int, output: str, how: dict[str, Any]
) -> int:
    """Print the traces as asked for; the exit status."""
    if how["patch"]:
        click.echo("".join(m.patch for m in mended if m), nl=False)
    elif output == "json":
        shown = [_json(t, m) for t, m in zip(found, mended, strict=True)]
        show_json(shown[0] if len(shown) == 1 else shown)
    elif len(how["controllers"]) > 1 and not how["follow"]:
        _show_side_by_side(found, how["controllers"], requests, how["strict"])
    else:
        one_line = how["urls"] is not None and not how["patch"]
        _show_traces(found, mended, how["all_rules"], how["strict"], one_line)
    return max(t.status(how["strict"]) for t in _ends(found, how["follow"]))


def _written(
    files: tuple[str, ...],
    namespace: str,
    raw: dict[str, bytes],
    to: str | None,
    traces: list[Trace],
    how: dict[str, Any],
) -> Written | None:
    """The manifests as text, to look for a way out; None where that would take long and was not asked for."""
    from sim.analysis.fix import Written

    failing = sum(not t.final.fine for t in traces)
    too_much = (sum(map(len, raw.values())) > _QUICK_BYTES or failing > _QUICK_TRACES) and not how["patch"]
    if too_much or how["origin"] != "client":
        return None
    try:
        return Written(files, {file: body.decode() for file, body in raw.items()}, namespace, None, to)
    except UnicodeDecodeError:
        return None


def _json(trace: Trace, mended: Mended | None) -> dict[str, Any]:
    shown = trace.to_json(__version__)
    return {**shown, "final": {**shown["final"], **(mended.to_json() if mended else {})}}


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


def _show_traces(
    traces: list[Trace], mended: Sequence[Mended | None], all_rules: bool, strict: bool, one_line: bool
) -> None:
    from sim.report.text import terminal

    out = terminal.console()
    if one_line:
        terminal.show(terminal.url_lines(traces), out)
        return
    for index, (found, way_out) in enumerate(zip(traces, mended, strict=True)):
        if index:
            out.print()
        if len(traces) > 1:
            out.print(f"{found.request.method} {found.request.url}", style="bold")
        plain = terminal.is_ascii(out)
        terminal.show(terminal.trace_lines(found, __version__, all_rules, plain, way_out, strict), out)

"""The command `sim`: one function per command, each of which loads, computes and shows.

Exit status: 0 fine; 1 a request not delivered, a failed expectation or threshold; 2 bad usage or bad input.
JSON alone goes to standard output; progress, notes and warnings go to standard error. Everything heavy is
imported inside the command that needs it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from sim import __version__
from sim.errors import SimError, UsageError

if TYPE_CHECKING:
    from sim.cluster import Cluster
    from sim.manifests import Finding, Manifests
    from sim.routing import Request, Trace

Command = Callable[..., Any]


def _inputs(command: Command) -> Command:
    """The options of every command that reads manifests."""
    options = [
        click.option(
            "-f", "files", multiple=True, metavar="PATH", help="File, folder or - (standard input)."
        ),
        click.option("-k", "kustomize", multiple=True, metavar="DIR", help="Kustomize folder."),
        click.option(
            "-n", "namespace", default="default", metavar="NAMESPACE", help="For objects that name none."
        ),
    ]

    @functools.wraps(command)
    def with_all_files(files: tuple[str, ...], kustomize: tuple[str, ...], **others: Any) -> Any:
        from sim.loading import kustomize_folder

        return command(files=(*files, *map(kustomize_folder, kustomize)), **others)

    wrapped: Command = with_all_files
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


_output = click.option(
    "-o",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sim")
def cli() -> None:
    """Where a Kubernetes request goes and why, how it behaves under load, and what it costs."""


@cli.command()
@_inputs
@_output
@click.option("-X", "method", default="GET", metavar="METHOD", help="Request method.")
@click.option("-H", "headers", multiple=True, metavar="'N: v'", help="Request header; may be repeated.")
@click.option("--sni", metavar="NAME", help="Server name of the TLS handshake.")
@click.option("--client-ip", default="203.0.113.9", metavar="IP", help="Source address of the client.")
@click.option(
    "--controller", "controllers", multiple=True, metavar="NAME", help="Controller profile, or none."
)
@click.option("--to", metavar="lb:NS/NAME", help="The load balancer to use, whatever the name says.")
@click.option("-L", "follow", is_flag=True, help="Follow redirects, at most ten.")
@click.option("--all-rules", is_flag=True, help="Show every row that was looked at.")
@click.option("--seed", type=int, help="Pick one Pod among equals; without it every branch is listed.")
@click.option("--urls", metavar="FILE", help="Trace every URL of a file, one line each.")
@click.argument("targets", metavar="URL...", nargs=-1)
def trace(files: tuple[str, ...], namespace: str, output: str, targets: tuple[str, ...], **how: Any) -> int:
    """What happens to this request, hop by hop, and why."""
    from sim.relevance import faults_on_the_way
    from sim.tracing import trace_all

    urls = (*targets, *(_lines(how["urls"]) if how["urls"] else ()))
    if not urls:
        raise UsageError("no URL; write for example: sim trace -f manifests/ https://shop.example.com/cart")
    requests = [_request(url, how) for url in urls]
    manifests = _manifests(files, namespace)
    found = trace_all(manifests, requests, how["controllers"], how["to"], how["follow"], how["seed"])
    refused = {f: None for t in found for f in faults_on_the_way(manifests, t)}
    _warn(manifests, refused)
    if refused:
        return 2
    if output == "json":
        shown = [t.to_json(__version__) for t in found]
        _json(shown[0] if len(shown) == 1 else shown)
    else:
        _show_traces(found, how["all_rules"], one_line=how["urls"] is not None)
    return 0 if all(t.final.fine for t in _ends(found, how["follow"])) else 1


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


def _lines(path: str) -> list[str]:
    from sim.loading import read_text

    text = read_text(path).decode("utf-8", "replace")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _manifests(files: tuple[str, ...], namespace: str) -> Manifests:
    from sim.loading import load

    if not files:
        raise UsageError("no manifests; give -f FILE, -f FOLDER or -f - for standard input")
    return load(files, namespace)


def _warn(manifests: Manifests, refused: Iterable[Finding] = ()) -> None:
    """Say on standard error what the reading found: what stops the command, and what is only worth a word."""
    wrong = set(refused)
    for note in manifests.notes:
        click.echo(f"sim: note: {note}", err=True)
    for fault in manifests.faults:
        word = "" if fault in wrong else "note: " if fault.severity == "note" else "warning: "
        place = f"{fault.source}: " if fault.source else ""
        way_out = f"\n  fix: {fault.fix}" if fault.fix else ""
        click.echo(f"sim: {word}{place}{fault.message}{way_out}", err=True)


def _show_traces(traces: list[Trace], all_rules: bool, one_line: bool) -> None:
    from sim.report import terminal

    out = terminal.console()
    if one_line:
        terminal.show(terminal.url_lines(traces), out)
        return
    for index, found in enumerate(traces):
        if index:
            out.print()
        if len(traces) > 1:
            out.print(f"{found.request.method} {found.request.url}", style="bold")
        terminal.show(terminal.trace_lines(found, __version__, all_rules, terminal.is_ascii(out)), out)


@cli.command()
@_output
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def check(files: tuple[str, ...], output: str) -> int:
    """Unit tests for routes: every request of the files against its expectation."""
    from sim.checking import check_files
    from sim.report import pages, terminal

    results = check_files(files)
    if output == "json":
        _json({"schema": "sim.check/1", "results": [r.to_json() for r in results], "version": __version__})
    else:
        terminal.show(pages.check_lines(results))
    return 0 if all(r.passed for r in results) else 1


@cli.command()
@_inputs
@_output
@click.option("--strict", is_flag=True, help="What may change the answer counts as an error.")
def inspect(files: tuple[str, ...], namespace: str, output: str, strict: bool) -> int:
    """What is in here: routes, Services, load balancers; what is broken; what is not modelled."""
    from sim.inspection import inspect as look

    found = look(_manifests(files, namespace))
    if output == "json":
        _json(found.to_json(__version__))
    else:
        from sim.report import terminal
        from sim.report.inspect_lines import inspect_lines

        for note in found.manifests.notes:
            click.echo(f"sim: note: {note}", err=True)
        out = terminal.console()
        terminal.show(inspect_lines(found, __version__, strict, terminal.is_ascii(out)), out)
    return found.status(strict)


@cli.command()
@_inputs
@click.option("--out", metavar="FILE", help="Write a picture (.png or .svg) instead of the tree.")
@click.option("--url", metavar="URL", help="Draw the path of this request into the picture.")
def topology(files: tuple[str, ...], namespace: str, out: str | None, url: str | None) -> int:
    """The graph: client, load balancer, nodes, controller, Services, Pods."""
    from sim.control_plane import build

    manifests = _manifests(files, namespace)
    _warn(manifests)
    cluster = build(manifests)
    if out is None:
        from sim.topology import text_tree

        click.echo(text_tree(cluster))
        return 0
    _draw_topology(cluster, out, url)
    return 0


def _draw_topology(cluster: Cluster, out: str, url: str | None) -> None:
    from sim.report.picture import save
    from sim.report.topology_picture import topology_picture
    from sim.routing import Request, route

    found = route(cluster, Request.parse(url)) if url else None
    save(topology_picture(cluster, found), out)
    click.echo(f"wrote {out}", err=True)


_replications = click.option(
    "--replications",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="Runs with draws of their own.",
)
_requests = click.option(
    "--requests", type=click.IntRange(1, 20_000_000), help="Send about this many, whatever the duration."
)
_seed = click.option("--seed", type=int, help="Instead of the scenario's.")


@cli.command()
@click.argument("scenario")
@_output
@click.option("--plan", "plan_name", help="lb-per-service or single-ingress; default: as the manifests are.")
@click.option("--engine", default="auto", show_default=True, help="auto, replay, fast or stream.")
@_requests
@_seed
@_replications
def run(scenario: str, output: str, plan_name: str | None, **how: Any) -> int:
    """Load over time: percentiles, errors by reason, share and utilisation per Pod, thresholds."""
    from sim import results
    from sim.comparing import run_plan
    from sim.experiments import load_experiment
    from sim.report import run_lines, terminal

    experiment = load_experiment(scenario)
    plan = experiment.plan_to_run(plan_name)
    with _progress() as progress:
        ran = run_plan(
            experiment, plan, how["seed"], how["replications"], how["requests"], progress, how["engine"]
        )
    shown = results.to_json(ran.summary, experiment.scenario.expect.run, __version__)
    if output == "json":
        _json(shown)
    else:
        terminal.show(run_lines.run_lines(experiment.name, shown))
    return 0 if all(t["passed"] for t in shown["thresholds"]) else 1


@cli.command()
@click.argument("scenario", required=False)
@_inputs
@_output
@click.option("--rps", type=float, default=2.0, show_default=True, help="Per Service, with -f.")
@click.option("--expose", multiple=True, metavar="NS/NAME", help="Also expose this Service, with -f.")
@click.option("--chart", metavar="FILE", help="Write the chart too (.png or .svg).")
@click.option("--provider", help="Price sheet to use: aws, gcp, azure, digitalocean, linode, hetzner.")
@_requests
@_seed
@_replications
def compare(scenario: str | None, files: tuple[str, ...], namespace: str, output: str, **how: Any) -> int:
    """One load balancer per Service against a single Ingress: the bill of a month, and the latency."""
    from sim.comparing import compare as run_both
    from sim.report import compare_lines, terminal

    experiment = _experiment(scenario, files, namespace, how["rps"], how["expose"])
    with _progress() as progress:
        found = run_both(
            experiment,
            __version__,
            how["seed"],
            how["replications"],
            how["provider"],
            how["requests"],
            progress,
        )
    if output == "json":
        _json(found.to_json())
    else:
        terminal.show(compare_lines.compare_lines(found, experiment.name))
    if how["chart"]:
        _save_comparison(found, how["chart"])
    return 0


def _experiment(
    scenario: str | None, files: tuple[str, ...], namespace: str, rps: float, expose: tuple[str, ...]
) -> Any:
    from sim.experiments import from_manifests, load_experiment

    if (scenario is None) == (not files):
        raise UsageError(
            "give a scenario, or manifests with -f (not both); shipped scenarios: sim compare shop"
        )
    if scenario is not None:
        return load_experiment(scenario)
    return from_manifests(_manifests(files, namespace), files[0], rps, expose)


def _save_comparison(found: Any, path: str) -> None:
    from sim.report import charts, picture

    picture.save(charts.compare(found), path)
    click.echo(f"wrote {path}", err=True)


def _progress() -> Any:
    from sim.report.progress import progress

    return progress()


@cli.command()
@click.argument("code", required=False)
def explain(code: str | None) -> int:
    """What a message code means, how to see it with kubectl, and how to mend it."""
    from sim.codes import CODES
    from sim.report import pages, terminal

    if code is None:
        terminal.show(pages.code_list())
        return 0
    wanted = code.upper()
    if wanted not in CODES:
        raise UsageError(f"there is no code {code}; sim explain lists them all")
    terminal.show(pages.code_page(CODES[wanted]))
    return 0


@cli.command()
def model() -> int:
    """What is modelled, what is approximated, what is left out."""
    from sim.report import pages, terminal

    terminal.show(pages.model_lines())
    return 0


def _json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


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

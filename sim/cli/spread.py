"""The command `sim spread`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sim.cli.completing import PICTURE
from sim.cli.messages import say
from sim.cli.names import PLAN_NAMES, name_option
from sim.cli.options import (
    SEED,
    cluster_of,
    count_option,
    inputs,
    mode_option,
    output_format,
    save_picture,
    show_data,
    theme_option,
)
from sim.errors import UsageError, there_are

if TYPE_CHECKING:
    from sim.cluster.cluster import Cluster, LinkedService


@click.command()
@inputs
@output_format
@click.option("--scenario", metavar="NAME", help="Instead of -f: the cluster of this scenario.")
@name_option(
    "--plan",
    registry=PLAN_NAMES,
    what="plan",
    help="Of the scenario: {names}; default: as the manifests are.",
)
@click.option("--service", metavar="[NS/]NAME", help="Service to connect to; default: the first.")
@mode_option(also=("all",), says="{names} of them side by side.")
@count_option("--connections", 100_000, 3000, "Number of connections; at the controller: of requests.")
@click.option("--seed", type=SEED, default=1, show_default=True, help="Seed of the random numbers.")
@click.option(
    "--at",
    type=click.Choice(["node", "controller"]),
    default="node",
    show_default=True,
    help="Who chooses: kube-proxy of a node, or the controller's proxy.",
)
@name_option(
    "--against",
    multiple=True,
    registry="sim.routing.proxies:NAMES",
    what="algorithm",
    help="At the controller: another algorithm beside its own, such as random; may be repeated.",
)
@count_option("--at-once", 10_000, 1, "At the controller: requests that are open at any time.")
@click.option("--clients", type=click.IntRange(1), help="At the controller: who send; default: one for each.")
@count_option("--keys", 100_000, 1, "At the controller: different values of what a hash goes by.")
@click.option("--placements", is_flag=True, help="Show instead the shares under policy Local, by placement.")
@click.option("--chart", type=PICTURE, metavar="FILE", help="Also draw it (.png or .svg).")
@theme_option
def spread(files: tuple[str, ...], namespace: str, output: str, **how: Any) -> int:
    """How many connections each Pod of a Service gets, against what chance would give it.

    For example: sim spread -f manifests/ --service shop/web --mode all --chart spread.png
    """
    cluster = _cluster(files, namespace, how["scenario"], how["plan"])
    service = _service(cluster, how["service"], namespace)
    if how["at"] == "controller":
        _show_proxies(cluster, service, output, how)
        return 0
    show = _show_placements if how["placements"] else _show_shares
    show(cluster, service, output, how)
    return 0


def _cluster(files: tuple[str, ...], namespace: str, scenario: str | None, plan: str | None) -> Cluster:
    from sim.scenario.experiment import load_experiment

    if scenario is not None:
        if files:
            raise UsageError("give -f or --scenario, not both")
        cluster: Cluster = load_experiment(scenario).plan_to_run(plan).cluster
        return cluster
    refusal = "nothing to spread: the API server would refuse what rules are made of"
    return cluster_of(files, namespace, refusal)


def _service(cluster: Cluster, name: str | None, namespace: str) -> LinkedService:
    """The Service that is named, else the first one with an address and a port."""
    from sim.simulation.spread import served_services

    served = served_services(cluster)
    key = next(iter(served), "") if name is None else name if "/" in name else f"{namespace}/{name}"
    if key not in served:
        wanted = f"no Service {key} that kube-proxy serves" if key else "nothing to spread"
        raise UsageError(f"{wanted}; {there_are(key, served)}")
    if name is None and len(served) > 1:
        say(f"sim: note: Service {key}; --service says otherwise")
    return served[key]


def _show_shares(cluster: Cluster, service: LinkedService, output: str, how: dict[str, Any]) -> None:
    from sim.report.text import terminal
    from sim.report.text.spread import share_lines
    from sim.routing.kube_proxy import MODES
    from sim.simulation.spread import open_connections
    from sim.simulation.spread_shares import ServiceSpread

    modes = tuple(MODES) if how["mode"] == "all" else (how["mode"],)
    found = [open_connections(cluster, service, mode, how["connections"], how["seed"]) for mode in modes]
    if output != "text":
        show_data(output, ServiceSpread(service.key, tuple(found)).to_json())
    for number, shares in enumerate(found if output == "text" else ()):
        terminal.show_text(["", *share_lines(shares)] if number else share_lines(shares))
    if how["chart"]:
        from sim.report.charts.spread import shares_chart

        save_picture(shares_chart(found, theme=how["chart_theme"]), how["chart"])


def _show_proxies(cluster: Cluster, service: LinkedService, output: str, how: dict[str, Any]) -> None:
    from sim.comparison.proxy_spread import proxy_spread
    from sim.report.text import terminal
    from sim.report.text.proxy_spread import proxy_lines

    found = proxy_spread(
        cluster,
        service.key,
        how["against"],
        requests=how["connections"],
        seed=how["seed"],
        **{name: how[name] for name in ("at_once", "clients", "keys")},
    )
    if output != "text":
        show_data(output, found.to_json())
    else:
        terminal.show_text(proxy_lines(found))
    if how["chart"]:
        from sim.report.charts.proxy_spread import proxy_chart

        save_picture(proxy_chart(found, theme=how["chart_theme"]), how["chart"])


def _show_placements(cluster: Cluster, service: LinkedService, output: str, how: dict[str, Any]) -> None:
    from sim.report.text import terminal
    from sim.report.text.spread import placement_lines
    from sim.simulation.spread import placement_of
    from sim.simulation.spread_shares import ServiceSpread, placements

    now = placement_of(service)
    if not now.pods_on_node:
        raise UsageError(f"no ready Pod of Service {service.key} stands on a node")
    found = placements(sum(now.pods_on_node), min(len(cluster.nodes), sum(now.pods_on_node)))
    if output != "text":
        show_data(output, ServiceSpread(service.key, placements=tuple(found), now=now).to_json())
    else:
        terminal.show_text(placement_lines(service.key, found, now))
    if how["chart"]:
        from sim.report.charts.spread import placements_chart

        save_picture(placements_chart(service.key, found, now, theme=how["chart_theme"]), how["chart"])

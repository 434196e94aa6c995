"""The command `sim rules`."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import click

from sim.cli.completing import FILE
from sim.cli.messages import say
from sim.cli.moments import clusters_at, moment_options, needs_scenario
from sim.cli.names import name_option
from sim.cli.options import Command, cluster_of, inputs, mode_option, output_format, show_data
from sim.errors import UsageError, one_of
from sim.units import published

if TYPE_CHECKING:
    from sim.cluster.cluster import Cluster
    from sim.cluster.families import Family
    from sim.routing.kube_proxy.rules import NodeRules


_WRITERS = "sim.routing.kube_proxy.rules:WRITERS"
_SCHEDULERS = "sim.routing.kube_proxy.schedulers:SCHEDULERS"
_REFUSAL = "no rules: the API server would refuse what they are made of"
_SCHEDULER = "sim.routing.kube_proxy:Options.scheduler"


def _network(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Ranges of addresses, as they were given: one, or one of each family."""
    try:
        return tuple(str(ip_network(part)) for part in text.split(",")) if text else ()
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _cidr(flag: str, name: str, says: str) -> Callable[[Command], Command]:
    return click.option(flag, name, metavar="CIDR", callback=_network, help=says)


@click.command()
@inputs
@output_format
@moment_options("Rules at this moment of the scenario's run; twice: what changes from one to the other.")
@click.option("--node", metavar="NODE", help="Node whose rules are shown; default: the first.")
@mode_option(_WRITERS)
@click.option("--explain", is_flag=True, help="Say beside each chain, set or virtual server what it does.")
@click.option(
    "--diff",
    "other",
    type=FILE,
    metavar="PATH",
    help="What changes if these manifests take over.",
)
@click.option("--without-pod", metavar="NS/NAME", help="What changes when this Pod (or address) is gone.")
@name_option(
    "--family",
    registry="sim.cluster.families:FAMILIES",
    what="address family",
    help="Rules of this family alone, {names}; default: of each that the cluster has.",
)
@_cidr("--cluster-cidr", "pod_cidrs", "Addresses of the Pods; default: 10.244.0.0/16,fd00:10:244::/48.")
@_cidr("--service-cidr", "service_cidrs", "ClusterIPs (nftables); default: 10.96.0.0/12,fd00:10:96::/108.")
@click.option("--masquerade-all", is_flag=True, help="As kube-proxy's flag of this name.")
@name_option(
    "--scheduler",
    registry=_SCHEDULERS,
    what="scheduler of IPVS",
    default=_SCHEDULER,
    help="Of IPVS: {names}.",
)
def rules(files: tuple[str, ...], namespace: str, output: str, **how: Any) -> int:
    """What kube-proxy writes on a node, in a form that the kernel's own tools load.

    For example: sim rules -f manifests/ --mode nftables | nft -c -f -

    With --diff, --without-pod or two moments: what changes, and exit status 1 if anything does.
    """
    from sim.report.text.terminal import change_lines, rules_lines
    from sim.routing.kube_proxy.rules.difference import changes

    needs_scenario(how)
    cluster, later = _clusters(files, namespace, how)
    before = _rules(cluster, how, noted=True)
    after = _rules(later, how, noted=False) if later else None
    changed = list(changes(before.sections, after.sections)) if after else None
    if output != "text":
        show_data(output, (after or before).to_json() | {"changes": published(changed)})
        return 1 if changed else 0
    if changed is None:
        lines = rules_lines(before.sections, how["explain"])
    else:
        lines = change_lines(changed, *_names(how, (cluster, later)))
    for line in lines:
        click.echo(line)
    return 1 if changed else 0


def _rules(cluster: Cluster, how: dict[str, Any], noted: bool) -> NodeRules:
    from sim.routing.kube_proxy import Options
    from sim.routing.kube_proxy.rules import rules_of_node

    wanted = how["node"] and one_of(how["node"], cluster.node_by_name, "node")
    node = cluster.node_by_name[wanted] if wanted else cluster.nodes[0]
    if noted and not how["node"]:
        say(f"sim: note: the rules of node {node.name}; --node says otherwise")
    known = Options()
    options = Options(
        pod_cidrs=_ranges(how["pod_cidrs"], known.pod_cidrs),
        service_cidrs=_ranges(how["service_cidrs"], known.service_cidrs),
        masquerade_all=how["masquerade_all"],
        scheduler=how["scheduler"],
    )
    families = _families(cluster, how["family"])
    if noted and len(families) > 1 and how["mode"] == "iptables":
        say("sim: note: rules of both address families; --family gives those that one tool loads")
    return rules_of_node(cluster, node, how["mode"], options, families)


def _families(cluster: Cluster, asked: str | None) -> tuple[Family, ...]:
    if asked is None:
        return cluster.families
    one_of(asked, cluster.families, "address family of this cluster")
    return tuple(family for family in cluster.families if family == asked)


def _ranges(given: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    """What is given, and the default of a family that is not."""
    stated = {":" in text for text in given}
    return (*given, *(text for text in default if (":" in text) not in stated))


def _clusters(files: tuple[str, ...], namespace: str, how: dict[str, Any]) -> tuple[Cluster, Cluster | None]:
    """What rules are made of, and what they are compared with."""
    if not how["scenario"]:
        cluster = cluster_of(files, namespace, _REFUSAL)
        return cluster, _later(cluster, namespace, how)
    if files:
        raise UsageError("give -f or --scenario, not both")
    first, *others = clusters_at(how, most=2)
    if others and (how["other"] or how["without_pod"]):
        raise UsageError("two moments are compared with each other; leave --diff and --without-pod out")
    return first, others[0] if others else _later(first, namespace, how)


def _names(how: dict[str, Any], clusters: tuple[Cluster, Cluster | None]) -> tuple[str, str]:
    """What two sets of rules that are compared are called."""
    from sim.cluster.life.news import clock

    if len(how["at"]) == 2:
        first, second = (f"at {clock(c.moment.at_s)}" for c in clusters if c is not None and c.moment)
        return first, second
    return "now", how["other"] or f"without {how['without_pod']}"


def _later(cluster: Cluster, namespace: str, how: dict[str, Any]) -> Cluster | None:
    from sim.routing.kube_proxy.rules.difference import without_pod

    if how["other"] and how["without_pod"]:
        raise UsageError("give --diff or --without-pod, not both")
    if how["without_pod"]:
        return without_pod(cluster, how["without_pod"])
    return cluster_of((how["other"],), namespace, _REFUSAL) if how["other"] else None

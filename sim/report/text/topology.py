"""The ways of packets through a cluster as a tree of text: what `sim topology` prints."""

import textwrap
from collections.abc import Iterator

from sim.analysis.topology import CLIENT, Graph, PathRule, entries, graph, of_kind
from sim.cluster.cluster import Cluster, LinkedService
from sim.manifests.decoding import printable
from sim.report.width import WIDTH
from sim.routing.controllers import reads
from sim.units import counted

_MOST_ENTRIES, _MOST_RULES, _MOST_PODS, _MOST_NAMES = 8, 12, 4, 5
"""How many of a kind the text tree lists before it counts the rest."""
_NAMES_WIDTH = 26
"""Columns for the names of nodes; where they are longer, their number must do."""

Line = tuple[int, tuple[str, ...]]
"""Depth, and the parts of a line."""


def text_tree(cluster: Cluster) -> str:
    """The ways of packets as indented lines of ASCII, at most 80 columns, for people and for `diff`."""
    return "\n".join(_fitted("  " * depth, parts) for depth, parts in _tree(graph(cluster), cluster))


def _fitted(indent: str, parts: tuple[str, ...]) -> str:
    """Parts with two spaces between them; the longest give way in their middle."""
    shown = [printable(part) for part in parts if part]
    while (over := len(indent) + len("  ".join(shown)) - WIDTH) > 0:
        longest = max(range(len(shown)), key=lambda i: len(shown[i]))
        kept = len(shown[longest]) - 4 - max(0, over - WIDTH)
        shown[longest] = f"{shown[longest][: kept - kept // 2]}...{shown[longest][-(kept // 2) :]}"
    return indent + "  ".join(shown)


def _wrapped(depth: int, text: str) -> Iterator[Line]:
    yield from ((depth, (line,)) for line in textwrap.wrap(text, WIDTH - 2 * depth, subsequent_indent="  "))


def _list(names: list[str]) -> str:
    """The first names, and how many there are besides."""
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def _tree(drawn: Graph, cluster: Cluster) -> Iterator[Line]:
    yield 0, (CLIENT,)
    found = entries(cluster)
    shown: set[str] = set()
    for service in found[:_MOST_ENTRIES]:
        yield from _entry_lines(drawn, service, shown)
    if not found:
        yield 1, ("reaches nothing: no load balancer, no node port",)
    if len(found) > _MOST_ENTRIES:
        rest = [service.key for service in found[_MOST_ENTRIES:]]
        yield from _wrapped(1, f"and {counted(len(rest), 'more way')} in, for Services {_list(rest)}")
    yield from _asides(drawn, cluster)


def _entry_lines(drawn: Graph, service: LinkedService, shown: set[str]) -> Iterator[Line]:
    """A load balancer (or node ports), the nodes behind it, and what their rules lead to."""
    balancer = f"load-balancer {service.key}"
    at = balancer if drawn.has_node(balancer) else CLIENT
    yield 1, _entry_parts(drawn, service, at)
    inside = drawn.nodes[at].get("reads")
    if inside is not None:
        yield 2, (f"{drawn.nodes[inside]['profile']}: applies the rules itself", "no controller Pod")
        yield from _rule_lines(drawn, drawn.nodes[inside]["rules"], depth=3)
        return
    nodes = [n for n in _onward(drawn, at, service.key) if drawn.nodes[n]["kind"] == "node"]
    straight = [n for n in _onward(drawn, at, service.key) if at != CLIENT and n not in nodes]
    yield 2, _straight_parts(straight) if straight else _node_parts(drawn, nodes)
    ends = dict.fromkeys([*straight, *(end for node in nodes for end in _onward(drawn, node, service.key))])
    pods = tuple(end for end in ends if drawn.nodes[end]["kind"] == "pod")
    if pods or not ends:
        found = counted(len(pods), "Pod") if pods else "no Pod: connections are refused"
        yield 3, (f"Service {service.key}", found)
        if service.hints.asked and not straight:
            yield from _wrapped(4, service.hints.says)
        yield from _pod_lines(drawn, 4, service.key, pods)
    yield from _controller_lines(drawn, [end for end in ends if end not in pods], shown)


def _onward(drawn: Graph, at: str, service: str) -> list[str]:
    """Where packets for a Service may go next."""
    return [other for other in drawn.successors(at) if service in drawn.edges[at, other]["services"]]


def _entry_parts(drawn: Graph, service: LinkedService, at: str) -> tuple[str, ...]:
    if at == CLIENT:
        ports = ", ".join(str(port.node_port) for port in service.ports)
        return f"node port {ports}", f"of Service {service.key}, on every node"
    ports = ", ".join(map(str, drawn.nodes[at]["ports"]))
    address = " and ".join(drawn.nodes[at]["addresses"]) or "pending: no provider"
    return f"load balancer {service.key}", address, f"port{'s' if ',' in ports else ''} {ports}"


def _straight_parts(pods: list[str]) -> tuple[str, ...]:
    return counted(len(pods), "Pod") + " as targets", "straight to them, past the nodes' kube-proxy"


def _node_parts(drawn: Graph, nodes: list[str]) -> tuple[str, ...]:
    total, names = len(of_kind(drawn, "node")), ", ".join(drawn.nodes[node]["name"] for node in nodes)
    if not nodes:
        return (f"none of {counted(total, 'node')} takes connections",)
    share = f"{len(nodes)} of {counted(total, 'node')}" if len(nodes) < total else counted(total, "node")
    return f"{share}: kube-proxy", names if len(names) < _NAMES_WIDTH else "", "picks a Pod per connection"


def _pod_lines(drawn: Graph, depth: int, service: str, pods: tuple[str, ...]) -> Iterator[Line]:
    """The Pods that take traffic, then those of the Service that do not."""
    for pod in pods[:_MOST_PODS]:
        data = drawn.nodes[pod]
        name = data["name"].rpartition("/")[2]
        yield depth, (f"Pod {name}", data["node"] or "", data["address"], data["state"])
    if len(pods) > _MOST_PODS:
        yield depth, (f"and {counted(len(pods) - _MOST_PODS, 'more Pod')}",)
    known = f"service {service}"
    idle = [p for p in drawn.nodes[known]["pods"] if p not in pods] if drawn.has_node(known) else []
    if idle:
        names = [drawn.nodes[pod]["name"].rpartition("/")[2] for pod in idle]
        yield from _wrapped(depth, f"not in use: {_list(names)} ({drawn.nodes[idle[0]]['state']})")


def _controller_lines(drawn: Graph, pods: list[str], shown: set[str]) -> Iterator[Line]:
    """The controllers behind a load balancer, their Pods and their rules; the second time only their name."""
    by_name: dict[str, list[str]] = {}
    for pod in pods:
        by_name.setdefault(drawn.nodes[pod]["controller"], []).append(pod)
    for name, mine in by_name.items():
        again = "as above" if name in shown else "picks a rule per request"
        yield 3, (f"controller {drawn.nodes[mine[0]]['profile']}", counted(len(mine), "Pod"), again)
        if name not in shown:
            yield from _pod_lines(drawn, 4, "", tuple(mine))
            yield from _rule_lines(drawn, drawn.nodes[mine[0]]["rules"])
        shown.add(name)


def _rule_lines(drawn: Graph, rules: tuple[PathRule, ...], depth: int = 4) -> Iterator[Line]:
    """Hosts, paths, the name of a Service, and its Pods where it is named first."""
    host, named = None, set()
    for rule in rules[:_MOST_RULES]:
        if rule.host != host:
            host = rule.host
            yield depth, (host or "any host",)
        pods = counted(len(rule.pods), "Pod") + (" (above)" if rule.service in named else "")
        over = "over node ports" if rule.by_nodes else ""
        yield depth + 1, (rule.path, f"Service {rule.backend}", pods if rule.pods else "no Pod", over)
        yield from _wrapped(depth + 2, rule.because)
        if rule.service not in named:
            yield from _pod_lines(drawn, depth + 2, rule.service, rule.pods)
        named.add(rule.service)
    if len(rules) > _MOST_RULES:
        yield depth, (f"and {counted(len(rules) - _MOST_RULES, 'more rule')}",)


def _asides(drawn: Graph, cluster: Cluster) -> Iterator[Line]:
    """What no way leads to, so that nobody looks for it above."""
    rules = (rule for pod in of_kind(drawn, "controller") for rule in drawn.nodes[pod]["rules"])
    named = {rule.service for rule in rules} | {service.key for service in entries(cluster)}
    inside = [key for key in cluster.services if key not in named]
    if inside:
        yield from _wrapped(0, f"only inside the cluster: Services {_list(inside)}")
    controllers = cluster.controllers
    unread = [i.key for i in cluster.ingresses if not any(reads(cluster, c, i)[0] for c in controllers)]
    if unread:
        yield from _wrapped(0, f"no controller reads Ingress {_list(unread)}")

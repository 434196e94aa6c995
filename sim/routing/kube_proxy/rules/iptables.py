"""Mode iptables: the tables filter and nat as kube-proxy fills them on one node.

A packet walks rules in turn, so their number grows with the number of Services; only the first packet of a
connection does, conntrack knows the rest. Source: pkg/proxy/iptables/proxier.go of Kubernetes 1.35.
"""

from collections.abc import Callable, Iterable, Iterator

from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.rules import iptables_service as of
from sim.routing.kube_proxy.rules.iptables_rule import (
    MARK,
    Chain,
    IptablesTable,
    Option,
    Rule,
    comment,
    jump,
    mark,
    rule,
)
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode
from sim.routing.kube_proxy.rules.section import Written

LARGE_CLUSTER = 1000
"""With more endpoints than this, rules about endpoints bear no comment (largeClusterEndpointsThreshold)."""

_NODE_PORTS_LAST = "kubernetes service nodeports; NOTE: this must be the last rule in this chain"
_JUMPS = {
    "filter": (
        ("INPUT", "KUBE-FIREWALL", "", False),
        ("INPUT", "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", True),
        ("INPUT", "KUBE-NODEPORTS", "kubernetes health check service ports", False),
        ("INPUT", "KUBE-EXTERNAL-SERVICES", "kubernetes externally-visible service portals", True),
        ("FORWARD", "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", True),
        ("FORWARD", "KUBE-FORWARD", "kubernetes forwarding rules", False),
        ("FORWARD", "KUBE-SERVICES", "kubernetes service portals", True),
        ("FORWARD", "KUBE-EXTERNAL-SERVICES", "kubernetes externally-visible service portals", True),
        ("OUTPUT", "KUBE-FIREWALL", "", False),
        ("OUTPUT", "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", True),
        ("OUTPUT", "KUBE-SERVICES", "kubernetes service portals", True),
    ),
    "nat": (
        ("PREROUTING", "KUBE-SERVICES", "kubernetes service portals", False),
        ("OUTPUT", "KUBE-SERVICES", "kubernetes service portals", False),
        ("POSTROUTING", "KUBE-POSTROUTING", "kubernetes postrouting rules", False),
    ),
}
"""From where, to which chain, comment, new connections only. OUTPUT asks no KUBE-EXTERNAL-SERVICES."""

_FILTER = (
    ("KUBE-SERVICES", "ClusterIPs without an endpoint", of.internal_refusals),
    ("KUBE-EXTERNAL-SERVICES", "other addresses of Services without an endpoint", of.external_refusals),
    ("KUBE-NODEPORTS", "health checks of load balancers may enter", of.health_accepts),
    ("KUBE-PROXY-FIREWALL", "drops what a load balancer's source ranges do not allow", of.firewall_drops),
)
"""Chains of the table filter to which Service ports add rules: name, what it does, rules of one port."""


def iptables(ports: tuple[PortOnNode, ...], proxy: Proxy) -> Written:
    """The tables filter and nat of one node."""
    tables = (_filter(ports, proxy), _nat(ports, proxy))
    return {t.name: t.facts() for t in tables}, tuple(s for t in tables for s in t.sections())


def _filter(ports: tuple[PortOnNode, ...], proxy: Proxy) -> IptablesTable:
    own = [Chain(name, does, _all(rules_of, ports)) for name, does, rules_of in _FILTER]
    own.insert(2, Chain("KUBE-FORWARD", "what kube-proxy redirected may be forwarded", tuple(forwarding())))
    if proxy.options.localhost_node_ports and proxy.family == "IPv4":
        own.append(_localnet())
    return IptablesTable("filter", tuple(own), _jumps("filter", {c.name for c in own}))


def _nat(ports: tuple[PortOnNode, ...], proxy: Proxy) -> IptablesTable:
    comments = sum(len(p.endpoints) for p in ports) <= LARGE_CLUSTER
    captures = (*_all(of.captures, ports), *_to_node_ports(proxy))
    own = (
        Chain("KUBE-SERVICES", "an address of a Service leads to its chain", captures),
        Chain("KUBE-NODEPORTS", "a node port leads to its Service", _all(of.node_port_captures, ports)),
        *masquerading(),
        *(c for p in ports for c in of.chains(p, proxy, comments)),
    )
    return IptablesTable("nat", own, _jumps("nat", {c.name for c in own}))


def _to_node_ports(proxy: Proxy) -> Iterator[Rule]:
    """By default every local address serves node ports, 127.0.0.1 among them; ::1 never does."""
    options, why, four = proxy.options, comment(_NODE_PORTS_LAST), proxy.family == "IPv4"
    if not options.node_port_addresses:
        outside = Option("dst", "127.0.0.0/8" if four else "::1/128", negated=True)
        where = (of.LOCAL_DESTINATION, *(() if four and options.localhost_node_ports else (outside,)))
        yield rule(why, where, jump("KUBE-NODEPORTS"))
    elif proxy.takes_node_ports(proxy.address, everywhere=True):
        yield rule(why, Option("dst", proxy.address), jump("KUBE-NODEPORTS"))


def _all(rules_of: Callable[[PortOnNode], Iterable[Rule]], ports: Iterable[PortOnNode]) -> tuple[Rule, ...]:
    return tuple(r for p in ports for r in rules_of(p))


def masquerading() -> tuple[Chain, Chain]:
    """The chain that marks packets, and the chain that gives marked ones the node's address."""
    why = comment("kubernetes service traffic requiring SNAT")
    leaving = (
        rule(mark(MARK, negated=True), jump("RETURN")),
        rule(jump("MARK"), Option("xor-mark", MARK)),
        rule(why, jump("MASQUERADE"), Option("random-fully")),
    )
    marking = (rule(jump("MARK"), Option("or-mark", MARK)),)
    return (
        Chain("KUBE-POSTROUTING", "marked packets leave with the node's address", leaving),
        Chain("KUBE-MARK-MASQ", "marks a packet: its source must become the node's", marking),
    )


def forwarding() -> Iterator[Rule]:
    """What may pass from one interface to another, and what belongs to no connection and may not."""
    yield rule(Option("ctstate", "INVALID"), jump("DROP"))
    yield rule(comment("kubernetes forwarding rules"), mark(MARK), jump("ACCEPT"))
    known = Option("ctstate", "RELATED,ESTABLISHED")
    yield rule(comment("kubernetes forwarding conntrack rule"), known, jump("ACCEPT"))


def _localnet() -> Chain:
    """Guards what route_localnet opens (CVE-2020-8558); the kubelet writes the same."""
    inside = (Option("dst", "127.0.0.0/8"), Option("src", "127.0.0.0/8", negated=True))
    state = Option("ctstate", "RELATED,ESTABLISHED,DNAT", negated=True)
    drop = rule(comment("block incoming localnet connections"), inside, state, jump("DROP"))
    does = "nobody outside reaches 127.0.0.0/8, though node ports answer there"
    return Chain("KUBE-FIREWALL", does, (drop,))


def _jumps(table: str, chains: set[str]) -> tuple[tuple[str, Rule], ...]:
    """What leads from the kernel's own chains to those of kube-proxy, in the order in which it is asked."""
    new = (Option("ctstate", "NEW"),)
    return tuple(
        (source, rule(new if only_new else (), (comment(text),) if text else (), jump(target)))
        for source, target, text, only_new in _JUMPS[table]
        if target in chains
    )

"""The rules of iptables that mode ipvs needs: who is masqueraded, who is refused. Their number is fixed.

Source: writeIptablesRules in pkg/proxy/ipvs/proxier.go of Kubernetes 1.35.
"""

from collections.abc import Iterable, Iterator

from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.rules.iptables import forwarding, masquerading
from sim.routing.kube_proxy.rules.iptables_rule import Chain, IptablesTable, Option, Rule, comment, jump, rule
from sim.routing.kube_proxy.rules.ipvs_sets import IPSet
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode, pod_range

Sets = dict[str, IPSet]

_NODE_PORTS = tuple(
    (f"KUBE-NODE-PORT-{local}{proto.upper()}{'-HASH' if proto == 'sctp' else ''}", proto, target)
    for proto in ("tcp", "udp", "sctp")
    for local, target in (("LOCAL-", "RETURN"), ("", "KUBE-MARK-MASQ"))
)
"""Set, protocol, target; policy Local first, for it keeps the client's address."""

_JUMPS = {
    "filter": (
        ("OUTPUT", "KUBE-IPVS-OUT-FILTER", "kubernetes ipvs access filter"),
        ("INPUT", "KUBE-IPVS-FILTER", "kubernetes ipvs access filter"),
        ("FORWARD", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"),
        ("INPUT", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"),
        ("INPUT", "KUBE-NODE-PORT", "kubernetes health check rules"),
        ("FORWARD", "KUBE-FORWARD", "kubernetes forwarding rules"),
    ),
    "nat": (
        ("POSTROUTING", "KUBE-POSTROUTING", "kubernetes postrouting rules"),
        ("PREROUTING", "KUBE-SERVICES", "kubernetes service portals"),
        ("OUTPUT", "KUBE-SERVICES", "kubernetes service portals"),
    ),
}


def ipvs_rules(
    sets: Iterable[IPSet], ports: tuple[PortOnNode, ...], proxy: Proxy
) -> tuple[IptablesTable, IptablesTable]:
    """The tables filter and nat. A rule stands only where its set has an entry."""
    named = {s.key: s for s in sets}
    filters = IptablesTable("filter", tuple(_filter(named, ports)), _jumps("filter"))
    return filters, IptablesTable("nat", tuple(_nat(named, proxy)), _jumps("nat"))


def _jumps(table: str) -> tuple[tuple[str, Rule], ...]:
    return tuple((source, rule(comment(text), jump(target))) for source, target, text in _JUMPS[table])


def _asks(each: IPSet, direction: str = "") -> Option:
    return Option("match-set", f"{each.name} {direction or each.direction}")


def _asked(each: IPSet, direction: str = "") -> tuple[Option, Option]:
    return comment(each.comment), _asks(each, direction)


def _by_set(sets: Sets, name: str, target: str) -> tuple[Rule, ...]:
    """What is in the set goes to the target; nothing for an empty set."""
    return (rule(_asked(sets[name]), jump(target)),) if sets[name].entries else ()


def _nat(sets: Sets, proxy: Proxy) -> Iterator[Chain]:
    leaving, marking = masquerading()
    yield Chain("KUBE-SERVICES", "who must be masqueraded on the way to IPVS", tuple(_services(sets, proxy)))
    hairpins = _by_set(sets, "KUBE-LOOP-BACK", "MASQUERADE")
    does = f"{leaving.does}, and so do Pods that call themselves"
    yield Chain(leaving.name, does, (*hairpins, *leaving.rules))
    does = "node ports: policy Local keeps the client's address"
    yield Chain("KUBE-NODE-PORT", does, tuple(_node_port(sets)))
    kept = _by_set(sets, "KUBE-LOAD-BALANCER-LOCAL", "RETURN")
    does = "load balancers: policy Local keeps the client's address"
    yield Chain("KUBE-LOAD-BALANCER", does, (*kept, rule(jump("KUBE-MARK-MASQ"))))
    yield marking


def _services(sets: Sets, proxy: Proxy) -> Iterator[Rule]:
    yield rule(Option("src", "::1/128" if proxy.family == "IPv6" else "127.0.0.0/8"), jump("RETURN"))
    yield from _by_set(sets, "KUBE-LOAD-BALANCER", "KUBE-LOAD-BALANCER")
    yield from _cluster_ips(sets["KUBE-CLUSTER-IP"], proxy)
    yield from _by_set(sets, "KUBE-EXTERNAL-IP", "KUBE-MARK-MASQ")
    for name in ("KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL"):
        yield from _external_ips(sets[name])
    yield rule(Option("dst-type", "LOCAL"), jump("KUBE-NODE-PORT"))
    for name in ("KUBE-CLUSTER-IP", "KUBE-LOAD-BALANCER"):
        if sets[name].entries:
            yield rule(_asks(sets[name]), jump("ACCEPT"))


def _cluster_ips(each: IPSet, proxy: Proxy) -> Iterator[Rule]:
    if each.entries:
        pods = None if proxy.options.masquerade_all else pod_range(proxy)
        outside = (Option("src", pods, negated=True),) if pods else ()
        # Without a detector the node's own packets bear a ClusterIP, since kube-ipvs0 has them all.
        direction = "" if pods or proxy.options.masquerade_all else "src,dst"
        yield rule(_asked(each, direction), outside, jump("KUBE-MARK-MASQ"))


def _external_ips(each: IPSet) -> Iterator[Rule]:
    if each.entries:
        outside = (Option("physdev-is-in", negated=True), Option("src-type", "LOCAL", negated=True))
        yield rule(_asked(each), outside, jump("ACCEPT"))
        yield rule(_asked(each), Option("dst-type", "LOCAL"), jump("ACCEPT"))


def _node_port(sets: Sets) -> Iterator[Rule]:
    for name, proto, target in _NODE_PORTS:
        for found in _by_set(sets, name, target):
            yield rule(Option("protocol", proto), found.options)


def _filter(sets: Sets, ports: tuple[PortOnNode, ...]) -> Iterator[Chain]:
    forward = tuple(forwarding())[1:]
    yield Chain("KUBE-FORWARD", "what kube-proxy redirected may be forwarded", forward)
    accepted = rule(_asked(sets["KUBE-HEALTH-CHECK-NODE-PORT"]), jump("ACCEPT"))
    yield Chain("KUBE-NODE-PORT", "health checks of load balancers may enter", (accepted,))
    guarded = _by_set(sets, "KUBE-LOAD-BALANCER-FW", "KUBE-SOURCE-RANGES-FIREWALL")
    yield Chain("KUBE-PROXY-FIREWALL", "load balancers that only some sources may use", guarded)
    yield Chain("KUBE-SOURCE-RANGES-FIREWALL", "drops all but the allowed sources", tuple(_ranges(sets)))
    yield Chain("KUBE-IPVS-FILTER", "a Service's address at a port that is no Service's", tuple(_guard(sets)))
    blocked = tuple(_no_node_access(ports))
    yield Chain("KUBE-IPVS-OUT-FILTER", "load balancers that the node itself may not use", blocked)


def _ranges(sets: Sets) -> Iterator[Rule]:
    for kind in ("CIDR", "IP"):
        yield from _by_set(sets, f"KUBE-LOAD-BALANCER-SOURCE-{kind}", "RETURN")
    yield rule(jump("DROP"))


def _guard(sets: Sets) -> Iterator[Rule]:
    """kube-ipvs0 makes every Service's address the node's own, so the node's own ports would answer there."""
    served = ("LOAD-BALANCER", "CLUSTER-IP", "EXTERNAL-IP", "EXTERNAL-IP-LOCAL", "HEALTH-CHECK-NODE-PORT")
    for name in served:
        yield rule(_asks(sets[f"KUBE-{name}"]), jump("RETURN"))
    yield rule(Option("ctstate", "NEW"), _asks(sets["KUBE-IPVS-IPS"]), jump("REJECT"))


def _no_node_access(ports: tuple[PortOnNode, ...]) -> Iterator[Rule]:
    for port in ports:
        if port.source_ranges and not port.node_in_ranges:
            for address in port.vips:
                target = (Option("vaddr", address), Option("vproto", port.proto))
                number = Option("vport", str(port.port.number))
                yield rule(Option("src", address), target, number, jump("DROP"))

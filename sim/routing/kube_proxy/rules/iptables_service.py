"""What mode iptables writes for one Service port: the rules that lead to it, and the chains of its own.

Each function gives rules for one place, in the order of kube-proxy: ClusterIP, external addresses, the load
balancer's addresses, the node port. Source: syncProxyRules in pkg/proxy/iptables/proxier.go, 1.35.
"""

from collections.abc import Iterator

from sim.cluster.families import address_of
from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.names import iptables_chain
from sim.routing.kube_proxy.rules.iptables_rule import (
    Chain,
    Option,
    Rule,
    comment,
    destination,
    jump,
    protocol,
    rule,
)
from sim.routing.kube_proxy.rules.port_on_node import HERE, PortOnNode, pod_range

LOCAL_DESTINATION = Option("dst-type", "LOCAL")
_LOCAL_SOURCE = Option("src-type", "LOCAL")
MARK_MASQ = "KUBE-MARK-MASQ"


def chain_of(port: PortOnNode, kind: str, endpoint: str = "") -> str:
    """The name of one of its chains: SVC, SVL, EXT, FW, or SEP with an endpoint."""
    return iptables_chain(kind, port.name, port.proto, endpoint)


def captures(port: PortOnNode) -> Iterator[Rule]:
    """Table nat, KUBE-SERVICES: addresses that lead to the chains of this port."""
    if port.internal_served:
        yield _capture(port, port.cluster_ip, "cluster IP", _internal_chain(port))
    for address in port.external_ips if port.exists else ():
        yield _capture(port, address, "external IP", chain_of(port, "EXT"))
    for address in port.vips if port.exists else ():
        first = chain_of(port, "FW" if port.firewalled else "EXT")
        yield _capture(port, address, "loadbalancer IP", first)


def _capture(port: PortOnNode, address: str, kind: str, target: str) -> Rule:
    return rule(comment(f"{port.name} {kind}"), _at(port, address), jump(target))


def _at(port: PortOnNode, address: str) -> tuple[Option, ...]:
    return destination(port.proto, port.port.number, address)


def _internal_chain(port: PortOnNode) -> str:
    return chain_of(port, "SVL" if port.internal_local else "SVC")


def node_port_captures(port: PortOnNode) -> Iterator[Rule]:
    """Table nat, KUBE-NODEPORTS. Source ranges are never asked here."""
    if port.node_port and port.exists:
        number = destination(port.proto, port.node_port)
        yield rule(comment(port.name), number, jump(chain_of(port, "EXT")))


def internal_refusals(port: PortOnNode) -> Iterator[Rule]:
    """Table filter, KUBE-SERVICES: the ClusterIP of a port that cannot be served from here."""
    if not port.internal_served:
        why, target = _refusal(port)
        yield rule(comment(why), _at(port, port.cluster_ip), jump(target))


def external_refusals(port: PortOnNode) -> Iterator[Rule]:
    """Table filter, KUBE-EXTERNAL-SERVICES: the same for every other address."""
    if port.external_served:
        return
    why, target = _refusal(port)
    for address in (*port.external_ips, *port.vips):
        yield rule(comment(why), _at(port, address), jump(target))
    if port.node_port:
        number = destination(port.proto, port.node_port)
        yield rule(comment(why), LOCAL_DESTINATION, number, jump(target))


def _refusal(port: PortOnNode) -> tuple[str, str]:
    """No endpoint at all is said aloud; none on this node is silence, for another node may have one."""
    if port.exists:
        return f"{port.name} has no local endpoints", "DROP"
    return f"{port.name} has no endpoints", "REJECT"


def firewall_drops(port: PortOnNode) -> Iterator[Rule]:
    """Table filter, KUBE-PROXY-FIREWALL: what the chain FW let fall, and so still bears the old address."""
    if port.firewalled and port.exists:
        why = comment(f"{port.name} traffic not accepted by {chain_of(port, 'FW')}")
        yield from (rule(why, _at(port, address), jump("DROP")) for address in port.vips)


def health_accepts(port: PortOnNode) -> Iterator[Rule]:
    """Table filter, KUBE-NODEPORTS: the port where the load balancer asks for the node's health."""
    if port.health_check_node_port:
        number = destination("tcp", port.health_check_node_port)
        yield rule(comment(f"{port.name} health check node port"), number, jump("ACCEPT"))


def chains(port: PortOnNode, proxy: Proxy, comments: bool) -> Iterator[Chain]:
    """Table nat: the chains of this port, as far as anything leads to them.

    Args:
        comments: whether rules about endpoints say so; not in a large cluster.
    """
    if port.is_external and port.exists:
        yield _external(port, proxy)
    if port.firewalled and port.exists:
        yield _firewall(port)
    if port.cluster:
        yield _policy(port, "SVC", port.cluster, proxy, comments)
    if port.local:
        yield _policy(port, "SVL", port.local, proxy, comments)
    yield from (_endpoint(port, endpoint, comments) for endpoint in port.reachable)


def _external(port: PortOnNode, proxy: Proxy) -> Chain:
    where, local = f"{port.name} external destinations", port.external_local
    everyone = rule(comment(f"masquerade traffic for {where}"), jump(MARK_MASQ))
    rules = list(_short_cuts(port, where, proxy)) if local else [everyone]
    if port.external_served:
        rules.append(rule(jump(chain_of(port, "SVL" if local else "SVC"))))
    return Chain(chain_of(port, "EXT"), port.external_does, tuple(rules))


def _short_cuts(port: PortOnNode, where: str, proxy: Proxy) -> Iterator[Rule]:
    """Under policy Local, Pods and the node itself may still use every endpoint."""
    everywhere = jump(chain_of(port, "SVC"))
    if pods := pod_range(proxy):
        yield rule(comment(f"pod traffic for {where}"), Option("src", pods), everywhere)
    yield rule(comment(f"masquerade LOCAL traffic for {where}"), _LOCAL_SOURCE, jump(MARK_MASQ))
    yield rule(comment(f"route LOCAL traffic for {where}"), _LOCAL_SOURCE, everywhere)


def _firewall(port: PortOnNode) -> Chain:
    why, target = comment(f"{port.name} loadbalancer IP"), jump(chain_of(port, "EXT"))
    allowed = [rule(why, Option("src", source), target) for source in port.allowed_sources]
    rest = rule(comment(f"other traffic to {port.name} will be dropped by KUBE-PROXY-FIREWALL"))
    does = f"the load balancer of {port.name}: only these sources go on, others fall out and are dropped"
    return Chain(chain_of(port, "FW"), does, (*allowed, rest))


def _policy(port: PortOnNode, kind: str, endpoints: tuple[str, ...], proxy: Proxy, comments: bool) -> Chain:
    name = chain_of(port, kind)
    masquerade = _internal_masquerade(port, proxy) if name == _internal_chain(port) else ()
    rules = (*masquerade, *_affinity(port, endpoints, comments), *_shares(port, endpoints, comments))
    return Chain(name, port.policy_does(endpoints, "all endpoints" if kind == "SVC" else HERE), rules)


def _internal_masquerade(port: PortOnNode, proxy: Proxy) -> Iterator[Rule]:
    """Whoever is no Pod and uses the ClusterIP gets answers only through this node."""
    where = (comment(f"{port.name} cluster IP"), *_at(port, port.cluster_ip))
    if proxy.options.masquerade_all:
        yield rule(where, jump(MARK_MASQ))
    elif pods := pod_range(proxy):
        yield rule(where, Option("src", pods, negated=True), jump(MARK_MASQ))


def _affinity(port: PortOnNode, endpoints: tuple[str, ...], comments: bool) -> Iterator[Rule]:
    for endpoint in endpoints if port.affinity_s is not None else ():
        chain = chain_of(port, "SEP", endpoint)
        recent = (Option("name", chain), Option("rcheck"), Option("seconds", str(port.affinity_s)))
        yield rule(_leads(port, endpoint, comments), recent, Option("reap"), jump(chain))


def _shares(port: PortOnNode, endpoints: tuple[str, ...], comments: bool) -> Iterator[Rule]:
    """The i-th of n takes 1/(n-i) of what is left, so that all are equally likely."""
    for index, endpoint in enumerate(endpoints):
        left = len(endpoints) - index
        random = (Option("mode", "random"), Option("probability", f"{1 / left:.10f}")) if left > 1 else ()
        yield rule(_leads(port, endpoint, comments), random, jump(chain_of(port, "SEP", endpoint)))


def _leads(port: PortOnNode, endpoint: str, comments: bool) -> tuple[Option, ...]:
    return (comment(f"{port.name} -> {endpoint}"),) if comments else ()


def _endpoint(port: PortOnNode, endpoint: str, comments: bool) -> Chain:
    name, says = chain_of(port, "SEP", endpoint), (comment(port.name),) if comments else ()
    seen = (Option("name", name), Option("set")) if port.affinity_s is not None else ()
    hairpin = rule(says, Option("src", address_of(endpoint)), jump(MARK_MASQ))
    target = Option("to-destination", endpoint)
    dnat = rule(says, seen, protocol(port.proto), jump("DNAT"), target)
    return Chain(name, port.endpoint_does(endpoint), (hairpin, dnat))

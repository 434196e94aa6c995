"""Mode nftables: the table `ip kube-proxy` as kube-proxy fills it on one node.

Services are keys of maps, so what the first packet of a connection passes does not grow with their number.
Source: setupNFTables and syncProxyRules in pkg/proxy/nftables/proxier.go of Kubernetes 1.35.
"""

from collections.abc import Callable, Iterable, Iterator

from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.rules import nftables_service as of
from sim.routing.kube_proxy.rules.nftables_table import (
    ADDRESS,
    BY_ADDRESS,
    BY_PORT,
    NftChain,
    NftSet,
    NftTable,
    noted,
)
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode
from sim.routing.kube_proxy.rules.section import Written

_MARK = "0x4000"
_ASK_ADDRESS = "ip daddr . meta l4proto . th dport vmap"
_ASK_NODE_PORT = "ip daddr @nodeport-ips meta l4proto . th dport vmap"
_HOOKS = (
    ("filter-prerouting-pre-dnat", "filter hook prerouting priority -110", ("firewall-check",)),
    ("filter-output-pre-dnat", "filter hook output priority -110", ("firewall-check",)),
    ("nat-prerouting", "nat hook prerouting priority -100", ("services",)),
    ("nat-output", "nat hook output priority -100", ("services",)),
    ("filter-input", "filter hook input priority 0", ("nodeport-endpoints-check", "service-endpoints-check")),
    ("filter-forward", "filter hook forward priority 0", ("service-endpoints-check", "cluster-ips-check")),
    ("filter-output", "filter hook output priority 0", ("service-endpoints-check", "cluster-ips-check")),
    ("nat-postrouting", "nat hook postrouting priority 100", ("masquerading",)),
)
"""Chains that the kernel enters, where, and what they ask. Before -100 a packet bears the old address."""


_MAPS = (
    ("service-ips", "an address of a Service leads to its chain", BY_ADDRESS, of.service_addresses),
    ("service-nodeports", "a node port leads to its Service", BY_PORT, of.node_ports),
    ("no-endpoint-services", "addresses without an endpoint", BY_ADDRESS, of.refused_addresses),
    ("no-endpoint-nodeports", "node ports without an endpoint", BY_PORT, of.refused_node_ports),
    ("firewall-ips", "load balancers that only some sources may use", BY_ADDRESS, of.firewalled_addresses),
)
_COMMENTS = {
    "service-ips": "ClusterIP, ExternalIP and LoadBalancer IP traffic",
    "service-nodeports": "NodePort traffic",
    "no-endpoint-services": "vmap to drop or reject packets to services with no endpoints",
    "no-endpoint-nodeports": "vmap to drop or reject packets to service nodeports with no endpoints",
    "firewall-ips": "destinations that are subject to LoadBalancerSourceRanges",
}
"""What `nft list` shows beside a map."""


def nftables(ports: tuple[PortOnNode, ...], proxy: Proxy) -> Written:
    """The table of one node. Node ports are served on the node's primary address only."""
    sets = (*_shared_sets(ports, proxy), *(s for p in ports for s in of.affinity_sets(p)))
    own = (c for p in ports for c in of.chains(p, proxy))
    table = NftTable(sets, (*_entered(), *_shared_chains(proxy), *own))
    return table.facts(), tuple(table.sections())


def _shared_sets(ports: tuple[PortOnNode, ...], proxy: Proxy) -> Iterator[NftSet]:
    cluster_ips = tuple(dict.fromkeys(p.cluster_ip for p in ports))
    yield NftSet("cluster-ips", "every ClusterIP", ADDRESS, cluster_ips, "Active ClusterIPs")
    where = "where node ports are served"
    served = (proxy.node.address,) if proxy.takes_node_ports(proxy.node.address, everywhere=False) else ()
    yield NftSet("nodeport-ips", where, ADDRESS, served, "IPs that accept NodePort traffic")
    for name, does, kind, elements_of in _MAPS:
        yield NftSet(name, does, kind, _all(elements_of, ports), _COMMENTS[name])


def _all(elements_of: Callable[[PortOnNode], Iterable[str]], ports: Iterable[PortOnNode]) -> tuple[str, ...]:
    """Elements of every port; of two ports that claim a key, the first has it."""
    found = (e for p in ports for e in elements_of(p))
    return tuple({e.split(" : ")[0].split(" comment ")[0]: e for e in reversed([*found])}.values())[::-1]


def _entered() -> Iterator[NftChain]:
    for name, hook, targets in _HOOKS:
        new = "ct state new " if hook.startswith("filter") else ""
        rules = tuple(f"{new}jump {target}" for target in targets)
        yield NftChain(name, f"entered by the kernel; asks {' and '.join(targets)}", rules, f"type {hook}")


def _shared_chains(proxy: Proxy) -> Iterator[NftChain]:
    services = (f"{_ASK_ADDRESS} @service-ips", f"{_ASK_NODE_PORT} @service-nodeports")
    yield NftChain("services", "is this address, or this node port, a Service's?", services)
    guarded = (f"{_ASK_ADDRESS} @firewall-ips",)
    yield NftChain("firewall-check", "may this source use that load balancer?", guarded)
    unserved = (f"{_ASK_ADDRESS} @no-endpoint-services",)
    yield NftChain("service-endpoints-check", "has this Service no endpoint?", unserved)
    unserved = (f"{_ASK_NODE_PORT} @no-endpoint-nodeports",)
    yield NftChain("nodeport-endpoints-check", "has the Service of this node port no endpoint?", unserved)
    yield NftChain("cluster-ips-check", "ClusterIPs at ports that no Service has", tuple(_unserved(proxy)))
    helper = "helper for @no-endpoint-services / @no-endpoint-nodeports"
    yield NftChain("reject-chain", "says no at once", ("reject",), comment=helper)
    marking = (f"mark set mark or {_MARK}",)
    yield NftChain("mark-for-masquerade", "marks a packet: its source must become the node's", marking)
    leaving = (f"mark and {_MARK} == 0 return", f"mark set mark xor {_MARK}", "masquerade fully-random")
    yield NftChain("masquerading", "marked packets leave with the node's address", leaving)


def _unserved(proxy: Proxy) -> Iterator[str]:
    yield noted("ip daddr @cluster-ips reject", "Reject traffic to invalid ports of ClusterIPs")
    if ranges := " , ".join(r for r in proxy.options.service_cidrs if ":" not in r):
        yield noted(f"ip daddr {{ {ranges} }} drop", "Drop traffic to unallocated ClusterIPs")

"""Mode nftables: the table `ip kube-proxy`, or `ip6 kube-proxy`, as kube-proxy fills it on one node.

Services are keys of maps, so what the first packet of a connection passes does not grow with their number.
Source: setupNFTables and syncProxyRules in pkg/proxy/nftables/proxier.go of Kubernetes 1.35.
"""

from collections.abc import Callable, Iterable, Iterator

from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.rules import nftables_service as of
from sim.routing.kube_proxy.rules.nftables_table import (
    BY_PORT,
    NftChain,
    NftSet,
    NftTable,
    address_type,
    header,
    noted,
)
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode, of_family
from sim.routing.kube_proxy.rules.section import Written

_MARK = "0x4000"
_ASK_ADDRESS = "daddr . meta l4proto . th dport vmap"
_ASK_NODE_PORT = "daddr @nodeport-ips meta l4proto . th dport vmap"
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
    ("service-ips", "an address of a Service leads to its chain", True, of.service_addresses),
    ("service-nodeports", "a node port leads to its Service", False, of.node_ports),
    ("no-endpoint-services", "addresses without an endpoint", True, of.refused_addresses),
    ("no-endpoint-nodeports", "node ports without an endpoint", False, of.refused_node_ports),
    ("firewall-ips", "load balancers that only some sources may use", True, of.firewalled_addresses),
)
"""Maps: name, what they do, whether keys begin with an address, elements of one port."""
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
    table = NftTable(proxy.family, sets, (*_entered(), *_shared_chains(proxy), *own))
    return table.facts(), tuple(table.sections())


def _shared_sets(ports: tuple[PortOnNode, ...], proxy: Proxy) -> Iterator[NftSet]:
    cluster_ips, address = tuple(dict.fromkeys(p.cluster_ip for p in ports)), address_type(proxy.family)
    yield NftSet("cluster-ips", "every ClusterIP", address, cluster_ips, "Active ClusterIPs")
    where = "where node ports are served"
    served = (proxy.address,) if proxy.takes_node_ports(proxy.address, everywhere=False) else ()
    yield NftSet("nodeport-ips", where, address, served, "IPs that accept NodePort traffic")
    for name, does, by_address, elements_of in _MAPS:
        keys = f"{address} . {BY_PORT}" if by_address else BY_PORT
        yield NftSet(name, does, keys, _all(elements_of, ports), _COMMENTS[name])


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
    ip = header(proxy.family)
    services = (f"{ip} {_ASK_ADDRESS} @service-ips", f"{ip} {_ASK_NODE_PORT} @service-nodeports")
    yield NftChain("services", "is this address, or this node port, a Service's?", services)
    guarded = (f"{ip} {_ASK_ADDRESS} @firewall-ips",)
    yield NftChain("firewall-check", "may this source use that load balancer?", guarded)
    unserved = (f"{ip} {_ASK_ADDRESS} @no-endpoint-services",)
    yield NftChain("service-endpoints-check", "has this Service no endpoint?", unserved)
    unserved = (f"{ip} {_ASK_NODE_PORT} @no-endpoint-nodeports",)
    yield NftChain("nodeport-endpoints-check", "has the Service of this node port no endpoint?", unserved)
    yield NftChain("cluster-ips-check", "ClusterIPs at ports that no Service has", tuple(_unserved(proxy)))
    helper = "helper for @no-endpoint-services / @no-endpoint-nodeports"
    yield NftChain("reject-chain", "says no at once", ("reject",), comment=helper)
    marking = (f"mark set mark or {_MARK}",)
    yield NftChain("mark-for-masquerade", "marks a packet: its source must become the node's", marking)
    leaving = (f"mark and {_MARK} == 0 return", f"mark set mark xor {_MARK}", "masquerade fully-random")
    yield NftChain("masquerading", "marked packets leave with the node's address", leaving)


def _unserved(proxy: Proxy) -> Iterator[str]:
    ip = header(proxy.family)
    yield noted(f"{ip} daddr @cluster-ips reject", "Reject traffic to invalid ports of ClusterIPs")
    if ranges := " , ".join(of_family(proxy.options.service_cidrs, proxy.family)):
        yield noted(f"{ip} daddr {{ {ranges} }} drop", "Drop traffic to unallocated ClusterIPs")

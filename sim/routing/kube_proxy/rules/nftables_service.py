"""What mode nftables writes for one Service port: elements of shared maps, chains and sets of its own.

Source: syncProxyRules in pkg/proxy/nftables/proxier.go of Kubernetes 1.35.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.names import nftables_chain
from sim.routing.kube_proxy.rules.nftables_table import ADDRESS, NftChain, NftRule, NftSet
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode, pod_range

_MASQUERADE = "jump mark-for-masquerade"


def name_of(port: PortOnNode, kind: str, endpoint: str = "") -> str:
    """The name of one of its chains or sets."""
    return nftables_chain(kind, port.name, port.protocol, endpoint)


def service_addresses(port: PortOnNode) -> Iterator[str]:
    """Map service-ips: addresses that lead to the chains of this port."""
    if port.internal_served:
        yield f"{_key(port, port.cluster_ip)} : goto {_internal_chain(port)}"
    if port.exists:
        for address in (*port.external_ips, *port.load_balancer_ips):
            yield f"{_key(port, address)} : goto {name_of(port, 'external')}"


def _key(port: PortOnNode, address: str) -> str:
    return f"{address} . {port.protocol} . {port.port}"


def _internal_chain(port: PortOnNode) -> str:
    return name_of(port, "local" if port.internal_local else "service")


def node_ports(port: PortOnNode) -> Iterator[str]:
    """Map service-nodeports. Source ranges are never asked here."""
    if port.node_port and port.exists:
        yield f"{port.protocol} . {port.node_port} : goto {name_of(port, 'external')}"


def refused_addresses(port: PortOnNode) -> Iterator[str]:
    """Map no-endpoint-services."""
    internal = () if port.internal_served else (port.cluster_ip,)
    external = () if port.external_served else (*port.external_ips, *port.load_balancer_ips)
    for address in (*internal, *external):
        yield f'{_key(port, address)} comment "{port.name}" : {_refusal(port)}'


def refused_node_ports(port: PortOnNode) -> Iterator[str]:
    """Map no-endpoint-nodeports."""
    if port.node_port and not port.external_served:
        yield f'{port.protocol} . {port.node_port} comment "{port.name}" : {_refusal(port)}'


def _refusal(port: PortOnNode) -> str:
    """No endpoint at all is said aloud; none on this node is silence, for another node may have one."""
    return "drop" if port.exists else "goto reject-chain"


def firewalled_addresses(port: PortOnNode) -> Iterator[str]:
    """Map firewall-ips: asked before anything else, so also without endpoints (unlike mode iptables)."""
    if port.firewalled:
        for address in port.load_balancer_ips:
            yield f"{_key(port, address)} : goto {name_of(port, 'firewall')}"


def affinity_sets(port: PortOnNode) -> Iterator[NftSet]:
    """Per endpoint the clients that it has, without a limit of their number (unlike mode iptables)."""
    if port.affinity_s is not None:
        for endpoint in port.reachable:
            does = f"clients of {endpoint}, forgotten {port.affinity_s} s after their last connection"
            yield NftSet(name_of(port, "affinity", endpoint), does, ADDRESS, timeout_s=port.affinity_s)


def chains(port: PortOnNode, proxy: Proxy) -> Iterator[NftChain]:
    """The chains of this port, as far as anything leads to them."""
    if port.external and port.exists:
        yield _external(port, proxy)
    if port.firewalled:
        yield _firewall(port)
    if port.cluster:
        yield _policy(port, "service", port.cluster, proxy)
    if port.local:
        yield _policy(port, "local", port.local, proxy)
    yield from (_endpoint(port, endpoint) for endpoint in port.reachable)


def _external(port: PortOnNode, proxy: Proxy) -> NftChain:
    local = port.external_local
    rules = list(_short_cuts(port, proxy)) if local else [NftRule(_MASQUERADE)]
    if port.external_served:
        rules.append(NftRule(f"goto {name_of(port, 'local' if local else 'service')}"))
    kept = "keeps the client's address and stays on this node" if local else "hides the client's address"
    does = f"traffic to {port.name} from outside: {kept}"
    return NftChain(name_of(port, "external"), does, tuple(rules))


def _short_cuts(port: PortOnNode, proxy: Proxy) -> Iterator[NftRule]:
    """Under policy Local, Pods and the node itself may still use every endpoint."""
    everywhere = f"goto {name_of(port, 'service')}"
    if pods := pod_range(proxy):
        yield NftRule(f"ip saddr {pods} {everywhere}", "short-circuit pod traffic")
    yield NftRule(f"fib saddr type local {_MASQUERADE}", "masquerade local traffic")
    yield NftRule(f"fib saddr type local {everywhere}", "short-circuit local traffic")


def _firewall(port: PortOnNode) -> NftChain:
    sources = " , ".join(port.allowed_sources)
    does = f"the load balancer of {port.name}: drops all but these sources"
    return NftChain(name_of(port, "firewall"), does, (NftRule(f"ip saddr != {{ {sources} }} drop"),))


def _policy(port: PortOnNode, kind: str, endpoints: tuple[str, ...], proxy: Proxy) -> NftChain:
    name = name_of(port, kind)
    masquerade = _internal_masquerade(port, proxy) if name == _internal_chain(port) else ()
    who = "all endpoints" if kind == "service" else "the endpoints of this node"
    sticky = ", the one a client had before first" if port.affinity_s else ""
    does = f"{port.name} over {who} ({len(endpoints)}), each as likely as the others{sticky}"
    return NftChain(name, does, (*masquerade, *_affinity(port, endpoints), _shares(port, endpoints)))


def _internal_masquerade(port: PortOnNode, proxy: Proxy) -> Iterator[NftRule]:
    """Whoever is no Pod and uses the ClusterIP gets answers only through this node."""
    if proxy.options.masquerade_all:
        yield NftRule(f"ip daddr {port.cluster_ip} {_MASQUERADE}")
    elif pods := pod_range(proxy):
        yield NftRule(f"ip daddr {port.cluster_ip} ip saddr != {pods} {_MASQUERADE}")


def _affinity(port: PortOnNode, endpoints: tuple[str, ...]) -> Iterator[NftRule]:
    if port.affinity_s is not None:
        for endpoint in endpoints:
            had, goes = name_of(port, "affinity", endpoint), name_of(port, "endpoint", endpoint)
            yield NftRule(f"ip saddr @{had} goto {goes}")


def _shares(port: PortOnNode, endpoints: tuple[str, ...]) -> NftRule:
    """One draw, one look-up: every endpoint is as likely as the others."""
    goes = " , ".join(f"{i} : goto {name_of(port, 'endpoint', e)}" for i, e in enumerate(endpoints))
    return NftRule(f"numgen random mod {len(endpoints)} vmap {{ {goes} }}")


def _endpoint(port: PortOnNode, endpoint: str) -> NftChain:
    rules = [NftRule(f"ip saddr {endpoint.rpartition(':')[0]} {_MASQUERADE}")]
    if port.affinity_s is not None:
        rules.append(NftRule(f"update @{name_of(port, 'affinity', endpoint)} {{ ip saddr }}"))
    rules.append(NftRule(f"meta l4proto {port.protocol} dnat to {endpoint}"))
    does = f"the endpoint {endpoint} of {port.name}; if it calls itself, its address is hidden"
    return NftChain(name_of(port, "endpoint", endpoint), does, tuple(rules))

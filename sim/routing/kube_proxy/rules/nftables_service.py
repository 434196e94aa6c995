"""What mode nftables writes for one Service port: elements of shared maps, chains and sets of its own.

Source: syncProxyRules in pkg/proxy/nftables/proxier.go of Kubernetes 1.35.
"""

from collections.abc import Iterator

from sim.cluster.families import address_of
from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.names import nftables_chain
from sim.routing.kube_proxy.rules.nftables_table import (
    NftChain,
    NftSet,
    address_type,
    header,
    noted,
)
from sim.routing.kube_proxy.rules.port_on_node import HERE, PortOnNode, pod_range

_MASQUERADE = "jump mark-for-masquerade"


def name_of(port: PortOnNode, kind: str, endpoint: str = "") -> str:
    """The name of one of its chains or sets."""
    return nftables_chain(kind, port.name, port.proto, endpoint)


def service_addresses(port: PortOnNode) -> Iterator[str]:
    """Map service-ips: addresses that lead to the chains of this port."""
    if port.internal_served:
        yield f"{_key(port, port.cluster_ip)} : goto {_internal_chain(port)}"
    for address in (*port.external_ips, *port.vips) if port.exists else ():
        yield f"{_key(port, address)} : goto {name_of(port, 'external')}"


def _key(port: PortOnNode, address: str) -> str:
    return f"{address} . {port.proto} . {port.port.number}"


def _internal_chain(port: PortOnNode) -> str:
    return name_of(port, "local" if port.internal_local else "service")


def node_ports(port: PortOnNode) -> Iterator[str]:
    """Map service-nodeports. Source ranges are never asked here."""
    if port.node_port and port.exists:
        yield f"{port.proto} . {port.node_port} : goto {name_of(port, 'external')}"


def refused_addresses(port: PortOnNode) -> Iterator[str]:
    """Map no-endpoint-services."""
    internal = () if port.internal_served else (port.cluster_ip,)
    external = () if port.external_served else (*port.external_ips, *port.vips)
    for address in (*internal, *external):
        yield f'{_key(port, address)} comment "{port.name}" : {_refusal(port)}'


def refused_node_ports(port: PortOnNode) -> Iterator[str]:
    """Map no-endpoint-nodeports."""
    if port.node_port and not port.external_served:
        yield f'{port.proto} . {port.node_port} comment "{port.name}" : {_refusal(port)}'


def _refusal(port: PortOnNode) -> str:
    """No endpoint at all is said aloud; none on this node is silence, for another node may have one."""
    return "drop" if port.exists else "goto reject-chain"


def firewalled_addresses(port: PortOnNode) -> Iterator[str]:
    """Map firewall-ips: asked before anything else, so also without endpoints (unlike mode iptables)."""
    for address in port.vips if port.firewalled else ():
        yield f"{_key(port, address)} : goto {name_of(port, 'firewall')}"


def affinity_sets(port: PortOnNode) -> Iterator[NftSet]:
    """Per endpoint the clients that it has, without a limit of their number (unlike mode iptables)."""
    for endpoint in port.reachable if port.affinity_s is not None else ():
        does = f"clients of {endpoint}, forgotten {port.affinity_s} s after their last connection"
        yield NftSet(
            name_of(port, "affinity", endpoint), does, address_type(port.family), timeout_s=port.affinity_s
        )


def chains(port: PortOnNode, proxy: Proxy) -> Iterator[NftChain]:
    """The chains of this port, as far as anything leads to them."""
    if port.is_external and port.exists:
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
    rules = list(_short_cuts(port, proxy)) if local else [_MASQUERADE]
    if port.external_served:
        rules.append(f"goto {name_of(port, 'local' if local else 'service')}")
    return NftChain(name_of(port, "external"), port.external_does, tuple(rules))


def _short_cuts(port: PortOnNode, proxy: Proxy) -> Iterator[str]:
    """Under policy Local, Pods and the node itself may still use every endpoint."""
    everywhere = f"goto {name_of(port, 'service')}"
    if pods := pod_range(proxy):
        yield noted(f"{header(port.family)} saddr {pods} {everywhere}", "short-circuit pod traffic")
    yield noted(f"fib saddr type local {_MASQUERADE}", "masquerade local traffic")
    yield noted(f"fib saddr type local {everywhere}", "short-circuit local traffic")


def _firewall(port: PortOnNode) -> NftChain:
    sources = " , ".join(port.allowed_sources)
    does = f"the load balancer of {port.name}: drops all but these sources"
    return NftChain(
        name_of(port, "firewall"), does, (f"{header(port.family)} saddr != {{ {sources} }} drop",)
    )


def _policy(port: PortOnNode, kind: str, endpoints: tuple[str, ...], proxy: Proxy) -> NftChain:
    name = name_of(port, kind)
    masquerade = _internal_masquerade(port, proxy) if name == _internal_chain(port) else ()
    does = port.policy_does(endpoints, "all endpoints" if kind == "service" else HERE)
    return NftChain(name, does, (*masquerade, *_affinity(port, endpoints), _shares(port, endpoints)))


def _internal_masquerade(port: PortOnNode, proxy: Proxy) -> Iterator[str]:
    """Whoever is no Pod and uses the ClusterIP gets answers only through this node."""
    ip = header(port.family)
    if proxy.options.masquerade_all:
        yield f"{ip} daddr {port.cluster_ip} {_MASQUERADE}"
    elif pods := pod_range(proxy):
        yield f"{ip} daddr {port.cluster_ip} {ip} saddr != {pods} {_MASQUERADE}"


def _affinity(port: PortOnNode, endpoints: tuple[str, ...]) -> Iterator[str]:
    for endpoint in endpoints if port.affinity_s is not None else ():
        had, goes = name_of(port, "affinity", endpoint), name_of(port, "endpoint", endpoint)
        yield f"{header(port.family)} saddr @{had} goto {goes}"


def _shares(port: PortOnNode, endpoints: tuple[str, ...]) -> str:
    """One draw, one look-up: every endpoint is as likely as the others."""
    goes = " , ".join(f"{i} : goto {name_of(port, 'endpoint', e)}" for i, e in enumerate(endpoints))
    return f"numgen random mod {len(endpoints)} vmap {{ {goes} }}"


def _endpoint(port: PortOnNode, endpoint: str) -> NftChain:
    ip = header(port.family)
    rules = [f"{ip} saddr {address_of(endpoint)} {_MASQUERADE}"]
    if port.affinity_s is not None:
        rules.append(f"update @{name_of(port, 'affinity', endpoint)} {{ {ip} saddr }}")
    rules.append(f"meta l4proto {port.proto} dnat to {endpoint}")
    return NftChain(name_of(port, "endpoint", endpoint), port.endpoint_does(endpoint), tuple(rules))

"""Mode ipvs: virtual servers in the kernel's own load balancer, and a fixed number of rules beside it.

Deprecated in Kubernetes 1.35 (KEP-5495). Where policy Local finds no endpoint on this node, every endpoint is
used instead, unlike in the other modes. Source: pkg/proxy/ipvs/proxier.go of Kubernetes 1.35.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.rules.ipvs_rules import ipvs_rules
from sim.routing.kube_proxy.rules.ipvs_sets import ip_sets
from sim.routing.kube_proxy.rules.ipvs_table import IPVSState, VirtualService
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode


def ipvs(ports: tuple[PortOnNode, ...], proxy: Proxy) -> IPVSState:
    """What is in the kernel of one node."""
    bound = tuple(dict.fromkeys(a for p in ports for a in _bound(p, proxy)))
    sets = ip_sets(ports, proxy, bound)
    servers = {(s.address, s.protocol): s for p in reversed(ports) for s in _servers(p, proxy)}
    return IPVSState(tuple(servers.values())[::-1], bound, sets, ipvs_rules(sets, ports, proxy))


def _bound(port: PortOnNode, proxy: Proxy) -> Iterator[str]:
    yield port.cluster_ip
    yield from (a for a in (*port.external_ips, *port.load_balancer_ips) if a != proxy.node.address)


def _servers(port: PortOnNode, proxy: Proxy) -> Iterator[VirtualService]:
    """Virtual servers of one port, last first."""
    internal = _endpoints(port, port.internal_local)
    external = _endpoints(port, port.external_local)
    found = [(f"{port.cluster_ip}:{port.port}", internal)]
    found += [(f"{a}:{port.port}", external) for a in (*port.external_ips, *port.load_balancer_ips)]
    found += [(f"{proxy.node.address}:{port.node_port}", external)] if port.node_port else []
    for address, endpoints in reversed(found):
        yield VirtualService(
            address, port.protocol, proxy.options.scheduler, port.affinity_s, endpoints, port.name
        )


def _endpoints(port: PortOnNode, local: bool) -> tuple[str, ...]:
    return (port.local or port.cluster) if local else port.cluster

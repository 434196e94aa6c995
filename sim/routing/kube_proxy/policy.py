"""Which list a new connection draws from, and whether its source is hidden: alike in several modes.

From outside, policy Local keeps to this node's endpoints and keeps the source. A Pod, and the node itself,
use all endpoints even then: for them it is as if they had gone out to the load balancer and come back.
Source: pkg/proxy/iptables/proxier.go, pkg/proxy/nftables/proxier.go of Kubernetes 1.35.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.routing.kube_proxy.categories import Categories, Endpoints
from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.proxy import Proxy
from sim.routing.kube_proxy.service_ports import ServicePortInfo
from sim.routing.kube_proxy.verdict import Verdict
from sim.routing.trace import Step


@dataclass(frozen=True)
class ServiceChains:
    """The chains of a Service that a connection takes.

    Args:
        chains: kinds as in iptables: `SVC` (all), `SVL` (this node's), before them `EXT` from outside.
        endpoints: empty if the way ends in `EXT` without a choice.
        marked: whether the source is to be masqueraded.
    """

    chains: tuple[str, ...]
    endpoints: Endpoints
    marked: bool
    because: str


def service_chains(
    proxy: Proxy, kind: str, port: ServicePortInfo, packet: Packet, found: Categories
) -> ServiceChains:
    """Where a connection to this kind of address goes."""
    return (_to_cluster_ip if kind == "cluster IP" else _from_outside)(proxy, port, packet, found)


def dnat(
    way: ServiceChains,
    port: ServicePortInfo,
    own: Endpoints,
    chains: tuple[str, ...],
    names: tuple[str, ...],
    says: Iterable[str],
    rules_passed: int = 1,
) -> Verdict:
    """The verdict where there is a choice.

    Args:
        own: endpoints that are the client itself, which must see another source than its own address.
        names: the chain of each endpoint.
        says: a sentence about each endpoint.
    """
    everyone = way.marked or len(own) == len(way.endpoints)
    return Verdict(
        "dnat",
        f"Service {port.service.key}: {way.because}",
        chains,
        way.endpoints,
        names,
        everyone,
        () if everyone else own,
        port,
        rules_passed=rules_passed,
        steps=tuple(
            Step(e.target, True, text, e.source) for e, text in zip(way.endpoints, says, strict=True)
        ),
    )


def filtered(port: ServicePortInfo, source: str, chains: tuple[str, ...], rules_passed: int = 1) -> Verdict:
    """The verdict where loadBalancerSourceRanges keep a source out."""
    because = f"{source} is in none of loadBalancerSourceRanges"
    return Verdict("drop", because, chains, service_port=port, rules_passed=rules_passed, filtered=True)


def _to_cluster_ip(proxy: Proxy, port: ServicePortInfo, packet: Packet, found: Categories) -> ServiceChains:
    """Masqueraded unless the source is a Pod, for the answer must come back this way."""
    marked = proxy.options.masquerade_all or (
        proxy.options.local_detector and not proxy.is_pod(packet.source)
    )
    if port.internal_local:
        return ServiceChains(("SVL",), found.local, marked, "internalTrafficPolicy Local: this node's Pods")
    return ServiceChains(("SVC",), found.cluster, marked, _all_of(found))


def _from_outside(proxy: Proxy, port: ServicePortInfo, packet: Packet, found: Categories) -> ServiceChains:
    """To a NodePort, an external IP or a load balancer's address."""
    if not port.external_local:
        return ServiceChains(("EXT", "SVC"), found.cluster, True, _all_of(found))
    if proxy.is_pod(packet.source):
        because = "policy Local does not bind Pods: all Pods, source kept"
        return ServiceChains(("EXT", "SVC"), found.cluster, False, because)
    if proxy.is_own(packet.source):
        because = "policy Local does not bind the node itself: all Pods"
        return ServiceChains(("EXT", "SVC"), found.cluster, True, because)
    if found.local:
        because = "policy Local: this node's Pods, source kept"
        return ServiceChains(("EXT", "SVL"), found.local, False, because)
    return ServiceChains(("EXT",), (), False, f"policy Local and no endpoint on {proxy.node.name}")


def _all_of(found: Categories) -> str:
    if found.hints:
        return f"policy Cluster: Pods that hints give to this {found.hints}"
    return "policy Cluster: all Pods"

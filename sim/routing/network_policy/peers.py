"""Whether a rule's peers and ports fit a connection; where not, the first check that fails.

A selector fits Pods alone, a range any address, that of a Pod too. Without a namespaceSelector a peer looks
into the policy's own namespace. Ports are those of the destination, and so are their names.
Source: networking.k8s.io/v1 API reference, NetworkPolicyPeer and NetworkPolicyPort; Kubernetes documentation,
"Network Policies".
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address

from sim.cluster.cluster import RunningPod
from sim.cluster.labels import selector_fits
from sim.manifests.objects.network_policy import IPBlock, NetworkPolicyPeer, NetworkPolicyPort
from sim.manifests.validation.addresses import address_of, network_of
from sim.routing.network_policy.values import End, FailsAt

Labels = Callable[[str], Mapping[str, str]]
"""The labels of a namespace, by its name."""


def peer_fails(peer: NetworkPolicyPeer, namespace: str, end: End, labels: Labels) -> FailsAt | None:
    """Why a peer of a policy in a namespace is not this end; None: it is."""
    if peer.ip_block is not None:
        return _block_fails(peer.ip_block, end.address)
    pod = end.pod
    if pod is None:
        return "not-a-pod"
    if peer.namespace_selector is None:
        if pod.namespace != namespace:
            return "namespace"
    elif not selector_fits(peer.namespace_selector, labels(pod.namespace)):
        return "namespaceSelector"
    is_it = peer.pod_selector is None or selector_fits(peer.pod_selector, pod.labels)
    return None if is_it else "podSelector"


def _block_fails(block: IPBlock, address: str) -> FailsAt | None:
    if not within(address, block.cidr):
        return "cidr"
    return "except" if any(within(address, part) for part in block.except_) else None


@lru_cache(maxsize=65536)
def within(address: str, cidr: str) -> bool:
    """Whether an address lies in a range; the other family never does."""
    known, network = address_of(address), network_of(cidr)
    return known is not None and network is not None and ip_address(known) in network


def ports_fail(
    ports: Iterable[NetworkPolicyPort], port: int, protocol: str, target: RunningPod | None
) -> FailsAt | None:
    """Why none of a rule's ports is this one; None: one is, or the rule has no ports.

    Args:
        target: whose container ports have the names; None: no Pod, so no names.
    """
    listed = tuple(ports)
    of_protocol = [one for one in listed if one.protocol == protocol]
    if not listed or any(_is_port(one, port, target) for one in of_protocol):
        return None
    return "port" if of_protocol else "protocol"


def _is_port(wanted: NetworkPolicyPort, port: int, target: RunningPod | None) -> bool:
    if wanted.port is None:
        return True
    if isinstance(wanted.port, str):
        return target is not None and target.ports.get((wanted.port, wanted.protocol)) == port
    return wanted.port <= port <= (wanted.port if wanted.end_port is None else wanted.end_port)

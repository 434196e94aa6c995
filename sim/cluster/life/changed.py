"""A cluster with other Pods: the same Services, addresses and rules, with the endpoints of these Pods."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sim.cluster.addresses import ServiceAddresses, pod_addresses
from sim.cluster.cluster import Cluster, LinkedService, RunningPod
from sim.cluster.services import linked_services


def with_pods(cluster: Cluster, pods: Mapping[str, RunningPod]) -> Cluster:
    """The same cluster with these Pods instead of its own, by key.

    A Service with a selector has those that it selects; one without keeps its EndpointSlices.
    """
    old = cluster.services
    addresses = {key: _addresses(linked) for key, linked in old.items()}
    kept = {key: pieces for key, pieces in cluster.slices.items() if not old[key].manifest.spec.selector}
    manifests = [linked.manifest for linked in old.values()]
    fresh = linked_services(manifests, addresses, kept, pods, cluster.nodes)
    services = {k: replace(old[k], ports=fresh[k].ports, hints=fresh[k].hints) for k in old}
    return replace(cluster, pods=pods, services=services)


def _addresses(linked: LinkedService) -> ServiceAddresses:
    ports = tuple(port.node_port for port in linked.ports)
    own = linked.cluster_ips or (() if linked.cluster_ip is None else (linked.cluster_ip,))
    return ServiceAddresses(own, linked.families, ports, linked.load_balancer)


def new_pods(
    cluster: Cluster,
    draft: RunningPod,
    like: Sequence[RunningPod],
    names: Iterable[str],
    avoid: frozenset[str] = frozenset(),
) -> Iterator[RunningPod]:
    """Ready Pods of one template, spread as the others are: over zones, then over nodes.

    Args:
        draft: a Pod of the template, wherever it is.
        like: the others of its workload.
        avoid: nodes that take none.
    """
    nodes = [n for n in cluster.nodes if n.name not in avoid] or list(cluster.nodes)
    zones, on = Counter(p.zone for p in like), Counter(p.node for p in cluster.pods.values())
    own, next_of = Counter(p.node for p in like), _free_addresses(cluster)
    for name in names:
        node = min(nodes, key=lambda n: (zones[n.zone], own[n.name], on[n.name]))
        for counted, key in ((zones, node.zone), (own, node.name), (on, node.name)):
            counted[key] += 1
        address, second = next_of(node.name)
        yield replace(
            draft, key=name, node=node.name, zone=node.zone, address=address, second=second, ready=True,
            terminating=False, state="",
        )  # fmt: skip


def _free_addresses(cluster: Cluster) -> Callable[[str], tuple[str, str]]:
    """What gives the next Pod of a node its addresses, by the node's name."""
    taken = {a for pod in cluster.pods.values() for a in pod.addresses}
    following = pod_addresses(cluster.nodes, cluster.families)

    def next_of(node: str) -> tuple[str, str]:
        while (found := following(node))[0] in taken:
            pass
        return found

    return next_of

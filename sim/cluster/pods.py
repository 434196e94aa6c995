"""Pods: those that are read, made from workloads or assumed; then each gets a node and an address.

Until then a Pod is a draft, whose node and address are empty where no file shows them. Drafts of one group
are spread together. Left out: scheduling by resources, taints and affinity.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heappop, heappush

from sim.cluster.addresses import pod_addresses
from sim.cluster.cluster import Assumption, Node, RunningPod
from sim.cluster.families import Family, canonical
from sim.cluster.labels import ByLabels
from sim.cluster.readiness import never_ready, readiness
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import EndpointSlice, Service
from sim.manifests.objects.workloads import Pod, PodSpec, WorkloadResource

Group = Sequence[RunningPod]
"""Drafts that are spread together."""

_MOST_OF_ONE, _MOST_PODS, _FEW = 5_000, 150_000, 2
"""Pods that are made for one workload; and for all, beyond which each gets a few. Kubernetes itself is made
for 150,000 Pods in a cluster. Source: Kubernetes documentation, "Considerations for large clusters"."""


def application_pods(
    manifests: Manifests, nodes: Sequence[Node], assume_endpoints: bool
) -> tuple[list[Group], list[Assumption]]:
    """The Pods of the set, read or made from workloads; where it shows none, those that its Services need."""
    read: list[Pod] = list(manifests.of(Pod))
    workloads: list[WorkloadResource] = list(manifests.of(WorkloadResource))
    if not shows_pods(manifests):
        return _behind_services(manifests) if assume_endpoints else ([], [])
    by_labels = ByLabels((p.namespace, p.metadata.labels, p) for p in read)
    unseen = [w for w in workloads if not by_labels.fitting(w.namespace, _labels_of_pods(w))]
    made, assumptions = _made(unseen, nodes)
    return [*((_read(pod),) for pod in read), *made], assumptions


def shows_pods(manifests: Manifests) -> bool:
    """Whether a set has any Pod, or anything that makes some."""
    return any(True for kind in (Pod, WorkloadResource) for _ in manifests.of(kind))


def _labels_of_pods(workload: WorkloadResource) -> Mapping[str, str]:
    return workload.spec.selector.match_labels or workload.spec.template.metadata.labels


def _read(pod: Pod) -> RunningPod:
    terminating = pod.metadata.deletion_timestamp is not None
    ready, state = readiness(pod)
    address, second = (*map(canonical, pod.status.addresses), "", "")[:2]
    return RunningPod(
        pod.key,
        pod.spec.node_name or "",
        "",
        address,
        pod.metadata.labels,
        container_ports(pod.spec),
        None,
        ready and not terminating,
        terminating,
        "terminating" if terminating else state,
        pod.line(),
        pod.spec.host_network,
        second,
        ready,
    )


def container_ports(spec: PodSpec) -> dict[tuple[str, str], int]:
    """The declared ports of a Pod, by (name, or number as text; protocol).

    Of several with one name and protocol the first counts; a port of the same name and another protocol is
    another port. Source: FindPort in kubernetes, pkg/api/v1/pod/util.go.
    """
    found: dict[tuple[str, str], int] = {}
    for port in (p for c in spec.serving for p in c.ports):
        for name in (port.name or "", str(port.container_port)):
            found.setdefault((name, port.protocol), port.container_port)
    return {key: number for key, number in found.items() if key[0]}


def _made(
    workloads: Iterable[WorkloadResource], nodes: Sequence[Node]
) -> tuple[list[Group], list[Assumption]]:
    """The Pods of workloads; more than any cluster has are not made, and that is said."""
    groups: list[Group] = []
    assumptions = []
    total = 0
    for workload in workloads:
        if workload.kind == "DaemonSet":
            drafts = zip(_drafts(workload, len(nodes)), nodes, strict=True)
            groups.append([replace(draft, node=node.name) for draft, node in drafts])
            continue
        wanted = 1 if workload.spec.replicas is None else workload.spec.replicas
        most = _MOST_OF_ONE if total < _MOST_PODS else _FEW
        if wanted > most:
            what = f"{most:,} Pods of {workload.kind} {workload.key}, not {wanted:,}"
            way_out = f"write spec.replicas: {most} or less, or give the Pods themselves"
            assumptions.append(Assumption(what, way_out))
        groups.append(list(_drafts(workload, min(wanted, most))))
        total += len(groups[-1])
    return groups, assumptions


def _drafts(workload: WorkloadResource, count: int) -> Iterator[RunningPod]:
    """So many Pods of a workload, the first ones ready as its status says."""
    template, ready = workload.spec.template, workload.ready_replicas
    maker, ports = f"{workload.kind} {workload.key}", container_ports(template.spec)
    never, on_host = never_ready(template.spec) if ready is None else "", template.spec.host_network
    first = first_number(workload)
    for number in range(count):
        is_ready = not never and (ready is None or number < ready)
        state = "" if is_ready else never or f"not ready: {maker} says {ready} ready"
        key, labels = f"{workload.key}-{first + number}", template.metadata.labels
        yield RunningPod(
            key, "", "", "", labels, ports, maker, is_ready, False, state, workload.line(), on_host
        )


def first_number(workload: WorkloadResource) -> int:
    """The number in the name of its first Pod: a StatefulSet begins at 0, or at `ordinals.start`.

    Source: kubernetes.io, StatefulSets, "Stable Network ID" and "Start ordinal". The names that other
    workloads give end by chance; here they count from 1.
    """
    if workload.kind != "StatefulSet":
        return 1
    start = workload.spec.ordinals.get("start")
    return start if isinstance(start, int) and start >= 0 else 0


def draft_of(workload: WorkloadResource) -> RunningPod:
    """One Pod of a workload, without a node and an address."""
    return next(_drafts(workload, 1))


def _behind_services(manifests: Manifests) -> tuple[list[Group], list[Assumption]]:
    """Two ready Pods for each Service that has a selector and no EndpointSlice."""
    with_slices = {s.service_key for s in manifests.of(EndpointSlice)}
    bare: list[Service] = [
        s for s in manifests.of(Service) if s.spec.selector and s.origin and s.key not in with_slices
    ]
    what = f"two ready Pods behind each of: {', '.join(s.key for s in bare)}"
    groups: list[Group] = [_behind(service) for service in bare]
    return groups, [Assumption(what, "give the workloads or EndpointSlices")] if bare else []


def _behind(service: Service) -> Group:
    named = (p for p in service.spec.ports if isinstance(p.target_port, str))
    ports = {(str(p.target_port), p.protocol): p.port for p in named}
    return assumed_pods((f"{service.key}-assumed-{n}" for n in (1, 2)), service.spec.selector, ports)


def assumed_pods(
    keys: Iterable[str], labels: Mapping[str, str], ports: Mapping[tuple[str, str], int]
) -> Group:
    """Ready Pods that no file shows."""
    return [RunningPod(key, "", "", "", labels, ports) for key in keys]


def placed(
    groups: Iterable[Group], nodes: Sequence[Node], families: Sequence[Family] = ("IPv4",)
) -> dict[str, RunningPod]:
    """Give every Pod a node and, where it shows none, an address of each family; Pods by key.

    A group is spread over zones, then over nodes, then to where the fewest Pods are; the first of equals.
    As the scheduler's default constraints would have it, which prefer both (PodTopologySpread).
    """
    zones = {n.name: n.zone for n in nodes}
    addresses = {n.name: (n.address, n.second) for n in nodes}
    untouched: dict[str, _Heap] = {}
    for index, node in enumerate(nodes):
        untouched.setdefault(node.zone, []).append((0, index))
    next_addresses = pod_addresses(nodes, families)
    found = {}
    for group in groups:
        chosen = iter(_spread(sum(not draft.node for draft in group), untouched))
        for draft in group:
            name = draft.node or nodes[next(chosen)].name
            on_host = addresses.get(name) if draft.host_network else None
            shown = (draft.address, draft.second) if draft.address else on_host
            address, second = shown or next_addresses(name)
            zone = zones.get(name, "")
            found[draft.key] = replace(draft, node=name, zone=zone, address=address, second=second)
    return found


_Heap = list[tuple[int, int]]
"""Nodes of a zone, the one with the fewest Pods first: how many Pods were spread to it, and its index."""


def _spread(count: int, untouched: Mapping[str, _Heap]) -> list[int]:
    """The nodes of so many Pods of one group, by index; afterwards the heaps know of them."""
    touched: dict[str, list[tuple[int, int, int]]] = {zone: [] for zone in untouched}
    in_zone: Counter[str] = Counter()

    def first(zone: str) -> tuple[int, ...]:
        best = (0, *untouched[zone][0]) if untouched[zone] else touched[zone][0]
        return (in_zone[zone], *best)

    chosen = []
    for _ in range(count):
        zone = min(untouched, key=first)
        fewest, pods, index = (0, *heappop(untouched[zone])) if untouched[zone] else heappop(touched[zone])
        heappush(touched[zone], (fewest + 1, pods + 1, index))
        in_zone[zone] += 1
        chosen.append(index)
    for zone, nodes in touched.items():
        for _, pods, index in nodes:
            heappush(untouched[zone], (pods, index))
    return chosen

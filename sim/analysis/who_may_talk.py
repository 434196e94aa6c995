"""Who may talk to whom: for the Pods of every workload which policies isolate them, and who comes through.

Asked of the ports that the Pods declare or that Services lead to, from every other workload and from outside.
One Pod of each workload stands for all of them, and another one for its own kind. What comes from the node of
a Pod is always let in, and left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.cluster.cluster import Cluster, RunningPod
from sim.routing.network_policy import End, NewConnection, end_of, judge, policies_of
from sim.routing.trace import Request

OUTSIDE = "outside"
"""What stands for a client beyond the cluster."""

Port = tuple[int, str]
"""Number and protocol."""


@dataclass(frozen=True)
class Caller:
    """Somebody who comes through to some ports."""

    title: str
    ports: tuple[Port, ...]


@dataclass(frozen=True)
class Isolation:
    """The Pods of one workload, and what policies make of them.

    Args:
        title: `KIND NAMESPACE/NAME`, or `Pod NAMESPACE/NAME`.
        ingress, egress: `KIND KEY` of the policies that have a say; empty: open.
        ports: those that were asked about; empty: none is known.
        callers: who comes through to which of them; not asked where nothing is isolated.
    """

    title: str
    pods: int
    ingress: tuple[str, ...]
    egress: tuple[str, ...]
    ports: tuple[Port, ...]
    callers: tuple[Caller, ...]


def who_may_talk(cluster: Cluster) -> tuple[Isolation, ...]:
    """Every workload with Pods, in order of reading."""
    groups: dict[str, list[RunningPod]] = {}
    for pod in cluster.pods.values():
        groups.setdefault(pod.workload or f"Pod {pod.key}", []).append(pod)
    ends = {title: end_of(pods[0]) for title, pods in groups.items()}
    ends[OUTSIDE] = policies_of(cluster).end(Request("client").client_ip)
    return tuple(_isolation(cluster, title, pods, ends) for title, pods in groups.items())


def _isolation(cluster: Cluster, title: str, pods: list[RunningPod], ends: dict[str, End]) -> Isolation:
    known, pod = policies_of(cluster), pods[0]
    own = {d: [f"{p.kind} {p.key}" for p in known.selecting(pod, d)] for d in ("ingress", "egress")}
    tiers = [
        (f"{p.kind} {p.key}", bool(p.spec.ingress), bool(p.spec.egress))
        for tier in ("Admin", "Baseline")
        for p in known.tier(tier, pod)
    ]
    ingress = (*own["ingress"], *(name for name, has, _ in tiers if has))
    egress = (*own["egress"], *(name for name, _, has in tiers if has))
    ports = _ports(cluster, pods)
    others = ends | ({title: end_of(pods[1])} if pods[1:] else {})
    callers = (
        Caller(name, _through(cluster, end, ends[title], ports))
        for name, end in others.items()
        if end != ends[title]
    )
    return Isolation(title, len(pods), ingress, egress, ports, tuple(c for c in callers if c.ports))


def _ports(cluster: Cluster, pods: list[RunningPod]) -> tuple[Port, ...]:
    """The declared ports of a workload, and those that Services lead to."""
    mine = {pod.key for pod in pods}
    declared = {(number, protocol) for pod in pods for (_, protocol), number in pod.ports.items()}
    served = {
        (endpoint.port, port.protocol)
        for service in cluster.services.values()
        for port in service.ports
        for endpoint in port.endpoints
        if endpoint.pod in mine and endpoint.port
    }
    return tuple(sorted(declared | served))


def _through(cluster: Cluster, source: End, target: End, ports: Iterable[Port]) -> tuple[Port, ...]:
    asked = (((n, p), NewConnection(source, target, n, p)) for n, p in ports)
    return tuple(port for port, one in asked if judge(cluster, one).verdict.allowed)

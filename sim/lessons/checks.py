"""Checks: does what a learner wrote behave as the task asks? The first thing that does not is said.

Each is a function of the task and the answer that yields sentences; a table at the foot names them all.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.analysis.check import CheckResult, got_from
from sim.analysis.trace import Client
from sim.cluster.cluster import Cluster
from sim.errors import there_are
from sim.lessons.book import SharesKey, Task, hashed
from sim.routing import Request
from sim.routing.hops.doors import load_balancers
from sim.routing.spreading import spread
from sim.routing.trace import Trace
from sim.units import counted


@dataclass(frozen=True)
class HandedIn:
    """What a learner handed in.

    Args:
        cluster: what the given files and the learner's objects build.
        values: where the task asks for values instead of manifests.
    """

    cluster: Cluster
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Complaint:
    """What does not hold, and the trace that shows it, if one does."""

    message: str
    trace: Trace | None = None


def complaints(task: Task, answer: HandedIn) -> Iterator[Complaint]:
    """Everything that does not hold, in the order of the table."""
    for check in CHECKS.values():
        yield from check(task, answer)


def _values(task: Task, answer: HandedIn) -> Iterator[Complaint]:
    for name, digest in task.values.items():
        given = answer.values.get(name)
        if hashed(task.id, name, answer.values.get(name, "")) != digest:
            yield Complaint(f"{name}: {'is missing' if given is None else f'{given!r} is not it'}")


def _requests(task: Task, answer: HandedIn) -> Iterator[Complaint]:
    for asked in task.requests:
        request = Request.parse(asked.url)
        request = replace(request, client_ip=asked.client_ip or request.client_ip)
        trace = Client(answer.cluster).trace(request)
        result = CheckResult(asked.url, asked.expect, got_from(trace), "", trace)
        if not result.passed:
            who = f" (from {asked.client_ip})" if asked.client_ip else ""
            yield Complaint(f"{asked.url}{who}: {'; '.join(result.differences())}", trace)


def _endpoints(task: Task, answer: HandedIn) -> Iterator[Complaint]:
    for key, wanted in task.endpoints.items():
        service = answer.cluster.services.get(key)
        if service is None:
            yield Complaint(f"there is no Service {key}; {there_are(key, answer.cluster.services)}")
            continue
        ready = {(e.pod or e.target).rpartition("/")[2] for port in service.ports for e in port.ready}
        if ready != set(wanted):
            yield Complaint(f"ready endpoints of Service {key}: {', '.join(sorted(ready)) or 'none'}")


def _shares(task: Task, answer: HandedIn) -> Iterator[Complaint]:
    return (Complaint(said) for one in task.shares for said in _share_faults(one, answer.cluster))


def _share_faults(wanted: SharesKey, cluster: Cluster) -> Iterator[str]:
    service = cluster.services.get(wanted.service)
    if service is None or not service.wants_load_balancer or not service.ports:
        yield f"there is no Service {wanted.service} of type LoadBalancer"
        return
    found = spread(cluster, service, service.ports[0])
    shares = sorted(found.per_pod.values())
    told = ", ".join(f"{pod} {share * 100:.0f} %" for pod, share in found.per_pod.items()) or "no Pod at all"
    if len(shares) < wanted.at_least:
        yield f"{len(shares)} Pods have a share, {wanted.at_least} are asked for: {told}"
    elif wanted.even and shares[-1] - shares[0] > 1e-9:
        yield f"the shares are not equal: {told}"
    elif shares[-1] > wanted.most + 1e-9:
        yield f"one Pod takes more than {wanted.most * 100:.0f} %: {told}"
    if wanted.source_kept and not found.source_kept:
        yield "the Pods see a node's address where the client's should be"


def _load_balancers(task: Task, answer: HandedIn) -> Iterator[Complaint]:
    wanted = [s.key for s in load_balancers(answer.cluster)]
    if task.load_balancers is not None and len(wanted) != task.load_balancers:
        asked = counted(len(wanted), "load balancer")
        yield Complaint(f"your manifests ask for {asked}: {', '.join(wanted) or 'none'}")


CHECKS: dict[str, Callable[[Task, HandedIn], Iterator[Complaint]]] = {
    "values": _values,
    "endpoints": _endpoints,
    "shares": _shares,
    "requests": _requests,
    "load_balancers": _load_balancers,
}

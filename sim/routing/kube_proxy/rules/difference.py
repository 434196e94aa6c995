"""Rules at two moments: which pieces changed, and in which lines."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sim.cluster.cluster import Cluster, LinkedService
from sim.errors import UsageError, there_are
from sim.routing.kube_proxy.rules.section import RuleSection

_NOTHING = RuleSection("", "", ())


def changes(before: Iterable[RuleSection], after: Iterable[RuleSection]) -> Iterator[RuleSection]:
    """The pieces that differ, those of the first moment in their order, then the new ones.

    Each says what it does afterwards, or did if it is gone. Lines have `-` (gone), `+` (new) or a blank
    before them.
    """
    old, new = ({s.title: s for s in moment if s.title} for moment in (before, after))
    for title, shown in (old | new).items():
        lines = tuple(_lines(old.get(title, _NOTHING).lines, new.get(title, _NOTHING).lines))
        if any(line[0] != " " for line in lines):
            yield replace(shown, lines=lines)


def _lines(was: tuple[str, ...], now: tuple[str, ...]) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, was, now, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            yield from (f" {line}" for line in was[i:j])
        else:
            yield from (f"-{line}" for line in was[i:j])
            yield from (f"+{line}" for line in now[k:m])


def without_pod(cluster: Cluster, pod: str) -> Cluster:
    """The cluster after a Pod has gone from every Service.

    Args:
        pod: `NAMESPACE/NAME`, or the address of an endpoint that names no Pod.

    Raises:
        UsageError: no endpoint is meant.
    """
    endpoints = [e for s in cluster.services.values() for p in s.ports for e in p.endpoints]
    if not any(pod in (e.pod, e.address) for e in endpoints):
        there = there_are(pod, sorted({e.pod or e.address for e in endpoints}))
        raise UsageError(f"no Service has a Pod {pod}; {there}")
    services = {key: _without(service, pod) for key, service in cluster.services.items()}
    return replace(cluster, services=services)


def _without(service: LinkedService, pod: str) -> LinkedService:
    ports = tuple(
        replace(port, endpoints=tuple(e for e in port.endpoints if pod not in {e.pod, e.address}))
        for port in service.ports
    )
    return replace(service, ports=ports)

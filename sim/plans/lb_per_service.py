"""The plan lb-per-service: every exposed Service is of type LoadBalancer; no Ingress, no controller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from sim.cluster.setup import Setup
from sim.manifests.objects import Manifests, Service
from sim.plans.changes import WAYS_IN, tls_hosts, with_types, without
from sim.plans.exposure import own_host
from sim.plans.plan import APART, Exposed, Plan
from sim.routing.building import build
from sim.routing.hops.doors import load_balancers


def lb_per_service(manifests: Manifests, exposed: tuple[Exposed, ...], setup: Setup, lb_targets: str) -> Plan:
    """Every exposed Service with a load balancer, an address and a name of its own."""
    typed = with_types(manifests, {e.service: "LoadBalancer" for e in exposed})
    cluster = build(without(typed, WAYS_IN), replace(setup, controllers=()))
    balancers = load_balancers(cluster)
    return Plan(
        APART,
        cluster,
        exposed,
        tuple(s.key for s in balancers),
        rules=sum(len(s.ports) for s in balancers),
        controller_pods=0,
        lb_targets=lb_targets,
        addresses=len(balancers),
        certificates=tuple(dict.fromkeys(_certificates(manifests, exposed))),
        dns_names=tuple(dict.fromkeys(_names(manifests, exposed))),
    )


def _names(manifests: Manifests, exposed: tuple[Exposed, ...]) -> Iterator[str]:
    """A host that one Service has alone stays; Services that shared one by path need a name each."""
    services = {s.key: s for s in manifests.of(Service)}
    sharing: defaultdict[str, set[str]] = defaultdict(set)
    for entry in exposed:
        sharing[entry.host].add(entry.service)
    for entry in exposed:
        alone = len(sharing[entry.host]) == 1
        yield entry.host if alone else own_host(services[entry.service])


def _certificates(manifests: Manifests, exposed: tuple[Exposed, ...]) -> Iterator[str]:
    """Each Service under TLS needs one for itself: nothing shared ends TLS any more."""
    hosts = tls_hosts(manifests)
    return (f"{e.service}: {e.host}" for e in exposed if e.host in hosts)

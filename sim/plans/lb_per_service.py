"""The plan lb-per-service: every exposed Service is of type LoadBalancer; no Ingress, no controller."""

from dataclasses import replace

from sim.cluster.setup import Setup
from sim.manifests.objects.collected import Manifests
from sim.plans.changes import WAYS_IN, with_types, without
from sim.plans.plan import APART, Exposed, Plan
from sim.routing.building import build


def lb_per_service(manifests: Manifests, exposed: tuple[Exposed, ...], setup: Setup, lb_targets: str) -> Plan:
    """Every exposed Service with a load balancer, an address and a name of its own."""
    typed = with_types(manifests, {e.service: "LoadBalancer" for e in exposed})
    cluster = build(without(typed, WAYS_IN), replace(setup, controllers=()))
    return Plan(APART, cluster, exposed, lb_targets)

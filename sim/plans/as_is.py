"""The plan as-is: the objects of the set with the load balancers, Gateways and controllers that they make.

Nothing is derived: a load balancer that reads HTTP itself (ALB, GKE) has no controller Pods, a Gateway has
proxies, an Ingress has the controller of its own class. A Service that no way in leads to stays where it is,
and whoever asks for it gets no answer.
"""

from collections.abc import Iterable
from dataclasses import replace

from sim.cluster.cluster import Cluster
from sim.cluster.setup import Setup
from sim.manifests.objects.collected import Manifests
from sim.plans.changes import shared_plan
from sim.plans.plan import AS_IS, Exposed, Plan
from sim.routing.building import build
from sim.routing.controllers import PROFILES, USUAL


def as_is(manifests: Manifests, exposed: tuple[Exposed, ...], setup: Setup, lb_targets: str) -> Plan:
    """The way in that the set has."""
    plan = shared_plan(AS_IS, build(manifests, setup), exposed, manifests, lb_targets)
    return replace(plan, cannot_move=(), layer=7 if plan.reads_http else 4)


def profile_of(cluster: Cluster) -> str:
    """The profile of one controller with Pods for all Ingresses: the first there is, else the usual."""
    found = (c.profile for c in cluster.controllers if PROFILES[c.profile].runs_as_pods)
    return next(found, USUAL.name)


def closest(cluster: Cluster, plans: Iterable[str]) -> str:
    """The plan that a set comes closest to.

    Args:
        cluster: of the set as it is.
        plans: lb-per-service, then single-ingress.
    """
    apart, shared = plans
    if cluster.gateway_proxies or any(c.listeners for c in cluster.controllers):
        return AS_IS
    return shared if cluster.ingresses else apart

"""Controller profiles: how a controller claims classes, orders rules and finds endpoints; one table.

To add one, write a module beside these and a line in CONTROLLERS.
"""

from sim.cluster.cluster import Cluster, Controller
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.api import claimed_by
from sim.routing.controllers.aws_alb import AWS_ALB
from sim.routing.controllers.cilium import CILIUM
from sim.routing.controllers.classes import Claimed
from sim.routing.controllers.envoy_gateway import ENVOY_GATEWAY
from sim.routing.controllers.gke import GKE
from sim.routing.controllers.haproxy import HAPROXY
from sim.routing.controllers.ingress_nginx.profile import INGRESS_NGINX
from sim.routing.controllers.istio import ISTIO
from sim.routing.controllers.kgateway import KGATEWAY
from sim.routing.controllers.nginx_gateway_fabric import NGINX_GATEWAY_FABRIC
from sim.routing.controllers.nginx_inc import NGINX_INC
from sim.routing.controllers.profile import Fact, Problem, Profile, Running
from sim.routing.controllers.spec import SPEC
from sim.routing.controllers.traefik import TRAEFIK

__all__ = [
    "CONTROLLERS", "ENVOY_GATEWAY", "INGRESS_NGINX", "PROFILES", "SPEC", "USUAL", "Fact", "Problem",
    "Profile", "Running", "profile_of_gateways", "reads",
]  # fmt: skip

CONTROLLERS = (
    SPEC,
    INGRESS_NGINX,
    NGINX_INC,
    HAPROXY,
    TRAEFIK,
    AWS_ALB,
    GKE,
    ENVOY_GATEWAY,
    NGINX_GATEWAY_FABRIC,
    ISTIO,
    CILIUM,
    KGATEWAY,
)
PROFILES: dict[str, Profile] = {profile.name: profile for profile in CONTROLLERS}

USUAL = INGRESS_NGINX
"""What is assumed where nothing points to another controller."""


def reads(cluster: Cluster, controller: Controller, ingress: Ingress) -> Claimed:
    """Whether a controller of a cluster reads an Ingress, and why."""
    claims = PROFILES[controller.profile].claims
    return claimed_by(cluster.ingress_classes, controller, ingress, claims)


def profile_of_gateways(controller: str) -> Profile | None:
    """The profile that carries the Gateways of classes with this controllerName, None if none is known to."""
    planes = (profile for profile in PROFILES.values() if profile.plane is not None)
    return next((p for p in planes if controller == (p.of_gateways or p.controller)), None)

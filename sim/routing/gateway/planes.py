"""What carries a Gateway: where proxies differ though each is true to the API.

The API's letter compares paths as they are sent and looks on in a wider host name where the closest one has
no match. A proxy with one table per host name does not look on, and most make paths uniform first.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.cluster.cluster import Cluster
from sim.manifests.objects import Gateway
from sim.routing.path_rules import AS_SENT, PathRules


@dataclass(frozen=True)
class Plane:
    """The proxy behind a Gateway.

    Args:
        paths: what is made of a path before it is compared.
        one_host: whether only the routes of the closest host name that any route has are asked.
    """

    paths: PathRules = AS_SENT
    one_host: bool = False


LETTER = Plane()
ENVOY_GATEWAY = Plane(PathRules(True, True, "UNESCAPE_AND_REDIRECT"), one_host=True)
"""Its defaults; virtual hosts of Envoy do not fall through.

Source: envoyproxy/gateway at d32f282, internal/xds/translator/listener.go (NormalizePath),
internal/gatewayapi/listener.go (MergeSlashes, UnescapeAndRedirect); Envoy, route matching.
"""


def plane_of(cluster: Cluster, gateway: Gateway) -> Plane:
    """By the controller that the Gateway's class names; the API's letter for one that is not known."""
    found = cluster.gateway_classes.get(gateway.spec.gateway_class_name or "")
    return PLANES.get(found.spec.controller_name, LETTER) if found is not None else LETTER


PLANES: dict[str, Plane] = {"gateway.envoyproxy.io/gatewayclass-controller": ENVOY_GATEWAY}
"""spec.controllerName of a GatewayClass -> what carries its Gateways."""

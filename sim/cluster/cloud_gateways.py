"""Controllers of Gateways that are a cloud's own: its load balancer applies the routes, not Pods."""

from collections.abc import Mapping

CLOUD_CONTROLLERS: Mapping[str, str] = {
    "networking.gke.io/gateway": "Google Cloud",
    "gateway.k8s.aws/alb": "AWS",
    "gateway.k8s.aws/nlb": "AWS",
    "application-networking.k8s.aws/gateway-api-controller": "AWS (VPC Lattice)",
    "alb.networking.azure.io/alb-controller": "Azure (Application Gateway for Containers)",
}
"""spec.controllerName -> whose load balancer applies the routes, where no Pod of the cluster does.

Source: GKE, "About Gateway API"; kubernetes-sigs/aws-load-balancer-controller at 225f445,
docs/guide/gateway; aws/aws-application-networking-k8s, docs; Azure, "Application Gateway for Containers".
"""

CLOUD_CLASSES: Mapping[str, str] = {
    "gke-l7-*": "networking.gke.io/gateway",
    "amazon-vpc-lattice": "application-networking.k8s.aws/gateway-api-controller",
    "azure-alb-*": "alb.networking.azure.io/alb-controller",
}
"""Pattern of the classes that come with such a cluster -> their controller."""

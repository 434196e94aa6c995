"""What an annotation says about the target groups of an Application Load Balancer: how targets are chosen.

Source: kubernetes-sigs/aws-load-balancer-controller at 225f445, pkg/ingress/model_build_target_group.go
(buildTargetGroupAttributes; the Service's annotation before the Ingress's); AWS, "Target groups for your
Application Load Balancers", routing algorithms.
"""

from collections.abc import Mapping

from sim.cluster.cluster import LinkedService
from sim.manifests.objects.networking import Ingress
from sim.routing.proxies.balancing import Asks

ATTRIBUTES = "alb.ingress.kubernetes.io/target-group-attributes"
ALGORITHM = "load_balancing.algorithm.type"
ALGORITHMS = {"round_robin": "round-robin", "least_outstanding_requests": "least-conn"}
"""The attribute's value -> the algorithm of textbooks; weighted_random is not modelled."""


def attributes_of(text: str) -> Mapping[str, str]:
    """`KEY=VALUE,…` by key."""
    pairs = (pair.partition("=") for pair in text.split(","))
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip()}


def only_modelled(text: str) -> bool:
    """Whether all that is asked for is modelled."""
    said = attributes_of(text)
    return set(said) <= {ALGORITHM} and said.get(ALGORITHM, "round_robin") in ALGORITHMS


def asks(ingress: Ingress, service: LinkedService | None) -> Asks:
    """What is asked for a Service that a rule of an Ingress names."""
    own = service.manifest.metadata.annotations if service is not None else {}
    text = own.get(ATTRIBUTES) or ingress.metadata.annotations.get(ATTRIBUTES, "")
    said = attributes_of(text).get(ALGORITHM, "")
    return Asks(said=said, method=ALGORITHMS[said]) if said in ALGORITHMS else Asks()

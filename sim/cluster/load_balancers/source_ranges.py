"""Whom a load balancer lets in: the ranges that its maker turns into rules of a firewall or security group.

Where packets come to the balancer's own address on a node, kube-proxy keeps the same ranges; behind a node
port, or at a Pod as target, nobody else does. Source: kubernetes-sigs/aws-load-balancer-controller at
225f445, pkg/service/model_build_managed_sg.go (buildCIDRsFromSourceRanges), model_build_load_balancer.go
(buildLoadBalancerSecurityGroups); kubernetes/cloud-provider-aws at 63ec440, pkg/providers/v1/aws.go
(EnsureLoadBalancer); digitalocean/digitalocean-cloud-controller-manager at 70d527e, loadbalancers.go
(buildFirewall).
"""

from sim.cluster.cluster import LinkedService
from sim.cluster.load_balancers.aws_listeners import AWS
from sim.cluster.load_balancers.said import SaidOfBalancer

FIELD, ANNOTATION = "loadBalancerSourceRanges", "load-balancer-source-ranges"
OWN_GROUPS = (
    f"{AWS}security-groups",
    f"{AWS}security-group-prefix-lists",
    f"{AWS}disable-nlb-security-group",
)
"""Suffixes of annotations that put other rules in the place of those ranges, or beside them."""

Allowed = tuple[tuple[str, ...], str]
"""Ranges, and the annotation or field that says them."""


def stated_ranges(service: LinkedService) -> Allowed:
    """Those of the field."""
    ranges = service.manifest.spec.load_balancer_source_ranges
    return ranges, FIELD if ranges else ""


def of_security_group(service: LinkedService, said: SaidOfBalancer) -> Allowed:
    """Those of the security group that AWS's controllers make: the field's, else the annotation's."""
    if any(said.name(suffix) for suffix in OWN_GROUPS):
        return (), ""
    ranges, field = stated_ranges(service)
    return (ranges, field) if ranges else (said.words(ANNOTATION), said.name(ANNOTATION))

"""What Google's controllers make: a load balancer that passes packets on, external unless said.

Packets keep the client's address and arrive with the balancer's own address as their destination, so kube-
proxy matches that and node ports are not used. Nodes are registered in a target pool, an instance group, or
a NEG of nodes (GCE_VM_IP), by annotation, class and version. Source: kubernetes/cloud-provider-gcp at
4e24531 (2026-08-19), providers/gce; kubernetes/ingress-gce at acbcf5d (2026-08-21), pkg/l4/annotations;
Google, "LoadBalancer Service parameters" and "Create an internal load balancer" (subsetting from 1.36 on,
the classes from 1.33.1 on).
"""

import re
from collections.abc import Mapping

from sim.cluster.cluster import LinkedService
from sim.cluster.load_balancers.health import check_of_nodes
from sim.cluster.load_balancers.values import BalancerPort, Cloud, LoadBalancer

NAME = "gce-cloud-provider"
TYPES = ("networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type")
BY_BACKEND_SERVICE = "cloud.google.com/l4-rbs"
WEIGHTED = "networking.gke.io/weighted-load-balancing"
NEG, GROUP, POOL = "neg-vm-ip", "instance-group", "target-pool"
ALWAYS_SUBSETTING, NEG_FOR_EXTERNAL = (1, 36), (1, 32, 2, 1652000)

CLASSES: Mapping[str, tuple[str, str]] = {
    "networking.gke.io/l4-regional-internal": ("internal", NEG),
    "networking.gke.io/l4-regional-external": ("external", NEG),
    "networking.gke.io/l4-regional-internal-legacy": ("internal", GROUP),
    "networking.gke.io/l4-regional-external-legacy": ("external", POOL),
}
"""loadBalancerClass -> scheme and backends."""


def claims(service: LinkedService, cloud: Cloud) -> bool:
    """Whether they make the load balancer: one of their classes, or none."""
    given = service.manifest.spec.load_balancer_class
    return given is None or given in CLASSES


def make(service: LinkedService, cloud: Cloud) -> LoadBalancer:
    """The load balancer of a Service."""
    spec, said = service.manifest.spec, service.manifest.metadata.annotations
    stated = CLASSES.get(spec.load_balancer_class or "")
    cause = next((name for name in TYPES if name in said), "")
    internal = said.get(cause) in ("Internal", "internal")
    scheme = stated[0] if stated else "internal" if internal else "external"
    local = spec.external_traffic_policy == "Local"
    return LoadBalancer(
        NAME,
        because=f"loadBalancerClass {spec.load_balancer_class}" if stated else _because(internal),
        cause="" if stated else cause,
        kind="passthrough",
        scheme=scheme,
        scheme_by=cause if internal and not stated else "",
        ports=tuple(BalancerPort(p.number, p.protocol) for p in service.ports),
        health=check_of_nodes(service, 8, 1, 1, 3),
        backends=stated[1] if stated else _backends(said, scheme, cloud),
        by_weight=local and said.get(WEIGHTED) == "pods-per-node",
    )


def _because(internal: bool) -> str:
    return "asked for by annotation" if internal else "Google's is external where nothing else is said"


def _backends(said: Mapping[str, str], scheme: str, cloud: Cloud) -> str:
    version = version_of(cloud.gke_version)
    if scheme == "internal":
        return NEG if cloud.subsetting or version >= ALWAYS_SUBSETTING else GROUP
    if said.get(BY_BACKEND_SERVICE) != "enabled":
        return POOL
    return NEG if version >= NEG_FOR_EXTERNAL else GROUP


def version_of(text: str) -> tuple[int, ...]:
    """`1.32.2-gke.1652000` as numbers; empty: not known."""
    return tuple(int(number) for number in re.findall(r"\d+", text))

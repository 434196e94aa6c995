"""Rules that nobody reads: the empty place of a controller, the unread rulebook, and who does run."""

from collections.abc import Iterable
from typing import Any

from sim.cluster.assumed_controllers import wanted_class
from sim.cluster.cluster import Cluster
from sim.manifests.objects.networking import Ingress
from sim.report.page.rulebook import MOST_ROWS
from sim.routing.controllers.api import host_level, host_of
from sim.routing.controllers.rows import rows_of, service_of
from sim.routing.trace import Trace

UNREAD = "SIM2002"
"""Code of an end where an Ingress has the name and nobody reads it."""

KUBE_CONTROLLER_MANAGER = (
    ("Deployments", "made these Pods"),
    ("EndpointSlices", "lists them"),
    ("Ingress", "not one of its jobs"),
)
"""Source: kube-controller-manager, pkg/controller; Kubernetes documentation, "Ingress Controllers"."""


def shown_absent(cluster: Cluster, traces: Iterable[Trace]) -> dict[str, Any] | None:
    """What stands where a controller is wanted and missing; None where nothing of the traffic misses one."""
    hosts = [host_of(t.request) for t in traces if t.final.code == UNREAD]
    unread = [i for i in cluster.ingresses if any(_has(i, host) for host in hosts)]
    if not unread:
        return None
    ingress, name = unread[0], wanted_class(unread[0])
    rows = list(rows_of(ingress))
    says = "none reads this class" if cluster.controllers else "none is installed"
    return {
        "says": says,
        "classes": f"IngressClass {name}: no reader" if name else "no IngressClass is named",
        "book": {
            "name": f"Ingress {ingress.name}",
            "class": f"class {name}" if name else "no class",
            "rows": [{"path": row.path, "service": service_of(row.backend)} for row in rows[:MOST_ROWS]],
            "more": max(0, len(rows) - MOST_ROWS),
            "address": "",
        },
        "manager": [list(job) for job in KUBE_CONTROLLER_MANAGER],
    }


def _has(ingress: Ingress, host: str) -> bool:
    return any(host_level((rule.host or "").lower(), host) for rule in ingress.spec.rules)

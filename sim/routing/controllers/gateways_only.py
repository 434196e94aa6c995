"""What profiles have in common that read Gateways and no Ingress, or whose Ingresses are not modelled."""

from typing import Any

from sim.cluster.cluster import Cluster, Controller
from sim.routing.controllers import patterns
from sim.routing.controllers.patterns import Dialect, Patterns
from sim.routing.controllers.profile import Profile

GATEWAY_KINDS = frozenset({"Gateway", "GatewayClass", "GRPCRoute", "HTTPRoute", "Service"})
"""The kinds whose annotations such a controller may read."""

WRITE_A_ROUTE = "write an HTTPRoute for its rules, or install an Ingress controller"


def reads_gateways(why: str, **own: Any) -> Profile:
    """A profile that no row of an Ingress comes to.

    Args:
        why: what is said of an Ingress that asks for it.
        own: the other fields of `Profile`.
    """

    def claims(_classes: object, _controller: object, _ingress: object) -> tuple[bool, str]:
        return False, why

    def table(cluster: Cluster, controller: Controller) -> Patterns:
        return patterns.compiled(cluster, controller, claims, Dialect(lambda _: ()))

    return Profile(
        claims=claims,
        way_in=lambda *_: WRITE_A_ROUTE,
        table=table,
        decide=patterns.decide,
        explain=patterns.explain,
        reads_ingresses=False,
        **own,
    )

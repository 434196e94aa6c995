"""What profiles have in common that read Gateways and no Ingress, or whose Ingresses are not modelled."""

from collections.abc import Callable

from sim.cluster.cluster import Cluster, Controller
from sim.cluster.known_controllers import ClaimRule
from sim.routing.controllers import patterns
from sim.routing.controllers.patterns import Dialect, Patterns

GATEWAY_KINDS = frozenset({"Gateway", "GatewayClass", "GRPCRoute", "HTTPRoute", "Service"})
"""The kinds whose annotations such a controller may read."""

WRITE_A_ROUTE = "write an HTTPRoute for its rules, or install an Ingress controller"


def claims_none(why: str) -> ClaimRule:
    """A rule that claims no Ingress, and says why."""
    return lambda classes, controller, ingress: (False, why)


def no_rows(claims: ClaimRule) -> Callable[[Cluster, Controller], Patterns]:
    """A compiler to whom no row comes."""
    return lambda cluster, controller: patterns.compiled(cluster, controller, claims, Dialect(lambda _: ()))

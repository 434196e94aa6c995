"""What Traefik makes of Gateways: its provider `kubernetesgateway`, which runs beside the one for Ingresses.

Every match of every route is a router, and all routers of an entry point compete in one list by a priority
that is added up. Source: traefik/traefik at fd5a576 (2026-07-24), pkg/provider/kubernetes/gateway;
kubernetes-sigs/gateway-api, conformance/reports/v1.6/traefik-traefik (3.7.10).
"""

from collections.abc import Callable

from sim.routing.controllers.profile import Fact
from sim.routing.path_rules import DataPlane, Expressions, Received

CONTROLLER = "traefik.io/gateway-controller"
_CODE = "traefik/traefik at fd5a576 (2026-07-24), pkg/provider/kubernetes/gateway"


def plane(sanitised: Callable[[str], str]) -> DataPlane:
    """What carries its Gateways.

    Args:
        sanitised: what Traefik makes of a path before any router sees it.
    """

    def reads(target: str) -> Received:
        path, question, query = target.partition("?")
        return Received(f"{sanitised(path)}{question}{query}")

    return DataPlane(
        reads=reads,
        order="priority",
        keeps_stars=True,
        expressions=Expressions(whole=False, anchored=False),
        refuses=frozenset({"ExternalAuth", "RequestMirror"}),
        ignores=frozenset({"retry", "sessionPersistence", "timeouts"}),
    )


FACTS = (
    Fact("Gateways", f"GatewayClass with controllerName {CONTROLLER}", f"{_CODE}/kubernetes.go"),
    Fact("Gateways: order", "one list: Exact 100000, else 10000 and 100 for each character (/ counts 1), "
         "method 1000, header 100, query 10, and the length of the host",
         f"{_CODE}/httproute.go (buildMatchRule)"),
    Fact("Gateways: filters", "RequestMirror and ExternalAuth: 500; CORS after 3.7; no timeouts, no retries",
         f"{_CODE}/httproute.go (loadMiddlewares)"),
    Fact("Gateways: answers", "404 no router; 500 no valid backend; 503 nothing ready",
         f"{_CODE}/httproute.go (loadWRRService)"),
)  # fmt: skip

UNKNOWN = (
    "Gateways: a listener whose port no entry point has is PortUnavailable; each is assumed to have one",
    "Gateways: a Host that belongs to another HTTPS listener than the handshake: 421 is the API's answer",
)

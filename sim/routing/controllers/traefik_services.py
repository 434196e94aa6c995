"""What Traefik's servers are asked with: time-outs of its transport, and the cookie of a Service's sessions.

Source: traefik/traefik at fd5a576, pkg/config/static/static_config.go (ForwardingTimeouts),
pkg/server/service/transport.go, pkg/proxy/httputil/proxy.go (ComputeStatusCode),
pkg/provider/kubernetes/ingress/annotations.go (ServiceIng), pkg/server/service/loadbalancer/sticky.go.
"""

from dataclasses import replace

from sim.cluster.cluster import Cluster, Controller
from sim.errors import InputError
from sim.routing.controllers.backends import service_of
from sim.routing.controllers.rows import Row
from sim.routing.proxies.balancing import Asks
from sim.routing.proxies.retries import Retries
from sim.units import seconds

STICKY = "traefik.ingress.kubernetes.io/service.sticky.cookie"
TIMEOUTS = "serverstransport.forwardingtimeouts"

RETRIES = Retries(
    connect_timeout_s=30.0,
    read_timeout_s=300.0,
    after=frozenset(),
    nobody=503,
    kept_closed="again",
    shares_kept=True,
)
"""One try. There is no time-out for an answer: a silent Pod is given up when its connection's keep-alive is.

Source: static_config.go (SetDefaults: dialTimeout 30 s, responseHeaderTimeout 0); Go, net.Dialer: a probe
after 30 s (transport.go) and 9 more, 30 s apart; net/http, shouldRetryRequest, for kept connections.
"""


def retries_of(controller: Controller) -> Retries:
    """As its arguments say; a time of 0 is none."""
    dial, answer = (_time_s(controller, name) for name in ("dialtimeout", "responseheadertimeout"))
    return replace(
        RETRIES,
        connect_timeout_s=dial or RETRIES.connect_timeout_s,
        read_timeout_s=answer or RETRIES.read_timeout_s,
    )


def _time_s(controller: Controller, name: str) -> float | None:
    said = controller.argument(f"{TIMEOUTS}.{name}")
    try:
        return seconds(said.value) if said is not None else None
    except InputError:
        return None


def asks(cluster: Cluster, row: Row) -> Asks:
    """The session that annotations of a row's Service ask for; a cookie without a name gets one."""
    service = service_of(cluster, row.namespace, row.backend)
    given = service.manifest.metadata.annotations if service is not None else {}
    sticky = {k.lower(): v for k, v in given.items() if k.lower().startswith(STICKY)}
    if not sticky or sticky.get(STICKY, "true").lower() == "false":
        return Asks()
    return Asks(cookie=sticky.get(f"{STICKY}.name") or "session")


def is_sticky(name: str, value: str) -> bool:
    """Whether an annotation is about the cookie of a session, which is modelled."""
    return name.lower().startswith(STICKY)

"""How the controller runs as it is configured, and what of its configuration may change an answer unmodelled.

Balancing, time-outs and tries, the PROXY protocol. Source: nginx.tmpl, pkg/flags/flags.go.
"""

from collections.abc import Iterator
from typing import Any

from sim.cluster.cluster import Cluster, Controller
from sim.manifests.decoding.text import printable
from sim.manifests.objects.collected import Unmodelled
from sim.routing.controllers.ingress_nginx.configuration import Configuration, configuration
from sim.routing.controllers.ingress_nginx.keys import UNMODELLED
from sim.routing.controllers.ingress_nginx.risks import SNIPPETS, too_risky
from sim.routing.controllers.ingress_nginx.timeouts import retries_of
from sim.routing.controllers.ingress_nginx.values import PREFIX
from sim.routing.controllers.profile import Running
from sim.routing.controllers.settings import arguments_left_out, left_out

LOAD_BALANCE = frozenset({"round-robin", "ewma"})
"""What load-balance may say; anything else is round robin. Source: lua/balancer.lua (IMPLEMENTATIONS)."""

UNMODELLED_ARGUMENTS = frozenset(
    ("annotations-prefix", "enable-annotation-validation", "tcp-services-configmap", "udp-services-configmap")
)
"""Arguments that may change an answer."""


def running(controller: Controller) -> Running:
    """As the ConfigMap and the arguments say."""
    told = configuration(controller)
    balancing = told.load_balance.replace("_", "-")
    stated = told.said("http-port") or told.said("https-port")
    return Running(
        ports=(told.http_port, told.https_port) if stated is not None else None,
        proxy_workers=told.worker_processes or None,
        balancing=balancing if balancing in LOAD_BALANCE else "round-robin",
        retries=retries_of(told),
        proxy_protocol="always" if told.use_proxy_protocol else "never",
        proxy_told=told.said("use-proxy-protocol"),
        **_kept(told),
    )


def _kept(told: Configuration) -> dict[str, Any]:
    """How long a client's connection is kept, as far as it is said; 0 seconds: for one request."""
    found: dict[str, Any] = {}
    if told.said("keep-alive") is not None:
        found["idle_s"] = float(told.keep_alive)
    if told.said("keep-alive-requests") is not None:
        found["most_requests"] = told.keep_alive_requests
    return found | ({"most_requests": 1} if told.keep_alive == 0 else {})


def unmodelled(cluster: Cluster, controller: Controller) -> Iterator[Unmodelled]:
    """Keys, arguments, and the snippets that the configuration accepts."""
    yield from left_out(controller, UNMODELLED)
    yield from arguments_left_out(controller, UNMODELLED_ARGUMENTS)
    told = configuration(controller)
    if too_risky(SNIPPETS, told):
        return
    for ingress in cluster.ingresses:
        for name in (PREFIX + name for name in sorted(SNIPPETS)):
            if name in ingress.metadata.annotations:
                source = ingress.origin.at("metadata", "annotations", name) if ingress.origin else None
                what = printable(f"Ingress {ingress.key}: annotation {name}")
                yield Unmodelled(what, told.allow_snippet_annotations, source)

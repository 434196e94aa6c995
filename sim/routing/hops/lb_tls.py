"""TLS that ends at a cloud load balancer, as annotations of its Service ask for on AWS.

With a certificate, the ports listed under ssl-ports (by number or name; all, where none is listed) speak TLS
to the client. Behind them the load balancer speaks plain TCP or HTTP, unless backend-protocol is ssl or
https. Only one that speaks HTTP itself (a Classic Load Balancer with backend-protocol http or https) adds
X-Forwarded-Proto; a Network Load Balancer cannot. Source: kubernetes-sigs/aws-load-balancer-controller,
pkg/service/model_build_listener.go (buildListenerSpec); cloud-provider-aws, pkg/providers/v1/aws.go
(buildListener); AWS, "HTTP headers and Classic Load Balancers".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.routing.trace import Request

PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"
CERTIFICATE, PORTS, BACKEND_PROTOCOL, TYPE = "ssl-cert", "ssl-ports", "backend-protocol", "type"


@dataclass(frozen=True)
class Ended:
    """What a load balancer that ends TLS does with a connection.

    Args:
        again: whether it opens TLS of its own to what stands behind it.
        forwarded: whether it says in X-Forwarded-Proto what the client spoke.
        source: `FILE:LINE` of the annotation.
    """

    again: bool
    forwarded: bool
    source: str | None = None


def ended(service: LinkedService, port: LinkedPort) -> Ended | None:
    """How TLS of this port ends at the load balancer; None: it passes the bytes on."""
    said = service.manifest.metadata.annotations
    listed = _words(said, PORTS)
    every = not listed or "*" in listed
    if not _words(said, CERTIFICATE) or port.protocol != "TCP":
        return None
    if not every and str(port.number) not in listed and (port.name or "") not in listed:
        return None
    protocol, network = _word(said, BACKEND_PROTOCOL), _word(said, TYPE) != ""
    again = protocol == "ssl" or (protocol == "https" and not network)
    forwarded = not network and protocol in ("http", "https")
    return Ended(again, forwarded, service.line("metadata", "annotations", PREFIX + CERTIFICATE))


def behind(request: Request, found: Ended) -> Request:
    """The request as what stands behind the load balancer receives it; the Host header stays."""
    headers = dict(request.headers) | ({"X-Forwarded-Proto": "https"} if found.forwarded else {})
    if found.again:
        return replace(request, headers=headers)
    return replace(request, scheme="http", headers=headers)


def says(found: Ended) -> str:
    """What the load balancer does, in one phrase."""
    onward = "opens TLS of its own behind" if found.again else "sends plain TCP on, without TLS"
    return f"ends TLS with its own certificate and {onward}"


def _word(annotations: Mapping[str, str], name: str) -> str:
    return annotations.get(PREFIX + name, "").strip().lower()


def _words(annotations: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(w for word in annotations.get(PREFIX + name, "").split(",") if (w := word.strip()))

"""The PROXY protocol: a line before the first byte, with the client's address and the port it came to.

A load balancer that passes TCP writes it where an annotation of its Service asks for that. Whoever stands
behind it must expect it, and must expect nothing else. Source: haproxy.org, "The PROXY protocol"; the cloud
controllers' documentation of the annotations below; nginx, ngx_http_request.c (ngx_http_ssl_handshake) and
ngx_proxy_protocol.c.
"""

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.routing.controllers.settings import Told

_PREFIX = "service.beta.kubernetes.io/"
ATTRIBUTES = f"{_PREFIX}aws-load-balancer-target-group-attributes"
BY_PORT = f"{_PREFIX}aws-load-balancer-proxy-protocol-per-target-group"
SWITCHED_ON = "proxy_protocol_v2.enabled=true"
_OFF = ("", "false", "off", "none", "0")

ANNOTATIONS = (
    f"{_PREFIX}aws-load-balancer-proxy-protocol",
    f"{_PREFIX}alibaba-cloud-loadbalancer-proxy-protocol",
    f"{_PREFIX}do-loadbalancer-enable-proxy-protocol",
    f"{_PREFIX}linode-loadbalancer-default-proxy-protocol",
    f"{_PREFIX}linode-loadbalancer-proxy-protocol",
    f"{_PREFIX}oci-load-balancer-connection-proxy-protocol-version",
    f"{_PREFIX}ovh-loadbalancer-proxy-protocol",
    f"{_PREFIX}scw-loadbalancer-proxy-protocol-v1",
    f"{_PREFIX}scw-loadbalancer-proxy-protocol-v2",
    f"{_PREFIX}vultr-loadbalancer-proxy-protocol",
    "load-balancer.hetzner.cloud/uses-proxyprotocol",
    "loadbalancer.openstack.org/proxy-protocol",
)
"""Annotations of a Service that make its load balancer speak it, unless the value says no."""


def spoken(service: LinkedService, port: LinkedPort) -> Told | None:
    """Which annotation makes the load balancer of a Service speak it at a port; None: it does not."""
    said = service.manifest.metadata.annotations
    wanted = [name for name in ANNOTATIONS if said.get(name, "").strip().lower() not in _OFF]
    attributes = said.get(ATTRIBUTES, "").replace(" ", "").split(",")
    wanted += [ATTRIBUTES] if SWITCHED_ON in attributes else []
    ports = (word.strip() for word in said.get(BY_PORT, "").split(","))
    wanted += [BY_PORT] if str(port.number) in ports else []
    if not wanted or port.protocol != "TCP":
        return None
    name = wanted[0]
    return Told(f"annotation {name}", said[name], service.line("metadata", "annotations", name))

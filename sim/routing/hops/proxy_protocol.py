"""The PROXY protocol: a line before the first byte, with the client's address and the port it came to.

A load balancer that passes TCP writes it where an annotation of its Service asks for that
(`sim.cluster.load_balancers`). Whoever stands
behind it must expect it, and must expect nothing else. Source: haproxy.org, "The PROXY protocol"; the cloud
controllers' documentation of the annotations below; nginx, ngx_http_request.c (ngx_http_ssl_handshake) and
ngx_proxy_protocol.c.
"""

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.routing.controllers.settings import Told
from sim.routing.hops.balanced import port_of


def spoken(service: LinkedService, port: LinkedPort) -> Told | None:
    """Which annotation makes the load balancer of a Service speak it at a port; None: it does not."""
    found = port_of(service, port)
    if found is None or not found.proxy_line:
        return None
    name, said = found.proxy_line, service.manifest.metadata.annotations
    return Told(f"annotation {name}", said[name], service.line("metadata", "annotations", name))

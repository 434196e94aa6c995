"""What nginx takes from headers that somebody before it wrote: scheme, host and address of the client.

X-Forwarded-Proto, -Host and -Port count with use-forwarded-headers alone, whoever sent them; the address with
that, enable-real-ip or the PROXY protocol, and only from addresses in proxy-real-ip-cidr. Source:
lua/lua_ingress.lua (rewrite), nginx.tmpl (real_ip_header, real_ip_recursive); nginx's realip module.
"""

from sim.routing.controllers.ingress_nginx.canary import header_of
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.ingress_nginx.values import contains
from sim.routing.trace import Request

PROTO, HOST, PORT = "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port"


def trusted(request: Request, told: Configuration, name: str) -> str | None:
    """A header that somebody before nginx wrote, if nginx believes it."""
    return header_of(request, name) if told.use_forwarded_headers else None


def scheme(request: Request, told: Configuration) -> str:
    """What the client speaks, as nginx believes it: by header, or by the port that a PROXY line names."""
    if told.use_proxy_protocol and request.proxied_port == 443:
        return "https"
    return trusted(request, told, PROTO) or request.scheme


def host(request: Request, told: Configuration) -> str:
    """The host that redirects name, and that reaches the backend."""
    given = trusted(request, told, HOST)
    return given.partition(",")[0] if given is not None else request.host_header


def client_ip(request: Request, told: Configuration) -> str:
    """The client's address: the last in the header that no trusted proxy has, else the first.

    With the PROXY protocol the address in its line counts; with X-Forwarded headers too, it may be a proxy's.
    """
    believes = told.use_forwarded_headers or told.enable_real_ip
    by_line = told.use_proxy_protocol and not told.use_forwarded_headers
    header = header_of(request, told.forwarded_for_header) if believes and not by_line else None
    address = request.client_ip
    for before in reversed((header or "").split(",")):
        if not before.strip() or not contains(told.proxy_real_ip_cidr, address):
            return address
        address = before.strip()
    return address

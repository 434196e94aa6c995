"""The TLS handshake: which certificate is shown for a server name, or that none is.

It follows SNI, not the Host header. For a name without one the default certificate is shown, the controller's
own or that of --default-ssl-certificate; with ssl-reject-handshake a name that no server has gets none.
Source: nginx.tmpl (ssl_reject_handshake), controller.go (getDefaultSSLCertificate).
"""

from sim.routing.controllers.decision import Decision, RefuseHandshake
from sim.routing.controllers.ingress_nginx.names import DEFAULT_CERTIFICATE, for_name
from sim.routing.controllers.ingress_nginx.servers import DEFAULT_SERVER
from sim.routing.controllers.ingress_nginx.table import NginxTable
from sim.routing.trace import Request


def certificate(request: Request, rules: NginxTable) -> str | None:
    """The certificate shown, None without TLS."""
    if request.scheme != "https":
        return None
    found = for_name(rules.certificates, request.server_name or "") or DEFAULT_CERTIFICATE
    return rules.default_certificate if found == DEFAULT_CERTIFICATE else found


def rejected(request: Request, rules: NginxTable) -> Decision | None:
    """The handshake for a name that only the default server would take, where that takes none."""
    name = (request.server_name or "").lower()
    if request.scheme != "https" or not rules.told.ssl_reject_handshake or name in rules.names.www:
        return None
    if rules.names.server_of(name) != DEFAULT_SERVER:
        return None
    why = "no host here has this name, and ssl-reject-handshake is on"
    because = f"the handshake for {name} is refused: {why}"
    line = rules.told.line("ssl-reject-handshake")
    return RefuseHandshake(code="SIM2073", because=because, source=line)

"""How to mend what keeps a Gateway from serving a request, in words."""

from sim.routing.gateway.listeners import ListenerState
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.trace import Request


def listener_fix(state: ListenerState) -> str:
    """The way out of what keeps a listener from working, by the reason of its condition."""
    return {
        "RefNotPermitted": "write a ReferenceGrant in the namespace of the Secret, from Gateway to Secret",
        "InvalidCertificateRef": "name a Secret of type kubernetes.io/tls that is there",
        "HostnameConflict": "give the listeners of one port different host names, or remove one",
        "ProtocolConflict": "give the listeners different ports",
    }.get(state.reason, "use protocol HTTP or HTTPS")


def redirect_fix(row: RuleRow, there: str, request: Request) -> str:
    """How to take a redirect away that leads to itself: one to https belongs to plain http alone."""
    route = f"{row.kind} {row.route.key}"
    if there.startswith("https://") and request.scheme == "https":
        only = f"attach {route} to the listener for plain http alone (parentRefs.sectionName)"
        return f"{only}, and give https a route with backendRefs"
    return f"let the RequestRedirect of {route} lead to a URL that is served, or replace it by backendRefs"


def attachment_fix(reason: str, state: ListenerState) -> str:
    """The way out of what keeps a route from a listener, by the reason of the condition Accepted."""
    return {
        "NoMatchingParent": "name a listener that is there in parentRefs (sectionName, port), or name none",
        "NotAllowedByListeners": f"let listener {state.listener.name} take it: see its allowedRoutes",
        "NoMatchingListenerHostname": "give route and listener a host name in common",
        "HostnameConflict": "give the host name to routes of one kind alone, or use another listener",
        "UnsupportedValue": "use a value that the API knows",
    }.get(reason, "name this Gateway in parentRefs")

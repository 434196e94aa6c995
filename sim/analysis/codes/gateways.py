"""Ends and notes of a request's way through a Gateway."""

from __future__ import annotations

from sim.analysis.codes.page import Code

_ROUTE = "kubectl describe httproute NAME"
_GATEWAY = "kubectl describe gateway NAME"

PAGES = (
    Code(
        "SIM2051",
        "No listener takes this host",
        "The Gateway has the port, but no listener there names the host: 404 over http, a failed handshake "
        "over https.",
        "A wildcard of a listener covers any number of labels and never the apex; a listener without a host "
        "name takes all.",
        _GATEWAY,
        "Add a listener for the host, or one without a host name.",
    ),
    Code(
        "SIM2052",
        "No route of the listener matches",
        "A listener took the request, and no rule of the routes attached to it matches: 404. The application "
        "never saw the request.",
        "Exact compares the whole path, PathPrefix whole elements; method, headers and query parameters of a "
        "match must all hold. Host names of the route outside the listener's do not count.",
        _ROUTE,
        "Ask for what a rule takes, or add a rule.",
    ),
    Code(
        "SIM2053",
        "A route would match, but is not attached",
        "An HTTPRoute names the host and path, and the listener does not take it: what is left is a 404.",
        "The parentRef names another Gateway, section or port; allowedRoutes refuses the namespace (Same "
        "unless said) or the kind; or route and listener have no host name in common.",
        f"{_ROUTE}\n{_GATEWAY}",
        "Change what the message names: the route's parentRefs, or the listener's allowedRoutes, hostname.",
    ),
    Code(
        "SIM2054",
        "A backend of another namespace is not permitted",
        "The rule sends to a Service of another namespace, and no ReferenceGrant there allows it: 500 for "
        "its share of the requests.",
        "The grant must live in the Service's namespace, and name the route's kind and namespace and the "
        "Service's kind (and name, if it names any).",
        f"{_ROUTE}\nkubectl get referencegrants -A -o yaml",
        "Write the ReferenceGrant in the namespace of the Service.",
    ),
    Code(
        "SIM2055",
        "The rule has no backend that counts",
        "500: the rule names no backend, or only such of weight 0, an unknown kind or type ExternalName.",
        "A roll-out stopped half-way, or a kind that the implementation does not know.",
        _ROUTE,
        "Name a Service with a port, and give one backend a weight above 0.",
    ),
    Code(
        "SIM2056",
        "The request is misdirected",
        "421: the handshake's server name belongs to one listener, the Host header to another.",
        "Clients reuse a connection for every host that its certificate covers (HTTP/2).",
        "curl -v --connect-to HOST:443:ADDRESS:443 https://HOST/",
        "Open a connection of its own for this host; curl -H Host: does not set the server name.",
    ),
    Code(
        "SIM2057",
        "A Gateway that no controller takes has no address",
        "The Gateway is stored and nothing happens: no condition becomes true, no connection is accepted.",
        "Its GatewayClass does not exist, or names a controller that does not run.",
        "kubectl get gatewayclass\nkubectl get gateway NAME -o yaml",
        "Name a class whose controller runs, or install that controller.",
    ),
    Code(
        "SIM2058",
        "The listener does not work",
        "The port is named, but its listener is in conflict, has no usable certificate, or speaks a protocol "
        "for other routes.",
        "Two listeners of one port need different host names; a certificate of another namespace needs a "
        "ReferenceGrant.",
        _GATEWAY,
        "Mend what the condition of the listener names.",
    ),
    Code(
        "SIM2059",
        "The answer depends on the implementation",
        "The Gateway API leaves this open, or the filter belongs to one product: another answer is possible.",
        "Regular expressions, extension filters, CORS, and less specific host names as a fall-back differ.",
        _ROUTE,
        "Look at the documentation of your implementation, or avoid it.",
    ),
    Code(
        "SIM2060",
        "A route redirects",
        "A RequestRedirect filter answers, 302 unless another status is given; no backend is asked.",
        "There is no automatic redirect to https in the Gateway API: a route says so.",
        "curl -sI http://HOST/ | grep -i location",
        "Nothing, if it is meant. Follow with -L.",
    ),
    Code(
        "SIM2061",
        "The rule limits the time",
        "The Gateway answers 504 when the time is over, whatever the application does later.",
        "timeouts.request counts the whole exchange, timeouts.backendRequest one try at a backend.",
        _ROUTE,
        "Give the rule more time, or make the application faster.",
    ),
)

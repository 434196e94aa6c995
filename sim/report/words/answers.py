"""Who wrote the answer to a request, and what it means: and what to look at next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sim.report.words.names import short_name
from sim.routing.final import Final
from sim.routing.trace import Trace

REASONS: Mapping[str, tuple[str, str]] = {
    "SIM2001": ("the name has no address", "the name in the URL, and DNS"),
    "SIM2002": ("the name has no address", "the Ingress: its class, and who reads it"),
    "SIM2003": ("nobody is ready behind the rule", "the Service's endpoints"),
    "SIM2004": ("no rule fits the host", "the Ingress: host and path"),
    "SIM2005": ("no rule fits the path", "the Ingress: host and path"),
    "SIM2006": ("no rule fits, for nobody reads the class", "the Ingress: its class"),
    "SIM2007": ("the rule names no Service that exists", "the Service name in the rule"),
    "SIM2008": ("the rule names no port of the Service", "the port in the rule"),
    "SIM2009": ("the load balancer has no address yet", "the Service: who makes load balancers here"),
    "SIM2010": ("the load balancer has no healthy node", "health checks, and ready Pods on the nodes"),
    "SIM2011": ("nothing listens on the port", "the ports of the Service"),
    "SIM2012": ("the connection was refused", "the Service's endpoints"),
    "SIM2013": ("the packet is dropped in silence", "the Service's traffic policy and ranges"),
    "SIM2014": ("no container has the port", "targetPort, and the Pod's ports"),
    "SIM2015": ("plain http is sent to https", "the Location header"),
    "SIM2016": ("a slash is missing at the end", "the Location header"),
    "SIM2020": ("another protocol is spoken here", "the scheme and port in the URL"),
    "SIM2031": ("a rule redirects", "the Location header"),
    "SIM2035": ("the client may not come in", "the Ingress: which addresses it allows"),
    "SIM2034": ("the rewrite leaves no path", "the Ingress: rewrite-target"),
    "SIM2051": ("no listener takes the host", "the Gateway: its listeners"),
    "SIM2053": ("no route fits that is attached", "the HTTPRoute: its parent"),
    "SIM2057": ("the name has no address", "the Gateway: its class, and who takes it"),
    "SIM2052": ("no route fits", "the HTTPRoute: host and path"),
    "SIM2054": ("the backend is in another namespace, without leave", "a ReferenceGrant there"),
    "SIM2056": ("another listener has the name: misdirected", "the Host header, and the name in TLS"),
    "SIM2058": ("the listener does not work", "the Gateway: its listeners"),
    "SIM2066": ("no route takes the connection", "the routes of the listener"),
    "SIM2067": ("TLS to the Pod cannot be spoken", "the BackendTLSPolicy"),
    "SIM2055": ("the rule names no Service that counts", "the HTTPRoute: its backends"),
    "SIM2060": ("a route redirects", "the Location header"),
    "SIM2140": ("a preflight, and the browser may go on", "the request that follows it"),
    "SIM2141": ("a preflight, and the browser stops", "the CORS filter of the HTTPRoute"),
    "SIM2145": ("a filter that the gateway does not know", "the HTTPRoute: its filters"),
    "SIM2071": ("the load balancer cannot be made", "the Ingress: what its controller refuses"),
    "SIM2073": ("no certificate fits the name", "the certificate, and spec.tls"),
    "SIM2085": ("TLS ends before, and plain HTTP comes in", "where TLS ends"),
    "SIM2086": ("a redirect that never ends", "where TLS ends"),
    "SIM2087": ("TLS is passed through, and nobody takes it", "the Service's endpoints"),
    "SIM2090": ("a PROXY line that nobody expects", "the load balancer's annotations"),
    "SIM2091": ("the controller waits for a PROXY line", "the load balancer's annotations"),
    "SIM2095": ("a redirect that leads back to itself", "the Location header"),
    "SIM2105": ("no Gateway has the route", "the route: its parents"),
    "SIM2106": ("the node port is closed on this address", "nodePortAddresses of kube-proxy"),
    "SIM2120": ("a network policy keeps it from the Pod", "the policies that select the Pod"),
    "SIM2121": ("a network policy keeps it in the Pod that sends", "the policies that select the sender"),
    "SIM2130": ("the name has no address that the client can use", "ipFamilies of the Service"),
    "SIM2131": ("the client has no address of this family", "the client's own network"),
    "SIM2133": ("nobody is behind it over this address family", "ipFamilies, and the Pods' addresses"),
    "SIM2151": ("the connection comes back to its own machine", "what the load balancer's targets are"),
    "SIM2153": ("the load balancer is refused", "the Service: what its maker refuses"),
    "SIM2160": ("a filter of the gateway answers", "the HTTPRoute: its filters"),
}
"""Code of an end -> what it means, and what to look at next."""

NO_CODE: Mapping[str, tuple[str, str]] = {
    "delivered": ("answered by the application", "the application's own log"),
    "redirected": ("another URL is named", "the Location header"),
    "redirect-loop": ("a redirect that leads back to itself", "the Location header"),
    "answered-by-proxy": ("an answer of its own", "its log"),
    "dns-no-record": ("the name has no address", "the name in the URL, and DNS"),
    "lb-pending": ("the load balancer has no address yet", "the Service: who makes load balancers here"),
    "lb-no-healthy-target": ("the load balancer has no healthy node", "health checks, and ready Pods"),
    "lb-closed": ("the load balancer closed the connection to a Pod that goes", "its deregistration delay"),
    "no-listener": ("nothing listens on the port", "the ports of the Service"),
    "refused": ("the connection was refused", "the Service's endpoints"),
    "dropped": ("the packet is dropped in silence", "the Service's traffic policy and ranges"),
    "tls-failed": ("the TLS handshake failed", "the certificate, and where TLS ends"),
    "timeout": ("no answer in time: the client gave up", "health checks, firewall, the node"),
    "connect-timeout": ("no connection in time: the client gave up", "health checks, firewall, the node"),
    "reset": ("the connection was cut off", "whether a Pod or node stopped"),
    "not-http": ("another protocol is spoken here", "the scheme and port in the URL"),
    "keep-alive-race": ("the idle connection was being closed", "idle time-outs on both sides"),
    "queue-full": ("the Pod's queue was full", "how many Pods there are, and how busy"),
}
"""State, or end of a run, where no code says more."""

KINDS: Mapping[str, str] = {
    "redirect-loop": "redirect loop",
    "dns-no-record": "no address",
    "lb-pending": "no load balancer yet",
    "lb-no-healthy-target": "no healthy node",
    "lb-closed": "closed by the load balancer",
    "no-listener": "closed port",
    "refused": "connection refused",
    "dropped": "dropped in silence",
    "tls-failed": "TLS failed",
    "timeout": "timed out",
    "connect-timeout": "timed out while connecting",
    "reset": "cut off",
    "not-http": "another protocol",
    "keep-alive-race": "on a closing connection",
    "queue-full": "queue full",
}
"""End of a run without a status -> what is counted."""

STATUSES: Mapping[int, tuple[str, str]] = {
    502: ("it knocked and was refused", "targetPort, and the Pod's own log"),
    503: ("nobody is ready behind the rule", "the Service's endpoints"),
    504: ("it knocked and nobody answered in time", "the Pod's own log"),
}
"""Status of a proxy's own answer where no trace ends so."""

BY_PROXY = ("answered-by-proxy", "redirected", "redirect-loop")
PLACES_IN_WORDS = {
    "controller": "the controller",
    "load-balancer": "the load balancer",
    "node": "the node",
    "pod": "the application",
}


@dataclass(frozen=True)
class Answer:
    """An answer, or that there is none.

    Args:
        by: controller, load-balancer, node or pod; None: nobody answered.
        status: of HTTP; None where the application's own counts, or none came.
        means: in a few words.
        look_at: what to look at next.
    """

    by: str | None
    status: int | None
    means: str
    look_at: str

    @property
    def short(self) -> str:
        """What a bubble says.

        >>> Answer("controller", 404, "no rule fits the path", "").short
        '404: no rule fits the path'
        """
        return self.means if self.status is None else f"{self.status}: {self.means}"

    @property
    def whole(self) -> str:
        """Who wrote it, too.

        >>> Answer("controller", 502, "it knocked and was refused", "").whole
        '502, written by the controller: it knocked and was refused'
        """
        if self.status is None or self.by is None:
            return self.short
        return f"{self.status}, written by {PLACES_IN_WORDS[self.by]}: {self.means}"


def answer_to(trace: Trace, final: Final | None = None) -> Answer:
    """Who answers a traced request, and what with.

    Args:
        final: one of several ends; None: the one that the trace describes.
    """
    end = trace.final if final is None else final
    means, look_at = _meaning(end)
    return Answer(_by(trace, end), end.status, means, look_at)


def answer_of(reason: str, traces: Iterable[Trace]) -> Answer:
    """The answer behind an end that a run counts: that of the traces which end so, as far as they agree.

    Args:
        reason: as the run counts it, such as `answered-by-proxy 502`.
        traces: of the run's traffic rows.
    """
    found = [
        answer_to(trace, end)
        for trace in traces
        for end in (trace.final, *(way for _, way in trace.final.ways))
        if _is_counted_as(end, reason)
    ]
    if found and len({(one.by, one.means) for one in found}) == 1:
        return found[0]
    state, _, number = reason.partition(" ")
    status = int(number) if number.isdigit() else found[0].status if found else None
    means, look_at = STATUSES.get(status or 0) or NO_CODE.get(state, (reason, "the transcript"))
    by = found[0].by if found else "controller" if state in BY_PROXY else None
    return Answer("pod" if state == "delivered" else by, status, means, look_at)


def kind_of(reason: str) -> str:
    """An end of a run as it is counted beside others: its status, else a few words.

    >>> kind_of("answered-by-proxy 502"), kind_of("timeout")
    ('502', 'timed out')
    """
    state, _, status = reason.partition(" ")
    return status or KINDS.get(state, state)


def reason_of(final: Final) -> str:
    """An end as a run counts it."""
    if final.state == "redirected":
        return "redirect-loop" if final.loop else "redirected"
    return final.state if final.status is None else f"{final.state} {final.status}"


def _is_counted_as(end: Final, reason: str) -> bool:
    """Whether a run counts an end so; one that waits in vain for a connection it counts as that."""
    counted = reason_of(end)
    return counted == reason or (counted == "timeout" and reason == "connect-timeout")


def _meaning(end: Final) -> tuple[str, str]:
    if end.state == "delivered":
        return NO_CODE["delivered"]
    if end.status == 502 and end.code == "SIM2012":
        return "it knocked and was refused", REASONS["SIM2012"][1]
    said = REASONS.get(end.code or "")
    if said is not None:
        return said
    if end.code is None:
        return NO_CODE[end.state]
    return short_name(end.message, 60), f"sim explain {end.code}"


def _by(trace: Trace, end: Final) -> str | None:
    """The place that wrote the answer; what stops a connection is the last place that it came to."""
    if end.state == "delivered":
        return "pod"
    if end.state in BY_PROXY:
        itself = trace.proxy is not None and trace.proxy.listeners
        return "load-balancer" if itself else "controller"
    last = trace.hops[-1].kind if trace.hops else "client"
    answers = end.state in ("refused", "tls-failed", "reset") and last in PLACES_IN_WORDS
    return last if answers else None

"""What a traffic row means: its request, and the Service behind it."""

from collections.abc import Iterable

from sim.cluster.cluster import Cluster, LinkedService
from sim.plans import Exposed
from sim.plans.exposure import own_host
from sim.routing import Request, Trace, follow, route
from sim.routing.controllers.api import wildcard_of
from sim.routing.hops.client import Entrance, enter
from sim.scenario import Scenario, TrafficRow


def request_of(row: TrafficRow, rules: Cluster) -> Request:
    """The request that a traffic row stands for; https where the host has a certificate."""
    scheme = row.scheme or ("https" if has_tls(row.host, rules) else "http")
    client_ip = row.client_ip or Request.client_ip
    return Request(row.host, row.path, row.method, scheme, headers=row.headers, client_ip=client_ip)


def has_tls(host: str, rules: Cluster) -> bool:
    """Whether an Ingress or a listener has a certificate for a host, so that its clients say https."""
    names = {host, wildcard_of(host)}
    if any(names & set(tls.hosts) for ingress in rules.ingresses for tls in ingress.spec.tls):
        return True
    found = enter(rules, Request(host, scheme="https"), explain=False)
    return isinstance(found, Entrance) and _opens_https(rules, found.service, names)


def _opens_https(rules: Cluster, entry: LinkedService, names: set[str]) -> bool:
    """Whether what stands behind a load balancer ends TLS for a host at port 443: a listener says so."""
    reads = rules.controller_of_service.get(entry.key)
    if reads is None:
        return False
    if reads.gateway is None:
        return (443, "HTTPS") in reads.listeners
    listeners = rules.gateways[reads.gateway].spec.listeners
    mine = (x for x in listeners if (x.port, x.protocol) == (443, "HTTPS"))
    return any(x.hostname is None or x.hostname.lower() in names for x in mine)


def keeps_its_own(row: TrafficRow, exposed: Iterable[Exposed]) -> Exposed | None:
    """The Service that a row reaches at a load balancer of its own in every plan; None: rules decide."""
    return next((e for e in exposed if e.host == row.host and not e.http), None)


def services_of(scenario: Scenario, rules: Cluster, exposed: Iterable[Exposed] = ()) -> tuple[str, ...]:
    """`NAMESPACE/NAME` of the Service behind each traffic row; empty where no rule leads to one."""
    return tuple(_service(row, rules, tuple(exposed)) for row in scenario.traffic)


def _service(row: TrafficRow, rules: Cluster, exposed: tuple[Exposed, ...]) -> str:
    own = keeps_its_own(row, exposed)
    if own is not None:
        return own.service
    found = (served_by(row, rules, explain=False).final.backend or "").rpartition(":")[0]
    named = (e.service for e in exposed if row.host in _own_names(e.service))
    return found or next(named, "")


def _own_names(service: str) -> tuple[str, str]:
    """The hosts of a Service that no rule names, the second as a trace takes it too."""
    namespace, _, name = service.partition("/")
    return own_host(service), f"{name}.{namespace}"


def served_by(row: TrafficRow, rules: Cluster, explain: bool = True) -> Trace:
    """The walk of a row's request, or of the one that redirects lead to in the end.

    Args:
        explain: whether every rule is compared, as `route` has it.
    """
    found = route(rules, request_of(row, rules), explain=explain)
    return follow(rules, found.request, explain=explain)[-1] if found.final.state == "redirected" else found

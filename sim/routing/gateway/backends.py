"""Backends of a rule: each one's share, and what stands behind it.

A request goes to a backend with the probability weight / sum of weights. A backend that is not valid (of an
unknown kind, not there, without the named port, not permitted) answers 500 for its share, to gRPC 503, which
is UNAVAILABLE there; one without a ready endpoint 503; one that TLS cannot be spoken to 500 or 503. Where
connections are passed on, all these are refused. Source: Gateway API v1, HTTPRouteRule.backendRefs,
GRPCRouteRule.backendRefs, TCPRouteRule.backendRefs and BackendObjectReference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import BackendObjectReference, HTTPBackendRef, HTTPRoute
from sim.manifests.objects.gateway_routes import Route, UDPRoute
from sim.manifests.objects.meta import Path
from sim.manifests.objects.networking import IngressBackend, IngressServiceBackend, ServiceBackendPort
from sim.routing.controllers import PROFILES
from sim.routing.gateway.backend_tls import BackendTls, backend_tls
from sim.routing.gateway.grants import permits
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.trace import Step
from sim.routing.upstream import Resolved, behind, resolve

NO_READY_ENDPOINT = frozenset({"SIM2003", "SIM2014"})


@dataclass(frozen=True)
class WeightedBackend:
    """A backend of a rule.

    Args:
        probability: of a request to be sent here.
        status: what the Gateway answers itself; None: the request is passed on.
        reason: of the condition ResolvedRefs; empty if the reference is resolved.
        tls: how a BackendTLSPolicy has it spoken to; None: none does.
    """

    reference: HTTPBackendRef
    index: int
    probability: float
    upstream: Resolved
    status: int | None = None
    reason: str = ""
    source: str | None = None
    tls: BackendTls | None = None

    @property
    def refused(self) -> bool:
        """Whether the Gateway answers itself, and names no backend: nobody there can be asked."""
        return bool(self.reason) or (self.tls is not None and bool(self.tls.code))

    @property
    def name(self) -> str:
        """What a distribution calls it: the backend, or the status."""
        return str(self.status) if self.status is not None else str(self.upstream.backend)

    @property
    def served(self) -> bool:
        """Whether some request goes on from here."""
        return self.status is None and self.probability > 0

    @property
    def step(self) -> Step:
        """The backend as a row of an explanation."""
        shown = f"backend {self.upstream.backend or self.reference.name}"
        ready = len(self.upstream.endpoints)
        if self.status is not None:
            return Step(shown, False, f"{self.status}: {self.upstream.message}", self.source, "backend")
        because = f"weight {self.reference.weight}: {self.probability:.4g} of requests, {ready} ready"
        return Step(shown, self.probability > 0, because, self.source)


def shares(cluster: Cluster, row: RuleRow, with_tls: bool = True) -> tuple[WeightedBackend, ...]:
    """The backends of the rule that a row belongs to, in order of writing.

    Args:
        with_tls: whether a BackendTLSPolicy counts: who passes bytes on opens no TLS of its own.
    """
    references = row.spec.backend_refs
    total = sum(max(r.weight, 0) for r in references)
    return tuple(
        _share(cluster, row, number, max(r.weight, 0) / total if total else 0.0, with_tls)
        for number, r in enumerate(references)
    )


def _share(
    cluster: Cluster, row: RuleRow, number: int, probability: float, with_tls: bool
) -> WeightedBackend:
    reference = row.spec.backend_refs[number]
    where = ("spec", "rules", row.rule_index, "backendRefs", number)
    found, reason = resolved(cluster, row.route, reference, where)
    tls = backend_tls(cluster, found) if with_tls and found.code is None else None
    status = None
    if found.code is not None:
        status = 500 if reason and isinstance(row.route, HTTPRoute) else 503
    elif tls is not None and tls.code:
        status, line = tls.status, tls.source
        found = replace(found, code=tls.code, message=tls.because, fix=tls.fix, source=line, fix_source=line)
    return WeightedBackend(reference, number, probability, found, status, reason, row.route.line(*where), tls)


def resolved(
    cluster: Cluster, route: Route, reference: BackendObjectReference, where: Path
) -> tuple[Resolved, str]:
    """What a backendRef leads to, and the reason of ResolvedRefs where it is not valid."""
    line = route.line(*where)
    namespace = reference.namespace or route.namespace
    for reason, code, message, fix, place in _faults(cluster, route, reference, where):
        key = f"{namespace}/{reference.name}:{reference.port}"
        return Resolved(key, code=code, message=message, fix=fix, source=line, fix_source=place), reason
    port = ServiceBackendPort(number=reference.port)
    backend = IngressBackend(service=IngressServiceBackend(name=reference.name, port=port))
    found = _of_its_protocol(resolve(cluster, PROFILES["spec"], namespace, backend, line), route)
    resolves = found.code is None or found.code in NO_READY_ENDPOINT
    return found, "" if resolves else "BackendNotFound"


def _of_its_protocol(found: Resolved, route: Route) -> Resolved:
    """The port of the protocol that the route is for, where a Service has its number for TCP and UDP."""
    wanted, number = "UDP" if isinstance(route, UDPRoute) else "TCP", found.port and found.port.number
    if found.service is None or found.port is None or found.port.protocol == wanted:
        return found
    ports = (p for p in found.service.ports if (p.number, p.protocol) == (number, wanted))
    port = next(ports, None)
    return found if port is None else behind(found.service, port, port.endpoints)


_Fault = tuple[str, str, str, str, str | None]


def _faults(
    cluster: Cluster, route: Route, reference: BackendObjectReference, where: Path
) -> Iterator[_Fault]:
    """(reason, code, message, way out, its line) of what makes a reference invalid in any case."""
    if (reference.group, reference.kind) != ("", "Service"):
        kind = f"{reference.kind}.{reference.group}" if reference.group else reference.kind
        message = f"{kind} {reference.name} is no Service: an unknown kind of backend"
        yield "InvalidKind", "SIM2055", message, "name a Service", route.line(*where, "kind")
    namespace = reference.namespace or route.namespace
    kind = type(route).__name__
    held, because, place = permits(cluster.reference_grants, route, reference)
    if not held:
        fix = f"write a ReferenceGrant in {namespace}: from {kind} of {route.namespace}, to Service"
        yield "RefNotPermitted", "SIM2054", because, fix, place or route.line(*where, "namespace")
    service = cluster.services.get(f"{namespace}/{reference.name}")
    if service is not None and service.manifest.spec.type == "ExternalName":
        message = f"Service {service.key} is of type ExternalName, which a Gateway should not serve"
        line = service.line("spec", "type")
        yield "UnsupportedValue", "SIM2055", message, "use a Service with endpoints", line
    if service is not None and reference.port is None:
        message = f"the reference to Service {service.key} names no port"
        yield "InvalidKind", "SIM2055", message, "name a port of the Service", route.line(*where)


def no_backend(row: RuleRow) -> str:
    """Why a rule has nowhere to send to; empty if it has."""
    references = row.spec.backend_refs
    if not references:
        return "the rule names no backend"
    return "" if any(r.weight > 0 for r in references) else "every weight of the rule is 0"

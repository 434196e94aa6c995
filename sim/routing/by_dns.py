"""Services that DNS alone serves: headless ones and ExternalName. kube-proxy writes no rule for them.

The client itself picks one of the addresses that DNS gives, and it connects to the port that it names: no
rule turns the Service's port into the Pod's.
"""

from __future__ import annotations

from sim.cluster.cluster import Endpoint, LinkedService, Node
from sim.routing.trace import Branch, Final, Hop, Request

Way = tuple[tuple[Hop, ...], Final]


def by_dns(service: LinkedService, request: Request, node: Node, origin: str, source: str) -> Way:
    """What a client in the cluster meets when it connects to the name of such a Service."""
    before = {"source": source, "destination": f"{request.host}:{request.target_port}"}
    if service.manifest.spec.type == "ExternalName":
        return _elsewhere(service, origin, before)
    return _headless(service, request, node, origin, before)


def _elsewhere(service: LinkedService, origin: str, before: dict[str, str]) -> Way:
    name = service.manifest.spec.external_name or ""
    says = f"DNS answers with another name, {name}; kube-proxy has no rule"
    line = service.line("spec", "externalName")
    final = Final("delivered", f"to {name}, outside the cluster", answered_by=name, source=line)
    return (Hop(origin, "client", 0.0, says, before),), final


def _headless(
    service: LinkedService, request: Request, node: Node, origin: str, before: dict[str, str]
) -> Way:
    found = _published(service)
    addresses = sorted({e.address for e in found})
    says = f"headless: DNS gives {_count(len(addresses))}, the client picks one"
    first = Hop(origin, "client", 0.0, says, before)
    if not addresses:
        return (first,), _nobody(service)
    untouched = f"{node.name}: {request.host} is headless, no rule touches the packet"
    hops = (first, Hop("node kube-proxy", "node", 0.0, untouched))
    there = {e.address: e for e in found if e.port == request.target_port}
    if not there:
        return hops, _wrong_port(service, request, sorted({e.port for e in found}))
    pods = tuple(there[a] for a in sorted(there))
    names = tuple(Branch(e.pod or e.target, 1 / len(pods)) for e in pods)
    says = "as the client picks; many take the first" if len(pods) > 1 else names[0].to
    return (*hops, Hop(f"Pod of {service.manifest.name}", "pod", 0.0, says, branches=names)), _there(
        service, request, pods
    )


def _published(service: LinkedService) -> list[Endpoint]:
    """What DNS gives: ready endpoints alone."""
    return [e for port in service.ports for e in port.ready]


def _count(number: int) -> str:
    return f"{number} address{'es' if number != 1 else ''}"


def _nobody(service: LinkedService) -> Final:
    line = service.line("spec", "selector")
    message = f"headless Service {service.key} has no ready Pod, so DNS gives no address"
    fix = "make a Pod of it ready, or make selector and labels agree"
    return Final("dns-no-record", message, code="SIM2001", fix=fix, source=line, fix_source=line)


def _wrong_port(service: LinkedService, request: Request, there: list[int]) -> Final:
    line = service.line("spec", "ports")
    ports = ", ".join(map(str, there))
    message = (
        f"no Pod of headless Service {service.key} listens on {request.target_port}: "
        "no rule turns a Service's port into the Pod's"
    )
    return Final("no-listener", message, code="SIM2011", fix=f"use the Pods' own port: {ports}", source=line)


def _there(service: LinkedService, request: Request, pods: tuple[Endpoint, ...]) -> Final:
    return Final(
        "delivered",
        f"to a Pod of headless Service {service.key} itself, port {request.target_port}",
        answered_by="the application",
        backend=f"{service.key}:{request.target_port}",
        pod=pods[0].pod if len(pods) == 1 else None,
        details={"endpoints": [e.target for e in pods]},
    )

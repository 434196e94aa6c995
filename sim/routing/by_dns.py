"""Services that DNS alone serves: headless ones and ExternalName. kube-proxy writes no rule for them.

The client itself picks one of the addresses that DNS gives, and it connects to the port that it names: no
rule turns the Service's port into the Pod's.
"""

from collections.abc import Sequence
from dataclasses import replace

from sim.cluster.cluster import Cluster, Endpoint, LinkedService, Node
from sim.cluster.families import FAMILIES, Family, at_port, family_of
from sim.routing import ends, ends_at_nodes
from sim.routing.final import Delivered, Final, Reached
from sim.routing.hops.node import branches_of
from sim.routing.hops.opened import from_address, guarded
from sim.routing.legs import Taken, ToPolicies, Trip
from sim.routing.trace import Request
from sim.units import counted


def by_dns(
    cluster: Cluster, service: LinkedService, trip: Trip, node: Node, origin: str, sources: Sequence[str]
) -> Taken:
    """What a client in the cluster meets when it connects to the name of such a Service.

    Args:
        sources: the client's addresses, one of each family that it has.
    """
    found = _endpoints(service, sources)
    six = bool(found) and family_of(found[0].address) == "IPv6"
    source = next((a for a in sources if (family_of(a) == "IPv6") == six), sources[0])
    before = {"source": source, "destination": at_port(trip.request.host, trip.request.target_port)}
    if service.manifest.spec.type == "ExternalName":
        return _elsewhere(service, trip, origin, before)
    return _headless(cluster, service, trip, node, origin, before, found)


def _endpoints(service: LinkedService, sources: Sequence[str]) -> list[Endpoint]:
    """The endpoints that DNS gives to a client, which asks for what it has addresses of: IPv4 first."""
    for family in FAMILIES:
        found = [e.over(family) for port in service.ports for e in port.ready]
        there = [e for e in found if e is not None]
        if there and any(family_of(a) == family for a in sources):
            return there
    return []


def _elsewhere(service: LinkedService, trip: Trip, origin: str, before: dict[str, str]) -> Taken:
    name = service.manifest.spec.external_name or ""
    says = f"DNS answers with another name, {name}; kube-proxy has no rule"
    message, line = f"to {name}, outside the cluster", service.line("spec", "externalName")
    final = Delivered("delivered", message, answered_by=name, source=line, endpoints=(name,), outside=True)
    return trip.takes(final, trip.hop(origin, "client", says, before=before))


def _headless(
    cluster: Cluster,
    service: LinkedService,
    trip: Trip,
    node: Node,
    origin: str,
    before: dict[str, str],
    found: Sequence[Endpoint],
) -> Taken:
    # DNS gives ready endpoints alone.
    request = trip.request
    addresses = sorted({e.address for e in found})
    says = f"headless: DNS gives {counted(len(addresses), 'address')}, the client picks one"
    first = trip.hop(origin, "client", says, before=before)
    if not addresses:
        return trip.takes(_nobody(service, family_of(before["source"])), first)
    says = f"{node.name}: {request.host} is headless, no rule touches the packet"
    untouched = trip.hop("node kube-proxy", "node", says)
    there = {e.address: e for e in found if e.port == request.target_port}
    if not there:
        final = _wrong_port(service, request, sorted({e.port for e in found}))
        return trip.takes(final, first, untouched)
    reached = tuple(Reached(there[a], 1 / len(there)) for a in sorted(there))
    says = "as the client picks; many take the first" if len(reached) > 1 else reached[0].name
    pods = trip.hop(f"Pod of {service.manifest.name}", "pod", says, branches=branches_of(reached))
    opened = from_address(cluster, before["source"], reached, request.protocol)
    following = guarded(cluster, _there(service, request, reached), opened, trip)
    if isinstance(following, ToPolicies):
        return trip.takes(replace(following, after=(pods,)), first, untouched)
    return trip.takes(following, first, untouched, pods)


def _nobody(service: LinkedService, family: Family | None) -> Final:
    line = service.line("spec", "selector")
    if any(port.ready for port in service.ports):
        record = "AAAA" if family == "IPv6" else "A"
        message = (
            f"headless Service {service.key} has no {record} record: no Pod of it has an {family} address"
        )
        fix = "ask from a place with the Pods' family, or give both the same"
        return Final("dns-no-record", message, code="SIM2130", fix=fix, source=line, fix_source=line)
    unready = next((port for port in service.ports if port.unready), None)
    why = f" ({unready.unready})" if unready is not None else ""
    message = f"headless Service {service.key} has no ready Pod, so DNS gives no address{why}"
    fix = ends_at_nodes.one_endpoint(unready) if unready else "start a Pod with the labels of its selector"
    return Final("dns-no-record", message, code="SIM2001", fix=fix, source=line, fix_source=line)


def _wrong_port(service: LinkedService, request: Request, there: list[int]) -> Final:
    line = service.line("spec", "ports")
    ports = ", ".join(map(str, there))
    message = (
        f"no Pod of headless Service {service.key} listens on {request.target_port}: "
        "no rule turns a Service's port into the Pod's"
    )
    return Final("no-listener", message, code="SIM2011", fix=f"use the Pods' own port: {ports}", source=line)


def _there(service: LinkedService, request: Request, reached: tuple[Reached, ...]) -> Delivered:
    message = f"to a Pod of headless Service {service.key} itself, port {request.target_port}"
    final = ends.delivered(service, service.ports[0], reached, None)
    return replace(final, message=message, backend=f"{service.key}:{request.target_port}")

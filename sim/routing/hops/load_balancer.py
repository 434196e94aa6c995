"""The hop of a cloud load balancer: which node gets a connection, and whether TLS ends here.

It passes TCP and spreads new connections over healthy nodes. Under policy Cluster a node is healthy while its
kube-proxy is; under policy Local only while it has a ready Pod of the Service (the health check node port).
Source: Kubernetes documentation, "Create an External Load Balancer"; pkg/proxy/healthcheck.

TLS ends here where annotations of the Service ask for it, on AWS. With a certificate, the ports listed under
ssl-ports (by number or name; all, where none is listed) speak TLS to the client. Behind them it speaks plain
TCP or HTTP, unless backend-protocol is ssl or https. Only one that speaks HTTP itself (a Classic Load
Balancer with backend-protocol http or https) adds X-Forwarded-Proto; a Network Load Balancer cannot.
Source: kubernetes-sigs/aws-load-balancer-controller, pkg/service/model_build_listener.go (buildListenerSpec);
cloud-provider-aws, pkg/providers/v1/aws.go (buildListener); AWS, "HTTP headers and Classic Load Balancers".
"""

from collections.abc import Mapping
from dataclasses import replace

from sim.cluster.cluster import Cluster, Controller, LinkedPort, LinkedService
from sim.routing import ends, ends_at_nodes
from sim.routing.controllers import PROFILES
from sim.routing.controllers.settings import Told
from sim.routing.hops.balanced import targets
from sim.routing.hops.clock import connected
from sim.routing.hops.controller import running_of, table_of
from sim.routing.hops.node import from_balancer
from sim.routing.hops.proxy_protocol import spoken
from sim.routing.legs import Ended, Taken, ToController, ToLoadBalancer, ToNode, Trip
from sim.routing.trace import Branch, Note, Request

PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"
CERTIFICATE, PORTS, BACKEND_PROTOCOL, TYPE = "ssl-cert", "ssl-ports", "backend-protocol", "type"


def load_balancer(cluster: Cluster, leg: ToLoadBalancer) -> Taken:
    """Pass a connection on to a node, or apply rules and go straight to the Service."""
    trip, service = leg.trip, leg.service
    controller = cluster.controller_of_service.get(service.key)
    if controller is not None and controller.listeners and controller.gateway is None:
        return _cloud(cluster, trip, service, controller)
    if not service.load_balancer:
        return trip.takes(ends.pending(service))
    wanted, protocol = trip.request.target_port, trip.request.protocol
    port = next((p for p in service.ports if p.number == wanted and p.protocol == protocol), None)
    if port is None:
        return _closed(trip, service, protocol)
    return _passes(cluster, trip, service, port)


def _passes(cluster: Cluster, trip: Trip, service: LinkedService, port: LinkedPort) -> Taken:
    """A layer 4 load balancer: one of the healthy nodes."""
    found, total = targets(service, port, cluster.nodes), len(cluster.nodes)
    healthy, tls = found.healthy, ended(service, port)
    there = connected(trip, port, healthy, trip.delays.client_s + trip.behind_balancer_s)
    does = f"passes {trip.request.protocol}" if tls is None else _does(tls)
    says = f"port {port.number} open, {does}; {len(healthy)} of {total} nodes healthy"
    branches = tuple(Branch(n.name, 1 / len(healthy)) for n in healthy)
    hop = there.hop("load balancer", "load-balancer", says, steps=found.steps, branches=branches)
    if not healthy:
        return there.takes(ends_at_nodes.no_healthy_target(service, port), hop)
    if tls is not None and trip.request.scheme == "http":
        return there.takes(ends.plain_to_tls(service, port.number, tls.source), hop)
    onward, notes = there.travels(trip.behind_balancer_s), tuple[Note, ...]()
    if tls is not None and trip.request.scheme == "https":
        what = "TLS ends at the load balancer: the client sees its certificate and no other"
        onward = replace(onward, request=behind(trip.request, tls))
        notes = (Note("SIM2085", what, tls.source),)
    line = spoken(service, port)
    if line is not None:
        onward = replace(onward, request=replace(onward.request, proxied_port=port.number))
        notes += _proxied(cluster, service, line)
    packets = from_balancer(service, port, trip.request.client_ip, healthy)
    return onward.takes(ToNode(onward, packets, service, port, ended=tls, proxied=line), hop, notes=notes)


def _proxied(cluster: Cluster, service: LinkedService, line: Told) -> tuple[Note, ...]:
    """What must be known about a PROXY line where nobody tells whether it is expected."""
    controller = cluster.controller_of_service.get(service.key)
    if controller is not None and running_of(controller).proxy_protocol != "unknown":
        return ()
    who = "the application" if controller is None else f"the {controller.profile} controller"
    what = f"the load balancer writes a PROXY line before the first byte ({line.what}); {who} must expect it"
    return (Note("SIM2090", what, line.source),)


def _cloud(cluster: Cluster, trip: Trip, service: LinkedService, controller: Controller) -> Taken:
    """A load balancer that applies the rules itself; TLS ends there."""
    name, wanted = trip.profile or controller.profile, trip.request.target_port
    problem = PROFILES[name].problem(table_of(cluster, controller, name))
    if problem is not None:
        final = ends.not_made(name, problem.message, problem.fix, problem.source)
        return trip.takes(final, answered_by=name)
    port = next((p for p in service.ports if p.number == wanted), None)
    if port is None or not trip.request.is_http:
        udp = trip.request.scheme == "udp"
        opens = PROFILES[name].opens(wanted, trip.request.scheme == "https") if trip.request.is_http else ""
        return replace(_closed(trip, service, "UDP" if udp else "TCP", opens), answered_by=name)
    delays = trip.delays
    tls_s = delays.tls_round_trips * delays.client_s + delays.tls_cpu_s
    open_s = delays.dns_s + delays.client_s + (tls_s if trip.request.scheme == "https" else 0)
    there = trip.waits(open_s).travels(delays.client_s)
    says = f"port {wanted} open; applies the rules itself, no controller Pod follows"
    hop = there.hop("load balancer", "load-balancer", says)
    return there.takes(ToController(there, controller, port), hop)


def _closed(trip: Trip, service: LinkedService, protocol: str, opens: str = "") -> Taken:
    wanted = trip.request.target_port
    there = trip.waits(trip.delays.dns_s + trip.delays.client_s / 2)
    says = f"port {wanted}/{protocol} closed; it listens on {ends.listening(service)}"
    return there.takes(
        ends.closed(service, wanted, protocol, opens), there.hop("load balancer", "load-balancer", says)
    )


def ended(service: LinkedService, port: LinkedPort) -> Ended | None:
    """How TLS of this port ends at the load balancer; None: it passes the bytes on."""
    said = service.manifest.metadata.annotations
    listed = _words(said, PORTS)
    every = not listed or "*" in listed
    if not _words(said, CERTIFICATE) or port.protocol != "TCP":
        return None
    if not every and str(port.number) not in listed and (port.name or "") not in listed:
        return None
    protocol, network = _word(said, BACKEND_PROTOCOL), _word(said, TYPE) != ""
    again = protocol == "ssl" or (protocol == "https" and not network)
    forwarded = not network and protocol in ("http", "https")
    return Ended(again, forwarded, service.line("metadata", "annotations", PREFIX + CERTIFICATE))


def behind(request: Request, found: Ended) -> Request:
    """The request as what stands behind the load balancer receives it; the Host header stays."""
    headers = dict(request.headers) | ({"X-Forwarded-Proto": "https"} if found.forwarded else {})
    if found.again:
        return replace(request, headers=headers)
    return replace(request, scheme="http", headers=headers)


def _does(found: Ended) -> str:
    """What the load balancer does, in one phrase."""
    onward = "opens TLS of its own behind" if found.again else "sends plain TCP on, without TLS"
    return f"ends TLS with its own certificate and {onward}"


def _word(annotations: Mapping[str, str], name: str) -> str:
    return annotations.get(PREFIX + name, "").strip().lower()


def _words(annotations: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(w for word in annotations.get(PREFIX + name, "").split(",") if (w := word.strip()))

"""Services by themselves: load balancers that stay pending, node ports taken twice, a harmless message."""

from collections.abc import Iterator

from sim.analysis.findings.index import Index, finding, grouped, listed
from sim.cluster.load_balancers import aws_cloud_provider
from sim.cluster.load_balancers.aws_controller import CLASS, READ_HERE_ALONE
from sim.cluster.load_balancers.said import BETA
from sim.cluster.topology_hints import asked_by
from sim.manifests.decoding import shown
from sim.manifests.objects.collected import Finding
from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.networking import Service
from sim.routing.building import build


def is_live(item: KubernetesObject) -> bool:
    """Whether an object comes from a cluster: only there it has a uid or a resourceVersion."""
    extra = item.metadata.model_extra or {}
    return bool(extra.keys() & {"uid", "resourceVersion"})


def pending(index: Index) -> Iterator[Finding]:
    """Services of type LoadBalancer without an address, where a dump shows it or a class makes it likely."""
    for service in index.services.values():
        if service.spec.type != "LoadBalancer" or service.status.load_balancer.addresses:
            continue
        if is_live(service):
            message = "no address yet: EXTERNAL-IP is <pending>"
            fix = "check that something makes load balancers here: kubectl describe service"
            yield finding(service, "SIM1401", "warning", message, ("spec", "type"), fix)
        elif index.balancers[service.key].created_by is None and service.spec.load_balancer_class:
            wanted = shown(service.spec.load_balancer_class)
            message = f"stays pending unless something serves the class {wanted}"
            fix = "remove loadBalancerClass for the provider's own load balancer"
            yield finding(service, "SIM1401", "warning", message, ("spec", "loadBalancerClass"), fix)


def unmade(index: Index) -> Iterator[Finding]:
    """Load balancers that their maker refuses, and annotations that hand a Service to nobody."""
    for service in _balanced(index):
        found = index.balancers[service.key]
        where = ("metadata", "annotations") if "/" in found.cause else ("spec",)
        if found.state == "error":
            message = f"{found.created_by} makes no load balancer: {found.because}"
            fix = f"mend or remove {found.cause}"
            yield finding(service, "SIM1408", "error", message, (*where, found.cause), fix)
        elif found.state == "pending" and found.cause:
            message = f"stays pending: {found.because}"
            yield finding(service, "SIM1408", "error", message, (*where, found.cause), found.way_out)


def internal_by_default(index: Index) -> Iterator[Finding]:
    """Load balancers that are internal though nothing in their Service says so."""
    for service in _balanced(index):
        found = index.balancers[service.key]
        if found.state == "made" and found.is_internal and not found.scheme_by and not _gives_scheme(service):
            message = (
                "its load balancer is internal, for nothing says the scheme: the internet does not reach it"
            )
            fix = f"set {BETA}aws-load-balancer-scheme to internal or internet-facing"
            yield finding(service, "SIM1409", "note", message, ("spec", "type"), fix)


def unread(index: Index) -> Iterator[Finding]:
    """Annotations that who makes the load balancer does not read."""
    for service in _balanced(index):
        found = index.balancers[service.key]
        for suffix in READ_HERE_ALONE if found.created_by == aws_cloud_provider.NAME else ():
            name = f"{BETA}{suffix}"
            if name in service.metadata.annotations:
                message = f"the cloud provider of AWS makes this load balancer and does not read {name}"
                fix = f"hand it to the AWS Load Balancer Controller: loadBalancerClass: {CLASS}"
                where = ("metadata", "annotations", name)
                yield finding(service, "SIM1411", "warning", message, where, fix)


def _balanced(index: Index) -> Iterator[Service]:
    yield from (s for s in index.services.values() if s.key in index.balancers)


def _gives_scheme(service: Service) -> bool:
    """Whether the class of a Service names the scheme."""
    return "internal" in (service.spec.load_balancer_class or "")


def node_ports(index: Index) -> Iterator[Finding]:
    """Node ports that two Services ask for: the API server gives it to the first."""
    asked = (
        ((port.node_port, port.protocol), (service, number))
        for service in index.services.values()
        for number, port in enumerate(service.spec.ports)
        if port.node_port
    )
    for (node_port, _), takers in grouped(asked).items():
        first, *others = takers
        for service, number in others:
            message = f"nodePort {node_port} is taken by Service {first[0].key} already"
            path = ("spec", "ports", number, "nodePort")
            yield finding(service, "SIM1402", "error", message, path, "leave it out, and one is chosen")


def harmless_message(index: Index) -> Iterator[Finding]:
    """What an older kubectl says about live Ingresses without a default backend; it means nothing."""
    bare = [i for i in index.ingresses if i.spec.default_backend is None and is_live(i)]
    if bare and "default-http-backend" not in index.namespaces_of_service:
        message = "an older kubectl describe says 'endpoints \"default-http-backend\" not found': harmless"
        others = f" (the same for {listed(i.key for i in bare[1:])})" if bare[1:] else ""
        yield finding(bare[0], "SIM1403", "note", message + others, ("spec",))


def idle_selectors(index: Index) -> Iterator[Finding]:
    """Services of type ExternalName with a selector, which does nothing."""
    for service in index.services.values():
        if service.spec.type == "ExternalName" and service.spec.selector:
            message = (
                f"only a name for {service.spec.external_name} (ExternalName): its selector does nothing"
            )
            yield finding(
                service, "SIM1404", "warning", message, ("spec", "selector"), "remove one of the two"
            )


def hints(index: Index) -> Iterator[Finding]:
    """What was asked of topology hints, what came of it and why."""
    asked = (asked_by(s.metadata.annotations, s.spec.traffic_distribution) for s in index.services.values())
    # Every Pod counts here, so the index's cluster with one of each does not do.
    services = build(index.manifests).services.values() if any(map(any, asked)) else ()
    for service in services:
        if service.hints.asked:
            yield finding(service.manifest, "SIM1407", "note", service.hints.says, service.hints.path)


CHECKS = (pending, unmade, internal_by_default, unread, node_ports, harmless_message, idle_selectors, hints)

"""What the AWS Load Balancer Controller makes of a Service: a Network Load Balancer, internal unless said.

It claims a Service by class, or by type external together with a target type, or by type nlb-ip. Its
webhook gives new Services without a class its own. Source: kubernetes-sigs/aws-load-balancer-controller at
225f445 (2026-08-17), pkg/service (service_utils.go, model_builder.go, model_build_*.go),
webhooks/core/service_mutator.go, docs/guide/service/annotations.md; AWS, "Network Load Balancers" (idle
time-out).
"""

from collections.abc import Iterator
from math import inf

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.cluster.life.figures import FIGURES
from sim.cluster.load_balancers.aws_cloud_provider import NLB_IDLE_S, stated_check
from sim.cluster.load_balancers.aws_listeners import (
    AWS,
    CLOSES,
    CROSS_ZONE,
    DELAY,
    GROUP_ATTRIBUTES,
    KEEPS_CLIENT,
    PROXY_V2,
    TLS_PORTS,
    attributes_of,
    ended_tls,
    keeps_client,
    line_by_attribute,
)
from sim.cluster.load_balancers.health import health_node_port
from sim.cluster.load_balancers.said import BETA, FALSE, TRUE, Refusal, SaidOfBalancer
from sim.cluster.load_balancers.source_ranges import of_security_group
from sim.cluster.load_balancers.values import BalancerCheck, BalancerPort, Cloud, LoadBalancer
from sim.manifests.objects.networking import Service

NAME = "aws-load-balancer-controller"
CLASS = "service.k8s.aws/nlb"
PREFIXES = (BETA, "service.kubernetes.io/")
_PROXY, _BY_PORT = f"{AWS}proxy-protocol", f"{AWS}proxy-protocol-per-target-group"
READ_HERE_ALONE = (
    f"{AWS}nlb-target-type", f"{AWS}scheme", f"{AWS}attributes", f"{AWS}ip-address-type",
    f"{AWS}proxy-protocol-per-target-group",
)  # fmt: skip
"""Suffixes of annotations that the cloud provider of AWS does not read."""
_TARGETS, _TYPE = f"{AWS}nlb-target-type", f"{AWS}type"


def claims(service: LinkedService, cloud: Cloud) -> bool:
    """Whether it makes the load balancer: by class, by the webhook's class, or by annotations."""
    given = service.manifest.spec.load_balancer_class
    is_new = not service.manifest.status.load_balancer.ingress
    if given is None and cloud.class_by_webhook and (is_new or needs_webhook(service.manifest)):
        return True
    return given == CLASS if given is not None else asked_for(service.manifest)


def asked_for(service: Service) -> bool:
    """Whether annotations alone hand a Service to it; one with an address was handed to it before."""
    said = _said(service)
    targets, there = said.text(_TARGETS), bool(service.status.load_balancer.ingress)
    by_type = said.text(_TYPE) == "external" and (targets in ("ip", "instance") or there)
    return by_type or said.text(_TYPE) == "nlb-ip"


def needs_webhook(service: Service) -> bool:
    """Whether annotations of a Service mean something only if the webhook gives it this class."""
    if service.spec.load_balancer_class is not None or asked_for(service):
        return False
    said = SaidOfBalancer(service.metadata.annotations)
    of_nlb = bool(said.name(GROUP_ATTRIBUTES)) and said.text(_TYPE) != "nlb"
    alone = any(said.name(suffix) for suffix in READ_HERE_ALONE)
    return said.text(_TYPE) != "external" and (of_nlb or alone)


def make(service: LinkedService, cloud: Cloud) -> LoadBalancer:
    """The Network Load Balancer of a Service, or why there is none."""
    said = _said(service.manifest)
    refused = next(_refusals(service, said), None)
    if refused is not None:
        return LoadBalancer(NAME, "error", refused.message, refused.name)
    scheme, cause = _scheme(said)
    target = "ip" if _to_pods(said) else "instance"
    allows, allows_by = of_security_group(service, said)
    return LoadBalancer(
        NAME,
        because=_because(service, said),
        cause=said.name(_TYPE),
        scheme_by=cause,
        kind="nlb",
        scheme=scheme,
        target_type="ip" if target == "ip" else "instance",
        ports=tuple(_port(said, port, target) for port in service.ports),
        health=_check(service, said, target),
        cross_zone=_crosses(said),
        status_field="hostname",
        destination="node-port",
        idle_s=NLB_IDLE_S,
        closes_s=_closes_s(said),
        allows=allows,
        allows_by=allows_by,
    )


def _crosses(said: SaidOfBalancer) -> bool:
    """Whether zones share their targets: as the target groups say, else the load balancer."""
    own = said.pairs(GROUP_ATTRIBUTES).get(CROSS_ZONE, "").lower()
    stated = own if own in ("true", "false") else said.pairs(f"{AWS}attributes").get(CROSS_ZONE, "").lower()
    return stated == "true" if stated else said.flag(f"{AWS}cross-zone-load-balancing-enabled") is True


def _closes_s(said: SaidOfBalancer) -> float:
    """After how long connections to a target that is deregistered are closed; only if that is asked for."""
    own = said.pairs(GROUP_ATTRIBUTES)
    if own.get(CLOSES, "").lower() != "true":
        return inf
    stated = own.get(DELAY, "")
    return float(stated) if stated.isdecimal() else FIGURES["aws-deregistration-delay"].value


def _said(service: Service) -> SaidOfBalancer:
    return SaidOfBalancer(service.metadata.annotations, PREFIXES)


def _because(service: LinkedService, said: SaidOfBalancer) -> str:
    if service.manifest.spec.load_balancer_class is not None:
        return f"loadBalancerClass {CLASS}"
    if asked_for(service.manifest):
        return f"type {said.text(_TYPE)}"
    return f"its webhook gives new Services class {CLASS}"


def _scheme(said: SaidOfBalancer) -> tuple[str, str]:
    """The scheme and the annotation that says it; the newer one counts, and without either it is internal."""
    if said.name(f"{AWS}scheme"):
        return said.text(f"{AWS}scheme"), said.name(f"{AWS}scheme")
    older = said.flag(f"{AWS}internal")
    return "internet-facing" if older is False else "internal", said.name(f"{AWS}internal")


def _to_pods(said: SaidOfBalancer) -> bool:
    return said.text(_TYPE) == "nlb-ip" or said.text(_TARGETS) == "ip"


def _refusals(service: LinkedService, said: SaidOfBalancer) -> Iterator[Refusal]:
    yield from said.not_among(f"{AWS}scheme", ("internal", "internet-facing"))
    if not said.name(f"{AWS}scheme"):
        yield from said.no_flags(f"{AWS}internal")
    yield from said.not_among(f"{AWS}ip-address-type", ("ipv4", "dualstack"))
    yield from said.no_flags(f"{AWS}access-log-enabled", f"{AWS}cross-zone-load-balancing-enabled")
    yield from said.no_pairs(f"{AWS}attributes", GROUP_ATTRIBUTES)
    yield from _refused_ports(service, said)
    without = [port for port in service.ports if port.node_port is None]
    if without and not _to_pods(said):
        what = f"its targets are nodes, and port {without[0].number} has no node port"
        yield Refusal("allocateLoadBalancerNodePorts", what)
    yield from said.not_among(f"{AWS}healthcheck-protocol", ("TCP", "HTTP", "HTTPS"), any_case=True)
    yield from said.not_among(_PROXY, ("*",))


def _refused_ports(service: LinkedService, said: SaidOfBalancer) -> Iterator[Refusal]:
    """What is said of single ports, and of what their target groups do."""
    there = {str(port.number) for port in service.ports} | {port.name for port in service.ports}
    for word in said.words(TLS_PORTS):
        if word not in there:
            yield Refusal(said.name(TLS_PORTS), f"{said.name(TLS_PORTS)} names {word}, which is no port")
    for word in said.words(_BY_PORT):
        if not word.isdigit():
            yield Refusal(said.name(_BY_PORT), f"{said.name(_BY_PORT)}: {word!r} is no port number")
    for port in service.ports:
        stated = attributes_of(said, port).get(KEEPS_CLIENT)
        if stated is not None and stated not in TRUE | FALSE:
            yield Refusal(said.name(GROUP_ATTRIBUTES), f"{KEEPS_CLIENT}={stated} is neither true nor false")


def _port(said: SaidOfBalancer, port: LinkedPort, target: str) -> BalancerPort:
    attributes = attributes_of(said, port)
    keeps = keeps_client(attributes, port, target)
    tls = ended_tls(said, port, classic=False)
    return BalancerPort(port.number, port.protocol, keeps, _line(said, port, attributes), tls)


def _line(said: SaidOfBalancer, port: LinkedPort, attributes: dict[str, str]) -> str:
    """The annotation that switches PROXY lines on: for all ports, for this one, or as an attribute."""
    if port.protocol != "TCP":
        return ""
    if said.name(_PROXY):
        return said.name(_PROXY)
    if said.name(_BY_PORT):
        return said.name(_BY_PORT) if str(port.number) in said.words(_BY_PORT) else ""
    return line_by_attribute(said, port) if attributes.get(PROXY_V2) == "true" else ""


def _check(service: LinkedService, said: SaidOfBalancer, target: str) -> BalancerCheck:
    number = health_node_port(service) if target == "instance" else 0
    usual = (
        ("HTTP", str(number), "/healthz", 10, 6, 2, 2)
        if number
        else ("TCP", "traffic-port", "/", 10, 10, 3, 3)
    )
    found = stated_check(said, *usual)
    named = service.port(found.port) if isinstance(found.port, str) else None
    return found if named is None else _at(found, named, target)


def _at(check: BalancerCheck, named: LinkedPort, target: str) -> BalancerCheck:
    """A check at a port that is named."""
    number = named.node_port if target == "instance" else named.target_port
    return BalancerCheck(check.protocol, number or 0, check.path, *_times(check))


def _times(check: BalancerCheck) -> tuple[int | None, int | None, int | None, int | None]:
    return check.interval_s, check.timeout_s, check.healthy_after, check.unhealthy_after

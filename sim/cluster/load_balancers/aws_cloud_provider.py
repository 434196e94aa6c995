"""What the cloud provider of AWS makes: a Classic Load Balancer, or a Network Load Balancer with type nlb.

Targets are always nodes. It steps back where the type is external or nlb-ip: those are for the AWS Load
Balancer Controller. Source: kubernetes/cloud-provider-aws at 63ec440 (2026-07-07),
docs/service_controller.md, pkg/providers/v1/aws.go (EnsureLoadBalancer), aws_loadbalancer.go,
aws_validations.go.
"""

from collections.abc import Iterator

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.cluster.load_balancers.aws_listeners import (
    AWS,
    GROUP_ATTRIBUTES,
    PROXY_V2,
    attributes_of,
    ended_tls,
    keeps_client,
    line_by_attribute,
)
from sim.cluster.load_balancers.health import health_node_port
from sim.cluster.load_balancers.said import Refusal, SaidOfBalancer
from sim.cluster.load_balancers.source_ranges import of_security_group
from sim.cluster.load_balancers.values import BalancerCheck, BalancerPort, Cloud, LoadBalancer

NAME = "aws-cloud-provider"
CLASSIC_IDLE_S, NLB_IDLE_S = 60, 350


def claims(service: LinkedService, cloud: Cloud) -> bool:
    """Whether it makes the load balancer: no class, and no type that is another's."""
    said = SaidOfBalancer(service.manifest.metadata.annotations)
    has_class = service.manifest.spec.load_balancer_class is not None
    return not has_class and said.text(f"{AWS}type") not in ("external", "nlb-ip")


def make(service: LinkedService, cloud: Cloud) -> LoadBalancer:
    """The load balancer of a Service, or why there is none."""
    said = SaidOfBalancer(service.manifest.metadata.annotations)
    is_nlb = said.text(f"{AWS}type") == "nlb"
    refused = next(_refusals(service, said, is_nlb), None)
    if refused is not None:
        return LoadBalancer(NAME, "error", refused.message, refused.name)
    internal = said.text(f"{AWS}internal") not in ("", "false")
    on_nodes = [port for port in service.ports if port.node_port]
    allows, allows_by = of_security_group(service, said)
    return LoadBalancer(
        NAME,
        because="type nlb" if is_nlb else "AWS makes a Classic Load Balancer where nothing else is said",
        cause=said.name(f"{AWS}type"),
        kind="nlb" if is_nlb else "classic",
        scheme="internal" if internal else "internet-facing",
        scheme_by=said.name(f"{AWS}internal") if internal else "",
        ports=tuple(_nlb_port(said, p) if is_nlb else _classic_port(said, p) for p in on_nodes),
        health=_nlb_check(service, said) if is_nlb else _classic_check(service, said, on_nodes[0]),
        cross_zone=said.flag(f"{AWS}cross-zone-load-balancing-enabled") is True,
        status_field="hostname",
        destination="node-port",
        idle_s=NLB_IDLE_S if is_nlb else said.number(f"{AWS}connection-idle-timeout", CLASSIC_IDLE_S),
        allows=allows,
        allows_by=allows_by,
    )


def _refusals(service: LinkedService, said: SaidOfBalancer, is_nlb: bool) -> Iterator[Refusal]:
    spec = service.manifest.spec
    if said.name(GROUP_ATTRIBUTES) and not is_nlb:
        yield Refusal(said.name(GROUP_ATTRIBUTES), f"{said.name(GROUP_ATTRIBUTES)} goes with type nlb alone")
    if spec.session_affinity != "None":
        yield Refusal("sessionAffinity", f"sessionAffinity {spec.session_affinity} is not supported")
    protocols = dict.fromkeys(port.protocol for port in service.ports)
    if len(protocols) > 1:
        yield Refusal("ports", f"one load balancer cannot have ports of {' and '.join(protocols)}")
    known = ("TCP", "UDP") if is_nlb else ("TCP",)
    for protocol in protocols:
        if protocol not in known:
            yield Refusal("ports", f"its ports speak {' or '.join(known)}, not {protocol}")
    if spec.load_balancer_ip:
        yield Refusal("loadBalancerIP", "loadBalancerIP cannot be chosen on AWS")
    if not any(port.node_port for port in service.ports):
        yield Refusal("allocateLoadBalancerNodePorts", "its targets are nodes, and no port has a node port")
    if not is_nlb:
        yield from said.not_among(f"{AWS}proxy-protocol", ("*", ""))
        yield from said.no_flags(f"{AWS}connection-draining-enabled", f"{AWS}access-log-enabled")
    yield from said.no_flags(f"{AWS}cross-zone-load-balancing-enabled")
    if is_nlb:
        yield from said.not_among(f"{AWS}healthcheck-protocol", ("TCP", "HTTP", "HTTPS"), any_case=True)


def _classic_port(said: SaidOfBalancer, port: LinkedPort) -> BalancerPort:
    """It opens its own connections, so the client is seen in a PROXY line or a header alone."""
    line = said.name(f"{AWS}proxy-protocol") if said.text(f"{AWS}proxy-protocol") == "*" else ""
    return BalancerPort(port.number, port.protocol, False, line, ended_tls(said, port, classic=True))


def _nlb_port(said: SaidOfBalancer, port: LinkedPort) -> BalancerPort:
    """Annotation proxy-protocol is for Classic Load Balancers; here the attribute counts."""
    attributes = attributes_of(said, port)
    line = line_by_attribute(said, port) if attributes.get(PROXY_V2) == "true" else ""
    keeps = keeps_client(attributes, port, "instance")
    return BalancerPort(port.number, port.protocol, keeps, line, ended_tls(said, port, classic=False))


def _classic_check(service: LinkedService, said: SaidOfBalancer, first: LinkedPort) -> BalancerCheck:
    times = (10, 5, 2, 6)
    if number := health_node_port(service):
        return BalancerCheck("HTTP", number, "/healthz", *times)
    again = said.text(f"{AWS}backend-protocol").lower() in ("https", "ssl")
    return BalancerCheck("SSL" if again else "TCP", first.node_port or 0, "", *times)


def _nlb_check(service: LinkedService, said: SaidOfBalancer) -> BalancerCheck:
    number = health_node_port(service)
    usual = (
        ("HTTP", str(number), "/healthz", 10, 10, 2, 2)
        if number
        else ("TCP", "traffic-port", "/", 30, 10, 3, 3)
    )
    return stated_check(said, *usual)


def stated_check(
    said: SaidOfBalancer,
    protocol: str,
    port: str,
    path: str,
    interval_s: int,
    timeout_s: int,
    healthy: int,
    unhealthy: int,
) -> BalancerCheck:
    """What the annotations about health checks make of the usual one."""
    protocol = (said.text(f"{AWS}healthcheck-protocol") or protocol).upper()
    port = said.text(f"{AWS}healthcheck-port") or port
    return BalancerCheck(
        protocol,
        int(port) if port.isdigit() else port,
        "" if protocol == "TCP" else said.text(f"{AWS}healthcheck-path") or path,
        said.number(f"{AWS}healthcheck-interval", interval_s),
        said.number(f"{AWS}healthcheck-timeout", timeout_s),
        said.number(f"{AWS}healthcheck-healthy-threshold", healthy),
        said.number(f"{AWS}healthcheck-unhealthy-threshold", unhealthy),
    )


__all__ = ["NAME", "claims", "make", "stated_check"]

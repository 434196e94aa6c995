"""What both controllers of AWS say of a load balancer's ports: TLS that ends there, PROXY lines, the client.

With a certificate, the ports listed under ssl-ports (by number or name; all, where none is listed) speak
TLS to the client. Behind them it speaks plain TCP or HTTP, unless backend-protocol is ssl, or https on a
Classic Load Balancer; only one that speaks HTTP itself adds X-Forwarded-Proto, and a Network Load Balancer
cannot. Source: kubernetes-sigs/aws-load-balancer-controller at 225f445, pkg/service/model_build_listener.go
and model_build_target_group.go; kubernetes/cloud-provider-aws at 63ec440, pkg/providers/v1/aws.go
(buildListener); AWS, "HTTP headers and Classic Load Balancers", "Target group attributes" (client IP
preservation).
"""

from sim.cluster.cluster import LinkedPort
from sim.cluster.load_balancers.said import SaidOfBalancer
from sim.cluster.load_balancers.values import EndedTLS

AWS = "aws-load-balancer-"
CERTIFICATE, TLS_PORTS, BACKEND_PROTOCOL = f"{AWS}ssl-cert", f"{AWS}ssl-ports", f"{AWS}backend-protocol"
GROUP_ATTRIBUTES = f"{AWS}target-group-attributes"
KEEPS_CLIENT, PROXY_V2 = "preserve_client_ip.enabled", "proxy_protocol_v2.enabled"
DELAY, CLOSES = "deregistration_delay.timeout_seconds", "deregistration_delay.connection_termination.enabled"
CROSS_ZONE = "load_balancing.cross_zone.enabled"


def ended_tls(said: SaidOfBalancer, port: LinkedPort, classic: bool) -> EndedTLS | None:
    """How TLS of a port ends; None: bytes are passed on."""
    listed = said.words(TLS_PORTS)
    every = not listed or "*" in listed
    if not said.words(CERTIFICATE) or port.protocol != "TCP":
        return None
    if not every and str(port.number) not in listed and (port.name or "") not in listed:
        return None
    behind = said.text(BACKEND_PROTOCOL).strip().lower()
    again = behind == "ssl" or (behind == "https" and classic)
    forwarded = classic and behind in ("http", "https")
    return EndedTLS(again, forwarded, said.name(CERTIFICATE))


def attributes_of(said: SaidOfBalancer, port: LinkedPort) -> dict[str, str]:
    """The target group attributes of a port: its own, where they are written, over those of all."""
    own = said.pairs(f"{GROUP_ATTRIBUTES}.{port.number}")
    return said.pairs(GROUP_ATTRIBUTES) | {key: value for key, value in own.items() if value}


def line_by_attribute(said: SaidOfBalancer, port: LinkedPort) -> str:
    """The annotation whose attribute switches PROXY lines on: the port's own, or that of all."""
    own = f"{GROUP_ATTRIBUTES}.{port.number}"
    return said.name(own) if PROXY_V2 in said.pairs(own) else said.name(GROUP_ATTRIBUTES)


def keeps_client(attributes: dict[str, str], port: LinkedPort, target_type: str) -> bool:
    """Whether a target group keeps the client's address; of UDP it always does."""
    if port.protocol != "TCP":
        return True
    stated = attributes.get(KEEPS_CLIENT, "").lower()
    return stated == "true" if stated else target_type == "instance"

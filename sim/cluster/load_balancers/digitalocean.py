"""What DigitalOcean's controller makes: one that passes packets on (REGIONAL_NETWORK), or a proxy (REGIONAL).

Both send to node ports, and ask kube-proxy, or the health check node port under policy Local, whether a
node may be used. Source: digitalocean/digitalocean-cloud-controller-manager at 70d527e (2026-08-19), cloud-
controller-manager/do (loadbalancers.go, lb_annotations.go), docs/controllers/services/annotations.md.
"""

from collections.abc import Iterator
from dataclasses import replace

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.cluster.load_balancers.health import check_of_nodes
from sim.cluster.load_balancers.said import BETA, Refusal, SaidOfBalancer
from sim.cluster.load_balancers.source_ranges import stated_ranges
from sim.cluster.load_balancers.values import BalancerCheck, BalancerPort, Cloud, EndedTLS, LoadBalancer

NAME = "do-ccm"
DO = "do-loadbalancer-"
NETWORK, PROXY = "REGIONAL_NETWORK", "REGIONAL"
PROTOCOLS = ("tcp", "http", "https", "http2", "http3")
PREFIXES = (BETA, "service.kubernetes.io/")
_PROXY_LINE, _HTTPS = f"{DO}enable-proxy-protocol", 443


def claims(service: LinkedService, cloud: Cloud) -> bool:
    """Whether it makes the load balancer: a class is somebody else's, and so is one that is disowned."""
    disowned = _said(service).flag(f"{DO}disown") is True
    return service.manifest.spec.load_balancer_class is None and not disowned


def make(service: LinkedService, cloud: Cloud) -> LoadBalancer:
    """The load balancer of a Service, or why there is none."""
    said = _said(service)
    refused = next(_refusals(service, said), None)
    if refused is not None:
        return LoadBalancer(NAME, "error", refused.message, refused.name)
    kind = said.text(f"{DO}type") or NETWORK
    network = kind == NETWORK
    allows, allows_by = stated_ranges(service)
    return LoadBalancer(
        NAME,
        because="asked for by annotation"
        if said.text(f"{DO}type")
        else "what recent releases make by default",
        cause=said.name(f"{DO}type"),
        kind="network" if network else "proxy",
        lb_type=kind,
        scheme="internal" if said.text(f"{DO}network") == "INTERNAL" else "external",
        scheme_by=said.name(f"{DO}network"),
        ports=tuple(_port(said, port, network) for port in service.ports),
        health=_check(service, said),
        status_field="hostname" if said.text(f"{DO}hostname") else "ip",
        destination="node-port",
        protocol=said.text(f"{DO}protocol") or "tcp",
        algorithm="least_connections"
        if said.text(f"{DO}algorithm") == "least_connections"
        else "round_robin",
        idle_s=None if network else said.number(f"{DO}http-idle-timeout-seconds", 60),
        allows=allows,
        allows_by=allows_by,
    )


def _said(service: LinkedService) -> SaidOfBalancer:
    return SaidOfBalancer(service.manifest.metadata.annotations, PREFIXES)


def _refusals(service: LinkedService, said: SaidOfBalancer) -> Iterator[Refusal]:
    yield from said.not_among(f"{DO}network", ("EXTERNAL", "INTERNAL", ""))
    yield from said.not_among(f"{DO}type", (PROXY, NETWORK, ""))
    yield from said.not_among(f"{DO}protocol", PROTOCOLS)
    yield from said.no_flags(_PROXY_LINE)
    for port in service.ports:
        if port.protocol not in ("TCP", "UDP"):
            yield Refusal("ports", f"its ports speak TCP or UDP, not {port.protocol}")
        if _spoken(said, port) in ("https", "http2") and not _certificate(said) and not _passes_tls(said):
            what = f"port {port.number} speaks {_spoken(said, port)} without a certificate"
            yield Refusal(said.name(f"{DO}protocol") or "ports", what)
    if _certificate(said) and _passes_tls(said):
        yield Refusal(_certificate(said), "a certificate and tls-passthrough exclude each other")


def _certificate(said: SaidOfBalancer) -> str:
    """The annotation that names one; empty: there is none."""
    names = (f"{DO}certificate-id", f"{DO}certificate-name")
    return next((said.name(name) for name in names if said.text(name)), "")


def _passes_tls(said: SaidOfBalancer) -> bool:
    return said.flag(f"{DO}tls-passthrough") is True


def _spoken(said: SaidOfBalancer, port: LinkedPort) -> str:
    """What a port speaks to clients."""
    number = str(port.number)
    secure = said.words(f"{DO}tls-ports")
    alone = not secure and str(_HTTPS) not in said.words(f"{DO}http2-ports")
    if alone and (_certificate(said) or _passes_tls(said)):
        secure = (str(_HTTPS),)
    if port.protocol == "UDP":
        return "udp"
    if number in said.words(f"{DO}http2-ports"):
        return "http2"
    if number in secure:
        return "https"
    return "http" if number in said.words(f"{DO}http-ports") else said.text(f"{DO}protocol") or "tcp"


def _port(said: SaidOfBalancer, port: LinkedPort, network: bool) -> BalancerPort:
    """One that passes packets on keeps the client's address and reads no TLS."""
    line = said.name(_PROXY_LINE) if said.flag(_PROXY_LINE) and port.protocol == "TCP" else ""
    if network:
        return BalancerPort(port.number, port.protocol, proxy_line=line)
    secure = _spoken(said, port) in ("https", "http2") and bool(_certificate(said))
    tls = EndedTLS(again=False, forwarded=True, annotation=_certificate(said)) if secure else None
    return BalancerPort(port.number, port.protocol, False, line, tls)


def _check(service: LinkedService, said: SaidOfBalancer) -> BalancerCheck:
    check, times = f"{DO}healthcheck-", (3, 5, 5, 3)
    found = check_of_nodes(service, *times)
    if said.name(f"{DO}override-health-check"):
        path = said.text(f"{check}path")
        protocol = said.text(f"{check}protocol") or ("http" if path else "tcp")
        found = replace(found, protocol=protocol.upper(), port=_checked_port(service, said), path=path)
    return replace(
        found,
        interval_s=said.number(f"{check}check-interval-seconds", times[0]),
        timeout_s=said.number(f"{check}response-timeout-seconds", times[1]),
        healthy_after=said.number(f"{check}healthy-threshold", times[2]),
        unhealthy_after=said.number(f"{check}unhealthy-threshold", times[3]),
    )


def _checked_port(service: LinkedService, said: SaidOfBalancer) -> int:
    """The node port of the Service port that is named, else of the first that speaks TCP."""
    wanted = said.number(f"{DO}healthcheck-port", 0)
    there = (p for p in service.ports if p.protocol == "TCP" and wanted in (0, p.number))
    return next((p.node_port or 0 for p in there), 0)

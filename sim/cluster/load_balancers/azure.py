"""What the cloud provider of Azure makes: a rule on a balancer that passes packets on, public unless said.

Packets keep the client's address and arrive with the balancer's own address as their destination (floating
IP). Source: kubernetes-sigs/cloud-provider-azure at 7b31c76 (2026-08-19), pkg/consts/consts.go,
pkg/provider/azure_loadbalancer.go, azure_loadbalancer_healthprobe.go; its documentation, "LoadBalancer".
"""

from collections.abc import Iterator
from dataclasses import replace

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.cluster.load_balancers.health import PATH, health_node_port
from sim.cluster.load_balancers.said import BETA, Refusal, SaidOfBalancer
from sim.cluster.load_balancers.values import BalancerCheck, BalancerPort, Cloud, LoadBalancer

NAME = "azure-cloud-provider"
AZURE = "azure-load-balancer-"
IDLE_MIN, LEAST_IDLE_MIN, MOST_IDLE_MIN = 4, 4, 100
_PROBE = f"{AZURE}health-probe-"
_CHECKED = {"tcp": "TCP", "http": "HTTP", "https": "HTTPS"}


def claims(service: LinkedService, cloud: Cloud) -> bool:
    """Whether it makes the load balancer: a class is somebody else's."""
    return service.manifest.spec.load_balancer_class is None


def make(service: LinkedService, cloud: Cloud) -> LoadBalancer:
    """The load balancer of a Service, or why there is none."""
    said = SaidOfBalancer(service.manifest.metadata.annotations)
    refused = next(_refusals(said), None)
    if refused is not None:
        return LoadBalancer(NAME, "error", refused.message, refused.name)
    internal = said.text(f"{AZURE}internal") == "true"
    floats = said.text("azure-disable-load-balancer-floating-ip") != "true"
    return LoadBalancer(
        NAME,
        because="asked for by annotation" if internal else "Azure's is public where nothing else is said",
        cause=said.name(f"{AZURE}internal"),
        kind="passthrough",
        scheme="internal" if internal else "public",
        scheme_by=said.name(f"{AZURE}internal") if internal else "",
        ports=tuple(BalancerPort(p.number, p.protocol) for p in service.ports if not without_rule(said, p)),
        health=_check(service, said),
        destination="balancer-address" if floats else "node-port",
        idle_s=60 * said.number(f"{AZURE}tcp-idle-timeout", IDLE_MIN),
        forgets_silently=said.text(f"{AZURE}disable-tcp-reset").lower() == "true",
    )


def without_rule(said: SaidOfBalancer, port: LinkedPort) -> bool:
    """Whether an annotation keeps a port off the load balancer."""
    return said.flag(f"port_{port.number}_no_lb_rule") is True


def _refusals(said: SaidOfBalancer) -> Iterator[Refusal]:
    name = f"{AZURE}tcp-idle-timeout"
    if said.name(name) and not LEAST_IDLE_MIN <= said.number(name, 0) <= MOST_IDLE_MIN:
        what = f"{said.text(name)!r} is no number of minutes from {LEAST_IDLE_MIN} to {MOST_IDLE_MIN}"
        yield Refusal(BETA + name, f"{BETA}{name}: {what}")


def _check(service: LinkedService, said: SaidOfBalancer) -> BalancerCheck | None:
    """Of the first port that has one; UDP has none."""
    times = said.number(f"{_PROBE}interval", 5), None, None, said.number(f"{_PROBE}num-of-probe", 2)
    if number := health_node_port(service):
        return BalancerCheck("HTTP", number, PATH, *times)
    port = next((p for p in service.ports if p.protocol == "TCP"), None)
    if port is None:
        return None
    wanted = said.text(f"port_{port.number}_health-probe_protocol") or app_protocol(service, port)
    protocol = _CHECKED.get((wanted or said.text(f"{_PROBE}protocol")).strip().lower(), "TCP")
    path = said.text(f"port_{port.number}_health-probe_request-path") or said.text(f"{_PROBE}request-path")
    found = BalancerCheck(protocol, port.node_port or 0, "", *times)
    return found if protocol == "TCP" else replace(found, path=path or "/")


def app_protocol(service: LinkedService, port: LinkedPort) -> str:
    """What the Service says that the port speaks; empty: nothing."""
    return service.manifest.spec.ports[port.index].app_protocol or ""

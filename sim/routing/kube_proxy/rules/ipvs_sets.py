"""The sets of addresses that mode ipvs asks about: a fixed number of rules, whatever the number of Services.

Source: pkg/proxy/ipvs/ipset.go and proxier.go of Kubernetes 1.35.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.rules.ipvs_table import IPSet
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode

_IP_PORT, _IP_PORT_IP, _IP_PORT_NET, _PORT = (
    "hash:ip,port",
    "hash:ip,port,ip",
    "hash:ip,port,net",
    "bitmap:port",
)
SETS = (
    (
        "KUBE-LOOP-BACK",
        _IP_PORT_IP,
        "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose",
    ),
    ("KUBE-CLUSTER-IP", _IP_PORT, "Kubernetes service cluster ip + port for masquerade purpose"),
    ("KUBE-EXTERNAL-IP", _IP_PORT, "Kubernetes service external ip + port for masquerade and filter purpose"),
    (
        "KUBE-EXTERNAL-IP-LOCAL",
        _IP_PORT,
        "Kubernetes service external ip + port with externalTrafficPolicy=local",
    ),
    ("KUBE-LOAD-BALANCER", _IP_PORT, "Kubernetes service lb portal"),
    (
        "KUBE-LOAD-BALANCER-FW",
        _IP_PORT,
        "Kubernetes service load balancer ip + port for load balancer with sourceRange",
    ),
    (
        "KUBE-LOAD-BALANCER-LOCAL",
        _IP_PORT,
        "Kubernetes service load balancer ip + port with externalTrafficPolicy=local",
    ),
    (
        "KUBE-LOAD-BALANCER-SOURCE-IP",
        _IP_PORT_IP,
        "Kubernetes service load balancer ip + port + source IP for packet filter purpose",
    ),
    (
        "KUBE-LOAD-BALANCER-SOURCE-CIDR",
        _IP_PORT_NET,
        "Kubernetes service load balancer ip + port + source cidr for packet filter purpose",
    ),
    ("KUBE-NODE-PORT-TCP", _PORT, "Kubernetes nodeport TCP port for masquerade purpose"),
    ("KUBE-NODE-PORT-LOCAL-TCP", _PORT, "Kubernetes nodeport TCP port with externalTrafficPolicy=local"),
    ("KUBE-NODE-PORT-UDP", _PORT, "Kubernetes nodeport UDP port for masquerade purpose"),
    ("KUBE-NODE-PORT-LOCAL-UDP", _PORT, "Kubernetes nodeport UDP port with externalTrafficPolicy=local"),
    (
        "KUBE-NODE-PORT-SCTP-HASH",
        _IP_PORT,
        "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
    ),
    (
        "KUBE-NODE-PORT-LOCAL-SCTP-HASH",
        _IP_PORT,
        "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
    ),
    ("KUBE-HEALTH-CHECK-NODE-PORT", _PORT, "Kubernetes health check node port"),
    ("KUBE-IPVS-IPS", "hash:ip", "Virtual IPs used by IPVS"),
)
"""Name, type, comment."""


def ip_sets(ports: Iterable[PortOnNode], proxy: Proxy, bound: tuple[str, ...]) -> tuple[IPSet, ...]:
    """Every set, empty ones too.

    Args:
        bound: addresses on kube-ipvs0.
    """
    entries: dict[str, dict[str, None]] = {name: {} for name, _, _ in SETS}
    entries["KUBE-IPVS-IPS"] = dict.fromkeys(bound)
    for port in ports:
        for name, entry in _entries(port, proxy):
            entries[name][entry] = None
    return tuple(IPSet(name, kind, comment, tuple(entries[name])) for name, kind, comment in SETS)


def _entries(port: PortOnNode, proxy: Proxy) -> Iterator[tuple[str, str]]:
    """(set, entry) of one Service port."""
    for endpoint in port.here:
        address, _, number = endpoint.rpartition(":")
        yield "KUBE-LOOP-BACK", f"{address},{port.protocol}:{number},{address}"
    yield "KUBE-CLUSTER-IP", _at(port, port.cluster_ip)
    for address in port.external_ips:
        yield "KUBE-EXTERNAL-IP-LOCAL" if port.external_local else "KUBE-EXTERNAL-IP", _at(port, address)
    for address in port.load_balancer_ips:
        yield from _load_balancer(port, address)
    if port.node_port:
        yield from _node_port(port, proxy)
    if port.health_check_port:
        yield "KUBE-HEALTH-CHECK-NODE-PORT", str(port.health_check_port)


def _at(port: PortOnNode, address: str) -> str:
    return f"{address},{port.protocol}:{port.port}"


def _load_balancer(port: PortOnNode, address: str) -> Iterator[tuple[str, str]]:
    yield "KUBE-LOAD-BALANCER", _at(port, address)
    if port.external_local:
        yield "KUBE-LOAD-BALANCER-LOCAL", _at(port, address)
    if port.source_ranges:
        yield "KUBE-LOAD-BALANCER-FW", _at(port, address)
        for network in port.source_ranges:
            yield "KUBE-LOAD-BALANCER-SOURCE-CIDR", f"{_at(port, address)},{network}"
        if port.node_in_ranges:
            yield "KUBE-LOAD-BALANCER-SOURCE-IP", f"{_at(port, address)},{address}"


def _node_port(port: PortOnNode, proxy: Proxy) -> Iterator[tuple[str, str]]:
    """TCP and UDP by number alone; SCTP by address too, for a bitmap knows no SCTP."""
    sctp = port.protocol == "sctp"
    entry = f"{proxy.node.address},sctp:{port.node_port}" if sctp else str(port.node_port)
    suffix = f"{port.protocol.upper()}{'-HASH' if sctp else ''}"
    yield f"KUBE-NODE-PORT-{suffix}", entry
    if port.external_local:
        yield f"KUBE-NODE-PORT-LOCAL-{suffix}", entry

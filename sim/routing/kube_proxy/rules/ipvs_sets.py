"""The sets of addresses that mode ipvs asks about: a fixed number of rules, whatever the number of Services.

Source: pkg/proxy/ipvs/ipset.go and proxier.go of Kubernetes 1.35.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.cluster.families import Family
from sim.routing.kube_proxy import Proxy
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode
from sim.routing.kube_proxy.rules.section import RuleSection

_IP_PORT, _IP_PORT_IP, _PORT = "hash:ip,port", "hash:ip,port,ip", "bitmap:port"
_SETS = (
    ("LOOP-BACK", _IP_PORT_IP, "endpoints dst ip:port, source ip for solving hairpin purpose"),
    ("CLUSTER-IP", _IP_PORT, "service cluster ip + port for masquerade purpose"),
    ("EXTERNAL-IP", _IP_PORT, "service external ip + port for masquerade and filter purpose"),
    ("EXTERNAL-IP-LOCAL", _IP_PORT, "service external ip + port with externalTrafficPolicy=local"),
    ("LOAD-BALANCER", _IP_PORT, "service lb portal"),
    (
        "LOAD-BALANCER-FW",
        _IP_PORT,
        "service load balancer ip + port for load balancer with sourceRange",
    ),
    (
        "LOAD-BALANCER-LOCAL",
        _IP_PORT,
        "service load balancer ip + port with externalTrafficPolicy=local",
    ),
    (
        "LOAD-BALANCER-SOURCE-IP",
        _IP_PORT_IP,
        "service load balancer ip + port + source IP for packet filter purpose",
    ),
    (
        "LOAD-BALANCER-SOURCE-CIDR",
        "hash:ip,port,net",
        "service load balancer ip + port + source cidr for packet filter purpose",
    ),
    ("NODE-PORT-TCP", _PORT, "nodeport TCP port for masquerade purpose"),
    ("NODE-PORT-LOCAL-TCP", _PORT, "nodeport TCP port with externalTrafficPolicy=local"),
    ("NODE-PORT-UDP", _PORT, "nodeport UDP port for masquerade purpose"),
    ("NODE-PORT-LOCAL-UDP", _PORT, "nodeport UDP port with externalTrafficPolicy=local"),
    ("NODE-PORT-SCTP-HASH", _IP_PORT, "nodeport SCTP port for masquerade purpose with type 'hash ip:port'"),
    (
        "NODE-PORT-LOCAL-SCTP-HASH",
        _IP_PORT,
        "nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
    ),
    ("HEALTH-CHECK-NODE-PORT", _PORT, "health check node port"),
)
"""Name after `KUBE-`, type, comment after `Kubernetes`."""
_SIZES = {"bitmap": "range 0-65535", "hash": "family {} hashsize 1024 maxelem 65536"}
_LONGEST_NAME = 31
"""Of a set; kube-proxy cuts what its prefix for IPv6 makes longer."""


@dataclass(frozen=True)
class IPSet:
    """A set of addresses and ports that a rule of iptables asks.

    Args:
        key: its name over IPv4, by which rules know it.
        type: as ipset has it, such as hash:ip,port.
        comment: what the rule that asks it says.
    """

    key: str
    type: str
    comment: str
    entries: tuple[str, ...]
    family: Family = "IPv4"

    @property
    def name(self) -> str:
        """Its name in the kernel, which both families share."""
        if self.family == "IPv4":
            return self.key
        return self.key.replace("KUBE-", "KUBE-6-", 1)[:_LONGEST_NAME]

    @property
    def direction(self) -> str:
        """Which addresses and ports of a packet are looked up, one word per part of the type."""
        parts = self.type.partition(":")[2].split(",")
        return ",".join(["dst", "dst", "src"][: len(parts)])

    def section(self) -> RuleSection:
        """As `ipset save` shows it."""
        sizes = _SIZES[self.type.partition(":")[0]].format("inet6" if self.family == "IPv6" else "inet")
        made = f"create {self.name} {self.type} {sizes}"
        added = (f"add {self.name} {entry}" for entry in self.entries)
        return RuleSection(f"ipset {self.name}", self.comment, (made, *added))


def ip_sets(ports: Iterable[PortOnNode], proxy: Proxy, bound: tuple[str, ...]) -> tuple[IPSet, ...]:
    """Every set, empty ones too.

    Args:
        bound: addresses on kube-ipvs0.
    """
    entries: dict[str, dict[str, None]] = {f"KUBE-{name}": {} for name, _, _ in _SETS}
    for port in ports:
        for name, entry in _entries(port, proxy):
            entries[name][entry] = None
    made = ((f"KUBE-{name}", kind, f"Kubernetes {comment}") for name, kind, comment in _SETS)
    sets = (IPSet(name, kind, comment, tuple(entries[name]), proxy.family) for name, kind, comment in made)
    return (*sets, IPSet("KUBE-IPVS-IPS", "hash:ip", "Virtual IPs used by IPVS", bound, proxy.family))


def _entries(port: PortOnNode, proxy: Proxy) -> Iterator[tuple[str, str]]:
    """(set, entry) of one Service port."""
    for e in port.endpoints:
        if e.node == proxy.node.name:
            yield "KUBE-LOOP-BACK", f"{e.address},{port.proto}:{e.port},{e.address}"
    yield "KUBE-CLUSTER-IP", _at(port, port.cluster_ip)
    for address in port.external_ips:
        yield "KUBE-EXTERNAL-IP-LOCAL" if port.external_local else "KUBE-EXTERNAL-IP", _at(port, address)
    for address in port.vips:
        yield from _load_balancer(port, address)
    if port.node_port:
        yield from _node_port(port, proxy)
    if port.health_check_node_port:
        yield "KUBE-HEALTH-CHECK-NODE-PORT", str(port.health_check_node_port)


def _at(port: PortOnNode, address: str) -> str:
    return f"{address},{port.proto}:{port.port.number}"


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
    sctp = port.proto == "sctp"
    entry = f"{proxy.address},sctp:{port.node_port}" if sctp else str(port.node_port)
    suffix = f"{port.proto.upper()}{'-HASH' if sctp else ''}"
    yield f"KUBE-NODE-PORT-{suffix}", entry
    if port.external_local:
        yield f"KUBE-NODE-PORT-LOCAL-{suffix}", entry

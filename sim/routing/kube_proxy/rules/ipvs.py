"""Mode ipvs: virtual servers in the kernel's own load balancer, and a fixed number of rules beside it.

As text it stands as `ipvsadm -Ln`, `ipset save` and `iptables-save` would show it. Deprecated in Kubernetes
1.35 (KEP-5495). Source: pkg/proxy/ipvs/proxier.go of Kubernetes 1.35.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sim.cluster.families import Family, at_port
from sim.routing.kube_proxy import Proxy, VirtualServer
from sim.routing.kube_proxy.ipvs import virtual_server
from sim.routing.kube_proxy.rules.iptables_rule import IptablesTable
from sim.routing.kube_proxy.rules.ipvs_rules import ipvs_rules
from sim.routing.kube_proxy.rules.ipvs_sets import IPSet, ip_sets
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode
from sim.routing.kube_proxy.rules.section import RuleSection, Written
from sim.units import counted

_HEAD = ("Prot LocalAddress:Port Scheduler Flags", "  -> RemoteAddress:Port           Forward Weight")

Named = tuple[VirtualServer, str]
"""A virtual server, and the name of its Service port."""


def ipvs(ports: tuple[PortOnNode, ...], proxy: Proxy) -> Written:
    """What is in the kernel of one node."""
    bound = tuple(dict.fromkeys(a for p in ports for a in _bound(p, proxy)))
    sets = ip_sets(ports, proxy, bound)
    by_name = {s.name: (s, p.name) for p in reversed(ports) for s in _servers(p, proxy)}
    servers, tables = tuple(by_name.values())[::-1], ipvs_rules(sets, ports, proxy)
    facts = {
        "virtual_servers": [_facts(server) for server, _ in servers],
        "bound": list(bound),
        "sets": {s.name: {"type": s.type, "entries": list(s.entries)} for s in sets},
        "tables": {t.name: t.facts() for t in tables},
    }
    return facts, tuple(_sections(servers, bound, sets, tables, proxy.family))


def _bound(port: PortOnNode, proxy: Proxy) -> Iterator[str]:
    """Addresses on the device kube-ipvs0, so that the kernel takes their packets for its own."""
    yield port.cluster_ip
    yield from (a for a in (*port.external_ips, *port.vips) if a != proxy.address)


def _servers(port: PortOnNode, proxy: Proxy) -> Iterator[VirtualServer]:
    """Virtual servers of one port, last first."""
    if port.node_port:
        yield virtual_server(proxy, port, at_port(proxy.address, port.node_port))[0]
    for kind, address in reversed(port.addresses):
        yield virtual_server(proxy, port, at_port(address, port.port.number), kind == "cluster IP")[0]


def _facts(server: VirtualServer) -> dict[str, Any]:
    return {
        "virtual_server": server.name,
        "scheduler": server.scheduler,
        "persistent_seconds": server.persistent_s,
        "real_servers": dict(server.real_servers),
    }


def _sections(
    servers: Iterable[Named],
    bound: Iterable[str],
    sets: Iterable[IPSet],
    tables: Iterable[IptablesTable],
    family: Family,
) -> Iterator[RuleSection]:
    yield RuleSection("", "", ("# ipvsadm -Ln", *_HEAD))
    yield from (_section(server, service) for server, service in servers)
    yield RuleSection("", "", ("# ip -brief address show dev kube-ipvs0",))
    does = "addresses that the kernel takes for its own, so that IPVS sees them"
    whole = 128 if family == "IPv6" else 32
    yield RuleSection("device kube-ipvs0", does, tuple(f"{address}/{whole}" for address in bound))
    yield RuleSection("", "", ("# ipset save",))
    yield from (each.section() for each in sets)
    yield RuleSection("", "", ("# ip6tables-save" if family == "IPv6" else "# iptables-save",))
    for table in tables:
        yield from table.sections()


def _section(server: VirtualServer, service: str) -> RuleSection:
    address, _, protocol = server.name.rpartition("/")
    protocol = protocol.upper()
    flags = f" persistent {server.persistent_s}" if server.persistent_s is not None else ""
    head = f"{protocol:<4} {address} {server.scheduler}{flags}"
    lines = (f"  -> {real:<28} Masq    {weight}" for real, weight in server.real_servers.items())
    count = len(server.real_servers)
    does = f"{service} over {counted(count, 'server')}" + ("" if count else ": refused")
    return RuleSection(f"virtual server {protocol} {address}", does, (head, *lines))

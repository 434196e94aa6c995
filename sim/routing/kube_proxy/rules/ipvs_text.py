"""What mode ipvs leaves in the kernel, as `ipvsadm -Ln`, `ipset save` and `iptables-save` would show it."""

from __future__ import annotations

from collections.abc import Iterator

from sim.routing.kube_proxy.rules import iptables_text
from sim.routing.kube_proxy.rules.ipvs_table import IPSet, IPVSState, VirtualService
from sim.routing.kube_proxy.rules.section import RuleSection
from sim.units import counted

_HEAD = ("Prot LocalAddress:Port Scheduler Flags", "  -> RemoteAddress:Port           Forward Weight")
_SIZES = {"bitmap": "range 0-65535", "hash": "family inet hashsize 1024 maxelem 65536"}


def sections(state: IPVSState) -> Iterator[RuleSection]:
    """Virtual servers, the addresses of kube-ipvs0, sets, rules."""
    yield RuleSection("", "", ("# ipvsadm -Ln", *_HEAD))
    yield from map(_server, state.virtual_servers)
    yield RuleSection("", "", ("# ip -brief address show dev kube-ipvs0",))
    addresses = tuple(f"{address}/32" for address in state.bound)
    yield RuleSection(
        "device kube-ipvs0", "addresses that the kernel takes for its own, so that IPVS sees them", addresses
    )
    yield RuleSection("", "", ("# ipset save",))
    yield from map(_set, state.sets)
    yield RuleSection("", "", ("# iptables-save",))
    yield from iptables_text.sections(state.tables)


def _server(server: VirtualService) -> RuleSection:
    protocol = server.protocol.upper()
    flags = f" persistent {server.persistent_s}" if server.persistent_s is not None else ""
    head = f"{protocol:<4} {server.address} {server.scheduler}{flags}"
    lines = tuple(f"  -> {real:<28} Masq    {weight}" for real, weight in server.weights.items())
    count = len(server.real_servers)
    does = f"{server.service} over {counted(count, 'server')}" + ("" if count else ": refused")
    return RuleSection(f"virtual server {protocol} {server.address}", does, (head, *lines))


def _set(each: IPSet) -> RuleSection:
    made = f"create {each.name} {each.type} {_SIZES[each.type.partition(':')[0]]}"
    return RuleSection(
        f"ipset {each.name}", each.comment, (made, *(f"add {each.name} {e}" for e in each.entries))
    )

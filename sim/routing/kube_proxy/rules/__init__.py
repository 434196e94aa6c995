"""What kube-proxy writes on a node: rules of iptables or nftables, or the tables of IPVS.

Rules are values; text is made of them apart, in the form that the kernel's own tools read. The decision
itself, which asks the same questions without any rule, is `sim.routing.kube_proxy`. A cluster of both address
families has rules for each, one after the other. The watch that kube-proxy keeps on its rules (chains
KUBE-PROXY-CANARY) and packet counters (nfacct) are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from sim import __version__
from sim.cluster.cluster import Cluster, Node
from sim.cluster.families import Family
from sim.cluster.life.hearing import ClusterPart
from sim.errors import one_of
from sim.routing.kube_proxy import DEFAULT_OPTIONS, Options, Proxy, proxy_of
from sim.routing.kube_proxy.rules.iptables import iptables
from sim.routing.kube_proxy.rules.ipvs import ipvs
from sim.routing.kube_proxy.rules.nftables import nftables
from sim.routing.kube_proxy.rules.port_on_node import PortOnNode, ports_on
from sim.routing.kube_proxy.rules.section import RuleSection, Written


@dataclass(frozen=True)
class NodeRules:
    """The rules of one node in one mode.

    Args:
        facts: as plain values: for iptables table -> chain -> rules by option name; for nftables chains,
            elements, sets and maps; for ipvs virtual servers, bound addresses, sets and such tables. Those of
            IPv4; empty in a cluster without.
        sections: as text, piece by piece.
        ipv6: the same for IPv6; None in a cluster without.
    """

    mode: str
    node: str
    facts: dict[str, Any]
    sections: tuple[RuleSection, ...]
    ipv6: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The rules in the published form, schema sim.rules/1, without changes."""
        return {
            "schema": "sim.rules/1",
            "node": self.node,
            "mode": self.mode,
            **{mode: self.facts or None if mode == self.mode else None for mode in WRITERS},
            **({} if self.ipv6 is None else {"ipv6": self.ipv6}),
            "explanations": {s.title: s.does for s in self.sections if s.does},
            "changes": None,
            "version": __version__,
        }

    def about(self, service: str) -> NodeRules:
        """Only the pieces of text that name a Service, `NAMESPACE/NAME`."""
        kept = tuple(s for s in self.sections if any(service in line for line in s.lines))
        return replace(self, sections=kept)

    def _repr_html_(self) -> str:
        """The text that the kernel's tools load, a sentence before each piece as a comment."""
        shown = [
            escape("\n".join((*([f"# {s.title}: {s.does}"] if s.does else ()), *s.lines)))
            for s in self.sections
        ]
        return f"<p>{escape(self.mode)} rules on {escape(self.node)}</p><pre>{chr(10).join(shown)}</pre>"


def node_rules(proxy: Proxy, mode: str) -> NodeRules:
    """What a node's kube-proxy writes in this mode, for its address family.

    Raises:
        UsageError: what this mode writes is not known.
    """
    writer = WRITERS[one_of(mode, WRITERS, "rules of kube-proxy for mode")]
    facts, sections = writer(ports_on(proxy), proxy)
    if proxy.family == "IPv6":
        return NodeRules(mode, proxy.node.name, {}, sections, facts)
    return NodeRules(mode, proxy.node.name, facts, sections)


def rules_of_node(
    cluster: Cluster,
    node: Node,
    mode: str,
    options: Options = DEFAULT_OPTIONS,
    families: Sequence[Family] | None = None,
) -> NodeRules:
    """What a node's kube-proxies write in this mode, IPv4 first; at a moment by what they know then.

    Args:
        families: whose rules; None: those of the cluster.

    Raises:
        UsageError: what this mode writes is not known.
    """
    wanted, known = (
        sorted(families or cluster.families),
        cluster.known_by(ClusterPart("kube_proxy", node.name)),
    )
    each = {family: node_rules(proxy_of(known, node, options, family), mode) for family in wanted}
    if len(each) == 1:
        return each[wanted[0]]
    sections = (piece for family, found in each.items() for piece in _of_family(family, found))
    return replace(each["IPv4"], sections=tuple(sections), ipv6=each["IPv6"].ipv6)


def _of_family(family: Family, found: NodeRules) -> Iterator[RuleSection]:
    """The pieces of one of two families; those of IPv6 have titles of their own."""
    loads = {"IPv4": "iptables-restore", "IPv6": "ip6tables-restore"}[family]
    yield RuleSection("", "", (f"# {family}" + (f", for {loads}" if found.mode == "iptables" else ""),))
    for piece in found.sections:
        named = family == "IPv6" and piece.title
        yield replace(piece, title=f"IPv6 {piece.title}") if named else piece


WRITERS: dict[str, Callable[[tuple[PortOnNode, ...], Proxy], Written]] = {
    "iptables": iptables,
    "nftables": nftables,
    "ipvs": ipvs,
}
"""Mode -> what it writes on a node: facts, and text piece by piece."""

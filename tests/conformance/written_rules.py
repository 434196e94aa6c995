"""What kube-proxy writes for given objects, chain by chain, against a table of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import yaml

from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.routing.building import build
from sim.routing.kube_proxy import Options, proxy_of
from sim.routing.kube_proxy.rules import node_rules

KEYS = {"format", "topic", "source", "node", "note", "manifests", "iptables", "nftables"}
FLAGS = Options(pod_cidrs=("10.0.0.0/8",), service_cidrs=("172.30.0.0/16",))
"""The kube-proxy that the tables assume."""
SHARED = {"KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-EXTERNAL-SERVICES", "KUBE-PROXY-FIREWALL"}
"""Chains that Services share: the order of Services in them is free."""


def comparisons(whole: dict[str, Any]) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """(name, what differs or None): one for each table of iptables and each part of nftables."""
    for table, chains in whole.get("iptables", {}).items():
        yield f"iptables-{table}", partial(_iptables, whole, table, chains)
    for part in whole.get("nftables", {}):
        yield f"nftables-{part}", partial(_nftables, whole, part)


def _written(whole: dict[str, Any], mode: str) -> dict[str, Any]:
    """The objects are as the API server keeps them, so nothing is added to them."""
    text = "---\n".join(yaml.safe_dump(m) for m in whole["manifests"])
    manifests = merge(from_document(d) for d in documents(text, "rules_facts.yaml"))
    cluster = build(manifests, Setup(assume_endpoints=False, provider=False, allocate_node_ports=False))
    return node_rules(proxy_of(cluster, cluster.node_by_name[whole["node"]], FLAGS), mode).facts


def _iptables(whole: dict[str, Any], table: str, wanted: dict[str, Any]) -> str | None:
    got = _written(whole, "iptables").get(table, {})
    sides = [{c: _by_service(r) if c in SHARED else r for c, r in side.items()} for side in (wanted, got)]
    return _first_difference(*sides)


def _by_service(rules: list[dict[str, Any]]) -> object:
    """The rules of each Service in their order, and the rule that must be the last."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        grouped.setdefault(rule["comment"].split()[0], []).append(rule)
    last = [rule for rule in rules[-1:] if rule["comment"].endswith("last rule in this chain")]
    return grouped, last


def _nftables(whole: dict[str, Any], part: str) -> str | None:
    """Rules keep their order within a chain; elements, sets and maps have none. Blanks are collapsed."""
    wanted, got = whole["nftables"][part], _written(whole, "nftables")[part]
    if isinstance(wanted, list):
        return None if sorted(wanted) == sorted(got) else f"expected {sorted(wanted)}, got {sorted(got)}"
    order = list if part == "chains" else sorted
    return _first_difference(
        *(
            {name: order(" ".join(t.split()) for t in texts) for name, texts in s.items()}
            for s in (wanted, got)
        )
    )


def _first_difference(wanted: dict[str, Any], got: dict[str, Any]) -> str | None:
    for name in sorted({*wanted, *got}):
        if wanted.get(name) != got.get(name):
            return f"{name}: expected {wanted.get(name)}, got {got.get(name)}"
    return None

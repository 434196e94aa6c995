"""NetworkPolicies as a filter of nftables, written from the manifests alone: an isolated Pod has a chain of its own.

Nothing of the product is asked. Selectors become the addresses that they fit, names of ports become numbers.
A packet of an isolated Pod passes its chain by `return`, and is dropped at the end of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Manifest = dict[str, Any]
SIDES = {"ingress": ("from", "saddr"), "egress": ("to", "daddr")}


def filter_of(objects: list[Manifest]) -> str:
    """A table that does what the policies say, at the node that forwards between all Pods."""
    pods = [item for item in objects if item["kind"] == "Pod"]
    chains, jumps = [], []
    for direction in ("egress", "ingress"):
        for pod in pods:
            own = [p for p in objects if p["kind"] == "NetworkPolicy" and _isolates(p, pod, direction)]
            if not own:
                continue
            address = pod["status"]["podIP"]
            name = f"{direction}_{pod['metadata']['name']}"
            end = "saddr" if direction == "egress" else "daddr"
            jumps.append(f"add rule ip policies forward ip {end} {address} jump {name}\n")
            rules = [line for p in own for line in _rules(p, pod, direction, objects)]
            lines = [f"add rule ip policies {name} {match} return\n" for match in rules]
            chains += [f"add chain ip policies {name}\n", *lines, f"add rule ip policies {name} drop\n"]
    hook = "add chain ip policies forward { type filter hook forward priority 0 ; policy accept ; }\n"
    known = "add rule ip policies forward ct state established,related accept\n"
    return "".join(["flush ruleset\n", "add table ip policies\n", hook, known, *chains, *jumps])


def _isolates(policy: Manifest, pod: Manifest, direction: str) -> bool:
    spec = policy["spec"]
    usual = ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    same = policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
    types = spec.get("policyTypes") or usual
    return (
        same
        and direction.capitalize() in types
        and _fits(spec["podSelector"], pod["metadata"].get("labels", {}))
    )


def _fits(selector: Manifest, labels: dict[str, str]) -> bool:
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for row in selector.get("matchExpressions", []):
        key, there = row["key"], row["key"] in labels
        is_one = there and labels[key] in row.get("values", [])
        if not {"In": is_one, "NotIn": not is_one, "Exists": there, "DoesNotExist": not there}[
            row["operator"]
        ]:
            return False
    return True


def _rules(policy: Manifest, pod: Manifest, direction: str, objects: list[Manifest]) -> Iterator[str]:
    """What a rule matches, once for each pair of peer and port."""
    side, field = SIDES[direction]
    for rule in policy["spec"].get(direction, []):
        peers = [m for peer in rule.get(side, []) for m in _peer(peer, policy, field, objects)]
        for match, address in peers if rule.get(side) else [("", None)]:
            targets = [pod] if direction == "ingress" else _at(address, objects)
            for port in rule.get("ports") or [None]:
                for limit in _port(port, targets, direction):
                    yield f"{match} {limit}".strip() or "ip version 4"


def _peer(
    peer: Manifest, policy: Manifest, field: str, objects: list[Manifest]
) -> Iterator[tuple[str, str | None]]:
    """A match on the other end, and the one address that it is about, if it is about one."""
    if "ipBlock" in peer:
        cut = "".join(f" ip {field} != {part}" for part in peer["ipBlock"].get("except", []))
        yield f"ip {field} {peer['ipBlock']['cidr']}{cut}", None
        return
    spaces = {
        o["metadata"]["name"]: o["metadata"].get("labels", {}) for o in objects if o["kind"] == "Namespace"
    }
    own = policy["metadata"]["namespace"]
    wanted = peer.get("namespaceSelector")
    among = {n for n, labels in spaces.items() if (n == own if wanted is None else _fits(wanted, labels))}
    for item in objects:
        labels = item["metadata"].get("labels", {})
        if (
            item["kind"] == "Pod"
            and item["metadata"]["namespace"] in among
            and _fits(peer.get("podSelector", {}), labels)
        ):
            yield f"ip {field} {item['status']['podIP']}", item["status"]["podIP"]


def _at(address: str | None, objects: list[Manifest]) -> list[Manifest]:
    """The Pods that a packet may be for: the one at an address, or any."""
    pods = [o for o in objects if o["kind"] == "Pod"]
    return [p for p in pods if address in (None, p["status"]["podIP"])]


def _port(port: Manifest | None, targets: list[Manifest], direction: str) -> Iterator[str]:
    """A match on the destination port; a name is a number on each Pod that has it."""
    if port is None:
        yield ""
        return
    protocol, number = port.get("protocol", "TCP").lower(), port.get("port")
    if number is None:
        yield f"meta l4proto {protocol}"
    elif isinstance(number, int):
        end = port.get("endPort", number)
        yield f"{protocol} dport {number}-{end}" if end != number else f"{protocol} dport {number}"
    else:
        for pod in targets:
            for there in pod["spec"]["containers"][0]["ports"]:
                if there["name"] == number and there.get("protocol", "TCP").lower() == protocol:
                    only = f"ip daddr {pod['status']['podIP']} " if direction == "egress" else ""
                    yield f"{only}{protocol} dport {there['containerPort']}"

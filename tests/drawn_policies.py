"""Random small clusters with NetworkPolicies, as mappings; the same number, the same cluster."""

from __future__ import annotations

from random import Random
from typing import Any

Manifest = dict[str, Any]

NAMESPACES = {"shop": {"team": "red"}, "front": {"team": "blue"}, "lab": {"team": "red"}}
NODES = {"n1": "192.0.2.11", "n2": "192.0.2.12"}
APPS, TIERS, PORTS = ("web", "api"), ("front", "back"), (8080, 8443)
NAMES = {8080: "http", 8443: "admin"}
OUTSIDE = ("198.18.0.5", "198.18.1.9")


def drawn_cluster(seed: int, most_policies: int = 5) -> list[Manifest]:
    """Namespaces, nodes, six Pods, and some policies."""
    random = Random(seed)
    places = [_object("v1", "Namespace", name, labels=labels) for name, labels in NAMESPACES.items()]
    places += [
        _object("v1", "Node", n, status={"addresses": [{"type": "InternalIP", "address": address}]})
        for n, address in NODES.items()
    ]
    pods = [_pod(random, number) for number in range(6)]
    policies = [_policy(random, number) for number in range(random.randint(0, most_policies))]
    return [*places, *pods, *policies]


def is_policy(item: Manifest) -> bool:
    """Whether an object is a NetworkPolicy."""
    return bool(item["kind"] == "NetworkPolicy")


def _object(version: str, kind: str, name: str, namespace: str | None = None, **more: Any) -> Manifest:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    labels = more.pop("labels", None)
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": metadata | ({"labels": labels} if labels else {}),
        **more,
    }


def _pod(random: Random, number: int) -> Manifest:
    node = random.choice(list(NODES))
    labels = {"app": random.choice(APPS), "id": str(number)}
    if random.random() < 0.6:
        labels["tier"] = random.choice(TIERS)
    named = random.sample(PORTS, 2) if random.random() < 0.7 else []
    ports = [
        {"name": NAMES[random.choice(PORTS)] if n else "http", "containerPort": p}
        for n, p in enumerate(named)
    ]
    unique = {port["name"]: port for port in ports}
    spec = {
        "nodeName": node,
        "containers": [{"name": "main", "image": "app", "ports": list(unique.values())}],
    }
    status = {"phase": "Running", "podIP": f"10.244.{node[1]}.{number + 10}"}
    namespace = random.choice(list(NAMESPACES))
    return _object("v1", "Pod", f"p{number}", namespace, labels=labels, spec=spec, status=status)


def _policy(random: Random, number: int) -> Manifest:
    types = random.choice((["Ingress"], ["Egress"], ["Ingress", "Egress"], None))
    spec: Manifest = {"podSelector": _selector(random, "app", APPS)}
    if types is not None:
        spec["policyTypes"] = types
    for direction, side in (("ingress", "from"), ("egress", "to")):
        if random.random() < 0.6:
            spec[direction] = [_rule(random, side) for _ in range(random.randint(0, 2))]
    version = "networking.k8s.io/v1"
    return _object(version, "NetworkPolicy", f"policy-{number}", random.choice(list(NAMESPACES)), spec=spec)


def _rule(random: Random, side: str) -> Manifest:
    rule: Manifest = {}
    if random.random() < 0.8:
        rule[side] = [_peer(random) for _ in range(random.randint(1, 2))]
    if random.random() < 0.6:
        rule["ports"] = [_port(random) for _ in range(random.randint(1, 2))]
    return rule


def _peer(random: Random) -> Manifest:
    kind = random.random()
    if kind < 0.3:
        return {"ipBlock": _block(random)}
    namespace = {"namespaceSelector": _selector(random, "team", ("red", "blue"))}
    pods = {"podSelector": _selector(random, *random.choice((("app", APPS), ("tier", TIERS))))}
    return pods if kind < 0.55 else namespace if kind < 0.75 else namespace | pods


def _block(random: Random) -> Manifest:
    cidr = random.choice(("0.0.0.0/0", "10.244.1.0/24", "198.18.0.0/24", "192.0.2.12/32"))
    inside = {
        "0.0.0.0/0": "10.244.2.0/24",
        "10.244.1.0/24": "10.244.1.8/29",
        "198.18.0.0/24": "198.18.0.0/29",
    }
    return {"cidr": cidr} | ({"except": [inside[cidr]]} if cidr in inside and random.random() < 0.4 else {})


def _port(random: Random) -> Manifest:
    if random.random() < 0.25:
        return {"protocol": "UDP"} | ({"port": 5300} if random.random() < 0.5 else {})
    protocol = {} if random.random() < 0.5 else {"protocol": "TCP"}
    port = random.choice((8080, 8443, "http", "admin", None, "range"))
    if port == "range":
        return protocol | {"port": 8400, "endPort": 8500}
    return protocol | {"port": port} if port is not None else {"protocol": "TCP"}


def _selector(random: Random, key: str, values: tuple[str, ...]) -> Manifest:
    match random.randint(0, 4):
        case 0:
            return {}
        case 1:
            operator = random.choice(("In", "NotIn"))
            return {
                "matchExpressions": [{"key": key, "operator": operator, "values": [random.choice(values)]}]
            }
        case 2:
            return {
                "matchExpressions": [{"key": "tier", "operator": random.choice(("Exists", "DoesNotExist"))}]
            }
    return {"matchLabels": {key: random.choice(values)}}

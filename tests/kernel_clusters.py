"""Clusters drawn at random for a KernelLab, and what to ask of one of their nodes.

A draw depends on its seed alone. Every question bears labels, so that a test can count what was tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

NODES = ("node1", "node2", "node3")
NODE_ADDRESS = {name: f"192.168.0.{i + 2}" for i, name in enumerate(NODES)}
PODS = {f"10.244.{node}.{pod}": f"node{node}" for node in (1, 2, 3) for pod in (1, 2, 3, 4)}
"""Address -> node."""
GUESTS = {f"10.244.{node}.9": f"node{node}" for node in (1, 2, 3)}
"""Pods that are no endpoint of anything: they only ask."""
INSIDE, OUTSIDE = "198.18", "198.19"
"""Clients that source ranges name, and clients that they do not."""
PORTS = (("http", "TCP", 80, 8080), ("https", "TCP", 443, 8443), ("dns", "UDP", 53, 5300))
"""Name, protocol, port, target port."""
SCTP = ("sig", "SCTP", 3868, 3868)
KINDS = ("ClusterIP", "NodePort", "LoadBalancer", "LoadBalancer", "headless", "ExternalName")
WRONG_PORT, UNALLOCATED = 81, "10.96.77.77"
NODE_PORTS = range(30001, 30033)
HEALTH_PORTS = range(32001, 32009)

READY = {"ready": True, "serving": True, "terminating": False}
CONDITIONS = (
    *[READY] * 6,
    {"ready": False, "serving": False, "terminating": False},
    {"ready": False, "serving": True, "terminating": True},
    {"ready": False, "serving": False, "terminating": True},
)


@dataclass(frozen=True)
class Try:
    """A connection to try.

    Args:
        origin: as `sim trace --from` takes it; `client` reaches the node from outside.
        source: the address that asks.
        labels: what this tries, for counting.
        service: its name; empty if none is meant.
        sticky: whether affinity holds.
    """

    origin: str
    source: str
    address: str
    port: int
    protocol: str
    labels: frozenset[str]
    service: str = ""
    sticky: bool = False

    @property
    def url(self) -> str:
        """As `sim trace` takes it."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.protocol.lower()}://{host}:{self.port}"


@dataclass(frozen=True)
class Drawn:
    """A cluster, one of its nodes, and what to ask there."""

    seed: int
    manifests: tuple[dict[str, Any], ...]
    node: str
    tries: tuple[Try, ...]
    labels: frozenset[str]


def draw(seed: int, most_tries: int = 24) -> Drawn:
    """A cluster of five Services: the first one has endpoints and no affinity, the others have what comes."""
    random = Random(seed)
    node = random.choice(NODES)
    services = [_service(random, number, seed) for number in range(1, 6)]
    objects = [o for service in services for o in service]
    tries = [t for service in services for t in _tries(random, service, node)]
    rare = [t for t in tries if t.labels & {"own endpoint", "blocked source", "localhost", "health check"}]
    others = [t for t in tries if t not in rare]
    first = next(t for t in tries if {"cluster IP", "Pod"} <= t.labels)
    picked = [first, *random.sample(rare, min(len(rare), 8))]
    picked += random.sample(others, min(len(others), most_tries - len(picked)))
    return Drawn(seed, (*_nodes(), *_pods(), *objects), node, tuple(picked), frozenset(map(_kind, services)))


def _nodes() -> Iterator[dict[str, Any]]:
    for number, (name, address) in enumerate(NODE_ADDRESS.items()):
        labels = {"topology.kubernetes.io/zone": f"zone-{'ab'[number // 2]}"}
        addresses = [{"type": "InternalIP", "address": address}]
        yield _object("v1", "Node", name, "", labels=labels, status={"addresses": addresses})


def _pods() -> Iterator[dict[str, Any]]:
    for address, node in (PODS | GUESTS).items():
        spec = {"nodeName": node, "containers": [{"name": "web", "image": "web"}]}
        yield _object("v1", "Pod", pod_name(address), "shop", spec=spec, status={"podIP": address})


def pod_name(address: str) -> str:
    """The name of the Pod with this address."""
    return f"pod-{address.replace('.', '-')}"


def _object(version: str, kind: str, name: str, namespace: str, **more: Any) -> dict[str, Any]:
    labels = {"labels": more.pop("labels")} if "labels" in more else {}
    scope = {"namespace": namespace} if namespace else {}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **scope, **labels}, **more}


def _service(random: Random, number: int, seed: int) -> tuple[dict[str, Any], ...]:
    """A Service with its EndpointSlices, one for each port that has endpoints."""
    kind = KINDS[seed % 3] if number == 1 else random.choice(KINDS)
    ports = random.sample(PORTS, random.choice((1, 1, 2))) if number > 1 else [PORTS[seed % 3]]
    if number > 1 and random.random() < 0.15:
        ports = [SCTP]
    spec: dict[str, Any] = {"type": kind if kind not in {"headless"} else "ClusterIP"}
    if kind == "ExternalName":
        spec["externalName"] = "api.example.com"
        return (_object("v1", "Service", f"s{number}", "shop", spec=spec),)
    spec["ports"] = [_port(p, kind, number, i) for i, p in enumerate(ports)]
    spec["clusterIP"] = "None" if kind == "headless" else f"10.96.0.{number}"
    _choose_policies(random, spec, kind, number)
    made = _object("v1", "Service", f"s{number}", "shop", spec=spec)
    if kind == "LoadBalancer":
        made["status"] = {"loadBalancer": {"ingress": [_ingress(random, number)]}}
    return made, *_slices(random, number, ports)


def _port(port: tuple[str, str, int, int], kind: str, number: int, index: int) -> dict[str, Any]:
    name, protocol, outer, target = port
    made = {"name": name, "protocol": protocol, "port": outer, "targetPort": target}
    return made | (
        {"nodePort": NODE_PORTS[number * 4 + index]} if kind in {"NodePort", "LoadBalancer"} else {}
    )


def _choose_policies(random: Random, spec: dict[str, Any], kind: str, number: int) -> None:
    if kind in {"NodePort", "LoadBalancer"}:
        spec["externalTrafficPolicy"] = random.choice(("Cluster", "Local"))
    if kind == "LoadBalancer":
        if spec["externalTrafficPolicy"] == "Local":
            spec["healthCheckNodePort"] = HEALTH_PORTS[number]
        if random.random() < 0.6:
            home = ["192.168.0.0/24"] if random.random() < 0.3 else []
            spec["loadBalancerSourceRanges"] = [f"{INSIDE}.0.0/16", *home]
    if kind != "headless":
        spec["internalTrafficPolicy"] = "Local" if number > 1 and random.random() < 0.3 else "Cluster"
        if number > 1 and random.random() < 0.4:
            spec["sessionAffinity"] = "ClientIP"
            spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": random.choice((60, 10800))}}
        if random.random() < 0.35:
            spec["externalIPs"] = [f"198.51.100.{100 + number}"]


def _ingress(random: Random, number: int) -> dict[str, Any]:
    made: dict[str, Any] = {"ip": f"198.51.100.{number}"}
    return made | ({"ipMode": "Proxy"} if random.random() < 0.2 else {})


def _slices(random: Random, number: int, ports: list[tuple[str, str, int, int]]) -> Iterator[dict[str, Any]]:
    count = random.randint(2, 9) if number == 1 else random.choice((0, 1, 1, 2, 3, 4, 6, 9))
    addresses = random.sample(sorted(PODS), count)
    broken = number > 1 and random.random() < 0.3
    hints = random.choice(("", "zone", "node")) if number > 1 else ""
    labels = {"kubernetes.io/service-name": f"s{number}", "endpointslice.kubernetes.io/managed-by": "drawn"}
    listed = [_endpoint(random, a, broken, hints, sound=number == 1) for a in addresses]
    shown = [{"name": name, "protocol": protocol, "port": target} for name, protocol, _, target in ports]
    yield _object(
        "discovery.k8s.io/v1", "EndpointSlice", f"s{number}-1", "shop", labels=labels,
        addressType="IPv4", ports=shown, endpoints=listed,
    )  # fmt: skip


def _endpoint(random: Random, address: str, broken: bool, hints: str, sound: bool) -> dict[str, Any]:
    node = PODS[address]
    conditions = READY if sound else random.choice(CONDITIONS[6:] if broken else CONDITIONS)
    made = {"addresses": [address], "nodeName": node, "conditions": conditions}
    zone = "zone-a" if node in NODES[:2] else "zone-b"
    if hints == "zone":
        made["hints"] = {"forZones": [{"name": zone}]}
    if hints == "node":
        made["hints"] = {"forZones": [{"name": zone}], "forNodes": [{"name": node}]}
    return made


def _kind(service: tuple[dict[str, Any], ...]) -> str:
    spec = service[0]["spec"]
    if spec.get("clusterIP") == "None":
        return "headless"
    return str(spec["type"])


def _tries(random: Random, service: tuple[dict[str, Any], ...], node: str) -> Iterator[Try]:
    made = service[0]
    spec, kind = made["spec"], _kind(service)
    if kind == "ExternalName":
        yield Try("client", f"{INSIDE}.0.9", UNALLOCATED, 80, "TCP", frozenset({"unallocated address"}))
        return
    for port in spec["ports"]:
        for address, number, labels in _destinations(service, port, node):
            for origin, source, more in _sources(random, service, node):
                if address.startswith("127.") and not origin.startswith("node"):
                    continue
                source = address if address.startswith("127.") else source
                yield Try(
                    origin, source, address, number, port["protocol"],
                    frozenset(_labels(made, port, kind) | labels | more | _conflict(labels, more, spec)),
                    made["metadata"]["name"], spec.get("sessionAffinity") == "ClientIP",
                )  # fmt: skip


def _conflict(labels: set[str], more: set[str], spec: dict[str, Any]) -> set[str]:
    """Source ranges are asked at the load balancer's addresses alone."""
    guarded = "load balancer IP" in labels and "loadBalancerSourceRanges" in spec
    outside = {"client outside"} & more
    return ({"blocked source"} if outside else {"allowed source"}) if guarded else set()


def _labels(made: dict[str, Any], port: dict[str, Any], kind: str) -> set[str]:
    spec = made["spec"]
    found = {kind, port["protocol"], f"internal {spec.get('internalTrafficPolicy', 'Cluster')}"}
    if kind in {"NodePort", "LoadBalancer"}:
        found.add(f"external {spec['externalTrafficPolicy']}")
    if "externalIPs" in spec:
        found.add("externalIPs")
    return found | ({"affinity"} if "sessionAffinity" in spec else {"no affinity"})


def _destinations(
    service: tuple[dict[str, Any], ...], port: dict[str, Any], node: str
) -> Iterator[tuple[str, int, set[str]]]:
    """(address, port, labels)."""
    made, spec = service[0], service[0]["spec"]
    if spec["clusterIP"] == "None":
        ready = [e["addresses"][0] for piece in service[1:] for e in piece["endpoints"]]
        yield from ((a, port["targetPort"], {"Pod itself"}) for a in ready[:1])
        return
    yield spec["clusterIP"], port["port"], {"cluster IP"}
    if port["protocol"] == "TCP":
        yield spec["clusterIP"], WRONG_PORT, {"wrong port"}
    for address in spec.get("externalIPs", ()):
        yield address, port["port"], {"external IP"}
    for ingress in made.get("status", {}).get("loadBalancer", {}).get("ingress", ()):
        proxied = ingress.get("ipMode") == "Proxy"
        yield ingress["ip"], port["port"], {"ipMode Proxy" if proxied else "load balancer IP"}
    if "nodePort" in port:
        yield NODE_ADDRESS[node], port["nodePort"], {"node port"}
        yield "127.0.0.1", port["nodePort"], {"localhost"}
    if "healthCheckNodePort" in spec and port["protocol"] == "TCP":
        yield NODE_ADDRESS[node], spec["healthCheckNodePort"], {"health check"}


def _sources(
    random: Random, service: tuple[dict[str, Any], ...], node: str
) -> Iterator[tuple[str, str, set[str]]]:
    """(origin, source, labels): clients, the node itself, a Pod, and an endpoint that may meet itself."""
    yield "client", f"{INSIDE}.0.9", {"client"}
    yield "client", f"{OUTSIDE}.0.9", {"client", "client outside"}
    yield f"node:{node}", NODE_ADDRESS[node], {"node"}
    guest = next(a for a, n in GUESTS.items() if n == node)
    yield f"pod:shop/{pod_name(guest)}", guest, {"Pod"}
    here = [e["addresses"][0] for piece in service[1:] for e in piece["endpoints"] if e["nodeName"] == node]
    for address in random.sample(here, min(1, len(here))):
        yield f"pod:shop/{pod_name(address)}", address, {"own endpoint"}

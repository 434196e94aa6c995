"""Random TLSRoutes and TCPRoutes on listeners of both modes, and connections to their ports."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

Manifest = dict[str, Any]
GROUP = "gateway.networking.k8s.io/v1"
NAMES = (
    "a.pass.example",
    "b.pass.example",
    "*.pass.example",
    "*.a.pass.example",
    "*.example",
    "a.end.example",
)
ENDS = ("a.end.example", "b.end.example", "*.end.example", "*.b.end.example")
ASKED = (
    "a.pass.example", "A.pass.example", "b.pass.example", "c.pass.example", "x.a.pass.example", "pass.example",
    "a.end.example", "b.end.example", "c.b.end.example", "end.example", "other.test", "",
)  # fmt: skip
PASSING = (None, "*.pass.example", "a.pass.example", "*.example")
ENDING = ("*.end.example", "a.end.example", "b.end.example")
AGES = (None, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")
TLS_PORT, TCP_PORTS = 443, (7001, 7002, 7003)
CERTIFICATE = "front"


@dataclass(frozen=True)
class ConnectionTable:
    """Listeners and routes, the Services that are there, and server names to ask with, empty for none."""

    listeners: tuple[Manifest, ...]
    routes: tuple[Manifest, ...]
    services: tuple[str, ...]
    names: tuple[str, ...] = ASKED


def _listener(name: str, port: int, protocol: str, host: str | None, mode: str = "") -> Manifest:
    found: Manifest = {"name": name, "port": port, "protocol": protocol}
    if host:
        found["hostname"] = host
    if mode:
        ends = {"certificateRefs": [{"name": CERTIFICATE}]} if mode == "Terminate" else {}
        found["tls"] = {"mode": mode, **ends}
    return found


def _backends(chance: Random, services: list[str]) -> list[Manifest]:
    """A Service that is there, perhaps beside one of weight 0; or one that is not."""
    if chance.random() < 0.15:
        return [{"name": "ghost", "port": 80}]
    services.append(f"s{len(services)}")
    found: list[Manifest] = [{"name": services[-1], "port": 80}]
    if chance.random() < 0.2:
        found.insert(chance.choice((0, 1)), {"name": "ghost", "port": 80, "weight": 0})
    return found if chance.random() < 0.9 else [{**found[0], "weight": 0}]


def _route(chance: Random, number: int, services: list[str]) -> Manifest:
    age = chance.choice(AGES)
    metadata = {"name": f"r{number}", "namespace": "lab"} | ({"creationTimestamp": age} if age else {})
    spec: Manifest = {"rules": [{"backendRefs": _backends(chance, services)}]}
    if chance.random() < 0.6:
        parent = chance.choice(({}, {"sectionName": "pass"}, {"sectionName": "end"}, {"port": TLS_PORT}))
        spec |= {"hostnames": chance.sample((*NAMES, *ENDS), chance.randint(1, 3))}
        kind = "TLSRoute"
    else:
        kind = "TCPRoute"
        parent = chance.choice(
            ({}, {"port": 7001}, {"sectionName": "t2"}, {"sectionName": "t3", "port": 7003})
        )
        if chance.random() < 0.1:
            parent = {"sectionName": "t3", "port": 7001}
    spec["parentRefs"] = [{"name": "edge", **parent}]
    return {"apiVersion": GROUP, "kind": kind, "metadata": metadata, "spec": spec}


@st.composite
def connection_tables(draw: st.DrawFn) -> ConnectionTable:
    """A port for TLS with a listener of one mode or of each, three ports for TCP, and two to six routes."""
    chance = Random(draw(st.integers(0, 2**32 - 1)))
    listeners = [_listener(f"t{n}", port, "TCP", None) for n, port in enumerate(TCP_PORTS, 1)]
    both = chance.random() < 0.5
    # Listeners of one port do not overlap: which of them Envoy asks first is a matter of all names together.
    passing = "*.pass.example" if both else chance.choice(PASSING)
    listeners.append(_listener("pass", TLS_PORT, "TLS", passing, "Passthrough"))
    if both:
        listeners.append(_listener("end", TLS_PORT, "TLS", chance.choice(ENDING), "Terminate"))
    services: list[str] = []
    routes = [_route(chance, n, services) for n in range(draw(st.integers(2, 6)))]
    chance.shuffle(routes)
    return ConnectionTable(tuple(listeners), tuple(routes), tuple(services))

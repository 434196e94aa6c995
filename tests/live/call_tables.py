"""Random GRPCRoutes, and calls of methods: every kind of match, hosts, headers, backends that are not there."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

Manifest = dict[str, Any]
GROUP = "gateway.networking.k8s.io/v1"
HOSTS = ("a.example", "b.example", "*.example", "x.a.example")
ASKED_HOSTS = (*(h for h in HOSTS if "*" not in h), "c.example", "y.x.a.example", "other.test", "A.example")
SERVICES = ("s.A", "s.Ab", "s.a", "t.A", "A")
METHODS = ("Get", "GetAll", "get", "Put")
EXPRESSIONS = ({"service": r"s\..*"}, {"method": "Get.*"}, {"service": "[st].A", "method": "Put|Get"})
HEADERS = (("stage", "canary"), ("stage", "Canary"), ("region", "eu"), ("Region", "us"))
AGES = (None, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")
CALLS = 30


@dataclass(frozen=True)
class Call:
    """One call of a method."""

    host: str
    service: str
    method: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CallTable:
    """GRPCRoutes, the names of the Services that are there, and calls."""

    manifests: tuple[Manifest, ...]
    services: tuple[str, ...]
    requests: tuple[Call, ...]


def _method(chance: Random) -> Manifest:
    kind = chance.random()
    if kind < 0.15:
        return {}
    if kind < 0.25:
        return {"method": {"type": "RegularExpression", **chance.choice(EXPRESSIONS)}}
    wanted = chance.choice((("service",), ("method",), ("service", "method"), ("service", "method")))
    given = {"service": chance.choice(SERVICES), "method": chance.choice(METHODS)}
    return {"method": {part: given[part] for part in wanted}}


def _match(chance: Random) -> Manifest:
    found = _method(chance)
    headers = dict(chance.sample(HEADERS, chance.choice((0, 0, 0, 1, 2))))
    names = {name.lower(): (name, value) for name, value in headers.items()}
    if names:
        found["headers"] = [{"name": name, "value": value} for name, value in names.values()]
    return found


def _rule(chance: Random, services: list[str]) -> Manifest:
    if chance.random() < 0.1:
        backends = [{"name": "ghost", "port": 80}]
    else:
        services.append(f"s{len(services)}")
        backends = [{"name": services[-1], "port": 80}]
    matches = [_match(chance) for _ in range(chance.choice((0, 1, 1, 1, 2)))]
    rule: Manifest = {"backendRefs": backends}
    return rule | ({"matches": matches} if matches else {})


def _route(chance: Random, number: int, services: list[str]) -> Manifest:
    hosts = chance.sample(HOSTS, chance.choice((0, 1, 1, 2)))
    age = chance.choice(AGES)
    metadata = {"name": f"r{number}", "namespace": "lab"} | ({"creationTimestamp": age} if age else {})
    rules = [_rule(chance, services) for _ in range(chance.randint(1, 4))]
    spec = {"parentRefs": [{"name": "edge"}], "rules": rules} | ({"hostnames": hosts} if hosts else {})
    return {"apiVersion": GROUP, "kind": "GRPCRoute", "metadata": metadata, "spec": spec}


def _call(chance: Random) -> Call:
    headers = tuple(chance.sample(HEADERS, chance.choice((0, 1, 1, 2))))
    distinct = {name.lower(): (name, value) for name, value in headers}
    return Call(
        chance.choice(ASKED_HOSTS), chance.choice(SERVICES), chance.choice(METHODS), tuple(distinct.values())
    )


@st.composite
def call_tables(draw: st.DrawFn) -> CallTable:
    """One to four GRPCRoutes in any order, and calls."""
    chance = Random(draw(st.integers(0, 2**32 - 1)))
    services: list[str] = []
    routes = [_route(chance, n, services) for n in range(draw(st.integers(1, 4)))]
    chance.shuffle(routes)
    return CallTable(tuple(routes), tuple(services), tuple(_call(chance) for _ in range(CALLS)))

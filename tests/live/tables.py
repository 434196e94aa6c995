"""Random rule tables as manifests, and requests to them: full of borders, and small enough to be read."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

HOSTS = (None, "a.example", "b.example", "*.example", "x.a.example", "*.a.example", "A.example")
SEGMENTS = ("a", "b", "ab", "A", "healthz", "a.b")
AGES = (None, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")
ASKED_HOSTS = (
    "a.example", "b.example", "c.example", "x.a.example", "y.a.example", "z.y.a.example", "example", "other.test",
)  # fmt: skip
NAMES = ("i0", "i1", "i2", "i10", "zeta", "alpha")
PLAIN, BORDER = 20, 10

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Manifests, and the requests as (Host header, path).

    Args:
        services: the names that backends have; each backend has one of its own.
    """

    manifests: tuple[Manifest, ...]
    services: tuple[str, ...]
    requests: tuple[tuple[str, str], ...]


def joined(parts: list[str], slash: bool) -> str:
    """A path of elements, with or without a final slash."""
    return "/" + "/".join(parts) + ("/" if slash and parts else "")


segments = st.lists(st.sampled_from(SEGMENTS[:4]), max_size=3) | st.lists(
    st.sampled_from(SEGMENTS), max_size=4
)
paths = st.builds(joined, segments, st.sampled_from([False, False, False, True]))
rows = st.tuples(st.sampled_from(HOSTS), paths, st.sampled_from(["Exact", "Prefix"]))
objects = st.tuples(st.lists(rows, max_size=6), st.sampled_from(AGES), st.sampled_from([False, False, True]))


@st.composite
def tables(draw: st.DrawFn, kind: str) -> Table:
    """One to four objects of a kind, `Ingress` or `HTTPRoute`, in any order, and thirty requests."""
    described = draw(st.lists(objects, min_size=1, max_size=4))
    names = draw(st.permutations(NAMES))
    services: list[str] = []
    manifests = tuple(
        KINDS[kind](name, rules, age, rest, services)
        for name, (rules, age, rest) in zip(names, described, strict=False)
    )
    known = [row for rules, _, _ in described for row in rules] or [(None, "/", "Prefix")]
    chance = Random(draw(st.integers(0, 2**32 - 1)))
    asked = [_plain(chance) for _ in range(PLAIN)] + [_border(known, chance) for _ in range(BORDER)]
    return Table(manifests, tuple(services), tuple(asked))


def _plain(chance: Random) -> tuple[str, str]:
    """Any host and path that rules may have."""
    parts = [chance.choice(SEGMENTS) for _ in range(chance.randint(0, 4))]
    return chance.choice(ASKED_HOSTS), joined(parts, chance.random() < 0.25)


def _border(known: list, chance: Random) -> tuple[str, str]:
    """A request that just holds one of the rules, or just does not; half of them keep its host."""
    host, path, _ = chance.choice(known)
    asked = (host or "other.test").lower().replace("*", "q", 1)
    other = chance.choice(HOST_CHANGES) if chance.random() < 0.5 else HOST_CHANGES[0]
    change = chance.choice(SLASH_CHANGES if chance.random() < 0.4 else PATH_CHANGES)
    return other(asked), change(path, chance.randint(0, 5))


def _new(services: list[str]) -> str:
    services.append(f"s{len(services)}")
    return services[-1]


def _ingress(name: str, rules: list, age: str | None, rest: bool, services: list[str]) -> Manifest:
    """An Ingress without rules has at least a default backend."""
    spec: Manifest = {"ingressClassName": "lab"}
    if rules:
        spec["rules"] = [_ingress_rule(*row, _new(services)) for row in rules]
    if rest or not rules:
        spec["defaultBackend"] = _backend(_new(services))
    return _object("networking.k8s.io/v1", "Ingress", name, age, spec)


def _ingress_rule(host: str | None, path: str, kind: str, service: str) -> Manifest:
    rule: Manifest = {"http": {"paths": [{"path": path, "pathType": kind, "backend": _backend(service)}]}}
    return rule | ({"host": host.lower()} if host else {})


def _backend(service: str) -> Manifest:
    return {"service": {"name": service, "port": {"number": 80}}}


def _route(name: str, rules: list, age: str | None, rest: bool, services: list[str]) -> Manifest:
    """All rows of a route have the hosts of all its rows, unless one row is for any host."""
    hosts = [host.lower() for host, _, _ in rules if host]
    named = {} if len(hosts) < len(rules) or not hosts else {"hostnames": list(dict.fromkeys(hosts))}
    written = [(path, "PathPrefix" if kind == "Prefix" else kind) for _, path, kind in rules]
    written += [("/", "PathPrefix")] if rest or not rules else []
    spec = {"parentRefs": [{"name": "edge"}], "rules": [_route_rule(*row, _new(services)) for row in written]}
    return _object("gateway.networking.k8s.io/v1", "HTTPRoute", name, age, spec | named)


def _route_rule(path: str, kind: str, service: str) -> Manifest:
    return {
        "matches": [{"path": {"type": kind, "value": path}}],
        "backendRefs": [{"name": service, "port": 80}],
    }


def _object(api: str, kind: str, name: str, age: str | None, spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": "lab"} | ({"creationTimestamp": age} if age else {})
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


KINDS = {"Ingress": _ingress, "HTTPRoute": _route}


def _escaped(path: str, place: int) -> str:
    """One character of a path as a percent escape."""
    at = place % len(path)
    return f"{path[: at + 1]}%{ord(path[at + 1]):02x}{path[at + 2 :]}" if at + 1 < len(path) else path


SLASH_CHANGES = (
    lambda path, place: path,
    lambda path, place: f"{path}/",
    lambda path, place: path.rstrip("/") or "/",
    lambda path, place: f"{path.rstrip('/') or '/'}?q=1",
    lambda path, place: f"{path}x",
    lambda path, place: path[:-1] or "/",
)
"""A slash or a letter more or less."""

PATH_CHANGES = (
    lambda path, place: f"{path.rstrip('/')}/c",
    lambda path, place: path.replace("/", "//", 1),
    lambda path, place: "//".join(path.rsplit("/", 1)),
    lambda path, place: f"{path.rstrip('/')}/..",
    lambda path, place: f"{path.rstrip('/')}/../{SEGMENTS[place]}",
    lambda path, place: f"/{SEGMENTS[place]}/..{path}",
    lambda path, place: f"/.{path}/.",
    lambda path, place: f"/..{path}",
    lambda path, place: f"/{SEGMENTS[place]}/%2e%2E{path}",
    lambda path, place: path.upper(),
    lambda path, place: path.swapcase(),
    _escaped,
    lambda path, place: f"/{path[1:].replace('/', '%2F', 1)}",
    lambda path, place: f"{path}%2f",
    lambda path, place: f"{path}?a=/../b",
    lambda path, place: f"{path}/?b",
    lambda path, place: f"{path}%20",
    lambda path, place: f"{path}%zz",
    lambda path, place: f"{path};v=1",
)

HOST_CHANGES = (
    lambda host: host,
    lambda host: f"{host}:8080",
    lambda host: host.upper(),
    lambda host: f"y.{host}",
    lambda host: host.partition(".")[2],
    lambda host: f"{host}x",
    lambda host: host.replace("example", "EXAMPLE:80"),
)

"""Random sets of Ingresses with annotations, as manifests: what a migration has to carry over."""

from __future__ import annotations

from random import Random
from typing import Any

from live.annotated import PREFIX
from live.tables import HOSTS, Manifest, joined

SEGMENTS = ("a", "b", "ab", "A", "docs")
PATTERNS = ("/id/[0-9]+", "/(a|b)/x", "/a(/|$)(.*)", "/b/[a-z]+$", "/(.*)", "/docs/.*\\.html")
MOST_INGRESSES = 4
SAID: tuple[dict[str, str], ...] = (
    {},
    {},
    {},
    {"use-regex": "true"},
    {"use-regex": "true", "rewrite-target": "/$1"},
    {"rewrite-target": "/"},
    {"rewrite-target": "/new/place"},
    {"app-root": "/docs"},
    {"permanent-redirect": "https://other.example/there"},
    {"permanent-redirect": "https://other.example", "permanent-redirect-code": "308"},
    {"temporal-redirect": "http://other.example/", "temporal-redirect-code": "307"},
    {"permanent-redirect": "https://other.example", "permanent-redirect-code": "410"},
    {"force-ssl-redirect": "true"},
    {"upstream-vhost": "inside.example"},
    {"server-alias": "alias.example"},
    {"from-to-www-redirect": "true"},
)
CANARIES: tuple[dict[str, str], ...] = (
    {"canary-weight": "100"},
    {"canary-weight": "0"},
    {"canary-by-header": "X-Try"},
    {"canary-by-header": "X-Try", "canary-by-header-value": "new"},
    {"canary-by-header": "X-Try", "canary-weight": "100"},
)


def drawn(number: int) -> list[Manifest]:
    """The Ingresses of one set; the same number, the same set."""
    chance, made, services = Random(f"moving {number}"), [], 0
    hosts = [host for host in HOSTS if host is None or host.islower()]
    for index in range(chance.randint(1, MOST_INGRESSES)):
        asks = chance.choice(SAID)
        rows = []
        for _ in range(chance.randint(1, 3)):
            services += 1
            rows.append((chance.choice(hosts[1:] if index else hosts), *_path(chance, asks), f"s{services}"))
        made.append(_ingress(f"i{index}", rows, asks))
    if chance.random() < 0.4:
        host, path, kind, _ = _rows_of(made[0])[0]
        asks = {"canary": "true", **chance.choice(CANARIES)}
        made.append(_ingress("try", [(host, path, kind, "s99")], asks))
    return made


def _path(chance: Random, asks: dict[str, str]) -> tuple[str, str]:
    if "use-regex" in asks and chance.random() < 0.7:
        return chance.choice(PATTERNS), "ImplementationSpecific"
    parts = [chance.choice(SEGMENTS) for _ in range(chance.randint(0, 3))]
    return joined(parts, chance.random() < 0.25), chance.choice(["Exact", "Prefix", "Prefix"])


def _ingress(name: str, rows: list[tuple[str | None, str, str, str]], asks: dict[str, str]) -> Manifest:
    rules: list[dict[str, Any]] = []
    for host, path, kind, service in rows:
        backend = {"service": {"name": service, "port": {"number": 80}}}
        rule: dict[str, Any] = {"http": {"paths": [{"path": path, "pathType": kind, "backend": backend}]}}
        rules.append(rule | ({"host": host} if host else {}))
    metadata = {"name": name, "namespace": "lab", "annotations": {PREFIX + k: v for k, v in asks.items()}}
    spec = {"ingressClassName": "nginx", "rules": rules}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def _rows_of(ingress: Manifest) -> list[tuple[str | None, str, str, str]]:
    return [
        (rule.get("host"), row["path"], row["pathType"], row["backend"]["service"]["name"])
        for rule in ingress["spec"]["rules"]
        for row in rule["http"]["paths"]
    ]


def services(ingresses: list[Manifest]) -> list[str]:
    """The Services that they name, each once."""
    return list(dict.fromkeys(row[3] for ingress in ingresses for row in _rows_of(ingress)))

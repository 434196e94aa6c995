"""Random sets of Ingresses with annotations, and Services, as manifests: what a migration has to carry over."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from answers import behind
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
    {"ssl-redirect": "false"},
    {"preserve-trailing-slash": "true"},
    {"relative-redirects": "true"},
    {"force-ssl-redirect": "true", "use-port-in-redirects": "true"},
    {"backend-protocol": "HTTPS"},
    {"backend-protocol": "GRPC"},
    {"backend-protocol": "AUTO_HTTP"},
    {"service-upstream": "true"},
)
POLICIES: tuple[dict[str, str], ...] = (
    {"whitelist-source-range": "203.0.113.0/24"},
    {"allowlist-source-range": "10.0.0.0/8, 192.168.7.7"},
    {"denylist-source-range": "203.0.113.9/32"},
    {"denylist-source-range": "203.0.113.0/25", "whitelist-source-range": "203.0.113.0/24"},
    {"whitelist-source-range": "nonsense"},
    {"enable-cors": "true"},
    {"enable-cors": "true", "cors-allow-origin": "https://shop.example", "cors-allow-credentials": "false"},
    {"enable-cors": "true", "cors-allow-origin": "https://*.shop.example, http://a.example"},
    {"enable-cors": "true", "cors-allow-methods": "GET, PUT", "cors-allow-headers": "X-One, X-Two"},
    {"enable-cors": "true", "cors-max-age": "600", "cors-expose-headers": "X-Seen"},
    {"affinity": "cookie"},
    {"affinity": "cookie", "session-cookie-name": "route", "session-cookie-max-age": "600"},
)
LIMITS: tuple[dict[str, str], ...] = (
    {"limit-rpm": "1"},
    {"limit-rpm": "2", "limit-burst-multiplier": "2"},
    {"limit-rpm": "3", "limit-burst-multiplier": "1"},
    {"limit-rpm": "1", "limit-whitelist": "198.18.0.0/26"},
)
CANARIES: tuple[dict[str, str], ...] = (
    {"canary-weight": "100"},
    {"canary-weight": "0"},
    {"canary-by-header": "X-Try"},
    {"canary-by-header": "X-Try", "canary-by-header-value": "new"},
    {"canary-by-header": "X-Try", "canary-by-header-pattern": "new|old"},
    {"canary-by-header": "X-Try", "canary-weight": "100"},
    {"canary-by-cookie": "try"},
    {"canary-by-cookie": "try", "canary-by-header": "X-Try", "canary-weight": "100"},
)
SPLIT = {"canary-weight": "50"}
EVERYTHING = (*SAID, *POLICIES, *LIMITS, *CANARIES, SPLIT)
NAMESPACE, OTHER = "lab", "team"
AGES = ("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")


def drawn(number: int) -> list[Manifest]:
    """The objects of one set; the same number, the same set."""
    chance, made, services = Random(f"moving {number}"), [], 0
    hosts = [host for host in HOSTS if host is None or host.islower()]
    policies = LIMITS if chance.random() < 0.15 else POLICIES
    for index in range(chance.randint(1, MOST_INGRESSES)):
        asks = dict(chance.choice(SAID)) | (chance.choice(policies) if chance.random() < 0.4 else {})
        rows = []
        for _ in range(chance.randint(1, 3)):
            services += 1
            rows.append((chance.choice(hosts[1:] if index else hosts), *_path(chance, asks), f"s{services}"))
        made.append(_more(chance, _ingress(f"i{index}", rows, asks), index))
    if chance.random() < 0.4:
        host, path, kind, _ = _rows_of(made[0])[0]
        asks = {"canary": "true", **(SPLIT if chance.random() < 0.25 else chance.choice(CANARIES))}
        made.append(_ingress("try", [(host, path, kind, "s99")], asks))
    return [*made, *_behind(chance, made)]


def _more(chance: Random, ingress: Manifest, index: int) -> Manifest:
    """By chance certificates, a default backend, an age, another namespace."""
    spec, metadata = ingress["spec"], ingress["metadata"]
    hosts = sorted({rule["host"] for rule in spec["rules"] if "host" in rule})
    if hosts and chance.random() < 0.35:
        spec["tls"] = [{"hosts": hosts[: chance.randint(1, 2)], "secretName": f"c{index}"}]
    if chance.random() < 0.1:
        spec["defaultBackend"] = {"service": {"name": f"d{index}", "port": {"number": 80}}}
    metadata["creationTimestamp"] = chance.choice(AGES)
    if index and chance.random() < 0.1:
        metadata["namespace"] = OTHER
    return ingress


def _behind(chance: Random, ingresses: list[Manifest]) -> Iterator[Manifest]:
    """The Services; one in twenty is not there, one in twenty has nothing ready."""
    for namespace, name in services(ingresses):
        state = chance.random()
        for item in behind([name]) if state > 0.05 else ():
            item = item | {"metadata": item["metadata"] | {"namespace": namespace}}
            yield item | ({"endpoints": []} if item["kind"] == "EndpointSlice" and state < 0.1 else {})


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
    metadata = {"name": name, "namespace": NAMESPACE, "annotations": {PREFIX + k: v for k, v in asks.items()}}
    spec = {"ingressClassName": "nginx", "rules": rules}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def _rows_of(ingress: Manifest) -> list[tuple[str | None, str, str, str]]:
    return [
        (rule.get("host"), row["path"], row["pathType"], row["backend"]["service"]["name"])
        for rule in ingress["spec"]["rules"]
        for row in rule["http"]["paths"]
    ]


def services(ingresses: list[Manifest]) -> list[tuple[str, str]]:
    """Namespace and name of the Services that they name, each once."""
    named = []
    for ingress in ingresses:
        namespace = ingress["metadata"]["namespace"]
        named += [(namespace, row[3]) for row in _rows_of(ingress)]
        if default := ingress["spec"].get("defaultBackend"):
            named.append((namespace, default["service"]["name"]))
    return list(dict.fromkeys(named))

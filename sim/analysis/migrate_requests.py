"""Requests that a migration is asked beside those at the borders of rules.

Queries, what browsers ask from other origins, and clients at the borders of ranges of addresses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_network

from sim.analysis.probes import hosts_around, reads_patterns
from sim.cluster.cluster import Cluster
from sim.manifests.objects.networking import Ingress
from sim.routing import Request
from sim.routing.controllers.ingress_nginx.values import PREFIX
from sim.routing.path_samples import is_pattern, samples

ORIGIN = "https://elsewhere.example"
RANGES = ("allowlist-source-range", "whitelist-source-range", "denylist-source-range")


def besides(cluster: Cluster) -> Iterator[Request]:
    """For each path of each Ingress one with a query, those of browsers where CORS is on, and clients."""
    for ingress in cluster.ingresses:
        given = ingress.metadata.annotations
        crosses = given.get(f"{PREFIX}enable-cors", "").lower() in ("true", "1", "t")
        origin = given.get(f"{PREFIX}cors-allow-origin", "*").split(",")[0].strip()
        clients = tuple(dict.fromkeys(_clients(given)))
        for host, path in _places(ingress):
            yield Request(host, f"{path}?asked=1")
            if crosses:
                yield from _options(host, path, origin)
            for client in clients:
                yield replace(Request(host, path), client_ip=client)


def _places(ingress: Ingress) -> Iterator[tuple[str, str]]:
    for rule in ingress.spec.rules:
        host = next(iter(hosts_around((rule.host or "").lower())))
        for row in rule.http.paths if rule.http else ():
            path = row.path or "/"
            by_pattern = reads_patterns(ingress) and is_pattern(path)
            yield host, next(iter(samples(path)), "/") if by_pattern else path


def _clients(given: Mapping[str, str]) -> Iterator[str]:
    """The first and the last address of each range of an Ingress, and those beside them."""
    for name in RANGES:
        for text in given.get(f"{PREFIX}{name}", "").split(","):
            try:
                network = ip_network(text.strip(), strict=False)
            except ValueError:
                continue
            for end, beside in ((network[0], -1), (network[-1], 1)):
                yield str(end)
                if 0 < int(end) + beside < 2**network.max_prefixlen:
                    yield str(end + beside)


def _options(host: str, path: str, origin: str) -> Iterator[Request]:
    """A preflight of an allowed origin and of another one, OPTIONS by itself, and GET from both origins."""
    allowed = ORIGIN if origin == "*" else origin.replace("*", "one")
    for headers in (
        {"Origin": allowed, "Access-Control-Request-Method": "PUT"},
        {"Origin": "https://nobody.example", "Access-Control-Request-Method": "PUT"},
        {},
    ):
        yield Request(host, path, "OPTIONS", headers=headers)
    for asking in (allowed, "https://nobody.example"):
        yield Request(host, path, headers={"Origin": asking})

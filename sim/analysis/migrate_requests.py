"""Requests that a migration is asked beside those at the borders of rules: queries, and what browsers ask."""

from collections.abc import Iterator

from sim.analysis.probes import hosts_around, reads_patterns
from sim.cluster.cluster import Cluster
from sim.manifests.objects.networking import Ingress
from sim.routing import Request
from sim.routing.controllers.ingress_nginx.values import PREFIX
from sim.routing.path_samples import is_pattern, samples

ORIGIN = "https://elsewhere.example"


def besides(cluster: Cluster) -> Iterator[Request]:
    """For each path of each Ingress one request with a query, and where CORS is on three with OPTIONS."""
    for ingress in cluster.ingresses:
        given = ingress.metadata.annotations
        crosses = given.get(f"{PREFIX}enable-cors", "").lower() in ("true", "1", "t")
        origin = given.get(f"{PREFIX}cors-allow-origin", "*").split(",")[0].strip()
        for host, path in _places(ingress):
            yield Request(host, f"{path}?asked=1")
            if crosses:
                yield from _options(host, path, origin)


def _places(ingress: Ingress) -> Iterator[tuple[str, str]]:
    for rule in ingress.spec.rules:
        host = next(iter(hosts_around((rule.host or "").lower())))
        for row in rule.http.paths if rule.http else ():
            path = row.path or "/"
            by_pattern = reads_patterns(ingress) and is_pattern(path)
            yield host, next(iter(samples(path)), "/") if by_pattern else path


def _options(host: str, path: str, origin: str) -> Iterator[Request]:
    """A preflight of an allowed origin and of another one, and OPTIONS by itself."""
    allowed = ORIGIN if origin == "*" else origin.replace("*", "one")
    for headers in (
        {"Origin": allowed, "Access-Control-Request-Method": "PUT"},
        {"Origin": "https://nobody.example", "Access-Control-Request-Method": "PUT"},
        {},
    ):
        yield Request(host, path, "OPTIONS", headers=headers)

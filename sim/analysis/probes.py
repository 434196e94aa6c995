"""Requests derived from rules: every rule is hit, and every border between rules from both sides.

Around each path: a letter more and less, a slash more and less, an element below, other letters' case. Around
each host: a label more, a label less, one inside each wildcard, one that nobody has. For a match with method,
headers or query: all of them, each one missing or with another value, and those of two matches together, so
that ties by age show.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, islice

from sim.analysis.connection_probes import called, connections, names_at
from sim.cluster.cluster import Cluster
from sim.manifests.objects.gateway_api import HTTPRouteMatch
from sim.manifests.objects.gateway_routes import GRPCRouteMatch
from sim.manifests.objects.networking import Ingress
from sim.routing import Request
from sim.routing.controllers.ingress_nginx.values import PREFIX as NGINX_PREFIX
from sim.routing.controllers.patterns import any_depth
from sim.routing.gateway.hostnames import ANY
from sim.routing.gateway.listener_sets import listeners_of
from sim.routing.hops.load_balancer import ended
from sim.routing.path_samples import is_pattern, samples, stem

NOBODY = "nobody-has-this.test"
_UNUSED = "never-used"
_MOST_PAIRS = 400
_ABOUT_TLS = ("/ssl-passthrough", "ssl-redirect", "/redirect-to-https")


@dataclass(frozen=True)
class Probe:
    """What one rule asks of a request.

    Args:
        host: as in the rule, lower case; empty for any.
        ports: (scheme, port) under which it may be asked; None: the scheme's own port.
        is_pattern: whether the path is an expression, so that nobody asks for its own text.
    """

    host: str
    path: str
    method: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[tuple[str, int | None], ...] = (("http", None),)
    is_pattern: bool = False


def derived_requests(*clusters: Cluster) -> list[Request]:
    """The requests for the rules of all these clusters together, each once."""
    probes = [p for c in clusters for p in (*_of_ingresses(c), *_of_routes(c))]
    asked = [*_requests(probes), *(r for c in clusters for r in connections(c, NOBODY))]
    return list({_identity(r): r for r in asked}.values())


def _identity(request: Request) -> tuple[object, ...]:
    headers = tuple(sorted(request.headers.items()))
    return request.scheme, request.port, request.host, request.path, request.method, headers


def _of_ingresses(cluster: Cluster) -> Iterator[Probe]:
    is_secure = overlapping({h.lower() for i in cluster.ingresses for h in secure_hosts(i)})
    ends_before = any(ended(s, p) for s in cluster.services.values() for p in s.ports)
    for ingress in cluster.ingresses:
        headers = list(_canary_headers(ingress))
        for rule in ingress.spec.rules:
            host = (rule.host or "").lower()
            ports: tuple[tuple[str, int | None], ...] = (("http", None),)
            ports += (("https", None),) if ends_before or is_secure(host) else ()
            for path in rule.http.paths if rule.http else ():
                is_regex = reads_patterns(ingress) and is_pattern(path.path or "/")
                for asked in ({}, *headers):
                    yield Probe(host, path.path or "/", headers=asked, ports=ports, is_pattern=is_regex)
        if ingress.spec.default_backend is not None:
            yield Probe("", f"/{_UNUSED}")


def overlapping(patterns: set[str]) -> Callable[[str], bool]:
    """Whether a pattern of hosts has a host in common with one of these, without a look at each."""
    above = {wider for pattern in patterns for wider in (ANY, *any_depth(pattern))}
    return lambda host: host in above or not patterns.isdisjoint((ANY, *any_depth(host)))


def secure_hosts(ingress: Ingress) -> Iterator[str]:
    """Hosts that are asked over https: under tls, and all where an annotation is about TLS."""
    yield from (host for tls in ingress.spec.tls for host in tls.hosts)
    if any(name.endswith(_ABOUT_TLS) for name in ingress.metadata.annotations):
        yield from (rule.host for rule in ingress.spec.rules if rule.host)


def reads_patterns(ingress: Ingress) -> bool:
    """Whether an annotation of ingress-nginx says that the paths are regular expressions."""
    given = ingress.metadata.annotations
    return f"{NGINX_PREFIX}use-regex" in given or f"{NGINX_PREFIX}rewrite-target" in given


def _canary_headers(ingress: Ingress) -> Iterator[dict[str, str]]:
    """The headers and cookies that steer a canary of ingress-nginx."""
    given = ingress.metadata.annotations
    name = given.get(f"{NGINX_PREFIX}canary-by-header")
    if name:
        values = ("always", "never", given.get(f"{NGINX_PREFIX}canary-by-header-value") or "other")
        yield from ({name: value} for value in values)
    cookie = given.get(f"{NGINX_PREFIX}canary-by-cookie")
    if cookie:
        yield from ({"Cookie": f"{cookie}={value}"} for value in ("always", "never"))


def _of_routes(cluster: Cluster) -> Iterator[Probe]:
    listeners = listeners_of(cluster)
    ports = tuple(
        dict.fromkeys(
            (x.protocol.lower(), None if (x.protocol, x.port) in {("HTTP", 80), ("HTTPS", 443)} else x.port)
            for x in listeners
            if x.protocol in {"HTTP", "HTTPS"}
        )
    )
    for route in cluster.http_routes:
        hosts = names_at(route.spec.hostnames, listeners)
        for rule in route.spec.rules:
            for match in rule.matches or (HTTPRouteMatch(),):
                yield from (_of_match(host, match, ports) for host in hosts)
    for of_grpc in cluster.grpc_routes:
        calls = (m for rule in of_grpc.spec.rules for m in rule.matches or (GRPCRouteMatch(),))
        hosts = names_at(of_grpc.spec.hostnames, listeners)
        for path, headers in map(called, calls):
            yield from (Probe(h, path, "POST", headers, ports=ports or (("http", None),)) for h in hosts)


def _of_match(host: str, match: HTTPRouteMatch, ports: tuple[tuple[str, int | None], ...]) -> Probe:
    headers = {h.name: h.value for h in reversed(match.headers)}
    query = {q.name: q.value for q in reversed(match.query_params)}
    is_regex = match.path.type == "RegularExpression"
    return Probe(host, match.path.value, match.method, headers, query, ports or (("http", None),), is_regex)


def _requests(probes: list[Probe]) -> Iterator[Request]:
    numbered: dict[str, list[int]] = {}
    for number, probe in enumerate(probes):
        numbered.setdefault(probe.host, []).append(number)
    all_ports = _ports(probes)
    for host in dict.fromkeys(h for named in numbered for h in hosts_around(named)):
        fitting = dict.fromkeys((ANY, host, *any_depth(host)))
        mine = [probes[n] for n in sorted(n for pattern in fitting for n in numbered.get(pattern, ()))]
        paths = list(dict.fromkeys(v for p in mine or probes[:1] for v in _paths(p)))
        for scheme, port in _ports(mine) if mine else all_ports:
            yield from (Request(host, path, scheme=scheme, port=port) for path in paths)
            for probe in _demanding(mine):
                yield from _with_options(host, probe, scheme, port)


def _ports(probes: list[Probe]) -> list[tuple[str, int | None]]:
    return list(dict.fromkeys(port for p in probes for port in p.ports))


def _demanding(probes: list[Probe]) -> list[Probe]:
    """Probes that ask for more than a path, and pairs of them at one path."""
    single = [p for p in probes if p.method is not None or p.headers or p.query]
    pairs = islice(combinations(single, 2), _MOST_PAIRS)
    return single + [both for one, other in pairs for both in _together(one, other)]


def _together(one: Probe, other: Probe) -> Iterator[Probe]:
    """One request that both want, as far as that can be; where they differ in a value, the first one's."""
    method = one.method or other.method
    headers, query = {**other.headers, **one.headers}, {**other.query, **one.query}
    for path in dict.fromkeys((one.path, other.path)):
        is_regex = (one if path == one.path else other).is_pattern
        yield Probe(one.host, path, method, headers, query, is_pattern=is_regex)


def _with_options(host: str, probe: Probe, scheme: str, port: int | None) -> Iterator[Request]:
    """All that a match asks for, then with each part missing or different."""
    for path in _near(probe):
        for method in dict.fromkeys((probe.method or "GET", "GET", "POST", "HEAD")):
            for headers in _around(probe.headers):
                for query in _around(probe.query):
                    target = path + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")
                    yield Request(host, target, method, scheme, port, headers)


def _around(values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    yield dict(values)
    for name in values:
        yield {k: v for k, v in values.items() if k != name}
        yield {**values, name: f"{values[name]}-other"}


def hosts_around(host: str) -> Iterator[str]:
    """Hosts at the borders of a rule's host.

    >>> list(hosts_around("*.a.test"))
    ['one.a.test', 'two.one.a.test', 'a.test', 'nobody-has-this.test']
    """
    if host.startswith("*."):
        yield from (f"one{host[1:]}", f"two.one{host[1:]}", host[2:])
    elif host:
        yield from (host, f"one.{host}")
        parent = host.partition(".")[2]
        yield from (f"other.{parent}",) if "." in parent else ()
    yield NOBODY


def _near(probe: Probe) -> Iterator[str]:
    """The path itself, and one below it; of an expression what it is likely to match."""
    path = next(iter(samples(probe.path)), stem(probe.path)) if probe.is_pattern else probe.path
    yield path or "/"
    yield f"{path.removesuffix('/')}/{_UNUSED}"


def _paths(probe: Probe) -> Iterator[str]:
    """Paths at the borders of a probe's path; of an expression also what it is likely to match."""
    if not probe.is_pattern:
        yield from paths_around(probe.path)
    if is_pattern(probe.path):
        for sample in samples(probe.path):
            yield from (sample, f"{sample}x", f"{sample}/{_UNUSED}", sample.swapcase())
        yield from paths_around(stem(probe.path))


def paths_around(path: str) -> Iterator[str]:
    """Paths at the borders of a rule's path; also one that no rule has, and the root.

    >>> list(paths_around("/a/b"))[:5]
    ['/a/b', '/a/b/', '/a/b/never-used', '/a/bx', '/a/']
    """
    bare = path.removesuffix("/")
    yield from dict.fromkeys((path or "/", bare or "/", f"{bare}/", f"{bare}/{_UNUSED}", f"{bare or '/'}x"))
    if len(bare) > 1:
        yield bare[:-1] or "/"
        yield bare.swapcase()
        yield f"{bare.rpartition('/')[0]}/{_UNUSED}"
    yield from ("/", f"/{_UNUSED}")

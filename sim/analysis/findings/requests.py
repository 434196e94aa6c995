"""What is asked of a set so that it shows its faults: a request for each rule, and a connection to each port.

Each is the request that its rule was written for: the host, the path, the method of the rule itself. Requests
at the borders of rules are `sim.analysis.probes`; here a failing answer means that the rule does not work.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sim.analysis.probes import NOBODY, overlapping, reads_patterns, secure_hosts
from sim.cluster.cluster import Cluster, Controller, LinkedService
from sim.manifests.objects.gateway_api import HTTPRoute, HTTPRouteMatch
from sim.manifests.objects.meta import KubernetesObject, Path
from sim.manifests.objects.networking import Ingress
from sim.routing import Request
from sim.routing.controllers import reads
from sim.routing.gateway.attached import attached
from sim.routing.gateway.attachment import Attachment
from sim.routing.gateway.listeners import HTTP_PROTOCOLS, listener_states
from sim.routing.hops.load_balancer import ended
from sim.routing.path_samples import is_pattern, samples, stem

_PORTS = {"HTTP": 80, "HTTPS": 443}
_HostTest = Callable[[str], bool]


@dataclass(frozen=True)
class RuleRequest:
    """One request, and the part of an object that it was written for.

    Args:
        to: the load balancer or Gateway to enter through; None: the one that the host leads to.
        is_guess: whether the path is only likely to match, for the rule's own is an expression.
        controllers: those that read the Ingress; empty for other objects.
        rule: the row of the Ingress, as in a trace; empty for other objects.
    """

    item: KubernetesObject
    place: Path
    request: Request
    to: str | None = None
    is_guess: bool = False
    controllers: tuple[Controller, ...] = ()
    rule: str = ""


def requests(cluster: Cluster) -> Iterator[RuleRequest]:
    """A request for each rule, and a connection to each port of a load balancer that is no controller's."""
    ends_before = any(ended(s, p) for s in cluster.services.values() for p in s.ports)
    is_secure = overlapping({h.lower() for i in cluster.ingresses for h in secure_hosts(i)})
    for ingress in cluster.ingresses:
        yield from _of_ingress(cluster, ingress, (lambda _: True) if ends_before else is_secure)
    yield from _of_gateways(cluster)
    yield from _of_balancers(cluster)


def _of_ingress(cluster: Cluster, ingress: Ingress, is_secure: _HostTest) -> Iterator[RuleRequest]:
    readers = tuple(c for c in cluster.controllers if reads(cluster, c, ingress)[0])
    anywhere = _balancer_of(cluster, readers)
    sender = _allowed(cluster, (key for controller in readers for key in controller.services))
    for i, rule in enumerate(ingress.spec.rules):
        host = (rule.host or "").lower()
        schemes = ("http", "https") if is_secure(host) else ("http",)
        for j, path in enumerate(rule.http.paths if rule.http else ()):
            place = ("spec", "rules", i, "http", "paths", j, "path")
            wanted = path.path or "/"
            is_regex = reads_patterns(ingress) and is_pattern(wanted)
            asked = next(iter(samples(wanted)), stem(wanted)) if is_regex else wanted
            for scheme in schemes:
                request = Request(_host(host), asked, scheme=scheme, client_ip=sender)
                title = f"{ingress.key} rules[{i}].paths[{j}]"
                yield RuleRequest(
                    ingress, place, request, None if host else anywhere, is_regex, readers, title
                )


def _balancer_of(cluster: Cluster, readers: Iterable[Controller]) -> str | None:
    """The load balancer in front of one of these controllers."""
    keys = (key for controller in readers for key in controller.services)
    return next((f"lb:{key}" for key in keys if cluster.services[key].wants_load_balancer), None)


def _allowed(cluster: Cluster, keys: Iterable[str]) -> str:
    """An address that the Services in front let in: whom they keep out is meant, and no fault."""
    ranges = (r for key in keys for r in _ranges(cluster.services[key]))
    first = next(iter(ranges), "").partition("/")[0].strip()
    return first if first and first != "0.0.0.0" else Request("").client_ip


def _ranges(service: LinkedService) -> tuple[str, ...]:
    """Those that its load balancer or kube-proxy lets in."""
    made = service.balancer.allows if service.balancer is not None else ()
    return service.manifest.spec.load_balancer_source_ranges or made


def _host(pattern: str) -> str:
    """A host that fits: of a wildcard one of its names, where any would do one that no rule has."""
    return f"one{pattern[1:]}" if pattern.startswith("*.") else pattern or NOBODY


def _of_gateways(cluster: Cluster) -> Iterator[RuleRequest]:
    """A request for each match at each listener that takes its route, and for each name that none takes."""
    taken: dict[str, list[Attachment[HTTPRoute]]] = {}
    for key in cluster.proxies_of_gateway:
        states = listener_states(cluster, cluster.gateways[key])
        for one in attached(cluster, states).http:
            if one.held and one.state.listener.protocol in HTTP_PROTOCOLS:
                taken.setdefault(one.route.key, []).append(one)
                yield from _of_route(one)
    for found in taken.values():
        yield from _left_names(found)


def _left_names(found: list[Attachment[HTTPRoute]]) -> Iterator[RuleRequest]:
    """The host names of a route that is attached, and that no listener of it leaves over."""
    route, names = found[0].route, {name for one in found for name in one.hostnames}
    port, scheme = _port_and_scheme(found[0])
    for number, name in enumerate(route.spec.hostnames):
        if name.lower() not in names:
            request = Request(_host(name.lower()), scheme=scheme, port=port)
            yield RuleRequest(route, ("spec", "hostnames", number), request, _entry(found[0]))


def _entry(one: Attachment[HTTPRoute]) -> str:
    return f"gateway:{one.state.gateway.key}"


def _port_and_scheme(one: Attachment[HTTPRoute]) -> tuple[int | None, str]:
    """The port of a listener, None if it is the usual one of its scheme; and the scheme."""
    listener = one.state.listener
    usual = listener.port == _PORTS[listener.protocol]
    return None if usual else listener.port, listener.protocol.lower()


def _of_route(one: Attachment[HTTPRoute]) -> Iterator[RuleRequest]:
    route, (port, scheme), to = one.route, _port_and_scheme(one), _entry(one)
    for name in one.hostnames:
        host = _host(name.lower() if name else one.state.hostname)
        for place, match in _matches(route):
            is_regex = match.path.type == "RegularExpression"
            path = next(iter(samples(match.path.value)), "/") if is_regex else match.path.value
            path += (
                "?" + "&".join(f"{q.name}={q.value}" for q in match.query_params)
                if match.query_params
                else ""
            )
            headers = {h.name: h.value for h in reversed(match.headers)}
            request = Request(host, path, match.method or "GET", scheme, port, headers)
            is_guess = is_regex or any(p.type != "Exact" for p in (*match.headers, *match.query_params))
            yield RuleRequest(route, place, request, to, is_guess)


def _matches(route: HTTPRoute) -> Iterator[tuple[Path, HTTPRouteMatch]]:
    for i, rule in enumerate(route.spec.rules):
        for j, match in enumerate(rule.matches):
            yield ("spec", "rules", i, "matches", j), match
        if not rule.matches:
            yield ("spec", "rules", i), HTTPRouteMatch()


def _of_balancers(cluster: Cluster) -> Iterator[RuleRequest]:
    for service in cluster.services.values():
        if service.wants_load_balancer and service.key not in cluster.controller_of_service:
            for port in service.ports:
                scheme, sender = port.protocol.lower(), _allowed(cluster, (service.key,))
                request = Request(service.manifest.name, "/", "GET", scheme, port.number, client_ip=sender)
                place = ("spec", "ports", port.index)
                yield RuleRequest(service.manifest, place, request, f"lb:{service.key}")

"""Where the requests of an access log went: which exposed Service, by the rules of the manifests or by name.

What ingress-nginx names (`NAMESPACE-SERVICE-PORT`) or a log says itself goes before the rules: it is what
happened. Else the host and the path go where the controller's own decision sends them; a log without hosts is
asked for every host there is, and counts where all of them agree.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from sim.cluster.cluster import Cluster, Controller
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import EndpointSlice, HTTPIngressPath, IngressRule
from sim.plans import Exposed
from sim.routing import Request, route
from sim.routing.controllers import PROFILES
from sim.routing.controllers.api import host_of, path_elements
from sim.routing.controllers.decision import Decision, RedirectTo, SendTo, Split
from sim.routing.controllers.rows import Row
from sim.routing.hops.client import enter
from sim.routing.hops.no_entry import NoEntry
from sim.routing.path_samples import is_pattern
from sim.scenario.requests import has_tls
from sim.scenario.traffic_files.formats import Logged

MOST_KEPT = 200_000
"""Answers that are remembered; a log of a million paths asks again."""

_UNUSUAL = ("//", "/.", "%", ";", "\\", "#")
"""What proxies resolve or cut off before they compare a path with any rule."""

NO_REQUEST = "no request line"
NO_RULE = "no rule leads to a Service"
NO_UPSTREAM = "answered by the controller itself (no upstream)"
UNKNOWN = "an upstream that is no Service of the manifests"
NOT_EXPOSED = "a Service that nothing exposes (see --expose)"
SEVERAL = "several Services, for the log has no host"

Found = tuple[str, str]
"""`NAMESPACE/NAME`, or why there is none."""

Ask = Callable[[Request], str]


class Destinations:
    """Asked for one request after the other; remembers what it answered.

    Args:
        rules: the cluster whose rules hold.
        exposed: what clients outside may reach.
        manifests: which show the addresses of Pods, if they are those of a running cluster.
    """

    def __init__(self, rules: Cluster, exposed: Iterable[Exposed], manifests: Manifests) -> None:
        entries = tuple(exposed)
        self._rules = rules
        self._exposed = {e.service for e in entries}
        self.hosts = tuple(dict.fromkeys(e.host.lower() for e in entries if e.http))
        self._upstreams = _upstream_names(rules, self._exposed)
        self._pods = _addresses(manifests)
        self._depth = _depth(rules)
        self._ways: dict[str, tuple[Ask, str]] = {}
        self._kept: dict[tuple[str, str, str], Found] = {}

    def of(self, logged: Logged) -> Found:
        """The Service behind a request, or why there is none."""
        named = logged.service or self._upstreams.get(logged.upstream, "")
        if named:
            return (named, "") if named in self._exposed else ("", NOT_EXPOSED)
        if logged.upstream and not logged.host:
            return self._without_name(logged)
        if not logged.path:
            return "", NO_REQUEST
        host = _bare(logged.host) or self._host_in(logged.more)
        key = (host.lower(), self._shortened(logged.path.partition("?")[0]), logged.method)
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._by_rules(*key)
        return self._kept[key]

    def _shortened(self, path: str) -> str:
        """The path, or a shorter one that no rule tells from it: below the deepest rule all are alike."""
        if self._depth is None or any(sign in path for sign in _UNUSUAL):
            return path
        elements = path.split("/", self._depth + 2)
        alike = len(elements) > self._depth + 1 and elements[self._depth + 1] != ""
        return "/".join((*elements[: self._depth + 1], "-")) if alike else path

    def _without_name(self, logged: Logged) -> Found:
        """The upstream has no known name: by the address of the Pod, where the manifests show it."""
        if logged.upstream == "-":
            return "", NO_UPSTREAM if logged.path else NO_REQUEST
        found = self._pods.get(logged.address, "")
        return (found, "") if found in self._exposed else ("", UNKNOWN)

    def _host_in(self, more: str) -> str:
        """A host of the rules among the fields that a format of somebody's own has at the end."""
        if not more:
            return ""
        words = more.replace('"', " ").replace("=", " ").split()
        return next((word for word in words if word in self.hosts), "")

    def _by_rules(self, host: str, path: str, method: str) -> Found:
        hosts = (host,) if host else self.hosts
        found = {self._service(name, path, method) for name in hosts} - {""}
        if len(found) == 1:
            service = found.pop()
            return (service, "") if service in self._exposed else ("", NOT_EXPOSED)
        return "", SEVERAL if found else NO_RULE

    def _service(self, host: str, path: str, method: str) -> str:
        if host not in self._ways:
            if len(self._ways) >= MOST_KEPT:
                self._ways.clear()
            self._ways[host] = self._decided_by(host)
        ask, scheme = self._ways[host]
        return ask(Request(host, path, method or "GET", scheme))

    def _decided_by(self, host: str) -> tuple[Ask, str]:
        """How requests for a host are decided (its controller's rules, or a whole walk), and their scheme."""
        scheme = "https" if has_tls(host, self._rules) else "http"
        entry = enter(self._rules, Request(host, "/", scheme=scheme))
        if isinstance(entry, NoEntry):
            return _nowhere, scheme
        controller = self._rules.controller_of_service.get(entry.service.key)
        if controller is None or controller.gateway is not None or controller.profile not in PROFILES:
            return self._walked, scheme
        return _decided(self._rules, controller), scheme

    def _walked(self, request: Request) -> str:
        return (route(self._rules, request).final.backend or "").rpartition(":")[0]


@lru_cache(maxsize=1024)
def _bare(host: str) -> str:
    """A host as logs have it, perhaps with a port, as it is compared."""
    return host_of(Request("", headers={"Host": host})) if host else ""


def _nowhere(_request: Request) -> str:
    return ""


def _decided(rules: Cluster, controller: Controller) -> Ask:
    """The controller's own decision, without the walk around it."""
    profile = PROFILES[controller.profile]
    table: Any = profile.table(rules, controller)
    return lambda request: _backend(profile.decide(request, table))


def _backend(decision: Decision) -> str:
    """The Service of a decision; of a redirect, the one that it leads to; by chance, the likeliest."""
    if isinstance(decision, Split):
        return _backend(decision.likeliest.decision)
    found = decision.row if isinstance(decision, RedirectTo) else decision
    if not isinstance(found, SendTo | Row) or found.backend.service is None:
        return ""
    return f"{found.namespace}/{found.backend.service.name}"


def _depth(rules: Cluster) -> int | None:
    """How many elements the longest path of a rule has; None where rules look at more than that."""
    paths = [path.path or "/" for i in rules.ingresses for rule in i.spec.rules for path in _paths(rule)]
    if rules.http_routes or any(map(is_pattern, paths)):
        return None
    return max((len(path_elements(path)) for path in paths), default=0)


def _paths(rule: IngressRule) -> Iterable[HTTPIngressPath]:
    return rule.http.paths if rule.http else ()


def _upstream_names(rules: Cluster, exposed: set[str]) -> dict[str, str]:
    """ingress-nginx's name of every port of every Service; of two Services with one name, the exposed one.

    Source: ingress-nginx, internal/ingress/controller/util.go, upstreamName; it once began with `upstream-`.
    """
    found: dict[str, str] = {}
    for service in sorted(rules.services.values(), key=lambda s: s.key in exposed):
        for port in service.ports:
            for text in filter(None, (str(port.number), port.name)):
                found[f"{service.manifest.namespace}-{service.manifest.name}-{text}"] = service.key
    return found | {f"upstream-{name}": key for name, key in found.items()}


def _addresses(manifests: Manifests) -> dict[str, str]:
    """`ADDRESS:PORT` of every endpoint that the manifests list; empty where two Services share it."""
    found: dict[str, str] = {}
    for piece in manifests.of(EndpointSlice):
        service = piece.service_key or ""
        for address in (a for endpoint in piece.endpoints for a in endpoint.addresses):
            for port in piece.ports:
                target = f"[{address}]:{port.port}" if ":" in address else f"{address}:{port.port}"
                found[target] = service if found.get(target, service) == service else ""
    return found

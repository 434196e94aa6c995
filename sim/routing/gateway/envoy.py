"""What Envoy Gateway's own kinds say about a rule of a route: its filters, and the policies that target it.

A policy of the rule goes before one of the route, that before one of the listener, that before one of the
Gateway; only one of a kind counts, of two alike the older. Modelled: HTTPRouteFilter (rewrite by expression,
direct response), SecurityPolicy (CORS, client addresses), BackendTrafficPolicy (local rate limit). Source:
envoyproxy/gateway at d32f282, internal/gatewayapi (filters.go, securitypolicy.go, backendtrafficpolicy.go),
internal/xds/translator (cors.go, authorization.go, local_ratelimit.go).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from sim.cluster.cluster import Cluster
from sim.manifests.objects.envoy_policies import (
    BackendTrafficPolicy,
    EnvoyCORS,
    EnvoyRouteFilter,
    LocalRateLimitRule,
    ReplaceRegexMatch,
    SecurityPolicy,
)
from sim.manifests.objects.gateway_api import Gateway
from sim.manifests.objects.gateway_routes import Route
from sim.manifests.objects.http_traffic import HTTPCORSFilter
from sim.routing.controllers.ingress_nginx.values import contains
from sim.routing.expressions import RE2, Match, as_bytes, searched
from sim.routing.gateway.cors import crossing
from sim.routing.gateway.filters import Passed, is_envoys
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.trace import Request, Step

TOO_MANY = 429
LET_IN = "add the address to a rule that allows it, or ask from one that is let in"
TAKE_OUT = "take the filter out of the rule, or name one that is there"
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True)
class OwnFilter:
    """A filter of Envoy Gateway that a rule names.

    Args:
        found: None: there is none of that name, and the rule answers 500.
        source: the line of the filter; where there is none, that of its name.
    """

    name: str
    found: EnvoyRouteFilter | None
    source: str | None


def own_filters(cluster: Cluster, row: RuleRow) -> tuple[OwnFilter, ...]:
    """The filters of Envoy Gateway that the rule of a row names, in order."""
    made = []
    for number, item in enumerate(row.filters):
        if item.extension_ref is not None and is_envoys(item):
            key = f"{row.route.namespace}/{item.extension_ref.name}"
            found = _filters(cluster).get(key)
            line = row.route.line("spec", "rules", row.rule_index, "filters", number)
            made.append(OwnFilter(key, found, found.line("spec") if found is not None else line))
    return tuple(made)


@lru_cache(maxsize=64)
def _filters(cluster: Cluster) -> Mapping[str, EnvoyRouteFilter]:
    return {found.key: found for found in cluster.manifests.of(EnvoyRouteFilter)}


def replaced(target: str, change: ReplaceRegexMatch) -> str:
    r"""A path with everything that fits an expression replaced; the query stays.

    >>> replaced("/a/b?c", ReplaceRegexMatch(pattern="^/a(.*)$", substitution="/x\\1"))
    '/x/b?c'
    """
    path, mark, query = target.partition("?")
    rest, made = as_bytes(path), ""
    while True:
        found = searched(as_bytes(change.pattern), RE2, rest)
        if not isinstance(found, Match):
            return made + rest + mark + query
        begin, end = found.spans[0]
        made += rest[:begin] + _filled(as_bytes(change.substitution), found)
        if end == begin:
            made, end = made + rest[begin : begin + 1], end + 1
        rest = rest[end:]
        if not rest or _is_anchored(change.pattern):
            return made + rest + mark + query


def _is_anchored(pattern: str) -> bool:
    return re.match(r"(\(\?[a-zA-Z]+\))?\^", pattern) is not None


def _filled(substitution: str, found: Match) -> str:
    def value(hit: re.Match[str]) -> str:
        if not hit[1].isdigit():
            return hit[1]
        number = int(hit[1])
        return found[number] if number <= found.groups else ""

    return re.sub(r"\\([0-9\\])", value, substitution)


Policy = SecurityPolicy | BackendTrafficPolicy
AnyPolicy = TypeVar("AnyPolicy", SecurityPolicy, BackendTrafficPolicy)


@lru_cache(maxsize=64)
def _policies(cluster: Cluster) -> tuple[tuple[SecurityPolicy, ...], tuple[BackendTrafficPolicy, ...]]:
    """Both kinds, the oldest first."""
    age: Callable[[Policy], tuple[str, str]] = lambda p: (p.metadata.creation_timestamp or "", p.key)  # noqa: E731
    security = sorted(cluster.manifests.of(SecurityPolicy), key=age)
    return tuple(security), tuple(sorted(cluster.manifests.of(BackendTrafficPolicy), key=age))


def security_of(cluster: Cluster, row: RuleRow, gateway: Gateway, listener: str) -> SecurityPolicy | None:
    """The SecurityPolicy that counts for a rule."""
    return _closest(_policies(cluster)[0], row.route, row.spec.name, gateway, listener)


def traffic_of(
    cluster: Cluster, row: RuleRow, gateway: Gateway, listener: str
) -> tuple[BackendTrafficPolicy, ...]:
    """The BackendTrafficPolicy that counts for a rule, and the one that it is merged into."""
    found = _closest(_policies(cluster)[1], row.route, row.spec.name, gateway, listener)
    if found is None or found.spec.merge_type is None:
        return () if found is None else (found,)
    above = (p for p in _policies(cluster)[1] if all(t.kind == "Gateway" for t in p.spec.targets))
    parent = _closest(above, row.route, row.spec.name, gateway, listener)
    return (found,) if parent is None else (found, parent)


def _closest(
    policies: Iterable[AnyPolicy], route: Route, rule: str | None, gateway: Gateway, listener: str
) -> AnyPolicy | None:
    """The policy that names the rule most closely."""
    levels = [(_level(policy, route, rule, gateway, listener), policy) for policy in policies]
    level, found = max(levels, key=lambda pair: pair[0], default=(0, None))
    return found if level else None


def _level(policy: Policy, route: Route, rule: str | None, gateway: Gateway, listener: str) -> int:
    """4 the rule, 3 its route, 2 the listener, 1 the Gateway, 0 none of them."""
    levels = [0]
    for target in policy.spec.targets:
        section = target.section_name
        if (policy.namespace, target.kind, target.name) == (route.namespace, route.kind, route.name):
            levels.append(3 if section is None else 4 if section == rule else 0)
        if (policy.namespace, target.kind, target.name) == (gateway.namespace, "Gateway", gateway.name):
            levels.append(1 if section is None else 2 if section == listener else 0)
    return max(levels)


def denied(policy: SecurityPolicy, address: str) -> Step | None:
    """Why a client address is not let in; None: it is. The first rule that fits decides, else the default."""
    asked = policy.spec.authorization
    if asked is None:
        return None
    for number, rule in enumerate(asked.rules):
        networks = rule.principal.client_cidrs if rule.principal is not None else ()
        if not networks or contains(networks, address):
            because = f"{address} lies in {', '.join(networks)}" if networks else "the rule is for everybody"
            line = policy.line("spec", "authorization", "rules", number)
            return _step(policy, because, line) if rule.action == "Deny" else None
    line = policy.line("spec", "authorization")
    because = f"{address} fits no rule of SecurityPolicy {policy.key}"
    return _step(policy, because, line) if asked.default_action == "Deny" else None


def _step(policy: SecurityPolicy, because: str, line: str | None) -> Step:
    return Step(f"SecurityPolicy {policy.key}", False, because, line, "address")


def cors_filter(cors: EnvoyCORS) -> HTTPCORSFilter:
    """What a SecurityPolicy says about other origins, as the filter of the Gateway API says it."""
    return HTTPCORSFilter(
        allow_origins=cors.allow_origins, allow_methods=cors.allow_methods,
        allow_headers=cors.allow_headers, expose_headers=cors.expose_headers,
        allow_credentials=cors.allow_credentials, max_age=int(_seconds(cors.max_age or "0s")),
    )  # fmt: skip


def _seconds(text: str) -> float:
    return sum(int(n) * _SECONDS[unit] for n, unit in re.findall(r"([0-9]+)(ms|h|m|s)", text))


def at_once(policies: Iterable[BackendTrafficPolicy], address: str) -> int | None:
    """How many requests of one client pass in the same instant, the rest get 429; None: all."""
    limit = next((p.spec.rate_limit for p in policies if p.spec.rate_limit is not None), None)
    rules = limit.local.rules if limit is not None and limit.local is not None else ()
    return min((rule.limit.requests for rule in rules if _counts(rule, address)), default=None)


def _counts(rule: LocalRateLimitRule, address: str) -> bool:
    """Whether a limit counts the requests of a client: of all selectors."""
    sources = [s.source_cidr for s in rule.client_selectors if s.source_cidr is not None]
    return all(contains((s.value,), address) is not s.invert for s in sources)


def _traffic_step(policy: BackendTrafficPolicy) -> Step:
    """What a policy says about traffic: of time-outs, retries and balancing a lone request sees nothing."""
    spec = policy.spec
    balancer = spec.load_balancer.type if spec.load_balancer is not None else None
    said = {
        "balancing": balancer,
        "time-outs": spec.timeout,
        "retries": spec.retry,
        "to": spec.routing_type,
        "bodies": spec.request_buffer,
    }
    words = [f"{name} {_short(value)}" for name, value in said.items() if value]
    words += ["a limit of requests"] if spec.rate_limit is not None else []
    return Step(f"BackendTrafficPolicy {policy.key}", True, "; ".join(words), policy.line("spec"))


def _short(value: object) -> str:
    """Nested fields in one phrase."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    return ", ".join(map(_short, value)) if isinstance(value, list | tuple) else str(value)


@dataclass(frozen=True)
class EnvoySaid:
    """All that Envoy Gateway's own kinds say about a rule."""

    filters: tuple[OwnFilter, ...] = ()
    security: SecurityPolicy | None = None
    traffic: tuple[BackendTrafficPolicy, ...] = ()

    def refusal(self, request: Request) -> Step | None:
        """Why a request is refused with 403; a preflight is answered before anybody asks."""
        asked = crossing(request)
        if self.security is None or (self.cors is not None and asked is not None and asked.preflight):
            return None
        return denied(self.security, request.client_ip)

    @property
    def cors(self) -> HTTPCORSFilter | None:
        """What it says about other origins."""
        said = self.security.spec.cors if self.security is not None else None
        return cors_filter(said) if said is not None else None

    def applied(self, passed: Passed, request: Request) -> Passed:
        """A request after the filters of the API: rewritten by an expression, with what policies ask for."""
        for one in self.filters:
            rewrite = one.found.spec.url_rewrite if one.found is not None else None
            change = (
                rewrite.path.replace_regex_match if rewrite is not None and rewrite.path is not None else None
            )
            if change is not None:
                path = replaced(passed.path, change)
                step = Step(f"HTTPRouteFilter {one.name}", True, f"path becomes {path}", one.source)
                passed = replace(passed, path=path, steps=(*passed.steps, step))
        most = at_once(self.traffic, request.client_ip)
        cors = (self.cors, ()) if self.cors is not None and passed.cors is None else passed.cors
        told = (_traffic_step(policy) for policy in self.traffic)
        return replace(passed, cors=cors, at_once=most, steps=(*passed.steps, *told))

    @property
    def answer(self) -> tuple[int, str, str | None] | None:
        """(status, why, its line) of an answer of the proxy itself; None: it goes on."""
        for one in self.filters:
            if one.found is None:
                return 500, f"there is no HTTPRouteFilter {one.name}: 500", one.source
            if (direct := one.found.spec.direct_response) is not None:
                return (
                    direct.status_code,
                    f"HTTPRouteFilter {one.name} answers {direct.status_code}",
                    one.source,
                )
        return None


NOTHING_SAID = EnvoySaid()


def said_of(cluster: Cluster, row: RuleRow, gateway: Gateway, listener: str) -> EnvoySaid:
    """What they say about the rule of a row, at a listener of a Gateway."""
    security = security_of(cluster, row, gateway, listener)
    return EnvoySaid(own_filters(cluster, row), security, traffic_of(cluster, row, gateway, listener))

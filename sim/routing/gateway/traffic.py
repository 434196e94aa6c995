"""What a rule of a Gateway asks of Envoy about choosing a Pod: by the rule itself, and by a policy for it.

Source: envoyproxy/gateway at d32f282, internal/gatewayapi/clustersettings.go, internal/xds/translator
(cluster.go, buildXdsCluster: a hash is Maglev's; route.go, buildRetryPolicy, buildConsistentHashPolicy),
api/v1alpha1/{loadbalancer,healthcheck,circuitbreaker,retry,timeout}_types.go; istio/istio at 86c9f01f,
pilot/pkg/config/kube/gateway/conversion.go (convertHTTPRoute); Envoy, router, x-envoy-retry-on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from sim.errors import InputError
from sim.manifests.objects.envoy_policies import (
    ActiveCheck,
    BackendTrafficPolicy,
    EnvoyHash,
    EnvoyLoadBalancer,
    PassiveCheck,
)
from sim.routing.gateway.matching import RouteRow
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.path_rules import DataPlane
from sim.routing.proxies.balancing import Asks
from sim.routing.proxies.retries import FAILURES, NOT_SENT, Check, Circuit, Outcome, Outlier
from sim.units import seconds

Changes = Iterator[tuple[str, Any]]
"""Fields of `Retries`, each with its value."""

METHODS: Mapping[str, str] = {
    "ConsistentHash": "maglev",
    "LeastRequest": "least-request",
    "Random": "random",
    "RoundRobin": "round-robin",
}
"""Type of a load balancer -> the algorithm."""

TWICE_MORE, LOOKS = 2, 5
"""Tries after the first where no count is said; how often a host is drawn anew where it was tried already."""

TRIGGERS: Mapping[str, frozenset[Outcome]] = {
    "5xx": FAILURES | frozenset(range(500, 600)),
    "gateway-error": FAILURES | {502, 503, 504},
    "reset": FAILURES,
    "reset-before-request": NOT_SENT,
    "connect-failure": NOT_SENT,
    "retriable-4xx": frozenset({409}),
}
"""After which outcomes a request is tried again; other words are about gRPC and HTTP/2."""


def asked_by(row: RuleRow, plane: DataPlane, policies: Sequence[BackendTrafficPolicy], path: str) -> Asks:
    """All that is asked for a rule; what it says itself counts before what policies say.

    Args:
        policies: those that count for it, the closest first.
        path: of the request, as it is compared.
    """
    specs = [policy.spec for policy in policies]
    balancer = next((s.load_balancer for s in specs if s.load_balancer is not None), None)
    changes = (*_by_policies(policies), *_by_rule(row, plane))
    session = _session(row, plane, path)
    if balancer is None:
        return Asks(cookie=session, goes_on=changes)
    key, cookie = _hashed(balancer)
    return Asks(
        said=balancer.type,
        method=METHODS.get(balancer.type),
        key=key,
        cookie=session or cookie,
        goes_on=changes,
    )


def _by_rule(row: RuleRow, plane: DataPlane) -> Changes:
    """HTTPRouteRule.retry: after connections that fail, and statuses that it names."""
    retry = row.spec.retry if isinstance(row, RouteRow) else None
    if retry is None or "retry" in plane.ignores:
        return
    usual = {503} if plane.envoy_kinds and not retry.codes else set()
    yield "after", NOT_SENT | usual | set(retry.codes)
    yield "reselects", LOOKS


def _session(row: RuleRow, plane: DataPlane, path: str) -> str:
    """The cookie that binds a client to a Pod; one without a name has a name that the gateway makes up."""
    said = row.spec.session_persistence if isinstance(row, RouteRow) else None
    binds = said is not None and said.type == "Cookie" and "sessionPersistence" not in plane.ignores
    found = cookie_of(row, plane, path)
    return ("session" if found is None else found) if binds else ""


def cookie_of(row: RuleRow, plane: DataPlane, path: str) -> str | None:
    """The cookie that an answer sets for a session; None: none, or the Gateway makes its name up."""
    session = row.spec.session_persistence if isinstance(row, RouteRow) else None
    if session is None or session.type != "Cookie" or "sessionPersistence" in plane.ignores:
        return None
    assert isinstance(row, RouteRow)
    return session.name if not plane.session_paths or _below(_cookie_path(row), path) else ""


def _cookie_path(row: RouteRow) -> str:
    """Source: envoyproxy/gateway, internal/xds/translator/session_persistence.go (routePathToCookiePath)."""
    if row.match.path.type != "RegularExpression":
        return row.match.path.value
    parts = row.match.path.value.split("/")
    return "/".join(takewhile(lambda part: "*" not in part, parts))


def _below(cookie_path: str, path: str) -> bool:
    """Whether a path lies at or below that of a cookie. Source: Envoy, stateful_session/cookie."""
    whole = cookie_path.removesuffix("/") + "/"
    return not cookie_path or path == cookie_path or path.startswith(whole)


def _hashed(balancer: EnvoyLoadBalancer) -> tuple[str, str]:
    """What is hashed, and the cookie that Envoy gives to a client that brings none."""
    said = balancer.consistent_hash
    if balancer.type != "ConsistentHash" or said is None:
        return "", ""
    if said.cookie is not None and said.type == "Cookie":
        own = said.cookie.ttl is not None
        return ("$session", said.cookie.name) if own else (f"$cookie_{said.cookie.name}", "")
    return _of_request(said), ""


def _of_request(said: EnvoyHash) -> str:
    """An address, headers or parameters; of several the values stand side by side."""
    if said.type == "SourceIP":
        return "$remote_addr"
    if said.type == "QueryParams":
        return "".join(f"${{arg_{one.name}}}" for one in said.query_params)
    named = said.headers if said.type == "Headers" else [said.header] if said.header is not None else []
    return "".join(f"${{http_{one.name.lower().replace('-', '_')}}}" for one in named)


def _by_policies(policies: Sequence[BackendTrafficPolicy]) -> Changes:
    """Tries, time-outs, checks and limits: of each the first policy that says something."""
    specs = [policy.spec for policy in policies]
    yield from _timeouts(_first(s.timeout for s in specs))
    yield from _retry(_first(s.retry for s in specs))
    health = next((s.health_check for s in specs if s.health_check is not None), None)
    if health is not None and health.active is not None:
        yield "check", _check(health.active)
    if health is not None and health.passive is not None:
        yield "outlier", _outlier(health.passive)
    breaker = next((s.circuit_breaker for s in specs if s.circuit_breaker is not None), None)
    if breaker is not None:
        yield (
            "circuit",
            Circuit(
                connections=breaker.max_connections,
                pending=breaker.max_pending_requests,
                requests=breaker.max_parallel_requests,
            ),
        )


def _first(said: Iterable[Mapping[str, Any] | None]) -> Mapping[str, Any]:
    return next((one for one in said if one), {})


def _timeouts(said: Mapping[str, Any]) -> Changes:
    connect_s = _seconds(_within(said, "tcp", "connectTimeout"))
    request_s = _seconds(_within(said, "http", "requestTimeout"))
    if connect_s is not None:
        yield "connect_timeout_s", connect_s
    if request_s:
        yield "read_timeout_s", request_s


def _retry(said: Mapping[str, Any]) -> Changes:
    """Source: route.go (buildRetryPolicy); where nothing is said: connections that fail, and 503."""
    if not said:
        return
    count = said.get("numRetries")
    yield "tries", 1 + (count if isinstance(count, int) else TWICE_MORE)
    yield "after", _after(said)
    yield "reselects", LOOKS
    if (one_s := _seconds(_within(said, "perRetry", "timeout"))) is not None:
        yield "read_timeout_s", one_s


def _after(said: Mapping[str, Any]) -> frozenset[Outcome]:
    on = said.get("retryOn")
    if not isinstance(on, Mapping):
        return NOT_SENT | {503}
    triggers = on.get("triggers") or ("connect-failure", "retriable-status-codes")
    codes = on.get("httpStatusCodes") or () if "retriable-status-codes" in triggers else ()
    return frozenset(codes).union(*(TRIGGERS.get(word, frozenset()) for word in triggers))


def _within(said: Mapping[str, Any], outer: str, inner: str) -> Any:
    found = said.get(outer)
    return found.get(inner) if isinstance(found, Mapping) else None


def _seconds(text: Any) -> float | None:
    try:
        return seconds(text) if isinstance(text, str) else None
    except InputError:
        return None


def _check(said: ActiveCheck) -> Check:
    interval_s = _seconds(said.interval)
    return Check(
        interval_s=3.0 if interval_s is None else interval_s,
        fall=said.unhealthy_threshold,
        rise=said.healthy_threshold,
    )


def _outlier(said: PassiveCheck) -> Outlier:
    interval_s, base_s = _seconds(said.interval), _seconds(said.base_ejection_time)
    return Outlier(
        consecutive_5xx=said.consecutive_5xx_errors,
        interval_s=3.0 if interval_s is None else interval_s,
        base_s=30.0 if base_s is None else base_s,
        most_percent=said.max_ejection_percent,
    )

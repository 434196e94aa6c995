"""The fields of Envoy Gateway's own kinds, as far as they are read; what else they have is not looked at.

Source: envoyproxy/gateway at d32f282, api/v1alpha1 (markers of kubebuilder and XValidation).
"""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from sim.manifests.objects.envoy_policies import ENVOY_GATEWAY_API
from sim.manifests.validation.shapes import Anything, Fields, ListOf, Shape, Text, Truth, Whole

VERSION = f"{ENVOY_GATEWAY_API}/v1alpha1"
_DURATION = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")
_ORIGIN = re.compile(
    r"\*|https?://(\*|(\*\.)?(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])\.)*"
    r"([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9\-]*[A-Za-z0-9]))(:[0-9]{1,5})?"
)
_MOST_REQUESTS = 2**32 - 1


def _shape(known: dict[str, Shape], required: str = "", others: str = "", **how: Any) -> Fields:
    """An object; `others` are the names of fields that are not looked at."""
    return Fields({**dict.fromkeys(others.split(), Anything()), **known}, tuple(required.split()), **how)


def _one_target(spec: dict[str, Any]) -> Iterator[str]:
    """A policy says whom it is about, in one of the ways."""
    named = "targetRef" in spec
    several = bool(spec.get("targetRefs") or spec.get("targetSelectors"))
    if named == several:
        yield "either targetRef or targetRefs and targetSelectors must be used"


def _gateways_and_routes(spec: dict[str, Any]) -> Iterator[str]:
    known = ("Gateway", "GRPCRoute", "HTTPRoute", "ListenerSet", "TCPRoute", "TLSRoute", "UDPRoute")
    for target in (*([spec["targetRef"]] if "targetRef" in spec else ()), *spec.get("targetRefs", ())):
        if target["group"] != "gateway.networking.k8s.io" or target["kind"] not in known:
            yield f"a target must be one of {', '.join(known)}"


def _replaces(path: dict[str, Any]) -> Iterator[str]:
    if "replaceRegexMatch" not in path:
        yield "replaceRegexMatch must be set where type is ReplaceRegexMatch"


def _networks(values: list[str]) -> Iterator[str]:
    for value in values:
        try:
            ip_network(value, strict=False)
        except ValueError:
            yield f"{value!r} is no network"
        else:
            if "/" not in value:
                yield f"{value!r} is no network: write its length, such as /32"


TARGET = _shape(
    {"group": Text(253), "kind": Text(63, 1), "name": Text(253, 1), "sectionName": Text(253, 1)},
    "group kind name",
)


def _policy(known: dict[str, Shape], others: str) -> Fields:
    whom: dict[str, Shape] = {"targetRef": TARGET, "targetRefs": ListOf(TARGET)}
    return _shape(
        {**known, **whom}, "", f"targetSelectors {others}", rules=(_one_target, _gateways_and_routes)
    )


REPLACE = _shape({"pattern": Text(None, 1), "substitution": Text()}, "pattern substitution")
FILTER = _shape(
    {
        "urlRewrite": _shape(
            {
                "path": _shape(
                    {"type": Text(words=("ReplaceRegexMatch",)), "replaceRegexMatch": REPLACE},
                    "type",
                    rules=(_replaces,),
                )
            },
            "",
            "hostname appendXForwardedHost",
        ),
        "directResponse": _shape({"statusCode": Whole()}, "", "contentType body header"),
    },
    "",
    "credentialInjection matches",
)
LIMIT = _shape(
    {
        "requests": Whole(0, _MOST_REQUESTS),
        "unit": Text(words=("Second", "Minute", "Hour", "Day", "Month", "Year")),
    },
    "requests unit",
    "fromMetadata",
)
SOURCE = _shape(
    {"type": Text(words=("Exact", "Distinct"), default="Exact"), "value": Text(256, 1), "invert": Truth()},
    "value",
)
SELECTOR = _shape({"sourceCIDR": SOURCE}, "", "headers methods path queryParams")
LIMIT_RULE = _shape(
    {"clientSelectors": ListOf(SELECTOR, 8), "limit": LIMIT},
    "limit",
    "cost shared shadowMode xRateLimitHeaders",
)
LOCAL = _shape({"rules": ListOf(LIMIT_RULE, 16)})
BALANCERS = ("ConsistentHash", "LeastRequest", "Random", "RoundRobin", "BackendUtilization", "DynamicModule")
HASH = _shape(
    {"type": Text(words=("SourceIP", "Header", "Headers", "Cookie", "QueryParams"))},
    "type",
    "header headers cookie queryParams tableSize",
)
LONG = Text(form=_DURATION)
TCP_TIMEOUT = _shape({"connectTimeout": LONG})
HTTP_TIMEOUT = _shape(
    dict.fromkeys(
        (
            "connectionIdleTimeout", "maxConnectionDuration", "requestTimeout", "maxStreamDuration",
            "streamIdleTimeout",
        ),
        LONG,
    )
)  # fmt: skip
TRIGGERS = (
    "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx",
    "refused-stream", "retriable-status-codes", "cancelled", "deadline-exceeded", "internal",
    "resource-exhausted", "unavailable",
)  # fmt: skip
RETRY_ON = _shape({"triggers": ListOf(Text(words=TRIGGERS)), "httpStatusCodes": ListOf(Whole(100, 599))})
RETRY = _shape({"numRetries": Whole(0), "retryOn": RETRY_ON}, "", "numAttemptsPerPriority perRetry")
BACKEND_TRAFFIC = _policy(
    {
        "rateLimit": _shape({"local": LOCAL}, "", "type global"),
        "loadBalancer": _shape(
            {"type": Text(words=BALANCERS), "consistentHash": HASH},
            "type",
            "backendUtilization dynamicModule endpointOverride slowStart zoneAware",
        ),
        "timeout": _shape({"tcp": TCP_TIMEOUT, "http": HTTP_TIMEOUT}),
        "retry": RETRY,
        "routingType": Text(words=("Service", "Endpoint")),
        "mergeType": Text(words=("StrategicMerge", "JSONMerge")),
        "requestBuffer": _shape({"limit": Anything()}, "limit"),
    },
    "bandwidthLimit faultInjection admissionControl useClientProtocol compression compressor"
    " responseOverride httpUpgrade telemetry proxyProtocol tcpKeepalive"
    " healthCheck circuitBreaker connection dns http2 preconnect outlierDetection",
)
ORIGINS = ListOf(Text(253, 1, _ORIGIN), least=1)
RULE = _shape(
    {
        "name": Text(253, 1),
        "action": Text(words=("Allow", "Deny")),
        "principal": _shape(
            {"clientCIDRs": ListOf(Text(), least=1, rules=(_networks,))},
            "",
            "jwt headers clientIPGeoLocations",
        ),
    },
    "action",
    "operation cel",
)
SECURITY = _policy(
    {
        "authorization": _shape({"rules": ListOf(RULE), "defaultAction": Text(words=("Allow", "Deny"))}),
        "cors": _shape(
            {
                "allowOrigins": ORIGINS,
                "allowMethods": ListOf(Text()),
                "allowHeaders": ListOf(Text()),
                "exposeHeaders": ListOf(Text()),
                "maxAge": Text(form=_DURATION),
                "allowCredentials": Truth(),
            }
        ),
    },
    "mergeType apiKeyAuth csrf basicAuth jwt oidc extAuth",
)
ENVOY_SPECS = {
    (VERSION, "BackendTrafficPolicy"): BACKEND_TRAFFIC,
    (VERSION, "HTTPRouteFilter"): FILTER,
    (VERSION, "SecurityPolicy"): SECURITY,
}
"""(apiVersion, kind) -> what the spec must be."""

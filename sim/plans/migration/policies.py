"""The policies of Envoy Gateway for what an Ingress asks and no route can say: who may ask, how often, how.

A policy of each kind for an Ingress, for all its routes that serve. Source: ingress-nginx, annotations/cors,
annotations/ipallowlist, annotations/ratelimit; envoyproxy/gateway at d32f282, api/v1alpha1.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from sim.manifests.objects.networking import Ingress
from sim.plans.migration.logins import login
from sim.plans.migration.objects import POLICIES, ROUTES, MigratedObject
from sim.routing.controllers.ingress_nginx.annotations import Annotations, line_of
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.ingress_nginx.values import Reader

VERSION = f"{POLICIES}/v1alpha1"
EVERYBODY = ("0.0.0.0/0", "::/0")
_METHODS = "GET, PUT, POST, DELETE, PATCH, OPTIONS"
_HEADERS = (
    "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,"
    "Authorization"
)
_MAX_AGE = 1_728_000
_MOST_BYTES = 2**32
_UNITS = (("h", 3600), ("m", 60), ("s", 1))
CARRIED = ("proxy-connect-timeout", "proxy-next-upstream-tries", "proxy-read-timeout")
"""Annotations that policies carry over though no answer of a lone request shows them."""
BALANCERS = {"round_robin": "RoundRobin", "ewma": "LeastRequest"}
_BY_VARIABLE = {"$http_": "Headers", "$arg_": "QueryParams", "$cookie_": "Cookie"}


def policies_of(
    ingress: Ingress, asked: Annotations, routes: list[str], file: str
) -> Iterator[MigratedObject]:
    """Those that an Ingress needs.

    Args:
        routes: names of its HTTPRoutes that send requests on.
    """
    targets = [{"group": ROUTES, "kind": "HTTPRoute", "name": name} for name in routes]
    for kind, body in (
        ("SecurityPolicy", _security(ingress, asked)),
        ("BackendTrafficPolicy", _traffic(ingress, asked)),
    ):
        if body and targets:
            spec = {"targetRefs": targets, **body}
            yield MigratedObject(VERSION, kind, ingress.name, ingress.namespace, {"spec": spec}, file)


def _from(ingress: Ingress, *names: str) -> dict[str, Any]:
    """A comment with the lines of those annotations that are there."""
    given = Reader(ingress.metadata.annotations).given
    said = (": ".join(filter(None, (line_of(ingress, name), name))) for name in names if name in given)
    return {"#": tuple(said)}


def _security(ingress: Ingress, asked: Annotations) -> dict[str, Any]:
    made = dict(login(ingress))
    if asked.cors_origins is not None:
        made["cors"] = _from(ingress, "enable-cors", "cors-allow-origin") | _cors(ingress, asked.cors_origins)
    if asked.allowed or asked.refused:
        names = ("allowlist-source-range", "whitelist-source-range", "denylist-source-range")
        made["authorization"] = _from(ingress, *names) | _authorization(asked)
    return made


def _authorization(asked: Annotations) -> dict[str, Any]:
    pairs = (("Deny", asked.refused), ("Allow", asked.allowed))
    rules = [
        {"action": action, "principal": {"clientCIDRs": [_network(one) for one in networks]}}
        for action, networks in pairs
        if networks
    ]
    return {"defaultAction": "Deny" if asked.allowed else "Allow", "rules": rules}


def _network(text: str) -> str:
    """A single address is a network of one."""
    return str(ip_network(text, strict=False))


def _cors(ingress: Ingress, origins: tuple[str, ...]) -> dict[str, Any]:
    """Any origin goes without credentials: a browser refuses them under the star that nginx answers with.

    Envoy would answer with the origin itself, and so let everybody in with them.
    """
    given = Reader(ingress.metadata.annotations)
    credentials = given.text("cors-allow-credentials") != "false" and origins != ("*",)
    exposed = _listed(given.text("cors-expose-headers"))
    return {
        "allowOrigins": [one for one in origins if one != "null"],
        "allowMethods": _listed(given.text("cors-allow-methods") or _METHODS),
        "allowHeaders": _listed(given.text("cors-allow-headers") or _HEADERS),
        **({"exposeHeaders": exposed} if exposed else {}),
        "allowCredentials": credentials,
        "maxAge": duration(given.number("cors-max-age", _MAX_AGE)),
    }


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def duration(seconds: int) -> str:
    """Seconds as the Gateway API writes them: at most five digits a part.

    >>> duration(1728000), duration(90), duration(0)
    ('480h', '1m30s', '0s')
    """
    parts, rest = "", seconds
    for unit, length in _UNITS:
        count, rest = divmod(rest, length)
        parts += f"{count}{unit}" if count else ""
    return parts or "0s"


def _traffic(ingress: Ingress, asked: Annotations) -> dict[str, Any]:
    made: dict[str, Any] = {}
    limits = [(asked.limits.rps, "Second"), (asked.limits.rpm, "Minute")]
    rules = [_limit(count, unit, everybody) for count, unit in limits if count > 0 for everybody in EVERYBODY]
    if rules:
        made["rateLimit"] = _from(ingress, "limit-rps", "limit-rpm") | {"local": {"rules": rules}}
    if balancer := _balancer(ingress, asked):
        made["loadBalancer"] = _from(ingress, "load-balance", "upstream-hash-by") | balancer
    if asked.service_upstream:
        made["routingType"] = "Service"
    if waits := _waits(ingress):
        made["timeout"] = _from(ingress, "proxy-connect-timeout", "proxy-read-timeout") | waits
    if size := quantity(Reader(ingress.metadata.annotations).text("proxy-body-size")):
        made["requestBuffer"] = _from(ingress, "proxy-body-size") | {"limit": size}
    tries = Reader(ingress.metadata.annotations).number("proxy-next-upstream-tries")
    if tries > 0:
        made["retry"] = _from(ingress, "proxy-next-upstream-tries") | _retry(tries)
    return {"mergeType": "StrategicMerge", **made} if made else {}


def quantity(size: str) -> str:
    """A size of nginx as Kubernetes writes it; empty: it is none, no limit, or more than Envoy counts.

    >>> quantity("8m"), quantity("1024"), quantity("0"), quantity("4g")
    ('8Mi', '1024', '', '')
    """
    found = re.fullmatch(r"([0-9]+)([kKmMgG]?)", size.strip())
    if found is None:
        return ""
    count, unit = int(found[1]), found[2].lower()
    fits = 0 < count * 1024 ** ["", "k", "m", "g"].index(unit) < _MOST_BYTES
    return f"{count}{unit.upper().replace('M', 'Mi').replace('G', 'Gi').replace('K', 'Ki')}" if fits else ""


def _waits(ingress: Ingress) -> dict[str, Any]:
    given = Reader(ingress.metadata.annotations)
    connect, read = given.number("proxy-connect-timeout"), given.number("proxy-read-timeout")
    tcp = {"tcp": {"connectTimeout": duration(connect)}} if connect > 0 else {}
    return tcp | ({"http": {"streamIdleTimeout": duration(read)}} if read > 0 else {})


def _retry(tries: int) -> dict[str, Any]:
    """Other Pods after one to which no connection comes about."""
    return {"numRetries": tries - 1, "retryOn": {"triggers": ["connect-failure"]}}


def defaults(name: str, namespace: str, told: Configuration, file: str) -> MigratedObject:
    """What ingress-nginx does where no annotation says otherwise, for the whole Gateway.

    Envoy would wait 10 s for a connection and 15 s for the whole answer, and try no other Pod.
    """
    connect, read, tries = (
        told.proxy_connect_timeout,
        told.proxy_read_timeout,
        told.proxy_next_upstream_tries,
    )
    http = {"requestTimeout": "0s", "streamIdleTimeout": duration(read)}
    spec: dict[str, Any] = {
        "targetRefs": [{"group": ROUTES, "kind": "Gateway", "name": name}],
        "loadBalancer": {"type": BALANCERS.get(told.load_balance or "round_robin", "LeastRequest")},
        "timeout": {"tcp": {"connectTimeout": duration(connect)}, "http": http},
    }
    if tries > 1:
        spec["retry"] = _retry(tries)
    comments = (
        "What ingress-nginx does by itself: time-outs, tries, turns; without it the defaults of Envoy hold.",
    )
    return MigratedObject(VERSION, "BackendTrafficPolicy", name, namespace, {"spec": spec}, file, comments)


def _limit(count: int, unit: str, everybody: str) -> Mapping[str, Any]:
    """Every client address for itself."""
    distinct = {"sourceCIDR": {"type": "Distinct", "value": everybody}}
    return {"clientSelectors": [distinct], "limit": {"requests": count, "unit": unit}}


def _balancer(ingress: Ingress, asked: Annotations) -> dict[str, Any]:
    if asked.hash_by:
        return hashed(asked.hash_by)
    own = Reader(ingress.metadata.annotations).text("load-balance")
    return {"type": BALANCERS[own]} if own in BALANCERS else {}


def hashed(variable: str) -> dict[str, Any]:
    """A hash over what a variable of nginx stands for; empty: Envoy Gateway has none."""
    if variable in ("$remote_addr", "$binary_remote_addr"):
        return {"type": "ConsistentHash", "consistentHash": {"type": "SourceIP"}}
    start = next(
        (s for s in _BY_VARIABLE if variable.startswith(s) and variable[len(s) :].isidentifier()), ""
    )
    if not start:
        return {}
    kind, name = _BY_VARIABLE[start], variable[len(start) :]
    what: Any = {"name": name.replace("_", "-") if kind == "Headers" else name}
    field = {"Headers": "headers", "QueryParams": "queryParams", "Cookie": "cookie"}[kind]
    return {
        "type": "ConsistentHash",
        "consistentHash": {"type": kind, field: what if kind == "Cookie" else [what]},
    }

"""What ingress-nginx does with clients, as a ClientTrafficPolicy of the Gateway, and one of its https.

Where the address of a client comes from, which headers are taken, how long a connection stays, and what
browsers are told about https. Source: ingress-nginx, nginx.tmpl (underscores_in_headers, keepalive_timeout,
real_ip_header), lua/lua_ingress.lua (header), config.go; envoyproxy/gateway at d32f282, api/v1alpha1
(clienttrafficpolicy_types.go), internal/gatewayapi/clienttrafficpolicy.go.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from sim.cluster.cluster import Controller
from sim.plans.migration.objects import ROUTES, MigratedObject
from sim.plans.migration.policies import VERSION, duration
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.settings import Parse, flag, number
from sim.routing.controllers.settings import told as said

_KEYS: Mapping[str, Parse] = {
    "enable-underscores-in-headers": flag,
    "hsts-include-subdomains": flag,
    "hsts-max-age": number,
    "hsts-preload": flag,
}
_YEAR = 31_536_000
_COMMENT = (
    "What ingress-nginx does by itself or is told by its ConfigMap; without it Envoy refuses headers with an "
    "underscore."
)


def client_policies(
    key: str, controller: Controller, told: Configuration, secure: tuple[str, ...], file: str
) -> Iterator[MigratedObject]:
    """One for the Gateway, and one for its listeners with certificates, where browsers are told to stay.

    Args:
        key: `NAMESPACE/NAME` of the Gateway.
        secure: names of those listeners.
    """
    namespace, _, name = key.partition("/")
    given = {key: one.value for key, one in said(controller, _KEYS) if one.value is not None}
    spec = _spec(told, given)
    whole = {"targetRefs": [_target(name)], **spec}
    yield _policy(name, namespace, whole, file)
    if secure and told.hsts:
        targets = [_target(name) | {"sectionName": section} for section in secure]
        stay = {"name": "Strict-Transport-Security", "value": _stay(given)}
        headers = spec["headers"] | {"lateResponseHeaders": {"set": [stay]}}
        yield _policy(f"{name}-https", namespace, {"targetRefs": targets, **spec, "headers": headers}, file)


def _policy(name: str, namespace: str, spec: Mapping[str, Any], file: str) -> MigratedObject:
    return MigratedObject(VERSION, "ClientTrafficPolicy", name, namespace, {"spec": spec}, file, (_COMMENT,))


def _target(name: str) -> dict[str, str]:
    return {"group": ROUTES, "kind": "Gateway", "name": name}


def _spec(told: Configuration, given: Mapping[str, Any]) -> dict[str, Any]:
    """A policy of a listener takes the place of that of its Gateway, so each says all of it."""
    taken = "Allow" if given.get("enable-underscores-in-headers") else "DropHeader"
    made: dict[str, Any] = {"headers": {"withUnderscoresAction": taken}}
    if told.use_proxy_protocol:
        made["proxyProtocol"] = {"optional": False}
    by_header = told.use_forwarded_headers or (told.enable_real_ip and not told.use_proxy_protocol)
    if by_header:
        made["clientIPDetection"] = _detection(told)
    if told.keep_alive > 0:
        made["timeout"] = {"http": {"idleTimeout": duration(told.keep_alive)}}
    return made


def _detection(told: Configuration) -> dict[str, Any]:
    """By the header that names trusted proxies on the way, or by one that names the client."""
    if told.forwarded_for_header.lower() != "x-forwarded-for":
        return {"customHeader": {"name": told.forwarded_for_header}}
    networks = [str(ip_network(one, strict=False)) for one in told.proxy_real_ip_cidr]
    return {"xForwardedFor": {"trustedCIDRs": networks}}


def _stay(given: Mapping[str, Any]) -> str:
    """The value of Strict-Transport-Security."""
    parts = [f"max-age={given.get('hsts-max-age', _YEAR)}"]
    parts += ["includeSubDomains"] if given.get("hsts-include-subdomains", True) else []
    parts += ["preload"] if given.get("hsts-preload") else []
    return "; ".join(parts)

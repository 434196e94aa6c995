"""The fields of the Gateway API's kinds, with their limits, words, forms and defaults.

Both channels and the releases since 1.2, for a cluster may have any: a field that one of them has is no
unknown field. Where releases differ in a limit, that of 1.6 holds. The status is not looked at, for only
controllers write it. Source: Gateway API `config/crd/experimental` of release-1.2 to release-1.6.
"""

from __future__ import annotations

import re
from typing import Any

from sim.manifests.validation import gateway_rules as rule
from sim.manifests.validation.faults import Fault
from sim.manifests.validation.shapes import (
    Anything,
    Fields,
    ListOf,
    MapOf,
    Shape,
    Text,
    Truth,
    Whole,
    structural_faults,
)

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_URL_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_ROUTE_PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+")
_DURATION_FORM = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")
_ORIGIN = re.compile(r"\*|https?://((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:[0-9]{1,5})?")
# The published pattern has no anchors around its middle; so does this.
_ADDRESS_TYPE = re.compile(rf"(?s)(Hostname.*|.*IPAddress.*|.*NamedAddress.*|.*{_SUBDOMAIN}/{_URL_PATH})")
_PROTOCOL = re.compile(rf"(?s)[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?|.*{_SUBDOMAIN}/[A-Za-z0-9]+")

NAME = Text(253, 1)
SECTION = Text(253, 1, re.compile(_SUBDOMAIN))
HOST = Text(253, 1, re.compile(rf"(\*\.)?{_SUBDOMAIN}"))
PRECISE_HOST = Text(253, 1, re.compile(_SUBDOMAIN))
NAMESPACE = Text(63, 1, re.compile(_LABEL))
PORT = Whole(1, 65535)
HEADER_NAME = Text(256, 1, re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+"))
HEADER_VALUE = Text(4096, 1, re.compile(r"[!-~]+([\t ][!-~]+)*"))
DURATION = Text(form=_DURATION_FORM)


def _group(default: str | None = None) -> Text:
    return Text(253, 0, re.compile(rf"|{_SUBDOMAIN}"), default=default)


def _kind(default: str | None = None) -> Text:
    return Text(63, 1, re.compile(r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?"), default=default)


def _words(*words: str, default: str | None = None) -> Text:
    return Text(words=words, default=default)


OBJECT: dict[str, Shape] = {"group": _group(), "kind": _kind(), "name": NAME}
ANY_OBJECT = Fields(OBJECT, ("group", "kind", "name"))
OBJECT_ANYWHERE = Fields({**OBJECT, "namespace": NAMESPACE}, ("group", "kind", "name"))
BACKEND: dict[str, Shape] = {
    "group": _group(""),
    "kind": _kind("Service"),
    "name": NAME,
    "namespace": NAMESPACE,
    "port": PORT,
}
BACKEND_OBJECT = Fields(BACKEND, ("name",), rules=(rule.backend_has_port,))
SECRET = Fields(
    {"group": _group(""), "kind": _kind("Secret"), "name": NAME, "namespace": NAMESPACE}, ("name",)
)
SELECTOR = Fields(
    {
        "matchLabels": MapOf(Text()),
        "matchExpressions": ListOf(
            Fields({"key": Text(), "operator": Text(), "values": ListOf(Text())}, ("key", "operator"))
        ),
    }
)

HEADER = Fields({"name": HEADER_NAME, "value": HEADER_VALUE}, ("name", "value"))
HEADERS = ListOf(HEADER, 16, key="name")
HEADER_MODIFIER = Fields({"set": HEADERS, "add": HEADERS, "remove": ListOf(Text(), 16, is_set=True)})
REPLACEMENT = Fields(
    {
        "type": _words("ReplaceFullPath", "ReplacePrefixMatch"),
        "replaceFullPath": Text(1024),
        "replacePrefixMatch": Text(1024),
    },
    ("type",),
    rules=(rule.replacement_fits_its_type,),
)
REDIRECT = Fields(
    {
        "scheme": _words("http", "https"),
        "hostname": PRECISE_HOST,
        "path": REPLACEMENT,
        "port": PORT,
        "statusCode": Whole(words=(301, 302, 303, 307, 308), default=302),
    }
)
REWRITE = Fields({"hostname": PRECISE_HOST, "path": REPLACEMENT})
FRACTION = Fields(
    {"numerator": Whole(0), "denominator": Whole(1, default=100)},
    ("numerator",),
    rules=(rule.fraction_at_most_one,),
)
MIRROR = Fields(
    {"backendRef": BACKEND_OBJECT, "percent": Whole(0, 100), "fraction": FRACTION},
    ("backendRef",),
    rules=(rule.one_share,),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
CORS = Fields(
    {
        "allowOrigins": ListOf(Text(253, 1, _ORIGIN), 64, is_set=True, rules=(rule.star_alone,)),
        "allowCredentials": Truth(),
        "allowMethods": ListOf(_words(*METHODS, "*"), 9, is_set=True, rules=(rule.star_alone,)),
        "allowHeaders": ListOf(HEADER_NAME, 64, is_set=True, rules=(rule.star_alone,)),
        "exposeHeaders": ListOf(HEADER_NAME, 64, is_set=True),
        "maxAge": Whole(1, default=5),
    }
)
HEADER_NAMES = ListOf(Text(), 64, is_set=True)
EXTERNAL_AUTH = Fields(
    {
        "protocol": _words("HTTP", "GRPC"),
        "backendRef": BACKEND_OBJECT,
        "grpc": Fields({"allowedHeaders": HEADER_NAMES}),
        "http": Fields(
            {
                "path": Text(1024, form=_ROUTE_PATH),
                "allowedHeaders": HEADER_NAMES,
                "allowedResponseHeaders": HEADER_NAMES,
            }
        ),
        "forwardBody": Fields({"maxSize": Whole(0)}),
    },
    ("protocol", "backendRef"),
    rules=(rule.auth_protocol,),
)
FILTER = Fields(
    {
        "type": _words(*rule.FIELD_OF_TYPE),
        "requestHeaderModifier": HEADER_MODIFIER,
        "responseHeaderModifier": HEADER_MODIFIER,
        "requestMirror": MIRROR,
        "requestRedirect": REDIRECT,
        "urlRewrite": REWRITE,
        "extensionRef": ANY_OBJECT,
        "cors": CORS,
        "externalAuth": EXTERNAL_AUTH,
    },
    ("type",),
    rules=(rule.filter_fits_its_type,),
)
FILTERS = ListOf(FILTER, 16, rules=(rule.filters_fit,))

PATH_MATCH = Fields(
    {
        "type": _words("Exact", "PathPrefix", "RegularExpression", default="PathPrefix"),
        "value": Text(1024, default="/"),
    },
    default={"type": "PathPrefix", "value": "/"},
    rules=(rule.absolute_path,),
)
PATTERN = _words("Exact", "RegularExpression", default="Exact")
MATCH = Fields(
    {
        "path": PATH_MATCH,
        "headers": ListOf(
            Fields({"type": PATTERN, "name": HEADER_NAME, "value": HEADER_VALUE}, ("name", "value")),
            16,
            key="name",
        ),
        "queryParams": ListOf(
            Fields({"type": PATTERN, "name": HEADER_NAME, "value": Text(1024, 1)}, ("name", "value")),
            16,
            key="name",
        ),
        "method": _words(*METHODS),
    }
)
SESSION = Fields(
    {
        "sessionName": Text(128),
        "absoluteTimeout": DURATION,
        "idleTimeout": DURATION,
        "type": _words("Cookie", "Header", default="Cookie"),
        "cookie": Anything(),
        "header": Anything(),
        "cookieConfig": Anything(),
    }
)
_EVERYTHING = {"path": {"type": "PathPrefix", "value": "/"}}
HTTP_RULE = Fields(
    {
        "name": SECTION,
        "matches": ListOf(MATCH, 64, default=[_EVERYTHING]),
        "filters": FILTERS,
        "backendRefs": ListOf(
            Fields(
                {**BACKEND, "weight": Whole(0, 1_000_000, default=1), "filters": FILTERS},
                ("name",),
                rules=(rule.backend_has_port,),
            ),
            16,
        ),
        "timeouts": Fields({"request": DURATION, "backendRequest": DURATION}, rules=(rule.timeouts_fit,)),
        "retry": Fields(
            {"attempts": Whole(), "backoff": DURATION, "codes": ListOf(Whole(400, 599), is_set=True)}
        ),
        "sessionPersistence": SESSION,
    },
    rules=(rule.redirect_or_backends, rule.prefix_needs_prefix),
)
PARENT = Fields(
    {
        "group": _group("gateway.networking.k8s.io"),
        "kind": _kind("Gateway"),
        "namespace": NAMESPACE,
        "name": NAME,
        "sectionName": SECTION,
        "port": PORT,
    },
    ("name",),
)
HTTP_ROUTE_SPEC = Fields(
    {
        "parentRefs": ListOf(PARENT, 32, rules=(rule.distinct_parents,)),
        "useDefaultGateways": Anything(),
        "hostnames": ListOf(HOST, 16),
        "rules": ListOf(
            HTTP_RULE,
            16,
            1,
            default=[{"matches": [_EVERYTHING]}],
            rules=(rule.matches_in_all, rule.distinct_rule_names),
        ),
    }
)

LISTENER_TLS = Fields(
    {
        "mode": _words("Terminate", "Passthrough", default="Terminate"),
        "certificateRefs": ListOf(SECRET, 64),
        "frontendValidation": Anything(),
        "options": MapOf(Text(4096), 16),
    },
    rules=(rule.certificates_or_options,),
)
ROUTE_NAMESPACES = Fields(
    {"from": _words("All", "Selector", "Same", default="Same"), "selector": SELECTOR},
    default={"from": "Same"},
)
ALLOWED_ROUTES = Fields(
    {
        "namespaces": ROUTE_NAMESPACES,
        "kinds": ListOf(
            Fields({"group": _group("gateway.networking.k8s.io"), "kind": _kind()}, ("kind",)), 8
        ),
    },
    default={"namespaces": {"from": "Same"}},
)
LISTENER = Fields(
    {
        "name": SECTION,
        "hostname": HOST,
        "port": PORT,
        "protocol": Text(255, 1, _PROTOCOL),
        "tls": LISTENER_TLS,
        "allowedRoutes": ALLOWED_ROUTES,
    },
    ("name", "port", "protocol"),
)
GATEWAY_SPEC = Fields(
    {
        "gatewayClassName": NAME,
        "listeners": ListOf(
            LISTENER, 64, 1, key="name", rules=(rule.listener_fields, rule.distinct_listeners)
        ),
        "addresses": ListOf(
            Fields(
                {"type": Text(253, 1, _ADDRESS_TYPE, default="IPAddress"), "value": Text(253)},
                rules=(rule.usable_address,),
            ),
            16,
            rules=(rule.distinct_addresses,),
        ),
        "infrastructure": Fields(
            {
                "labels": MapOf(
                    Text(63, form=re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")),
                    8,
                    rules=(rule.key_prefix,),
                ),
                "annotations": MapOf(Text(4096), 16, rules=(rule.key_prefix,)),
                "parametersRef": ANY_OBJECT,
            }
        ),
        "backendTLS": Anything(),
        "allowedListeners": Anything(),
        "defaultScope": Anything(),
        "tls": Anything(),
    },
    ("gatewayClassName", "listeners"),
)
GATEWAY_CLASS_SPEC = Fields(
    {
        "controllerName": Text(253, 1, re.compile(rf"{_SUBDOMAIN}/{_URL_PATH}")),
        "parametersRef": OBJECT_ANYWHERE,
        "description": Text(64),
    },
    ("controllerName",),
)
REFERENCE_GRANT_SPEC = Fields(
    {
        "from": ListOf(
            Fields(
                {"group": _group(), "kind": _kind(), "namespace": NAMESPACE}, ("group", "kind", "namespace")
            ),
            16,
            1,
        ),
        "to": ListOf(Fields(OBJECT, ("group", "kind")), 16, 1),
    },
    ("from", "to"),
)


def gateway_faults(value: Any, spec: Fields) -> tuple[Fault, ...]:
    """What is wrong with a Gateway API object apart from its metadata.

    Args:
        value: the object as it was read.
        spec: what its spec must be.
    """
    known: dict[str, Shape] = dict.fromkeys(("apiVersion", "kind", "metadata", "status"), Anything())
    return structural_faults(value, Fields({**known, "spec": spec}, ("spec",)))


_SPECS = {
    "Gateway": GATEWAY_SPEC,
    "GatewayClass": GATEWAY_CLASS_SPEC,
    "HTTPRoute": HTTP_ROUTE_SPEC,
    "ReferenceGrant": REFERENCE_GRANT_SPEC,
}
GATEWAY_API_SPECS = {
    (f"gateway.networking.k8s.io/{version}", kind): spec
    for version in ("v1", "v1beta1")
    for kind, spec in _SPECS.items()
}
"""(apiVersion, kind) -> what the spec must be."""

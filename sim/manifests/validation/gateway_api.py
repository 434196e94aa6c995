"""The fields of the Gateway API's kinds, with their limits, words, forms and defaults.

Both channels and the releases since 1.2, for a cluster may have any: a field that one of them has is no
unknown field. Where releases differ in a limit, that of 1.6 holds. The status is not looked at, for only
controllers write it. Source: Gateway API `config/crd/experimental` of release-1.2 to release-1.6.
"""

import re
from typing import Any

from sim.manifests.validation import gateway_rules as rule
from sim.manifests.validation.faults import Fault
from sim.manifests.validation.shapes import (
    Anything,
    Fields,
    ListOf,
    MapOf,
    Rule,
    Shape,
    Text,
    Truth,
    Whole,
    structural_faults,
)

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_URL_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_DURATION_FORM = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")
_ORIGIN = re.compile(r"\*|https?://((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:[0-9]{1,5})?")
# The published pattern has no anchors around its middle; so does this.
_ADDRESS_TYPE = re.compile(rf"(?s)(Hostname.*|.*IPAddress.*|.*NamedAddress.*|.*{_SUBDOMAIN}/{_URL_PATH})")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_PROTOCOL = re.compile(rf"(?s)[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?|.*{_SUBDOMAIN}/[A-Za-z0-9]+")

NAME = Text(253, 1)
SECTION = PRECISE_HOST = Text(253, 1, re.compile(_SUBDOMAIN))
HOST = Text(253, 1, rule.HOST_NAME)
NAMESPACE = Text(63, 1, re.compile(_LABEL))
PORT = Whole(1, 65535)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
HEADER_NAME = Text(256, 1, _TOKEN)
HEADER_VALUE = Text(4096, 1, re.compile(r"[!-~]+([\t ][!-~]+)*"))
DURATION = Text(form=_DURATION_FORM)


def group(default: str | None = None) -> Text:
    """An API group."""
    return Text(253, 0, re.compile(rf"|{_SUBDOMAIN}"), default=default)


def kind(default: str | None = None) -> Text:
    """A kind of object."""
    return Text(63, 1, re.compile(r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?"), default=default)


def words(*known: str, default: str | None = None) -> Text:
    """One of a few words."""
    return Text(words=known, default=default)


def object_of(required: str = "", *rules: Rule, **fields: Shape) -> Fields:
    """An object: the names of its fields that must be there, what looks at several fields, the fields."""
    return Fields(fields, tuple(required.split()), rules=rules)


ANY_OBJECT = object_of("group kind name", group=group(), kind=kind(), name=NAME)
OBJECT_ANYWHERE = Fields({**ANY_OBJECT.fields, "namespace": NAMESPACE}, ANY_OBJECT.required)
BACKEND_OBJECT = object_of(
    "name",
    rule.backend_has_port,
    group=group(""),
    kind=kind("Service"),
    name=NAME,
    namespace=NAMESPACE,
    port=PORT,
)
SECRET = object_of("name", group=group(""), kind=kind("Secret"), name=NAME, namespace=NAMESPACE)
SELECTOR = object_of(
    matchLabels=MapOf(Text()),
    matchExpressions=ListOf(object_of("key operator", key=Text(), operator=Text(), values=ListOf(Text()))),
)

HEADER = object_of("name value", name=HEADER_NAME, value=HEADER_VALUE)
HEADERS = ListOf(HEADER, 16, key="name")
HEADER_MODIFIER = object_of(set=HEADERS, add=HEADERS, remove=ListOf(Text(), 16, is_set=True))
REPLACEMENT = object_of(
    "type",
    rule.replacement_fits_its_type,
    type=words("ReplaceFullPath", "ReplacePrefixMatch"),
    replaceFullPath=Text(1024),
    replacePrefixMatch=Text(1024),
)
REDIRECT = object_of(
    scheme=words("http", "https"),
    hostname=PRECISE_HOST,
    path=REPLACEMENT,
    port=PORT,
    statusCode=Whole(words=(301, 302, 303, 307, 308), default=302),
)
REWRITE = object_of(hostname=PRECISE_HOST, path=REPLACEMENT)
FRACTION = object_of(
    "numerator", rule.fraction_at_most_one, numerator=Whole(0), denominator=Whole(1, default=100)
)
MIRROR = object_of(
    "backendRef", rule.one_share, backendRef=BACKEND_OBJECT, percent=Whole(0, 100), fraction=FRACTION
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")


def _open_to(item: Shape, most: int = 64) -> ListOf:
    """A list in which `*` stands for everything."""
    return ListOf(item, most, is_set=True, rules=(rule.star_alone,))


CORS = object_of(
    allowOrigins=_open_to(Text(253, 1, _ORIGIN)),
    allowCredentials=Truth(),
    allowMethods=_open_to(words(*METHODS, "*"), 9),
    allowHeaders=_open_to(HEADER_NAME),
    exposeHeaders=ListOf(HEADER_NAME, 64, is_set=True),
    maxAge=Whole(1, default=5),
)
HEADER_NAMES = ListOf(Text(), 64, is_set=True)
EXTERNAL_AUTH = object_of(
    "protocol backendRef",
    rule.auth_protocol,
    protocol=words("HTTP", "GRPC"),
    backendRef=BACKEND_OBJECT,
    grpc=object_of(allowedHeaders=HEADER_NAMES),
    http=object_of(
        path=Text(1024, form=rule.ROUTE_PATH),
        allowedHeaders=HEADER_NAMES,
        allowedResponseHeaders=HEADER_NAMES,
    ),
    forwardBody=object_of(maxSize=Whole(0)),
)
FILTER = object_of(
    "type",
    rule.filter_fits_its_type,
    type=words(*rule.FIELD_OF_TYPE),
    requestHeaderModifier=HEADER_MODIFIER,
    responseHeaderModifier=HEADER_MODIFIER,
    requestMirror=MIRROR,
    requestRedirect=REDIRECT,
    urlRewrite=REWRITE,
    extensionRef=ANY_OBJECT,
    cors=CORS,
    externalAuth=EXTERNAL_AUTH,
)
FILTERS = ListOf(FILTER, 16, rules=(rule.filters_fit,))

_ANY_PATH = {"type": "PathPrefix", "value": "/"}
_EVERYTHING = {"path": _ANY_PATH}
PATH_MATCH = Fields(
    {
        "type": words("Exact", "PathPrefix", "RegularExpression", default="PathPrefix"),
        "value": Text(1024, default="/"),
    },
    default=_ANY_PATH,
    rules=(rule.absolute_path,),
)


def _values(value: Text) -> ListOf:
    """Headers or query parameters that a request must have."""
    pattern = words("Exact", "RegularExpression", default="Exact")
    return ListOf(object_of("name value", type=pattern, name=HEADER_NAME, value=value), 16, key="name")


MATCH = object_of(
    path=PATH_MATCH,
    headers=_values(HEADER_VALUE),
    queryParams=_values(Text(1024, 1)),
    method=words(*METHODS),
)
_LIFETIME = words("Permanent", "Session", default="Session")
SESSION = object_of(
    "",
    rule.session_has_its_time,
    sessionName=Text(128),
    absoluteTimeout=DURATION,
    idleTimeout=DURATION,
    type=words("Cookie", "Header", default="Cookie"),
    cookie=object_of(name=Text(256, 1, _TOKEN), path=Text(1024), lifetimeType=_LIFETIME),
    header=object_of(name=Text(256, 1, _TOKEN)),
    cookieConfig=object_of(lifetimeType=_LIFETIME),
)
HTTP_BACKEND = object_of(
    "name",
    rule.backend_has_port,
    **BACKEND_OBJECT.fields,
    weight=Whole(0, 1_000_000, default=1),
    filters=FILTERS,
)
HTTP_RULE = object_of(
    "",
    rule.redirect_or_backends,
    rule.prefix_needs_prefix,
    name=SECTION,
    matches=ListOf(MATCH, 64, default=[_EVERYTHING]),
    filters=FILTERS,
    backendRefs=ListOf(HTTP_BACKEND, 16),
    timeouts=object_of("", rule.timeouts_fit, request=DURATION, backendRequest=DURATION),
    retry=object_of(attempts=Whole(1), backoff=DURATION, codes=ListOf(Whole(400, 599), is_set=True)),
    sessionPersistence=SESSION,
)
PARENT = object_of(
    "name",
    group=group("gateway.networking.k8s.io"),
    kind=kind("Gateway"),
    namespace=NAMESPACE,
    name=NAME,
    sectionName=SECTION,
    port=PORT,
)
HTTP_RULES = ListOf(
    HTTP_RULE,
    16,
    1,
    default=[{"matches": [_EVERYTHING]}],
    rules=(rule.matches_in_all, rule.distinct_rule_names),
)
HTTP_ROUTE_SPEC = object_of(
    parentRefs=ListOf(PARENT, 32, rules=(rule.distinct_parents,)),
    useDefaultGateways=Anything(),
    hostnames=ListOf(HOST, 16),
    rules=HTTP_RULES,
)

LISTENER_TLS = object_of(
    "",
    rule.certificates_or_options,
    mode=words("Terminate", "Passthrough", default="Terminate"),
    certificateRefs=ListOf(SECRET, 64),
    frontendValidation=Anything(),
    options=MapOf(Text(4096), 16),
)
ROUTE_NAMESPACES = Fields(
    {"from": words("All", "Selector", "Same", default="Same"), "selector": SELECTOR},
    default={"from": "Same"},
)
LISTENER_NAMESPACES = Fields(
    {"from": words("All", "Selector", "Same", "None", default="None"), "selector": SELECTOR},
    default={"from": "None"},
)
ROUTE_KIND = object_of("kind", group=group("gateway.networking.k8s.io"), kind=kind())
ALLOWED_ROUTES = Fields(
    {"namespaces": ROUTE_NAMESPACES, "kinds": ListOf(ROUTE_KIND, 8)},
    default={"namespaces": {"from": "Same"}},
)
LISTENER = object_of(
    "name port protocol",
    name=SECTION,
    hostname=HOST,
    port=PORT,
    protocol=Text(255, 1, _PROTOCOL),
    tls=LISTENER_TLS,
    allowedRoutes=ALLOWED_ROUTES,
)
LISTENERS = ListOf(LISTENER, 64, 1, key="name", rules=(rule.listener_fields, rule.distinct_listeners))
ADDRESS = object_of(
    "",
    rule.usable_address,
    type=Text(253, 1, _ADDRESS_TYPE, default="IPAddress"),
    value=Text(253),
)
GATEWAY_SPEC = object_of(
    "gatewayClassName listeners",
    gatewayClassName=NAME,
    listeners=LISTENERS,
    addresses=ListOf(ADDRESS, 16, rules=(rule.distinct_addresses,)),
    infrastructure=object_of(
        labels=MapOf(Text(63, form=_LABEL_VALUE), 8, rules=(rule.key_prefix,)),
        annotations=MapOf(Text(4096), 16, rules=(rule.key_prefix,)),
        parametersRef=ANY_OBJECT,
    ),
    backendTLS=Anything(),
    allowedListeners=object_of(namespaces=LISTENER_NAMESPACES),
    defaultScope=Anything(),
    tls=Anything(),
)
GATEWAY_CLASS_SPEC = object_of(
    "controllerName",
    controllerName=Text(253, 1, re.compile(rf"{_SUBDOMAIN}/{_URL_PATH}")),
    parametersRef=OBJECT_ANYWHERE,
    description=Text(64),
)
_GRANTED_FROM = object_of("group kind namespace", group=group(), kind=kind(), namespace=NAMESPACE)
REFERENCE_GRANT_SPEC = Fields(
    {
        "from": ListOf(_GRANTED_FROM, 16, 1),
        "to": ListOf(Fields(ANY_OBJECT.fields, ("group", "kind")), 16, 1),
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

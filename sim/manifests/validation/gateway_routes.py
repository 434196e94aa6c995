"""The fields of GRPCRoute, TLSRoute, TCPRoute, UDPRoute, ListenerSet and BackendTLSPolicy, with their limits.

As `sim.manifests.validation.gateway_api` has those of the other kinds. A TLSRoute of v1alpha2 need not name
hosts, and routes for connections had up to 16 rules there. Source: Gateway API `config/crd/experimental` of
release-1.6.
"""

import re
from dataclasses import replace
from typing import Any

from sim.manifests.validation import gateway_api as api
from sim.manifests.validation import gateway_route_rules as rule
from sim.manifests.validation import gateway_rules
from sim.manifests.validation.gateway_api import FILTER, HTTP_BACKEND, LISTENER, MATCH, PARENT
from sim.manifests.validation.shapes import Anything, Fields, ListOf, MapOf, Text

_GROUP = "gateway.networking.k8s.io"
_WELL_KNOWN = re.compile(
    r"System|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
    r"/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
)
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^\s]+")

GRPC_METHOD = api.object_of(
    "",
    rule.method_named,
    type=api.words("Exact", "RegularExpression", default="Exact"),
    service=Text(1024),
    method=Text(1024),
)
GRPC_MATCH = api.object_of("", method=GRPC_METHOD, headers=MATCH.fields["headers"])
GRPC_FILTER = api.object_of(
    "type",
    rule.grpc_filter_fits_its_type,
    type=api.words(*rule.GRPC_FILTERS),
    **{
        gateway_rules.FIELD_OF_TYPE[k]: FILTER.fields[gateway_rules.FIELD_OF_TYPE[k]]
        for k in rule.GRPC_FILTERS
    },
)
GRPC_FILTER_LIST = ListOf(GRPC_FILTER, 16, rules=(rule.grpc_filters_fit,))
GRPC_BACKEND = replace(HTTP_BACKEND, fields={**HTTP_BACKEND.fields, "filters": GRPC_FILTER_LIST})
GRPC_RULE = api.object_of(
    "",
    name=api.SECTION,
    matches=ListOf(GRPC_MATCH, 64),
    filters=GRPC_FILTER_LIST,
    backendRefs=ListOf(GRPC_BACKEND, 16),
    sessionPersistence=api.SESSION,
)
_PARENTS: dict[str, Any] = {
    "parentRefs": ListOf(PARENT, 32, rules=(gateway_rules.distinct_parents,)),
    "useDefaultGateways": Anything(),
}
GRPC_ROUTE_SPEC = api.object_of(
    "",
    **_PARENTS,
    hostnames=ListOf(api.HOST, 16),
    rules=ListOf(GRPC_RULE, 16, rules=(rule.grpc_matches_in_all, gateway_rules.distinct_rule_names)),
)

STREAM_BACKEND = replace(
    HTTP_BACKEND, fields={k: shape for k, shape in HTTP_BACKEND.fields.items() if k != "filters"}
)
STREAM_RULE = api.object_of("backendRefs", name=api.SECTION, backendRefs=ListOf(STREAM_BACKEND, 16, 1))
SERVER_NAMES = ListOf(api.NAME, 1024, 1, rules=(rule.server_names,))


def _stream_spec(most_rules: int, required: str = "rules", **more: Any) -> Fields:
    rules = ListOf(STREAM_RULE, most_rules, 1, rules=(gateway_rules.distinct_rule_names,))
    return api.object_of(required, **_PARENTS, rules=rules, **more)


LISTENER_SET_SPEC = api.object_of(
    "parentRef listeners",
    parentRef=api.object_of(
        "name",
        group=api.group(_GROUP),
        kind=api.kind("Gateway"),
        namespace=api.NAMESPACE,
        name=api.NAME,
    ),
    listeners=ListOf(
        LISTENER,
        64,
        1,
        key="name",
        rules=(gateway_rules.listener_fields, gateway_rules.distinct_listeners),
    ),
)
POLICY_TARGET = api.object_of(
    "group kind name", group=api.group(), kind=api.kind(), name=api.NAME, sectionName=api.SECTION
)
SUBJECT_ALT_NAME = api.object_of(
    "type",
    rule.san_fits_its_type,
    type=api.words("Hostname", "URI"),
    hostname=api.HOST,
    uri=Text(253, 1, _URI),
)
BACKEND_VALIDATION = api.object_of(
    "hostname",
    rule.one_kind_of_authority,
    caCertificateRefs=ListOf(api.ANY_OBJECT, 8),
    wellKnownCACertificates=Text(253, 1, _WELL_KNOWN),
    hostname=api.PRECISE_HOST,
    subjectAltNames=ListOf(SUBJECT_ALT_NAME, 5),
)
BACKEND_TLS_POLICY_SPEC = api.object_of(
    "targetRefs validation",
    targetRefs=ListOf(POLICY_TARGET, 16, 1, rules=(rule.distinct_targets,)),
    validation=BACKEND_VALIDATION,
    options=MapOf(Text(4096), 16),
)

_TLS = _stream_spec(1, "hostnames rules", hostnames=SERVER_NAMES)
_SPECS: dict[tuple[str, str], Fields] = {
    ("v1", "GRPCRoute"): GRPC_ROUTE_SPEC,
    ("v1alpha2", "GRPCRoute"): GRPC_ROUTE_SPEC,
    ("v1", "TLSRoute"): _TLS,
    ("v1alpha3", "TLSRoute"): _TLS,
    ("v1alpha2", "TLSRoute"): _stream_spec(16, hostnames=ListOf(api.HOST, 1024)),
    ("v1", "TCPRoute"): _stream_spec(1),
    ("v1alpha2", "TCPRoute"): _stream_spec(16),
    ("v1", "UDPRoute"): _stream_spec(1),
    ("v1alpha2", "UDPRoute"): _stream_spec(16),
    ("v1", "ListenerSet"): LISTENER_SET_SPEC,
    ("v1", "BackendTLSPolicy"): BACKEND_TLS_POLICY_SPEC,
    ("v1alpha3", "BackendTLSPolicy"): BACKEND_TLS_POLICY_SPEC,
}
GATEWAY_ROUTE_SPECS = {(f"{_GROUP}/{version}", kind): spec for (version, kind), spec in _SPECS.items()}
"""(apiVersion, kind) -> what the spec must be."""

"""What the API server would refuse: an object as it was read goes in, all its faults come out.

First what cannot be decoded (wrong types, unknown fields), then what does not hold, in the server's words.
The object is a plain mapping, no model, and nothing is raised. Of Ingress, IngressClass, Service,
EndpointSlice and NetworkPolicy everything is checked that the server checks on creation, of Pods and what
makes them all that traffic depends on, of HorizontalPodAutoscalers whom they scale and how far, of Gateway,
GatewayClass, HTTPRoute, ReferenceGrant and ClusterNetworkPolicy what their CustomResourceDefinitions say; of
all other kinds the metadata.
Source: Kubernetes v1.35, Gateway API v1.6.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sim.manifests.validation.autoscaler import AUTOSCALERS, autoscaler_faults
from sim.manifests.validation.cluster_policy import CLUSTER_POLICY_SPECS
from sim.manifests.validation.endpoint_slice import endpoint_slice_faults
from sim.manifests.validation.envoy_policies import ENVOY_SPECS
from sim.manifests.validation.faults import Fault, Place, undecodable, unrelated
from sim.manifests.validation.gateway_api import GATEWAY_API_SPECS, gateway_faults
from sim.manifests.validation.gateway_routes import GATEWAY_ROUTE_SPECS
from sim.manifests.validation.ingress import ingress_class_faults, ingress_faults
from sim.manifests.validation.metadata import Object, metadata_faults
from sim.manifests.validation.network_policy import network_policy_faults
from sim.manifests.validation.pod import pod_faults
from sim.manifests.validation.removed import Removed, removed_api
from sim.manifests.validation.schema import ANY_KIND, SCHEMAS
from sim.manifests.validation.served import NoMatch, no_match, no_matches
from sim.manifests.validation.service import service_faults
from sim.manifests.validation.shapes import decode
from sim.manifests.validation.workload import WORKLOAD_RULES, faults_of_made_pods


def validate(value: Mapping[str, Any]) -> tuple[Fault, ...]:
    """All the faults of an object, those of decoding first.

    The server stops at decoding; here validation goes on where no undecodable field can have a part in it.

    Args:
        value: as it was read from a file. Null means absent.
    """
    unserved = tuple(_not_served(value))
    if unserved or (value["kind"].endswith("List") and "items" in value):
        return unserved  # a list is no object of its own; its items are
    api_version, kind = known_as = value["apiVersion"], value["kind"]
    known = value if known_as in SCHEMAS else {k: v for k, v in value.items() if k in ANY_KIND.fields}
    decoded = decode(known, SCHEMAS.get(known_as, ANY_KIND))
    group = api_version.rpartition("/")[0]
    faults = [*metadata_faults(decoded.value.get("metadata", {}), group, kind)]
    if known_as in RULES:
        faults += RULES[known_as](decoded.value)
    if known_as in WORKLOAD_RULES and not faults and not decoded.faults:
        faults += faults_of_made_pods(decoded.value, kind)
    spec = CUSTOM_SPECS.get(known_as)
    of_custom_resource = gateway_faults(value, spec) if spec else ()
    return (*decoded.faults, *unrelated(faults, decoded.faults), *of_custom_resource)


def refusal(value: Mapping[str, Any]) -> tuple[Fault, ...]:
    """The faults that the server itself answers with: of decoding, or of validation if all was decoded."""
    faults = validate(value)
    return tuple(f for f in faults if f.layer == "decoding") or faults


def _not_served(value: Mapping[str, Any]) -> Iterator[Fault]:
    """Why the server has no place for such an object: not one at all, or of an API version that is gone."""
    if not isinstance(value, Mapping):
        yield undecodable(Place(), "cannot decode a value without fields as an object")
        return
    missing = [name for name in ("apiVersion", "kind") if not isinstance(value.get(name), str)]
    yield from (undecodable(Place().child(n), f"{n} is missing, or is no string") for n in missing)
    removed = None if missing else removed_api(value["apiVersion"], value["kind"])
    if removed is not None:
        what = no_matches(value["apiVersion"], value["kind"])
        message = f"{what}: removed in Kubernetes {removed.version}; use {removed.use}"
        yield undecodable(Place().child("apiVersion"), message)
    unknown = None if missing or removed else no_match(value["apiVersion"], value["kind"])
    if unknown is not None:
        yield undecodable(Place().child(unknown.field), unknown.message)


RULES: dict[tuple[str, str], Callable[[Object], Iterator[Fault]]] = {
    **WORKLOAD_RULES,
    **dict.fromkeys(AUTOSCALERS, autoscaler_faults),
    ("v1", "Pod"): pod_faults,
    ("v1", "Service"): service_faults,
    ("discovery.k8s.io/v1", "EndpointSlice"): endpoint_slice_faults,
    ("networking.k8s.io/v1", "Ingress"): ingress_faults,
    ("networking.k8s.io/v1", "IngressClass"): ingress_class_faults,
    ("networking.k8s.io/v1", "NetworkPolicy"): network_policy_faults,
}
"""(apiVersion, kind) -> what is checked beyond the metadata."""

CUSTOM_SPECS = {**GATEWAY_API_SPECS, **GATEWAY_ROUTE_SPECS, **CLUSTER_POLICY_SPECS, **ENVOY_SPECS}
"""(apiVersion, kind) of a custom resource -> what its spec must be."""

__all__ = ["Fault", "NoMatch", "Removed", "no_match", "no_matches", "refusal", "removed_api", "validate"]

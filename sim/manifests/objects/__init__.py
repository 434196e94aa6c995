"""Kubernetes objects as frozen pages of the API reference, each field knowing its file and line.

Strict about shapes (a string where a number belongs stops the object), lenient about values: a value that
the API server would refuse is the business of `sim.manifests.validation`. Fields that are not modelled are
kept aside in `model_extra`, so that they can be reported. Secrets: names only, their data is dropped on the
way in.
Source of names and meanings: the Kubernetes API reference, v1.35.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.manifests.objects.collected import (
    Finding,
    Manifests,
    Severity,
    Unmodelled,
)
from sim.manifests.objects.gateway_api import (
    Gateway,
    GatewayClass,
    GatewayClassSpec,
    HTTPBackendRef,
    HTTPPathMatch,
    HTTPPathModifier,
    HTTPRoute,
    HTTPRouteMatch,
    HTTPRouteRule,
    HTTPRouteSpec,
    Listener,
    ParentReference,
    ReferenceGrant,
)
from sim.manifests.objects.meta import (
    KubernetesObject,
    ObjectMeta,
    Origin,
    Path,
)
from sim.manifests.objects.networking import (
    Endpoints,
    EndpointSlice,
    HTTPIngressPath,
    HTTPIngressRuleValue,
    Ingress,
    IngressBackend,
    IngressClass,
    IngressClassSpec,
    IngressRule,
    IngressServiceBackend,
    IngressSpec,
    Service,
    ServiceBackendPort,
    ServicePort,
    ServiceSpec,
    StatusWithLoadBalancer,
)
from sim.manifests.objects.workloads import (
    Namespace,
    NodeObject,
    Pod,
    Secret,
    WorkloadResource,
)

GATEWAY_API = "gateway.networking.k8s.io"

KINDS: dict[tuple[str, str], type[KubernetesObject]] = {
    ("", "Endpoints"): Endpoints,
    ("", "Namespace"): Namespace,
    ("", "Node"): NodeObject,
    ("", "Pod"): Pod,
    ("", "ReplicationController"): WorkloadResource,
    ("", "Secret"): Secret,
    ("", "Service"): Service,
    ("apps", "DaemonSet"): WorkloadResource,
    ("apps", "Deployment"): WorkloadResource,
    ("apps", "ReplicaSet"): WorkloadResource,
    ("apps", "StatefulSet"): WorkloadResource,
    ("batch", "CronJob"): WorkloadResource,
    ("batch", "Job"): WorkloadResource,
    ("discovery.k8s.io", "EndpointSlice"): EndpointSlice,
    ("extensions", "DaemonSet"): WorkloadResource,
    ("extensions", "Deployment"): WorkloadResource,
    ("extensions", "Ingress"): Ingress,
    ("extensions", "ReplicaSet"): WorkloadResource,
    (GATEWAY_API, "Gateway"): Gateway,
    (GATEWAY_API, "GatewayClass"): GatewayClass,
    (GATEWAY_API, "HTTPRoute"): HTTPRoute,
    (GATEWAY_API, "ReferenceGrant"): ReferenceGrant,
    ("networking.k8s.io", "Ingress"): Ingress,
    ("networking.k8s.io", "IngressClass"): IngressClass,
}
"""(API group, kind) -> model. A kind alone is not enough: Istio has a Gateway, Knative a Service."""


def group_kinds(by_group: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """(API group, kind) for each kind of each group; the kinds are separated by spaces."""
    return frozenset((group, kind) for group, kinds in by_group.items() for kind in kinds.split())


CLUSTER_SCOPED = group_kinds(
    {
        "": "Namespace Node PersistentVolume",
        "admissionregistration.k8s.io": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        "apiextensions.k8s.io": "CustomResourceDefinition",
        "apiregistration.k8s.io": "APIService",
        "certificates.k8s.io": "CertificateSigningRequest",
        GATEWAY_API: "GatewayClass",
        "networking.k8s.io": "IngressClass",
        "node.k8s.io": "RuntimeClass",
        "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
        "scheduling.k8s.io": "PriorityClass",
        "storage.k8s.io": "CSIDriver StorageClass",
    }
)
"""Kinds without a namespace: the server clears one that is given."""

WORKLOAD_KINDS = frozenset(kind for (_, kind), model in KINDS.items() if model is WorkloadResource)

__all__ = [
    "CLUSTER_SCOPED", "GATEWAY_API", "KINDS", "WORKLOAD_KINDS", "EndpointSlice", "Finding", "Gateway",
    "GatewayClass", "GatewayClassSpec", "HTTPBackendRef", "HTTPIngressPath", "HTTPIngressRuleValue",
    "HTTPPathMatch", "HTTPPathModifier", "HTTPRoute", "HTTPRouteMatch", "HTTPRouteRule", "HTTPRouteSpec",
    "Ingress", "IngressBackend", "IngressClass", "IngressClassSpec", "IngressRule",
    "IngressServiceBackend", "IngressSpec", "KubernetesObject", "Listener", "Manifests", "Namespace",
    "NodeObject", "ObjectMeta", "Origin", "ParentReference", "Path", "Pod", "ReferenceGrant", "Secret",
    "Service", "ServiceBackendPort", "ServicePort", "ServiceSpec", "Severity", "StatusWithLoadBalancer",
    "Unmodelled", "WorkloadResource", "group_kinds",
]  # fmt: skip

"""The kinds that are read: their models, which are workloads, and which have no namespace."""

from collections.abc import Mapping

from sim.manifests.objects.autoscaling import HorizontalPodAutoscaler
from sim.manifests.objects.disruption import PodDisruptionBudget
from sim.manifests.objects.envoy_policies import (
    ENVOY_GATEWAY_API,
    BackendTrafficPolicy,
    EnvoyRouteFilter,
    SecurityPolicy,
)
from sim.manifests.objects.gateway_api import Gateway, GatewayClass, HTTPRoute, ReferenceGrant
from sim.manifests.objects.gateway_routes import (
    BackendTLSPolicy,
    GRPCRoute,
    ListenerSet,
    TCPRoute,
    TLSRoute,
    UDPRoute,
)
from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.network_policy import ClusterNetworkPolicy, NetworkPolicy
from sim.manifests.objects.networking import Endpoints, EndpointSlice, Ingress, IngressClass, Service
from sim.manifests.objects.workloads import Namespace, NodeObject, Pod, Secret, WorkloadResource

GATEWAY_API = "gateway.networking.k8s.io"
NETWORK_POLICY_API = "policy.networking.k8s.io"

KINDS: dict[tuple[str, str], type[KubernetesObject]] = {
    ("autoscaling", "HorizontalPodAutoscaler"): HorizontalPodAutoscaler,
    ("policy", "PodDisruptionBudget"): PodDisruptionBudget,
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
    (ENVOY_GATEWAY_API, "BackendTrafficPolicy"): BackendTrafficPolicy,
    (ENVOY_GATEWAY_API, "HTTPRouteFilter"): EnvoyRouteFilter,
    (ENVOY_GATEWAY_API, "SecurityPolicy"): SecurityPolicy,
    (GATEWAY_API, "BackendTLSPolicy"): BackendTLSPolicy,
    (GATEWAY_API, "GRPCRoute"): GRPCRoute,
    (GATEWAY_API, "Gateway"): Gateway,
    (GATEWAY_API, "GatewayClass"): GatewayClass,
    (GATEWAY_API, "HTTPRoute"): HTTPRoute,
    (GATEWAY_API, "ListenerSet"): ListenerSet,
    (GATEWAY_API, "ReferenceGrant"): ReferenceGrant,
    (GATEWAY_API, "TCPRoute"): TCPRoute,
    (GATEWAY_API, "TLSRoute"): TLSRoute,
    (GATEWAY_API, "UDPRoute"): UDPRoute,
    ("networking.k8s.io", "Ingress"): Ingress,
    ("networking.k8s.io", "IngressClass"): IngressClass,
    ("networking.k8s.io", "NetworkPolicy"): NetworkPolicy,
    (NETWORK_POLICY_API, "ClusterNetworkPolicy"): ClusterNetworkPolicy,
}
"""(API group, kind) -> model. A kind alone is not enough: Istio has a Gateway, Knative a Service."""


def group_kinds(by_group: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """(API group, kind) for each kind of each group; the kinds are separated by spaces."""
    return frozenset((group, kind) for group, kinds in by_group.items() for kind in kinds.split())


CLUSTER_SCOPED = group_kinds(
    {
        "": "Namespace Node PersistentVolume",
        "admissionregistration.k8s.io": "MutatingWebhookConfiguration ValidatingWebhookConfiguration "
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
        "apiextensions.k8s.io": "CustomResourceDefinition",
        "apiregistration.k8s.io": "APIService",
        "cert-manager.io": "ClusterIssuer",
        "certificates.k8s.io": "CertificateSigningRequest",
        "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
        GATEWAY_API: "GatewayClass",
        "networking.k8s.io": "IPAddress IngressClass ServiceCIDR",
        "node.k8s.io": "RuntimeClass",
        "policy": "PodSecurityPolicy",
        NETWORK_POLICY_API: "AdminNetworkPolicy BaselineAdminNetworkPolicy ClusterNetworkPolicy",
        "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
        "scheduling.k8s.io": "PriorityClass",
        "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
    }
)
"""Kinds without a namespace: the server clears one that is given."""

WORKLOAD_KINDS = frozenset(kind for (_, kind), model in KINDS.items() if model is WorkloadResource)

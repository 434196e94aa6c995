"""API versions that Kubernetes no longer serves: since when, and what has taken their place.

Source: Kubernetes documentation, "Deprecated API Migration Guide" (as of v1.35).
"""

from __future__ import annotations

from typing import NamedTuple


class Removed(NamedTuple):
    """An API version that is gone.

    Args:
        version: the Kubernetes release without it, such as `1.22`.
        use: the API version to write instead, or what else to do.
    """

    version: str
    use: str


def removed_api(api_version: str, kind: str) -> Removed | None:
    """When this API version of a kind was removed, None if it was not.

    >>> removed_api("extensions/v1beta1", "Ingress")
    Removed(version='1.22', use='networking.k8s.io/v1')
    """
    return REMOVED.get((api_version, kind))


def _table(*rows: tuple[str, str, str, str]) -> dict[tuple[str, str], Removed]:
    return {
        (api_version, kind): Removed(version, use)
        for version, api_versions, kinds, use in rows
        for api_version in api_versions.split()
        for kind in kinds.split()
    }


_APPS = "extensions/v1beta1 apps/v1beta1 apps/v1beta2"
_POD_SECURITY = "the labels of Pod Security Admission on Namespaces"

REMOVED = _table(
    ("1.16", _APPS, "DaemonSet Deployment ReplicaSet StatefulSet", "apps/v1"),
    ("1.16", "extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1"),
    ("1.16", "extensions/v1beta1", "PodSecurityPolicy", _POD_SECURITY),
    (
        "1.22",
        "admissionregistration.k8s.io/v1beta1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
    ),
    ("1.22", "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "apiextensions.k8s.io/v1"),
    ("1.22", "apiregistration.k8s.io/v1beta1", "APIService", "apiregistration.k8s.io/v1"),
    ("1.22", "authentication.k8s.io/v1beta1", "TokenReview", "authentication.k8s.io/v1"),
    (
        "1.22",
        "authorization.k8s.io/v1beta1",
        "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
        "authorization.k8s.io/v1",
    ),
    ("1.22", "certificates.k8s.io/v1beta1", "CertificateSigningRequest", "certificates.k8s.io/v1"),
    ("1.22", "coordination.k8s.io/v1beta1", "Lease", "coordination.k8s.io/v1"),
    ("1.22", "extensions/v1beta1 networking.k8s.io/v1beta1", "Ingress", "networking.k8s.io/v1"),
    ("1.22", "networking.k8s.io/v1beta1", "IngressClass", "networking.k8s.io/v1"),
    (
        "1.22",
        "rbac.authorization.k8s.io/v1beta1",
        "ClusterRole ClusterRoleBinding Role RoleBinding",
        "rbac.authorization.k8s.io/v1",
    ),
    ("1.22", "scheduling.k8s.io/v1beta1", "PriorityClass", "scheduling.k8s.io/v1"),
    (
        "1.22",
        "storage.k8s.io/v1beta1",
        "CSIDriver CSINode StorageClass VolumeAttachment",
        "storage.k8s.io/v1",
    ),
    ("1.25", "autoscaling/v2beta1", "HorizontalPodAutoscaler", "autoscaling/v2"),
    ("1.25", "batch/v1beta1", "CronJob", "batch/v1"),
    ("1.25", "discovery.k8s.io/v1beta1", "EndpointSlice", "discovery.k8s.io/v1"),
    ("1.25", "events.k8s.io/v1beta1", "Event", "events.k8s.io/v1"),
    ("1.25", "node.k8s.io/v1beta1", "RuntimeClass", "node.k8s.io/v1"),
    ("1.25", "policy/v1beta1", "PodDisruptionBudget", "policy/v1"),
    ("1.25", "policy/v1beta1", "PodSecurityPolicy", _POD_SECURITY),
    ("1.26", "autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2"),
    (
        "1.26",
        "flowcontrol.apiserver.k8s.io/v1beta1",
        "FlowSchema PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    ("1.27", "storage.k8s.io/v1beta1", "CSIStorageCapacity", "storage.k8s.io/v1"),
    (
        "1.29",
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "FlowSchema PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    (
        "1.32",
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "FlowSchema PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io/v1",
    ),
)
"""(apiVersion, kind) -> when it went, and what to write."""

"""API versions that Kubernetes no longer serves: since when, and what has taken their place.

Source: Kubernetes documentation, "Deprecated API Migration Guide" (as of v1.35).
"""

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
    """Rows of release, API versions, kinds, and what to write; empty: v1 of the same group."""
    return {
        (api_version, kind): Removed(release, use or f"{api_version.partition('/')[0]}/v1")
        for release, api_versions, kinds, use in rows
        for api_version in api_versions.split()
        for kind in kinds.split()
    }


_APPS = "extensions/v1beta1 apps/v1beta1 apps/v1beta2"
_WEBHOOKS = "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
_REVIEWS = "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"
_ROLES = "ClusterRole ClusterRoleBinding Role RoleBinding"
_STORAGE = "CSIDriver CSINode StorageClass VolumeAttachment"
_FLOW, _FLOWS = "flowcontrol.apiserver.k8s.io", "FlowSchema PriorityLevelConfiguration"
_POD_SECURITY = "the labels of Pod Security Admission on Namespaces"

REMOVED = _table(
    ("1.16", _APPS, "DaemonSet Deployment ReplicaSet StatefulSet", "apps/v1"),
    ("1.16", "extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1"),
    ("1.16", "extensions/v1beta1", "PodSecurityPolicy", _POD_SECURITY),
    ("1.22", "admissionregistration.k8s.io/v1beta1", _WEBHOOKS, ""),
    ("1.22", "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", ""),
    ("1.22", "apiregistration.k8s.io/v1beta1", "APIService", ""),
    ("1.22", "authentication.k8s.io/v1beta1", "TokenReview", ""),
    ("1.22", "authorization.k8s.io/v1beta1", _REVIEWS, ""),
    ("1.22", "certificates.k8s.io/v1beta1", "CertificateSigningRequest", ""),
    ("1.22", "coordination.k8s.io/v1beta1", "Lease", ""),
    ("1.22", "extensions/v1beta1 networking.k8s.io/v1beta1", "Ingress", "networking.k8s.io/v1"),
    ("1.22", "networking.k8s.io/v1beta1", "IngressClass", ""),
    ("1.22", "rbac.authorization.k8s.io/v1beta1", _ROLES, ""),
    ("1.22", "scheduling.k8s.io/v1beta1", "PriorityClass", ""),
    ("1.22", "storage.k8s.io/v1beta1", _STORAGE, ""),
    ("1.25", "autoscaling/v2beta1", "HorizontalPodAutoscaler", "autoscaling/v2"),
    ("1.25", "batch/v1beta1", "CronJob", ""),
    ("1.25", "discovery.k8s.io/v1beta1", "EndpointSlice", ""),
    ("1.25", "events.k8s.io/v1beta1", "Event", ""),
    ("1.25", "node.k8s.io/v1beta1", "RuntimeClass", ""),
    ("1.25", "policy/v1beta1", "PodDisruptionBudget", ""),
    ("1.25", "policy/v1beta1", "PodSecurityPolicy", _POD_SECURITY),
    ("1.26", "autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2"),
    ("1.26", f"{_FLOW}/v1beta1", _FLOWS, ""),
    ("1.27", "storage.k8s.io/v1beta1", "CSIStorageCapacity", ""),
    ("1.29", f"{_FLOW}/v1beta2", _FLOWS, ""),
    ("1.32", f"{_FLOW}/v1beta3", _FLOWS, ""),
)
"""(apiVersion, kind) -> when it went, and what to write."""

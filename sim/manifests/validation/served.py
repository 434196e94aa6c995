"""Which kinds stand in which API versions; and what kubectl says where one does not: "no matches for kind".

A group of a CustomResourceDefinition has a dot in it, and may hold any kind: what it serves, no file shows.
So only known kinds are known to be missing, in the groups that Kubernetes has itself, and in such as differ
from these by a slip. A kind that is like none is left alone: it may be a tool's own file.
Source: the Kubernetes API reference v1.35 to v1.37; apiextensions-apiserver
`pkg/apis/apiextensions/validation` (a group "should be a domain with at least one dot").
"""

from collections.abc import Iterator
from difflib import SequenceMatcher, get_close_matches
from typing import NamedTuple

from sim.manifests.validation.faults import shown
from sim.manifests.validation.removed import removed_api

_RBAC, _GATEWAY = "rbac.authorization.k8s.io", "gateway.networking.k8s.io"
_ALIKE = 0.85
"""From here on a name is a slip of the pen for another: groups of Knative and of old Gateways are not."""

_KINDS = {
    "v1": "Binding ComponentStatus ConfigMap Endpoints Event LimitRange List Namespace Node"
    " PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret"
    " Service ServiceAccount",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler Scale",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "discovery.k8s.io/v1": "EndpointSlice",
    "networking.k8s.io/v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
    "networking.k8s.io/v1beta1": "IPAddress ServiceCIDR",
    "policy/v1": "Eviction PodDisruptionBudget",
    f"{_RBAC}/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment"
    " VolumeAttributesClass",
    "storage.k8s.io/v1beta1": "VolumeAttributesClass",
    "storage.k8s.io/v1alpha1": "VolumeAttributesClass",
}
SERVED: dict[str, frozenset[str]] = {version: frozenset(kinds.split()) for version, kinds in _KINDS.items()}
"""API version of a group that is known whole -> its kinds."""
GROUPS = frozenset(version.rpartition("/")[0] for version in SERVED)
GATEWAY_VERSIONS = frozenset(f"{_GATEWAY}/{v}" for v in ("v1", "v1beta1", "v1alpha3", "v1alpha2", "v1alpha1"))
GATEWAY_KINDS = frozenset(
    {
        "Gateway",
        "GatewayClass",
        "HTTPRoute",
        "GRPCRoute",
        "ReferenceGrant",
        "TLSRoute",
        "TCPRoute",
        "UDPRoute",
        "ListenerSet",
        "BackendTLSPolicy",
    }
)
"""Of the Gateway API, which versions there are is up to what is installed; these have been."""


class NoMatch(NamedTuple):
    """A kind that is not there.

    Args:
        message: in kubectl's words.
        field: which of `apiVersion` and `kind` is to be changed.
        meant: what to write there.
    """

    message: str
    field: str
    meant: str


def no_match(api_version: str, kind: str) -> NoMatch | None:
    """What kubectl says to a kind in a version that does not have it; None: it has it, or an extension may.

    >>> no_match("extensions/v1beta2", "Ingress")
    NoMatch(message='no matches for kind "Ingress" in version "extensions/v1beta2"', field='apiVersion', \
meant='networking.k8s.io/v1')
    """
    if removed_api(api_version, kind) is not None or not _is_unserved(api_version, kind):
        return None
    message = no_matches(api_version, kind)
    home, near = _home(kind), next(_near_kinds(api_version, kind), "")
    if home:
        return NoMatch(message, "apiVersion", home)
    return NoMatch(message, "kind", near) if near else None


def no_matches(api_version: str, kind: str) -> str:
    """What kubectl says to a kind in a version that does not have it."""
    return f"no matches for kind {shown(kind)} in version {shown(api_version)}"


def _is_unserved(api_version: str, kind: str) -> bool:
    group = api_version.rpartition("/")[0]
    if group == _GATEWAY:
        return kind in GATEWAY_KINDS and api_version not in GATEWAY_VERSIONS
    if group in GROUPS or "." not in group:
        is_list = kind.endswith("List") and kind.removesuffix("List") in SERVED.get(api_version, ())
        return not is_list and kind not in SERVED.get(api_version, ())
    return _is_slip(group, _home(kind).rpartition("/")[0])


def _is_slip(group: str, home: str) -> bool:
    """Whether a group is the home of a kind, but for a slip."""
    return bool(home) and SequenceMatcher(None, group, home).ratio() >= _ALIKE and "x-k8s" not in group


def _home(kind: str) -> str:
    """The version to write for a kind that is known; the newest comes last in the table."""
    if kind in GATEWAY_KINDS:
        return f"{_GATEWAY}/v1"
    return next((v for v in sorted(SERVED, key=_age) if kind in SERVED[v]), "")


def _age(api_version: str) -> tuple[bool, str]:
    """Stable versions first, of them the highest number."""
    version = api_version.rpartition("/")[2]
    return "a" in version, chr(1000 - ord(version[1]))


def _near_kinds(api_version: str, kind: str) -> Iterator[str]:
    """Kinds that may be meant: in other letter case, or by a letter or two."""
    kinds = SERVED.get(api_version) or frozenset(k for of_version in SERVED.values() for k in of_version)
    lower = {k.lower(): k for k in kinds | GATEWAY_KINDS}
    yield from (lower[near] for near in get_close_matches(kind.lower(), lower, n=1, cutoff=_ALIKE))

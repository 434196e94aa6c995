"""What all kinds have in common: name, namespace, labels, annotations, owners, finalizers.

Source: kubernetes apimachinery `api/validation/objectmeta.go`, and the name rules of each kind's validation.
Left out: managedFields, and the random end that the server gives to a generateName.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sim.manifests.objects.kinds import CLUSTER_SCOPED
from sim.manifests.validation.faults import Fault, Place, checked, invalid, required, too_long
from sim.manifests.validation.formats import (
    Messages,
    cron_job_name,
    dns_1035_label,
    dns_label,
    dns_subdomain,
    label_value,
    path_segment,
    qualified_name,
    size,
)

Object = Mapping[str, Any]

METADATA = Place("metadata", ("metadata",))
_MOST_ANNOTATION_BYTES = 256 * 1024


def metadata_faults(metadata: Object, group: str, kind: str) -> Iterator[Fault]:
    """What is wrong with the metadata of an object of this API group and kind."""
    yield from _name(metadata, NAME_RULES.get((group, kind), dns_subdomain))
    if metadata.get("namespace") and (group, kind) not in CLUSTER_SCOPED:
        yield from checked(metadata, "namespace", METADATA, dns_label)
    if metadata.get("generation", 0) < 0:
        generation = METADATA.child("generation")
        yield from invalid(generation, metadata["generation"], "must be greater than or equal to 0")
    for field, rule in (
        ("labels", label_faults),
        ("annotations", annotation_faults),
        ("ownerReferences", _owners),
        ("finalizers", _finalizers),
    ):
        if metadata.get(field):
            yield from rule(metadata[field], METADATA.child(field))


def _name(metadata: Object, rule: Callable[[str], Messages]) -> Iterator[Fault]:
    name, prefix = metadata.get("name", ""), metadata.get("generateName", "")
    if prefix:
        yield from invalid(METADATA.child("generateName"), prefix, *rule(_with_an_end(prefix)))
    if name:
        yield from checked(metadata, "name", METADATA, rule)
    elif not prefix:
        yield required(METADATA.child("name"), "name or generateName is required")


def _with_an_end(prefix: str) -> str:
    """A prefix may end in '-', for something follows; it counts without it, as in apimachinery."""
    return f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix


def label_faults(values: Object, place: Place) -> Iterator[Fault]:
    """What is wrong with labels or a selector; the server prints no keys."""
    for key, value in values.items():
        for text, details in ((key, qualified_name(key)), (value, label_value(value))):
            if details:
                yield from invalid(place.inside(key), text, *details)


def annotation_faults(values: Object, place: Place) -> Iterator[Fault]:
    """What is wrong with annotations; keys may have capitals anywhere."""
    for key in values:
        yield from invalid(place.inside(key), key, *qualified_name(key.lower()))
    if sum(size(key) + size(value) for key, value in values.items()) > _MOST_ANNOTATION_BYTES:
        yield too_long(place, _MOST_ANNOTATION_BYTES)


def _owners(owners: list[Object], place: Place) -> Iterator[Fault]:
    for index, owner in enumerate(owners):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                at = Place(f"{place.field}.{field}", (*place.path, index, field))
                yield from invalid(at, "", "must not be empty")
    controllers = [f"{o.get('kind', '')}/{o.get('name', '')}" for o in owners if o.get("controller")]
    for other in controllers[1:]:
        yield from invalid(place, other, f"only one owner may be the controller, and {controllers[0]} is")


def _finalizers(finalizers: list[str], place: Place) -> Iterator[Fault]:
    for index, name in enumerate(finalizers):
        yield from invalid(place.inside(index), name, *qualified_name(name))
    if {"orphan", "foregroundDeletion"} <= set(finalizers):
        yield from invalid(place, finalizers, "orphan and foregroundDeletion cannot both be set")


_RBAC = "rbac.authorization.k8s.io"

NAME_RULES: dict[tuple[str, str], Callable[[str], Messages]] = {
    ("", "Event"): path_segment,
    ("", "Namespace"): dns_label,
    ("", "Service"): dns_1035_label,
    ("apiregistration.k8s.io", "APIService"): path_segment,
    ("apps", "StatefulSet"): dns_label,
    ("batch", "CronJob"): cron_job_name,
    ("certificates.k8s.io", "CertificateSigningRequest"): path_segment,
    ("policy", "PodDisruptionBudget"): path_segment,
    (_RBAC, "ClusterRole"): path_segment,
    (_RBAC, "ClusterRoleBinding"): path_segment,
    (_RBAC, "Role"): path_segment,
    (_RBAC, "RoleBinding"): path_segment,
}
"""(API group, kind) -> what a name must be. All others, custom resources too: an RFC 1123 subdomain."""

"""What a kustomization does to every resource: names, labels, annotations, replicas, images.

Each is a function of the resources and of one key of the kustomization, in the order of `TRANSFORMERS`, which
is kustomize's. Source: kubernetes-sigs/kustomize, api/internal/builtins and
api/internal/konfig/builtinpluginconsts.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sim.manifests.reading.kustomize.merging import TEMPLATES
from sim.manifests.reading.kustomize.placed import PlacedValue
from sim.manifests.reading.kustomize.resources import Resource

_NOT_RENAMED = {"CustomResourceDefinition", "APIService", "Namespace"}
_COUNTED = {"Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"}
_METADATA = ("metadata",)


def named(resources: list[Resource], value: PlacedValue, is_prefix: bool) -> list[Resource]:
    """All names with a prefix or suffix; references follow once everything is put together."""
    affix = value.value if isinstance(value.value, str) else ""
    return [_named(r, value, affix, is_prefix) if affix else r for r in resources]


def _named(resource: Resource, value: PlacedValue, affix: str, is_prefix: bool) -> Resource:
    now = resource.identity
    if now.kind in _NOT_RENAMED or not now.name:
        return resource
    name = affix + now.name if is_prefix else now.name + affix
    changed = resource.tree.put(("metadata", "name"), PlacedValue(name, value.place))
    return resource.renamed(changed, affix)


def in_namespace(resources: list[Resource], value: PlacedValue) -> list[Resource]:
    """All of them in one namespace; what has no namespace is left alone when it is decoded."""
    wanted = value.value
    if not isinstance(wanted, str) or not wanted:
        return resources
    return [replace(r, forced=wanted, earlier=r.identities) for r in resources]


def common_labels(resources: list[Resource], value: PlacedValue) -> list[Resource]:
    """Labels of everything, of Pods and of selectors."""
    return [_labelled(r, value, selectors=True, templates=True) for r in resources]


def labels(resources: list[Resource], value: PlacedValue) -> list[Resource]:
    """Labels of everything; of Pods and selectors where an entry says so."""
    for entry in value.value if value.is_list else ():
        pairs = entry.at("pairs")
        selectors, templates = (
            (found := entry.at(name)) is not None and found.value is True
            for name in ("includeSelectors", "includeTemplates")
        )
        if pairs is not None:
            resources = [_labelled(r, pairs, selectors, templates or selectors) for r in resources]
    return resources


def _labelled(resource: Resource, pairs: PlacedValue, selectors: bool, templates: bool) -> Resource:
    kind = resource.identity.kind
    pod = TEMPLATES.get((resource.identity.group, kind), ())[:-1]
    changed = _with_pairs(resource.tree, (*_METADATA, "labels"), pairs)
    if templates and pod:
        changed = _with_pairs(changed, (*pod, "metadata", "labels"), pairs)
    if selectors and kind in {"Service", "ReplicationController"} and resource.identity.group == "":
        changed = _with_pairs(changed, ("spec", "selector"), pairs)
    elif selectors and kind in {"Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"}:
        changed = _with_pairs(changed, ("spec", "selector", "matchLabels"), pairs)
    return resource.changed(changed)


def annotations(resources: list[Resource], value: PlacedValue) -> list[Resource]:
    """Annotations of everything, and of the Pods of workloads."""
    return [resource.changed(_annotated(resource, value)) for resource in resources]


def _annotated(resource: Resource, pairs: PlacedValue) -> PlacedValue:
    pod = TEMPLATES.get((resource.identity.group, resource.identity.kind), ())[:-1]
    changed = _with_pairs(resource.tree, (*_METADATA, "annotations"), pairs)
    return _with_pairs(changed, (*pod, "metadata", "annotations"), pairs) if pod else changed


def _with_pairs(value: PlacedValue, path: tuple[str, ...], pairs: PlacedValue) -> PlacedValue:
    for key, text in (pairs.value if pairs.is_mapping else {}).items():
        value = value.put((*path, key), text)
    return value


def replicas(resources: list[Resource], value: PlacedValue) -> list[Resource]:
    """The number of Pods of workloads by name, as they are or were called."""
    for entry in value.value if value.is_list else ():
        count = entry.at("count")
        if count is not None:
            resources = [_counted(r, entry.text("name"), count) for r in resources]
    return resources


def _counted(resource: Resource, name: str, count: PlacedValue) -> Resource:
    if not any(i.kind in _COUNTED and i.name == name for i in resource.identities):
        return resource
    return resource.changed(resource.tree.put(("spec", "replicas"), count))


def images(resources: list[Resource], value: PlacedValue) -> list[Resource]:
    """Other names, tags and digests for the images of containers."""
    entries = value.value if value.is_list else []
    return [_with_images(r, entries) for r in resources]


def _with_images(resource: Resource, entries: list[PlacedValue]) -> Resource:
    pod = TEMPLATES.get((resource.identity.group, resource.identity.kind))
    changed = resource.tree
    for field in ("initContainers", "containers") if pod else ():
        found = changed.at(*(pod or ()), field)
        if found is not None and found.is_list:
            items = [_with_image(item, entries) for item in found.value]
            changed = changed.put((*(pod or ()), field), replace(found, value=items))
    return resource.changed(changed) if pod else resource


def _with_image(container: PlacedValue, entries: Iterable[PlacedValue]) -> PlacedValue:
    for entry in entries:
        name, tag, digest = split_image(container.text("image"))
        if container.is_mapping and name and name == entry.text("name"):
            found = entry.at("newTag")
            new_tag = str(found.value) if found is not None and found.value is not None else ""
            tail = _tail(entry.text("digest"), new_tag) or _tail(digest, tag)
            image = (entry.text("newName") or name) + tail
            container = container.put(("image",), PlacedValue(image, entry.place))
    return container


def _tail(digest: str, tag: str) -> str:
    return f"@{digest}" if digest else f":{tag}" if tag else ""


def split_image(image: str) -> tuple[str, str, str]:
    """Name, tag and digest of an image.

    >>> split_image("registry.example.com:5000/web:1.2"), split_image("web@sha256:0f")
    (('registry.example.com:5000/web', '1.2', ''), ('web', '', 'sha256:0f'))
    """
    bare, _, digest = image.partition("@")
    found = re.fullmatch(r"(.*?)(?::([^/:]*))?", bare)
    assert found is not None
    return found[1], found[2] or "", digest


Transformer = Callable[[list[Resource], PlacedValue], list[Resource]]

TRANSFORMERS: dict[str, Transformer] = {
    "namespace": in_namespace,
    "namePrefix": lambda resources, value: named(resources, value, is_prefix=True),
    "nameSuffix": lambda resources, value: named(resources, value, is_prefix=False),
    "commonLabels": common_labels,
    "labels": labels,
    "commonAnnotations": annotations,
}
"""Key of a kustomization -> what it does, before JSON patches under their old name."""

AFTER_JSON_PATCHES: dict[str, Transformer] = {"replicas": replicas, "images": images, "imageTags": images}

_Names = tuple[str, ...]

REFERENCES: tuple[tuple[str, str, _Names], ...] = (
    ("Service", "Ingress", ("spec", "defaultBackend", "service", "name")),
    ("Service", "Ingress", ("spec", "rules", "*", "http", "paths", "*", "backend", "service", "name")),
    ("Service", "Ingress", ("spec", "backend", "serviceName")),
    ("Service", "Ingress", ("spec", "rules", "*", "http", "paths", "*", "backend", "serviceName")),
    ("Service", "StatefulSet", ("spec", "serviceName")),
    ("Secret", "Ingress", ("spec", "tls", "*", "secretName")),
    ("Secret", "Ingress", ("metadata", "annotations", "nginx.ingress.kubernetes.io/auth-secret")),
    ("Secret", "Ingress", ("metadata", "annotations", "nginx.ingress.kubernetes.io/auth-tls-secret")),
    ("IngressClass", "Ingress", ("spec", "ingressClassName")),
)
"""Kind that is named, kind that names it, and where. What kustomize does not know keeps the old name, such as
the backends of an HTTPRoute."""


def with_references(resources: list[Resource]) -> list[Resource]:
    """References to resources that were renamed follow them."""
    moved: dict[tuple[str, str], list[Resource]] = {}
    for resource in resources:
        for old in {i.name for i in resource.earlier} - {resource.identity.name}:
            moved.setdefault((resource.identity.kind, old), []).append(resource)
    return [_following(r, moved) for r in resources] if moved else resources


def _following(resource: Resource, moved: dict[tuple[str, str], list[Resource]]) -> Resource:
    kind, changed = resource.identity.kind, resource.tree
    paths = [(named_kind, path) for named_kind, by, path in REFERENCES if by == kind]
    before = changed
    for named_kind, path in paths:
        changed = _renamed_at(changed, path, resource, named_kind, moved)
    return resource if changed is before else resource.changed(changed)


def _renamed_at(
    value: PlacedValue,
    path: _Names,
    resource: Resource,
    kind: str,
    moved: dict[tuple[str, str], list[Resource]],
) -> PlacedValue:
    """The value with the name at a path replaced by what it became; `*` is every item of a list."""
    if not path:
        found = _meant(resource, moved.get((kind, value.value if isinstance(value.value, str) else ""), ()))
        return value if found is None else replace(value, value=found.identity.name)
    entries: Any
    if path[0] == "*" and value.is_list:
        entries = [_renamed_at(item, path[1:], resource, kind, moved) for item in value.value]
    elif value.is_mapping and path[0] in value.value:
        inner = _renamed_at(value.value[path[0]], path[1:], resource, kind, moved)
        entries = {**value.value, path[0]: inner}
    else:
        return value
    return replace(value, value=entries)


def _meant(resource: Resource, candidates: Iterable[Resource]) -> Resource | None:
    """The candidate of the same namespace; of several the one that was renamed alike."""
    mine = resource.identity.namespace
    here = [
        c
        for c in candidates
        if mine in {i.namespace for i in c.identities} or c.identity.kind == "IngressClass"
    ]
    alike = [c for c in here if c.renamings == resource.renamings]
    return next(iter(alike or here), None)

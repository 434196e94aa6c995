"""Strategic merge patches: what a patch leaves, puts in and takes away.

Mappings are merged key by key, null takes a key away, and `$patch: delete` or `replace` says so of a whole
mapping or list. Lists are replaced, but for those whose items the API tells apart by a key: their items are
merged, the patch's first, as kustomize puts them. Source: kubernetes/community, strategic-merge-patch.md; the
merge keys of the API reference (`x-kubernetes-patch-merge-key`, `x-kubernetes-list-map-keys`); kustomize,
kyaml/yaml/merge2 and kyaml/yaml/walk.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.manifests.reading.kustomize.placed import PlacedValue

DIRECTIVE = "$patch"
_Keys = tuple[str, ...]
_Names = tuple[str, ...]

_CONTAINER: Mapping[_Names, _Keys] = {
    ("ports",): ("containerPort", "protocol"),
    ("env",): ("name",),
    ("volumeMounts",): ("mountPath",),
    ("volumeDevices",): ("devicePath",),
}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_POD: Mapping[_Names, _Keys] = {
    **{(name,): ("name",) for name in _CONTAINERS},
    **{(name, *path): keys for name in _CONTAINERS for path, keys in _CONTAINER.items()},
    ("volumes",): ("name",),
    ("imagePullSecrets",): ("name",),
    ("hostAliases",): ("ip",),
    ("topologySpreadConstraints",): ("topologyKey", "whenUnsatisfiable"),
}
TEMPLATES: Mapping[tuple[str, str], _Names] = {
    ("", "Pod"): ("spec",),
    ("", "ReplicationController"): ("spec", "template", "spec"),
    **{
        ("apps", kind): ("spec", "template", "spec")
        for kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")
    },
    ("batch", "Job"): ("spec", "template", "spec"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
}
"""(group, kind) -> where its Pods are described."""

_OTHERS: Mapping[tuple[str, str], Mapping[_Names, _Keys]] = {
    ("", "Service"): {("spec", "ports"): ("port", "protocol")},
    ("", "ServiceAccount"): {("secrets",): ("name",), ("imagePullSecrets",): ("name",)},
    ("", "Node"): {("status", "conditions"): ("type",), ("status", "addresses"): ("type",)},
}


def merge_keys(group: str, kind: str) -> Mapping[_Names, _Keys]:
    """Which lists of a kind are merged, and what tells their items apart; all others are replaced.

    >>> merge_keys("apps", "Deployment")["spec", "template", "spec", "containers"]
    ('name',)
    """
    pod = TEMPLATES.get((group, kind))
    of_pod = {} if pod is None else {(*pod, *path): keys for path, keys in _POD.items()}
    return of_pod | dict(_OTHERS.get((group, kind), {}))


def merged(
    base: PlacedValue | None, patch: PlacedValue, keys: Mapping[_Names, _Keys], path: _Names = ()
) -> PlacedValue | None:
    """A value as a patch leaves it; None: the patch takes it away.

    Args:
        base: None where there is none yet.
        keys: of the kind, as for `merge_keys`.
        path: names of the fields that lead here, without the numbers of items.
    """
    if patch.value is None:
        return None
    if isinstance(patch.value, dict):
        return _mapping(base, patch, keys, path)
    if isinstance(patch.value, list):
        return _list(base, patch, keys, path)
    return patch


def _mapping(
    base: PlacedValue | None, patch: PlacedValue, keys: Mapping[_Names, _Keys], path: _Names
) -> PlacedValue | None:
    directive = patch.text(DIRECTIVE)
    if directive == "delete":
        return None
    entries: dict[str, PlacedValue] = {}
    if base is not None and base.is_mapping and directive != "replace":
        entries = dict(base.value)
    for key, value in patch.value.items():
        if key.startswith("$"):
            continue
        found = merged(entries.get(key), value, keys, (*path, key))
        if found is None:
            entries.pop(key, None)
        else:
            entries[key] = found
    return replace(base if base is not None and base.is_mapping else patch, value=entries)


def _list(
    base: PlacedValue | None, patch: PlacedValue, keys: Mapping[_Names, _Keys], path: _Names
) -> PlacedValue | None:
    directive = next((i.text(DIRECTIVE) for i in patch.value if _is_directive(i)), "merge")
    if directive == "delete":
        return None
    items = [i for i in patch.value if not _is_directive(i)]
    names = keys.get(path)
    before = base.value if base is not None and base.is_list else []
    if names is None or directive == "replace":
        before, names = [], names or ()
    return replace(patch, value=_items(before, items, names, keys, path))


def _is_directive(item: PlacedValue) -> bool:
    """An item that says something of the whole list."""
    return item.is_mapping and set(item.value) == {DIRECTIVE}


def _items(
    before: list[PlacedValue],
    items: list[PlacedValue],
    names: _Keys,
    keys: Mapping[_Names, _Keys],
    path: _Names,
) -> list[PlacedValue]:
    """The patch's items, each merged into the one that it means; then those that it does not mention."""
    left, found = list(before), []
    for item in items:
        same = next((old for old in left if _same(old, item, names)), None)
        if same is not None:
            left.remove(same)
        result = merged(same, item, keys, path)
        found += [result] if result is not None else []
    return found + left


def _same(one: PlacedValue, other: PlacedValue, names: _Keys) -> bool:
    """Whether two items mean the same: the first key is equal, and no other differs where both have it."""
    if not names or not one.is_mapping or not other.is_mapping:
        return False
    pairs = [(_value(one, name), _value(other, name)) for name in names]
    first = pairs[0]
    return (
        first[0] is not None and first[0] == first[1] and all(a == b or None in (a, b) for a, b in pairs[1:])
    )


def _value(item: PlacedValue, name: str) -> Any:
    found = item.at(name)
    return found.value if found is not None else None

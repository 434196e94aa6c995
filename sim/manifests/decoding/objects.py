"""A document -> its objects, as the API server decodes them, and what it would refuse."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sim.manifests.decoding.merging import merge
from sim.manifests.decoding.read import Read, fault_at, field_path
from sim.manifests.decoding.secret_data import certificates_in
from sim.manifests.decoding.text import printable, shown
from sim.manifests.decoding.wrong_types import kind_of, typed
from sim.manifests.documents import Document
from sim.manifests.modelled import (
    field_may_change_answer,
    unknown_in_status,
    why_harmless,
)
from sim.manifests.objects.collected import Finding, Manifests, Severity, UnknownObject, Unmodelled
from sim.manifests.objects.kinds import KINDS
from sim.manifests.objects.meta import KubernetesObject, Origin, Path, extra_fields
from sim.manifests.objects.workloads import ConfigMap, Secret
from sim.manifests.validation import NoMatch, Removed, no_match, no_matches, removed_api, validate

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


def from_document(document: Document, namespace: str = "default", forced: str | None = None) -> Manifests:
    """The objects of one document, those of a List one by one, with what is wrong with them.

    Args:
        namespace: for objects without one.
        forced: the namespace that a kustomization gives to every object.
    """
    found = _from_value(document, namespace, forced)
    if not document.repeated:
        return found
    repeated = tuple(_stands_twice(document, key, place) for key, place in document.repeated)
    return replace(found, faults=repeated + found.faults)


def _stands_twice(document: Document, key: str, place: tuple[int, int]) -> Finding:
    message = f"the key {shown(key)} stands twice in one mapping; the last one counts, as for kubectl apply"
    source = f"{document.file}:{place[0]}:{place[1]}"
    return Finding("SIM1003", "warning", message, source, "remove one of them", template=document.template)


def _from_value(document: Document, namespace: str, forced: str | None, place: Path = ()) -> Manifests:
    """The objects of a value; `place` is where it stands in lists of objects."""
    value = document.value
    wrong = _no_object(document, place)
    if wrong is not None:
        return Manifests(faults=(wrong,))
    if value["kind"].endswith("List") and isinstance(value.get("items"), list):
        places = (("items", i) for i in range(len(value["items"])))
        return merge(_from_value(document.below(*p), namespace, forced, (*place, *p)) for p in places)
    if value["kind"] == "List" and value["apiVersion"] == "v1" and value.get("items") is None:
        return Manifests()
    read = Read(document, _dropped_nulls(value) if _has_null(value) else value, namespace, forced)
    model = KINDS.get(read.group_kind)
    found = _unknown(read) if model is None else _known(read, model)
    newest = _newest_time(read.value)
    return replace(found, as_of=newest) if newest else found


def _no_object(document: Document, place: Path) -> Finding | None:
    """Why this is no Kubernetes object, None if it is one."""
    value = document.value
    said = f"{field_path(place)}: not a Kubernetes object" if place else "not a Kubernetes object"
    if not isinstance(value, dict):
        return fault_at(document, "SIM1010", f"{said}: {kind_of(value)} instead of a mapping")
    missing = [name for name in ("apiVersion", "kind") if not isinstance(value.get(name), str)]
    if not missing:
        return None
    if any(key.lower().startswith("error") for key in value):
        message = f"{said}: looks like an error message of kubectl"
        return fault_at(document, "SIM1010", message, (), "run the command again and look at what it says")
    names = " and no ".join(missing)
    return fault_at(document, "SIM1010", f"{said}: no {names}", (missing[0],))


def _unknown(read: Read) -> Manifests:
    missing = no_match(read.version, read.kind)
    if missing is not None:
        return Manifests(faults=(_missing(read, missing),))
    group, kind = read.group_kind
    name = read.metadata.get("name") or ""
    what = printable(f"{kind}{'.' + group if group else ''} {name}".rstrip())
    source = read.document.origin.at()
    removed = removed_api(read.version, read.kind)
    config_map, faults = _config_map(read) if (group, kind) == ("", "ConfigMap") else (None, [])
    return Manifests(
        faults=(_removed(read, removed, "warning"),) if removed else tuple(faults),
        unmodelled=(_left_out(read, what, source),),
        unknown=(UnknownObject(read.version, kind, read.key, source, config_map),),
    )


def _config_map(read: Read) -> tuple[ConfigMap | None, list[Finding]]:
    """The settings of a ConfigMap by key, and those that are no text; what is binary is not kept."""
    kept = {name: read.value[name] for name in ("apiVersion", "kind", "data") if name in read.value}
    item, faults = typed(replace(read, value=kept | {"metadata": read.metadata}), ConfigMap, set())
    if isinstance(item, ConfigMap):
        item.read_from(read.document.origin)
        return item, faults
    return None, faults


def _left_out(read: Read, what: str, source: str) -> Unmodelled:
    """An object of an unknown kind; of its text what a cluster does not write into it counts."""
    why = why_harmless(*read.group_kind)
    text = _as_text({k: v for k, v in read.value.items() if k not in ("metadata", "status")})
    return Unmodelled(what, not why, source, why, read.kind, read.key, "", "" if why else text)


def _as_text(value: Any) -> str:
    """A value as text, the same for equal values."""
    return repr(_in_order(value))


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((str(key), _in_order(inner)) for key, inner in value.items())
    return [_in_order(inner) for inner in value] if isinstance(value, list) else value


def _known(read: Read, model: type[KubernetesObject]) -> Manifests:
    faults = list(_refused(read))
    item, wrong_types = typed(read, model, {f.source for f in faults})
    faults += wrong_types
    if item is None:
        return Manifests(faults=tuple(faults))
    item.read_from(_origin_of(read, model))
    if isinstance(item, Secret):
        item.showing(certificates_in(read.value))
    return Manifests((item,), tuple(_unmodelled(item, read.value)), faults=tuple(faults))


def _origin_of(read: Read, model: type[KubernetesObject]) -> Origin:
    """Where the object stands; of a Secret only the places of its names are kept, so that its data is not."""
    origin = read.document.origin
    if model is not Secret:
        return origin
    names = ((), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace"))
    kept = [p for p in names if p in origin.positions]
    return replace(origin, positions={p: origin.positions[p] for p in kept})


def _refused(read: Read) -> Iterator[Finding]:
    """What the API server says to the object: a removed version, or the faults of its fields."""
    removed = removed_api(read.version, read.kind)
    if removed is not None:
        yield _removed(read, removed)
        return
    missing = no_match(read.version, read.kind)
    if missing is not None:
        yield _missing(read, missing)
        return
    for fault in validate(read.value):
        strange = fault.type == "strict decoding error"
        message = fault.message if strange else f"{fault.field}: {fault.message}"
        code = "SIM1013" if strange else _CODES[fault.layer]
        if fault.layer == "pods":
            message = f"the API server takes it, and refuses each of its Pods: {message}"
        yield read.fault(code, message, fault.path)


_CODES = {"decoding": "SIM1012", "validation": "SIM1014", "pods": "SIM1020"}


def _missing(read: Read, missing: NoMatch) -> Finding:
    hint = f"; did you mean {missing.meant}?" if missing.meant else ""
    fix = (
        f"{missing.field}: {missing.meant}" if missing.meant else "kubectl api-resources lists what there is"
    )
    return read.fault("SIM1011", missing.message + hint, (missing.field,), fix)


def _removed(read: Read, removed: Removed, severity: Severity = "error") -> Finding:
    kubectl = no_matches(read.version, read.kind)
    message = f"{read.version} was removed in Kubernetes {removed.version} ({kubectl})"
    return read.fault("SIM1015", message, ("apiVersion",), f"apiVersion: {removed.use}", severity)


def _has_null(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return None in inner or any(_has_null(v) for v in inner if isinstance(v, dict | list))


def _dropped_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _dropped_nulls(v) for k, v in value.items() if v is not None}
    return [_dropped_nulls(v) for v in value] if isinstance(value, list) else value


def _unmodelled(item: KubernetesObject, written: dict[str, Any]) -> Iterator[Unmodelled]:
    assert item.origin is not None
    for path in _outside(item, written):
        part = field_path(path)
        may_change = field_may_change_answer(item.kind, path)
        value = _as_text(_at(written, path)) if may_change else ""
        what, source = printable(f"{item.kind} {item.key}: {part}"), item.origin.at(*path)
        yield Unmodelled(what, may_change, source, "", item.kind, item.key, part, value)


def _outside(item: KubernetesObject, written: dict[str, Any]) -> Iterator[Path]:
    """The fields outside the model; a status is no input, but for a name that is misspelt."""
    for path in extra_fields(item):
        if path[0] == "status":
            yield from unknown_in_status(item.kind, path, _at(written, path))
        else:
            yield path


def _at(value: Any, path: Path) -> Any:
    """What stands at a path; None where the model has another form than the text."""
    for name in path:
        try:
            value = value[name]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _newest_time(value: dict[str, Any]) -> str | None:
    """The newest time that a live object shows, None for one that was never in a cluster."""
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or not metadata.keys() & {"uid", "resourceVersion"}:
        return None
    status, spec = value.get("status"), value.get("spec")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    entries = [metadata, spec, value, *_mappings(metadata.get("managedFields")), *_mappings(conditions)]
    times = (entry.get(name) for entry in entries if isinstance(entry, dict) for name in _TIMES)
    return max((t for t in times if isinstance(t, str) and _TIME.fullmatch(t)), default=None)


_TIMES = ("creationTimestamp", "time", "lastTransitionTime", "lastUpdateTime", "lastHeartbeatTime",
          "lastProbeTime", "renewTime", "lastTimestamp")  # fmt: skip


def _mappings(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

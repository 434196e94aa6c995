"""Documents -> objects, as the API server decodes them; and what it would refuse, with its place.

Strict about shapes, but one fault hides nothing: a field of the wrong type is left out and named, the rest of
its object is read, and so is the rest of the file. The data of Secrets stays outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from sim.documents import Document
from sim.manifests import (
    CLUSTER_SCOPED,
    KINDS,
    EndpointConditions,
    EndpointManifest,
    Endpoints,
    EndpointSlice,
    EndpointSubset,
    Finding,
    KubernetesObject,
    Manifests,
    ObjectMeta,
    Origin,
    Path,
    Secret,
    Severity,
    UnknownObject,
    Unmodelled,
    extra_fields,
)
from sim.modelled import (
    BUILT_IN_GROUPS,
    field_may_change_answer,
    kind_may_change_answer,
)
from sim.validation import Fault, Removed, removed_api, validate

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_MOST_REPAIRS = 5


@dataclass(frozen=True)
class _Read:
    """One object as it stands in a document, with the names that its messages need.

    Args:
        value: the object without nulls, for null means absent in the Kubernetes API (but not inside a list).
        namespace: for an object that names none.
        forced: the namespace that a kustomization gives to every object, None outside of one.
    """

    document: Document
    value: dict[str, Any]
    namespace: str
    forced: str | None

    @property
    def kind(self) -> str:
        return str(self.value["kind"])

    @property
    def version(self) -> str:
        return str(self.value["apiVersion"])

    @property
    def group_kind(self) -> tuple[str, str]:
        return self.version.rpartition("/")[0], self.kind

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata with the namespace and the name that the object has in the cluster."""
        written = self.value.get("metadata")
        metadata = dict(written) if isinstance(written, dict) else {}
        if self.group_kind not in CLUSTER_SCOPED:
            metadata["namespace"] = self.forced or metadata.get("namespace") or self.namespace
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"]
        return metadata

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`; what is no text is no name."""
        namespace, name = self.metadata.get("namespace"), self.metadata.get("name")
        namespace = namespace if isinstance(namespace, str) else self.namespace
        return f"{namespace}/{name if isinstance(name, str) else ''}"

    def fault(
        self, code: str, message: str, path: Path, fix: str | None = None, severity: Severity = "error"
    ) -> Finding:
        """A fault of this object, at a path below it."""
        message = f"{printable(f'{self.kind} {self.key}')}: {message}"
        found = fault_at(self.document, code, message, path, fix, severity)
        return replace(found, kind=self.kind, key=self.key)


def fault_at(
    document: Document,
    code: str,
    message: str,
    path: Path = (),
    fix: str | None = None,
    severity: Severity = "error",
) -> Finding:
    """A fault at a path of a document."""
    origin = document.origin
    return Finding(code, severity, message, origin.at(*path), fix, template=origin.template)


def field_path(path: Path) -> str:
    """A path as the API server writes it.

    >>> field_path(("spec", "rules", 0, "host")), field_path(("metadata", "labels", "app.kubernetes.io/name"))
    ('spec.rules[0].host', 'metadata.labels[app.kubernetes.io/name]')
    """
    text = ""
    for part in path:
        plain = isinstance(part, str) and "." not in part and "/" not in part
        text += f".{part}" if plain else f"[{part}]"
    return text.removeprefix(".") or "the object"


def from_document(document: Document, namespace: str = "default", forced: str | None = None) -> Manifests:
    """The objects of one document, those of a List one by one, with what is wrong with them.

    Args:
        namespace: for objects that name none.
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
    read = _Read(document, _without_nulls(value), namespace, forced)
    model = KINDS.get(read.group_kind)
    found = _unknown(read) if model is None else _known(read, model)
    return replace(found, as_of=_newest_time(read.value))


def _no_object(document: Document, place: Path) -> Finding | None:
    """Why this is no Kubernetes object, None if it is one."""
    value = document.value
    said = f"{field_path(place)}: not a Kubernetes object" if place else "not a Kubernetes object"
    if not isinstance(value, dict):
        return fault_at(document, "SIM1010", f"{said}: {_kind_of(value)} instead of a mapping")
    missing = [name for name in ("apiVersion", "kind") if not isinstance(value.get(name), str)]
    if not missing:
        return None
    if any(key.lower().startswith("error") for key in value):
        message = f"{said}: looks like an error message of kubectl"
        return fault_at(document, "SIM1010", message, (), "run the command again and look at what it says")
    names = " and no ".join(missing)
    return fault_at(document, "SIM1010", f"{said}: no {names}", (missing[0],))


def _unknown(read: _Read) -> Manifests:
    other = _other_spelling(read)
    if other is not None:
        message = f"no kind {shown(read.kind)} in {shown(read.version)}; did you mean {other}?"
        return Manifests(faults=(read.fault("SIM1011", message, ("kind",), f"write {other}"),))
    group, kind = read.group_kind
    name = read.metadata.get("name") or ""
    what = printable(f"{kind}{'.' + group if group else ''} {name}".rstrip())
    source = read.document.origin.at()
    removed = removed_api(read.version, read.kind)
    return Manifests(
        faults=(_removed(read, removed, "warning"),) if removed else (),
        unmodelled=(Unmodelled(what, kind_may_change_answer(group, kind), source),),
        unknown=(UnknownObject(read.version, kind, read.key, source),),
    )


def _other_spelling(read: _Read) -> str | None:
    """The kind that was meant: in other letter case, or in its own API group instead of this built-in one."""
    group, kind = read.group_kind
    for known_group, known in KINDS:
        if known_group == group and known.lower() == kind.lower():
            return known
    homes = [g for g, k in KINDS if k == kind and g != "extensions"]
    if group in BUILT_IN_GROUPS and homes:
        return f"{kind} of {homes[0] + '/' if homes[0] else ''}v1"
    return None


def _known(read: _Read, model: type[KubernetesObject]) -> Manifests:
    faults = list(_refused(read))
    item, wrong_types = _typed(read, model, {f.source for f in faults})
    faults += wrong_types
    if item is None:
        return Manifests(faults=tuple(faults))
    item.read_from(_origin_of(read, model))
    return Manifests((item,), tuple(_unmodelled(item)), faults=tuple(faults))


def _origin_of(read: _Read, model: type[KubernetesObject]) -> Origin:
    """Where the object stands; of a Secret only the places of its names are kept, so that its data is not."""
    origin = read.document.origin
    if model is not Secret:
        return origin
    names = ((), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace"))
    kept = [p for p in names if p in origin.positions]
    return replace(origin, positions={p: origin.positions[p] for p in kept})


def _refused(read: _Read) -> Iterator[Finding]:
    """What the API server says to the object: a removed version, or the faults of its fields."""
    removed = removed_api(read.version, read.kind)
    if removed is not None:
        yield _removed(read, removed)
        return
    for fault in validate(read.value):
        yield read.fault(_code(fault), _sentence(fault), fault.path)


def _removed(read: _Read, removed: Removed, severity: Severity = "error") -> Finding:
    message = f"{read.version} was removed in Kubernetes {removed.version}"
    return read.fault("SIM1015", message, ("apiVersion",), f"apiVersion: {removed.use}", severity)


def _code(fault: Fault) -> str:
    if fault.layer == "validation":
        return "SIM1014"
    return "SIM1013" if fault.type == "strict decoding error" else "SIM1012"


def _sentence(fault: Fault) -> str:
    """Field and fault; the message about an unknown field names it already."""
    return fault.message if fault.type == "strict decoding error" else f"{fault.field}: {fault.message}"


def _typed(
    read: _Read, model: type[KubernetesObject], known: set[str | None]
) -> tuple[KubernetesObject | None, list[Finding]]:
    """The object without the fields of a wrong type; and those fields, but for what is known already."""
    value = {**read.value, "metadata": read.metadata}
    if model is Secret:
        value = _secret(value)
    faults: dict[str | None, Finding] = {}
    for _ in range(_MOST_REPAIRS):
        try:
            return model.model_validate(value), [f for f in faults.values() if f.source not in known]
        except ValidationError as error:
            for path, details in _by_path(error, value).items():
                fault = _wrong_type(read, path, details)
                faults.setdefault(fault.source, fault)
                value = _without(value, path)
    return None, list(faults.values())


def without_secret_data(value: Any) -> Any:
    """An object as it was read, or a List of them, without the data of Secrets; what is neither stays."""
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("items"), list):
        return {**value, "items": [without_secret_data(item) for item in value["items"]]}
    metadata = value.get("metadata")
    if value.get("kind") != "Secret":
        return value
    return _secret({**value, "metadata": metadata if isinstance(metadata, dict) else {}})


def _secret(value: dict[str, Any]) -> dict[str, Any]:
    """A Secret without its data, also where kubectl has noted it."""
    metadata = value["metadata"]
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        kept = {k: v for k, v in annotations.items() if k != _LAST_APPLIED}
        metadata = {**metadata, "annotations": kept}
    return {k: v for k, v in value.items() if k not in {"data", "stringData"}} | {"metadata": metadata}


def _by_path(error: ValidationError, value: Any) -> dict[Path, list[Any]]:
    """The details of an error by the path of the value concerned; tags of unions are no part of a path."""
    found: dict[Path, list[Any]] = {}
    for details in error.errors(include_url=False):
        path: Path = ()
        here = value
        for part in details["loc"]:
            inside = isinstance(here, dict) and part in here
            if inside or (isinstance(here, list) and isinstance(part, int) and part < len(here)):
                path, here = (*path, part), here[part]
        found.setdefault(path, []).append(details)
    return found


def _without(value: Any, path: Path) -> Any:
    """The value without the innermost mapping's entry on a path; lists keep their length and places."""
    last = max((i for i, part in enumerate(path) if isinstance(part, str)), default=None)
    return value if last is None else _dropped(value, path[: last + 1])


def _dropped(value: Any, path: Path) -> Any:
    first, *rest = path
    if isinstance(value, dict):
        if not rest:
            return {k: v for k, v in value.items() if k != first}
        return {**value, first: _dropped(value[first], tuple(rest))} if first in value else value
    return [_dropped(v, tuple(rest)) if i == first else v for i, v in enumerate(value)]


def _wrong_type(read: _Read, path: Path, details: list[Any]) -> Finding:
    wanted = " or ".join(dict.fromkeys(_MUST_BE.get(d["type"], d["msg"].lower()) for d in details))
    given = details[0]["input"]
    fix = None
    if any(d["type"] == "string_type" for d in details) and isinstance(given, bool | int | float):
        fix = f"put it in quotes; without them YAML reads {_kind_of(given)}"
    return read.fault("SIM1012", f"{field_path(path)}: must be {wanted}, not {_kind_of(given)}", path, fix)


_MUST_BE = {
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "string_type": "a string",
    "int_type": "an integer",
    "bool_type": "true or false",
}


def _kind_of(value: Any) -> str:
    """What a value is, in the words of a message; long ones are cut."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean '{str(value).lower()}'"
    return f"{'the text' if isinstance(value, str) else 'the number'} {shown(str(value))}"


def shown(text: str, width: int = 60) -> str:
    """Text of a file in a message: in quotes, cut, without control characters."""
    return f"'{printable(text[:width])}'"


def printable(text: str) -> str:
    r"""Text without control characters, so that a file cannot write to the terminal.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def printable_lines(text: str) -> str:
    """As `printable`, but lines stay lines."""
    return "\n".join(map(printable, text.split("\n")))


def _without_nulls(value: Any) -> Any:
    return _dropped_nulls(value) if _has_null(value) else value


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return any(map(_has_null, value)) if isinstance(value, list) else value is None


def _dropped_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _dropped_nulls(v) for k, v in value.items() if v is not None}
    return [_dropped_nulls(v) for v in value] if isinstance(value, list) else value


def _unmodelled(item: KubernetesObject) -> Iterator[Unmodelled]:
    assert item.origin is not None
    for path in extra_fields(item):
        what = f"{item.kind} {item.key}: {field_path(path)}"
        may_change = field_may_change_answer(item.kind, path)
        yield Unmodelled(printable(what), may_change, item.origin.at(*path))


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


def merge(parts: Iterable[Manifests]) -> Manifests:
    """Put manifests together; of an object that stands twice the last one counts, as after kubectl apply."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    objects: dict[tuple[str, str, str], KubernetesObject] = {}
    unknown: dict[tuple[str, str, str], UnknownObject] = {}
    twice: list[tuple[str, str]] = []
    faults: list[Finding] = []
    for part in parts:
        twice += part.twice
        faults += part.faults
        for item in part.objects:
            identity = (item.api_version.rpartition("/")[0], item.kind, item.key)
            if earlier := objects.pop(identity, None):
                twice.append((item.kind, item.key))
                faults.append(_same_object(item, earlier))
            objects[identity] = item
        for other in part.unknown:
            identity = (other.api_version.rpartition("/")[0], other.kind, other.key)
            if unknown.pop(identity, None):
                twice.append((other.kind, other.key))
            unknown[identity] = other
    return Manifests(
        tuple(objects.values()),
        tuple(u for p in parts for u in p.unmodelled),
        tuple(n for p in parts for n in p.notes),
        tuple(faults),
        tuple(unknown.values()),
        tuple(twice),
        max((p.as_of for p in parts if p.as_of), default=None),
    )


def _same_object(item: KubernetesObject, earlier: KubernetesObject) -> Finding:
    origin = item.origin
    message = f"{item.kind} {item.key} stands twice, first at {earlier.line()}; the last one counts"
    return Finding(
        "SIM1016",
        "warning",
        printable(message),
        origin.at() if origin else None,
        "remove one of them",
        item.kind,
        item.key,
        origin.template if origin else None,
    )


def with_slices(manifests: Manifests) -> Manifests:
    """Add an EndpointSlice for each subset of legacy Endpoints whose Service has no slice of its own."""
    with_slice = {s.service_key for s in manifests.of(EndpointSlice)}
    made = [
        _slice(item, subset, index)
        for item in manifests.of(Endpoints)
        if item.key not in with_slice
        for index, subset in enumerate(item.subsets)
    ]
    return replace(manifests, objects=(*manifests.objects, *made)) if made else manifests


def _slice(item: Endpoints, subset: EndpointSubset, index: int) -> EndpointSlice:
    """As the mirroring controller makes it; its kind says what was read."""
    ready = [(a, True) for a in subset.addresses] + [(a, False) for a in subset.not_ready_addresses]
    made = EndpointSlice(
        api_version=item.api_version,
        kind=item.kind,
        metadata=ObjectMeta(
            name=f"{item.name}-{index + 1}" if index else item.name,
            namespace=item.namespace,
            labels={"kubernetes.io/service-name": item.name},
        ),
        endpoints=tuple(
            EndpointManifest(
                addresses=(a.ip,),
                conditions=EndpointConditions(ready=is_ready),
                node_name=a.node_name,
                target_ref=a.target_ref,
            )
            for a, is_ready in ready
        ),
        ports=subset.ports,
    )
    if item.origin is not None:
        made.read_from(item.origin)
    return made


def is_derived(piece: EndpointSlice) -> bool:
    """Whether a slice was made from Endpoints rather than read."""
    return piece.kind == "Endpoints"

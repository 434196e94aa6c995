"""What the API server checks in an Ingress and an IngressClass when they are created.

Source: kubernetes `pkg/apis/networking/validation/validation.go` and the defaults of networking/v1. As there,
a path without a pathType is not looked at any further. What an Ingress names need not exist.
"""

from collections.abc import Iterator

from sim.manifests.validation.addresses import address_of
from sim.manifests.validation.faults import (
    Fault,
    Place,
    checked,
    forbidden,
    invalid,
    required,
    too_long,
    unsupported,
)
from sim.manifests.validation.formats import (
    dns_1035_label,
    dns_label,
    dns_subdomain,
    domain_prefixed_path,
    host_name,
    path_segment,
    port_name,
    port_number,
    size,
)
from sim.manifests.validation.metadata import METADATA, Object

_SPEC = Place("spec", ("spec",))
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_MOST_CONTROLLER_BYTES = 250


def ingress_faults(ingress: Object) -> Iterator[Fault]:
    """What is wrong with the spec of an Ingress, and with its class."""
    spec = ingress.get("spec", {})
    if not spec.get("rules") and "defaultBackend" not in spec:
        yield from invalid(_SPEC, None, "either `defaultBackend` or `rules` must be specified")
    if "defaultBackend" in spec:
        yield from _backend(spec["defaultBackend"], _SPEC.child("defaultBackend"))
    for index, rule in enumerate(spec.get("rules", [])):
        yield from _rule(rule, _SPEC.child("rules").index(index))
    for index, tls in enumerate(spec.get("tls", [])):
        yield from _tls(tls, _SPEC.child("tls").index(index))
    yield from _class_of(spec, ingress.get("metadata", {}).get("annotations", {}))


def _class_of(spec: Object, annotations: Object) -> Iterator[Fault]:
    """The class by field, and by the annotation that came before it; on creation they must agree."""
    name, old_name = spec.get("ingressClassName"), annotations.get(_CLASS_ANNOTATION)
    yield from checked(spec, "ingressClassName", _SPEC, dns_subdomain)
    if name is not None and old_name is not None and old_name != name:
        # The server leaves out `metadata` here.
        at = Place(f"annotations.{_CLASS_ANNOTATION}", METADATA.child("annotations", _CLASS_ANNOTATION).path)
        yield from invalid(at, old_name, "must match `ingressClassName` when both are specified")


def _rule(rule: Object, place: Place) -> Iterator[Fault]:
    host = rule.get("host", "")
    if host:
        at = place.child("host")
        if address_of(host) is not None:
            yield from invalid(at, host, "must be a DNS name, not an IP address")
        yield from invalid(at, host, *host_name(host))
    if "http" in rule:
        paths, at = rule["http"].get("paths", []), place.child("http", "paths")
        if not paths:
            yield required(at)
        for index, path in enumerate(paths):
            yield from _path(path, at.index(index))


def _path(path: Object, place: Place) -> Iterator[Fault]:
    if "pathType" not in path:
        yield required(place.child("pathType"), "pathType must be specified")
        return
    kind, text = path["pathType"], path.get("path", "")
    yield from unsupported(place.child("pathType"), kind, PATH_TYPES)
    if kind in {"Exact", "Prefix"}:
        yield from invalid(place.child("path"), text, *_plain_path(text))
    elif kind == "ImplementationSpecific" and text:
        yield from invalid(place.child("path"), text, *_absolute(text))
    yield from _backend(path.get("backend", {}), place.child("backend"))


def _absolute(path: str) -> tuple[str, ...]:
    return () if path.startswith("/") else ("must be an absolute path",)


def _plain_path(path: str) -> tuple[str, ...]:
    """A path that means what it says: no steps up or down, no empty element, no hidden slash."""
    inside = (f"must not contain '{part}'" for part in _NOT_INSIDE if part in path)
    at_the_end = (f"cannot end with '{part}'" for part in _NOT_AT_THE_END if path.endswith(part))
    return (*_absolute(path), *inside, *at_the_end)


def _backend(backend: Object, place: Place) -> Iterator[Fault]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield from invalid(place, "", "cannot set both resource and service backends")
    elif resource is not None:
        yield from _reference(resource, place.child("resource"))
    elif service is not None:
        name, at = service.get("name", ""), place.child("service", "name")
        yield from invalid(at, name, *dns_1035_label(name)) if name else (required(at),)
        yield from _service_port(service.get("port", {}), place)
    else:
        yield from invalid(place, "", "resource or service backend is required")


def _service_port(port: Object, backend: Place) -> Iterator[Fault]:
    """A name or a number; zero counts as none."""
    name, number = port.get("name", ""), port.get("number", 0)
    if name and number:
        yield from invalid(backend, "", "cannot set both port name & port number")
    elif name:
        yield from invalid(backend.child("service", "port", "name"), name, *port_name(name))
    elif number:
        yield from invalid(backend.child("service", "port", "number"), number, *port_number(number))
    else:
        yield required(backend, "port name or number is required")


def _reference(reference: Object, place: Place) -> Iterator[Fault]:
    """Group, kind and name of another object."""
    yield from checked(reference, "apiGroup", place, dns_subdomain)
    for field in ("kind", "name"):
        value = reference.get(field, "")
        if not value:
            yield required(place.child(field))
        yield from invalid(place.child(field), value, *path_segment(value))


def _tls(tls: Object, place: Place) -> Iterator[Fault]:
    for index, host in enumerate(tls.get("hosts", [])):
        yield from invalid(place.child("hosts").index(index), host, *host_name(host))
    if tls.get("secretName"):
        yield from invalid(place.child("secretName"), tls["secretName"], *dns_subdomain(tls["secretName"]))


def ingress_class_faults(ingress_class: Object) -> Iterator[Fault]:
    """What is wrong with the spec of an IngressClass."""
    spec = ingress_class.get("spec", {})
    controller, place = spec.get("controller", ""), _SPEC.child("controller")
    if not controller:
        yield required(place)
    else:
        if size(controller) > _MOST_CONTROLLER_BYTES:
            yield too_long(place, _MOST_CONTROLLER_BYTES)
        yield from invalid(place, controller, *domain_prefixed_path(controller))
    if "parameters" in spec:
        yield from _reference(spec["parameters"], _SPEC.child("parameters"))
        yield from _scope(spec["parameters"], _SPEC.child("parameters"))


def _scope(parameters: Object, place: Place) -> Iterator[Fault]:
    """A namespace belongs to scope Namespace; without a word the scope is Cluster."""
    scope, namespace = parameters.get("scope", "Cluster"), parameters.get("namespace")
    at = place.child("namespace")
    yield from unsupported(place.child("scope"), scope, SCOPES)
    if scope == "Namespace" and namespace is None:
        yield required(at, "`parameters.scope` is set to 'Namespace'")
    elif scope == "Namespace":
        yield from invalid(at, namespace, *dns_label(str(namespace)))
    elif scope == "Cluster" and namespace is not None:
        yield forbidden(at, "`parameters.scope` is set to 'Cluster'")


PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
SCOPES = ("Cluster", "Namespace")
_NOT_INSIDE = ("//", "/./", "/../", "%2f", "%2F")
_NOT_AT_THE_END = ("/..", "/.")

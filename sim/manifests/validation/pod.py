"""What the API server checks in a Pod, alone or as a template: containers, and what stands around them.

Source: kubernetes `pkg/apis/core/validation/validation.go` (ValidatePodSpec, validateContainers), and the
defaults of core/v1. Left out: what no packet meets (security, resources, affinity, the inside of volumes).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sim.manifests.validation.container import container_faults, init_container_faults
from sim.manifests.validation.faults import (
    Fault,
    Place,
    checked,
    duplicate,
    forbidden,
    invalid,
    required,
    unsupported,
)
from sim.manifests.validation.formats import Messages, dns_label, dns_subdomain
from sim.manifests.validation.metadata import Object, annotation_faults, label_faults

_SPEC = Place("spec", ("spec",))
_GRACE_S = 30
"""terminationGracePeriodSeconds where a file does not say."""


def pod_faults(pod: Object) -> Iterator[Fault]:
    """What is wrong with a Pod that stands by itself."""
    yield from pod_spec_faults(_with_host_ports(pod.get("spec", {})), _SPEC)


def template_faults(template: Object, place: Place) -> Iterator[Fault]:
    """What is wrong with a template where the server looks at all of it."""
    yield from template_metadata_faults(template, place)
    spec, at = template.get("spec", {}), place.child("spec")
    yield from pod_spec_faults(spec, at)
    if spec.get("ephemeralContainers"):
        yield forbidden(at.child("ephemeralContainers"), "ephemeral containers not allowed in pod template")


def template_metadata_faults(template: Object, place: Place) -> Iterator[Fault]:
    """What is wrong with the labels and annotations of a template; the server leaves out `metadata` here."""
    metadata = template.get("metadata", {})
    for field, rule in (("labels", label_faults), ("annotations", annotation_faults)):
        at = Place(f"{place.field}.{field}", (*place.path, "metadata", field))
        yield from rule(metadata.get(field, {}), at)


def made_pod_faults(template: Object, place: Place, claims: Sequence[str] = ()) -> Iterator[Fault]:
    """What the server says to the Pods that are made of a template, at the places of the template.

    Args:
        claims: volumes that are added, one for each volumeClaimTemplate.
    """
    spec = _with_host_ports(template.get("spec", {}))
    added = [{"name": name} for name in claims]
    kept = [v for v in spec.get("volumes", []) if v.get("name") not in claims]
    yield from pod_spec_faults({**spec, "volumes": [*kept, *added]}, place.child("spec"))


def _with_host_ports(spec: Object) -> Object:
    """In the node's network each port of a Pod is one of the node, whether written or not."""
    if not spec.get("hostNetwork"):
        return spec
    lists = {
        name: [_on_host(c) for c in spec[name]] for name in ("containers", "initContainers") if name in spec
    }
    return {**spec, **lists}


def _on_host(container: Object) -> Object:
    ports = [
        {**p, "hostPort": p.get("hostPort") or p.get("containerPort", 0)} for p in container.get("ports", [])
    ]
    return {**container, "ports": ports}


def pod_spec_faults(spec: Object, place: Place) -> Iterator[Fault]:
    """What is wrong with the spec of a Pod."""
    volumes: set[str] = set()
    yield from _volumes(spec.get("volumes", []), place.child("volumes"), volumes)
    grace_s = spec.get("terminationGracePeriodSeconds", _GRACE_S)
    containers, at = spec.get("containers", []), place.child("containers")
    if not containers:
        yield required(at)
    yield from container_faults(containers, at, volumes, grace_s)
    names = {c["name"] for c in containers if "name" in c}
    inits = spec.get("initContainers", [])
    yield from init_container_faults(inits, place.child("initContainers"), names, volumes, grace_s)
    yield from unsupported(place.child("restartPolicy"), restart_policy(spec), RESTART_POLICIES)
    yield from unsupported(place.child("dnsPolicy"), spec.get("dnsPolicy") or "ClusterFirst", DNS_POLICIES)
    yield from label_faults(spec.get("nodeSelector", {}), place.child("nodeSelector"))
    yield from _host_network(spec, place)
    for field, check in _NAMES.items():
        if spec.get(field):
            yield from checked(spec, field, place, check)
    if not 1 <= spec.get("activeDeadlineSeconds", 1) <= _LONGEST_S:
        message = f"must be between 1 and {_LONGEST_S}, inclusive"
        yield from invalid(place.child("activeDeadlineSeconds"), spec["activeDeadlineSeconds"], message)


def restart_policy(spec: Mapping[str, Any]) -> str:
    """As the server has it after its defaults."""
    return spec.get("restartPolicy") or "Always"


def _volumes(volumes: Sequence[Object], place: Place, names: set[str]) -> Iterator[Fault]:
    """Volumes; their names are added to `names`, so that a fault of one is not a second one of its mounts."""
    for index, volume in enumerate(volumes):
        name, at = volume.get("name", ""), place.index(index)
        faults = (
            [required(at.child("name"))] if not name else [*invalid(at.child("name"), name, *dns_label(name))]
        )
        if name and name in names:
            faults.append(duplicate(at.child("name"), name))
        sources = [field for field in volume if field != "name"]
        faults += (forbidden(at.child(s), "may not specify more than 1 volume type") for s in sources[1:])
        yield from faults
        names.add(name)


def _host_network(spec: Object, place: Place) -> Iterator[Fault]:
    if not spec.get("hostNetwork"):
        return
    message = "must match `containerPort` when `hostNetwork` is true"
    for index, container in enumerate(spec.get("containers", [])):
        for number, port in enumerate(container.get("ports", [])):
            if port.get("hostPort") and port["hostPort"] != port.get("containerPort", 0):
                at = place.child("containers").index(index).child("ports").index(number).child("hostPort")
                yield from invalid(at, port["hostPort"], message)


_LONGEST_S = 2**31 - 1
_NAMES: Mapping[str, Callable[[str], Messages]] = {
    "serviceAccountName": dns_subdomain,
    "nodeName": dns_subdomain,
    "hostname": dns_label,
    "subdomain": dns_label,
}
"""Fields of a Pod that hold a name, and its form."""
RESTART_POLICIES = ("Always", "OnFailure", "Never")
DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")

"""What the API server checks in the containers of a Pod: names, ports, variables, mounts, probes.

Source: kubernetes `pkg/apis/core/validation/validation.go` (validateContainerCommon, validateContainerPorts,
validateProbe, validateHandler), and the defaults of core/v1.
"""

from collections.abc import Iterator, Sequence, Set

from sim.manifests.validation.faults import (
    Fault,
    Place,
    duplicate,
    forbidden,
    invalid,
    not_found,
    repeated,
    required,
    unsupported,
)
from sim.manifests.validation.formats import dns_label, environment_name, port_name, port_number
from sim.manifests.validation.metadata import Object
from sim.manifests.validation.service import PROTOCOLS


def container_faults(
    containers: Sequence[Object], place: Place, volumes: Set[str], grace_s: int
) -> Iterator[Fault]:
    """What is wrong with the containers that run side by side.

    Args:
        volumes: names of the Pod's volumes, for mounts.
        grace_s: how long the Pod has to end.
    """
    for index, container in enumerate(containers):
        at = place.index(index)
        yield from _common(container, at, volumes)
        yield from _running(container, at, grace_s)
    names = [c.get("name", "") for c in containers]
    yield from (duplicate(place.index(i).child("name"), names[i]) for i in repeated(names) if names[i])
    yield from _host_ports(containers, place)


def init_container_faults(
    containers: Sequence[Object], place: Place, names: Set[str], volumes: Set[str], grace_s: int
) -> Iterator[Fault]:
    """What is wrong with the containers that run before the others, those that then stay among them.

    Args:
        names: of the other containers.
    """
    seen = set(names)
    for index, container in enumerate(containers):
        at, name = place.index(index), container.get("name", "")
        yield from _common(container, at, volumes)
        if name and name in seen:
            yield duplicate(at.child("name"), name)
        seen.add(name)
        yield from _host_ports([container], place)
        if container.get("restartPolicy") == "Always":
            yield from _running(container, at, grace_s)
        else:
            message = "may not be set for init containers without restartPolicy=Always"
            yield from (forbidden(at.child(field), message) for field in _WHILE_RUNNING if field in container)


def _common(container: Object, place: Place, volumes: Set[str]) -> Iterator[Fault]:
    name = container.get("name", "")
    yield from (
        invalid(place.child("name"), name, *dns_label(name)) if name else (required(place.child("name")),)
    )
    if not container.get("image"):
        yield required(place.child("image"))
    yield from _ports(container.get("ports", []), place.child("ports"))
    yield from _variables(container.get("env", []), place.child("env"))
    yield from _mounts(container.get("volumeMounts", []), place.child("volumeMounts"), volumes)
    for field, words in _WORDS.items():
        if container.get(field):
            yield from unsupported(place.child(field), container[field], words)


def _ports(ports: Sequence[Object], place: Place) -> Iterator[Fault]:
    """Ports of one container: a name stands once in it, and may stand again in another."""
    names: set[str] = set()
    for index, port in enumerate(ports):
        at, name = place.index(index), port.get("name", "")
        wrong = port_name(name) if name else ()
        yield from invalid(at.child("name"), name, *wrong)
        if name in names:
            yield duplicate(at.child("name"), name)
        elif name and not wrong:
            names.add(name)
        yield from _port_numbers(port, at)
        yield from unsupported(at.child("protocol"), port.get("protocol") or "TCP", PROTOCOLS)


def _port_numbers(port: Object, place: Place) -> Iterator[Fault]:
    number, on_host = port.get("containerPort", 0), port.get("hostPort", 0)
    at = place.child("containerPort")
    yield from invalid(at, number, *port_number(number)) if number else (required(at),)
    if on_host:
        yield from invalid(place.child("hostPort"), on_host, *port_number(on_host))


def _host_ports(containers: Sequence[Object], place: Place) -> Iterator[Fault]:
    """A port of the node, at one of its addresses, can be taken once."""
    taken = [
        (place.index(i).child("ports").index(j).child("hostPort"), _on_node(port))
        for i, container in enumerate(containers)
        for j, port in enumerate(container.get("ports", []))
        if port.get("hostPort")
    ]
    yield from (duplicate(*taken[index]) for index in repeated([name for _, name in taken]))


def _on_node(port: Object) -> str:
    return f"{port.get('protocol') or 'TCP'}/{port.get('hostIP', '')}/{port['hostPort']}"


def _variables(variables: Sequence[Object], place: Place) -> Iterator[Fault]:
    for index, variable in enumerate(variables):
        at, name = place.index(index), variable.get("name", "")
        wrong = invalid(at.child("name"), name, *environment_name(name))
        yield from wrong if name else (required(at.child("name")),)
        if variable.get("value") and "valueFrom" in variable:
            yield from invalid(at.child("valueFrom"), "", "may not be specified when `value` is not empty")


def _mounts(mounts: Sequence[Object], place: Place, volumes: Set[str]) -> Iterator[Fault]:
    for index, mount in enumerate(mounts):
        at, name = place.index(index), mount.get("name", "")
        if not name:
            yield required(at.child("name"))
        if name not in volumes:
            yield not_found(at.child("name"), name)
        if not mount.get("mountPath"):
            yield required(at.child("mountPath"))
    paths = [mount.get("mountPath", "") for mount in mounts]
    for index in repeated(paths):
        yield from invalid(place.index(index).child("mountPath"), paths[index], "must be unique")


def _running(container: Object, place: Place, grace_s: int) -> Iterator[Fault]:
    """What only a container that stays has: probes, and what runs at its start and end."""
    for field in ("postStart", "preStop"):
        handler = container.get("lifecycle", {}).get(field)
        if handler is not None:
            yield from _handler(handler, place.child("lifecycle", field), grace_s)
    for field in PROBES:
        if field in container:
            yield from _probe(container[field], place.child(field), grace_s)
            yield from _of_its_kind(container[field], field, place.child(field))


def _probe(probe: Object, place: Place, grace_s: int) -> Iterator[Fault]:
    yield from _handler(probe, place, grace_s)
    for field in _COUNTS:
        yield from negative(probe, field, place)
    if probe.get("terminationGracePeriodSeconds", 1) <= 0:
        at = place.child("terminationGracePeriodSeconds")
        yield from invalid(at, probe["terminationGracePeriodSeconds"], "must be greater than 0")


def _of_its_kind(probe: Object, kind: str, place: Place) -> Iterator[Fault]:
    """What one probe may have and another may not."""
    grace, successes = probe.get("terminationGracePeriodSeconds"), probe.get("successThreshold") or 1
    if kind == "readinessProbe" and grace is not None:
        at = place.child("terminationGracePeriodSeconds")
        yield from invalid(at, grace, "must not be set for readinessProbes")
    elif kind != "readinessProbe" and successes != 1:
        yield from invalid(place.child("successThreshold"), successes, "must be 1")


def negative(owner: Object, field: str, place: Place) -> Iterator[Fault]:
    """A number below zero where none may be."""
    if owner.get(field, 0) < 0:
        yield from invalid(place.child(field), owner[field], "must be greater than or equal to 0")


def _handler(handler: Object, place: Place, grace_s: int) -> Iterator[Fault]:
    """Exactly one way to ask; the first one counts, and is looked at."""
    ways = [way for way in HANDLERS if way in handler]
    if not ways:
        yield required(place, "must specify a handler type")
        return
    way, at = handler[ways[0]], place.child(ways[0])
    if ways[0] == "exec" and not way.get("command"):
        yield required(at.child("command"))
    elif ways[0] == "sleep":
        yield from _sleep(way, at, grace_s)
    elif ways[0] != "exec":
        yield from _port_asked(way, at)
    yield from (forbidden(place.child(w), "may not specify more than 1 handler type") for w in ways[1:])


def _port_asked(way: Object, place: Place) -> Iterator[Fault]:
    """A number or a name; whether a port has that name, the server does not ask."""
    port = way.get("port", 0)
    yield from invalid(
        place.child("port"), port, *(port_name(port) if isinstance(port, str) else port_number(port))
    )
    yield from unsupported(place.child("scheme"), way.get("scheme") or "HTTP", ("HTTP", "HTTPS"))


def _sleep(way: Object, place: Place, grace_s: int) -> Iterator[Fault]:
    seconds = way.get("seconds", 0)
    if not 0 <= seconds <= grace_s:
        message = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_s})"
        yield from invalid(place, seconds, message)


PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_WHILE_RUNNING = ("lifecycle", *PROBES)
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_WORDS = {
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
}

"""What the API server checks in a Service when it is created, and what it cannot allocate.

Source: kubernetes `pkg/apis/core/validation/validation.go` (ValidateService), the defaults of core/v1, and
`registry/core/service/portallocator`. A value that is not written has no fault of its own: a targetPort that
follows a wrong port is not named beside it. Left out: ports that are taken. The range of node ports is the
default one.
"""

from collections.abc import Callable, Iterator

from sim.manifests.validation.faults import (
    Fault,
    Place,
    checked,
    duplicate,
    forbidden,
    invalid,
    repeated,
    required,
    unsupported,
)
from sim.manifests.validation.formats import dns_label, dns_subdomain, port_name, port_number, qualified_name
from sim.manifests.validation.metadata import METADATA, Object, label_faults
from sim.manifests.validation.service_addresses import (
    ONLY_LOAD_BALANCER,
    at_cluster_ips,
    cluster_ip_faults,
    cluster_ips,
    external_ip_faults,
    is_headless,
    source_range_faults,
)
from sim.manifests.validation.service_status import status_faults

_SPEC = Place("spec", ("spec",))
_PORTS = _SPEC.child("ports")
_HINTS = "service.kubernetes.io/topology-aware-hints"
_MODE = "service.kubernetes.io/topology-mode"
_LONGEST_AFFINITY_S = 86400
_NODE_PORTS = range(30000, 32768)


def service_faults(service: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a Service, and with the annotations that say the same."""
    spec = _with_defaults(service.get("spec", {}))
    annotations = service.get("metadata", {}).get("annotations", {})
    yield from _topology_annotations(annotations)
    for rule in SPEC_RULES:
        yield from rule(spec)
    yield from source_range_faults(spec, annotations)
    yield from status_faults(service)


def _with_defaults(spec: Object) -> Object:
    """The spec with what the server adds before it looks (SetDefaults_Service)."""
    return {
        **spec,
        "type": spec.get("type") or "ClusterIP",
        "sessionAffinity": spec.get("sessionAffinity") or "None",
        "ports": [{**port, "protocol": port.get("protocol") or "TCP"} for port in spec.get("ports", [])],
    }


def _topology_annotations(annotations: Object) -> Iterator[Fault]:
    mode, hints = annotations.get(_MODE), annotations.get(_HINTS)
    if mode is not None and hints is not None and mode != hints:
        place = METADATA.child("annotations").key(_MODE)
        yield from invalid(place, mode, f"must match annotations[{_HINTS}] when both are specified")


def _type(spec: Object) -> Iterator[Fault]:
    kind = spec["type"]
    yield from unsupported(_SPEC.child("type"), kind, TYPES)
    if kind in ON_NODES and is_headless(spec):
        message = f"may not be set to 'None' for {kind} services"
        yield from invalid(at_cluster_ips(spec, 0), "None", message)


def _external_name(spec: Object) -> Iterator[Fault]:
    """An ExternalName Service is a name, and has no address."""
    if spec["type"] != "ExternalName":
        return
    message = "may not be set for ExternalName services"
    if cluster_ips(spec):
        yield forbidden(at_cluster_ips(spec), message)
    if spec.get("ipFamilies"):
        yield forbidden(_SPEC.child("ipFamilies"), message)
    if "ipFamilyPolicy" in spec:
        yield forbidden(_SPEC.child("ipFamilyPolicy"), message)
    name = spec.get("externalName", "").removesuffix(".")
    if name:
        yield from invalid(_SPEC.child("externalName"), name, *dns_subdomain(name))
    else:
        yield required(_SPEC.child("externalName"))


def _ports(spec: Object) -> Iterator[Fault]:
    ports = spec["ports"]
    if not ports and not is_headless(spec) and spec["type"] != "ExternalName":
        yield required(_PORTS)
    for index, port in enumerate(ports):
        yield from _port(port, _PORTS.index(index), needs_name=len(ports) > 1)
    names = [port.get("name", "") for port in ports]
    yield from (duplicate(_PORTS.index(i).child("name"), names[i]) for i in repeated(names) if names[i])
    numbers = [f"{port.get('port', 0)}/{port['protocol']}" for port in ports]
    yield from (duplicate(_PORTS.index(i), numbers[i]) for i in repeated(numbers))


def _port(port: Object, place: Place, needs_name: bool) -> Iterator[Fault]:
    name, number, target = port.get("name", ""), port.get("port", 0), port.get("targetPort", 0)
    if name:
        yield from invalid(place.child("name"), name, *dns_label(name))
    elif needs_name:
        yield required(place.child("name"))
    yield from invalid(place.child("port"), number, *port_number(number))
    yield from unsupported(place.child("protocol"), port["protocol"], PROTOCOLS)
    if target:
        wrong = port_name(target) if isinstance(target, str) else port_number(target)
        yield from invalid(place.child("targetPort"), target, *wrong)
    yield from checked(port, "appProtocol", place, qualified_name)


def _node_ports(spec: Object) -> Iterator[Fault]:
    ports = [(_PORTS.index(i).child("nodePort"), p) for i, p in enumerate(spec["ports"]) if p.get("nodePort")]
    for place, port in ports:
        yield from _node_port(port["nodePort"], spec["type"], place)
    for index in repeated([(port["protocol"], port["nodePort"]) for _, port in ports]):
        yield duplicate(ports[index][0], ports[index][1]["nodePort"])


def _node_port(number: int, kind: str, place: Place) -> Iterator[Fault]:
    if kind == "ClusterIP":
        yield forbidden(place, "may not be used when `type` is 'ClusterIP'")
    elif kind in ON_NODES and number not in _NODE_PORTS:
        message = f"must be in the range of node ports ({_NODE_PORTS[0]}-{_NODE_PORTS[-1]} by default)"
        yield from invalid(place, number, message)


def _selector(spec: Object) -> Iterator[Fault]:
    yield from label_faults(spec.get("selector", {}), _SPEC.child("selector"))


def _session_affinity(spec: Object) -> Iterator[Fault]:
    affinity = spec["sessionAffinity"]
    yield from unsupported(_SPEC.child("sessionAffinity"), affinity, AFFINITIES)
    timeout_s = spec.get("sessionAffinityConfig", {}).get("clientIP", {}).get("timeoutSeconds", 1)
    if affinity == "ClientIP" and not 0 < timeout_s <= _LONGEST_AFFINITY_S:
        place = _SPEC.child("sessionAffinityConfig", "clientIP", "timeoutSeconds")
        yield from invalid(place, timeout_s, f"must be greater than 0 and at most {_LONGEST_AFFINITY_S}")


def _load_balancer_fields(spec: Object) -> Iterator[Fault]:
    if spec["type"] == "LoadBalancer":
        yield from checked(spec, "loadBalancerClass", _SPEC, qualified_name)
        return
    for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
        if field in spec:
            yield forbidden(_SPEC.child(field), ONLY_LOAD_BALANCER)


def _external_traffic(spec: Object) -> Iterator[Fault]:
    policy, place = spec.get("externalTrafficPolicy", ""), _SPEC.child("externalTrafficPolicy")
    is_reachable = spec["type"] in ON_NODES or (spec["type"] == "ClusterIP" and bool(spec.get("externalIPs")))
    if policy and not is_reachable:
        yield from invalid(place, policy, "may only be set for externally-accessible services")
    elif policy:
        yield from unsupported(place, policy, TRAFFIC_POLICIES)


def _health_check(spec: Object) -> Iterator[Fault]:
    """A port of its own, for a load balancer that must find the nodes with an endpoint."""
    port, place = spec.get("healthCheckNodePort", 0), _SPEC.child("healthCheckNodePort")
    if not port:
        return
    if spec["type"] == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local":
        yield from invalid(place, port, *port_number(port))
    else:
        message = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield from invalid(place, port, message)


def _words(spec: Object) -> Iterator[Fault]:
    """Fields that hold one of a few words, whatever the type."""
    for field, words in (("internalTrafficPolicy", TRAFFIC_POLICIES), ("trafficDistribution", DISTRIBUTIONS)):
        yield from unsupported(_SPEC.child(field), spec.get(field, words[0]), words)


TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
ON_NODES = ("LoadBalancer", "NodePort")
"""Types whose Services listen on every node."""
PROTOCOLS = ("SCTP", "TCP", "UDP")
AFFINITIES = ("ClientIP", "None")
TRAFFIC_POLICIES = ("Cluster", "Local")
DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
SPEC_RULES: tuple[Callable[[Object], Iterator[Fault]], ...] = (
    _type,
    _external_name,
    _ports,
    _node_ports,
    _selector,
    _session_affinity,
    cluster_ip_faults,
    external_ip_faults,
    _load_balancer_fields,
    _external_traffic,
    _health_check,
    _words,
)
"""What is checked in the spec, all of it whatever the others say."""

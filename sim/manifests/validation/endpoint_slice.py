"""What the API server checks in an EndpointSlice when it is created.

Source: kubernetes `pkg/apis/discovery/validation/validation.go` and the defaults of discovery/v1. As there,
port numbers are free, deprecatedTopology is dropped unread, and a list over its limit is not looked into.
"""

from collections.abc import Callable, Iterator
from functools import partial

from sim.manifests.validation.addresses import address_of, endpoint_address, is_ipv6
from sim.manifests.validation.faults import (
    Fault,
    Place,
    checked,
    duplicate,
    invalid,
    repeated,
    required,
    too_many,
    unsupported,
)
from sim.manifests.validation.formats import (
    Messages,
    dns_label,
    dns_subdomain,
    fully_qualified_domain_name,
    label_value,
    qualified_name,
)
from sim.manifests.validation.metadata import Object
from sim.manifests.validation.service import PROTOCOLS

_ROOT = Place()
_MOST_ADDRESSES = 100
_MOST_ENDPOINTS = 1000
_MOST_HINTS = 8
_MOST_PORTS = 20000


def endpoint_slice_faults(piece: Object) -> Iterator[Fault]:
    """What is wrong with the address type, the endpoints and the ports of a slice."""
    kind, place = piece.get("addressType", ""), _ROOT.child("addressType")
    if not kind:
        yield required(place)
    else:
        yield from unsupported(place, kind, ADDRESS_TYPES)
    yield from _endpoints(piece.get("endpoints", []), kind)
    yield from _ports(piece.get("ports", []))


def _endpoints(endpoints: list[Object], address_type: str) -> Iterator[Fault]:
    place = _ROOT.child("endpoints")
    if len(endpoints) > _MOST_ENDPOINTS:
        yield too_many(place, len(endpoints), _MOST_ENDPOINTS)
        return
    for index, endpoint in enumerate(endpoints):
        at = place.index(index)
        yield from _addresses(endpoint.get("addresses", []), address_type, at.child("addresses"))
        yield from _endpoint(endpoint, at)


def _addresses(addresses: list[str], address_type: str, place: Place) -> Iterator[Fault]:
    if not addresses:
        yield required(place, "must contain at least 1 address")
    if len(addresses) > _MOST_ADDRESSES:
        yield too_many(place, len(addresses), _MOST_ADDRESSES)
    check = ADDRESS_TYPES.get(address_type)
    for index, address in enumerate(addresses if check else []):
        at = place.index(index)
        if address_type == "FQDN" and not address:
            yield required(at)
        elif check:
            yield from invalid(at, address, *check(address))


def _endpoint(endpoint: Object, place: Place) -> Iterator[Fault]:
    yield from checked(endpoint, "nodeName", place, dns_subdomain)
    yield from checked(endpoint, "hostname", place, dns_label)
    hints = endpoint.get("hints", {})
    yield from _hints(hints.get("forZones", []), place.child("hints", "forZones"), label_value)
    yield from _hints(hints.get("forNodes", []), place.child("hints", "forNodes"), dns_subdomain)


def _hints(hints: list[Object], place: Place, check: Callable[[str], Messages]) -> Iterator[Fault]:
    """Zones or nodes that an endpoint should serve, each at most once."""
    if len(hints) > _MOST_HINTS:
        yield too_many(place, len(hints), _MOST_HINTS)
        return
    names = [hint.get("name", "") for hint in hints]
    for index, name in enumerate(names):
        yield from invalid(place.index(index).child("name"), name, *check(name))
    yield from (duplicate(place.index(i).child("name"), names[i]) for i in repeated(names))


def _ports(ports: list[Object]) -> Iterator[Fault]:
    place = _ROOT.child("ports")
    if len(ports) > _MOST_PORTS:
        yield too_many(place, len(ports), _MOST_PORTS)
        return
    for index, port in enumerate(ports):
        yield from _port(port, place.index(index))
    names = [port.get("name", "") for port in ports]
    yield from (duplicate(place.index(i).child("name"), names[i]) for i in repeated(names))


def _port(port: Object, place: Place) -> Iterator[Fault]:
    """One port; an empty name is one too, that only one port may have."""
    name = port.get("name", "")
    if name:
        yield from invalid(place.child("name"), name, *dns_label(name))
    yield from unsupported(place.child("protocol"), port.get("protocol", "TCP"), PROTOCOLS)
    yield from checked(port, "appProtocol", place, qualified_name)


def _of_family(family: str, text: str) -> Messages:
    message = f"must be a valid {family} address"
    if address_of(text) is None:
        return (message,)
    return (*(() if is_ipv6(text) == (family == "IPv6") else (message,)), *endpoint_address(text))


ADDRESS_TYPES: dict[str, Callable[[str], Messages]] = {
    "FQDN": fully_qualified_domain_name,
    "IPv4": partial(_of_family, "IPv4"),
    "IPv6": partial(_of_family, "IPv6"),
}

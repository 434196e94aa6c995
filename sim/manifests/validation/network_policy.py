"""What the API server checks in a NetworkPolicy when it is created.

Source: kubernetes `pkg/apis/networking/validation/validation.go` (ValidateNetworkPolicySpec), v1.35.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from sim.manifests.validation.addresses import cidr_range, network_of
from sim.manifests.validation.faults import Fault, Place, forbidden, invalid, required, unsupported
from sim.manifests.validation.formats import port_name, port_number
from sim.manifests.validation.metadata import Object
from sim.manifests.validation.selector import selector_faults

PROTOCOLS = ("SCTP", "TCP", "UDP")
POLICY_TYPES = ("Egress", "Ingress")
_SPEC = Place("spec", ("spec",))


def network_policy_faults(policy: Object) -> Iterator[Fault]:
    """What is wrong with the spec of a NetworkPolicy."""
    spec = policy.get("spec", {})
    yield from selector_faults(spec.get("podSelector", {}), _SPEC.child("podSelector"))
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction, [])):
            yield from _rule(rule, side, _SPEC.child(direction).index(index))
    yield from _types(spec.get("policyTypes", []), _SPEC.child("policyTypes"))


def _rule(rule: Object, side: str, place: Place) -> Iterator[Fault]:
    for index, port in enumerate(rule.get("ports", [])):
        yield from _port(port, place.child("ports").index(index))
    for index, peer in enumerate(rule.get(side, [])):
        yield from _peer(peer, place.child(side).index(index))


def _types(types: list[str], place: Place) -> Iterator[Fault]:
    if len(types) > len(POLICY_TYPES):
        yield from invalid(place, types, "may not specify more than two policyTypes")
        return
    for index, name in enumerate(types):
        yield from unsupported(place.index(index), name, POLICY_TYPES)


def _port(port: Object, place: Place) -> Iterator[Fault]:
    yield from unsupported(place.child("protocol"), port.get("protocol") or "TCP", PROTOCOLS)
    number, end = port.get("port"), port.get("endPort")
    at, at_end = place.child("port"), place.child("endPort")
    if isinstance(number, int):
        yield from invalid(at, number, *port_number(number))
        if end is not None:
            yield from _range(number, end, at_end)
        return
    if end is not None:
        why = "non-numeric" if number is not None else "not specified"
        yield from invalid(at_end, end, f"may not be specified when `port` is {why}")
    if number is not None:
        yield from invalid(at, number, *port_name(number))


def _range(number: int, end: int, place: Place) -> Iterator[Fault]:
    if end < number:
        yield from invalid(place, number, "must be greater than or equal to `port`")
    yield from invalid(place, end, *port_number(end))


def _peer(peer: Object, place: Place) -> Iterator[Fault]:
    selectors = [name for name in ("podSelector", "namespaceSelector") if name in peer]
    for name in selectors:
        yield from selector_faults(peer[name], place.child(name))
    if "ipBlock" in peer:
        yield from _block(peer["ipBlock"], place.child("ipBlock"))
        if selectors:
            yield forbidden(place, "may not specify both ipBlock and another peer")
    elif not selectors:
        yield required(place, "must specify a peer")


def _block(block: Object, place: Place) -> Iterator[Fault]:
    at, text = place.child("cidr"), block.get("cidr", "")
    if not text:
        yield required(at)
        return
    yield from invalid(at, text, *cidr_range(text))
    whole = network_of(text)
    for index, part in enumerate(block.get("except", []) if whole else []):
        yield from _exception(part, whole, place.child("except").index(index))


def _exception(text: str, whole: Any, place: Place) -> Iterator[Fault]:
    yield from invalid(place, text, *cidr_range(text))
    part = network_of(text)
    if part is not None and not _is_inside(part, whole):
        yield from invalid(place, text, "must be a strict subset of `cidr`")


def _is_inside(part: IPv4Network | IPv6Network, whole: IPv4Network | IPv6Network) -> bool:
    return part.network_address in whole and whole.prefixlen < part.prefixlen

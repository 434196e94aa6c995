"""The fields of a ClusterNetworkPolicy (v1alpha2), with their limits, words and forms.

Both channels: a field of the experimental one is no unknown field. Source: network-policy-api,
`config/crd/experimental`, v1alpha2.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sim.manifests.validation.addresses import cidr_range
from sim.manifests.validation.gateway_api import SELECTOR
from sim.manifests.validation.shapes import Fields, ListOf, Rule, Shape, Text, Whole

_NAME = r"[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"(\*\.)?({_NAME}\.)+{_NAME}\.?")
_MOST = 25


def _one_field(value: Mapping[str, Any]) -> Iterator[str]:
    """Exactly one of the fields, as minProperties and maxProperties of the schema say."""
    if len(value) != 1:
        yield f"must have exactly 1 field, has {len(value)}"


def _ascending(value: Mapping[str, Any]) -> Iterator[str]:
    if value["start"] >= value["end"]:
        yield "Start port must be less than End port"


def _no_names_outside(value: Mapping[str, Any]) -> Iterator[str]:
    """A named port is one of a Pod."""
    outside = any(peer.keys() & {"networks", "nodes", "domainNames"} for peer in value.get("to", []))
    if outside and any("destinationNamedPort" in one for one in value.get("protocols", [])):
        yield "networks/nodes/domainNames peer cannot be set with namedPorts"


def _is_range(value: str) -> Iterator[str]:
    if cidr_range(value):
        yield "Invalid CIDR format provided"


def _one_of(**fields: Shape) -> Fields:
    return Fields(fields, rules=(_one_field,))


_PORT_NUMBER = Whole(1, 65535)
_RANGE = Fields({"start": _PORT_NUMBER, "end": _PORT_NUMBER}, ("start", "end"), rules=(_ascending,))
_PORTS = Fields({"destinationPort": _one_of(number=_PORT_NUMBER, range=_RANGE)}, rules=(_one_field,))
_PROTOCOL = _one_of(tcp=_PORTS, udp=_PORTS, sctp=_PORTS, destinationNamedPort=Text())
_PODS = Fields({"namespaceSelector": SELECTOR, "podSelector": SELECTOR}, ("podSelector",))
_SUBJECT = _one_of(namespaces=SELECTOR, pods=_PODS)
_TARGET = _one_of(
    namespaces=SELECTOR,
    pods=_PODS,
    nodes=SELECTOR,
    networks=ListOf(Text(43, rules=(_is_range,)), _MOST, 1, is_set=True),
    domainNames=ListOf(Text(form=_DOMAIN), _MOST, 1, is_set=True),
)


def _rules(side: str, peer: Shape, *rules: Rule) -> ListOf:
    fields: dict[str, Shape] = {
        "name": Text(100),
        "action": Text(words=("Accept", "Deny", "Pass")),
        side: ListOf(peer, _MOST, 1),
        "protocols": ListOf(_PROTOCOL, _MOST, 1),
    }
    return ListOf(Fields(fields, ("action", side), rules=rules), _MOST)


CLUSTER_POLICY_SPECS: Mapping[tuple[str, str], Fields] = {
    ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"): Fields(
        {
            "tier": Text(words=("Admin", "Baseline")),
            "priority": Whole(0, 1000),
            "subject": _SUBJECT,
            "ingress": _rules("from", _SUBJECT),
            "egress": _rules("to", _TARGET, _no_names_outside),
        },
        ("priority", "subject", "tier"),
    )
}
"""(apiVersion, kind) -> what its spec must be."""

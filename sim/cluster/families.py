"""Address families: how addresses are told apart and written, and what the API server gives a Service.

A cluster has one family or two; the first is its primary. A Service has those that its policy allows, in the
order in which it names them, else in the cluster's. Source: initIPFamilyFields in
pkg/registry/core/service/storage/alloc.go of Kubernetes 1.35.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Literal

from sim.manifests.objects.networking import ServiceSpec

Family = Literal["IPv4", "IPv6"]
FamilyPolicy = Literal["SingleStack", "PreferDualStack", "RequireDualStack"]

FAMILIES: tuple[Family, Family] = ("IPv4", "IPv6")
"""Both, in the order in which a client that has both tries the addresses of a name here."""
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
_ABSENT = "not configured on this cluster"


def family_of(address: str) -> Family | None:
    """The family of an address as text; None: it is a name, or nothing."""
    if ":" in address:
        return "IPv6"
    return "IPv4" if address[-1:].isdigit() and "." in address else None


@lru_cache(maxsize=65_536)
def canonical(address: str) -> str:
    """An address as kube-proxy writes it: IPv6 short and in small letters; anything else as it stands."""
    if ":" not in address:
        return address
    try:
        return str(ip_address(address))
    except ValueError:
        return address


def at_port(address: str, port: int | str) -> str:
    """`ADDRESS:PORT`; an IPv6 address stands in brackets."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def address_of(target: str) -> str:
    """The address of `ADDRESS:PORT`, without brackets."""
    return target.rpartition(":")[0].strip("[]")


def other(family: Family) -> Family:
    """The one of the two that it is not."""
    return "IPv6" if family == "IPv4" else "IPv4"


def first_of(addresses: Iterable[str], family: Family) -> str | None:
    """The first of several addresses that is of a family; None: there is none."""
    return next((a for a in addresses if family_of(a) == family), None)


def is_private(address: str) -> bool:
    """Whether an address belongs to networks of one's own, which the internet does not lead to.

    Those of RFC 1918, of shared address space (RFC 6598) and unique local ones of IPv6 (RFC 4193).
    """
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return any(known in network for network in _PRIVATE if network.version == known.version)


@dataclass(frozen=True)
class FamiliesOfService:
    """What the API server writes into a Service.

    Args:
        families: ipFamilies; empty for type ExternalName, which has no address.
        policy: ipFamilyPolicy; None for type ExternalName.
    """

    families: tuple[Family, ...]
    policy: FamilyPolicy | None


@dataclass(frozen=True)
class RefusedFamily:
    """Why the API server refuses a Service.

    Args:
        field: as in `spec.ipFamilies[0]`.
    """

    field: str
    message: str


def allocated(spec: ServiceSpec, cluster: Sequence[Family]) -> FamiliesOfService | RefusedFamily:
    """The families and the policy of a Service that is made, or the first thing that is wrong with it.

    Args:
        spec: as it is written.
        cluster: the families of the service CIDRs, the primary first.
    """
    if spec.type == "ExternalName":
        return FamiliesOfService((), None)
    alone = spec.is_headless and not spec.selector
    policy = _policy(spec, alone)
    refused = next(_refusals(spec, policy, cluster, alone), None)
    if refused is not None:
        return refused
    families = _shown(spec) or (cluster[0],)
    two = policy != "SingleStack" and (alone or len(cluster) == 2)
    return FamiliesOfService((families[0], other(families[0])) if two else families, policy)


def _policy(spec: ServiceSpec, alone: bool) -> FamilyPolicy:
    """What is written; else two families for a headless Service without selector, and one for any other."""
    for known in ("SingleStack", "PreferDualStack", "RequireDualStack"):
        if spec.ip_family_policy == known:
            return known
    return "RequireDualStack" if alone else "SingleStack"


def _shown(spec: ServiceSpec) -> tuple[Family, ...]:
    """The families that are written, and those of the addresses that are written beside them."""
    named = [family for text in spec.ip_families for family in FAMILIES if family == text]
    by_address = [f for a in spec.own_addresses for f in (family_of(a),) if f is not None]
    return (*named, *by_address[len(named) :])


def _misfits(spec: ServiceSpec) -> Iterator[RefusedFamily]:
    """What is wrong whatever the cluster has. Source: ValidateServiceClusterIPsRelatedFields."""
    for index, text in enumerate(spec.ip_families):
        if text not in FAMILIES:
            yield RefusedFamily(f"spec.ipFamilies[{index}]", "must be IPv4 or IPv6")
        if text in spec.ip_families[:index]:
            yield RefusedFamily(f"spec.ipFamilies[{index}]", "stands there twice")
    own = [family_of(address) for address in spec.own_addresses]
    if len(own) > 2:
        yield RefusedFamily("spec.clusterIPs", "may only hold up to 2 values")
    elif len(own) == 2 and own[0] == own[1]:
        yield RefusedFamily("spec.clusterIPs", "may specify no more than one IP for each IP family")
    for index, (family, text) in enumerate(zip(own, spec.ip_families, strict=False)):
        if family != text and text in FAMILIES:
            message = f"expected an {text} value as indicated by `ipFamilies[{index}]`"
            yield RefusedFamily(f"spec.clusterIPs[{index}]", message)


def _refusals(
    spec: ServiceSpec, policy: FamilyPolicy, cluster: Sequence[Family], alone: bool
) -> Iterator[RefusedFamily]:
    """What is wrong, in the order in which the server looks."""
    yield from _misfits(spec)
    for what, count in (("cluster IPs", len(spec.own_addresses)), ("IP families", len(spec.ip_families))):
        if policy == "SingleStack" and count == 2:
            must = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
            yield RefusedFamily("spec.ipFamilyPolicy", must)
    for index, family in enumerate(map(family_of, spec.own_addresses)):
        if index >= len(spec.ip_families) and family not in cluster:
            yield RefusedFamily(f"spec.clusterIPs[{index}]", f"{family} is {_ABSENT}")
    if alone:
        return
    if policy == "RequireDualStack" and len(cluster) < 2:
        yield RefusedFamily("spec.ipFamilyPolicy", "this cluster is not configured for dual-stack services")
    for index, text in enumerate(spec.ip_families):
        if text not in cluster:
            yield RefusedFamily(f"spec.ipFamilies[{index}]", _ABSENT)

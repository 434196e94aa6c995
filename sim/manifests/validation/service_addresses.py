"""The addresses of a Service: clusterIPs and their families, external addresses, allowed clients.

Source: kubernetes `pkg/apis/core/validation/validation.go` (ValidateServiceClusterIPsRelatedFields), and
`registry/core/service/storage/alloc.go` for what a policy allows. Left out: the ranges and the families that
a cluster has. All functions take the spec with its defaults, see `sim.manifests.validation.service`.
"""

from collections.abc import Iterator

from sim.manifests.validation.addresses import cidr_range, endpoint_address, ip_address, is_ipv6
from sim.manifests.validation.faults import Fault, Place, duplicate, forbidden, invalid, repeated, unsupported
from sim.manifests.validation.metadata import METADATA, Object

_SPEC = Place("spec", ("spec",))
# The server prints this one field with a capital letter.
_SOURCE_RANGES = Place("spec.LoadBalancerSourceRanges", ("spec", "loadBalancerSourceRanges"))
_SOURCE_RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges"
ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"


def cluster_ips(spec: Object) -> list[str]:
    """The value of clusterIPs, which the server fills from clusterIP if only that is written."""
    return list(spec.get("clusterIPs") or filter(None, [spec.get("clusterIP")]))


def at_cluster_ips(spec: Object, index: int | None = None) -> Place:
    """Where clusterIPs, or one of them, is written."""
    place = _SPEC.child("clusterIPs") if index is None else _SPEC.child("clusterIPs").index(index)
    return place if spec.get("clusterIPs") else Place(place.field, _SPEC.child("clusterIP").path)


def is_headless(spec: Object) -> bool:
    """Whether the Service has no cluster address by wish."""
    return cluster_ips(spec) == ["None"]


def cluster_ip_faults(spec: Object) -> Iterator[Fault]:
    """What is wrong with clusterIP, clusterIPs and their families; each check rests on those before it."""
    if spec["type"] == "ExternalName":
        return
    misread = [*_misread(spec)]
    faults = [*_first_matches(spec), *_families(spec), *misread, *_at_most_two(spec)]
    if not misread:
        faults += [*_one_of_each_family(spec), *_families_match(spec)]
    yield from faults or _policy_allows(spec)


def _first_matches(spec: Object) -> Iterator[Fault]:
    """The first of clusterIPs is clusterIP."""
    first, ips = spec.get("clusterIP", ""), cluster_ips(spec)
    if first and ips[0] != first:
        yield from invalid(at_cluster_ips(spec), ips, "first value must match `clusterIP`")
    if ips and not first:
        yield from invalid(at_cluster_ips(spec), ips, "must be empty when `clusterIP` is not specified")


def _families(spec: Object) -> Iterator[Fault]:
    families, place = spec.get("ipFamilies", []), _SPEC.child("ipFamilies")
    for index, family in enumerate(families):
        yield from unsupported(place.index(index), family, FAMILIES)
    yield from (duplicate(place.index(i), families[i]) for i in repeated(families))
    if "ipFamilyPolicy" in spec:
        yield from unsupported(_SPEC.child("ipFamilyPolicy"), spec["ipFamilyPolicy"], FAMILY_POLICIES)


def _misread(spec: Object) -> Iterator[Fault]:
    """Addresses that are none; `None` stands alone."""
    ips = cluster_ips(spec)
    if len(ips) > 1 and ips[0] == "None":
        yield from invalid(at_cluster_ips(spec), ips, "'None' must be the first and only value")
    for index, ip in enumerate(ips):
        if index or ip != "None":
            yield from invalid(at_cluster_ips(spec, index), ip, *ip_address(ip))


def _at_most_two(spec: Object) -> Iterator[Fault]:
    ips = cluster_ips(spec)
    if len(ips) > 2:
        yield from invalid(at_cluster_ips(spec), ips, "may only hold up to 2 values")


def _one_of_each_family(spec: Object) -> Iterator[Fault]:
    ips = cluster_ips(spec)
    if len(ips) > 1 and len(set(map(is_ipv6, ips))) == 1:
        yield from invalid(at_cluster_ips(spec), ips, "may specify no more than one IP for each IP family")


def _families_match(spec: Object) -> Iterator[Fault]:
    ips = [] if is_headless(spec) else cluster_ips(spec)
    for index, (ip, family) in enumerate(zip(ips, spec.get("ipFamilies", []), strict=False)):
        if family in FAMILIES and is_ipv6(ip) != (family == "IPv6"):
            message = f"expected an {family} value as indicated by `ipFamilies[{index}]`"
            yield from invalid(at_cluster_ips(spec, index), ip, message)


def _policy_allows(spec: Object) -> Iterator[Fault]:
    """Two addresses or two families need a policy that allows two; without a word there is one."""
    headless_without_selector = spec.get("clusterIP") == "None" and not spec.get("selector")
    default = "RequireDualStack" if headless_without_selector else "SingleStack"
    if spec.get("ipFamilyPolicy", default) != "SingleStack":
        return
    for field, what in (("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")):
        if len(spec.get(field, [])) == 2:
            message = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
            yield from invalid(_SPEC.child("ipFamilyPolicy"), "SingleStack", message)


def external_ip_faults(spec: Object) -> Iterator[Fault]:
    """What is wrong with externalIPs."""
    for index, ip in enumerate(spec.get("externalIPs", [])):
        yield from invalid(_SPEC.child("externalIPs").index(index), ip, *endpoint_address(ip))


def source_range_faults(spec: Object, annotations: Object) -> Iterator[Fault]:
    """What is wrong with the clients that a load balancer lets in, by field or by the older annotation."""
    ranges = spec.get("loadBalancerSourceRanges", [])
    if ranges:
        yield from _ranges(spec, _SOURCE_RANGES, [(_SOURCE_RANGES.index(i), r) for i, r in enumerate(ranges)])
    elif _SOURCE_RANGES_ANNOTATION in annotations:
        place = METADATA.child("annotations").key(_SOURCE_RANGES_ANNOTATION)
        listed = annotations[_SOURCE_RANGES_ANNOTATION].strip()
        yield from _ranges(spec, place, [(place, r) for r in listed.split(",") if listed])


def _ranges(spec: Object, place: Place, ranges: list[tuple[Place, str]]) -> Iterator[Fault]:
    """Spaces around a range are allowed."""
    if spec["type"] != "LoadBalancer":
        yield forbidden(place, ONLY_LOAD_BALANCER)
    for at, text in ranges:
        yield from invalid(at, text.strip(), *cidr_range(text.strip()))


FAMILIES = ("IPv4", "IPv6")
FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")

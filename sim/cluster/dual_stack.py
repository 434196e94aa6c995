"""Which address families a cluster has: stated, or as its objects show; IPv4 alone if nothing says more."""

from collections.abc import Iterable, Iterator

from sim.cluster.cluster import Assumption
from sim.cluster.families import Family, family_of, other
from sim.cluster.setup import Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import EndpointSlice, Service
from sim.manifests.objects.workloads import NodeObject, Pod

INTERNAL = "InternalIP"
WAY_OUT = "give Nodes and Pods with their addresses of both families in status"


def families_of(manifests: Manifests, setup: Setup) -> tuple[tuple[Family, ...], list[Assumption]]:
    """The families, the primary first, and what is assumed of them.

    That of a Pod's or node's first address is the primary one; a Service that asks for IPv6 and shows no
    address stands in a cluster of both, with IPv4 first. A Service that would merely like both says nothing.
    """
    if setup.families is not None:
        return setup.families, []
    firsts, shown = tuple(_first_addresses(manifests)), tuple(_addresses(manifests))
    there = dict.fromkeys(f for f in map(family_of, (*firsts, *shown)) if f is not None)
    asked = dict.fromkeys(_asked(manifests))
    if "IPv6" not in there and "IPv6" not in asked:
        return ("IPv4",), []
    alone = next(iter(there)) if len(there) == 1 else "IPv4"
    primary = next((f for f in map(family_of, firsts) if f is not None), alone)
    if not {*there, *asked} - {primary}:
        return (primary,), []
    said = f"{primary} and {other(primary)}: an address of each where a Service asks and no file shows one"
    return (primary, other(primary)), [Assumption(said, WAY_OUT)]


def _first_addresses(manifests: Manifests) -> Iterator[str]:
    for pod in manifests.of(Pod):
        yield from pod.status.addresses[:1]
    for node in manifests.of(NodeObject):
        yield from internal_addresses(node)[:1]


def internal_addresses(node: NodeObject) -> tuple[str, ...]:
    """The addresses by which the cluster reaches a node, the primary first."""
    return tuple(a.address for a in node.status.addresses if a.type == INTERNAL)


def _addresses(manifests: Manifests) -> Iterator[str]:
    """Every other address that the control plane has given out."""
    for service in manifests.of(Service):
        yield from service.spec.own_addresses
    for pod in manifests.of(Pod):
        yield from pod.status.addresses[1:]
    for node in manifests.of(NodeObject):
        yield from internal_addresses(node)[1:]
    for piece in manifests.of(EndpointSlice):
        yield from (a for endpoint in piece.endpoints for a in endpoint.addresses)


def _asked(manifests: Manifests) -> Iterator[Family]:
    """What Services with a ClusterIP could not be made without."""
    for spec in (s.spec for s in manifests.of(Service)):
        if spec.is_headless and not spec.selector:
            continue
        yield from _named(spec.ip_families)
        if spec.ip_family_policy == "RequireDualStack":
            yield from ("IPv4", "IPv6")
        elif "IPv6" in spec.ip_families and not spec.own_addresses:
            yield "IPv4"


def _named(families: Iterable[str]) -> Iterator[Family]:
    for text in families:
        if text == "IPv6":
            yield "IPv6"
        elif text == "IPv4":
            yield "IPv4"

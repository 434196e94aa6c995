"""Topology hints: the zone, or node, that the EndpointSlice controller gives each ready endpoint to, and why.

The annotation topology-mode (`Auto`) shares endpoints out over zones by the CPU of their nodes; no endpoint
may get more than 20 % above its share, else there is no hint at all. The field trafficDistribution gives each
to its own zone (and node). Where both ask, the annotation wins. What the controller leaves to chance
(which endpoint is given away, which of two zones in equal need gets it) goes by the order given and by name.
Source: k8s.io/endpointslice, topologycache and reconciler.go (1.35); KEP-2433, KEP-4444, KEP-3015.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import ceil

from sim.units import counted

OVERLOAD = 0.2
"""By how much the load of an endpoint may lie above the mean; a float, as the controller reckons."""
_PREFIX = "service.kubernetes.io/"
OLD_MODE, MODE = f"{_PREFIX}topology-aware-hints", f"{_PREFIX}topology-mode"
"""The older annotation counts where both are there. Source: reconciler.go, hintsEnabled."""
FIELD = "trafficDistribution"
CLOSE = frozenset({"PreferClose", "PreferSameZone", "PreferSameNode"})


class HintsReason(Enum):
    """Why there are hints, or none."""

    NOT_ASKED = "nothing asks for hints"
    WRITTEN = "the EndpointSlices say the hints"
    CLOSE = "every endpoint goes to its own zone"
    SHARED = "endpoints are shared out by the CPU of zones"
    NO_READY = "no endpoint is ready"
    NO_NODE_CPU = "a node says no zone, or no allocatable CPU"
    ONE_ZONE = "nodes that count are in fewer than two zones"
    FEW_ENDPOINTS = "there are fewer endpoints than zones"
    OVERLOAD = "some endpoint would get more than 20 % above its share"
    NO_ZONE = "an endpoint is on a node without a zone"


@dataclass(frozen=True)
class NodeCapacity:
    """What a node counts for.

    Args:
        cpu: allocatable, in cores; None: its status says none.
        left_out: why it does not count; empty if it does.
    """

    name: str
    zone: str
    cpu: float | None
    left_out: str = ""


@dataclass(frozen=True)
class EndpointPlace:
    """A ready endpoint: its name, and where it stands."""

    name: str
    zone: str
    node: str


@dataclass(frozen=True)
class ZoneShare:
    """What a zone should get.

    Args:
        ratio: its part of the CPU of all zones.
        desired: endpoints by that ratio, `least` at least.
        least: endpoints below which each of them would be overloaded.
    """

    ratio: float
    desired: float
    least: int


@dataclass(frozen=True)
class TopologyHints:
    """What the controller writes for a Service.

    Args:
        asked: the annotation or field that decides, as `NAME: VALUE`; empty: none.
        because: in one sentence, with the numbers.
        zones, nodes: endpoint -> what it is given to; without an entry it has no such hint.
        shares: by zone, where CPU decides.
        ignored: what asks too and does not count; empty: nothing does.
    """

    reason: HintsReason = HintsReason.NOT_ASKED
    asked: str = ""
    because: str = ""
    zones: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, ZoneShare] = field(default_factory=dict)
    ignored: str = ""

    @property
    def are_set(self) -> bool:
        """Whether endpoints have hints."""
        return self.reason in (HintsReason.SHARED, HintsReason.CLOSE)

    @property
    def path(self) -> tuple[str, ...]:
        """Where the Service asks."""
        name = self.asked.partition(":")[0]
        return ("spec", FIELD) if name == FIELD else ("metadata", "annotations", f"{_PREFIX}{name}")

    @property
    def says(self) -> str:
        """What was asked, what came of it, and why."""
        done = "hints" if self.are_set else "no hints"
        also = f"; {self.ignored} does not count beside it" if self.ignored else ""
        return f"{self.asked}: {done}, {self.because}{also}" if self.asked else self.because


NO_HINTS = TopologyHints()
"""Nothing asks for any."""


def asked_by(annotations: Mapping[str, str], distribution: str | None) -> tuple[str, str]:
    """What decides about hints, and what asks besides in vain, each as `NAME: VALUE` or empty."""
    name = OLD_MODE if OLD_MODE in annotations else MODE
    by_field = f"{FIELD}: {distribution}" if distribution in CLOSE else ""
    if annotations.get(name) in {"Auto", "auto"}:
        return f"{name.removeprefix(_PREFIX)}: {annotations[name]}", by_field
    return by_field, ""


def topology_hints(
    annotations: Mapping[str, str],
    distribution: str | None,
    ready: Sequence[EndpointPlace],
    nodes: Sequence[NodeCapacity],
) -> TopologyHints:
    """The hints of a Service's endpoints.

    Args:
        annotations, distribution: of the Service; its spec.trafficDistribution.
        ready: endpoints that take new connections.
        nodes: all of them.
    """
    asked, ignored = asked_by(annotations, distribution)
    if not asked:
        return NO_HINTS
    if not ready:
        return TopologyHints(HintsReason.NO_READY, asked, HintsReason.NO_READY.value, ignored=ignored)
    if asked.startswith(FIELD):
        return _to_own_zone(asked, distribution == "PreferSameNode", ready)
    return _by_cpu(asked, ignored, ready, nodes)


def _to_own_zone(asked: str, same_node: bool, ready: Sequence[EndpointPlace]) -> TopologyHints:
    zones = {e.name: e.zone for e in ready if e.zone}
    nodes = {e.name: e.node for e in ready if e.node} if same_node else {}
    where = "node and its own zone" if same_node else "zone"
    if not zones and not nodes:
        because = "no endpoint is on a node with a zone"
        return TopologyHints(HintsReason.NO_ZONE, asked, because)
    because = f"every ready endpoint to its own {where}"
    return TopologyHints(HintsReason.CLOSE, asked, because, zones, nodes)


def _by_cpu(
    asked: str, ignored: str, ready: Sequence[EndpointPlace], nodes: Sequence[NodeCapacity]
) -> TopologyHints:
    def none(reason: HintsReason, because: str) -> TopologyHints:
        return TopologyHints(reason, asked, because, ignored=ignored)

    used = [n for n in nodes if not n.left_out]
    unknown = next((n for n in used if not n.zone or not n.cpu), None)
    if unknown is not None:
        lacks = "no zone label" if not unknown.zone else "no allocatable CPU"
        return none(HintsReason.NO_NODE_CPU, f"node {unknown.name} has {lacks}, so no zone's part is known")
    zones = Counter[str]()
    for node in used:
        zones[node.zone] += round((node.cpu or 0.0) * 1000)
    if len(zones) < 2:
        where = f"are all in zone {next(iter(zones))}" if zones else "are none"
        return none(HintsReason.ONE_ZONE, f"the nodes that count {where}; two zones are needed")
    count = len(ready)
    if len(zones) > count:
        few = f"{counted(count, 'ready endpoint')} for {len(zones)} zones; each zone needs one"
        return none(HintsReason.FEW_ENDPOINTS, few)
    shares = zone_shares(zones, count)
    if sum(s.least for s in shares.values()) > count:
        return none(HintsReason.OVERLOAD, _overloaded(shares, count))
    homeless = next((e for e in ready if not e.zone), None)
    if homeless is not None:
        return none(HintsReason.NO_ZONE, f"{homeless.name} is on a node without a zone")
    given = shared_out(ready, shares)
    return TopologyHints(HintsReason.SHARED, asked, _shared(given, shares), given, {}, shares, ignored)


def zone_shares(cpu: Mapping[str, int], count: int) -> dict[str, ZoneShare]:
    """How many of `count` endpoints each zone should get.

    Args:
        cpu: of every zone, in thousandths of a core.

    >>> shares = zone_shares({"a": 2000, "b": 1000}, 6)
    >>> [(zone, s.desired, s.least) for zone, s in shares.items()]
    [('a', 4.0, 4), ('b', 2.0, 2)]
    """
    total = sum(cpu.values())

    def share(milli: int) -> ZoneShare:
        ratio = milli / total
        least = ceil(ratio * count * (1 / (1 + OVERLOAD)))
        return ZoneShare(ratio, max(ratio * count, float(least)), least)

    return {zone: share(cpu[zone]) for zone in sorted(cpu)}


def is_overloaded(hinted: Mapping[str, int], cpu: Mapping[str, int]) -> bool:
    """Whether hints that were given have become too few for a zone, so that they are made anew.

    Source: topologycache, utils.go, serviceOverloaded.

    Args:
        hinted: endpoints by the zone that they are given to; none: there are no hints to become so.
        cpu: of every zone, in thousandths of a core; none: no zone's part is known.
    """
    if not hinted or not cpu:
        return bool(hinted)
    shares = zone_shares(cpu, sum(hinted.values()))
    return any(zone not in hinted or hinted[zone] < share.least for zone, share in shares.items())


def shared_out(ready: Sequence[EndpointPlace], shares: Mapping[str, ZoneShare]) -> dict[str, str]:
    """Endpoint -> zone: its own first, then those of zones with too many go to zones with too few."""
    given = {e.name: e.zone for e in ready}
    gives, takes = _exchange(Counter(given.values()), shares)
    for endpoint in ready:
        taker = next((zone for zone in sorted(takes) if takes[zone]), None)
        if taker is not None and gives[endpoint.zone] > 0:
            given[endpoint.name] = taker
            gives[endpoint.zone] -= 1
            takes[taker] -= 1
    return given


def _exchange(has: Mapping[str, int], shares: Mapping[str, ZoneShare]) -> tuple[Counter[str], Counter[str]]:
    """How many endpoints each zone gives away, and how many each takes; less than half of one is let be."""
    over = {zone: has.get(zone, 0) - share.desired for zone, share in shares.items()}
    gives, takes = Counter[str](), Counter[str]()
    while True:
        giver = max(shares, key=lambda zone: over[zone])
        taker = min(shares, key=lambda zone: over[zone])
        much, little = over[giver], -over[taker]
        if (much < 1 and little < 1) or much < 0.5 or little < 0.5:
            return gives, takes
        gives[giver] += 1
        takes[taker] += 1
        over[giver] -= 1
        over[taker] += 1


def _overloaded(shares: Mapping[str, ZoneShare], count: int) -> str:
    """The zones with what each needs at least, where that is more than there is."""
    needs = ", ".join(f"{zone} {s.least}" for zone, s in shares.items())
    return f"{count} endpoints are too few to keep each below 120 % of its load: needed are {needs}"


def _shared(given: Mapping[str, str], shares: Mapping[str, ZoneShare]) -> str:
    """The zones with the part of CPU and the endpoints of each."""
    has = Counter(given.values())
    zones = dict.fromkeys((*shares, *sorted(has)))
    parts = (
        f"{zone} {has[zone]} of {len(given)} for {shares[zone].ratio:.0%} of the CPU"
        if zone in shares
        else f"{zone} {has[zone]} of {len(given)} without a node that counts"
        for zone in zones
    )
    return ", ".join(parts)

"""The hop of a node's kube-proxy: which endpoint a connection gets, and what it does to the addresses.

One place decides which Pods the nodes of a Service reach (`arrivals`, `reached`): traces, shares, designs and
pictures ask here. Each node is as likely as the others, and on it each endpoint that it may choose.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sim.cluster.cluster import Assumption, Cluster, Controller, LinkedPort, LinkedService, Node
from sim.cluster.families import Family, at_port, family_of
from sim.cluster.life.hearing import ClusterPart
from sim.routing import ends, ends_at_nodes
from sim.routing.final import Delivered, Final, Reached, State
from sim.routing.gateway.listeners import passes_connections
from sim.routing.hops.clock import mean_s
from sim.routing.hops.hinted import hint_notes, hint_steps
from sim.routing.hops.opened import Arrival, behind_nodes, guarded, node_end, untouched
from sim.routing.kube_proxy import (
    DEFAULT_MODE,
    MODES,
    Packet,
    Verdict,
    allowed_client,
    behind_balancer,
    decide,
    proxy_for,
)
from sim.routing.kube_proxy.health import health_answer
from sim.routing.legs import Fork, Leg, Taken, ToController, ToNode, ToPod, Trip
from sim.routing.trace import CLIENTS, Branch, Hop, Request, Step
from sim.units import counted

COST = "passes"
"""The row that says what it costs to find the Service."""

MOST_SHARES = 4
"""Unequal shares that are said one by one."""

STOPPED: Mapping[str, tuple[State, str]] = {"reject": ("refused", "SIM2012"), "drop": ("dropped", "SIM2013")}
"""Verdict -> the state that it ends in, and its code."""

DOES = {
    "dnat": "the connection is passed on",
    "reject": "it is refused",
    "drop": "it is dropped",
    "accept": "no rule touches it",
}
"""Verdict -> what it means for a connection."""

RELEASE = "1.35"
"""Whose kube-proxy decides here; see the modules of its modes."""

PER_CONNECTION = "one draw per connection"

Packets = tuple[tuple[Node, Packet], ...]


def arrivals(
    cluster: Cluster, packets: Packets, mode: str = DEFAULT_MODE, weights: Sequence[Fraction] = ()
) -> tuple[Arrival, ...]:
    """Ask the kube-proxy of each node.

    Args:
        weights: of the nodes; empty: each is as likely as the others.
    """
    weighted = zip(packets, weights or (Fraction(1),) * len(packets), strict=True)
    return tuple(
        Arrival(
            n, packet, decide(proxy_for(known_at(cluster, n), n, packet.destination), packet, mode), weight
        )
        for (n, packet), weight in weighted
    )


def known_at(cluster: Cluster, node: Node) -> Cluster:
    """The cluster as a node's kube-proxy knows it."""
    return cluster.known_by(ClusterPart("kube_proxy", node.name))


def kube_proxies(found: Iterable[Arrival]) -> tuple[ClusterPart, ...]:
    """Those that are asked, each once."""
    return tuple(dict.fromkeys(ClusterPart("kube_proxy", a.node.name) for a in found))


def from_balancer(service: LinkedService, port: LinkedPort, client: str, nodes: Iterable[Node]) -> Packets:
    """The first packet as a load balancer, or a client of the node port, brings it to each node."""
    return tuple((node, behind_balancer(service, port, node, client)) for node in nodes)


def from_outside(
    cluster: Cluster,
    service: LinkedService,
    port: LinkedPort,
    nodes: Iterable[Node],
    mode: str = DEFAULT_MODE,
    over: Family | None = None,
) -> tuple[Arrival, ...]:
    """How new connections of a client that loadBalancerSourceRanges let pass arrive at these nodes.

    For a Service without a way in from outside: those to its ClusterIP, begun by clients beside the nodes.

    Args:
        over: the family of the clients; None: IPv4, if the load balancer or the Service has it.
    """
    family = over or _usual_family(service)
    client = allowed_client(service, CLIENTS[family])
    cluster_ip = service.cluster_ip_of(family)
    if service.manifest.spec.type in {"LoadBalancer", "NodePort"} or cluster_ip is None:
        return arrivals(cluster, from_balancer(service, port, client, nodes), mode)
    packet = Packet(CLIENTS[family], cluster_ip, port.number, port.protocol)
    return arrivals(cluster, tuple((node, packet) for node in nodes), mode)


def _usual_family(service: LinkedService) -> Family:
    """The family over which clients of both come: that of an address of the load balancer, IPv4 first."""
    shown = [f for f in map(family_of, service.load_balancer) if f is not None]
    own = shown or service.families or ("IPv4",)
    return "IPv4" if "IPv4" in own else "IPv6"


def reached(found: Iterable[Arrival]) -> tuple[Reached, ...]:
    """The endpoints behind nodes, each with its share of what is passed on."""
    serving = [a for a in found if a.verdict.endpoints]
    lists = [a.verdict.endpoints for a in serving]
    if all(endpoints == lists[0] for endpoints in lists):
        return tuple(Reached(e, 1 / len(lists[0])) for e in (lists[0] if lists else ()))
    whole = _weight(serving)
    shares: dict[str, Fraction] = {}
    for arrival in serving:
        for endpoint in arrival.verdict.endpoints:
            share = arrival.weight / whole / len(arrival.verdict.endpoints)
            shares[endpoint.target] = shares.get(endpoint.target, Fraction(0)) + share
    by_target = {e.target: e for endpoints in lists for e in endpoints}
    return tuple(Reached(by_target[target], float(share)) for target, share in shares.items())


def branches_of(found: Iterable[Reached]) -> tuple[Branch, ...]:
    """Each endpoint with its probability for a new connection."""
    return tuple(Branch(r.name, r.probability) for r in found)


def in_shares(found: Sequence[Reached]) -> str:
    """How likely each of several is, as people write it: `always`, `1/3 each`, `33 %, 33 %, 17 %, 17 %`."""
    shares = [r.probability for r in found]
    if len(set(shares)) == 1:
        return "always" if len(shares) == 1 else f"1/{len(shares)} each"
    if len(shares) > MOST_SHARES:
        return f"{_percent(min(shares))} to {_percent(max(shares))} each"
    return ", ".join(map(_percent, shares))


def named_shares(found: Sequence[Reached]) -> str:
    """The Pods with how likely each is: `web-1 or web-2, 1/2 each`, `web-1 25 % or web-2 75 %`."""
    names = [r.name.rpartition("/")[2] for r in found]
    if len({r.probability for r in found}) > 1 and len(found) <= MOST_SHARES:
        *first, last = (f"{n} {_percent(r.probability)}" for n, r in zip(names, found, strict=True))
        return f"{', '.join(first)} or {last}"
    shown = " or ".join(names) if len(names) < 3 else f"{names[0]}, {names[1]} or {len(names) - 2} more"
    return f"{shown}, {in_shares(found)}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def node(cluster: Cluster, leg: ToNode) -> Taken:
    """Every node decides; where they do otherwise, each kind of end is kept with its probability."""
    found = arrivals(cluster, leg.packets, leg.trip.mode, leg.weights)
    kinds: dict[str, list[Arrival]] = {}
    for arrival in found:
        kinds.setdefault(arrival.verdict.verdict, []).append(arrival)
    likeliest = max(kinds.values(), key=_weight)
    hop = _hop(leg, likeliest)
    if cluster.moment is not None and leg.service is not None:
        hop = replace(hop, news=cluster.moment.news(leg.service, kube_proxies(found)))
    other = _elsewhere(cluster, likeliest[0])
    if other is not None:
        return leg.trip.takes(ToNode(leg.trip, ((other, likeliest[0].packet),)), hop)
    rest = [same for same in kinds.values() if same is not likeliest]
    whole = _weight(found)
    ways = tuple((float(_weight(same) / whole), _onward(cluster, leg, same)) for same in (likeliest, *rest))
    following = ways[0][1] if len(ways) == 1 else Fork(ways)
    service, _ = _meant(leg, likeliest[0].verdict)
    notes = tuple(hint_notes(service)) if leg.trip.explain else ()
    return leg.trip.takes(
        following, hop, notes=notes, assumptions=tuple(_by_mode(cluster, leg, likeliest[0]))
    )


def _weight(found: Iterable[Arrival]) -> Fraction:
    return sum((arrival.weight for arrival in found), Fraction(0))


def _by_mode(cluster: Cluster, leg: ToNode, arrival: Arrival) -> Iterator[Assumption]:
    """The mode of kube-proxy, where another would do otherwise."""
    mode, here = leg.trip.mode, arrival.verdict.verdict
    proxy = proxy_for(known_at(cluster, arrival.node), arrival.node, arrival.packet.destination)
    others = {m: decide(proxy, arrival.packet, m).verdict for m in MODES if leg.trip.explain and m != mode}
    differing = {m: kind for m, kind in others.items() if kind != here}
    if differing:
        does = "; ".join(f"in mode {m} {DOES[kind]}" for m, kind in differing.items())
        what = f"kube-proxy of Kubernetes {RELEASE} in mode {mode}; {does}"
        yield Assumption(what, f"--mode {' or '.join(differing)}")


def _elsewhere(cluster: Cluster, arrival: Arrival) -> Node | None:
    """The node whose own address a packet names, where no rule of this one touches it."""
    if arrival.verdict.verdict != "accept":
        return None
    there = (n for n in cluster.nodes if arrival.packet.destination in n.addresses)
    return next((n for n in there if n is not arrival.node), None)


def _hop(leg: ToNode, same: list[Arrival]) -> Hop:
    """What nodes that do alike do: the addresses and rules of the first, the endpoints of all."""
    first, there = same[0], reached(same)
    pods = counted(len(there), "Pod")
    says = f"{first.node.name}, {leg.trip.mode}: {first.verdict.because}"
    if not leg.trip.inside and leg.service is not None:
        says = f"Service {leg.service.key}: {pods}, {in_shares(there)}" if there else first.verdict.because
    return leg.trip.hop(
        "node kube-proxy",
        "node",
        says,
        before=_before(first.packet),
        after=_after(same, there),
        steps=_steps(same, leg.trip.mode),
        branches=branches_of(there),
    )


def _before(packet: Packet) -> dict[str, Any]:
    """Source and destination as the packet reaches the node."""
    return {
        "source": packet.source,
        "destination": at_port(packet.destination, packet.port),
        "protocol": packet.protocol.lower(),
    }


def _after(same: list[Arrival], there: tuple[Reached, ...]) -> dict[str, Any]:
    """What changed: the endpoints that may be the destination, and the source if it is masqueraded.

    `source_if_endpoint` says which endpoints alone see the node's address: a client that meets itself.
    """
    changed: dict[str, Any] = {"destination": [r.endpoint.target for r in there]} if there else {}
    family = family_of(same[0].packet.destination)
    if same[0].verdict.masquerade:
        changed["source"] = same[0].node.address_of(family)
    hairpin = {e.target: a.node.address_of(family) for a in same for e in a.verdict.hairpin}
    return changed | ({"source_if_endpoint": hairpin} if hairpin else {})


def _steps(same: list[Arrival], mode: str) -> tuple[Step, ...]:
    """The chains in the order entered, what finding them costs, and each endpoint's branch, node by node."""
    first = same[0].verdict
    if all(a.verdict.endpoints == first.endpoints for a in same):
        rows = first.steps
    else:
        rows = tuple(
            replace(step, because=f"on {a.node.name} {step.because}")
            for a in same
            for step in a.verdict.steps
        )
    return (*first.chain_steps, _cost(first.rules_passed, mode), *hint_steps(same), *rows)


def _cost(passed: int, mode: str) -> Step:
    if MODES[mode].by_rule:
        rules = f"{counted(passed, 'rule')} of KUBE-SERVICES"
        return Step(COST, True, f"{rules}: more Services, more rules; only a first packet pays")
    return Step(COST, True, f"{passed} look-up, however many Services there are")


def _onward(cluster: Cluster, leg: ToNode, same: list[Arrival]) -> Leg | Final:
    """Where connections go on to from nodes that do alike."""
    first, there = same[0], reached(same)
    verdict, (service, port) = first.verdict, _meant(leg, first.verdict)
    if verdict.verdict != "dnat" or service is None or port is None:
        return _stopped(cluster, leg, first, service, port)
    if leg.sending is not None and leg.sources:
        there_s = mean_s(leg.trip.delays, (r.endpoint for r in leg.sources), (r.endpoint for r in there))
        virtual = at_port(first.packet.destination, port.number)
        trip = leg.trip.travels(there_s)
        by = kube_proxies(same)
        onward = ToPod(trip, service, port, there, PER_CONNECTION, leg.sending, virtual, by)
        return guarded(cluster, onward, behind_nodes(cluster, same))
    trip = leg.trip.travels(mean_s(leg.trip.delays, (first.node,), verdict.endpoints))
    arrived = arriving(cluster, leg, trip, service, port, there, _sources(same), kube_proxies(same))
    return guarded(cluster, arrived, behind_nodes(cluster, same))


def _sources(same: Iterable[Arrival]) -> tuple[str, ...]:
    """The addresses that Pods see, node by node."""
    seen = (
        node_end(a.node, a.packet.destination).address if a.verdict.masquerades(e) else a.packet.source
        for a in same
        for e in a.verdict.endpoints
    )
    return tuple(dict.fromkeys(seen))


def arriving(
    cluster: Cluster,
    leg: ToNode,
    trip: Trip,
    service: LinkedService,
    port: LinkedPort,
    there: tuple[Reached, ...],
    sources: tuple[str, ...],
    chosen_by: tuple[ClusterPart, ...],
) -> ToController | ToPod:
    """A controller's Pods, or those of an application.

    Args:
        sources: the addresses that they may see.
        chosen_by: whoever chooses one of them.
    """
    controller = cluster.controller_of_service.get(service.key)
    if controller is not None and _asks_rules(cluster, controller, trip.request, port):
        return ToController(trip, controller, port, there, leg.ended, leg.proxied, sources, chosen_by)
    return ToPod(trip, service, port, there, PER_CONNECTION, leg.sending, chosen_by=chosen_by)


def _asks_rules(cluster: Cluster, controller: Controller, request: Request, port: LinkedPort) -> bool:
    """Whether rules decide: those for requests, or a Gateway's for connections; else it ends at the Pod."""
    return request.is_http or (
        controller.gateway is not None
        and passes_connections(cluster, controller.gateway, request, port.number)
    )


def _meant(leg: ToNode, verdict: Verdict) -> tuple[LinkedService | None, LinkedPort | None]:
    """The Service port that the connection is for, or the one that the rules found."""
    said = verdict.service_port
    if leg.service is not None or said is None:
        return leg.service, leg.port
    return said.service, said.port


def _stopped(
    cluster: Cluster, leg: ToNode, arrival: Arrival, service: LinkedService | None, port: LinkedPort | None
) -> Leg | Final:
    """Refused, dropped, or no rule of a Service port decides; a controller then answers itself."""
    verdict = arrival.verdict
    if service is None or port is None or verdict.verdict not in STOPPED:
        final = _beside(cluster, leg, arrival)
        if verdict.verdict == "accept" and leg.sending is None:
            return guarded(cluster, final, untouched(cluster, arrival), leg.trip)
    elif verdict.verdict == "reject":
        final = ends_at_nodes.refused(service, port, arrival.packet.destination)
    else:
        final = ends_at_nodes.dropped(service, port, arrival.node, verdict)
    if leg.sending is None or leg.found is None:
        return final
    return ends.cannot_connect(leg.sending, leg.found, verdict.because if leg.sources else final.message)


def _beside(cluster: Cluster, leg: ToNode, arrival: Arrival) -> Final:
    """A Pod's own address, a health check, or nothing that listens."""
    verdict, packet = arrival.verdict, arrival.packet
    proxy = proxy_for(cluster, arrival.node, packet.destination)
    pod = next((p for p in cluster.pods.values() if packet.destination in p.addresses), None)
    if verdict.verdict == "accept" and leg.service is None and pod is not None:
        said = f"to Pod {pod.key} itself: kube-proxy does not touch it"
        there = (at_port(packet.destination, packet.port),)
        return Delivered("delivered", said, answered_by="the application", pod=pod.key, endpoints=there)
    answer = health_answer(proxy, packet.port)
    if answer is not None and proxy.is_health_check(packet):
        return ends_at_nodes.health(answer, arrival.node, packet.port)
    if verdict.unanswered:
        return ends_at_nodes.unanswered(verdict, arrival.node, leg.trip.request)
    fix = "use an address and port of a Service" if leg.service is None else "use an address of the Service"
    state, code = STOPPED.get(verdict.verdict, ("no-listener", "SIM2011"))
    return Final(state, verdict.because, code=code, fix=fix)

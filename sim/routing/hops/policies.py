"""The policies on the way: both ends of every connection, and what becomes of those that are stopped.

A packet that no policy allows is dropped, as most plugins do: a client waits until it gives up, and a proxy
answers in the end as it does where a Pod says nothing. A proxy that tries another Pod then comes through as
long as one is left that it may reach. Source: kubernetes-sigs/network-policy-api and Kubernetes
documentation; Calico, DefaultEndpointToHostAction and iptablesFilterDenyAction (Drop by default).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import prod

from sim.cluster.cluster import Assumption, Cluster
from sim.routing.final import Barred, Delivered, Final, Reached
from sim.routing.legs import Fork, Opened, Sending, Taken, ToController, ToPod, ToPolicies
from sim.routing.network_policy import NAME_LABEL, EndVerdict, Judgement, judge
from sim.routing.network_policy.words import says
from sim.routing.trace import Note, Step
from sim.units import counted

CODES = {"ingress": "SIM2120", "egress": "SIM2121"}
"""Direction in which a connection is stopped -> its code."""

DEPENDS, SLOW = "SIM2122", "SIM2123"
"""Codes: the plugin decides; some Pods are out of a proxy's reach."""

MOST_ROWS = 8


@dataclass(frozen=True)
class Judged:
    """A connection that may be opened, and what policies make of it."""

    opened: Opened
    judgement: Judgement

    @property
    def passes(self) -> bool:
        """Whether it is allowed, as most plugins have it."""
        return self.judgement.verdict.allowed


def policies(cluster: Cluster, leg: ToPolicies) -> Taken:
    """Judge every connection; where chance may choose one that is stopped, both ways on."""
    found = [Judged(one, judge(cluster, one.connection)) for one in leg.opened]
    said = frozenset(
        ("policy", name) for one in found if one.judgement.depends for name in one.judgement.policies
    )
    return replace(_judged(leg, found), passed=said, assumptions=tuple(_assumed(cluster, found)))


def _assumed(cluster: Cluster, found: list[Judged]) -> Iterator[Assumption]:
    """A namespace whose labels decide, and whose object no file shows."""
    for one in found:
        for side in one.judgement.verdict.sides:
            source, target = one.opened.connection[:2]
            pod = target.pod if side.direction == "egress" else source.pod
            by_labels = side.nearest is not None and side.nearest.fails_at == "namespaceSelector"
            if by_labels and pod is not None and pod.namespace not in cluster.namespace_labels:
                what = f"namespace {pod.namespace} has no labels but its name, {NAME_LABEL}"
                yield Assumption(what, "give the Namespace object")


def _judged(leg: ToPolicies, found: list[Judged]) -> Taken:
    passing, notes, lost = [one for one in found if one.passes], tuple(_depends(found)), _lost(leg, found)
    if lost == 0:
        return _through(leg, found, passing, notes)
    stopped = [one for one in found if not one.passes]
    if not passing:
        return _stopped(leg, stopped, notes)
    allowed = replace(leg, onward=_narrowed(leg.onward, passing), opened=tuple(p.opened for p in passing))
    denied = replace(leg, opened=tuple(one.opened for one in stopped))
    said = (_some(stopped, lost),) if lost < 0.5 else ()
    return leg.trip.takes(Fork(((lost, denied), (1 - lost, allowed))), notes=(*notes, *said))


def is_stopped(cluster: Cluster, opened: Opened) -> bool:
    """Whether a connection comes to nothing, as most plugins have it."""
    return not judge(cluster, opened.connection).verdict.allowed


def stopped_by(cluster: Cluster, opened: Opened) -> Note | None:
    """What stops a connection, as most plugins have it; None: it is allowed."""
    side = judge(cluster, opened.connection).verdict.blocking
    if side is None:
        return None
    why = f"{side.direction} of Pod {side.pod}: {says(side, opened.connection)}"
    return Note(CODES[side.direction], why, side.source)


def _through(leg: ToPolicies, found: list[Judged], passing: list[Judged], notes: tuple[Note, ...]) -> Taken:
    """On to what is next; of Pods, those that may be reached."""
    steps = tuple(_steps(found))
    says = "every connection is allowed" if len(found) > 1 else "the connection is allowed"
    if len(passing) < len(found):
        notes = (*notes, _slow(leg, found))
        says = (
            f"{len(passing)} of {len(found)} connections are allowed; another Pod is tried after the others"
        )
    hops = (leg.trip.hop("network policies", "service", says, steps=steps),) if steps else ()
    onward = leg.onward if len(passing) == len(found) else _narrowed(leg.onward, passing)
    return leg.trip.takes(onward, *hops, *leg.after, notes=notes)


def _narrowed(onward: ToController | ToPod | Final, passing: list[Judged]) -> ToController | ToPod | Final:
    """The same with the endpoints that may be reached."""
    reached = _reached(one.opened for one in passing)
    match onward:
        case ToController():
            return replace(onward, pods=reached)
        case ToPod():
            return replace(onward, reached=reached)
        case Delivered():
            pod = reached[0].endpoint.pod if len(reached) == 1 else None
            targets = tuple(r.endpoint.target for r in reached)
            return replace(onward, reached=reached, endpoints=targets, pod=pod)
    return onward


def _reached(opened: Iterable[Opened]) -> tuple[Reached, ...]:
    """Endpoints with their shares, which sum to one."""
    shares: dict[str, float] = {}
    endpoints = {}
    for one in opened:
        shares[one.endpoint.target] = shares.get(one.endpoint.target, 0.0) + one.probability
        endpoints[one.endpoint.target] = one.endpoint
    whole = sum(shares.values())
    return tuple(
        Reached(endpoints[target], share / whole if whole else 1 / len(shares))
        for target, share in shares.items()
    )


def _lost(leg: ToPolicies, found: list[Judged]) -> float:
    """The share of connections, or of a proxy's requests, that come to nothing."""
    by_source: dict[str, list[Judged]] = {}
    for one in found:
        by_source.setdefault(one.opened.connection.source.address, []).append(one)
    whole = sum(one.opened.probability for one in found)
    return sum(_lost_of(some, _tries(leg.onward, len(some))) for some in by_source.values()) / whole


def _lost_of(found: list[Judged], tries: int) -> float:
    """Of one sender: where it tries several, each another one."""
    share, stopped = sum(one.opened.probability for one in found), [one for one in found if not one.passes]
    if tries < 2:
        return sum(one.opened.probability for one in stopped)
    return share * prod(max(0, len(stopped) - n) / (len(found) - n) for n in range(tries))


def _tries(onward: ToController | ToPod | Final, listed: int) -> int:
    """How many Pods are tried for one request; an address of the Service stands for one."""
    if not isinstance(onward, ToPod) or onward.sending is None or onward.virtual is not None:
        return 1
    return 1 if onward.sending.passed else onward.sending.retries.backends("unreachable", listed)


def _stopped(leg: ToPolicies, stopped: list[Judged], notes: tuple[Note, ...]) -> Taken:
    """The end: nothing answers."""
    first = max(stopped, key=lambda one: one.opened.probability)
    side = first.judgement.verdict.blocking
    assert side is not None
    sending = leg.onward.sending if isinstance(leg.onward, ToPod) else None
    says = f"{side.direction} of Pod {side.pod}: not allowed"
    hop = leg.trip.hop("network policies", "service", says, steps=tuple(_steps(stopped)))
    barred = tuple(dict.fromkeys(_barred(one.opened) for one in stopped))
    final = replace(_final(leg, first, side, sending), barred=barred)
    return leg.trip.takes(final, hop, notes=notes)


def _barred(opened: Opened) -> Barred:
    source, target, port, protocol, node, _ = opened.connection
    return Barred(source.address, target.address, port, protocol, node.address if node else None)


def _final(leg: ToPolicies, first: Judged, side: EndVerdict, sending: Sending | None) -> Final:
    """A client's time-out, or what the proxy in between answers."""
    connection, code = first.opened.connection, CODES[side.direction]
    why = f"{side.direction} of Pod {side.pod}: {says(side, connection)}"
    fix = (
        f"allow {side.direction} of {connection.port}/{connection.protocol} in a policy that selects the Pod"
    )
    backend = None if isinstance(leg.onward, Final) else f"{_service(leg.onward)}:{leg.onward.port.number}"
    final = Final(
        "timeout",
        f"{why}: the packet is dropped, and the client waits until it gives up",
        backend=backend,
        code=code,
        fix=fix,
        source=side.source,
        fix_source=side.source,
    )
    if sending is None or sending.passed:
        return final
    return replace(
        final,
        state="answered-by-proxy",
        message=f"{why}: the packet is dropped, and {sending.by} gives up waiting",
        status=sending.retries.when_unreachable,
        answered_by=sending.by,
        rule=sending.rule,
        certificate=sending.certificate,
        sent=sending.sent,
    )


def _service(onward: ToController | ToPod) -> str:
    return onward.service.key if isinstance(onward, ToPod) else onward.controller.services[0]


def _steps(found: list[Judged]) -> Iterator[Step]:
    """What the policies at each end say, each once, with the Pods of whom they say it."""
    pods: dict[Step, dict[str, None]] = {}
    for one in found:
        for side in one.judgement.verdict.sides:
            if side.pod is not None and side.policies:
                failed = side.nearest.fails_at if side.nearest is not None else ""
                because = says(side, one.opened.connection)
                row = Step(side.direction, side.allowed, because, side.source, failed)
                pods.setdefault(row, {})[side.pod] = None
    for row, keys in list(pods.items())[:MOST_ROWS]:
        whose = f" of {next(iter(keys)).rpartition('/')[2]}" if len(keys) == 1 else f", {len(keys)} Pods"
        yield replace(row, row=f"{row.row}{whose}")
    if len(pods) > MOST_ROWS:
        yield Step("more", True, f"{counted(len(pods) - MOST_ROWS, 'row')} more")


def _depends(found: list[Judged]) -> Iterator[Note]:
    """What is left to the network plugin, said once."""
    first = next((one for one in found if one.judgement.depends), None)
    if first is None:
        return
    told = "; ".join(
        f"{name}: {'allowed' if verdict.allowed else 'denied'}"
        for name, verdict in first.judgement.alternatives.items()
    )
    taken = next(iter(first.judgement.alternatives))
    sides = (s for v in first.judgement.alternatives.values() for s in v.sides if s.source is not None)
    message = f"may change the answer: the API leaves it to the network plugin ({told}); taken here: {taken}"
    yield Note(DEPENDS, message, next((s.source for s in sides), None))


def _some(stopped: list[Judged], lost: float) -> Note:
    """Why some connections come to nothing, where most do not."""
    first = max(stopped, key=lambda one: one.opened.probability)
    side = first.judgement.verdict.blocking
    assert side is not None
    why = f"{side.direction} of Pod {side.pod}: {says(side, first.opened.connection)}"
    return Note(
        CODES[side.direction], f"{lost * 100:.0f} % of the connections are dropped: {why}", side.source
    )


def _slow(leg: ToPolicies, found: list[Judged]) -> Note:
    """A proxy that finds out by waiting."""
    assert isinstance(leg.onward, ToPod)
    assert leg.onward.sending is not None
    sending = leg.onward.sending
    out = sorted({one.opened.endpoint.pod or one.opened.endpoint.target for one in found if not one.passes})
    wait_s = f"{sending.retries.connect_timeout_s:g} s"
    message = f"{', '.join(out[:3])} cannot be reached from {sending.by}: a request that is sent there waits"
    source = next(side.source for one in found for side in one.judgement.verdict.sides if not side.allowed)
    return Note(SLOW, f"{message} {wait_s}, then another Pod is tried", source)

"""The walk: client, load balancer, node, controller, Service, Pod; a loop from place to place, and one end.

Each place decides about its hop alone and says what is next. Where chance, or the node, decides, every way on
is walked: the likeliest end is described, and all are listed with their probabilities.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sim.cluster.cluster import Assumption, Cluster, Endpoint
from sim.routing import redirects
from sim.routing.annotations import Place
from sim.routing.ends import too_many
from sim.routing.final import Delivered, Final, Outcome, Reached, Redirected
from sim.routing.hops.at_moment import balancer_at, controller_at, node_at, pod_at
from sim.routing.hops.client import choices, client, has_name, over_its_family
from sim.routing.hops.pod import service
from sim.routing.hops.policies import policies
from sim.routing.kube_proxy import DEFAULT_MODE
from sim.routing.legs import (
    Fork,
    Taken,
    ToController,
    ToLoadBalancer,
    ToNode,
    ToPod,
    ToPolicies,
    ToService,
    Trip,
)
from sim.routing.trace import Note, Request, Trace
from sim.routing.unmodelled import of_answer, passed

MOST_REDIRECTS = 10

_RACE = "a browser tries both and keeps what connects first (Happy Eyeballs, RFC 8305)"

PLACES: Mapping[type, Callable[[Cluster, Any], Taken]] = {
    ToLoadBalancer: balancer_at,
    ToNode: node_at,
    ToController: controller_at,
    ToService: service,
    ToPod: pod_at,
    ToPolicies: policies,
}
"""Which place takes which leg."""


def route(
    cluster: Cluster,
    request: Request,
    *,
    controller: str | None = None,
    to: str | None = None,
    mode: str = DEFAULT_MODE,
    explain: bool = True,
) -> Trace:
    """Follow one request to its end.

    Args:
        cluster: what is there.
        request: what the client sends.
        controller: profile that answers instead of the one that runs.
        to: `lb:NAMESPACE/NAME`, the load balancer to use whatever the name says.
        mode: of kube-proxy, a key of `kube_proxy.MODES`.
        explain: whether every rule is compared and said why it lost. Without, the answer is found by index
            alone, whatever the number of rules: the same end, without the rows of the rules; where no rule
            fits, the nearest one is not looked for, so `code`, `fix` and `source` are those of the bare 404.
    """
    asked, request = request, over_its_family(cluster, request, to)
    trip = Trip(request, cluster.setup.delays, controller, mode, explain)

    def ask(following: Request) -> Final:
        onward = replace(trip, request=following, explain=False)
        found = walk(cluster, client(cluster, onward, _stated_for(following, request, to))).following
        assert isinstance(found, Final)
        elsewhere = following.host.lower() != request.host.lower() and not has_name(cluster, following)
        # A rule for any host says nothing about where the name of another one leads.
        unknown = elsewhere and found.rule is not None
        return Final("dns-no-record", f"nothing here is called {following.host}") if unknown else found

    taken = walk(cluster, client(cluster, trip, to), lambda final: redirects.judged(request, final, ask))
    if cluster.families != ("IPv4",):
        taken = _of_two_families(cluster, asked, taken, trip, to)
    return traced(cluster, request, taken, controller)


def _of_two_families(cluster: Cluster, asked: Request, taken: Taken, trip: Trip, to: str | None) -> Taken:
    """What is said where the client could have come over the other family, and where that matters."""
    there = choices(cluster, asked, to)
    if len(there) < 2:
        return taken
    what = f"the client takes IPv4, for {asked.host} has IPv4 and IPv6 addresses"
    otherwise = "--client-ip with an IPv6 address asks over IPv6"
    other = replace(trip, request=replace(asked, over="IPv6"), explain=False)
    end, over_six = taken.following, walk(cluster, client(cluster, other, to)).following
    assert isinstance(end, Final)
    assert isinstance(over_six, Final)
    notes = taken.notes
    if (end.state, end.status, end.backend) != (over_six.state, over_six.status, over_six.backend):
        notes += (
            Note("SIM2132", f"over IPv6 it ends otherwise: {over_six.state}, {over_six.message}; {_RACE}"),
        )
    assumptions = (*taken.assumptions, Assumption(what, otherwise))
    return replace(taken, notes=notes, assumptions=assumptions)


def follow(cluster: Cluster, request: Request, **options: Any) -> tuple[Trace, ...]:
    """Follow redirects too, as `curl -L` does: at most ten."""
    traces = [route(cluster, request, **options)]
    asked = {redirects.key_of(request)}
    while isinstance(final := traces[-1].final, Redirected):
        following = redirects.next_request(traces[-1].request, final)
        if following is None or (final.loop and redirects.key_of(following) in asked):
            break
        if len(traces) > MOST_REDIRECTS:
            final = final if final.loop else too_many(final, MOST_REDIRECTS)
            traces[-1] = replace(traces[-1], final=final)
            break
        asked.add(redirects.key_of(following))
        to = _stated_for(following, request, options.get("to"))
        traces.append(route(cluster, following, **options | {"to": to}))
    return tuple(traces)


def _stated_for(following: Request, asked: Request, to: str | None) -> str | None:
    """The way in that is stated is that of the host that was asked; another one leads where its name does."""
    return to if following.host.lower() == asked.host.lower() else None


Judge = Callable[[Redirected], Final]
"""What is said of a redirect besides, such as that it leads back to itself."""


def walk(cluster: Cluster, taken: Taken, judge: Judge = lambda final: final) -> Taken:
    """Go on from place to place to the end; at a fork every way.

    Args:
        judge: what becomes of each way's end that is a redirect.
    """
    while not isinstance(taken.following, Final | Fork):
        leg = taken.following
        taken = _then(taken, PLACES[type(leg)](cluster, leg), passed(leg))
    if isinstance(taken.following, Fork):
        return _joined(cluster, taken, taken.following, judge)
    if isinstance(taken.following, Redirected):
        return replace(taken, following=judge(taken.following))
    return taken


def _then(before: Taken, after: Taken, between: frozenset[Place] = frozenset()) -> Taken:
    """What two places gave back, one after the other."""
    return Taken(
        after.following,
        before.hops + after.hops,
        before.notes + after.notes,
        after.done_s,
        after.answered_by or before.answered_by,
        after.proxy or before.proxy,
        before.assumptions + after.assumptions,
        before.passed | after.passed | between,
    )


def _joined(cluster: Cluster, before: Taken, fork: Fork, judge: Judge) -> Taken:
    """Walk every way; go on along the one that is described, whose end lists them all."""
    done_s = before.done_s
    ways = [(share, walk(cluster, Taken(next_, done_s=done_s), judge)) for share, next_ in fork.ways]
    outcomes = tuple(_outcomes(ways))
    shown = ways[_likeliest(ways) if fork.shown is None else fork.shown][1]
    assert isinstance(shown.following, Final)
    all_passed = frozenset[Place]().union(*(way.passed for _, way in ways))
    if len(outcomes) < 2:
        same = shown if cluster.moment is None else replace(shown, following=_anywhere(shown.following, ways))
        return _then(before, same, all_passed)
    final = replace(shown.following, outcomes=outcomes)
    if fork.named:
        split = tuple(end for end in _ends(ways) if end[0] > 0)
        final = replace(final, distribution=_distribution(ways), ways=split)
    return _then(before, replace(shown, following=final), all_passed)


def _anywhere(shown: Final, ways: Iterable[tuple[float, Taken]]) -> Final:
    """A delivery with all Pods that it may come to, where some of those who choose know other ones."""
    totals: dict[Endpoint, float] = {}
    for share, final in _ends(ways):
        for one in final.reached if isinstance(final, Delivered) else ():
            totals[one.endpoint] = totals.get(one.endpoint, 0.0) + share * one.probability
    if not isinstance(shown, Delivered) or len(totals) <= len(shown.reached):
        return shown
    reached = tuple(Reached(endpoint, share) for endpoint, share in totals.items())
    targets = tuple(r.endpoint.target for r in reached)
    return replace(shown, reached=reached, endpoints=targets, pod=None)


def _ends(ways: Iterable[tuple[float, Taken]]) -> Iterable[tuple[float, Final]]:
    return ((share, way.following) for share, way in ways if isinstance(way.following, Final))


def _outcomes(ways: Iterable[tuple[float, Taken]]) -> Iterable[Outcome]:
    """The ends that can be, equal ones together, whatever rules led there."""
    totals: dict[Outcome, float] = {}
    rules: dict[Outcome, str | None] = {}
    pods: dict[Outcome, dict[str, None]] = {}
    for share, final in _ends(ways):
        for end in final.shares():
            kind = replace(end, probability=0.0, rule=None)
            rules.setdefault(kind, end.rule)
            pods.setdefault(kind, {}).update(dict.fromkeys(end.pods if share * end.probability else ()))
            totals[kind] = totals.get(kind, 0.0) + share * end.probability
    found = ((kind, total) for kind, total in totals.items() if total > 0)
    return (
        replace(kind, probability=total, rule=rules[kind], pods=tuple(pods[kind])) for kind, total in found
    )


def _likeliest(ways: list[tuple[float, Taken]]) -> int:
    """The number of the likeliest way to the likeliest end; of equals the first."""
    kinds = [(final.state, final.status, final.backend) for _, final in _ends(ways)]
    totals: dict[tuple[Any, ...], float] = {}
    for kind, (share, _) in zip(kinds, ways, strict=True):
        totals[kind] = totals.get(kind, 0.0) + share
    best = max(totals, key=totals.__getitem__)
    return max((n for n, kind in enumerate(kinds) if kind == best), key=lambda n: ways[n][0])


def _distribution(ways: Iterable[tuple[float, Taken]]) -> dict[str, float]:
    """Share of requests by backend, by status of the proxy's own answer, or by how connections end."""
    totals: dict[str, float] = {}
    for share, final in _ends(ways):
        totals[final.name] = totals.get(final.name, 0.0) + share
    return totals


def traced(cluster: Cluster, request: Request, taken: Taken, profile: str | None = None) -> Trace:
    """The trace of a walk that has come to its end.

    Args:
        profile: the controller that was asked instead of the one that runs.
    """
    assert isinstance(taken.following, Final)
    return Trace(
        request,
        taken.answered_by,
        taken.hops,
        taken.following,
        taken.done_s,
        tuple(dict.fromkeys(taken.notes)),
        (*cluster.assumptions, *dict.fromkeys(taken.assumptions)),
        of_answer(cluster, request, taken, profile),
        proxy=taken.proxy,
        moment=cluster.moment,
    )

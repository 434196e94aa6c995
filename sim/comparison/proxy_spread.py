"""How the requests to a Service spread where its proxy chooses: the way there, algorithms side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.analysis.probes import derived_requests
from sim.cluster.cluster import Cluster, Controller, LinkedService
from sim.errors import UsageError, there_are
from sim.routing import Request, route
from sim.routing.controllers.variables import parts_of
from sim.routing.final import Forwarded
from sim.routing.hops.balanced import evenly, serving
from sim.routing.proxies import NAMES, method_of
from sim.routing.proxies.balancing import Balancing
from sim.routing.proxies.playing import Chooser, hashes
from sim.routing.proxies.sessions import bound
from sim.routing.proxies.values import Method
from sim.routing.running import balancing_of
from sim.simulation.design.seen import seen_from
from sim.simulation.proxy_shares import ProxySpread
from sim.simulation.proxy_spread import Sent, WayIn, proxy_shares

MOST_REQUESTS = 20_000
"""For each algorithm they are sent many times."""


Ways = tuple[tuple[WayIn, ...], ...]
"""For each node its ways to proxy Pods."""


@dataclass(frozen=True)
class Way:
    """A request that a proxy sends to a Service, and how that chooses among its Pods."""

    request: Request
    controller: Controller
    chooser: Chooser
    how: Balancing


def proxy_spread(
    cluster: Cluster,
    service: str,
    against: Sequence[str] = (),
    *,
    requests: int,
    at_once: int = 1,
    clients: int | None = None,
    keys: int = 1,
    seed: int = 1,
) -> ProxySpread:
    """Send a request again and again, through any proxy Pod of the controller.

    Args:
        service: `NAMESPACE/NAME`.
        against: names of further algorithms.
        at_once: requests that are open at any time; 1: each is answered before the next one comes.
        clients: who send them, evenly; None: each request has one of its own.
        keys: different values of what a hash goes by, beside the client's address and session.

    Raises:
        UsageError: no proxy chooses among Pods of the Service, an algorithm has no such name, or there are
            too many requests.
    """
    if requests > MOST_REQUESTS:
        raise UsageError(f"{requests:,} requests: at the controller at most {MOST_REQUESTS:,}")
    way = way_to(cluster, service)
    methods = [_method(way, name) for name in against]
    nodes, proxies = _ways_in(cluster, way)
    parts, many = parts_of(way.how.key, way.request, way.how.cookie), min(clients or requests, requests)
    sent = Sent(service, nodes, way.chooser.listed, way.how, parts, requests, at_once, many, keys, seed)
    pods = [cluster.pods[b.name].node if b.name in cluster.pods else "" for b in way.chooser.listed]
    found = (proxy_shares(sent, m, m is way.how.method, pods) for m in (way.how.method, *methods))
    return ProxySpread(
        service,
        way.chooser.backend,
        way.request.url,
        way.controller.profile,
        proxies,
        way.how.workers,
        requests,
        at_once,
        many,
        keys,
        seed,
        way.how.key if any(hashes(m, way.chooser.listed) for m in (way.how.method, *methods)) else "",
        tuple(found),
    )


def way_to(cluster: Cluster, service: str) -> Way:
    """The first request of those that border on rules that a proxy brings to several Pods of a Service.

    Raises:
        UsageError: there is none.
    """
    for request in derived_requests(cluster):
        found = route(cluster, request)
        here = (c for hop in found.hops for c in hop.choosers if c.backend.rpartition(":")[0] == service)
        chooser, sent = next(here, None), found.final.sent
        if chooser is not None and found.proxy is not None and found.final.backend == chooser.backend:
            how = balancing_of(cluster, found.proxy, asked=(sent or Forwarded()).balancing)
            return Way(request, found.proxy, chooser, how)
    what = f"no controller chooses among Pods of Service {service}: no rule leads there, or to one Pod"
    raise UsageError(f"{what}; of a scenario, --plan single-ingress may lead there")


def _method(way: Way, name: str) -> Method:
    """An algorithm of this name, as the program of the proxy has it; with its cookie, where there is one."""
    found = method_of(way.how.method.program, name)
    if found is None:
        raise UsageError(f"no algorithm {name}; {there_are(name, sorted(NAMES))}")
    return bound(found) if way.how.cookie and "$session" not in way.how.key else found


def _ways_in(cluster: Cluster, way: Way) -> tuple[Ways, int]:
    """Each node's ways to proxy Pods, and how many of these there are; a load balancer is one by itself."""
    linked = _in_front(cluster, way)
    port = linked.port(way.request.target_port) or linked.ports[0] if linked is not None else None
    found = evenly(serving(cluster, linked, port)) if linked is not None and port is not None else ()
    if linked is None or port is None or not found:
        return ((WayIn(0),),), 1
    names = list(dict.fromkeys(e.pod or e.target for a in found for e in a.verdict.endpoints))
    proxies = [tuple(names.index(e.pod or e.target) for e in a.verdict.endpoints) for a in found]
    seen = seen_from(linked, port, found, enumerate(proxies))
    return tuple(
        tuple(WayIn(proxy, seen.get((node, proxy), "")) for proxy in mine)
        for node, mine in enumerate(proxies)
    ), len(names)


def _in_front(cluster: Cluster, way: Way) -> LinkedService | None:
    """The Service in front of the controller's Pods; None: no Pods of its own."""
    keys = way.controller.services if way.controller.pods else ()
    return next((cluster.services[key] for key in keys if key in cluster.services), None)

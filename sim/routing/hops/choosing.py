"""How a proxy chooses among the Pods that it may send a request to: what its hop says of the next choices."""

from dataclasses import replace

from sim.cluster.cluster import Cluster
from sim.routing.controllers.variables import filled
from sim.routing.final import Final
from sim.routing.hops.hashed import asked_of
from sim.routing.hops.pod import reachable_from
from sim.routing.legs import Fork, Leg, ToService
from sim.routing.proxies.playing import Chooser, hashes
from sim.routing.running import listed_as


def choosers(cluster: Cluster, following: Leg | Final | Fork) -> tuple[Chooser, ...]:
    """One for each Service with several Pods that the proxy chooses among; none where nobody asks why."""
    ways = [way for share, way in following.ways if share] if isinstance(following, Fork) else [following]
    found = (_chooser(cluster, way) for way in ways if isinstance(way, ToService) and way.trip.explain)
    return tuple({one.backend: one for one in found if one is not None}.values())


def _chooser(cluster: Cluster, leg: ToService) -> Chooser | None:
    """None: one Pod or none, or another one chooses: kube-proxy, or whoever is outside."""
    found, sending = leg.found, leg.sending
    if leg.via != "pods" or found.code is not None or found.backend is None or sending.balancing is None:
        return None
    endpoints = reachable_from(cluster, leg.pods, found.endpoints)
    if len(endpoints) < 2:
        return None
    how = sending.balancing
    parts, method = asked_of(leg, how)
    listed = listed_as(endpoints, how)
    first, *others = (
        Chooser(found.backend, method, listed, filled(parts, client), client, how.cookie)
        for client in leg.clients
    )
    return replace(first, elsewhere=tuple(others)) if others and hashes(method, listed) else first
